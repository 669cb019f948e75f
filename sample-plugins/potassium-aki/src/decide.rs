//! The decision: from results, drugs and what was last shown to what to say now.
//!
//! - Potassium: UK Kidney Association, Clinical Practice Guidelines: Treatment of Acute Hyperkalaemia in Adults, 2023: mild
//!   5.5 to 5.9, moderate 6.0 to 6.4, severe from 6.5 mmol/L.
//! - Acute kidney injury: KDIGO Clinical Practice Guideline for Acute Kidney Injury, Kidney Int Suppl 2012;2:1, section 2.1
//!   and table 2: creatinine up by 0.3 mg/dL (26.5 µmol/L) within 48 hours, or to 1.5 times baseline within 7 days.

use crate::alert::{LastAlert, Shown};
use crate::drugs::Drugs;
use crate::results::{Bound, Measured, PassedOver, Series};

/// Seconds of the short window.
pub const TWO_DAYS: i64 = 48 * 3_600;
/// Seconds of the long window, and the age from which a newest result is stale: a policy of this tool.
pub const SEVEN_DAYS: i64 = 7 * 24 * 3_600;
/// mmol/L in 48 hours. A policy of this tool; no guideline names a number.
pub const RISE: f64 = 0.5;
/// mg/dL in 48 hours: KDIGO gives 26.5 µmol/L, which its factor of 88.4 makes 0.2998 mg/dL.
pub const KIDNEY_RISE: f64 = 26.5 / 88.4;
/// Times baseline in 7 days.
pub const KIDNEY_RATIO: f64 = 1.5;
/// Far below the precision of a laboratory: makes 1.2 - 0.9 reach 0.3.
const TOLERANCE: f64 = 1e-9;

/// Bands of raised potassium.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Band {
    /// From 5.5 mmol/L.
    Mild,
    /// From 6.0 mmol/L.
    Moderate,
    /// From 6.5 mmol/L.
    Severe,
}

impl Band {
    /// Of a potassium in mmol/L, not rounded; none below 5.5.
    #[must_use]
    pub fn of(potassium: f64) -> Option<Self> {
        let bands = [(6.5, Self::Severe), (6.0, Self::Moderate), (5.5, Self::Mild)];
        bands.into_iter().find(|(from, _)| potassium + TOLERANCE >= *from).map(|(_, band)| band)
    }

    fn level(self) -> u8 {
        match self {
            Self::Mild => 1,
            Self::Moderate => 2,
            Self::Severe => 3,
        }
    }
}

/// Stages of acute kidney injury.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// 1.5 to 1.9 times baseline, or up by 0.3 mg/dL.
    One,
    /// 2.0 to 2.9 times baseline.
    Two,
    /// From 3.0 times baseline, or from 4.0 mg/dL.
    Three,
}

impl Stage {
    fn level(self) -> u8 {
        match self {
            Self::One => 1,
            Self::Two => 2,
            Self::Three => 3,
        }
    }
}

/// What was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Analyte {
    /// Potassium.
    Potassium,
    /// Creatinine.
    Creatinine,
}

/// Why something was not computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// No result in the data available.
    NoResult,
    /// No result counts; the newest does not for this reason.
    PassedOver(PassedOver),
    /// The newest that counts is older than 7 days.
    Stale,
    /// The newest is a bound that leaves the answer open.
    Bound,
    /// The newest has a date without a time.
    NoTime,
    /// No earlier result with a time within 7 days.
    NothingEarlier,
}

/// A change between two results.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The lowest before.
    pub from: Measured,
    /// The newest.
    pub to: Measured,
    /// Hours between them, rounded up.
    pub hours: i64,
}

/// Something to say.
#[derive(Debug, Clone, PartialEq)]
pub enum Finding {
    /// Raised potassium.
    Potassium {
        /// How far.
        band: Band,
        /// The result. If the laboratory only says that it is above its value, the band may be higher.
        result: Measured,
        /// Why a newer result does not count, if there is one.
        newer: Option<PassedOver>,
    },
    /// Potassium rises.
    Rise {
        /// From where to where.
        change: Change,
        /// Whether an active order keeps potassium; if not, how many could not be read.
        drugs: Drugs,
    },
    /// Acute kidney injury.
    Kidney {
        /// Its stage.
        stage: Stage,
        /// From where to where.
        change: Change,
        /// Why a newer result does not count, if there is one.
        newer: Option<PassedOver>,
    },
    /// Not computed.
    NotComputed {
        /// What.
        analyte: Analyte,
        /// Why.
        why: Why,
    },
}

/// The results at the time of the call.
#[derive(Debug, Clone, PartialEq)]
pub struct Labs {
    /// Potassium in mmol/L.
    pub potassium: Series,
    /// Creatinine in mg/dL.
    pub creatinine: Series,
    /// The time of the call, in seconds since 1970.
    pub now: i64,
}

