//! Compiling happens in a process of its own: what comes out is what the engine makes, and what goes wrong stays there.

use std::process::Command;
use std::time::Duration;

use cordon_core::limits::LimitClass;
use cordon_core::message::RunEnd;
use cordon_core::ports::Runner as _;
use cordon_runtime::{ComponentError, Engine, Wit};
use cordon_wall::{CompileError, CompileLimits, Components as _, Priority, Spent, Wall};

use crate::bombs::{exporting, functions};
use crate::room::{children, counted, guest, manifest, message, policy, wall};

fn limited(limit: impl FnOnce(&mut CompileLimits)) -> Wall {
    let mut settings = counted();
    patient(&mut settings.compile);
    limit(&mut settings.compile);
    wall(settings)
}

#[test]
fn the_process_gives_the_code_that_the_engine_makes_and_a_runner_runs_it() {
    let (wall, component) = (limited(|_| {}), guest("reads_the_labs"));
    let code = wall.compile(&component, &manifest(Wit::V0_2)).unwrap();
    let here = Engine::new().unwrap().precompile(&component, LimitClass::Compiled).unwrap();
    assert!(code.bytes() == here.bytes() && code.digest() == here.digest());
    assert_eq!((code.class(), code.wit()), (here.class(), here.wit()));
    wall.insert(&code).unwrap();
    assert!(matches!(wall.run(message(code.digest())).unwrap().end, RunEnd::Answered(_)));
}

#[test]
fn what_the_gate_says_in_the_process_is_what_it_says_here() {
    let wall = limited(|_| {});
    let misfit = exporting("");
    let control = r#"(component (core module (func (export "\1b[2J") unreachable) (func (export "\1b[2J"))))"#;
    let engine = Engine::new().unwrap();
    for component in [
        b"no component".to_vec(),
        wat::parse_str("(component)").unwrap(),
        wat::parse_str(r#"(component (import "fetch" (func)))"#).unwrap(),
        wat::parse_str("(component (component (core module)))").unwrap(),
        wat::parse_str(control).unwrap(),
        guest("counts_in_a_cell"),
        misfit,
    ] {
        let here = engine.precompile_for(&component, &manifest(Wit::V0_2)).map(|code| code.digest());
        let there = wall.compile(&component, &manifest(Wit::V0_2)).map(|code| code.digest());
        assert_eq!(there, here.map_err(CompileError::Component));
        assert!(there.is_err());
    }
}

#[test]
fn code_that_does_not_link_is_refused_before_it_is_kept() {
    let refused = limited(|_| {}).compile(&exporting(""), &manifest(Wit::V0_2));
    assert!(matches!(refused, Err(CompileError::Component(ComponentError::Mismatch { .. }))), "{refused:?}");
}

#[test]
fn a_compiler_that_takes_too_long_is_ended() {
    let most = Duration::from_millis(300);
    let refused = limited(|limits| limits.time = most).compile(&functions(50_000), &manifest(Wit::V0_2));
    assert_eq!(refused.unwrap_err(), CompileError::Limit(Spent::Time(most)));
    assert!(children().is_empty());
}

#[test]
fn a_compiler_that_takes_too_much_processor_time_is_ended_by_the_kernel() {
    let limits = |limits: &mut CompileLimits| limits.processor = 1;
    let refused = limited(limits).compile(&functions(50_000), &manifest(Wit::V0_2));
    assert_eq!(refused.unwrap_err(), CompileError::Limit(Spent::Itself(Some(9))));
}

#[test]
fn a_compiler_that_takes_too_much_memory_ends_itself() {
    let limits = |limits: &mut CompileLimits| limits.memory = 96 << 20;
    let refused = limited(limits).compile(&functions(50_000), &manifest(Wit::V0_2));
    assert_eq!(refused.unwrap_err(), CompileError::Limit(Spent::Itself(Some(6))));
}

#[test]
fn a_compiler_that_is_killed_is_a_refusal_and_the_next_one_is_not() {
    let wall = limited(|_| {});
    std::thread::scope(|scope| {
        let compiling = scope.spawn(|| wall.compile(&functions(50_000), &manifest(Wit::V0_2)));
        let compiler = std::iter::repeat_with(children).find_map(|found| found.first().copied()).unwrap();
        assert!(Command::new("kill").args(["-9", &compiler.to_string()]).status().unwrap().success());
        let refused = compiling.join().unwrap().unwrap_err();
        assert!(matches!(refused, CompileError::Limit(Spent::Itself(Some(9))) | CompileError::Host(_)), "{refused:?}");
    });
    assert!(wall.compile(&guest("reads_the_labs"), &manifest(Wit::V0_2)).is_ok());
}

/// Tests share a machine with whatever else is built on it.
fn patient(limits: &mut CompileLimits) {
    (limits.time, limits.priority) = (Duration::from_secs(600), Priority::Normal);
}

#[test]
fn a_compiler_takes_what_is_left_over_unless_it_is_told_otherwise() {
    assert_eq!(CompileLimits::default().priority, Priority::Idle);
    for (priority, as_told) in [(Priority::Idle, "5"), (Priority::Normal, "0")] {
        let wall = limited(|limits| limits.priority = priority);
        std::thread::scope(|scope| {
            let compiling = scope.spawn(|| wall.compile(&functions(50_000), &manifest(Wit::V0_2)));
            // It is set before the jail closes.
            let seen = || children().into_iter().filter_map(policy).any(|policy| policy == as_told);
            assert!(std::iter::repeat_with(seen).any(|seen| seen || compiling.is_finished()));
            let found = seen();
            children().iter().for_each(|pid| drop(Command::new("kill").args(["-9", &pid.to_string()]).status()));
            assert!(found && compiling.join().unwrap().is_err(), "{priority:?}");
        });
    }
}

#[test]
fn what_a_compiler_may_use_by_default_is_what_the_kernel_holds_it_to() {
    let (limits, wall) = (CompileLimits::default(), wall(counted()));
    assert_eq!((limits.time.as_secs(), limits.processor, limits.memory), (60, 60, 2 << 30));
    let held = |line: &str, most: u64| line.split_whitespace().rev().nth(1) == Some(most.to_string().as_str());
    let set = |pid: u32| {
        // proc_pid_limits(5): a name, the soft and the hard limit, a unit.
        let text = std::fs::read_to_string(format!("/proc/{pid}/limits")).unwrap_or_default();
        let is = |name, most| text.lines().any(|line| line.starts_with(name) && held(line, most));
        is("Max cpu time", limits.processor) && is("Max data size", limits.memory)
    };
    std::thread::scope(|scope| {
        let compiling = scope.spawn(|| wall.compile(&functions(50_000), &manifest(Wit::V0_2)));
        let seen =
            std::iter::repeat_with(|| children().into_iter().any(set)).any(|seen| seen || compiling.is_finished());
        assert!(seen && !compiling.is_finished());
        children().iter().for_each(|pid| drop(Command::new("kill").args(["-9", &pid.to_string()]).status()));
        assert!(compiling.join().unwrap().is_err());
    });
}
