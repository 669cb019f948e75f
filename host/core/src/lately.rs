//! What was made lately, so that it is not made again: bounded, and what was asked for longest ago goes first.

use std::collections::BTreeMap;
use std::fmt;

/// What weighs more than this part of all that may be held is not held: it would push out many.
const LARGEST: usize = 32;

/// Values by what they were made from. Prints how many there are.
pub struct Lately<K, V> {
    most: usize,
    held: BTreeMap<K, Held<V>>,
    /// The longest unasked first.
    order: BTreeMap<u64, K>,
    weight: usize,
    turn: u64,
}

struct Held<V> {
    value: V,
    weight: usize,
    turn: u64,
}

impl<K: Ord + Clone, V: Clone> Lately<K, V> {
    /// Holds nothing yet, and never more than `most` weighs.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { most, held: BTreeMap::new(), order: BTreeMap::new(), weight: 0, turn: 0 }
    }

    /// What was made from this.
    pub fn get(&mut self, key: &K) -> Option<V> {
        let held = self.held.get_mut(key)?;
        self.turn = self.turn.saturating_add(1);
        if let Some(key) = self.order.remove(&held.turn) {
            self.order.insert(self.turn, key);
        }
        held.turn = self.turn;
        Some(held.value.clone())
    }

    /// Holds this until something else is wanted more. What is there already stays.
    pub fn keep(&mut self, key: K, value: V, weight: usize) {
        if weight > self.most.checked_div(LARGEST).unwrap_or_default() || self.held.contains_key(&key) {
            return;
        }
        self.turn = self.turn.saturating_add(1);
        self.order.insert(self.turn, key.clone());
        self.held.insert(key, Held { value, weight, turn: self.turn });
        self.weight = self.weight.saturating_add(weight);
        while self.weight > self.most
            && let Some((_, oldest)) = self.order.pop_first()
        {
            let weight = self.held.remove(&oldest).map_or(0, |held| held.weight);
            self.weight = self.weight.saturating_sub(weight);
        }
    }
}

impl<K, V> fmt::Debug for Lately<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lately").field("held", &self.held.len()).field("weight", &self.weight).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_kept_or_is_too_large_is_not_there() {
        let mut lately = Lately::new(320);
        lately.keep("large", 1, 11);
        assert_eq!((lately.get(&"large"), lately.get(&"other"), lately.weight), (None, None, 0));
        lately.keep("fits", 2, 10);
        lately.keep("fits", 3, 1);
        assert_eq!((lately.get(&"fits"), lately.weight), (Some(2), 10));
    }

    #[test]
    fn what_is_held_has_a_bound_and_what_nobody_asked_for_goes_first() {
        let mut lately = Lately::new(320);
        for key in 0..100 {
            lately.keep(key, key, 10);
            assert!(lately.weight <= 320 && lately.held.len() == lately.order.len(), "{lately:?}");
            assert_eq!(lately.get(&0), Some(0), "it is asked for at every turn");
        }
        assert_eq!((lately.held.len(), lately.get(&68), lately.get(&69)), (32, None, Some(69)));
    }
}
