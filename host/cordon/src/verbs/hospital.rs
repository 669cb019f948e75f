//! The hospital's verbs. Each asks the running host, which records who did it and why.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Context;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::{Args, Subcommand};
use cordon_core::grant::{Grant, GrantedNeed};
use cordon_core::ids::{KeyId, NeedName, PluginId};
use cordon_server::admin::client::{ClientError, ask};
use cordon_server::admin::protocol::{Act, Reply, Request};
use serde_json::{Value, json};

use crate::Host;
use crate::files;
use crate::report::{Ended, Failure, Report, table};
use crate::verbs::gate;

/// Why an act is done: it stands in the record.
#[derive(Args)]
pub(crate) struct Reason {
    /// Why, for the record.
    #[arg(long)]
    reason: String,
}

/// Whom the hospital trusts.
#[derive(Subcommand)]
pub(crate) enum Trust {
    /// Trusts a publisher's key for the plugins of one namespace.
    #[command(
        after_help = "Example: cordon trust add publisher.pub.pem --namespace org.example --reason \"contract 12\""
    )]
    Add {
        /// The public key, PEM.
        key: PathBuf,
        /// The plugin ids it may sign: this name and what follows it after a dot.
        #[arg(long)]
        namespace: String,
        #[command(flatten)]
        because: Reason,
        #[command(flatten)]
        host: Host,
    },
    /// Stops trusting a key for good. What it signed is served no longer.
    #[command(after_help = "Example: cordon trust revoke sha256:… --reason \"key was stolen\"")]
    Revoke {
        /// The key's id, as `cordon trust list` shows it.
        key: KeyId,
        #[command(flatten)]
        because: Reason,
        #[command(flatten)]
        host: Host,
    },
    /// Lists the trusted keys.
    #[command(after_help = "Example: cordon trust list")]
    List {
        #[command(flatten)]
        host: Host,
    },
}

/// Installs a signed plugin.
#[derive(Args)]
pub(crate) struct Install {
    /// The component. Its envelope stands beside it, ending in `.dsse.json`.
    component: PathBuf,
    #[command(flatten)]
    because: Reason,
    #[command(flatten)]
    host: Host,
}

/// Gives a plugin some of what it asks for, or shows what a grant lets out.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct GrantVerb {
    #[command(subcommand)]
    show: Option<gate::GrantShow>,
    /// The plugin.
    #[arg(required = true)]
    plugin: Option<PluginId>,
    /// The version that was reviewed. Needed once more than one was installed.
    #[arg(long, value_name = "VERSION")]
    of: Option<semver::Version>,
    /// All that the manifest asks for.
    #[arg(long, conflicts_with = "need", required_unless_present = "need")]
    all: bool,
    /// One need, or `NAME=SCOPE` to give only what lies within a narrower scope. May be repeated.
    #[arg(long)]
    need: Vec<String>,
    #[command(flatten)]
    powers: gate::PowersArgs,
    /// Why, for the record.
    #[arg(long, required = true)]
    reason: Option<String>,
    #[command(flatten)]
    host: Host,
}

/// Switches a plugin's services on or off.
#[derive(Args)]
pub(crate) struct Switch {
    /// The plugin.
    plugin: PluginId,
    #[command(flatten)]
    because: Reason,
    #[command(flatten)]
    host: Host,
}

/// Lists the installed plugins.
#[derive(Args)]
pub(crate) struct List {
    #[command(flatten)]
    host: Host,
}

/// Shows one installed plugin.
#[derive(Args)]
pub(crate) struct Show {
    /// The plugin.
    plugin: PluginId,
    #[command(flatten)]
    host: Host,
}

/// `cordon trust …`
pub(crate) fn trust(verb: &Trust) -> Ended {
    match verb {
        Trust::Add { key, namespace, because, host } => {
            let act = Act::TrustAdd { key: files::text(key)?, namespace: namespace.clone() };
            tell(host, Some(because), act, |done| format!("trusted for {namespace}: {}", text(done, "key")))
        }
        Trust::Revoke { key, because, host } => {
            let act = Act::TrustRevoke { key: key.clone() };
            tell(host, Some(because), act, |done| format!("trusted no longer: {}", text(done, "key")))
        }
        Trust::List { host } => tell_list(host, "keys", Act::TrustList, |done| {
            let rows = items(done).map(|key| vec![text(key, "namespace"), text(key, "key")]).collect();
            table(&["namespace", "key"], rows)
        }),
    }
}

