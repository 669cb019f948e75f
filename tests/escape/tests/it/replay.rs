//! The same transcript gives the same bytes: in other processes, at other times, under other load.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cordon_core::message::RunMessage;
use cordon_core::ports::Runner as _;
use cordon_core::transcript::reply_digest;
use cordon_wall::{Wall, WallSettings};

use crate::room::walled;

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
    let one = |_| reply_digest(&wall.run(message.clone()).unwrap()).hex();
    (0..RUNS).map(one).collect()
}

/// The hashes of all replies, and how many processes gave them.
fn replayed(guest: &str) -> (BTreeSet<String>, usize) {
    let (mut seen, mut processes) = (BTreeSet::new(), BTreeSet::new());
    for loaded in [false, true] {
        let load = loaded.then(Load::start);
        for _ in 0..PROCESSES {
            let (wall, message) = walled(guest, WallSettings { calls: u32::MAX, ..WallSettings::default() });
            seen.extend(hashes(&wall, &message));
            processes.extend(wall.waiting());
        }
        drop(load);
    }
    (seen, processes.len())
}

#[test]
fn six_thousand_runs_of_a_rust_guest_have_one_hash() {
    let (seen, processes) = replayed("reads_everything_twice");
    assert_eq!((seen.len(), processes), (1, 2 * PROCESSES));
}
