//! Every limit behind the wall, each with a guest that hits it: the trap has its name, the process is gone, and a bystander is
//! answered as before.

use std::sync::Arc;
use std::time::Duration;

use cordon_core::cells::Held;
use cordon_core::ids::{Digest, EntryName, TenantId};
use cordon_core::limits::{LimitClass, Limits};
use cordon_core::message::{CellGiven, PackData, RunEnd, RunMessage, Trap};
use cordon_core::ports::{Runner as _, RunnerError};
use cordon_runtime::{Engine, LocalRunner, Plugins};
use cordon_wall::{Components as _, Wall, WallSettings};

use crate::room::{children, code, counted, message, policy, wall};

/// What hits which limit. The wall clock has a test of its own.
const ATTACKS: [(&str, Trap); 15] = [
    ("loops_forever", Trap::Fuel),
    ("loops_over_host_calls", Trap::Fuel),
    ("reads_a_pack_without_end", Trap::Fuel),
    ("reads_without_end", Trap::Fuel),
    ("grows_memory", Trap::Memory),
    ("recurses", Trap::Stack),
    ("floods_handles", Trap::Handles),
    ("floods_handles_with_cells", Trap::Handles),
    ("returns_a_huge_string", Trap::Transfer),
    ("returns_a_huge_slot", Trap::Transfer),
    ("returns_twenty_thousand_empty_cards", Trap::Transfer),
    ("asks_with_a_huge_selection", Trap::Transfer),
    ("writes_more_than_a_cell_holds", Trap::Transfer),
    ("notes_without_end", Trap::Transfer),
    ("notes_a_text_in_numbers", Trap::Transfer),
];

/// A call with a cell and a pack, whatever the guest asks for.
fn asked(component: Digest) -> RunMessage {
    let name = |name: &str| EntryName::new(name).unwrap();
    let cell = CellGiven { size: 64, held: Some(Held { version: 1, bytes: vec![0, 0, 0, 7] }) };
    let pack = PackData { version: "1".to_owned(), digest: Digest::of(b"pack"), bytes: b"1 mg".to_vec() };
    RunMessage {
        cells: ["count", "notes", "diary"].map(|cell_name| (name(cell_name), cell.clone())).into(),
        packs: [(name("doses"), Arc::new(pack))].into(),
        // On a busy machine a call that gave way to all others takes its time.
        budget: Duration::from_secs(120),
        ..message(component)
    }
}

/// The bystander's answer, from whichever process.
fn beside(wall: &Wall, bystander: Digest) -> RunEnd {
    let end = wall.run(asked(bystander)).unwrap().end;
    assert!(matches!(end, RunEnd::Answered(_)), "{end:?}");
    end
}

#[test]
fn every_limit_is_hit_behind_the_wall_as_in_front_of_it_and_others_are_answered() {
    let (engine, plugins, wall) = (Engine::new().unwrap(), Arc::new(Plugins::default()), wall(counted()));
    let honest = code("reads_the_labs");
    wall.insert(&honest).unwrap();
    let before = beside(&wall, honest.digest());
    for (guest, trap) in ATTACKS {
        let code = code(guest);
        wall.insert(&code).unwrap();
        plugins.insert(engine.load(&code).unwrap());
        let reply = wall.run(asked(code.digest())).unwrap();
        assert_eq!(reply.end, RunEnd::Trapped(trap), "{guest}");
        let here = LocalRunner::new(engine.clone(), Arc::clone(&plugins)).run(asked(code.digest())).unwrap();
        assert_eq!(reply, here, "{guest}");
        assert_eq!(beside(&wall, honest.digest()), before, "{guest}");
    }
}

#[test]
fn tables_instances_and_memories_have_limits_behind_the_wall() {
    let (wall, code) = (wall(counted()), code("reads_the_labs"));
    wall.insert(&code).unwrap();
    let limited = |limit: fn(&mut Limits)| {
        let mut asked = asked(code.digest());
        limit(&mut asked.limits);
        wall.run(asked).unwrap().end
    };
    let limits: [fn(&mut Limits); 4] = [
        |limits| limits.table_elements = 0,
        |limits| limits.tables = 0,
        |limits| limits.core_instances = 1,
        |limits| limits.memories = 0,
    ];
    for limit in limits {
        assert_eq!(limited(limit), RunEnd::Trapped(Trap::Memory));
    }
}

