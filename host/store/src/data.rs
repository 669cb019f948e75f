//! The data directory of a host: the lock, the demo mark, and a store for each tenant.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use cordon_core::ids::TenantId;

use crate::directory::Root;
use crate::error::OpenError;
use crate::sqlite::Idle;
use crate::store::Store;

/// Why a data directory was not marked.
#[derive(Debug, thiserror::Error)]
pub enum MarkError {
    /// It already holds something that may be real.
    #[error("only an empty data directory can become a demo")]
    NotEmpty,
    /// The mark could not be written.
    #[error("the data directory cannot be marked: {0}")]
    Directory(#[from] std::io::Error),
}

/// The data directory of the process that holds its lock.
#[derive(Debug)]
pub struct DataDirectory {
    root: Root,
    lock: Arc<Lock>,
    idle: Arc<Idle>,
}

/// Held until the directory and every store in it are dropped.
#[derive(Debug)]
struct Lock {
    _file: File,
    open: Mutex<BTreeSet<TenantId>>,
}

/// A tenant's store is open once: two of them would write two logs into one.
#[derive(Debug)]
pub(crate) struct Turn {
    lock: Arc<Lock>,
    tenant: TenantId,
}

impl Turn {
    fn take(lock: &Arc<Lock>, tenant: &TenantId) -> Result<Self, OpenError> {
        let first = lock.open.lock().unwrap_or_else(PoisonError::into_inner).insert(tenant.clone());
        if first { Ok(Self { lock: Arc::clone(lock), tenant: tenant.clone() }) } else { Err(OpenError::Open) }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.lock.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.tenant);
    }
}

impl DataDirectory {
    /// Takes a data directory, and makes what is missing of it, for its owner only.
    ///
    /// # Errors
    /// [`OpenError::Held`] while another process, or this one, has it.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let root = Root::create(path)?;
        let lock = Arc::new(Lock { _file: root.lock()?, open: Mutex::default() });
        Ok(Self { root, lock, idle: Arc::default() })
    }

    /// Opens the store of one tenant and makes what is missing of it, for its owner only.
    ///
    /// # Errors
    /// [`OpenError::Foreign`] if what lies there is another tenant's, [`OpenError::Open`] while it is open,
    /// [`OpenError::Demo`] if it was filled under another mark.
    pub fn store(&self, tenant: &TenantId) -> Result<Store, OpenError> {
        let turn = Turn::take(&self.lock, tenant)?;
        let directory = self.root.create_tenant(tenant).map_err(OpenError::Directory)?;
        Store::new(turn, directory, tenant, self.is_demo(), Arc::clone(&self.idle))
    }

    /// The tenants that have a store here, in order.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn tenants(&self) -> Result<Vec<TenantId>, OpenError> {
        self.root.tenants().map_err(OpenError::Directory)
    }

    /// Whether this is a demo.
    #[must_use]
    pub fn is_demo(&self) -> bool {
        self.root.is_demo()
    }

    /// Marks an empty data directory as a demo. Every store that is made in it carries the mark for ever, and none of them
    /// opens in a directory without it. Idempotent.
    ///
    /// # Errors
    /// [`MarkError::NotEmpty`] once a tenant has a store.
    pub fn mark_demo(&self) -> Result<(), MarkError> {
        match (self.is_demo(), self.root.tenants()?.is_empty()) {
            (true, _) => Ok(()),
            (false, true) => Ok(self.root.mark_demo()?),
            (false, false) => Err(MarkError::NotEmpty),
        }
    }
}
