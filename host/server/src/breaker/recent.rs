//! A map of so many entries: the one that was not touched for longest is forgotten for a new one.

use std::collections::BTreeMap;

pub(super) struct Recent<K, V> {
    most: usize,
    turn: u64,
    entries: BTreeMap<K, (u64, V)>,
    turns: BTreeMap<u64, K>,
}

impl<K: Ord + Clone, V: Default> Recent<K, V> {
    pub(super) fn new(most: usize) -> Self {
        Self { most, turn: 0, entries: BTreeMap::new(), turns: BTreeMap::new() }
    }

    /// The entry, made if there is none, and now the newest.
    pub(super) fn touch(&mut self, key: &K) -> &mut V {
        self.turn = self.turn.saturating_add(1);
        let turn = self.turn;
        if let Some((last, _)) = self.entries.get(key) {
            self.turns.remove(last);
        } else if self.entries.len() >= self.most
            && let Some((_, oldest)) = self.turns.pop_first()
        {
            self.entries.remove(&oldest);
        }
        self.turns.insert(turn, key.clone());
        let (last, value) = self.entries.entry(key.clone()).or_default();
        *last = turn;
        value
    }

    /// The entry, if there is one. It becomes no newer.
    pub(super) fn peek(&mut self, key: &K) -> Option<&mut V> {
        self.entries.get_mut(key).map(|(_, value)| value)
    }

    pub(super) fn forget(&mut self, key: &K) {
        if let Some((turn, _)) = self.entries.remove(key) {
            self.turns.remove(&turn);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_that_was_not_touched_for_longest_is_forgotten() {
        let mut recent = Recent::<char, u32>::new(2);
        *recent.touch(&'a') = 1;
        *recent.touch(&'b') = 2;
        assert_eq!(*recent.touch(&'a'), 1);
        *recent.touch(&'c') = 3;
        assert_eq!((recent.peek(&'a').copied(), recent.peek(&'b').copied()), (Some(1), None));
        recent.forget(&'a');
        recent.touch(&'d');
        assert_eq!((recent.entries.len(), recent.turns.len()), (2, 2));
        assert!(recent.peek(&'c').is_some() && recent.peek(&'d').is_some());
    }
}