#[test]
fn a_run_that_no_fuel_ends_is_ended_by_the_wall_clock_and_its_process_is_gone() {
    let (wall, code) = (wall(counted()), code("loops_forever"));
    wall.insert(&code).unwrap();
    let mut asked = asked(code.digest());
    (asked.limits.fuel, asked.budget) = (u64::MAX, Duration::from_secs(2));
    let before = children();
    std::thread::scope(|scope| {
        let run = scope.spawn(|| wall.run(asked).unwrap().end);
        let looping =
            std::iter::repeat_with(children).find_map(|all| all.into_iter().find(|pid| !before.contains(pid)));
        assert_eq!(run.join().unwrap(), RunEnd::Trapped(Trap::Deadline));
        // The keeper buries it beside the answer.
        assert!(std::iter::repeat_with(children).any(|all| !all.contains(&looping.unwrap())));
    });
}

/// The most memory that a process ever had, in bytes: proc_pid_status(5).
fn peak(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
}

/// A plugin that writes to so many pages of 64 KiB, beside the two that it starts with, and says nothing.
fn writes_to(pages: u64) -> Vec<u8> {
    let core = format!(
        r#"(func (export "evaluate") (param i32) (result i32)
            (if (i32.eq (memory.grow (i32.const {pages})) (i32.const -1)) (then unreachable))
            (memory.fill (i32.const 1024) (i32.const 1) (i32.const {}))
            i32.const 0)"#,
        (pages + 1) << 16
    );
    wat::parse_str(include_str!("../../../../host/runtime/tests/it/plugin.wat").replace("CORE", &core)).unwrap()
}

#[test]
fn a_runner_never_has_more_memory_than_the_limit_and_32_mib() {
    let limits = Limits::of(LimitClass::Compiled);
    let pages = (limits.memory >> 16) - 2;
    let wall = wall(counted());
    let code = Engine::new().unwrap().precompile(&writes_to(pages), LimitClass::Compiled).unwrap();
    wall.insert(&code).unwrap();
    let run = || {
        let end = wall.run(asked(code.digest())).unwrap().end;
        assert!(matches!(end, RunEnd::Answered(_)), "{end:?}");
        wall.waiting()
    };
    // One that took long to write all that is replaced by a new one.
    let peaks = std::iter::repeat_with(run).take(100).flatten().map(peak);
    let peak = peaks.into_iter().find(|peak| *peak > limits.memory - (1 << 20)).unwrap();
    assert!(peak <= limits.memory + (32 << 20), "{} MiB", peak >> 20);
}

