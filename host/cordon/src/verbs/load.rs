//! `cordon load`: records into the store of a host that is not running.

use std::io::BufReader;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use cordon_store::{LoadReport, OpenError, Store, load};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use crate::Host;
use crate::files;
use crate::report::{Ended, Failure, Report, table};

/// Loads FHIR R4 files. Loading a file again changes nothing.
#[derive(Args)]
pub(crate) struct Load {
    /// Transaction or collection Bundles, or NDJSON.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    host: Host,
}

/// Runs the verb.
pub(crate) fn run(verb: &Load) -> Ended {
    let (config, tenant) = verb.host.read()?;
    let store = match Store::open(&config.data, &tenant.id) {
        // What is loaded is labelled at once.
        Ok(store) => store.labelled_by(config.labels()?)?,
        Err(error @ OpenError::Held) => {
            return Err(Failure::Failed(anyhow::anyhow!("{error}: stop the host first, it is the only writer")));
        }
        Err(error) => return Err(error.into()),
    };
    if let Some(bytes) = tenant.store_bytes {
        store.limit(bytes)?;
    }
    let reports = verb.files.iter().map(|file| one(&store, file)).collect::<Result<Vec<_>, _>>()?;
    let refused: u64 = reports.iter().map(|report| report.refused).sum();
    let report = Report::new(readable(&reports), &json!({ "refused": refused, "files": reports }))?;
    if refused == 0 { Ok(report) } else { Err(Failure::Found(report)) }
}

fn one(store: &Store, path: &Path) -> anyhow::Result<LoadReport> {
    let (file, length) = files::open(path)?;
    let style = ProgressStyle::with_template("{bar:30} {bytes}/{total_bytes}, {eta} left {msg}")?;
    let bar = ProgressBar::new(length).with_style(style);
    let mut progress = |so_far: cordon_store::Progress| {
        bar.set_position(so_far.bytes);
        bar.set_message(format!("{} resources, {} refused", so_far.accepted, so_far.refused));
    };
    let name = path.display().to_string();
    let report =
        load(store, store.tenant(), &mut BufReader::new(file), &name, &mut progress).with_context(|| name.clone())?;
    bar.finish_and_clear();
    Ok(report)
}

fn readable(reports: &[LoadReport]) -> String {
    let rows = reports.iter().flat_map(|report| {
        report.types.iter().map(|(kind, counts)| {
            let figures = [counts.new, counts.replaced, counts.unchanged].map(|count| count.to_string());
            [&[report.name.clone(), kind.clone()][..], &figures].concat()
        })
    });
    let mut text = table(&["file", "type", "new", "replaced", "unchanged"], rows.collect());
    for report in reports {
        for refused in &report.refusals {
            text.push_str(&format!("\nrefused: {}, {}: {}", report.name, refused.place, refused.why));
        }
        let kept = u64::try_from(report.refusals.len()).unwrap_or(u64::MAX);
        if report.refused > kept {
            text.push_str(&format!("\nrefused: {}: {} more", report.name, report.refused.saturating_sub(kept)));
        }
    }
    text
}
