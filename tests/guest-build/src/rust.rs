//! Rust guests.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use wit_component::ComponentEncoder;

const TARGET: &str = "wasm32-unknown-unknown";

/// Builds what `which` names in this workspace and returns the folder that holds the core modules.
pub(crate) fn build(workspace: &Path, which: &[&str]) -> Result<PathBuf> {
    build_in(&crate::target("guests")?, workspace, which)
}

/// As [`build`], with a target directory of its own.
pub(crate) fn build_in(target: &Path, workspace: &Path, which: &[&str]) -> Result<PathBuf> {
    let status = Command::new("cargo")
        .current_dir(workspace)
        .args(["build", "--release", "--locked", "--quiet", "--target", TARGET])
        .args(which)
        .env("CARGO_TARGET_DIR", target)
        // A guest is built as its author would build it, not with the flags of this test run.
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("RUSTC_WORKSPACE_WRAPPER")
        .status()
        .context("cargo does not run")?;
    ensure!(status.success(), "the guests do not build: is the target there? `rustup target add {TARGET}`");
    Ok(target.join(TARGET).join("release"))
}

/// Makes a core module that carries its WIT a component.
///
/// # Errors
/// When the module does not fit its WIT.
pub fn component(module: &[u8]) -> Result<Vec<u8>> {
    ComponentEncoder::default().validate(true).module(module)?.encode()
}
