//! The search parameters this host knows, and what each finds in a resource. One table drives it (FHIR R4 4.0.1,
//! `search-parameters.json`).
//!
//! Choices where R4 leaves a trap:
//! * A parameter exists for a type only where R4 defines it. So `Condition` has no `date` (R4 has `onset-date` and
//!   `recorded-date`), `MedicationStatement` and `ServiceRequest` have none (`effective`, `authored`), `Immunization`
//!   has no `code` (`vaccine-code`), and a scope that asks for one of these is refused. `MedicationRequest` has a
//!   `date`, but it means the times in the dosage instruction, not `authoredOn`.
//! * `code` of an Observation does not look at components, `combo-code` does.
//! * `code` of a medication order is its CodeableConcept; a reference to a Medication resource is not followed.
//! * A `code` element such as `status` has no system: `active` finds it, `system|active` does not. Text and display
//!   are never looked at.

use std::fmt;

use serde_json::Value;

use crate::date::DateRange;
use crate::element;
use crate::reference::Reference;
use crate::types::{resource_type, type_name};

/// A search parameter. The list is closed: anything else is refused where it is read. In order of their names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Parameter {
    /// `_id`, token.
    Id,
    /// `_lastUpdated`, date.
    LastUpdated,
    /// `_security`, token.
    Security,
    /// `category`, token.
    Category,
    /// `clinical-status`, token.
    ClinicalStatus,
    /// `code`, token.
    Code,
    /// `combo-code`, token: the code or a component's code.
    ComboCode,
    /// `date`, date.
    Date,
    /// `intent`, token.
    Intent,
    /// `patient`, reference to a Patient.
    Patient,
    /// `status`, token.
    Status,
    /// `subject`, reference.
    Subject,
}

/// What values of a parameter look like (R4 search parameter types).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterKind {
    /// `code`, `system|code` or `|code`.
    Token,
    /// `Type/id`.
    Reference,
    /// A date with an optional prefix.
    Date,
}

impl Parameter {
    /// Every parameter, in order of their names.
    pub const ALL: [Self; 12] = [
        Self::Id,
        Self::LastUpdated,
        Self::Security,
        Self::Category,
        Self::ClinicalStatus,
        Self::Code,
        Self::ComboCode,
        Self::Date,
        Self::Intent,
        Self::Patient,
        Self::Status,
        Self::Subject,
    ];

    /// The parameter of this name. Names are case-sensitive.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|parameter| parameter.as_str() == name)
    }

    /// The name, as in a query.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Id => "_id",
            Self::LastUpdated => "_lastUpdated",
            Self::Security => "_security",
            Self::Category => "category",
            Self::ClinicalStatus => "clinical-status",
            Self::Code => "code",
            Self::ComboCode => "combo-code",
            Self::Date => "date",
            Self::Intent => "intent",
            Self::Patient => "patient",
            Self::Status => "status",
            Self::Subject => "subject",
        }
    }

    /// What its values look like.
    #[must_use]
    pub fn kind(self) -> ParameterKind {
        match self {
            Self::Date | Self::LastUpdated => ParameterKind::Date,
            Self::Patient | Self::Subject => ParameterKind::Reference,
            Self::Id
            | Self::Security
            | Self::Category
            | Self::ClinicalStatus
            | Self::Code
            | Self::ComboCode
            | Self::Intent
            | Self::Status => ParameterKind::Token,
        }
    }

    /// Whether R4 defines this parameter for a type; `None` asks whether it is defined for every type.
    #[must_use]
    pub fn is_defined_for(self, resource_type: Option<&str>) -> bool {
        !paths(resource_type, self).is_empty()
    }
}

impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One thing a resource can be found by. Prints its parameter only: the rest is the patient's.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum IndexEntry {
    /// A coded value.
    Token {
        /// Found by this.
        parameter: Parameter,
        /// The code system, absent for a plain `code` element.
        system: Option<String>,
        /// The code, never empty.
        code: String,
    },
    /// A link to another resource.
    Reference {
        /// Found by this.
        parameter: Parameter,
        /// What the link points at.
        target: Reference,
    },
    /// A time.
    Date {
        /// Found by this.
        parameter: Parameter,
        /// All instants the element covers.
        range: DateRange,
    },
}

impl IndexEntry {
    /// The parameter this entry is found by.
    #[must_use]
    pub fn parameter(&self) -> Parameter {
        match self {
            Self::Token { parameter, .. } | Self::Reference { parameter, .. } | Self::Date { parameter, .. } => {
                *parameter
            }
        }
    }
}

