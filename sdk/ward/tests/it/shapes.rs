//! Rows are valid R4, marked as test data, and refer to what exists.

use std::collections::BTreeSet;

use cordon_ward::{DEFAULT_NOW, PatientRecord};
use serde_json::Value;

use crate::patients;

/// The elements R4 requires (minimum 1) of each type of the ward; `a|b` means one of them. Also what invariants ask:
/// con-3, ait-1 and the vital-signs profile's `effective[x]`.
const REQUIRED: [(&str, &[&str]); 9] = [
    ("Patient", &["name", "birthDate"]),
    ("Observation", &["status", "code", "category", "subject", "effectiveDateTime"]),
    ("Condition", &["subject", "clinicalStatus", "verificationStatus"]),
    ("MedicationRequest", &["status", "intent", "medicationCodeableConcept", "subject"]),
    ("Encounter", &["status", "class", "subject"]),
    ("AllergyIntolerance", &["patient", "clinicalStatus"]),
    ("Immunization", &["status", "vaccineCode", "patient", "occurrenceDateTime"]),
    ("DiagnosticReport", &["status", "code", "subject"]),
    ("Observation", &["valueQuantity|valueString|valueCodeableConcept|component"]),
];

fn kind(row: &Value) -> &str {
    row["resourceType"].as_str().unwrap()
}

fn name(row: &Value) -> String {
    format!("{}/{}", kind(row), row["id"].as_str().unwrap())
}

/// Every `reference` anywhere in a row.
fn references(row: &Value) -> Vec<String> {
    match row {
        Value::Object(members) => members
            .iter()
            .flat_map(|(key, value)| match value.as_str() {
                Some(text) if key == "reference" => vec![text.to_owned()],
                _ => references(value),
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(references).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

#[test]
fn every_row_has_the_elements_r4_requires() {
    for row in patients(200).flat_map(rows) {
        let rules: Vec<_> = REQUIRED.iter().filter(|(of, _)| *of == kind(&row)).collect();
        assert!(!rules.is_empty(), "{} has no rule", kind(&row));
        for element in rules.iter().flat_map(|(_, elements)| *elements) {
            assert!(element.split('|').any(|one| row.get(one).is_some()), "{} lacks {element}", name(&row));
        }
    }
}

fn rows(record: PatientRecord) -> Vec<Value> {
    record.rows().cloned().collect()
}

#[test]
fn every_type_of_the_ward_occurs() {
    let found: BTreeSet<String> = patients(200).flat_map(rows).map(|row| kind(&row).to_owned()).collect();
    assert_eq!(found, REQUIRED.iter().map(|(of, _)| (*of).to_owned()).collect());
}

#[test]
fn ids_are_valid_and_never_repeat() {
    let mut seen = BTreeSet::new();
    for row in patients(200).flat_map(rows) {
        let id = row["id"].as_str().unwrap();
        assert!(id.len() <= 64 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'), "{id}");
        assert!(seen.insert(name(&row)), "{id} repeats");
    }
}

#[test]
fn references_are_relative_and_point_to_an_earlier_row_of_the_patient() {
    for record in patients(200) {
        let mut known = BTreeSet::new();
        for row in record.rows() {
            assert!(references(row).iter().all(|target| known.contains(target)), "{}", name(row));
            known.insert(name(row));
        }
    }
}

#[test]
fn every_row_is_marked_as_test_data_and_none_has_an_identifier() {
    for row in patients(200).flat_map(rows) {
        assert_eq!(row["meta"]["tag"][0]["code"], "HTEST", "{}", name(&row));
        assert!(row.get("identifier").is_none());
    }
}

/// The instants of a patient's rows of this kind, such as `oxygen`.
fn instants(record: &PatientRecord, word: &str) -> BTreeSet<String> {
    let ours = |row: &&Value| row["id"].as_str().unwrap().contains(&format!("-{word}-"));
    record.resources.iter().filter(ours).map(|row| row["effectiveDateTime"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_set_of_vital_signs_records_air_or_oxygen_unless_that_is_the_trap() {
    for record in patients(400) {
        let sets = &instants(&record, "temperature") | &instants(&record, "pressure");
        let recorded = instants(&record, "oxygen");
        let trap = record.cast.vital_trap == cordon_ward::VitalTrap::WithoutOxygen;
        assert!(sets.len() >= 3);
        assert_eq!(recorded, if trap { BTreeSet::new() } else { sets }, "{}", record.number);
    }
}

#[test]
fn nothing_is_later_than_now_and_only_the_trap_is_later_than_death() {
    for record in patients(400) {
        let died = record.patient["deceasedDateTime"].as_str().map(str::to_owned);
        let dates: Vec<&str> = record.resources.iter().filter_map(|row| row["effectiveDateTime"].as_str()).collect();
        assert!(dates.iter().all(|at| at.parse::<jiff::Timestamp>().unwrap() <= DEFAULT_NOW));
        let later = died.is_some_and(|died| dates.iter().any(|at| *at > died.as_str()));
        assert_eq!(later, record.cast.renal_trap == cordon_ward::RenalTrap::LaterData, "{}", record.number);
    }
}
