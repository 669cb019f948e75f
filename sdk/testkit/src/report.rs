//! What a desk says about a case.

use std::collections::BTreeMap;
use std::fmt;

use cordon_core::ids::{EntryName, NeedName};
use cordon_core::manifest::Service;
use cordon_core::message::Said;
use cordon_core::record::Outcome;
use serde::Serialize;
use serde_json::Value;

use crate::case::{Case, CaseError};
use crate::compare::{differences, left, listed, name};
use crate::desk::{Desk, DeskError, Ran};
use crate::diagnose::{diagnose, empty_needs};
use crate::kept::CellBytes;

/// Whether a case came out as expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// As expected.
    Passed,
    /// Not as expected.
    Failed,
}

/// One case, run.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct CaseReport {
    /// The case's name.
    pub case: String,
    /// Whether it came out as expected.
    pub verdict: Verdict,
    /// How the call ended; absent when it was not made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// The cards as a client gets them.
    pub cards: Vec<Value>,
    /// What the EHR is told to store, as a client gets it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub system_actions: Vec<Value>,
    /// What the cells hold after the call: those that the case gives, and those that were written.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub cells: BTreeMap<EntryName, Option<CellBytes>>,
    /// What the operators are told.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Said>,
    /// Rows handed over, by need.
    pub rows: BTreeMap<NeedName, usize>,
    /// What differs from what is expected. Empty if the case passed.
    pub differences: Vec<String>,
    /// Why, and which line of the manifest to look at. Empty if the case passed.
    pub diagnosis: Vec<String>,
    /// Fuel used. The same on every machine.
    pub fuel: u64,
    /// Fuel it may use.
    pub fuel_limit: u64,
    /// Bytes of linear memory it grew to.
    pub memory: u64,
    /// How long the call took here, pipeline included.
    pub microseconds: u64,
}

impl CaseReport {
    pub(crate) fn of(
        case_name: &str,
        desk: &Desk,
        service: &Service,
        case: &Case,
        ran: Ran,
    ) -> Result<Self, DeskError> {
        let cards = listed(&ran.response, "cards");
        let system_actions = listed(&ran.response, "systemActions");
        let mut differences = differences(&case.expect, &ran.response.outcome, &cards);
        if ran.response.outcome == case.expect.outcome {
            differences.extend(left(&case.expect, &system_actions, &ran.left));
        }
        let (verdict, diagnosis) = if differences.is_empty() {
            (Verdict::Passed, Vec::new())
        } else {
            let mut said = diagnose(desk, service, case, &ran)?;
            if said.is_empty() {
                said = empty_needs(desk.manifest(), &ran);
            }
            (Verdict::Failed, said)
        };
        Ok(Self {
            case: case_name.to_owned(),
            verdict,
            cards,
            system_actions,
            cells: ran.left.cells,
            notes: ran.left.notes,
            differences,
            diagnosis,
            fuel: ran.response.fuel,
            fuel_limit: desk.manifest().limits.fuel,
            memory: ran.seen.watched.memory,
            microseconds: u64::try_from(ran.elapsed.as_micros()).unwrap_or(u64::MAX),
            rows: ran.seen.rows,
            outcome: Some(ran.response.outcome),
        })
    }

    /// A case file that is none: it fails, and the others still run.
    #[must_use]
    pub fn unreadable(case_name: &str, error: &CaseError) -> Self {
        Self::not_run(case_name, error.to_string(), Vec::new())
    }

    /// A case that calls a service which the manifest does not have.
    pub(crate) fn without_service(case_name: &str, case: &Case) -> Self {
        let (id, hook) = (&case.service, case.hook.as_str());
        let why = format!("plugin.toml has no [[service]] with id = \"{id}\" and hook = \"{hook}\"");
        Self::not_run(case_name, format!("no service `{id}` for the hook {hook}"), vec![why])
    }

    fn not_run(case_name: &str, difference: String, diagnosis: Vec<String>) -> Self {
        Self {
            case: case_name.to_owned(),
            verdict: Verdict::Failed,
            outcome: None,
            cards: Vec::new(),
            system_actions: Vec::new(),
            cells: BTreeMap::new(),
            notes: Vec::new(),
            rows: BTreeMap::new(),
            differences: vec![difference],
            diagnosis,
            fuel: 0,
            fuel_limit: 0,
            memory: 0,
            microseconds: 0,
        }
    }
}

/// For people: one line, and for a failed case why.
impl fmt::Display for CaseReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.verdict {
            Verdict::Passed => "pass",
            Verdict::Failed => "FAIL",
        };
        let outcome = self.outcome.as_ref().map_or_else(|| "not run".to_owned(), name);
        write!(
            f,
            "{word} {}: {outcome}, {} card(s), {} of {} fuel, {} KiB memory, {} ms",
            self.case,
            self.cards.len(),
            self.fuel,
            self.fuel_limit,
            self.memory / 1_024,
            self.microseconds / 1_000
        )?;
        for difference in &self.differences {
            write!(f, "\n     differs: {difference}")?;
        }
        for why in &self.diagnosis {
            write!(f, "\n     because: {why}")?;
        }
        Ok(())
    }
}
