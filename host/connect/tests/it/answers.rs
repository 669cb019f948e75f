//! What a server may answer: one full, plain, bounded body in time, over the TLS of a trusted root.

use std::sync::Arc;
use std::time::Duration;

use cordon_connect::fetch::{FetchError, FetchSettings, Fetcher, SettingsError};
use cordon_connect::network::{Network, Pending};

use crate::site::{Authority, Says, Site, ok, text};
use crate::town::{NAME, PACK, PUBLIC, Town, fetch, publisher, settings, url};

const ORIGIN: &str = "https://packs.example.org";

async fn answered(says: Says) -> Result<Vec<u8>, FetchError> {
    let (_site, _town, settings) = publisher(says).await;
    fetch(settings, ORIGIN).await
}

#[tokio::test]
async fn no_redirect_is_followed() {
    let (elsewhere, _, _) = publisher(ok(PACK)).await;
    let port = elsewhere.address.port();
    for status in [300, 301, 302, 303, 305, 307, 308] {
        let (location, refresh) = (format!("https://packs.example.org:{port}/p"), "0; url=https://packs.example.org/q");
        let answer = format!(
            "HTTP/1.1 {status} Go\r\nlocation: {location}\r\nrefresh: {refresh}\r\nretry-after: 0\r\ncontent-length: 6\r\n\r\na pack"
        );
        let (site, _, plain) = publisher(text(&answer)).await;
        let town = Arc::new(Town::new(&[&[PUBLIC]]).lead(PUBLIC, 443, &site).lead(PUBLIC, port, &elsewhere));
        let fetched = fetch(FetchSettings { network: town, ..plain }, ORIGIN).await;
        assert!(matches!(fetched, Err(FetchError::Redirect(own)) if own == status), "{status}");
        assert_eq!((site.connections(), elsewhere.connections()), (1, 0), "{status}");
    }
}

#[tokio::test]
async fn any_status_but_200_is_refused_and_not_tried_again() {
    for status in [201, 203, 204, 206, 400, 404, 429, 503] {
        let answer = format!("HTTP/1.1 {status} X\r\nretry-after: 0\r\ncontent-length: 0\r\n\r\n");
        let (site, _town, settings) = publisher(text(&answer)).await;
        let fetched = fetch(settings, ORIGIN).await;
        assert!(matches!(fetched, Err(FetchError::Status(own)) if own == status), "{status}");
        assert_eq!(site.connections(), 1, "{status}");
    }
}

#[tokio::test]
async fn an_encoded_body_is_refused() {
    for encoding in ["gzip", "identity\r\ncontent-encoding: br", "x", ""] {
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-encoding: {encoding}\r\ncontent-length: 6\r\n\r\na pack");
        assert!(matches!(answered(text(&answer)).await, Err(FetchError::Encoding)), "{encoding}");
    }
    let identity = "HTTP/1.1 200 OK\r\ncontent-encoding: identity\r\ncontent-length: 6\r\n\r\na pack";
    assert_eq!(answered(text(identity)).await.unwrap(), PACK);
}

#[tokio::test]
async fn a_body_larger_than_agreed_is_given_up() {
    let body = "x".repeat(1001);
    let chunked = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3e9\r\n{body}\r\n0\r\n\r\n");
    let to_the_end = format!("HTTP/1.1 200 OK\r\n\r\n{body}");
    // Neither an end nor a deadline is waited for: the server holds the line.
    let announced = b"HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n".to_vec();
    let endless = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffff\r\n{body}").into_bytes();
    for says in [text(&chunked), text(&to_the_end), ok(body.as_bytes()), Says::Holds(announced), Says::Holds(endless)] {
        assert!(matches!(answered(says).await, Err(FetchError::TooLarge { most: 1000 })));
    }
    assert_eq!(answered(ok("x".repeat(1000).as_bytes())).await.unwrap().len(), 1000);
}

