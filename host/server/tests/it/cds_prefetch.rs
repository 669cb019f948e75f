//! Prefetch over the wire: its three states, what does not belong, pages that are not all of it.

use cordon_core::ids::NeedName;
use cordon_core::record::{Dropped, Event, NeedCounts, Outcome};
use cordon_fhir::scope::ScopeSet;
use serde_json::{Value, json};

use crate::cds_client::Answer;
use crate::cds_host::{TestHost, creatinine, echo, grant, patient_view};

/// A host whose store has two creatinines of patient `p`, and whose users may read what `right` says.
async fn host(right: Option<&str>) -> TestHost {
    TestHost::start(|setup| {
        setup.rooms.installed = vec![std::sync::Arc::new(echo(&grant(&["creatinine"])))];
        setup.rooms.ward = vec![creatinine("a", "p"), creatinine("b", "p")];
        setup.issuer.user_right = right.map(ScopeSet::parse);
    })
    .await
}

async fn with(host: &TestHost, prefetch: Value) -> Answer {
    let mut call = patient_view();
    call["prefetch"] = prefetch;
    host.call(&call).await
}

fn summary(answer: &Answer) -> Value {
    answer.json()["cards"][0]["summary"].clone()
}

fn searchset(rows: &[Value]) -> Value {
    let entries: Vec<Value> =
        rows.iter().map(|row| json!({ "resource": row, "search": { "mode": "match" } })).collect();
    json!({ "resourceType": "Bundle", "type": "searchset", "total": rows.len(), "entry": entries })
}

fn counts(host: &TestHost) -> NeedCounts {
    match &host.records().last().unwrap().event {
        Event::Invocation { needs, .. } => needs[&NeedName::new("creatinine").unwrap()].clone(),
        Event::BreakGlass { .. } | Event::Feedback { .. } | Event::Admin { .. } | Event::Started { .. } => {
            panic!("not an invocation")
        }
    }
}

#[tokio::test]
async fn null_means_no_data_and_asks_nobody() {
    let host = host(Some("user/*.rs")).await;
    assert_eq!(summary(&with(&host, json!({ "creatinine": null })).await), "creatinine 0");
}

#[tokio::test]
async fn an_absent_key_and_a_failed_one_come_from_the_store_only_with_a_right() {
    let failed = json!({ "creatinine": { "resourceType": "OperationOutcome", "issue": [] } });
    let (without, with_right) = (host(None).await, host(Some("user/Observation.rs")).await);
    for prefetch in [json!({}), failed] {
        let answer = with(&without, prefetch.clone()).await;
        assert_eq!(answer.status, 412);
        assert_eq!(answer.json()["resourceType"], "OperationOutcome");
        assert_eq!(without.outcome(), Outcome::Unobtainable(NeedName::new("creatinine").unwrap()));
        assert_eq!(summary(&with(&with_right, prefetch).await), "creatinine 2");
    }
}

#[tokio::test]
async fn a_right_that_does_not_cover_the_need_is_none() {
    for right in ["user/Patient.rs", "patient/Observation.r", "system/Observation.rs", ""] {
        let host = host(Some(right)).await;
        assert_eq!(with(&host, json!({})).await.status, 412, "{right}");
    }
}

#[tokio::test]
async fn another_patients_rows_are_dropped_and_recorded() {
    let host = host(None).await;
    let rows = [creatinine("a", "p"), creatinine("b", "q"), creatinine("c", "q")];
    assert_eq!(summary(&with(&host, json!({ "creatinine": searchset(&rows) })).await), "creatinine 1");
    assert_eq!(counts(&host).dropped[&Dropped::Foreign], 2);
}

#[tokio::test]
async fn rows_the_need_does_not_ask_for_are_dropped_whatever_their_search_mode() {
    let host = host(None).await;
    let mut bundle = searchset(&[creatinine("a", "p")]);
    let included = json!({ "resource": { "resourceType": "Patient", "id": "p" }, "search": { "mode": "include" } });
    let note = json!({ "resource": { "resourceType": "OperationOutcome" }, "search": { "mode": "outcome" } });
    bundle["entry"].as_array_mut().unwrap().extend([included, note, json!({ "resource": {} })]);
    bundle["total"] = json!(2);
    assert_eq!(summary(&with(&host, json!({ "creatinine": bundle })).await), "creatinine 1");
    assert_eq!(counts(&host).dropped[&Dropped::OutsideNeed], 1);
    assert_eq!(counts(&host).dropped[&Dropped::Malformed], 1);
}

#[tokio::test]
async fn a_truncated_page_is_topped_up_with_a_right_and_is_412_without() {
    let mut paged = searchset(&[creatinine("a", "p")]);
    paged["link"] = json!([{ "relation": "next", "url": "https://evil.example/fhir?page=2" }]);
    let mut counted = searchset(&[creatinine("a", "p")]);
    counted["total"] = json!(2);
    for page in [paged, counted] {
        let prefetch = json!({ "creatinine": page });
        assert_eq!(with(&host(None).await, prefetch.clone()).await.status, 412);
        assert_eq!(summary(&with(&host(Some("user/*.rs")).await, prefetch).await), "creatinine 2");
    }
}

#[tokio::test]
async fn unknown_prefetch_keys_are_ignored() {
    let host = host(None).await;
    let prefetch = json!({ "creatinine": creatinine("a", "p"), "else": { "resourceType": "Patient" } });
    assert_eq!(summary(&with(&host, prefetch).await), "creatinine 1");
}

#[tokio::test]
async fn an_authorization_counts_when_it_was_given_to_this_host() {
    let host = TestHost::start(|setup| {
        setup.rooms.installed = vec![std::sync::Arc::new(echo(&grant(&["creatinine"])))];
        setup.rooms.ward = vec![creatinine("a", "p")];
        setup.issuer.user_right = None;
        setup.issuer.client_id = Some("cordon".to_owned());
        setup.issuer.fhir_server = Some("https://ehr.example/fhir".to_owned());
    })
    .await;
    let call = |subject: &str, server: &str| {
        let mut call = patient_view();
        call["fhirServer"] = json!(server);
        call["fhirAuthorization"] = json!({
            "access_token": "t", "token_type": "Bearer", "expires_in": 300, "scope": "user/Observation.read", "subject": subject
        });
        call
    };
    assert_eq!(host.call(&call("cordon", "https://ehr.example/fhir/")).await.status, 200);
    assert_eq!(host.call(&call("another", "https://ehr.example/fhir")).await.status, 412);
    assert_eq!(host.call(&call("cordon", "http://169.254.169.254/fhir")).await.status, 400);
}

#[tokio::test]
async fn an_absolute_reference_is_within_the_record_only_on_the_clients_own_server() {
    let host = TestHost::start(|setup| {
        setup.rooms.installed = vec![std::sync::Arc::new(echo(&grant(&["creatinine"])))];
        setup.issuer.fhir_server = Some("https://ehr.example/fhir".to_owned());
    })
    .await;
    for (server, seen) in
        [("https://other.example/fhir", 0), ("https://ehr.example", 0), ("https://ehr.example/fhir", 1)]
    {
        let mut row = creatinine("a", "p");
        row["subject"]["reference"] = json!(format!("{server}/Patient/p"));
        let answer = with(&host, json!({ "creatinine": searchset(&[row]) })).await;
        assert_eq!(summary(&answer), format!("creatinine {seen}"), "{server}");
    }
}
