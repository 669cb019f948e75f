//! Files that come in pieces.

use std::ops::ControlFlow;

use cordon_core::ids::Digest;
use cordon_store::{LoadError, Older, StoreError};

use crate::bench::{Bench, tenant};

const FILE: &str = "{\"resourceType\":\"Patient\",\"id\":\"a\"}\n{\"resourceType\":\"Patient\"}\n";
const LENGTH: u64 = FILE.len() as u64;

#[test]
fn what_came_in_pieces_is_loaded_as_the_file_would_be() {
    let bench = Bench::new();
    let mut received = bench.receive(LENGTH).unwrap();
    FILE.as_bytes().chunks(7).for_each(|piece| received.push(piece).unwrap());
    assert_eq!(received.digest().unwrap(), Digest::of(FILE.as_bytes()));
    let report = received.load(&bench, "file", Older::Refused, &mut |_| ControlFlow::Continue(())).report.unwrap();
    assert_eq!((report.total().new, report.refused, report.refusals[0].place.line), (1, 1, 2));
}

#[test]
fn what_did_not_come_whole_changes_nothing_and_leaves_no_file() {
    let bench = Bench::new();
    let mut received = bench.receive(LENGTH + 1).unwrap();
    received.push(FILE.as_bytes()).unwrap();
    let left = std::fs::read_dir(bench.dir.path().join("tenants/ward")).unwrap();
    assert!(left.map(|file| file.unwrap().file_name()).all(|name| !name.to_str().unwrap().ends_with(".tmp")));
    assert!(matches!(received.digest(), Err(LoadError::Length)));
    let loaded = received.load(&bench, "file", Older::Refused, &mut |_| ControlFlow::Continue(()));
    assert!(matches!(loaded.report, Err(LoadError::Length)));
    let mut longer = bench.receive(LENGTH - 1).unwrap();
    assert!(matches!(longer.push(FILE.as_bytes()), Err(LoadError::Length)));
    assert_eq!(bench.counts(&tenant("ward")), Ok(Vec::new()));
}

#[test]
fn a_file_larger_than_the_store_may_be_is_not_taken() {
    let bench = Bench::new();
    bench.limit(1 << 20).unwrap();
    assert!(bench.receive(1 << 20).is_ok());
    assert!(matches!(bench.receive((1 << 20) + 1), Err(LoadError::Store(StoreError::Full))));
}
