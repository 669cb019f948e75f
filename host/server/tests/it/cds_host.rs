//! A host on a real socket: the edge, the tokens and the CDS Hooks door are real; the other rooms are small fakes.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cordon_core::call::Purpose;
use cordon_core::grant::{Grant, GrantedNeed, Installed};
use cordon_core::ids::{Coins, Digest, Issuer, NeedName, PatientId, Role, ServiceId, TenantId};
use cordon_core::label::{Labeled, Labels as _, NoRules};
use cordon_core::manifest::Manifest;
use cordon_core::message::{Advice, Answer as Reply, Indicator, RunEnd, RunMessage, RunReply};
use cordon_core::ports::{
    Decided, Decision, Each, Effects, EveryRow, KeepsNothing, Ledger, LedgerError, NoBreaker, Occasion, Policy,
    PolicyError, Query, Records, RecordsError, Runner, RunnerError,
};
use cordon_core::record::{Event, Issued, LeafIndex, Outcome, Record};
use cordon_core::words::Words;
use cordon_fhir::scope::ScopeSet;
use cordon_server::cds::{
    CdsSettings, CdsState, Clock, CoinSource, IssuerSettings, KnownCards, Services, Unavailable, router,
};
use cordon_server::edge::{BodyLimits, Edge, EdgeLimits};
use cordon_server::jwt::{Alg, Client, ClientTrust, IssuerTrust, NonceError, Nonces, Spent};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::cds_client::{Answer, request};
use crate::cds_keys::ClientKey;

/// 2026-11-22T12:00:00Z.
pub(crate) const NOW: i64 = 1_795_348_800;
pub(crate) const ISSUER: &str = "https://ehr.example/";
/// A client of the tenant `south`, which has no plugins and no rows; its key is the same.
pub(crate) const SOUTH: &str = "https://south.example/";
pub(crate) const KID: &str = "k1";

const MANIFEST: &str = r#"
id = "org.example.echo"
version = "1.0.0"
wit = "cordon:clinical@0.2.0"
title = { en = "Echo" }
description = { en = "Says how many rows it sees." }
intended-use = "Testing."
publisher = "Example"
contact = "mail@example.org"
source = { label = "Echo" }
cards = { mode = "text" }

[[need]]
name = "creatinine"
scope = "patient/Observation.rs?code=http://loinc.org|2160-0"
elements = ["code", "status", "valueQuantity"]
on-withheld = "run"
why = "Testing."

[[need]]
name = "drafts"
source = "context.draftOrders"
elements = ["status"]
on-withheld = "run"
why = "Testing."

[[need]]
name = "patient"
scope = "patient/Patient.r"
elements = ["birthDate"]
on-withheld = "run"
why = "Testing."
"#;

const HOOKS: [&str; 7] = [
    "patient-view",
    "order-select",
    "order-sign",
    "order-dispatch",
    "encounter-start",
    "encounter-discharge",
    "appointment-book",
];

/// The echo plugin: one service id for every hook.
pub(crate) fn echo(grant: &Grant) -> Installed {
    let services =
        HOOKS.map(|hook| format!("\n[[service]]\nid = \"echo\"\nhook = \"{hook}\"\ndescription = \"Echo.\"\n"));
    let manifest = Manifest::parse(&format!("{MANIFEST}{}", services.concat())).unwrap();
    Installed::new(manifest, Digest::of(b"component"), Digest::of(b"envelope"), grant).unwrap()
}

/// All needs, or these.
pub(crate) fn grant(needs: &[&str]) -> Grant {
    let needs = needs.iter().map(|name| (NeedName::new(*name).unwrap(), GrantedNeed::default())).collect();
    Grant { needs, ..Grant::default() }
}

