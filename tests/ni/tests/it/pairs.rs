//! Generated pairs: what is hidden changes, and nothing else may.

use std::collections::BTreeMap;

use cordon_core::record::Outcome;
use cordon_faults::without;
use cordon_ni::dice::Dice;
use cordon_ni::generate::world;
use cordon_ni::hide::{Hidden, abstains, hide};
use cordon_ni::run::{Observed, run};
use cordon_ni::world::World;

/// One pair: the world, the same with something hidden changed, and how it was hidden.
pub(crate) struct Pair {
    pub(crate) one: World,
    pub(crate) other: World,
    pub(crate) hidden: Hidden,
}

/// The pair of a seed.
pub(crate) fn pair(seed: u64) -> Pair {
    let mut dice = Dice::new(seed);
    let mut one = world(&mut dice, seed.is_multiple_of(5));
    loop {
        let hidden = *dice.pick(&Hidden::ALL);
        let mut before = one.clone();
        // Where a need abstains, that something is withheld is declared to show: then there is something in both worlds.
        if abstains(&before) && !hide(&mut before, hidden, &mut dice) {
            continue;
        }
        let mut other = before.clone();
        if hide(&mut other, hidden, &mut dice) {
            one = before;
            return Pair { one, other, hidden };
        }
    }
}

/// What both sides give; `None` when only one of them is "not evaluated": where a need abstains, that is declared to show.
pub(crate) fn both(pair: &Pair) -> Option<(Observed, Observed)> {
    both_by(|world| run(world).unwrap(), pair)
}

/// The same, run in another way.
pub(crate) fn both_by(run: impl Fn(&World) -> Observed, pair: &Pair) -> Option<(Observed, Observed)> {
    let (one, other) = (run(&pair.one), run(&pair.other));
    let refused = |seen: &Observed| seen.outcome == Outcome::NotEvaluated;
    let declared = abstains(&pair.one) && refused(&one) != refused(&other);
    (!declared).then_some((one, other))
}

fn identical(seeds: std::ops::Range<u64>) {
    let _whole = without(None);
    let mut ways = BTreeMap::new();
    let mut compared = 0;
    // Pairs that only differ in what is declared to show are not counted.
    for seed in seeds.clone().chain(seeds.end + 10_000..) {
        let pair = pair(seed);
        let Some((one, other)) = both(&pair) else { continue };
        assert_eq!(one, other, "seed {seed}, hidden by {:?}", pair.hidden);
        *ways.entry(pair.hidden).or_insert(0) += 1;
        compared += 1;
        if compared == 2_500 {
            break;
        }
    }
    assert!(Hidden::ALL.iter().all(|way| ways.get(way).is_some_and(|n| *n >= 20)), "{ways:?}");
}

// Four quarters of 10,000 pairs, so that they run beside each other.
#[test]
fn what_is_hidden_leaves_no_trace_in_the_first_2500_pairs() {
    identical(0..2_500);
}

#[test]
fn what_is_hidden_leaves_no_trace_in_the_second_2500_pairs() {
    identical(2_500..5_000);
}

#[test]
fn what_is_hidden_leaves_no_trace_in_the_third_2500_pairs() {
    identical(5_000..7_500);
}

#[test]
fn what_is_hidden_leaves_no_trace_in_the_fourth_2500_pairs() {
    identical(7_500..10_000);
}

/// Without this, pairs in which nothing is ever visible would pass for proof.
#[test]
fn what_is_visible_does_show() {
    let _whole = without(None);
    let shows = |seed: u64| {
        let mut dice = Dice::new(seed);
        let one = world(&mut dice, false);
        let mut other = one.clone();
        other.drafts.clear();
        other.stored.retain(|(_, row)| row["resourceType"] == "Consent");
        other.prefetch.clear();
        run(&one).unwrap() != run(&other).unwrap()
    };
    let differing = (0..200).filter(|seed| shows(*seed)).count();
    assert!(differing >= 60, "only {differing} of 200 worlds show anything");
}

#[test]
fn the_same_world_gives_the_same_twice() {
    let _whole = without(None);
    for seed in 0..50 {
        let one = world(&mut Dice::new(seed), true);
        assert_eq!(run(&one).unwrap(), run(&one).unwrap());
    }
}
