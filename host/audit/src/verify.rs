//! The offline verifier: reads a whole log and believes only what follows from its leaves and its key.
//!
//! Whoever holds the log's secret key can write another history and sign it. That is found only by a checkpoint kept
//! elsewhere: hand it in as `since`.

use std::collections::{BTreeMap, BTreeSet};

use cordon_core::ids::Digest;

use crate::checkpoint::{CheckpointError, VerifierKey};
use crate::leaf::{Entry, LeafError, decode};
use crate::ports::{LogRead, ReadError};
use crate::tree::{Growing, TreeError, TreeHead, leaf_hash_index};

/// A log in which everything fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The whole tree; its checkpoint is worth keeping elsewhere.
    pub head: TreeHead,
    /// Private parts that were erased.
    pub erased: u64,
    /// Tree sizes at which a checkpoint was compared, `since` among them.
    pub checkpoints: usize,
}

/// What does not fit.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The log could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A checkpoint is malformed or not signed by the log's key.
    #[error("a checkpoint is not to be believed: {0}")]
    CheckpointForged(CheckpointError),
    /// Leaves without any checkpoint.
    #[error("there are {size} leaves and no checkpoint")]
    CheckpointMissing {
        /// Leaves.
        size: u64,
    },
    /// Fewer leaves than were signed for.
    #[error("there are {size} leaves, a checkpoint was signed for {signed}")]
    Truncated {
        /// Leaves.
        size: u64,
        /// Signed for.
        signed: u64,
    },
    /// More leaves than were signed for.
    #[error("there are {size} leaves, the newest checkpoint was signed for {signed}")]
    Unsigned {
        /// Leaves.
        size: u64,
        /// Signed for.
        signed: u64,
    },
    /// The log is older than a checkpoint that was kept elsewhere.
    #[error("there are {size} leaves, a checkpoint kept elsewhere knows {known}: the log was rolled back")]
    RolledBack {
        /// Leaves.
        size: u64,
        /// Known elsewhere.
        known: u64,
    },
    /// The leaves are not the ones a checkpoint was signed for, although the stored hashes were made to fit them.
    #[error("the first {size} leaves are not the ones their checkpoint was signed for")]
    RootDiffers {
        /// How many leaves the checkpoint covers.
        size: u64,
    },
    /// A leaf is gone.
    #[error("leaf {index} is missing")]
    LeafMissing {
        /// Which.
        index: u64,
    },
    /// A leaf, or its stored hash, was changed.
    #[error("leaf {index} was changed")]
    LeafChanged {
        /// Which.
        index: u64,
    },
    /// A leaf stands where another one was written.
    #[error("leaf {index} was written as leaf {written}: the log was reordered")]
    Reordered {
        /// Where it stands.
        index: u64,
        /// Where it was written.
        written: u64,
    },
    /// A stored hash above the leaves was changed.
    #[error("stored hash {index} was changed")]
    HashChanged {
        /// Its stored-hash index.
        index: u64,
    },
    /// A leaf fits the tree and cannot be read.
    #[error("leaf {index} cannot be read: {why}")]
    Unreadable {
        /// Which.
        index: u64,
        /// Why.
        why: LeafError,
    },
    /// A private part is not the one its leaf names.
    #[error("the private part of leaf {index} was changed")]
    PrivateChanged {
        /// Which.
        index: u64,
    },
    /// The tree could not be computed.
    #[error(transparent)]
    Tree(#[from] TreeError),
}

/// The roots that the key signed, by size. Two for one size is a fork, which [`compare`] finds.
type Signed = BTreeMap<u64, BTreeSet<[u8; 32]>>;

/// Recomputes the log from its first leaf and compares it with every stored hash, every checkpoint that is kept and every
/// private part that is left. `since` is a checkpoint that was kept elsewhere. Memory grows with the checkpoints that are
/// kept, not with the leaves.
///
/// # Errors
/// [`AuditError`] names the first thing that does not fit.
pub fn verify_log(log: &dyn LogRead, key: &VerifierKey, since: Option<&str>) -> Result<Verified, AuditError> {
    let size = log.size()?;
    let signed = signed(log, key, since, size)?;
    let mut tree = Growing::from_nothing();
    let mut erased = 0_u64;
    compare(&signed, 0, &tree)?;
    for index in 0..size {
        let leaf = log.leaf(index)?.ok_or(AuditError::LeafMissing { index })?;
        compare_hashes(log, index, size, &tree.push(&leaf)?)?;
        tree.prune();
        compare(&signed, index.saturating_add(1), &tree)?;
        let entry = decode(&leaf).map_err(|why| AuditError::Unreadable { index, why })?;
        erased = erased.saturating_add(u64::from(is_erased(log, index, &entry)?));
    }
    Ok(Verified { head: tree.head()?, erased, checkpoints: signed.len() })
}

