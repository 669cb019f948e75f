//! The release binaries.

use anyhow::Context;

use crate::sh;

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
