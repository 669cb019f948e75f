//! What a call writes into cells says which shreds came before it was admitted.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use cordon_core::call::HookCall;
use cordon_core::cells::{CellKey, Held};
use cordon_core::grant::{Grant, Installed};
use cordon_core::ids::{Digest, EntryName, PluginId, TenantId};
use cordon_core::invoke::{Ports, invoke};
use cordon_core::manifest::Manifest;
use cordon_core::message::{Answer, PackData, RunEnd, RunMessage, RunReply};
use cordon_core::ports::{
    Decided, Effects, Kept, KeptError, Ledger, LedgerError, Occasion, Policy, PolicyError, Runner, RunnerError,
};
use cordon_core::record::{LeafIndex, Outcome, Record};

use crate::fakes::{MANIFEST, PermitAll, World, call, creatinine, prefetched, whole};

const CELL: &str = "[[cell]]\nname = \"seen\"\nsize = 64\nwhy = \"w\"\n";

/// The shreds so far; `None` if they cannot be read.
type Count = Rc<Cell<Option<u64>>>;

struct Counted(Count);

impl Kept for Counted {
    fn cells(&self, _: &CellKey) -> Result<BTreeMap<EntryName, Held>, KeptError> {
        Ok(BTreeMap::new())
    }

    fn shreds(&self, _: &TenantId) -> Result<u64, KeptError> {
        self.0.get().ok_or(KeptError)
    }

    fn pack(&self, _: &TenantId, _: &PluginId, _: &EntryName) -> Result<Option<Arc<PackData>>, KeptError> {
        Ok(None)
    }
}

/// Permits; while it decides, something else is withdrawn.
struct Withdrawn(Count);

impl Policy for Withdrawn {
    fn decide(&self, occasion: &Occasion<'_>) -> Result<Decided, PolicyError> {
        self.0.set(self.0.get().map(|count| count + 1));
        PermitAll.decide(occasion)
    }
}

struct Writes;

impl Runner for Writes {
    fn run(&self, _: RunMessage) -> Result<RunReply, RunnerError> {
        let cells = BTreeMap::from([(EntryName::new("seen").unwrap(), Some(b"1".to_vec()))]);
        Ok(RunReply { cells, ..RunReply::new(RunEnd::Answered(Answer::default()), 1) })
    }
}

/// What the records' writes say.
#[derive(Default)]
struct Since(RefCell<Vec<u64>>);

impl Ledger for Since {
    fn append(&self, _: &Record, effects: Effects) -> Result<LeafIndex, LedgerError> {
        self.0.borrow_mut().extend(effects.cells.iter().map(|write| write.since));
        Ok(LeafIndex(0))
    }
}

fn keeping() -> HookCall {
    let manifest = Manifest::parse(&format!("{MANIFEST}{CELL}")).unwrap();
    let grant = Grant::whole(&manifest);
    let installed = Installed::new(manifest, Digest::of(b"component"), Digest::of(b"envelope"), &grant).unwrap();
    HookCall { installed: Arc::new(installed), ..call(&whole(), &prefetched(vec![creatinine("a", "p", "2021-01-01")])) }
}

/// How a call ends, and what its writes say.
fn outcome(call: HookCall, count: Option<u64>) -> (Outcome, Vec<u64>) {
    let count = Rc::new(Cell::new(count));
    let (kept, since) = (Counted(Rc::clone(&count)), Since::default());
    let world = World { policy: Box::new(Withdrawn(count)), ..World::new(Vec::new()) };
    let ports = Ports { kept: &kept, ledger: &since, runner: &Writes, ..world.ports() };
    (invoke(call, ports).unwrap().outcome, since.0.into_inner())
}

#[test]
fn a_write_says_the_shreds_that_were_counted_before_the_policy_decided() {
    assert_eq!(outcome(keeping(), Some(7)), (Outcome::Answered, vec![7]));
}

#[test]
fn a_call_of_a_plugin_that_keeps_something_ends_when_the_shreds_cannot_be_read() {
    assert_eq!(outcome(keeping(), None), (Outcome::KeptUnavailable, Vec::new()));
}
