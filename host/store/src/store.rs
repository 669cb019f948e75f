//! The open store.

use std::fs::File;
use std::ops::Deref;
use std::path::Path;

use rusqlite::Connection;

use crate::directory::Directory;
use crate::error::{KeyError, OpenError, StoreError};
use crate::sqlite::{Readers, Writer};

/// Why a store was not marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MarkError {
    /// It already holds something that may be real.
    #[error("only an empty store can become a demo store")]
    NotEmpty,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A store that can only be read. It needs no lock, so a verifier can look while a host runs.
#[derive(Debug)]
pub struct Reader {
    readers: Readers,
}

/// The store of the process that holds the lock. Reads everything a [`Reader`] reads.
#[derive(Debug)]
pub struct Store {
    reader: Reader,
    writer: Writer,
    directory: Directory,
    /// Held until the store is dropped.
    _lock: File,
}

impl Store {
    /// Opens the store in a data directory and makes what is missing of it, for its owner only.
    ///
    /// # Errors
    /// [`OpenError::Held`] while another process, or this one, has it open.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let directory = Directory::create(path).map_err(OpenError::Directory)?;
        let lock = directory.lock()?;
        let writer = Writer::open(&directory.database())?;
        let reader = Reader { readers: Readers::new(directory.database()) };
        Ok(Self { reader, writer, directory, _lock: lock })
    }

    /// Opens an existing store for reading, also while a host holds it.
    ///
    /// # Errors
    /// [`OpenError::Directory`] if there is none, [`OpenError::Schema`] if another version of the host wrote it.
    pub fn open_read_only(path: &Path) -> Result<Reader, OpenError> {
        let directory = Directory::open(path).map_err(OpenError::Directory)?;
        directory.expect_database().map_err(OpenError::Directory)?;
        let reader = Reader { readers: Readers::new(directory.database()) };
        reader.readers.expect_schema()?;
        Ok(reader)
    }

    /// Whether the store can make a write durable, for `/readyz`. Writes once.
    ///
    /// # Errors
    /// Why it cannot.
    pub fn check(&self) -> Result<(), StoreError> {
        self.write(|c| Ok(c.execute("UPDATE probe SET writes = (writes + 1) % 1000000", []).map(drop)?))
    }

    /// Bounds the size of the database. What does not fit fails as [`StoreError::Full`] and leaves nothing behind. The
    /// default is no bound; it holds until the store is closed.
    ///
    /// # Errors
    /// The store failed.
    pub fn limit(&self, bytes: u64) -> Result<(), StoreError> {
        self.writer.maintain(|c| {
            let page: u64 = c.pragma_query_value(None, "page_size", |row| row.get(0))?;
            let pages = bytes.checked_div(page).unwrap_or_default().max(1);
            c.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))
        })
    }

    /// Marks an empty store as a demo store, for ever: nothing here takes the mark away. Idempotent.
    ///
    /// # Errors
    /// [`MarkError::NotEmpty`] once there is a record, a key, a plugin or a leaf.
    pub fn mark_demo(&self) -> Result<(), MarkError> {
        self.write(|c| {
            if is_demo(c)? {
                return Ok(());
            }
            if !is_empty(c)? {
                return Err(MarkError::NotEmpty);
            }
            c.execute("INSERT INTO mark (name) VALUES ('demo')", []).map_err(StoreError::from)?;
            Ok(())
        })
    }

    /// The seed of the key that signs checkpoints, if one was kept.
    ///
    /// # Errors
    /// [`KeyError::Exposed`] if others than the owner may touch the file.
    pub fn log_key(&self) -> Result<Option<[u8; 32]>, KeyError> {
        self.directory.log_key()
    }

    /// Keeps the seed of the key that signs checkpoints. It is never replaced: a log has one signer.
    ///
    /// # Errors
    /// [`KeyError::Exists`] if there is one.
    pub fn keep_log_key(&self, seed: &[u8; 32]) -> Result<(), KeyError> {
        self.directory.write_log_key(seed)
    }

    /// Keeps the public key that checkpoints are verified with in `log.vkey`, where `cordon audit verify` looks for it.
    ///
    /// # Errors
    /// The file could not be written.
    pub fn keep_log_verifier(&self, text: &str) -> Result<(), KeyError> {
        Ok(self.directory.write_log_verifier(text)?)
    }

    pub(crate) fn write<T, E: From<StoreError>>(&self, work: impl FnOnce(&Connection) -> Result<T, E>) -> Result<T, E> {
        self.writer.write(work)
    }

    /// Moves the write-ahead log into the database, so that what was overwritten there is gone from both. Waits for
    /// readers, and fails as busy if they take too long.
    pub(crate) fn settle(&self) -> Result<(), StoreError> {
        let busy = self.writer.maintain(|c| c.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0)))?;
        if busy { Err(StoreError::Engine { code: rusqlite::ffi::SQLITE_BUSY }) } else { Ok(()) }
    }

    pub(crate) fn directory(&self) -> &Directory {
        &self.directory
    }
}

impl Deref for Store {
    type Target = Reader;

    fn deref(&self) -> &Reader {
        &self.reader
    }
}

impl Reader {
    /// Whether this is a demo store.
    ///
    /// # Errors
    /// The store failed.
    pub fn is_demo(&self) -> Result<bool, StoreError> {
        self.read(is_demo)
    }

    pub(crate) fn read<T, E: From<StoreError>>(&self, work: impl FnOnce(&Connection) -> Result<T, E>) -> Result<T, E> {
        self.readers.read(work)
    }
}

fn is_demo(connection: &Connection) -> Result<bool, StoreError> {
    Ok(connection.query_row("SELECT EXISTS (SELECT 1 FROM mark WHERE name = 'demo')", [], |row| row.get(0))?)
}

fn is_empty(connection: &Connection) -> Result<bool, StoreError> {
    let sql = "SELECT NOT EXISTS (SELECT 1 FROM resource) AND NOT EXISTS (SELECT 1 FROM trust_key)
               AND NOT EXISTS (SELECT 1 FROM plugin_version) AND NOT EXISTS (SELECT 1 FROM leaf)";
    Ok(connection.query_row(sql, [], |row| row.get(0))?)
}
