//! The only source of chance: a ChaCha stream named by seed, purpose and number, so that streams never touch.

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// What a stream is for; it is part of the stream's key.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    /// Dealing the classes of one hundred.
    Deal = 1,
    /// Drawing one patient.
    Patient = 2,
}

/// A stream of coins.
pub(crate) struct Coins(ChaCha12Rng);

impl Coins {
    /// The stream of this seed, purpose and number: always the same.
    pub(crate) fn new(seed: u64, purpose: Purpose, number: u64) -> Self {
        let mut key = [0_u8; 32];
        let parts = seed.to_le_bytes().into_iter().chain((purpose as u64).to_le_bytes()).chain(number.to_le_bytes());
        for (slot, byte) in key.iter_mut().zip(parts) {
            *slot = byte;
        }
        Self(ChaCha12Rng::from_seed(key))
    }

    /// A whole number from `low` to `high`, both included; `low` when the range is empty.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        let width = u64::try_from(high - low + 1).unwrap_or(1).max(1);
        let wide = u128::from(self.0.next_u64()) * u128::from(width);
        low + i64::try_from(wide >> 64).unwrap_or(0)
    }

    /// A number from `low` to `high`.
    pub(crate) fn real(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * f64::from(self.0.next_u32()) / f64::from(u32::MAX)
    }

    /// True `percent` times in a hundred.
    pub(crate) fn chance(&mut self, percent: i64) -> bool {
        self.between(1, 100) <= percent
    }

    /// One of the choices, or nothing when there are none.
    pub(crate) fn pick<'a, T>(&mut self, choices: &'a [T]) -> Option<&'a T> {
        let last = i64::try_from(choices.len()).unwrap_or(0) - 1;
        choices.get(usize::try_from(self.between(0, last.max(0))).unwrap_or(0))
    }

    /// Shuffles in place (Fisher and Yates).
    pub(crate) fn shuffle<T>(&mut self, deck: &mut [T]) {
        for end in (1..deck.len()).rev() {
            let other = usize::try_from(self.between(0, i64::try_from(end).unwrap_or(0))).unwrap_or(0);
            deck.swap(end, other);
        }
    }
}
