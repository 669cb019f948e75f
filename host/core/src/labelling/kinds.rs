//! Which resource types have a clinical code, and where.

use serde_json::{Map, Value};

/// Types that say nothing clinical by themselves: who, where, when, and containers whose members are judged one by one.
const WITHOUT_CODE: [&str; 22] = [
    "Account",
    "Appointment",
    "AppointmentResponse",
    "AuditEvent",
    "Bundle",
    "Coverage",
    "Encounter",
    "Endpoint",
    "EpisodeOfCare",
    "HealthcareService",
    "Location",
    "OperationOutcome",
    "Organization",
    "Parameters",
    "Patient",
    "Person",
    "Practitioner",
    "PractitionerRole",
    "Provenance",
    "RelatedPerson",
    "Schedule",
    "Slot",
];

/// Types whose code stands in one element (FHIR R4 definitions). Of any other type, a clinical code anywhere counts.
const CODE: [(&str, &str); 17] = [
    ("AllergyIntolerance", "code"),
    ("ChargeItem", "code"),
    ("Composition", "type"),
    ("Condition", "code"),
    ("DiagnosticReport", "code"),
    ("DocumentReference", "type"),
    ("Flag", "code"),
    ("Immunization", "vaccineCode"),
    ("Medication", "code"),
    ("MedicationAdministration", "medicationCodeableConcept"),
    ("MedicationDispense", "medicationCodeableConcept"),
    ("MedicationRequest", "medicationCodeableConcept"),
    ("MedicationStatement", "medicationCodeableConcept"),
    ("Observation", "code"),
    ("Procedure", "code"),
    ("ServiceRequest", "code"),
    ("Substance", "code"),
];

/// Whether a row of this type is ordinary without any code.
pub(super) fn needs_no_code(kind: &str) -> bool {
    WITHOUT_CODE.contains(&kind)
}

/// Whether this member is where a resource of this type says what it is about. A medication may be contained.
pub(super) fn is_primary(kind: &str, member: &str, members: &Map<String, Value>) -> bool {
    let Some((_, element)) = CODE.iter().find(|(name, _)| *name == kind) else { return member != "contained" };
    let contained = || {
        let reference = members.get("medicationReference").and_then(|reference| reference.get("reference"));
        reference.and_then(Value::as_str).is_some_and(|target| target.starts_with('#'))
    };
    member == *element || (member == "contained" && element.starts_with("medication") && contained())
}
