//! The Merkle tree of RFC 6962 section 2.1 over the leaves: appending, and proofs of inclusion and consistency.

use std::collections::BTreeMap;

use tlog_tiles::tlog::{self, Hash, HashReader};

use crate::leaf::Leaf;
use crate::ports::{HashRead, ReadError};

/// No log gets this long; below it no index arithmetic can overflow.
pub const MAX_SIZE: u64 = 1 << 48;

/// A tree: its size and its root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TreeHead {
    /// How many leaves.
    pub size: u64,
    /// The root over them.
    pub root: [u8; 32],
}

/// A proof of inclusion or consistency: hashes, leaf side first.
pub type Proof = Vec<[u8; 32]>;

/// Why the tree could not be grown, or a proof not made or not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    /// A stored hash is missing.
    #[error("a stored hash could not be read")]
    Read,
    /// An index or size outside the tree.
    #[error("not within the tree")]
    Range,
    /// The proof proves something else.
    #[error("the proof does not hold")]
    Proof,
}

/// What an append must write, all in one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// New stored hashes by their index, ascending and without a gap.
    pub hashes: Vec<(u64, [u8; 32])>,
    /// The tree with the new leaves; to be signed as a checkpoint in the same transaction.
    pub head: TreeHead,
}

/// Grows a tree of `size` leaves. Appending in groups or one by one gives the same tree.
///
/// # Errors
/// [`TreeError::Read`] or [`TreeError::Range`].
pub fn append(size: u64, leaves: &[Leaf], stored: &dyn HashRead) -> Result<Appended, TreeError> {
    let mut growing = Growing { size, fresh: BTreeMap::new(), stored };
    for leaf in leaves {
        growing.push(leaf.as_bytes())?;
    }
    let head = growing.head()?;
    Ok(Appended { hashes: growing.fresh.into_iter().map(|(index, hash)| (index, hash.0)).collect(), head })
}

/// Proves that the tree of `size` leaves holds the leaf at `index`.
///
/// # Errors
/// [`TreeError::Read`] or [`TreeError::Range`].
pub fn prove_record(size: u64, index: u64, stored: &dyn HashRead) -> Result<Proof, TreeError> {
    if size > MAX_SIZE || index >= size {
        return Err(TreeError::Range);
    }
    Ok(bytes(tlog::prove_record(size, index, &Stored(stored)).map_err(|_| TreeError::Read)?))
}

/// Checks that the tree holds exactly these bytes as the leaf at `index`.
///
/// # Errors
/// [`TreeError::Proof`] or [`TreeError::Range`].
pub fn check_record(proof: &[[u8; 32]], head: &TreeHead, index: u64, leaf: &[u8]) -> Result<(), TreeError> {
    if head.size > MAX_SIZE || index >= head.size {
        return Err(TreeError::Range);
    }
    let hash = tlog::record_hash(leaf);
    tlog::check_record(&hashes(proof), head.size, Hash(head.root), index, hash).map_err(|_| TreeError::Proof)
}

/// Proves that the tree of `size` leaves begins with the tree of `earlier` leaves. Every tree begins with the empty one.
///
/// # Errors
/// [`TreeError::Read`] or [`TreeError::Range`].
pub fn prove_tree(size: u64, earlier: u64, stored: &dyn HashRead) -> Result<Proof, TreeError> {
    if size > MAX_SIZE || earlier > size {
        return Err(TreeError::Range);
    }
    if earlier == 0 {
        return Ok(Vec::new());
    }
    Ok(bytes(tlog::prove_tree(size, earlier, &Stored(stored)).map_err(|_| TreeError::Read)?))
}

/// Checks that one tree begins with another.
///
/// # Errors
/// [`TreeError::Proof`] or [`TreeError::Range`].
pub fn check_tree(proof: &[[u8; 32]], head: &TreeHead, earlier: &TreeHead) -> Result<(), TreeError> {
    if head.size > MAX_SIZE || earlier.size > head.size {
        return Err(TreeError::Range);
    }
    if earlier.size == 0 {
        let holds = proof.is_empty() && earlier.root == tlog::EMPTY_HASH.0;
        return if holds { Ok(()) } else { Err(TreeError::Proof) };
    }
    let (root, before) = (Hash(head.root), Hash(earlier.root));
    tlog::check_tree(&hashes(proof), head.size, root, earlier.size, before).map_err(|_| TreeError::Proof)
}

/// The stored-hash index of a leaf's own hash.
pub(crate) fn leaf_hash_index(index: u64) -> u64 {
    tlog::stored_hash_index(0, index)
}

/// A tree that grows leaf by leaf, from stored hashes or from nothing.
pub(crate) struct Growing<'a> {
    size: u64,
    fresh: BTreeMap<u64, Hash>,
    stored: &'a dyn HashRead,
}

