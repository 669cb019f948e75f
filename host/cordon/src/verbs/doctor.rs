//! `cordon doctor`: what is missing, and how to mend it.

use std::process::{Command, Stdio};

use clap::Args;
use cordon_server::config::{Config, Tenant};
use cordon_store::{DataDirectory, OpenError};
use cordon_wall::{Layer, Program, Wall, WallError};
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
    what: String,
    fine: bool,
    /// A finding that stops a hospital, or one that only stops an author.
    needed_for: &'static str,
    mend: String,
}

/// Runs the verb. Exit code 1 when something a host needs is missing.
pub(crate) fn run(verb: &Doctor) -> Ended {
    let mut findings = vec![engine()];
    findings.extend(jail(&verb.host));
    findings.extend([rust(), target()]);
    findings.extend(host(&verb.host));
    let rows = findings.iter().map(|finding| {
        let fine = if finding.fine { "fine" } else { "MISSING" };
        vec![finding.what.clone(), fine.to_owned(), finding.needed_for.to_owned(), finding.mend.clone()]
    });
    let text = table(&["what", "is", "needed for", "how to mend it"], rows.collect());
    let broken = findings.iter().any(|finding| !finding.fine && finding.needed_for == "a host");
    let report = Report::new(text, &json!({ "findings": findings, "fine": !broken }))?;
    if broken { Err(Failure::Found(report)) } else { Ok(report) }
}

fn finding(what: &str, needed_for: &'static str, mend: Result<(), String>) -> Finding {
    Finding { what: what.to_owned(), needed_for, fine: mend.is_ok(), mend: mend.err().unwrap_or_default() }
}

fn engine() -> Finding {
    let made = cordon_server::engine_works().map_err(|error| format!("use an x86-64 machine: {error}"));
    finding("the WebAssembly engine", "a host", made)
}

/// Each layer of a runner's jail, as this machine has it. One that the configuration accepts as missing is fine, and said.
fn jail(host: &Host) -> Vec<Finding> {
    let accepted = Config::read(&host.site.config).map(|config| config.runners.accepted).unwrap_or_default();
    let every = Layer::ALL.into_iter().filter(|layer| layer.may_be_missing()).collect();
    let layers = match Wall::examine(&Program::this(), &every) {
        Ok(layers) | Err(WallError::Missing { layers, .. }) => layers,
        Err(error @ (WallError::DoesNotKill | WallError::Start(_))) => {
            return vec![finding("the runner's jail", "a host", Err(error.to_string()))];
        }
    };
    let layer = |layer: Layer| {
        let what = format!("the runner's jail: {layer}");
        let Some(why) = layers.missing.get(&layer) else { return finding(&what, "a host", Ok(())) };
        if accepted.contains(&layer) {
            return finding(&format!("{what}, missing and accepted ({why})"), "a host", Ok(()));
        }
        let mend = format!("{why}; let the machine have it, or write accept-missing = [\"{layer}\"] below [runners]");
        finding(&what, "a host", Err(mend))
    };
    Layer::ALL.into_iter().map(layer).collect()
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
    let config = match Config::read(&host.site.config) {
        Ok(config) => config,
        Err(error) => {
            let mend = format!("{:#}; start with `cordon init DIR`", anyhow::Error::from(error));
            return vec![finding("the configuration", "a host", Err(mend))];
        }
    };
    let tenants = match &host.tenant {
        None => config.tenants.clone(),
        Some(_) => match config.tenant(host.tenant.as_ref()) {
            Ok(tenant) => vec![tenant.clone()],
            Err(error) => return vec![finding("the tenant", "a host", Err(error.to_string()))],
        },
    };
    let mut findings = vec![finding("the configuration", "a host", Ok(()))];
    findings.extend(tenants.iter().map(|tenant| client(&config, tenant)));
    findings.extend(data(&config, &tenants));
    findings
}

fn client(config: &Config, tenant: &Tenant) -> Finding {
    let called = config.clients.iter().any(|client| client.tenant == tenant.id);
    let mend = || format!("add a [[client]] with tenant = \"{}\": nobody may call yet", tenant.id);
    finding(&format!("a CDS client of {}", called_by(tenant)), "a host", called.then_some(()).ok_or_else(mend))
}

/// The id, and the name if it has one of its own.
fn called_by(tenant: &Tenant) -> String {
    if tenant.name == tenant.id.as_str() {
        format!("`{}`", tenant.id)
    } else {
        format!("`{}`, {}", tenant.id, tenant.name)
    }
}

/// A running host holds the directory and all stores: then they work.
fn data(config: &Config, tenants: &[Tenant]) -> Vec<Finding> {
    let opened = match DataDirectory::open(&config.data) {
        Ok(opened) => opened,
        Err(OpenError::Held) => return vec![finding("the data directory", "a host", Ok(()))],
        Err(error) => return vec![finding("the data directory", "a host", Err(said(error)))],
    };
    let store = |tenant: &Tenant| {
        let mend = opened.store(&tenant.id).map(drop).map_err(said);
        finding(&format!("the store of {}", called_by(tenant)), "a host", mend)
    };
    std::iter::once(finding("the data directory", "a host", Ok(()))).chain(tenants.iter().map(store)).collect()
}

fn said(error: OpenError) -> String {
    format!("{:#}", anyhow::Error::from(error))
}