#[test]
fn what_a_guest_has_the_host_lift_stays_within_the_same_bound() {
    let wall = wall(counted());
    let code = code("reads_everything_twice");
    wall.insert(&code).unwrap();
    let row = format!(r#"{{"resourceType":"Observation","id":"a","note":[{{"text":"{}"}}]}}"#, "x".repeat(900_000));
    let rows = [row.as_str(), row.as_str()];
    let views = vec![cordon_core::view::View::new(cordon_core::ids::NeedName::new("labs").unwrap(), rows)];
    let end = wall.run(RunMessage { views, ..asked(code.digest()) }).unwrap().end;
    assert!(matches!(end, RunEnd::Answered(_)), "{end:?}");
    let runner = std::iter::repeat_with(|| wall.waiting()).find_map(|waiting| waiting.first().copied()).unwrap();
    assert!(peak(runner) <= Limits::of(LimitClass::Compiled).memory + (32 << 20), "{} MiB", peak(runner) >> 20);
}

#[test]
fn a_plugin_has_so_many_processes_and_leaves_the_others_theirs() {
    let settings = WallSettings { most: 4, most_of_one: 2, ..counted() };
    let wall = wall(settings);
    let (greedy, honest) = (code("loops_forever"), code("reads_the_labs"));
    wall.insert(&greedy).unwrap();
    wall.insert(&honest).unwrap();
    let mut endless = asked(greedy.digest());
    (endless.limits.fuel, endless.budget) = (u64::MAX, Duration::from_secs(10));
    std::thread::scope(|scope| {
        let calls: Vec<_> = (0..6).map(|_| scope.spawn(|| wall.run(endless.clone()))).collect();
        assert!(std::iter::repeat_with(|| children().len()).any(|alive| alive == 2), "two of them run");
        beside(&wall, honest.digest());
        assert!(calls.iter().all(|call| !call.is_finished()), "they run, or wait, while another is answered");
        assert!(children().len() <= 3);
        let ends: Vec<_> = calls.into_iter().map(|call| call.join().unwrap()).collect();
        let ended = |end: &&Result<_, RunnerError>| end.is_ok();
        assert!(ends.iter().filter(ended).count() >= 2);
        // The time was over, or nearly: one that starts then does not come to the call.
        let busy = ["all runners are busy", "no runner could be started"].map(RunnerError);
        assert!(ends.iter().filter_map(|end| end.as_ref().err()).all(|error| busy.contains(error)), "{ends:?}");
    });
    let other = RunMessage { tenant: TenantId::new("zz").unwrap(), ..asked(honest.digest()) };
    assert!(wall.run(other).is_ok());
}

#[test]
fn a_call_that_takes_long_gives_way_to_the_others() {
    let (wall, code) = (wall(counted()), code("loops_forever"));
    wall.insert(&code).unwrap();
    let mut endless = asked(code.digest());
    (endless.limits.fuel, endless.budget) = (u64::MAX, Duration::from_secs(20));
    std::thread::scope(|scope| {
        let run = scope.spawn(|| wall.run(endless));
        // The niceness of a process is the 19th field of its `stat` (proc_pid_stat(5)).
        let stat = |pid: u32| std::fs::read_to_string(format!("/proc/{pid}/stat")).ok();
        let last = |stat: String| stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.split(' ').nth(16) == Some("19"));
        let seen = || children().into_iter().filter_map(stat).any(last);
        assert!(std::iter::repeat_with(seen).any(|seen| seen || run.is_finished()));
        assert!(!run.is_finished());
        children()
            .into_iter()
            .for_each(|pid| drop(std::process::Command::new("kill").args(["-9", &pid.to_string()]).status()));
        assert!(run.join().unwrap().is_err());
    });
}

#[test]
fn a_plugin_of_which_eight_calls_looped_starts_the_next_ones_behind_all_others_until_one_is_quick() {
    let all = Limits::of(LimitClass::Compiled).fuel;
    starts_behind_after_eight_that(u64::MAX, Duration::from_secs(1), Trap::Deadline);
    // On a fast machine that takes less than a look at it.
    starts_behind_after_eight_that(all, Duration::from_secs(20), Trap::Fuel);
}

#[track_caller]
fn starts_behind_after_eight_that(fuel: u64, budget: Duration, end: Trap) {
    let (wall, code) = (wall(counted()), code("loops_forever"));
    wall.insert(&code).unwrap();
    let mut endless = asked(code.digest());
    let mut quick = endless.clone();
    (endless.limits.fuel, endless.budget) = (fuel, budget);
    quick.limits.fuel = 1_000;
    let behind = || children().into_iter().filter_map(policy).any(|policy| policy == "5");
    let starts_behind = || {
        std::thread::scope(|scope| {
            let run = scope.spawn(|| wall.run(endless.clone()));
            let seen = std::iter::repeat_with(behind).find(|seen| *seen || run.is_finished());
            assert_eq!(run.join().unwrap().unwrap().end, RunEnd::Trapped(end));
            seen.unwrap()
        })
    };
    // Fewer may be those of one patient: the calls of another one tell nothing of them.
    let starts: Vec<_> = std::iter::repeat_with(starts_behind).take(9).collect();
    assert_eq!(starts.iter().position(|behind| *behind), Some(8), "{starts:?}");
    assert_eq!(wall.run(quick).unwrap().end, RunEnd::Trapped(Trap::Fuel));
    let runner = std::iter::repeat_with(|| wall.waiting()).find_map(|waiting| waiting.first().copied()).unwrap();
    assert_eq!(policy(runner).unwrap(), "0");
}
