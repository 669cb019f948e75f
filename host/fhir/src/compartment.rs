//! Whose record a resource belongs to: the patient compartment of FHIR R4 (4.0.1, `compartmentdefinition-patient`).
//!
//! R4 says a resource may be in the compartments of several patients. Here one other patient makes it [`Foreign`]: a
//! plugin that was called about one patient must not read about a second. `Patient.link` is not followed, neither to
//! find the patient's other records nor to widen the compartment: only `Patient/<id>` itself is the patient. Elements
//! outside the compartment definition (`Observation.focus`, `Reference.display`) are not looked at here; the list of
//! approved elements keeps them back.
//!
//! [`Foreign`]: Membership::Foreign

use serde_json::Value;

use crate::element::{at, references_below};
use crate::reference::Reference;
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

/// How a resource stands to the patient of this id. An absolute URL counts if it ends in `Patient/<id>`.
#[must_use]
pub fn membership(resource: &Value, patient: &str) -> Membership {
    if contains_foreign(resource, patient) {
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
    let texts =
        |path: &&str| at(resource, path).into_iter().map(|value| value.get("reference").and_then(Value::as_str));
    let named: Vec<&str> = paths.iter().flat_map(texts).flatten().collect();
    // The first element says whom the resource is about. If it cannot be read, or says a group, a device or a place, being
    // its performer is not enough: R4 would count that, and it is not this patient's data.
    let about: Vec<Option<&str>> = paths.iter().take(1).flat_map(texts).collect();
    let about_is_clear = about.iter().all(|text| text.and_then(Reference::parse).is_some())
        && (about.is_empty() || about.iter().flatten().any(|text| patient_id(text).as_deref() == Some(patient)));
    if named.iter().any(|text| is_other(text, patient)) {
        Membership::Foreign
    } else if about_is_clear && named.iter().any(|text| patient_id(text).as_deref() == Some(patient)) {
        Membership::Member
    } else {
        Membership::Outside
    }
}

/// A contained Patient has no identity of its own, so it is never the patient in question.
fn contains_foreign(resource: &Value, patient: &str) -> bool {
    at(resource, "contained").into_iter().any(|inner| {
        type_name(inner) == Some("Patient") || references_below(inner).into_iter().any(|text| is_other(text, patient))
    })
}

fn is_other(text: &str, patient: &str) -> bool {
    patient_id(text).is_some_and(|id| id != patient)
}

fn patient_id(text: &str) -> Option<String> {
    Reference::parse(text).filter(|target| target.resource_type.as_str() == "Patient").map(|target| target.id)
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
