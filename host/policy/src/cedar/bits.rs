//! A decision compiled to bits: two for each class of row, filled when a row of the class first comes by. After that a row
//! costs a bit test, however many policies there are.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use cordon_core::ids::Digest;
use cordon_core::label::{Label, RowClass};

use super::facts::Kind;

/// Classes in one word: two bits for each.
const PER_WORD: usize = 32;
const WORDS: usize = RowClass::COUNT.div_ceil(PER_WORD);
const DECIDED: u64 = 0b01;
const PERMITTED: u64 = 0b10;

/// The decided classes of one resource type.
struct ClassBits(Box<[AtomicU64]>);

impl ClassBits {
    fn new() -> Self {
        Self((0..WORDS).map(|_| AtomicU64::new(0)).collect())
    }

    fn permits(&self, class: RowClass, decide: impl FnOnce() -> bool) -> bool {
        // INVARIANT: a class is below `RowClass::COUNT`, so the word is there; if it were not, the row is denied.
        let Some(word) = self.0.get(class.index() / PER_WORD) else { return false };
        let shift = 2 * (class.index() % PER_WORD);
        let bits = word.load(Ordering::Relaxed) >> shift;
        if bits & DECIDED != 0 {
            return bits & PERMITTED != 0;
        }
        let permitted = decide();
        // Both bits in one step. Two callers that meet here decide alike: the facts and the policies are the same.
        word.fetch_or((DECIDED | if permitted { PERMITTED } else { 0 }) << shift, Ordering::Relaxed);
        permitted
    }
}

/// What the policies say about every row, for one set of facts. Shared by all calls with these facts.
pub(super) struct Verdicts {
    kinds: Box<[OnceLock<ClassBits>]>,
    fingerprint: OnceLock<Digest>,
}

impl Verdicts {
    pub(super) fn new() -> Self {
        Self { kinds: (0..Kind::count()).map(|_| OnceLock::new()).collect(), fingerprint: OnceLock::new() }
    }

    /// What was decided for the class; if nothing was, decides.
    pub(super) fn permits(&self, kind: Kind, label: Label, decide: impl FnOnce() -> bool) -> bool {
        let Some(bits) = self.kinds.get(kind.index()) else { return false };
        bits.get_or_init(ClassBits::new).permits(label.class(), decide)
    }

    /// The digest of the facts and of the policies that decide, made once.
    pub(super) fn fingerprint(&self, make: impl FnOnce() -> Digest) -> Digest {
        *self.fingerprint.get_or_init(make)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_class() -> impl Iterator<Item = RowClass> {
        (0..RowClass::COUNT).map(|code| RowClass::of_code(u16::try_from(code).unwrap()).unwrap())
    }

    #[test]
    fn a_class_is_decided_once_and_keeps_its_answer() {
        let verdicts = Verdicts::new();
        let kind = Kind::of("Observation");
        let answer = |class: RowClass| class.index().is_multiple_of(3);
        for class in every_class() {
            assert_eq!(verdicts.permits(kind, class.label(), || answer(class)), answer(class));
        }
        for class in every_class() {
            assert_eq!(verdicts.permits(kind, class.label(), || panic!("decided twice")), answer(class));
        }
    }

    #[test]
    fn one_type_says_nothing_about_another() {
        let verdicts = Verdicts::new();
        assert!(verdicts.permits(Kind::of("Observation"), Label::NORMAL, || true));
        assert!(!verdicts.permits(Kind::of("Condition"), Label::NORMAL, || false));
    }
}
