//! A host with more calls than it can run, and one whose runners are killed: every call has an answer of the table, in time.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::ehr::{Answer, Ehr, whole};
use crate::world::{World, guest_component, guest_manifest, patient_view, sample_component, samples};

const SAYS: &str = "The service could not be evaluated.";

/// A test shares its machine: what an answer in time may be late by.
const LATE: Duration = Duration::from_secs(2);

/// A host with an honest plugin.
fn hospital(settings: &str) -> (World, Ehr, String) {
    let mut world = World::new();
    world.configure(|config| format!("{settings}\n{config}"));
    world.serve(&["--now", "2021-06-01"]);
    let key = world.publisher("org.cordon");
    let manifest = std::fs::read_to_string(samples().join("news2/plugin.toml")).unwrap();
    let honest = world.package("news2", sample_component("news2"), &manifest, &key);
    world.install("org.cordon.sample.news2", &honest);
    let ehr = Ehr::of(&world);
    (world, ehr, key)
}

/// One with a plugin, too, that no limit of a run ends before the deadline.
fn hospital_that_loops(settings: &str) -> (World, Ehr) {
    let (world, ehr, key) = hospital(settings);
    let package = world.package("loops", &guest_component("loops_forever"), &guest_manifest("loops", "1.0.0"), &key);
    world.install("org.cordon.test.loops", &package);
    (world, ehr)
}

fn timed(ehr: &Ehr, service: &str) -> (Answer, Duration) {
    let start = Instant::now();
    (ehr.call(service, &whole(patient_view("nobody"))), start.elapsed())
}

/// Asks until it is so, for at most a minute.
fn wait_until(what: &str, so: impl Fn() -> bool) {
    let start = Instant::now();
    while !so() {
        assert!(start.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::yield_now();
    }
}

/// A line of `/proc/PID/status` without its unit, such as `VmHWM`, in KiB; nothing once the process is gone.
fn status(pid: u32, name: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

#[test]
fn under_overload_every_call_is_answered_by_the_table_before_its_deadline() {
    let (world, ehr) = hospital_that_loops("deadline-ms = 4000\nconcurrent = 2");
    let answers = std::thread::scope(|scope| {
        let calls: Vec<_> = (0..24).map(|_| scope.spawn(|| timed(&ehr, "loops"))).collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect::<Vec<_>>()
    });
    for (answer, took) in &answers {
        answer.is_outcome(503, SAYS);
        assert!(*took < Duration::from_secs(4) + LATE, "{took:?}");
    }
    let (honest, _) = timed(&ehr, "news2");
    assert_eq!(honest.status, 200, "{}", honest.body);
    assert_eq!(world.get("/readyz").unwrap().0, 200);
}

/// 32 clients at once, of which a quarter calls the plugin that loops: what each got, and after how long.
fn wave(ehr: &Ehr) -> Vec<(Answer, Duration)> {
    let calls = |client: usize| {
        let service = if client.is_multiple_of(4) { "loops" } else { "news2" };
        (0..2).map(|_| timed(ehr, service)).collect::<Vec<_>>()
    };
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..32).map(|client| scope.spawn(move || calls(client))).collect();
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
    })
}

#[test]
fn beyond_its_turns_a_host_answers_or_says_that_it_cannot_and_keeps_no_more_memory() {
    let (world, ehr) = hospital_that_loops("deadline-ms = 2000\nconcurrent = 4");
    assert_eq!(timed(&ehr, "news2").0.status, 200);
    let (host, mut peaks) = (world.process(), vec![]);
    let before = status(host, "VmRSS").unwrap();
    for _ in 0..2 {
        let answers = wave(&ehr);
        for (answer, took) in &answers {
            assert!(*took < Duration::from_secs(2) + LATE, "{took:?}");
            if answer.status != 200 {
                answer.is_outcome(503, SAYS);
            }
        }
        assert!(answers.iter().filter(|(answer, _)| answer.status == 503).count() >= 16, "there was no overload");
        peaks.push(status(host, "VmHWM").unwrap());
    }
    assert!(peaks[0] < before + 32 * 1024 && peaks[1] < peaks[0] + 8 * 1024, "{before} KiB, then {peaks:?}");
    let (next, took) = timed(&ehr, "news2");
    assert_eq!((next.status, world.get("/readyz").unwrap().0), (200, 200), "{}", next.body);
    assert!(took < Duration::from_secs(1), "{took:?}");
    assert_eq!(world.done(&["audit", "verify"])["whole"], true);
}

/// What `Seccomp` in `/proc/PID/status` says of a process with a filter, per proc(5).
const FILTERED: u64 = 2;

/// The processes of a host that are in their jail: its runners, and not those that wait for a component.
fn jailed(host: u32) -> Vec<u32> {
    let parent = |pid: &u32| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse::<u32>().ok()
    };
    let all = std::fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    all.filter(|pid| parent(pid) == Some(host) && status(*pid, "Seccomp") == Some(FILTERED)).collect()
}

fn signal(signal: &str, pid: u32) {
    assert!(std::process::Command::new("kill").args([signal, &pid.to_string()]).status().unwrap().success());
}

#[test]
fn a_runner_killed_under_load_takes_one_call_with_it_which_is_answered_at_once() {
    const DEADLINE: Duration = Duration::from_secs(10);
    let (world, ehr, _) = hospital("deadline-ms = 10000");
    assert_eq!(timed(&ehr, "news2").0.status, 200);
    // The one runner there is stands still, so that the call that it gets is in flight until it is killed.
    let runners = jailed(world.process());
    let [runner] = runners[..] else { panic!("{runners:?}") };
    signal("-STOP", runner);
    let (stop, answers) = (AtomicBool::new(false), Mutex::new(vec![]));
    let client = || {
        // Far more calls than it takes: a test that fails must end.
        for _ in (0..2_000).take_while(|_| !stop.load(Ordering::Relaxed)) {
            let (answer, took) = timed(&ehr, "news2");
            answers.lock().unwrap().push((answer, took, Instant::now()));
        }
    };
    let killed = std::thread::scope(|scope| {
        (0..4).for_each(|_| drop(scope.spawn(client)));
        let answered = || answers.lock().unwrap().len();
        wait_until("others are served beside the one that stands still", || answered() >= 12);
        assert!(answers.lock().unwrap().iter().all(|(answer, ..)| answer.status == 200));
        signal("-KILL", runner);
        let (killed, before) = (Instant::now(), answered());
        wait_until("the load goes on", || answered() >= before + 12);
        stop.store(true, Ordering::Relaxed);
        killed
    });
    let answers = answers.into_inner().unwrap();
    let (served, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|(answer, ..)| answer.status == 200);
    let [(lost, took, at)] = &lost[..] else { panic!("{} calls are lost", lost.len()) };
    lost.is_outcome(503, SAYS);
    assert!(*at - killed < Duration::from_secs(1) && *took < DEADLINE, "{:?}, {took:?}", *at - killed);
    let next = served.iter().map(|(_, _, at)| *at).filter(|at| *at > killed).min().unwrap();
    assert!(next - killed < Duration::from_secs(1), "{:?}", next - killed);
    assert_eq!(timed(&ehr, "news2").0.status, 200);
}
