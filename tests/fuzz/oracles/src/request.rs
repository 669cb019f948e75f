//! The CDS Hooks request: the server's own readers, compiled a second time so that neither sockets nor a store are needed.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use cordon_core::call::Prefetch;
use cordon_core::grant::{Grant, Installed};
use cordon_core::ids::Digest;
use cordon_core::manifest::{Hook, Manifest};
use cordon_core::sent::SentRow;
use cordon_fhir::json::parse;
use cordon_fhir::localize;
use regex::Regex;
use serde_json::{Map, Value};

use crate::{Broken, Seen, holds};

#[path = "../../../../host/server/src/cds/context.rs"]
mod context;
#[path = "../../../../host/server/src/cds/malformed.rs"]
pub mod malformed;
#[path = "../../../../host/server/src/cds/prefetch.rs"]
mod prefetch;
#[expect(clippy::module_inception, reason = "the tests of its neighbours call it so")]
#[path = "../../../../host/server/src/cds/request.rs"]
mod request;
#[path = "../../../../host/server/src/cds/rows.rs"]
mod rows;

use context::Context;
use request::{LIMITS, Request};
use rows::{KnownRows, Sent};

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
    let known = KnownRows::default();
    let read = Request::parse(input, &known, None);
    let again = Request::parse(input, &known, None);
    let same = match (&read, &again) {
        (Ok(read), Ok(again)) => read.prefetch == again.prefetch && read.draft_orders == again.draft_orders,
        (Err(read), Err(again)) => read == again,
        (Ok(_), Err(_)) | (Err(_), Ok(_)) => false,
    };
    holds(same, "rows that are known change nothing", || format!("{read:?} then {again:?}"))?;
    let Ok(request) = read else { return Ok(Seen::Refused) };
    let Ok(Value::Object(mut plain)) = parse(input, LIMITS) else {
        return holds(false, "what is accepted in parts is accepted as a whole", || format!("{request:?}"))
            .map(|()| Seen::Accepted);
    };
    around(input, &request)?;
    plain.values_mut().for_each(|sent| {
        if let Some(base) = &request.fhir_server {
            localize(sent, base);
        }
    });
    let own = |name: &str| plain.get(name).and_then(Value::as_object).cloned().unwrap_or_default();
    let (context, prefetch) = (own("context"), own("prefetch"));
    let drafts = request.draft_orders.as_ref();
    let read =
        Hook::ALL.into_iter().filter_map(|hook| Some((hook, Context::read(hook, &request.context, drafts).ok()?)));
    for (hook, read) in read.collect::<Vec<_>>() {
        in_context(hook, &read, &context)?;
    }
    prefetched(request.prefetch, &prefetch)?;
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
    let mut context = plain.get("context").cloned().unwrap_or_default();
    let orders = context.as_object_mut().and_then(|context| context.remove("draftOrders"));
    holds(
        context == Value::Object(request.context.clone()),
        "the context is as sent: no key twice, no number changed",
        show,
    )?;
    holds(orders.is_some() == request.draft_orders.is_some(), "draft orders are there as sent", show)?;
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
    let nothing = Value::Null;
    let orders = entries.into_iter().flatten().map(|entry| entry.get("resource").unwrap_or(&nothing));
    let same = context.draft_orders.is_empty() || context.draft_orders.iter().map(SentRow::value).eq(orders);
    holds(same, "no order is made up, changed or lost", show)
}

/// Nothing is read that was not granted, `null` is "no data" and nothing else is, and no part passes for the whole.
fn prefetched(prefetch: BTreeMap<String, Sent>, sent: &Map<String, Value>) -> Result<(), Broken> {
    for (name, state) in prefetch::read(prefetch, &INSTALLED) {
        let own = sent.get(name.as_str()).cloned().unwrap_or_default();
        let show = || format!("{name}: {state:?} from {own}");
        match &state {
            Prefetch::Null => holds(own.is_null(), "only null is no data", show)?,
            Prefetch::Failed => holds(!own.is_null(), "null is no failure", show)?,
            Prefetch::Rows { rows, complete } => {
                holds(!own.is_null() && rows.iter().all(|row| row.value().is_object()), "a row is an object", show)?;
                let resources = own.get("entry").and_then(Value::as_array).into_iter().flatten();
                let resources: Vec<_> = resources.filter_map(|entry| entry.get("resource")).chain([&own]).collect();
                let as_sent = rows.iter().all(|row| resources.contains(&row.value()));
                holds(as_sent, "a row is as sent, but for what the client's own server is called", show)?;
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
