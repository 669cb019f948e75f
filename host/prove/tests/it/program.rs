//! The program: JSON on standard output, and its exit codes.

use std::process::Command;

use serde_json::Value;

const DEFAULT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../policy/policies/default.cedar");
const RESEARCH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../policy/examples/research-classified.cedar");

fn run(arguments: &[&str]) -> (Option<i32>, Value) {
    let output = Command::new(env!("CARGO_BIN_EXE_cordon-prove")).args(arguments).output().unwrap();
    (output.status.code(), serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn proved_is_0() {
    let (code, answer) = run(&["diff", DEFAULT, DEFAULT]);
    assert_eq!((code, &answer["nothing_widened"]["verdict"]), (Some(0), &Value::from("proved")));
}

#[test]
fn a_counterexample_is_1() {
    let (code, answer) = run(&["diff", DEFAULT, RESEARCH]);
    assert_eq!((code, &answer["nothing_widened"]["verdict"]), (Some(1), &Value::from("counterexample")));
    let (code, answer) = run(&["never", DEFAULT, "--label", "PSY", "--purpose", "BTG"]);
    assert_eq!((code, &answer["never"]["verdict"]), (Some(1), &Value::from("counterexample")));
}

#[test]
fn what_could_not_be_decided_is_2() {
    for arguments in [
        vec!["diff", DEFAULT, "/nonexistent.cedar"],
        vec!["--solver", "/nonexistent", "diff", DEFAULT, DEFAULT],
        vec!["never", DEFAULT],
        vec!["never", DEFAULT, "--label", "hivv"],
    ] {
        let (code, answer) = run(&arguments);
        assert_eq!((code, &answer["verdict"]), (Some(2), &Value::from("undecided")), "{arguments:?}");
    }
}