/// Decides what to say, most important first, and what to remember. An alert that was shown within 12 hours about the same
/// result is left out, but never severe potassium; what is not computed is always said.
#[must_use]
pub fn decide(labs: &Labs, drugs: &Drugs, last: Option<LastAlert>) -> (Vec<Finding>, Option<LastAlert>) {
    let last = last.unwrap_or_default();
    let mut next = LastAlert::default();
    let mut alerts: Vec<(u8, Finding)> = Vec::new();
    let mut open: Vec<Finding> = Vec::new();
    let mut tell = |held: Option<Shown>, slot: &mut Option<Shown>, level: u8, result: i64, finding: Finding| {
        let shown = Shown { level, result, at: labs.now };
        let severe = matches!(finding, Finding::Potassium { band: Band::Severe, .. });
        match held.filter(|held| held.covers(&shown) && !severe) {
            Some(held) => *slot = Some(held),
            None => {
                *slot = Some(shown);
                alerts.push((level, finding));
            }
        }
    };
    match potassium(&labs.potassium, labs.now) {
        Ok(Some((newest, band, finding))) => {
            tell(last.potassium, &mut next.potassium, band.level(), newest.at, finding);
        }
        Ok(None) => {}
        Err(why) => open.push(Finding::NotComputed { analyte: Analyte::Potassium, why }),
    }
    if let Some((newest, finding)) = rise(labs, drugs) {
        tell(last.rise, &mut next.rise, 1, newest.at, finding);
    }
    match kidney(&labs.creatinine, labs.now) {
        Ok(Some((newest, stage, finding))) => tell(last.kidney, &mut next.kidney, stage.level(), newest.at, finding),
        Ok(None) => {}
        Err(why) => open.push(Finding::NotComputed { analyte: Analyte::Creatinine, why }),
    }
    alerts.sort_by_key(|(level, _)| std::cmp::Reverse(*level));
    let findings = alerts.into_iter().map(|(_, finding)| finding).chain(open).collect();
    (findings, (!next.is_empty()).then_some(next))
}

/// The newest result, if it is neither missing nor stale.
fn fresh(series: &Series, now: i64) -> Result<&Measured, Why> {
    let newer = series.newer_passed_over();
    let Some(newest) = series.newest() else { return Err(newer.map_or(Why::NoResult, Why::PassedOver)) };
    if now - newest.at > SEVEN_DAYS { Err(Why::Stale) } else { Ok(newest) }
}

/// A raised value is said even if a newer one does not count; a value that is not raised is then not enough.
fn potassium(series: &Series, now: i64) -> Result<Option<(&Measured, Band, Finding)>, Why> {
    let newest = fresh(series, now)?;
    let newer = series.newer_passed_over();
    let band = match (newest.bound, Band::of(newest.value)) {
        (Bound::Exact | Bound::Above, Some(band)) => band,
        (Bound::Exact, None) => return newer.map_or(Ok(None), |why| Err(Why::PassedOver(why))),
        (Bound::Below, _) if newest.value <= 5.5 => return Ok(None),
        (Bound::Above, None) | (Bound::Below, _) => return Err(Why::Bound),
    };
    Ok(Some((newest, band, Finding::Potassium { band, result: newest.clone(), newer })))
}

fn rise<'a>(labs: &'a Labs, drugs: &Drugs) -> Option<(&'a Measured, Finding)> {
    let series = &labs.potassium;
    let newest = fresh(series, labs.now).ok().filter(|newest| newest.bound == Bound::Exact)?;
    let change = change(series.lowest_before_newest(TWO_DAYS)?, newest);
    let asked = drugs.sparing || drugs.unreadable > 0;
    let risen = change.to.value - change.from.value + TOLERANCE >= RISE;
    (risen && asked).then_some((newest, Finding::Rise { change, drugs: *drugs }))
}

fn kidney(series: &Series, now: i64) -> Result<Option<(&Measured, Stage, Finding)>, Why> {
    let newest = fresh(series, now)?;
    let newer = series.newer_passed_over();
    if newest.bound != Bound::Exact {
        return Err(Why::Bound);
    }
    if !newest.timed {
        return Err(Why::NoTime);
    }
    let baseline = series.lowest_before_newest(SEVEN_DAYS).ok_or(Why::NothingEarlier)?;
    let ratio = newest.value / baseline.value + TOLERANCE;
    let short = series.lowest_before_newest(TWO_DAYS);
    let rise = short.filter(|low| newest.value - low.value + TOLERANCE >= KIDNEY_RISE);
    let from = match rise {
        _ if ratio >= KIDNEY_RATIO => baseline,
        Some(low) => low,
        None => return newer.map_or(Ok(None), |why| Err(Why::PassedOver(why))),
    };
    let stage = match ratio {
        _ if ratio >= 3.0 || newest.value + TOLERANCE >= 4.0 => Stage::Three,
        _ if ratio >= 2.0 => Stage::Two,
        _ => Stage::One,
    };
    Ok(Some((newest, stage, Finding::Kidney { stage, change: change(from, newest), newer })))
}

fn change(from: &Measured, to: &Measured) -> Change {
    Change { from: from.clone(), to: to.clone(), hours: (to.at - from.at + 3_599) / 3_600 }
}
