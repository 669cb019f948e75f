//! What an answer may put on the wire: the CDS Hooks 2.0 card, and nothing a plugin chose but its words.

use std::collections::BTreeMap;
use std::sync::Arc;

use cordon_core::call::HookCall;
use cordon_core::grant::{Grant, Installed, Powers};
use cordon_core::ids::{Coins, Digest};
use cordon_core::invoke::{Response, invoke};
use cordon_core::manifest::{Manifest, Media, Pinned};
use cordon_core::message::{Advice, Asked, Filled, Indicator, Suggested, Trap};
use cordon_core::record::Outcome;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use serde_json::{Value, json};

use crate::card_profile::TRICKS;
use crate::fakes::{MANIFEST, World, advice, call, creatinine, need, prefetched, whole};

const ENTRIES: &str = r#"
[[override-reason]]
name = "monitored"
code = "monitored"
system = "https://example.org/reasons"
display = "Kidney function is monitored"

[[override-reason]]
name = "short"
code = "short"
system = "https://example.org/reasons"
display = "Short course"

[[proposal]]
name = "egfr"
description = "Order creatinine"
resource = '{"resourceType": "ServiceRequest", "status": "draft", "intent": "proposal", "code": {"text": "Creatinine"}}'
"#;

/// A call to a plugin with proposals, override reasons and a draft order before it.
fn order_call() -> HookCall {
    let manifest = Manifest::parse(&format!("{MANIFEST}{ENTRIES}")).unwrap();
    let mut call = call(&whole(), &prefetched(vec![creatinine("a", "p", "2021-01-01")]));
    let mut installed = (*call.installed).clone();
    installed.granted = Grant::whole(&manifest).check(&manifest).unwrap();
    installed.manifest = manifest;
    call.installed = Arc::new(installed);
    call.draft_orders = vec![json!({"resourceType": "MedicationRequest", "id": "draft-7"}).into()];
    call
}

fn answer(cards: Vec<Advice>) -> Response {
    invoke(order_call(), World::new(cards).ports()).unwrap()
}

fn cards(cards: Vec<Advice>) -> Vec<Value> {
    let body: Value = serde_json::from_slice(&answer(cards).body.unwrap()).unwrap();
    body["cards"].as_array().unwrap().clone()
}

fn card(advice: Advice) -> Value {
    cards(vec![advice]).remove(0)
}

#[track_caller]
fn assert_refused(advices: Vec<Advice>) {
    let response = answer(advices);
    assert_eq!((response.outcome, response.body), (Outcome::Trapped(Trap::Profile), None));
}

fn suggested(actions: Vec<Asked>) -> Suggested {
    Suggested { label: Some("Order creatinine".to_owned()), recommended: false, actions }
}

fn with_detail(detail: &str) -> Advice {
    Advice::free("eGFR 44", Some(detail.to_owned()), Indicator::Info)
}

fn create() -> Asked {
    Asked::Create(Filled::plain("egfr"))
}

fn suggesting(suggestions: Vec<Suggested>) -> Advice {
    Advice { suggestions, ..advice("eGFR 44") }
}

fn overriding(names: &[&str]) -> Advice {
    Advice { override_reasons: names.iter().map(ToString::to_string).collect(), ..advice("eGFR 44") }
}

fn is_uuid(id: &Value) -> bool {
    let id = id.as_str().unwrap();
    let groups: Vec<usize> = id.split('-').map(str::len).collect();
    groups == [8, 4, 4, 4, 12] && id.chars().all(|c| c == '-' || matches!(c, '0'..='9' | 'a'..='f'))
}

#[test]
fn a_summary_has_at_most_139_characters_as_it_leaves() {
    assert_refused(vec![advice(&"ß".repeat(140))]);
    assert_refused(vec![advice(&format!("{}a.b", "ß".repeat(136)))]);
    let longest = "ß".repeat(139);
    assert_eq!(card(advice(&longest))["summary"], longest);
    assert_eq!(card(advice(&"e\u{301}".repeat(139)))["summary"], "é".repeat(139));
}