#[tokio::test]
async fn half_an_answer_is_none() {
    for half in ["", "HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\na pack", "SSH-2.0-x\r\n\r\n", "HTTP/1.1 200 OK\r\n"] {
        assert!(matches!(answered(text(half)).await, Err(FetchError::Http(_))), "{half}");
    }
    let flood = format!("HTTP/1.1 200 OK\r\n{}\r\n", "x: y\r\n".repeat(65));
    assert!(matches!(answered(text(&flood)).await, Err(FetchError::Http(_))));
    let long = format!("HTTP/1.1 200 OK\r\nx: {}\r\ncontent-length: 6\r\n\r\na pack", "y".repeat(64 * 1024));
    assert!(matches!(answered(text(&long)).await, Err(FetchError::Http(_))));
}

#[tokio::test]
async fn time_is_up_wherever_the_server_stands_still() {
    struct Silent;
    impl Network for Silent {
        fn resolve<'a>(&'a self, _: &'a str, _: u16) -> Pending<'a, Vec<std::net::IpAddr>> {
            Box::pin(std::future::pending())
        }
        fn connect(&self, _: std::net::SocketAddr) -> Pending<'_, tokio::net::TcpStream> {
            Box::pin(std::future::pending())
        }
    }
    let soon = Duration::from_millis(100);
    for held in ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\na pack"] {
        let (_site, _town, settings) = publisher(Says::Holds(held.as_bytes().to_vec())).await;
        let fetched = Fetcher::new(settings).unwrap().fetch(&url(ORIGIN), 1000, soon).await;
        assert!(matches!(fetched, Err(FetchError::Deadline(own)) if own == soon), "{held}");
    }
    let (_site, _town, settings) = publisher(ok(PACK)).await;
    let silent = Fetcher::new(FetchSettings { network: Arc::new(Silent), ..settings }).unwrap();
    assert!(matches!(silent.fetch(&url(ORIGIN), 1000, soon).await, Err(FetchError::Deadline(_))));
}

/// What a fetch says of a certificate of this authority for this name, trusting another authority or this one.
async fn with_certificate(name: &str, known: bool, change: fn(&mut rcgen::CertificateParams)) -> FetchError {
    let authority = Authority::new();
    let root = if known { authority.root() } else { Authority::new().root() };
    let site = Site::open(authority.config(name, change), ok(PACK)).await;
    let town = Arc::new(Town::new(&[&[PUBLIC]]).lead(PUBLIC, 443, &site));
    let error = fetch(settings(&town, root), ORIGIN).await.unwrap_err();
    assert!(site.visits().is_empty());
    error
}

#[tokio::test]
async fn a_certificate_that_does_not_fit_gets_no_request() {
    let reason = |error: FetchError| error.to_string();
    let unchanged: fn(&mut rcgen::CertificateParams) = |_| ();
    assert_eq!(reason(with_certificate(NAME, false, unchanged).await), "TLS: no given root issued the certificate");
    let other = with_certificate("evil.example.org", true, unchanged).await;
    assert_eq!(reason(other), "TLS: the certificate is for another name");
    let expired = with_certificate(NAME, true, |params| params.not_after = rcgen::date_time_ymd(2020, 1, 1)).await;
    assert_eq!(reason(expired), "TLS: the certificate has expired");
    let early = with_certificate(NAME, true, |params| params.not_before = rcgen::date_time_ymd(4000, 1, 1)).await;
    assert_eq!(reason(early), "TLS: the certificate is not valid yet");
}

#[tokio::test]
async fn a_client_without_usable_roots_is_not_made() {
    let (_site, _town, settings) = publisher(ok(PACK)).await;
    let made = |roots| Fetcher::new(FetchSettings { roots, ..settings.clone() }).map(|_| ());
    assert_eq!(made(vec![]), Err(SettingsError::NoRoots));
    assert_eq!(made(vec![vec![0].into()]), Err(SettingsError::Root));
}
