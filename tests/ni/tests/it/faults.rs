//! Seeded faults: with a check taken out, the pairs can be told apart.

use cordon_faults::{Fault, without};
use cordon_ni::hide::Hidden;

use crate::pairs::{both, pair};
use crate::{clearance_threats, code_threats, door_threats, gate_threats, host_threats, kept, sinks, threats, twins};

/// The first pair of these seeds that can be told apart.
fn told_apart(seeds: impl IntoIterator<Item = u64>) -> Option<(u64, Hidden)> {
    seeds.into_iter().find_map(|seed| {
        let pair = pair(seed);
        both(&pair).filter(|(one, other)| one != other).map(|_| (seed, pair.hidden))
    })
}

/// Taken out by the attackers among the client's own tests, which the build with faults runs too.
const DIALLED: &[Fault] = &[Fault::AddressUnchecked, Fault::ResolvedAgain, Fault::RedirectFollowed];

#[test]
fn the_client_s_own_tests_take_out_what_is_said_here() {
    let own = include_str!("../../../../host/connect/tests/it/faults.rs");
    for fault in DIALLED {
        assert!(own.contains(&format!("Some(Fault::{fault:?})), 1);")), "{fault:?}");
    }
}

#[test]
fn every_check_that_can_be_taken_out_is_taken_out_by_a_test() {
    let attacked = [
        threats::TAKEN,
        code_threats::TAKEN,
        door_threats::TAKEN,
        kept::TAKEN,
        clearance_threats::TAKEN,
        gate_threats::TAKEN,
        host_threats::TAKEN,
        twins::TAKEN,
    ];
    let taken = [&[PAIRS, DIALLED], attacked.as_slice()].concat().concat();
    let forgotten: Vec<_> = Fault::ALL.iter().filter(|fault| !taken.contains(fault)).collect();
    assert!(forgotten.is_empty(), "{forgotten:?}");
    assert!(Fault::ALL.len() >= 20, "{}", Fault::ALL.len());
}

/// One test for each fault that pairs must catch.
macro_rules! caught {
    ($($name:ident => $fault:ident;)+) => {
        /// What is taken out below.
        const PAIRS: &[Fault] = &[$(Fault::$fault,)+];

        $(#[test]
        fn $name() {
            let _out = without(Some(Fault::$fault));
            assert!(told_apart(0..2_000).is_some(), "no pair shows that {:?} is taken out", Fault::$fault);
        })+
    };
}

caught! {
    rows_of_other_patients => ForeignKept;
    rows_that_no_need_asks_for => NeedUnchecked;
    rows_beyond_the_grant => GrantIgnored;
    purposes_that_were_not_granted => PurposeIgnored;
    labels_that_are_not_looked_at => LabelIgnored;
    drafts_without_a_clearance => DraftsUnchecked;
    a_limit_before_the_clearance => LimitFirst;
    a_withheld_row_that_hides_its_namesake => DuplicateFirst;
    ids_that_count_dropped_rows => CountFirst;
    references_out_of_view => Dangling;
    consents_that_are_not_looked_at => ConsentIgnored;
    an_order_by_what_is_hidden => OrderByHidden;
    a_denied_need_that_asks_its_source => DeniedAsks;
    a_truncated_prefetch_that_is_trusted => TruncatedTrusted;
    elements_that_are_not_listed => ElementsKept;
    extensions_that_are_kept => UnboundedKept;
}

/// Taken out by pairs of calls that share their cells.
#[test]
fn cells_that_are_read_under_another_clearance() {
    let _out = without(Some(Fault::ClearanceNotInKey));
    assert!(sinks::told_apart(0..200).is_some());
}

#[test]
fn restricted_rows_for_free_text() {
    let _out = without(Some(Fault::CeilingIgnored));
    assert!(sinks::told_apart(0..200).is_some());
}
