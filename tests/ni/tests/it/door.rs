//! The host's CDS Hooks door over a world: real tokens, real stores and logs, the real policy and engine.

use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use axum::http::{Request, StatusCode};
use cordon_audit::checkpoint::{Origin, SignerKey};
use cordon_core::grant::Installed;
use cordon_core::ids::{Coins, Digest, Issuer, TenantId};
use cordon_core::message::{RunMessage, RunReply};
use cordon_core::ports::{NoBreaker, Runner, RunnerError};
use cordon_core::words::Words;
use cordon_fhir::scope::ScopeSet;
use cordon_ni::generate::tenant;
use cordon_ni::kept::{Kept, OTHER};
use cordon_ni::run::{heard, policy, room};
use cordon_ni::world::{NOW, PATIENT, TENANT, World, labels};
use cordon_server::cds::{CdsSettings, CdsState, Clock, CoinSource, IssuerSettings, Services, Unavailable, router};
use cordon_server::clock;
use cordon_server::config::Config;
use cordon_server::edge::BodyLimits;
use cordon_server::jwt::{Alg, ClientTrust, IssuerTrust};
use cordon_server::kept::Stores;
use cordon_server::ledger::{GroupLedger, Ledgers};
use cordon_server::operations::{count, figures};
use cordon_server::support::bundle;
use jiff::Timestamp;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use tower::ServiceExt as _;

const BASE: &str = "http://cds.example";
/// Discovery.
pub(crate) const SERVICES: &str = "/cds-services";
/// The world's one service.
pub(crate) const SERVICE: &str = "/cds-services/tells";
/// The client of the world's tenant.
pub(crate) const CLIENT: &str = "https://ehr.example";
/// The client of the other tenant.
pub(crate) const STRANGER: &str = "https://other.example";

/// What runs in the place of a component.
pub(crate) type Attacker = Box<dyn Fn(&RunMessage) -> RunReply + Send + Sync>;

/// The other rooms, as far as they are not real: the plugin is installed in both tenants, calls are of one time.
struct Rooms {
    installed: Arc<Installed>,
    attacker: Option<Attacker>,
    /// Milliseconds that went by.
    passed: AtomicU64,
    heard: Mutex<String>,
    coins: AtomicU64,
}

impl Services for Rooms {
    fn installed(&self, _: &TenantId) -> Result<Vec<Arc<Installed>>, Unavailable> {
        Ok(vec![Arc::clone(&self.installed)])
    }
}

impl Runner for Rooms {
    fn run(&self, message: RunMessage) -> Result<RunReply, RunnerError> {
        self.heard.lock().unwrap().push_str(&heard(&message));
        match &self.attacker {
            // Its fuel is the time that it takes.
            Some(attack) => {
                let reply = attack(&message);
                self.passed.fetch_add(reply.fuel, Ordering::Relaxed);
                Ok(reply)
            }
            None => room().runner.run(message),
        }
    }
}

impl CoinSource for Rooms {
    fn draw(&self) -> Result<Coins, Unavailable> {
        let drawn = self.coins.fetch_add(1, Ordering::Relaxed);
        Ok(Coins::new(*Digest::of(&drawn.to_be_bytes()).as_bytes()))
    }
}

impl Clock for Rooms {
    /// Of today, as the store's own is: a token of long ago would be forgotten as soon as it is spent.
    fn now(&self) -> Timestamp {
        clock::now()
    }

    fn call_time(&self) -> Timestamp {
        NOW.parse().unwrap()
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.passed.load(Ordering::Relaxed))
    }

    fn wait(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        self.passed.fetch_add(u64::try_from(time.as_millis()).unwrap(), Ordering::Relaxed);
        Box::pin(async {})
    }
}

/// A host with the world's plugin and record, its two clients, and a key that nobody pinned.
pub(crate) struct Door {
    router: Router,
    stores: Arc<Stores>,
    rooms: Arc<Rooms>,
    pinned: EncodingKey,
    stolen: EncodingKey,
    tokens: AtomicU64,
}

impl Door {
    /// Its client is configured as given; what it is not given, it may not do.
    pub(crate) fn new(world: &World, issuer: IssuerSettings) -> Self {
        Self::open(world, issuer, None)
    }

    /// An attacker stands in the place of the component. Answers leave at the edges.
    pub(crate) fn attacked(world: &World, attack: impl Fn(&RunMessage) -> RunReply + Send + Sync + 'static) -> Self {
        Self::open(world, IssuerSettings::default(), Some(Box::new(attack)))
    }

