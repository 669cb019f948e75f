//! Wiring: one configuration becomes one running host.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cordon_audit::checkpoint::{CheckpointError, Origin, SignerKey};
use cordon_connect::fetch::{Fetcher, SettingsError};
use cordon_core::ids::Issuer;
use cordon_core::labelling::LabelRules;
use cordon_core::ports::{Effects, Ledger, LedgerError};
use cordon_core::record::{Event, Private, Record};
use cordon_runtime::{Engine, EngineError};
use cordon_store::{CodeFiles, DataDirectory, KeyError, OpenError, Store, StoreError};
use cordon_wall::{Program, Wall, WallError};
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::admin::{AdminError, AdminSocket};
use crate::breaker::Breakers;
use crate::cds::state::{CdsSettings, CdsState};
use crate::clock::{self, SystemClock, SystemCoins};
use crate::code::{self, KeptComponents};
use crate::config::{Config, ConfigError, Packs, Tenant};
use crate::copies;
use crate::edge::{BodyLimits, Edge, EdgeError, EdgeLimits, TlsError, TlsIdentity};
use crate::hospital::{Hospital, Rules};
use crate::jwt::{Alg, ClientTrust, IssuerTrust, JwksError};
use crate::kept::Stores;
use crate::ledger::{GroupLedger, Ledgers};
use crate::operations::{self, Parts};
use crate::packs;
use crate::renewal;

