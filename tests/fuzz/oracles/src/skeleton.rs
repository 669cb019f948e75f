//! Proposals: whatever a publisher wrote and a plugin asked for, what leaves is a draft about the patient in strict R4.
//!
//! The rules are written a second time here, as patterns of the R4 data types and as a list of what may never stand in
//! an order; nothing of them is taken from `cordon_fhir::strict`.

use std::sync::LazyLock;

use cordon_core::ids::{MintedId, PatientId};
use cordon_core::manifest::{Manifest, Slots, Texts};
use cordon_core::message::{Filled, SlotValue};
use cordon_core::proposal::{Liberty, Proposal};
use cordon_core::slots::Slot;
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

/// Numbers that a run may give.
const NUMBERS: [f64; 10] = [0.0, 0.5, 1.0, 7.25, 100.0, 500.0, -1.0, 1e300, f64::NAN, f64::NEG_INFINITY];

/// One slot of each kind that needs no row.
static SLOTS: LazyLock<Slots> = LazyLock::new(|| {
    let text = include_str!("../data/slots.toml");
    let manifest = Manifest::parse(text).expect("a manifest");
    manifest.templates.into_values().next().expect("a template").slots
});

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
    let parse = |allow: &[Liberty]| {
        let texts = Texts { en: description.to_owned(), de: None };
        Proposal::parse(texts, text(0), slots_in(text(0)), allow.iter().copied().collect(), false).ok()
    };
    let Some(proposal) = parse(&[Liberty::FreeText, Liberty::Performer]) else { return Ok(Seen::Refused) };
    holds(proposal.description("en") == description, "a description is as it was written", || description.to_owned())?;
    proposed(&proposal)?;
    if let Ok(patient) = PatientId::new(text(2)) {
        filled(&proposal, &patient)?;
    }
    parse(&[]).map_or(Ok(()), |bare| proposed(&bare))?;
    Ok(Seen::Accepted)
}

/// The slots that a skeleton may name, as a manifest declares them.
fn slots_in(resource: &str) -> Slots {
    let named = |name: &str| resource.contains(&format!("\"{name}\""));
    SLOTS.iter().filter(|(name, _)| named(name.as_str())).map(|(name, slot)| (name.clone(), slot.clone())).collect()
}

/// A proposal that the host took, for some patient.
///
/// # Errors
/// [`Broken`].
pub fn proposed(proposal: &Proposal) -> Result<(), Broken> {
    filled(proposal, &PatientId::new("p.1-A").expect("an id"))
}

/// With each of some values in its slots: what cannot be put in is refused, and the rest is an order.
fn filled(proposal: &Proposal, patient: &PatientId) -> Result<(), Broken> {
    let id = MintedId::from_random([7; 16]);
    for round in 0..=NUMBERS.len() {
        let slots = proposal.slots().iter();
        let values = slots.map(|(name, slot)| (name.as_str().to_owned(), value(slot, round))).collect();
        let asked = Filled { name: "order".to_owned(), slots: values };
        let Ok(order) = proposal.fill(&asked, &[], &id, patient) else { continue };
        order_for(&order, id.as_str(), patient.as_str())?;
        let free = |name: &str| order.get(name).is_some();
        let performs = free("requester") || free("performer") || free("performerType");
        let may = |liberty| proposal.allow().contains(&liberty);
        holds(!performs || may(Liberty::Performer), "who performs is named only if asked for", || order.to_string())?;
        let words = order.to_string().contains("\"patientInstruction\":");
        holds(!words || may(Liberty::FreeText), "words stand there only if asked for", || order.to_string())?;
        if proposal.slots().is_empty() {
            break;
        }
    }
    Ok(())
}

/// A value that a run may give, good or bad.
fn value(slot: &Slot, round: usize) -> SlotValue {
    match slot {
        Slot::Number(_) => SlotValue::Number(NUMBERS.get(round).copied().unwrap_or_default()),
        Slot::Code(codes) => {
            SlotValue::Code(codes.keys().nth(round).map_or("none".to_owned(), |name| name.as_str().to_owned()))
        }
        Slot::Date { from, until } => {
            SlotValue::Date([from, until].get(round).map_or("2021-02-30".to_owned(), |day| day.to_string()))
        }
        Slot::From { .. } => SlotValue::Row("row".to_owned()),
    }
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
