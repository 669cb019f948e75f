//! Which laboratory results count, in the order of their time.

use cordon_sdk::prelude::*;
use cordon_sdk::{Conversion, LOINC, Measure, QuantityError};

/// Potassium in serum or plasma (2823-3) and in blood (6298-4). LOINC.
pub const POTASSIUM_CODES: [&str; 2] = ["2823-3", "6298-4"];
/// Creatinine in serum or plasma (2160-0) and in blood (38483-4). LOINC.
pub const CREATININE_CODES: [&str; 2] = ["2160-0", "38483-4"];
/// Potassium in mmol/L. Its ion has one charge: a milliequivalent is a millimole. UCUM writes `meq/L`; `mEq/L` is frequent.
pub const POTASSIUM: Measure = Measure {
    unit: "mmol/L",
    others: &[
        ("mmol/l", Conversion::Same),
        ("meq/L", Conversion::Same),
        ("meq/l", Conversion::Same),
        ("mEq/L", Conversion::Same),
    ],
};
/// No potassium in mmol/L and no creatinine in mg/dL of a living patient is higher: the decimal sign was lost, or the unit
/// is wrong. A policy of this tool.
pub const HIGHEST: f64 = 50.0;

/// What a result's comparator says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// None: the value is exact.
    Exact,
    /// `>` or `>=`.
    Above,
    /// `<` or `<=`.
    Below,
}

/// A result that counts.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// The id of its row: by it the host copies value and time onto a card.
    pub row: String,
    /// In the unit of the measure.
    pub value: f64,
    /// What the comparator says of it.
    pub bound: Bound,
    /// Seconds since 1970; of a date without a time, its first.
    pub at: i64,
    /// Whether the date has a time and an offset. Without them no span of hours can be told.
    pub timed: bool,
}

/// Why a result was passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PassedOver {
    /// `preliminary` or `registered`.
    Preliminary,
    /// `entered-in-error` or `cancelled`: there is no such result.
    Withdrawn,
    /// Another status that does not say that the result stands, or none.
    Status,
    /// There is no `valueQuantity`.
    NotANumber,
    /// No value, no UCUM unit, or one that is not converted.
    Quantity(QuantityError),
    /// Zero, less, or above [`HIGHEST`].
    Impossible,
    /// A note says that the specimen was haemolysed.
    Haemolysed,
    /// No date that names a day.
    NoDay,
    /// Dated after the call.
    Future,
}

impl PassedOver {
    /// Whether there may be a true value behind it. What was withdrawn or is dated after the call leaves no doubt about an
    /// earlier result.
    fn leaves_doubt(self) -> bool {
        match self {
            Self::Withdrawn | Self::Future => false,
            Self::Preliminary
            | Self::Status
            | Self::NotANumber
            | Self::Quantity(_)
            | Self::Impossible
            | Self::Haemolysed
            | Self::NoDay => true,
        }
    }
}

/// The results of one analyte, newest first; at one moment only the highest value, so that a result that was sent twice is
/// no trend.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Series {
    /// Those that count.
    pub results: Vec<Measured>,
    /// Of those that do not, the one that leaves most doubt: the newest with a value that may be true, else the newest. When,
    /// if known, and why.
    pub passed_over: Option<(Option<i64>, PassedOver)>,
}

impl Series {
    /// Reads rows of one analyte, in any order. Rows of another test are not looked at.
    #[must_use]
    pub fn read(rows: &[Observation], codes: &[&str], measure: &Measure, now: &Date) -> Self {
        let mut series = Self::default();
        for row in rows.iter().filter(|row| codes.iter().any(|code| row.is(LOINC, code))) {
            match measured(row, measure, now) {
                Ok(found) => series.results.push(found),
                Err(why) => {
                    let at = row.effective_date().and_then(|date| Some(date.range()?.0));
                    let doubt = |(at, why): (Option<i64>, PassedOver)| (why.leaves_doubt(), at);
                    if series.passed_over.is_none_or(|held| doubt((at, why)) > doubt(held)) {
                        series.passed_over = Some((at, why));
                    }
                }
            }
        }
        series.results.sort_by(|a, b| b.at.cmp(&a.at).then(b.value.total_cmp(&a.value)));
        series.results.dedup_by_key(|result| result.at);
        series
    }