/// Why a host did not start, or ended.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// The store.
    #[error("the data directory `{path}` cannot be used")]
    Open {
        /// The directory.
        path: String,
        /// Why.
        source: OpenError,
    },
    /// The label rules.
    #[error(transparent)]
    Labels(#[from] ConfigError),
    /// The store, later.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A set clock on real data.
    #[error("--now is for a demo store: this one has no mark")]
    SetClock,
    /// A demo store beyond loopback.
    #[error("a demo store is served on loopback only, and {0} is not")]
    DemoBeyondLoopback(SocketAddr),
    /// The log's key.
    #[error("the log's key")]
    Key(#[from] KeyError),
    /// The log's name.
    #[error("log-origin")]
    Origin(#[from] CheckpointError),
    /// The log.
    #[error("the log cannot be written")]
    Ledger(#[from] LedgerError),
    /// The client that fetches data packs.
    #[error("[packs]")]
    Packs(#[from] SettingsError),
    /// The engine.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The processes that hold plugins.
    #[error("[runners]")]
    Wall(#[from] WallError),
    /// A client's keys.
    #[error("client `{issuer}`")]
    Client {
        /// The client.
        issuer: Issuer,
        /// Why.
        source: JwksError,
    },
    /// TLS.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The listener.
    #[error("cannot listen on {address}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The admin socket.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// Serving.
    #[error(transparent)]
    Edge(#[from] EdgeError),
    /// The operating system.
    #[error("the operating system refused: {0}")]
    System(String),
}

/// What a started host is.
#[derive(Debug, Clone)]
pub struct Started {
    /// Where it listens.
    pub address: SocketAddr,
    /// The URL that clients call.
    pub base_url: String,
    /// Whether its store is a demo store.
    pub demo: bool,
}

/// A started host.
pub struct Host {
    started: Started,
    listener: TcpListener,
    tls: Option<TlsIdentity>,
    edge: Edge,
    router: axum::Router,
    admin: AdminSocket,
    hospital: Arc<Hospital>,
    stores: Arc<Stores>,
    fetcher: Option<Arc<Fetcher>>,
}

impl Host {
    /// Opens everything a host needs. Nothing is answered yet.
    ///
    /// # Errors
    /// [`HostError`]: what is missing or wrong.
    pub async fn start(config: Config, now: Option<Timestamp>) -> Result<Self, HostError> {
        let opened = |source| HostError::Open { path: config.data.display().to_string(), source };
        let data = DataDirectory::open(&config.data).map_err(opened)?;
        let demo = data.is_demo();
        check_demo(&config, demo, now)?;
        let labels = config.labels()?;
        let stores = Arc::new(stores(&config, &data, &labels)?);
        let tls = config.tls.as_ref().map(|tls| TlsIdentity::from_pem(&tls.certificate, &tls.key)).transpose()?;
        let ledgers = Arc::new(ledgers(&config, &stores)?);
        let wall = Arc::new(Wall::start(Program::this(), Engine::new()?, config.runners.clone())?);
        let components = components(&config, &wall)?;
        let clock = Arc::new(SystemClock::start(now));
        let rules = Rules {
            consent: config.consent.clone(),
            labels: labels.clone(),
            clock: clock.clone(),
            base_url: config.base_url.clone(),
            latency: config.latency(),
            most_undeclared: config.undeclared_bits.saturating_mul(1_000),
        };
        let hospital = Arc::new(Hospital::open(Arc::clone(&stores), components, ledgers.clone(), rules));
        let layers = wall.layers().clone();
        let state = cds_state(&config, &stores, &hospital, ledgers.clone(), wall, clock, labels)?;
        let listening = |source| HostError::Listen { address: config.listen, source };
        let listener = TcpListener::bind(config.listen).await.map_err(listening)?;
        let address = listener.local_addr().map_err(listening)?;
        let admin = AdminSocket::bind(&config.admin_socket, config.admins.iter().copied())?;
        // Figures and health say nothing of patients, but they are the hospital's own: only loopback is asked for them.
        let router = crate::cds::router(state)
            .layer(axum::middleware::from_fn(operations::count))
            .merge(copies::router(Arc::clone(&stores)))
            .merge(operations::router(
                Parts { stores: Arc::clone(&stores), ledgers, shown: Arc::default(), layers },
                address.ip().is_loopback(),
            ));
        let edge = Edge::new(EdgeLimits { connections: config.connections, ..EdgeLimits::default() });
        let fetcher = config.packs.as_ref().map(Packs::fetcher).transpose()?.map(Arc::new);
        let started = Started { address, base_url: config.base_url, demo };
        Ok(Self { started, listener, tls, edge, router, admin, hospital, stores, fetcher })
    }

    /// What was started.
    #[must_use]
    pub fn started(&self) -> &Started {
        &self.started
    }

    /// Answers until `stop` completes.
    ///
    /// # Errors
    /// [`HostError`].
    pub async fn until(self, stop: impl Future<Output = ()> + Send) -> Result<(), HostError> {
        let (stopping, stopped) = watch::channel(false);
        let still = Arc::new(AtomicBool::new(false));
        let renewing = renewal::start(self.stores, Arc::clone(&still));
        let renewing = renewing.map_err(|error| HostError::System(error.to_string()))?;
        let start = |fetcher| packs::start(Arc::clone(&self.hospital), fetcher, Arc::clone(&still));
        let fetching = self.fetcher.map(start).transpose().map_err(|error| HostError::System(error.to_string()))?;
        // Nobody waits for it at the end: a component may take a minute.
        code::start(Arc::clone(&self.hospital), Arc::clone(&still))
            .map_err(|error| HostError::System(error.to_string()))?;
        let administering = tokio::spawn(self.admin.serve(self.hospital, stopped));
        tracing::info!(address = %self.started.address, demo = self.started.demo, "serving");
        let served = self.edge.serve(self.listener, self.tls, self.router, stop).await;
        stopping.send_replace(true);
        still.store(true, Ordering::Relaxed);
        let ended = (administering.await, renewing.join());
        let fetched = fetching.is_none_or(|fetching| fetching.join().is_ok());
        if ended.0.is_err() || ended.1.is_err() || !fetched {
            tracing::error!("a part of the host ended badly");
        }
        Ok(served?)
    }
}

/// The wall, with the code that was kept.
fn components(config: &Config, wall: &Arc<Wall>) -> Result<Arc<KeptComponents>, HostError> {
    let opened = |source| HostError::Open { path: config.data.display().to_string(), source };
    let files = CodeFiles::open(&config.data).map_err(opened)?;
    let key = match files.key()? {
        Some(key) => key,
        None => {
            let key = draw()?;
            files.keep_key(&key)?;
            key
        }
    };
    let components = KeptComponents::new(Arc::clone(wall), files, key);
    components.prune();
    Ok(Arc::new(components))
}

fn check_demo(config: &Config, demo: bool, now: Option<Timestamp>) -> Result<(), HostError> {
    if now.is_some() && !demo {
        return Err(HostError::SetClock);
    }
    if demo && !config.listen.ip().is_loopback() {
        return Err(HostError::DemoBeyondLoopback(config.listen));
    }
    Ok(())
}

/// Opens the store of every tenant. A host that lacks one does not start.
fn stores(config: &Config, data: &DataDirectory, labels: &Arc<LabelRules>) -> Result<Stores, HostError> {
    let open = |tenant: &Tenant| {
        let path = config.data.join("tenants").join(tenant.id.as_str()).display().to_string();
        let store = data.store(&tenant.id).map_err(|source| HostError::Open { path, source })?;
        let store = store.labelled_by(Arc::clone(labels))?;
        if let Some(bytes) = tenant.store_bytes {
            store.limit(bytes)?;
        }
        if store.pseudonym_key()?.is_none() {
            store.keep_pseudonym_key(&draw()?)?;
        }
        Ok(Arc::new(store))
    };
    config.tenants.iter().map(open).collect()
}

/// Opens every tenant's log and writes down that the host started. A host that can write none does not start; a tenant
/// whose log is full gets no answer, and takes none from the others.
fn ledgers(config: &Config, stores: &Stores) -> Result<Ledgers, HostError> {
    let ledgers: Ledgers = stores.iter().map(|store| ledger(config, store)).collect::<Result<_, HostError>>()?;
    let begun = ledgers.iter().filter(|ledger| begin(ledger)).count();
    if begun == 0 { Err(LedgerError.into()) } else { Ok(ledgers) }
}

fn begin(ledger: &GroupLedger) -> bool {
    let (tenant, event) = (ledger.tenant().clone(), Event::Started { host: env!("CARGO_PKG_VERSION").to_owned() });
    let begun =
        ledger.append(&Record { tenant, at: clock::now(), event, private: Private::default() }, Effects::none());
    if begun.is_err() {
        tracing::error!(tenant = %ledger.tenant(), "the log cannot be written: no call of this tenant is answered");
    }
    begun.is_ok()
}

fn draw() -> Result<[u8; 32], HostError> {
    clock::draw().map_err(|error| HostError::System(error.to_string()))
}

fn ledger(config: &Config, store: &Arc<Store>) -> Result<GroupLedger, HostError> {
    let seed = match store.log_key()? {
        Some(seed) => seed,
        None => {
            let seed = draw()?;
            store.keep_log_key(&seed)?;
            seed
        }
    };
    let signer = SignerKey::new(Origin::new(format!("{}/{}", config.log_origin, store.tenant()))?, seed);
    store.keep_log_verifier(&signer.verifier().to_string())?;
    GroupLedger::start(Arc::clone(store), signer).map_err(|error| HostError::System(error.to_string()))
}

fn cds_state(
    config: &Config,
    stores: &Arc<Stores>,
    hospital: &Arc<Hospital>,
    ledgers: Arc<Ledgers>,
    runner: Arc<Wall>,
    clock: Arc<SystemClock>,
    labels: Arc<LabelRules>,
) -> Result<CdsState, HostError> {
    Ok(CdsState {
        clients: Arc::new(clients(config)?),
        services: hospital.clone(),
        policy: hospital.clone(),
        records: stores.clone(),
        labels,
        runner,
        ledger: ledgers,
        kept: hospital.clone(),
        breaker: Arc::new(Breakers::new(Arc::clone(stores))),
        nonces: stores.clone(),
        cards: stores.clone(),
        clock,
        coins: Arc::new(SystemCoins),
        words: Arc::new(config.words.clone()),
        settings: Arc::new(settings(config)),
        body: BodyLimits::default(),
    })
}

fn clients(config: &Config) -> Result<ClientTrust, HostError> {
    let pinned = config.clients.iter().map(|client| {
        let failed = |source| HostError::Client { issuer: client.issuer.clone(), source };
        let pinned = IssuerTrust::new(client.tenant.clone(), &client.jwks, &Alg::ALL, client.jku.clone());
        Ok((client.issuer.clone(), pinned.map_err(failed)?))
    });
    pinned.collect()
}

fn settings(config: &Config) -> CdsSettings {
    CdsSettings {
        cors_origins: config.cors_origins.iter().cloned().collect(),
        deadline: config.deadline,
        max_concurrent: config.concurrent,
        turns: config.tenants.iter().map(|tenant| (tenant.id.clone(), tenant.concurrent)).collect(),
        empty_on_failure: config.empty_on_failure.iter().cloned().collect(),
        latency_buckets: config.latency_buckets,
        issuers: config.clients.iter().map(|client| (client.issuer.clone(), client.settings.clone())).collect(),
        ..CdsSettings::new(config.base_url.clone())
    }
}
