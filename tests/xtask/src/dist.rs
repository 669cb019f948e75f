//! The release binaries.

use anyhow::Context;
use cargo_metadata::MetadataCommand;

use crate::sh;

/// Builds `dist/cordon` and, beside it, `dist/cordon-prove`, and prints their SHA-256.
pub(crate) fn run() -> anyhow::Result<()> {
    let folder = sh::root().join("dist");
    std::fs::create_dir_all(&folder).context("dist")?;
    let built = MetadataCommand::new().manifest_path(sh::root().join("Cargo.toml")).no_deps().exec()?.target_directory;
    // One after the other: built together, the daemon would get what only the prover asks of their common libraries.
    for program in ["cordon", "cordon-prove"] {
        sh::run("cargo", &["build", "--release", "--locked", "--package", program])?;
        std::fs::copy(built.join("release").join(program), folder.join(program)).context("copy the binary")?;
    }
    sh::run("sha256sum", &["dist/cordon", "dist/cordon-prove"])
}
