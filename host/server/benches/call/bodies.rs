//! What is sent: one call for each of many patients, so that no memory of one patient's rows makes a side look faster.

use std::sync::Arc;

use anyhow::{Context as _, ensure};
use axum::Router;
use axum::body::Bytes;
use axum::http::HeaderValue;
use cordon_ward::{PatientRecord, T1Verdict};
use http_body_util::{BodyExt as _, Full};
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

use crate::world::{PATH, World, request};

/// So many patients are asked about, one after the other.
const PATIENTS: usize = 64;

/// Patients with something to say about a draft of metformin.
pub(crate) fn chosen(ward: &[PatientRecord]) -> anyhow::Result<Vec<&PatientRecord>> {
    let says = |record: &&PatientRecord| matches!(record.cast.t1, T1Verdict::Contraindicated | T1Verdict::NotStarted);
    let chosen: Vec<_> = ward.iter().filter(says).take(PATIENTS).collect();
    ensure!(chosen.len() == PATIENTS, "a ward of {} has {} such patients", ward.len(), chosen.len());
    Ok(chosen)
}

/// One call for each patient.
pub(crate) fn bodies(patients: &[&PatientRecord], prefetch: bool) -> Arc<[Bytes]> {
    patients.iter().map(|record| body(record, prefetch)).collect()
}

/// An `order-select` call with a metformin draft; with prefetch, or so that the store stands in.
fn body(record: &PatientRecord, prefetch: bool) -> Bytes {
    let id = record.patient.get("id").and_then(Value::as_str).unwrap_or_default();
    let draft = json!({ "resourceType": "MedicationRequest", "id": "draft-1", "status": "draft", "intent": "order",
        "subject": { "reference": format!("Patient/{id}") },
        "medicationCodeableConcept": { "coding": [{ "system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "860975",
            "display": "24 HR metformin hydrochloride 500 MG Extended Release Oral Tablet" }] } });
    let mut call = json!({ "hook": "order-select", "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": { "userId": "Practitioner/1", "patientId": id, "selections": ["MedicationRequest/draft-1"],
            "draftOrders": { "resourceType": "Bundle", "type": "collection", "entry": [{ "resource": draft }] } } });
    if let Some(call) = call.as_object_mut().filter(|_| prefetch) {
        let bundle = |found: &[(&str, &str)]| {
            let rows = record.resources.iter().filter(|row| found.iter().any(|(at, what)| text(row, at) == Some(what)));
            let entry: Vec<_> = rows.map(|row| json!({ "resource": row })).collect();
            json!({ "resourceType": "Bundle", "type": "searchset", "total": entry.len(), "entry": entry })
        };
        let code = "/code/coding/0/code";
        call.insert(
            "prefetch".to_owned(),
            json!({ "patient": record.patient,
            "creatinine": bundle(&[(code, "2160-0"), (code, "38483-4")]),
            "weight": bundle(&[(code, "29463-7")]), "medication": bundle(&[("/resourceType", "MedicationRequest")]) }),
        );
    }
    Bytes::from(call.to_string())
}

fn text<'a>(row: &'a Value, at: &str) -> Option<&'a str> {
    row.pointer(at)?.as_str()
}

/// The answer without HTTP.
pub(crate) async fn answer(router: &Router, token: &HeaderValue, body: &Bytes) -> anyhow::Result<Bytes> {
    let response =
        router.clone().oneshot(request(PATH, token, Full::new(body.clone()))?.map(axum::body::Body::new)).await?;
    ensure!(response.status().is_success(), "answered {}", response.status());
    Ok(response.into_body().collect().await?.to_bytes())
}

/// A ratio means something only if all sides give the same advice: the native one in its summaries, the two plugins in every
/// byte but the ids that the host mints.
pub(crate) fn same_advice(runtime: &Runtime, world: &World, bodies: &[Bytes]) -> anyhow::Result<()> {
    for body in bodies {
        let said = |router| -> anyhow::Result<Vec<Value>> {
            let answered = runtime.block_on(answer(router, &world.token(Algorithm::ES384)?, body))?;
            let mut answered: Value = serde_json::from_slice(&answered)?;
            let cards = answered.get_mut("cards").and_then(Value::as_array_mut).context("no cards")?;
            cards.iter_mut().for_each(without_ids);
            Ok(std::mem::take(cards))
        };
        let (host, columns, native) = (said(&world.host)?, said(&world.columns)?, said(&world.native)?);
        ensure!(!host.is_empty() && host == columns, "rows and columns differ: {host:?}, {columns:?}");
        let summaries = |cards: &[Value]| cards.iter().map(|card| card.get("summary").cloned()).collect::<Vec<_>>();
        ensure!(summaries(&host) == summaries(&native), "host and limit differ: {host:?}, {native:?}");
    }
    Ok(())
}

/// Takes out what differs from call to call: `uuid` and the ids of proposed resources.
fn without_ids(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|name, _| name != "uuid" && name != "id");
            members.values_mut().for_each(without_ids);
        }
        Value::Array(items) => items.iter_mut().for_each(without_ids),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
