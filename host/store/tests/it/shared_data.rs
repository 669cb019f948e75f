//! Synthea patients and a Bulk Data export, where they are: in `../shared/data` of the repository's root (or of the
//! directory named by `CORDON_SHARED_DATA`). Where they are not, a Bundle made here takes the place of the first.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use cordon_store::{LoadReport, Older, load};
use serde_json::{Value, json};

use crate::bench::{Bench, tenant, visit};

fn folder(name: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let data = std::env::var_os("CORDON_SHARED_DATA").map_or_else(beside, PathBuf::from);
    Some(data.join(name)).filter(|folder| folder.is_dir())
}

/// Files to load and, by file, what an independent script counted in each.
fn patients(own: &Path) -> (PathBuf, Value) {
    folder("synthea").map_or_else(
        || (own.to_owned(), made_here(own)),
        |folder| {
            let expected = File::open(folder.join("expected.json")).unwrap();
            (folder, serde_json::from_reader(expected).unwrap())
        },
    )
}

fn made_here(own: &Path) -> Value {
    let (patient, other) = ("0b5c2d8e-0001-4000-8000-000000000000", "0b5c2d8e-0002-4000-8000-000000000000");
    let (patient_url, other_url) = (format!("urn:uuid:{patient}"), format!("urn:uuid:{other}"));
    let bundle = json!({"resourceType": "Bundle", "type": "transaction", "entry": [
        {"fullUrl": patient_url, "resource": {"resourceType": "Patient", "id": patient}},
        {"fullUrl": other_url, "resource": {
            "resourceType": "Observation", "id": other, "status": "final", "subject": {"reference": patient_url},
        }},
    ]});
    std::fs::write(own.join("made.json"), serde_json::to_string_pretty(&bundle).unwrap()).unwrap();
    let counts = json!({"Patient": 1, "Observation": 1});
    json!({"patients": [{"file": "made.json", "patient": patient, "counts": counts}]})
}

fn load_file(bench: &Bench, path: &Path) -> LoadReport {
    let mut input = BufReader::new(File::open(path).unwrap());
    load(bench, &tenant("ward"), &mut input, "file", Older::Refused, &mut |_| ControlFlow::Continue(())).unwrap()
}

#[test]
fn each_patient_has_as_many_resources_as_were_counted() {
    let own = tempfile::tempdir().unwrap();
    let (folder, expected) = patients(own.path());
    for patient in expected["patients"].as_array().unwrap() {
        let bench = Bench::new();
        let report = load_file(&bench, &folder.join(patient["file"].as_str().unwrap()));
        let counts: BTreeMap<String, u64> = serde_json::from_value(patient["counts"].clone()).unwrap();
        let loaded: BTreeMap<String, u64> =
            report.types.iter().map(|(name, counts)| (name.clone(), counts.new)).collect();
        assert_eq!((report.refused, report.unresolved), (0, 0));
        assert_eq!(loaded, counts);
        assert_eq!(bench.counts(&tenant("ward")).unwrap(), counts.clone().into_iter().collect::<Vec<_>>());
        let observations =
            visit(&**bench, &tenant("ward"), patient["patient"].as_str().unwrap(), "patient/Observation.rs", 9_999);
        assert_eq!(observations.len() as u64, counts["Observation"]);
        let again = load_file(&bench, &folder.join(patient["file"].as_str().unwrap()));
        assert_eq!(again.total().unchanged, counts.values().sum::<u64>());
    }
}

#[test]
fn every_line_of_an_export_is_loaded_or_refused_by_line() {
    let own = tempfile::tempdir().unwrap();
    let made = own.path().join("Patient.000.ndjson");
    std::fs::write(&made, "{\"resourceType\":\"Patient\",\"id\":\"a\"}\n").unwrap();
    let folder = folder("bulk").unwrap_or_else(|| own.path().to_owned());
    let bench = Bench::new();
    for file in std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()) {
        let lines = std::fs::read_to_string(&file).unwrap().lines().count() as u64;
        let report = load_file(&bench, &file);
        let log = file.ends_with("log.ndjson");
        assert_eq!((report.total().new, report.refused), if log { (0, lines) } else { (lines, 0) });
    }
}
