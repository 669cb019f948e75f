//! Which parameter finds which elements, type by type (FHIR R4 4.0.1, `search-parameters.json`).

use super::Parameter;

/// The shape of an element, as R4 defines it for its path.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    Code,
    Coding,
    Concept,
    Reference,
    ReferenceToPatient,
    /// `date`, `dateTime` or `instant`.
    Instant,
    Period,
    Timing,
}

pub(super) type Paths = &'static [(&'static str, Shape)];

/// The elements of a parameter, none where R4 does not define it; of no type, those that every type has.
pub(super) fn paths(resource_type: Option<&str>, parameter: Parameter) -> Paths {
    if let Some((_, paths)) = EVERY_TYPE.iter().find(|(row, _)| *row == parameter) {
        return paths;
    }
    let Some(wanted) = resource_type else { return &[] };
    let found = ROWS.binary_search_by(|(name, row, _)| (*name).cmp(wanted).then(row.cmp(&parameter)));
    found.ok().and_then(|at| ROWS.get(at)).map_or(&[], |(_, _, paths)| paths)
}

const EVERY_TYPE: &[(Parameter, Paths)] = &[
    (Parameter::Id, &[("id", Shape::Code)]),
    (Parameter::LastUpdated, &[("meta.lastUpdated", Shape::Instant)]),
    (Parameter::Security, &[("meta.security", Shape::Coding)]),
];

const SUBJECT: Paths = &[("subject", Shape::Reference)];
const SUBJECT_PATIENT: Paths = &[("subject", Shape::ReferenceToPatient)];
const PATIENT: Paths = &[("patient", Shape::ReferenceToPatient)];
const STATUS: Paths = &[("status", Shape::Code)];
const CODE: Paths = &[("code", Shape::Concept)];
const MEDICATION: Paths = &[("medicationCodeableConcept", Shape::Concept)];
const CATEGORY: Paths = &[("category", Shape::Concept)];
const CLINICAL_STATUS: Paths = &[("clinicalStatus", Shape::Concept)];
const INTENT: Paths = &[("intent", Shape::Code)];
const PERIOD: Paths = &[("period", Shape::Period)];
const EFFECTIVE: Paths = &[
    ("effectiveDateTime", Shape::Instant),
    ("effectiveInstant", Shape::Instant),
    ("effectivePeriod", Shape::Period),
    ("effectiveTiming", Shape::Timing),
];

/// In order of type and parameter.
#[rustfmt::skip]
const ROWS: &[(&str, Parameter, Paths)] = &[
    ("AllergyIntolerance", Parameter::Category, &[("category", Shape::Code)]),
    ("AllergyIntolerance", Parameter::ClinicalStatus, CLINICAL_STATUS),
    ("AllergyIntolerance", Parameter::Code, &[("code", Shape::Concept), ("reaction.substance", Shape::Concept)]),
    ("AllergyIntolerance", Parameter::Date, &[("recordedDate", Shape::Instant)]),
    ("AllergyIntolerance", Parameter::Patient, PATIENT),
    ("AuditEvent", Parameter::Date, &[("recorded", Shape::Instant)]),
    ("AuditEvent", Parameter::Patient, &[("agent.who", Shape::ReferenceToPatient), ("entity.what", Shape::ReferenceToPatient)]),
    ("CarePlan", Parameter::Category, CATEGORY),
    ("CarePlan", Parameter::Date, PERIOD),
    ("CarePlan", Parameter::Intent, INTENT),
    ("CarePlan", Parameter::Patient, SUBJECT_PATIENT),
    ("CarePlan", Parameter::Status, STATUS),
    ("CarePlan", Parameter::Subject, SUBJECT),
    ("CareTeam", Parameter::Category, CATEGORY),
    ("CareTeam", Parameter::Date, PERIOD),
    ("CareTeam", Parameter::Patient, SUBJECT_PATIENT),
    ("CareTeam", Parameter::Status, STATUS),
    ("CareTeam", Parameter::Subject, SUBJECT),
    ("Condition", Parameter::Category, CATEGORY),
    ("Condition", Parameter::ClinicalStatus, CLINICAL_STATUS),
    ("Condition", Parameter::Code, CODE),
    ("Condition", Parameter::Patient, SUBJECT_PATIENT),
    ("Condition", Parameter::Subject, SUBJECT),
    ("Consent", Parameter::Category, CATEGORY),
    ("Consent", Parameter::Date, &[("dateTime", Shape::Instant)]),
    ("Consent", Parameter::Patient, PATIENT),
    ("Consent", Parameter::Status, STATUS),
    ("Coverage", Parameter::Patient, &[("beneficiary", Shape::ReferenceToPatient)]),
    ("Coverage", Parameter::Status, STATUS),
    ("DiagnosticReport", Parameter::Category, CATEGORY),
    ("DiagnosticReport", Parameter::Code, CODE),
    ("DiagnosticReport", Parameter::Date, EFFECTIVE),
    ("DiagnosticReport", Parameter::Patient, SUBJECT_PATIENT),
    ("DiagnosticReport", Parameter::Status, STATUS),
    ("DiagnosticReport", Parameter::Subject, SUBJECT),
    ("DocumentReference", Parameter::Category, CATEGORY),
    ("DocumentReference", Parameter::Date, &[("date", Shape::Instant)]),
    ("DocumentReference", Parameter::Patient, SUBJECT_PATIENT),
    ("DocumentReference", Parameter::Status, STATUS),
    ("DocumentReference", Parameter::Subject, SUBJECT),
    ("Encounter", Parameter::Date, PERIOD),
    ("Encounter", Parameter::Patient, SUBJECT_PATIENT),
    ("Encounter", Parameter::Status, STATUS),
    ("Encounter", Parameter::Subject, SUBJECT),
    ("Goal", Parameter::Category, CATEGORY),
    ("Goal", Parameter::Patient, SUBJECT_PATIENT),
    ("Goal", Parameter::Subject, SUBJECT),
    ("Immunization", Parameter::Date, &[("occurrenceDateTime", Shape::Instant)]),
    ("Immunization", Parameter::Patient, PATIENT),
    ("Immunization", Parameter::Status, STATUS),
    ("MedicationRequest", Parameter::Category, CATEGORY),
    ("MedicationRequest", Parameter::Code, MEDICATION),
    ("MedicationRequest", Parameter::Date, &[("dosageInstruction.timing.event", Shape::Instant)]),
    ("MedicationRequest", Parameter::Intent, INTENT),
    ("MedicationRequest", Parameter::Patient, SUBJECT_PATIENT),
    ("MedicationRequest", Parameter::Status, STATUS),
    ("MedicationRequest", Parameter::Subject, SUBJECT),
    ("MedicationStatement", Parameter::Category, CATEGORY),
    ("MedicationStatement", Parameter::Code, MEDICATION),
    ("MedicationStatement", Parameter::Patient, SUBJECT_PATIENT),
    ("MedicationStatement", Parameter::Status, STATUS),
    ("MedicationStatement", Parameter::Subject, SUBJECT),
    ("Observation", Parameter::Category, CATEGORY),
    ("Observation", Parameter::Code, CODE),
    ("Observation", Parameter::ComboCode, &[("code", Shape::Concept), ("component.code", Shape::Concept)]),
    ("Observation", Parameter::Date, EFFECTIVE),
    ("Observation", Parameter::Patient, SUBJECT_PATIENT),
    ("Observation", Parameter::Status, STATUS),
    ("Observation", Parameter::Subject, SUBJECT),
    ("PractitionerRole", Parameter::Date, PERIOD),
    ("Procedure", Parameter::Category, CATEGORY),
    ("Procedure", Parameter::Code, CODE),
    ("Procedure", Parameter::Date, &[("performedDateTime", Shape::Instant), ("performedPeriod", Shape::Period)]),
    ("Procedure", Parameter::Patient, SUBJECT_PATIENT),
    ("Procedure", Parameter::Status, STATUS),
    ("Procedure", Parameter::Subject, SUBJECT),
    ("Provenance", Parameter::Patient, &[("target", Shape::ReferenceToPatient)]),
    ("ServiceRequest", Parameter::Category, CATEGORY),
    ("ServiceRequest", Parameter::Code, CODE),
    ("ServiceRequest", Parameter::Intent, INTENT),
    ("ServiceRequest", Parameter::Patient, SUBJECT_PATIENT),
    ("ServiceRequest", Parameter::Status, STATUS),
    ("ServiceRequest", Parameter::Subject, SUBJECT),
];

