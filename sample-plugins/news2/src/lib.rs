//! NEWS2: the early warning score for acutely ill adults, from the vital signs of the last 24 hours.
//!
//! - [`score`] holds the chart of the Royal College of Physicians and its thresholds.
//! - [`vitals`] picks the newest vital sign that stands, for each of the seven parameters.
//! - [`person`] says for whom the score is not meant: under 16, pregnant; and who has died.
//!
//! A score is given only if all seven parameters are known. Otherwise the card says "not computed, because" and what is
//! missing: nothing is taken as normal, and breathing air is not assumed.
//!
//! Source: Royal College of Physicians, National Early Warning Score (NEWS) 2: Standardising the assessment of
//! acute-illness severity in the NHS, London, RCP, 2017.
#![forbid(unsafe_code)]

pub mod person;
pub mod score;
mod text;
pub mod vitals;

use cordon_sdk::prelude::*;

use score::Response;
use vitals::Vitals;

cordon_sdk::service!(evaluate);

/// Answers `patient-view` with one card.
///
/// # Errors
/// [`Failure::MissingNeed`] without one of the needs, [`Failure::UnreadableData`] if a row cannot be understood.
pub fn evaluate(call: &Call) -> Answer {
    let language = call.language();
    if let Some(why) = person::not_meant_for(call)? {
        return Ok(vec![Card::info(text::excluded(why, language))?]);
    }
    let vitals = Vitals::read(call)?;
    let Some(signs) = vitals.complete() else {
        let card = Card::info(text::incomplete(&vitals, language))?;
        return Ok(vec![card.detail(text::incomplete_detail(&vitals, language))?]);
    };
    let score = signs.score();
    let summary = text::summary(&score, language);
    let card = match score.response() {
        Response::Low => Card::info(summary)?,
        Response::UrgentWard | Response::Urgent => Card::warning(summary)?,
        Response::Emergency => Card::critical(summary)?,
    };
    Ok(vec![card.detail(text::detail(&vitals, &signs, &score, language))?])
}
