//! A host with more calls than it can run, and one whose runners are killed: every call has an answer of the table, in time.

use std::time::{Duration, Instant};

use crate::ehr::{Answer, Ehr, whole};
use crate::world::{World, guest_component, guest_manifest, patient_view, sample_component, samples};

const SAYS: &str = "The service could not be evaluated.";

/// A host with a plugin that no limit of a run ends before the deadline, and an honest one.
fn hospital(settings: &str) -> (World, Ehr) {
    let mut world = World::new();
    world.configure(|config| format!("{settings}\n{config}"));
    world.serve(&["--now", "2021-06-01"]);
    let key = world.publisher("org.cordon");
    let package = world.package("loops", &guest_component("loops_forever"), &guest_manifest("loops", "1.0.0"), &key);
    world.install("org.cordon.test.loops", &package);
    let manifest = std::fs::read_to_string(samples().join("news2/plugin.toml")).unwrap();
    let honest = world.package("news2", sample_component("news2"), &manifest, &key);
    world.install("org.cordon.sample.news2", &honest);
    let ehr = Ehr::of(&world);
    (world, ehr)
}

fn timed(ehr: &Ehr, service: &str) -> (Answer, Duration) {
    let start = Instant::now();
    (ehr.call(service, &whole(patient_view("nobody"))), start.elapsed())
}

#[test]
fn under_overload_every_call_is_answered_by_the_table_before_its_deadline() {
    let (world, ehr) = hospital("deadline-ms = 4000\nconcurrent = 2");
    let answers = std::thread::scope(|scope| {
        let calls: Vec<_> = (0..24).map(|_| scope.spawn(|| timed(&ehr, "loops"))).collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect::<Vec<_>>()
    });
    for (answer, took) in &answers {
        answer.is_outcome(503, SAYS);
        assert!(*took < Duration::from_secs(8), "{took:?}");
    }
    let (honest, _) = timed(&ehr, "news2");
    assert_eq!(honest.status, 200, "{}", honest.body);
    assert_eq!(world.get("/readyz").unwrap().0, 200);
}