/// Where the date of "newest first" is looked for, best place first.
#[rustfmt::skip]
pub(super) const PRIMARY_DATES: &[(&str, Paths)] = &[
    ("AllergyIntolerance", &[("recordedDate", Shape::Instant), ("onsetDateTime", Shape::Instant)]),
    ("AuditEvent", &[("recorded", Shape::Instant)]),
    ("CarePlan", &[("period", Shape::Period), ("created", Shape::Instant)]),
    ("CareTeam", PERIOD),
    ("Condition", &[("recordedDate", Shape::Instant), ("onsetDateTime", Shape::Instant), ("onsetPeriod", Shape::Period)]),
    ("Consent", &[("dateTime", Shape::Instant)]),
    ("Coverage", PERIOD),
    ("DiagnosticReport", &[("effectiveDateTime", Shape::Instant), ("effectivePeriod", Shape::Period), ("issued", Shape::Instant)]),
    ("DocumentReference", &[("date", Shape::Instant), ("context.period", Shape::Period)]),
    ("Encounter", PERIOD),
    ("Goal", &[("startDate", Shape::Instant), ("statusDate", Shape::Instant)]),
    ("Immunization", &[("occurrenceDateTime", Shape::Instant), ("recorded", Shape::Instant)]),
    ("MedicationRequest", &[("authoredOn", Shape::Instant)]),
    ("MedicationStatement", &[("effectiveDateTime", Shape::Instant), ("effectivePeriod", Shape::Period), ("dateAsserted", Shape::Instant)]),
    ("Observation", &[("effectiveDateTime", Shape::Instant), ("effectiveInstant", Shape::Instant), ("effectivePeriod", Shape::Period), ("effectiveTiming", Shape::Timing), ("issued", Shape::Instant)]),
    ("PractitionerRole", PERIOD),
    ("Procedure", &[("performedDateTime", Shape::Instant), ("performedPeriod", Shape::Period)]),
    ("Provenance", &[("occurredDateTime", Shape::Instant), ("occurredPeriod", Shape::Period), ("recorded", Shape::Instant)]),
    ("ServiceRequest", &[("authoredOn", Shape::Instant), ("occurrenceDateTime", Shape::Instant), ("occurrencePeriod", Shape::Period)]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_in_order_so_that_each_is_found() {
        assert!(ROWS.is_sorted_by_key(|(name, parameter, _)| (*name, *parameter)));
        assert!(ROWS.iter().all(|(name, parameter, _)| !paths(Some(name), *parameter).is_empty()));
    }
}
