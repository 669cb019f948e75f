//! For whom the score is not meant.

use cordon_sdk::prelude::*;
use cordon_sdk::{LOINC, SNOMED_CT};

/// NEWS2 is not for anybody younger (RCP, NEWS2, 2017).
pub const YOUNGEST: u32 = 16;
/// A pregnancy status older than this many days is not used. A policy of this tool: longer than a pregnancy.
pub const PREGNANCY_MAX_DAYS: i64 = 300;

/// Pregnancy as a problem. SNOMED CT: pregnancy, and normal pregnancy.
const PREGNANCIES: [&str; 2] = ["77386006", "72892002"];
/// Pregnancy status. LOINC.
const PREGNANCY_STATUS: &str = "82810-3";
/// The answer "pregnant". LOINC.
const PREGNANT: &str = "LA15173-0";

/// Why there is no score for this patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Recorded as deceased.
    Deceased,
    /// The age is not known, so a child cannot be excluded.
    AgeUnknown,
    /// Under 16.
    Child(u32),
    /// Pregnant.
    Pregnant,
}

/// Why there is no score for this patient, if so.
///
/// # Errors
/// As [`crate::evaluate`].
pub fn not_meant_for(call: &Call) -> Result<Option<Why>, Failure> {
    let now = call.now();
    let patient = call.need("patient")?.first::<Patient>()?.unwrap_or_default();
    let conditions = call.need("pregnancy")?.all::<Condition>()?;
    let statuses = call.need("pregnancy-status")?.all::<Observation>()?;
    if patient.is_deceased_at(&now) {
        return Ok(Some(Why::Deceased));
    }
    let age = patient.birth_date.as_ref().and_then(|birth| birth.completed_years_at(&now));
    Ok(match age {
        None => Some(Why::AgeUnknown),
        Some(age) if age < YOUNGEST => Some(Why::Child(age)),
        Some(_) if conditions.iter().any(is_current_pregnancy) || says_pregnant(&statuses, &now) => Some(Why::Pregnant),
        Some(_) => None,
    })
}

/// An absent clinical status counts as current: to leave out a score is the safer mistake.
fn is_current_pregnancy(condition: &Condition) -> bool {
    let codes = |concept: Option<&CodeableConcept>, wanted: &[&str]| {
        concept.is_some_and(|c| {
            c.coding.iter().filter_map(|coding| coding.code.as_deref()).any(|code| wanted.contains(&code))
        })
    };
    let is_pregnancy =
        condition.code.as_ref().is_some_and(|c| c.codes_in(SNOMED_CT).any(|code| PREGNANCIES.contains(&code)));
    let over = codes(condition.clinical_status.as_ref(), &["inactive", "remission", "resolved"]);
    let wrong = codes(condition.verification_status.as_ref(), &["refuted", "entered-in-error"]);
    is_pregnancy && !over && !wrong
}

/// What the newest pregnancy status says that stands and is not too old.
fn says_pregnant(statuses: &[Observation], now: &Date) -> bool {
    let recent = |status: &&Observation| {
        let days = status.effective_date().and_then(|date| now.days_since(date));
        status.is_final()
            && status.is(LOINC, PREGNANCY_STATUS)
            && days.is_some_and(|d| (0..=PREGNANCY_MAX_DAYS).contains(&d))
    };
    let newest = statuses.iter().filter(recent).max_by_key(|status| status.effective_date().and_then(Date::range));
    newest.and_then(Observation::concept).is_some_and(|answer| {
        answer.has(LOINC, PREGNANT) || answer.codes_in(SNOMED_CT).any(|code| PREGNANCIES.contains(&code))
    })
}
