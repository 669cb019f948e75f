//! What is known about the patient at the time of the call.

use cordon_sdk::prelude::*;

use crate::creatinine::{CREATININE_CODES, Measured, Search, WEIGHT_CODES, newest};
use crate::drugs::{Drug, Recognised, recognise};
use crate::formulas::{Sex, ckd_epi_2021};
use crate::reading::Reading;
use crate::table::Table;

/// A creatinine older than this many days is stale. A policy of this tool, not of a label: no label names a number.
pub const CREATININE_MAX_DAYS: i64 = 90;
/// A body weight older than this many days is not used. A policy of this tool.
pub const WEIGHT_MAX_DAYS: i64 = 365;
/// CKD-EPI 2021 was made from adults.
pub const ADULT: u32 = 18;

/// Kidney function for a rule that uses eGFR.
#[derive(Debug, Clone, PartialEq)]
pub enum Kidney {
    /// Computed from a creatinine that is not stale.
    Estimated {
        /// mL/min/1.73 m², not rounded.
        egfr: f64,
        /// Completed years at the test.
        age_at_test: u32,
    },
    /// The newest creatinine is too old.
    Stale,
    /// Not computed.
    NotComputed(Why),
}

/// Why eGFR was not computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// No creatinine that counts in the data available.
    NoCreatinine,
    /// Administrative gender is neither female nor male, or absent.
    Sex,
    /// No birth date, or one that leaves the age at the test open.
    Age,
    /// Younger than 18 at the test.
    Child(u32),
    /// Recorded as deceased at the time of the call.
    Deceased,
}

/// Everything that the rules use.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// Codes and limits.
    pub table: Table,
    /// The language for texts.
    pub language: Language,
    /// Sex, if the formulas know it.
    pub sex: Option<Sex>,
    /// Completed years at the call.
    pub age_today: Option<u32>,
    /// Whether the patient is recorded as deceased at the time of the call.
    pub deceased: bool,
    /// Birth date.
    pub birth: Option<Date>,
    /// Creatinine in mg/dL.
    pub creatinine: Search,
    /// Body weight in kg.
    pub weight: Search,
    /// Whether an active order of metformin was found.
    pub on_metformin: bool,
}

impl Facts {
    /// Reads the views.
    ///
    /// # Errors
    /// As [`crate::evaluate`].
    pub fn read(call: &Call, table: Table, reading: Reading) -> Result<Self, Failure> {
        let now = call.now();
        let patient = call.need("patient")?.first::<Patient>()?.unwrap_or_default();
        let creatinine = reading.results(&call.need("creatinine")?)?;
        let weight = reading.results(&call.need("weight")?)?;
        let medication = reading.orders(&call.need("medication")?)?;
        let is_metformin = |order: &MedicationRequest| {
            order.status.as_deref() == Some("active") && recognise(order, &table) == Recognised::Drug(Drug::Metformin)
        };
        Ok(Self {
            language: call.language(),
            sex: match patient.gender.as_deref() {
                Some("female") => Some(Sex::Female),
                Some("male") => Some(Sex::Male),
                Some(_) | None => None,
            },
            age_today: patient.birth_date.as_ref().and_then(|birth| birth.completed_years_at(&now)),
            deceased: patient.is_deceased_at(&now),
            birth: patient.birth_date,
            creatinine: newest(&creatinine, &CREATININE_CODES, &units::CREATININE, &now),
            weight: newest(&weight, &WEIGHT_CODES, &units::BODY_WEIGHT, &now),
            on_metformin: medication.iter().any(is_metformin),
            table,
        })
    }

    /// Kidney function for a rule that uses eGFR.
    #[must_use]
    pub fn kidney(&self) -> Kidney {
        match &self.creatinine.newest {
            _ if self.deceased => Kidney::NotComputed(Why::Deceased),
            None => Kidney::NotComputed(Why::NoCreatinine),
            Some(creatinine) if creatinine.days_ago > CREATININE_MAX_DAYS => Kidney::Stale,
            Some(creatinine) => match self.egfr(creatinine) {
                Ok((egfr, age_at_test)) => Kidney::Estimated { egfr, age_at_test },
                Err(why) => Kidney::NotComputed(why),
            },
        }
    }

    /// eGFR at the time of a test, and the age then.
    ///
    /// # Errors
    /// [`Why`] it was not computed.
    pub fn egfr(&self, creatinine: &Measured) -> Result<(f64, u32), Why> {
        let sex = self.sex.ok_or(Why::Sex)?;
        let age = self.birth.as_ref().and_then(|birth| birth.completed_years_at(&creatinine.date)).ok_or(Why::Age)?;
        if age < ADULT {
            return Err(Why::Child(age));
        }
        Ok((ckd_epi_2021(creatinine.value, age, sex), age))
    }

    /// The creatinine, unless it is stale.
    #[must_use]
    pub fn fresh_creatinine(&self) -> Option<&Measured> {
        self.creatinine.newest.as_ref().filter(|result| result.days_ago <= CREATININE_MAX_DAYS)
    }

    /// The weight, unless it is too old.
    #[must_use]
    pub fn fresh_weight(&self) -> Option<&Measured> {
        self.weight.newest.as_ref().filter(|result| result.days_ago <= WEIGHT_MAX_DAYS)
    }
}
