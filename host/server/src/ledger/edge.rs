//! The right edge of a log's tree, kept by its one writer: what the next append needs, without asking the store again.

use std::cell::RefCell;
use std::collections::BTreeMap;

use cordon_audit::ports::{HashRead, ReadError};
use cordon_core::ports::LedgerError;
use cordon_store::Store;

use super::StoredLog;

/// What the last append read and wrote. The hashes that the next one needs are among them, or in the store.
#[derive(Default)]
pub(super) struct Edge {
    size: Option<u64>,
    hashes: BTreeMap<u64, [u8; 32]>,
}

impl Edge {
    /// The edge for one append to the log in this store.
    pub(super) fn read(self, store: &Store) -> Result<Reading<'_>, LedgerError> {
        let size = match self.size {
            Some(size) => size,
            None => store.log_size().map_err(|_| LedgerError)?,
        };
        Ok(Reading { size, kept: self.hashes, used: RefCell::default(), store })
    }
}

/// An edge while an append reads it.
pub(super) struct Reading<'a> {
    size: u64,
    kept: BTreeMap<u64, [u8; 32]>,
    used: RefCell<BTreeMap<u64, [u8; 32]>>,
    store: &'a Store,
}

impl Reading<'_> {
    /// How many leaves the log has.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// The edge after an append that is durable.
    pub(super) fn grown(self, size: u64, fresh: Vec<(u64, [u8; 32])>) -> Edge {
        let mut hashes = self.used.into_inner();
        hashes.extend(fresh);
        Edge { size: Some(size), hashes }
    }
}

impl HashRead for Reading<'_> {
    fn hash(&self, index: u64) -> Result<[u8; 32], ReadError> {
        let hash = match self.kept.get(&index) {
            Some(kept) => *kept,
            None => StoredLog(self.store).hash(index)?,
        };
        self.used.borrow_mut().insert(index, hash);
        Ok(hash)
    }
}
