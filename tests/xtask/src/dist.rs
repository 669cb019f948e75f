//! The release binary, and the benchmarks.

use std::io::Write as _;

use anyhow::Context;

use crate::{setup, sh};

/// Builds `dist/cordon` and, beside it, `dist/cordon-prove`, and prints their SHA-256.
pub(crate) fn run() -> anyhow::Result<()> {
    let folder = sh::root().join("dist");
    std::fs::create_dir_all(&folder).context("dist")?;
    // One after the other: built together, the daemon would get what only the prover asks of their common libraries.
    for program in ["cordon", "cordon-prove"] {
        sh::run("cargo", &["build", "--release", "--locked", "--package", program])?;
        std::fs::copy(sh::root().join("target/release").join(program), folder.join(program))
            .context("copy the binary")?;
    }
    sh::run("sha256sum", &["dist/cordon", "dist/cordon-prove"])
}

/// Runs the benchmark of one call. Its last line is one JSON object, the rest is for the person at the terminal.
pub(crate) fn bench(json: bool) -> anyhow::Result<()> {
    setup::guest_target()?;
    let arguments = ["bench", "--package", "cordon-server", "--bench", "call"];
    if !json {
        let status = sh::command(&sh::root(), "cargo", &arguments).status().context("cargo bench")?;
        anyhow::ensure!(status.success(), "the benchmark failed");
        return Ok(());
    }
    let out = String::from_utf8(sh::output("cargo", &arguments)?).context("the benchmark's output")?;
    let last = out.lines().last().context("the benchmark printed nothing")?;
    writeln!(std::io::stdout(), "{last}").context("standard output")
}
