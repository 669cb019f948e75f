//! `cordon view`: one patient's record, and a request's own data, beside what a plugin would get of it, and why the rest is
//! absent.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use clap::Args;
use cordon_core::call::Purpose;
use cordon_core::ids::{Issuer, PatientId, PluginId, Role, ServiceId};
use cordon_server::admin::protocol::{Act, ViewAs};
use serde_json::Value;

use super::hospital::{Reason, items, tell, text};
use super::policy::purpose;
use crate::Host;
use crate::files;
use crate::report::Ended;

/// Looks at a patient's record as a plugin would get it. Every look is recorded, with who and why.
#[derive(Args)]
pub(crate) struct View {
    /// The plugin.
    #[arg(long)]
    plugin: PluginId,
    /// The patient's id.
    #[arg(long)]
    patient: PatientId,
    /// The service; the plugin's first one by default.
    #[arg(long)]
    service: Option<ServiceId>,
    /// Purpose of use (v3-ActReason).
    #[arg(long, default_value = "TREAT", value_parser = purpose)]
    purpose: Purpose,
    /// A role of the user. May be repeated.
    #[arg(long)]
    role: Vec<Role>,
    /// The user, as in Practitioner/example. By default the call names none.
    #[arg(long)]
    user: Option<String>,
    /// The client that would call; it may be left out where the tenant has only one.
    #[arg(long)]
    issuer: Option<Issuer>,
    /// A CDS Hooks request, or the `context` of one, JSON: its drafts, selections and encounter are looked at too.
    #[arg(long, value_name = "FILE")]
    context: Option<PathBuf>,
    #[command(flatten)]
    because: Reason,
    #[command(flatten)]
    host: Host,
}

/// `cordon view`
pub(crate) fn run(verb: &View) -> Ended {
    let view = ViewAs {
        plugin: verb.plugin.clone(),
        service: verb.service.clone(),
        patient: verb.patient.clone(),
        issuer: issuer(verb)?,
        user: verb.user.clone(),
        purpose: verb.purpose,
        roles: verb.role.clone(),
        context: verb.context.as_deref().map(files::text).transpose()?,
    };
    tell(&verb.host, Some(&verb.because), Act::View(view), page)
}

fn issuer(verb: &View) -> anyhow::Result<Issuer> {
    if let Some(issuer) = &verb.issuer {
        return Ok(issuer.clone());
    }
    let (config, tenant) = verb.host.read()?;
    let mut clients = config.clients.into_iter().filter(|client| client.tenant == tenant.id);
    match (clients.next(), clients.next()) {
        (Some(only), None) => Ok(only.issuer),
        (None, _) => anyhow::bail!("tenant `{}` has no client: name one with --issuer", tenant.id),
        (Some(_), Some(_)) => anyhow::bail!("tenant `{}` has several clients: say which with --issuer", tenant.id),
    }
}

fn page(done: &Value) -> String {
    let (asked, look) = (done.get("as").unwrap_or(&Value::Null), done.get("look").unwrap_or(&Value::Null));
    let roles: Vec<&str> = asked.get("roles").map(items).into_iter().flatten().filter_map(Value::as_str).collect();
    let roles = if roles.is_empty() { "no role".to_owned() } else { format!("roles {}", roles.join(", ")) };
    let runs = if look.get("runs") == Some(&Value::Bool(true)) {
        "it would run"
    } else {
        "it would not run: something is withheld on a need without which it abstains"
    };
    let rows: Vec<&Value> = look.get("rows").map(items).into_iter().flatten().collect();
    let (asked_for, rest): (Vec<&Value>, Vec<&Value>) =
        rows.into_iter().partition(|row| row.get("needs").map(items).is_some_and(|mut needs| needs.next().is_some()));
    let shown: String = asked_for.iter().map(|row| row_page(row)).collect();
    let lacks: Vec<String> = look.get("unmet").map(items).into_iter().flatten().map(unmet).collect();
    let lacks = if lacks.is_empty() { String::new() } else { format!("\n\n{}", lacks.join("\n")) };
    format!(
        "{} {} at {}, for {}, {roles}: {runs}\n{shown}{lacks}\n\n{}",
        text(asked, "plugin"),
        text(asked, "version"),
        text(asked, "service"),
        text(asked, "purpose"),
        not_asked_for(&rest)
    )
}

/// Rows that no need asks for: they are there, and nobody gets them.
fn not_asked_for(rows: &[&Value]) -> String {
    let mut types: BTreeMap<String, usize> = BTreeMap::new();
    for row in rows {
        let count = types.entry(format!("{}{}", origin(row), kind(row))).or_default();
        *count = count.saturating_add(1);
    }
    let types: Vec<String> = types.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
    if types.is_empty() { "no other rows".to_owned() } else { format!("asked for by no need: {}", types.join(", ")) }
}

fn kind(row: &Value) -> String {
    row.get("resource").map(|resource| text(resource, "resourceType")).unwrap_or_default()
}

/// What is not of the record says so.
fn origin(row: &Value) -> &'static str {
    match text(row, "from").as_str() {
        "draft-orders" => "draft order ",
        "user" => "the user's roles, ",
        _ => "",
    }
}