/// A log with nothing in it yet.
struct Nothing;

impl HashRead for Nothing {
    fn hash(&self, _: u64) -> Result<[u8; 32], ReadError> {
        Err(ReadError)
    }
}

impl Growing<'static> {
    /// The empty tree.
    pub(crate) fn from_nothing() -> Self {
        Self { size: 0, fresh: BTreeMap::new(), stored: &Nothing }
    }
}

impl Growing<'_> {
    /// Takes one more leaf and gives the hashes that are new with it, the leaf's own first.
    pub(crate) fn push(&mut self, leaf: &[u8]) -> Result<Vec<(u64, [u8; 32])>, TreeError> {
        if self.size >= MAX_SIZE {
            return Err(TreeError::Range);
        }
        let new = tlog::stored_hashes(self.size, leaf, self).map_err(|_| TreeError::Read)?;
        let new: Vec<_> = (tlog::stored_hash_index(0, self.size)..).zip(new).collect();
        self.fresh.extend(new.iter().copied());
        self.size = self.size.saturating_add(1);
        Ok(new.into_iter().map(|(index, hash)| (index, hash.0)).collect())
    }

    /// The tree so far.
    pub(crate) fn head(&self) -> Result<TreeHead, TreeError> {
        if self.size > MAX_SIZE {
            return Err(TreeError::Range);
        }
        let root = tlog::tree_hash(self.size, self).map_err(|_| TreeError::Read)?;
        Ok(TreeHead { size: self.size, root: root.0 })
    }

    /// Forgets every hash that no later leaf needs: at most one per bit of the size stays.
    pub(crate) fn prune(&mut self) {
        let needed = tlog::sub_tree_index(0, self.size, Vec::new());
        self.fresh.retain(|index, _| needed.contains(index));
    }
}

impl HashReader for Growing<'_> {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, tlog::Error> {
        let read = |index: &u64| match self.fresh.get(index) {
            Some(hash) => Ok(*hash),
            None => read(self.stored, *index),
        };
        indexes.iter().map(read).collect()
    }
}

struct Stored<'a>(&'a dyn HashRead);

impl HashReader for Stored<'_> {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, tlog::Error> {
        indexes.iter().map(|index| read(self.0, *index)).collect()
    }
}

fn read(stored: &dyn HashRead, index: u64) -> Result<Hash, tlog::Error> {
    stored.hash(index).map(Hash).map_err(|ReadError| tlog::Error::IndexesNotInTree)
}

fn bytes(hashes: Vec<Hash>) -> Proof {
    hashes.into_iter().map(|hash| hash.0).collect()
}

fn hashes(proof: &[[u8; 32]]) -> Vec<Hash> {
    proof.iter().map(|hash| Hash(*hash)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use cordon_core::ids::Digest;

    #[test]
    fn a_tree_is_not_grown_over_hashes_that_cannot_be_read() {
        assert_eq!(append(1, &[Leaf(b"second".to_vec())], &Nothing), Err(TreeError::Read));
    }

    #[test]
    fn what_lies_outside_the_tree_has_no_proof() {
        let head = TreeHead { size: 2, root: [0; 32] };
        assert_eq!(prove_record(2, 2, &Nothing), Err(TreeError::Range));
        assert_eq!(prove_tree(2, 3, &Nothing), Err(TreeError::Range));
        assert_eq!(check_record(&[], &head, 2, b""), Err(TreeError::Range));
        assert_eq!(check_tree(&[], &head, &TreeHead { size: 3, root: [0; 32] }), Err(TreeError::Range));
        let endless = TreeHead { size: u64::MAX, root: [0; 32] };
        assert_eq!(check_record(&[], &endless, 0, b""), Err(TreeError::Range));
    }

    #[test]
    fn roots_are_those_of_certificate_transparency() {
        // The leaves and roots of the reference test of RFC 6962 (certificate-transparency, merkle_tree_test).
        let leaves: [&[u8]; 8] = [b"", b"\0", b"\x10", b" !", b"01", b"@ABC", b"PQRSTUVW", b"`abcdefghijklmno"];
        let leaves = leaves.map(|leaf| Leaf(leaf.to_vec()));
        let root = |count: usize| Digest::new(append(0, &leaves[..count], &Nothing).unwrap().head.root).hex();
        assert_eq!(root(0), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(root(1), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
        assert_eq!(root(8), "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
    }

    #[test]
    fn pruning_changes_no_root() {
        let mut pruned = Growing::from_nothing();
        let mut whole = Growing::from_nothing();
        for leaf in 0..200_u8 {
            pruned.push(&[leaf]).unwrap();
            whole.push(&[leaf]).unwrap();
            pruned.prune();
            assert_eq!(pruned.head(), whole.head());
            assert_eq!(pruned.fresh.len(), pruned.size.count_ones() as usize);
        }
    }
}
