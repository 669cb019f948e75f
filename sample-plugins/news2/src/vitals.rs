//! Which vital signs count: for each parameter the newest that stands and is not older than 24 hours.
//!
//! Of two rows at the same moment the first of the view counts, but oxygen counts over air. Values are rounded to the
//! chart's precision: whole numbers, and tenths of a degree.

use cordon_sdk::prelude::*;
use cordon_sdk::{LOINC, Measure, QuantityError, SNOMED_CT};

use crate::score::{Breathing, Consciousness, Scale, Signs};

/// A vital sign older than this is not used. A policy of this tool: the Royal College of Physicians gives none.
pub const MAX_HOURS: i64 = 24;

/// The codes of the seven parameters. LOINC.
const RESPIRATION: &[&str] = &["9279-1"];
const SATURATION: &[&str] = &["59408-5", "2708-6"];
const FLOW: &str = "3151-8";
const CONCENTRATION: &str = "3150-6";
const SYSTOLIC: &str = "8480-6";
const PRESSURE: &[&str] = &["85354-9", SYSTOLIC];
const PULSE: &[&str] = &["8867-4"];
const CONSCIOUSNESS: &[&str] = &["67775-7"];
const TEMPERATURE: &[&str] = &["8310-5"];

/// The meaning of a reference range that is a therapeutic target (R4 code system referencerange-meaning).
const RANGE_MEANING: &str = "http://terminology.hl7.org/CodeSystem/referencerange-meaning";

/// Level of responsiveness (LOINC 67775-7): its answers, LOINC's `Confused`, and the ACVPU concepts of SNOMED CT that UK
/// Core lists.
const ANSWERS: [(&str, &str, Consciousness); 10] = [
    (LOINC, "LA9340-6", Consciousness::Alert),
    (LOINC, "LA6560-2", Consciousness::Confusion),
    (LOINC, "LA17108-4", Consciousness::Voice),
    (LOINC, "LA17107-6", Consciousness::Pain),
    (LOINC, "LA9343-0", Consciousness::Unresponsive),
    (SNOMED_CT, "248234008", Consciousness::Alert),
    (SNOMED_CT, "130987000", Consciousness::Confusion),
    (SNOMED_CT, "300202002", Consciousness::Voice),
    (SNOMED_CT, "450847001", Consciousness::Pain),
    (SNOMED_CT, "422768004", Consciousness::Unresponsive),
];

/// A value that counts.
#[derive(Debug, Clone, PartialEq)]
pub struct Found<T> {
    /// In the chart's units and precision.
    pub value: T,
    /// As it was written.
    pub as_written: String,
    /// When it was true.
    pub date: Date,
}

/// Why a row was passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PassedOver {
    /// The status does not say that it stands.
    Status,
    /// Entered in error.
    EnteredInError,
    /// There is no number, or no systolic component.
    NotANumber,
    /// The quantity gives no number in a known unit.
    Quantity(QuantityError),
    /// A value that cannot be.
    Impossible,
    /// An answer that the table does not know.
    UnknownAnswer,
    /// Another measurement.
    OtherTest,
    /// No time of day with an offset.
    NoTime,
    /// Dated after the call.
    Future,
    /// Older than [`MAX_HOURS`].
    Old,
}

/// What was found for one parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Search<T> {
    /// The value that counts.
    pub newest: Option<Found<T>>,
    /// Rows newer than it, or all if there is none, that do not count.
    pub passed_over: Vec<(Option<Date>, PassedOver)>,
}

/// What was found for each parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Vitals {
    /// Breaths per minute (9279-1).
    pub respiration: Search<i64>,
    /// Saturation (59408-5, 2708-6) and the scale of that row.
    pub saturation: Search<(i64, Scale)>,
    /// Oxygen flow (3151-8) or concentration (3150-6).
    pub breathing: Search<Breathing>,
    /// Systolic pressure (component of 85354-9, or 8480-6).
    pub systolic: Search<i64>,
    /// Heart rate (8867-4).
    pub pulse: Search<i64>,
    /// Level of responsiveness (67775-7).
    pub consciousness: Search<Consciousness>,
    /// Body temperature (8310-5) in tenths of a degree.
    pub temperature: Search<i64>,
}

