//! State cells: read before a run, written with its record, shredded when what they were written under changes.
//!
//! A value is padded to the size of its cell, so that neither the file nor a backup of it tells how much a plugin keeps.
//! Which calls share a cell is decided by [`CellKey`]; here a key is only ever matched whole.

use std::collections::BTreeMap;

use cordon_core::cells::{CellKey, CellWrite, Held};
use cordon_core::ids::{EntryName, PatientId, PluginId, TenantId};
use cordon_core::record::LeafIndex;
use rusqlite::{Connection, params};

use crate::error::StoreError;
use crate::fault::out;
use crate::store::{Reader, Store};

/// So many cells may one plugin of a tenant have, of all patients: a further one is not kept until some are shredded. Our own
/// choice: a hospital's patients of some years, and at most 400 MB.
const MOST_CELLS: i64 = 100_000;

/// One write of the record in `leaf`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellPut {
    /// The record it is written with.
    pub leaf: LeafIndex,
    /// What is written, if nobody wrote since the run read.
    pub write: CellWrite,
}

/// Whose cells are shredded.
#[derive(Clone, Copy)]
pub enum Whose<'a> {
    /// A plugin's: its grant or its version changed.
    Plugin(&'a PluginId),
    /// A patient's: a Consent changed.
    Patient(&'a PatientId),
    /// Everybody's: the policy changed.
    All,
}

impl Store {
    /// Shreds cells of this tenant: they are deleted and overwritten, in the database and in its write-ahead log. Whatever
    /// changes a grant, a version in use, the policy or a Consent has deleted them in its own transaction before. Calls that
    /// asked [`Reader::shreds`] before write none of them. Idempotent.
    ///
    /// # Errors
    /// The store failed.
    pub fn shred_cells(&self, tenant: &TenantId, whose: Whose<'_>) -> Result<(), StoreError> {
        self.own(tenant)?;
        let deleted = self.write(|c| delete(c, tenant, whose))?;
        self.overwrite(deleted);
        Ok(())
    }

    /// Overwrites what a transaction that is done has deleted, if it has. It may fail: a reader that still holds the old
    /// pages is no reason to take back what was done, and the engine overwrites them when the write-ahead log begins anew.
    pub(crate) fn overwrite(&self, deleted: usize) {
        if deleted > 0 {
            self.settle().ok();
        }
    }
}

impl Reader {
    /// How often cells of this tenant were shredded so far.
    ///
    /// # Errors
    /// The store failed.
    pub fn shreds(&self, tenant: &TenantId) -> Result<u64, StoreError> {
        self.own(tenant)?;
        let sql = "SELECT coalesce(max(serial), 0) FROM shred WHERE tenant = ?1";
        self.read(|c| Ok(c.prepare_cached(sql)?.query_row([tenant.as_str()], |row| row.get(0))?))
    }

    /// What the cells under this key hold; nothing of any other key.
    ///
    /// # Errors
    /// The store failed.
    pub fn cells(&self, key: &CellKey) -> Result<BTreeMap<EntryName, Held>, StoreError> {
        self.own(&key.tenant)?;
        let sql = "SELECT name, version, value FROM cell
                   WHERE tenant = ?1 AND plugin = ?2 AND patient = ?3 AND purpose = ?4 AND clearance = ?5";
        let values = params![
            key.tenant.as_str(),
            key.plugin.as_str(),
            key.patient.as_str(),
            key.purpose.code(),
            key.clearance.to_string()
        ];
        self.read(|c| {
            let mut statement = c.prepare_cached(sql)?;
            let mut rows = statement.query(values)?;
            let mut cells = BTreeMap::new();
            while let Some(row) = rows.next()? {
                let name = EntryName::new(row.get::<_, String>(0)?).map_err(|_| StoreError::Damaged)?;
                let bytes = unpadded(&row.get::<_, Vec<u8>>(2)?).ok_or(StoreError::Damaged)?;
                cells.insert(name, Held { version: row.get(1)?, bytes });
            }
            Ok(cells)
        })
    }
}

/// Writes what comes in time. A write that lost to another, one whose cells were shredded since its call was admitted, and
/// one that does not fit its cell, is dropped.
pub(crate) fn write(c: &Connection, put: &CellPut) -> Result<(), StoreError> {
    let CellWrite { key, name, read, since, size, bytes } = &put.write;
    if is_shredded(c, key, *since)? {
        return Ok(());
    }
    let there = "tenant = ?1 AND plugin = ?2 AND patient = ?3 AND purpose = ?4 AND clearance = ?5 AND name = ?6";
    let (clearance, version) = (key.clearance.to_string(), put.leaf.0.saturating_add(1));
    let (tenant, plugin, patient) = (key.tenant.as_str(), key.plugin.as_str(), key.patient.as_str());
    let (purpose, name) = (key.purpose.code(), name.as_str());
    let value = match bytes {
        Some(bytes) => match padded(bytes, *size) {
            Some(value) => value,
            None => return Ok(()),
        },
        None => {
            // Where nothing was read, nothing is there to be emptied.
            let sql = format!("DELETE FROM cell WHERE {there} AND version = ?7");
            let values = params![tenant, plugin, patient, purpose, clearance, name, read];
            return Ok(c.prepare_cached(&sql)?.execute(values).map(drop)?);
        }
    };
    match read {
        Some(read) => {
            let sql = format!("UPDATE cell SET version = ?7, value = ?8 WHERE {there} AND version = ?9");
            let values = params![tenant, plugin, patient, purpose, clearance, name, version, value, read];
            Ok(c.prepare_cached(&sql)?.execute(values).map(drop)?)
        }
        None => {
            // Counted over this plugin's own: no other plugin has more or less room for it.
            let sql = "INSERT OR IGNORE INTO cell (tenant, plugin, patient, purpose, clearance, name, version, value)
                       SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8
                       WHERE (SELECT count(*) FROM cell WHERE tenant = ?1 AND plugin = ?2) < ?9";
            let values = params![tenant, plugin, patient, purpose, clearance, name, version, value, MOST_CELLS];
            Ok(c.prepare_cached(sql)?.execute(values).map(drop)?)
        }
    }
}

/// Whether cells of this key were shredded after so many shreds of the tenant. What was shredded for another plugin or
/// patient is not asked: it would be told by what this one keeps.
fn is_shredded(c: &Connection, key: &CellKey, since: u64) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM shred WHERE tenant = ?1 AND serial > ?2
               AND (whose, id) IN (VALUES ('plugin', ?3), ('patient', ?4), ('all', '')))";
    let values = params![key.tenant.as_str(), since, key.plugin.as_str(), key.patient.as_str()];
    Ok(c.prepare_cached(sql)?.query_row(values, |row| row.get(0))?)
}

