//! Policies as they are kept: every version, each following the one before.

use cordon_core::ids::Digest;
use cordon_store::{PolicyStoreError, StoreError, StoredPolicy};

use crate::bench::{Bench, tenant};

fn version(epoch: u64, text: &str) -> StoredPolicy {
    let digest = Digest::of(text.as_bytes());
    let at = "2026-11-22T03:00:00Z".parse().unwrap();
    StoredPolicy { epoch, digest, text: text.to_owned(), at, by: "1000 admin".to_owned(), reason: "board".to_owned() }
}

#[test]
fn a_policy_that_does_not_follow_the_one_in_force_is_not_kept() {
    let bench = Bench::new();
    let ward = tenant("ward");
    assert_eq!(bench.policy(&ward).unwrap(), None);
    assert_eq!(bench.set_policy(&ward, &version(2, "b")), Err(PolicyStoreError::NotNext(2)));
    bench.set_policy(&ward, &version(1, "a")).unwrap();
    for epoch in [0, 1, 3] {
        assert_eq!(bench.set_policy(&ward, &version(epoch, "c")), Err(PolicyStoreError::NotNext(epoch)));
    }
    bench.set_policy(&ward, &version(2, "b")).unwrap();
    assert_eq!(bench.policy(&ward).unwrap(), Some(version(2, "b")));
    assert_eq!(bench.policies(&ward).unwrap(), [version(1, "a"), version(2, "b")]);
}

#[test]
fn a_policy_is_its_own_tenants() {
    let bench = Bench::new();
    let foreign = PolicyStoreError::Store(StoreError::Foreign);
    assert_eq!(bench.set_policy(&tenant("other"), &version(1, "a")), Err(foreign));
    assert_eq!(bench.policy(&tenant("other")), Err(StoreError::Foreign));
}

#[test]
fn a_text_that_was_changed_in_the_file_is_not_read() {
    let bench = Bench::new();
    bench.set_policy(&tenant("ward"), &version(1, "a")).unwrap();
    let file = rusqlite::Connection::open(bench.file("cordon.db")).unwrap();
    file.execute("UPDATE policy SET text = 'b'", []).unwrap();
    assert_eq!(bench.policy(&tenant("ward")), Err(StoreError::Damaged));
    assert_eq!(bench.policies(&tenant("ward")), Err(StoreError::Damaged));
}
