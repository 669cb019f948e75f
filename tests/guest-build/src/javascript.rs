//! JavaScript guests, run by QuickJS inside the component.

use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, ensure};

/// The component of `tests/guests/js/<name>.js`, made by the `componentize-qjs` that `package-lock.json` pins.
///
/// # Errors
/// When npm cannot install it, or when it cannot build the guest.
pub fn javascript_guest(name: &str) -> Result<Vec<u8>> {
    // One at a time: all builds share one folder.
    static FOLDER: Mutex<()> = Mutex::new(());
    let _one = FOLDER.lock().unwrap_or_else(PoisonError::into_inner);
    let sources = crate::repository().join("tests/guests/js");
    let folder = crate::target("guests/js")?;
    install(&sources, &folder)?;
    let component = folder.join(format!("{name}.wasm"));
    // Without `--sync` the component needs the component model's async, and without `--stub-wasi` it imports WASI.
    let status = Command::new("npx")
        .current_dir(&folder)
        .args(["--no", "componentize-qjs", "--", "--stub-wasi", "--sync", "--opt-size", "--minify"])
        .args(["-n", "cds-service", "--wit"])
        .arg(crate::repository().join("wit/0.1.0").canonicalize()?)
        .arg("--js")
        .arg(sources.join(format!("{name}.js")).canonicalize()?)
        .arg("-o")
        .arg(&component)
        .status()
        .context("npx does not run: Node.js 20 or later is needed")?;
    ensure!(status.success(), "`{name}.js` does not become a component");
    crate::read(&component)
}

/// Installs once: the folder keeps the lock file it was installed from.
fn install(sources: &Path, folder: &Path) -> Result<()> {
    let installed = folder.join("installed-from.json");
    let lock = crate::read(&sources.join("package-lock.json"))?;
    if crate::read(&installed).is_ok_and(|from| from == lock) {
        return Ok(());
    }
    std::fs::create_dir_all(folder)?;
    for file in ["package.json", "package-lock.json"] {
        std::fs::copy(sources.join(file), folder.join(file)).with_context(|| file.to_owned())?;
    }
    let status = Command::new("npm")
        .current_dir(folder)
        // Not `npm ci`: it refuses a lock file without the builds for other platforms that were never published.
        .args(["install", "--no-audit", "--no-fund", "--loglevel", "error"])
        .status()
        .context("npm does not run: Node.js 20 or later is needed")?;
    ensure!(status.success(), "npm cannot install what `tests/guests/js/package-lock.json` names");
    std::fs::copy(sources.join("package-lock.json"), installed)?;
    Ok(())
}
