//! `cordon doctor`: what is missing, and how to mend it.

use std::process::{Command, Stdio};

use clap::Args;
use cordon_server::config::Config;
use cordon_store::{OpenError, Store};
use serde::Serialize;
use serde_json::json;

use crate::Host;
use crate::report::{Ended, Failure, Report, table};

/// Says what is missing and how to mend it.
#[derive(Args)]
pub(crate) struct Doctor {
    #[command(flatten)]
    host: Host,
}

/// One thing that was looked at.
#[derive(Serialize)]
struct Finding {
    what: &'static str,
    fine: bool,
    /// A finding that stops a hospital, or one that only stops an author.
    needed_for: &'static str,
    mend: String,
}

/// Runs the verb. Exit code 1 when something a host needs is missing.
pub(crate) fn run(verb: &Doctor) -> Ended {
    let mut findings = vec![engine(), rust(), target()];
    findings.extend(host(&verb.host));
    let rows = findings.iter().map(|finding| {
        let fine = if finding.fine { "fine" } else { "MISSING" };
        vec![finding.what.to_owned(), fine.to_owned(), finding.needed_for.to_owned(), finding.mend.clone()]
    });
    let text = table(&["what", "is", "needed for", "how to mend it"], rows.collect());
    let broken = findings.iter().any(|finding| !finding.fine && finding.needed_for == "a host");
    let report = Report::new(text, &json!({ "findings": findings, "fine": !broken }))?;
    if broken { Err(Failure::Found(report)) } else { Ok(report) }
}

fn finding(what: &'static str, needed_for: &'static str, mend: Result<(), String>) -> Finding {
    Finding { what, needed_for, fine: mend.is_ok(), mend: mend.err().unwrap_or_default() }
}

fn engine() -> Finding {
    let made = cordon_server::engine_works().map_err(|error| format!("use an x86-64 machine: {error}"));
    finding("the WebAssembly engine", "a host", made)
}

fn rust() -> Finding {
    let works = runs("cargo", &["--version"]);
    finding("cargo", "an author", works.then_some(()).ok_or_else(|| "install Rust by rustup".to_owned()))
}

fn target() -> Finding {
    let listed = Command::new("rustup").args(["target", "list", "--installed"]).output();
    let there = listed.is_ok_and(|out| String::from_utf8_lossy(&out.stdout).contains("wasm32-unknown-unknown"));
    let mend = || "rustup target add wasm32-unknown-unknown".to_owned();
    finding("the Rust target for plugins", "an author", there.then_some(()).ok_or_else(mend))
}

fn runs(program: &str, arguments: &[&str]) -> bool {
    let status =
        Command::new(program).args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

fn host(host: &Host) -> Vec<Finding> {
    let config = match Config::read(&host.config) {
        Ok(config) => config,
        Err(error) => {
            let mend = format!("{:#}; start with `cordon init DIR`", anyhow::Error::from(error));
            return vec![finding("the configuration", "a host", Err(mend))];
        }
    };
    let clients =
        if config.clients.is_empty() { Err("add a [[client]]: nobody may call yet".to_owned()) } else { Ok(()) };
    vec![
        finding("the configuration", "a host", Ok(())),
        finding("a CDS client", "a host", clients),
        finding("the data directory", "a host", data(&config)),
    ]
}

fn data(config: &Config) -> Result<(), String> {
    match Store::open(&config.data) {
        // A running host holds it: then it works.
        Ok(_) | Err(OpenError::Held) => Ok(()),
        Err(error) => Err(format!("{:#}", anyhow::Error::from(error))),
    }
}
