//! What a grant lets out, and what goes in and out for a plugin by an administrator's hand.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::Context;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::{Args, Subcommand, ValueEnum};
use cordon_core::grant::{PackFrom, Powers};
use cordon_core::ids::{EntryName, MintedId, PluginId};
use cordon_server::admin::protocol::{Act, DiagnoseAct};
use serde_json::{Value, json};

use crate::Host;
use crate::files;
use crate::report::{Ended, Report, table};
use crate::verbs::author;
use crate::verbs::hospital::{Reason, hear, items, tell, text};

/// What is given beside reading and showing cards.
#[derive(Args)]
pub(crate) struct PowersArgs {
    /// A cell that it may keep. With `--all` every cell it asks for. May be repeated.
    #[arg(long)]
    cell: Vec<String>,
    /// A data pack that it may read: `NAME`, brought by an administrator, or `NAME=fetch`. May be repeated.
    #[arg(long)]
    pack: Vec<String>,
    /// Its cards may lead outside the hospital. Whoever follows a link is seen there.
    #[arg(long)]
    external_link: bool,
    /// A resource type that the EHR may be told to store without asking anybody. May be repeated.
    #[arg(long, value_name = "TYPE")]
    system_action: Vec<String>,
    /// What its proposals may hold: `free-text` or `performer`. May be repeated.
    #[arg(long)]
    allow: Vec<String>,
    /// The system interface that its interpreter asks for (WASI), which holds nothing.
    #[arg(long)]
    wasi: bool,
}

impl PowersArgs {
    pub(crate) fn read(&self) -> anyhow::Result<Powers> {
        let entry = |name: &str| EntryName::new(name).with_context(|| name.to_owned());
        let pack = |text: &String| match text.split_once('=') {
            None => Ok((entry(text)?, PackFrom::File)),
            Some((name, "file")) => Ok((entry(name)?, PackFrom::File)),
            Some((name, "fetch")) => Ok((entry(name)?, PackFrom::Fetch)),
            Some(_) => Err(anyhow::anyhow!("--pack {text}: write NAME, NAME=file or NAME=fetch")),
        };
        let allow = |text: &String| {
            serde_json::from_value(json!(text)).with_context(|| format!("--allow {text}: free-text or performer"))
        };
        Ok(Powers {
            cells: self.cell.iter().map(|name| entry(name)).collect::<anyhow::Result<BTreeSet<_>>>()?,
            packs: self.pack.iter().map(pack).collect::<anyhow::Result<BTreeMap<_, _>>>()?,
            external_link: self.external_link,
            system_actions: self.system_action.iter().cloned().collect(),
            allow: self.allow.iter().map(allow).collect::<anyhow::Result<BTreeSet<_>>>()?,
            wasi: self.wasi,
        })
    }
}

/// `cordon grant show`
#[derive(Subcommand)]
pub(crate) enum GrantShow {
    /// Shows what a plugin's grant lets out: what on purpose, to whom, and what could be told beside it.
    #[command(after_help = "Example: cordon grant show org.example.potassium")]
    Show(Shown),
}

/// Whose grant.
#[derive(Args)]
pub(crate) struct Shown {
    /// The plugin.
    plugin: PluginId,
    #[command(flatten)]
    host: Host,
}

/// Stops a plugin for every patient, or lets it run again.
#[derive(Args)]
pub(crate) struct Quarantine {
    /// The plugin.
    plugin: PluginId,
    /// Whether it is stopped.
    state: OnOff,
    #[command(flatten)]
    because: Reason,
    #[command(flatten)]
    host: Host,
}

#[derive(Clone, Copy, ValueEnum)]
enum OnOff {
    On,
    Off,
}

/// Data packs.
#[derive(Subcommand)]
pub(crate) enum Pack {
    /// Signs a data pack for hospitals. What no host would take in is not signed.
    #[command(after_help = "Example: cordon pack sign drugs.json --name drugs --version 2026-10 --key publisher.pem")]
    Sign(author::PackSign),
    /// Takes in a signed data pack. The old one stays in use until the new one is verified.
    #[command(
        after_help = "Example: cordon pack put drugs.pack --plugin org.example.renal --name drugs --reason \"October\""
    )]
    Put {
        /// The file.
        file: PathBuf,
        /// The plugin.
        #[arg(long)]
        plugin: PluginId,
        /// The pack's name in the plugin's manifest.
        #[arg(long)]
        name: EntryName,
        #[command(flatten)]
        because: Reason,
        #[command(flatten)]
        host: Host,
    },
}

/// Pinned copies.
#[derive(Subcommand)]
pub(crate) enum Copy {
    /// Takes in a copy: its digest is the one in the plugin's signed manifest.
    #[command(
        after_help = "Example: cordon copy put guideline.pdf --plugin org.example.renal --reason \"read by the board\""
    )]
    Put {
        /// The file.
        file: PathBuf,
        /// The plugin.
        #[arg(long)]
        plugin: PluginId,
        #[command(flatten)]
        because: Reason,
        #[command(flatten)]
        host: Host,
    },
}

