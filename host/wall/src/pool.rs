//! The runners: a few for each plugin that is being called, none for the others, so many in all.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use cordon_core::ids::{Digest, TenantId};
use cordon_core::limits::{LimitClass, Limits};
use cordon_core::manifest::Manifest;
use cordon_core::message::{RunEnd, RunMessage, RunReply, Trap};
use cordon_core::ports::{Runner, RunnerError};
use cordon_runtime::{Code, Engine};
use nix::libc::SIGSYS;
use nix::sys::prctl;

use crate::clock;
use crate::compile::{self, CompileError, CompileLimits};
use crate::components::{Components, InsertError};
use crate::frame::FrameError;
use crate::layer::{Layer, Layers};
use crate::message::{Start, Task};
use crate::process::{CallError, Process, Program, StartError};
use crate::shelf::{Sealed, Shelf};
use crate::spawner::Spawner;

/// How the wall is kept.
#[derive(Debug, Clone)]
pub struct WallSettings {
    /// The most runners at a time, all plugins together. The one that was needed longest ago makes room.
    pub most: usize,
    /// The most runners of one plugin of one tenant: whoever attacks with all of its calls leaves the others theirs.
    pub most_of_one: usize,
    /// After so many calls a runner is replaced by a new one.
    pub calls: u32,
    /// A runner that was not needed for so long is ended.
    pub idle: Duration,
    /// What compiling a component may use.
    pub compile: CompileLimits,
    /// Layers of the jail that may be missing on this machine.
    pub accepted: BTreeSet<Layer>,
}

impl Default for WallSettings {
    fn default() -> Self {
        let minute = Duration::from_secs(60);
        // One that waits has 2 MB of its own.
        let (most, most_of_one) = (256, 16);
        let compile = CompileLimits::default();
        Self { most, most_of_one, calls: 1_000, idle: minute, compile, accepted: BTreeSet::new() }
    }
}

/// No plugin can be run on this machine as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WallError {
    /// A layer is missing.
    #[error("missing in the runner's jail: {}; accept it by name, or mend the machine", listed(.missing, .layers))]
    Missing {
        /// Which.
        missing: Vec<Layer>,
        /// How far the others are.
        layers: Layers,
    },
    /// The filter does not kill.
    #[error("a process in the jail did what is forbidden and lived")]
    DoesNotKill,
    /// Something else.
    #[error("no runner could be started: {0}")]
    Start(String),
}

fn listed(missing: &[Layer], layers: &Layers) -> String {
    let why =
        |layer: &Layer| layers.missing.get(layer).map_or_else(|| layer.to_string(), |why| format!("{layer} ({why})"));
    missing.iter().map(why).collect::<Vec<_>>().join(", ")
}

/// Writable memory of a runner beside what its component may use: the engine with room for tables (24 MB), the largest message
/// twice (as it came and as views), the reply.
const OWN_MEMORY: u64 = 408 << 20;

/// How long a process may take to get into its jail.
pub(crate) const START: Duration = Duration::from_secs(10);

/// So many runners of a plugin may die in a row before it is left alone: fewer may be one patient's, for whom the breaker
/// stands, and tell nothing to the calls of another.
const DEATHS: u32 = 8;

/// How long a plugin whose runners die is left alone, first and at most.
const PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Runs plugins, each in a process of its own: one component of one tenant, one invocation at a time.
#[derive(Debug)]
pub struct Wall {
    runners: Arc<Runners>,
    layers: Layers,
    engine: Engine,
    /// One component is compiled at a time: two would be twice the memory.
    compiling: Mutex<()>,
    keeper: Option<JoinHandle<()>>,
}

type Lane = (TenantId, Digest);

#[derive(Debug)]
struct Runners {
    spawner: Spawner,
    settings: WallSettings,
    shelf: Shelf,
    lanes: Mutex<Lanes>,
    freed: Condvar,
    work: Mutex<Option<Sender<Work>>>,
    /// How many runners died by themselves, by the signal that ended them.
    deaths: Mutex<BTreeMap<Option<i32>, u64>>,
}

