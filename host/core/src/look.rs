//! `look`: the record beside what a plugin would get, row by row, with the reason why anything is absent.
//!
//! For an operator's eyes. It is the pipeline's own `admit` and `gather`, so what it shows is what a plugin gets.

use std::fmt;
use std::ops::ControlFlow;

use cordon_fhir::reference::Reference;
use cordon_fhir::scope::Scope;
use serde::Serialize;
use serde_json::Value;

use crate::call::HookCall;
use crate::clearance::{AdmitError, Clearance, admit};
use crate::gather::{Gathered, Views, gather};
use crate::ids::NeedName;
use crate::label::{Labeled, Labels, Marked};
use crate::manifest::Source;
use crate::ports::{Policy, Query, Reason, Records, RecordsError, Unobtainable};
use crate::shelf::reference_of;

/// Why there is nothing to look at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LookError {
    /// It would not be admitted.
    #[error(transparent)]
    Admit(#[from] AdmitError),
    /// A need could not be obtained.
    #[error(transparent)]
    Unobtainable(#[from] Unobtainable),
    /// The record could not be read.
    #[error(transparent)]
    Records(#[from] RecordsError),
}

/// What a plugin would get of one patient's record. Prints counts: the rows are for the one who asked to look.
#[derive(Clone, PartialEq, Serialize)]
pub struct Look {
    /// Whether the plugin would be run: not when something is withheld on a need that says `abstain`.
    pub runs: bool,
    /// The record, one row each.
    pub rows: Vec<LookedRow>,
}

impl fmt::Debug for Look {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Look").field("runs", &self.runs).field("rows", &self.rows.len()).finish()
    }
}

/// One row of the record.
#[derive(Clone, PartialEq, Serialize)]
pub struct LookedRow {
    /// The resource.
    pub resource: Value,
    /// Its label, such as `R HIV`.
    pub label: String,
    /// The rules that gave the label.
    pub rules: Vec<String>,
    /// What each need that asks for it shows or does not show; empty when no need asks for it.
    pub needs: Vec<Shown>,
}

/// What one need shows of a row.
#[derive(Clone, PartialEq, Serialize)]
pub struct Shown {
    /// The need.
    pub need: NeedName,
    /// The row as the plugin would read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<Value>,
    /// Why it would not; empty for a row that is only beyond the need's limit or its modifier cannot be shown.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Reason>,
}

/// Looks at the call's patient as its plugin would.
///
/// # Errors
/// [`LookError`]: the call would end before the plugin sees anything.
pub fn look(
    call: HookCall,
    policy: &dyn Policy,
    records: &dyn Records,
    labels: &dyn Labels,
) -> Result<Look, LookError> {
    let clearance = admit(call, policy, records).map_err(|refused| refused.1)?;
    let (views, runs) = match gather(clearance, records, labels) {
        Gathered::Ready(views) => (views, true),
        Gathered::Withheld(views) => (views, false),
        Gathered::Unobtainable(_, why) => return Err(why.into()),
    };
    let mut rows = Vec::new();
    for row in everything(views.clearance(), records)? {
        let marked = labels.mark(&row.value);
        rows.push(looked(&views, row, marked));
    }
    Ok(Look { runs, rows })
}

fn everything(clearance: &Clearance, records: &dyn Records) -> Result<Vec<Labeled<Value>>, LookError> {
    let all = Scope::parse("patient/*.rs").map_err(|_| RecordsError)?;
    let query = Query { tenant: &clearance.call().tenant, patient: &clearance.call().patient, scope: &all };
    let mut rows = Vec::new();
    let mut each = |row| {
        rows.push(row);
        ControlFlow::Continue(())
    };
    records.visit(query, &mut each)?;
    Ok(rows)
}

fn looked(views: &Views, row: Labeled<Value>, marked: Marked) -> LookedRow {
    let reference = reference_of(&row.value);
    let asked = views.clearance().needs().values().filter(|cleared| match &cleared.need().source {
        Source::Record(scope) => scope.admits(&row.value),
        Source::DraftOrders | Source::Selections => false,
    });
    let needs = asked.map(|cleared| Shown {
        need: cleared.need().name.clone(),
        row: reference.as_ref().and_then(|reference| shown(views, &cleared.need().name, reference)),
        reasons: cleared.explain(&row.value, row.label),
    });
    LookedRow {
        needs: needs.collect(),
        label: row.label.to_string(),
        rules: marked.rules.into_iter().map(|rule| rule.0).collect(),
        resource: row.value,
    }
}

fn shown(views: &Views, need: &NeedName, reference: &Reference) -> Option<Value> {
    let (view, origins) = views.origins().find(|(view, _)| view.need() == need)?;
    let at = origins.iter().position(|origin| origin.as_ref() == Some(reference))?;
    serde_json::from_str(view.rows().get(at)?).ok()
}
