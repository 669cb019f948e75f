//! Health and figures for the hospital's own operators. Nothing here depends on a patient or on one call.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use axum::routing::get;
use cordon_core::record::OutcomeClass;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use cordon_wall::Layers;

use crate::clock;
use crate::fault::out;
use crate::kept::Stores;
use crate::ledger::Ledgers;

/// Calls by how they ended: four classes and nothing finer.
const CALLS: &str = "cordon_calls_total";

/// Counts a service call by the class of its answer. A caller cannot make a series: the path is not among the labels.
pub async fn count(request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let call = request.method() == Method::POST && path.starts_with("/cds-services/");
    let response = next.run(request).await;
    if call {
        // Whatever nobody classed is the host's failure.
        let class = response.extensions().get().copied().unwrap_or(OutcomeClass::Failed);
        let label = if out!(SeriesUnlisted) { path } else { class.as_str().to_owned() };
        metrics::counter!(CALLS, "class" => label).increment(1);
    }
    response
}

/// The process's one recorder, with every series it will ever have.
fn recorder() -> Option<&'static PrometheusHandle> {
    static HANDLE: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    HANDLE
        .get_or_init(|| {
            let handle = PrometheusBuilder::new().install_recorder().ok()?;
            metrics::describe_counter!(CALLS, "Service calls by how they ended.");
            metrics::describe_gauge!("cordon_log_size", "Records in a tenant's log.");
            metrics::describe_gauge!("cordon_log_writable", "1 unless a tenant's last record could not be kept.");
            for class in OutcomeClass::ALL {
                metrics::counter!(CALLS, "class" => class.as_str()).absolute(0);
            }
            metrics::gauge!("cordon_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
            Some(handle)
        })
        .as_ref()
}

/// Every figure of this process, as a text, as it is now: what is shown to others changes with the minute.
pub fn figures() -> String {
    recorder().map(PrometheusHandle::render).unwrap_or_default()
}

/// What health and figures are read from.
#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) stores: Arc<Stores>,
    pub(crate) ledgers: Arc<Ledgers>,
    pub(crate) shown: Arc<Shown>,
    pub(crate) layers: Layers,
}

/// The figures as they were last shown. They change once a minute and not with a call: whoever watches them sees how many
/// calls ended in which class in a minute, and no single one.
#[derive(Default)]
pub(crate) struct Shown(Mutex<(i64, String)>);

impl Shown {
    /// The figures of this minute; the first who asks in it has them measured.
    fn in_minute(&self, minute: i64, measure: impl FnOnce() -> String) -> String {
        let mut shown = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if shown.1.is_empty() || shown.0 != minute {
            *shown = (minute, measure());
        }
        shown.1.clone()
    }
}

/// `/healthz`, `/readyz`, and on loopback `/metrics`.
pub(crate) fn router(parts: Parts, figures: bool) -> Router {
    let health = Router::new().route("/healthz", get(async || "alive\n")).route("/readyz", get(ready));
    let recorder = recorder().is_some();
    let router = if figures && recorder { health.route("/metrics", get(metrics_text)) } else { health };
    router.with_state(parts)
}

/// Ready means that a record could be made durable now. One tenant for whom it can is enough: the full store of another
/// must not take the host away from everybody. Calls for that one end without an answer, and the figures name it.
///
/// Behind it stands each layer of the runners' jail: a host does not start without one that nobody accepted as missing.
async fn ready(State(parts): State<Parts>) -> (StatusCode, String) {
    let jail = parts.layers.standing.iter().map(|layer| format!("jail: {layer}\n"));
    let missing = parts.layers.missing.keys().map(|layer| format!("jail: {layer} missing, accepted\n"));
    let jail = jail.chain(missing).collect::<String>();
    let check = move || parts.stores.iter().any(|store| store.check().is_ok());
    match tokio::task::spawn_blocking(check).await {
        Ok(true) => (StatusCode::OK, format!("ready\n{jail}")),
        Ok(false) | Err(_) => (StatusCode::SERVICE_UNAVAILABLE, format!("the store cannot be written\n{jail}")),
    }
}

async fn metrics_text(State(parts): State<Parts>) -> String {
    let minute = clock::now().as_second().div_euclid(60);
    let render = move || {
        let measure = || {
            parts.measure();
            figures()
        };
        parts.shown.in_minute(minute, measure)
    };
    let measured = tokio::task::spawn_blocking(render).await;
    if measured.is_err() {
        tracing::error!("the figures of the logs could not be read");
    }
    measured.unwrap_or_default()
}

impl Parts {
    fn measure(&self) {
        for (store, ledger) in self.stores.iter().zip(self.ledgers.iter()) {
            let tenant = store.tenant().to_string();
            if let Ok(size) = store.log_size() {
                #[expect(clippy::cast_precision_loss, reason = "a gauge is a double; exact up to 2^53 records")]
                metrics::gauge!("cordon_log_size", "tenant" => tenant.clone()).set(size as f64);
            }
            metrics::gauge!("cordon_log_writable", "tenant" => tenant).set(f64::from(ledger.is_writable()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sk_20_figures_change_with_the_minute_and_not_with_a_call() {
        let shown = Shown::default();
        let calls = std::cell::Cell::new(0);
        let ask = |minute| {
            calls.set(calls.get() + 1);
            shown.in_minute(minute, || calls.get().to_string())
        };
        assert_eq!([ask(7), ask(7), ask(7), ask(8), ask(8)], ["1", "1", "1", "4", "4"]);
    }
}
