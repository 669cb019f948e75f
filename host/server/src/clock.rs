//! The one place that reads the clock and draws randomness.

use std::time::{Duration, Instant};

use cordon_core::ids::Coins;
use jiff::Timestamp;

use crate::cds::state::{Clock, CoinSource, Unavailable};

/// The wall clock.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
#[must_use]
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// The machine's clocks. With a set time, which only a demo store may have, every call is frozen at it.
#[derive(Debug)]
pub struct SystemClock {
    start: Instant,
    set: Option<Timestamp>,
}

impl SystemClock {
    /// Starts counting. `set` freezes the time of calls.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    #[must_use]
    pub fn start(set: Option<Timestamp>) -> Self {
        Self { start: Instant::now(), set }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        now()
    }

    fn call_time(&self) -> Timestamp {
        self.set.unwrap_or_else(now)
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }
}

/// The operating system's randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemCoins;

impl CoinSource for SystemCoins {
    fn draw(&self) -> Result<Coins, Unavailable> {
        Ok(Coins::new(draw().map_err(|_| Unavailable("randomness"))?))
    }
}

/// 32 random bytes.
///
/// # Errors
/// When the operating system gives none.
#[expect(clippy::disallowed_methods, reason = "the one place that draws randomness")]
pub fn draw() -> Result<[u8; 32], getrandom::Error> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}