#[test]
fn one_more_of_anything_is_refused() {
    assert_refused(vec![advice("eGFR 44"); 5]);
    assert_refused(vec![suggesting(vec![suggested(vec![create()]); 5])]);
    assert_refused(vec![suggesting(vec![suggested(vec![create(); 5])])]);
    assert_refused(vec![with_detail(&"a".repeat(4_097))]);
    let label = Suggested { label: Some("a".repeat(81)), ..suggested(vec![create()]) };
    assert_refused(vec![suggesting(vec![label])]);
    assert_eq!(cards(vec![advice("eGFR 44"); 4]).len(), 4);
    assert_eq!(card(suggesting(vec![suggested(vec![create(); 4]); 4]))["suggestions"].as_array().unwrap().len(), 4);
}

#[test]
fn one_refused_card_takes_the_whole_answer_with_it() {
    assert_refused(vec![advice("eGFR 44"), advice("eGFR\u{2066}44")]);
    assert_refused(vec![advice("eGFR 44"), advice(" ")]);
    assert_refused(vec![with_detail("hidden \u{e000}")]);
    let label = Suggested { label: Some("a\u{202e}b".to_owned()), ..suggested(vec![create()]) };
    assert_refused(vec![suggesting(vec![label])]);
}

#[test]
fn an_ignorable_character_of_the_record_is_gone_and_the_card_is_released() {
    let with = Advice::free("Metfor\u{ad}min", Some("Metfor\u{ad}min \u{26a0}\u{fe0f}".to_owned()), Indicator::Info);
    let card = card(with);
    assert_eq!(card["summary"], "Metformin");
    let detail = card["detail"].as_str().unwrap();
    assert!(detail.starts_with("Metformin \u{26a0}") && !detail.contains(['\u{ad}', '\u{fe0f}']), "{detail}");
}

#[test]
fn suggestions_bring_a_selection_behavior_and_only_suggestions_do() {
    let card = card(suggesting(vec![suggested(vec![create()])]));
    assert_eq!(card["selectionBehavior"], "at-most-one");
    assert_eq!(card["suggestions"][0].get("isRecommended"), None);
    assert_eq!(cards(vec![advice("eGFR 44")])[0].get("selectionBehavior"), None);
}

#[test]
fn at_most_one_suggestion_is_recommended() {
    let recommended = Suggested { recommended: true, ..suggested(vec![create()]) };
    assert_refused(vec![suggesting(vec![recommended.clone(), recommended.clone()])]);
    let card = card(suggesting(vec![suggested(vec![create()]), recommended]));
    assert_eq!(card["suggestions"][1]["isRecommended"], true);
}

#[test]
fn what_is_not_listed_is_refused() {
    assert_refused(vec![suggesting(vec![suggested(vec![])])]);
    assert_refused(vec![suggesting(vec![suggested(vec![Asked::Create(Filled::plain("other"))])])]);
    assert_refused(vec![suggesting(vec![suggested(vec![Asked::Create(Filled::plain("../egfr"))])])]);
    for draft in ["draft-7", "MedicationRequest/draft-7", "", "00000000-0000-4000-8000-000000000000"] {
        assert_refused(vec![suggesting(vec![suggested(vec![Asked::Delete(draft.to_owned())])])]);
    }
    assert_refused(vec![overriding(&["other"])]);
    assert_refused(vec![overriding(&["monitored", "monitored"])]);
}

#[test]
fn an_override_reason_has_display_code_and_system_of_the_manifest() {
    let card = card(overriding(&["short", "monitored"]));
    let system = "https://example.org/reasons";
    assert_eq!(
        card["overrideReasons"],
        json!([
            {"code": "monitored", "system": system, "display": "Kidney function is monitored"},
            {"code": "short", "system": system, "display": "Short course"},
        ])
    );
}

