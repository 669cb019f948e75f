//! The gate of the host, whole: a call goes through `core`'s pipeline to `release`, with a plugin that answers what the card's
//! writer wants, and what comes out is the body that an EHR gets. Everything else about the call is as plain as can be.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cordon_core::call::{HookCall, Prefetch, Purpose, UserRight};
use cordon_core::disclosure::Latency;
use cordon_core::grant::{Grant, Installed};
use cordon_core::ids::{Coins, Digest, Issuer, MintedId, NeedName, PatientId, TenantId};
use cordon_core::invoke::{Ports, invoke};
use cordon_core::label::NoRules;
use cordon_core::manifest::Manifest;
use cordon_core::message::{
    Advice, Answer, Asked, CardText, Filled, RunEnd, RunMessage, RunReply, SlotValue, Suggested,
};
use cordon_core::ports::{
    Decided, Decision, Each, Effects, EveryRow, KeepsNothing, Ledger, LedgerError, NoBreaker, NoDeadline, Occasion,
    Policy, PolicyError, Query, Records, RecordsError, Runner, RunnerError,
};
use cordon_core::profile::ProfileError;
use cordon_core::record::{LeafIndex, Record};
use cordon_core::words::Words;
use serde_json::{Value, json};

use crate::card::{ICON, LINK, Written};

/// The manifest of the page's plugin: one link, one icon, one reason, one suggestion, and a card that is copied.
const MANIFEST: &str = r#"
id = "org.example.page"
version = "1.0.0"
wit = "cordon:clinical@0.2.0"
title = { en = "Page" }
description = { en = "Shows cards." }
intended-use = "Testing."
publisher = "Example"
contact = "mail@example.org"
source = { label = {source}, url = "https://example.org/about", icon = { digest = "{digest}", type = "image/png" } }
cards = { mode = "{mode}" }

[[service]]
id = "page"
hook = "patient-view"
description = "Shows cards."
link = { label = "Guideline", url = "{link}" }

[[need]]
name = "labs"
scope = "patient/Observation.rs"
elements = ["valueQuantity", "valueString"]
on-withheld = "run"
why = "They are shown."

[[override-reason]]
name = "a"
code = "a"
system = "https://example.org/reasons"
display = {reason}

[[proposal]]
name = "order"
description = "Order creatinine"
resource = '{"resourceType": "ServiceRequest", "status": "draft", "intent": "proposal", "code": {"text": "Creatinine"}}'
"#;

/// A signed card into which the host copies what a row of the record holds.
const TEMPLATE: &str = r#"
[[template]]
name = "copied"
indicator = "warning"
summary = { en = "Result {line}" }
detail = { en = """
**Result** {text}

| Value | Unit |
| --- | --- |
| {text} | {line} |

- {text}

`{line}`""" }
[template.slot.line.from]
need = "labs"
element = "valueQuantity"
[template.slot.text.from]
need = "labs"
element = "valueString"
"#;

/// A manifest with these texts of its own, or none: no host would install it.
fn manifest(written: &Written) -> Result<Manifest, ProfileError> {
    let mode = if written.copied.is_some() { "templated" } else { "text" };
    let (source, reason) = (json!(written.source).to_string(), json!(written.reason).to_string());
    let texts = MANIFEST.replace("{mode}", mode).replace("{digest}", &icon().to_string()).replace("{link}", LINK);
    let texts = texts.replace("{source}", &source).replace("{reason}", &reason);
    let template = if written.copied.is_some() { TEMPLATE } else { "" };
    Manifest::parse(&format!("{texts}{template}")).map_err(|_| ProfileError::Unstable("manifest"))
}

/// The pinned icon's bytes are of no matter here.
fn icon() -> Digest {
    Digest::of(b"icon")
}

/// The card that an EHR gets.
///
/// # Errors
/// [`ProfileError`]: the gate refuses the card, or a host the manifest, and nothing leaves.
pub(crate) fn let_out(written: &Written) -> Result<Value, ProfileError> {
    const NONE: ProfileError = ProfileError::Empty("card");
    let call = call(written)?;
    let (words, runner) = (Words::default(), Writes(written));
    let ports = Ports {
        policy: &Everything,
        records: &Everything,
        labels: &NoRules,
        runner: &runner,
        ledger: &Everything,
        kept: &KeepsNothing,
        breaker: &NoBreaker,
        words: &words,
        latency: Latency::Buckets,
        deadline: &NoDeadline,
    };
    let done = invoke(call, ports).map_err(|_| NONE)?;
    let body = done.body.ok_or(done.broke.unwrap_or(NONE))?;
    let body: Value = serde_json::from_slice(&body).map_err(|_| NONE)?;
    body.pointer("/cards/0").cloned().ok_or(NONE)
}

const NAME: ProfileError = ProfileError::Unlisted("name");

/// The plugins by what differs in their manifests: most cards are of one of two.
type Known = BTreeMap<(String, String, bool), Arc<Installed>>;