impl Vitals {
    /// Reads the views.
    ///
    /// # Errors
    /// As [`crate::evaluate`].
    pub fn read(call: &Call) -> Result<Self, Failure> {
        let now = call.now();
        let rows = |need: &str| call.need(need)?.all::<Observation>();
        let per_minute = |row: &Observation| whole(row.quantity(), &units::PER_MINUTE, 1.0);
        let tenths = |row: &Observation| whole(row.quantity(), &units::TEMPERATURE, 10.0);
        let oxygen = rows("oxygen")?;
        let breathed = search(&oxygen, &[FLOW, CONCENTRATION], &now, breathing);
        Ok(Self {
            respiration: search(&rows("respiration")?, RESPIRATION, &now, per_minute),
            saturation: search(&rows("saturation")?, SATURATION, &now, saturation),
            breathing: oxygen_over_air(breathed, &oxygen, &now),
            systolic: search(&rows("pressure")?, PRESSURE, &now, systolic),
            pulse: search(&rows("pulse")?, PULSE, &now, per_minute),
            consciousness: search(&rows("consciousness")?, CONSCIOUSNESS, &now, consciousness),
            temperature: search(&rows("temperature")?, TEMPERATURE, &now, tenths),
        })
    }

    /// The signs, if all seven are known.
    #[must_use]
    pub fn complete(&self) -> Option<Signs> {
        let (saturation, scale) = self.saturation.newest.as_ref()?.value;
        Some(Signs {
            respiration: self.respiration.newest.as_ref()?.value,
            saturation,
            scale,
            breathing: self.breathing.newest.as_ref()?.value,
            systolic: self.systolic.newest.as_ref()?.value,
            pulse: self.pulse.newest.as_ref()?.value,
            consciousness: self.consciousness.newest.as_ref()?.value,
            temperature: self.temperature.newest.as_ref()?.value,
        })
    }
}

type Reading<T> = Result<(T, String), PassedOver>;

fn search<T>(rows: &[Observation], codes: &[&str], now: &Date, read: impl Fn(&Observation) -> Reading<T>) -> Search<T> {
    let mut found: Option<(i64, Found<T>)> = None;
    let mut passed_over = Vec::new();
    for row in rows {
        let known = codes.iter().any(|code| row.is(LOINC, code));
        let usable = if known { usable(row, now) } else { Err(PassedOver::OtherTest) };
        match usable.and_then(|(instant, date)| Ok((instant, date, read(row)?))) {
            Ok((instant, date, (value, as_written))) => {
                if found.as_ref().is_none_or(|(held, _)| instant > *held) {
                    found = Some((instant, Found { value, as_written, date }));
                }
            }
            Err(why) => passed_over.push((row.effective_date().cloned(), why)),
        }
    }
    let at = found.as_ref().map(|(instant, _)| *instant);
    let newer =
        |date: &Option<Date>| at.is_none_or(|at| date.as_ref().and_then(Date::instant).is_none_or(|then| then >= at));
    passed_over.retain(|(date, _)| newer(date));
    Search { newest: found.map(|(_, found)| found), passed_over }
}

fn usable(row: &Observation, now: &Date) -> Result<(i64, Date), PassedOver> {
    if row.status.as_deref() == Some("entered-in-error") {
        return Err(PassedOver::EnteredInError);
    }
    if !row.is_final() {
        return Err(PassedOver::Status);
    }
    let date = row.effective_date().ok_or(PassedOver::NoTime)?;
    let (then, now) = date.instant().zip(now.instant()).ok_or(PassedOver::NoTime)?;
    match now - then {
        ..=-1 => Err(PassedOver::Future),
        age if age > MAX_HOURS * 3_600 => Err(PassedOver::Old),
        _ => Ok((then, date.clone())),
    }
}

