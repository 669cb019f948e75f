//! Which drug a draft orders, by code only: a display or a text is never a match.

use cordon_sdk::prelude::*;
use cordon_sdk::{ATC, RXNORM};

use crate::table::Table;

/// The drugs that this tool has rules for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drug {
    /// Metformin, alone or in a combination.
    Metformin,
    /// Apixaban.
    Apixaban,
}

/// What a draft orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recognised {
    /// One of our drugs.
    Drug(Drug),
    /// A drug with an RxNorm or ATC code that is neither.
    Other,
    /// No RxNorm and no ATC code: the draft cannot be checked.
    Unreadable,
}

/// What this draft orders. A combination counts as our drug if one of its codes is.
#[must_use]
pub fn recognise(draft: &MedicationRequest, table: &Table) -> Recognised {
    let Some(MedicationRequestMedication::CodeableConcept(concept)) = &draft.medication else {
        return Recognised::Unreadable;
    };
    let holds = |rxnorm: &[String], atc: &[String]| {
        concept.codes_in(RXNORM).any(|code| rxnorm.iter().any(|known| known == code))
            || concept.codes_in(ATC).any(|code| atc.iter().any(|known| known == code))
    };
    if holds(&table.metformin.rxnorm, &table.metformin.atc) {
        Recognised::Drug(Drug::Metformin)
    } else if holds(&table.apixaban.rxnorm, &table.apixaban.atc) {
        Recognised::Drug(Drug::Apixaban)
    } else if concept.codes_in(RXNORM).chain(concept.codes_in(ATC)).next().is_some() {
        Recognised::Other
    } else {
        Recognised::Unreadable
    }
}

/// Whether a draft asks for a drug to be given. An absent status or intent is usual in drafts and does not matter; an
/// order that says "do not", or one that is over, gives nothing to check.
#[must_use]
pub fn is_an_order(draft: &MedicationRequest) -> bool {
    let over = matches!(draft.status.as_deref(), Some("cancelled" | "stopped" | "completed" | "entered-in-error"));
    draft.do_not_perform != Some(true) && !over
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::tests::table;

    fn draft(system: &str, code: &str) -> MedicationRequest {
        let coding = Coding { system: Some(system.to_owned()), code: Some(code.to_owned()), ..Coding::default() };
        let concept = CodeableConcept { coding: vec![coding], ..CodeableConcept::default() };
        MedicationRequest {
            medication: Some(MedicationRequestMedication::CodeableConcept(concept)),
            ..MedicationRequest::default()
        }
    }

    #[test]
    fn both_drugs_are_known_by_rxnorm_and_atc() {
        for (system, code) in [(RXNORM, "6809"), (RXNORM, "860975"), (ATC, "A10BA02"), (ATC, "A10BD07")] {
            assert_eq!(recognise(&draft(system, code), &table()), Recognised::Drug(Drug::Metformin), "{code}");
        }
        for (system, code) in [(RXNORM, "1364430"), (RXNORM, "1364445"), (ATC, "B01AF02")] {
            assert_eq!(recognise(&draft(system, code), &table()), Recognised::Drug(Drug::Apixaban), "{code}");
        }
    }

    #[test]
    fn another_drug_is_other_and_a_code_in_another_system_is_unreadable() {
        assert_eq!(recognise(&draft(RXNORM, "11289"), &table()), Recognised::Other);
        assert_eq!(recognise(&draft("http://local", "6809"), &table()), Recognised::Unreadable);
        assert_eq!(recognise(&MedicationRequest::default(), &table()), Recognised::Unreadable);
    }

    #[test]
    fn an_order_not_to_give_is_not_checked() {
        let with = |status: Option<&str>, not: Option<bool>| MedicationRequest {
            status: status.map(str::to_owned),
            do_not_perform: not,
            ..MedicationRequest::default()
        };
        assert!(is_an_order(&with(None, None)));
        assert!(is_an_order(&with(Some("draft"), Some(false))));
        assert!(!is_an_order(&with(None, Some(true))));
        assert!(!is_an_order(&with(Some("cancelled"), None)));
    }
}
