//! The host that is measured: real store, real log, real policy, the compiled sample plugin, a real client key. Only the
//! clock stands still, and a [`Watch`] hangs on every port.

use std::io::BufReader;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair};
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
use cordon_guest_build::{package, repository};
use cordon_policy::cedar::{DEFAULT, Policies};
use cordon_policy::consent::{ConsentSettings, Effect};
use cordon_policy::hospital::HospitalPolicy;
use cordon_runtime::Engine;
use cordon_server::cds::{
    CdsSettings, CdsState, Clock, CoinSource, IssuerSettings, KnownCards, Services, Unavailable, router,
};
use cordon_server::edge::BodyLimits;
use cordon_server::jwt::{Alg, Client, ClientTrust, IssuerTrust, NonceError, Nonces, Spent};
use cordon_server::kept::Stores;
use cordon_server::ledger::GroupLedger;
use cordon_store::Store;
use cordon_store::packs::NewPack;
use cordon_wall::{Components as _, Program, RUNNER, Wall, WallSettings};
use cordon_ward::{DEFAULT_NOW, PatientRecord};
use jiff::Timestamp;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use crate::native::{self, DRUGS, Native};
use crate::watch::{Watch, now};

/// The service that is called.
pub(crate) const PATH: &str = "/cds-services/renal-dosing";
const BASE: &str = "http://cds.example";
const ISSUER: &str = "https://ehr.example/";

struct Rooms {
    store: Arc<Store>,
    runner: Wall,
    ledger: GroupLedger,
    installed: Arc<Installed>,
    coins: AtomicU64,
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
    pub(crate) native: Router,
    pub(crate) watch: Arc<Watch>,
    key: EncodingKey,
    tokens: AtomicU64,
    _folder: tempfile::TempDir,
}

impl World {
    /// A host whose store holds these patients.
    pub(crate) fn new<'a>(patients: impl IntoIterator<Item = &'a PatientRecord>) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let tenant = TenantId::new("main")?;
        let labels = Arc::new(LabelRules::shipped()?);
        let store = Arc::new(Store::open(folder.path(), &tenant)?.labelled_by(Arc::clone(&labels))?);
        let mut lines = Vec::new();
        for patient in patients {
            patient.write(&mut lines)?;
        }
        cordon_store::load(&store, &tenant, &mut BufReader::new(lines.as_slice()), "ward", &mut |_| {})?;
        let watch = Arc::new(Watch::default());
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, &SystemRandom::new())?;
        let key = EncodingKey::from_ec_der(pkcs8.as_ref());
        let rooms = Arc::new(rooms(&store, &watch)?);
        bring_pack(&store, &tenant, &rooms.installed)?;
        let native = Native {
            store: Arc::clone(&store),
            installed: Arc::clone(&rooms.installed),
            tenant: tenant.clone(),
            now: DEFAULT_NOW.to_string(),
        };
        let host = router(state(&rooms, labels, trust(&key, tenant)?)?);
        let native = native::router(native);
        Ok(Self { host, native, watch, key, tokens: AtomicU64::new(0), _folder: folder })
    }

    /// A token that was never used.
    pub(crate) fn token(&self) -> anyhow::Result<HeaderValue> {
        let header = Header { kid: Some("k1".to_owned()), ..Header::new(Algorithm::ES384) };
        let now = DEFAULT_NOW.as_second();
        let jti = format!("jti-{}", self.tokens.fetch_add(1, Ordering::Relaxed));
        let claims = json!({ "iss": ISSUER, "aud": format!("{BASE}{PATH}"), "iat": now, "exp": now + 300, "jti": jti });
        let token = jsonwebtoken::encode(&header, &claims, &self.key)?;
        Ok(HeaderValue::try_from(format!("Bearer {token}"))?)
    }
}

/// The request that both sides get.
pub(crate) fn request<B>(path: &str, token: &HeaderValue, body: B) -> anyhow::Result<Request<B>> {
    let request = Request::post(path).header(HOST, "cds.example").header(CONTENT_TYPE, "application/json");
    Ok(request.header(AUTHORIZATION, token).body(body)?)
}

fn rooms(store: &Arc<Store>, watch: &Arc<Watch>) -> anyhow::Result<Rooms> {
    let samples = repository().join("sample-plugins");
    let manifest = Manifest::parse(include_str!("../../../../sample-plugins/renal-dosing/plugin.toml"))?;
    let engine = Engine::new()?;
    let code = engine.precompile_for(&package(&samples, "renal-dosing")?, &manifest)?;
    let component = code.digest();
    let program = Program::new(std::env::current_exe()?, &[RUNNER]);
    let runner = Wall::start(program, engine, WallSettings::default())?;
    runner.insert(&code)?;
    let grant = Grant::whole(&manifest);
    let installed = Installed::new(manifest, component, Digest::of(b"envelope"), &grant)?;
    let signer = SignerKey::new(Origin::new("bench.example/log")?, [7; 32]);
    Ok(Rooms {
        store: Arc::clone(store),
        runner,
        ledger: GroupLedger::start(Arc::clone(store), signer)?,
        installed: Arc::new(installed),
        coins: AtomicU64::new(0),
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

fn trust(key: &EncodingKey, tenant: TenantId) -> anyhow::Result<ClientTrust> {
    let mut jwk = serde_json::to_value(Jwk::from_encoding_key(key, Algorithm::ES384)?)?;
    jwk.as_object_mut().context("a key is an object")?.insert("kid".to_owned(), json!("k1"));
    let jwks = json!({ "keys": [jwk] }).to_string();
    let pinned = IssuerTrust::new(tenant, jwks.as_bytes(), &Alg::ALL, [])?;
    Ok(ClientTrust::from_iter([(Issuer::new(ISSUER)?, pinned)]))
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
