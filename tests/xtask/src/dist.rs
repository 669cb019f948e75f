//! The release binary, and the benchmarks.

use anyhow::Context;

use crate::{setup, sh};

/// Builds `dist/cordon` and prints its SHA-256.
pub(crate) fn run() -> anyhow::Result<()> {
    sh::run("cargo", &["build", "--release", "--locked", "--package", "cordon"])?;
    let folder = sh::root().join("dist");
    std::fs::create_dir_all(&folder).context("dist")?;
    std::fs::copy(sh::root().join("target/release/cordon"), folder.join("cordon")).context("copy the binary")?;
    sh::run("sha256sum", &["dist/cordon"])
}

/// Runs the benchmark of one call.
pub(crate) fn bench(json: bool) -> anyhow::Result<()> {
    setup::guest_target()?;
    let mut arguments = vec!["bench", "--package", "cordon-server", "--bench", "call", "--"];
    if json {
        arguments.push("--json");
    }
    let status = sh::command(&sh::root(), "cargo", &arguments).status().context("cargo bench")?;
    anyhow::ensure!(status.success(), "the benchmark failed");
    Ok(())
}
