//! `gather`: declared needs become views. Every row is checked again, whoever sent it; what may not be seen is absent
//! before anything is counted, ordered, limited or linked.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use cordon_fhir::compartment::{Membership, membership};
use cordon_fhir::reference::Reference;
use cordon_fhir::scope::Scope;
use cordon_fhir::search::primary_date;
use cordon_fhir::types::{resource_id, resource_type};
use serde_json::Value;

use crate::call::{Prefetch, UserRight};
use crate::clearance::{Clearance, Cleared};
use crate::elements::changes_meaning;
use crate::ids::NeedName;
use crate::label::{Label, Labeled, Labels};
use crate::manifest::Source;
use crate::ports::{Query, Records, Unobtainable};
use crate::record::{Dropped, NeedCounts};
use crate::view::View;

/// Views, and the clearance they were made under.
#[must_use]
#[derive(Debug)]
pub struct Views {
    clearance: Clearance,
    views: Vec<View>,
    counts: BTreeMap<NeedName, NeedCounts>,
    drafts: BTreeMap<String, Reference>,
    /// Of each view, which resources its rows are.
    origins: Vec<Vec<Option<Reference>>>,
}

impl Views {
    /// The clearance they were made under.
    pub fn clearance(&self) -> &Clearance {
        &self.clearance
    }

    /// One view per granted need, in the order of their names.
    #[must_use]
    pub fn views(&self) -> &[View] {
        &self.views
    }

    /// Rows given and dropped, for the record.
    #[must_use]
    pub fn counts(&self) -> &BTreeMap<NeedName, NeedCounts> {
        &self.counts
    }

    /// The draft order a minted id stands for.
    pub(crate) fn draft(&self, minted: &str) -> Option<&Reference> {
        self.drafts.get(minted)
    }

    /// The views with what their rows stand for.
    pub(crate) fn origins(&self) -> impl Iterator<Item = (&View, &[Option<Reference>])> {
        self.views.iter().zip(self.origins.iter().map(Vec::as_slice))
    }

    pub(crate) fn into_parts(self) -> (Clearance, BTreeMap<NeedName, NeedCounts>) {
        (self.clearance, self.counts)
    }
}

/// How gathering ended.
#[must_use]
#[derive(Debug)]
pub enum Gathered {
    /// The guest may run.
    Ready(Views),
    /// Something was withheld on a need that says `abstain`: the guest is not run.
    Withheld(Views),
    /// A need could not be obtained: a state of the call, never of one need.
    Unobtainable(Clearance, Unobtainable),
}

/// Obtains every granted need.
pub fn gather(clearance: Clearance, records: &dyn Records, labels: &dyn Labels) -> Gathered {
    let mut shelves = Vec::new();
    for cleared in clearance.needs().values() {
        match collect(&clearance, cleared, records, labels) {
            Ok(shelf) => shelves.push(shelf),
            Err(unobtainable) => return Gathered::Unobtainable(clearance, unobtainable),
        }
    }
    let withheld = shelves.iter().any(|shelf| shelf.cleared.abstains() && shelf.counts.withheld() > 0);
    let minted = mint(&shelves);
    let drafts = drafts(&shelves, &minted);
    let views = shelves.iter().map(|shelf| shelf.view(&minted)).collect();
    let counts = shelves.iter().map(|shelf| (shelf.cleared.need().name.clone(), shelf.counts.clone())).collect();
    let origins = shelves.iter().map(|shelf| shelf.rows.iter().map(|row| reference_of(row)).collect()).collect();
    let views = Views { views, counts, drafts, origins, clearance };
    if withheld { Gathered::Withheld(views) } else { Gathered::Ready(views) }
}

/// The rows of one need while they are looked at. What the client sent is not copied: many needs may ask for it.
struct Shelf<'a> {
    cleared: Cleared,
    patient: String,
    rows: Vec<Cow<'a, Value>>,
    seen: BTreeSet<Reference>,
    counts: NeedCounts,
}

fn collect<'a>(
    clearance: &'a Clearance,
    cleared: &Cleared,
    records: &dyn Records,
    labels: &dyn Labels,
) -> Result<Shelf<'a>, Unobtainable> {
    let call = clearance.call();
    let mut shelf = Shelf {
        cleared: cleared.clone(),
        patient: call.patient.to_string(),
        rows: Vec::new(),
        seen: BTreeSet::new(),
        counts: NeedCounts::default(),
    };
    if cleared.denied() {
        // Asking the source would tell it, and a failure of it would tell the caller, that there is something.
        shelf.counts.denied = true;
        return Ok(shelf);
    }
    let need = cleared.need();
    match &need.source {
        Source::Record(scope) => match call.prefetch.get(&need.name) {
            Some(Prefetch::Rows { rows, complete: true }) => shelf.offer_all(rows, labels),
            Some(Prefetch::Null) => {}
            // A page that is not all of it, a failure and a missing key alike: the store stands in, or nobody does.
            Some(Prefetch::Rows { complete: false, .. } | Prefetch::Failed) | None => {
                shelf.stand_in(clearance, scope, records)?;
            }
        },
        Source::DraftOrders => shelf.offer_all(&call.draft_orders, labels),
        Source::Selections => {
            // A set: both lists are as long as the client likes.
            let selections: BTreeSet<&Reference> = call.selections.iter().collect();
            let selected = |row: &&Value| reference_of(row).is_some_and(|r| selections.contains(&r));
            shelf.offer_all(call.draft_orders.iter().filter(selected), labels);
        }
    }
    shelf.limit();
    Ok(shelf)
}

