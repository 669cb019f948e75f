//! Laws of the tree: proofs hold, mutated proofs do not, and grouping does not matter.

use cordon_audit::tree::{TreeHead, check_record, check_tree, prove_record, prove_tree};
use cordon_audit::verify::verify_log;
use proptest::prelude::*;

use crate::memory::{MemoryLog, key};

fn head(log: &MemoryLog) -> TreeHead {
    key(1).verifier().verify(log.checkpoints.last().unwrap()).unwrap()
}

fn flipped(proof: &[[u8; 32]], at: prop::sample::Index) -> Vec<[u8; 32]> {
    let mut flipped = proof.to_vec();
    let bit = at.index(flipped.len() * 256);
    flipped[bit / 256][bit % 256 / 8] ^= 1 << (bit % 8);
    flipped
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn inclusion_is_provable_and_only_of_what_is_there(
        size in 2..60_u8, which in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(),
    ) {
        let log = MemoryLog::of(&[size]);
        let (head, index) = (head(&log), which.index(usize::from(size)));
        let leaf = log.leaves[index].clone().unwrap();
        let proof = prove_record(head.size, index as u64, &log).unwrap();
        prop_assert!(check_record(&proof, &head, index as u64, &leaf).is_ok());
        prop_assert!(check_record(&proof, &head, index as u64, b"another").is_err());
        prop_assert!(check_record(&proof, &head, (index as u64 + 1) % head.size, &leaf).is_err());
        prop_assert!(check_record(&flipped(&proof, at), &head, index as u64, &leaf).is_err());
    }

    #[test]
    fn consistency_is_provable_and_only_with_what_was_there(
        earlier in 1..30_u8, more in 1..30_u8, at in any::<prop::sample::Index>(),
    ) {
        let before = head(&MemoryLog::of(&[earlier]));
        let log = MemoryLog::of(&[earlier, more]);
        let after = head(&log);
        let proof = prove_tree(after.size, before.size, &log).unwrap();
        prop_assert!(check_tree(&proof, &after, &before).is_ok());
        prop_assert!(check_tree(&flipped(&proof, at), &after, &before).is_err());
        let forked = TreeHead { root: [0; 32], ..before };
        prop_assert!(check_tree(&proof, &after, &forked).is_err());
    }

    #[test]
    fn the_tree_does_not_depend_on_the_groups(groups in prop::collection::vec(1..6_u8, 1..8)) {
        let log = MemoryLog::of(&groups);
        let verified = verify_log(&log, key(1).verifier(), None).unwrap();
        prop_assert_eq!(verified.head, head(&MemoryLog::of(&[groups.iter().sum()])));
        prop_assert_eq!(verified.checkpoints, groups.len());
    }
}

#[test]
fn every_tree_begins_with_the_empty_one_and_no_other_empty_one() {
    let log = MemoryLog::of(&[0, 3]);
    let empty = key(1).verifier().verify(&log.checkpoints[0]).unwrap();
    assert!(check_tree(&prove_tree(3, 0, &log).unwrap(), &head(&log), &empty).is_ok());
    assert!(check_tree(&[], &head(&log), &TreeHead { size: 0, root: [0; 32] }).is_err());
    assert!(check_tree(&[[0; 32]], &head(&log), &empty).is_err());
}
