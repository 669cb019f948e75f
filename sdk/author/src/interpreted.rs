//! Plugins in JavaScript and Python: an interpreter and the plugin's modules become one component.
//!
//! The tools come from npm and PyPI, in the versions that the project's SDK pins, into the target directory.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions};
use cordon_core::ids::Digest;
use cordon_core::limits::Wasi;
use cordon_core::manifest::Manifest;

use crate::files::{FileError, open, read, read_text, replace};
use crate::language::Language;
use crate::sources::Sources;

/// The world of a plugin.
const WORLD: &str = "cds-service";

/// How much of what a tool said is shown.
const MOST_SAID: usize = 4_000;

/// Why a script did not become a component.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// A program cannot be started.
    #[error("`{program}` does not run: install {needed}")]
    NotFound {
        /// The program.
        program: String,
        /// What to install.
        needed: &'static str,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The tool could not be installed.
    #[error("{tool} could not be installed: {said}")]
    Install {
        /// The tool.
        tool: &'static str,
        /// What the installer said.
        said: String,
    },
    /// The tool refused the plugin.
    #[error("{tool} could not build the plugin: {said}")]
    Failed {
        /// The tool.
        tool: &'static str,
        /// What it said.
        said: String,
    },
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
}

/// What makes a component of scripts.
struct Tool {
    name: &'static str,
    /// The file of the SDK that pins it.
    pins: &'static str,
    /// What has to be there to install it.
    needed: &'static str,
    why: &'static str,
}

const QJS: Tool = Tool {
    name: "componentize-qjs",
    pins: "package-lock.json",
    needed: "Node.js 20 or later, with npm",
    why: "it puts a JavaScript interpreter and the plugin into one component",
};

const CPYTHON: Tool = Tool {
    name: "componentize-py",
    pins: "requirements.txt",
    needed: "Python 3.10 or later, with venv and pip",
    why: "it puts a Python interpreter and the plugin into one component",
};

/// The component of the script project in this folder. It is made again only if something changed.
pub(crate) fn component(
    folder: &Path,
    language: Language,
    manifest: &Manifest,
    target: &Path,
) -> Result<Vec<u8>, ToolError> {
    let plugin = &manifest.id;
    let tool = if language == Language::JavaScript { QJS } else { CPYTHON };
    let sdk = folder.join("vendor/cordon-sdk");
    let sources = Sources::read(folder, language)?;
    let pins = read(&sdk.join(tool.pins))?;
    let from = format!("{} {} {:?}", sources.digest(), Digest::of(&pins), manifest.wasi);
    // The tools run in other folders than the author does.
    let place = std::path::absolute(target.join("script")).map_err(FileError::of("find the folder", target))?;
    Dir::create_ambient_dir_all(&place, ambient_authority()).map_err(FileError::of("make the folder", &place))?;
    // Installing and building write to folders that all projects of this target directory share.
    let _one = alone(&place)?;
    let (made, made_from) = (place.join(format!("{plugin}.wasm")), place.join(format!("{plugin}.from")));
    if read_text(&made_from).is_ok_and(|text| text == from) {
        return Ok(read(&made)?);
    }
    let installed = install(&tool, &sdk, &place)?;
    let laid_out = place.join(plugin.as_str());
    sources.lay_out(&laid_out)?;
    let mut command = match language {
        Language::Rust | Language::JavaScript => javascript(&installed, &laid_out, &made, manifest.wasi),
        Language::Python => python(&installed, &laid_out, &made, manifest.wasi),
    };
    let (built, said) = run(&mut command, &tool)?;
    if !built {
        return Err(ToolError::Failed { tool: tool.name, said });
    }
    replace(&made_from, from.as_bytes())?;
    Ok(read(&made)?)
}

/// In the first profile, what the interpreter would take from WASI is a trap inside the component.
const STUBS: &str = "--stub-wasi";

/// Without `--sync` the component needs the component model's async.
fn javascript(installed: &Path, sources: &Path, made: &Path, wasi: Option<Wasi>) -> Command {
    let mut command = Command::new(installed.join("node_modules/.bin/componentize-qjs"));
    command.args(["--sync", "--opt-size", "--minify", "--world", WORLD]);
    if wasi.is_none() {
        command.arg(STUBS);
    }
    command.arg("--wit").arg(sources.join(Sources::WIT)).arg("--module-root").arg(sources);
    command.arg("--js").arg(sources.join(Language::JavaScript.first_file())).arg("--output").arg(made);
    command
}