/// What the host is behind its door.
#[derive(Default)]
pub(crate) struct Rooms {
    pub(crate) installed: Vec<Arc<Installed>>,
    pub(crate) ward: Vec<Value>,
    pub(crate) end: Option<RunEnd>,
    pub(crate) ledger_fails: bool,
    /// Where a reader of `main`'s rows waits.
    pub(crate) gate: Option<Gate>,
    asked: Mutex<Vec<(Purpose, BTreeSet<Role>)>>,
    records: Mutex<Vec<Record>>,
    issued: Mutex<Vec<Issued>>,
    spent: Mutex<BTreeSet<(Issuer, String)>>,
    /// How many coins were drawn: the next are these.
    pub(crate) coins: AtomicU64,
    ran_on: Mutex<Vec<String>>,
    /// How long a run takes.
    pub(crate) takes: Duration,
    /// How long it takes to read a row.
    pub(crate) reads: Duration,
    /// What the clock shows. It moves when something takes time or waits, and not otherwise.
    passed: Mutex<Duration>,
}

/// Tells that somebody has come, and lets nobody through until it is opened, by dropping its other end.
pub(crate) struct Gate {
    come: Mutex<Sender<()>>,
    open: Mutex<Receiver<()>>,
}

impl Gate {
    /// The gate, whom it tells, and what keeps it shut.
    pub(crate) fn shut() -> (Self, Receiver<()>, Sender<()>) {
        let ((come, told), (shut, open)) = (channel(), channel());
        (Self { come: Mutex::new(come), open: Mutex::new(open) }, told, shut)
    }

    fn pass(&self) {
        // Whoever waited for the first may have gone.
        self.come.lock().unwrap().send(()).ok();
        self.open.lock().unwrap().recv().unwrap_err();
    }
}

impl Services for Rooms {
    fn installed(&self, tenant: &TenantId) -> Result<Vec<Arc<Installed>>, Unavailable> {
        Ok(if tenant.as_str() == "main" { self.installed.clone() } else { Vec::new() })
    }
}

impl Records for Rooms {
    fn visit(&self, query: Query<'_>, each: &mut Each<'_>) -> Result<(), RecordsError> {
        if query.tenant.as_str() != "main" {
            return Ok(());
        }
        if let Some(gate) = &self.gate {
            gate.pass();
        }
        let mut rows = self.ward.iter().filter(|row| query.scope.admits(row));
        let mut one = |row| {
            *self.passed.lock().unwrap() += self.reads;
            each(Labeled { label: NoRules.mark(row).label, value: row })
        };
        match rows.try_for_each(&mut one) {
            ControlFlow::Continue(()) | ControlFlow::Break(()) => Ok(()),
        }
    }

    fn consents(&self, _: &TenantId, _: &PatientId) -> Result<Vec<Value>, RecordsError> {
        Ok(Vec::new())
    }
}

impl Policy for Rooms {
    /// The grant decides; what the policy was told is kept.
    fn decide(&self, occasion: &Occasion<'_>) -> Result<Decided, PolicyError> {
        self.asked.lock().unwrap().push((occasion.purpose, occasion.roles.clone()));
        let permit = || Decision::Permit { within: None, rows: Arc::new(EveryRow) };
        Ok(occasion.installed.granted.keys().map(|need| (need.clone(), permit())).collect())
    }
}

impl Runner for Rooms {
    /// One card that says how many rows each view has, unless the test says how the run ends.
    fn run(&self, message: RunMessage) -> Result<RunReply, RunnerError> {
        let counts = message.views.iter().map(|view| format!("{} {}", view.need(), view.rows().len()));
        self.ran_on.lock().unwrap().push(in_full(&message));
        *self.passed.lock().unwrap() += self.takes;
        let card = Advice::free(counts.collect::<Vec<_>>().join(", "), None, Indicator::Info);
        let end = self.end.clone().unwrap_or(RunEnd::Answered(Reply { cards: vec![card], ..Reply::default() }));
        Ok(RunReply::new(end, 1))
    }
}

/// All that a run gets: a message itself prints neither rows nor coins.
fn in_full(message: &RunMessage) -> String {
    let views = message.views.iter().map(|view| format!("{view:?} {} {:?}", view.text(), view.ends()));
    format!("{message:?} {:?} {}", message.coins.seed(), views.collect::<Vec<_>>().join(" "))
}

