//! Two sides, turn by turn: whatever else the machine does, it does to both.

use std::time::{Duration, Instant};

/// What is measured, by its name, and what it may be at most.
pub(crate) struct Ratio {
    pub(crate) name: &'static str,
    pub(crate) ratio: f64,
    pub(crate) limit: f64,
}

/// One side: does its work once.
pub(crate) type Side<'a> = &'a mut dyn FnMut() -> anyhow::Result<()>;

/// The median time of each side, in seconds, over so many turns; the first tenth warms up.
pub(crate) fn medians<const N: usize>(turns: usize, mut sides: [Side<'_>; N]) -> anyhow::Result<[f64; N]> {
    let mut times: [Vec<Duration>; N] = std::array::from_fn(|_| Vec::with_capacity(turns));
    for turn in 0..turns.saturating_add(turns / 10) {
        for (side, times) in sides.iter_mut().zip(&mut times) {
            let started = now();
            side()?;
            let time = started.elapsed();
            if turn >= turns / 10 {
                times.push(time);
            }
        }
    }
    Ok(times.map(|mut times| {
        times.sort_unstable();
        times.get(times.len() / 2).map_or(f64::NAN, Duration::as_secs_f64)
    }))
}

/// Reads the machine's clock.
#[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
