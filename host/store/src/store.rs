//! The open store of one tenant.

use std::io;
use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;

use cordon_core::ids::TenantId;
use rusqlite::{Connection, OptionalExtension};

use crate::data::{DataDirectory, Turn};
use crate::directory::{Directory, Root};
use crate::error::{KeyError, OpenError, StoreError};
use crate::fault::out;
use crate::labels::Labelling;
use crate::load::order::Loads;
use crate::nonce::Spending;
use crate::packs::InUse;
use crate::parsed::Parsed;
use crate::sqlite::{Idle, Readers, Writer};

/// One tenant's store that can only be read. It needs no lock, so a verifier can look while a host runs.
///
/// Every function that names a tenant refuses one that is not its own: [`StoreError::Foreign`].
#[derive(Debug)]
pub struct Reader {
    readers: Readers,
    pub(crate) directory: Directory,
    labelling: Option<Labelling>,
    pub(crate) parsed: Parsed,
}

/// One tenant's store, of the process that holds the data directory. Reads everything a [`Reader`] reads.
#[derive(Debug)]
pub struct Store {
    reader: Reader,
    writer: Writer,
    pub(crate) spending: Spending,
    pub(crate) in_use: InUse,
    pub(crate) loads: Arc<Loads>,
    /// Held until the store is dropped.
    _turn: Turn,
}

impl Store {
    /// Opens a tenant's store in a data directory that nothing else of this process uses: [`DataDirectory::open`], then
    /// [`DataDirectory::store`].
    ///
    /// # Errors
    /// [`OpenError::Held`] while another process, or this one, has the directory.
    pub fn open(path: &Path, tenant: &TenantId) -> Result<Self, OpenError> {
        DataDirectory::open(path)?.store(tenant)
    }

    pub(crate) fn new(
        turn: Turn,
        directory: Directory,
        tenant: &TenantId,
        demo: bool,
        idle: Arc<Idle>,
    ) -> Result<Self, OpenError> {
        let writer = Writer::open(&directory.database())?;
        writer.write(|c| claim(c, tenant, demo))?;
        let readers = Readers::new(tenant.clone(), directory.database(), idle);
        Ok(Self {
            reader: Reader { readers, directory, labelling: None, parsed: Parsed::default() },
            writer,
            spending: Spending::default(),
            in_use: InUse::default(),
            loads: Arc::default(),
            _turn: turn,
        })
    }

    /// Opens a tenant's existing store for reading, also while a host holds the data directory.
    ///
    /// # Errors
    /// [`OpenError::Directory`] if there is none, [`OpenError::Schema`] if another version of the host wrote it,
    /// [`OpenError::Foreign`] if it is another tenant's.
    pub fn open_read_only(path: &Path, tenant: &TenantId) -> Result<Reader, OpenError> {
        let directory = Root::open(path)?.tenant(tenant).map_err(OpenError::Directory)?;
        directory.expect_database().map_err(OpenError::Directory)?;
        let readers = Readers::new(tenant.clone(), directory.database(), Arc::default());
        readers.expect_schema()?;
        match readers.read(owner)? {
            Some(mark) if mark == mark_of(tenant) => {
                Ok(Reader { readers, directory, labelling: None, parsed: Parsed::default() })
            }
            Some(_) | None => Err(OpenError::Foreign),
        }
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

    /// The most bytes that the database may have.
    pub(crate) fn most_bytes(&self) -> Result<u64, StoreError> {
        self.writer.maintain(|c| {
            let page: u64 = c.pragma_query_value(None, "page_size", |row| row.get(0))?;
            let pages: u64 = c.pragma_query_value(None, "max_page_count", |row| row.get(0))?;
            Ok(page.saturating_mul(pages))
        })
    }

    /// The seed of the key that signs checkpoints, if one was kept.
    ///
    /// # Errors
    /// [`KeyError::Exposed`] if others than the owner may touch the file.
    pub fn log_key(&self) -> Result<Option<[u8; 32]>, KeyError> {
        self.reader.directory.log_key()
    }

    /// Keeps the seed of the key that signs checkpoints. It is never replaced: a log has one signer.
    ///
    /// # Errors
    /// [`KeyError::Exists`] if there is one.
    pub fn keep_log_key(&self, seed: &[u8; 32]) -> Result<(), KeyError> {
        self.reader.directory.write_log_key(seed)
    }

    /// The key that pseudonyms such as shifted dates are drawn with, if one was kept.
    ///
    /// # Errors
    /// [`KeyError::Exposed`] if others than the owner may touch the file.
    pub fn pseudonym_key(&self) -> Result<Option<[u8; 32]>, KeyError> {
        self.reader.directory.pseudonym_key()
    }

    /// Keeps that key. It is never replaced: what was shifted by another would not fit.
    ///
    /// # Errors
    /// [`KeyError::Exists`] if there is one.
    pub fn keep_pseudonym_key(&self, key: &[u8; 32]) -> Result<(), KeyError> {
        self.reader.directory.write_pseudonym_key(key)
    }

    /// Keeps the public key that checkpoints are verified with in `log.vkey`, where `cordon audit verify` looks for it.
    ///
    /// # Errors
    /// The file could not be written.
    pub fn keep_log_verifier(&self, text: &str) -> Result<(), KeyError> {
        if self.log_verifier().is_ok_and(|kept| kept == text) {
            return Ok(());
        }
        Ok(self.reader.directory.write_log_verifier(text)?)
    }

    pub(crate) fn set_labelling(&mut self, labelling: Labelling) {
        self.reader.labelling = Some(labelling);
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
        &self.reader.directory
    }
}

impl Deref for Store {
    type Target = Reader;