impl fmt::Debug for IndexEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IndexEntry({}, …)", self.parameter())
    }
}

/// Everything a resource can be found by, in the order of [`Parameter::ALL`]. What is missing, malformed or of an
/// unknown type gives no entry, so it is never found.
#[must_use]
pub fn index(resource: &Value) -> Vec<IndexEntry> {
    Parameter::ALL.into_iter().flat_map(|parameter| entries(resource, parameter)).collect()
}

/// What a resource can be found by through one parameter.
#[must_use]
pub fn entries(resource: &Value, parameter: Parameter) -> Vec<IndexEntry> {
    let Some(resource_type) = resource_type(resource) else { return Vec::new() };
    paths(Some(resource_type.as_str()), parameter)
        .iter()
        .flat_map(|(path, shape)| element::at(resource, path).into_iter().map(|value| (*shape, value)))
        .flat_map(|(shape, value)| read(parameter, shape, value))
        .collect()
}

/// The date by which "newest first" orders a resource; `None` if it has none. It is the time of the fact where the
/// record says it, else the time of writing it down.
#[must_use]
pub fn primary_date(resource: &Value) -> Option<DateRange> {
    let name = type_name(resource)?;
    let (_, paths) = PRIMARY_DATES.iter().find(|(row, _)| *row == name)?;
    paths.iter().flat_map(|(path, shape)| element::at(resource, path).into_iter().map(|v| (*shape, v))).find_map(
        |(shape, value)| match read(Parameter::Date, shape, value).pop() {
            Some(IndexEntry::Date { range, .. }) => Some(range),
            Some(IndexEntry::Token { .. } | IndexEntry::Reference { .. }) | None => None,
        },
    )
}

/// A type name from outside, if the tables know it.
pub(crate) fn known_type(name: &str) -> Option<&'static str> {
    PRIMARY_DATES.iter().map(|(row, _)| *row).chain(["Patient", "Practitioner"]).find(|row| *row == name)
}

/// The shape of an element, as R4 defines it for its path.
#[derive(Clone, Copy)]
enum Shape {
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

type Paths = &'static [(&'static str, Shape)];

fn paths(resource_type: Option<&str>, parameter: Parameter) -> Paths {
    if let Some((_, paths)) = EVERY_TYPE.iter().find(|(row, _)| *row == parameter) {
        return paths;
    }
    let found = ROWS.iter().find(|(name, row, _)| Some(*name) == resource_type && *row == parameter);
    found.map_or(&[], |(_, _, paths)| paths)
}

fn read(parameter: Parameter, shape: Shape, value: &Value) -> Vec<IndexEntry> {
    let date =
        |range: Option<DateRange>| range.map(|range| IndexEntry::Date { parameter, range }).into_iter().collect();
    let link = |wanted: fn(&Reference) -> bool| {
        let target = value.get("reference").and_then(Value::as_str).and_then(Reference::parse).filter(wanted);
        target.map(|target| IndexEntry::Reference { parameter, target }).into_iter().collect()
    };
    match shape {
        Shape::Code => token(parameter, None, value.as_str()).into_iter().collect(),
        Shape::Coding => coding(parameter, value).into_iter().collect(),
        Shape::Concept => element::at(value, "coding").into_iter().filter_map(|c| coding(parameter, c)).collect(),
        Shape::Reference => link(|_| true),
        Shape::ReferenceToPatient => link(|target| target.resource_type.as_str() == "Patient"),
        Shape::Instant => date(value.as_str().and_then(DateRange::parse)),
        Shape::Period => date(DateRange::from_period(value)),
        Shape::Timing => date(DateRange::from_timing(value)),
    }
}

fn coding(parameter: Parameter, value: &Value) -> Option<IndexEntry> {
    let system = match value.get("system") {
        Some(system) => Some(system.as_str()?),
        None => None,
    };
    token(parameter, system, value.get("code")?.as_str())
}

fn token(parameter: Parameter, system: Option<&str>, code: Option<&str>) -> Option<IndexEntry> {
    let code = code.filter(|code| !code.is_empty())?.to_owned();
    Some(IndexEntry::Token { parameter, system: system.map(str::to_owned), code })
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

/// Which parameter finds which elements, type by type.
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
const PRIMARY_DATES: &[(&str, Paths)] = &[
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
