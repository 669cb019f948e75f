//! The ward as a stream of patients, and the one call that writes it.

use std::io::Write;

use jiff::Timestamp;
use serde_json::Value;

use crate::cast::{Cast, HUNDRED, deal};
use crate::coins::{Coins, Purpose};
use crate::fhir::{Chart, Instant, mark};
use crate::person::Person;
use crate::summary::WardSummary;
use crate::{labs, problems, sensitive, vitals};

/// The instant a ward lives at unless another is given: 2026-06-01T08:00:00Z.
pub const DEFAULT_NOW: Timestamp = Timestamp::constant(1_780_300_800, 0);

// Birth dates reach back a century and must still be dates with four digits.
const EARLIEST: Timestamp = Timestamp::constant(0, 0);
const LATEST: Timestamp = Timestamp::constant(32_503_680_000, 0);

/// What decides every byte of a ward.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WardOptions {
    /// Two seeds give two unrelated wards.
    pub seed: u64,
    /// How many patients.
    pub patients: u32,
    /// The instant of the newest data; no row is later.
    pub now: Timestamp,
}

impl WardOptions {
    /// A ward at [`DEFAULT_NOW`].
    #[must_use]
    pub fn new(seed: u64, patients: u32) -> Self {
        Self { seed, patients, now: DEFAULT_NOW }
    }
}

/// Why a ward was not written.
#[derive(Debug, thiserror::Error)]
pub enum WardError {
    /// `now` lies outside the years a ward can live in.
    #[error("a ward lives between 1970 and 3000, not at {now}")]
    Now {
        /// What was asked.
        now: Timestamp,
    },
    /// The writer refused.
    #[error("the ward could not be written")]
    Write(#[source] std::io::Error),
}

/// One patient and everything that belongs to the patient.
#[derive(Clone, Debug, PartialEq)]
pub struct PatientRecord {
    /// 1 is the first.
    pub number: u32,
    /// The classes that were dealt.
    pub cast: Cast,
    /// The Patient resource.
    pub patient: Value,
    /// The other resources; each refers to the patient or to an earlier row.
    pub resources: Vec<Value>,
}

impl PatientRecord {
    /// The resources in the order they are written.
    pub fn rows(&self) -> impl Iterator<Item = &Value> {
        std::iter::once(&self.patient).chain(&self.resources)
    }

    /// Writes one resource per line.
    pub fn write(&self, out: &mut dyn Write) -> Result<(), WardError> {
        for row in self.rows() {
            writeln!(out, "{row}").map_err(WardError::Write)?;
        }
        Ok(())
    }
}

/// The patients of a ward, one at a time.
#[derive(Clone, Debug)]
pub struct Ward {
    options: WardOptions,
    /// How many were given.
    given: u32,
    /// What is left of the current hundred, last patient first.
    dealt: Vec<Cast>,
}

impl Ward {
    /// Opens the ward; refuses a `now` it cannot live in.
    pub fn new(options: &WardOptions) -> Result<Self, WardError> {
        if !(EARLIEST..=LATEST).contains(&options.now) {
            return Err(WardError::Now { now: options.now });
        }
        Ok(Self { options: *options, given: 0, dealt: Vec::new() })
    }
}

impl Iterator for Ward {
    type Item = PatientRecord;

    fn next(&mut self) -> Option<PatientRecord> {
        if self.given >= self.options.patients {
            return None;
        }
        if self.dealt.is_empty() {
            self.dealt = deal(self.options.seed, self.given / HUNDRED);
            self.dealt.reverse();
        }
        let cast = self.dealt.pop()?;
        self.given += 1;
        Some(patient(&self.options, self.given, cast))
    }
}

/// Writes the ward as NDJSON and says what it holds.
pub fn ward(options: &WardOptions, out: &mut dyn Write) -> Result<WardSummary, WardError> {
    let mut summary = WardSummary::default();
    for record in Ward::new(options)? {
        record.write(out)?;
        summary.count(&record);
    }
    Ok(summary)
}

fn patient(options: &WardOptions, number: u32, cast: Cast) -> PatientRecord {
    let mut coins = Coins::new(options.seed, Purpose::Patient, u64::from(number));
    let person = Person::draw(&mut coins, cast, Instant(options.now.as_second()));
    let id = format!("ward{}-p{number:04}", options.seed);
    let mut resource = person.resource(number);
    mark(&mut resource, "Patient", &id);
    let mut chart = Chart::new(id);
    let diabetic = problems::add(&mut coins, &mut chart, &person);
    sensitive::add(&mut coins, &mut chart, &person);
    labs::add(&mut coins, &mut chart, &person, diabetic);
    vitals::add(&mut coins, &mut chart, &person);
    PatientRecord { number, cast, patient: resource, resources: chart.into_rows() }
}
