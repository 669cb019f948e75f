//! The hospital's own copies of what links and icons lead to: `GET {base}/copies/{digest}`.
//!
//! A clinician who follows a link is seen by the hospital and by nobody else. The URL holds the digest of the content and
//! nothing else, so it says no more than the signed manifest does; no token is asked for, because a browser that follows a
//! link has none. No request is logged.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use axum::routing::get;
use cordon_core::ids::Digest;
use cordon_store::StoredCopy;
use tokio::sync::Semaphore;

use crate::kept::Stores;

/// Copies that are read at one time: whoever asks for them needs no token, so a crowd waits here and not where calls run.
const MOST_READING: usize = 4;

const HEADERS: [(HeaderName, &str); 6] = [
    // What the manifest says it is, it is: no browser makes a page of it.
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // Should one show it as a page all the same, then without scripts, forms, frames, fonts and images.
    (CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
    // A digest never has other bytes.
    (CACHE_CONTROL, "public, max-age=31536000, immutable"),
    (REFERRER_POLICY, "no-referrer"),
    // Icons are shown on the EHR's pages.
    (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
    (HeaderName::from_static("content-disposition"), "inline"),
];

#[derive(Clone)]
struct Copies {
    stores: Arc<Stores>,
    reading: Arc<Semaphore>,
}

/// Where a copy is served.
pub(crate) fn url(base_url: &str, digest: &Digest) -> String {
    format!("{base_url}/copies/{}", digest.hex())
}

/// The one route.
pub(crate) fn router(stores: Arc<Stores>) -> Router {
    let copies = Copies { stores, reading: Arc::new(Semaphore::new(MOST_READING)) };
    Router::new().route("/copies/{digest}", get(serve)).with_state(copies)
}

async fn serve(State(copies): State<Copies>, Path(hex): Path<String>) -> Response {
    let found = match (Digest::try_from(format!("sha256:{hex}")), copies.reading.acquire_owned().await) {
        (Ok(digest), Ok(turn)) => {
            let find = move || {
                let _turn = turn;
                find(&copies.stores, &digest)
            };
            tokio::task::spawn_blocking(find).await.ok().flatten()
        }
        _ => None,
    };
    found.map_or_else(missing, served)
}

/// The copy of any tenant: the digest is all that a copy is.
fn find(stores: &Stores, digest: &Digest) -> Option<StoredCopy> {
    stores.iter().find_map(|store| store.copy(store.tenant(), digest).ok().flatten())
}

fn served(copy: StoredCopy) -> Response {
    let mut response = Response::new(Body::from(copy.bytes));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(copy.media.as_str()));
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

fn missing() -> Response {
    let mut response = Response::new(Body::from("There is nothing here.\n"));
    *response.status_mut() = StatusCode::NOT_FOUND;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

#[cfg(test)]
mod tests {
    use axum::http::Request;
    use cordon_core::ids::TenantId;
    use cordon_core::manifest::Media;
    use cordon_store::DataDirectory;
    use tower::ServiceExt as _;

    use super::*;

    /// Two tenants; the second has a copy.
    struct Two {
        _folder: tempfile::TempDir,
        router: Router,
        digest: Digest,
    }

    fn two(media: Media, bytes: &[u8]) -> Two {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDirectory::open(folder.path()).unwrap();
        let open = |name| Arc::new(data.store(&TenantId::new(name).unwrap()).unwrap());
        let (north, south) = (open("north"), open("south"));
        let digest = south.put_copy(south.tenant(), media, bytes).unwrap();
        Two { _folder: folder, router: router(Arc::new(Stores::from_iter([north, south]))), digest }
    }

    async fn get(two: &Two, path: &str) -> Response {
        let request = Request::builder().uri(path).header("cookie", "a=b").body(Body::empty()).unwrap();
        two.router.clone().oneshot(request).await.unwrap()
    }

    #[tokio::test]
    async fn what_is_no_digest_of_a_copy_is_not_found() {
        let two = two(Media::Text, b"text");
        let other = Digest::of(b"other");
        let upper = two.digest.hex().to_uppercase();
        for path in [other.hex(), two.digest.to_string(), upper, "..%2f..%2fcordon.db".to_owned(), String::new()] {
            let response = get(&two, &format!("/copies/{path}")).await;
            assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        }
    }

    #[tokio::test]
    async fn a_copy_is_served_as_what_its_manifest_says_and_runs_nothing() {
        let page = b"<script>alert(1)</script>";
        for media in [Media::Text, Media::Pdf, Media::Png] {
            let two = two(media, page);
            let response = get(&two, &format!("/copies/{}", two.digest.hex())).await;
            let header = |name| response.headers().get(name).map(|value| value.to_str().unwrap());
            assert_eq!(response.status(), StatusCode::OK);
            assert_eq!(header("content-type"), Some(media.as_str()));
            assert_eq!(header("x-content-type-options"), Some("nosniff"));
            assert_eq!(header("content-security-policy"), Some("default-src 'none'; sandbox"));
            assert_eq!(header("cache-control"), Some("public, max-age=31536000, immutable"));
            assert_eq!(header("referrer-policy"), Some("no-referrer"));
            assert_eq!(header("cross-origin-resource-policy"), Some("cross-origin"));
            assert_eq!(header("set-cookie"), None);
            let body = axum::body::to_bytes(response.into_body(), 1_000).await.unwrap();
            assert_eq!(&body[..], page);
        }
    }

    #[tokio::test]
    async fn the_url_in_a_card_is_where_the_copy_is() {
        let two = two(Media::Png, b"png");
        let url = url("https://cordon.example", &two.digest);
        let path = url.strip_prefix("https://cordon.example").unwrap();
        assert_eq!(get(&two, path).await.status(), StatusCode::OK);
    }
}
