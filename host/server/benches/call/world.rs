//! The host that is measured: real store, real log, real policy, the compiled sample plugin, a real client key. Only the
//! clock stands still, and a [`Watch`] hangs on every port.

use std::io::BufReader;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use axum::http::{HeaderValue, Request};
use cordon_audit::checkpoint::{Origin, SignerKey};
use cordon_core::grant::{Grant, Installed};
use cordon_core::ids::{Coins, Digest, EntryName, Issuer, PatientId, ServiceId, TenantId};
use cordon_core::labelling::LabelRules;
use cordon_core::manifest::Manifest;
use cordon_core::message::{RunEnd, RunMessage, RunReply};
use cordon_core::ports::{
    Each, Effects, Ledger, LedgerError, NoBreaker, Query, Records, RecordsError, Runner, RunnerError,
};
use cordon_core::record::{LeafIndex, Record};
use cordon_core::words::Words;
use cordon_fhir::scope::ScopeSet;
use cordon_guest_build::{package, package_with, repository};
use cordon_policy::cedar::{DEFAULT, Policies};
use cordon_policy::consent::{ConsentSettings, Effect};
use cordon_policy::hospital::HospitalPolicy;
use cordon_runtime::{Code, Engine};
use cordon_server::cds::{
    CdsSettings, CdsState, Clock, CoinSource, IssuerSettings, KnownCards, Services, Unavailable, router,
};
use cordon_server::edge::BodyLimits;
use cordon_server::jwt::{Client, ClientTrust, NonceError, Nonces, Spent};
use cordon_server::kept::Stores;
use cordon_server::ledger::GroupLedger;
use cordon_store::Store;
use cordon_store::packs::NewPack;
use cordon_wall::{Components as _, Program, RUNNER, Wall, WallSettings};
use cordon_ward::{DEFAULT_NOW, PatientRecord};
use jiff::Timestamp;
use jsonwebtoken::Algorithm;
use serde_json::Value;

use crate::keys::{ISSUER, Keys};
use crate::native::{self, DRUGS, Native};
use crate::watch::{Watch, now};

/// The service that is called.
pub(crate) const PATH: &str = "/cds-services/renal-dosing";
pub(crate) const BASE: &str = "http://cds.example";

/// The sample plugin, compiled: as it reads rows, and as it reads typed columns.
pub(crate) struct Plugin {
    engine: Engine,
    manifest: Manifest,
    rows: Code,
    columns: Code,
}

impl Plugin {
    pub(crate) fn new() -> anyhow::Result<Self> {
        let (engine, samples) = (Engine::new()?, repository().join("sample-plugins"));
        let manifest = Manifest::parse(include_str!("../../../../sample-plugins/renal-dosing/plugin.toml"))?;
        let rows = engine.precompile_for(&package(&samples, "renal-dosing")?, &manifest)?;
        let columns = engine.precompile_for(&package_with(&samples, "renal-dosing", "columns")?, &manifest)?;
        Ok(Self { engine, manifest, rows, columns })
    }

    fn installed(&self, code: &Code) -> anyhow::Result<Arc<Installed>> {
        let grant = Grant::whole(&self.manifest);
        let envelope = Digest::of(b"envelope");
        Ok(Arc::new(Installed::new(self.manifest.clone(), code.digest(), envelope, &grant)?))
    }

    /// Runners that know both.
    fn wall(&self) -> anyhow::Result<Wall> {
        let program = Program::new(std::env::current_exe()?, &[RUNNER]);
        let wall = Wall::start(program, self.engine.clone(), WallSettings::default())?;
        wall.insert(&self.rows)?;
        wall.insert(&self.columns)?;
        Ok(wall)
    }
}

/// What both hosts of a world share.
#[derive(Clone)]
struct Rooms {
    store: Arc<Store>,
    runner: Arc<Wall>,
    ledger: Arc<GroupLedger>,
    installed: Arc<Installed>,
    coins: Arc<AtomicU64>,
    watch: Arc<Watch>,
    start: Instant,
}

