//! Extism's side: its own library in a process of its own, which takes a turn for each line (`tests/extism/turns.py`).
//!
//! A process of its own because two engines in one would share the handler of their traps, and because this one is what its
//! makers publish: nobody has to compile a second engine to build this benchmark.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context as _, ensure};
use cordon_guest_build::repository;
use serde_json::Value;

use crate::Spent;
use crate::plugin::place;

/// A fresh plugin, or one that has answered others before: that one may remember them, and is no like for like.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Fresh,
    Reused,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Reused => "reused",
        }
    }
}

/// The process, which ends with this value.
pub(crate) struct Theirs {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Theirs {
    /// Starts the process with this module and the one call that it answers.
    #[expect(clippy::disallowed_methods, reason = "a benchmark's set-up, not the host")]
    pub(crate) fn start(module: &Path, call: &str) -> anyhow::Result<Self> {
        let tools = place("extism-library")?;
        install(&tools)?;
        let given = tools.join("call.json");
        std::fs::write(&given, call)?;
        let mut python = Command::new(tools.join("bin/python"));
        python.arg(repository().join("tests/extism/turns.py")).arg(module).arg(given);
        // Compiled code is not looked for in the user's cache.
        python.env("EXTISM_CACHE_CONFIG", "").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = python.spawn().context("Extism's side does not start")?;
        let to = child.stdin.take().context("a pipe")?;
        let from = BufReader::new(child.stdout.take().context("a pipe")?);
        Ok(Self { child, to, from })
    }

    /// The cards of one call.
    pub(crate) fn cards(&mut self, kind: Kind) -> anyhow::Result<Value> {
        Ok(serde_json::from_str(&self.turn(&format!("show {}", kind.word()))?)?)
    }

    /// What each of so many calls in a row takes.
    pub(crate) fn time(&mut self, kind: Kind, calls: usize) -> anyhow::Result<Vec<Spent>> {
        let line = self.turn(&format!("time {} {calls}", kind.word()))?;
        let numbers =
            line.split(' ').map(|number| Ok(number.parse::<f64>()? / 1e9)).collect::<anyhow::Result<Vec<_>>>()?;
        let (pairs, rest) = numbers.as_chunks::<2>();
        ensure!(pairs.len() == calls && rest.is_empty(), "two numbers for each call");
        Ok(pairs.iter().map(|&[cpu, wall]| Spent { cpu, wall }).collect())
    }

    fn turn(&mut self, what: &str) -> anyhow::Result<String> {
        writeln!(self.to, "{what}")?;
        let mut line = String::new();
        self.from.read_line(&mut line)?;
        ensure!(line.ends_with('\n'), "Extism's side ended");
        line.truncate(line.trim_end().len());
        Ok(line)
    }
}

impl Drop for Theirs {
    fn drop(&mut self) {
        // It holds nothing that could be lost.
        if self.child.kill().is_ok() {
            drop(self.child.wait());
        }
    }
}

/// Installs the library that `requirements.txt` pins, once.
#[expect(clippy::disallowed_methods, reason = "a benchmark's set-up, not the host")]
fn install(tools: &Path) -> anyhow::Result<()> {
    let pins = repository().join("tests/extism/requirements.txt");
    let now = std::fs::read(&pins)?;
    let installed = tools.join("installed-from");
    if std::fs::read(&installed).is_ok_and(|before| before == now) {
        return Ok(());
    }
    let ran = |program: &Path, arguments: &[&str]| -> anyhow::Result<()> {
        let status = Command::new(program).args(arguments).stdout(Stdio::null()).status();
        let status = status.with_context(|| format!("`{}` does not run", program.display()))?;
        ensure!(status.success(), "the library of Extism could not be installed");
        Ok(())
    };
    ran(Path::new("python3"), &["-m", "venv", &tools.display().to_string()])?;
    let pip = ["install", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes", "-r"];
    ran(&tools.join("bin/pip"), &[&pip[..], &[&pins.display().to_string()]].concat())?;
    Ok(std::fs::write(&installed, &now)?)
}
