//! Data packs: of each plugin's each pack the newest, which serves, and the one before it.
//!
//! What serves is kept in memory from the first call that asks for it until another is put: the file is written by this store
//! alone. What is there is the tenant's, the plugin's and of that name, as in the table.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use cordon_core::ids::{Digest, EntryName, PluginId, TenantId};
use cordon_core::message::PackData;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use crate::error::StoreError;
use crate::store::{Reader, Store};
use crate::time;

/// A pack to keep. Everything about it was verified before.
#[derive(Debug, Clone, Copy)]
pub struct NewPack<'a> {
    /// Which plugin's.
    pub plugin: &'a PluginId,
    /// Which of its packs.
    pub name: &'a EntryName,
    /// Its number: newer ones are larger.
    pub serial: u64,
    /// The publisher's name for it.
    pub version: &'a str,
    /// The signed envelope.
    pub envelope: &'a [u8],
    /// Its bytes.
    pub bytes: &'a [u8],
    /// When it was taken.
    pub at: Timestamp,
    /// Who brought it: an administrator, or the host that fetched it.
    pub by: &'a str,
    /// Why.
    pub reason: &'a str,
}

/// The pack in use, without its bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredPack {
    /// Its number.
    pub serial: u64,
    /// The publisher's name for it.
    pub version: String,
    /// The digest of its bytes; they are at [`Reader::pack_bytes`].
    pub digest: Digest,
    /// The signed envelope.
    pub envelope: Vec<u8>,
    /// When it was taken.
    pub at: Timestamp,
    /// Who brought it.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// What keeping a pack did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PackPut {
    /// It serves from now on.
    InUse,
    /// The same pack was in use. Nothing changed.
    Known,
}

