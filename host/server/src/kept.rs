//! The stores of the tenants, as the CDS Hooks door and the rules ask for them. Whoever asks names a tenant, and gets that
//! tenant's store or nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use cordon_core::cells::{CellKey, Held};
use cordon_core::ids::{EntryName, PatientId, PluginId, PseudonymKey, ServiceId, TenantId};
use cordon_core::message::PackData;
use cordon_core::ports::{Each, Kept, KeptError, Query, Records, RecordsError};
use cordon_store::Store;
use jiff::Timestamp;
use serde_json::Value;

use crate::cds::state::{KnownCards, Unavailable};
use crate::clock;
use crate::fault::out;
use crate::jwt::{Client, NonceError, Nonces, Spent};

/// The stores of a host, one for each tenant. The default is none.
#[derive(Debug, Clone, Default)]
pub struct Stores {
    of: BTreeMap<TenantId, Arc<Store>>,
}

impl FromIterator<Arc<Store>> for Stores {
    fn from_iter<I: IntoIterator<Item = Arc<Store>>>(stores: I) -> Self {
        Self { of: stores.into_iter().map(|store| (store.tenant().clone(), store)).collect() }
    }
}

impl Stores {
    /// The store of this tenant; `None` if the host has no such tenant.
    #[must_use]
    pub fn of(&self, tenant: &TenantId) -> Option<&Arc<Store>> {
        if out!(TenantIgnored) {
            return self.of.values().next();
        }
        self.of.get(tenant)
    }

    /// Every tenant's store, in order of the tenants.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Store>> {
        self.of.values()
    }
}

impl Records for Stores {
    fn visit(&self, query: Query<'_>, each: &mut Each<'_>) -> Result<(), RecordsError> {
        self.of(query.tenant).ok_or(RecordsError)?.visit(query, each)
    }

    fn consents(&self, tenant: &TenantId, patient: &PatientId) -> Result<Vec<Value>, RecordsError> {
        self.of(tenant).ok_or(RecordsError)?.consents(tenant, patient)
    }

    fn pseudonyms(&self, tenant: &TenantId) -> Result<PseudonymKey, RecordsError> {
        self.of(tenant).ok_or(RecordsError)?.pseudonyms(tenant)
    }
}

impl Kept for Stores {
    fn cells(&self, key: &CellKey) -> Result<BTreeMap<EntryName, Held>, KeptError> {
        self.of(&key.tenant).ok_or(KeptError)?.cells(key).map_err(|_| KeptError)
    }

    fn shreds(&self, tenant: &TenantId) -> Result<u64, KeptError> {
        self.of(tenant).ok_or(KeptError)?.shreds(tenant).map_err(|_| KeptError)
    }

    fn pack(&self, tenant: &TenantId, plugin: &PluginId, name: &EntryName) -> Result<Option<Arc<PackData>>, KeptError> {
        self.of(tenant).ok_or(KeptError)?.pack_in_use(tenant, plugin, name).map_err(|_| KeptError)
    }
}

impl Nonces for Stores {
    fn spend(&self, client: &Client, jti: &str, until: Timestamp) -> Result<Spent, NonceError> {
        let store = self.of(&client.tenant).ok_or(NonceError)?;
        match store.spend(&client.tenant, &client.issuer, jti, until, clock::now()) {
            Ok(cordon_store::nonce::Spent::Fresh) => Ok(Spent::Now),
            Ok(cordon_store::nonce::Spent::Again) => Ok(Spent::Before),
            Err(_) => Err(NonceError),
        }
    }

    fn settle(&self, tenant: &TenantId) -> Result<(), NonceError> {
        self.of(tenant).ok_or(NonceError)?.settle_tokens().map_err(|_| NonceError)
    }
}

impl KnownCards for Stores {
    fn issued(&self, tenant: &TenantId, service: &ServiceId, card: &str) -> Result<bool, Unavailable> {
        let unavailable = Unavailable("the list of issued cards");
        let known = self.of(tenant).ok_or(unavailable)?.card_known(tenant, card).map_err(|_| unavailable)?;
        Ok(known.as_ref() == Some(service))
    }
}