#[derive(Debug, Default)]
struct Lanes {
    lanes: BTreeMap<Lane, Held>,
    alive: usize,
    uses: u64,
}

/// What is held for one lane.
#[derive(Debug, Default)]
struct Held {
    idle: Vec<Process>,
    /// Those that wait, and those that are called.
    alive: usize,
    /// When it was last used, counted in uses.
    used: u64,
    /// Runners that died one after the other.
    deaths: u32,
    not_before: Option<Instant>,
}

/// What is done beside the calls.
#[derive(Debug)]
enum Work {
    /// Wait for it to end: it was killed.
    End(Box<Process>),
    /// Wait for one that died by itself, and say of what.
    Bury(Lane, Box<Process>),
    /// Start one more for a lane that has none left.
    Replace(Lane),
}

impl Wall {
    /// Makes sure that the jail holds on this machine: one process goes into it, does what is forbidden, and must be
    /// killed for it. Other processes of this user can read this one's memory no more.
    ///
    /// # Errors
    /// [`WallError`]; then no plugin runs.
    pub fn start(program: Program, engine: Engine, settings: WallSettings) -> Result<Self, WallError> {
        let spawner = Spawner::start(program).map_err(|error| WallError::Start(error.to_string()))?;
        let layers = examine(&spawner, &settings.accepted)?;
        prctl::set_dumpable(false).map_err(|errno| WallError::Start(errno.to_string()))?;
        let (sender, receiver) = channel();
        let runners = Arc::new(Runners {
            spawner,
            settings,
            shelf: Shelf::default(),
            lanes: Mutex::default(),
            freed: Condvar::new(),
            work: Mutex::new(Some(sender)),
            deaths: Mutex::default(),
        });
        let kept = Arc::clone(&runners);
        let keeper = std::thread::Builder::new().name("runners".to_owned()).spawn(move || kept.keep(&receiver));
        let keeper = keeper.map_err(|error| WallError::Start(error.to_string()))?;
        Ok(Self { runners, layers, engine, compiling: Mutex::default(), keeper: Some(keeper) })
    }

    /// What the jail is made of on this machine.
    ///
    /// # Errors
    /// [`WallError`] when a layer is missing that is not among the accepted ones, or the filter does not kill.
    pub fn examine(program: &Program, accepted: &BTreeSet<Layer>) -> Result<Layers, WallError> {
        let spawner = Spawner::start(program.clone()).map_err(|error| WallError::Start(error.to_string()))?;
        examine(&spawner, accepted)
    }

    /// The layers that stand, and why the accepted ones do not.
    #[must_use]
    pub fn layers(&self) -> &Layers {
        &self.layers
    }

