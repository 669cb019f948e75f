//! Apixaban in nonvalvular atrial fibrillation: 2.5 mg twice daily if two of three criteria hold: age of 80 years or more,
//! body weight of 60 kg or less, serum creatinine of 1.5 mg/dL or more. The rule uses these three, neither eGFR nor
//! creatinine clearance.
//!
//! Source: FDA label of apixaban (Eliquis), section 2.1. The limits stand in the data pack ([`crate::table`]).

use cordon_sdk::CardError;
use cordon_sdk::prelude::*;

use crate::facts::Facts;
use crate::formulas::cockcroft_gault;
use crate::metformin::with_test_proposal;
use crate::text;

/// The three criteria; `None` is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Criteria {
    /// Age today.
    pub age: Option<bool>,
    /// Body weight.
    pub weight: Option<bool>,
    /// Creatinine.
    pub creatinine: Option<bool>,
}

/// What the rule says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// So many criteria hold, two or three: the label's dose is the reduced one.
    Reduced(usize),
    /// Fewer hold, but with those that are not known there might be two.
    Open,
    /// At most one can hold.
    NotReduced,
}

impl Criteria {
    /// The criteria for a patient. A stale creatinine and an old weight are not known.
    #[must_use]
    pub fn of(facts: &Facts) -> Self {
        let limits = &facts.table.apixaban;
        Self {
            age: facts.age_today.map(|age| age >= limits.age_from),
            weight: facts.fresh_weight().map(|weight| weight.value <= limits.weight_up_to),
            creatinine: facts.fresh_creatinine().map(|creatinine| creatinine.value >= limits.creatinine_from),
        }
    }

    /// The rule.
    #[must_use]
    pub fn verdict(self) -> Verdict {
        let all = [self.age, self.weight, self.creatinine];
        let met = all.iter().filter(|criterion| **criterion == Some(true)).count();
        let unknown = all.iter().filter(|criterion| criterion.is_none()).count();
        if met >= 2 {
            Verdict::Reduced(met)
        } else if met + unknown >= 2 {
            Verdict::Open
        } else {
            Verdict::NotReduced
        }
    }
}

/// The card for these drafts, if there is something to say.
///
/// # Errors
/// [`CardError`] if a text of the record does not fit into a card.
pub fn check(drafts: &[&MedicationRequest], facts: &Facts) -> Result<Option<Card>, CardError> {
    if drafts.is_empty() {
        return Ok(None);
    }
    if facts.deceased {
        return Card::warning(text::deceased("Apixaban", facts.language)).map(Some);
    }
    let criteria = Criteria::of(facts);
    let card = match criteria.verdict() {
        Verdict::Reduced(_) if drafts.iter().all(|draft| is_reduced_dose(draft, facts.table.apixaban.reduced_dose)) => {
            return Ok(None);
        }
        Verdict::Reduced(met) => {
            Card::warning(text::apixaban_reduced(met, facts))?.override_reason("not-atrial-fibrillation")?
        }
        Verdict::Open => {
            let card = Card::warning(text::apixaban_open(criteria, facts))?;
            if criteria.creatinine.is_none() { with_test_proposal(card, facts.language)? } else { card }
        }
        Verdict::NotReduced => return Ok(None),
    };
    card.detail(text::apixaban_detail(criteria, facts)).map(Some)
}

/// Creatinine clearance for labels that use it; shown, not used here.
#[must_use]
pub fn clearance(facts: &Facts) -> Option<f64> {
    let (creatinine, weight) = (facts.fresh_creatinine()?, facts.fresh_weight()?);
    let age = facts.age_today.filter(|age| *age >= crate::facts::ADULT)?;
    Some(cockcroft_gault(creatinine.value, age, weight.value, facts.sex?))
}

/// Whether every dose of the draft is readable, in mg, and the reduced one. A dose in tablets is not readable.
fn is_reduced_dose(draft: &MedicationRequest, reduced_dose: f64) -> bool {
    let doses: Vec<_> = draft.dosage_instruction.iter().flat_map(|dosage| &dosage.dose_and_rate).collect();
    let reduced = |dose: &DosageDoseAndRateDose| match dose {
        DosageDoseAndRateDose::Quantity(quantity) => quantity.in_unit("mg") == Ok(reduced_dose),
        DosageDoseAndRateDose::Range(_) => false,
    };
    !doses.is_empty() && doses.iter().all(|rate| rate.dose.as_ref().is_some_and(reduced))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(age: Option<bool>, weight: Option<bool>, creatinine: Option<bool>) -> Verdict {
        Criteria { age, weight, creatinine }.verdict()
    }

    #[test]
    fn two_of_three_reduce_the_dose() {
        let (yes, no) = (Some(true), Some(false));
        assert_eq!(verdict(yes, yes, no), Verdict::Reduced(2));
        assert_eq!(verdict(yes, yes, yes), Verdict::Reduced(3));
        assert_eq!(verdict(yes, no, yes), Verdict::Reduced(2));
        assert_eq!(verdict(yes, no, no), Verdict::NotReduced);
    }

    #[test]
    fn what_is_not_known_matters_only_if_it_can_decide() {
        let (yes, no) = (Some(true), Some(false));
        assert_eq!(verdict(yes, yes, None), Verdict::Reduced(2));
        assert_eq!(verdict(yes, no, None), Verdict::Open);
        assert_eq!(verdict(no, None, None), Verdict::Open);
        assert_eq!(verdict(no, no, None), Verdict::NotReduced);
    }
}
