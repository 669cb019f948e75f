//! What the CDS Hooks door needs of the rest of the host. The wiring fills it once; nothing here opens anything.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use cordon_core::call::Purpose;
use cordon_core::disclosure::Latency;
use cordon_core::grant::Installed;
use cordon_core::ids::{Coins, Issuer, Role, ServiceId, TenantId};
use cordon_core::label::Labels;
use cordon_core::manifest::Hook;
use cordon_core::ports::{Breaker, Kept, Ledger, Policy, Records, Runner};
use cordon_core::words::Words;
use cordon_fhir::scope::ScopeSet;
use jiff::Timestamp;

use super::role::RolePattern;
use crate::edge::BodyLimits;
use crate::jwt::{ClientTrust, Nonces};

/// Something that the host keeps could not be read or written. The call ends without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not available")]
pub struct Unavailable(pub &'static str);

/// The plugins of a tenant.
pub trait Services: Send + Sync {
    /// The current version of every installed plugin, enabled or not, with its grant.
    ///
    /// # Errors
    /// [`Unavailable`]: nothing is listed and nothing is served.
    fn installed(&self, tenant: &TenantId) -> Result<Vec<Arc<Installed>>, Unavailable>;
}

/// The cards this host issued.
pub trait KnownCards: Send + Sync {
    /// Whether this card was issued by this service for this tenant.
    ///
    /// # Errors
    /// [`Unavailable`].
    fn issued(&self, tenant: &TenantId, service: &ServiceId, card: &str) -> Result<bool, Unavailable>;
}

/// Time. Two clocks, because a marked store may run its calls at a chosen date while tokens are still of today.
pub trait Clock: Send + Sync {
    /// The wall clock: tokens are checked against it.
    fn now(&self) -> Timestamp;
    /// The time that a call is frozen at. Default: the wall clock.
    fn call_time(&self) -> Timestamp {
        self.now()
    }
    /// A clock that never goes back, for deadlines.
    fn monotonic(&self) -> Duration;
    /// Lets so much of that time pass.
    fn wait(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(time))
    }
}

/// Randomness.
pub trait CoinSource: Send + Sync {
    /// Fresh coins for one invocation.
    ///
    /// # Errors
    /// [`Unavailable`].
    fn draw(&self) -> Result<Coins, Unavailable>;
}

/// What the hospital configured for one CDS client beside its keys.
#[derive(Debug, Clone)]
pub struct IssuerSettings {
    /// The client id under which the EHR's authorization server knows this host: `fhirAuthorization.subject` must be
    /// it. Default: none, so that no `fhirAuthorization` is believed.
    pub client_id: Option<String>,
    /// The FHIR base URL of this client: a request that names another is refused. Default: not checked.
    pub fhir_server: Option<String>,
    /// What every user of this client may read, if the hospital vouches for it. Default: nothing.
    pub user_right: Option<ScopeSet>,
    /// Purpose of use by hook. Default: TREAT.
    pub purposes: BTreeMap<Hook, Purpose>,
    /// Purposes that its signed claim may name instead. Default: none, and a call that claims another is refused.
    pub claimed_purposes: BTreeSet<Purpose>,
    /// Whether its signed claim may break the glass; `claimed_purposes` must name BTG as well. Default: no.
    pub break_glass: bool,
    /// Roles that all its users have. Default: none.
    pub roles: BTreeSet<Role>,
    /// Roles that its signed claim may name; others do not count. Default: none.
    pub claimed_roles: Vec<RolePattern>,
    /// BCP 47 tag for texts. Default: `en`.
    pub locale: String,
}

impl Default for IssuerSettings {
    fn default() -> Self {
        Self {
            client_id: None,
            fhir_server: None,
            user_right: None,
            purposes: BTreeMap::new(),
            claimed_purposes: BTreeSet::new(),
            break_glass: false,
            roles: BTreeSet::new(),
            claimed_roles: Vec::new(),
            locale: "en".to_owned(),
        }
    }
}