/// Every tree head that the key signed, once the signed sizes fit the size of the log.
fn signed(log: &dyn LogRead, key: &VerifierKey, since: Option<&str>, size: u64) -> Result<Signed, AuditError> {
    let believe = |text: &str| key.verify(text).map_err(AuditError::CheckpointForged);
    let mut signed = Signed::new();
    for text in log.checkpoints()? {
        let head = believe(&text)?;
        signed.entry(head.size).or_default().insert(head.root);
    }
    match signed.last_key_value() {
        Some((newest, _)) if *newest > size => return Err(AuditError::Truncated { size, signed: *newest }),
        Some((newest, _)) if *newest < size => return Err(AuditError::Unsigned { size, signed: *newest }),
        None if size > 0 => return Err(AuditError::CheckpointMissing { size }),
        Some(_) | None => {}
    }
    if let Some(since) = since.map(believe).transpose()? {
        if since.size > size {
            return Err(AuditError::RolledBack { size, known: since.size });
        }
        signed.entry(since.size).or_default().insert(since.root);
    }
    Ok(signed)
}

fn compare(signed: &Signed, size: u64, tree: &Growing<'_>) -> Result<(), AuditError> {
    let Some(roots) = signed.get(&size) else { return Ok(()) };
    let root = tree.head()?.root;
    if roots.iter().all(|signed| *signed == root) { Ok(()) } else { Err(AuditError::RootDiffers { size }) }
}

fn compare_hashes(log: &dyn LogRead, leaf: u64, size: u64, computed: &[(u64, [u8; 32])]) -> Result<(), AuditError> {
    for (index, hash) in computed {
        if log.hash(*index)? == *hash {
            continue;
        }
        if *index != leaf_hash_index(leaf) {
            return Err(AuditError::HashChanged { index: *index });
        }
        return Err(match written_as(log, size, hash)? {
            Some(written) => AuditError::Reordered { index: leaf, written },
            None => AuditError::LeafChanged { index: leaf },
        });
    }
    Ok(())
}

/// Where a leaf with this hash was written, to say of a wrong leaf whether it was moved or changed.
fn written_as(log: &dyn LogRead, size: u64, hash: &[u8; 32]) -> Result<Option<u64>, AuditError> {
    for index in 0..size {
        if log.hash(leaf_hash_index(index))? == *hash {
            return Ok(Some(index));
        }
    }
    Ok(None)
}

fn is_erased(log: &dyn LogRead, index: u64, entry: &Entry) -> Result<bool, AuditError> {
    match log.private(index)? {
        None => Ok(true),
        Some(private) if Digest::of(&private) == entry.private => Ok(false),
        Some(_) => Err(AuditError::PrivateChanged { index }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::{Origin, SignerKey};
    use crate::leaf::Leaf;
    use crate::ports::HashRead;
    use crate::tree::{Appended, append};

    /// A log of one leaf that nobody of this host wrote, made by somebody who stole the key.
    struct Foreign(&'static [u8], Appended, String);

    impl HashRead for Foreign {
        fn hash(&self, index: u64) -> Result<[u8; 32], ReadError> {
            self.1.hashes.iter().find(|(at, _)| *at == index).map(|(_, hash)| *hash).ok_or(ReadError)
        }
    }

    impl LogRead for Foreign {
        fn size(&self) -> Result<u64, ReadError> {
            Ok(1)
        }
        fn leaf(&self, _: u64) -> Result<Option<Vec<u8>>, ReadError> {
            Ok(Some(self.0.to_vec()))
        }
        fn private(&self, _: u64) -> Result<Option<Vec<u8>>, ReadError> {
            Ok(None)
        }
        fn checkpoints(&self) -> Result<Vec<String>, ReadError> {
            Ok(vec![self.2.clone()])
        }
    }

    fn verify_foreign(bytes: &'static [u8]) -> Result<Verified, AuditError> {
        let key = SignerKey::new(Origin::new("cordon/hospital.example").unwrap(), [1; 32]);
        let nothing =
            Foreign(b"", Appended { hashes: Vec::new(), head: TreeHead { size: 0, root: [0; 32] } }, String::new());
        let appended = append(0, &[Leaf(bytes.to_vec())], &nothing).unwrap();
        let checkpoint = key.sign(&appended.head).unwrap();
        verify_log(&Foreign(bytes, appended, checkpoint), key.verifier(), None)
    }

    #[test]
    fn a_leaf_that_fits_the_tree_and_cannot_be_read_is_named() {
        let unknown = verify_foreign(br#"{"v":2}"#);
        assert!(matches!(unknown, Err(AuditError::Unreadable { index: 0, why: LeafError::Version })));
        let garbage = verify_foreign(b"garbage");
        assert!(matches!(garbage, Err(AuditError::Unreadable { index: 0, why: LeafError::Leaf })));
    }
}
