//! Clinical figures end to end, against sources that share no code with the tools.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::process::Command;

use cordon_core::ids::{PatientId, TenantId};
use cordon_core::label::Labeled;
use cordon_core::manifest::{Manifest, Source};
use cordon_core::ports::{Query, Records as _};
use cordon_fhir::scope::Scope;
use cordon_guest_build::repository;
use cordon_store::Reader;
use serde_json::{Value, json};

use crate::world::{World, files, metformin, patient_view, samples, shared};

/// The figure after a word in a card's text.
fn figure(text: &str, after: &str) -> f64 {
    let rest = text.split_once(after).unwrap_or_else(|| panic!("no `{after}` in `{text}`")).1.trim_start();
    let digits: String = rest.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    digits.trim_end_matches('.').parse().unwrap_or_else(|_| panic!("no figure after `{after}` in `{text}`"))
}

/// A host's store with the 7 Synthea bundles, and what an independent script says about their patients.
fn synthea(world: &World) -> Vec<Value> {
    let bundles = files(&shared("synthea"), ".json");
    let bundles: Vec<&str> =
        bundles.iter().map(String::as_str).filter(|file| !file.ends_with("expected.json")).collect();
    let loaded = world.done(&[&["load"][..], &bundles].concat());
    assert_eq!((bundles.len(), &loaded["refused"]), (7, &json!(0)));
    let expected = std::fs::read(shared("synthea").join("expected.json")).unwrap();
    serde_json::from_slice::<Value>(&expected).unwrap()["patients"].as_array().unwrap().clone()
}

#[test]
fn a_metformin_draft_for_a_synthea_patient_gives_a_card_that_says_the_creatinine_is_stale() {
    let mut world = World::new();
    let patients = synthea(&world);
    world.serve(&["--now", "2021-06-01"]);
    world.install_samples();
    let with_egfr: Vec<&Value> = patients.iter().filter(|patient| patient.get("egfr_ckdepi2021").is_some()).collect();
    assert_eq!(with_egfr.len(), 2);
    for patient in with_egfr {
        let (status, body) = world.call("renal-dosing", &metformin(patient["patient"].as_str().unwrap()));
        assert_eq!(status, 200, "{body}");
        let (card, egfr) = (body["cards"][0].to_string(), &patient["egfr_ckdepi2021"]);
        assert!(card.contains("stale") || card.contains("days old"), "{card}");
        assert!(card.contains(egfr["at"].as_str().unwrap().split('T').next().unwrap()), "{card}");
        assert!(card.contains(&egfr["creatinine"].to_string()), "{card}");
    }
}

/// `code|display` of each drug that a patient's record has an active order of, in order. The need is that of the sample.
fn active_drugs(store: &Reader, patient: &str) -> Vec<String> {
    let scope = Scope::parse("patient/MedicationRequest.rs?status=active").unwrap();
    let (tenant, patient) = (TenantId::new("main").unwrap(), PatientId::new(patient).unwrap());
    let mut drugs = Vec::new();
    let mut each = |row: Labeled<&Value>| {
        let coding = &row.value["medicationCodeableConcept"]["coding"][0];
        drugs.push(format!("{}|{}", coding["code"].as_str().unwrap(), coding["display"].as_str().unwrap()));
        ControlFlow::Continue(())
    };
    store.visit(Query { tenant: &tenant, patient: &patient, scope: &scope }, &mut each).unwrap();
    drugs.sort();
    drugs
}

#[test]
fn the_active_drugs_of_synthea_patients_are_those_of_an_independent_script() {
    let world = World::new();
    let patients = synthea(&world);
    let store = world.reader("main");
    for patient in &patients {
        let drugs = active_drugs(&store, patient["patient"].as_str().unwrap());
        assert_eq!(json!(drugs), patient["activeMeds"], "{}", patient["file"]);
    }
    let drugs = patients.iter().map(|patient| patient["activeMeds"].as_array().unwrap().len());
    assert_eq!((patients.len(), drugs.sum::<usize>()), (7, 12));
}

/// What discovery must say about the samples when everything they ask for is granted. Read by hand: one template for each
/// need of a record, the patient as the only token, codes encoded once, no `_count`.
const DISCOVERY: &str = include_str!("../../../../tests/data/cds-hooks/discovery-samples.json");

#[test]
fn discovery_asks_for_what_was_granted_and_for_nothing_else() {
    let mut world = World::new();
    world.serve(&[]);
    world.install_samples();
    let said = world.done(&["call", "--client", &world.path("site/client")]);
    let (said, golden) = (&said["body"], serde_json::from_str::<Value>(DISCOVERY).unwrap());
    assert_eq!(*said, golden, "discovery has changed: {said:#}");
    for service in said["services"].as_array().unwrap() {
        let manifest = std::fs::read_to_string(samples().join(service["id"].as_str().unwrap()).join("plugin.toml"));
        let manifest = Manifest::parse(&manifest.unwrap()).unwrap();
        let of_the_record = manifest.needs.values().filter(|need| matches!(need.source, Source::Record(_)));
        let needs: BTreeSet<String> = of_the_record.map(|need| need.name.to_string()).collect();
        let templates: BTreeSet<String> = service["prefetch"].as_object().unwrap().keys().cloned().collect();
        assert_eq!(templates, needs, "{}", service["id"]);
    }
}

/// What the independent script says about each patient of an NDJSON file.
fn independent(file: &str, as_of: &str) -> BTreeMap<String, Value> {
    let script = repository().join("tests/data/independent/expected.py");
    let out = Command::new("python3").arg(script).args(["--as-of", as_of, file]).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let rows = String::from_utf8(out.stdout).unwrap();
    let rows = rows.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    rows.map(|row| (row["patient"].as_str().unwrap().to_owned(), row)).collect()
}

#[test]
fn twenty_ward_patients_agree_with_an_independent_script() {
    let mut world = World::new();
    let ward = world.done(&["ward", "--seed", "7", "--patients", "100", "--out", &world.path("ward.ndjson")]);
    world.done(&["load", &world.path("ward.ndjson")]);
    let now = ward["now"].as_str().unwrap();
    let expected = independent(&world.path("ward.ndjson"), now);
    world.serve(&["--now", now]);
    world.install_samples();
    let egfr = expected.iter().filter(|(_, row)| matches!(row["t1"].as_str(), Some("contraindicated")));
    let mut compared = 0;
    for (patient, row) in egfr.take(10) {
        let (_, body) = world.call("renal-dosing", &metformin(patient));
        let said = figure(body["cards"][0]["detail"].as_str().unwrap(), "eGFR (CKD-EPI 2021) |");
        assert!((said - row["egfr"]["value"].as_f64().unwrap()).abs() <= 0.1, "{patient}: {said} {row}");
        compared += 1;
    }
    for (patient, row) in expected.iter().filter(|(_, row)| row["news2"].get("score").is_some()).take(10) {
        let (_, body) = world.call("news2", &patient_view(patient));
        let said = figure(body["cards"][0]["summary"].as_str().unwrap(), "NEWS2");
        assert!((said - row["news2"]["score"].as_f64().unwrap()).abs() <= 0.1, "{patient}: {said} {row}");
        compared += 1;
    }
    assert_eq!(compared, 20);
}
