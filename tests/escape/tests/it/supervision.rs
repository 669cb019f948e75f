//! What becomes of a runner that dies, of its call, and of the calls after it.

use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cordon_core::limits::Limits;
use cordon_core::message::{RunEnd, RunMessage, Trap};
use cordon_core::ports::{Runner as _, RunnerError};
use cordon_wall::{Components as _, Wall};

use crate::room::{children, code, counted, message, walled};

const DIED: RunnerError = RunnerError::DIED;
const WAITS: RunnerError = RunnerError("the plugin's runners keep dying");

fn kill(pid: u32) {
    assert!(Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap().success());
}

/// A call that no fuel ends.
fn endless(asked: &RunMessage, budget: Duration) -> RunMessage {
    let mut endless = RunMessage { budget, ..asked.clone() };
    endless.limits.fuel = u64::MAX;
    endless
}

/// A call of the one plugin that has a runner, which is killed while it answers.
fn killed_in_flight(wall: &Wall, asked: &RunMessage, runner: u32) -> Result<RunEnd, RunnerError> {
    let endless = endless(asked, Duration::from_secs(60));
    std::thread::scope(|scope| {
        let call = scope.spawn(|| wall.run(endless));
        assert!(std::iter::repeat_with(|| wall.waiting()).any(|waiting| !waiting.contains(&runner)));
        kill(runner);
        call.join().unwrap().map(|reply| reply.end)
    })
}

/// Calls, and kills the process that this call starts.
fn killed(wall: &Wall, asked: &RunMessage) -> Result<RunEnd, RunnerError> {
    let before = children();
    let endless = endless(asked, Duration::from_secs(60));
    std::thread::scope(|scope| {
        let call = scope.spawn(|| wall.run(endless));
        let mut seen = std::iter::repeat_with(children);
        let new = |all: Vec<u32>| all.into_iter().find(|pid| !before.contains(pid));
        let runner = std::iter::from_fn(|| (!call.is_finished()).then(|| seen.next().and_then(new))).flatten().next();
        runner.into_iter().for_each(kill);
        call.join().unwrap().map(|reply| reply.end)
    })
}

#[test]
fn a_plugin_whose_runners_keep_dying_is_left_alone_for_a_while_and_then_served_again() {
    let (wall, asked) = walled("loops_forever", counted());
    // A process that is killed before it serves is a start that failed: the plugin waits for that as well.
    let ends: Vec<_> = std::iter::repeat_with(|| killed(&wall, &asked)).take(24).collect();
    let lost = ends.iter().take_while(|end| **end != Err(WAITS)).count();
    assert!(ends.iter().all(Result::is_err) && lost >= 2, "{ends:?}");
    assert!(ends.contains(&Err(WAITS)), "{ends:?}");
    let again = || wall.run(endless(&asked, Duration::from_secs(3)));
    let served = std::iter::repeat_with(again).find(|end| *end != Err(WAITS)).unwrap();
    assert_eq!(served.unwrap().end, RunEnd::Trapped(Trap::Deadline));
}

#[test]
fn a_runner_that_is_killed_under_load_takes_its_own_call_with_it_and_no_other() {
    let (wall, asked) = walled("loops_forever", counted());
    let short = RunMessage { limits: Limits { fuel: 1_000, ..asked.limits }, ..asked.clone() };
    assert_eq!(wall.run(short).unwrap().end, RunEnd::Trapped(Trap::Fuel));
    // The keeper starts the next one beside the answer.
    let runner = std::iter::repeat_with(|| wall.waiting()).find_map(|waiting| waiting.first().copied()).unwrap();
    let honest = code("reads_the_labs");
    wall.insert(&honest).unwrap();
    let (calls, stop) = (message(honest.digest()), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let honest = || (0..).take_while(|_| !stop.load(Ordering::Relaxed)).map(|_| wall.run(calls.clone()).is_ok());
        let load: Vec<_> = (0..3).map(|_| scope.spawn(move || honest().collect::<Vec<_>>())).collect();
        assert!(std::iter::repeat_with(|| children().len()).any(|alive| alive >= 3), "the load is there");
        assert_eq!(killed_in_flight(&wall, &asked, runner), Err(DIED));
        // The same plugin is served again, within a second of time for the call.
        let next = wall.run(endless(&asked, Duration::from_secs(1))).unwrap();
        assert_eq!(next.end, RunEnd::Trapped(Trap::Deadline));
        stop.store(true, Ordering::Relaxed);
        let answered: Vec<_> = load.into_iter().flat_map(|load| load.join().unwrap()).collect();
        assert!(answered.len() > 3 && answered.iter().all(|answered| *answered), "{} calls", answered.len());
    });
}

#[test]
fn a_runner_that_dies_while_it_waits_takes_no_call_with_it() {
    let (wall, asked) = walled("reads_the_labs", counted());
    for _ in 0..3 {
        assert!(wall.run(asked.clone()).is_ok());
        let [waiting] = wall.waiting()[..] else { panic!("one runner waits") };
        kill(waiting);
        // Until the kernel says that it has ended.
        let state = || std::fs::read_to_string(format!("/proc/{waiting}/stat")).unwrap();
        assert!(std::iter::repeat_with(state).any(|stat| stat.contains(") Z ")));
    }
    assert!(wall.run(asked).is_ok());
}

#[test]
fn a_runner_outlives_the_thread_whose_call_started_it() {
    let (wall, asked) = walled("reads_the_labs", counted());
    std::thread::scope(|scope| assert!(scope.spawn(|| wall.run(asked.clone())).join().unwrap().is_ok()));
    let first = wall.waiting();
    assert!(wall.run(asked).is_ok());
    assert_eq!((first.len(), wall.waiting()), (1, first));
}
