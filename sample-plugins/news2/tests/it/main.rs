//! The plugin as a host calls it: rows in, cards out.
#![expect(clippy::indexing_slicing, reason = "members of a JSON literal of this test")]

mod excluded;
mod inputs;
mod scores;

use cordon_sdk::testing::{Case, json};
use cordon_sdk::{Card, LOINC, UCUM};
use news2::evaluate;
use serde_json::Value;

/// Two hours before the call.
const AT: &str = "2021-05-31T22:00:00Z";

/// A patient of 55 with the first worked example, 18/97/air/120/72/A/36.8, at 2021-06-01T00:00:00Z.
fn case() -> Case {
    Case::new("patient-view", "news2")
        .need("patient", [json!({"resourceType": "Patient", "birthDate": "1966-01-01"})])
        .need("pregnancy", [])
        .need("pregnancy-status", [])
        .need("respiration", [quantity("9279-1", 18.0, "/min")])
        .need("saturation", [quantity("59408-5", 97.0, "%")])
        .need("oxygen", [quantity("3150-6", 21.0, "%")])
        .need("pressure", [pressure(120.0)])
        .need("pulse", [quantity("8867-4", 72.0, "/min")])
        .need("consciousness", [answer(LOINC, "LA9340-6")])
        .need("temperature", [quantity("8310-5", 36.8, "Cel")])
}

fn observation(code: &str) -> Value {
    json!({"resourceType": "Observation", "status": "final", "effectiveDateTime": AT,
        "code": {"coding": [{"system": LOINC, "code": code}]}})
}

fn quantity(code: &str, value: f64, unit: &str) -> Value {
    let mut row = observation(code);
    row["valueQuantity"] = amount(value, unit);
    row
}

fn amount(value: f64, unit: &str) -> Value {
    json!({"value": value, "unit": unit, "system": UCUM, "code": unit})
}

fn pressure(systolic: f64) -> Value {
    let mut row = observation("85354-9");
    row["component"] = json!([
        {"code": {"coding": [{"system": LOINC, "code": "8462-4"}]}, "valueQuantity": amount(70.0, "mm[Hg]")},
        {"code": {"coding": [{"system": LOINC, "code": "8480-6"}]}, "valueQuantity": amount(systolic, "mm[Hg]")},
    ]);
    row
}

fn answer(system: &str, code: &str) -> Value {
    let mut row = observation("67775-7");
    row["valueCodeableConcept"] = json!({"coding": [{"system": system, "code": code}]});
    row
}

fn at(mut row: Value, date: &str) -> Value {
    row["effectiveDateTime"] = json!(date);
    row
}

fn with_status(mut row: Value, status: &str) -> Value {
    row["status"] = json!(status);
    row
}

/// The one card of an answer.
fn card(case: &Case) -> Card {
    let answer = case.run(evaluate);
    assert!(answer.as_ref().is_ok_and(|cards| cards.len() == 1), "{answer:?}");
    answer.unwrap_or_default().remove(0)
}
