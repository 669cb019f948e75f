//! One writer keeps the edge of its tree in memory: the log is the same as if it had asked the store each time.

use std::sync::Arc;

use cordon_audit::checkpoint::{Origin, SignerKey};
use cordon_audit::verify::verify_log;
use cordon_core::ids::TenantId;
use cordon_core::ports::{Effects, Ledger as _, LedgerError};
use cordon_core::record::{Event, LeafIndex, Private, Record};
use cordon_server::ledger::{GroupLedger, StoredLog};
use cordon_store::Store;
use jiff::Timestamp;

fn store(folder: &tempfile::TempDir) -> Arc<Store> {
    Arc::new(Store::open(folder.path(), &TenantId::new("north").unwrap()).unwrap())
}

fn ledger(store: &Arc<Store>) -> GroupLedger {
    GroupLedger::start(Arc::clone(store), SignerKey::new(Origin::new("test.example/log").unwrap(), [7; 32])).unwrap()
}

fn append(ledger: &GroupLedger, said: &str) -> Result<LeafIndex, LedgerError> {
    let event = Event::Started { host: said.to_owned() };
    let tenant = TenantId::new("north").unwrap();
    ledger.append(&Record { tenant, at: Timestamp::UNIX_EPOCH, event, private: Private::default() }, Effects::none())
}

fn verified(store: &Store, ledger: &GroupLedger) -> u64 {
    verify_log(&StoredLog(store), ledger.verifier(), None).unwrap().head.size
}

#[test]
fn groups_of_every_size_and_a_restart_make_one_tree() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder);
    let first = ledger(&store);
    std::thread::scope(|scope| {
        for writer in 0..6 {
            let first = &first;
            scope.spawn(move || (0..40).for_each(|n| assert!(append(first, &format!("{writer} {n}")).is_ok())));
        }
    });
    assert_eq!(verified(&store, &first), 240);
    drop(first);
    let second = ledger(&store);
    for n in 240..300 {
        assert_eq!(append(&second, "again"), Ok(LeafIndex(n)));
    }
    assert_eq!(verified(&store, &second), 300);
}

#[test]
fn a_record_that_was_not_written_leaves_no_trace_in_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder);
    let ledger = ledger(&store);
    assert_eq!(append(&ledger, "before"), Ok(LeafIndex(0)));
    store.limit(1).unwrap();
    let large = "x".repeat(100_000);
    assert_eq!([append(&ledger, &large), append(&ledger, &large)], [Err(LedgerError), Err(LedgerError)]);
    assert!(!ledger.is_writable());
    store.limit(1 << 30).unwrap();
    for n in 1..40 {
        assert_eq!(append(&ledger, "after"), Ok(LeafIndex(n)));
    }
    assert_eq!(verified(&store, &ledger), 40);
}
