//! What the log is made of. The room `audit` says what the bytes are; here they become durable together, and only the
//! private part can go away again.

use cordon_core::ids::{MintedId, ServiceId, TenantId};
use cordon_core::record::LeafIndex;
use rusqlite::{Connection, OptionalExtension, params};

use crate::cells::{self, CellPut};
use crate::error::StoreError;
use crate::store::{Reader, Store};
use crate::transcripts::{self, TranscriptPut};

/// One leaf and what stands beside it.
#[derive(Clone, PartialEq, Eq)]
pub struct LogLeaf {
    /// The public part: it goes into the tree.
    pub bytes: Vec<u8>,
    /// The private part: the leaf holds its digest.
    pub private: Vec<u8>,
}

/// A card that one of the leaves issues.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedCard {
    /// Whose.
    pub tenant: TenantId,
    /// The card.
    pub card: MintedId,
    /// By which service.
    pub service: ServiceId,
    /// In which leaf.
    pub leaf: LeafIndex,
}

/// What one group commit adds.
pub struct LogBatch {
    /// Where the first leaf goes: the size of the log before.
    pub first: LeafIndex,
    /// At least one leaf.
    pub leaves: Vec<LogLeaf>,
    /// New node hashes by their index in storage order.
    pub hashes: Vec<(u64, [u8; 32])>,
    /// The signed note over the log with these leaves.
    pub checkpoint: String,
    /// Cards the leaves issue.
    pub cards: Vec<IssuedCard>,
    /// What they write into cells. The first of two writes that read the same wins, and the other is dropped.
    pub cells: Vec<CellPut>,
    /// What those of them saw that failed.
    pub transcripts: Vec<TranscriptPut>,
}

impl LogBatch {
    /// A batch that begins here and has nothing in it yet.
    #[must_use]
    pub fn at(first: LeafIndex) -> Self {
        Self {
            first,
            leaves: Vec::new(),
            hashes: Vec::new(),
            checkpoint: String::new(),
            cards: Vec::new(),
            cells: Vec::new(),
            transcripts: Vec::new(),
        }
    }
}

/// Why a batch was not appended. Nothing of it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    /// The batch does not begin where the log ends.
    #[error("the log has {size} leaves and the batch begins at {first}")]
    Gap {
        /// Leaves in the log.
        size: u64,
        /// Where the batch begins.
        first: u64,
    },
    /// A batch without leaves has no checkpoint.
    #[error("the batch has no leaves")]
    Empty,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// Appends a batch in one transaction: when this returns, leaves, hashes, checkpoint, cards, cells and transcripts are
    /// durable, and so is every token that was spent before.
    ///
    /// # Errors
    /// [`LogError`]; then nothing was written.
    pub fn append(&self, batch: &LogBatch) -> Result<(), LogError> {
        let count = u64::try_from(batch.leaves.len()).unwrap_or(u64::MAX);
        if count == 0 {
            return Err(LogError::Empty);
        }
        batch.cards.iter().try_for_each(|issued| self.own(&issued.tenant))?;
        batch.cells.iter().try_for_each(|put| self.own(&put.write.key.tenant))?;
        batch.transcripts.iter().try_for_each(|put| self.own(&put.tenant))?;
        let written = self.write(|c| {
            let (size, first) = (size(c)?, batch.first.0);
            if size != first {
                return Err(LogError::Gap { size, first });
            }
            write_leaves(c, first, &batch.leaves).map_err(StoreError::from)?;
            write_rest(c, first.saturating_add(count), batch)?;
            Ok(self.spending.write(c, self.tenant())?)
        })?;
        self.spending.durable(&written);
        Ok(())
    }

    /// Erases the private part of a leaf, in the database and in its write-ahead log. The leaf stays. Idempotent.
    ///
    /// # Errors
    /// The store failed, or a reader held the old bytes for seconds: it is erased, but its bytes may still stand in the
    /// write-ahead log, so ask again.
    pub fn erase_private(&self, leaf: LeafIndex) -> Result<(), StoreError> {
        self.write(|c| Ok::<_, StoreError>(c.execute("DELETE FROM private WHERE idx = ?1", [leaf.0]).map(drop)?))?;
        self.settle()
    }
}

fn write_leaves(c: &Connection, first: u64, leaves: &[LogLeaf]) -> rusqlite::Result<()> {
    let mut leaf = c.prepare_cached("INSERT INTO leaf (idx, bytes) VALUES (?1, ?2)")?;
    let mut private = c.prepare_cached("INSERT INTO private (idx, bytes) VALUES (?1, ?2)")?;
    for (index, row) in (first..).zip(leaves) {
        leaf.execute(params![index, row.bytes])?;
        private.execute(params![index, row.private])?;
    }
    Ok(())
}