/// `cordon install`
pub(crate) fn install(verb: &Install) -> Ended {
    let component = files::read(&verb.component)?;
    let envelope = files::text(&verb.component.with_extension("dsse.json"))?;
    let act = Act::Install { component: STANDARD.encode(component), envelope };
    tell(&verb.host, Some(&verb.because), act, |done| {
        format!(
            "installed {} {} ({}): granted nothing and switched off\nnext: cordon show {0}",
            text(done, "plugin"),
            text(done, "version"),
            text(done, "component")
        )
    })
}

/// `cordon grant`
pub(crate) fn grant(verb: &GrantVerb) -> Ended {
    if let Some(gate::GrantShow::Show(show)) = &verb.show {
        return gate::disclosure(show);
    }
    // Both are there: the command line is refused without them.
    let plugin = verb.plugin.clone().context("name a plugin")?;
    let because = Reason { reason: verb.reason.clone().context("say why with --reason")? };
    let more = verb.powers.read()?;
    let grant = if verb.all { None } else { Some(Grant { powers: more.clone(), ..named(&verb.need)? }) };
    let act = Act::Grant { plugin: plugin.clone(), version: verb.of.clone(), grant, more };
    tell(&verb.host, Some(&because), act, |done| {
        let needs: Vec<String> =
            done.pointer("/grant/needs").and_then(Value::as_object).into_iter().flatten().map(given).collect();
        let shown = done.get("discloses").map(gate::undeclared).unwrap_or_default();
        format!("{plugin} {} may see:\n  {}\n{shown}", text(done, "version"), needs.join("\n  "))
    })
}

fn given((name, need): (&String, &Value)) -> String {
    match need.get("within").and_then(Value::as_str) {
        Some(within) => format!("{name}, within {within}"),
        None => name.clone(),
    }
}

fn named(needs: &[String]) -> anyhow::Result<Grant> {
    let one = |text: &String| -> anyhow::Result<(NeedName, GrantedNeed)> {
        let (name, within) = match text.split_once('=') {
            Some((name, scope)) => (name, Some(scope.to_owned())),
            None => (text.as_str(), None),
        };
        Ok((NeedName::new(name).with_context(|| format!("--need {text}"))?, GrantedNeed { within }))
    };
    Ok(Grant { needs: needs.iter().map(one).collect::<anyhow::Result<BTreeMap<_, _>>>()?, ..Grant::default() })
}

/// `cordon enable` and `cordon disable`
pub(crate) fn switch(verb: &Switch, on: bool) -> Ended {
    let plugin = verb.plugin.clone();
    let act = if on { Act::Enable { plugin } } else { Act::Disable { plugin } };
    tell(&verb.host, Some(&verb.because), act, |done| {
        format!("{} {} is switched {}", verb.plugin, text(done, "version"), if on { "on" } else { "off" })
    })
}

/// `cordon list`
pub(crate) fn list(verb: &List) -> Ended {
    tell_list(&verb.host, "plugins", Act::List, |done| {
        let row = |plugin: &Value| {
            let on = plugin.get("enabled").and_then(Value::as_bool).unwrap_or_default();
            vec![
                text(plugin, "plugin"),
                text(plugin, "version"),
                (if on { "on" } else { "off" }).to_owned(),
                text(plugin, "title"),
            ]
        };
        table(&["plugin", "version", "switched", "what it is"], items(done).map(row).collect())
    })
}

/// `cordon show`
pub(crate) fn show(verb: &Show) -> Ended {
    tell(&verb.host, None, Act::Show { plugin: verb.plugin.clone() }, page)
}

