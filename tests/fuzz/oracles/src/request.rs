//! The CDS Hooks request: the server's own readers, compiled a second time so that neither sockets nor a store are needed.

use std::sync::LazyLock;

use cordon_core::call::Prefetch;
use cordon_core::grant::{Grant, Installed};
use cordon_core::ids::Digest;
use cordon_core::manifest::{Hook, Manifest};
use cordon_fhir::localize;
use regex::Regex;
use serde_json::{Map, Value};

use crate::{Broken, Seen, holds};

#[path = "../../../../host/server/src/cds/request.rs"]
mod body;
#[path = "../../../../host/server/src/cds/context.rs"]
mod context;
#[path = "../../../../host/server/src/cds/malformed.rs"]
pub mod malformed;
#[path = "../../../../host/server/src/cds/prefetch.rs"]
mod prefetch;

use body::Request;
use context::Context;

/// RFC 9562 section 4.
static UUID: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("^(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$").expect("a pattern"));

/// FHIR R4 `id`, and a reference to one.
static ID: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^[A-Za-z0-9\-.]{1,64}$").expect("a pattern"));
static REFERENCE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^[A-Z][A-Za-z]+/[A-Za-z0-9\-.]{1,64}$").expect("a pattern"));

/// A plugin with needs from the record and from the hook: its prefetch is read.
static INSTALLED: LazyLock<Installed> = LazyLock::new(|| {
    let text = include_str!("../../../../sample-plugins/renal-dosing/plugin.toml");
    let manifest = Manifest::parse(text).expect("a manifest");
    let grant = Grant::whole(&manifest);
    let digest = Digest::of(b"");
    Installed::new(manifest, digest, digest, &grant).expect("a grant")
});

/// Any bytes as the body of a service call.
///
/// # Errors
/// [`Broken`].
pub fn request(input: &[u8]) -> Result<Seen, Broken> {
    let Ok(mut request) = Request::parse(input) else { return Ok(Seen::Refused) };
    around(input, &request)?;
    let sent: Map<String, Value> = request.prefetch.clone();
    if let Some(base) = request.fhir_server.clone() {
        request.context.values_mut().chain(request.prefetch.values_mut()).for_each(|sent| localize(sent, &base));
    }
    let read = Hook::ALL.into_iter().filter_map(|hook| Some((hook, Context::read(hook, &request.context).ok()?)));
    for (hook, context) in read.collect::<Vec<_>>() {
        in_context(hook, &context, &request.context)?;
    }
    prefetched(request.prefetch, &sent)?;
    Ok(Seen::Accepted)
}

/// The members around the context, against a reading by `serde_json` alone.
fn around(input: &[u8], request: &Request) -> Result<(), Broken> {
    let show = || format!("{request:?}");
    let plain: Value = serde_json::from_slice(input).unwrap_or_default();
    holds(UUID.is_match(&request.hook_instance), "a hook instance is a UUID", show)?;
    let same = |name: &str, own: &str| plain.get(name).and_then(Value::as_str) == Some(own);
    holds(same("hookInstance", &request.hook_instance) && same("hook", &request.hook), "members are as sent", show)?;
    holds(!request.hook.is_empty(), "a hook has a name", show)?;
    let as_sent = plain.get("context") == Some(&Value::Object(request.context.clone()));
    holds(as_sent, "the context is as sent: no key twice, no number changed", show)?;
    let url = |url: &String| same("fhirServer", url) && (url.starts_with("https://") || url.starts_with("http://"));
    holds(request.fhir_server.as_ref().is_none_or(url), "a FHIR server is an absolute URL", show)?;
    authorized(&plain, request)
}

/// An authorization is for a named server and not over; its token is kept nowhere.
fn authorized(plain: &Value, request: &Request) -> Result<(), Broken> {
    let show = || format!("{request:?}");
    let Some(kept) = &request.authorization else { return Ok(()) };
    let sent = |name: &str| plain.get("fhirAuthorization").and_then(|own| own.get(name));
    let same = |name: &str, own: &str| sent(name).and_then(Value::as_str) == Some(own);
    holds(request.fhir_server.is_some(), "an authorization names its server", show)?;
    holds(same("scope", &kept.scope) && same("subject", &kept.subject), "an authorization is as sent", show)?;
    holds(kept.patient.as_deref().is_none_or(|own| same("patient", own)), "its patient is as sent", show)?;
    holds(sent("expires_in").and_then(Value::as_f64).is_some_and(|left| left > 0.0), "it is not over", show)?;
    let token = sent("access_token").and_then(Value::as_str).unwrap_or_default();
    let once = plain.to_string().matches(token).count() == 1;
    holds(!once || token.len() < 8 || !show().contains(token), "the access token is kept nowhere", show)
}

fn in_context(hook: Hook, context: &Context, sent: &Map<String, Value>) -> Result<(), Broken> {
    let show = || format!("{} {context:?}", hook.as_str());
    let text = |name: &str| sent.get(name).and_then(Value::as_str).unwrap_or_default();
    let patient = context.patient.as_str();
    holds(ID.is_match(patient) && text("patientId") == patient, "the patient is the one that was sent", show)?;
    let user = context.user.as_ref().map(ToString::to_string);
    let whole = |user: &String| REFERENCE.is_match(user) && text("userId") == user;
    holds(user.as_ref().is_none_or(whole), "the user is the one that was sent", show)?;
    holds(user.is_some() || hook == Hook::OrderDispatch, "a hook has a user", show)?;
    let encounter = context.encounter.as_ref().map(ToString::to_string);
    let encounter_fits = |own: &String| *own == format!("Encounter/{}", text("encounterId"));
    holds(encounter.as_ref().is_none_or(encounter_fits), "the encounter is the one that was sent", show)?;
    let selected = context.selections.iter().all(|one| REFERENCE.is_match(&one.to_string()));
    holds(selected, "a selection is a reference of the form Type/id", show)?;
    let entries = sent.get("draftOrders").and_then(|bundle| bundle.get("entry")).and_then(Value::as_array);
    let orders = context.draft_orders.len();
    holds(orders == 0 || entries.is_some_and(|entries| entries.len() == orders), "no order is made up or lost", show)
}

/// Nothing is read that was not granted, `null` is "no data" and nothing else is, and no part passes for the whole.
fn prefetched(prefetch: Map<String, Value>, sent: &Map<String, Value>) -> Result<(), Broken> {
    for (name, state) in prefetch::read(prefetch, &INSTALLED) {
        let own = sent.get(name.as_str()).cloned().unwrap_or_default();
        let show = || format!("{name}: {state:?} from {own}");
        match &state {
            Prefetch::Null => holds(own.is_null(), "only null is no data", show)?,
            Prefetch::Failed => holds(!own.is_null(), "null is no failure", show)?,
            Prefetch::Rows { rows, complete } => {
                holds(!own.is_null() && rows.iter().all(Value::is_object), "a row is an object", show)?;
                let links = own.get("link").filter(|_| own.get("resourceType").is_some_and(|kind| kind == "Bundle"));
                let links = links.and_then(Value::as_array);
                let next = |link: &Value| link.get("relation").and_then(Value::as_str) == Some("next");
                let more = links.is_some_and(|links| links.iter().any(next));
                holds(!(more && *complete), "a page with a next one is not complete", show)?;
            }
        }
        holds(INSTALLED.granted.contains_key(&name), "only what was granted is read", show)?;
    }
    let listed = prefetch::templates(&INSTALLED);
    holds(
        listed.keys().all(|name| INSTALLED.granted.contains_key(name)),
        "only granted needs have templates",
        String::new,
    )
}
