//! The edge: stalled connections, plain HTTP, the connection cap, shutdown.

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use cordon_server::edge::{Edge, EdgeError, EdgeLimits, TlsError, TlsIdentity};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::cds_client::request;
use crate::cds_host::TestHost;

const SOON: Duration = Duration::from_millis(100);
const PATIENCE: Duration = Duration::from_secs(5);

/// What the server sends until it closes; the test fails when it does not close.
async fn until_closed(host: &TestHost, begin: &str) -> String {
    let mut stream = TcpStream::connect(host.address).await.unwrap();
    stream.write_all(begin.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.expect("the connection stays open");
    drop(read);
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn a_stalled_header_is_cut_off() {
    let host = TestHost::start(|setup| setup.edge.header_timeout = SOON).await;
    for begin in ["", "POST /cds-services/echo HTTP/1.1\r\nhost: h\r\n", "GET"] {
        let answer = until_closed(&host, begin).await;
        assert!(!answer.contains("200"), "{answer}");
    }
    assert_eq!(host.get("/cds-services").await.status, 200);
}

#[tokio::test]
async fn a_stalled_body_is_cut_off() {
    let host = TestHost::start(|setup| setup.body.within = SOON).await;
    let token = host.token("/cds-services/echo");
    let head = format!(
        "POST /cds-services/echo HTTP/1.1\r\nhost: h\r\ncontent-length: 100\r\nauthorization: Bearer {token}\r\n\r\n{{"
    );
    assert!(until_closed(&host, &head).await.starts_with("HTTP/1.1 408"));
}

#[tokio::test]
async fn a_body_is_not_awaited_from_a_stranger() {
    let host = TestHost::start(|_| {}).await;
    let head = "POST /cds-services/echo HTTP/1.1\r\nhost: h\r\ncontent-length: 100\r\n\r\n{";
    assert!(until_closed(&host, head).await.starts_with("HTTP/1.1 401"));
}

#[tokio::test]
async fn an_idle_connection_is_closed() {
    let host = TestHost::start(|setup| setup.edge.header_timeout = SOON).await;
    let head = "GET /nothing HTTP/1.1\r\nhost: h\r\n\r\n";
    assert!(until_closed(&host, head).await.starts_with("HTTP/1.1 404"));
}

#[tokio::test]
async fn a_header_that_is_too_large_is_refused() {
    let host = TestHost::start(|_| {}).await;
    let head = format!("GET / HTTP/1.1\r\nhost: h\r\nx: {}\r\n\r\n", "a".repeat(64 * 1024));
    let answer = until_closed(&host, &head).await;
    assert!(answer.starts_with("HTTP/1.1 431") || answer.is_empty(), "{answer}");
    assert_eq!(host.get("/cds-services").await.status, 200);
}

#[tokio::test]
async fn beyond_the_cap_a_connection_is_closed_at_once() {
    let host = TestHost::start(|setup| setup.edge.connections = 1).await;
    let mut first = TcpStream::connect(host.address).await.unwrap();
    first.write_all(b"GET / HTTP/1.1\r\nhost: h\r\n\r\n").await.unwrap();
    assert!(first.read(&mut [0; 64]).await.unwrap() > 0);
    assert_eq!(until_closed(&host, "").await, "");
}

#[tokio::test]
async fn plain_http_is_for_loopback_only() {
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let served = Edge::default().serve(listener, None, Router::new(), std::future::pending()).await;
    assert!(matches!(served, Err(EdgeError::PlainHttp { .. })));
}

#[tokio::test]
async fn a_request_in_flight_is_finished_at_shutdown() {
    let (stop, stopped) = oneshot::channel::<()>();
    let (entered, inside) = oneshot::channel::<()>();
    let (finish, finished) = oneshot::channel::<()>();
    let once = std::sync::Mutex::new(Some((entered, finished)));
    let once: &'static _ = Box::leak(Box::new(once));
    let wait = async move || {
        let (entered, finished) = once.lock().unwrap().take().unwrap();
        entered.send(()).unwrap();
        finished.await.unwrap();
        "done"
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().route("/", get(wait));
    let stopped = async move { drop(stopped.await) };
    let served = tokio::spawn(Edge::new(EdgeLimits::default()).serve(listener, None, router, stopped));
    let asked = tokio::spawn(async move { request(address, "GET", "/", "", b"").await });
    inside.await.unwrap();
    stop.send(()).unwrap();
    finish.send(()).unwrap();
    assert_eq!(asked.await.unwrap().body, "done");
    served.await.unwrap().unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}

#[test]
fn files_that_are_no_certificate_and_key_are_refused() {
    assert!(matches!(TlsIdentity::from_pem(b"", b""), Err(TlsError::Certificate)));
    let certificate = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert!(matches!(TlsIdentity::from_pem(certificate, b""), Err(TlsError::Key)));
}

/// What a client that trusts this certificate reads from the host.
async fn over_tls(address: std::net::SocketAddr, certificate: &CertificateDer<'static>, protocol: &[u8]) -> Vec<u8> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let mut config = ClientConfig::builder_with_provider(aws_lc_rs::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    let stream = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let Ok(mut stream) = TlsConnector::from(std::sync::Arc::new(config)).connect(name, stream).await else {
        return Vec::new();
    };
    stream.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    bytes
}

#[tokio::test]
async fn tls_speaks_http_1_1_and_nothing_else() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let identity = TlsIdentity::from_pem(certificate.as_bytes(), key.as_bytes()).unwrap();
    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap().signing_key.serialize_pem();
    assert!(matches!(TlsIdentity::from_pem(certificate.as_bytes(), other.as_bytes()), Err(TlsError::Unusable(_))));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().route("/", get(async || "sealed"));
    let edge = Edge::new(EdgeLimits { header_timeout: SOON, ..EdgeLimits::default() });
    tokio::spawn(edge.serve(listener, Some(identity), router, std::future::pending()));
    let read = over_tls(address, made.cert.der(), b"http/1.1").await;
    assert!(read.ends_with(b"sealed"));
    assert_eq!(over_tls(address, made.cert.der(), b"h2").await, b"");
    let mut silent = TcpStream::connect(address).await.unwrap();
    let closed = tokio::time::timeout(PATIENCE, silent.read_to_end(&mut Vec::new())).await;
    assert!(closed.is_ok(), "a stalled handshake stays open");
}
