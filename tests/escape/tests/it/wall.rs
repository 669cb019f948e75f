//! Runs behind the wall: as in the same process, in time, and one process for each plugin and tenant.

use std::sync::Arc;

use cordon_core::message::RunEnd;
use cordon_core::ports::Runner as _;
use cordon_runtime::{Engine, LocalRunner, Plugins};
use cordon_wall::{Layer, Wall, WallSettings};

use crate::room::{accepted, code, drill, message, walled};

#[test]
fn every_layer_of_the_jail_stands_on_this_machine() {
    let layers = Wall::examine(&drill(), &accepted()).unwrap();
    assert_eq!(layers.unaccepted(&[].into()), [], "{layers:?}");
    assert_eq!(layers.standing.len(), Layer::ALL.len());
}

#[test]
fn a_run_behind_the_wall_is_the_run_in_front_of_it() {
    let (wall, asked) = walled("reads_the_labs", WallSettings::default());
    let plugins = Arc::new(Plugins::default());
    let engine = Engine::new().unwrap();
    plugins.insert(engine.load(&code("reads_the_labs")).unwrap());
    let here = LocalRunner::new(engine, plugins).run(asked.clone()).unwrap();
    assert!(matches!(here.end, RunEnd::Answered(_)), "{here:?}");
    assert_eq!(wall.run(asked).unwrap(), here);
}

#[test]
fn a_component_that_is_not_loaded_is_a_fault_of_the_host() {
    let (wall, _) = walled("reads_the_labs", WallSettings::default());
    assert!(wall.run(message(cordon_core::ids::Digest::of(b"another"))).is_err());
}
