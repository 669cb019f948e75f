//! What plugins keep: whose it is, who wins, and that it goes away.

use std::collections::BTreeMap;

use cordon_core::call::Purpose;
use cordon_core::cells::{CellKey, CellWrite};
use cordon_core::grant::Grant;
use cordon_core::ids::{Digest, EntryName, PatientId, PluginId};
use cordon_core::record::LeafIndex;
use cordon_store::{CellPut, LogBatch, LogError, NewVersion, RecordStore as _, Store, StoreError, StoredPolicy, Whose};
use jiff::Timestamp;
use semver::Version;
use serde_json::json;

use crate::bench::{Bench, resource, tenant};
use crate::log::{batch, files_hold};

const CANARY: &str = "canary-of-a-cell";

fn key() -> CellKey {
    CellKey {
        tenant: tenant("ward"),
        plugin: PluginId::new("org.example.renal").unwrap(),
        patient: PatientId::new("p").unwrap(),
        purpose: Purpose::Treatment,
        clearance: Digest::of(b"wide"),
    }
}

/// The same key but for one part of it.
fn strangers() -> Vec<CellKey> {
    vec![
        CellKey { plugin: PluginId::new("org.example.other").unwrap(), ..key() },
        CellKey { patient: PatientId::new("q").unwrap(), ..key() },
        CellKey { purpose: Purpose::Research, ..key() },
        CellKey { clearance: Digest::of(b"narrow"), ..key() },
    ]
}

fn name() -> EntryName {
    EntryName::new("last").unwrap()
}

fn write(key: CellKey, read: Option<u64>, text: &str) -> CellWrite {
    CellWrite { key, name: name(), read, since: 0, size: 64, bytes: Some(text.as_bytes().to_vec()) }
}

/// A write of a call that is admitted now.
fn admitted(store: &Store, key: CellKey) -> CellWrite {
    CellWrite { since: store.shreds(&tenant("ward")).unwrap(), ..write(key, None, CANARY) }
}

/// Appends one record for each write.
fn append(store: &Store, writes: Vec<CellWrite>) {
    let first = store.log_size().unwrap();
    let cells = (first..).zip(writes).map(|(leaf, write)| CellPut { leaf: LeafIndex(leaf), write }).collect::<Vec<_>>();
    let count = u64::try_from(cells.len()).unwrap();
    store.append(&LogBatch { cells, ..batch(first, count) }).unwrap();
}

/// The text in the cell and its version.
fn held(store: &Store, key: &CellKey) -> Option<(String, u64)> {
    let held = store.cells(key).unwrap().remove(&name())?;
    Some((String::from_utf8(held.bytes).unwrap(), held.version))
}

#[test]
fn whoever_differs_in_tenant_plugin_patient_purpose_or_clearance_reads_nothing() {
    let bench = Bench::new();
    append(&bench, vec![write(key(), None, "kept")]);
    for stranger in strangers() {
        assert_eq!(bench.cells(&stranger), Ok(BTreeMap::new()));
    }
    let elsewhere = CellKey { tenant: tenant("other"), ..key() };
    assert_eq!(bench.cells(&elsewhere), Err(StoreError::Foreign));
    assert_eq!(held(&bench, &key()), Some(("kept".to_owned(), 1)));
}

#[test]
fn a_write_for_another_tenant_takes_the_whole_batch_with_it() {
    let bench = Bench::new();
    let write = write(CellKey { tenant: tenant("other"), ..key() }, None, "kept");
    let cells = vec![CellPut { leaf: LeafIndex(0), write }];
    assert_eq!(bench.append(&LogBatch { cells, ..batch(0, 1) }), Err(LogError::Store(StoreError::Foreign)));
    assert_eq!(bench.log_size(), Ok(0));
}

#[test]
fn a_stranger_writes_into_a_cell_of_its_own() {
    let bench = Bench::new();
    append(&bench, vec![write(key(), None, "kept")]);
    append(&bench, strangers().into_iter().map(|stranger| write(stranger, None, "other")).collect());
    assert_eq!(held(&bench, &key()), Some(("kept".to_owned(), 1)));
    assert!(strangers().iter().all(|stranger| held(&bench, stranger).unwrap().0 == "other"));
}

#[test]
fn a_write_that_read_another_version_is_dropped_and_the_rest_stands() {
    let bench = Bench::new();
    append(&bench, vec![write(key(), None, "one")]);
    append(&bench, vec![write(key(), None, "two"), write(key(), Some(9), "three")]);
    assert_eq!(held(&bench, &key()), Some(("one".to_owned(), 1)));
    assert_eq!(bench.log_size(), Ok(3));
    append(&bench, vec![write(key(), Some(1), "four")]);
    assert_eq!(held(&bench, &key()), Some(("four".to_owned(), 4)));
}