fn python(installed: &Path, sources: &Path, made: &Path, wasi: Option<Wasi>) -> Command {
    let mut command = Command::new(installed.join("bin/componentize-py"));
    command.arg("--quiet").arg("--wit-path").arg(sources.join(Sources::WIT)).args(["--world", WORLD]);
    command.args(["componentize", "plugin", "--output"]).arg(made);
    if wasi.is_none() {
        command.arg(STUBS);
    }
    command.arg("-p").arg(sources).arg("-p").arg(sources.join("vendor/cordon-sdk"));
    command
}

/// Where the tool is, which is installed if it is not there in the version that the SDK pins.
fn install(tool: &Tool, sdk: &Path, place: &Path) -> Result<PathBuf, ToolError> {
    let pins = read(&sdk.join(tool.pins))?;
    let folder = place.join(format!("{}-{}", tool.name, Digest::of(&pins)).replace(':', "-"));
    let done = folder.join("installed");
    if done.is_file() {
        return Ok(folder);
    }
    say(&format!("installing {} into {}: {}", tool.name, folder.display(), tool.why));
    Dir::create_ambient_dir_all(&folder, ambient_authority()).map_err(FileError::of("make the folder", &folder))?;
    replace(&folder.join(tool.pins), &pins)?;
    let pip = folder.join("bin/pip");
    let steps = if tool.name == QJS.name {
        replace(&folder.join("package.json"), &read(&sdk.join("package.json"))?)?;
        // Not `npm ci`: it refuses a lock file without the builds for other platforms that were never published.
        vec![program("npm", &["install", "--no-audit", "--no-fund", "--loglevel", "error"])]
    } else {
        let pip_install = ["install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", tool.pins];
        vec![program("python3", &["-m", "venv", "."]), program(&pip.display().to_string(), &pip_install)]
    };
    for mut step in steps {
        let (worked, said) = run(step.current_dir(&folder), tool)?;
        if !worked {
            return Err(ToolError::Install { tool: tool.name, said });
        }
    }
    replace(&done, &[])?;
    Ok(folder)
}

/// Runs the project's own tests; gives what they printed, and whether they passed.
pub(crate) fn test(folder: &Path, language: Language) -> Result<(bool, String), ToolError> {
    if !folder.join("tests").is_dir() {
        return Ok((true, String::new()));
    }
    let (tool, mut command) = match language {
        Language::Rust | Language::JavaScript => {
            let mut node = program("node", &["--test"]);
            node.args(test_files(folder)?);
            (QJS, node)
        }
        Language::Python => {
            let mut python = program("python3", &["-m", "unittest", "discover", "tests"]);
            python.env("PYTHONPATH", ".:vendor/cordon-sdk").env("PYTHONDONTWRITEBYTECODE", "1");
            (CPYTHON, python)
        }
    };
    run(command.current_dir(folder), &tool)
}

/// `node --test` names no files by itself that all its releases agree on.
fn test_files(folder: &Path) -> Result<Vec<String>, FileError> {
    let place = folder.join("tests");
    let entries = open(&place)?.entries().map_err(FileError::of("list", &place))?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut tests: Vec<String> =
        names.filter(|name| name.ends_with(".test.js")).map(|name| format!("tests/{name}")).collect();
    tests.sort();
    Ok(tests)
}

fn program(name: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(name);
    command.args(arguments);
    command
}

/// Whether it succeeded, and what it said on both streams.
fn run(command: &mut Command, tool: &Tool) -> Result<(bool, String), ToolError> {
    let said = command.stdin(Stdio::null()).output().map_err(|source| ToolError::NotFound {
        program: command.get_program().to_string_lossy().into_owned(),
        needed: tool.needed,
        source,
    })?;
    let text = [said.stderr, said.stdout].concat();
    let text = String::from_utf8_lossy(&text).trim().chars().take(MOST_SAID).collect();
    Ok((said.status.success(), text))
}

/// A lock that the system takes back when it is dropped.
fn alone(place: &Path) -> Result<File, FileError> {
    let path = place.join("lock");
    let mut options = OpenOptions::new();
    let file =
        open(place)?.open_with("lock", options.write(true).create(true)).map_err(FileError::of("open", &path))?;
    let file = file.into_std();
    file.lock().map_err(FileError::of("lock", &path))?;
    Ok(file)
}

#[expect(clippy::print_stderr, reason = "what is installed is told to the person at the terminal")]
fn say(what: &str) {
    eprintln!("cordon: {what}");
}
