//! Builds the plugin for Extism.
//!
//! In WebAssembly the SDK knows one host, ours; its rows in memory, which `cordon_sdk::testing` reads, are native only. So
//! the plugin is built from a copy of the SDK, the sample and `tests/extism/guest` below the target directory, in which the
//! SDK holds every target for native. Nothing else is changed, and the flags are those of `sample-plugins`.
#![expect(clippy::disallowed_methods, reason = "a benchmark's set-up, not the host")]

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};
use cordon_guest_build::repository;

const TARGET: &str = "wasm32-unknown-unknown";
const WASM: &str = r#"target_family = "wasm""#;
const NEVER: &str = "any()";

/// A folder below the target directory.
pub(crate) fn place(name: &str) -> anyhow::Result<PathBuf> {
    // target/release/deps/extism-0123456789abcdef
    let program = std::env::current_exe()?;
    Ok(program.ancestors().nth(3).context("a benchmark runs from the target directory")?.join(name))
}

/// Where the module is, built.
pub(crate) fn for_extism() -> anyhow::Result<PathBuf> {
    let place = place("extism-guest")?;
    for folder in ["sample-plugins/renal-dosing", "tests/extism/guest"] {
        copy(&repository().join(folder), &place.join(folder), &|text| text)?;
    }
    copy(&repository().join("sample-plugins/.cargo"), &place.join(".cargo"), &|text| text)?;
    copy(&repository().join("sdk/rust"), &place.join("sdk/rust"), &|text| text.replace(WASM, NEVER))?;
    let status = Command::new("cargo")
        .current_dir(place.join("tests/extism/guest"))
        .args(["build", "--release", "--locked", "--quiet", "--target", TARGET])
        .env("CARGO_TARGET_DIR", place.join("target"))
        // As its author would build it, not with the flags of this run.
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("RUSTC_WORKSPACE_WRAPPER")
        .status()
        .context("cargo does not run")?;
    ensure!(status.success(), "the plugin does not build: is the target there? `rustup target add {TARGET}`");
    Ok(place.join("target").join(TARGET).join("release/renal_dosing_for_extism.wasm"))
}

/// Copies a folder of texts. A file that is there already stays as it is, so that nothing is built twice.
fn copy(from: &Path, to: &Path, change: &dyn Fn(String) -> String) -> anyhow::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from).with_context(|| from.display().to_string())? {
        let name = entry?.file_name();
        let (from, to) = (from.join(&name), to.join(&name));
        if name == "target" {
            continue;
        }
        if from.is_dir() {
            copy(&from, &to, change)?;
            continue;
        }
        let text = change(std::fs::read_to_string(&from).with_context(|| from.display().to_string())?);
        if !std::fs::read_to_string(&to).is_ok_and(|before| before == text) {
            std::fs::write(&to, text)?;
        }
    }
    Ok(())
}
