//! Labels of rows, and what happens when the rules change.

use std::io::{BufRead, BufReader};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use cordon_core::ids::PatientId;
use cordon_core::label::{Confidentiality, Labeled};
use cordon_core::labelling::LabelRules;
use cordon_core::ports::{Query, Records};
use cordon_fhir::reference::Reference;
use cordon_fhir::scope::Scope;
use cordon_store::{Put, RecordStore, Relabelled, Resource, Store};
use serde_json::{Value, json};

use crate::bench::{resource, tenant};

const DIRECTORY: &str = "CORDON_TEST_LABELS";

/// Not in any shipped rule.
const HOSPITAL: &str = r#"
    [[words]]
    id = "hospital/word"
    sensitivity = ["PSY"]
    source = "a test"
    phrases = ["Station P3"]
"#;

fn rules(hospital: Option<&str>) -> Arc<LabelRules> {
    Arc::new(LabelRules::with_hospital(hospital, Confidentiality::Restricted).unwrap())
}

fn open(path: &Path, hospital: Option<&str>) -> Store {
    Store::open(path, &tenant("ward")).unwrap().labelled_by(rules(hospital)).unwrap()
}

fn condition(id: usize, code: &str, text: &str) -> Resource {
    let coding = json!({ "system": "http://hl7.org/fhir/sid/icd-10", "code": code });
    resource(&json!({
        "resourceType": "Condition", "id": format!("c{id}"), "subject": { "reference": "Patient/p" },
        "code": { "coding": [coding] }, "note": [{ "text": text }]
    }))
}

fn labels(records: &dyn Records) -> Vec<String> {
    let (tenant, patient) = (tenant("ward"), PatientId::new("p").unwrap());
    let scope = Scope::parse("patient/Condition.rs").unwrap();
    let mut found = Vec::new();
    let mut each = |row: Labeled<&Value>| {
        found.push(row.label.to_string());
        ControlFlow::Continue(())
    };
    records.visit(Query { tenant: &tenant, patient: &patient, scope: &scope }, &mut each).unwrap();
    found
}

fn kept(store: &Store, id: usize) -> Option<String> {
    let reference = Reference::parse(&format!("Condition/c{id}")).unwrap();
    let marked = store.kept_label(&reference).unwrap()?;
    let rules: Vec<&str> = marked.rules.iter().map(|rule| rule.0.as_str()).collect();
    Some(format!("{}: {}", marked.label, rules.join(" ")))
}

fn relabel(store: &Store) -> Relabelled {
    store.relabel(&mut |_| ControlFlow::Continue(())).unwrap()
}

#[test]
fn without_rules_every_row_is_unclassified() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), &tenant("ward")).unwrap();
    store.put(&tenant("ward"), &[condition(0, "I10", "")]).unwrap();
    assert_eq!(labels(&store), ["R unclassified"]);
    assert_eq!(kept(&store, 0), None);
    assert_eq!(relabel(&store), Relabelled::default());
}

#[test]
fn a_row_is_labelled_when_it_is_taken_in() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path(), None);
    store.put(&tenant("ward"), &[condition(0, "B20", ""), condition(1, "I10", "")]).unwrap();
    assert_eq!(labels(&store), ["R HIV", "N"]);
    assert_eq!(kept(&store, 0).as_deref(), Some("R HIV: hiv/icd-10"));
    assert_eq!(store.put(&tenant("ward"), &[condition(0, "I10", "")]).unwrap(), [Put::Replaced]);
    assert_eq!(kept(&store, 0).as_deref(), Some("N: "));
    assert_eq!(store.stale().unwrap(), 0);
}

