//! Interaction check: draft orders against active orders, against each other and against recorded allergies.
//!
//! - [`table`] is all that the tool knows: which codes are which drug, which pairs have a rule, and whose rule it is.
//! - [`orders`] reads what orders and allergies name.
//! - [`dose`] reads how much simvastatin a day is ordered.
//! - [`check`] finds pairs and allergies, and says what was not checked.
//!
//! A drug that is not in the table is said to be not checked: silence means that every draft, active order and allergy was
//! in the table and no rule spoke.
#![forbid(unsafe_code)]

pub mod check;
pub mod dose;
pub mod orders;
pub mod table;
mod text;

use cordon_sdk::prelude::*;
use cordon_sdk::{CardError, MAX_CARDS, MAX_SUGGESTIONS};

use check::{Finding, Kind};
use orders::{Order, Stage};
use table::Effect;

cordon_sdk::service!(evaluate);

/// Answers `order-select`: one card for each rule that speaks, and one for what was not checked.
///
/// # Errors
/// [`Failure::MissingNeed`] without one of the needs, [`Failure::UnreadableData`] if a row cannot be understood.
pub fn evaluate(call: &Call) -> Answer {
    let read = |need: &str, stage: Stage| -> Result<Vec<Order>, Failure> {
        let rows = call.need(need)?.all::<MedicationRequest>()?;
        Ok(rows.iter().filter_map(|row| Order::read(row, stage)).collect())
    };
    let mut orders = read("draft", Stage::Draft)?;
    if orders.is_empty() {
        return Ok(Vec::new());
    }
    orders.extend(read("medication", Stage::Active)?);
    let allergies = call.need("allergies")?.all::<AllergyIntolerance>()?;
    let allergies: Vec<_> = allergies.iter().filter_map(orders::allergy).collect();

    let language = call.language();
    let mut checked = check::check(&orders, &allergies);
    // One place is kept for what was not checked and not shown.
    let hidden = checked.findings.len().saturating_sub(MAX_CARDS - 1);
    checked.findings.truncate(MAX_CARDS - 1);
    let mut cards = checked.findings.iter().map(|finding| card(finding, language)).collect::<Result<Vec<_>, _>>()?;
    if let Some(summary) = text::not_checked(&checked, hidden, language) {
        cards.push(Card::info(summary)?.detail(text::not_checked_detail(&checked, language))?);
    }
    Ok(cards)
}

fn card(finding: &Finding, language: Language) -> Result<Card, CardError> {
    let summary = text::summary(finding, language);
    let critical = finding.is_critical();
    let mut card = if critical { Card::critical(summary)? } else { Card::warning(summary)? };
    let drafts = finding.drafts.iter().filter_map(|(substance, id)| Some((*substance, id.as_deref()?)));
    for (at, (substance, id)) in drafts.take(MAX_SUGGESTIONS).enumerate() {
        let removal = Suggestion::delete(text::remove(substance, language), id)?;
        card = card.suggest(if critical && at == 0 { removal.recommended() } else { removal })?;
    }
    let second = match finding.kind {
        Kind::Pair(pair, ..) => match pair.effect {
            Effect::SimvastatinLimit(_) => "dose-will-be-reduced",
            Effect::DigoxinRises | Effect::Bleeding | Effect::InrRises => "will-be-monitored",
        },
        Kind::Allergy { .. } => "drug-is-tolerated",
    };
    card.override_reason("benefit-outweighs-risk")?.override_reason(second)?.detail(text::detail(finding, language))
}
