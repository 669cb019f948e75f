//! Guests in JavaScript and Python, run by an interpreter inside the component.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// What stands in for the system that an interpreter was written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Nothing: a trap inside the component. It imports the contract alone.
    Strict,
    /// The host's WASI, which holds nothing.
    Wasi,
}

impl Profile {
    fn stub(self) -> Option<&'static str> {
        (self == Self::Strict).then_some("--stub-wasi")
    }

    fn folder(self, language: &str) -> String {
        match self {
            Self::Strict => language.to_owned(),
            Self::Wasi => format!("{language}-wasi"),
        }
    }
}

/// The component of `tests/guests/js/<name>.js`, made by the `componentize-qjs` that `sdk/js/package-lock.json` pins.
///
/// # Errors
/// When npm cannot install it, or when it cannot build the guest.
pub fn javascript_guest(name: &str) -> Result<Vec<u8>> {
    javascript_guest_in(Profile::Strict, name)
}

/// As [`javascript_guest`], in a profile.
///
/// # Errors
/// As [`javascript_guest`].
pub fn javascript_guest_in(profile: Profile, name: &str) -> Result<Vec<u8>> {
    let sdk = crate::repository().join("sdk/js");
    let place = crate::target("guests/js")?;
    // Not `npm ci`: it refuses a lock file without the builds for other platforms that were never published.
    let npm = ("npm", vec!["install", "--no-audit", "--no-fund", "--loglevel", "error"]);
    install(&sdk, &["package-lock.json", "package.json"], &place, &[npm])?;
    let source = crate::repository().join(format!("tests/guests/js/{name}.js"));
    built(&source, &place, &profile.folder("made"), |source, component| {
        // Without `--sync` the component needs the component model's async.
        let mut qjs = Command::new(place.join("node_modules/.bin/componentize-qjs"));
        qjs.args(profile.stub())
            .args(["--sync", "--opt-size", "--minify", "-n", "cds-service", "--wit"])
            .arg(contract());
        qjs.arg("--js").arg(source).arg("-o").arg(component);
        qjs
    })
}

/// The component of `tests/guests/python/<name>.py`, made by the `componentize-py` that `sdk/python/requirements.txt` pins.
///
/// # Errors
/// When pip cannot install it, or when it cannot build the guest.
pub fn python_guest(name: &str) -> Result<Vec<u8>> {
    python_guest_in(Profile::Strict, name)
}

/// As [`python_guest`], in a profile.
///
/// # Errors
/// As [`python_guest`].
pub fn python_guest_in(profile: Profile, name: &str) -> Result<Vec<u8>> {
    let place = crate::target("guests/python")?;
    install_python(&crate::repository().join("sdk/python"), &place)?;
    let sources = crate::repository().join("tests/guests/python");
    built(&sources.join(format!("{name}.py")), &place, &profile.folder("made"), |_, component| {
        let mut cpython = Command::new(place.join("bin/componentize-py"));
        cpython.arg("--quiet").arg("--wit-path").arg(contract()).args(["--world", "cds-service", "componentize"]);
        cpython.args(profile.stub()).args([name, "-p"]).arg(&sources).arg("--output").arg(component);
        cpython
    })
}

/// Installs the Python packages that a `requirements.txt` pins by their digests.
pub(crate) fn install_python(pins: &Path, place: &Path) -> Result<()> {
    let pip = vec!["install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", "requirements.txt"];
    install(pins, &["requirements.txt"], place, &[("python3", vec!["-m", "venv", "."]), ("bin/pip", pip)])
}

pub(crate) fn contract() -> PathBuf {
    crate::repository().join("wit/cordon-clinical.wit")
}

/// Makes a component, unless the one that is there was made from this very source, contract and tool.
pub(crate) fn built(
    source: &Path,
    place: &Path,
    made: &str,
    tool: impl Fn(&Path, &Path) -> Command,
) -> Result<Vec<u8>> {
    let _one = alone(place)?;
    let made = place.join(made);
    std::fs::create_dir_all(&made)?;
    let name = source.file_stem().and_then(|stem| stem.to_str()).context("a guest without a name")?;
    let (component, from) = (made.join(format!("{name}.wasm")), made.join(format!("{name}.from")));
    let source = source.canonicalize().with_context(|| source.display().to_string())?;
    let now = [crate::read(&source)?, crate::read(&contract())?, crate::read(&place.join(INSTALLED))?].concat();
    if crate::read(&from).is_ok_and(|before| before == now) {
        return crate::read(&component);
    }
    let status = tool(&source, &component).current_dir(place).status().context("the tool does not run")?;
    ensure!(status.success(), "`{}` does not become a component", source.display());
    write(&from, &now)?;
    crate::read(&component)
}

/// What the tool in a folder was installed from.
const INSTALLED: &str = "installed-from";

/// Installs once: the folder keeps the pins it was installed from.
fn install(sdk: &Path, pins: &[&str], place: &Path, steps: &[(&str, Vec<&str>)]) -> Result<()> {
    std::fs::create_dir_all(place)?;
    let _one = alone(place)?;
    let now = pins.iter().map(|file| crate::read(&sdk.join(file))).collect::<Result<Vec<_>>>()?.concat();
    if crate::read(&place.join(INSTALLED)).is_ok_and(|before| before == now) {
        return Ok(());
    }
    for file in pins {
        std::fs::copy(sdk.join(file), place.join(file)).with_context(|| (*file).to_owned())?;
    }
    for (program, arguments) in steps {
        let named = if program.contains('/') { place.join(program) } else { PathBuf::from(program) };
        let status = Command::new(&named).current_dir(place).args(arguments).status();
        let status = status.with_context(|| format!("`{program}` does not run: it is needed for these guests"))?;
        ensure!(status.success(), "`{program}` cannot install what {} names", sdk.display());
    }
    write(&place.join(INSTALLED), &now)
}

/// One at a time, over all processes: all builds share one folder.
#[expect(clippy::disallowed_methods, reason = "a test tool, not the host")]
fn alone(place: &Path) -> Result<std::fs::File> {
    let lock = std::fs::File::create(place.join("lock"))?;
    lock.lock()?;
    Ok(lock)
}

#[expect(clippy::disallowed_methods, reason = "a test tool, not the host")]
fn write(path: &Path, content: &[u8]) -> Result<()> {
    std::fs::write(path, content).with_context(|| path.display().to_string())
}
