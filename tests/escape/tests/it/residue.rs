//! What is found in the memory of a runner: one invocation's data, and nobody else's.
#![expect(clippy::disallowed_methods, reason = "the kernel shows processes as files, and the environment is a canary")]

use std::collections::BTreeSet;
use std::fs::File;
use std::os::unix::fs::FileExt as _;

use aho_corasick::AhoCorasick;
use cordon_core::ids::{NeedName, ServiceId, TenantId};
use cordon_core::message::{RunEnd, RunMessage};
use cordon_core::ports::Runner as _;
use cordon_core::view::View;
use cordon_wall::{Components as _, WallSettings};

use crate::room::{code, message, walled};

/// Every byte that a process can write to, as the kernel shows it to root.
fn memory(pid: u32) -> Vec<u8> {
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
    let memory =
        File::open(format!("/proc/{pid}/mem")).expect("the drill looks into a runner's memory: run it as root");
    let mut bytes = Vec::new();
    for line in maps.lines().filter(|line| line.split(' ').nth(1).is_some_and(|rights| rights.starts_with("rw"))) {
        let (from, to) = line.split(' ').next().unwrap().split_once('-').unwrap();
        let (from, to) = (u64::from_str_radix(from, 16).unwrap(), u64::from_str_radix(to, 16).unwrap());
        let mut part = vec![0; usize::try_from(to - from).unwrap()];
        // A page that is mapped and not there yet cannot be read, and holds nothing.
        if memory.read_exact_at(&mut part, from).is_ok() {
            bytes.extend(part);
        }
    }
    bytes
}

/// Which of these texts stand in the memory.
fn held<'a>(memory: &[u8], texts: &[&'a str]) -> Vec<&'a str> {
    let finder = AhoCorasick::new(texts).unwrap();
    let found = finder.find_iter(memory).map(|found| texts[found.pattern().as_usize()]).collect::<BTreeSet<_>>();
    found.into_iter().collect()
}

fn with_canary(asked: &RunMessage, canary: &str) -> RunMessage {
    let row = format!(r#"{{"resourceType":"Observation","id":"a","status":"final","note":[{{"text":"{canary}"}}]}}"#);
    let rows = std::iter::repeat_n(row, 20);
    RunMessage { views: vec![View::new(NeedName::new("labs").unwrap(), rows)], ..asked.clone() }
}

#[test]
fn a_runner_holds_nothing_of_the_patient_before_another_plugin_or_the_broker() {
    let (wall, asked) = walled("reads_everything_twice", WallSettings::default());
    let other = code("reads_the_labs");
    wall.insert(&other).unwrap();
    // The other plugin's runner and the broker hold theirs.
    let others = "QXZ-another-plugin-5d1c7e";
    let foreign = RunMessage { tenant: TenantId::new("zz").unwrap(), ..with_canary(&message(other.digest()), others) };
    wall.run(foreign).unwrap();
    let key = format!("QXZ-key-{}", std::process::id());
    let environment = std::env::var("PATH").unwrap();
    let mut found = Vec::new();
    for turn in 0..1_000 {
        let reply = wall.run(with_canary(&asked, &canary(turn))).unwrap();
        assert!(matches!(reply.end, RunEnd::Answered(_) | RunEnd::Failed(_)), "{reply:?}");
        // On a busy machine a call may have taken so long that a new one is there instead.
        let runner = std::iter::repeat_with(|| wall.waiting()).find_map(|waiting| waiting.first().copied());
        let memory = memory(runner.unwrap());
        assert!(memory.len() > 1 << 20, "the drill sees the memory");
        // What is there now may be anywhere until the next call; what was there before may be nowhere.
        let forbidden = [&canary(turn - 1), others, &key, &environment].map(str::to_owned);
        found.extend(held(&memory, &forbidden.each_ref().map(String::as_str)).into_iter().map(str::to_owned));
    }
    assert_eq!(found, Vec::<String>::new(), "and the key is {key}");
}

fn canary(turn: i32) -> String {
    format!("QXZ-patient-{turn:04}-f00d")
}

#[test]
fn what_a_runner_did_keep_would_be_found() {
    let (wall, asked) = walled("reads_the_labs", WallSettings::default());
    let keeps = RunMessage { service: ServiceId::new("keep").unwrap(), ..with_canary(&asked, &canary(1)) };
    wall.run(keeps).unwrap();
    wall.run(with_canary(&asked, &canary(2))).unwrap();
    assert_eq!(held(&memory(wall.waiting()[0]), &[&canary(1)]), [canary(1)]);
}
