//! Guests that no compiler would make: answers that lie about memory, forged handles, tricks of single instructions.

use cordon_core::limits::{LimitClass, Limits};
use cordon_core::message::{Answer, RunEnd, RunReply, Trap};

use crate::room::run;

/// Runs a plugin with this content in its core module.
fn core(core: &str) -> RunReply {
    run(&wat::parse_str(include_str!("plugin.wat").replace("CORE", core)).unwrap())
}

/// Runs a plugin whose `evaluate`, given the call's handle in `$call`, is this.
fn evaluate(body: &str) -> RunReply {
    core(&format!(r#"(func (export "evaluate") (param $call i32) (result i32) {body} i32.const 0)"#))
}

/// Where the answer's list of cards stands, in the canonical ABI: a `result` at 0 with the list's place and length.
fn cards(at: u32, count: u32) -> String {
    format!("(i32.store (i32.const 4) (i32.const {at})) (i32.store (i32.const 8) (i32.const {count}))")
}

#[test]
fn a_hand_made_plugin_with_nothing_to_say_answers_without_cards() {
    assert_eq!(evaluate("").end, RunEnd::Answered(Answer::default()));
}

#[test]
fn tail_calls_for_ever_are_paid_for() {
    let reply = core(
        r#"(func $spin (result i32) return_call $spin)
           (func (export "evaluate") (param i32) (result i32) return_call $spin)"#,
    );
    assert_eq!(reply, RunReply::new(RunEnd::Trapped(Trap::Fuel), Limits::of(LimitClass::Compiled).fuel));
}

#[test]
fn a_start_function_is_metered_too() {
    let answers = r#"(func (export "evaluate") (param i32) (result i32) i32.const 0)"#;
    let spins = core(&format!("{answers} (func $start (loop $l br $l)) (start $start)"));
    assert_eq!(spins.end, RunEnd::Trapped(Trap::Fuel));
    let grows = core(&format!("{answers} (func $start (drop (memory.grow (i32.const 600)))) (start $start)"));
    assert_eq!(grows.end, RunEnd::Trapped(Trap::Memory));
}

#[test]
fn what_a_module_starts_with_is_counted_before_it_runs() {
    let answers = r#"(func (export "evaluate") (param i32) (result i32) i32.const 0)"#;
    for more in ["(memory 600)", "(memory 0) (memory 0)", "(table 9000 funcref) (table 1001 funcref)"] {
        assert_eq!(core(&format!("{answers} {more}")).end, RunEnd::Trapped(Trap::Memory), "{more}");
    }
}

#[test]
fn a_table_cannot_grow_without_end() {
    let reply = core(
        r#"(table $t 1 funcref)
           (func (export "evaluate") (param i32) (result i32)
             (loop $l (drop (table.grow $t (ref.null func) (i32.const 100))) br $l) i32.const 0)"#,
    );
    assert_eq!(reply.end, RunEnd::Trapped(Trap::Memory));
}

#[test]
fn growing_memory_and_filling_it_cost_fuel() {
    let nothing = evaluate("").fuel;
    assert!(evaluate("(drop (memory.grow (i32.const 256)))").fuel > nothing + 255 * 256);
    assert!(evaluate("(memory.fill (i32.const 64) (i32.const 0) (i32.const 100000))").fuel > nothing + 100_000);
}

#[test]
fn one_text_in_a_hundred_cards_is_counted_a_hundred_times() {
    // 100 cards of 44 bytes from 64 on, each with the same summary of 100,000 bytes.
    let alias = "(local $at i32) (local.set $at (i32.const 64))
        (loop $l
          (i32.store offset=4 (local.get $at) (i32.const 8192))
          (i32.store offset=8 (local.get $at) (i32.const 100000))
          (local.set $at (i32.add (local.get $at) (i32.const 44)))
          (br_if $l (i32.lt_u (local.get $at) (i32.const 4464))))";
    assert_eq!(evaluate(&format!("{alias} {}", cards(64, 100))).end, RunEnd::Trapped(Trap::Transfer));
}

#[test]
fn an_answer_that_lies_is_a_trap() {
    let lies = [
        ("an answer beyond memory", "(return (i32.const 131068))".to_owned()),
        ("cards beyond memory", cards(131_000, 1_000)),
        ("cards that wrap around", cards(64, u32::MAX)),
        ("an unaligned answer", "(return (i32.const 2))".to_owned()),
        ("neither an answer nor a failure", "(i32.store8 (i32.const 0) (i32.const 2))".to_owned()),
        (
            "a failure that is none",
            "(i32.store8 (i32.const 0) (i32.const 1)) (i32.store8 (i32.const 4) (i32.const 3))".to_owned(),
        ),
        ("an indicator that is none", format!("{} (i32.store8 (i32.const 88) (i32.const 3))", cards(64, 1))),
        (
            "a summary that is not UTF-8",
            format!(
                "{} (i32.store8 (i32.const 199) (i32.const 255)) (i32.store (i32.const 68) (i32.const 199)) (i32.store (i32.const 72) (i32.const 1))",
                cards(64, 1)
            ),
        ),
    ];
    for (lie, body) in lies {
        assert_eq!(evaluate(&body).end, RunEnd::Trapped(Trap::Wasm), "{lie}");
    }
}

#[test]
fn a_forged_handle_is_a_trap() {
    let forged = [
        ("never given", "(drop (call $len (i32.const 7)))"),
        ("of another type", "(drop (call $len (local.get $call)))"),
        ("dropped twice", "(call $drop (local.get $call)) (call $drop (local.get $call))"),
        ("from far away", "(drop (call $len (i32.const -1)))"),
    ];
    for (what, body) in forged {
        assert_eq!(evaluate(body).end, RunEnd::Trapped(Trap::Wasm), "{what}");
    }
}