#[test]
fn the_order_of_many_cards_and_of_reasons_is_the_hosts() {
    let order = |cards: Vec<Advice>| {
        let mut call = order_call();
        let mut installed = (*call.installed).clone();
        installed.manifest.cards.most = 5;
        call.installed = Arc::new(installed);
        let body = invoke(call, World::new(cards).ports()).unwrap().body.unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        let said = |card: &Value| {
            [&card["summary"], &card["overrideReasons"], &card["suggestions"][0]["label"]].map(Clone::clone)
        };
        body["cards"].as_array().unwrap().iter().map(said).collect::<Vec<_>>()
    };
    let told =
        [overriding(&["short", "monitored"]), overriding(&["short"]), suggesting(vec![suggested(vec![create()])])];
    let forth = order(told.to_vec());
    assert_eq!(forth, order(told.into_iter().rev().collect()));
    assert_eq!(order(vec![overriding(&["monitored", "short"])]), order(vec![overriding(&["short", "monitored"])]));
}

#[test]
fn a_proposal_leaves_with_a_minted_id_and_the_patient_of_the_call() {
    let card = card(suggesting(vec![suggested(vec![create()])]));
    let action = &card["suggestions"][0]["actions"][0];
    assert_eq!((&action["type"], &action["description"]), (&json!("create"), &json!("Order creatinine")));
    assert_eq!(action["resource"]["subject"]["reference"], "Patient/p");
    assert!(is_uuid(&action["resource"]["id"]));
}

#[test]
fn a_deletion_names_the_order_as_the_ehr_named_it() {
    let world = World::new(vec![advice("eGFR 44")]);
    invoke(order_call(), world.ports()).unwrap();
    let views = world.runner.1.borrow().first().unwrap().views.clone();
    let draft = views.iter().find(|view| *view.need() == need("draft")).unwrap();
    let row: Value = serde_json::from_str(draft.rows().next().unwrap()).unwrap();
    let minted = row["id"].as_str().unwrap().to_owned();
    assert_ne!(minted, "draft-7");
    let card = card(suggesting(vec![suggested(vec![Asked::Delete(minted)])]));
    let action = &card["suggestions"][0]["actions"][0];
    assert_eq!((&action["type"], &action["resourceId"]), (&json!("delete"), &json!("MedicationRequest/draft-7")));
}

#[test]
fn ids_are_uuids_of_the_coins_and_of_nothing_else() {
    let ids = |coins: u8, summary: &str| {
        let mut call = order_call();
        call.coins = Coins::new([coins; 32]);
        let advice = Advice { text: advice(summary).text, ..suggesting(vec![suggested(vec![create()])]) };
        let body = invoke(call, World::new(vec![advice.clone(), advice]).ports()).unwrap().body.unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        let of = |card: &Value| {
            let suggestion = &card["suggestions"][0];
            [&card["uuid"], &suggestion["uuid"], &suggestion["actions"][0]["resource"]["id"]].map(Clone::clone)
        };
        body["cards"].as_array().unwrap().iter().flat_map(of).collect::<Vec<_>>()
    };
    let minted = ids(1, "eGFR 44");
    assert_eq!(minted, ids(1, "Potassium 6.1"));
    assert!(minted.iter().all(is_uuid));
    assert!(ids(2, "eGFR 44").iter().all(|id| !minted.contains(id)));
    let distinct: std::collections::BTreeSet<&str> = minted.iter().filter_map(Value::as_str).collect();
    assert_eq!(distinct.len(), 6);
}

