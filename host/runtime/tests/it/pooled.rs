//! An engine that gives each instance the place of the one before ends every run as one that makes a new place.

use std::sync::Arc;

use cordon_core::limits::LimitClass;
use cordon_core::message::{RunEnd, RunReply, Trap};
use cordon_core::ports::Runner;
use cordon_runtime::{Engine, LocalRunner, Plugins};

use crate::room::{engine, guest, message};

const ANSWERS: &str = r#"(func (export "evaluate") (param i32) (result i32) i32.const 0)"#;

/// One run of this component, twice in a process of either kind: what is compiled here is loaded there.
fn runs(component: &[u8], class: LimitClass) -> Vec<RunReply> {
    let code = engine().precompile(component, class).unwrap();
    let run = |engine: Engine| {
        let plugins = Arc::new(Plugins::default());
        plugins.insert(engine.load(&code).unwrap());
        let runner = LocalRunner::new(engine, plugins);
        [0, 1].map(|_| runner.run(message(component, class)).unwrap())
    };
    [engine(), Engine::pooled(class).unwrap()].into_iter().flat_map(run).collect()
}

#[track_caller]
fn ends(component: &[u8], class: LimitClass) -> RunEnd {
    let replies = runs(component, class);
    assert!(replies.iter().all(|reply| *reply == replies[0]), "{replies:?}");
    replies[0].end.clone()
}

/// A plugin with this in its core module.
fn core(core: &str) -> Vec<u8> {
    wat::parse_str(include_str!("plugin.wat").replace("CORE", core)).unwrap()
}

#[test]
fn guests_answer_alike() {
    for name in ["reads_the_labs", "reads_everything_twice", "counts_in_a_cell", "notes_two_things"] {
        assert!(matches!(ends(&guest(name), LimitClass::Compiled), RunEnd::Answered(_)), "{name}");
    }
}

#[test]
fn guests_are_cut_off_alike() {
    for name in ["grows_memory", "recurses", "loops_forever", "floods_handles"] {
        assert!(matches!(ends(&guest(name), LimitClass::Compiled), RunEnd::Trapped(_)), "{name}");
    }
}

#[test]
fn what_a_module_starts_with_ends_alike() {
    for more in [
        "(memory 600)",
        "(memory 65536)",
        "(memory 0) (memory 0)",
        &"(memory 0)".repeat(99),
        "(table 9000 funcref) (table 1001 funcref)",
    ] {
        let component = core(&format!("{ANSWERS} {more}"));
        assert_eq!(ends(&component, LimitClass::Compiled), RunEnd::Trapped(Trap::Memory), "{more}");
    }
}

/// A table or a memory with a maximum of its own, which is above or below the limit, and which is passed by one step or many.
#[test]
fn growing_ends_alike() {
    let grows = |what: &str, by: u32| {
        let grow = match what.starts_with("(table") {
            true => format!("(table.grow $t (ref.null func) (i32.const {by}))"),
            false => format!("(memory.grow $t (i32.const {by}))"),
        };
        // The answer's first byte says whether it was told "no".
        let body = format!("(i32.store8 (i32.const 0) (i32.eq {grow} (i32.const -1))) i32.const 0");
        ends(
            &core(&format!(r#"{what} (func (export "evaluate") (param i32) (result i32) {body})"#)),
            LimitClass::Compiled,
        )
    };
    for (table, memory) in [(9_998, 2), (9_999, 2), (49_999, 509), (50_000, 510), (1 << 20, 60_000)] {
        for most in ["", "5", "20000", "60000"] {
            grows(&format!("(table $t 1 {most} funcref)"), table);
            grows(&format!("(memory $t 1 {most})"), memory);
        }
    }
}
