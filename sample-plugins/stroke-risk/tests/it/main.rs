//! The plugin as a host calls it: rows in, cards out.

mod problems;
mod scores;

use cordon_sdk::testing::{Case, json};
use cordon_sdk::{Card, SNOMED_CT};
use serde_json::Value;
use stroke_risk::evaluate;

/// Atrial fibrillation. SNOMED CT.
const FIBRILLATION: &str = "49436004";
const HYPERTENSION: &str = "38341003";
const DIABETES: &str = "44054006";
const STROKE: &str = "230690007";
const INFARCTION: &str = "22298006";
const HEART_FAILURE: &str = "84114007";

/// A call at 2021-06-01T00:00:00Z for a patient with these problems.
fn case(birth: &str, gender: &str, problems: &[Value]) -> Case {
    let patient = json!({"resourceType": "Patient", "birthDate": birth, "gender": gender});
    Case::new("patient-view", "stroke-risk").need("patient", [patient]).need("problems", problems.to_vec())
}

/// An active, confirmed problem.
fn problem(code: &str) -> Value {
    with_status(code, "active", "confirmed")
}

fn with_status(code: &str, clinical: &str, verification: &str) -> Value {
    json!({
        "resourceType": "Condition",
        "code": {"coding": [{"system": SNOMED_CT, "code": code}]},
        "clinicalStatus": {"coding": [
            {"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": clinical}]},
        "verificationStatus": {"coding": [
            {"system": "http://terminology.hl7.org/CodeSystem/condition-ver-status", "code": verification}]},
    })
}

/// The one card of an answer.
fn card(case: &Case) -> Card {
    let answer = case.run(evaluate);
    assert!(answer.as_ref().is_ok_and(|cards| cards.len() == 1), "{answer:?}");
    answer.unwrap_or_default().remove(0)
}

/// The score that the summary names.
fn score(case: &Case) -> String {
    let card = card(case);
    card.summary().strip_prefix("CHA2DS2-VASc ").and_then(|rest| rest.split(':').next()).unwrap_or_default().to_owned()
}