    /// The newest that counts.
    #[must_use]
    pub fn newest(&self) -> Option<&Measured> {
        self.results.first()
    }

    /// Why a result newer than all that count does not, if it leaves doubt; if none counts, why not.
    #[must_use]
    pub fn newer_passed_over(&self) -> Option<PassedOver> {
        let (at, why) = self.passed_over?;
        match self.newest() {
            Some(newest) => (why.leaves_doubt() && at > Some(newest.at)).then_some(why),
            None => Some(why),
        }
    }

    /// The lowest exact value of the `seconds` before the newest, the newest excluded; of equal ones the newest.
    #[must_use]
    pub fn lowest_before_newest(&self, seconds: i64) -> Option<&Measured> {
        let (newest, earlier) = self.results.split_first()?;
        let comparable = |result: &&Measured| {
            result.timed && newest.timed && result.bound == Bound::Exact && newest.at - result.at <= seconds
        };
        earlier.iter().filter(comparable).min_by(|a, b| a.value.total_cmp(&b.value))
    }
}

fn measured(row: &Observation, measure: &Measure, now: &Date) -> Result<Measured, PassedOver> {
    match row.status.as_deref() {
        Some("entered-in-error" | "cancelled") => return Err(PassedOver::Withdrawn),
        Some("preliminary" | "registered") => return Err(PassedOver::Preliminary),
        Some(_) | None if !row.is_final() => return Err(PassedOver::Status),
        Some(_) | None => {}
    }
    let quantity = row.quantity().ok_or(PassedOver::NotANumber)?;
    let bound = match quantity.comparator.as_deref() {
        None => Bound::Exact,
        Some(">" | ">=") => Bound::Above,
        Some("<" | "<=") => Bound::Below,
        Some(_) => return Err(PassedOver::Quantity(QuantityError::Bound)),
    };
    let plain = Quantity { comparator: None, ..quantity.clone() };
    let value = plain.measured(measure).map_err(PassedOver::Quantity)?;
    if value <= 0.0 || value > HIGHEST {
        return Err(PassedOver::Impossible);
    }
    let date = row.effective_date().ok_or(PassedOver::NoDay)?;
    let (at, timed) = match (date.instant(), date.day().and(date.range())) {
        (Some(instant), _) => (instant, true),
        (None, Some((first, _))) => (first, false),
        (None, None) => return Err(PassedOver::NoDay),
    };
    if now.range().is_none_or(|(_, last)| at > last) {
        return Err(PassedOver::Future);
    }
    if row.note.iter().filter_map(|note| note.text.as_deref()).any(says_haemolysed) {
        return Err(PassedOver::Haemolysed);
    }
    Ok(Measured { row: row.id.clone().unwrap_or_default(), value, bound, at, timed })
}

/// Whether a note says that the specimen was haemolysed, in English or German. "Not haemolysed" does not; a note that says
/// both counts as haemolysed.
fn says_haemolysed(note: &str) -> bool {
    const NEGATIONS: [&str; 9] = ["no", "not", "non", "without", "kein", "keine", "keiner", "nicht", "ohne"];
    let lower = note.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.iter().enumerate().any(|(at, word)| {
        let said = ["haemoly", "hemoly", "hämoly"].iter().any(|stem| word.contains(stem));
        let before = words.iter().take(at).rev().take(2);
        said && !before.into_iter().any(|word| NEGATIONS.contains(word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_read_with_its_negation() {
        for note in ["Specimen haemolysed", "grossly hemolyzed!", "Probe hämolytisch", "HÄMOLYSE ++", "haemolysis: 2+"]
        {
            assert!(says_haemolysed(note), "{note}");
        }
        for note in ["not haemolysed", "No visible hemolysis", "keine Hämolyse", "Probe nicht hämolytisch", "lipaemic"]
        {
            assert!(!says_haemolysed(note), "{note}");
        }
    }
}
