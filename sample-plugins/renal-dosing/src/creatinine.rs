//! Which laboratory result counts: the newest one that stands, is a number in a known unit and has a day.

use cordon_sdk::prelude::*;
use cordon_sdk::{LOINC, Measure, QuantityError};

/// Creatinine in serum or plasma (2160-0) and in blood (38483-4); mass concentration. LOINC.
pub const CREATININE_CODES: [&str; 2] = ["2160-0", "38483-4"];
/// Body weight. LOINC.
pub const WEIGHT_CODES: [&str; 1] = ["29463-7"];

/// A result that counts.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// In the unit of the measure.
    pub value: f64,
    /// Value and unit as they were written.
    pub as_written: String,
    /// When it was true.
    pub date: Date,
    /// Its day.
    pub day: Day,
    /// Whole days before the call.
    pub days_ago: i64,
}

/// Why a result was passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PassedOver {
    /// The status does not say that the result stands: `preliminary`, `entered-in-error`, absent.
    Status(Option<String>),
    /// There is no `valueQuantity`, as with a result given as text.
    NotANumber,
    /// The quantity gives no number in a known unit.
    Quantity(QuantityError),
    /// Zero or less.
    NotPositive,
    /// No date that names a day.
    NoDay,
    /// Dated after the call.
    Future,
    /// Another test.
    OtherTest,
}

/// What was found in a view.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Search {
    /// The newest result that counts, however old.
    pub newest: Option<Measured>,
    /// The others that were looked at and do not count: date as written, and why.
    pub passed_over: Vec<(Option<Date>, PassedOver)>,
}

/// Looks through results. Of two at the same moment the higher value counts: for creatinine the more careful reading.
#[must_use]
pub fn newest(rows: &[Observation], codes: &[&str], measure: &Measure, now: &Date) -> Search {
    let mut search = Search::default();
    for row in rows {
        match measured(row, codes, measure, now) {
            Ok(found) if search.newest.as_ref().is_none_or(|held| counts_before(&found, held)) => {
                search.newest = Some(found)
            }
            Ok(_) => {}
            Err(why) => search.passed_over.push((row.effective_date().cloned(), why)),
        }
    }
    search
}

fn counts_before(found: &Measured, held: &Measured) -> bool {
    let key = |result: &Measured| result.date.range().map(|(first, _)| first);
    let (new, old) = (key(found), key(held));
    new > old || (new == old && found.value > held.value)
}

fn measured(row: &Observation, codes: &[&str], measure: &Measure, now: &Date) -> Result<Measured, PassedOver> {
    if !codes.iter().any(|code| row.is(LOINC, code)) {
        return Err(PassedOver::OtherTest);
    }
    if !row.is_final() {
        return Err(PassedOver::Status(row.status.clone()));
    }
    let quantity = row.quantity().ok_or(PassedOver::NotANumber)?;
    let value = quantity.measured(measure).map_err(PassedOver::Quantity)?;
    if value <= 0.0 {
        return Err(PassedOver::NotPositive);
    }
    let date = row.effective_date().ok_or(PassedOver::NoDay)?;
    let (day, days_ago) = date.day().zip(now.days_since(date)).ok_or(PassedOver::NoDay)?;
    let later = match date.instant().zip(now.instant()) {
        Some((then, now)) => then > now,
        None => days_ago < 0,
    };
    if later {
        return Err(PassedOver::Future);
    }
    let as_written = quantity.as_written().unwrap_or_default();
    // A result of this hour can bear tomorrow's date at its own offset.
    Ok(Measured { value, as_written, date: date.clone(), day, days_ago: days_ago.max(0) })
}