/// The plugin of a card, installed once, with its icon and its link granted.
fn installed(written: &Written) -> Result<Arc<Installed>, ProfileError> {
    static KNOWN: Mutex<Known> = Mutex::new(BTreeMap::new());
    let which = (written.source.clone(), written.reason.clone(), written.copied.is_some());
    if let Some(known) = KNOWN.lock().unwrap_or_else(PoisonError::into_inner).get(&which) {
        return Ok(Arc::clone(known));
    }
    let manifest = manifest(written)?;
    let mut grant = Grant::whole(&manifest);
    grant.powers.external_link = true;
    let installed = Installed::new(manifest, Digest::of(b"component"), Digest::of(b"envelope"), &grant);
    let mut installed = installed.map_err(|_| NAME)?;
    installed.enabled = true;
    installed.copies.insert(icon(), ICON.to_owned());
    let installed = Arc::new(installed);
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner).insert(which, Arc::clone(&installed));
    Ok(installed)
}

fn call(written: &Written) -> Result<HookCall, ProfileError> {
    let installed = installed(written)?;
    let service = installed.manifest.services.first().cloned().ok_or(NAME)?;
    let now = jiff::Timestamp::UNIX_EPOCH;
    Ok(HookCall {
        invocation: MintedId::from_random([1; 16]),
        tenant: TenantId::new("main").map_err(|_| NAME)?,
        issuer: Issuer::new("https://ehr.example").map_err(|_| NAME)?,
        installed,
        service,
        hook_instance: "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea".to_owned(),
        user: None,
        roles: BTreeSet::new(),
        encounter: None,
        patient: PatientId::new("p").map_err(|_| NAME)?,
        draft_orders: Vec::new(),
        selections: Vec::new(),
        prefetch: BTreeMap::from([(NeedName::new("labs").map_err(|_| NAME)?, rows(written))]),
        right: UserRight::Unverified,
        purpose: Purpose::Treatment,
        received: now,
        now,
        locale: "en".to_owned(),
        budget: Duration::from_millis(400),
        coins: Coins::new([7; 32]),
    })
}

/// A row whose unit and text are what the writer got into the record.
fn rows(written: &Written) -> Prefetch {
    let row = |text: &String| {
        json!({ "resourceType": "Observation", "id": "o", "status": "final",
            "subject": { "reference": "Patient/p" }, "code": { "text": "x" }, "effectiveDateTime": "1970-01-01",
            "valueQuantity": { "value": 5, "unit": text.replace('\n', " ") }, "valueString": text })
    };
    Prefetch::all(written.copied.iter().map(row))
}

/// A plugin that answers with the card.
struct Writes<'a>(&'a Written);

impl Runner for Writes<'_> {
    fn run(&self, message: RunMessage) -> Result<RunReply, RunnerError> {
        let written = self.0;
        let id = message.views.iter().flat_map(|view| view.rows()).find_map(|row| {
            let row: Value = serde_json::from_str(row).ok()?;
            row.get("id")?.as_str().map(str::to_owned)
        });
        let slot = |name: &str, id: &String| (name.to_owned(), SlotValue::Row(id.clone()));
        let text = match &id {
            Some(id) if written.copied.is_some() => {
                let slots = vec![slot("line", id), slot("text", id)];
                CardText::Template(Filled { name: "copied".to_owned(), slots })
            }
            Some(_) | None => CardText::Free {
                summary: written.summary.clone(),
                detail: Some(written.detail.clone()),
                indicator: written.indicator,
            },
        };
        // A templated card has no labels of its own.
        let label = written.copied.is_none().then(|| written.label.clone());
        let order = Asked::Create(Filled::plain("order"));
        let suggestions = vec![Suggested { label, recommended: false, actions: vec![order] }];
        let card = Advice { text, suggestions, override_reasons: vec!["a".to_owned()] };
        Ok(RunReply::new(RunEnd::Answered(Answer { cards: vec![card], system_actions: Vec::new() }), 1))
    }
}

/// A policy that permits, a record that is empty, a log that forgets.
struct Everything;

impl Policy for Everything {
    fn decide(&self, occasion: &Occasion<'_>) -> Result<Decided, PolicyError> {
        let permit = || Decision::Permit { within: None, rows: Arc::new(EveryRow) };
        Ok(occasion.installed.granted.keys().map(|name| (name.clone(), permit())).collect())
    }
}

impl Records for Everything {
    fn visit(&self, _: Query<'_>, _: &mut Each<'_>) -> Result<(), RecordsError> {
        Ok(())
    }

    fn consents(&self, _: &TenantId, _: &PatientId) -> Result<Vec<Value>, RecordsError> {
        Ok(Vec::new())
    }
}

impl Ledger for Everything {
    fn append(&self, _: &Record, _: Effects) -> Result<LeafIndex, LedgerError> {
        Ok(LeafIndex(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_honest_card_leaves_with_its_link_icon_and_suggestion_and_so_does_a_signed_one() {
        let words = let_out(&Written::honest("a", "")).unwrap();
        let signed = let_out(&Written { copied: Some("pale".to_owned()), ..Written::honest("a", "") }).unwrap();
        for card in [&words, &signed] {
            assert_eq!((&card["links"][0]["url"], &card["source"]["icon"]), (&json!(LINK), &json!(ICON)));
            assert_eq!(card["suggestions"][0]["actions"][0]["description"], "Order creatinine");
        }
        assert_eq!(
            (&words["summary"], &signed["summary"]),
            (&json!("eGFR 44 mL/min/1.73 m²"), &json!("Result 5 pale"))
        );
        assert!(signed["detail"].as_str().unwrap().starts_with("**Result** pale\n\n| Value | Unit |"), "{signed}");
    }
}