    fn open(world: &World, issuer: IssuerSettings, attacker: Option<Attacker>) -> Self {
        let installed = Arc::new(world.installed(room().component).unwrap());
        let (coins, passed) = (AtomicU64::new(0), AtomicU64::new(0));
        let rooms = Arc::new(Rooms { installed, attacker, passed, heard: Mutex::default(), coins });
        // Before the first call is counted, every series is there.
        figures();
        let pinned = key();
        let (state, stores) = state(world, &rooms, &pinned, issuer);
        let router = router(state).layer(axum::middleware::from_fn(count));
        Self { router, stores, rooms, pinned, stolen: key(), tokens: AtomicU64::new(0) }
    }

    /// Whether a series of this host's figures holds this text.
    pub(crate) fn figures_tell(secret: &str) -> bool {
        figures().contains(secret)
    }

    /// The support bundle of the calls' tenant, under a configuration with the text everywhere it has room for a name.
    #[expect(clippy::disallowed_methods, reason = "a test writes the configuration that it reads")]
    pub(crate) fn bundle(&self, name: &str) -> Value {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("cordon.toml");
        let text = format!(
            "data = \"{name}\"\nlisten = \"127.0.0.1:0\"\nbase-url = \"http://{name}.example\"\nlog-origin = \"{name}.example/log\"\n"
        );
        std::fs::write(&file, text).unwrap();
        let store = self.stores.of(&tenant(TENANT)).unwrap();
        serde_json::to_value(bundle(&Config::read(&file).unwrap(), &[store]).unwrap()).unwrap()
    }

    /// How many milliseconds went by.
    pub(crate) fn passed(&self) -> u64 {
        self.rooms.passed.load(Ordering::Relaxed)
    }

    /// Whether a plugin was told this.
    pub(crate) fn told(&self, secret: &str) -> bool {
        self.rooms.heard.lock().unwrap().contains(secret)
    }

    /// A token of this client for a path, never the same twice, with what it says of the user.
    pub(crate) fn token(&self, client: &str, path: &str, says: &Value) -> String {
        self.signed(&self.pinned, client, path, says)
    }

    /// The same, signed by somebody else.
    pub(crate) fn forged(&self, client: &str, path: &str, says: &Value) -> String {
        self.signed(&self.stolen, client, path, says)
    }

    fn signed(&self, key: &EncodingKey, client: &str, path: &str, says: &Value) -> String {
        let header = Header { kid: Some("k1".to_owned()), ..Header::new(Algorithm::ES384) };
        let now = clock::now().as_second();
        let jti = format!("jti-{}", self.tokens.fetch_add(1, Ordering::Relaxed));
        let claims = json!({ "iss": client, "aud": format!("{BASE}{path}"), "iat": now, "exp": now + 300, "jti": jti,
            "extensions": { "ihe_iua": says } });
        jsonwebtoken::encode(&header, &claims, key).unwrap()
    }

    /// What discovery says.
    pub(crate) fn discover(&self) -> Value {
        let request = Request::get(SERVICES).body(Body::empty()).unwrap();
        serde_json::from_slice(&self.send(request, &self.token(CLIENT, SERVICES, &json!({}))).1).unwrap()
    }

    /// Calls the service about the world's patient: whether the token was good.
    pub(crate) fn call(&self, token: &str) -> bool {
        self.answer(token).0 != StatusCode::UNAUTHORIZED
    }

    /// All that a caller sees of one call, but for the ids, which are the host's coins.
    pub(crate) fn seen(&self) -> String {
        let (status, body) = self.answer(&self.token(CLIENT, SERVICE, &json!({})));
        let mut body: Value = serde_json::from_slice(&body).unwrap();
        body.pointer_mut("/issue/0/diagnostics").map(Value::take);
        format!("{status} {body}")
    }

    /// The ids of the cards of one call.
    pub(crate) fn cards(&self) -> Vec<String> {
        let (_, body) = self.answer(&self.token(CLIENT, SERVICE, &json!({})));
        let body: Value = serde_json::from_slice(&body).unwrap();
        body["cards"].as_array().unwrap().iter().map(|card| card["uuid"].as_str().unwrap().to_owned()).collect()
    }

