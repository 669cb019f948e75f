//! Components that are small and dear to compile (threats section 6): refused by the gate in the compiler's process, or compiled
//! within its limits. The host goes on either way, and has none of the memory.

use std::fmt::Write as _;
use std::time::Duration;

use cordon_core::ports::Runner as _;
use cordon_runtime::{ComponentError, Wit};
use cordon_wall::{CompileError, CompileLimits, Components as _, Priority, WallSettings};

use crate::room::{children, code, counted, manifest, message, wall};

/// A component with the contract's export, which gets past the gate, after this.
pub(crate) fn exporting(before: &str) -> Vec<u8> {
    let export = Wit::V0_2.export();
    wat::parse_str(format!(r#"(component {before} (instance $i) (export "{export}" (instance $i)))"#)).unwrap()
}

/// So many functions that do next to nothing.
pub(crate) fn functions(count: usize) -> Vec<u8> {
    exporting(&format!("(core module {})", "(func)".repeat(count)))
}

/// Functions of many branches, each just below what a body may have.
fn branches(count: usize) -> Vec<u8> {
    let depth = 500;
    let mut table = String::new();
    (0..depth).for_each(|label| write!(table, "{label} ").unwrap());
    let one = format!("(br_table {table}(local.get 0))");
    let body = format!("{}{}{}", "(block ".repeat(depth), one.repeat(200), ")".repeat(depth));
    exporting(&format!("(core module {})", format!("(func (param i32) {body})").repeat(count)))
}

/// Types in types, as deep as the text format goes.
fn types(depth: usize) -> Vec<u8> {
    let mut text = "(type $t0 u8)".to_owned();
    (1..=depth).for_each(|level| write!(text, "(type $t{level} (list $t{}))", level - 1).unwrap());
    exporting(&text)
}

fn nested(count: usize) -> Vec<u8> {
    exporting(&"(component)".repeat(count))
}

/// The bytes of this process that are in memory: proc_pid_status(5).
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
}

#[test]
fn bombs_are_refused_by_the_gate_or_end_within_their_limits_and_the_host_goes_on() {
    let compile =
        CompileLimits { time: Duration::from_secs(5), priority: Priority::Normal, ..CompileLimits::default() };
    let wall = wall(WallSettings { compile, ..counted() });
    let honest = code("reads_the_labs");
    wall.insert(&honest).unwrap();
    let bombs = [functions(200_000), nested(20_000), functions(50_000), branches(8), types(90), types(2_000)];
    let before = resident();
    let ends = bombs.map(|bomb| wall.compile(&bomb, &manifest(Wit::V0_2)).map(drop).unwrap_err());
    let too_many = |end: &CompileError| matches!(end, CompileError::Component(ComponentError::TooMany { .. }));
    assert!(too_many(&ends[0]) && too_many(&ends[1]), "{ends:?}");
    // Not one of them exports what a plugin must: what is compiled in time is then refused for that.
    let in_time = |end: &CompileError| matches!(end, CompileError::Component(_) | CompileError::Limit(_));
    assert!(ends.iter().all(in_time), "{ends:?}");
    // The bytes of the bombs and of what they became, and none of what compiling them took.
    assert!(resident() - before < 128 << 20, "{} MiB", (resident() - before) >> 20);
    assert!(wall.run(message(honest.digest())).is_ok());
    assert!(children().iter().all(|child| wall.waiting().contains(child)), "no compiler is left");
}
