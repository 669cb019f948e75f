//! Whose record a resource belongs to: the patient compartment of FHIR R4 (4.0.1, `compartmentdefinition-patient`).
//!
//! R4 says a resource may be in the compartments of several patients. Here one other patient makes it [`Foreign`]: a
//! plugin that was called about one patient must not read about a second. The rules where R4 leaves room:
//!
//! * Only `Patient/<id>`, with or without a version, is the patient. `Patient.link` is not followed, neither to find the
//!   patient's other records nor to widen the compartment; a link in the patient's own row does not make it foreign.
//! * An absolute URL means another server, and so another patient, even if it ends in `Patient/<id>`; the same holds of
//!   `Patient?identifier=…` and of whatever else may mean a Patient and cannot be read. Resources from a server whose
//!   address is known go through [`crate::reference::localize`] first.
//! * A Patient inside another resource, contained or not, has no identity that could be compared, so it is another.
//! * In a resource of a type without a compartment, and in contained resources, every reference counts.
//!
//! Elements outside the compartment definition (`Observation.focus`, `Reference.display`) are not looked at here; the
//! list of approved elements keeps them back.
//!
//! [`Foreign`]: Membership::Foreign

use serde_json::Value;

use crate::element::{any, references_below};
use crate::reference::{may_mean_a_patient, split};
use crate::types::{ResourceType, resource_id, type_name};

/// How a resource stands to one patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Membership {
    /// It is that patient, or names that patient and no other.
    Member,
    /// It is another patient, names one, or contains what does.
    Foreign,
    /// It names no patient. For a type that has a compartment ([`has_compartment`]) this is a defect and no reason to
    /// deliver it; for others (`Practitioner`, `Medication`) it is the rule.
    Outside,
}

/// Whether resources of this type belong to a patient in R4.
#[must_use]
pub fn has_compartment(resource_type: &ResourceType) -> bool {
    elements(resource_type.as_str()).is_some()
}

/// The types of R4 that belong to a patient, in the order of their names.
pub fn patient_types() -> impl Iterator<Item = &'static str> {
    COMPARTMENT.iter().map(|(name, _)| *name)
}

/// How a resource stands to the patient of this id on the server that the resource came from.
#[must_use]
pub fn membership(resource: &Value, patient: &str) -> Membership {
    if holds_a_patient(resource) || contains_foreign(resource, patient) {
        return Membership::Foreign;
    }
    let Some(name) = type_name(resource) else { return Membership::Outside };
    match (name, elements(name)) {
        ("Patient", _) if resource_id(resource) == Some(patient) => Membership::Member,
        ("Patient", _) => Membership::Foreign,
        (_, Some(paths)) => by_elements(resource, paths, patient),
        (_, None) if references_below(resource).into_iter().any(|text| is_other(text, patient)) => Membership::Foreign,
        (_, None) => Membership::Outside,
    }
}

fn by_elements(resource: &Value, paths: &[&str], patient: &str) -> Membership {
    let (mut about_another, mut about_is_clear, mut is_named) = (false, true, false);
    for (position, path) in paths.iter().enumerate() {
        let mut about_this = false;
        let mut stands = false;
        any(resource, path, &mut |value| {
            stands = true;
            let text = value.get("reference").and_then(Value::as_str);
            about_this |= text.is_some_and(|text| is_patient(text, patient));
            about_another |= text.is_some_and(|text| is_other(text, patient));
            // A Patient named by an identifier alone may be any.
            about_is_clear &= text.is_some() || value.get("type").and_then(Value::as_str) != Some("Patient");
            about_is_clear &= position > 0 || text.and_then(split).is_some();
            false
        });
        // The first element says whom the resource is about. If it cannot be read, or says a group, a device or a place,
        // being its performer is not enough: R4 would count that, and it is not this patient's data.
        about_is_clear &= position > 0 || !stands || about_this;
        is_named |= about_this;
    }
    match (about_another, about_is_clear && is_named) {
        (true, _) => Membership::Foreign,
        (false, true) => Membership::Member,
        (false, false) => Membership::Outside,
    }
}

