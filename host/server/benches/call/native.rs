//! The limit: the plugin's own source as a native function, in the same axum server, from the same bytes.
//!
//! It leaves out what a host is for: no token, no policy, no minimisation, no sandbox, no card profile, no record. It
//! reads the request in one typed pass, and without prefetch it searches the same store.

use std::ops::ControlFlow;
use std::sync::Arc;

use anyhow::anyhow;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use cordon_core::grant::Installed;
use cordon_core::ids::{PatientId, TenantId};
use cordon_core::label::Labeled;
use cordon_core::manifest::Source;
use cordon_core::ports::{Query, Records as _};
use cordon_sdk::Indicator;
use cordon_sdk::testing::Case;
use cordon_store::Store;
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

/// The plugin's data pack.
pub(crate) const DRUGS: &str = include_str!("../../../../sample-plugins/renal-dosing/drugs.json");

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    hook: &'a str,
    #[serde(borrow)]
    context: Context<'a>,
    #[serde(borrow)]
    prefetch: Option<Prefetch<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Context<'a> {
    patient_id: &'a str,
    #[serde(borrow)]
    draft_orders: Bundle<'a>,
}

#[derive(Deserialize)]
struct Prefetch<'a> {
    #[serde(borrow)]
    patient: &'a RawValue,
    #[serde(borrow)]
    creatinine: Bundle<'a>,
    #[serde(borrow)]
    weight: Bundle<'a>,
    #[serde(borrow)]
    medication: Bundle<'a>,
}

#[derive(Deserialize)]
struct Bundle<'a> {
    #[serde(borrow)]
    entry: Vec<Entry<'a>>,
}

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    resource: &'a RawValue,
}

/// What the native handler has.
#[derive(Clone)]
pub(crate) struct Native {
    pub(crate) store: Arc<Store>,
    pub(crate) installed: Arc<Installed>,
    pub(crate) tenant: TenantId,
    pub(crate) now: String,
}

/// The same path as the host's.
pub(crate) fn router(native: Native) -> Router {
    Router::new().route("/cds-services/renal-dosing", post(handle)).with_state(native)
}

async fn handle(State(native): State<Native>, body: Bytes) -> Result<Vec<u8>, StatusCode> {
    answer(&native, &body).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

fn answer(native: &Native, body: &[u8]) -> anyhow::Result<Vec<u8>> {
    let request: Request<'_> = serde_json::from_slice(body)?;
    let case = Case::new(request.hook, "renal-dosing")
        .now(&native.now)
        .pack("drugs", "bench", serde_json::from_str(DRUGS)?)
        .need_text("draft", &request.context.draft_orders.rows());
    let case = match &request.prefetch {
        Some(sent) => case
            .need_text("patient", &[sent.patient.get()])
            .need_text("creatinine", &sent.creatinine.rows())
            .need_text("weight", &sent.weight.rows())
            .need_text("medication", &sent.medication.rows()),
        None => search(native, case, request.context.patient_id)?,
    };
    let cards = case.run(renal_dosing::evaluate).map_err(|_| anyhow!("the plugin failed"))?;
    let cards = cards.iter().map(|card| {
        let indicator = match card.indicator() {
            Indicator::Info => "info",
            Indicator::Warning => "warning",
            Indicator::Critical => "critical",
        };
        json!({ "summary": card.summary(), "detail": card.markdown(), "indicator": indicator, "source": { "label": "native" } })
    });
    Ok(serde_json::to_vec(&json!({ "cards": cards.collect::<Vec<_>>() }))?)
}

impl<'a> Bundle<'a> {
    fn rows(&self) -> Vec<&'a str> {
        self.entry.iter().map(|entry| entry.resource.get()).collect()
    }
}

fn search(native: &Native, mut case: Case, patient: &str) -> anyhow::Result<Case> {
    let patient = PatientId::new(patient)?;
    for need in native.installed.manifest.needs.values() {
        let Source::Record(scope) = &need.source else { continue };
        let most = need.newest.map_or(usize::MAX, |n| usize::try_from(n).unwrap_or(usize::MAX));
        let mut rows = Vec::new();
        let mut each = |row: Labeled<&serde_json::Value>| {
            rows.push(row.value.clone());
            if rows.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        };
        native.store.visit(Query { tenant: &native.tenant, patient: &patient, scope }, &mut each)?;
        case = case.need(need.name.as_str(), rows);
    }
    Ok(case)
}
