//! What a card shows: the manifest's text with the slots filled, as the host fills them.

use std::collections::BTreeMap;

use cordon_sdk::{Card, SlotValue};
use toml::{Table, Value};

fn manifest() -> Table {
    include_str!("../../plugin.toml").parse().unwrap()
}

fn template(name: &str) -> Table {
    let manifest = manifest();
    let templates = manifest["template"].as_array().unwrap();
    let found = templates.iter().find(|template| template["name"].as_str() == Some(name));
    found.and_then(Value::as_table).cloned().unwrap_or_else(|| panic!("no template `{name}`"))
}

/// The indicator of a card's template.
pub(crate) fn indicator(card: &Card) -> String {
    template(card.as_template().unwrap().name())["indicator"].as_str().unwrap().to_owned()
}

/// The summary.
pub(crate) fn summary(card: &Card, locale: &str) -> String {
    shown(card, "summary", locale)
}

/// The detail.
pub(crate) fn detail(card: &Card, locale: &str) -> String {
    shown(card, "detail", locale)
}

/// Panics unless the card gives each slot of its template once, and a value that the slot takes.
fn shown(card: &Card, member: &str, locale: &str) -> String {
    let filled = card.as_template().unwrap();
    let template = template(filled.name());
    let slots = template["slot"].as_table().unwrap();
    let given: BTreeMap<&str, &SlotValue> = filled.slots().iter().map(|(name, value)| (name.as_str(), value)).collect();
    assert_eq!(given.keys().copied().collect::<Vec<_>>(), slots.keys().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(given.len(), filled.slots().len());
    let text = template[member][locale].as_str().unwrap().to_owned();
    given
        .into_iter()
        .fold(text, |text, (name, value)| text.replace(&format!("{{{name}}}"), &put(&slots[name], value, locale)))
}

/// A row is shown as its id: the tests name rows for what they hold.
fn put(slot: &Value, value: &SlotValue, locale: &str) -> String {
    let number = |name: &str| slot["number"][name].as_str().unwrap();
    match value {
        SlotValue::Code(code) => slot["code"][code.as_str()][locale].as_str().unwrap().to_owned(),
        SlotValue::Row(id) => {
            assert!(slot["from"].is_table());
            id.clone()
        }
        SlotValue::Date(day) => day.to_string(),
        SlotValue::Number(value) => {
            let bounds = number("min").parse::<f64>().unwrap()..=number("max").parse::<f64>().unwrap();
            assert!(bounds.contains(value), "{value} is not in {bounds:?}");
            let decimals = number("step").split_once('.').map_or(0, |(_, fraction)| fraction.len());
            let unit = slot["number"].get("unit").and_then(Value::as_str).map(|unit| format!(" {unit}"));
            format!("{value:.decimals$}{}", unit.unwrap_or_default())
        }
    }
}
