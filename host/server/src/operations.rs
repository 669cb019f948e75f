//! Health and figures for the hospital's own operators. Nothing here depends on a patient or on one call.

use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use axum::routing::get;
use cordon_store::Store;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

/// Calls by how they ended: four classes and nothing finer.
const CALLS: &str = "cordon_calls_total";

/// The ways a call ends, as far as figures tell: 200, 412, 5xx, other 4xx.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CallClass {
    Answered,
    Unobtainable,
    Failed,
    Refused,
}

impl CallClass {
    const ALL: [Self; 4] = [Self::Answered, Self::Unobtainable, Self::Failed, Self::Refused];

    fn of(status: StatusCode) -> Self {
        if status.is_success() {
            Self::Answered
        } else if status == StatusCode::PRECONDITION_FAILED {
            Self::Unobtainable
        } else if status.is_server_error() {
            Self::Failed
        } else {
            Self::Refused
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Unobtainable => "unobtainable",
            Self::Failed => "failed",
            Self::Refused => "refused",
        }
    }
}

/// Counts a service call by its answer.
pub(crate) async fn count(request: Request, next: Next) -> Response {
    let call = request.method() == Method::POST && request.uri().path().starts_with("/cds-services/");
    let response = next.run(request).await;
    if call {
        metrics::counter!(CALLS, "class" => CallClass::of(response.status()).label()).increment(1);
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
            metrics::describe_gauge!("cordon_log_size", "Records in the log.");
            for class in CallClass::ALL {
                metrics::counter!(CALLS, "class" => class.label()).absolute(0);
            }
            metrics::gauge!("cordon_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
            Some(handle)
        })
        .as_ref()
}

/// `/healthz`, `/readyz`, and on loopback `/metrics`.
pub(crate) fn router(store: Arc<Store>, figures: bool) -> Router {
    let health = Router::new().route("/healthz", get(async || "alive\n")).route("/readyz", get(ready));
    let recorder = recorder().is_some();
    let router = if figures && recorder { health.route("/metrics", get(metrics_text)) } else { health };
    router.with_state(store)
}

/// Ready means that a record could be made durable now.
async fn ready(State(store): State<Arc<Store>>) -> (StatusCode, &'static str) {
    match tokio::task::spawn_blocking(move || store.check()).await {
        Ok(Ok(())) => (StatusCode::OK, "ready\n"),
        Ok(Err(_)) | Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the store cannot be written\n"),
    }
}

async fn metrics_text(State(store): State<Arc<Store>>) -> String {
    let size = tokio::task::spawn_blocking(move || store.log_size()).await;
    if let Ok(Ok(size)) = size {
        #[expect(clippy::cast_precision_loss, reason = "a gauge is a double; exact up to 2^53 records")]
        metrics::gauge!("cordon_log_size").set(size as f64);
    }
    recorder().map(PrometheusHandle::render).unwrap_or_default()
}