#[test]
fn new_rules_hold_before_anything_is_renewed() {
    let dir = tempfile::tempdir().unwrap();
    let old = open(dir.path(), None);
    old.put(&tenant("ward"), &[condition(0, "I10", "liegt auf Station P3")]).unwrap();
    assert_eq!(labels(&old), ["N"]);
    drop(old);

    let store = open(dir.path(), Some(HOSPITAL));
    assert_eq!(kept(&store, 0).as_deref(), Some("N: "), "the old label is there");
    assert_eq!(labels(&store), ["R PSY"], "and is not served");
    assert_eq!(store.stale().unwrap(), 1);
    assert_eq!(relabel(&store), Relabelled { done: 1, of: 1, changed: 1 });
    assert_eq!(kept(&store, 0).as_deref(), Some("R PSY: hospital/word"));
    assert_eq!(store.stale().unwrap(), 0);
    drop(store);

    // The first rules again: what the second gave is old, although the first are known here.
    let back = open(dir.path(), None);
    assert_eq!((labels(&back), back.stale().unwrap()), (vec!["N".to_owned()], 1));
}

#[test]
fn renewing_stops_when_told_and_goes_on_where_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let rows: Vec<Resource> = (0..1200).map(|n| condition(n, "B20", "Station P3")).collect();
    open(dir.path(), None).put(&tenant("ward"), &rows).unwrap();

    let store = open(dir.path(), Some(HOSPITAL));
    let first = store.relabel(&mut |_| ControlFlow::Break(())).unwrap();
    assert_eq!(first, Relabelled { done: 512, of: 1200, changed: 512 });
    drop(store);
    let store = open(dir.path(), Some(HOSPITAL));
    let mut told = Vec::new();
    let rest = store.relabel(&mut |at| {
        told.push(at.done);
        ControlFlow::Continue(())
    });
    assert_eq!(rest.unwrap(), Relabelled { done: 688, of: 688, changed: 688 });
    assert_eq!(told, [512, 688]);
    assert!(labels(&store).iter().all(|label| label == "R HIV PSY"));
}

#[test]
fn a_row_written_meanwhile_keeps_its_own_label() {
    let dir = tempfile::tempdir().unwrap();
    open(dir.path(), None)
        .put(&tenant("ward"), &(0..600).map(|n| condition(n, "B20", "")).collect::<Vec<_>>())
        .unwrap();
    let store = open(dir.path(), Some(HOSPITAL));
    let mut first = true;
    let done = store.relabel(&mut |_| {
        // Row 599 is the last one: the new row may get its number.
        if std::mem::take(&mut first) {
            store.put(&tenant("ward"), &[condition(599, "I10", "")]).unwrap();
        }
        ControlFlow::Continue(())
    });
    assert_eq!(done.unwrap().done, 599, "the new row was not old");
    assert_eq!(kept(&store, 599).as_deref(), Some("N: "));
    assert_eq!(store.stale().unwrap(), 0);
}

/// On its own it renews everything at once; started by the test below, it is killed after a batch.
#[test]
fn a_renewal_says_what_it_has_done() {
    let own = tempfile::tempdir().unwrap();
    let given = std::env::var_os(DIRECTORY).map(PathBuf::from);
    let store = open(given.as_deref().unwrap_or(own.path()), Some(HOSPITAL));
    let done = store.relabel(&mut |at| {
        println!("\nrenewed {}", at.done);
        // The parent kills this process: it waits for it.
        if given.is_some() {
            std::io::stdin().lines().for_each(drop)
        }
        ControlFlow::Continue(())
    });
    assert_eq!(done.unwrap().done, 0);
}

#[test]
fn a_killed_renewal_is_finished_by_the_next_and_serves_no_old_label() {
    let dir = tempfile::tempdir().unwrap();
    let rows: Vec<Resource> = (0..1100).map(|n| condition(n, "I10", "Station P3")).collect();
    open(dir.path(), None).put(&tenant("ward"), &rows).unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "labels::a_renewal_says_what_it_has_done", "--nocapture"])
        .env(DIRECTORY, dir.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line == "renewed 512"));
    child.kill().unwrap();
    child.wait().unwrap();

    let store = open(dir.path(), Some(HOSPITAL));
    assert_eq!(store.stale().unwrap(), 1100 - 512);
    assert!(labels(&store).iter().all(|label| label == "R PSY"));
    assert_eq!(relabel(&store).done, 1100 - 512);
    assert_eq!(store.stale().unwrap(), 0);
}
