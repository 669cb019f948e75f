//! CHA2DS2-VASc: the risk of stroke in nonvalvular atrial fibrillation, from recorded problems, age and sex.
//!
//! - [`codes`] says which codes are which item of the score.
//! - [`problems`] says which recorded problems count: never those refuted or entered in error, those that are over only for
//!   stroke and vascular disease, which are events.
//! - [`score`] adds up, and says what follows: sex alone never asks for treatment.
//! - `said` chooses a template of the manifest: the words of a card are signed, and a call fills in numbers and codes.
//! - [`person`] says which points age and sex give, and for whom nothing is computed.
//!
//! Without atrial fibrillation there is no card. Whatever cannot be computed is said to be "not computed, because".
//!
//! Source: Lip GYH, Nieuwlaat R, Pisters R, Lane DA, Crijns HJGM. Refining clinical risk stratification for predicting
//! stroke and thromboembolism in atrial fibrillation using a novel risk factor-based approach. Chest 2010;137:263-272.
#![forbid(unsafe_code)]

pub mod codes;
pub mod person;
pub mod problems;
mod said;
pub mod score;

use cordon_sdk::prelude::*;

use person::{Person, Why};
use problems::{Fibrillation, Problems};
use score::Score;

cordon_sdk::service!(evaluate);

/// Answers `patient-view`: one card for a patient with atrial fibrillation, none for another.
///
/// # Errors
/// [`Failure::MissingNeed`] without one of the needs, [`Failure::UnreadableData`] if a row cannot be understood.
pub fn evaluate(call: &Call) -> Answer {
    let patient = call.need("patient")?.first::<Patient>()?.unwrap_or_default();
    let problems = Problems::read(&call.need("problems")?.all::<Condition>()?);
    let computed = match problems.fibrillation {
        Fibrillation::NotRecorded => return Ok(Vec::new()),
        Fibrillation::Unconfirmed => Err(Why::Unconfirmed),
        Fibrillation::Recorded if problems.valve => Err(Why::Valve),
        Fibrillation::Recorded => {
            Person::read(&patient, &call.now()).map(|person| Score::new(problems.factors, person.age, person.sex))
        }
    };
    let card = match computed {
        Err(why) => said::not_computed(why)?,
        Ok(score) => said::scored(&score, problems.not_counted)?,
    };
    Ok(vec![card])
}
