//! Plugins that an operator took out of use for a while. Their grants stay as they are.

use cordon_core::ids::{PluginId, TenantId};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use crate::error::StoreError;
use crate::store::{Reader, Store};
use crate::time;

/// A plugin in quarantine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    /// The plugin.
    pub plugin: PluginId,
    /// Since when.
    pub at: Timestamp,
    /// Who said so.
    pub by: String,
    /// Why.
    pub reason: String,
}

impl Store {
    /// Puts a plugin in quarantine, for every patient: none of its calls is run. One that is there stays as it was put.
    ///
    /// # Errors
    /// The store failed.
    pub fn quarantine(&self, tenant: &TenantId, new: &Quarantined) -> Result<(), StoreError> {
        self.own(tenant)?;
        let sql = "INSERT OR IGNORE INTO quarantine (tenant, plugin, at, by, reason) VALUES (?1, ?2, ?3, ?4, ?5)";
        let values = params![tenant.as_str(), new.plugin.as_str(), time::sortable(new.at), new.by, new.reason];
        self.write(|c| Ok::<_, StoreError>(c.execute(sql, values).map(drop)?))
    }

    /// Ends a quarantine, and says whether there was one.
    ///
    /// # Errors
    /// The store failed.
    pub fn end_quarantine(&self, tenant: &TenantId, plugin: &PluginId) -> Result<bool, StoreError> {
        self.own(tenant)?;
        let sql = "DELETE FROM quarantine WHERE tenant = ?1 AND plugin = ?2";
        self.write(|c| Ok::<_, StoreError>(c.execute(sql, [tenant.as_str(), plugin.as_str()])? == 1))
    }
}

impl Reader {
    /// Whether this plugin is in quarantine.
    ///
    /// # Errors
    /// The store failed; whoever asks must take that for yes.
    pub fn is_quarantined(&self, tenant: &TenantId, plugin: &PluginId) -> Result<bool, StoreError> {
        self.own(tenant)?;
        let sql = "SELECT 1 FROM quarantine WHERE tenant = ?1 AND plugin = ?2";
        self.read(|c| {
            let found = c.prepare_cached(sql)?.query_row([tenant.as_str(), plugin.as_str()], |_| Ok(()));
            Ok(found.optional()?.is_some())
        })
    }

    /// The plugins in quarantine, in order of their ids.
    ///
    /// # Errors
    /// The store failed.
    pub fn quarantined(&self, tenant: &TenantId) -> Result<Vec<Quarantined>, StoreError> {
        self.own(tenant)?;
        let sql = "SELECT plugin, at, by, reason FROM quarantine WHERE tenant = ?1 ORDER BY plugin";
        self.read(|c| {
            let mut statement = c.prepare_cached(sql)?;
            let mut rows = statement.query([tenant.as_str()])?;
            let mut plugins = Vec::new();
            while let Some(row) = rows.next()? {
                plugins.push(Quarantined {
                    plugin: PluginId::new(row.get::<_, String>(0)?).map_err(|_| StoreError::Damaged)?,
                    at: time::read(&row.get::<_, String>(1)?)?,
                    by: row.get(2)?,
                    reason: row.get(3)?,
                });
            }
            Ok(plugins)
        })
    }
}
