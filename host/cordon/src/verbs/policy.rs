//! `cordon policy`: which plugin may see which class of row, for what.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;
use clap::{Args, Subcommand};
use cordon_core::call::Purpose;
use cordon_core::ids::{Issuer, NeedName, PluginId, Role, ServiceId};
use cordon_core::label::{Confidentiality, Label, Sensitivities, Sensitivity};
use cordon_core::manifest::Hook;
use cordon_policy::cedar::{DEFAULT, Facts, Kind, Policies, schema_text};
use cordon_server::admin::protocol::Act;
use serde_json::{Value, json};

use super::hospital::{Reason, hear, items, tell, text};
use super::proof::readable;
use crate::report::{Ended, Failure, Report, table};
use crate::{Host, files};

/// Which plugin may see which class of row, for what.
#[derive(Subcommand)]
pub(crate) enum Policy {
    /// Says everything that is wrong with a policy file. Needs no host.
    #[command(after_help = "Example: cordon policy check ours.cedar")]
    Check {
        /// The file.
        file: PathBuf,
    },
    /// Puts a policy in force, in one step. A file with any finding changes nothing.
    #[command(after_help = "Example: cordon policy set ours.cedar --reason \"board decision 12\"")]
    Set {
        /// The file.
        file: PathBuf,
        #[command(flatten)]
        because: Reason,
        #[command(flatten)]
        host: Host,
    },
    /// Shows the policy in force, and when which one was.
    #[command(after_help = "Example: cordon policy show --epoch 1")]
    Show {
        /// An older version.
        #[arg(long)]
        epoch: Option<u64>,
        #[command(flatten)]
        host: Host,
    },
    /// Prints every word that a policy may use.
    #[command(after_help = "Example: cordon policy schema")]
    Schema,
    /// Prints the policy that a hospital starts from.
    #[command(after_help = "Example: cordon policy default > ours.cedar")]
    Default,
    /// Says whether a class of row may be seen, and which policies settle it.
    #[command(
        after_help = "Example: cordon policy explain --plugin org.example.renal --need creatinine --label \"R HIV\" --role hiv-care"
    )]
    Explain(Box<Explain>),
    /// Proves that NEW shows nothing that OLD hides, or finds an example.
    #[command(
        after_help = "Needs cordon-prove beside this program, and cvc5.\nExample: cordon policy diff old.cedar new.cedar"
    )]
    Diff {
        /// The policy in force.
        old: PathBuf,
        /// The policy to come.
        new: PathBuf,
    },
    /// Proves that no row is ever seen where all of these hold, or finds one.
    #[command(
        after_help = "Needs cordon-prove beside this program, and cvc5.\nExample: cordon policy prove ours.cedar --publisher org.example --label HIV"
    )]
    Prove(Prove),
}

/// One call and one class of row.
#[derive(Args)]
pub(crate) struct Explain {
    /// A policy file; the policy in force by default.
    #[arg(long)]
    file: Option<PathBuf>,
    /// The plugin.
    #[arg(long)]
    plugin: PluginId,
    /// Its version.
    #[arg(long, value_name = "VERSION", default_value = "1.0.0")]
    of: String,
    /// The need that asks.
    #[arg(long)]
    need: NeedName,
    /// The row's label: a confidentiality, then sensitivities, as in "R HIV"; with "unclassified" at the end.
    #[arg(long, value_parser = label)]
    label: Label,
    /// The row's FHIR type.
    #[arg(long = "type", default_value = "Observation")]
    kind: String,
    /// Purpose of use (v3-ActReason).
    #[arg(long, default_value = "TREAT", value_parser = purpose)]
    purpose: Purpose,
    /// A role of the user. May be repeated.
    #[arg(long)]
    role: Vec<Role>,
    /// The hook.
    #[arg(long, default_value = "patient-view", value_parser = hook)]
    hook: Hook,
    /// The service.
    #[arg(long)]
    service: Option<ServiceId>,
    /// The client that calls.
    #[arg(long)]
    issuer: Option<Issuer>,
    /// The hook names no user.
    #[arg(long)]
    no_user: bool,
    #[command(flatten)]
    host: Host,
}

