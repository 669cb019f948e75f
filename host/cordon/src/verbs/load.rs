//! `cordon load`: records into a store. While a host runs it is the only writer, so it is handed the file.

use std::io::{BufReader, ErrorKind};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use cordon_server::admin::client::{self, Sent};
use cordon_server::admin::protocol::{Act, Request};
use cordon_server::config::{Config, Tenant};
use cordon_store::{Older, OpenError, Progress, Store, load};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::hospital::{heard, items, text};
use crate::Host;
use crate::files;
use crate::report::{Ended, Failure, Report, table};

/// Loads FHIR R4 files. Loading the file again that was loaded last changes nothing; an older one takes rows back.
///
/// A running host takes them in while it answers, and what they say of a Consent holds from the next call on. A Consent is not
/// replaced by one that was changed before it (`meta.lastUpdated`), nor by one of a load that began before it was kept.
#[derive(Args)]
pub(crate) struct Load {
    /// Transaction or collection Bundles, or NDJSON.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Why, for the record. Needed while the host runs.
    #[arg(long)]
    reason: Option<String>,
    /// Takes Consents that are older than those they replace, or that do not say when they were changed. A running host
    /// records that.
    #[arg(long)]
    older: bool,
    #[command(flatten)]
    host: Host,
}

/// Runs the verb.
pub(crate) fn run(verb: &Load) -> Ended {
    let (config, tenant) = verb.host.read()?;
    let mut reports = match Store::open(&config.data, &tenant.id) {
        Ok(store) => into_store(verb, &config, &tenant, store)?,
        Err(error) if is_anothers(&error) => to_host(verb, &config, &tenant).map_err(|failure| match failure {
            Failure::NotRunning(message) => Failure::Failed(anyhow::anyhow!("{error}, and {message}")),
            failure @ (Failure::Failed(_) | Failure::Refused { .. } | Failure::Found(_)) => failure,
        })?,
        Err(error) => return Err(error.into()),
    };
    for (report, file) in reports.iter_mut().zip(&verb.files) {
        if let Some(name) = report.get_mut("name") {
            *name = json!(file.display().to_string());
        }
    }
    let refused: u64 = reports.iter().map(|report| number(report, "refused")).sum();
    let empty = reports.iter().filter(|report| is_empty(report)).count();
    let said = json!({ "refused": refused, "empty": empty, "files": reports });
    let report = Report::new(readable(&reports), &said)?;
    if refused == 0 && empty == 0 { Ok(report) } else { Err(Failure::Found(report)) }
}

/// Whether nothing came of a file: whoever loads one means something to be kept.
fn is_empty(report: &Value) -> bool {
    let types = report.get("types").and_then(Value::as_object);
    types.is_none_or(serde_json::Map::is_empty)
}

/// Whether a running host may have the store: it is held, or it is somebody else's.
fn is_anothers(error: &OpenError) -> bool {
    match error {
        OpenError::Held => true,
        OpenError::Directory(error) => error.kind() == ErrorKind::PermissionDenied,
        OpenError::Open
        | OpenError::Former
        | OpenError::Foreign
        | OpenError::Demo
        | OpenError::Schema
        | OpenError::Store(_) => false,
    }
}

fn into_store(verb: &Load, config: &Config, tenant: &Tenant, store: Store) -> anyhow::Result<Vec<Value>> {
    // What is loaded is labelled at once.
    let store = store.labelled_by(config.labels()?)?;
    if let Some(bytes) = tenant.store_bytes {
        store.limit(bytes)?;
    }
    let one = |path: &PathBuf| {
        let (file, length) = files::open(path)?;
        let bar = bar(length)?;
        let mut progress = |so_far| {
            show(&bar, so_far);
            ControlFlow::Continue(())
        };
        let older = if verb.older { Older::Taken } else { Older::Refused };
        let report = load(&store, store.tenant(), &mut BufReader::new(file), "", older, &mut progress)
            .with_context(|| path.display().to_string())?;
        bar.finish_and_clear();
        Ok(serde_json::to_value(report)?)
    };
    verb.files.iter().map(one).collect()
}

fn to_host(verb: &Load, config: &Config, tenant: &Tenant) -> Result<Vec<Value>, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let one = |path: &PathBuf| {
        let (file, length) = files::open_regular(path)?;
        let (bar, act) = (bar(length)?, Act::Load { bytes: length, older: verb.older });
        let request = Request { tenant: tenant.id.clone(), reason: verb.reason.clone(), act };
        let sending = bar.clone().with_message("on the way");
        let sent = Sent { file, length, tell: Box::new(move |bytes| sending.set_position(bytes)) };
        let mut progress = |so_far| show(&bar, so_far);
        let report = heard(runtime.block_on(client::load(&config.admin_socket, &request, sent, &mut progress)));
        bar.finish_and_clear();
        report.map_err(|failure| named(failure, path))
    };
    verb.files.iter().map(one).collect()
}

/// Of several files it is said which one.
fn named(failure: Failure, path: &Path) -> Failure {
    match failure {
        Failure::Failed(error) => Failure::Failed(error.context(path.display().to_string())),
        failure @ (Failure::Refused { .. } | Failure::NotRunning(_) | Failure::Found(_)) => failure,
    }
}

fn bar(length: u64) -> anyhow::Result<ProgressBar> {
    let style = ProgressStyle::with_template("{bar:30} {bytes}/{total_bytes}, {eta} left {msg}")?;
    Ok(ProgressBar::new(length).with_style(style))
}

fn show(bar: &ProgressBar, so_far: Progress) {
    bar.set_position(so_far.bytes);
    bar.set_message(format!("{} resources, {} refused", so_far.accepted, so_far.refused));
}

fn number(value: &Value, member: &str) -> u64 {
    value.get(member).and_then(Value::as_u64).unwrap_or_default()
}

fn readable(reports: &[Value]) -> String {
    let types = |report: &Value| report.get("types").and_then(Value::as_object).cloned().unwrap_or_default();
    let rows = reports.iter().flat_map(|report| {
        types(report).into_iter().map(|(kind, counts)| {
            let figures = ["new", "replaced", "unchanged"].map(|member| number(&counts, member).to_string());
            [&[text(report, "name"), kind][..], &figures].concat()
        })
    });
    let mut said = table(&["file", "type", "new", "replaced", "unchanged"], rows.collect());
    for report in reports {
        let (name, refusals) = (text(report, "name"), report.get("refusals").unwrap_or(&Value::Null));
        for refused in items(refusals) {
            said.push_str(&format!("\nrefused: {name}, {}: {}", place(refused), text(refused, "why")));
        }
        if is_empty(report) {
            said.push_str(&format!("\nnothing was loaded: {name} holds no resource that is kept"));
        }
        let kept = u64::try_from(items(refusals).count()).unwrap_or(u64::MAX);
        let more = number(report, "refused").saturating_sub(kept);
        if more > 0 {
            said.push_str(&format!("\nrefused: {name}: {more} more"));
        }
    }
    said
}

fn place(refused: &Value) -> String {
    let place = refused.get("place").unwrap_or(&Value::Null);
    match place.get("entry").and_then(Value::as_u64) {
        Some(entry) => format!("line {}, entry {entry}", number(place, "line")),
        None => format!("line {}", number(place, "line")),
    }
}
