//! Rows that a client sends again: read once, and nothing tells.

use std::sync::atomic::AtomicU64;

use serde_json::{Value, json};

use crate::cds_host::{TestHost, creatinine, patient_view};

/// A call with a row under each of its needs, one of them of another patient, all with references to the client's server.
fn sent() -> Value {
    let resource = |row: Value| json!({ "resource": row });
    let at_home = |id: &str, patient: &str| {
        let mut row = creatinine(id, patient);
        row["subject"]["reference"] = json!(format!("https://ehr.example/fhir/Patient/{patient}"));
        row
    };
    let rows = [at_home("a", "p"), at_home("b", "q"), creatinine("c", "p"), creatinine("a", "p")];
    let draft = json!({ "resourceType": "MedicationRequest", "id": "d", "status": "draft" });
    let mut call = patient_view();
    call["hook"] = json!("order-sign");
    call["fhirServer"] = json!("https://ehr.example/fhir");
    call["context"]["draftOrders"] = json!({ "resourceType": "Bundle", "entry": [resource(draft)] });
    call["prefetch"] = json!({
        "creatinine": { "resourceType": "Bundle", "type": "searchset", "entry": rows.map(resource) },
        "patient": { "resourceType": "Patient", "id": "p", "birthDate": "1960-01-01" }
    });
    call
}

#[tokio::test]
async fn a_call_whose_rows_are_known_runs_on_the_same_bytes() {
    let warm = TestHost::start(|_| {}).await;
    warm.call(&sent()).await;
    let coins = warm.drawn();
    let again = warm.call(&sent()).await;
    let cold = TestHost::start(|setup| setup.rooms.coins = AtomicU64::new(coins)).await;
    let first = cold.call(&sent()).await;
    assert_eq!(first.json()["cards"][0]["summary"], "creatinine 2, drafts 1, patient 1");
    assert_eq!(first.json(), again.json());
    assert_eq!(warm.ran_on().last(), cold.ran_on().last());
    assert_ne!(warm.ran_on().first(), warm.ran_on().last(), "the coins are others");
}

#[tokio::test]
async fn a_row_that_is_known_is_read_again_for_another_server() {
    let host = TestHost::start(|_| {}).await;
    host.call(&sent()).await;
    let mut elsewhere = sent();
    elsewhere["fhirServer"] = json!("https://other.example/fhir");
    let answer = host.call(&elsewhere).await;
    assert_eq!(answer.json()["cards"][0]["summary"], "creatinine 2, drafts 1, patient 1");
    assert!(!host.ran_on()[1].contains("https://"), "no view has a reference");
}
