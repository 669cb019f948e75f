//! The test command, and what continuous integration runs around it.

use anyhow::Context;

use crate::{check, rooms, setup, sh};

/// The tests that take checks out.
const WITH_FAULTS: &str = "(package(cordon-ni) or package(cordon-connect)) and test(/faults::|would_succeed/)";

/// Passes the tests of every workspace: the host's, the sample plugins' and, through them, the guests'.
pub(crate) fn test() -> anyhow::Result<()> {
    setup::guest_target()?;
    setup::nextest()?;
    setup::node()?;
    setup::chromium()?;
    setup::python()?;
    setup::solver()?;
    let samples = sh::root().join("sample-plugins");
    run_tests(&["test", "--quiet", "--workspace", "--doc"], &sh::root())?;
    run_tests(&["nextest", "run", "--no-fail-fast"], &samples)?;
    // The build in which checks can be taken out: with every package, so that the libraries beneath are built once.
    run_tests(
        &["nextest", "run", "--workspace", "--features", "cordon-ni/faults", "--no-fail-fast", "-E", WITH_FAULTS],
        &sh::root(),
    )?;
    // Last, because its closing line is the one that counts.
    run_tests(&["nextest", "run", "--workspace", "--no-fail-fast"], &sh::root())
}

fn run_tests(arguments: &[&str], folder: &std::path::Path) -> anyhow::Result<()> {
    sh::run_in(folder, "cargo", arguments)
}

/// Formatting, lints, licences, rooms, shape and tests.
pub(crate) fn run() -> anyhow::Result<()> {
    for folder in ["", "sample-plugins", "tests/guests", "tests/extism/guest", "tests/fuzz"] {
        sh::run_in(&sh::root().join(folder), "cargo", &["fmt", "--all", "--check"])?;
    }
    check::run()?;
    rooms::check()?;
    let deny = setup::cargo_deny()?;
    let mut command = sh::command(&sh::root(), "cargo", &["deny", "check", "bans", "licenses", "sources"]);
    if let Some(folder) = deny {
        command.env("PATH", format!("{folder}:{}", path()?));
    }
    anyhow::ensure!(command.status().context("cargo deny")?.success(), "cargo deny found something");
    setup::guest_target()?;
    sh::run("cargo", &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])?;
    test()
}

fn path() -> anyhow::Result<String> {
    std::env::var("PATH").context("PATH")
}
