//! `cordon label`: what the label rules say of a resource, and how labels are renewed.

use std::io::Read as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Subcommand};
use cordon_core::label::{Confidentiality, Labels as _};
use cordon_core::labelling::{Finding, LabelRules};
use cordon_fhir::json::{JsonLimits, parse};
use cordon_server::config::Config;
use cordon_store::{OpenError, Relabelled, Store};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use crate::report::{Ended, Failure, Report, table};
use crate::{Host, Site, files};

/// What the host thinks of a row before any plugin may see it.
#[derive(Subcommand)]
pub(crate) enum Label {
    /// Says which label a resource gets, by which rules, and where.
    ///
    /// Prints nothing of the patient.
    #[command(
        after_help = "Example: cordon label explain observation.json\nExample: cordon label explain - < bundle.json"
    )]
    Explain(Explain),
    /// Renews the labels that older rules gave.
    ///
    /// A running host does so by itself.
    #[command(after_help = "Example: cordon label apply --config site/cordon.toml")]
    Apply(Apply),
    /// Counts the codes and phrases of the rules, and says their version.
    #[command(after_help = "Example: cordon label rules --config site/cordon.toml")]
    Rules(Rules),
}

/// Explains.
#[derive(Args)]
pub(crate) struct Explain {
    /// A FHIR R4 resource or Bundle, JSON; `-` is standard input.
    file: PathBuf,
    #[command(flatten)]
    site: Site,
}

/// Renews.
#[derive(Args)]
pub(crate) struct Apply {
    #[command(flatten)]
    host: Host,
}

/// Counts.
#[derive(Args)]
pub(crate) struct Rules {
    #[command(flatten)]
    site: Site,
}

/// Runs the verb.
pub(crate) fn run(verb: &Label) -> Ended {
    match verb {
        Label::Explain(verb) => explain(verb),
        Label::Apply(verb) => apply(verb),
        Label::Rules(verb) => count(verb),
    }
}

/// The host's rules; the shipped ones where there is no host.
fn rules(site: &Site) -> anyhow::Result<LabelRules> {
    let absent = site.config.as_path() == Path::new("cordon.toml") && files::read(&site.config).is_err();
    let (hospital, unclassified) = if absent {
        (None, Confidentiality::Restricted)
    } else {
        let config = Config::read(&site.config)?;
        (config.label_rules, config.unclassified)
    };
    Ok(LabelRules::with_hospital(hospital.as_deref(), unclassified)?)
}

fn explain(verb: &Explain) -> Ended {
    let rules = rules(&verb.site)?;
    let text = if verb.file.as_path() == Path::new("-") {
        let mut text = Vec::new();
        std::io::stdin().lock().read_to_end(&mut text).context("cannot read standard input")?;
        text
    } else {
        files::read(&verb.file)?
    };
    let resource = parse(&text, JsonLimits::default()).map_err(|error| anyhow::anyhow!("{error} of the resource"))?;
    let explained: Vec<Explained> = rows(&resource).map(|(place, row)| Explained::new(&rules, place, row)).collect();
    let text = explained.iter().map(Explained::readable).collect::<Vec<_>>().join("\n\n");
    let rows: Vec<Value> = explained.iter().map(Explained::json).collect();
    Ok(Report::new(text, &json!({ "version": rules.version(), "rows": rows }))?)
}

/// The resources of a Bundle, or the one resource, with where each stands.
fn rows(resource: &Value) -> impl Iterator<Item = (String, &Value)> {
    let entries = resource.get("entry").and_then(Value::as_array);
    let inner = entries
        .into_iter()
        .flatten()
        .enumerate()
        .filter_map(|(at, entry)| Some((format!("entry[{at}].resource"), entry.get("resource")?)));
    inner.chain(entries.is_none().then(|| (String::new(), resource)))
}

/// One row: where it stands, its type, its label and why.
struct Explained {
    place: String,
    kind: String,
    label: cordon_core::label::Label,
    findings: Vec<Finding>,
}

impl Explained {
    fn new(rules: &LabelRules, place: String, row: &Value) -> Self {
        let kind =
            cordon_fhir::types::resource_type(row).map_or_else(|| "resource".to_owned(), |kind| kind.to_string());
        Self { place, kind, label: rules.mark(row).label, findings: rules.explain(row) }
    }

    fn readable(&self) -> String {
        let place = if self.place.is_empty() { String::new() } else { format!("{}: ", self.place) };
        let findings = self
            .findings
            .iter()
            .map(|finding| vec![finding.rule.0.clone(), finding.path.clone(), finding.matched.clone()]);
        let why = if self.findings.is_empty() {
            "no rule matched".to_owned()
        } else {
            table(&["rule", "path", "code or phrase of the rule"], findings.collect())
        };
        format!("{place}{}: {}\n{why}", self.kind, self.label)
    }

    fn json(&self) -> Value {
        let sensitivities: Vec<&str> = self.label.sensitivities.iter().map(|one| one.code()).collect();
        json!({
            "place": self.place, "type": self.kind, "confidentiality": self.label.confidentiality.code(),
            "sensitivities": sensitivities, "unclassified": self.label.unclassified, "findings": self.findings
        })
    }
}

fn apply(verb: &Apply) -> Ended {
    let (config, tenant) = verb.host.read()?;
    let labels = config.labels()?;
    let store = match Store::open(&config.data, &tenant.id) {
        Ok(store) => store.labelled_by(labels)?,
        Err(error @ OpenError::Held) => {
            return Err(Failure::Failed(anyhow::anyhow!("{error}: a running host renews labels by itself")));
        }
        Err(error) => return Err(error.into()),
    };
    let bar = ProgressBar::new(store.stale()?)
        .with_style(ProgressStyle::with_template("{bar:30} {pos}/{len} rows, {eta} left")?);
    let renewed = store.relabel(&mut |so_far: Relabelled| {
        bar.set_length(so_far.of);
        bar.set_position(so_far.done);
        ControlFlow::Continue(())
    })?;
    bar.finish_and_clear();
    let text = format!("{} rows renewed, {} of them got another label", renewed.done, renewed.changed);
    Ok(Report::new(text, &json!({ "renewed": renewed.done, "changed": renewed.changed }))?)
}

fn count(verb: &Rules) -> Ended {
    let rules = rules(&verb.site)?;
    let row = |(sensitivity, tally): (&cordon_core::label::Sensitivity, &std::collections::BTreeMap<String, usize>)| {
        let words = tally.get("words").copied().unwrap_or_default();
        let codes = tally.values().sum::<usize>().saturating_sub(words);
        vec![sensitivity.code().to_owned(), codes.to_string(), words.to_string()]
    };
    let text = table(&["family", "codes", "phrases"], rules.tally().iter().map(row).collect());
    Ok(Report::new(
        format!("{text}\nversion {}", rules.version()),
        &json!({ "version": rules.version(), "families": rules.tally() }),
    )?)
}
