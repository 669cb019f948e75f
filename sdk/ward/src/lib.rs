//! The seeded synthetic ward: NDJSON of FHIR R4 resources about patients who do not exist.
//!
//! One resource per line, each patient first and then everything of that patient, references relative (`Type/id`).
//! The same options give the same bytes. Patient *k* does not depend on how many patients are asked, and memory does not
//! grow with them. Values are rounded to what a laboratory prints, so the last bits of a `powf` do not reach the bytes.
//! The crate reads no clock and writes only to the writer it is given. Every resource carries the tag
//! `HTEST` (v3-ActReason), family names are `Ward-0001` and so on, and there are no identifiers.
//!
//! # Stated shares
//!
//! A patient's classes are dealt first, from decks that are shuffled once per hundred, and the values are then drawn to
//! fit. So each share below is **exact in every full hundred** (patients 1-100, 101-200, …); an incomplete last hundred is
//! a random part of one. "Draft" is a metformin draft judged at `now`.
//!
//! | T1 verdict | of 100 | | NEWS2 | of 100 |
//! |---|---|---|---|---|
//! | contraindicated, eGFR < 30 | 14 | | low, 0-4 | 45 |
//! | not started, eGFR 30-45 | 16 | | one parameter scores 3, total 3-4 | 10 |
//! | no objection, eGFR > 45 | 38 | | urgent, 5-6 | 13 |
//! | stale, newest creatinine > 90 days | 10 | | emergency, 7 or more | 11 |
//! | not computed: no usable creatinine | 6 | | not computed: a parameter is missing | 8 |
//! | not computed: sex absent, unknown or other | 6 | | not computed: pregnant | 3 |
//! | not computed: under 18 | 6 | | not computed: under 16 | 6 |
//! | not computed: deceased | 4 | | not computed: deceased | 4 |
//!
//! | sensitive data | of 100 | | trap | of 100 |
//! |---|---|---|---|---|
//! | psychiatric | 12 | | newer creatinine entered in error / preliminary | 6 / 6 |
//! | HIV | 4 | | a stored MDRD eGFR that contradicts CKD-EPI 2021 | 5 |
//! | substance use | 6 | | creatinine absent / only text / only in error / only preliminary | 2 / 2 / 1 / 1 |
//! | sexual health | 5 | | sex absent / `unknown` / `other` | 2 / 2 / 2 |
//! | pregnancy | 3 | | COPD without / with a recorded 88-92 % target | 5 / 6 |
//! | | | | newer vital sign entered in error | 5 |
//! | | | | weaned from oxygen to air | 4 |
//! | | | | deceased with later data | 2 |
//!
//! Drawn, not dealt (so about): creatinine in µmol/L 30 %, as LOINC 38483-4 25 %, SpO2 as 2708-6 alone 15 % or beside
//! 59408-5 15 %, temperature in `[degF]` 12 %, ATC as second coding of a drug 30 %, a drug as text only 4 %.
//!
//! # How the rows are to be read
//!
//! * Adults are 20 or older, children 4-15, all at `now`; an eGFR lies at least 1 from 30 and 45, and the newest creatinine is at
//!   most 80 days old or more than 99. Age is that on the day of the test.
//! * A creatinine counts when it is `final`, `amended` or `corrected`, has a `valueQuantity` and is not after `now`.
//! * Oxygen: a flow above 0 L/min (3151-8) or a concentration above 21 % (3150-6); air is recorded as 0 L/min or 21 %.
//!   No such row is a missing parameter, so no score: air is never assumed.
//! * SpO2 scale 2 is due when the SpO2 row has a `referenceRange` 88-92 % whose type is `therapeutic`
//!   (`referencerange-meaning`); a diagnosis of COPD alone never asks for it (RCP, NEWS2, 2017).
//! * All vital signs of one set share one instant; a parameter that is missing is missing from every set.
//! * A pregnant patient has the active Condition SNOMED 77386006.
#![forbid(unsafe_code)]

mod cast;
mod codes;
mod coins;
mod fhir;
mod kidney;
mod labs;
mod news2;
mod person;
mod problems;
mod sensitive;
mod summary;
mod vitals;
mod ward;

pub use cast::{Cast, News2Band, RenalTrap, Sensitive, T1Verdict, VitalTrap};
pub use summary::WardSummary;
pub use ward::{DEFAULT_NOW, PatientRecord, Ward, WardError, WardOptions, ward};