/// Why a pack was not kept. The one in use stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PackStoreError {
    /// Its serial is not larger than that of the one in use.
    #[error("serial {offered} does not follow serial {newest}, which is in use")]
    NotNewer {
        /// The serial of this one.
        offered: u64,
        /// The serial in use.
        newest: u64,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for PackStoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

/// The packs that calls asked for since the last one was put.
#[derive(Debug, Default)]
pub(crate) struct InUse(Mutex<Held>);

type Key = (TenantId, PluginId, EntryName);

#[derive(Debug, Default)]
struct Held {
    /// How often packs were put: what was read before the last time may be old.
    puts: u64,
    packs: BTreeMap<Key, Option<Arc<PackData>>>,
}

impl InUse {
    // A panic cannot leave more than a pack that is not there.
    fn held<T>(&self, act: impl FnOnce(&mut Held) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn forget(&self) {
        self.held(|held| {
            held.puts = held.puts.wrapping_add(1);
            held.packs.clear();
        });
    }

    fn keep(&self, key: Key, pack: Option<&Arc<PackData>>, puts: u64) {
        self.held(|held| {
            if held.puts == puts {
                held.packs.insert(key, pack.cloned());
            }
        });
    }
}

impl Store {
    /// The pack that serves; `None` if none ever came.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if its bytes have another digest.
    pub fn pack_in_use(
        &self,
        tenant: &TenantId,
        plugin: &PluginId,
        name: &EntryName,
    ) -> Result<Option<Arc<PackData>>, StoreError> {
        self.own(tenant)?;
        let key = (tenant.clone(), plugin.clone(), name.clone());
        let (known, puts) = self.in_use.held(|held| (held.packs.get(&key).cloned(), held.puts));
        if let Some(known) = known {
            return Ok(known);
        }
        let pack = match self.pack(tenant, plugin, name)? {
            Some(StoredPack { version, digest, .. }) => {
                let bytes = self.pack_bytes(tenant, plugin, name, &digest)?.ok_or(StoreError::Damaged)?;
                Some(Arc::new(PackData { version, digest, bytes }))
            }
            None => None,
        };
        self.in_use.keep(key, pack.as_ref(), puts);
        Ok(pack)
    }

    /// Puts a verified pack in use and keeps the one before it: all of it is durable, or nothing.
    ///
    /// # Errors
    /// [`PackStoreError::NotNewer`] if it is older than the one in use, or another one with its serial.
    pub fn put_pack(&self, tenant: &TenantId, new: &NewPack<'_>) -> Result<PackPut, PackStoreError> {
        self.own(tenant)?;
        let put = self.write(|c| {
            let newest = "SELECT serial, bytes = ?4 AND envelope = ?5 FROM pack
                          WHERE tenant = ?1 AND plugin = ?2 AND name = ?3 ORDER BY serial DESC LIMIT 1";
            let key = params![tenant.as_str(), new.plugin.as_str(), new.name.as_str(), new.bytes, new.envelope];
            let newest: Option<(u64, bool)> =
                c.query_row(newest, key, |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
            match newest {
                Some((newest, true)) if newest == new.serial => return Ok(PackPut::Known),
                Some((newest, _)) if newest >= new.serial => {
                    return Err(PackStoreError::NotNewer { offered: new.serial, newest });
                }
                Some(_) | None => {}
            }
            insert(c, tenant, new)?;
            let older = "DELETE FROM pack WHERE row IN (SELECT row FROM pack
                         WHERE tenant = ?1 AND plugin = ?2 AND name = ?3 ORDER BY serial DESC LIMIT -1 OFFSET 2)";
            c.execute(older, [tenant.as_str(), new.plugin.as_str(), new.name.as_str()])?;
            Ok(PackPut::InUse)
        });
        self.in_use.forget();
        put
    }
}

fn insert(c: &Connection, tenant: &TenantId, new: &NewPack<'_>) -> Result<(), StoreError> {
    let sql = "INSERT INTO pack (tenant, plugin, name, serial, version, digest, at, by, reason, envelope, bytes)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    let values = params![
        tenant.as_str(),
        new.plugin.as_str(),
        new.name.as_str(),
        new.serial,
        new.version,
        Digest::of(new.bytes).to_string(),
        time::sortable(new.at),
        new.by,
        new.reason,
        new.envelope,
        new.bytes,
    ];
    Ok(c.execute(sql, values).map(drop)?)
}

impl Reader {
    /// The pack in use; `None` if none ever came.
    ///
    /// # Errors
    /// The store failed.
    pub fn pack(
        &self,
        tenant: &TenantId,
        plugin: &PluginId,
        name: &EntryName,
    ) -> Result<Option<StoredPack>, StoreError> {
        self.own(tenant)?;
        let sql = "SELECT serial, version, digest, envelope, at, by, reason FROM pack
                   WHERE tenant = ?1 AND plugin = ?2 AND name = ?3 ORDER BY serial DESC LIMIT 1";
        self.read(|c| {
            let mut statement = c.prepare_cached(sql)?;
            let mut rows = statement.query([tenant.as_str(), plugin.as_str(), name.as_str()])?;
            let Some(row) = rows.next()? else { return Ok(None) };
            Ok(Some(StoredPack {
                serial: row.get(0)?,
                version: row.get(1)?,
                digest: Digest::try_from(row.get::<_, String>(2)?).map_err(|_| StoreError::Damaged)?,
                envelope: row.get(3)?,
                at: time::read(&row.get::<_, String>(4)?)?,
                by: row.get(5)?,
                reason: row.get(6)?,
            }))
        })
    }

    /// The bytes of one of the kept packs, checked against the digest.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if the bytes have another digest.
    pub fn pack_bytes(
        &self,
        tenant: &TenantId,
        plugin: &PluginId,
        name: &EntryName,
        digest: &Digest,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        self.own(tenant)?;
        let sql = "SELECT bytes FROM pack WHERE tenant = ?1 AND plugin = ?2 AND name = ?3 AND digest = ?4
                   ORDER BY serial DESC LIMIT 1";
        let values = params![tenant.as_str(), plugin.as_str(), name.as_str(), digest.to_string()];
        let found: Option<Vec<u8>> =
            self.read(|c| Ok::<_, StoreError>(c.query_row(sql, values, |row| row.get(0)).optional()?))?;
        match found {
            Some(bytes) if Digest::of(&bytes) != *digest => Err(StoreError::Damaged),
            found => Ok(found),
        }
    }
}
