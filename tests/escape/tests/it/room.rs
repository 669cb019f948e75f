//! What the tests share: a wall, a component in it, a message.

use std::collections::BTreeSet;
use std::time::Duration;

use cordon_core::ids::{Coins, Digest, NeedName, PluginId, ServiceId, TenantId};
use cordon_core::limits::{LimitClass, Limits};
use cordon_core::manifest::{Hook, Manifest};
use cordon_core::message::RunMessage;
use cordon_core::view::View;
use cordon_runtime::{Code, Engine, Wit};
use cordon_wall::{Components as _, Layer, Program, Wall, WallSettings};

const ROW: &str = r#"{"resourceType":"Observation","id":"a","status":"final","code":{"coding":[{"code":"2160-0"}]}}"#;

/// The program with the planted code.
pub(crate) fn drill() -> Program {
    Program::new(env!("CARGO_BIN_EXE_cordon-escape"), &[])
}

/// A wall of the drill's runners.
pub(crate) fn wall(settings: WallSettings) -> Wall {
    Wall::start(drill(), Engine::new().unwrap(), settings).unwrap()
}

/// No process waits for a component: for tests that count processes.
pub(crate) fn counted() -> WallSettings {
    WallSettings { spares: 0, ..WallSettings::default() }
}

/// How the kernel schedules a process: the 41st field of its `stat` (proc_pid_stat(5)). 5 is what runs when nothing else does.
pub(crate) fn policy(pid: u32) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.split(' ').nth(38).map(str::to_owned)
}

/// Layers that this machine may be without; the drill prints which it is without.
pub(crate) fn accepted() -> BTreeSet<Layer> {
    Layer::ALL.into_iter().filter(|layer| layer.may_be_missing()).collect()
}

/// A guest's component.
pub(crate) fn guest(name: &str) -> Vec<u8> {
    cordon_guest_build::guest(name).unwrap()
}

/// A manifest that names this version of the contract.
pub(crate) fn manifest(wit: Wit) -> Manifest {
    let text = format!(
        r#"id = "org.example.probe"
           version = "1.0.0"
           wit = "{wit}"
           title = {{ en = "Probe" }}
           description = {{ en = "Probes." }}
           intended-use = "Tests"
           publisher = "Example"
           contact = "mailto:probe@example.org"
           service = [{{ id = "probe", hook = "patient-view", description = "Probes." }}]
           cards = {{ mode = "text" }}
           source = {{ label = "Probe" }}"#
    );
    Manifest::parse(&text).unwrap()
}

/// The processes that this one started and that have not ended. Each test is a process of its own.
pub(crate) fn children() -> Vec<u32> {
    let own = std::process::id();
    let parent = |pid: &u32| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse::<u32>().ok()
    };
    let all = std::fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    all.filter(|pid| parent(pid) == Some(own)).collect()
}

/// The code of a guest.
pub(crate) fn code(name: &str) -> Code {
    let engine = Engine::new().unwrap();
    engine.precompile(&guest(name), LimitClass::Compiled).unwrap()
}

/// A wall with one guest in it.
pub(crate) fn walled(guest: &str, settings: WallSettings) -> (Wall, RunMessage) {
    let (wall, code) = (wall(settings), code(guest));
    wall.insert(&code).unwrap();
    (wall, message(code.digest()))
}

/// A call with one row and 10 s.
pub(crate) fn message(component: Digest) -> RunMessage {
    RunMessage {
        tenant: TenantId::new("st-anna").unwrap(),
        plugin: PluginId::new("org.example.probe").unwrap(),
        component,
        limits: Limits::of(LimitClass::Compiled),
        hook: Hook::PatientView,
        service: ServiceId::new("probe").unwrap(),
        now: "2024-03-01T09:30:00Z".parse().unwrap(),
        locale: "en".to_owned(),
        views: vec![View::new(NeedName::new("labs").unwrap(), [ROW])],
        cells: [].into(),
        packs: [].into(),
        budget: Duration::from_secs(10),
        coins: Coins::new([7; 32]),
    }
}
