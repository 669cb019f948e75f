//! The covert channels of the threat model, by their ids, as far as they begin at a run: how it ends, what it costs, what
//! differs from one replay to the next.

use std::collections::BTreeSet;

use cordon_core::ids::Digest;
use cordon_core::message::{Failure, RunEnd, RunMessage, RunReply, Trap};
use cordon_core::record::Outcome;
use cordon_core::release::{DiagnosisError, release_diagnosis};
use cordon_faults::without;
use cordon_ni::cells::Cells;
use cordon_ni::dice::Dice;
use cordon_ni::generate::world;
use cordon_ni::hostile::{Hostile, answers, rows};
use cordon_ni::run::{Observed, run, run_with};

use crate::gate_threats::{armed, stolen};
use crate::threats::PLANTED;

fn ended(reply: &RunReply) -> Observed {
    let world = armed();
    run_with(&world, &Hostile(|_: &RunMessage| reply.clone()), &Cells::default()).unwrap()
}

/// Every way in which a plugin can end without an answer.
fn failures() -> Vec<RunEnd> {
    let failed = [Failure::MissingNeed, Failure::UnreadableData, Failure::Internal].map(RunEnd::Failed);
    let traps = [
        Trap::Wasm,
        Trap::Fuel,
        Trap::Memory,
        Trap::Stack,
        Trap::Handles,
        Trap::Transfer,
        Trap::Deadline,
        Trap::Profile,
    ];
    failed.into_iter().chain(traps.map(RunEnd::Trapped)).collect()
}

// SK-14, CV-01: which one it was, with what words or where, is for nobody outside.
#[test]
fn every_failure_of_a_plugin_looks_the_same_outside() {
    let _whole = without(None);
    let seen: Vec<Observed> = failures().into_iter().map(|end| ended(&RunReply::new(end, 1))).collect();
    assert!(seen.iter().all(|seen| seen.body.is_none() && seen.issued.is_empty() && seen.written.is_empty()));
    assert!(seen.iter().all(|seen| matches!(seen.outcome, Outcome::Failed(_) | Outcome::Trapped(_))));
}

// SK-14: an end has no room for words. Whatever the plugin saw, the public record of its trap is one of a closed list.
#[test]
fn the_public_record_of_a_failure_has_no_room_for_words() {
    let _whole = without(None);
    let world = armed();
    let traps = |message: &RunMessage| {
        assert_eq!(stolen(message), PLANTED);
        let chosen = failures().swap_remove(stolen(message).len() % failures().len());
        RunReply::new(chosen, 1)
    };
    let seen = run_with(&world, &Hostile(traps), &Cells::default()).unwrap();
    assert!(!serde_json::to_string(&seen.event).unwrap().contains(PLANTED));
}

// CV-03: what a run costs stays in the host. Of a failed run its class is kept, for the hospital's own eyes.
#[test]
fn what_a_run_costs_shows_nowhere() {
    let _whole = without(None);
    // The digest of a failed run's reply is over its fuel, so that it can be run again: it is for the hospital alone.
    let dear = |end: &RunEnd, fuel: u64| {
        let mut seen = Observed { reply: None, ..ended(&RunReply::new(end.clone(), fuel)) };
        if let Some(transcript) = &mut seen.transcript {
            let told = release_diagnosis(transcript, &["/reply".to_owned()], &[]);
            assert!(matches!(told, Err(DiagnosisError::Nowhere(_))), "{told:?}");
            transcript.reply = Digest::of(b"reply");
        }
        seen
    };
    let answered = answers(Vec::new()).end;
    let costs = [0, 1, 1_000, 1_001, 999_999_999];
    assert!(costs.iter().all(|fuel| dear(&answered, *fuel) == dear(&answered, 0)));
    let trapped = RunEnd::Trapped(Trap::Wasm);
    assert_eq!(dear(&trapped, 600), dear(&trapped, 1_000), "of the same class");
    let class = |fuel: u64| dear(&trapped, fuel).transcript.unwrap().fuel_class;
    let classes: BTreeSet<u32> = (0..40).map(|bit| class((1 << bit) + 1)).collect();
    assert!(classes.len() <= 40 && class(600) != class(10_000), "{classes:?}");
    let without_class = |fuel| Observed { transcript: None, ..dear(&trapped, fuel) };
    assert_eq!(without_class(1), without_class(999_999_999));
}

// CV-08: handles, ids, order and maps are the same each time.
#[test]
fn a_thousand_replays_are_the_same_to_the_bit() {
    let _whole = without(None);
    for seed in 0..4 {
        let world = world(&mut Dice::new(seed), false);
        let first = run(&world).unwrap();
        assert!(first.reply.is_some());
        for _ in 1..250 {
            assert_eq!(run(&world).unwrap(), first, "seed {seed}");
        }
    }
}

// CV-04: whether something was withheld changes nothing, not even where a plugin asks for it and is refused.
#[test]
fn a_plugin_does_not_learn_that_a_row_was_above_its_ceiling() {
    let _whole = without(None);
    let seen = |restricted: bool| {
        let mut world = armed();
        if restricted {
            let there = world.prefetch.get_mut(&cordon_ni::generate::need("labs")).unwrap();
            let cordon_core::call::Prefetch::Rows { rows, .. } = there else { unreachable!("it was sent") };
            rows.push(crate::threats::hiv().into());
        }
        let counts =
            |message: &RunMessage| RunReply::new(RunEnd::Failed(Failure::Internal), rows(message, "labs").len() as u64);
        run_with(&world, &Hostile(counts), &Cells::default()).unwrap()
    };
    assert_eq!(seen(false), seen(true));
}
