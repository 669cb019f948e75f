//! `docs/cds-hooks.md` names a test for every requirement of CDS Hooks 2.0 on services. Here the table is held to it,
//! and what no other test shows is tested.

use std::collections::BTreeSet;
use std::path::Path;

use crate::cds_host::{TestHost, patient_view};

/// The requirement set `cds-hooks_2.0` of the Inferno test kit: SHALL and SHALL NOT with the actor Service.
const IDS: [u16; 73] = [
    1, 2, 3, 4, 5, 6, 7, 9, 10, 13, 16, 29, 36, 54, 55, 56, 57, 59, 61, 74, 75, 80, 83, 85, 87, 88, 89, 90, 92, 93, 95,
    96, 98, 100, 103, 105, 107, 111, 115, 117, 119, 121, 124, 125, 127, 128, 130, 131, 132, 133, 134, 135, 136, 138,
    139, 141, 142, 144, 147, 168, 176, 199, 201, 203, 208, 211, 213, 214, 216, 217, 218, 219, 220,
];

const TABLE: &str = include_str!("../../../../docs/cds-hooks.md");

/// Id and last cell of each row.
fn rows() -> Vec<(u16, &'static str)> {
    let cells = TABLE.lines().map(|line| line.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>());
    let row = |cells: Vec<&'static str>| Some((cells.first()?.parse().ok()?, *cells.get(2)?));
    cells.filter_map(row).collect()
}

/// The tests that a cell names.
fn named(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).filter(|word| word.contains("::")).collect()
}

#[expect(clippy::disallowed_methods, reason = "a test reads the sources of this workspace")]
fn source(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

/// `core::it::cards::x` is `fn x` in `host/core/tests/it/cards.rs`, `core::ids::tests::x` in `host/core/src/ids.rs`.
fn exists(test: &str) -> bool {
    let host = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let parts: Vec<&str> = test.split("::").collect();
    let (file, name) = match parts.as_slice() {
        [room, "it", modules @ .., name] => (format!("{room}/tests/it/{}", modules.join("/")), name),
        [room, modules @ .., "tests", name] => (format!("{room}/src/{}", modules.join("/")), name),
        _ => return false,
    };
    let text = source(&host.join(format!("{file}.rs"))) + &source(&host.join(format!("{file}/mod.rs")));
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let is_test = |lines: &[&str]| {
        let [attribute, function] = lines else { return false };
        let function = function.trim_start_matches("async ").strip_prefix("fn ");
        attribute.contains("test") && function.is_some_and(|rest| rest.starts_with(&format!("{name}(")))
    };
    lines.windows(2).any(is_test)
}

#[test]
fn every_requirement_on_services_has_one_row() {
    assert_eq!(rows().into_iter().map(|(id, _)| id).collect::<Vec<_>>(), IDS);
}

#[test]
fn every_test_that_the_table_names_exists() {
    let named: Vec<_> =
        rows().into_iter().flat_map(|(id, cell)| named(cell).into_iter().map(move |t| (id, t))).collect();
    let missing: Vec<_> = named.iter().filter(|(_, test)| !exists(test)).collect();
    assert!(missing.is_empty(), "{missing:#?}");
    assert!(named.len() >= IDS.len(), "the table names too few tests to be read right");
}

#[test]
fn a_row_names_a_test_or_says_why_in_a_sentence() {
    let bare: Vec<_> =
        rows().into_iter().filter(|(_, cell)| named(cell).is_empty() && cell.split(' ').count() < 8).collect();
    assert!(bare.is_empty(), "{bare:#?}");
}

#[test]
fn a_test_that_is_not_there_is_noticed() {
    for test in [
        "core::it::cards::no_such_test",
        "core::it::cards::order_call",
        "core::it::no_such_file::no_member_is_null_or_empty",
        "no_such_room::it::cards::no_member_is_null_or_empty",
        "no_member_is_null_or_empty",
    ] {
        assert!(!exists(test), "{test}");
    }
    assert!(exists("core::it::cards::no_member_is_null_or_empty"));
    assert!(exists("core::ids::tests::a_minted_id_is_a_version_4_uuid"));
}

#[tokio::test]
async fn every_listed_service_answers_at_its_id_with_cards() {
    let host = TestHost::start(|_| {}).await;
    let listed = host.get("/cds-services").await.json();
    let services = listed["services"].as_array().unwrap();
    let viewing = services.iter().filter(|service| service["hook"] == "patient-view");
    let ids: Vec<&str> = viewing.map(|service| service["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["echo"]);
    let answer = host.post(&format!("/cds-services/{}", ids[0]), patient_view().to_string().as_bytes()).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["cards"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_only_token_of_a_template_is_the_patient_of_the_context() {
    let host = TestHost::start(|_| {}).await;
    let listed = host.get("/cds-services").await.json();
    let services = listed["services"].as_array().unwrap().iter();
    let templates = services.flat_map(|service| service["prefetch"].as_object().unwrap().values());
    let templates: BTreeSet<&str> = templates.map(|template| template.as_str().unwrap()).collect();
    assert_eq!(templates.len(), 2);
    for template in templates {
        let around: Vec<&str> = template.split("{{context.patientId}}").collect();
        assert!(around.len() == 2 && around.iter().all(|part| !part.contains(['{', '}'])), "{template}");
    }
}

#[tokio::test]
async fn every_body_that_leaves_is_json() {
    let host = TestHost::start(|_| {}).await;
    let answers = [
        (host.get("/cds-services").await, 200, "application/json"),
        (host.call(&patient_view()).await, 200, "application/json"),
        (host.post("/cds-services/echo", b"{}").await, 400, "application/fhir+json"),
        (host.post("/cds-services/echo/feedback", b"[]").await, 400, "application/fhir+json"),
        (host.send("POST", "/cds-services/echo", "wrong", b"{}").await, 401, "application/fhir+json"),
        (host.get("/elsewhere").await, 404, "application/fhir+json"),
        (host.get("/cds-services/echo").await, 405, "application/fhir+json"),
    ];
    for (answer, status, media_type) in answers {
        assert_eq!((answer.status, answer.header("content-type")), (status, Some(media_type)));
        assert!(answer.json().is_object());
    }
}
