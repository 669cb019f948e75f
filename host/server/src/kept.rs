//! The store, as the CDS Hooks door and the rules ask for it.

use std::sync::Arc;

use cordon_core::ids::{PatientId, ServiceId, TenantId};
use cordon_core::ports::{Each, Query, Records, RecordsError};
use cordon_store::Store;
use jiff::Timestamp;
use serde_json::Value;

use crate::cds::state::{KnownCards, Unavailable};
use crate::clock;
use crate::jwt::{Client, NonceError, Nonces, Spent};

/// The store.
pub(crate) struct Kept(Arc<Store>);

impl Kept {
    pub(crate) fn new(store: Arc<Store>) -> Self {
        Self(store)
    }
}

impl Records for Kept {
    fn visit(&self, query: Query<'_>, each: &mut Each<'_>) -> Result<(), RecordsError> {
        self.0.visit(query, each)
    }

    fn consents(&self, tenant: &TenantId, patient: &PatientId) -> Result<Vec<Value>, RecordsError> {
        self.0.consents(tenant, patient)
    }
}

impl Nonces for Kept {
    fn spend(&self, client: &Client, jti: &str, until: Timestamp) -> Result<Spent, NonceError> {
        match self.0.spend(&client.tenant, &client.issuer, jti, until, clock::now()) {
            Ok(cordon_store::nonce::Spent::Fresh) => Ok(Spent::Now),
            Ok(cordon_store::nonce::Spent::Again) => Ok(Spent::Before),
            Err(_) => Err(NonceError),
        }
    }
}

impl KnownCards for Kept {
    fn issued(&self, tenant: &TenantId, service: &ServiceId, card: &str) -> Result<bool, Unavailable> {
        let known = self.0.card_known(tenant, card).map_err(|_| Unavailable("the list of issued cards"))?;
        Ok(known.as_ref() == Some(service))
    }
}
