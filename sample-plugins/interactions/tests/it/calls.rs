//! Calls and rows to test with.

use cordon_sdk::testing::{Case, json};
use cordon_sdk::{Card, RXNORM, SNOMED_CT};
use interactions::evaluate;
use serde_json::Value;

// RxNorm ingredients.
pub(crate) const AMIODARONE: &str = "703";
pub(crate) const AMLODIPINE: &str = "17767";
pub(crate) const ASPIRIN: &str = "1191";
pub(crate) const CLOPIDOGREL: &str = "32968";
pub(crate) const DIGOXIN: &str = "3407";
pub(crate) const IBUPROFEN: &str = "5640";
pub(crate) const SIMVASTATIN: &str = "36567";
pub(crate) const VERAPAMIL: &str = "11170";
pub(crate) const WARFARIN: &str = "11289";

/// A call with these drafts and active orders and no allergy.
pub(crate) fn case(drafts: &[Value], active: &[Value]) -> Case {
    Case::new("order-select", "interactions")
        .need("draft", drafts.to_vec())
        .need("medication", active.to_vec())
        .need("allergies", [])
}

/// A draft as some clients send it: without status and intent.
pub(crate) fn draft(code: &str) -> Value {
    json!({"resourceType": "MedicationRequest", "id": format!("draft-{code}"), "medicationCodeableConcept": drug(code)})
}

pub(crate) fn active(code: &str) -> Value {
    json!({"resourceType": "MedicationRequest", "id": format!("active-{code}"), "status": "active",
        "medicationCodeableConcept": drug(code)})
}

pub(crate) fn drug(code: &str) -> Value {
    json!({"coding": [{"system": RXNORM, "code": code}]})
}

/// An active, confirmed allergy, by SNOMED CT.
pub(crate) fn allergy(code: &str) -> Value {
    json!({
        "resourceType": "AllergyIntolerance",
        "code": {"coding": [{"system": SNOMED_CT, "code": code}]},
        "clinicalStatus": {"coding": [{"code": "active",
            "system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"}]},
        "verificationStatus": {"coding": [{"code": "confirmed",
            "system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"}]},
    })
}

/// The row with a member set.
pub(crate) fn with(mut row: Value, member: &str, value: Value) -> Value {
    row.as_object_mut().unwrap().insert(member.to_owned(), value);
    row
}

pub(crate) fn cards(case: &Case) -> Vec<Card> {
    case.run(evaluate).unwrap()
}

pub(crate) fn summaries(case: &Case) -> Vec<String> {
    cards(case).iter().map(|card| card.summary().to_owned()).collect()
}
