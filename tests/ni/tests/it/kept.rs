//! The pairs and two attacks with the host's real stores in place of a list in memory.

use std::collections::BTreeMap;
use std::ops::Range;

use cordon_faults::without;
use cordon_ni::dice::Dice;
use cordon_ni::generate::{lab, tenant};
use cordon_ni::hide::Hidden;
use cordon_ni::kept::{Kept, OTHER};
use cordon_ni::run::{Observed, run, run_on};
use cordon_ni::world::{PATIENT, TENANT, World};

use crate::attacks::attacks;
use crate::pairs::{both_by, pair};
use crate::threats::{PLANTED, denial, plain, planted, sends};

fn kept(world: &World) -> Observed {
    run_on(world, &Kept::new(world).unwrap()).unwrap()
}

/// Identical pairs, by the way of hiding; and what the store gives is what the list gives.
fn identical(seeds: Range<u64>) -> BTreeMap<Hidden, u32> {
    let _whole = without(None);
    let mut ways = BTreeMap::new();
    for seed in seeds {
        let pair = pair(seed);
        let Some((one, other)) = both_by(kept, &pair) else { continue };
        assert_eq!(one, other, "seed {seed}, hidden by {:?}", pair.hidden);
        assert_eq!(one, run(&pair.one).unwrap(), "seed {seed}: the store and the list differ");
        *ways.entry(pair.hidden).or_insert(0) += 1;
    }
    ways
}

#[test]
fn what_is_hidden_in_real_stores_leaves_no_trace_in_the_first_150_pairs() {
    let ways = identical(10_000..10_150);
    assert!(ways.values().sum::<u32>() >= 140, "{ways:?}");
}

#[test]
fn what_is_hidden_in_real_stores_leaves_no_trace_in_the_second_150_pairs() {
    let ways = identical(10_150..10_300);
    assert!(Hidden::ALL.iter().all(|way| ways.contains_key(way)), "{ways:?}");
}

attacks! {
    // Another tenant has a patient of the same id.
    co_02_rows_of_another_tenant without TenantIgnored => || {
        let mut world = plain();
        world.stored.push((tenant(OTHER), planted(PATIENT)));
        kept(&world).tells(PLANTED)
    };
    // The patient's denial is not in the other tenant's file: who reads there for this tenant, reads that nothing was said.
    co_04_a_connection_of_another_tenant without ConnectionShared => || {
        let mut world = plain();
        world.stored.extend([(tenant(TENANT), denial()), (tenant(OTHER), lab(&mut Dice::new(1), "x", "q", "2160-0"))]);
        sends(&mut world, "labs", vec![planted(PATIENT)]);
        let kept = Kept::new(&world).unwrap();
        let other = tenant(OTHER);
        kept.stores().of(&other).unwrap().counts(&other).unwrap();
        run_on(&world, &kept).unwrap().tells(PLANTED)
    };
}
