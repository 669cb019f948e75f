//! A world's record in the host's real stores: one for each tenant, in one data directory, behind the port that the host uses.

use std::collections::BTreeSet;
use std::sync::Arc;

use cordon_core::ids::{PatientId, PseudonymKey, TenantId};
use cordon_core::ports::{Each, Query, Records, RecordsError};
use cordon_server::kept::Stores;
use cordon_store::{DataDirectory, RecordStore as _, Resource};
use serde_json::Value;

use crate::generate::tenant;
use crate::world::{TENANT, World, labels};

/// The other tenant. Its name comes first, so that who takes any store takes this one.
pub const OTHER: &str = "other";

/// The stores of the tenants, which go away with this.
pub struct Kept {
    stores: Stores,
    failing: BTreeSet<&'static str>,
    _folder: tempfile::TempDir,
}

impl Kept {
    /// Keeps what the world has stored: a store for the tenant of the calls, and one for every other that has a row.
    ///
    /// # Errors
    /// When a store cannot be made or a row is not one that a store takes.
    pub fn new(world: &World) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let data = DataDirectory::open(folder.path())?;
        let mut stores = Vec::new();
        let owners = world.stored.iter().map(|(owner, _)| owner.clone());
        for name in owners.chain([tenant(TENANT)]).collect::<BTreeSet<_>>() {
            let mine = world.stored.iter().filter(|(owner, _)| *owner == name);
            let rows: Result<Vec<_>, _> = mine.map(|(_, row)| Resource::parse(row.to_string().into_bytes())).collect();
            let store = data.store(&name)?.labelled_by(Arc::clone(labels()))?;
            store.put(&name, &rows?)?;
            stores.push(Arc::new(store));
        }
        Ok(Self { stores: stores.into_iter().collect(), failing: world.failing.clone(), _folder: folder })
    }

    /// The stores, as the host has them.
    #[must_use]
    pub fn stores(&self) -> &Stores {
        &self.stores
    }
}

impl Records for Kept {
    fn visit(&self, query: Query<'_>, each: &mut Each<'_>) -> Result<(), RecordsError> {
        if query.scope.resource().is_some_and(|kind| self.failing.contains(kind.as_str())) {
            return Err(RecordsError);
        }
        self.stores.visit(query, each)
    }

    fn consents(&self, tenant: &TenantId, patient: &PatientId) -> Result<Vec<Value>, RecordsError> {
        self.stores.consents(tenant, patient)
    }

    fn pseudonyms(&self, tenant: &TenantId) -> Result<PseudonymKey, RecordsError> {
        self.stores.pseudonyms(tenant)
    }
}
