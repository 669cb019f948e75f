//! What is kept for plugins, through the ports that calls use: real stores, real logs.

use std::collections::BTreeMap;
use std::sync::{Arc, Barrier};

use cordon_audit::checkpoint::{Origin, SignerKey};
use cordon_core::call::Purpose;
use cordon_core::cells::{CellKey, CellWrite, Held};
use cordon_core::ids::{Digest, EntryName, PatientId, PluginId, TenantId};
use cordon_core::ports::{Breaker as _, Effects, Kept as _, KeptError, Ledger as _};
use cordon_core::record::{Event, LeafIndex, Private, Record};
use cordon_server::breaker::Breakers;
use cordon_server::kept::Stores;
use cordon_server::ledger::GroupLedger;
use cordon_store::{DataDirectory, NewPack, Quarantined, Store};
use jiff::Timestamp;

struct Two {
    _folder: tempfile::TempDir,
    stores: Arc<Stores>,
}

fn tenant(name: &str) -> TenantId {
    TenantId::new(name).unwrap()
}

/// The tenants `north` and `south`.
fn two() -> Two {
    let folder = tempfile::tempdir().unwrap();
    let data = DataDirectory::open(folder.path()).unwrap();
    let stores = ["north", "south"].map(|name| Arc::new(data.store(&tenant(name)).unwrap()));
    Two { _folder: folder, stores: Arc::new(Stores::from_iter(stores)) }
}

impl Two {
    fn north(&self) -> &Arc<Store> {
        self.stores.of(&tenant("north")).unwrap()
    }
}

fn plugin() -> PluginId {
    PluginId::new("org.example.renal").unwrap()
}

fn key(name: &str) -> CellKey {
    CellKey {
        tenant: tenant(name),
        plugin: plugin(),
        patient: PatientId::new("p").unwrap(),
        purpose: Purpose::Treatment,
        clearance: Digest::of(b"clearance"),
    }
}

fn entry(name: &str) -> EntryName {
    EntryName::new(name).unwrap()
}

fn write(bytes: Vec<u8>) -> Effects {
    let write =
        CellWrite { key: key("north"), name: entry("last"), read: None, since: 0, size: 64, bytes: Some(bytes) };
    Effects { cells: vec![write], ..Effects::none() }
}

fn ledger(store: &Arc<Store>) -> GroupLedger {
    GroupLedger::start(Arc::clone(store), SignerKey::new(Origin::new("test.example/log").unwrap(), [7; 32])).unwrap()
}

fn record() -> Record {
    let event = Event::Started { host: "test".to_owned() };
    Record { tenant: tenant("north"), at: Timestamp::UNIX_EPOCH, event, private: Private::default() }
}

#[test]
fn of_runs_that_race_for_a_cell_one_writes_it_and_all_are_recorded() {
    let two = two();
    let ledger = ledger(two.north());
    let start = Barrier::new(8);
    let run = |n: u8| {
        start.wait();
        (ledger.append(&record(), write(vec![n])).unwrap(), n)
    };
    let leaves: BTreeMap<LeafIndex, u8> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..8).map(|n| scope.spawn(move || run(n))).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    assert_eq!((leaves.len(), two.north().log_size().unwrap()), (8, 8));
    // The first in the log has won.
    let (leaf, n) = leaves.first_key_value().unwrap();
    let held = Held { version: leaf.0 + 1, bytes: vec![*n] };
    assert_eq!(two.stores.cells(&key("north")), Ok([(entry("last"), held)].into()));
    assert_eq!(two.stores.cells(&key("south")), Ok(BTreeMap::new()));
    assert_eq!(two.stores.cells(&key("nowhere")), Err(KeptError));
}

fn put(store: &Store, serial: u64, bytes: &[u8]) {
    let (plugin, name, version, envelope) = (plugin(), entry("drugs"), format!("v{serial}"), b"envelope");
    let at = Timestamp::UNIX_EPOCH;
    let new =
        NewPack { plugin: &plugin, name: &name, serial, version: &version, envelope, bytes, at, by: "a", reason: "r" };
    store.put_pack(store.tenant(), &new).unwrap();
}

#[test]
fn a_pack_is_read_once_until_another_serves() {
    let two = two();
    let pack = |name: &str| two.stores.pack(&tenant(name), &plugin(), &entry("drugs"));
    assert_eq!(pack("north"), Ok(None));
    put(two.north(), 1, b"one");
    let (one, again) = (pack("north").unwrap().unwrap(), pack("north").unwrap().unwrap());
    assert_eq!((one.version.as_str(), one.digest, one.bytes.as_slice()), ("v1", Digest::of(b"one"), &b"one"[..]));
    assert!(Arc::ptr_eq(&one, &again));
    put(two.north(), 2, b"two");
    assert_eq!(pack("north").unwrap().unwrap().bytes, b"two");
    assert_eq!(pack("south"), Ok(None));
    put(two.stores.of(&tenant("south")).unwrap(), 1, b"of the south");
    assert_eq!(pack("north").unwrap().unwrap().bytes, b"two");
    assert_eq!(pack("south").unwrap().unwrap().bytes, b"of the south");
    assert_eq!(pack("nowhere"), Err(KeptError));
}

#[test]
fn a_plugin_in_quarantine_runs_for_nobody_of_its_tenant_until_it_ends() {
    let two = two();
    let breakers = Breakers::new(Arc::clone(&two.stores));
    let at = Timestamp::UNIX_EPOCH;
    let admits = |key: &CellKey| breakers.admits(key, at);
    let new = Quarantined { plugin: plugin(), at, by: "a".to_owned(), reason: "r".to_owned() };
    two.north().quarantine(&tenant("north"), &new).unwrap();
    let other = CellKey { patient: PatientId::new("q").unwrap(), ..key("north") };
    let others = CellKey { plugin: PluginId::new("org.example.other").unwrap(), ..key("north") };
    assert_eq!(
        [admits(&key("north")), admits(&other), admits(&others), admits(&key("south"))],
        [false, false, true, true]
    );
    two.north().end_quarantine(&tenant("north"), &plugin()).unwrap();
    assert!(admits(&key("north")));
    assert!(!admits(&key("nowhere")));
}

#[test]
fn failures_suspend_a_key_and_no_other() {
    let two = two();
    let breakers = Breakers::new(Arc::clone(&two.stores));
    let at = Timestamp::UNIX_EPOCH;
    (0..3).for_each(|_| breakers.ended(&key("north"), at, true));
    let other = CellKey { clearance: Digest::of(b"narrow"), ..key("north") };
    let admits = |key: &CellKey| breakers.admits(key, at);
    assert_eq!([admits(&key("north")), admits(&other), admits(&key("south"))], [false, true, true]);
}
