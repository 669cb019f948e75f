//! What a verb says, to people and to scripts, and how it ends.
//!
//! Exit codes: 0 done, 1 failed, 2 wrong usage, 3 refused (policy, trust or grant said no), 4 no host is running.

use std::process::ExitCode;

use serde::Serialize;
use serde_json::{Value, json};

/// What a verb did.
pub(crate) struct Report {
    text: String,
    json: Value,
}

impl Report {
    /// A text for people and an object for scripts.
    pub(crate) fn new(text: impl Into<String>, json: &impl Serialize) -> anyhow::Result<Self> {
        Ok(Self { text: text.into(), json: serde_json::to_value(json)? })
    }
}

/// How a verb did not do it.
pub(crate) enum Failure {
    /// Something failed: exit code 1.
    Failed(anyhow::Error),
    /// Policy, trust or grant said no: exit code 3.
    Refused {
        /// The typed reason.
        kind: String,
        /// The sentence.
        message: String,
    },
    /// No host answers on the socket: exit code 4.
    NotRunning(String),
    /// It ran and found faults, which the report lists: exit code 1.
    Found(Report),
}

impl Failure {
    /// Its kind, for scripts, and its sentence.
    pub(crate) fn sentence(self) -> (String, String) {
        match self {
            Self::Failed(error) => ("failed".to_owned(), format!("{error:#}")),
            Self::Refused { kind, message } => (kind, message),
            Self::NotRunning(message) => ("not-running".to_owned(), message),
            Self::Found(report) => ("faults".to_owned(), report.text),
        }
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// The end of a verb.
pub(crate) type Ended = Result<Report, Failure>;

/// Prints the end of a verb: one JSON object, or text.
#[expect(clippy::print_stderr, reason = "this is where the command line speaks")]
pub(crate) fn print(ended: Ended, json: bool) -> ExitCode {
    let (code, failure) = match ended {
        Ok(report) => {
            return say(&if json { report.json.to_string() } else { report.text }, 0);
        }
        Err(Failure::Found(report)) => {
            return say(&if json { report.json.to_string() } else { report.text }, 1);
        }
        Err(failure @ Failure::Failed(_)) => (1, failure),
        Err(failure @ Failure::Refused { .. }) => (3, failure),
        Err(failure @ Failure::NotRunning(_)) => (4, failure),
    };
    let (kind, message) = failure.sentence();
    if json {
        return say(&json!({ "error": { "kind": kind, "message": message } }).to_string(), code);
    }
    eprintln!("cordon: {}{message}", if code == 3 { "refused: " } else { "" });
    ExitCode::from(code)
}

/// Writes to standard output. A reader that has gone away (`cordon list | head`) is no panic.
fn say(text: &str, code: u8) -> ExitCode {
    use std::io::Write as _;
    let written = writeln!(std::io::stdout().lock(), "{text}");
    ExitCode::from(if written.is_ok() || code != 0 { code } else { 1 })
}

/// Prints help, a version or a wrong usage; for scripts a wrong usage is one JSON object too.
pub(crate) fn usage(error: &clap::Error, json: bool) -> ExitCode {
    if json && error.use_stderr() {
        let message = one_line(&error.to_string());
        return say(&json!({ "error": { "kind": "usage", "message": message } }).to_string(), 2);
    }
    error.exit()
}

fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.strip_prefix("error: ").unwrap_or(&line).to_owned()
}

/// Columns of a table that is not printed to a terminal.
const COLUMNS: u16 = 100;

/// A table for people: as wide as the terminal, long cells in several lines.
pub(crate) fn table(head: &[&str], rows: Vec<Vec<String>>) -> String {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::UTF8_HORIZONTAL_ONLY).set_header(head);
    table.add_rows(rows).set_content_arrangement(comfy_table::ContentArrangement::Dynamic);
    if table.width().is_none() {
        table.set_width(COLUMNS);
    }
    table.to_string()
}