/// Counts a shred, also of nothing: a call that is under way has yet to write.
fn count(c: &Connection, tenant: &TenantId, whose: Whose<'_>) -> Result<(), StoreError> {
    let sql = "INSERT INTO shred (tenant, whose, id, serial)
               VALUES (?1, ?2, ?3, (SELECT coalesce(max(serial), 0) + 1 FROM shred WHERE tenant = ?1))
               ON CONFLICT (tenant, whose, id) DO UPDATE SET serial = excluded.serial";
    let (whose, id) = match whose {
        Whose::Plugin(plugin) => ("plugin", plugin.as_str()),
        Whose::Patient(patient) => ("patient", patient.as_str()),
        Whose::All => ("all", ""),
    };
    Ok(c.prepare_cached(sql)?.execute([tenant.as_str(), whose, id]).map(drop)?)
}

/// Deletes cells, and says how many.
pub(crate) fn delete(c: &Connection, tenant: &TenantId, whose: Whose<'_>) -> Result<usize, StoreError> {
    if out!(ShredSkipped) {
        return Ok(0);
    }
    count(c, tenant, whose)?;
    let tenant = tenant.as_str();
    let deleted = match whose {
        Whose::Plugin(plugin) => {
            c.execute("DELETE FROM cell WHERE tenant = ?1 AND plugin = ?2", [tenant, plugin.as_str()])?
        }
        Whose::Patient(patient) => {
            c.execute("DELETE FROM cell WHERE tenant = ?1 AND patient = ?2", [tenant, patient.as_str()])?
        }
        Whose::All => c.execute("DELETE FROM cell WHERE tenant = ?1", [tenant])?,
    };
    Ok(deleted)
}

/// The length, the bytes, and zeros up to the size; `None` if they do not fit.
fn padded(bytes: &[u8], size: u32) -> Option<Vec<u8>> {
    let length = u32::try_from(bytes.len()).ok().filter(|length| *length <= size)?;
    let mut value = length.to_be_bytes().to_vec();
    value.extend_from_slice(bytes);
    value.resize(usize::try_from(size).ok()?.checked_add(4)?, 0);
    Some(value)
}

fn unpadded(value: &[u8]) -> Option<Vec<u8>> {
    let (length, rest) = value.split_first_chunk::<4>()?;
    rest.get(..usize::try_from(u32::from_be_bytes(*length)).ok()?).map(<[u8]>::to_vec)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_with_all_its_cells_gets_no_more_and_another_one_does() {
        let c = Connection::open_in_memory().unwrap();
        c.execute_batch(&format!(
            "CREATE TABLE cell (tenant, plugin, patient, purpose, clearance, name, version, value,
                                PRIMARY KEY (tenant, plugin, patient, purpose, clearance, name)) WITHOUT ROWID;
             CREATE TABLE shred (tenant, whose, id, serial);
             WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {MOST_CELLS})
             INSERT INTO cell SELECT 'ward', 'org.example.full', n, '', '', '', 1, x'' FROM n;"
        ))
        .unwrap();
        let put = |plugin: &str| {
            let key = CellKey {
                tenant: TenantId::new("ward").unwrap(),
                plugin: PluginId::new(plugin).unwrap(),
                patient: PatientId::new("new").unwrap(),
                purpose: cordon_core::call::Purpose::Treatment,
                clearance: cordon_core::ids::Digest::of(b"wide"),
            };
            let name = EntryName::new("last").unwrap();
            let write = CellWrite { key, name, read: None, since: 0, size: 64, bytes: Some(Vec::new()) };
            super::write(&c, &CellPut { leaf: LeafIndex(0), write }).unwrap();
            c.query_row("SELECT count(*) FROM cell WHERE plugin = ?1", [plugin], |row| row.get::<_, i64>(0)).unwrap()
        };
        assert_eq!((put("org.example.full"), put("org.example.other")), (MOST_CELLS, 1));
    }

    #[test]
    fn a_value_is_as_long_as_its_cell_whatever_it_holds() {
        for bytes in [&b""[..], b"\0", b"7", &[0xff; 64]] {
            let value = padded(bytes, 64).unwrap();
            assert_eq!(value.len(), 68);
            assert_eq!(unpadded(&value).unwrap(), bytes);
        }
        assert_eq!(padded(&[0; 65], 64), None);
        assert_eq!(unpadded(&[0, 0, 0, 9, 1]), None);
        assert_eq!(unpadded(&[0, 0]), None);
    }
}
