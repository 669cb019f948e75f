//! Seeded choices: the same seed gives the same worlds.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

/// A seeded source of choices.
pub struct Dice(ChaCha8Rng);

impl Dice {
    /// The dice of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// A number below `n`; 0 when `n` is 0.
    pub fn below(&mut self, n: usize) -> usize {
        let drawn = usize::try_from(self.0.next_u32()).unwrap_or_default();
        drawn.checked_rem(n).unwrap_or_default()
    }

    /// True in one of `n` cases.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// One of these.
    ///
    /// # Panics
    /// When there are none.
    #[expect(clippy::indexing_slicing, reason = "a test tool: an empty choice is a mistake in the test")]
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    /// In some order.
    pub fn shuffle<T>(&mut self, rows: &mut [T]) {
        for at in (1..rows.len()).rev() {
            let other = self.below(at.saturating_add(1));
            rows.swap(at, other);
        }
    }
}
