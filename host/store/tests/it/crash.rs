//! A writer that is killed.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use cordon_core::record::LeafIndex;
use cordon_store::{OpenError, RecordStore, Store};
use serde_json::json;

use crate::bench::{resource, tenant};
use crate::log::batch;

const DIRECTORY: &str = "CORDON_TEST_STORE";

/// On its own a test of a few writes; started by the test below, in a directory of its choice and until it is killed.
#[test]
fn what_is_acknowledged_is_there() {
    let own = tempfile::tempdir().unwrap();
    let given = std::env::var_os(DIRECTORY).map(PathBuf::from);
    let rounds = given.as_ref().map_or(3, |_| u64::MAX);
    let store = Store::open(given.as_deref().unwrap_or(own.path()), &tenant("ward")).unwrap();
    for n in 0..rounds {
        store.put(&tenant("ward"), &[resource(&json!({"resourceType": "Patient", "id": format!("p{n}")}))]).unwrap();
        store.append(&batch(n, 1)).unwrap();
        println!("\nacknowledged {n}");
    }
    assert_eq!(store.log_size().unwrap(), rounds);
}

#[test]
fn a_killed_writer_loses_nothing_it_acknowledged_and_frees_the_lock() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::what_is_acknowledged_is_there", "--nocapture"])
        .env(DIRECTORY, dir.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let acknowledged = lines.filter_map(|line| line.strip_prefix("acknowledged ")?.parse::<u64>().ok());
    let last = acknowledged.skip_while(|n| *n < 20).inspect(|_| {
        assert!(matches!(Store::open(dir.path(), &tenant("ward")), Err(OpenError::Held)), "another process has it");
        child.kill().unwrap();
    });
    let last = last.last().unwrap();
    child.wait().unwrap();

    let store = Store::open(dir.path(), &tenant("ward")).unwrap();
    let size = store.log_size().unwrap();
    assert!(size > last);
    assert!((0..size).all(|n| store.leaf(LeafIndex(n)).unwrap().is_some()));
    assert_eq!(store.checkpoint().unwrap().unwrap().0, size);
    assert!(store.counts(&tenant("ward")).unwrap()[0].1 >= size);
}
