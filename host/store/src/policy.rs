//! The policy sets a tenant had, as texts. What they mean is the business of the room `policy`.

use cordon_core::ids::{Digest, TenantId};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use crate::cells::{self, Whose};
use crate::error::StoreError;
use crate::store::{Reader, Store};
use crate::time;

/// A version of a tenant's policy. The one with the highest epoch is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPolicy {
    /// Its number: 1, 2, 3 and so on, without a gap.
    pub epoch: u64,
    /// The digest of the text.
    pub digest: Digest,
    /// The text.
    pub text: String,
    /// Since when.
    pub at: Timestamp,
    /// Who set it.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// Why a policy was not kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyStoreError {
    /// The policy in force is not the one that this was to follow.
    #[error("epoch {0} is not the next one")]
    NotNext(u64),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// Puts a policy in force: from the next read on, it is the newest. The cells of the tenant are shredded: they were
    /// written under another. All of it is durable, or nothing.
    ///
    /// # Errors
    /// [`PolicyStoreError::NotNext`] if its epoch does not follow the one in force.
    pub fn set_policy(&self, tenant: &TenantId, new: &StoredPolicy) -> Result<(), PolicyStoreError> {
        self.own(tenant)?;
        let sql = "INSERT INTO policy (tenant, epoch, digest, text, set_at, set_by, reason)
                   SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7
                   WHERE ?2 = 1 + (SELECT coalesce(max(epoch), 0) FROM policy WHERE tenant = ?1)";
        let values = params![
            tenant.as_str(),
            i64::try_from(new.epoch).map_err(|_| PolicyStoreError::NotNext(new.epoch))?,
            new.digest.to_string(),
            new.text,
            time::sortable(new.at),
            new.by,
            new.reason,
        ];
        let shredded = self.write(|c| match c.execute(sql, values).map_err(StoreError::from)? {
            0 => Err(PolicyStoreError::NotNext(new.epoch)),
            _ => Ok(cells::delete(c, tenant, Whose::All)?),
        })?;
        self.overwrite(shredded);
        Ok(())
    }
}

impl Reader {
    /// The policy in force.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if its text has another digest.
    pub fn policy(&self, tenant: &TenantId) -> Result<Option<StoredPolicy>, StoreError> {
        self.own(tenant)?;
        let sql = "SELECT epoch, digest, text, set_at, set_by, reason FROM policy
                   WHERE tenant = ?1 ORDER BY epoch DESC LIMIT 1";
        let row = self.read(|c| Ok::<_, StoreError>(c.query_row(sql, [tenant.as_str()], columns).optional()?))?;
        row.map(read).transpose()
    }

    /// Every policy the tenant had, the one in force last.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if a text has another digest.
    pub fn policies(&self, tenant: &TenantId) -> Result<Vec<StoredPolicy>, StoreError> {
        self.own(tenant)?;
        let sql = "SELECT epoch, digest, text, set_at, set_by, reason FROM policy WHERE tenant = ?1 ORDER BY epoch";
        let rows: Vec<Columns> = self.read(|c| {
            let mut statement = c.prepare_cached(sql)?;
            let rows = statement.query_map([tenant.as_str()], columns)?;
            Ok::<_, StoreError>(rows.collect::<Result<_, _>>()?)
        })?;
        rows.into_iter().map(read).collect()
    }
}

type Columns = (i64, String, String, String, String, String);

fn columns(row: &rusqlite::Row<'_>) -> rusqlite::Result<Columns> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
}

fn read((epoch, digest, text, at, by, reason): Columns) -> Result<StoredPolicy, StoreError> {
    let digest = Digest::try_from(digest).map_err(|_| StoreError::Damaged)?;
    if Digest::of(text.as_bytes()) != digest {
        return Err(StoreError::Damaged);
    }
    let epoch = u64::try_from(epoch).map_err(|_| StoreError::Damaged)?;
    Ok(StoredPolicy { epoch, digest, text, at: time::read(&at)?, by, reason })
}
