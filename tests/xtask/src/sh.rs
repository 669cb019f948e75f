//! Running other programs, and saying so.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// Says on standard error what is going on: standard output belongs to results.
#[expect(clippy::print_stderr, reason = "progress of a task is for the person at the terminal")]
pub(crate) fn say(what: &str) {
    eprintln!("xtask: {what}");
}

/// Runs a command in the root; its output goes to standard error.
pub(crate) fn run(program: &str, arguments: &[&str]) -> anyhow::Result<()> {
    run_in(&root(), program, arguments)
}

/// Runs a command in a folder.
pub(crate) fn run_in(folder: &Path, program: &str, arguments: &[&str]) -> anyhow::Result<()> {
    say(&format!("{program} {}", arguments.join(" ")));
    let status = command(folder, program, arguments)
        .stdout(std::io::stderr())
        .status()
        .with_context(|| format!("cannot start `{program}`"))?;
    if !status.success() {
        bail!("`{program} {}` ended with {status}", arguments.join(" "));
    }
    Ok(())
}

/// Runs a command and gives its standard output.
pub(crate) fn output(program: &str, arguments: &[&str]) -> anyhow::Result<Vec<u8>> {
    let out = command(&root(), program, arguments)
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start `{program}`"))?;
    if !out.status.success() {
        bail!("`{program} {}` ended with {}", arguments.join(" "), out.status);
    }
    Ok(out.stdout)
}

/// Whether a command starts and succeeds, silently.
pub(crate) fn works(program: &str, arguments: &[&str]) -> bool {
    command(&root(), program, arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

pub(crate) fn command(folder: &Path, program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).args(arguments).stdin(Stdio::null());
    command
}
