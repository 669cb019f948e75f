//! Processes that wait for a component, so that a start costs only the component: they have left the broker's user and the
//! machine's namespaces, have an engine, and hold nothing of anybody. One is used for one component of one plugin, in the jail, and
//! never waits here again.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use cordon_core::limits::LimitClass;

use crate::clock;
use crate::message::{Start, Task};
use crate::pool::{START, later};
use crate::process::Process;
use crate::spawner::Spawner;

/// The class they wait for: interpreters are rare, and take long to load anyway.
pub(crate) const CLASS: LimitClass = LimitClass::Compiled;

/// Those that wait.
#[derive(Debug, Default)]
pub(crate) struct Spares {
    waiting: Mutex<Waiting>,
    wanted: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    ready: Vec<Process>,
    /// Nothing is started until one is asked for: at first, and after one that could not be started.
    asked: bool,
    closed: bool,
}

impl Spares {
    /// One that waits, if there is one of this class. Another one is started in its place.
    pub(crate) fn take(&self, class: LimitClass) -> Option<Process> {
        if class != CLASS {
            return None;
        }
        let mut waiting = self.lock();
        let found = std::iter::from_fn(|| waiting.ready.pop()).find_map(Process::living);
        waiting.asked = true;
        drop(waiting);
        self.wanted.notify_one();
        found
    }

    /// Keeps so many ready from the first one that was asked for, until it is closed.
    pub(crate) fn keep(&self, spawner: &Spawner, most: usize) {
        let enough = |waiting: &mut Waiting| !waiting.closed && (!waiting.asked || waiting.ready.len() >= most);
        loop {
            let waiting = self.wanted.wait_while(self.lock(), enough).unwrap_or_else(PoisonError::into_inner);
            if waiting.closed {
                return;
            }
            drop(waiting);
            let started = Process::start(spawner, None, &start(), later(clock::now(), START));
            let mut waiting = self.lock();
            match started {
                Ok(process) => waiting.ready.push(process),
                Err(error) => {
                    tracing::error!(%error, "no process could be made ready");
                    waiting.asked = false;
                }
            }
        }
    }

    /// Ends those that wait, and starts no more.
    pub(crate) fn close(&self) {
        let mut waiting = self.lock();
        waiting.closed = true;
        let ready = std::mem::take(&mut waiting.ready);
        drop(waiting);
        self.wanted.notify_all();
        drop(ready);
    }

    /// The process ids of those that wait.
    pub(crate) fn ids(&self) -> Vec<u32> {
        self.lock().ready.iter().map(Process::id).collect()
    }

    // A panic leaves the list as it was: every change of it is one call.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What it is told before it is known what for.
fn start() -> Start {
    Start {
        digest: cordon_core::ids::Digest::of(b""),
        class: CLASS,
        wit: String::new(),
        wasi: None,
        memory: 0,
        seconds: None,
        accepted: Vec::new(),
        task: Task::Wait,
    }
}