/// What is never seen.
#[derive(Args)]
pub(crate) struct Prove {
    /// The policy.
    file: PathBuf,
    /// Plugins of this publisher's namespace.
    #[arg(long)]
    publisher: Option<String>,
    /// Plugins that are not of this publisher's namespace.
    #[arg(long)]
    outside: Option<String>,
    /// Rows with this label: HIV, PSY …, a confidentiality, or unclassified. May be repeated: then all of them.
    #[arg(long)]
    label: Vec<String>,
    /// Calls for this purpose.
    #[arg(long)]
    purpose: Option<String>,
    /// Anything else, as a policy would say it. May be repeated.
    #[arg(long)]
    when: Vec<String>,
}

/// Reads a purpose of use.
pub(crate) fn purpose(text: &str) -> Result<Purpose, String> {
    Purpose::of_code(text).ok_or_else(|| format!("one of {}", Purpose::ALL.map(Purpose::code).join(", ")))
}

fn hook(text: &str) -> Result<Hook, String> {
    Hook::parse(text).ok_or_else(|| format!("one of {}", Hook::ALL.map(Hook::as_str).join(", ")))
}

/// Reads a label as it is printed.
fn label(text: &str) -> Result<Label, String> {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    let unclassified = words.last() == Some(&"unclassified") && words.pop().is_some();
    let confidentiality = words.first().and_then(|word| Confidentiality::of_code(word));
    let confidentiality = confidentiality.ok_or("a label starts with U, L, M, N, R or V")?;
    let known = || format!("a sensitivity is one of {}", Sensitivity::ALL.map(Sensitivity::code).join(", "));
    let sensitivities = words.iter().skip(1).map(|word| Sensitivity::of_code(word).ok_or_else(known));
    let sensitivities = sensitivities.collect::<Result<Sensitivities, String>>()?;
    Ok(Label { confidentiality, sensitivities, unclassified })
}

/// `cordon policy …`
pub(crate) fn run(verb: &Policy) -> Ended {
    match verb {
        Policy::Check { file } => check(file),
        Policy::Set { file, because, host } => {
            let act = Act::PolicySet { text: files::text(file)? };
            tell(host, Some(because), act, |done| {
                format!(
                    "in force: epoch {}, {}, {} policies",
                    text(done, "epoch"),
                    text(done, "digest"),
                    text(done, "policies")
                )
            })
        }
        Policy::Show { epoch, host } => tell(host, None, Act::PolicyShow { epoch: *epoch }, shown),
        Policy::Schema => Ok(Report::new(schema_text().trim_end(), &json!({ "schema": schema_text() }))?),
        Policy::Default => Ok(Report::new(DEFAULT.trim_end(), &json!({ "policy": DEFAULT }))?),
        Policy::Explain(verb) => explain(verb),
        Policy::Diff { old, new } => prove(&[&["diff".into(), old.into(), new.into()]]),
        Policy::Prove(verb) => prove(&[&["never".into(), (&verb.file).into()], &conditions(verb)]),
    }
}

fn check(file: &Path) -> Ended {
    let policies = match Policies::parse(&files::text(file)?) {
        Ok(policies) => policies,
        Err(error) => {
            let lines: Vec<String> = error.findings.iter().map(ToString::to_string).collect();
            return Err(Failure::Found(Report::new(lines.join("\n"), &json!({ "findings": error.findings }))?));
        }
    };
    let rows = policies.stated().iter().map(|(id, stated)| vec![id.clone(), stated.why.clone()]).collect();
    let said = json!({ "findings": [], "digest": policies.digest(), "policies": policies.stated() });
    Ok(Report::new(
        format!("{}\nnothing is wrong with it: {}", table(&["policy", "why"], rows), policies.digest()),
        &said,
    )?)
}