/// The page a hospital reads before it grants.
fn page(plugin: &Value) -> String {
    let lines = [
        "plugin",
        "version",
        "state",
        "title",
        "description",
        "intended-use",
        "publisher",
        "contact",
        "component",
        "signed-by",
    ];
    let head: Vec<String> = lines.iter().map(|name| format!("{name:>13}  {}", text(plugin, name))).collect();
    let list = |name: &str, line: fn(&Value) -> String| -> String {
        plugin.get(name).map(items).into_iter().flatten().map(line).collect()
    };
    let wasi = match plugin.get("wasi").and_then(Value::as_str) {
        Some(_) => {
            "\n\nneeds a system interface for its interpreter (grant --wasi)\n  it holds nothing: no file, variable, \
                    input, socket or HTTP; its clocks stand still"
        }
        None => "",
    };
    format!(
        "{}\n\nanswers{}\n\nasks to see{}{wasi}\n\nmay write\n  cards{}\n\n\
         Sends data to its maker: no. A plugin has no network; its cards go to the clinician only.",
        head.join("\n"),
        list("services", service),
        list("needs", need),
        list("proposals", |one| format!("\n  an order: {}, {}", text(one, "name"), text(one, "what"))),
    )
}

fn service(service: &Value) -> String {
    let link = text(service, "link");
    let link = if link.is_empty() { link } else { format!(", link on each card: {link}") };
    format!("\n  {} at {}{link}", text(service, "id"), text(service, "hook"))
}

fn need(need: &Value) -> String {
    let granted = match need.get("granted") {
        Some(Value::Null) | None => "not given".to_owned(),
        Some(granted) => granted
            .get("within")
            .and_then(Value::as_str)
            .map_or_else(|| "given".to_owned(), |within| format!("given within {}", readable(within))),
    };
    let newest = need.get("newest").and_then(Value::as_u64);
    let many = newest.map_or_else(|| "all".to_owned(), |newest| format!("the newest {newest}"));
    let dates = match need.get("dates").and_then(Value::as_str) {
        Some("year") => ", of dates the year",
        Some("shifted") => ", dates moved by a secret number of weeks",
        Some(_) | None => "",
    };
    let ages = if need.get("ages").and_then(Value::as_str) == Some("90+") { ", ages above 89 as 90" } else { "" };
    format!(
        "\n  {}: {granted}\n      {}, {many}\n      of each only {}{dates}{ages}\n      if withheld, it {}\n      why: {}",
        text(need, "name"),
        readable(&text(need, "asks-for")),
        text(need, "elements"),
        text(need, "if-withheld"),
        text(need, "why")
    )
}

/// A scope as people write it. Only characters that separate nothing inside a value are decoded.
fn readable(scope: &str) -> String {
    scope.replace("%3A", ":").replace("%2F", "/").replace("%7C", "|")
}

pub(crate) fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// A member of an object, as text; what is not there is empty.
pub(crate) fn text(value: &Value, member: &str) -> String {
    match value.get(member) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) | None => String::new(),
    }
}

/// Asks for a list; scripts get it as the one member of an object.
fn tell_list(host: &Host, name: &str, act: Act, say: impl FnOnce(&Value) -> String) -> Ended {
    let done = hear(host, None, act)?;
    Ok(Report::new(say(&done), &json!({ name: done }))?)
}

/// Asks the running host and says what came of it.
pub(crate) fn tell(host: &Host, because: Option<&Reason>, act: Act, say: impl FnOnce(&Value) -> String) -> Ended {
    let done = hear(host, because, act)?;
    Ok(Report::new(say(&done), &done)?)
}

pub(crate) fn hear(host: &Host, because: Option<&Reason>, act: Act) -> Result<Value, Failure> {
    let (config, tenant) = host.read()?;
    let reason = because.map(|because| because.reason.clone());
    let request = Request { tenant: tenant.id, reason, act };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    heard(runtime.block_on(ask(&config.admin_socket, &request)))
}

/// What a running host said, as the end of a verb.
pub(crate) fn heard(reply: Result<Reply, ClientError>) -> Result<Value, Failure> {
    match reply {
        Ok(Reply::Done(done)) => Ok(done),
        Ok(Reply::Refused { kind, message }) => Err(Failure::Refused { kind, message }),
        Ok(Reply::Failed { message }) => Err(Failure::Failed(anyhow::anyhow!(message))),
        Err(error @ ClientError::Denied { .. }) => {
            Err(Failure::Refused { kind: "not-an-administrator".to_owned(), message: error.to_string() })
        }
        Err(error @ ClientError::NotRunning { .. }) => Err(Failure::NotRunning(error.to_string())),
        Err(error @ (ClientError::Broken(_) | ClientError::File(_))) => Err(error.into()),
    }
}
