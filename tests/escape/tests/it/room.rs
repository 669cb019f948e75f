//! What the tests share: a wall, a component in it, a message.

use std::collections::BTreeSet;
use std::time::Duration;

use cordon_core::ids::{Coins, Digest, NeedName, ServiceId, TenantId};
use cordon_core::limits::{LimitClass, Limits};
use cordon_core::manifest::Hook;
use cordon_core::message::RunMessage;
use cordon_core::view::View;
use cordon_runtime::{Code, Engine};
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

/// Layers that this machine may be without; the drill prints which it is without.
pub(crate) fn accepted() -> BTreeSet<Layer> {
    Layer::ALL.into_iter().filter(|layer| layer.may_be_missing()).collect()
}

/// The code of a guest.
pub(crate) fn code(name: &str) -> Code {
    let engine = Engine::new().unwrap();
    engine.precompile(&cordon_guest_build::guest(name).unwrap(), LimitClass::Compiled).unwrap()
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
