//! The attacks that end at a clearance: what is for no free text, and what one call keeps for another that may see less.

use std::collections::BTreeSet;

use cordon_core::ids::Role;
use cordon_core::manifest::CardMode;
use cordon_core::message::{RunMessage, RunReply};
use cordon_ni::cells::Cells;
use cordon_ni::hostile::{Hostile, answers, entry, rows, ways_out};
use cordon_ni::run::{Observed, run, run_with};
use cordon_ni::world::World;

use crate::attacks::attacks;
use crate::threats::{PLANTED, reviewed};

fn roles(names: &[&str]) -> BTreeSet<Role> {
    names.iter().map(|name| Role::new(*name).unwrap()).collect()
}

/// Keeps what it sees, for the next call.
fn keeps(message: &RunMessage) -> RunReply {
    let unit = |row: &serde_json::Value| row["valueQuantity"]["unit"].as_str().map(|unit| unit.as_bytes().to_vec());
    let seen = rows(message, "labs").first().and_then(unit);
    let cells = seen.map(|seen| (entry("small"), Some(seen))).into_iter().collect();
    RunReply { cells, ..answers(Vec::new()) }
}

fn call(world: &World, cells: &Cells) -> Observed {
    run_with(world, &Hostile(keeps), cells).unwrap()
}

/// A user who may see a restricted row calls, and then this one does, of the same patient.
fn after_a_wider_call(narrower: fn(&mut World)) -> Observed {
    let cells = Cells::default();
    let mut world = reviewed();
    ways_out(&mut world);
    world.roles = roles(&["restricted-records", "hiv-care"]);
    assert!(call(&world, &cells).tells(PLANTED), "the first call may see it");
    assert_eq!(cells.held(), 1, "and keeps it");
    narrower(&mut world);
    call(&world, &cells)
}

attacks! {
    // The policy lets this user see the row; free text is still no place for it.
    cv_04_a_restricted_row_for_free_text without CeilingIgnored => || {
        let mut world = reviewed();
        world.manifest.cards.mode = CardMode::Text;
        world.roles = roles(&["restricted-records", "hiv-care"]);
        run(&world).unwrap().tells(PLANTED)
    };
    co_02_what_a_wider_call_kept without ClearanceNotInKey => || {
        after_a_wider_call(|world| world.roles = roles(&["restricted-records"])).tells(PLANTED)
    };
    co_02_what_signed_cards_kept_for_free_text without ClearanceNotInKey => || {
        after_a_wider_call(|world| world.manifest.cards.mode = CardMode::Text).tells(PLANTED)
    };
    co_02_what_was_kept_before_a_patient_said_no without ClearanceNotInKey => || {
        after_a_wider_call(|world| {
            world.stored.push((cordon_ni::generate::tenant(cordon_ni::world::TENANT), crate::threats::denial()));
        })
        .tells(PLANTED)
    };
    co_02_what_was_kept_under_a_wider_grant without ClearanceNotInKey => || {
        after_a_wider_call(|world| {
            world.grant.needs.remove(&cordon_ni::generate::need("labs"));
        })
        .tells(PLANTED)
    };
}

#[test]
fn what_a_call_kept_is_there_under_the_same_clearance() {
    let _whole = cordon_faults::without(None);
    let seen = after_a_wider_call(|world| world.prefetch.clear());
    assert!(seen.tells(PLANTED), "{seen:?}");
}
