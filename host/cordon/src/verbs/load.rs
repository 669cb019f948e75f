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
/// replaced by one that was not changed after it (`meta.lastUpdated`), nor by one of a load that began before it was kept. The
/// rows of a file are kept only if each of its Consents was, or is outdated. Each file is a load of its own, those that begin
/// with a Consent first.
#[derive(Args)]
pub(crate) struct Load {
    /// Transaction or collection Bundles, or NDJSON.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Why, for the record. Needed while the host runs.
    #[arg(long)]
    reason: Option<String>,
    /// Takes Consents that are not newer than those they replace, that do not say when they were changed, or that replace another
    /// patient's. A running host records that.
    #[arg(long)]
    older: bool,
    #[command(flatten)]
    host: Host,
}

/// Runs the verb.
pub(crate) fn run(verb: &Load) -> Ended {
    let (config, tenant) = verb.host.read()?;
    let files = consents_first(&verb.files);
    let (reports, failed) = match Store::open(&config.data, &tenant.id) {
        Ok(store) => into_store(verb, &files, &config, &tenant, store)?,
        Err(error) if is_anothers(&error) => {
            let (reports, failed) = to_host(verb, &files, &config, &tenant)?;
            let failed = failed.map(|failure| match failure {
                Failure::NotRunning(message) => Failure::Failed(anyhow::anyhow!("{error}, and {message}")),
                failure @ (Failure::Failed(_) | Failure::Refused { .. } | Failure::Found(_)) => failure,
            });
            (reports, failed)
        }
        Err(error) => return Err(error.into()),
    };
    let refused: u64 = reports.iter().map(|report| number(report, "refused")).sum();
    let empty = reports.iter().filter(|report| is_empty(report)).count();
    let (mut text, mut said) = (readable(&reports), json!({ "refused": refused, "empty": empty, "files": reports }));
    if let Some(failure) = failed {
        if reports.is_empty() {
            return Err(failure);
        }
        // What was done before it is done.
        let (kind, message) = failure.sentence();
        text.push_str(&format!("\nfailed, and nothing of it is reported, nor of the files after it: {message}"));
        if let Some(said) = said.as_object_mut() {
            said.insert("error".to_owned(), json!({ "kind": kind, "message": message }));
        }
        return Err(Failure::Found(Report::new(text, &said)?));
    }
    let report = Report::new(text, &said)?;
    if refused == 0 && empty == 0 { Ok(report) } else { Err(Failure::Found(report)) }
}

/// So much of a file is looked at to see what it begins with.
const HEAD: u64 = 64 << 10;

/// Each file is a load of its own: a denial in one of them is to be there before the rows in another.
fn consents_first(files: &[PathBuf]) -> Vec<&Path> {
    let mut files: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
    files.sort_by_cached_key(|path| !begins_with_consent(path));
    files
}

/// By its name, or by its first line. One that cannot be opened fails where it is loaded.
fn begins_with_consent(path: &Path) -> bool {
    let named = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"Consent"));
    let head = files::head(path, HEAD).unwrap_or_default();
    let head = head.trim_ascii();
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let holds = |text| serde_json::from_slice::<Value>(text).is_ok_and(|value| text_is(&value, "Consent"));
    named || holds(line) || holds(head)
}

fn text_is(resource: &Value, kind: &str) -> bool {
    resource.get("resourceType").and_then(Value::as_str) == Some(kind)
}

/// The reports of files that were loaded, and why the next one was not.
type Through = (Vec<Value>, Option<Failure>);

fn through(files: &[&Path], one: impl Fn(&Path) -> Result<Value, Failure>) -> Through {
    let mut reports = Vec::new();
    for path in files {
        match one(path) {
            Ok(mut report) => {
                if let Some(name) = report.get_mut("name") {
                    *name = json!(path.display().to_string());
                }
                reports.push(report);
            }
            Err(failure) => return (reports, Some(failure)),
        }
    }
    (reports, None)
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

fn into_store(verb: &Load, files: &[&Path], config: &Config, tenant: &Tenant, store: Store) -> anyhow::Result<Through> {
    // What is loaded is labelled at once.
    let store = store.labelled_by(config.labels()?)?;
    if let Some(bytes) = tenant.store_bytes {
        store.limit(bytes)?;
    }
    let one = |path: &Path| {
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
    Ok(through(files, one))
}

fn to_host(verb: &Load, files: &[&Path], config: &Config, tenant: &Tenant) -> anyhow::Result<Through> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let one = |path: &Path| {
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
    Ok(through(files, one))
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
