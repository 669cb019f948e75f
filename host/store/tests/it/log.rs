//! The log's storage.

use cordon_core::ids::{MintedId, ServiceId};
use cordon_core::record::LeafIndex;
use cordon_store::{IssuedCard, LogBatch, LogError, LogLeaf, Store, StoreError};

use crate::bench::{Bench, tenant};

pub(crate) fn batch(first: u64, count: u64) -> LogBatch {
    let leaf = |n: u64| LogLeaf { bytes: format!("leaf {n}").into(), private: format!("secret of {n}").into() };
    LogBatch {
        first: LeafIndex(first),
        leaves: (first..first + count).map(leaf).collect(),
        hashes: (first..first + count).map(|n| (2 * n, [u8::try_from(n % 251).unwrap(); 32])).collect(),
        checkpoint: format!("size {}", first + count),
        cards: vec![IssuedCard {
            tenant: tenant("ward"),
            card: card(first),
            service: ServiceId::new("renal").unwrap(),
            leaf: LeafIndex(first),
        }],
        cells: Vec::new(),
        transcripts: Vec::new(),
    }
}

fn card(n: u64) -> MintedId {
    MintedId::from_random(u128::from(n).to_be_bytes())
}

#[test]
fn a_batch_that_does_not_begin_at_the_end_leaves_nothing() {
    let bench = Bench::new();
    bench.append(&batch(0, 2)).unwrap();
    for first in [0, 1, 3] {
        assert_eq!(bench.append(&batch(first, 1)), Err(LogError::Gap { size: 2, first }));
    }
    assert_eq!(bench.append(&batch(2, 0)), Err(LogError::Empty));
    assert_eq!((bench.log_size().unwrap(), bench.leaf(LeafIndex(2)).unwrap()), (2, None));
}

#[test]
fn a_batch_that_fails_half_way_leaves_nothing() {
    let bench = Bench::new();
    bench.append(&batch(0, 1)).unwrap();
    let same_card = LogBatch { cards: batch(0, 1).cards, ..batch(1, 1) };
    assert!(matches!(bench.append(&same_card), Err(LogError::Store(StoreError::Engine { .. }))));
    let same_hash = LogBatch { hashes: vec![(0, [9; 32])], ..batch(1, 1) };
    assert!(bench.append(&same_hash).is_err());
    assert_eq!(bench.log_size().unwrap(), 1);
    assert_eq!(bench.checkpoint().unwrap(), Some((1, "size 1".to_owned())));
    bench.append(&batch(1, 1)).unwrap();
}

#[test]
fn a_full_disk_stops_the_log_at_its_last_whole_batch() {
    let bench = Bench::new();
    bench.limit(400_000).unwrap();
    let appended = (0..).step_by(50).take_while(|first| bench.append(&batch(*first, 50)).is_ok()).last().unwrap();
    let size = appended + 50;
    assert_eq!(bench.append(&batch(size, 50)), Err(LogError::Store(StoreError::Full)));
    assert_eq!(bench.log_size().unwrap(), size);
    assert_eq!(bench.checkpoint().unwrap().unwrap().0, size);
    assert_eq!(bench.hash(2 * size).unwrap(), None);
    assert_eq!(bench.card_known(&tenant("ward"), card(size).as_str()).unwrap(), None);
}

#[test]
fn what_was_appended_can_be_read_also_by_a_verifier() {
    let bench = Bench::new();
    assert_eq!((bench.log_size().unwrap(), bench.checkpoint().unwrap()), (0, None));
    bench.append(&batch(0, 3)).unwrap();
    bench.append(&batch(3, 1)).unwrap();
    let reader = Store::open_read_only(bench.dir.path(), &tenant("ward")).unwrap();
    assert_eq!(reader.log_size().unwrap(), 4);
    assert_eq!(reader.leaf(LeafIndex(3)).unwrap().as_deref(), Some(&b"leaf 3"[..]));
    assert_eq!(reader.hash(6).unwrap(), Some([3; 32]));
    assert_eq!(reader.hash(u64::MAX).unwrap(), None);
    assert_eq!(reader.checkpoint().unwrap(), Some((4, "size 4".to_owned())));
    assert_eq!(reader.checkpoints().unwrap(), ["size 3", "size 4"]);
}

#[test]
fn only_a_card_that_was_issued_is_known() {
    let bench = Bench::new();
    bench.append(&batch(0, 1)).unwrap();
    assert_eq!(bench.card_known(&tenant("ward"), card(1).as_str()).unwrap(), None);
    let service = bench.card_known(&tenant("ward"), card(0).as_str()).unwrap();
    assert_eq!(service, Some(ServiceId::new("renal").unwrap()));
}

#[test]
fn leaves_hashes_and_checkpoints_cannot_be_changed_in_the_file() {
    let bench = Bench::new();
    bench.append(&batch(0, 1)).unwrap();
    let other = rusqlite::Connection::open(bench.file("cordon.db")).unwrap();
    for table in ["leaf", "hash", "checkpoint"] {
        assert!(other.execute(&format!("DELETE FROM {table}"), []).is_err());
    }
    assert!(other.execute("UPDATE leaf SET bytes = x'00'", []).is_err());
    assert!(other.execute("UPDATE hash SET bytes = zeroblob(32)", []).is_err());
    assert!(other.execute("UPDATE checkpoint SET note = ''", []).is_err());
}

#[test]
fn an_erased_private_part_is_in_no_file_and_its_leaf_stays() {
    let bench = Bench::new();
    bench.append(&batch(0, 3)).unwrap();
    assert!(files_hold(&bench, "secret of 1"));
    bench.erase_private(LeafIndex(1)).unwrap();
    bench.erase_private(LeafIndex(1)).unwrap();
    assert_eq!(bench.private(LeafIndex(1)).unwrap(), None);
    assert_eq!(bench.private(LeafIndex(0)).unwrap().as_deref(), Some(&b"secret of 0"[..]));
    assert!(bench.leaf(LeafIndex(1)).unwrap().is_some());
    assert!(!files_hold(&bench, "secret of 1"));
    assert!(files_hold(&bench, "secret of 2"));
}

pub(crate) fn files_hold(bench: &Bench, text: &str) -> bool {
    let files = ["cordon.db", "cordon.db-wal"].map(|name| std::fs::read(bench.file(name)).unwrap());
    files.iter().any(|bytes| bytes.windows(text.len()).any(|window| window == text.as_bytes()))
}
