//! The data directory: lock, marks, space, keys.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use cordon_core::ports::Records as _;
use cordon_store::{DataDirectory, KeyError, MarkError, OpenError, RecordStore, Resource, Store, StoreError};
use serde_json::json;

use crate::bench::{Bench, file, resource, tenant};

fn rows(count: usize) -> Vec<Resource> {
    let row = |n| json!({"resourceType": "Patient", "id": format!("p{n}"), "name": [{"text": "x".repeat(1_000)}]});
    (0..count).map(|n| resource(&row(n))).collect()
}

#[test]
fn a_second_writer_is_refused_while_the_lock_is_held() {
    let bench = Bench::new();
    assert!(matches!(Store::open(bench.dir.path(), &tenant("ward")), Err(OpenError::Held)));
    bench.check().unwrap();
}

#[test]
fn the_next_writer_gets_the_lock_when_the_first_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    drop(Store::open(dir.path(), &tenant("ward")).unwrap());
    Store::open(dir.path(), &tenant("ward")).unwrap();
}

#[test]
fn a_reader_needs_no_lock_and_sees_what_was_committed() {
    let bench = Bench::new();
    let reader = Store::open_read_only(bench.dir.path(), &tenant("ward")).unwrap();
    bench.put(&tenant("ward"), &rows(2)).unwrap();
    assert_eq!(reader.counts(&tenant("ward")).unwrap(), [("Patient".to_owned(), 2)]);
}

#[test]
fn a_reader_makes_no_store_where_there_is_none() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(Store::open_read_only(dir.path(), &tenant("ward")), Err(OpenError::Directory(_))));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_closed_store_can_be_read() {
    let dir = tempfile::tempdir().unwrap();
    drop(Store::open(dir.path(), &tenant("ward")).unwrap());
    assert!(!Store::open_read_only(dir.path(), &tenant("ward")).unwrap().is_demo().unwrap());
}

#[test]
fn a_file_that_is_no_store_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    drop(Store::open(dir.path(), &tenant("ward")).unwrap());
    fs::write(file(dir.path(), "cordon.db"), "x".repeat(9_000)).unwrap();
    assert!(matches!(Store::open(dir.path(), &tenant("ward")), Err(OpenError::Store(StoreError::Damaged))));
    assert!(matches!(Store::open_read_only(dir.path(), &tenant("ward")), Err(OpenError::Store(StoreError::Damaged))));
}

#[test]
fn a_schema_of_a_later_host_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    drop(Store::open(dir.path(), &tenant("ward")).unwrap());
    let later = rusqlite::Connection::open(file(dir.path(), "cordon.db")).unwrap();
    let sql = "INSERT INTO refinery_schema_history SELECT 1 + max(version), 'later', applied_on, '1' FROM refinery_schema_history";
    assert_eq!(later.execute(sql, []).unwrap(), 1);
    drop(later);
    assert!(matches!(Store::open(dir.path(), &tenant("ward")), Err(OpenError::Schema)));
    assert!(matches!(Store::open_read_only(dir.path(), &tenant("ward")), Err(OpenError::Schema)));
}

#[test]
fn a_store_that_cannot_write_is_not_ready() {
    let bench = Bench::new();
    bench.check().unwrap();
    let other = rusqlite::Connection::open(bench.file("cordon.db")).unwrap();
    other.execute("DROP TABLE probe", []).unwrap();
    assert!(matches!(bench.check(), Err(StoreError::Engine { .. })));
}

#[test]
fn a_full_store_says_so_and_keeps_nothing_of_the_batch() {
    let bench = Bench::new();
    bench.put(&tenant("ward"), &rows(1)).unwrap();
    bench.limit(400_000).unwrap();
    assert_eq!(bench.put(&tenant("ward"), &rows(1_000)), Err(StoreError::Full));
    assert_eq!(bench.counts(&tenant("ward")).unwrap(), [("Patient".to_owned(), 1)]);
    bench.limit(400_000_000).unwrap();
    bench.put(&tenant("ward"), &rows(1_000)).unwrap();
}

#[test]
fn only_an_empty_data_directory_becomes_a_demo() {
    let dir = tempfile::tempdir().unwrap();
    let data = DataDirectory::open(dir.path()).unwrap();
    let store = data.store(&tenant("ward")).unwrap();
    assert!(matches!(data.mark_demo(), Err(MarkError::NotEmpty)));
    assert!(!data.is_demo() && !store.is_demo().unwrap());
}

