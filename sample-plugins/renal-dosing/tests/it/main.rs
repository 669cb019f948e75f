//! The plugin as a host calls it: rows in, cards out.

mod apixaban;
mod metformin;
mod results;
mod table;

use cordon_sdk::testing::{Case, json};
use cordon_sdk::{ATC, Answer, Card, LOINC, RXNORM, UCUM};
use renal_dosing::{evaluate, evaluate_columns};
use serde_json::Value;

/// A man of 55 with nothing recorded, at 2021-06-01.
fn case(drafts: impl IntoIterator<Item = Value>) -> Case {
    Case::new("order-select", "renal-dosing")
        .need("draft", drafts)
        .need("patient", [patient("male", "1966-01-01")])
        .need("creatinine", [])
        .need("weight", [])
        .need("medication", [])
        .pack("drugs", "test", drugs())
}

/// The table that the publisher signs.
fn drugs() -> Value {
    serde_json::from_str(include_str!("../../drugs.json")).unwrap_or_default()
}

fn patient(gender: &str, birth: &str) -> Value {
    json!({"resourceType": "Patient", "id": "p", "gender": gender, "birthDate": birth})
}

/// A draft as an EHR sends it: with neither intent nor subject.
fn draft(id: &str, system: &str, code: &str) -> Value {
    json!({"resourceType": "MedicationRequest", "id": id, "status": "draft",
        "medicationCodeableConcept": {"coding": [{"system": system, "code": code}]}})
}

fn metformin() -> Value {
    draft("d1", RXNORM, "6809")
}

fn apixaban() -> Value {
    draft("d2", ATC, "B01AF02")
}

fn result(code: &str, value: &Value, unit: &str, date: &str) -> Value {
    json!({"resourceType": "Observation", "status": "final", "effectiveDateTime": date,
        "code": {"coding": [{"system": LOINC, "code": code}]},
        "valueQuantity": {"value": value, "unit": unit, "system": UCUM, "code": unit}})
}

fn creatinine(mg_dl: f64, date: &str) -> Value {
    result("2160-0", &json!(mg_dl), "mg/dL", date)
}

fn weight(kg: f64, date: &str) -> Value {
    result("29463-7", &json!(kg), "kg", date)
}

/// What the plugin says, from rows as from columns.
fn answer(case: &Case) -> Answer {
    let answer = case.run(evaluate);
    assert_eq!(case.run(evaluate_columns), answer);
    answer
}

fn cards(case: &Case) -> Vec<Card> {
    let answer = answer(case);
    assert!(answer.is_ok(), "{answer:?}");
    answer.unwrap_or_default()
}

/// The one card of an answer.
fn card(case: &Case) -> Card {
    let mut cards = cards(case);
    assert_eq!(cards.len(), 1, "{cards:?}");
    cards.remove(0)
}
