//! Runs a world through the real pipeline, and keeps all that a plugin or a reader of its answer could observe.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use cordon_core::call::HookCall;
use cordon_core::cells::CellWrite;
use cordon_core::disclosure::Latency;
use cordon_core::ids::{Digest, EntryName};
use cordon_core::invoke::{Ports, Response, invoke};
use cordon_core::limits::LimitClass;
use cordon_core::message::{CellGiven, RunMessage, RunReply, Said};
use cordon_core::ports::{Effects, Ledger, LedgerError, NoBreaker, NoDeadline, Policy, Records, Runner, RunnerError};
use cordon_core::record::{Event, Issued, LeafIndex, Outcome, Record};
use cordon_core::transcript::Transcript;
use cordon_core::words::Words;
use cordon_policy::cedar::Policies;
use cordon_policy::consent::{ConsentSettings, Effect};
use cordon_policy::hospital::HospitalPolicy;
use cordon_runtime::{Engine, LocalRunner, Plugins};

use crate::cells::Cells;
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
    /// What feedback may later name.
    pub issued: Vec<Issued>,
    /// What the operators read of it.
    pub notes: Vec<Said>,
    /// What it wrote into its cells.
    pub written: Vec<Written>,
    /// The public part of its record. How many rows were withheld is for the hospital, so it is left out.
    pub event: Option<Event>,
    /// What is kept of a run that failed.
    pub transcript: Option<Transcript>,
}

/// One write into a cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    /// Which cell.
    pub name: EntryName,
    /// The version that the run read.
    pub read: Option<u64>,
    /// What it is padded to.
    pub size: u32,
    /// What it holds from now on.
    pub bytes: Option<Vec<u8>>,
}

impl Observed {
    /// Whether these bytes occur in anything that the plugin read or the answer says.
    #[must_use]
    pub fn tells(&self, secret: &str) -> bool {
        let answer = self.body.as_deref().map(String::from_utf8_lossy).unwrap_or_default();
        self.message.as_deref().unwrap_or_default().contains(secret) || answer.contains(secret)
    }
}

/// The log of one call: its last record, and the cells that are written with it.
struct Log<'a> {
    cells: &'a Cells,
    last: RefCell<Option<(Record, Effects)>>,
}

impl Ledger for Log<'_> {
    fn append(&self, record: &Record, effects: Effects) -> Result<LeafIndex, LedgerError> {
        effects.cells.iter().for_each(|write| self.cells.write(write));
        *self.last.borrow_mut() = Some((record.clone(), effects));
        Ok(LeafIndex(0))
    }
}

/// A runner, remembered.
struct Tape<'a> {
    runner: &'a dyn Runner,
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
    let views: Vec<_> =
        message.views.iter().map(|view| (view.need().to_string(), view.rows().collect::<Vec<_>>())).collect();
    let held = |(name, cell): (&EntryName, &CellGiven)| {
        let held = cell.held.as_ref().map(|held| (held.version, String::from_utf8_lossy(&held.bytes).into_owned()));
        (name.to_string(), cell.size, held)
    };
    let cells: Vec<_> = message.cells.iter().map(held).collect();
    let about = format!("{} {:?} {} {}", message.now, message.hook, message.service, message.locale);
    format!("{about} {views:#?} {cells:?} {:?}", message.packs)
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
    run_call(world.call(room.component)?, &policy(world), records, &room.runner, &Cells::default())
}

/// Runs the world's call with this in the place of the engine, and these cells.
///
/// # Errors
/// When the world is malformed; what a call may end with is in the observation.
pub fn run_with(world: &World, runner: &dyn Runner, cells: &Cells) -> anyhow::Result<Observed> {
    run_call(world.call(Digest::of(b"in memory"))?, &policy(world), world, runner, cells)
}

/// Runs a call.
///
/// # Errors
/// Never with this log; what a call may end with is in the observation.
pub fn run_call(
    call: HookCall,
    policy: &dyn Policy,
    records: &dyn Records,
    runner: &dyn Runner,
    cells: &Cells,
) -> anyhow::Result<Observed> {
    let tape = Tape { runner, played: RefCell::default() };
    let log = Log { cells, last: RefCell::default() };
    let words = Words::default();
    let ports = Ports {
        policy,
        records,
        labels: labels().as_ref(),
        runner: &tape,
        ledger: &log,
        kept: cells,
        breaker: &NoBreaker,
        words: &words,
        latency: Latency::Buckets,
        deadline: &NoDeadline,
    };
    let response = invoke(call, ports)?;
    let (record, effects) = log.last.into_inner().unzip();
    Ok(observed(response, tape.played.into_inner(), record, effects.unwrap_or_default()))
}

fn observed(
    response: Response,
    played: Option<(String, RunReply)>,
    record: Option<Record>,
    effects: Effects,
) -> Observed {
    let (message, reply) = played.unzip();
    let (mut event, private) = record.map(|record| (record.event, record.private)).unzip();
    if let Some(Event::Invocation { needs, .. }) = &mut event {
        needs.clear();
    }
    let written = effects.cells.into_iter().map(|write| {
        let CellWrite { key: _, name, read, since: _, size, bytes } = write;
        Written { name, read, size, bytes }
    });
    Observed {
        message,
        reply,
        outcome: response.outcome,
        body: response.body,
        issued: effects.issued,
        notes: private.map(|private| private.notes).unwrap_or_default(),
        written: written.collect(),
        event,
        transcript: effects.transcript.map(|(_, transcript)| transcript),
    }
}
