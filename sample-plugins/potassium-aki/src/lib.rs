//! Potassium and kidney trend: raised potassium, potassium that rises under drugs that keep it, acute kidney injury.
//!
//! - [`results`] says which laboratory results count, and why the newest does not if it does not.
//! - [`drugs`] recognises drugs that keep potassium in the body.
//! - [`decide`] holds the limits and decides what to say.
//! - [`alert`] remembers what was last shown.
//! - `said` chooses a template of the manifest: the words of a card are signed, a call fills in numbers, codes and rows.
//!
//! Whatever cannot be computed is said to be "not computed, because". Silence means that both were computed and nothing was
//! found, or that the same alert about the same result was shown in the last 12 hours.
#![forbid(unsafe_code)]

pub mod alert;
pub mod decide;
pub mod drugs;
pub mod results;
mod said;

use cordon_sdk::prelude::*;

use alert::LastAlert;
use decide::{Labs, decide};
use drugs::Drugs;
use results::{CREATININE_CODES, POTASSIUM, POTASSIUM_CODES, Series};

cordon_sdk::service!(evaluate);

/// Answers `patient-view`: at most one card for potassium, for its rise and for the kidney. What was shown is kept in the cell
/// `last-alert`; if the hospital did not grant it, every alert is shown every time.
///
/// # Errors
/// [`Failure::MissingNeed`] without one of the needs, [`Failure::UnreadableData`] if a row cannot be understood,
/// [`Failure::Internal`] if the time of the call cannot be read.
pub fn evaluate(call: &Call) -> Answer {
    let now = call.now();
    let potassium = call.need("potassium")?.all::<Observation>()?;
    let creatinine = call.need("creatinine")?.all::<Observation>()?;
    let drugs = Drugs::read(&call.need("medication")?.all::<MedicationRequest>()?);
    let labs = Labs {
        potassium: Series::read(&potassium, &POTASSIUM_CODES, &POTASSIUM, &now),
        creatinine: Series::read(&creatinine, &CREATININE_CODES, &units::CREATININE, &now),
        now: now.instant().ok_or(Failure::Internal)?,
    };
    let cell = call.cell("last-alert").ok();
    let last = cell.as_ref().and_then(Cell::read).and_then(|bytes| LastAlert::decode(&bytes));
    let (findings, next) = decide(&labs, &drugs, last);
    match (cell, next) {
        (Some(cell), Some(next)) if last != Some(next) => cell.write(&next.encode())?,
        (Some(cell), None) if last.is_some() => cell.clear(),
        (Some(_) | None, _) => {}
    }
    Ok(findings.iter().map(said::card).collect::<Result<Vec<_>, _>>()?)
}
