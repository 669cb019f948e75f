//! The same transcript gives the same bytes: in other processes, at other times, under other load.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cordon_core::limits::{LimitClass, Limits};
use cordon_core::message::{RunEnd, RunMessage};
use cordon_core::ports::Runner as _;
use cordon_core::transcript::reply_digest;
use cordon_runtime::Engine;
use cordon_wall::{Components as _, Wall, WallSettings};

use crate::room::{message, wall};

/// A thousand runs in each of three processes.
const RUNS: usize = 1_000;
const PROCESSES: usize = 3;

/// Threads that keep every processor busy until dropped.
struct Load(Arc<AtomicBool>, Vec<std::thread::JoinHandle<u64>>);

impl Load {
    fn start() -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let busy = |stop: Arc<AtomicBool>| {
            let mut turns = 0_u64;
            while !stop.load(Ordering::Relaxed) {
                turns = std::hint::black_box(turns.wrapping_mul(31).wrapping_add(7));
            }
            turns
        };
        let threads = (0..4).map(|_| Arc::clone(&stop)).map(|stop| std::thread::spawn(move || busy(stop)));
        let threads = threads.collect();
        Self(stop, threads)
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
        self.1.drain(..).for_each(|thread| drop(thread.join()));
    }
}

fn hashes(wall: &Wall, message: &RunMessage) -> BTreeSet<String> {
    let one = |_| {
        let reply = wall.run(message.clone()).unwrap();
        assert!(matches!(reply.end, RunEnd::Answered(_)), "{reply:?}");
        reply_digest(&reply).hex()
    };
    (0..RUNS).map(one).collect()
}

/// The hashes of all replies, and how many processes gave them.
fn replayed(component: &[u8], class: LimitClass) -> (BTreeSet<String>, usize) {
    let code = Engine::new().unwrap().precompile(component, class).unwrap();
    let (mut seen, mut processes) = (BTreeSet::new(), BTreeSet::new());
    for loaded in [false, true] {
        let load = loaded.then(Load::start);
        for _ in 0..PROCESSES {
            let wall = wall(WallSettings { calls: u32::MAX, ..WallSettings::default() });
            wall.insert(&code).unwrap();
            let message = RunMessage { limits: Limits::of(class), ..message(code.digest()) };
            seen.extend(hashes(&wall, &message));
            processes.extend(wall.waiting());
        }
        drop(load);
    }
    (seen, processes.len())
}

#[track_caller]
fn one_hash(component: &[u8], class: LimitClass) {
    let (seen, processes) = replayed(component, class);
    assert_eq!((seen.len(), processes), (1, 2 * PROCESSES));
}

#[test]
fn six_thousand_runs_of_a_rust_guest_have_one_hash() {
    one_hash(&cordon_guest_build::guest("reads_everything_twice").unwrap(), LimitClass::Compiled);
}

#[test]
fn six_thousand_runs_of_a_c_guest_have_one_hash() {
    one_hash(&cordon_guest_build::c_guest("reads_the_labs").unwrap(), LimitClass::Compiled);
}

#[test]
fn six_thousand_runs_of_a_javascript_guest_have_one_hash() {
    one_hash(&cordon_guest_build::javascript_guest("reads_the_labs").unwrap(), LimitClass::Interpreted);
}

#[test]
fn six_thousand_runs_of_a_python_guest_have_one_hash() {
    one_hash(&cordon_guest_build::python_guest("reads_the_labs").unwrap(), LimitClass::Interpreted);
}
