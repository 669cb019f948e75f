//! `look`: the record and the request beside what a plugin would get, row by row, with the reason why anything is absent.
//!
//! For an operator's eyes. It is the pipeline's own `admit` and `gather`, so what it shows is what a plugin gets.

mod absent;
mod request;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::ControlFlow;

use cordon_fhir::compartment::{Membership, membership};
use cordon_fhir::reference::Reference;
use cordon_fhir::scope::Scope;
use serde::Serialize;
use serde_json::Value;

use crate::call::HookCall;
use crate::clearance::{AdmitError, Clearance, Cleared, admit};
use crate::elements::changes_meaning;
use crate::gather::{Gathered, Views, gather};
use crate::ids::NeedName;
use crate::label::{Labeled, Labels, Marked};
use crate::manifest::Source;
use crate::ports::{Policy, Query, Reason, Records, RecordsError, Unobtainable};
use crate::shelf::reference_of;

pub use absent::Reduced;
use absent::absent;

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
    /// The record, one row each; then what the request brings of its own.
    pub rows: Vec<LookedRow>,
    /// What needs ask for of the request, and what is not there to be shown or denied.
    pub unmet: Vec<Unmet>,
}

impl fmt::Debug for Look {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { runs, rows, unmet } = self;
        let mut printed = f.debug_struct("Look");
        printed.field("runs", runs).field("rows", &rows.len()).field("unmet", &unmet.len()).finish()
    }
}

/// Where a row comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RowFrom {
    /// The patient's record.
    Record,
    /// The orders being written: `context.draftOrders`.
    DraftOrders,
    /// The host, which says the user's roles and nothing else of the user.
    User,
}

/// One row.
#[derive(Clone, PartialEq, Serialize)]
pub struct LookedRow {
    /// Where it comes from.
    pub from: RowFrom,
    /// The resource.
    pub resource: Value,
    /// Its label, such as `R HIV`.
    pub label: String,
    /// The rules that gave the label.
    pub rules: Vec<String>,
    /// What each need that asks for it shows or does not show.
    pub needs: Vec<Shown>,
    /// Why no need shows it, when none asks for it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Why>,
}

/// What one need shows of a row.
#[derive(Clone, PartialEq, Serialize)]
pub struct Shown {
    /// The need.
    pub need: NeedName,
    /// The row as the plugin would read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<Value>,
    /// What of a shown row is absent or reduced, by its path in the resource, and why.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub absent: BTreeMap<String, Reduced>,
    /// Why the row is not shown; empty when it is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Why>,
}

/// Why a row is not shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Why {
    /// It is above the clearance.
    Clearance(Reason),
    /// It is within the clearance.
    Row(RowReason),
}

/// Why a row within the clearance is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "because", rename_all = "kebab-case")]
pub enum RowReason {
    /// No granted need asks for it.
    NoNeed,
    /// It is no resource.
    Malformed,
    /// It is not among `context.selections`.
    NotSelected,
    /// It lies in another patient's compartment, or, if it is of the record, in none.
    OtherPatient,
    /// Its modifier extension could not be shown.
    ChangedMeaning,
    /// A row of the same id is there already.
    Duplicate,
    /// The need asks for fewer rows.
    BeyondNewest,
}

/// A need for which the request brings nothing, or names what is not there: no row says why it is absent.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Unmet {
    /// The need.
    pub need: NeedName,
    /// What the request names, `Type/id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub named: Option<String>,
    /// What there is not.
    pub because: Missing,
}

/// What there is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Missing {
    /// The request has no draft orders.
    NoDraft,
    /// It selects nothing.
    NoSelection,
    /// It selects what is not among its draft orders.
    NotADraft,
    /// It names no encounter.
    NoEncounter,
    /// It names one that the patient's record does not have.
    NotInRecord,
    /// The user has no role.
    NoRole,
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
    let mut seen = BTreeSet::new();
    for row in everything(views.clearance(), records)? {
        let marked = labels.mark(&row.value);
        let again = reference_of(&row.value).is_some_and(|reference| !seen.insert(reference));
        rows.push(looked(&views, row, marked, again));
    }
    let unmet = request::unmet(&views, &rows);
    rows.extend(request::rows(&views, labels));
    Ok(Look { runs, rows, unmet })
}

fn everything(clearance: &Clearance, records: &dyn Records) -> Result<Vec<Labeled<Value>>, LookError> {
    let all = Scope::parse("patient/*.rs").map_err(|_| RecordsError)?;
    let query = Query { tenant: &clearance.call().tenant, patient: &clearance.call().patient, scope: &all };
    let mut rows = Vec::new();
    let mut each = |row: Labeled<&Value>| {
        rows.push(Labeled { label: row.label, value: row.value.clone() });
        ControlFlow::Continue(())
    };
    records.visit(query, &mut each)?;
    Ok(rows)
}

fn looked(views: &Views, row: Labeled<Value>, marked: Marked, again: bool) -> LookedRow {
    let reference = reference_of(&row.value);
    let call = views.clearance().call();
    let asked = views.clearance().needs().values().filter(|cleared| match &cleared.need().source {
        Source::Record(scope) => scope.admits(&row.value),
        Source::Encounter => reference.is_some() && reference == call.encounter,
        Source::DraftOrders | Source::Selections | Source::User => false,
    });
    let needs: Vec<_> = asked.map(|cleared| shown(views, cleared, &row, reference.as_ref(), again)).collect();
    LookedRow {
        from: RowFrom::Record,
        reasons: if needs.is_empty() { vec![Why::Row(RowReason::NoNeed)] } else { Vec::new() },
        needs,
        label: row.label.to_string(),
        rules: marked.rules.into_iter().map(|rule| rule.0).collect(),
        resource: row.value,
    }
}

fn shown(views: &Views, cleared: &Cleared, row: &Labeled<Value>, named: Option<&Reference>, again: bool) -> Shown {
    let need = cleared.need();
    let in_view = named.filter(|_| !again).and_then(|reference| in_view(views, &need.name, reference));
    let (absent, reasons) = match &in_view {
        Some(_) => (absent(&row.value, views, need), Vec::new()),
        None => (BTreeMap::new(), why_not(views, cleared, row, again)),
    };
    Shown { need: need.name.clone(), row: in_view, absent, reasons }
}

fn in_view(views: &Views, need: &NeedName, reference: &Reference) -> Option<Value> {
    let (view, origins) = views.origins().find(|(view, _)| view.need() == need)?;
    let at = origins.iter().position(|origin| origin.as_ref() == Some(reference))?;
    serde_json::from_str(view.rows().nth(at)?).ok()
}

/// In the order in which `gather` asks.
fn why_not(views: &Views, cleared: &Cleared, row: &Labeled<Value>, again: bool) -> Vec<Why> {
    if membership(&row.value, views.clearance().call().patient.as_str()) != Membership::Member {
        return vec![Why::Row(RowReason::OtherPatient)];
    }
    let above: Vec<_> = cleared.explain(&row.value, row.label).into_iter().map(Why::Clearance).collect();
    if !above.is_empty() {
        return above;
    }
    let reason = match (changes_meaning(&row.value), again) {
        (true, _) => RowReason::ChangedMeaning,
        (false, true) => RowReason::Duplicate,
        (false, false) => RowReason::BeyondNewest,
    };
    vec![Why::Row(reason)]
}
