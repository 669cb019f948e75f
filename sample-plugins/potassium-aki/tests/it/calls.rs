//! Calls and rows to test with.

use cordon_sdk::testing::{Case, json};
use cordon_sdk::{Card, Date, LOINC, RXNORM, UCUM};
use potassium_aki::evaluate;
use serde_json::Value;

use crate::manifest;

/// Potassium in serum or plasma. LOINC.
pub(crate) const POTASSIUM: &str = "2823-3";
/// Creatinine in serum or plasma. LOINC.
pub(crate) const CREATININE: &str = "2160-0";

/// The time of every call here, in seconds since 1970.
pub(crate) fn now() -> i64 {
    Date::new("2021-06-01T00:00:00Z").instant().unwrap()
}

/// A call at 2021-06-01T00:00:00Z with a normal potassium, a steady creatinine and no drug.
pub(crate) fn case() -> Case {
    Case::new("patient-view", "potassium-aki")
        .need("potassium", [potassium(4.2, "2021-05-31T20:00:00Z")])
        .need("creatinine", [creatinine(1.0, "2021-05-31T20:00:00Z"), creatinine(1.0, "2021-05-29T08:00:00Z")])
        .need("medication", [])
}

pub(crate) fn potassium(value: f64, at: &str) -> Value {
    result(POTASSIUM, value, "mmol/L", at)
}

pub(crate) fn creatinine(value: f64, at: &str) -> Value {
    result(CREATININE, value, "mg/dL", at)
}

/// A result whose row is named for what it holds.
pub(crate) fn result(code: &str, value: f64, unit: &str, at: &str) -> Value {
    json!({"resourceType": "Observation", "id": format!("{value} {unit}"), "status": "final", "effectiveDateTime": at,
        "code": {"coding": [{"system": LOINC, "code": code}]},
        "valueQuantity": {"value": value, "unit": unit, "system": UCUM, "code": unit}})
}

/// The row with a member set.
pub(crate) fn with(mut row: Value, member: &str, value: Value) -> Value {
    row.as_object_mut().unwrap().insert(member.to_owned(), value);
    row
}

pub(crate) fn order(code: &str) -> Value {
    json!({"resourceType": "MedicationRequest", "status": "active",
        "medicationCodeableConcept": {"coding": [{"system": RXNORM, "code": code}]}})
}

pub(crate) fn cards(case: &Case) -> Vec<Card> {
    case.run(evaluate).unwrap()
}

/// What the cards say in English.
pub(crate) fn summaries(case: &Case) -> Vec<String> {
    cards(case).iter().map(|card| manifest::summary(card, "en")).collect()
}