#[test]
fn of_two_records_of_one_batch_that_write_one_cell_the_first_wins() {
    let bench = Bench::new();
    append(&bench, vec![write(key(), None, "one"), write(key(), None, "two")]);
    assert_eq!(held(&bench, &key()), Some(("one".to_owned(), 1)));
    append(&bench, vec![write(key(), Some(1), "three"), write(key(), Some(1), "four")]);
    assert_eq!(held(&bench, &key()), Some(("three".to_owned(), 3)));
}

#[test]
fn a_version_never_comes_back_so_an_emptied_cell_is_not_taken_for_the_one_that_was_read() {
    let bench = Bench::new();
    append(&bench, vec![write(key(), None, "read by a slow run")]);
    append(&bench, vec![CellWrite { bytes: None, ..write(key(), Some(1), "") }]);
    assert_eq!(held(&bench, &key()), None);
    append(&bench, vec![write(key(), None, "new")]);
    append(&bench, vec![write(key(), Some(1), "slow")]);
    append(&bench, vec![CellWrite { bytes: None, ..write(key(), None, "") }]);
    assert_eq!(held(&bench, &key()), Some(("new".to_owned(), 3)));
}

#[test]
fn a_batch_that_fails_writes_no_cell() {
    let bench = Bench::new();
    append(&bench, vec![write(key(), None, "kept")]);
    let cells = vec![CellPut { leaf: LeafIndex(1), write: write(key(), Some(1), "lost") }];
    let same_card = LogBatch { cards: batch(0, 1).cards, cells, ..batch(1, 1) };
    assert!(bench.append(&same_card).is_err());
    assert_eq!(held(&bench, &key()), Some(("kept".to_owned(), 1)));
}

#[test]
fn a_value_that_does_not_fit_is_not_written() {
    let bench = Bench::new();
    append(&bench, vec![write(key(), None, &"x".repeat(65))]);
    assert_eq!(held(&bench, &key()), None);
    append(&bench, vec![write(key(), None, &"x".repeat(64))]);
    assert_eq!(held(&bench, &key()).unwrap().0.len(), 64);
}

#[test]
fn on_disk_every_cell_of_a_size_is_as_long_as_the_next() {
    let bench = Bench::new();
    let texts = ["", "x", CANARY, &"y".repeat(64)];
    let keys = strangers();
    append(&bench, keys.iter().zip(texts).map(|(key, text)| write(key.clone(), None, text)).collect());
    let outside = rusqlite::Connection::open(bench.file("cordon.db")).unwrap();
    let lengths = outside.prepare("SELECT length(value) FROM cell").unwrap();
    let lengths: Vec<u32> = { lengths }.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert_eq!(lengths, [68; 4]);
}

/// The cell holds the canary, another plugin's cell of another patient something else, and both are in the files.
fn with_canary() -> Bench {
    let bench = Bench::new();
    let other = CellKey { patient: PatientId::new("q").unwrap(), ..strangers().remove(0) };
    append(&bench, vec![write(key(), None, CANARY), write(other, None, "stays")]);
    assert!(files_hold(&bench, CANARY));
    bench
}

fn assert_gone(bench: &Bench) {
    assert_eq!(held(bench, &key()), None);
    assert!(!files_hold(bench, CANARY));
}

fn assert_other_stays(bench: &Bench) {
    let other = CellKey { patient: PatientId::new("q").unwrap(), ..strangers().remove(0) };
    assert_eq!(held(bench, &other).unwrap().0, "stays");
}

#[test]
fn shredded_cells_are_in_no_file_and_the_others_stay() {
    for whose in [Whose::Plugin(&key().plugin), Whose::Patient(&key().patient)] {
        let bench = with_canary();
        bench.shred_cells(&tenant("ward"), whose).unwrap();
        assert_gone(&bench);
        assert_other_stays(&bench);
    }
    let bench = with_canary();
    assert_eq!(bench.shred_cells(&tenant("other"), Whose::All), Err(StoreError::Foreign));
    bench.shred_cells(&tenant("ward"), Whose::All).unwrap();
    assert_gone(&bench);
    assert!(!files_hold(&bench, "stays"));
}

#[test]
fn a_reader_of_the_old_pages_is_no_reason_to_call_a_shred_failed() {
    let bench = with_canary();
    let other = rusqlite::Connection::open(bench.file("cordon.db")).unwrap();
    other.execute_batch("BEGIN; SELECT count(*) FROM cell").unwrap();
    bench.shred_cells(&tenant("ward"), Whose::All).unwrap();
    assert_eq!(held(&bench, &key()), None);
}

