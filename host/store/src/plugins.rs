//! Plugins as a hospital has them: every version that was ever installed, and of each plugin the one in use.
//!
//! What was installed is never forgotten, so that "older than what this host had" can always be told. A first version
//! starts without a grant and disabled; a later one waits until it is activated with a grant of its own.

use cordon_core::grant::Grant;
use cordon_core::ids::{Digest, PluginId, TenantId};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use semver::Version;

use crate::cells::{self, Whose};
use crate::error::StoreError;
use crate::store::{Reader, Store};
use crate::time;

/// A version to install. Everything about it was verified before.
#[derive(Clone, Copy)]
pub struct NewVersion<'a> {
    /// The plugin.
    pub plugin: &'a PluginId,
    /// Its version.
    pub version: &'a Version,
    /// The signed envelope.
    pub envelope: &'a [u8],
    /// The component.
    pub component: &'a [u8],
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: &'a str,
    /// Why.
    pub reason: &'a str,
}

/// What an installation did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Installation {
    /// The plugin's first version: in use, without a grant, disabled.
    First,
    /// A further version: kept, and not in use until [`Store::activate`].
    Waiting,
    /// The same bytes were installed before. Nothing changed.
    Known,
}

/// A plugin and the version of it that is in use.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredPlugin {
    /// The plugin.
    pub plugin: PluginId,
    /// The version in use.
    pub version: Version,
    /// Its component; the bytes are at [`Reader::component`].
    pub component: Digest,
    /// Its signed envelope.
    pub envelope: Vec<u8>,
    /// What it was granted.
    pub grant: Grant,
    /// Whether its services answer.
    pub enabled: bool,
    /// The highest version this host ever installed.
    pub highest: Version,
    /// When the version in use was installed.
    pub installed_at: Timestamp,
}

