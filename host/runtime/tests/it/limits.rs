//! Every limit, one step beyond it.

use std::sync::Arc;

use cordon_core::cells::Held;
use cordon_core::ids::Digest;
use cordon_core::limits::{LimitClass, Limits};
use cordon_core::message::{CellGiven, PackData, RunEnd, RunReply, Trap};
use cordon_core::ports::{Runner, RunnerError};
use cordon_runtime::{LocalRunner, Plugins};

use crate::room::{engine, guest, labs, message, name, run_with, said};

/// Runs a guest with other limits.
fn limited(name: &str, limit: impl FnOnce(&mut Limits)) -> RunReply {
    let component = guest(name);
    let mut message = message(&component, LimitClass::Compiled);
    limit(&mut message.limits);
    run_with(&component, message)
}

fn trap(reply: &RunReply) -> Option<Trap> {
    match reply.end {
        RunEnd::Trapped(trap) => Some(trap),
        RunEnd::Answered(_) | RunEnd::Failed(_) => None,
    }
}

#[test]
fn one_unit_of_fuel_too_few_is_out_of_fuel() {
    let needed = limited("reads_the_labs", |_| {}).fuel;
    assert_eq!(trap(&limited("reads_the_labs", |limits| limits.fuel = needed)), None);
    assert_eq!(trap(&limited("reads_the_labs", |limits| limits.fuel = needed - 1)), Some(Trap::Fuel));
}

#[test]
fn the_memory_a_guest_starts_with_counts() {
    assert_eq!(trap(&limited("ignores_data", |limits| limits.memory = 1 << 20)), Some(Trap::Memory));
}

#[test]
fn more_instances_memories_or_tables_than_the_limits_are_refused() {
    assert_eq!(trap(&limited("reads_the_labs", |limits| limits.core_instances = 1)), Some(Trap::Memory));
    assert_eq!(trap(&limited("reads_the_labs", |limits| limits.memories = 0)), Some(Trap::Memory));
    assert_eq!(trap(&limited("reads_the_labs", |limits| limits.tables = 0)), Some(Trap::Memory));
    assert_eq!(trap(&limited("reads_the_labs", |limits| limits.table_elements = 0)), Some(Trap::Memory));
}

#[test]
fn the_call_and_one_view_are_two_live_handles() {
    assert_eq!(trap(&limited("returns_an_image_in_markdown", |limits| limits.handles = 2)), None);
    assert_eq!(trap(&limited("returns_an_image_in_markdown", |limits| limits.handles = 1)), Some(Trap::Handles));
}

#[test]
fn a_transfer_has_a_limit_and_four_of_them_are_all_there_are() {
    // Two rows of 105 bytes are read at once, twice.
    assert_eq!(trap(&limited("reads_everything_twice", |limits| limits.transfer = 210)), None);
    assert_eq!(trap(&limited("reads_everything_twice", |limits| limits.transfer = 209)), Some(Trap::Transfer));
    assert_eq!(trap(&limited("reads_without_end", |limits| limits.transfer = 210)), Some(Trap::Transfer));
}

#[test]
fn narrowing_pays_for_the_rows_it_parses() {
    let component = guest("reads_the_labs");
    let fuel = |padding: usize| {
        let mut message = message(&component, LimitClass::Compiled);
        message.views = vec![labs([format!(r#"{{"id":"{}"}}"#, "x".repeat(padding)).as_str()])];
        run_with(&component, message).fuel
    };
    // Parsing costs 10 a byte; carrying the row across costs more on top.
    assert!(fuel(2_000) - fuel(1_000) > 10_000);
}

#[test]
fn reading_a_pack_and_a_cell_pays_for_their_bytes() {
    let fuel = |bytes: usize| {
        let component = guest("reads_a_pack_in_pieces");
        let mut message = message(&component, LimitClass::Compiled);
        let pack = PackData { version: "1".to_owned(), digest: Digest::of(b""), bytes: vec![b'x'; bytes] };
        message.packs = [(name("doses"), Arc::new(pack))].into();
        run_with(&component, message).fuel
    };
    // One call of the host for seven bytes costs 200 and the seven; the guest's own work comes on top.
    assert!(fuel(1_400) - fuel(700) > 100 * 207);
    let cell = |bytes: usize| {
        let component = guest("counts_in_a_cell");
        let mut message = message(&component, LimitClass::Compiled);
        let held = Held { version: 1, bytes: vec![1; bytes] };
        message.cells = [(name("count"), CellGiven { size: 4_096, held: Some(held) })].into();
        run_with(&component, message).fuel
    };
    assert!(cell(4_096) - cell(1_024) >= 3_072);
}

#[test]
fn cells_and_packs_are_live_handles() {
    // The call, and two handles of one cell.
    assert_eq!(trap(&limited("counts_in_a_cell", |limits| limits.handles = 3)), None);
    assert_eq!(trap(&limited("counts_in_a_cell", |limits| limits.handles = 2)), Some(Trap::Handles));
    assert_eq!(trap(&limited("reads_a_pack_in_pieces", |limits| limits.handles = 1)), Some(Trap::Handles));
}

#[test]
fn what_is_kept_is_moved_like_everything_else() {
    assert_eq!(trap(&limited("reads_a_pack_without_end", |limits| limits.transfer = 17)), Some(Trap::Transfer));
    assert_eq!(trap(&limited("writes_a_cell_and_fails", |limits| limits.transfer = 8)), Some(Trap::Transfer));
    assert_eq!(trap(&limited("notes_two_things", |limits| limits.transfer = 11)), Some(Trap::Transfer));
    assert_eq!(trap(&limited("notes_two_things", |limits| limits.transfer = 12)), None);
}

#[test]
fn a_component_that_is_not_loaded_is_a_fault_of_the_host() {
    let component = guest("ignores_data");
    let plugins = Arc::new(Plugins::default());
    let runner = LocalRunner::new(engine(), plugins.clone());
    let run = || runner.run(message(&component, LimitClass::Compiled));
    assert_eq!(run(), Err(RunnerError("the component is not loaded")));
    let compiled = engine().compile(&component, LimitClass::Compiled).unwrap();
    let digest = compiled.digest();
    plugins.insert(compiled);
    assert_eq!(said(&run().unwrap()), "Think of hydration.");
    plugins.remove(&digest);
    assert_eq!(run(), Err(RunnerError("the component is not loaded")));
}

#[test]
fn a_component_admitted_in_the_wider_class_does_not_run_in_the_narrower_one() {
    let component = guest("ignores_data");
    let plugins = Arc::new(Plugins::default());
    let runner = LocalRunner::new(engine(), plugins.clone());
    let admit = |class| plugins.insert(engine().compile(&component, class).unwrap());
    let run = |class| runner.run(message(&component, class));
    admit(LimitClass::Interpreted);
    assert!(run(LimitClass::Interpreted).is_ok());
    assert_eq!(run(LimitClass::Compiled), Err(RunnerError("the component was admitted in a wider class")));
    admit(LimitClass::Compiled);
    admit(LimitClass::Interpreted);
    assert!(run(LimitClass::Interpreted).is_ok() && run(LimitClass::Compiled).is_ok());
}