    /// How many runners died by themselves since the start, by the signal that ended them; one that left without a signal
    /// is under none. Those that died a moment ago may be missing.
    #[must_use]
    pub fn deaths(&self) -> BTreeMap<Option<i32>, u64> {
        self.runners.deaths.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The process ids of the runners that wait.
    #[must_use]
    pub fn waiting(&self) -> Vec<u32> {
        self.runners.lock().lanes.values().flat_map(|held| &held.idle).map(Process::id).collect()
    }
}

fn examine(spawner: &Spawner, accepted: &BTreeSet<Layer>) -> Result<Layers, WallError> {
    let start = Start {
        digest: Digest::of(b""),
        class: LimitClass::Compiled,
        wit: String::new(),
        wasi: None,
        memory: OWN_MEMORY,
        seconds: None,
        accepted: accepted.iter().copied().collect(),
        task: Task::Offend,
    };
    let until = later(clock::now(), START);
    let process = Process::start(spawner, None, &start, until).map_err(|error| match error {
        StartError::Unfit(why, layers) => match layers.unaccepted(accepted) {
            missing if missing.is_empty() || layers == Layers::default() => WallError::Start(why),
            missing => WallError::Missing { missing, layers },
        },
        StartError::System(_) | StartError::Silent(_) | StartError::Misfit(_) => WallError::Start(error.to_string()),
    })?;
    let layers = process.layers.clone();
    if process.signal(until) == Some(SIGSYS) { Ok(layers) } else { Err(WallError::DoesNotKill) }
}

/// How a runner of this code starts.
pub(crate) fn running(sealed: &Sealed, settings: &WallSettings) -> Start {
    Start {
        digest: sealed.digest,
        class: sealed.class,
        wit: sealed.wit.as_str().to_owned(),
        wasi: None,
        memory: Limits::of(sealed.class).memory.saturating_add(OWN_MEMORY),
        seconds: None,
        accepted: settings.accepted.iter().copied().collect(),
        task: Task::Run,
    }
}

impl Components for Wall {
    fn compile(&self, component: &[u8], manifest: &Manifest) -> Result<Code, CompileError> {
        let _one_at_a_time = self.compiling.lock().unwrap_or_else(PoisonError::into_inner);
        compile::compile(&self.runners.spawner, &self.runners.settings, component, manifest)
    }

    /// It keeps nothing itself.
    fn restore(&self, component: &Digest, manifest: &Manifest) -> bool {
        self.contains(component, manifest.limits.class)
    }

    fn insert(&self, code: &Code) -> Result<(), InsertError> {
        self.runners.shelf.insert(Sealed::of(code).map_err(InsertError)?);
        Ok(())
    }

    fn contains(&self, digest: &Digest, class: LimitClass) -> bool {
        self.runners.shelf.get(digest).is_some_and(|held| held.class <= class)
    }
}

impl Drop for Wall {
    fn drop(&mut self) {
        // Without a sender the keeper ends.
        drop(self.runners.work.lock().unwrap_or_else(PoisonError::into_inner).take());
        if self.keeper.take().is_some_and(|keeper| keeper.join().is_err()) {
            tracing::error!("the keeper of the runners ended badly");
        }
        self.runners.lock().lanes.clear();
    }
}

impl Runner for Wall {
    fn engine(&self) -> String {
        self.engine.profile()
    }

