//! Cards whose words are signed: a value stands where the manifest says, as it is, and changes nothing around it.

use std::sync::Arc;

use cordon_core::call::HookCall;
use cordon_core::grant::Grant;
use cordon_core::invoke::{Response, invoke};
use cordon_core::manifest::{Manifest, WIT};
use cordon_core::message::{Advice, CardText, Filled, SlotValue};
use cordon_core::profile::markdown;
use cordon_core::record::Outcome;
use serde_json::{Value, json};

use crate::fakes::{MANIFEST, World, call, creatinine, prefetched, whole};

/// The tests' plugin with one template of this detail and a slot that the host copies from a row.
fn manifest(summary: &str, detail: &str) -> String {
    let template = format!(
        "[[template]]\nname = \"told\"\nindicator = \"info\"\nsummary = {{ en = {summary:?} }}\ndetail = {{ en = {detail:?} }}\n\
         slot.value.from = {{ need = \"creatinine\", element = \"valueQuantity\" }}\n"
    );
    let wit = |line: &str| if line.starts_with("wit =") { format!("wit = {:?}", WIT[0]) } else { line.to_owned() };
    let manifest = MANIFEST.lines().map(wit).collect::<Vec<_>>().join("\n");
    format!("{}\n{template}", manifest.replace("mode = \"text\"", "mode = \"templated\""))
}

fn templated(text: &str, value: Value) -> HookCall {
    let manifest = Manifest::parse(text).unwrap();
    let mut row = creatinine("a", "p", "2021-01-01");
    row["valueQuantity"] = value;
    let mut call = call(&whole(), &prefetched(vec![row]));
    let mut installed = (*call.installed).clone();
    installed.granted = Grant::whole(&manifest).check(&manifest).unwrap();
    installed.manifest = manifest;
    call.installed = Arc::new(installed);
    call
}

fn answer(text: &str, value: Value) -> Response {
    let slots = vec![("value".to_owned(), SlotValue::Row("r1".to_owned()))];
    let text_of = CardText::Template(Filled { name: "told".to_owned(), slots });
    let advice = Advice { text: text_of, suggestions: Vec::new(), override_reasons: Vec::new() };
    invoke(templated(text, value), World::new(vec![advice]).ports()).unwrap()
}

/// The detail without the footer, and the summary.
fn shown(summary: &str, detail: &str, value: Value) -> (String, String) {
    let response = answer(&manifest(summary, detail), value);
    assert_eq!(response.outcome, Outcome::Answered);
    let body: Value = serde_json::from_slice(&response.body.unwrap()).unwrap();
    let text = |name: &str| body["cards"][0][name].as_str().unwrap().to_owned();
    let detail = text("detail").split("\n\n---").next().unwrap().to_owned();
    (text("summary"), detail)
}

#[test]
fn a_value_above_the_range_keeps_its_sign_at_the_start_of_a_line() {
    assert_eq!(markdown(">60 mL/min").as_deref(), Ok("60 mL/min"), "Markdown has a quote there");
    let above = |detail| shown("{value}", detail, json!({"value": 60, "unit": "mL/min", "comparator": ">"}));
    assert_eq!(above("{value}"), (">60 mL/min".to_owned(), "\\>60 mL/min".to_owned()));
    assert_eq!(above("- {value}").1, "- \\>60 mL/min");
    assert_eq!(above("eGFR {value} today").1, "eGFR \\>60 mL/min today");
}

#[test]
fn nothing_in_a_copied_value_is_a_mark() {
    for (unit, printed) in [
        ("10*9/L", "5 10\\*9/L"),
        ("10*3*5", "5 10\\*3\\*5"),
        ("`x` _y_ #", "5 \\`x\\` \\_y\\_ #"),
        ("a|b", "5 a\\|b"),
        ("[x](y)", "5 \\[x\\] (y)"),
        ("{value}", "5 \\{value\\}"),
    ] {
        assert_eq!(shown("{value}", "{value}", json!({"value": 5, "unit": unit})).1, printed, "{unit}");
    }
}

#[test]
fn a_value_in_code_and_in_a_table_is_what_the_record_has() {
    let value = json!({"value": 5, "unit": "a_b|c"});
    assert_eq!(shown("{value}", "`{value}`", value.clone()).1, "`5 a_b|c`");
    assert_eq!(shown("{value}", "```\n{value}\n```", value.clone()).1, "```\n5 a_b|c\n```");
    assert_eq!(shown("{value}", "| x |\n| --- |\n| {value} |", value).1, "| x |\n| --- |\n| 5 a\\_b\\|c |");
}

#[test]
fn a_copied_value_is_never_longer_than_the_manifest_was_checked_for() {
    let summary = format!("{}{{value}}", "x".repeat(55));
    let (summary, _) = shown(&summary, "{value}", json!({"value": 5, "unit": "a.".repeat(80)}));
    assert!(summary.chars().count() <= 55 + 80 && summary.ends_with(" …"), "{summary}");
    let tight = |before: usize| Manifest::parse(&manifest(&format!("{}{{value}}", "x".repeat(before)), "{value}"));
    assert!(tight(55).is_ok() && tight(56).is_err());
}

#[test]
fn a_detail_is_read_as_it_is_signed() {
    for detail in ["**{value}**", "- {value}\n- b", "a\\\nb {value}", "| a |\n| --- |\n| {value} |", "`{value}`"] {
        assert!(Manifest::parse(&manifest("{value}", detail)).is_ok(), "{detail:?}");
    }
    for detail in ["# {value}", "> {value}", "[{value}](/x)", "\\{value}", "&#123;value} {value}", "{value}\n\n\nb"] {
        assert!(Manifest::parse(&manifest("{value}", detail)).is_err(), "{detail:?}");
    }
}
