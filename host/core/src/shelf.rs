//! One need while its rows are looked at: what is not the plugin's business is dropped and counted, the rest is reduced
//! to what may be read, and only that is measured, ordered and limited.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use cordon_fhir::DateRange;
use cordon_fhir::compartment::{Membership, membership};
use cordon_fhir::reference::Reference;
use cordon_fhir::scope::Scope;
use cordon_fhir::search::primary_date;
use cordon_fhir::types::{resource_id, resource_type};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::call::{HookCall, Prefetch, UserRight};
use crate::clearance::{Clearance, Cleared};
use crate::dates::{Reduction, Shift};
use crate::elements::{Readable, changes_meaning};
use crate::fault::out;
use crate::ids::{Coins, Digest, Role};
use crate::label::{Label, Labeled, Labels};
use crate::limits::{MOST_ROW_BYTES, MOST_ROWS};
use crate::manifest::Source;
use crate::ports::{Query, Records, RecordsError, Unobtainable};
use crate::record::{Dropped, NeedCounts};
use crate::sent::SentRow;
use crate::view::View;

/// Where rows come from, and what labels those that the client sent.
#[derive(Clone, Copy)]
pub(crate) struct Sources<'a> {
    pub(crate) records: &'a dyn Records,
    pub(crate) labels: &'a dyn Labels,
}

/// The rows of one need.
pub(crate) struct Shelf<'c> {
    cleared: &'c Cleared,
    reduction: Reduction,
    patient: &'c str,
    encounter: Option<&'c Reference>,
    coins: Coins,
    rows: Vec<Row>,
    /// What they take up.
    bytes: usize,
    seen: BTreeSet<Reference>,
    counts: NeedCounts,
    /// The newest row that was withheld, by the date of its source.
    withheld: Option<Option<Dated>>,
    /// More than a view holds, even after the limit.
    overfull: bool,
}

/// A visible row.
struct Row {
    origin: Option<Reference>,
    readable: Readable,
    bytes: usize,
    rank: Rank,
}

/// Where a row stands: newest first by the date that the plugin reads; then by what else it reads, in an order that
/// prefers nothing (a digest); rows that read the same stand as the invocation's coins fall. The record's ids decide
/// nothing, so the order tells nothing about them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Rank(Reverse<Option<Dated>>, Digest, Digest);

/// The last and the first instant of a date.
type Dated = (Timestamp, Timestamp);

fn dated(row: &Value) -> Option<Dated> {
    primary_date(row).map(ends)
}

fn ends(range: DateRange) -> Dated {
    (range.upper, range.lower)
}

impl Row {
    fn new(row: &Value, origin: Option<Reference>, shelf: &Shelf<'_>) -> Self {
        let Shelf { cleared, reduction, coins, .. } = shelf;
        let readable = cleared.need().elements.read(row).reduced(reduction);
        let text = readable.alone();
        let name = origin.as_ref().map(ToString::to_string).unwrap_or_default();
        let thrown = Digest::of(&[b"order of rows\0".as_slice(), &coins.seed(), name.as_bytes()].concat());
        let rank = if out!(OrderByHidden) {
            Rank(Reverse(dated(row)), Digest::of(row.to_string().as_bytes()), thrown)
        } else {
            Rank(Reverse(readable.dated().map(ends)), Digest::of(text.as_bytes()), thrown)
        };
        Self { origin, readable, bytes: text.len(), rank }
    }
}

impl<'c> Shelf<'c> {
    /// Obtains the rows of one need.
    pub(crate) fn fill(
        clearance: &'c Clearance,
        cleared: &'c Cleared,
        shift: Result<Option<Shift>, RecordsError>,
        from: Sources<'_>,
    ) -> Result<Self, Unobtainable> {
        let call = clearance.call();
        let need = cleared.need();
        let shift = shift.map_err(|_| Unobtainable(need.name.clone()))?;
        let mut shelf = Self {
            cleared,
            reduction: Reduction::of(need, call.now, shift),
            patient: call.patient.as_str(),
            encounter: call.encounter.as_ref(),
            coins: call.coins,
            rows: Vec::new(),
            bytes: 0,
            seen: BTreeSet::new(),
            counts: NeedCounts { denied: cleared.denied(), ..NeedCounts::default() },
            withheld: None,
            overfull: false,
        };
        shelf.collect(call, from)?;
        shelf.settle();
        if shelf.overfull { Err(shelf.unobtainable()) } else { Ok(shelf) }
    }

