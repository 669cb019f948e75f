//! The rooms a desk puts behind the pipeline's ports: a record in memory, a ledger in memory, and a runner that remembers.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::BTreeMap;

use cordon_core::ids::{NeedName, PatientId, PseudonymKey, TenantId};
use cordon_core::label::{Labeled, Labels as _, NoRules};
use cordon_core::message::{Answer, RunEnd, RunMessage, RunReply, Said};
use cordon_core::ports::{Each, Effects, Ledger, LedgerError, Query, Records, RecordsError, Runner, RunnerError};
use cordon_core::record::{LeafIndex, Record};
use cordon_core::view::View;
use cordon_fhir::compartment::{Membership, membership};
use cordon_fhir::search::primary_date;
use cordon_fhir::types::resource_id;
use cordon_runtime::{LocalRunner, Watched};
use serde_json::Value;

/// A record in memory. Searches it as a store does: one patient's rows, newest first and then by id.
pub(crate) struct Memory<'a>(pub(crate) &'a [Value]);

impl Records for Memory<'_> {
    fn visit(&self, query: Query<'_>, each: &mut Each<'_>) -> Result<(), RecordsError> {
        let patient = query.patient.as_str();
        let found = |row: &&Value| query.scope.admits(row) && membership(row, patient) == Membership::Member;
        let mut rows: Vec<&Value> = self.0.iter().filter(found).collect();
        rows.sort_by_cached_key(|row| {
            let newest = primary_date(row).map(|range| (range.upper, range.lower));
            (Reverse(newest), resource_id(row).unwrap_or_default().to_owned())
        });
        for row in rows {
            if each(Labeled { label: NoRules.mark(row).label, value: row }).is_break() {
                break;
            }
        }
        Ok(())
    }

    /// A case has no consents: the desk shows what a whole grant gives.
    fn consents(&self, _: &TenantId, _: &PatientId) -> Result<Vec<Value>, RecordsError> {
        Ok(Vec::new())
    }

    /// A desk shifts dates the same way every time.
    fn pseudonyms(&self, _: &TenantId) -> Result<PseudonymKey, RecordsError> {
        Ok(PseudonymKey::new([0; 32]))
    }
}

/// A ledger in memory.
#[derive(Default)]
pub(crate) struct Book(pub(crate) RefCell<Vec<(Record, Effects)>>);

impl Ledger for Book {
    fn append(&self, record: &Record, effects: Effects) -> Result<LeafIndex, LedgerError> {
        let mut records = self.0.borrow_mut();
        let leaf = u64::try_from(records.len()).map_err(|_| LedgerError)?;
        records.push((record.clone(), effects));
        Ok(LeafIndex(leaf))
    }
}

/// What was seen of one run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    /// Rows handed over, by need.
    pub(crate) rows: BTreeMap<NeedName, usize>,
    /// What was handed over.
    pub(crate) views: Vec<View>,
    /// What the plugin answered, before it was released.
    pub(crate) answer: Option<Answer>,
    /// What it noted, before it was released.
    pub(crate) notes: Vec<Said>,
    /// What the runtime tells on a desk.
    pub(crate) watched: Watched,
}

/// The production runner, with a look at what went in and what was asked.
pub(crate) struct Watching<'a> {
    pub(crate) runner: &'a LocalRunner,
    pub(crate) seen: RefCell<Seen>,
}

impl Runner for Watching<'_> {
    fn run(&self, message: RunMessage) -> Result<RunReply, RunnerError> {
        let rows = message.views.iter().map(|view| (view.need().clone(), view.rows().len())).collect();
        let views = message.views.clone();
        let (reply, watched) = self.runner.watch(message)?;
        let answer = match &reply.end {
            RunEnd::Answered(answer) => Some(answer.clone()),
            RunEnd::Failed(_) | RunEnd::Trapped(_) => None,
        };
        *self.seen.borrow_mut() = Seen { rows, views, answer, notes: reply.notes.clone(), watched };
        Ok(reply)
    }
}
