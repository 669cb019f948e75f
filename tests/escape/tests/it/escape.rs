//! Native code in a runner: it can do nothing, and there is nothing to be found.
#![expect(clippy::disallowed_methods, reason = "what a process died of is known a moment after its call")]

use std::collections::BTreeMap;
use std::process::Command;

use cordon_core::ids::{ServiceId, TenantId};
use cordon_core::message::{CardText, RunEnd, RunReply};
use cordon_core::ports::Runner as _;
use cordon_wall::{Wall, WallSettings};

use crate::room::walled;

fn printed(arguments: &[&str]) -> String {
    let out = Command::new(env!("CARGO_BIN_EXE_cordon-escape")).args(arguments).output().unwrap();
    String::from_utf8_lossy(&out.stdout).into_owned()
}

/// Each attempt in a process of its own, for a tenant of its own.
fn tried(wall: &Wall, asked: &cordon_core::message::RunMessage, service: &str) -> Option<RunReply> {
    let mut message = asked.clone();
    message.service = ServiceId::new(service).unwrap();
    message.tenant = TenantId::new(service).unwrap();
    wall.run(message).ok()
}

fn text(reply: &RunReply) -> String {
    let RunEnd::Answered(answer) = &reply.end else { return "no answer".to_owned() };
    match answer.cards.first().map(|card| &card.text) {
        Some(CardText::Free { summary, .. }) => summary.clone(),
        _ => "no card".to_owned(),
    }
}

#[test]
fn nothing_that_native_code_tries_in_the_jail_works() {
    let names = printed(&["names"]);
    let names = names.lines().collect::<Vec<_>>();
    assert!(names.len() >= 50);
    let (wall, asked) = walled("reads_the_labs", WallSettings::default());
    let outcome = |name: &&str| {
        let reply = tried(&wall, &asked, &format!("try-{name}"));
        (name.to_string(), reply.map_or("killed".to_owned(), |reply| text(&reply)))
    };
    let outcomes = names.iter().map(outcome).collect::<BTreeMap<_, _>>();
    let worked = outcomes.iter().filter(|(_, outcome)| *outcome != "killed" && *outcome != "refused");
    assert_eq!(worked.collect::<Vec<_>>(), [], "{outcomes:?}");
    // What is only refused is what the libraries do of themselves; the rest kills, and the host hears of it.
    let killed = outcomes.values().filter(|outcome| *outcome == "killed").count();
    assert!(killed >= 44, "{killed} killed: {outcomes:?}");
    // Each of them by the filter, and not because the process had become something else. One got no further than the
    // broker, which does not believe a byte that nobody asked for.
    assert_eq!(outcomes["sends-elsewhere"], "killed");
    let by_the_filter = BTreeMap::from([(Some(libc::SIGSYS), u64::try_from(killed - 1).unwrap())]);
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while wall.deaths() != by_the_filter && std::time::Instant::now() < deadline {
        std::thread::yield_now();
    }
    assert_eq!(wall.deaths(), by_the_filter);
}

#[test]
fn the_attempts_are_real_ones() {
    let names = printed(&["names"]);
    let works = |name: &&str| printed(&["free", name]).contains("worked");
    let working = names.lines().filter(works).collect::<Vec<_>>();
    assert!(working.len() >= 30, "outside of the jail only these work: {working:?}");
}

#[test]
fn a_reply_that_no_engine_gives_is_not_believed() {
    let (wall, asked) = walled("reads_the_labs", WallSettings::default());
    assert!(tried(&wall, &asked, "honest").is_some());
    for forged in ["fuel", "deadline", "profile", "cell", "notes", "nan", "huge"] {
        assert_eq!(tried(&wall, &asked, &format!("forge-{forged}")), None, "{forged}");
    }
}
