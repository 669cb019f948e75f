//! A stopwatch that hangs on the ports of a real call: what lies between two ports is one step, so the steps add up to
//! the call and nothing of the host is opened for measuring it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Reads the machine's clock.
#[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// The middle one.
pub(crate) fn median(times: &[Duration]) -> f64 {
    quantile(times, 50)
}

/// The time that `percent` of all do not exceed, in seconds.
pub(crate) fn quantile(times: &[Duration], percent: usize) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let at = sorted.len().saturating_sub(1).saturating_mul(percent) / 100;
    sorted.get(at).map_or(f64::NAN, Duration::as_secs_f64)
}

#[derive(Default)]
struct Laps {
    last: Option<Instant>,
    steps: BTreeMap<&'static str, Vec<Duration>>,
}

/// Counts one call at a time, and only between [`Watch::start`] and [`Watch::stop`].
pub(crate) struct Watch {
    laps: Mutex<Laps>,
    times: AtomicUsize,
}

impl Default for Watch {
    fn default() -> Self {
        Self { laps: Mutex::default(), times: AtomicUsize::new(1) }
    }
}

impl Watch {
    /// How often the next answers repeat each of their cards.
    pub(crate) fn repeat(&self, times: usize) {
        self.times.store(times, Ordering::Relaxed);
    }

    pub(crate) fn times(&self) -> usize {
        self.times.load(Ordering::Relaxed)
    }

    pub(crate) fn start(&self) {
        self.laps().last = Some(now());
    }

    /// Everything since the last lap was this step.
    pub(crate) fn lap(&self, step: &'static str) {
        let mut laps = self.laps();
        let at = now();
        if let Some(last) = laps.last.replace(at) {
            laps.steps.entry(step).or_default().push(at - last);
        } else {
            laps.last = None;
        }
    }

    pub(crate) fn stop(&self) {
        self.lap("answer");
        self.laps().last = None;
    }

    /// What was counted since the last time it was taken.
    pub(crate) fn take(&self) -> BTreeMap<&'static str, Vec<Duration>> {
        std::mem::take(&mut self.laps().steps)
    }

    fn laps(&self) -> MutexGuard<'_, Laps> {
        self.laps.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