    fn collect(&mut self, call: &HookCall, from: Sources<'_>) -> Result<(), Unobtainable> {
        let labels = from.labels;
        match &self.cleared.need().source {
            Source::Record(scope) => self.obtain(call, scope, from)?,
            Source::DraftOrders => self.offer_all(&call.draft_orders, labels),
            Source::Selections => {
                // A set: both lists are as long as the client likes.
                let selections: BTreeSet<&Reference> = call.selections.iter().collect();
                let selected = |row: &&SentRow| reference_of(row.value()).is_some_and(|r| selections.contains(&r));
                self.offer_all(call.draft_orders.iter().filter(selected), labels);
            }
            Source::Encounter => {
                if let Some(encounter) = &call.encounter {
                    let scope = format!("patient/Encounter.r?_id={}", encounter.id);
                    let scope = Scope::parse(&scope).map_err(|_| self.unobtainable())?;
                    self.obtain(call, &scope, from)?;
                }
            }
            Source::User => {
                if let Some(row) = roles(&call.roles)
                    && self.offer(&row, || Label::NORMAL).is_break()
                {
                    return Err(self.unobtainable());
                }
            }
        }
        Ok(())
    }

    /// What the client sent, or the record in its place.
    fn obtain(&mut self, call: &HookCall, scope: &Scope, from: Sources<'_>) -> Result<(), Unobtainable> {
        match call.prefetch.get(&self.cleared.need().name) {
            Some(Prefetch::Rows { rows, complete }) if *complete || out!(TruncatedTrusted) => {
                self.offer_all(rows, from.labels)
            }
            Some(Prefetch::Null) => {}
            // A page that is not all of it, a failure and a missing key alike: the store stands in, or nobody does.
            Some(Prefetch::Rows { .. } | Prefetch::Failed) | None => {
                self.stand_in(call, scope, from.records)?;
            }
        }
        Ok(())
    }