impl Nonces for Rooms {
    fn spend(&self, client: &Client, jti: &str, until: Timestamp) -> Result<Spent, NonceError> {
        self.watch.lap("token");
        let spent = self.store.spend(&client.tenant, &client.issuer, jti, until, DEFAULT_NOW);
        self.watch.lap("spend");
        match spent.map_err(|_| NonceError)? {
            cordon_store::Spent::Fresh => Ok(Spent::Now),
            cordon_store::Spent::Again => Ok(Spent::Before),
        }
    }

    fn settle(&self, _: &TenantId) -> Result<(), NonceError> {
        Ok(())
    }
}

impl Clock for Rooms {
    fn now(&self) -> Timestamp {
        DEFAULT_NOW
    }

    /// Asked once, when the call is read.
    fn call_time(&self) -> Timestamp {
        self.watch.lap("parse");
        DEFAULT_NOW
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }
}

impl Runner for Rooms {
    fn run(&self, message: RunMessage) -> Result<RunReply, RunnerError> {
        self.watch.lap("gather");
        let mut reply = self.runner.run(message)?;
        if let RunEnd::Answered(answer) = &mut reply.end {
            // As many cards as one response may have: the gate reads and prints each.
            let cards: Vec<_> =
                answer.cards.iter().cycle().take(answer.cards.len() * self.watch.times()).cloned().collect();
            answer.cards = cards;
        }
        self.watch.lap("run");
        Ok(reply)
    }
}

impl Ledger for Rooms {
    fn append(&self, record: &Record, effects: Effects) -> Result<LeafIndex, LedgerError> {
        self.watch.lap("release");
        let leaf = self.ledger.append(record, effects);
        self.watch.lap("seal");
        leaf
    }
}

impl Services for Rooms {
    fn installed(&self, _: &TenantId) -> Result<Vec<Arc<Installed>>, Unavailable> {
        Ok(vec![Arc::clone(&self.installed)])
    }
}

impl Records for Rooms {
    fn visit(&self, query: Query<'_>, each: &mut Each<'_>) -> Result<(), RecordsError> {
        self.store.visit(query, each)
    }

    fn consents(&self, tenant: &TenantId, patient: &PatientId) -> Result<Vec<Value>, RecordsError> {
        self.store.consents(tenant, patient)
    }
}

impl KnownCards for Rooms {
    fn issued(&self, _: &TenantId, _: &ServiceId, _: &str) -> Result<bool, Unavailable> {
        Ok(false)
    }
}

impl CoinSource for Rooms {
    fn draw(&self) -> Result<Coins, Unavailable> {
        let drawn = self.coins.fetch_add(1, Ordering::Relaxed);
        Ok(Coins::new(*Digest::of(&drawn.to_be_bytes()).as_bytes()))
    }
}

/// One host, the native limit beside it on the same store, and a client.
pub(crate) struct World {
    pub(crate) host: Router,
    /// The same host with the plugin that reads typed columns.
    pub(crate) columns: Router,
    pub(crate) native: Router,
    pub(crate) watch: Arc<Watch>,
    keys: Keys,
    tokens: AtomicU64,
    _folder: tempfile::TempDir,
}

impl World {
    /// A host whose store holds these patients.
    pub(crate) fn new<'a>(
        plugin: &Plugin,
        patients: impl IntoIterator<Item = &'a PatientRecord>,
    ) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let tenant = TenantId::new("main")?;
        let labels = Arc::new(LabelRules::shipped()?);
        let store = Arc::new(Store::open(folder.path(), &tenant)?.labelled_by(Arc::clone(&labels))?);
        let mut lines = Vec::new();
        for patient in patients {
            patient.write(&mut lines)?;
        }
        let mut on = |_| std::ops::ControlFlow::Continue(());
        let mut lines = BufReader::new(lines.as_slice());
        cordon_store::load(&store, &tenant, &mut lines, "ward", cordon_store::Older::Refused, &mut on)?;
        let watch = Arc::new(Watch::default());
        let keys = Keys::new()?;
        let rows = rooms(plugin, &store, &watch)?;
        let columns = Rooms { installed: plugin.installed(&plugin.columns)?, ..rows.clone() };
        bring_pack(&store, &tenant, &rows.installed)?;
        let native = Native {
            store: Arc::clone(&store),
            installed: Arc::clone(&rows.installed),
            tenant: tenant.clone(),
            now: DEFAULT_NOW.to_string(),
        };
        let host = |rooms: Rooms| {
            anyhow::Ok(router(state(&Arc::new(rooms), Arc::clone(&labels), keys.trust(tenant.clone())?)?))
        };
        let (host, columns, native) = (host(rows)?, host(columns)?, native::router(native));
        Ok(Self { host, columns, native, watch, keys, tokens: AtomicU64::new(0), _folder: folder })
    }

    /// A token that was never used.
    pub(crate) fn token(&self, alg: Algorithm) -> anyhow::Result<HeaderValue> {
        self.keys.token(alg, self.tokens.fetch_add(1, Ordering::Relaxed))
    }
}