fn write_rest(c: &Connection, size: u64, batch: &LogBatch) -> Result<(), StoreError> {
    let mut hash = c.prepare_cached("INSERT INTO hash (idx, bytes) VALUES (?1, ?2)")?;
    for (index, bytes) in &batch.hashes {
        hash.execute(params![index, bytes])?;
    }
    c.prepare_cached("INSERT INTO checkpoint (size, note) VALUES (?1, ?2)")?
        .execute(params![size, batch.checkpoint])?;
    let mut card = c.prepare_cached("INSERT INTO card (tenant, card, service, leaf) VALUES (?1, ?2, ?3, ?4)")?;
    for issued in &batch.cards {
        let values = params![issued.tenant.as_str(), issued.card.as_str(), issued.service.as_str(), issued.leaf.0];
        card.execute(values)?;
    }
    batch.cells.iter().try_for_each(|put| cells::write(c, put))?;
    batch.transcripts.iter().try_for_each(|put| transcripts::write(c, put))
}

fn size(c: &Connection) -> Result<u64, StoreError> {
    let last: Option<u64> = c.prepare_cached("SELECT max(idx) FROM leaf")?.query_row([], |row| row.get(0))?;
    Ok(last.map_or(0, |last| last.saturating_add(1)))
}

impl Reader {
    /// How many leaves the log has.
    ///
    /// # Errors
    /// The store failed.
    pub fn log_size(&self) -> Result<u64, StoreError> {
        self.read(size)
    }

    /// The public part of a leaf; `None` beyond the end.
    ///
    /// # Errors
    /// The store failed.
    pub fn leaf(&self, index: LeafIndex) -> Result<Option<Vec<u8>>, StoreError> {
        self.blob("SELECT bytes FROM leaf WHERE idx = ?1", index.0)
    }

    /// The private part of a leaf; `None` if it was erased.
    ///
    /// # Errors
    /// The store failed.
    pub fn private(&self, index: LeafIndex) -> Result<Option<Vec<u8>>, StoreError> {
        self.blob("SELECT bytes FROM private WHERE idx = ?1", index.0)
    }

    /// A node hash by its index in storage order.
    ///
    /// # Errors
    /// The store failed.
    pub fn hash(&self, index: u64) -> Result<Option<[u8; 32]>, StoreError> {
        let bytes = self.blob("SELECT bytes FROM hash WHERE idx = ?1", index)?;
        bytes.map(|bytes| bytes.try_into().map_err(|_| StoreError::Damaged)).transpose()
    }

    /// The newest checkpoint: the size it speaks of, and the signed note.
    ///
    /// # Errors
    /// The store failed.
    pub fn checkpoint(&self) -> Result<Option<(u64, String)>, StoreError> {
        let sql = "SELECT size, note FROM checkpoint ORDER BY size DESC LIMIT 1";
        self.read(|c| Ok(c.prepare_cached(sql)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?))).optional()?))
    }

    /// Every checkpoint, oldest first: what a verifier compares the leaves with.
    ///
    /// # Errors
    /// The store failed.
    pub fn checkpoints(&self) -> Result<Vec<String>, StoreError> {
        self.read(|c| {
            let mut statement = c.prepare_cached("SELECT note FROM checkpoint ORDER BY size")?;
            let notes = statement.query_map([], |row| row.get(0))?;
            Ok(notes.collect::<Result<_, _>>()?)
        })
    }

    /// Which service issued a card; `None` if this host did not issue it to this tenant.
    ///
    /// # Errors
    /// The store failed.
    pub fn card_known(&self, tenant: &TenantId, card: &str) -> Result<Option<ServiceId>, StoreError> {
        self.own(tenant)?;
        let sql = "SELECT service FROM card WHERE tenant = ?1 AND card = ?2";
        let found: Option<String> = self.read(|c| {
            let found = c.prepare_cached(sql)?.query_row(params![tenant.as_str(), card], |row| row.get(0));
            Ok::<_, StoreError>(found.optional()?)
        })?;
        found.map(|service| ServiceId::new(service).map_err(|_| StoreError::Damaged)).transpose()
    }

    fn blob(&self, sql: &str, index: u64) -> Result<Option<Vec<u8>>, StoreError> {
        // Nothing stands at what the engine cannot count to.
        let Ok(index) = i64::try_from(index) else { return Ok(None) };
        self.read(|c| Ok(c.prepare_cached(sql)?.query_row([index], |row| row.get(0)).optional()?))
    }
}
