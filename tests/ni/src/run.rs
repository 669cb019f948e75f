//! Runs a world through the real pipeline, and keeps all that a plugin or a reader of its answer could observe.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use cordon_core::disclosure::Latency;
use cordon_core::ids::Digest;
use cordon_core::invoke::{Ports, invoke};
use cordon_core::limits::LimitClass;
use cordon_core::message::{RunMessage, RunReply};
use cordon_core::ports::{Effects, KeepsNothing, Ledger, LedgerError, NoBreaker, Records, Runner, RunnerError};
use cordon_core::record::{LeafIndex, Outcome, Record};
use cordon_core::words::Words;
use cordon_policy::cedar::Policies;
use cordon_policy::consent::{ConsentSettings, Effect};
use cordon_policy::hospital::HospitalPolicy;
use cordon_runtime::{Engine, LocalRunner, Plugins};

use crate::world::{World, labels};

/// What can be observed of one call: compared as a whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed {
    /// All that went into the run, if it ran: every reply of a host call is a function of it.
    pub message: Option<String>,
    /// All that came out of it, and its fuel.
    pub reply: Option<RunReply>,
    /// How the call ended.
    pub outcome: Outcome,
    /// The answer's bytes.
    pub body: Option<Vec<u8>>,
}

impl Observed {
    /// Whether these bytes occur in anything that the plugin read or the answer says.
    #[must_use]
    pub fn tells(&self, secret: &str) -> bool {
        let answer = self.body.as_deref().map(String::from_utf8_lossy).unwrap_or_default();
        self.message.as_deref().unwrap_or_default().contains(secret) || answer.contains(secret)
    }
}

struct Forgets;

impl Ledger for Forgets {
    fn append(&self, _: &Record, _: Effects) -> Result<LeafIndex, LedgerError> {
        Ok(LeafIndex(0))
    }
}

/// The real runner, remembered.
struct Tape<'a> {
    runner: &'a LocalRunner,
    played: RefCell<Option<(String, RunReply)>>,
}

impl Runner for Tape<'_> {
    fn run(&self, message: RunMessage) -> Result<RunReply, RunnerError> {
        let heard = heard(&message);
        let reply = self.runner.run(message)?;
        *self.played.borrow_mut() = Some((heard, reply.clone()));
        Ok(reply)
    }
}

/// All that goes into a run.
#[must_use]
pub fn heard(message: &RunMessage) -> String {
    let views: Vec<_> = message.views.iter().map(|view| (view.need().to_string(), view.rows())).collect();
    format!("{} {:?} {} {} {views:#?}", message.now, message.hook, message.service, message.locale)
}

/// The engine with the guest that tells everything it can reach.
pub struct Room {
    /// Runs it.
    pub runner: LocalRunner,
    /// The guest.
    pub component: Digest,
}

/// The one room of this process.
///
/// # Panics
/// When the guest cannot be built.
#[expect(clippy::expect_used, reason = "a test tool: without the guest there is nothing to run")]
pub fn room() -> &'static Room {
    static ROOM: OnceLock<Room> = OnceLock::new();
    ROOM.get_or_init(|| {
        let bytes = cordon_guest_build::guest("tells_everything").expect("the guest");
        let engine = Engine::new().expect("the engine");
        let plugins = Arc::new(Plugins::default());
        plugins.insert(engine.compile(&bytes, LimitClass::Compiled).expect("the component"));
        Room { runner: LocalRunner::new(engine, plugins), component: Digest::of(&bytes) }
    })
}

/// A policy file, read once.
#[expect(clippy::expect_used, reason = "a test tool: the policies are shipped")]
fn policies(text: &'static str) -> Arc<Policies> {
    static READ: Mutex<BTreeMap<&'static str, Arc<Policies>>> = Mutex::new(BTreeMap::new());
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(read.entry(text).or_insert_with(|| Arc::new(Policies::parse(text).expect("the policy"))))
}

/// The world's policy.
#[must_use]
pub fn policy(world: &World) -> HospitalPolicy {
    // A patient who said nothing is treated here: `docs/consent.md`, the hospital's default.
    let consent = ConsentSettings { no_consent: Effect::Permit, ..ConsentSettings::default() };
    HospitalPolicy::new(policies(world.policy), consent)
}

/// Runs the world's call; its record is a list in memory.
///
/// # Errors
/// When the world is malformed; what a call may end with is in the observation.
pub fn run(world: &World) -> anyhow::Result<Observed> {
    run_on(world, world)
}

/// Runs the world's call on these records.
///
/// # Errors
/// When the world is malformed; what a call may end with is in the observation.
pub fn run_on(world: &World, records: &dyn Records) -> anyhow::Result<Observed> {
    let room = room();
    let tape = Tape { runner: &room.runner, played: RefCell::default() };
    let (policy, words) = (policy(world), Words::default());
    let ports = Ports {
        policy: &policy,
        records,
        labels: labels().as_ref(),
        runner: &tape,
        ledger: &Forgets,
        kept: &KeepsNothing,
        breaker: &NoBreaker,
        words: &words,
        latency: Latency::Buckets,
    };
    let response = invoke(world.call(room.component)?, ports)?;
    let (message, reply) = tape.played.into_inner().unzip();
    Ok(Observed { message, reply, outcome: response.outcome, body: response.body })
}