    /// Takes what the client sent: it is labelled here, as what the store holds was at ingest.
    fn offer_all<'a>(&mut self, rows: impl IntoIterator<Item = &'a SentRow>, labels: &dyn Labels) {
        for row in rows {
            if self.offer(row.value(), || row.label(labels)).is_break() {
                break;
            }
        }
    }

    /// The store may stand in only under the user's verified right.
    fn stand_in(&mut self, call: &HookCall, scope: &Scope, records: &dyn Records) -> Result<(), Unobtainable> {
        let covered = match &call.right {
            UserRight::Unverified => false,
            UserRight::Scopes(scopes) => scopes.covers(scope),
        };
        if !covered {
            return Err(self.unobtainable());
        }
        // Of a denied need, asking the source would tell it, and a failure of it would tell the caller, that there is
        // something. Whether the caller has a right to it does not depend on the patient, so that comes first.
        if self.cleared.denied() && !out!(DeniedAsks) {
            return Ok(());
        }
        let query = Query { tenant: &call.tenant, patient: &call.patient, scope };
        // A reduced date is not where the source has it, so the source's order decides nothing.
        let mut left = if self.reduction.is_none() { self.newest() } else { usize::MAX };
        let mut last = None;
        let mut each = |row: Labeled<&Value>| {
            // The source gives the newest first: what is older than the last row wanted need not be read. An equal one
            // must be, or the source's order would choose.
            if left == 0 && dated(row.value) < last {
                return ControlFlow::Break(());
            }
            let held = self.rows.len();
            self.offer(row.value, || row.label)?;
            if left > 0
                && let Some(Rank(Reverse(Some(date)), ..)) = self.rows.get(held).map(|row| &row.rank)
            {
                (left, last) = (left.saturating_sub(1), Some(*date));
            }
            ControlFlow::Continue(())
        };
        records.visit(query, &mut each).map_err(|_| self.unobtainable())
    }

    fn unobtainable(&self) -> Unobtainable {
        Unobtainable(self.cleared.need().name.clone())
    }

    fn newest(&self) -> usize {
        self.cleared.need().newest.map_or(usize::MAX, |n| usize::try_from(n).unwrap_or(usize::MAX))
    }

    /// Takes a row that belongs here; drops and counts any other. Breaks when there is more than a view holds.
    fn offer(&mut self, row: &Value, label: impl FnOnce() -> Label) -> ControlFlow<()> {
        let offered = self.rows.len().saturating_add(self.counts.all());
        if out!(LimitFirst) && offered >= self.newest() {
            return ControlFlow::Break(());
        }
        let origin = reference_of(row);
        if let Err(dropped) = self.judge(row, origin.as_ref(), label) {
            if out!(DuplicateFirst) {
                self.seen.extend(origin);
            }
            match dropped {
                Dropped::Withheld | Dropped::ChangedMeaning => self.withheld = self.withheld.max(Some(dated(row))),
                Dropped::Foreign | Dropped::OutsideNeed | Dropped::Malformed | Dropped::Duplicate => {}
            }
            self.counts.drop(dropped);
            return ControlFlow::Continue(());
        }
        let row = Row::new(row, origin, self);
        self.seen.extend(row.origin.clone());
        self.bytes = self.bytes.saturating_add(row.bytes);
        self.rows.push(row);
        // Twice the room, so that a long record is not sorted at every row.
        if self.exceeds(2) {
            self.settle();
        }
        if self.overfull { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn judge(&self, row: &Value, origin: Option<&Reference>, label: impl FnOnce() -> Label) -> Result<(), Dropped> {
        if resource_type(row).is_none() {
            return Err(Dropped::Malformed);
        }
        let membership = membership(row, self.patient);
        match &self.cleared.need().source {
            Source::Record(_) | Source::Encounter if membership != Membership::Member && !out!(ForeignKept) => {
                return Err(Dropped::Foreign);
            }
            Source::Record(scope) if !scope.admits(row) && !out!(NeedUnchecked) => return Err(Dropped::OutsideNeed),
            Source::Encounter if origin != self.encounter => return Err(Dropped::OutsideNeed),
            Source::DraftOrders | Source::Selections if out!(DraftsUnchecked) => return Ok(()),
            // A draft may not name its patient yet, but it must not name another.
            Source::DraftOrders | Source::Selections if membership == Membership::Foreign => {
                return Err(Dropped::Foreign);
            }
            Source::Record(_) | Source::DraftOrders | Source::Selections | Source::Encounter | Source::User => {}
        }
        if !self.cleared.dominates(row, label) {
            return Err(Dropped::Withheld);
        }
        if changes_meaning(row) {
            return Err(Dropped::ChangedMeaning);
        }
        // Last: what is withheld counts as withheld, also beside a visible row of the same id.
        if origin.is_some_and(|origin| self.seen.contains(origin)) {
            return Err(Dropped::Duplicate);
        }
        Ok(())
    }

    /// Orders the visible rows, keeps as many as the need asks for, and sees whether they are too many. Orders being
    /// written stay as the request has them.
    fn settle(&mut self) {
        if let Source::Record(_) = self.cleared.need().source {
            self.rows.sort_by(|a, b| a.rank.cmp(&b.rank));
            self.rows.truncate(self.newest());
            self.bytes = self.rows.iter().fold(0, |sum, row| sum.saturating_add(row.bytes));
        }
        self.overfull = self.exceeds(1);
    }

    /// Whether there is more than so many views hold. Only visible rows and readable bytes count: hidden ones change
    /// nothing.
    fn exceeds(&self, views: usize) -> bool {
        self.rows.len() > MOST_ROWS.saturating_mul(views) || self.bytes > MOST_ROW_BYTES.saturating_mul(views)
    }

    /// The need, cleared.
    pub(crate) fn cleared(&self) -> &'c Cleared {
        self.cleared
    }

    /// Whether something was withheld that would have been in the view. What is older than the last row of a full view
    /// would not: a source may not even have come to it. A reduced date is not where the source has it, so it is no bound.
    pub(crate) fn withholds(&self) -> bool {
        let last =
            self.newest().checked_sub(1).and_then(|last| self.rows.get(last)).filter(|_| self.reduction.is_none());
        let bound = last.and_then(|Row { rank: Rank(Reverse(date), ..), .. }| *date);
        self.cleared.denied() || self.withheld.is_some_and(|newest| newest >= bound)
    }

    /// Rows dropped.
    pub(crate) fn counts(&self) -> &NeedCounts {
        &self.counts
    }

    /// Which resources the visible rows are.
    pub(crate) fn origins(&self) -> impl Iterator<Item = Option<&Reference>> {
        self.rows.iter().map(|row| row.origin.as_ref())
    }

    /// What the plugin reads.
    pub(crate) fn view(&self, minted: &BTreeMap<Reference, String>) -> View {
        let link = |target: &Reference| match minted.get(target) {
            Some(id) => Some(format!("{}/{id}", target.resource_type)),
            None => out!(Dangling).then(|| target.to_string()),
        };
        let unnamed = |at: usize| format!("{}-{}", self.cleared.need().name, at.saturating_add(1));
        let rows = self.rows.iter().enumerate().map(|(at, row)| {
            let id = row.origin.as_ref().and_then(|origin| minted.get(origin).cloned()).unwrap_or_else(|| unnamed(at));
            row.readable.row(&id, &link)
        });
        View::new(self.cleared.need().name.clone(), rows).listing(self.cleared.need().elements.shared())
    }
}

/// The user's roles as a row that the host makes: who the user is stays outside.
pub(crate) fn roles(roles: &BTreeSet<Role>) -> Option<Value> {
    let coding = |role: &Role| match role.as_str().rsplit_once('|') {
        Some((system, code)) => json!({"coding": [{"system": system, "code": code}]}),
        None => json!({"coding": [{"code": role.as_str()}]}),
    };
    let codes: Vec<Value> = roles.iter().map(coding).collect();
    (!codes.is_empty()).then(|| json!({"resourceType": "PractitionerRole", "code": codes}))
}

/// What a row is called in the record.
pub(crate) fn reference_of(row: &Value) -> Option<Reference> {
    Some(Reference { resource_type: resource_type(row)?, id: resource_id(row)?.to_owned() })
}
