//! What failed runs saw, for the hospital's own eyes: the newest, for a while.

use cordon_core::ids::{MintedId, PluginId, TenantId};
use cordon_core::transcript::Transcript;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use crate::error::StoreError;
use crate::store::{Reader, Store};
use crate::time;

/// The most transcripts of a tenant: enough to look into a fault, too few to be a second record of patients.
pub const MOST_TRANSCRIPTS: u32 = 200;

/// No transcript is older, counted from the newest: 30 days.
pub const LONGEST_KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A transcript that is kept with its record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TranscriptPut {
    /// Whose.
    pub tenant: TenantId,
    /// Of which invocation.
    pub invocation: MintedId,
    /// When the call came.
    pub at: Timestamp,
    /// The transcript.
    pub transcript: Transcript,
}

/// A transcript in the list: what can be said of it without opening it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptTranscript {
    /// The invocation.
    pub invocation: String,
    /// The plugin.
    pub plugin: PluginId,
    /// When the call came.
    pub at: Timestamp,
}

impl Store {
    /// Removes one transcript, in the database and in its write-ahead log. Idempotent.
    ///
    /// # Errors
    /// The store failed, or a reader held the old bytes for seconds: ask again.
    pub fn erase_transcript(&self, tenant: &TenantId, invocation: &str) -> Result<(), StoreError> {
        self.own(tenant)?;
        let sql = "DELETE FROM transcript WHERE tenant = ?1 AND invocation = ?2";
        self.write(|c| Ok::<_, StoreError>(c.execute(sql, [tenant.as_str(), invocation]).map(drop)?))?;
        self.settle()
    }
}

impl Reader {
    /// The kept transcripts, newest first.
    ///
    /// # Errors
    /// The store failed.
    pub fn transcripts(&self, tenant: &TenantId) -> Result<Vec<KeptTranscript>, StoreError> {
        self.own(tenant)?;
        let sql = "SELECT invocation, plugin, at FROM transcript WHERE tenant = ?1 ORDER BY at DESC, row DESC";
        self.read(|c| {
            let mut statement = c.prepare_cached(sql)?;
            let mut rows = statement.query([tenant.as_str()])?;
            let mut kept = Vec::new();
            while let Some(row) = rows.next()? {
                kept.push(KeptTranscript {
                    invocation: row.get(0)?,
                    plugin: PluginId::new(row.get::<_, String>(1)?).map_err(|_| StoreError::Damaged)?,
                    at: time::read(&row.get::<_, String>(2)?)?,
                });
            }
            Ok(kept)
        })
    }

    /// The transcript of one invocation; `None` if the run did not fail, or it was pruned.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if it cannot be read.
    pub fn transcript(&self, tenant: &TenantId, invocation: &str) -> Result<Option<Transcript>, StoreError> {
        self.own(tenant)?;
        let sql = "SELECT bytes FROM transcript WHERE tenant = ?1 AND invocation = ?2";
        let found: Option<Vec<u8>> = self.read(|c| {
            Ok::<_, StoreError>(c.query_row(sql, [tenant.as_str(), invocation], |row| row.get(0)).optional()?)
        })?;
        found.map(|bytes| serde_json::from_slice(&bytes).map_err(|_| StoreError::Damaged)).transpose()
    }
}

/// Keeps one, and drops what is too old or too many beside it.
pub(crate) fn write(c: &Connection, put: &TranscriptPut) -> Result<(), StoreError> {
    let bytes = serde_json::to_vec(&put.transcript).map_err(|_| StoreError::Damaged)?;
    let (tenant, at) = (put.tenant.as_str(), time::sortable(put.at));
    let sql = "INSERT INTO transcript (tenant, invocation, plugin, at, bytes) VALUES (?1, ?2, ?3, ?4, ?5)";
    let values = params![tenant, put.invocation.as_str(), put.transcript.plugin.as_str(), at, bytes];
    c.prepare_cached(sql)?.execute(values)?;
    let oldest = time::sortable(put.at.checked_sub(LONGEST_KEPT).unwrap_or(Timestamp::MIN));
    c.prepare_cached("DELETE FROM transcript WHERE tenant = ?1 AND at < ?2")?.execute(params![tenant, oldest])?;
    let surplus = "DELETE FROM transcript WHERE row IN
                   (SELECT row FROM transcript WHERE tenant = ?1 ORDER BY at DESC, row DESC LIMIT -1 OFFSET ?2)";
    c.prepare_cached(surplus)?.execute(params![tenant, MOST_TRANSCRIPTS])?;
    Ok(())
}