impl<'a> Shelf<'a> {
    /// Takes what the client sent: it is labelled here, as what the store holds was at ingest.
    fn offer_all(&mut self, rows: impl IntoIterator<Item = &'a Value>, labels: &dyn Labels) {
        for row in rows {
            self.offer(Cow::Borrowed(row), || labels.mark(row).label);
        }
    }

    /// The store may stand in only under the user's verified right.
    fn stand_in(&mut self, clearance: &Clearance, scope: &Scope, records: &dyn Records) -> Result<(), Unobtainable> {
        let call = clearance.call();
        let unobtainable = || Unobtainable(self.cleared.need().name.clone());
        let covered = match &call.right {
            UserRight::Unverified => false,
            UserRight::Scopes(scopes) => scopes.covers(scope),
        };
        if !covered {
            return Err(unobtainable());
        }
        let query = Query { tenant: &call.tenant, patient: &call.patient, scope };
        let wanted = self.cleared.need().newest.map_or(usize::MAX, |n| usize::try_from(n).unwrap_or(usize::MAX));
        let name = self.cleared.need().name.clone();
        let mut each = |row: Labeled<Value>| {
            self.offer(Cow::Owned(row.value), || row.label);
            // The source gives the newest first, so that what lies beyond the limit need not be read.
            if self.rows.len() >= wanted { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        records.visit(query, &mut each).map_err(|_| Unobtainable(name))
    }

    /// Takes a row that belongs here; drops and counts any other.
    fn offer(&mut self, row: Cow<'a, Value>, label: impl FnOnce() -> Label) {
        match self.judge(&row, label) {
            Ok(()) => {
                self.seen.extend(reference_of(&row));
                self.rows.push(row);
            }
            Err(dropped) => self.counts.drop(dropped),
        }
    }

    fn judge(&self, row: &Value, label: impl FnOnce() -> Label) -> Result<(), Dropped> {
        if resource_type(row).is_none() {
            return Err(Dropped::Malformed);
        }
        let membership = membership(row, &self.patient);
        match &self.cleared.need().source {
            Source::Record(_) if membership != Membership::Member => return Err(Dropped::Foreign),
            Source::Record(scope) if !scope.admits(row) => return Err(Dropped::OutsideNeed),
            // A draft may not name its patient yet, but it must not name another.
            Source::DraftOrders | Source::Selections if membership == Membership::Foreign => {
                return Err(Dropped::Foreign);
            }
            Source::Record(_) | Source::DraftOrders | Source::Selections => {}
        }
        if !self.cleared.dominates(row, label) {
            return Err(Dropped::Withheld);
        }
        if changes_meaning(row) {
            return Err(Dropped::ChangedMeaning);
        }
        // Last: what is withheld counts as withheld, also beside a visible row of the same id.
        if reference_of(row).is_some_and(|reference| self.seen.contains(&reference)) {
            return Err(Dropped::Duplicate);
        }
        Ok(())
    }

    /// Orders the visible rows, newest first and then by id, and keeps as many as the need asks for.
    fn limit(&mut self) {
        let Source::Record(_) = self.cleared.need().source else { return };
        self.rows.sort_by_cached_key(|row| {
            let newest = primary_date(row).map(|range| (range.upper, range.lower));
            (Reverse(newest), resource_id(row).unwrap_or_default().to_owned())
        });
        if let Some(newest) = self.cleared.need().newest {
            self.rows.truncate(usize::try_from(newest).unwrap_or(usize::MAX));
        }
    }

    fn view(&self, minted: &BTreeMap<Reference, String>) -> View {
        let link = |target: &Reference| minted.get(target).map(|id| format!("{}/{id}", target.resource_type));
        let unnamed = |at: usize| format!("{}-{}", self.cleared.need().name, at.saturating_add(1));
        let rows = self.rows.iter().enumerate().map(|(at, row)| {
            let id = reference_of(row).and_then(|r| minted.get(&r).cloned()).unwrap_or_else(|| unnamed(at));
            Arc::from(self.cleared.need().elements.minimise(row, &id, &link).to_string())
        });
        View::new(self.cleared.need().name.clone(), rows.collect())
    }
}

pub(crate) fn reference_of(row: &Value) -> Option<Reference> {
    Some(Reference { resource_type: resource_type(row)?, id: resource_id(row)?.to_owned() })
}

/// Ids for the rows in view, counted in the order of the views: they mean nothing elsewhere and say nothing of what is
/// not in view.
fn mint(shelves: &[Shelf<'_>]) -> BTreeMap<Reference, String> {
    let mut minted = BTreeMap::new();
    for reference in shelves.iter().flat_map(|shelf| shelf.rows.iter().filter_map(|row| reference_of(row))) {
        let next = format!("r{}", minted.len().saturating_add(1));
        minted.entry(reference).or_insert(next);
    }
    minted
}

/// The draft orders in view by minted id, so that a suggestion to delete one can be restored at the sink.
fn drafts(shelves: &[Shelf<'_>], minted: &BTreeMap<Reference, String>) -> BTreeMap<String, Reference> {
    let context = shelves.iter().filter(|shelf| match shelf.cleared.need().source {
        Source::Record(_) => false,
        Source::DraftOrders | Source::Selections => true,
    });
    let references = context.flat_map(|shelf| shelf.rows.iter().filter_map(|row| reference_of(row)));
    references.filter_map(|reference| Some((minted.get(&reference)?.clone(), reference))).collect()
}
