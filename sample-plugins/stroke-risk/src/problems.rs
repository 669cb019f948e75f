//! Which recorded problems count.

use cordon_sdk::prelude::*;

use crate::codes::{CodeSet, DIABETES, FIBRILLATION, HEART_FAILURE, HYPERTENSION, STROKE, VALVE, VASCULAR};
use crate::score::Factors;

/// Whether atrial fibrillation is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fibrillation {
    /// Recorded, also if it is over: who had it keeps the risk.
    Recorded,
    /// Recorded only as unconfirmed, provisional or differential.
    Unconfirmed,
    /// Not in the data available, or only refuted or entered in error.
    NotRecorded,
}

/// What the problems say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Problems {
    /// Atrial fibrillation.
    pub fibrillation: Fibrillation,
    /// Whether mitral stenosis or a prosthetic valve is recorded.
    pub valve: bool,
    /// The items that count.
    pub factors: Factors,
    /// Recorded problems that would give a point and do not count: unconfirmed, or over and not an event. Those refuted or
    /// entered in error are not facts about the patient and not in this number.
    pub not_counted: usize,
}

/// What a Condition's statuses say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// Is there, or the status does not say.
    Present,
    /// Was there.
    Over,
    /// May be there.
    Unconfirmed,
    /// Was never there.
    Wrong,
}

impl Problems {
    /// Reads the problems.
    #[must_use]
    pub fn read(conditions: &[Condition]) -> Self {
        let ever = |set: CodeSet| any(conditions, set, &[Standing::Present, Standing::Over]);
        let now = |set: CodeSet| any(conditions, set, &[Standing::Present]);
        let factors = Factors {
            heart_failure: now(HEART_FAILURE),
            hypertension: now(HYPERTENSION),
            diabetes: now(DIABETES),
            stroke: ever(STROKE),
            vascular: ever(VASCULAR),
        };
        let fibrillation = if ever(FIBRILLATION) {
            Fibrillation::Recorded
        } else if any(conditions, FIBRILLATION, &[Standing::Unconfirmed]) {
            Fibrillation::Unconfirmed
        } else {
            Fibrillation::NotRecorded
        };
        let not_counted = conditions.iter().filter(|condition| is_left_out(condition, factors)).count();
        Self { fibrillation, valve: ever(VALVE), factors, not_counted }
    }
}

fn any(conditions: &[Condition], set: CodeSet, standings: &[Standing]) -> bool {
    conditions.iter().any(|condition| is(condition, set) && standings.contains(&standing(condition)))
}

fn is(condition: &Condition, set: CodeSet) -> bool {
    condition.code.as_ref().is_some_and(|code| set.holds(code))
}

/// Whether this problem would give a point that nothing else gives.
fn is_left_out(condition: &Condition, factors: Factors) -> bool {
    let missing = [
        (HEART_FAILURE, factors.heart_failure),
        (HYPERTENSION, factors.hypertension),
        (DIABETES, factors.diabetes),
        (STROKE, factors.stroke),
        (VASCULAR, factors.vascular),
    ];
    let gives_a_point = missing.into_iter().any(|(set, counted)| !counted && is(condition, set));
    gives_a_point && matches!(standing(condition), Standing::Over | Standing::Unconfirmed)
}

/// R4 value sets condition-clinical and condition-ver-status. A code that is in neither does not confirm.
fn standing(condition: &Condition) -> Standing {
    match status(condition.verification_status.as_ref()) {
        Some("refuted" | "entered-in-error") => return Standing::Wrong,
        Some("confirmed") | None => {}
        Some(_) => return Standing::Unconfirmed,
    }
    match status(condition.clinical_status.as_ref()) {
        Some("active" | "recurrence" | "relapse") | None => Standing::Present,
        Some(_) => Standing::Over,
    }
}

fn status(concept: Option<&CodeableConcept>) -> Option<&str> {
    concept?.coding.iter().find_map(|coding| coding.code.as_deref())
}
