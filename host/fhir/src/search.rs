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

mod dated;
mod table;

use std::fmt;

use serde_json::Value;

pub use dated::primary_date_in;
use table::{PRIMARY_DATES, Shape, paths};

use crate::date::DateRange;
use crate::element;
use crate::reference::{self, Reference};
use crate::types::{ResourceType, type_name};

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
    let mut entries = Vec::new();
    any(resource, parameter, &mut |found| {
        entries.extend(found.entry(parameter));
        false
    });
    entries
}

/// Whether `judge` accepts one of the things that [`entries`] gives. Allocates nothing, so that a scope can be asked
/// about every row.
pub(crate) fn any(resource: &Value, parameter: Parameter, judge: &mut dyn FnMut(Found<'_>) -> bool) -> bool {
    let Some(name) = type_name(resource).filter(|name| ResourceType::is_name(name)) else { return false };
    let paths = paths(Some(name), parameter);
    paths.iter().any(|(path, shape)| element::any(resource, path, &mut |value| read(*shape, value, judge)))
}

/// The date by which "newest first" orders a resource; `None` if it has none. It is the time of the fact where the
/// record says it, else the time of writing it down.
#[must_use]
pub fn primary_date(resource: &Value) -> Option<DateRange> {
    let name = type_name(resource)?;
    let (_, paths) = PRIMARY_DATES.iter().find(|(row, _)| *row == name)?;
    let mut date = None;
    let mut keep = |found: Found<'_>| {
        date = found.date();
        date.is_some()
    };
    paths.iter().any(|(path, shape)| element::any(resource, path, &mut |value| read(*shape, value, &mut keep)));
    date
}

/// The elements in which [`primary_date`] looks, best place first; none for a type that has no such date.
pub fn primary_date_elements(resource_type: &ResourceType) -> impl Iterator<Item = &'static str> {
    let row = PRIMARY_DATES.iter().find(|(row, _)| *row == resource_type.as_str());
    row.into_iter().flat_map(|(_, paths)| paths.iter().map(|(path, _)| *path))
}

/// A type name from outside, if the tables know it.
pub(crate) fn known_type(name: &str) -> Option<&'static str> {
    PRIMARY_DATES.iter().map(|(row, _)| *row).chain(["Patient", "Practitioner"]).find(|row| *row == name)
}

/// One thing a resource can be found by, where it stands in the resource.
#[derive(Clone, Copy)]
pub(crate) enum Found<'v> {
    Token { system: Option<&'v str>, code: &'v str },
    Reference { resource_type: &'v str, id: &'v str },
    Date(DateRange),
}

impl Found<'_> {
    fn entry(self, parameter: Parameter) -> Option<IndexEntry> {
        Some(match self {
            Self::Token { system, code } => {
                IndexEntry::Token { parameter, system: system.map(str::to_owned), code: code.to_owned() }
            }
            Self::Reference { resource_type, id } => {
                let resource_type = ResourceType::new(resource_type).ok()?;
                IndexEntry::Reference { parameter, target: Reference { resource_type, id: id.to_owned() } }
            }
            Self::Date(range) => IndexEntry::Date { parameter, range },
        })
    }

    fn date(self) -> Option<DateRange> {
        match self {
            Self::Date(range) => Some(range),
            Self::Token { .. } | Self::Reference { .. } => None,
        }
    }
}

impl IndexEntry {
    pub(crate) fn found(&self) -> Found<'_> {
        match self {
            Self::Token { system, code, .. } => Found::Token { system: system.as_deref(), code },
            Self::Reference { target, .. } => {
                Found::Reference { resource_type: target.resource_type.as_str(), id: &target.id }
            }
            Self::Date { range, .. } => Found::Date(*range),
        }
    }
}

fn read(shape: Shape, value: &Value, judge: &mut dyn FnMut(Found<'_>) -> bool) -> bool {
    let found = match shape {
        Shape::Concept => {
            return element::any(value, "coding", &mut |coding| read_coding(coding).is_some_and(&mut *judge));
        }
        Shape::Coding => read_coding(value),
        Shape::Code => value.as_str().and_then(|code| token(None, code)),
        Shape::Reference => read_reference(value),
        Shape::ReferenceToPatient => {
            read_reference(value).filter(|found| matches!(found, Found::Reference { resource_type: "Patient", .. }))
        }
        Shape::Instant => value.as_str().and_then(DateRange::parse).map(Found::Date),
        Shape::Period => DateRange::from_period(value).map(Found::Date),
        Shape::Timing => DateRange::from_timing(value).map(Found::Date),
    };
    found.is_some_and(judge)
}

fn read_reference(value: &Value) -> Option<Found<'_>> {
    let (resource_type, id) = reference::split(value.get("reference")?.as_str()?)?;
    Some(Found::Reference { resource_type, id })
}

fn read_coding(value: &Value) -> Option<Found<'_>> {
    let system = match value.get("system") {
        Some(system) => Some(system.as_str()?),
        None => None,
    };
    token(system, value.get("code")?.as_str()?)
}

fn token<'v>(system: Option<&'v str>, code: &'v str) -> Option<Found<'v>> {
    (!code.is_empty()).then_some(Found::Token { system, code })
}
