//! Generated code stays, is this host's own or is not run, and is made anew where it is missing.

use std::path::{Path, PathBuf};

use crate::ehr::{Answer, Ehr, whole};
use crate::world::{World, guest_component, guest_manifest, patient_view};

const GUESTS: [(&str, &str); 2] = [("first", "reads_the_labs"), ("second", "ignores_data")];

/// A host with two plugins.
fn hospital() -> (World, Ehr) {
    let mut world = World::new();
    world.configure(|config| format!("deadline-ms = 5000\n{config}"));
    world.serve(&[]);
    let key = world.publisher("org.cordon.test");
    for (name, guest) in GUESTS {
        let package = world.package(name, &guest_component(guest), &guest_manifest(name, "1.0.0"), &key);
        world.install(&format!("org.cordon.test.{name}"), &package);
    }
    let ehr = Ehr::of(&world);
    (world, ehr)
}

/// The files of generated code, in order.
fn files(world: &World) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(world.path("site/data/code")).unwrap().map(|entry| entry.unwrap().path());
    let mut files = entries.filter(|path| !path.ends_with("key")).collect::<Vec<_>>();
    files.sort();
    files
}

fn call(ehr: &Ehr, name: &str) -> Answer {
    ehr.call(name, &whole(patient_view("nobody")))
}

/// Calls until it is answered: the plugin has code again.
fn in_time(ehr: &Ehr, name: &str) {
    assert!((0..10_000).map(|_| call(ehr, name)).any(|answer| answer.status == 200), "{name}");
}

fn restarted(world: &mut World, while_down: impl FnOnce(&World)) {
    world.kill();
    while_down(world);
    std::fs::remove_file(world.path("host.log")).unwrap();
    world.serve(&[]);
}

#[test]
fn a_host_that_starts_again_loads_what_it_compiled() {
    let (mut world, ehr) = hospital();
    let before = files(&world);
    assert_eq!(before.len(), 2);
    restarted(&mut world, |_| ());
    for (name, _) in GUESTS {
        assert_eq!(call(&ehr, name).status, 200, "{name}");
    }
    assert!(!world.log().contains("compiled in the background"), "{}", world.log());
    assert_eq!(files(&world), before);
}

/// What is wrong with the files is said, the plugins are compiled again, and then the files are as they were.
fn repaired(spoil: impl FnOnce(&[PathBuf]), said: &str) {
    let (mut world, ehr) = hospital();
    let before = files(&world).iter().map(|file| std::fs::read(file).unwrap()).collect::<Vec<_>>();
    restarted(&mut world, |world| spoil(&files(world)));
    GUESTS.iter().for_each(|(name, _)| in_time(&ehr, name));
    let log = world.log();
    assert!(log.contains(said) && log.contains("compiled in the background"), "{log}");
    let after = files(&world).iter().map(|file| std::fs::read(file).unwrap()).collect::<Vec<_>>();
    assert!(before == after, "the code is another");
}

fn changed(file: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = std::fs::read(file).unwrap();
    change(&mut bytes);
    std::fs::write(file, bytes).unwrap();
}

#[test]
fn code_that_somebody_changed_is_not_run_but_made_again() {
    let flipped = |bytes: &mut Vec<u8>| *bytes.last_mut().unwrap() ^= 1;
    repaired(|files| files.iter().for_each(|file| changed(file, flipped)), "kept code is not this host's");
}

#[test]
fn the_code_of_another_plugin_is_not_run_in_its_place() {
    let swap = |files: &[PathBuf]| {
        let [one, other] = files else { panic!("two files") };
        let (first, second) = (std::fs::read(one).unwrap(), std::fs::read(other).unwrap());
        std::fs::write(one, second).unwrap();
        std::fs::write(other, first).unwrap();
    };
    repaired(swap, "kept code is not this host's");
}

#[test]
fn code_that_another_key_authenticated_is_not_run() {
    let other_key = |files: &[PathBuf]| changed(&files[0].with_file_name("key"), |key| key[0] ^= 1);
    let (mut world, ehr) = hospital();
    restarted(&mut world, |world| other_key(&files(world)));
    GUESTS.iter().for_each(|(name, _)| in_time(&ehr, name));
    assert!(world.log().contains("kept code is not this host's"), "{}", world.log());
}

/// What an engine of another version left: its files end in another profile.
fn from_another_engine(files: &[PathBuf]) -> Vec<PathBuf> {
    let others = files.iter().map(|file| file.with_extension("wasmtime-47-0123456789abcdef")).collect::<Vec<_>>();
    files.iter().zip(&others).for_each(|(file, other)| std::fs::rename(file, other).unwrap());
    others
}

#[test]
fn after_an_upgrade_of_the_engine_plugins_are_compiled_while_the_host_answers() {
    let (mut world, ehr) = hospital();
    restarted(&mut world, |world| drop(from_another_engine(&files(world)[..1])));
    GUESTS.iter().for_each(|(name, _)| in_time(&ehr, name));
    assert_eq!(world.log().matches("compiled in the background").count(), 1, "{}", world.log());
    assert_eq!(files(&world).len(), 3, "the code of both engines lies side by side");
}

#[test]
fn a_new_version_prepares_its_code_beside_the_host_that_answers() {
    let (mut world, ehr) = hospital();
    // To the program that prepares, the running host is one of another engine.
    let others = from_another_engine(&files(&world));
    let prepared = world.done(&["prepare"]);
    assert_eq!((&prepared["ready"], prepared["plugins"].as_array().unwrap().len()), (&true.into(), 2));
    assert_eq!(call(&ehr, "first").status, 200, "the old one answers");
    assert!(files(&world).len() == 4 && others.iter().all(|other| other.exists()));
    restarted(&mut world, |_| ());
    assert_eq!(call(&ehr, "first").status, 200, "the new one answers at once");
    assert!(!world.log().contains("compiled in the background"), "{}", world.log());
}

#[test]
fn nothing_is_prepared_where_no_host_was() {
    let world = World::new();
    let said = world.say(&["prepare"]);
    assert_eq!(said.code, 1, "{}", said.json);
}
