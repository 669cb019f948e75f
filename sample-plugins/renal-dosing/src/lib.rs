//! Renal dosing guard: checks draft orders of metformin and apixaban against kidney function, weight and age.
//!
//! - [`table`] holds the drugs' codes and the limits of their labels: a data pack, signed by the publisher.
//! - [`reading`] reads views as rows or as typed columns: the rules do not know which.
//! - [`drugs`] recognises the two drugs in a draft by RxNorm and ATC codes. Other drugs are not this tool's business; a
//!   draft without such a code is said to be not checked.
//! - [`creatinine`] picks the newest result that stands, and says why it passed over the others.
//! - [`formulas`] holds CKD-EPI 2021 and Cockcroft-Gault.
//! - `figures` rounds what is shown, in one way.
//! - [`metformin`] and [`apixaban`] hold the rules of the labels; each card states which formula its rule uses.
//!
//! Whatever cannot be computed is said to be "not computed, because": nothing is guessed, and silence means that an
//! order was checked or is none of the two drugs.

#![forbid(unsafe_code)]

pub mod apixaban;
pub mod creatinine;
pub mod drugs;
pub mod facts;
mod figures;
pub mod formulas;
pub mod metformin;
pub mod reading;
pub mod table;
mod text;

use cordon_sdk::prelude::*;

use drugs::{Drug, Recognised};
use facts::Facts;
use reading::Reading;
use table::Table;

#[cfg(not(feature = "columns"))]
cordon_sdk::service!(evaluate);
#[cfg(feature = "columns")]
cordon_sdk::service!(evaluate_columns);

/// Answers `order-select` and `order-sign`: at most one card for each drug, and one for drafts that were not checked.
///
/// # Errors
/// [`Failure::MissingNeed`] without one of the needs, [`Failure::UnreadableData`] if a row cannot be understood.
pub fn evaluate(call: &Call) -> Answer {
    answer(call, Reading::Rows)
}

/// The same from typed columns: what the component built with the feature `columns` answers with.
///
/// # Errors
/// As [`evaluate`].
pub fn evaluate_columns(call: &Call) -> Answer {
    answer(call, Reading::Columns)
}

fn answer(call: &Call, reading: Reading) -> Answer {
    let view = call.need("draft")?;
    let mut drafts = reading.drafts(&view)?;
    drafts.retain(drugs::is_an_order);
    if drafts.is_empty() {
        return Ok(Vec::new());
    }
    let Some(table) = Table::read(call) else {
        return Ok(vec![Card::warning(text::no_table(drafts.len(), call.language()))?]);
    };
    let doses_count = |draft: &MedicationRequest| drugs::recognise(draft, &table) == Recognised::Drug(Drug::Apixaban);
    if reading == Reading::Columns && drafts.iter().any(doses_count) {
        return answer(call, Reading::Rows);
    }
    let of = |drug: Drug| -> Vec<&MedicationRequest> {
        let is = |draft: &&MedicationRequest| drugs::recognise(draft, &table) == Recognised::Drug(drug);
        drafts.iter().filter(is).collect()
    };
    let (metformin, apixaban) = (of(Drug::Metformin), of(Drug::Apixaban));
    let unreadable = drafts.iter().filter(|draft| drugs::recognise(draft, &table) == Recognised::Unreadable).count();

    let mut cards = Vec::new();
    if !metformin.is_empty() || !apixaban.is_empty() {
        let facts = Facts::read(call, table, reading)?;
        cards.extend(metformin::check(&metformin, &facts)?);
        cards.extend(apixaban::check(&apixaban, &facts)?);
    }
    if unreadable > 0 {
        cards.push(Card::info(text::drafts_not_checked(unreadable, call.language()))?);
    }
    Ok(cards)
}
