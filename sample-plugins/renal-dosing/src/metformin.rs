//! Metformin. The rule uses eGFR: contraindicated below 30, not to be started from 30 to 45 mL/min/1.73 m²; for a
//! patient on treatment whose eGFR falls below 45, benefit and risk are to be weighed.
//!
//! Source: FDA label of metformin, sections 2 and 4, as revised after the Drug Safety Communication of 8 April 2016.
//! The limits stand in the data pack ([`crate::table`]). The eGFR is compared as computed, without rounding: 29.6 is below 30.

use cordon_sdk::CardError;
use cordon_sdk::prelude::*;

use crate::facts::{Facts, Kidney};
use crate::table::Metformin;
use crate::text;

/// What the rule says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Contraindicated.
    Contraindicated,
    /// Not to be started.
    NotStarted,
    /// On treatment: weigh benefit and risk.
    Reassess,
    /// Nothing to say.
    NoConcern,
}

/// The rule.
#[must_use]
pub fn verdict(egfr: f64, on_metformin: bool, limits: &Metformin) -> Verdict {
    if egfr < limits.egfr_contraindicated_below {
        Verdict::Contraindicated
    } else if egfr <= limits.egfr_not_started_up_to && !on_metformin {
        Verdict::NotStarted
    } else if egfr < limits.egfr_not_started_up_to {
        Verdict::Reassess
    } else {
        Verdict::NoConcern
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
    let language = facts.language;
    if facts.deceased {
        return Card::warning(text::deceased("Metformin", language)).map(Some);
    }
    let card = match facts.kidney() {
        Kidney::Estimated { egfr, .. } => match verdict(egfr, facts.on_metformin, &facts.table.metformin) {
            Verdict::Contraindicated => {
                let card = Card::critical(text::metformin_contraindicated(egfr, facts))?;
                with_removal(card, drafts, facts, true)?
            }
            Verdict::NotStarted => {
                let card = Card::warning(text::metformin_not_started(egfr, facts))?;
                with_removal(card, drafts, facts, false)?
            }
            Verdict::Reassess => {
                Card::warning(text::metformin_reassess(egfr, facts))?.override_reason("benefit-outweighs-risk")?
            }
            Verdict::NoConcern => return Ok(None),
        },
        Kidney::Stale => with_test_proposal(Card::warning(text::stale("Metformin", facts))?, language)?,
        Kidney::NotComputed(why) => {
            with_test_proposal(Card::warning(text::not_computed("Metformin", why, language))?, language)?
        }
    };
    card.detail(text::metformin_detail(facts)).map(Some)
}

fn with_removal(
    card: Card,
    drafts: &[&MedicationRequest],
    facts: &Facts,
    recommended: bool,
) -> Result<Card, CardError> {
    let mut card = card.override_reason("benefit-outweighs-risk")?.override_reason("other-result-known")?;
    let ids = drafts.iter().filter_map(|draft| draft.id.as_deref()).take(cordon_sdk::MAX_SUGGESTIONS);
    for (index, id) in ids.enumerate() {
        let removal = Suggestion::delete(text::remove_metformin(facts.language), id)?;
        card = card.suggest(if recommended && index == 0 { removal.recommended() } else { removal })?;
    }
    Ok(card)
}

/// Offers to order the test that is missing.
pub(crate) fn with_test_proposal(card: Card, language: Language) -> Result<Card, CardError> {
    card.suggest(Suggestion::create(text::order_creatinine(language), "creatinine")?)?
        .override_reason("other-result-known")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::tests::table;

    #[test]
    fn the_limits_are_the_labels() {
        let limits = table().metformin;
        let rows = [
            (29.99, Verdict::Contraindicated, Verdict::Contraindicated),
            (30.0, Verdict::NotStarted, Verdict::Reassess),
            (44.99, Verdict::NotStarted, Verdict::Reassess),
            (45.0, Verdict::NotStarted, Verdict::NoConcern),
            (45.01, Verdict::NoConcern, Verdict::NoConcern),
        ];
        for (egfr, new, on_treatment) in rows {
            assert_eq!((verdict(egfr, false, &limits), verdict(egfr, true, &limits)), (new, on_treatment), "{egfr}");
        }
    }
}
