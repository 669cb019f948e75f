//! What every handler shares: the state, the turns of running calls and the rows read lately by tenant, authentication.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use cordon_core::grant::Installed;
use cordon_core::ids::{MintedId, ServiceId, TenantId};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::answer;
use super::answer::OnFailure;
use super::rows::KnownRows;
use super::state::{CdsState, IssuerSettings, Unavailable};
use crate::jwt::{Client, Endpoint, NonceError, TokenRefusal, VerifyError, verify};

/// The state, and for each tenant the turns of calls that run at one time and the rows that it sent lately.
#[derive(Clone)]
pub(super) struct Door {
    state: CdsState,
    turns: Arc<BTreeMap<TenantId, Arc<Semaphore>>>,
    known_rows: Arc<BTreeMap<TenantId, KnownRows>>,
}

impl Deref for Door {
    type Target = CdsState;
    fn deref(&self) -> &CdsState {
        &self.state
    }
}

impl Door {
    pub(super) fn new(state: CdsState) -> Self {
        let settings = &state.settings;
        let share = |tenant: &TenantId| settings.turns.get(tenant).copied().unwrap_or(settings.max_concurrent);
        let turns = state.clients.tenants().map(|own| (own.clone(), Arc::new(Semaphore::new(share(own)))));
        let turns = Arc::new(turns.collect());
        let known_rows = state.clients.tenants().map(|own| (own.clone(), KnownRows::default())).collect();
        Self { turns, known_rows: Arc::new(known_rows), state }
    }

    /// Verifies the token of a request for this very path. Spending the token id asks the store, so it may block.
    pub(super) async fn authenticate(&self, uri: &Uri, headers: &HeaderMap) -> Result<Client, VerifyError> {
        let door = self.clone();
        let endpoint = Endpoint::parse(&format!("{}{}", self.settings.base_url, uri.path()));
        let headers = headers.clone();
        let verified = tokio::task::spawn_blocking(move || {
            let endpoint = endpoint.ok_or(TokenRefusal::Audience)?;
            verify(&headers, &endpoint, door.clock.now(), &door.clients, door.nonces.as_ref())
        });
        let verified = verified.await.unwrap_or(Err(NonceError.into()));
        if let Err(error) = &verified {
            tracing::info!(reason = %error, "client not authenticated");
        }
        verified
    }

    /// Runs the synchronous part of a call on a thread that may block.
    pub(super) async fn blocking(&self, work: impl FnOnce(&Self) -> Response + Send + 'static) -> Response {
        let door = self.clone();
        match tokio::task::spawn_blocking(move || work(&door)).await {
            Ok(response) => response,
            Err(_) => {
                tracing::error!("a call ended in a panic");
                answer::unavailable(None)
            }
        }
    }

    /// Waits for a turn of this tenant, as long as the call has time; `None` when there was none.
    pub(super) async fn turn(&self, tenant: &TenantId, left: Option<Duration>) -> Option<OwnedSemaphorePermit> {
        let turn = Arc::clone(self.turns.get(tenant)?).acquire_owned();
        tokio::time::timeout(left?, turn).await.ok()?.ok()
    }

    /// The rows that this tenant's clients sent lately.
    pub(super) fn known_rows(&self, tenant: &TenantId) -> Option<&KnownRows> {
        self.known_rows.get(tenant)
    }

    /// What is left of a service's deadline for the run; `None` when nothing is.
    pub(super) fn left(&self, service: Option<&ServiceId>, started: Duration) -> Option<Duration> {
        let deadline = service.map_or(self.settings.deadline, |service| self.settings.deadline_of(service));
        let elapsed = self.clock.monotonic().saturating_sub(started);
        deadline.checked_sub(elapsed)?.checked_sub(self.settings.margin).filter(|left| !left.is_zero())
    }

    /// A fresh invocation id.
    pub(super) fn mint(&self) -> Result<MintedId, Unavailable> {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, ..] = self.coins.draw()?.seed();
        Ok(MintedId::from_random([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]))
    }

    pub(super) fn issuer(&self, client: &Client) -> IssuerSettings {
        self.settings.issuers.get(&client.issuer).cloned().unwrap_or_default()
    }

    pub(super) fn on_failure(&self, service: Option<&ServiceId>) -> OnFailure {
        match service {
            Some(service) if self.settings.empty_on_failure.contains(service) => OnFailure::NoCards,
            Some(_) | None => OnFailure::Say,
        }
    }

    /// The id, if a plugin of the tenant has a service of this id: others are nothing to record.
    pub(super) fn known_service(&self, tenant: &TenantId, id: Option<ServiceId>) -> Option<ServiceId> {
        id.filter(|id| self.serving(tenant, id).is_ok_and(|serving| !serving.is_empty()))
    }

    /// The plugins of a tenant that have a service with this id, for whatever hook.
    pub(super) fn serving(&self, tenant: &TenantId, id: &ServiceId) -> Result<Vec<Arc<Installed>>, Unavailable> {
        let mut installed = self.services.installed(tenant)?;
        installed.retain(|installed| installed.manifest.services.iter().any(|service| service.id == *id));
        Ok(installed)
    }
}

/// The service id in `/cds-services/{id}` and `/cds-services/{id}/feedback`, as written: nothing is decoded, so that
/// one service has one URL.
pub(super) fn service_id(uri: &Uri) -> Option<ServiceId> {
    let rest = uri.path().strip_prefix("/cds-services/")?;
    ServiceId::new(rest.strip_suffix("/feedback").unwrap_or(rest)).ok()
}
