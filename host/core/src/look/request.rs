//! The request's own data: drafts, selections and the user's roles go through the gate like the record.

use std::collections::{BTreeMap, BTreeSet};

use cordon_fhir::compartment::{Membership, membership};
use cordon_fhir::reference::Reference;
use cordon_fhir::types::resource_type;
use serde_json::Value;

use super::{LookedRow, Missing, RowFrom, RowReason, Shown, Unmet, Why, absent};
use crate::clearance::Cleared;
use crate::elements::changes_meaning;
use crate::gather::Views;
use crate::label::{Label, Labels};
use crate::manifest::Source;
use crate::sent::SentRow;
use crate::shelf::{reference_of, roles};

/// One row for each draft, in the order of the request, and one for the user's roles.
pub(super) fn rows(views: &Views, labels: &dyn Labels) -> Vec<LookedRow> {
    let call = views.clearance().call();
    let mut drafts = takers(views, RowFrom::DraftOrders);
    let mut rows: Vec<LookedRow> = call
        .draft_orders
        .iter()
        .map(|draft| {
            let draft = draft.value();
            let marked = labels.mark(draft);
            let rules = marked.rules.into_iter().map(|rule| rule.0).collect();
            LookedRow { rules, ..looked(RowFrom::DraftOrders, draft, marked.label, &mut drafts) }
        })
        .collect();
    let mut user = takers(views, RowFrom::User);
    rows.extend(roles(&call.roles).map(|row| looked(RowFrom::User, &row, Label::NORMAL, &mut user)));
    rows
}

/// What the request does not bring, need by need; `record` has the rows of the patient's record.
pub(super) fn unmet(views: &Views, record: &[LookedRow]) -> Vec<Unmet> {
    let call = views.clearance().call();
    let of = |cleared: &Cleared| {
        let need = &cleared.need().name;
        let unmet = |named: Option<&Reference>, because| {
            let named = named.map(ToString::to_string);
            Unmet { need: need.clone(), named, because }
        };
        match &cleared.need().source {
            Source::DraftOrders if call.draft_orders.is_empty() => vec![unmet(None, Missing::NoDraft)],
            Source::Selections if call.selections.is_empty() => vec![unmet(None, Missing::NoSelection)],
            Source::Selections => {
                let drafts: BTreeSet<_> =
                    call.draft_orders.iter().map(SentRow::value).filter_map(reference_of).collect();
                let selected: BTreeSet<_> = call.selections.iter().collect();
                let lost = selected.into_iter().filter(|selected| !drafts.contains(selected));
                lost.map(|selected| unmet(Some(selected), Missing::NotADraft)).collect()
            }
            Source::Encounter => match &call.encounter {
                None => vec![unmet(None, Missing::NoEncounter)],
                Some(named) if record.iter().any(|row| reference_of(&row.resource).as_ref() == Some(named)) => {
                    Vec::new()
                }
                Some(named) => vec![unmet(Some(named), Missing::NotInRecord)],
            },
            Source::User if call.roles.is_empty() => vec![unmet(None, Missing::NoRole)],
            Source::DraftOrders | Source::User | Source::Record(_) => Vec::new(),
        }
    };
    views.clearance().needs().values().flat_map(of).collect()
}

/// The needs that rows from there are for.
fn takers(views: &Views, from: RowFrom) -> Vec<Taker<'_>> {
    let asking = views.clearance().needs().values().filter(|cleared| match &cleared.need().source {
        Source::Record(_) | Source::Encounter => from == RowFrom::Record,
        Source::DraftOrders | Source::Selections => from == RowFrom::DraftOrders,
        Source::User => from == RowFrom::User,
    });
    asking.map(|cleared| Taker { views, cleared, shown: 0, seen: BTreeSet::new() }).collect()
}

fn looked(from: RowFrom, row: &Value, label: Label, takers: &mut [Taker<'_>]) -> LookedRow {
    let reasons = if takers.is_empty() { vec![Why::Row(RowReason::NoNeed)] } else { Vec::new() };
    let needs = takers.iter_mut().map(|taker| taker.offer(row, label)).collect();
    LookedRow { from, resource: row.clone(), label: label.to_string(), rules: Vec::new(), needs, reasons }
}

/// A need that is offered the rows of the request, one after the other. Its view has those that it took, in their order: a
/// draft need not have an id to be found by.
struct Taker<'a> {
    views: &'a Views,
    cleared: &'a Cleared,
    shown: usize,
    seen: BTreeSet<Reference>,
}

impl Taker<'_> {
    fn offer(&mut self, row: &Value, label: Label) -> Shown {
        let need = self.cleared.need();
        let reference = reference_of(row);
        let reasons = self.why_not(row, reference.as_ref(), label);
        if !reasons.is_empty() {
            return Shown { need: need.name.clone(), row: None, absent: BTreeMap::new(), reasons };
        }
        let read = self.read(reference.as_ref());
        self.shown = self.shown.saturating_add(1);
        self.seen.extend(reference);
        Shown { need: need.name.clone(), row: read, absent: absent(row, self.views, need), reasons }
    }

    /// The row as the plugin would read it, if the view has it where it is expected.
    fn read(&self, reference: Option<&Reference>) -> Option<Value> {
        let (view, origins) = self.views.origins().find(|(view, _)| *view.need() == self.cleared.need().name)?;
        let origin = origins.get(self.shown)?;
        if origin.as_ref() != reference {
            return None;
        }
        serde_json::from_str(view.rows().nth(self.shown)?).ok()
    }

    /// In the order in which `gather` asks.
    fn why_not(&self, row: &Value, reference: Option<&Reference>, label: Label) -> Vec<Why> {
        let call = self.views.clearance().call();
        let selected = reference.is_some_and(|reference| call.selections.contains(reference));
        let foreign = membership(row, call.patient.as_str()) == Membership::Foreign;
        let first = match &self.cleared.need().source {
            Source::Selections if !selected => Some(RowReason::NotSelected),
            Source::DraftOrders | Source::Selections if resource_type(row).is_none() => Some(RowReason::Malformed),
            Source::DraftOrders | Source::Selections if foreign => Some(RowReason::OtherPatient),
            Source::DraftOrders | Source::Selections | Source::Record(_) | Source::Encounter | Source::User => None,
        };
        if let Some(first) = first {
            return vec![Why::Row(first)];
        }
        let above: Vec<_> = self.cleared.explain(row, label).into_iter().map(Why::Clearance).collect();
        let seen = reference.is_some_and(|reference| self.seen.contains(reference));
        match (above.is_empty(), changes_meaning(row), seen) {
            (false, _, _) => above,
            (true, true, _) => vec![Why::Row(RowReason::ChangedMeaning)],
            (true, false, true) => vec![Why::Row(RowReason::Duplicate)],
            (true, false, false) => Vec::new(),
        }
    }
}