#[test]
fn every_store_of_a_demo_carries_the_mark_and_it_stays() {
    let dir = tempfile::tempdir().unwrap();
    let data = DataDirectory::open(dir.path()).unwrap();
    data.mark_demo().unwrap();
    let stores = ["ward", "other"].map(|name| data.store(&tenant(name)).unwrap());
    data.mark_demo().unwrap();
    assert!(stores.iter().all(|store| store.is_demo().unwrap()));
    let outside = rusqlite::Connection::open(file(dir.path(), "cordon.db")).unwrap();
    assert!(outside.execute("DELETE FROM mark", []).is_err());
    assert!(outside.execute("UPDATE mark SET name = 'x'", []).is_err());
    assert!(stores.iter().all(|store| store.is_demo().unwrap()));
}

#[test]
fn a_store_of_a_demo_does_not_open_where_the_mark_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let data = DataDirectory::open(dir.path()).unwrap();
    data.mark_demo().unwrap();
    drop(data.store(&tenant("ward")).unwrap());
    fs::remove_file(dir.path().join("demo")).unwrap();
    assert!(matches!(data.store(&tenant("ward")), Err(OpenError::Demo)));
    drop(data.store(&tenant("other")).unwrap());
    fs::write(dir.path().join("demo"), "").unwrap();
    assert!(matches!(data.store(&tenant("other")), Err(OpenError::Demo)));
}

#[test]
fn the_log_key_is_kept_once_and_for_its_owner_only() {
    let bench = Bench::new();
    assert!(bench.log_key().unwrap().is_none());
    bench.keep_log_key(&[7; 32]).unwrap();
    assert!(matches!(bench.keep_log_key(&[8; 32]), Err(KeyError::Exists)));
    assert_eq!(bench.log_key().unwrap(), Some([7; 32]));
    let path = bench.file("keys/log");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(bench.log_key(), Err(KeyError::Exposed)));
}

#[test]
fn the_pseudonym_key_is_its_own_and_is_read_through_the_port_by_its_tenant_only() {
    let bench = Bench::new();
    let own = bench.tenant().clone();
    assert!(bench.pseudonyms(&own).is_err());
    bench.keep_log_key(&[7; 32]).unwrap();
    bench.keep_pseudonym_key(&[8; 32]).unwrap();
    assert!(matches!(bench.keep_pseudonym_key(&[9; 32]), Err(KeyError::Exists)));
    assert_eq!((bench.log_key().unwrap(), bench.pseudonym_key().unwrap()), (Some([7; 32]), Some([8; 32])));
    assert!(bench.pseudonyms(&own).is_ok());
    assert!(bench.pseudonyms(&tenant("another")).is_err());
    fs::set_permissions(bench.file("keys/pseudonyms"), fs::Permissions::from_mode(0o640)).unwrap();
    assert!(bench.pseudonyms(&own).is_err());
}

#[test]
fn a_cut_off_key_is_no_key() {
    let bench = Bench::new();
    bench.keep_log_key(&[7; 32]).unwrap();
    fs::write(bench.file("keys/log"), [7; 31]).unwrap();
    assert!(matches!(bench.log_key(), Err(KeyError::Malformed)));
}

#[test]
fn every_file_is_its_owners_only() {
    let bench = Bench::new();
    bench.put(&tenant("ward"), &rows(1)).unwrap();
    let folders = [bench.dir.path().to_owned(), bench.dir.path().join("tenants"), bench.file(""), bench.file("keys")];
    let inside = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap()).map(|file| file.unwrap().path());
    let modes = inside.map(|path| fs::metadata(path).unwrap().permissions().mode());
    assert!(modes.map(|mode| mode & 0o077).all(|others| others == 0));
}

#[test]
fn threads_can_share_a_store() {
    fn shared<T: Send + Sync>() {}
    shared::<Store>();
    let bench = Bench::new();
    std::thread::scope(|scope| {
        for n in 1..=4 {
            let store = &*bench;
            scope.spawn(move || store.put(&tenant("ward"), &rows(20 * n)).unwrap());
        }
    });
    assert_eq!(bench.counts(&tenant("ward")).unwrap(), [("Patient".to_owned(), 80)]);
}
