//! Hostile and broken requests. None stops the host, none is answered with a piece of itself, and all that came from a
//! trusted client are on record.

use cordon_core::record::{Outcome, Refusal};
use serde_json::json;

use crate::cds_client::{exchange, request};
use crate::cds_host::{TestHost, patient_view};

const PATH: &str = "/cds-services/echo";

/// Refused with this status, recorded as malformed, and the host still answers.
async fn refused(host: &TestHost, body: &[u8], status: u16) -> String {
    let answer = host.post(PATH, body).await;
    assert_eq!(answer.status, status, "{}", answer.body);
    assert_eq!(answer.json()["resourceType"], "OperationOutcome");
    assert_eq!(host.outcome(), Outcome::Refused(Refusal::Malformed));
    assert_eq!(host.call(&patient_view()).await.status, 200);
    answer.body
}

#[tokio::test]
async fn ten_megabytes_are_refused_before_they_are_read() {
    let host = TestHost::start(|_| {}).await;
    let token = host.token(PATH);
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nhost: h\r\nconnection: close\r\ncontent-length: 10485760\r\nauthorization: Bearer {token}\r\n\r\n"
    );
    let answer = exchange(host.address, head.as_bytes()).await;
    assert_eq!(answer.status, 413);
    assert_eq!(host.outcome(), Outcome::Refused(Refusal::Malformed));
}

#[tokio::test]
async fn a_body_without_a_length_is_cut_at_the_limit() {
    let host = TestHost::start(|setup| setup.body.most = 1_000).await;
    let token = host.token(PATH);
    let chunk = format!("3e8\r\n{}\r\n", "a".repeat(1_000));
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\nauthorization: Bearer {token}\r\n\r\n"
    );
    let answer = exchange(host.address, format!("{head}{chunk}{chunk}").as_bytes()).await;
    assert_eq!(answer.status, 413);
}

#[tokio::test]
async fn a_body_of_the_limit_is_read_and_one_byte_more_is_not() {
    let host = TestHost::start(|_| {}).await;
    let call = patient_view().to_string();
    let padded = |length: usize| format!("{call}{}", " ".repeat(length - call.len()));
    assert_eq!(host.post(PATH, padded(2 * 1024 * 1024).as_bytes()).await.status, 200);
    refused(&host, padded(2 * 1024 * 1024 + 1).as_bytes(), 413).await;
}

#[tokio::test]
async fn depth_ten_thousand_is_refused() {
    let host = TestHost::start(|_| {}).await;
    refused(&host, "[".repeat(10_000).as_bytes(), 400).await;
    refused(&host, format!(r#"{{"context":{}"#, r#"{"a":"#.repeat(10_000)).as_bytes(), 400).await;
}

#[tokio::test]
async fn duplicate_keys_are_refused_with_their_place_only() {
    let host = TestHost::start(|_| {}).await;
    let body = refused(&host, br#"{"hook":"Zebra","hook":"patient-view"}"#, 400).await;
    assert!(body.contains("line 1 column"), "{body}");
    assert!(!body.contains("Zebra"), "{body}");
}

#[tokio::test]
async fn a_refusal_repeats_nothing_of_the_request() {
    let host = TestHost::start(|_| {}).await;
    for member in ["hook", "hookInstance", "fhirServer"] {
        let mut call = patient_view();
        call[member] = json!("Zebra/1");
        let body = refused(&host, call.to_string().as_bytes(), 400).await;
        assert!(!body.contains("Zebra"), "{member}: {body}");
    }
    let mut call = patient_view();
    call["context"]["patientId"] = json!("Zebra 1");
    assert!(!refused(&host, call.to_string().as_bytes(), 400).await.contains("Zebra"));
}

#[tokio::test]
async fn what_is_not_json_is_refused() {
    let host = TestHost::start(|_| {}).await;
    for body in [&b""[..], b"null", b"[]", b"\xff\xfe", b"{} {}", br#"{"hook":1}"#] {
        refused(&host, body, 400).await;
    }
}

#[tokio::test]
async fn a_compressed_body_is_refused_unread() {
    let host = TestHost::start(|_| {}).await;
    let headers = format!("authorization: Bearer {}\r\ncontent-encoding: gzip\r\n", host.token(PATH));
    assert_eq!(request(host.address, "POST", PATH, &headers, b"\x1f\x8b").await.status, 415);
}

#[tokio::test]
async fn paths_that_only_look_like_a_service_are_not_one() {
    let host = TestHost::start(|_| {}).await;
    let body = patient_view().to_string();
    for path in
        ["/cds-services/Echo", "/cds-services/%65cho", "/cds-services/echo2", "/cds-services/..", "/cds-services/other"]
    {
        assert_eq!(host.post(path, body.as_bytes()).await.status, 404, "{path}");
        assert_eq!(host.outcome(), Outcome::Refused(Refusal::UnknownService), "{path}");
    }
    for path in ["//cds-services/echo", "/cds-services/echo/", "/cds-services//echo", "/CDS-services", "/"] {
        assert_eq!(host.post(path, body.as_bytes()).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn forwarded_headers_change_nothing() {
    let host = TestHost::start(|_| {}).await;
    let token = host.token("/cds-services/other");
    let headers =
        format!("authorization: Bearer {token}\r\nx-original-url: /cds-services/other\r\nx-forwarded-host: h\r\n");
    assert_eq!(request(host.address, "POST", PATH, &headers, b"{}").await.status, 401);
}
