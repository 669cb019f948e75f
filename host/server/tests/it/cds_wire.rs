//! Discovery, CORS, and outcomes over the wire.

use std::sync::Arc;

use cordon_core::grant::{Grant, GrantedNeed};
use cordon_core::ids::{NeedName, ServiceId, TenantId};
use cordon_core::message::{Failure, RunEnd, Trap};
use cordon_core::record::{Outcome, Refusal};
use serde_json::{Value, json};

use crate::cds_client::request;
use crate::cds_host::{TestHost, creatinine, echo, grant, patient_view};

const ORIGIN: &str = "https://ehr.example";

#[tokio::test]
async fn a_host_without_services_answers_an_empty_list() {
    let host = TestHost::start(|setup| setup.rooms.installed.clear()).await;
    let answer = host.get("/cds-services").await;
    assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"services":[]}"#));
}

#[tokio::test]
async fn discovery_needs_a_token_unless_the_hospital_opens_it() {
    let closed = TestHost::start(|_| {}).await;
    assert_eq!(request(closed.address, "GET", "/cds-services", "", b"").await.status, 401);
    let open = TestHost::start(|setup| setup.settings.open_discovery = TenantId::new("main").ok()).await;
    assert_eq!(request(open.address, "GET", "/cds-services", "", b"").await.status, 200);
    assert_eq!(open.send("GET", "/cds-services", "wrong", b"").await.status, 401);
}

#[tokio::test]
async fn one_id_is_listed_once_for_each_hook_with_templates_of_the_grant() {
    let narrow =
        GrantedNeed { within: Some("patient/Observation.rs?code=http://loinc.org|2160-0&status=final".to_owned()) };
    let granted = Grant { needs: [(NeedName::new("creatinine").unwrap(), narrow)].into(), ..Grant::default() };
    let host = TestHost::start(|setup| setup.rooms.installed = vec![Arc::new(echo(&granted))]).await;
    let services = host.get("/cds-services").await.json()["services"].clone();
    let hooks: Vec<&str> =
        services.as_array().unwrap().iter().map(|service| service["hook"].as_str().unwrap()).collect();
    let sorted = [
        "appointment-book",
        "encounter-discharge",
        "encounter-start",
        "order-dispatch",
        "order-select",
        "order-sign",
        "patient-view",
    ];
    assert_eq!(hooks, sorted);
    let first = services[0].as_object().unwrap();
    assert_eq!(
        (&first["id"], &first["title"], &first["description"]),
        (&json!("echo"), &json!("Echo"), &json!("Echo."))
    );
    let template = "Observation?patient={{context.patientId}}&code=http%3A%2F%2Floinc.org%7C2160-0&status=final";
    assert_eq!(first["prefetch"], json!({ "creatinine": template }));
}