    /// A clinician overrides these cards, with this comment.
    pub(crate) fn overrides(&self, cards: &[String], comment: &str) {
        let entry = |card: &String| {
            json!({ "card": card, "outcome": "overridden",
            "outcomeTimestamp": "2026-11-22T04:00:00Z", "overrideReason": { "userComment": comment } })
        };
        let body = json!({ "feedback": cards.iter().map(entry).collect::<Vec<_>>() }).to_string();
        let path = format!("{SERVICE}/feedback");
        let request = Request::post(&path).header(CONTENT_TYPE, "application/json").body(Body::from(body)).unwrap();
        assert_eq!(self.send(request, &self.token(CLIENT, &path, &json!({}))).0, StatusCode::OK);
    }

    /// A call of a service that nobody has.
    pub(crate) fn call_of(&self, service: &str) {
        let path = format!("{SERVICES}/{service}");
        let request = Request::post(&path).header(CONTENT_TYPE, "application/json").body(Body::from("{}")).unwrap();
        self.send(request, &self.token(CLIENT, &path, &json!({})));
    }

    fn answer(&self, token: &str) -> (StatusCode, Vec<u8>) {
        let call = json!({ "hook": "order-select", "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
            "context": { "userId": "Practitioner/u", "patientId": PATIENT, "selections": [],
                "draftOrders": { "resourceType": "Bundle", "type": "collection", "entry": [] } } });
        let request = Request::post(SERVICE).header(CONTENT_TYPE, "application/json");
        self.send(request.body(Body::from(call.to_string())).unwrap(), token)
    }

    fn send(&self, mut request: Request<Body>, token: &str) -> (StatusCode, Vec<u8>) {
        let headers = request.headers_mut();
        headers.insert(HOST, "cds.example".parse().unwrap());
        headers.insert(AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let answer = self.router.clone().oneshot(request).await.unwrap();
            (answer.status(), to_bytes(answer.into_body(), usize::MAX).await.unwrap().to_vec())
        })
    }
}

fn key() -> EncodingKey {
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, &SystemRandom::new()).unwrap();
    EncodingKey::from_ec_der(pkcs8.as_ref())
}

fn clients(pinned: &EncodingKey) -> ClientTrust {
    let mut jwk = serde_json::to_value(Jwk::from_encoding_key(pinned, Algorithm::ES384).unwrap()).unwrap();
    jwk["kid"] = json!("k1");
    let keys = json!({ "keys": [jwk] }).to_string();
    let trust = |name| IssuerTrust::new(tenant(name), keys.as_bytes(), &Alg::ALL, []).unwrap();
    [(CLIENT, TENANT), (STRANGER, OTHER)]
        .map(|(client, name)| (Issuer::new(client).unwrap(), trust(name)))
        .into_iter()
        .collect()
}

fn ledgers(kept: &Kept) -> Ledgers {
    let signer = || SignerKey::new(Origin::new("door.example/log").unwrap(), [7; 32]);
    kept.stores().iter().map(|store| GroupLedger::start(Arc::clone(store), signer()).unwrap()).collect()
}

fn state(world: &World, rooms: &Arc<Rooms>, pinned: &EncodingKey, issuer: IssuerSettings) -> (CdsState, Arc<Stores>) {
    let mut world = world.clone();
    // So that the other tenant has a store.
    world.stored.push((tenant(OTHER), json!({ "resourceType": "Patient", "id": PATIENT })));
    let kept = Arc::new(Kept::new(&world).unwrap());
    let stores = Arc::new(kept.stores().clone());
    // Only what an attacker runs takes time.
    let settings = CdsSettings::new(BASE);
    let mut settings =
        CdsSettings { deadline: Duration::from_secs(30), latency_buckets: rooms.attacker.is_some(), ..settings };
    let right = || Some(ScopeSet::parse("user/*.rs"));
    let stranger = IssuerSettings { user_right: right(), ..IssuerSettings::default() };
    settings.issuers.insert(Issuer::new(STRANGER).unwrap(), stranger);
    settings.issuers.insert(Issuer::new(CLIENT).unwrap(), IssuerSettings { user_right: right(), ..issuer });
    let state = CdsState {
        clients: Arc::new(clients(pinned)),
        services: rooms.clone(),
        policy: Arc::new(policy(&world)),
        ledger: Arc::new(ledgers(&kept)),
        records: kept,
        labels: labels().clone(),
        runner: rooms.clone(),
        kept: stores.clone(),
        breaker: Arc::new(NoBreaker),
        nonces: stores.clone(),
        cards: stores.clone(),
        clock: rooms.clone(),
        coins: rooms.clone(),
        words: Arc::new(Words::default()),
        settings: Arc::new(settings),
        body: BodyLimits::default(),
    };
    (state, stores)
}