/// A version that was installed, in use or not.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredVersion {
    /// The version.
    pub version: Version,
    /// Its component.
    pub component: Digest,
    /// Its signed envelope.
    pub envelope: Vec<u8>,
    /// When it was installed.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// Why a plugin was not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PluginError {
    /// It is not installed.
    #[error("plugin `{0}` is not installed")]
    UnknownPlugin(PluginId),
    /// This version of it is not installed.
    #[error("version {version} of plugin `{plugin}` is not installed")]
    UnknownVersion {
        /// The plugin.
        plugin: PluginId,
        /// The version.
        version: Version,
    },
    /// The version was installed with other bytes: a version means one component and one envelope.
    #[error("version {version} of plugin `{plugin}` was installed with other content")]
    VersionTaken {
        /// The plugin.
        plugin: PluginId,
        /// The version.
        version: Version,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for PluginError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl Store {
    /// Keeps a verified version.
    ///
    /// # Errors
    /// [`PluginError::VersionTaken`] if the version was installed with other bytes.
    pub fn install(&self, tenant: &TenantId, new: &NewVersion<'_>) -> Result<Installation, PluginError> {
        self.own(tenant)?;
        self.write(|c| {
            let known = "SELECT bytes = ?4 AND envelope = ?5 FROM plugin_version
                         WHERE tenant = ?1 AND plugin = ?2 AND version = ?3";
            let values =
                params![tenant.as_str(), new.plugin.as_str(), new.version.to_string(), new.component, new.envelope];
            match c.query_row(known, values, |row| row.get(0)).optional()? {
                Some(true) => return Ok(Installation::Known),
                Some(false) => return Err(taken(new)),
                None => insert_version(c, tenant, new)?,
            }
            let first = "INSERT OR IGNORE INTO plugin (tenant, plugin, version, grant_json, enabled)
                         VALUES (?1, ?2, ?3, ?4, 0)";
            let nothing = to_json(&Grant::default())?;
            let values = params![tenant.as_str(), new.plugin.as_str(), new.version.to_string(), nothing];
            Ok(if c.execute(first, values)? == 1 { Installation::First } else { Installation::Waiting })
        })
    }

    /// Puts an installed version in use, with its grant, and shreds the plugin's cells: they were written under another.
    /// Whether the plugin is enabled does not change.
    ///
    /// # Errors
    /// [`PluginError::UnknownVersion`] if it is not installed.
    pub fn activate(
        &self,
        tenant: &TenantId,
        plugin: &PluginId,
        version: &Version,
        grant: &Grant,
    ) -> Result<(), PluginError> {
        self.own(tenant)?;
        let sql = "UPDATE plugin SET version = ?3, grant_json = ?4 WHERE tenant = ?1 AND plugin = ?2
                   AND EXISTS (SELECT 1 FROM plugin_version WHERE tenant = ?1 AND plugin = ?2 AND version = ?3)";
        let grant = to_json(grant)?;
        let values = params![tenant.as_str(), plugin.as_str(), version.to_string(), grant];
        let (changed, shredded) = self.write(|c| {
            let changed = c.execute(sql, values).map_err(StoreError::from)?;
            Ok::<_, StoreError>((changed, cells::delete(c, tenant, Whose::Plugin(plugin))?))
        })?;
        self.overwrite(shredded);
        match changed {
            0 => Err(PluginError::UnknownVersion { plugin: plugin.clone(), version: version.clone() }),
            _ => Ok(()),
        }
    }

    /// Lets the services of a plugin answer.
    ///
    /// # Errors
    /// [`PluginError::UnknownPlugin`] if it is not installed.
    pub fn enable(&self, tenant: &TenantId, plugin: &PluginId) -> Result<(), PluginError> {
        self.change("UPDATE plugin SET enabled = ?3 WHERE tenant = ?1 AND plugin = ?2", tenant, plugin, &1)
    }

    /// Stops the services of a plugin.
    ///
    /// # Errors
    /// [`PluginError::UnknownPlugin`] if it is not installed.
    pub fn disable(&self, tenant: &TenantId, plugin: &PluginId) -> Result<(), PluginError> {
        self.change("UPDATE plugin SET enabled = ?3 WHERE tenant = ?1 AND plugin = ?2", tenant, plugin, &0)
    }

    fn change(
        &self,
        sql: &str,
        tenant: &TenantId,
        plugin: &PluginId,
        value: &dyn rusqlite::ToSql,
    ) -> Result<(), PluginError> {
        self.own(tenant)?;
        let values = params![tenant.as_str(), plugin.as_str(), value];
        match self.write(|c| Ok::<_, StoreError>(c.execute(sql, values)?))? {
            0 => Err(PluginError::UnknownPlugin(plugin.clone())),
            _ => Ok(()),
        }
    }
}

fn taken(new: &NewVersion<'_>) -> PluginError {
    PluginError::VersionTaken { plugin: new.plugin.clone(), version: new.version.clone() }
}

fn insert_version(c: &Connection, tenant: &TenantId, new: &NewVersion<'_>) -> rusqlite::Result<()> {
    let sql = "INSERT INTO plugin_version
               (tenant, plugin, version, component, envelope, bytes, installed_at, installed_by, reason)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let values = params![
        tenant.as_str(),
        new.plugin.as_str(),
        new.version.to_string(),
        Digest::of(new.component).to_string(),
        new.envelope,
        new.component,
        time::sortable(new.at),
        new.by,
        new.reason,
    ];
    c.execute(sql, values).map(drop)
}

impl Reader {
    /// Every plugin of a tenant, in order of the ids.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if a row cannot be read: half a list would hide a plugin.
    pub fn installed(&self, tenant: &TenantId) -> Result<Vec<StoredPlugin>, StoreError> {
        self.own(tenant)?;
        let sql = "SELECT p.plugin, p.version, v.component, v.envelope, p.grant_json, p.enabled, v.installed_at
                   FROM plugin p JOIN plugin_version v USING (tenant, plugin, version)
                   WHERE p.tenant = ?1 ORDER BY p.plugin";
        self.read(|c| {
            let mut statement = c.prepare_cached(sql)?;
            let mut rows = statement.query([tenant.as_str()])?;
            let mut plugins = Vec::new();
            while let Some(row) = rows.next()? {
                plugins.push(read(c, tenant, row)?);
            }
            Ok(plugins)
        })
    }

    /// The highest version of a plugin this host ever installed, by the order of Semantic Versioning.
    ///
    /// # Errors
    /// The store failed.
    pub fn highest_version(&self, tenant: &TenantId, plugin: &PluginId) -> Result<Option<Version>, StoreError> {
        self.own(tenant)?;
        self.read(|c| highest(c, tenant, plugin))
    }

    /// Every version of a plugin that was ever installed, oldest version first.
    ///
    /// # Errors
    /// The store failed.
    pub fn versions(&self, tenant: &TenantId, plugin: &PluginId) -> Result<Vec<StoredVersion>, StoreError> {
        self.own(tenant)?;
        let sql = "SELECT version, component, envelope, installed_at, installed_by, reason FROM plugin_version
                   WHERE tenant = ?1 AND plugin = ?2";
        self.read(|c| {
            let mut statement = c.prepare_cached(sql)?;
            let mut rows = statement.query(params![tenant.as_str(), plugin.as_str()])?;
            let mut versions = Vec::new();
            while let Some(row) = rows.next()? {
                versions.push(read_version(row)?);
            }
            versions.sort_by(|one, other| one.version.cmp(&other.version));
            Ok(versions)
        })
    }

    /// A component that was installed for this tenant. Its bytes are checked against the digest.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if the bytes have another digest.
    pub fn component(&self, tenant: &TenantId, digest: &Digest) -> Result<Option<Vec<u8>>, StoreError> {
        self.own(tenant)?;
        let sql = "SELECT bytes FROM plugin_version WHERE tenant = ?1 AND component = ?2 LIMIT 1";
        let values = params![tenant.as_str(), digest.to_string()];
        let found: Option<Vec<u8>> =
            self.read(|c| Ok::<_, StoreError>(c.query_row(sql, values, |row| row.get(0)).optional()?))?;
        match found {
            Some(bytes) if Digest::of(&bytes) != *digest => Err(StoreError::Damaged),
            found => Ok(found),
        }
    }
}

fn highest(c: &Connection, tenant: &TenantId, plugin: &PluginId) -> Result<Option<Version>, StoreError> {
    let mut statement = c.prepare_cached("SELECT version FROM plugin_version WHERE tenant = ?1 AND plugin = ?2")?;
    let rows = statement.query_map(params![tenant.as_str(), plugin.as_str()], |row| row.get::<_, String>(0))?;
    let versions = rows.map(|text| version(&text?)).collect::<Result<Vec<_>, _>>()?;
    Ok(versions.into_iter().max())
}

fn read(c: &Connection, tenant: &TenantId, row: &rusqlite::Row<'_>) -> Result<StoredPlugin, StoreError> {
    let plugin = PluginId::new(row.get::<_, String>(0)?).map_err(|_| StoreError::Damaged)?;
    Ok(StoredPlugin {
        version: version(&row.get::<_, String>(1)?)?,
        component: Digest::try_from(row.get::<_, String>(2)?).map_err(|_| StoreError::Damaged)?,
        envelope: row.get(3)?,
        grant: serde_json::from_str(&row.get::<_, String>(4)?).map_err(|_| StoreError::Damaged)?,
        enabled: row.get(5)?,
        installed_at: time::read(&row.get::<_, String>(6)?)?,
        highest: highest(c, tenant, &plugin)?.ok_or(StoreError::Damaged)?,
        plugin,
    })
}

fn read_version(row: &rusqlite::Row<'_>) -> Result<StoredVersion, StoreError> {
    Ok(StoredVersion {
        version: version(&row.get::<_, String>(0)?)?,
        component: Digest::try_from(row.get::<_, String>(1)?).map_err(|_| StoreError::Damaged)?,
        envelope: row.get(2)?,
        at: time::read(&row.get::<_, String>(3)?)?,
        by: row.get(4)?,
        reason: row.get(5)?,
    })
}

fn version(text: &str) -> Result<Version, StoreError> {
    Version::parse(text).map_err(|_| StoreError::Damaged)
}

fn to_json(grant: &Grant) -> Result<String, StoreError> {
    serde_json::to_string(grant).map_err(|_| StoreError::Damaged)
}