#[tokio::test]
async fn what_is_not_enabled_is_not_listed_and_answers_no_cards() {
    let mut off = echo(&grant(&[]));
    off.enabled = false;
    let host = TestHost::start(|setup| setup.rooms.installed = vec![Arc::new(off)]).await;
    assert_eq!(host.get("/cds-services").await.body, r#"{"services":[]}"#);
    assert_eq!(host.call(&patient_view()).await.body, r#"{"cards":[]}"#);
    assert_eq!(host.outcome(), Outcome::Disabled);
}

#[tokio::test]
async fn a_hook_that_the_service_does_not_answer_is_refused() {
    let host = TestHost::start(|_| {}).await;
    let mut call = patient_view();
    call["hook"] = json!("medication-refill");
    assert_eq!(host.call(&call).await.status, 400);
    assert_eq!(host.outcome(), Outcome::Refused(Refusal::Malformed));
}

#[tokio::test]
async fn two_enabled_plugins_with_one_service_answer_nothing() {
    let twice = || Arc::new(echo(&grant(&[])));
    let host = TestHost::start(|setup| setup.rooms.installed = vec![twice(), twice()]).await;
    assert_eq!(host.call(&patient_view()).await.status, 503);
}

#[tokio::test]
async fn a_failed_run_is_503_with_an_id_and_nothing_else() {
    for end in [RunEnd::Trapped(Trap::Wasm), RunEnd::Trapped(Trap::Fuel), RunEnd::Failed(Failure::Internal)] {
        let host = TestHost::start(|setup| setup.rooms.end = Some(end)).await;
        let answer = host.call(&patient_view()).await;
        assert_eq!(answer.status, 503);
        assert_eq!(answer.header("content-type"), Some("application/fhir+json"));
        let issue = answer.json()["issue"][0].clone();
        assert_eq!(issue["details"]["text"], "The service could not be evaluated.");
        assert!(issue["diagnostics"].as_str().unwrap().starts_with("invocation "));
    }
}

#[tokio::test]
async fn a_hospital_may_have_no_cards_in_place_of_503() {
    let host = TestHost::start(|setup| {
        setup.rooms.end = Some(RunEnd::Trapped(Trap::Memory));
        setup.settings.empty_on_failure.insert(ServiceId::new("echo").unwrap());
    })
    .await;
    let answer = host.call(&patient_view()).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"cards":[]}"#));
    assert_eq!(host.outcome(), Outcome::Trapped(Trap::Memory));
}

#[tokio::test]
async fn without_a_record_there_is_no_answer() {
    let host = TestHost::start(|setup| {
        setup.rooms.ledger_fails = true;
        setup.settings.empty_on_failure.insert(ServiceId::new("echo").unwrap());
    })
    .await;
    assert_eq!(host.call(&patient_view()).await.status, 503);
    assert_eq!(host.post("/cds-services/echo", b"{").await.status, 503);
    assert_eq!(host.post("/cds-services/other", b"{}").await.status, 503);
    assert!(host.records().is_empty());
}

#[tokio::test]
async fn a_call_without_a_turn_is_503_and_on_record() {
    let host = TestHost::start(|setup| {
        setup.settings.max_concurrent = 0;
        setup.settings.deadline = std::time::Duration::from_millis(60);
    })
    .await;
    assert_eq!(host.call(&patient_view()).await.status, 503);
    assert_eq!(host.outcome(), Outcome::RunnerUnavailable);
}

#[tokio::test]
async fn a_call_whose_time_ends_while_the_record_is_read_reads_no_more_of_it_and_is_503() {
    let host = TestHost::start(|setup| {
        setup.settings.latency_buckets = false;
        setup.rooms.ward = (0..20).map(|n| creatinine(&format!("c{n}"), "p")).collect();
        setup.rooms.reads = std::time::Duration::from_millis(100);
    })
    .await;
    assert_eq!(host.call(&patient_view()).await.status, 503);
    assert_eq!((host.outcome(), host.ran_on().len()), (Outcome::RunnerUnavailable, 0));
    // The fifth row is the first that comes too late: 500 ms, less 50 for release and record.
    assert_eq!(host.passed().as_millis(), 500);
}

#[tokio::test]
async fn nothing_is_parsed_without_a_turn() {
    let host = TestHost::start(|setup| {
        setup.settings.max_concurrent = 0;
        setup.settings.deadline = std::time::Duration::from_millis(60);
    })
    .await;
    // A turn would have found that this is no request.
    assert_eq!(host.post("/cds-services/echo", b"{").await.status, 503);
    assert_eq!(host.post("/cds-services/echo/feedback", b"{").await.status, 503);
    assert_eq!(host.records().len(), 2);
}

#[tokio::test]
async fn a_body_that_grows_a_hundredfold_in_memory_is_refused() {
    let host = TestHost::start(|_| ()).await;
    let mut body = patient_view();
    let objects = format!("[{}]", [r#"{"":0}"#].repeat(150_000).join(","));
    body["prefetch"] = serde_json::json!({ "creatinine": "HERE" });
    let body = body.to_string().replace(r#""HERE""#, &objects);
    assert!(body.len() < 2 << 20);
    assert_eq!(host.post("/cds-services/echo", body.as_bytes()).await.status, 400);
}

#[tokio::test]
async fn a_preflight_is_answered_before_authentication_for_configured_origins_only() {
    let host = TestHost::start(|setup| setup.settings.cors_origins = [ORIGIN.to_owned()].into()).await;
    let preflight = |origin: &str| {
        format!(
            "origin: {origin}\r\naccess-control-request-method: POST\r\naccess-control-request-headers: authorization,content-type\r\n"
        )
    };
    for path in ["/cds-services", "/cds-services/echo", "/cds-services/echo/feedback"] {
        let answer = request(host.address, "OPTIONS", path, &preflight(ORIGIN), b"").await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("access-control-allow-origin"), Some(ORIGIN));
        assert_eq!(answer.header("access-control-allow-headers"), Some("authorization,content-type"));
        let other = request(host.address, "OPTIONS", path, &preflight("https://evil.example"), b"").await;
        assert_eq!(other.header("access-control-allow-origin"), None);
    }
}

#[tokio::test]
async fn an_error_carries_the_cors_headers_too() {
    let host = TestHost::start(|setup| setup.settings.cors_origins = [ORIGIN.to_owned()].into()).await;
    let origin = format!("origin: {ORIGIN}\r\n");
    let refused = request(host.address, "POST", "/cds-services/echo", &origin, b"{}").await;
    assert_eq!((refused.status, refused.header("access-control-allow-origin")), (401, Some(ORIGIN)));
    let missing = request(host.address, "GET", "/nothing", &origin, b"").await;
    assert_eq!((missing.status, missing.header("access-control-allow-origin")), (404, Some(ORIGIN)));
}

#[tokio::test]
async fn no_card_member_is_null_or_empty_and_the_answer_is_not_stored() {
    fn whole(value: &Value) -> bool {
        match value {
            Value::Null => false,
            Value::String(text) => !text.is_empty(),
            Value::Array(items) => !items.is_empty() && items.iter().all(whole),
            Value::Object(members) => !members.is_empty() && members.values().all(whole),
            Value::Bool(_) | Value::Number(_) => true,
        }
    }
    let host = TestHost::start(|_| {}).await;
    let answer = host.call(&patient_view()).await;
    assert!(whole(&answer.json()), "{}", answer.body);
    assert!(whole(&host.get("/cds-services").await.json()));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}
