//! The runners: a few for each plugin that is being called, none for the others, so many in all.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use cordon_core::ids::Digest;
use cordon_core::limits::{LimitClass, Limits};
use cordon_core::manifest::Manifest;
use cordon_core::message::{RunEnd, RunMessage, RunReply, Trap};
use cordon_core::ports::{Runner, RunnerError};
use cordon_runtime::{Code, Engine};
use nix::libc::SIGSYS;
use nix::sys::prctl;

use crate::clock;
use crate::compile::{self, CompileError, CompileLimits, Priority};
use crate::components::{Components, InsertError};
use crate::frame::FrameError;
use crate::lanes::{Lane, Lanes, MANY};
use crate::layer::{Layer, Layers};
use crate::message::{Start, Task};
use crate::process::{CallError, Process, Program, StartError};
use crate::shelf::{Sealed, Shelf};
use crate::spare::Spares;
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
    /// So many processes wait for a component, besides the runners and from the first start on: a start then costs only the
    /// component.
    pub spares: usize,
    /// What compiling a component may use.
    pub compile: CompileLimits,
    /// Layers of the jail that may be missing on this machine.
    pub accepted: BTreeSet<Layer>,
}

impl Default for WallSettings {
    fn default() -> Self {
        let minute = Duration::from_secs(60);
        // One that waits has 2 MB of its own.
        let (most, most_of_one, spares) = (256, 16, 4);
        let compile = CompileLimits::default();
        Self { most, most_of_one, calls: 1_000, idle: minute, spares, compile, accepted: BTreeSet::new() }
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

/// How long a plugin whose runners die is left alone, first and at most.
const PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Runs plugins, each in a process of its own: one component of one plugin of one tenant, one invocation at a time.
#[derive(Debug)]
pub struct Wall {
    runners: Arc<Runners>,
    layers: Layers,
    engine: Engine,
    /// One component is compiled at a time: two would be twice the memory.
    compiling: Mutex<()>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Debug)]
struct Runners {
    spawner: Spawner,
    spares: Spares,
    settings: WallSettings,
    shelf: Shelf,
    lanes: Mutex<Lanes>,
    freed: Condvar,
    /// How many wait for that. Telling nobody costs a call of the kernel as well.
    waiters: AtomicUsize,
    work: Mutex<Option<Sender<Work>>>,
    /// How many runners died by themselves, by the signal that ended them.
    deaths: Mutex<BTreeMap<Option<i32>, u64>>,
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
            spares: Spares::default(),
            settings,
            shelf: Shelf::default(),
            lanes: Mutex::default(),
            freed: Condvar::new(),
            waiters: AtomicUsize::new(0),
            work: Mutex::new(Some(sender)),
            deaths: Mutex::default(),
        });
        let mut wall = Self { runners, layers, engine, compiling: Mutex::default(), threads: Vec::new() };
        wall.thread("runners", move |runners| runners.keep(&receiver))?;
        wall.thread("spares", |runners| runners.spares.keep(&runners.spawner, runners.settings.spares))?;
        Ok(wall)
    }

    fn thread(&mut self, name: &str, body: impl FnOnce(&Runners) + Send + 'static) -> Result<(), WallError> {
        let runners = Arc::clone(&self.runners);
        let started = std::thread::Builder::new().name(name.to_owned()).spawn(move || body(&runners));
        self.threads.push(started.map_err(|error| WallError::Start(error.to_string()))?);
        Ok(())
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

    /// The process ids of those that wait for a component.
    #[must_use]
    pub fn spares(&self) -> Vec<u32> {
        self.runners.spares.ids()
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

/// How a runner of this code starts, for calls of this class: the code's own, or a wider one.
pub(crate) fn running(sealed: &Sealed, class: LimitClass, settings: &WallSettings, priority: Priority) -> Start {
    Start {
        digest: sealed.digest,
        class,
        wit: sealed.wit.as_str().to_owned(),
        wasi: None,
        memory: Limits::of(class).memory.saturating_add(OWN_MEMORY),
        seconds: None,
        accepted: settings.accepted.iter().copied().collect(),
        task: Task::Run(priority),
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
        self.runners.spares.close();
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread of the wall ended badly");
            }
        }
        // One may have been started meanwhile.
        self.runners.spares.close();
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
        let lane = Lane {
            tenant: message.tenant.clone(),
            plugin: message.plugin.clone(),
            component: message.component,
            class: message.limits.class,
        };
        let (mut process, ended) = loop {
            let mut process = runners.take(&lane, &sealed, until)?;
            match process.call(&message, until) {
                // One that died while it waited took no call with it.
                Err(CallError::Ended) => runners.missed(&lane, process),
                ended => break (process, ended),
            }
        };
        match ended {
            Ok(reply) => {
                let trapped = matches!(reply.end, RunEnd::Trapped(_));
                process.looped = trapped && (process.slow || reply.fuel >= dear(lane.class));
                runners.back(lane, process, trapped);
                Ok(reply)
            }
            Err(CallError::Late) => {
                process.looped = process.slow;
                runners.back(lane, process, true);
                // How far it got nobody knows.
                Ok(RunReply::new(RunEnd::Trapped(Trap::Deadline), message.limits.fuel))
            }
            Err(CallError::Ended) => Err(RunnerError::DIED),
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
        let priority = loop {
            if let Some(process) = lanes.waiting(lane) {
                return Ok(process);
            }
            let priority = lanes.held(lane).priority();
            let now = clock::now();
            if lanes.held(lane).not_before.is_some_and(|not_before| now < not_before) {
                return Err(RunnerError("the plugin's runners keep dying"));
            }
            if lanes.held(lane).alive < self.settings.most_of_one {
                if lanes.alive < self.settings.most {
                    lanes.born(lane);
                    break priority;
                }
                if let Some(oldest) = lanes.oldest() {
                    lanes.born(lane);
                    self.end(oldest);
                    break priority;
                }
            }
            let left = until.checked_duration_since(now).filter(|left| !left.is_zero());
            let left = left.ok_or(RunnerError("all runners are busy"))?;
            self.waiters.fetch_add(1, Ordering::Relaxed);
            lanes = self.freed.wait_timeout(lanes, left).unwrap_or_else(PoisonError::into_inner).0;
            self.waiters.fetch_sub(1, Ordering::Relaxed);
        };
        drop(lanes);
        self.start(lane, sealed, priority, until)
    }

    /// Starts a runner, for which there is room; or gives one that waits its component. One that comes behind all others
    /// is not worth one that waits.
    fn start(&self, lane: &Lane, sealed: &Sealed, priority: Priority, until: Instant) -> Result<Process, RunnerError> {
        let start = running(sealed, lane.class, &self.settings, priority);
        let spare = match priority {
            Priority::Normal => self.spares.take(lane.class),
            Priority::Idle => None,
        };
        let started = match spare.map(|spare| spare.load(sealed, &start, soon(until))) {
            // It was to save time, and costs no call.
            Some(Err(error @ (StartError::System(_) | StartError::Silent(_)))) => {
                tracing::error!(tenant = %lane.tenant, component = %lane.component, %error, "a process that waited is lost");
                Process::start(&self.spawner, Some(sealed), &start, until)
            }
            None => Process::start(&self.spawner, Some(sealed), &start, until),
            Some(loaded) => loaded,
        };
        started.map_err(|error| {
            tracing::error!(tenant = %lane.tenant, component = %lane.component, %error, "a runner could not be started");
            match error {
                // The call's time was over: nothing is known of the runner.
                StartError::Silent(FrameError::Late) => {
                    let mut lanes = self.lock();
                    lanes.buried(lane, 1);
                    // Nothing was left over for one behind all others: the next one is not.
                    let held = lanes.held(lane);
                    held.loops = held.loops.min(MANY.saturating_sub(1));
                    drop(lanes);
                    self.free();
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
        let gone = self.shelf.get(&lane.component).is_none();
        let spent = spent || process.slow || process.behind || process.calls >= self.settings.calls || gone;
        process.since = clock::now();
        let mut lanes = self.lock();
        let held = lanes.held(&lane);
        held.loops = if process.looped { held.loops.saturating_add(1) } else { 0 };
        (held.deaths, held.not_before) = (0, None);
        if held.priority() == Priority::Idle {
            // Nor do those go first that waited; and the next one is started by who has the time for it.
            let fast = std::mem::take(&mut held.idle);
            lanes.buried(&lane, fast.len().saturating_add(1));
            drop(lanes);
            fast.into_iter().chain([process]).for_each(|process| self.end(process));
        } else if spent {
            lanes.buried(&lane, 1);
            drop(lanes);
            self.end(process);
            self.ask(Work::Replace(lane));
        } else {
            held.idle.push(process);
            drop(lanes);
        }
        self.free();
    }

    /// Ends a runner now; who waits for it is the keeper.
    fn end(&self, mut process: Process) {
        process.strike();
        self.ask(Work::End(Box::new(process)));
    }

    /// Takes leave of a runner that died, or that must not live.
    fn died(&self, lane: Lane, mut process: Process, error: &CallError) {
        tracing::error!(tenant = %lane.tenant, component = %lane.component, %error, "a runner is lost");
        self.lost(&lane);
        match error {
            CallError::Gone | CallError::Ended => self.ask(Work::Bury(lane, Box::new(process))),
            CallError::Hostile | CallError::Failed | CallError::Late => {
                process.strike();
                self.ask(Work::End(Box::new(process)));
            }
        }
    }

    /// What a runner died of: a forbidden system call is somebody's attempt to break out.
    fn bury(&self, lane: &Lane, process: Process) {
        let signal = process.end();
        tracing::error!(tenant = %lane.tenant, component = %lane.component, signal, forbidden = signal == Some(SIGSYS), "a runner died");
        let mut deaths = self.deaths.lock().unwrap_or_else(PoisonError::into_inner);
        let count = deaths.entry(signal).or_default();
        *count = count.saturating_add(1);
    }

    /// Counts one that had ended before it was asked.
    fn missed(&self, lane: &Lane, process: Process) {
        self.lock().buried(lane, 1);
        self.free();
        drop(process);
    }

    /// Counts a runner that is no more, and lets its lane wait.
    fn lost(&self, lane: &Lane) {
        let mut lanes = self.lock();
        lanes.buried(lane, 1);
        let held = lanes.held(lane);
        held.deaths = held.deaths.saturating_add(1);
        let more = held.deaths.checked_sub(MANY);
        let pause = |more| PAUSE.saturating_mul(1_u32.checked_shl(more).unwrap_or(u32::MAX)).min(LONGEST_PAUSE);
        held.not_before = more.map(|more| later(clock::now(), pause(more)));
        drop(lanes);
        self.free();
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
        let Some(sealed) = self.shelf.get(&lane.component) else { return };
        let mut lanes = self.lock();
        let held = lanes.held(&lane);
        // One behind all others is started by its call, which has a deadline: nobody else waits for it.
        let behind = held.priority() == Priority::Idle;
        if behind
            || !held.idle.is_empty()
            || held.alive >= self.settings.most_of_one
            || lanes.alive >= self.settings.most
        {
            return;
        }
        lanes.born(&lane);
        drop(lanes);
        if let Ok(process) = self.start(&lane, &sealed, Priority::Normal, later(clock::now(), START)) {
            self.lock().held(&lane).idle.push(process);
            self.free();
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

    /// Tells those that wait that something changed. Whoever will wait looks first, with the lock held.
    fn free(&self) {
        if self.waiters.load(Ordering::Relaxed) > 0 {
            self.freed.notify_all();
        }
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

/// How long a process that waited may take for its component: there must be time left to start another one.
fn soon(until: Instant) -> Instant {
    let now = clock::now();
    later(now, until.saturating_duration_since(now) / 4)
}

/// A call that has used so much fuel, and has no answer, is one that loops, however quickly it used it.
fn dear(class: LimitClass) -> u64 {
    Limits::of(class).fuel / 10
}

/// An hour is for ever: no call waits so long.
pub(crate) fn later(from: Instant, by: Duration) -> Instant {
    let by = by.min(Duration::from_secs(3_600));
    from.checked_add(by).unwrap_or(from)
}
