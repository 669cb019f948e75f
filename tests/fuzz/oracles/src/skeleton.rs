//! Proposals: whatever a publisher wrote and a plugin asked for, what leaves is a draft about the patient in strict R4.
//!
//! The rules are written a second time here, as patterns of the R4 data types and as a list of what may never stand in
//! an order; nothing of them is taken from `cordon_fhir::strict`.

use std::sync::LazyLock;

use cordon_core::ids::{MintedId, PatientId};
use cordon_core::proposal::Proposal;
use regex::Regex;
use serde_json::Value;

use crate::{Broken, Seen, holds};

mod order;

/// Not valid in UTF-8: it parts the fields of an input.
const BETWEEN: u8 = 0xff;

/// Members of R4 that carry words, names or programs of their own choice.
const NEVER: [&str; 14] = [
    "extension",
    "modifierExtension",
    "contained",
    "identifier",
    "groupIdentifier",
    "requisition",
    "note",
    "meta",
    "implicitRules",
    "language",
    "instantiatesUri",
    "instantiatesCanonical",
    "url",
    "div",
];

/// Links, by any means, and Markdown's or HTML's way to write one.
static LINK: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)://|\bwww\.|\b(mailto|javascript|data|tel):|\]\(|<[a-z/!?]").expect("a pattern"));

/// What nobody sees, or what turns the order of the rest.
static HIDDEN: LazyLock<Regex> = LazyLock::new(|| {
    let classes = r"\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}";
    Regex::new(&format!("[{classes}]")).expect("a pattern")
});

/// FHIR R4, data types: `code`, `dateTime`, `time`, `id`, and a relative reference.
static CODE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^[^\s]+(\s[^\s]+)*$").expect("a pattern"));
static DATE_TIME: LazyLock<Regex> = LazyLock::new(|| {
    let year = r"[0-9]([0-9]([0-9][1-9]|[1-9]0)|[1-9]00)|[1-9]000";
    let zone = r"(Z|(\+|-)((0[0-9]|1[0-3]):[0-5][0-9]|14:00))";
    let time = format!(r"T([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?{zone}");
    Regex::new(&format!("^({year})(-(0[1-9]|1[0-2])(-(0[1-9]|[1-2][0-9]|3[0-1])({time})?)?)?$")).expect("a pattern")
});
static TIME: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?$").expect("a pattern"));
static REFERENCE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^[A-Z][A-Za-z]+/[A-Za-z0-9\-.]{1,64}$").expect("a pattern"));
static URI: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^[a-z]+:[A-Za-z0-9/:._-]+$").expect("a pattern"));

/// A proposal as a manifest may write it: the resource, the description, the patient, parted by a byte. A first byte
/// that begins no JSON makes the resource from an order and edits of it.
///
/// # Errors
/// [`Broken`].
pub fn skeleton(input: &[u8]) -> Result<Seen, Broken> {
    let resource;
    let mut fields = match input.split_first() {
        Some((1, choices)) => {
            resource = order::edited(choices);
            vec![resource.as_bytes()]
        }
        Some(_) | None => input.split(|byte| *byte == BETWEEN).collect(),
    };
    fields.resize(3, b"");
    let text = |index: usize| fields.get(index).and_then(|field| std::str::from_utf8(field).ok()).unwrap_or_default();
    let description = if text(1).is_empty() { "Order" } else { text(1) };
    let Ok(proposal) = Proposal::parse(description, text(0)) else { return Ok(Seen::Refused) };
    holds(proposal.description() == description, "a description is as it was written", || description.to_owned())?;
    proposed(&proposal)?;
    if let Ok(patient) = PatientId::new(text(2)) {
        filled(&proposal, &patient)?;
    }
    Ok(Seen::Accepted)
}

/// A proposal that the host took, for some patient.
///
/// # Errors
/// [`Broken`].
pub fn proposed(proposal: &Proposal) -> Result<(), Broken> {
    filled(proposal, &PatientId::new("p.1-A").expect("an id"))
}