/// Whether a Patient stands anywhere inside the resource.
fn holds_a_patient(resource: &Value) -> bool {
    let mut open: Vec<&Value> = resource.as_object().into_iter().flat_map(|members| members.values()).collect();
    while let Some(next) = open.pop() {
        if type_name(next) == Some("Patient") {
            return true;
        }
        match next {
            Value::Array(items) => open.extend(items),
            Value::Object(members) => open.extend(members.values()),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    false
}

fn contains_foreign(resource: &Value, patient: &str) -> bool {
    let foreign = |inner: &Value| references_below(inner).into_iter().any(|text| is_other(text, patient));
    any(resource, "contained", &mut |inner| foreign(inner))
}

fn is_patient(text: &str, patient: &str) -> bool {
    split(text) == Some(("Patient", patient))
}

fn is_other(text: &str, patient: &str) -> bool {
    match split(text) {
        Some((name, id)) => name == "Patient" && id != patient,
        None => may_mean_a_patient(text),
    }
}

fn elements(name: &str) -> Option<&'static [&'static str]> {
    COMPARTMENT.iter().find(|(row, _)| *row == name).map(|(_, paths)| *paths)
}

/// The elements behind the parameters of the compartment definition; the one that says whom it is about comes first.
const COMPARTMENT: &[(&str, &[&str])] = &[
    ("Account", &["subject"]),
    ("AdverseEvent", &["subject"]),
    ("AllergyIntolerance", &["patient", "recorder", "asserter"]),
    ("Appointment", &["participant.actor"]),
    ("AppointmentResponse", &["actor"]),
    ("AuditEvent", &["entity.what", "agent.who"]),
    ("Basic", &["subject", "author"]),
    ("BodyStructure", &["patient"]),
    ("CarePlan", &["subject", "activity.detail.performer"]),
    ("CareTeam", &["subject", "participant.member"]),
    ("ChargeItem", &["subject"]),
    ("Claim", &["patient", "payee.party"]),
    ("ClaimResponse", &["patient"]),
    ("ClinicalImpression", &["subject"]),
    ("Communication", &["subject", "sender", "recipient"]),
    ("CommunicationRequest", &["subject", "sender", "recipient", "requester"]),
    ("Composition", &["subject", "author", "attester.party"]),
    ("Condition", &["subject", "asserter"]),
    ("Consent", &["patient"]),
    ("Coverage", &["beneficiary", "policyHolder", "subscriber", "payor"]),
    ("CoverageEligibilityRequest", &["patient"]),
    ("CoverageEligibilityResponse", &["patient"]),
    ("DetectedIssue", &["patient"]),
    ("DeviceRequest", &["subject", "performer"]),
    ("DeviceUseStatement", &["subject"]),
    ("DiagnosticReport", &["subject"]),
    ("DocumentManifest", &["subject", "author", "recipient"]),
    ("DocumentReference", &["subject", "author"]),
    ("Encounter", &["subject"]),
    ("EnrollmentRequest", &["candidate"]),
    ("EpisodeOfCare", &["patient"]),
    ("ExplanationOfBenefit", &["patient", "payee.party"]),
    ("FamilyMemberHistory", &["patient"]),
    ("Flag", &["subject"]),
    ("Goal", &["subject"]),
    ("Group", &["member.entity"]),
    ("ImagingStudy", &["subject"]),
    ("Immunization", &["patient"]),
    ("ImmunizationEvaluation", &["patient"]),
    ("ImmunizationRecommendation", &["patient"]),
    ("Invoice", &["subject", "recipient"]),
    ("List", &["subject", "source"]),
    ("MeasureReport", &["subject"]),
    ("Media", &["subject"]),
    ("MedicationAdministration", &["subject", "performer.actor"]),
    ("MedicationDispense", &["subject", "receiver"]),
    ("MedicationRequest", &["subject"]),
    ("MedicationStatement", &["subject"]),
    ("MolecularSequence", &["patient"]),
    ("NutritionOrder", &["patient"]),
    ("Observation", &["subject", "performer"]),
    ("Patient", &["link.other"]),
    ("Person", &["link.target"]),
    ("Procedure", &["subject", "performer.actor"]),
    ("Provenance", &["target"]),
    ("QuestionnaireResponse", &["subject", "author"]),
    ("RelatedPerson", &["patient"]),
    ("RequestGroup", &["subject", "action.participant"]),
    ("ResearchSubject", &["individual"]),
    ("RiskAssessment", &["subject"]),
    ("Schedule", &["actor"]),
    ("ServiceRequest", &["subject", "performer"]),
    ("Specimen", &["subject"]),
    ("SupplyDelivery", &["patient"]),
    ("SupplyRequest", &["deliverTo"]),
    ("Task", &["for", "focus"]),
    ("VisionPrescription", &["patient"]),
];
