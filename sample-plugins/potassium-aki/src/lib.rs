//! Potassium and kidney trend: raised potassium, potassium that rises under drugs that keep it, acute kidney injury.
//!
//! - [`results`] says which laboratory results count, and why the newest does not if it does not.
//! - [`drugs`] recognises drugs that keep potassium in the body.
//! - [`decide`] holds the limits and decides what to say.
//! - [`alert`] remembers what was last shown.
//!
//! Whatever cannot be computed is said to be "not computed, because". Silence means that both were computed and nothing was
//! found, or that the same alert about the same result was shown in the last 12 hours.
#![forbid(unsafe_code)]

pub mod alert;
pub mod decide;
pub mod drugs;
pub mod results;
mod text;

use cordon_sdk::prelude::*;
use cordon_sdk::{CardError, Indicator};

use decide::{Band, Finding, Labs, Stage};
use drugs::Drugs;
use results::{CREATININE_CODES, POTASSIUM, POTASSIUM_CODES, Series};

cordon_sdk::service!(evaluate);

/// Answers `patient-view`: at most one card for potassium, for its rise and for the kidney.
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
    let (findings, _) = decide::decide(&labs, &drugs, None);
    let cards: Result<Vec<_>, CardError> = findings.iter().map(|finding| card(finding, call.language())).collect();
    Ok(cards?)
}

fn card(finding: &Finding, language: Language) -> Result<Card, CardError> {
    let indicator = match finding {
        Finding::Potassium { band: Band::Severe, .. } | Finding::Kidney { stage: Stage::Two | Stage::Three, .. } => {
            Indicator::Critical
        }
        Finding::Potassium { band: Band::Moderate, .. }
        | Finding::Kidney { stage: Stage::One, .. }
        | Finding::Rise { .. } => Indicator::Warning,
        Finding::Potassium { band: Band::Mild, .. } | Finding::NotComputed { .. } => Indicator::Info,
    };
    Card::new(indicator, text::summary(finding, language))?.detail(text::detail(finding, language))
}