fn consent(patient: &str, status: &str) -> cordon_store::Resource {
    let patient = json!({ "reference": format!("Patient/{patient}") });
    resource(&json!({ "resourceType": "Consent", "id": "c", "status": status, "patient": patient }))
}

#[test]
fn a_consent_of_the_patient_shreds_and_another_resource_does_not() {
    let bench = with_canary();
    bench.put(&tenant("ward"), &[resource(&json!({ "resourceType": "Patient", "id": "p" }))]).unwrap();
    bench.put(&tenant("ward"), &[consent("x", "active")]).unwrap();
    assert_eq!(held(&bench, &key()).unwrap().0, CANARY);
    bench.put(&tenant("ward"), &[consent("p", "active")]).unwrap();
    assert_gone(&bench);
    assert_other_stays(&bench);
}

#[test]
fn a_consent_that_is_replaced_shreds_and_the_same_one_again_does_not() {
    let bench = Bench::new();
    bench.put(&tenant("ward"), &[consent("p", "active")]).unwrap();
    append(&bench, vec![admitted(&bench, key())]);
    bench.put(&tenant("ward"), &[consent("p", "active")]).unwrap();
    assert_eq!(held(&bench, &key()).unwrap().0, CANARY);
    bench.put(&tenant("ward"), &[consent("p", "inactive")]).unwrap();
    assert_gone(&bench);
    append(&bench, vec![admitted(&bench, key())]);
    bench.put(&tenant("ward"), &[consent("q", "active")]).unwrap();
    assert_gone(&bench);
}

#[test]
fn a_grant_and_a_policy_shred_what_was_written_before() {
    let bench = with_canary();
    let (plugin, version) = (key().plugin, Version::new(1, 0, 0));
    let at = Timestamp::UNIX_EPOCH;
    let (envelope, component) = (b"envelope".as_slice(), b"component".as_slice());
    let new = NewVersion { plugin: &plugin, version: &version, envelope, component, at, by: "a", reason: "r" };
    bench.install(&tenant("ward"), &new).unwrap();
    assert_eq!(held(&bench, &key()).unwrap().0, CANARY);
    bench.activate(&tenant("ward"), &plugin, &version, &Grant::default()).unwrap();
    assert_gone(&bench);
    assert_other_stays(&bench);

    let bench = with_canary();
    let digest = Digest::of(b"permit");
    let policy = StoredPolicy { epoch: 1, digest, text: "permit".into(), at, by: "a".into(), reason: "r".into() };
    assert!(bench.set_policy(&tenant("ward"), &StoredPolicy { epoch: 2, ..policy.clone() }).is_err());
    assert_eq!(held(&bench, &key()).unwrap().0, CANARY);
    bench.set_policy(&tenant("ward"), &policy).unwrap();
    assert_gone(&bench);
}

#[test]
fn a_call_that_was_admitted_before_a_shred_writes_nothing_and_is_recorded() {
    let (plugin, patient, ward) = (key().plugin, key().patient, tenant("ward"));
    for whose in [Whose::Plugin(&plugin), Whose::Patient(&patient), Whose::All] {
        let bench = Bench::new();
        let under_way = admitted(&bench, key());
        bench.shred_cells(&ward, whose).unwrap();
        append(&bench, vec![under_way]);
        assert_eq!((held(&bench, &key()), bench.log_size()), (None, Ok(1)));
        append(&bench, vec![admitted(&bench, key())]);
        assert_eq!(held(&bench, &key()).unwrap().0, CANARY);
    }
}

#[test]
fn a_shred_of_another_plugin_or_patient_tells_nothing_by_what_a_call_keeps() {
    let bench = Bench::new();
    let under_way = admitted(&bench, key());
    let (plugin, patient) = (PluginId::new("org.example.other").unwrap(), PatientId::new("q").unwrap());
    bench.shred_cells(&tenant("ward"), Whose::Plugin(&plugin)).unwrap();
    bench.shred_cells(&tenant("ward"), Whose::Patient(&patient)).unwrap();
    append(&bench, vec![under_way]);
    assert_eq!(held(&bench, &key()).unwrap().0, CANARY);
}

#[test]
fn a_consent_that_comes_while_a_call_is_under_way_leaves_nothing_of_it_in_any_file() {
    let bench = Bench::new();
    let under_way = admitted(&bench, key());
    bench.put(&tenant("ward"), &[consent("p", "active")]).unwrap();
    append(&bench, vec![under_way]);
    assert_gone(&bench);
    assert_eq!(bench.shreds(&tenant("other")), Err(StoreError::Foreign));
}