/// One row: its label, what each need makes of it, and element by element what is there and what the plugin reads.
fn row_page(row: &Value) -> String {
    let resource = row.get("resource").unwrap_or(&Value::Null);
    let rules: Vec<&str> = row.get("rules").map(items).into_iter().flatten().filter_map(Value::as_str).collect();
    let rules = if rules.is_empty() { String::new() } else { format!(" ({})", rules.join(", ")) };
    let id = text(resource, "id");
    let id = if id.is_empty() { id } else { format!("/{id}") };
    let head = format!("\n\n{}{}{id}  label {}{rules}", origin(row), kind(row), text(row, "label"));
    let needs: Vec<&Value> = row.get("needs").map(items).into_iter().flatten().collect();
    let verdicts: String = needs.iter().map(|need| verdict(need)).collect();
    let record = flat(resource);
    let read: Vec<BTreeMap<String, String>> = needs.iter().filter_map(|need| need.get("row")).map(flat).collect();
    if read.is_empty() {
        let there: Vec<&str> = record.keys().map(String::as_str).collect();
        return format!("{head}{verdicts}\n  it holds: {}", there.join(", "));
    }
    let names: BTreeSet<&String> = read.iter().flat_map(BTreeMap::keys).chain(record.keys()).collect();
    let got = |name: &String| read.iter().find_map(|row| row.get(name)).map_or("-", String::as_str);
    let there = |name: &String| record.get(name).map_or("-", String::as_str);
    let source = if origin(row).is_empty() { "the record" } else { "the request" };
    let head_line = line("element", source, "the plugin reads");
    let lines: String = names.into_iter().map(|name| line(name, there(name), got(name))).collect();
    format!("{head}{verdicts}{head_line}{lines}")
}

fn line(element: &str, record: &str, read: &str) -> String {
    format!("\n  {:<34} {:<40} {}", short(element, 34), short(record, 40), short(read, 40))
}

/// At most so many characters; more is for `--json`.
fn short(text: &str, most: usize) -> String {
    let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if one_line.chars().count() <= most {
        return one_line;
    }
    one_line.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

fn verdict(shown: &Value) -> String {
    let need = text(shown, "need");
    if shown.get("row").is_some() {
        return format!("\n  {need}: seen");
    }
    let reasons: Vec<String> = shown.get("reasons").map(items).into_iter().flatten().map(reason).collect();
    let why = if reasons.is_empty() { "beyond the need's limit".to_owned() } else { reasons.join("; ") };
    format!("\n  {need}: absent: {why}")
}

fn reason(reason: &Value) -> String {
    let ids =
        |name: &str| reason.get(name).map(items).into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>();
    match text(reason, "because").as_str() {
        "grant" => "not granted".to_owned(),
        "purpose" => "the grant is not for this purpose".to_owned(),
        "policy" if ids("ids").is_empty() => "no policy permits it".to_owned(),
        "policy" => format!("forbidden by policy {}", ids("ids").join(", ")),
        "consent" => format!("consent: {}", text(reason, "provision")),
        "sink" => "its cards are free text, which is no place for what is restricted".to_owned(),
        "malformed" => "it is no resource".to_owned(),
        "not-selected" => "it is not selected".to_owned(),
        "other-patient" => "it is not this patient's".to_owned(),
        "changed-meaning" => "an extension changes its meaning and could not be shown".to_owned(),
        "duplicate" => "a row of the same id is there already".to_owned(),
        "beyond-newest" => "the need asks for fewer rows".to_owned(),
        _ => reason.to_string(),
    }
}

/// What a need does not get because the request does not bring it.
fn unmet(unmet: &Value) -> String {
    let (need, named) = (text(unmet, "need"), text(unmet, "named"));
    let why = match text(unmet, "because").as_str() {
        "no-draft" => "the request has no draft orders".to_owned(),
        "no-selection" => "the request selects nothing".to_owned(),
        "not-a-draft" => format!("{named} is selected and is no draft order"),
        "no-encounter" => "the request names no encounter".to_owned(),
        "not-in-record" => format!("{named} is not in the patient's record"),
        "no-role" => "the user has no role".to_owned(),
        _ => unmet.to_string(),
    };
    format!("{need}: absent: {why}")
}

/// Every element of a resource by its path, in one line each.
fn flat(resource: &Value) -> BTreeMap<String, String> {
    let mut lines = BTreeMap::new();
    flatten("", resource, &mut lines);
    lines
}

fn flatten(path: &str, value: &Value, lines: &mut BTreeMap<String, String>) {
    let under = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| flatten(&under(name), value, lines)),
        Value::Array(values) => values.iter().enumerate().for_each(|(at, value)| {
            let place = if values.len() == 1 { path.to_owned() } else { format!("{path}[{at}]") };
            flatten(&place, value, lines);
        }),
        Value::String(text) => drop(lines.insert(path.to_owned(), text.clone())),
        Value::Null | Value::Bool(_) | Value::Number(_) => drop(lines.insert(path.to_owned(), value.to_string())),
    }
}
