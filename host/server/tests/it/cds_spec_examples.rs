//! Every request, context and feedback example of the CDS Hooks texts: accepted, or refused for the reason given here.
//!
//! The examples are in `../shared/data` beside the repository (or where `CORDON_SHARED_DATA` says) and are not part of
//! it. Without them there is nothing to test, except in continuous integration, where they must be.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::cds_client::Answer;
use crate::cds_host::TestHost;

fn folder() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let data = std::env::var_os("CORDON_SHARED_DATA").map_or_else(beside, PathBuf::from);
    let folder = Some(data.join("cds-hooks/spec-examples")).filter(|folder| folder.is_dir());
    assert!(folder.is_some() || std::env::var_os("CI").is_none(), "the examples are missing");
    folder
}

fn read(folder: &Path, name: &str) -> Value {
    let dir = cap_std::fs::Dir::open_ambient_dir(folder, cap_std::ambient_authority()).unwrap();
    serde_json::from_slice(&dir.read(format!("{name}.json")).unwrap()).unwrap()
}

const OK: (u16, &str) = (200, "");
const NO_PATIENT: (u16, &str) = (400, "`context.patientId` is missing");
const NO_USER: (u16, &str) = (400, "`context.userId` is missing");
const NO_DRAFTS: (u16, &str) = (400, "`context.draftOrders` is missing");
const OTHER_HOOK: (u16, &str) = (400, "`hook` is not a hook of this service");

/// Whole requests. The texts' extension example has no patient; one example is of the hook's first version.
const REQUESTS: [(&str, (u16, &str)); 7] = [
    ("examples2_00_request", NO_DRAFTS),
    ("examples2_02_request", OK),
    ("spec2_01_request", OK),
    ("spec2_22_request", NO_PATIENT),
    ("spec3ballot_01_request", OK),
    ("spec3ballot_03_request", OK),
    ("spec3ballot_28_request", NO_PATIENT),
];

/// Contexts, sent with the hook of their page. Hooks that this host does not serve are refused as such; the texts also
/// print pieces of contexts.
const CONTEXTS: [(&str, &str, (u16, &str)); 30] = [
    ("hook_allergyintolerance-create_00_context", "allergyintolerance-create", OTHER_HOOK),
    ("hook_allergyintolerance-create_01_context", "allergyintolerance-create", OTHER_HOOK),
    ("hook_allergyintolerance-create_02_context", "allergyintolerance-create", OTHER_HOOK),
    ("hook_appointment-book_00_context", "appointment-book", OK),
    ("hook_appointment-book_01_context", "appointment-book", OK),
    ("hook_encounter-discharge_00_context", "encounter-discharge", OK),
    ("hook_encounter-start_00_context", "encounter-start", OK),
    ("hook_medication-refill_00_context", "medication-refill", OTHER_HOOK),
    ("hook_medication-refill_01_context", "medication-refill", OTHER_HOOK),
    ("hook_order-dispatch_00_context", "order-dispatch", OK),
    ("hook_order-select_00_context", "order-select", OK),
    ("hook_order-select_01_context", "order-select", OK),
    ("hook_order-select_02_context", "order-select", OK),
    ("hook_order-sign_00_context", "order-sign", OK),
    ("hook_order-sign_01_context", "order-sign", OK),
    ("hook_order-sign_02_context", "order-sign", OK),
    ("hook_patient-view_00_context", "patient-view", OK),
    ("hook_patient-view_01_context", "patient-view", OK),
    ("hook_problem-list-item-create_00_context", "problem-list-item-create", OTHER_HOOK),
    ("hook_problem-list-item-create_01_context", "problem-list-item-create", OTHER_HOOK),
    ("hook_problem-list-item-create_02_context", "problem-list-item-create", OTHER_HOOK),
    ("spec2_03_context", "patient-view", NO_USER),
    ("spec2_04_context", "order-sign", NO_PATIENT),
    ("spec2_05_context", "order-sign", NO_PATIENT),
    ("spec2_24_context", "patient-view", OK),
    ("spec2_26_context", "patient-view", NO_PATIENT),
    ("spec3ballot_07_context", "order-sign", OK),
    ("spec3ballot_08_context", "patient-view", NO_USER),
    ("spec3ballot_30_context", "patient-view", OK),
    ("spec3ballot_32_context", "patient-view", NO_PATIENT),
];

const FEEDBACK: [&str; 3] = ["spec3ballot_21_feedback", "spec3ballot_22_feedback", "spec3ballot_23_feedback"];

fn check(name: &str, answer: &Answer, (status, reason): (u16, &str)) {
    assert_eq!(answer.status, status, "{name}: {}", answer.body);
    assert!(answer.body.contains(reason), "{name}: {}", answer.body);
}

#[tokio::test]
async fn every_request_of_the_texts_has_its_verdict() {
    let Some(folder) = folder() else { return };
    let host = TestHost::start(|_| {}).await;
    for (name, verdict) in REQUESTS {
        check(name, &host.call(&read(&folder, name)).await, verdict);
    }
}

#[tokio::test]
async fn every_context_of_the_texts_has_its_verdict() {
    let Some(folder) = folder() else { return };
    let host = TestHost::start(|_| {}).await;
    for (name, hook, verdict) in CONTEXTS {
        let context = read(&folder, name)["context"].take();
        let call = json!({ "hook": hook, "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea", "context": context });
        check(name, &host.call(&call).await, verdict);
    }
}

#[tokio::test]
async fn every_feedback_of_the_texts_is_taken() {
    let Some(folder) = folder() else { return };
    let host = TestHost::start(|_| {}).await;
    for name in FEEDBACK {
        let body = read(&folder, name).to_string();
        check(name, &host.post("/cds-services/echo/feedback", body.as_bytes()).await, OK);
    }
}

#[test]
fn the_tables_name_every_example() {
    let Some(folder) = folder() else { return };
    let dir = cap_std::fs::Dir::open_ambient_dir(folder, cap_std::ambient_authority()).unwrap();
    let names = dir.entries().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let wanted = names.filter(|name| ["_request.", "_context.", "_feedback."].iter().any(|kind| name.contains(kind)));
    let named: Vec<&str> =
        REQUESTS.iter().map(|row| row.0).chain(CONTEXTS.iter().map(|row| row.0)).chain(FEEDBACK).collect();
    for name in wanted {
        assert!(named.contains(&name.trim_end_matches(".json")), "{name} has no verdict");
    }
}
