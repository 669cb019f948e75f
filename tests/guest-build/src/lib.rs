//! Builds guests for tests: Rust crates for `wasm32-unknown-unknown`, made into components.
//!
//! A test tool only: it runs `cargo`, `npm` and `pip` and writes below the target directory. Every failure is an error with a
//! hint, never a skipped test.
#![forbid(unsafe_code)]

mod c;
mod interpreted;
mod rust;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use anyhow::{Context, Result};

pub use c::c_guest;
pub use interpreted::{Profile, javascript_guest, javascript_guest_in, python_guest, python_guest_in};
pub use rust::component;

/// The repository's root.
#[must_use]
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The component of `tests/guests/examples/<name>.rs`. Builds all guests once per process.
///
/// # Errors
/// When the guests do not build, or when there is no guest of this name.
pub fn guest(name: &str) -> Result<Vec<u8>> {
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        rust::build(&repository().join("tests/guests"), &["--examples"]).map_err(|error| format!("{error:#}"))
    });
    let built = built.as_ref().map_err(|error| anyhow::anyhow!("{error}"))?;
    cached(&built.join("examples").join(format!("{name}.wasm")))
}

/// The component of one package of another workspace of guests, such as `sample-plugins`.
///
/// # Errors
/// When the package does not build.
pub fn package(workspace: &Path, name: &str) -> Result<Vec<u8>> {
    let built = rust::build(workspace, &["--package", name])?;
    cached(&built.join(format!("{}.wasm", name.replace('-', "_"))))
}

/// The component of such a package, built with a feature: in a folder of its own, so that it never stands in the place of the
/// one without.
///
/// # Errors
/// When the package does not build.
pub fn package_with(workspace: &Path, name: &str, feature: &str) -> Result<Vec<u8>> {
    let built =
        rust::build_in(&target(&format!("guests/{feature}"))?, workspace, &["--package", name, "--features", feature])?;
    cached(&built.join(format!("{}.wasm", name.replace('-', "_"))))
}

/// The names of the guests: one for each file in `tests/guests/examples`.
///
/// # Errors
/// When the folder cannot be read.
pub fn guests() -> Result<Vec<String>> {
    let folder = repository().join("tests/guests/examples");
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let name = path.file_stem().and_then(|stem| stem.to_str()).context("a guest without a name")?;
        names.push(name.to_owned());
    }
    names.sort();
    Ok(names)
}

/// Encoding a component takes some milliseconds: each is made once per process.
fn cached(module: &Path) -> Result<Vec<u8>> {
    static MADE: Mutex<BTreeMap<PathBuf, Vec<u8>>> = Mutex::new(BTreeMap::new());
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(component) = made.get(module) {
        return Ok(component.clone());
    }
    let component = component(&read(module)?)?;
    made.insert(module.to_owned(), component.clone());
    Ok(component)
}

#[expect(clippy::disallowed_methods, reason = "a test tool, not the host")]
fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| path.display().to_string())
}

/// A folder below the target directory that this test was built into.
fn target(name: &str) -> Result<PathBuf> {
    // target/debug/deps/it-0123456789abcdef
    let test = std::env::current_exe()?;
    Ok(test.ancestors().nth(3).context("tests run from the target directory")?.join(name))
}