/// The cards of a plugin with a pinned link, under these powers and with the copies that the hospital has.
fn linked(powers: Powers, copies: BTreeMap<Digest, String>) -> Vec<Value> {
    let mut call = order_call();
    let installed = Installed { powers, copies, ..(*call.installed).clone() };
    call.installed = Arc::new(installed);
    let copy = Pinned { digest: Digest::of(b"guideline"), media: Media::Pdf };
    call.service.link.as_mut().unwrap().copy = Some(copy);
    let detail = Some("[Guideline](https://evil.example) ![](https://evil.example/icon)".to_owned());
    let told = Advice::free("https://evil.example", detail, Indicator::Info);
    let body = invoke(call, World::new(vec![advice("eGFR 44"), told]).ports()).unwrap().body.unwrap();
    assert!(!String::from_utf8_lossy(&body).contains("evil.example"));
    serde_json::from_slice::<Value>(&body).unwrap()["cards"].as_array().unwrap().clone()
}

#[test]
fn sk_05_06_no_card_leads_outside_unless_the_hospital_granted_it() {
    for card in linked(Powers::default(), BTreeMap::new()) {
        assert_eq!(card.get("links"), None);
        assert_eq!(card["source"], json!({"label": "Renal dosing guard"}));
    }
    for card in linked(Powers { external_link: true, ..Powers::default() }, BTreeMap::new()) {
        let link = json!({"label": "Guideline", "url": "https://example.org/renal", "type": "absolute"});
        assert_eq!(card["links"], json!([link]));
    }
}

#[test]
fn sk_05_the_hospitals_own_copy_is_linked_on_every_card_whatever_else_is_granted() {
    let url = "https://hospital.example/copies/1".to_owned();
    let copies = BTreeMap::from([(Digest::of(b"guideline"), url.clone())]);
    for external_link in [false, true] {
        for card in linked(Powers { external_link, ..Powers::default() }, copies.clone()) {
            assert_eq!(card["links"], json!([{"label": "Guideline", "url": url, "type": "absolute"}]));
        }
    }
}

/// Every member of a value, however deep.
fn members(value: &Value) -> Vec<&Value> {
    let inner: Vec<&Value> = match value {
        Value::Object(members) => members.values().collect(),
        Value::Array(items) => items.iter().collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    inner.into_iter().flat_map(|inner| [vec![inner], members(inner)].concat()).collect()
}

#[test]
fn no_member_is_null_or_empty() {
    let full = Advice { override_reasons: vec!["short".to_owned()], ..suggesting(vec![suggested(vec![create()])]) };
    let blank = with_detail("[x]: y");
    for card in cards(vec![advice("eGFR 44"), full, blank]) {
        let empty = [json!(null), json!(""), json!([]), json!({})];
        assert!(members(&card).into_iter().all(|member| !empty.contains(member)), "{card}");
    }
}

/// The text of the last block, if it is a paragraph outside everything else and stands after a rule.
fn last_paragraph(markdown: &str) -> Option<String> {
    let mut options = Options::all();
    options.remove(Options::ENABLE_SMART_PUNCTUATION);
    let events: Vec<Event<'_>> = Parser::new_ext(markdown, options).collect();
    let start = events.iter().rposition(|event| *event == Event::Start(Tag::Paragraph))?;
    let (before, paragraph) = events.split_at(start);
    let ends = paragraph.last() == Some(&Event::End(TagEnd::Paragraph)) && before.last() == Some(&Event::Rule);
    let text = paragraph.iter().filter_map(|event| if let Event::Text(text) = event { Some(&**text) } else { None });
    ends.then(|| text.collect())
}

#[test]
fn no_text_swallows_the_footer() {
    let footer = "This tool uses only the data it is allowed to see. The data may be incomplete.";
    let unclosed =
        ["a", "- a", "1. a", "| a |\n| - |\n| b |", "```", "~~~\nx", "<!--", "<div>", "`a", "**a", "[a", "a\\", "> a"];
    for text in unclosed.iter().chain(TRICKS) {
        let card = card(with_detail(&format!("seen\n\n{text}")));
        let detail = card["detail"].as_str().unwrap();
        assert_eq!(last_paragraph(detail).as_deref(), Some(footer), "{detail}");
    }
}
