//! Feedback over the wire.

use cordon_core::record::Event;
use serde_json::{Value, json};

use crate::cds_host::{TestHost, patient_view};

const PATH: &str = "/cds-services/echo/feedback";

fn overridden(card: &str) -> Value {
    json!({
        "card": card, "outcome": "overridden", "outcomeTimestamp": "2026-11-22T12:00:00Z",
        "overrideReason": { "userComment": "Zebra" }
    })
}

fn counted(host: &TestHost) -> (u32, u32) {
    match &host.records().last().unwrap().event {
        Event::Feedback { known, unknown, .. } => (*known, *unknown),
        Event::Invocation { .. } | Event::BreakGlass { .. } | Event::Admin { .. } | Event::Started { .. } => {
            panic!("not feedback")
        }
    }
}

#[tokio::test]
async fn a_known_card_counts_each_time_and_an_unknown_one_is_no_error() {
    let host = TestHost::start(|_| {}).await;
    let cards = host.call(&patient_view()).await.json();
    let card = cards["cards"][0]["uuid"].as_str().unwrap();
    let feedback = json!({ "feedback": [overridden(card), overridden(card), overridden("unknown")] });
    assert_eq!(host.post(PATH, feedback.to_string().as_bytes()).await.status, 200);
    assert_eq!(counted(&host), (2, 1));
}

#[tokio::test]
async fn what_a_clinician_wrote_stands_only_in_the_private_part() {
    let host = TestHost::start(|_| {}).await;
    assert_eq!(host.post(PATH, json!([overridden("c")]).to_string().as_bytes()).await.status, 200);
    let record = host.records().pop().unwrap();
    assert!(record.private.feedback.unwrap().contains("Zebra"));
    assert!(!serde_json::to_string(&record.event).unwrap().contains("Zebra"));
}

#[tokio::test]
async fn feedback_has_its_own_audience() {
    let host = TestHost::start(|_| {}).await;
    let body = json!({ "feedback": [overridden("c")] }).to_string();
    let token = host.token("/cds-services/echo");
    assert_eq!(host.send("POST", PATH, &token, body.as_bytes()).await.status, 401);
}

#[tokio::test]
async fn malformed_feedback_and_an_unknown_service_are_refused_and_recorded() {
    let host = TestHost::start(|_| {}).await;
    let broken =
        json!({ "feedback": [{ "card": "c", "outcome": "accepted", "outcomeTimestamp": "2026-11-22T12:00:00Z" }] });
    assert_eq!(host.post(PATH, broken.to_string().as_bytes()).await.status, 400);
    let fine = json!([overridden("c")]).to_string();
    assert_eq!(host.post("/cds-services/other/feedback", fine.as_bytes()).await.status, 404);
    assert_eq!(host.records().len(), 2);
}
