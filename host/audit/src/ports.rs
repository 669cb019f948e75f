//! What this room asks of whoever keeps the log.

/// Something of the log could not be read, or is not there although it must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the log could not be read")]
pub struct ReadError;

/// The stored hashes of the tree.
pub trait HashRead {
    /// The hash with this stored-hash index (Crosby and Wallach 2009, section 3.3): what
    /// [`crate::tree::append`] gave out under this number.
    ///
    /// # Errors
    /// [`ReadError`], also when there is none.
    fn hash(&self, index: u64) -> Result<[u8; 32], ReadError>;
}

/// A whole log, as an auditor reads it.
pub trait LogRead: HashRead {
    /// How many leaves there are.
    ///
    /// # Errors
    /// [`ReadError`].
    fn size(&self) -> Result<u64, ReadError>;

    /// The bytes of a leaf; `None` when there is none.
    ///
    /// # Errors
    /// [`ReadError`].
    fn leaf(&self, index: u64) -> Result<Option<Vec<u8>>, ReadError>;

    /// The bytes of a leaf's private part; `None` when it was erased.
    ///
    /// # Errors
    /// [`ReadError`].
    fn private(&self, index: u64) -> Result<Option<Vec<u8>>, ReadError>;

    /// The checkpoints that are kept, in any order. Every append writes one in the same transaction, so the newest covers
    /// every leaf; older ones may be dropped, and a verifier holds all that are kept in memory.
    ///
    /// # Errors
    /// [`ReadError`].
    fn checkpoints(&self) -> Result<Vec<String>, ReadError>;
}