fn shown(done: &Value) -> String {
    let versions = done
        .get("versions")
        .map(items)
        .into_iter()
        .flatten()
        .map(|version| ["epoch", "since", "by", "reason", "digest"].map(|name| text(version, name)).to_vec());
    let versions = table(&["epoch", "since", "by", "reason", "digest"], versions.collect());
    let in_force = if done.get("in-force") == done.get("epoch") { "in force" } else { "not in force" };
    format!("{versions}\n\nepoch {}, {in_force}:\n\n{}", text(done, "epoch"), text(done, "text").trim_end())
}

fn explain(verb: &Explain) -> Ended {
    let policies = match &verb.file {
        Some(file) => files::text(file)?,
        None => text(&hear(&verb.host, None, Act::PolicyShow { epoch: None })?, "text"),
    };
    let policies = Policies::parse(&policies).map_err(|error| anyhow::anyhow!("{error}"))?;
    let or_empty = |name: Option<String>| name.unwrap_or_default();
    let tenant = if verb.file.is_some() { verb.host.tenant.clone() } else { Some(verb.host.read()?.1.id) };
    let facts = Facts {
        tenant: or_empty(tenant.map(String::from)),
        issuer: or_empty(verb.issuer.clone().map(String::from)),
        plugin: verb.plugin.to_string(),
        version: verb.of.clone(),
        purpose: verb.purpose,
        roles: verb.role.iter().map(ToString::to_string).collect::<BTreeSet<_>>(),
        hook: verb.hook,
        service: or_empty(verb.service.clone().map(String::from)),
        need: verb.need.to_string(),
        user_known: !verb.no_user,
    };
    let verdict = policies.explain(&facts, Kind::of(&verb.kind), verb.label);
    let why =
        |id: &String| policies.stated().get(id).map_or_else(String::new, |stated| format!("\n  {id}: {}", stated.why));
    let because: String = verdict.policies.iter().map(why).collect();
    let failed: String = verdict.failed.iter().map(|id| format!("\n  {id}: failed, and so denies")).collect();
    let none = if verdict.policies.is_empty() && verdict.failed.is_empty() { "\n  no policy permits it" } else { "" };
    let seen = if verdict.permitted { "is seen" } else { "is not seen" };
    let readable =
        format!("a row ({}) labelled {} {seen} by {}{because}{failed}{none}", verb.kind, verb.label, verb.plugin);
    Ok(Report::new(readable, &json!({ "facts": facts, "label": verb.label.to_string(), "verdict": verdict }))?)
}

fn conditions(verb: &Prove) -> Vec<OsString> {
    let flag = |name: &'static str, value: &String| [OsString::from(name), value.into()];
    let one = |name, value: &Option<String>| value.iter().flat_map(move |value| flag(name, value)).collect::<Vec<_>>();
    let many = |name, values: &[String]| values.iter().flat_map(|value| flag(name, value)).collect::<Vec<_>>();
    [
        one("--publisher", &verb.publisher),
        one("--outside", &verb.outside),
        many("--label", &verb.label),
        one("--purpose", &verb.purpose),
        many("--when", &verb.when),
    ]
    .concat()
}

/// Runs the prover, which is a program of its own: no host links a solver. It stands beside this one.
fn prove(arguments: &[&[OsString]]) -> Ended {
    let beside = std::env::current_exe().context("where is this program?")?.with_file_name("cordon-prove");
    let output = match Command::new(&beside).args(arguments.concat()).output() {
        Ok(output) => output,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let message = format!("no cordon-prove beside this program: expected {}", beside.display());
            return Err(Failure::Failed(anyhow::anyhow!(message)));
        }
        Err(error) => return Err(Failure::Failed(error.into())),
    };
    let answer: Value = serde_json::from_slice(&output.stdout).with_context(|| {
        String::from_utf8_lossy(&output.stderr).lines().next().unwrap_or("cordon-prove gave no answer").to_owned()
    })?;
    let report = Report::new(readable(&answer), &answer)?;
    match output.status.code() {
        Some(0) => Ok(report),
        Some(1) => Err(Failure::Found(report)),
        Some(_) | None => {
            let because = answer.get("because").and_then(Value::as_str).unwrap_or("it could not be decided");
            Err(Failure::Failed(anyhow::anyhow!("{because}")))
        }
    }
}