impl Ledger for Rooms {
    fn append(&self, record: &Record, effects: Effects) -> Result<LeafIndex, LedgerError> {
        if self.ledger_fails {
            return Err(LedgerError);
        }
        self.issued.lock().unwrap().extend_from_slice(&effects.issued);
        self.records.lock().unwrap().push(record.clone());
        Ok(LeafIndex(0))
    }
}

impl KnownCards for Rooms {
    fn issued(&self, _: &TenantId, service: &ServiceId, card: &str) -> Result<bool, Unavailable> {
        Ok(self.issued.lock().unwrap().iter().any(|own| own.service == *service && own.card.as_str() == card))
    }
}

impl Nonces for Rooms {
    fn spend(&self, client: &Client, jti: &str, _: Timestamp) -> Result<Spent, NonceError> {
        let fresh = self.spent.lock().unwrap().insert((client.issuer.clone(), jti.to_owned()));
        Ok(if fresh { Spent::Now } else { Spent::Before })
    }

    fn settle(&self, _: &TenantId) -> Result<(), NonceError> {
        Ok(())
    }
}

impl CoinSource for Rooms {
    fn draw(&self) -> Result<Coins, Unavailable> {
        let n = self.coins.fetch_add(1, Ordering::Relaxed);
        Ok(Coins::new(*Digest::of(&n.to_be_bytes()).as_bytes()))
    }
}

impl Clock for Rooms {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(NOW).unwrap()
    }
    fn monotonic(&self) -> Duration {
        *self.passed.lock().unwrap()
    }
    fn wait(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        *self.passed.lock().unwrap() += time;
        Box::pin(std::future::ready(()))
    }
}

/// What a test may change before the host starts.
pub(crate) struct Setup {
    pub(crate) rooms: Rooms,
    pub(crate) settings: CdsSettings,
    pub(crate) issuer: IssuerSettings,
    pub(crate) edge: EdgeLimits,
    pub(crate) body: BodyLimits,
}

/// A running host and its one trusted client.
pub(crate) struct TestHost {
    pub(crate) address: SocketAddr,
    pub(crate) key: ClientKey,
    rooms: Arc<Rooms>,
    tokens: AtomicU64,
    _stop: oneshot::Sender<()>,
}

impl TestHost {
    pub(crate) async fn start(change: impl FnOnce(&mut Setup)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let key = ClientKey::es384();
        let mut setup = Setup {
            rooms: Rooms {
                installed: vec![Arc::new(echo(&grant(&["creatinine", "drafts", "patient"])))],
                ..Rooms::default()
            },
            settings: CdsSettings::new(format!("http://{address}")),
            issuer: IssuerSettings { user_right: Some(ScopeSet::parse("user/*.rs")), ..IssuerSettings::default() },
            edge: EdgeLimits::default(),
            body: BodyLimits::default(),
        };
        change(&mut setup);
        let Setup { rooms, mut settings, issuer, edge, body } = setup;
        let rooms = Arc::new(rooms);
        let name = Issuer::new(ISSUER).unwrap();
        settings.issuers.insert(name.clone(), issuer);
        let trust = |tenant: &str| {
            let jku = ["https://ehr.example/jwks".to_owned()];
            IssuerTrust::new(TenantId::new(tenant).unwrap(), &key.jwks(KID), &Alg::ALL, jku).unwrap()
        };
        let clients = ClientTrust::from_iter([(name, trust("main")), (Issuer::new(SOUTH).unwrap(), trust("south"))]);
        let state = state(&rooms, clients, settings, body);
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async move { drop(stopped.await) };
        tokio::spawn(async move { Edge::new(edge).serve(listener, None, router(state), stopped).await.unwrap() });
        Self { address, key, rooms, tokens: AtomicU64::new(0), _stop: stop }
    }

