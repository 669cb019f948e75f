//! Calls and rows to test with.

use cordon_sdk::testing::{Case, json};
use cordon_sdk::{Card, SNOMED_CT};
use serde_json::Value;
use stroke_risk::evaluate;

use crate::manifest;

/// Atrial fibrillation. SNOMED CT.
pub(crate) const FIBRILLATION: &str = "49436004";
pub(crate) const HYPERTENSION: &str = "38341003";
pub(crate) const DIABETES: &str = "44054006";
pub(crate) const STROKE: &str = "230690007";
pub(crate) const INFARCTION: &str = "22298006";
pub(crate) const HEART_FAILURE: &str = "84114007";

/// A call at 2021-06-01T00:00:00Z for a patient with these problems.
pub(crate) fn case(birth: &str, gender: &str, problems: &[Value]) -> Case {
    let patient = json!({"resourceType": "Patient", "birthDate": birth, "gender": gender});
    Case::new("patient-view", "stroke-risk").need("patient", [patient]).need("problems", problems.to_vec())
}

/// An active, confirmed problem.
pub(crate) fn problem(code: &str) -> Value {
    with_status(code, "active", "confirmed")
}

pub(crate) fn with_status(code: &str, clinical: &str, verification: &str) -> Value {
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
pub(crate) fn card(case: &Case) -> Card {
    let mut cards = case.run(evaluate).unwrap();
    assert_eq!(cards.len(), 1);
    cards.remove(0)
}

/// Its summary in English.
pub(crate) fn summary(case: &Case) -> String {
    manifest::summary(&card(case), "en")
}

/// Its detail in English.
pub(crate) fn detail(case: &Case) -> String {
    manifest::detail(&card(case), "en")
}

/// The score that the summary names.
pub(crate) fn score(case: &Case) -> String {
    summary(case).strip_prefix("CHA2DS2-VASc ").unwrap().split(':').next().unwrap().to_owned()
}