/// Failed calls.
#[derive(Subcommand)]
pub(crate) enum Diagnose {
    /// Lists failed calls whose transcripts are kept, newest first.
    #[command(after_help = "Example: cordon diagnose list")]
    List {
        #[command(flatten)]
        host: Host,
    },
    /// Shows what a failed call saw, as its plugin saw it. The look is recorded.
    #[command(after_help = "Example: cordon diagnose show 6c1d… --reason \"the maker asks\"")]
    Show {
        /// The invocation.
        invocation: MintedId,
        #[command(flatten)]
        because: Reason,
        #[command(flatten)]
        host: Host,
    },
    /// Releases outcome class, digests and fuel class of a failed call, and what `--keep` names, sealed for one key.
    #[command(
        after_help = "Example: cordon diagnose release 6c1d… --keep /views/creatinine/0 --strike /views/creatinine/0/effectiveDateTime \\\n  \
                      --to age1… --out call.age --reason \"case 12, agreed with the ward\""
    )]
    Release {
        /// The invocation.
        invocation: MintedId,
        /// A part of the transcript that is released: a JSON Pointer (RFC 6901). May be repeated.
        #[arg(long, value_name = "POINTER")]
        keep: Vec<String>,
        /// A part of that which is struck out. May be repeated.
        #[arg(long, value_name = "POINTER")]
        strike: Vec<String>,
        /// For whom: an age X25519 recipient.
        #[arg(long, value_name = "RECIPIENT")]
        to: String,
        /// Where the sealed file goes. It must not be there yet.
        #[arg(long)]
        out: PathBuf,
        #[command(flatten)]
        because: Reason,
        #[command(flatten)]
        host: Host,
    },
}

/// `cordon grant show`
pub(crate) fn disclosure(verb: &Shown) -> Ended {
    tell(&verb.host, None, Act::Disclosure { plugin: verb.plugin.clone() }, page)
}

/// The ledger of a grant, for people.
fn page(shown: &Value) -> String {
    let none = Value::Null;
    let discloses = shown.get("discloses").unwrap_or(&none);
    let state = match shown.get("in-force").and_then(Value::as_bool) {
        Some(true) => "as granted",
        Some(false) | None => "not granted yet: as the usual grant would be",
    };
    let declared: String = discloses.get("declared").map(items).into_iter().flatten().map(sink).collect();
    let publisher: String = discloses
        .get("publisher")
        .map(items)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(|line| format!("\n  {line}"))
        .collect();
    format!(
        "{} {} ({state})\n\nlets out on purpose{declared}\n\ncould tell beside that, at most, in each call\n{}\n\nreaches its publisher{publisher}\n  {} bits that depend on a patient",
        text(shown, "plugin"),
        text(shown, "version"),
        undeclared(discloses),
        text(discloses, "publisher_bits"),
    )
}

fn sink(declared: &Value) -> String {
    let Some(bits) = declared.get("bits").and_then(Value::as_u64) else {
        return format!("\n  {}: shut", text(declared, "sink"));
    };
    let content: String = declared
        .get("content")
        .map(items)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(|line| format!("\n      {line}"))
        .collect();
    let bits = if bits == 0 { String::new() } else { format!(", at most {bits} bits a call") };
    format!("\n  {} to {}{bits}{content}", text(declared, "sink"), text(declared, "reader"))
}

/// The undeclared channels, for people.
pub(crate) fn undeclared(discloses: &Value) -> String {
    let bits = |value: &Value| {
        let millibits = value.get("millibits").and_then(Value::as_u64).unwrap_or_default();
        format!("{}.{:03}", millibits / 1_000, millibits % 1_000)
    };
    let channels = discloses.get("undeclared").map(items).into_iter().flatten();
    let rows: String =
        channels.map(|channel| format!("  {} bits: {}\n", bits(channel), text(channel, "name"))).collect();
    format!("{rows}  {} bits in all", bits(discloses))
}

/// `cordon quarantine`
pub(crate) fn quarantine(verb: &Quarantine) -> Ended {
    let on = matches!(verb.state, OnOff::On);
    let act = Act::Quarantine { plugin: verb.plugin.clone(), on };
    tell(&verb.host, Some(&verb.because), act, |_| {
        format!("{} {}", verb.plugin, if on { "is stopped for every patient" } else { "runs again" })
    })
}

/// `cordon pack …`
pub(crate) fn pack(verb: &Pack) -> Ended {
    let (file, plugin, name, because, host) = match verb {
        Pack::Sign(sign) => return author::pack_sign(sign),
        Pack::Put { file, plugin, name, because, host } => (file, plugin, name, because, host),
    };
    let act = Act::Pack { plugin: plugin.clone(), name: name.clone(), file: STANDARD.encode(files::read(file)?) };
    tell(host, Some(because), act, |done| format!("pack {name} of {plugin} is in use: {}", text(done, "digest")))
}

/// `cordon copy …`
pub(crate) fn copy(verb: &Copy) -> Ended {
    let Copy::Put { file, plugin, because, host } = verb;
    let act = Act::Copy { plugin: plugin.clone(), file: STANDARD.encode(files::read(file)?) };
    tell(host, Some(because), act, |done| format!("the hospital serves {} for {plugin}", text(done, "digest")))
}

/// `cordon diagnose …`
pub(crate) fn diagnose(verb: &Diagnose) -> Ended {
    match verb {
        Diagnose::List { host } => {
            let done = hear(host, None, Act::FailedCalls)?;
            let row = |call: &Value| vec![text(call, "at"), text(call, "plugin"), text(call, "invocation")];
            let said = table(&["at", "plugin", "invocation"], items(&done).map(row).collect());
            Ok(Report::new(said, &json!({ "calls": done }))?)
        }
        Diagnose::Show { invocation, because, host } => {
            let act = Act::Transcript { invocation: invocation.clone() };
            tell(host, Some(because), act, |done| serde_json::to_string_pretty(done).unwrap_or_default())
        }
        Diagnose::Release { invocation, keep, strike, to, out, because, host } => {
            let asked = DiagnoseAct {
                invocation: invocation.clone(),
                keep: keep.clone(),
                strike: strike.clone(),
                to: to.clone(),
            };
            let done = hear(host, Some(because), Act::Diagnose(asked))?;
            files::write_new(out, text(&done, "sealed").as_bytes(), false)?;
            let said = format!("released {} for {to}: {}", text(&done, "released"), out.display());
            Ok(Report::new(said, &done)?)
        }
    }
}
