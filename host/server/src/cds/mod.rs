//! CDS Hooks 2.0 over HTTP: discovery, service call, feedback.
//!
//! This door decides nothing about data. It authenticates, reads one call, gives it to the pipeline and turns the
//! outcome into HTTP ([`answer`]). Every authenticated service call and feedback leaves a record before its answer.

mod answer;
mod before;
mod call;
mod claim;
pub(crate) mod context;
mod discovery;
mod door;
mod early;
mod feedback;
mod leave;
pub(crate) mod looked;
mod malformed;
mod prefetch;
mod request;
mod right;
mod role;
mod rows;
pub mod state;

use axum::Router;
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, Method};
use axum::response::Response;
use axum::routing::{get, post};
use tower_http::cors::{AllowOrigin, CorsLayer};

pub use answer::answer;
pub use malformed::Malformed;
pub use role::RolePattern;
pub use state::{CdsSettings, CdsState, Clock, CoinSource, IssuerSettings, KnownCards, Services, Unavailable};

use door::Door;

/// The routes of the CDS Hooks door, with their fallbacks. Preflights are answered before authentication, and every
/// answer, errors included, carries the CORS headers of a configured origin.
pub fn router(state: CdsState) -> Router {
    let cors = cors(&state.settings);
    Router::new()
        .route("/cds-services", get(discovery::list))
        .route("/cds-services/{id}", post(call::call))
        .route("/cds-services/{id}/feedback", post(feedback::take))
        .method_not_allowed_fallback(answer::method_not_allowed)
        .fallback(answer::not_found)
        .layer(axum::middleware::map_response(no_store))
        .layer(cors)
        .with_state(Door::new(state))
}

/// An origin that is no header value is left out: it could never be sent.
fn cors(settings: &CdsSettings) -> CorsLayer {
    let origins = settings.cors_origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok());
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins.filter(|origin| origin != "*")))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([AUTHORIZATION, CONTENT_TYPE])
        .max_age(std::time::Duration::from_secs(600))
}

/// Answers hold patients' data.
async fn no_store(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
