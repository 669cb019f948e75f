//! A file that comes in pieces. All of it is put aside, in an unnamed file beside the database, before any of it is read: what
//! was cut off on its way changes nothing, and its digest is known before its first resource is kept.

use std::io::{BufReader, Seek as _, Write as _};
use std::ops::ControlFlow;

use cap_std::fs::File;
use cordon_core::ids::Digest;
use sha2::{Digest as _, Sha256};

use super::batch::Batch;
use super::order::{Older, Turn};
use super::{LoadError, Loaded, Progress, run};
use crate::error::StoreError;
use crate::store::Store;

/// What came so far. It goes with this value.
#[derive(Debug)]
pub struct Received {
    file: File,
    hash: Sha256,
    bytes: u64,
    length: u64,
    turn: Turn,
}

impl Store {
    /// A place for a file of this length, which will come in pieces. The load begins here: a Consent that another load keeps
    /// from now on is not replaced.
    ///
    /// # Errors
    /// [`StoreError::Full`] if it is longer than the store may ever be ([`Store::limit`]); [`LoadError::Spool`].
    pub fn receive(&self, length: u64) -> Result<Received, LoadError> {
        if length > self.most_bytes()? {
            return Err(StoreError::Full.into());
        }
        let file = self.directory().spool().map_err(LoadError::Spool)?;
        Ok(Received { file, hash: Sha256::new(), bytes: 0, length, turn: self.loads.begin() })
    }
}

impl Received {
    /// Takes the next piece.
    ///
    /// # Errors
    /// [`LoadError::Length`] beyond the length that was said.
    pub fn push(&mut self, piece: &[u8]) -> Result<(), LoadError> {
        self.bytes = self.bytes.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
        if self.bytes > self.length {
            return Err(LoadError::Length);
        }
        self.hash.update(piece);
        self.file.write_all(piece).map_err(LoadError::Spool)
    }

    /// The digest of the file.
    ///
    /// # Errors
    /// [`LoadError::Length`] before all of it came.
    pub fn digest(&self) -> Result<Digest, LoadError> {
        self.whole()?;
        Ok(Digest::new(self.hash.clone().finalize().into()))
    }

    fn whole(&self) -> Result<(), LoadError> {
        if self.bytes == self.length { Ok(()) } else { Err(LoadError::Length) }
    }

    /// Loads it for the tenant of this store, as [`load`](super::load()) does. It ends with [`LoadError::Length`] before all of it
    /// came.
    pub fn load(
        mut self,
        store: &Store,
        name: &str,
        older: Older,
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Loaded {
        let ready = self.whole().and_then(|()| self.file.rewind().map_err(LoadError::Spool));
        let batch = Batch::new(store, store.tenant(), self.turn, name, older, progress);
        match ready {
            Ok(()) => run(batch, store, &mut BufReader::new(self.file)),
            Err(error) => batch.end(Err(error)),
        }
    }
}