fn filled(proposal: &Proposal, patient: &PatientId) -> Result<(), Broken> {
    let id = MintedId::from_random([7; 16]);
    order_for(&proposal.fill(&id, patient), id.as_str(), patient.as_str())
}

/// An order as it leaves.
///
/// # Errors
/// [`Broken`].
pub fn order_for(order: &Value, id: &str, patient: &str) -> Result<(), Broken> {
    let show = || order.to_string();
    let text = |name: &str| order.get(name).and_then(Value::as_str).unwrap_or_default();
    let kind = matches!(text("resourceType"), "MedicationRequest" | "ServiceRequest");
    holds(kind, "an order is a MedicationRequest or a ServiceRequest", show)?;
    holds(text("status") == "draft", "an order is a draft", show)?;
    holds(matches!(text("intent"), "proposal" | "plan"), "an order is a proposal", show)?;
    holds(text("id") == id, "the id is the host's", show)?;
    let subject = order.get("subject").and_then(Value::as_object);
    let own = |subject: &serde_json::Map<String, Value>| {
        subject.len() == 1 && subject.get("reference").and_then(Value::as_str) == Some(&format!("Patient/{patient}"))
    };
    holds(subject.is_some_and(own), "the subject is the patient and nothing else", show)?;
    members(order, "")
}

/// Every member below, with the name of what holds it.
fn members(value: &Value, holder: &str) -> Result<(), Broken> {
    match value {
        Value::Null => holds(false, "nothing is null", || holder.to_owned()),
        Value::Bool(_) => Ok(()),
        Value::Number(number) => {
            holds(as_f64(number).is_some_and(|n| n >= 0.0), "a number is finite and not below nought", || {
                number.to_string()
            })
        }
        Value::String(text) => word(text, holder),
        Value::Array(items) => {
            holds(!items.is_empty(), "nothing is empty", || holder.to_owned())?;
            items.iter().try_for_each(|item| members(item, holder))
        }
        Value::Object(object) => {
            holds(!object.is_empty(), "nothing is empty", || holder.to_owned())?;
            object.iter().try_for_each(|(name, value)| member(name, value, holder))
        }
    }
}

fn as_f64(number: &serde_json::Number) -> Option<f64> {
    number.to_string().parse::<f64>().ok().filter(|number| number.is_finite())
}

fn member(name: &str, value: &Value, holder: &str) -> Result<(), Broken> {
    let show = || format!("{holder}.{name}: {value}");
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase()) && name.bytes().all(|b| b.is_ascii_alphanumeric());
    holds(plain, "a member has a name of R4, and no `_` member carries extensions", show)?;
    holds(!NEVER.contains(&name), "no member carries words of its own choice", show)?;
    holds(name != "text" || value.is_string(), "there is no narrative", show)?;
    let referring = matches!(holder, "subject" | "encounter" | "requester" | "performer" | "basedOn" | "specimen");
    holds(name != "display" || !referring, "a reference has no words", show)?;
    members(value, name)
}

/// A string by the data type that R4 gives to a member of this name.
fn word(text: &str, name: &str) -> Result<(), Broken> {
    let show = || format!("{name}: {text:?}");
    holds(!text.trim().is_empty(), "nothing is empty", show)?;
    holds(!HIDDEN.is_match(text), "every character is seen", show)?;
    holds(name == "system" || !LINK.is_match(text), "no link stands outside a code system's name", show)?;
    match name {
        "system" => holds(URI.is_match(text), "a system is a plain URI", show),
        "code" | "status" | "intent" | "priority" | "periodUnit" | "durationUnit" | "dayOfWeek" | "when" => {
            holds(CODE.is_match(text), "a code is an R4 code", show)
        }
        "authoredOn" | "start" | "end" | "event" | "occurrenceDateTime" => {
            holds(DATE_TIME.is_match(text), "a date is an R4 dateTime", show)
        }
        "timeOfDay" => holds(TIME.is_match(text), "a time is an R4 time", show),
        "reference" => holds(REFERENCE.is_match(text), "a reference is relative and plain", show),
        _ => Ok(()),
    }
}
