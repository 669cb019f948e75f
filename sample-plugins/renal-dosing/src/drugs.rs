//! Which drug a draft orders, by code only: a display or a text is never a match.

use cordon_sdk::prelude::*;
use cordon_sdk::{ATC, RXNORM};

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

/// RxNorm: the ingredient 6809, then single-ingredient oral products by strength and form.
const METFORMIN_RXNORM: [&str; 12] = [
    "6809", "860975", "860978", "860981", "860984", "860996", "860999", "861004", "861007", "861010", "861021",
    "861025",
];
/// ATC: metformin, then the combinations of group A10BD that contain it.
const METFORMIN_ATC: [&str; 15] = [
    "A10BA02", "A10BD02", "A10BD03", "A10BD05", "A10BD07", "A10BD08", "A10BD10", "A10BD11", "A10BD13", "A10BD14",
    "A10BD15", "A10BD16", "A10BD17", "A10BD20", "A10BD23",
];
/// RxNorm: the ingredient 1364430, then the tablets of 2.5 mg and 5 mg, generic and branded.
const APIXABAN_RXNORM: [&str; 5] = ["1364430", "1364435", "1364441", "1364445", "1364447"];
/// ATC.
const APIXABAN_ATC: [&str; 1] = ["B01AF02"];

/// What this draft orders. A combination counts as our drug if one of its codes is.
#[must_use]
pub fn recognise(draft: &MedicationRequest) -> Recognised {
    let Some(MedicationRequestMedication::CodeableConcept(concept)) = &draft.medication else {
        return Recognised::Unreadable;
    };
    let holds = |rxnorm: &[&str], atc: &[&str]| {
        concept.codes_in(RXNORM).any(|code| rxnorm.contains(&code))
            || concept.codes_in(ATC).any(|code| atc.contains(&code))
    };
    if holds(&METFORMIN_RXNORM, &METFORMIN_ATC) {
        Recognised::Drug(Drug::Metformin)
    } else if holds(&APIXABAN_RXNORM, &APIXABAN_ATC) {
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
            assert_eq!(recognise(&draft(system, code)), Recognised::Drug(Drug::Metformin), "{code}");
        }
        for (system, code) in [(RXNORM, "1364430"), (RXNORM, "1364445"), (ATC, "B01AF02")] {
            assert_eq!(recognise(&draft(system, code)), Recognised::Drug(Drug::Apixaban), "{code}");
        }
    }

    #[test]
    fn another_drug_is_other_and_a_code_in_another_system_is_unreadable() {
        assert_eq!(recognise(&draft(RXNORM, "11289")), Recognised::Other);
        assert_eq!(recognise(&draft("http://local", "6809")), Recognised::Unreadable);
        assert_eq!(recognise(&MedicationRequest::default()), Recognised::Unreadable);
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