/// The request that both sides get.
pub(crate) fn request<B>(path: &str, token: &HeaderValue, body: B) -> anyhow::Result<Request<B>> {
    let request = Request::post(path).header(HOST, "cds.example").header(CONTENT_TYPE, "application/json");
    Ok(request.header(AUTHORIZATION, token).body(body)?)
}

fn rooms(plugin: &Plugin, store: &Arc<Store>, watch: &Arc<Watch>) -> anyhow::Result<Rooms> {
    let signer = SignerKey::new(Origin::new("bench.example/log")?, [7; 32]);
    Ok(Rooms {
        store: Arc::clone(store),
        runner: Arc::new(plugin.wall()?),
        ledger: Arc::new(GroupLedger::start(Arc::clone(store), signer)?),
        installed: plugin.installed(&plugin.rows)?,
        coins: Arc::new(AtomicU64::new(0)),
        watch: Arc::clone(watch),
        start: now(),
    })
}

/// Puts the plugin's drug table where a verified pack lies.
fn bring_pack(store: &Store, tenant: &TenantId, installed: &Installed) -> anyhow::Result<()> {
    let pack = NewPack {
        plugin: &installed.manifest.id,
        name: &EntryName::new("drugs")?,
        serial: 1,
        version: "bench",
        envelope: b"bench",
        bytes: DRUGS.as_bytes(),
        at: DEFAULT_NOW,
        by: "bench",
        reason: "bench",
    };
    store.put_pack(tenant, &pack)?;
    Ok(())
}

fn state(rooms: &Arc<Rooms>, labels: Arc<LabelRules>, clients: ClientTrust) -> anyhow::Result<CdsState> {
    // A busy machine must make a call slow, not refuse it. What is measured is the work, so answers leave when they are
    // ready (a host's own answers wait for an edge), and nobody is stopped for calling too often.
    let deadline = Duration::from_secs(30);
    let mut settings = CdsSettings { deadline, latency_buckets: false, ..CdsSettings::new(BASE) };
    let issuer = IssuerSettings { user_right: Some(ScopeSet::parse("user/*.rs")), ..IssuerSettings::default() };
    settings.issuers.insert(Issuer::new(ISSUER)?, issuer);
    // The policy that a hospital starts from. The ward has no Consent resources.
    let consent = ConsentSettings { no_consent: Effect::Permit, ..ConsentSettings::default() };
    let policy = HospitalPolicy::new(Arc::new(Policies::parse(DEFAULT)?), consent);
    Ok(CdsState {
        clients: Arc::new(clients),
        services: rooms.clone(),
        policy: Arc::new(policy),
        records: rooms.clone(),
        labels,
        runner: rooms.clone(),
        ledger: rooms.clone(),
        kept: Arc::new(Stores::from_iter([Arc::clone(&rooms.store)])),
        breaker: Arc::new(NoBreaker),
        nonces: rooms.clone(),
        cards: rooms.clone(),
        clock: rooms.clone(),
        coins: rooms.clone(),
        words: Arc::new(Words::default()),
        settings: Arc::new(settings),
        body: BodyLimits::default(),
    })
}
