//! The publishers' keys a hospital trusts, as they were added. What a key may sign is decided in the room `trust`.

use cordon_core::ids::{KeyId, TenantId};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use crate::error::StoreError;
use crate::store::{Reader, Store};
use crate::time;

/// A trusted key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustKey {
    /// Its id.
    pub key: KeyId,
    /// The public key, PEM.
    pub pem: String,
    /// The plugin ids it may sign.
    pub namespace: String,
    /// When it was added.
    pub added_at: Timestamp,
    /// By whom.
    pub added_by: String,
    /// Why.
    pub reason: String,
    /// When it was revoked; `None` while it is trusted.
    pub revoked_at: Option<Timestamp>,
}

/// Why a key was not kept or changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustKeyError {
    /// There is a key of this id, trusted or revoked. What a key means is never changed.
    #[error("key `{0}` is known already")]
    Known(KeyId),
    /// There is no such key.
    #[error("key `{0}` is not known")]
    Unknown(KeyId),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// Keeps a key.
    ///
    /// # Errors
    /// [`TrustKeyError::Known`] if there is one of this id.
    pub fn add_trust_key(&self, tenant: &TenantId, key: &TrustKey) -> Result<(), TrustKeyError> {
        self.own(tenant)?;
        let sql =
            "INSERT OR IGNORE INTO trust_key (tenant, key, pem, namespace, added_at, added_by, reason, revoked_at)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        let values = params![
            tenant.as_str(),
            key.key.as_str(),
            key.pem,
            key.namespace,
            time::sortable(key.added_at),
            key.added_by,
            key.reason,
            key.revoked_at.map(time::sortable),
        ];
        match self.write(|c| Ok::<_, StoreError>(c.execute(sql, values)?))? {
            0 => Err(TrustKeyError::Known(key.key.clone())),
            _ => Ok(()),
        }
    }

    /// Revokes a key. A key that is revoked already keeps its first date.
    ///
    /// # Errors
    /// [`TrustKeyError::Unknown`] if there is none.
    pub fn revoke_trust_key(&self, tenant: &TenantId, key: &KeyId, at: Timestamp) -> Result<(), TrustKeyError> {
        self.own(tenant)?;
        let sql = "UPDATE trust_key SET revoked_at = coalesce(revoked_at, ?3) WHERE tenant = ?1 AND key = ?2";
        let values = params![tenant.as_str(), key.as_str(), time::sortable(at)];
        match self.write(|c| Ok::<_, StoreError>(c.execute(sql, values)?))? {
            0 => Err(TrustKeyError::Unknown(key.clone())),
            _ => Ok(()),
        }
    }
}

impl Reader {
    /// Every key of a tenant, revoked ones too, in order of their ids.
    ///
    /// # Errors
    /// The store failed.
    pub fn trust_keys(&self, tenant: &TenantId) -> Result<Vec<TrustKey>, StoreError> {
        self.own(tenant)?;
        self.read(|c| {
            let mut statement = c.prepare_cached(&format!("{SELECT} WHERE tenant = ?1 ORDER BY key"))?;
            let mut rows = statement.query([tenant.as_str()])?;
            let mut keys = Vec::new();
            while let Some(row) = rows.next()? {
                keys.push(read(row)?);
            }
            Ok(keys)
        })
    }

    /// One key.
    ///
    /// # Errors
    /// The store failed.
    pub fn trust_key(&self, tenant: &TenantId, key: &KeyId) -> Result<Option<TrustKey>, StoreError> {
        self.own(tenant)?;
        let sql = format!("{SELECT} WHERE tenant = ?1 AND key = ?2");
        self.read(|c| {
            let found = c.query_row(&sql, params![tenant.as_str(), key.as_str()], |row| Ok(read(row))).optional()?;
            found.transpose()
        })
    }
}

const SELECT: &str = "SELECT key, pem, namespace, added_at, added_by, reason, revoked_at FROM trust_key";

fn read(row: &rusqlite::Row<'_>) -> Result<TrustKey, StoreError> {
    let revoked: Option<String> = row.get(6)?;
    Ok(TrustKey {
        key: KeyId::new(row.get::<_, String>(0)?).map_err(|_| StoreError::Damaged)?,
        pem: row.get(1)?,
        namespace: row.get(2)?,
        added_at: time::read(&row.get::<_, String>(3)?)?,
        added_by: row.get(4)?,
        reason: row.get(5)?,
        revoked_at: revoked.map(|text| time::read(&text)).transpose()?,
    })
}