    fn deref(&self) -> &Reader {
        &self.reader
    }
}

impl Reader {
    /// Whose store this is.
    #[must_use]
    pub fn tenant(&self) -> &TenantId {
        self.readers.tenant()
    }

    /// Whether this store was made in a demo.
    ///
    /// # Errors
    /// The store failed.
    pub fn is_demo(&self) -> Result<bool, StoreError> {
        self.read(is_demo)
    }

    /// The public key that checkpoints are verified with, as the host wrote it.
    ///
    /// # Errors
    /// There is none, or it cannot be read.
    pub fn log_verifier(&self) -> io::Result<String> {
        self.directory.log_verifier()
    }

    pub(crate) fn labelling(&self) -> Option<&Labelling> {
        self.labelling.as_ref()
    }

    /// Refuses another tenant. Queries name their tenant all the same: neither check relies on the other.
    pub(crate) fn own(&self, tenant: &TenantId) -> Result<(), StoreError> {
        if tenant == self.tenant() || out!(TenantIgnored) { Ok(()) } else { Err(StoreError::Foreign) }
    }

    pub(crate) fn read<T, E: From<StoreError>>(&self, work: impl FnOnce(&Connection) -> Result<T, E>) -> Result<T, E> {
        self.readers.read(work)
    }
}

fn mark_of(tenant: &TenantId) -> String {
    format!("tenant:{tenant}")
}

fn owner(c: &Connection) -> Result<Option<String>, StoreError> {
    let sql = "SELECT name FROM mark WHERE name GLOB 'tenant:*'";
    Ok(c.query_row(sql, [], |row| row.get(0)).optional()?)
}

/// Marks a new file with its tenant and with the demo, for ever, and holds an old one to both: a folder that was restored
/// or linked to the wrong place serves nobody.
fn claim(c: &Connection, tenant: &TenantId, demo: bool) -> Result<(), OpenError> {
    match owner(c)? {
        Some(mark) if mark != mark_of(tenant) => Err(OpenError::Foreign),
        Some(_) if is_demo(c)? != demo => Err(OpenError::Demo),
        Some(_) => Ok(()),
        None if !is_empty(c)? => Err(OpenError::Foreign),
        None => {
            let mark = "INSERT INTO mark (name) VALUES (?1)";
            c.execute(mark, [mark_of(tenant)])?;
            if demo { Ok(c.execute(mark, ["demo"]).map(drop)?) } else { Ok(()) }
        }
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
