//! `cordon call`: calls a service as an EHR would.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use serde_json::{Value, json};

use crate::ehr::{self, Client};
use crate::files;
use crate::report::{Ended, Failure, Report};

/// Calls a service as an EHR would, with a signed token.
#[derive(Args)]
pub(crate) struct Call {
    /// The client's folder, as `cordon init` made it.
    #[arg(long, default_value = "client")]
    client: PathBuf,
    /// The service to call; without it, discovery.
    #[arg(long)]
    service: Option<String>,
    /// The CDS Hooks request. A missing `hookInstance` is filled in.
    request: Option<PathBuf>,
}

/// Runs the verb.
pub(crate) fn run(verb: &Call) -> Ended {
    let (client, key) = Client::read(&verb.client)?;
    let request = match &verb.request {
        Some(path) => Some(request(&files::read(path)?)?),
        None => None,
    };
    let path = match &verb.service {
        Some(service) => format!("/cds-services/{service}"),
        None => "/cds-services".to_owned(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let answer = runtime.block_on(client.call(&key, &path, request.as_ref()))?;
    let report = Report::new(readable(&answer.body), &json!({ "status": answer.status, "body": answer.body }))?;
    if answer.status == 200 { Ok(report) } else { Err(Failure::Found(report)) }
}

fn request(bytes: &[u8]) -> anyhow::Result<Value> {
    let mut request: Value = serde_json::from_slice(bytes).context("the request is not JSON")?;
    let members = request.as_object_mut().context("the request is not an object")?;
    members.entry("hookInstance").or_insert(json!(ehr::uuid()?));
    Ok(request)
}

/// An answer as a person reads it.
pub(crate) fn readable(body: &Value) -> String {
    let Some(cards) = body.get("cards").and_then(Value::as_array) else {
        return serde_json::to_string_pretty(body).unwrap_or_default();
    };
    if cards.is_empty() {
        return "no cards: nothing to say".to_owned();
    }
    cards.iter().map(card).collect::<Vec<_>>().join("\n")
}

fn card(card: &Value) -> String {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let mark = match text(card.get("indicator")).as_str() {
        "critical" => "!!!",
        "warning" => " ! ",
        _ => " i ",
    };
    let detail = text(card.get("detail"));
    let lines = detail.lines().map(|line| format!("│     {line}")).collect::<Vec<_>>().join("\n");
    let from = text(card.pointer("/source/label"));
    let link = card.pointer("/links/0/url").and_then(Value::as_str).map(|url| format!(" · {url}")).unwrap_or_default();
    format!("┌ [{mark}] {}\n{lines}\n└ {from}{link}", text(card.get("summary")))
}