    fn run(&self, message: RunMessage) -> Result<RunReply, RunnerError> {
        let runners = &self.runners;
        let sealed = runners.shelf.get(&message.component).ok_or(RunnerError("the component is not loaded"))?;
        if sealed.class > message.limits.class {
            return Err(RunnerError("the component was admitted in a wider class"));
        }
        let until = later(clock::now(), message.budget);
        let lane = (message.tenant.clone(), message.component);
        let mut process = runners.take(&lane, &sealed, until)?;
        match process.call(&message, until) {
            Ok(reply) => {
                let trapped = matches!(reply.end, RunEnd::Trapped(_));
                runners.back(lane, process, trapped);
                Ok(reply)
            }
            Err(CallError::Late) => {
                runners.back(lane, process, true);
                // How far it got nobody knows.
                Ok(RunReply::new(RunEnd::Trapped(Trap::Deadline), message.limits.fuel))
            }
            Err(error @ (CallError::Gone | CallError::Hostile | CallError::Failed)) => {
                runners.died(lane, process, &error);
                Err(RunnerError::DIED)
            }
        }
    }
}

impl Runners {
    /// A runner of this lane: one that waits, or a new one, if need be in the place of another lane's.
    fn take(&self, lane: &Lane, sealed: &Sealed, until: Instant) -> Result<Process, RunnerError> {
        let mut lanes = self.lock();
        loop {
            if let Some(process) = lanes.waiting(lane) {
                return Ok(process);
            }
            let now = clock::now();
            if lanes.held(lane).not_before.is_some_and(|not_before| now < not_before) {
                return Err(RunnerError("the plugin's runners keep dying"));
            }
            if lanes.held(lane).alive < self.settings.most_of_one {
                if lanes.alive < self.settings.most {
                    lanes.born(lane);
                    break;
                }
                if let Some(oldest) = lanes.oldest() {
                    lanes.born(lane);
                    self.end(oldest);
                    break;
                }
            }
            let left = until.checked_duration_since(now).filter(|left| !left.is_zero());
            let left = left.ok_or(RunnerError("all runners are busy"))?;
            lanes = self.freed.wait_timeout(lanes, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        drop(lanes);
        self.start(lane, sealed, until)
    }

    /// Starts a runner, for which there is room.
    fn start(&self, lane: &Lane, sealed: &Sealed, until: Instant) -> Result<Process, RunnerError> {
        Process::start(&self.spawner, Some(sealed), &running(sealed, &self.settings), until).map_err(|error| {
            tracing::error!(tenant = %lane.0, component = %lane.1, %error, "a runner could not be started");
            match error {
                // The call's time was over: nothing is known of the runner.
                StartError::Silent(FrameError::Late) => {
                    self.lock().buried(lane, 1);
                    self.freed.notify_all();
                }
                StartError::System(_) | StartError::Silent(_) | StartError::Misfit(_) | StartError::Unfit(..) => {
                    self.lost(lane);
                }
            }
            RunnerError("no runner could be started")
        })
    }

    /// Takes a runner back, to be used again unless it has done its part.
    fn back(&self, lane: Lane, mut process: Process, spent: bool) {
        let spent = spent || process.slow || process.calls >= self.settings.calls || self.shelf.get(&lane.1).is_none();
        process.since = clock::now();
        let mut lanes = self.lock();
        let held = lanes.held(&lane);
        (held.deaths, held.not_before) = (0, None);
        if spent {
            lanes.buried(&lane, 1);
            drop(lanes);
            self.end(process);
            self.ask(Work::Replace(lane));
        } else {
            held.idle.push(process);
            drop(lanes);
        }
        self.freed.notify_all();
    }

    /// Ends a runner now; who waits for it is the keeper.
    fn end(&self, mut process: Process) {
        process.strike();
        self.ask(Work::End(Box::new(process)));
    }

    /// Takes leave of a runner that died, or that must not live.
    fn died(&self, lane: Lane, mut process: Process, error: &CallError) {
        tracing::error!(tenant = %lane.0, component = %lane.1, %error, "a runner is lost");
        self.lost(&lane);
        match error {
            CallError::Gone => self.ask(Work::Bury(lane, Box::new(process))),
            CallError::Hostile | CallError::Failed | CallError::Late => {
                process.strike();
                self.ask(Work::End(Box::new(process)));
            }
        }
    }

    /// What a runner died of: a forbidden system call is somebody's attempt to break out.
    fn bury(&self, lane: &Lane, process: Process) {
        let signal = process.end();
        tracing::error!(tenant = %lane.0, component = %lane.1, signal, forbidden = signal == Some(SIGSYS), "a runner died");
        let mut deaths = self.deaths.lock().unwrap_or_else(PoisonError::into_inner);
        let count = deaths.entry(signal).or_default();
        *count = count.saturating_add(1);
    }

    /// Counts a runner that is no more, and lets its lane wait.
    fn lost(&self, lane: &Lane) {
        let mut lanes = self.lock();
        lanes.buried(lane, 1);
        let held = lanes.held(lane);
        held.deaths = held.deaths.saturating_add(1);
        let more = held.deaths.checked_sub(DEATHS);
        let pause = |more| PAUSE.saturating_mul(1_u32.checked_shl(more).unwrap_or(u32::MAX)).min(LONGEST_PAUSE);
        held.not_before = more.map(|more| later(clock::now(), pause(more)));
        drop(lanes);
        self.freed.notify_all();
    }

    /// Does what is to be done beside the calls, until nobody asks any more.
    fn keep(&self, work: &Receiver<Work>) {
        let mut looked = clock::now();
        loop {
            match work.recv_timeout(self.settings.idle / 4) {
                Ok(Work::End(process)) => drop(process),
                Ok(Work::Bury(lane, process)) => self.bury(&lane, *process),
                Ok(Work::Replace(lane)) => self.replace(lane),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            // However busy it is: what waits too long is ended.
            if clock::now().saturating_duration_since(looked) >= self.settings.idle / 4 {
                self.expire();
                looked = clock::now();
            }
        }
    }

    fn replace(&self, lane: Lane) {
        let Some(sealed) = self.shelf.get(&lane.1) else { return };
        let mut lanes = self.lock();
        let held = lanes.held(&lane);
        let enough = !held.idle.is_empty() || held.alive >= self.settings.most_of_one;
        if enough || lanes.alive >= self.settings.most {
            return;
        }
        lanes.born(&lane);
        drop(lanes);
        if let Ok(process) = self.start(&lane, &sealed, later(clock::now(), START)) {
            self.lock().held(&lane).idle.push(process);
            self.freed.notify_all();
        }
    }

    fn expire(&self) {
        let now = clock::now();
        let old = |process: &Process| now.saturating_duration_since(process.since) >= self.settings.idle;
        let mut lanes = self.lock();
        let mut expired = Vec::new();
        for held in lanes.lanes.values_mut() {
            let before = expired.len();
            expired.extend(held.idle.extract_if(.., |process| old(process)));
            held.alive = held.alive.saturating_sub(expired.len().saturating_sub(before));
        }
        lanes.alive = lanes.alive.saturating_sub(expired.len());
        lanes.lanes.retain(|_, held| held.alive > 0 || held.not_before.is_some_and(|until| now < until));
        drop(lanes);
        drop(expired);
    }

    fn ask(&self, work: Work) {
        let sender = self.work.lock().unwrap_or_else(PoisonError::into_inner);
        // After the end there is nobody to ask, and what was sent is dropped here.
        drop(sender.as_ref().map(|sender| sender.send(work)));
    }

    // A panic leaves the counts as they were: every change of them is one assignment.
    fn lock(&self) -> MutexGuard<'_, Lanes> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lanes {
    fn held(&mut self, lane: &Lane) -> &mut Held {
        self.lanes.entry(lane.clone()).or_default()
    }

    /// Counts one more of this lane.
    fn born(&mut self, lane: &Lane) {
        self.alive = self.alive.saturating_add(1);
        let held = self.held(lane);
        held.alive = held.alive.saturating_add(1);
    }

    /// Counts so many less of this lane.
    fn buried(&mut self, lane: &Lane, count: usize) {
        self.alive = self.alive.saturating_sub(count);
        let held = self.held(lane);
        held.alive = held.alive.saturating_sub(count);
    }

    /// A waiting runner of this lane, which is used now. One that died while it waited took no call with it.
    fn waiting(&mut self, lane: &Lane) -> Option<Process> {
        self.uses = self.uses.saturating_add(1);
        let uses = self.uses;
        let held = self.held(lane);
        held.used = uses;
        let all = held.idle.len();
        let found = std::iter::from_fn(|| held.idle.pop()).find_map(Process::living);
        let dead = all.saturating_sub(held.idle.len()).saturating_sub(usize::from(found.is_some()));
        self.buried(lane, dead);
        found
    }

    /// A waiting runner of the lane that was used longest ago.
    fn oldest(&mut self) -> Option<Process> {
        let waiting = self.lanes.values_mut().filter(|held| !held.idle.is_empty());
        let held = waiting.min_by_key(|held| held.used)?;
        held.alive = held.alive.saturating_sub(1);
        self.alive = self.alive.saturating_sub(1);
        held.idle.pop()
    }
}

/// An hour is for ever: no call waits so long.
pub(crate) fn later(from: Instant, by: Duration) -> Instant {
    let by = by.min(Duration::from_secs(3_600));
    from.checked_add(by).unwrap_or(from)
}
