//! Every way to change a log (threats AUD-02), each found and named.

use cordon_audit::checkpoint::CheckpointError;
use cordon_audit::leaf::encode;
use cordon_audit::verify::{AuditError, Verified, verify_log};

use crate::memory::{MemoryLog, key, record};

/// 13 leaves under 4 checkpoints.
fn log() -> MemoryLog {
    MemoryLog::of(&[1, 4, 1, 7])
}

fn verify(log: &MemoryLog) -> Result<Verified, AuditError> {
    verify_log(log, key(1).verifier(), None)
}

fn found(change: impl FnOnce(&mut MemoryLog)) -> AuditError {
    let mut log = log();
    change(&mut log);
    verify(&log).unwrap_err()
}

fn leaf_bytes(number: u8, salt: u8) -> Vec<u8> {
    encode(&record(number), [salt; 32]).unwrap().0.as_bytes().to_vec()
}

#[test]
fn an_edited_leaf_is_found() {
    let edited = found(|log| log.leaves[7] = Some(leaf_bytes(99, 0)));
    assert!(matches!(edited, AuditError::LeafChanged { index: 7 }));
}

#[test]
fn an_edited_leaf_is_found_by_its_checkpoint_when_everything_else_was_made_to_fit() {
    let mut records: Vec<_> = (0..13).map(record).collect();
    records[3] = record(99);
    let mut rewritten = MemoryLog::default();
    rewritten.take(&records, &key(1));
    rewritten.checkpoints = log().checkpoints;
    assert!(matches!(verify(&rewritten), Err(AuditError::RootDiffers { size: 5 })));
}

#[test]
fn a_deleted_last_leaf_is_found() {
    let truncated = found(|log| {
        log.leaves.pop();
    });
    assert!(matches!(truncated, AuditError::Truncated { size: 12, signed: 13 }));
}

#[test]
fn a_deleted_middle_leaf_is_found_whether_or_not_the_gap_is_closed() {
    assert!(matches!(found(|log| log.leaves[6] = None), AuditError::LeafMissing { index: 6 }));
    let closed = found(|log| {
        log.leaves.remove(6);
    });
    assert!(matches!(closed, AuditError::Truncated { .. }));
    let padded = found(|log| {
        log.leaves.remove(6);
        log.leaves.push(Some(leaf_bytes(99, 0)));
    });
    assert!(matches!(padded, AuditError::Reordered { index: 6, written: 7 }));
}

#[test]
fn swapped_leaves_are_found() {
    let swapped = found(|log| log.leaves.swap(2, 9));
    assert!(matches!(swapped, AuditError::Reordered { index: 2, written: 9 }));
}

#[test]
fn an_appended_leaf_without_a_checkpoint_is_found() {
    let appended = found(|log| log.leaves.push(Some(leaf_bytes(99, 0))));
    assert!(matches!(appended, AuditError::Unsigned { size: 14, signed: 13 }));
}

#[test]
fn an_edited_stored_hash_is_found_and_named() {
    let named = |index: u64| {
        let edited = found(|log| {
            log.hashes.insert(index, [0; 32]);
        });
        matches!(edited, AuditError::HashChanged { index: named } if named == index)
    };
    // 13 leaves have 13 + 6 + 3 + 1 stored hashes; those of the leaves are reported as their leaves.
    let above_the_leaves: Vec<u64> = log().hashes.into_keys().filter(|index| named(*index)).collect();
    assert_eq!(above_the_leaves, [2, 5, 6, 9, 12, 13, 14, 17, 20, 21]);
}

#[test]
fn an_edited_private_part_is_found() {
    let edited = found(|log| log.privates[4] = Some(b"{}".to_vec()));
    assert!(matches!(edited, AuditError::PrivateChanged { index: 4 }));
    let swapped = found(|log| log.privates.swap(0, 12));
    assert!(matches!(swapped, AuditError::PrivateChanged { index: 0 }));
}

#[test]
fn a_forged_checkpoint_and_one_of_another_key_are_found() {
    let edited = found(|log| log.checkpoints[3] = log.checkpoints[3].replace("\n13\n", "\n12\n"));
    assert!(matches!(edited, AuditError::CheckpointForged(CheckpointError::Forged)));
    let other_key = verify_log(&log(), key(2).verifier(), None);
    assert!(matches!(other_key, Err(AuditError::CheckpointForged(CheckpointError::Forged))));
    let garbage = found(|log| log.checkpoints[0] = "x".to_owned());
    assert!(matches!(garbage, AuditError::CheckpointForged(CheckpointError::Malformed)));
}

#[test]
fn a_log_without_checkpoints_is_not_believed() {
    assert!(matches!(found(|log| log.checkpoints.clear()), AuditError::CheckpointMissing { size: 13 }));
}

#[test]
fn a_rollback_is_found_by_a_checkpoint_kept_elsewhere() {
    let elsewhere = log().checkpoints[3].clone();
    let older = MemoryLog::of(&[1, 4, 1]);
    assert!(verify(&older).is_ok());
    let rolled_back = verify_log(&older, key(1).verifier(), Some(&elsewhere));
    assert!(matches!(rolled_back, Err(AuditError::RolledBack { size: 6, known: 13 })));
}

#[test]
fn a_rewritten_and_re_signed_history_is_found_by_a_checkpoint_kept_elsewhere() {
    let elsewhere = log().checkpoints[1].clone();
    let mut rewritten = MemoryLog::of(&[1, 3]);
    rewritten.take(&[record(99), record(100)], &key(1));
    assert!(verify(&rewritten).is_ok());
    let forked = verify_log(&rewritten, key(1).verifier(), Some(&elsewhere));
    assert!(matches!(forked, Err(AuditError::RootDiffers { size: 5 })));
}

#[test]
fn an_untouched_log_verifies_and_erased_private_parts_are_counted() {
    let mut log = log();
    let whole = verify(&log).unwrap();
    assert_eq!((whole.head.size, whole.erased, whole.checkpoints), (13, 0, 4));
    log.privates[2] = None;
    log.privates[11] = None;
    log.checkpoints.drain(..3);
    let erased = verify(&log).unwrap();
    assert_eq!((erased.head, erased.erased, erased.checkpoints), (whole.head, 2, 1));
}

#[test]
fn an_empty_log_verifies_with_and_without_its_checkpoint() {
    assert!(verify(&MemoryLog::default()).is_ok());
    assert_eq!(verify(&MemoryLog::of(&[0])).unwrap().head.size, 0);
}
