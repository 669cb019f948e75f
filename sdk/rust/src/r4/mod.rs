//! FHIR R4, typed: every element optional, members that nobody knows passed over.
//!
//! Choice elements are enums (`value[x]` is [`ObservationValue`]); decimals keep their text.
//!
//! Written by `generate/r4.py`. Do not edit.

mod allergy_intolerance;
mod care_plan;
mod condition;
mod coverage;
mod diagnostic_report;
mod document_reference;
mod encounter;
mod goal;
mod immunization;
mod medication_request;
mod medication_statement;
mod observation;
mod patient;
mod people;
mod practitioner;
mod practitioner_role;
mod procedure;
mod schedule;
mod service_request;
mod types;

pub use allergy_intolerance::*;
pub use care_plan::*;
pub use condition::*;
pub use coverage::*;
pub use diagnostic_report::*;
pub use document_reference::*;
pub use encounter::*;
pub use goal::*;
pub use immunization::*;
pub use medication_request::*;
pub use medication_statement::*;
pub use observation::*;
pub use patient::*;
pub use people::*;
pub use practitioner::*;
pub use practitioner_role::*;
pub use procedure::*;
pub use schedule::*;
pub use service_request::*;
pub use types::*;