    /// The header of a good token.
    pub(crate) fn header(&self) -> Value {
        json!({ "alg": "ES384", "typ": "JWT", "kid": KID })
    }

    /// The claims of a good token for a path, never the same twice.
    pub(crate) fn claims(&self, path: &str) -> Value {
        let jti = format!("jti-{}", self.tokens.fetch_add(1, Ordering::Relaxed));
        let aud = format!("http://{}{path}", self.address);
        json!({ "iss": ISSUER, "aud": aud, "exp": NOW + 300, "iat": NOW, "jti": jti })
    }

    pub(crate) fn token(&self, path: &str) -> String {
        self.key.sign(&self.header(), &self.claims(path))
    }

    /// Posts with a good token for this path.
    pub(crate) async fn post(&self, path: &str, body: &[u8]) -> Answer {
        self.send("POST", path, &self.token(path), body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &self.token(path), b"").await
    }

    pub(crate) async fn send(&self, method: &str, path: &str, token: &str, body: &[u8]) -> Answer {
        request(self.address, method, path, &format!("authorization: Bearer {token}\r\n"), body).await
    }

    /// Calls the echo service.
    pub(crate) async fn call(&self, body: &Value) -> Answer {
        self.post("/cds-services/echo", body.to_string().as_bytes()).await
    }

    /// How much time has passed since the host was started.
    pub(crate) fn passed(&self) -> Duration {
        *self.rooms.passed.lock().unwrap()
    }

    /// How many coins were drawn.
    pub(crate) fn drawn(&self) -> u64 {
        self.rooms.coins.load(Ordering::Relaxed)
    }

    /// What each run got.
    pub(crate) fn ran_on(&self) -> Vec<String> {
        self.rooms.ran_on.lock().unwrap().clone()
    }

    pub(crate) fn records(&self) -> Vec<Record> {
        self.rooms.records.lock().unwrap().clone()
    }

    /// Purpose and roles that the policy was told, call by call.
    pub(crate) fn asked(&self) -> Vec<(Purpose, Vec<String>)> {
        let asked = self.rooms.asked.lock().unwrap();
        asked.iter().map(|(purpose, roles)| (*purpose, roles.iter().map(ToString::to_string).collect())).collect()
    }

    /// The outcome of the last recorded invocation.
    pub(crate) fn outcome(&self) -> Outcome {
        match &self.records().last().unwrap().event {
            Event::Invocation { outcome, .. } => outcome.clone(),
            Event::BreakGlass { .. } | Event::Feedback { .. } | Event::Admin { .. } | Event::Started { .. } => {
                panic!("not an invocation")
            }
        }
    }
}

fn state(rooms: &Arc<Rooms>, clients: ClientTrust, settings: CdsSettings, body: BodyLimits) -> CdsState {
    CdsState {
        clients: Arc::new(clients),
        services: rooms.clone(),
        policy: rooms.clone(),
        records: rooms.clone(),
        labels: Arc::new(NoRules),
        runner: rooms.clone(),
        ledger: rooms.clone(),
        kept: Arc::new(KeepsNothing),
        breaker: Arc::new(NoBreaker),
        nonces: rooms.clone(),
        cards: rooms.clone(),
        clock: rooms.clone(),
        coins: rooms.clone(),
        words: Arc::new(Words::default()),
        settings: Arc::new(settings),
        body,
    }
}

/// A patient-view call about patient `p`.
pub(crate) fn patient_view() -> Value {
    json!({
        "hook": "patient-view",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": { "userId": "Practitioner/1", "patientId": "p" }
    })
}

/// A creatinine of a patient.
pub(crate) fn creatinine(id: &str, patient: &str) -> Value {
    json!({
        "resourceType": "Observation", "id": id, "status": "final",
        "subject": { "reference": format!("Patient/{patient}") },
        "code": { "coding": [{ "system": "http://loinc.org", "code": "2160-0" }] },
        "effectiveDateTime": "2026-11-20T08:00:00Z",
        "valueQuantity": { "value": 1.2, "unit": "mg/dL" }
    })
}