/// A number in the chart's precision: times `scale`, rounded to a whole number.
fn whole(quantity: Option<&Quantity>, measure: &Measure, scale: f64) -> Reading<i64> {
    let quantity = quantity.ok_or(PassedOver::NotANumber)?;
    let value = quantity.measured(measure).map_err(PassedOver::Quantity)?;
    if !(0.0..=1_000.0).contains(&value) {
        return Err(PassedOver::Impossible);
    }
    // In range, so the cast is exact. A half rounds up, also where binary fractions fall just short of it.
    let rounded = (value * scale + 1e-9).round() as i64;
    Ok((rounded, quantity.as_written().unwrap_or_default()))
}

fn saturation(row: &Observation) -> Reading<(i64, Scale)> {
    let (percent, as_written) = whole(row.quantity(), &units::PERCENT, 1.0)?;
    if percent > 100 {
        return Err(PassedOver::Impossible);
    }
    let scale = if row.reference_range.iter().any(is_target_of_scale_2) { Scale::Two } else { Scale::One };
    Ok(((percent, scale), as_written))
}

/// Scale 2 is due when the saturation itself is recorded with the therapeutic target of 88 to 92 %. A diagnosis such as
/// COPD alone never asks for it (RCP, NEWS2, 2017). There is no standard element for the target in FHIR; this is this
/// tool's choice.
fn is_target_of_scale_2(range: &ObservationReferenceRange) -> bool {
    let is = |end: Option<&Quantity>, value: f64| end.is_some_and(|end| end.measured(&units::PERCENT) == Ok(value));
    let therapeutic = range.type_.as_ref().is_some_and(|meaning| meaning.has(RANGE_MEANING, "therapeutic"));
    therapeutic && is(range.low.as_ref(), 88.0) && is(range.high.as_ref(), 92.0)
}

fn systolic(row: &Observation) -> Reading<i64> {
    let quantity = if row.is(LOINC, SYSTOLIC) { row.quantity() } else { row.component_quantity(LOINC, SYSTOLIC) };
    whole(quantity, &units::PRESSURE, 1.0)
}

/// A flow above 0 L/min or a concentration above 21 % is oxygen.
fn breathing(row: &Observation) -> Reading<Breathing> {
    let (above_air, as_written) = if row.is(LOINC, FLOW) {
        let (tenths, as_written) = whole(row.quantity(), &units::FLOW, 10.0)?;
        (tenths > 0, as_written)
    } else {
        let (percent, as_written) = whole(row.quantity(), &units::PERCENT, 1.0)?;
        if !(21..=100).contains(&percent) {
            return Err(PassedOver::Impossible);
        }
        (percent > 21, as_written)
    };
    Ok((if above_air { Breathing::Oxygen } else { Breathing::Air }, as_written))
}

/// Of two rows at one moment, the one that says oxygen.
fn oxygen_over_air(search: Search<Breathing>, rows: &[Observation], now: &Date) -> Search<Breathing> {
    let Some(held) = search.newest.as_ref().and_then(|found| found.date.instant()) else { return search };
    let same_moment = |row: &&Observation| usable(row, now).is_ok_and(|(then, _)| then == held);
    let other = rows.iter().filter(same_moment).find_map(|row| match (breathing(row), row.effective_date()) {
        (Ok((Breathing::Oxygen, as_written)), Some(date)) => {
            Some(Found { value: Breathing::Oxygen, as_written, date: date.clone() })
        }
        (_, _) => None,
    });
    Search { newest: other.or(search.newest), passed_over: search.passed_over }
}

fn consciousness(row: &Observation) -> Reading<Consciousness> {
    let answer = row.concept().ok_or(PassedOver::UnknownAnswer)?;
    let known = ANSWERS.iter().filter(|(system, code, _)| answer.has(system, code));
    let mut levels: Vec<_> = known.map(|(_, code, level)| (*level, (*code).to_owned())).collect();
    // Two codings that say different things say nothing.
    levels.dedup_by_key(|(level, _)| *level);
    match (levels.pop(), levels.is_empty()) {
        (Some(level), true) => Ok(level),
        (_, _) => Err(PassedOver::UnknownAnswer),
    }
}
