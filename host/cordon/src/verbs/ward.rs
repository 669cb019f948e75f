//! `cordon ward`: a synthetic ward.

use std::collections::BTreeMap;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use cordon_ward::{DEFAULT_NOW, Ward, WardOptions, WardSummary};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use crate::files;
use crate::report::{Ended, Report, table};

/// Makes a synthetic ward as NDJSON: the same seed gives the same bytes.
#[derive(Args)]
pub(crate) struct WardVerb {
    /// The seed.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// How many patients.
    #[arg(long, default_value_t = 200)]
    patients: u32,
    /// The time of the ward, RFC 3339.
    #[arg(long, default_value_t = DEFAULT_NOW)]
    now: jiff::Timestamp,
    /// The file to write. It must not be there yet.
    #[arg(long, default_value = "ward.ndjson")]
    out: PathBuf,
}

/// Runs the verb.
pub(crate) fn run(verb: &WardVerb) -> Ended {
    let options = WardOptions { now: verb.now, ..WardOptions::new(verb.seed, verb.patients) };
    let mut out = BufWriter::new(files::create(&verb.out, false)?);
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} patients")?;
    let bar = ProgressBar::new(u64::from(verb.patients)).with_style(style);
    let mut summary = WardSummary::default();
    let mut examples = Examples::default();
    for record in Ward::new(&options)? {
        record.write(&mut out)?;
        summary.count(&record);
        let id = record.patient.get("id").and_then(Value::as_str).unwrap_or_default();
        examples.note("t1", &serde_json::to_value(record.cast.t1)?, id);
        examples.note("news2", &serde_json::to_value(record.cast.news2)?, id);
        bar.inc(1);
    }
    out.flush().with_context(|| format!("cannot write `{}`", verb.out.display()))?;
    bar.finish_and_clear();
    let summary = serde_json::to_value(summary)?;
    let text = format!("{}\n{} patients, {}", shares(&summary), verb.patients, verb.out.display());
    Report::new(
        text,
        &json!({ "file": verb.out, "seed": verb.seed, "now": verb.now.to_string(),
        "summary": summary, "examples": examples.0 }),
    )
    .map_err(Into::into)
}

/// The first patient of every class, to try things with.
#[derive(Default)]
struct Examples(BTreeMap<String, BTreeMap<String, String>>);

impl Examples {
    fn note(&mut self, tool: &str, class: &Value, patient: &str) {
        let class = class.as_str().unwrap_or_default().to_owned();
        self.0.entry(tool.to_owned()).or_default().entry(class).or_insert_with(|| patient.to_owned());
    }
}

fn shares(summary: &Value) -> String {
    let of = |tool: &str, name: &str| -> Vec<Vec<String>> {
        let classes = summary.get(tool).and_then(Value::as_object).into_iter().flatten();
        classes.map(|(class, count)| vec![name.to_owned(), class.clone(), count.to_string()]).collect()
    };
    let rows = [of("t1", "renal dosing, metformin draft"), of("news2", "NEWS2")].concat();
    table(&["tool", "class", "patients"], rows)
}
