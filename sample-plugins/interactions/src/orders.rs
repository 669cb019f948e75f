//! What orders and recorded allergies name, by code only: a display or a text is never a match.

use cordon_sdk::SNOMED_CT;
use cordon_sdk::prelude::*;

use crate::dose::Dose;
use crate::table::{NO_ALLERGY, Substance, allergen, names_a_drug, simvastatin_mg, substances};

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Being written.
    Draft,
    /// In force.
    Active,
}

/// What a code list names.
#[derive(Debug, Clone, PartialEq)]
pub enum Named {
    /// Substances of the table, at least one.
    Listed(Vec<Substance>),
    /// A code that is not in the table: `RxNorm 161`.
    Unlisted(String),
    /// Nothing that can be read.
    Unreadable,
}

/// An order to give a drug.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// Its id, of a draft what a suggestion to remove it names.
    pub id: Option<String>,
    /// Draft or active.
    pub stage: Stage,
    /// What it orders.
    pub named: Named,
    /// The daily dose if it orders simvastatin.
    pub simvastatin: Dose,
}

impl Order {
    /// Reads an order; `None` if it asks for nothing: over, entered in error, or an order not to give. A draft may lack
    /// status, intent and medication.
    #[must_use]
    pub fn read(request: &MedicationRequest, stage: Stage) -> Option<Self> {
        let status = request.status.as_deref();
        let stands = match stage {
            Stage::Draft => !matches!(status, Some("cancelled" | "stopped" | "completed" | "entered-in-error")),
            Stage::Active => status == Some("active"),
        };
        if !stands || request.do_not_perform == Some(true) {
            return None;
        }
        let concept = match &request.medication {
            Some(MedicationRequestMedication::CodeableConcept(concept)) => Some(concept),
            Some(MedicationRequestMedication::Reference(_)) | None => None,
        };
        let piece = concept.and_then(|concept| codes(concept).find_map(|(_, code)| simvastatin_mg(code)));
        Some(Self {
            id: request.id.clone(),
            stage,
            named: concept.map_or(Named::Unreadable, drug),
            simvastatin: Dose::read(request, piece),
        })
    }

    /// Whether it orders this substance.
    #[must_use]
    pub fn holds(&self, substance: Substance) -> bool {
        match &self.named {
            Named::Listed(listed) => listed.contains(&substance),
            Named::Unlisted(_) | Named::Unreadable => false,
        }
    }
}

/// What a recorded allergy names; `None` if it does not count: refuted, entered in error, inactive, resolved, or a
/// statement that there is none. An unconfirmed one counts.
#[must_use]
pub fn allergy(row: &AllergyIntolerance) -> Option<Named> {
    let status = |concept: Option<&CodeableConcept>, out: [&str; 2]| {
        concept.is_some_and(|concept| codes(concept).any(|(_, code)| out.contains(&code)))
    };
    if status(row.verification_status.as_ref(), ["refuted", "entered-in-error"])
        || status(row.clinical_status.as_ref(), ["inactive", "resolved"])
    {
        return None;
    }
    let Some(concept) = &row.code else { return Some(Named::Unreadable) };
    if concept.codes_in(SNOMED_CT).any(|code| NO_ALLERGY.contains(&code)) {
        return None;
    }
    let listed: Vec<_> = codes(concept).filter_map(|(system, code)| allergen(system, code)).collect();
    Some(named(listed, codes(concept).next()))
}

fn drug(concept: &CodeableConcept) -> Named {
    let listed = codes(concept).flat_map(|(system, code)| substances(system, code)).collect();
    named(listed, codes(concept).find(|(system, _)| names_a_drug(system)))
}

fn named(mut listed: Vec<Substance>, unlisted: Option<(&str, &str)>) -> Named {
    listed.sort_unstable();
    listed.dedup();
    match unlisted {
        _ if !listed.is_empty() => Named::Listed(listed),
        Some((system, code)) => Named::Unlisted(format!("{} {code}", short(system))),
        None => Named::Unreadable,
    }
}

fn short(system: &str) -> &'static str {
    match system {
        cordon_sdk::RXNORM => "RxNorm",
        SNOMED_CT => "SNOMED CT",
        system if names_a_drug(system) => "ATC",
        _ => "",
    }
}

/// System and code of each coding that has both.
fn codes(concept: &CodeableConcept) -> impl Iterator<Item = (&str, &str)> {
    concept.coding.iter().filter_map(|coding| Some((coding.system.as_deref()?, coding.code.as_deref()?)))
}