/// Settings of the CDS Hooks door.
#[derive(Debug, Clone)]
pub struct CdsSettings {
    /// The base URL as clients write it: endpoints, and so the `aud` of tokens, are `{base_url}/cds-services…`.
    /// Without a slash at the end.
    pub base_url: String,
    /// Origins of browser-based clients, as browsers write them. Default: none.
    pub cors_origins: BTreeSet<String>,
    /// Whose services discovery shows to a client without a token. Default: nobody's, a token is needed.
    pub open_discovery: Option<TenantId>,
    /// How long a call may take. Default: 500 ms (CDS Hooks 2.0, calling a CDS service).
    pub deadline: Duration,
    /// Other deadlines by service.
    pub deadlines: BTreeMap<ServiceId, Duration>,
    /// Kept back of the deadline for release and record. Default: 50 ms.
    pub margin: Duration,
    /// Calls of a tenant that run at one time, unless `turns` names it. Default: 16.
    pub max_concurrent: usize,
    /// Calls that run at one time, by tenant: the crowd of one waits for its own turns and takes nobody else's. Default:
    /// none is named.
    pub turns: BTreeMap<TenantId, usize>,
    /// Services for which the hospital wants an empty answer in place of 503, in writing. Default: none.
    pub empty_on_failure: BTreeSet<ServiceId>,
    /// Whether answers of service calls leave at the edges of [`cordon_core::disclosure::LATENCY_EDGES`] and not when they
    /// are ready: the time that a run took tells of what it read. Default: yes.
    pub latency_buckets: bool,
    /// By issuer.
    pub issuers: BTreeMap<Issuer, IssuerSettings>,
}

impl CdsSettings {
    /// The defaults for a base URL.
    #[must_use]
    pub fn new(base_url: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            cors_origins: BTreeSet::new(),
            open_discovery: None,
            deadline: Duration::from_millis(500),
            deadlines: BTreeMap::new(),
            margin: Duration::from_millis(50),
            max_concurrent: 16,
            turns: BTreeMap::new(),
            empty_on_failure: BTreeSet::new(),
            latency_buckets: true,
            issuers: BTreeMap::new(),
        }
    }

    /// The deadline of a service.
    #[must_use]
    pub fn deadline_of(&self, service: &ServiceId) -> Duration {
        self.deadlines.get(service).copied().unwrap_or(self.deadline)
    }

    /// What this host does with the time that a run of a service took.
    #[must_use]
    pub fn latency_of(&self, service: &ServiceId) -> Latency {
        let deadline = || u64::try_from(self.deadline_of(service).as_millis()).unwrap_or(u64::MAX);
        if self.latency_buckets { Latency::Buckets } else { Latency::Exact { deadline: deadline() } }
    }
}

/// All that the CDS Hooks door uses. Cheap to clone.
#[derive(Clone)]
pub struct CdsState {
    /// The trusted clients and their pinned keys.
    pub clients: Arc<ClientTrust>,
    /// The installed plugins.
    pub services: Arc<dyn Services>,
    /// Decides.
    pub policy: Arc<dyn Policy + Send + Sync>,
    /// Stands in for missing prefetch.
    pub records: Arc<dyn Records + Send + Sync>,
    /// Labels what clients send.
    pub labels: Arc<dyn Labels>,
    /// Runs guests.
    pub runner: Arc<dyn Runner + Send + Sync>,
    /// Keeps the record.
    pub ledger: Arc<dyn Ledger + Send + Sync>,
    /// Keeps cells and data packs.
    pub kept: Arc<dyn Kept + Send + Sync>,
    /// Stops what keeps failing.
    pub breaker: Arc<dyn Breaker + Send + Sync>,
    /// Token ids.
    pub nonces: Arc<dyn Nonces>,
    /// Issued cards.
    pub cards: Arc<dyn KnownCards>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub coins: Arc<dyn CoinSource>,
    /// The host's own texts.
    pub words: Arc<Words>,
    /// Settings.
    pub settings: Arc<CdsSettings>,
    /// How bodies are read.
    pub body: BodyLimits,
}
