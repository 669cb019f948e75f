//! Requirements of CDS Hooks 2.0 on cards that no other test shows. `docs/cds-hooks.md` has the table.

use std::sync::Arc;

use cordon_core::call::HookCall;
use cordon_core::grant::Grant;
use cordon_core::invoke::invoke;
use cordon_core::manifest::{Manifest, ManifestError};
use cordon_core::message::{Advice, Asked, Filled, Indicator, Suggested, Trap};
use cordon_core::record::Outcome;
use serde_json::{Value, json};

use crate::fakes::{MANIFEST, World, call, creatinine, need, prefetched, whole};

const ENTRIES: &str = r#"
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

/// A call with one draft order, to a plugin with a proposal and an override reason.
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

/// The answer with one suggestion; `suggest` is given the id under which the plugin sees the draft order.
fn answer(indicator: Indicator, suggest: impl Fn(&str) -> Vec<Asked>) -> (Outcome, Option<Value>) {
    let seen = World::new(Vec::new());
    invoke(order_call(), seen.ports()).unwrap();
    let views = seen.runner.1.borrow().first().unwrap().views.clone();
    let draft = views.iter().find(|view| *view.need() == need("draft")).unwrap();
    let draft: Value = serde_json::from_str(draft.rows().next().unwrap()).unwrap();

    let actions = suggest(draft["id"].as_str().unwrap());
    let suggestions = vec![Suggested { label: Some("Order creatinine".to_owned()), recommended: true, actions }];
    let advice =
        Advice { suggestions, override_reasons: vec!["short".to_owned()], ..Advice::free("eGFR 44", None, indicator) };
    let response = invoke(order_call(), World::new(vec![advice]).ports()).unwrap();
    (response.outcome, response.body.map(|body| serde_json::from_slice(&body).unwrap()))
}

fn create(_: &str) -> Vec<Asked> {
    vec![Asked::Create(Filled::plain("egfr"))]
}

fn names(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[track_caller]
fn refused(added: &str) {
    assert!(Manifest::parse(&format!("{MANIFEST}{ENTRIES}{added}")).is_err(), "{added}");
}

#[track_caller]
fn rule_refused(from: &str, to: &str) {
    assert!(MANIFEST.contains(from), "{from}");
    let refused = Manifest::parse(&MANIFEST.replacen(from, to, 1));
    assert!(matches!(refused, Err(ManifestError::Rule(_) | ManifestError::Shape(_))), "{to}");
}

#[test]
fn an_answer_has_the_members_of_cds_hooks_2_0_and_no_others() {
    let (_, body) = answer(Indicator::Info, create);
    let body = body.unwrap();
    assert_eq!(names(&body), ["cards"]);
    let card = &body["cards"][0];
    let members =
        ["detail", "indicator", "overrideReasons", "selectionBehavior", "source", "suggestions", "summary", "uuid"];
    assert_eq!(names(card).into_iter().collect::<std::collections::BTreeSet<_>>(), members.into());
    assert_eq!(names(&card["source"]), ["label"]);
    let suggestion: std::collections::BTreeSet<_> = names(&card["suggestions"][0]).into_iter().collect();
    assert_eq!(suggestion, ["actions", "isRecommended", "label", "uuid"].into());
}

#[test]
fn the_indicator_of_a_card_is_one_of_three_words() {
    for (indicator, word) in
        [(Indicator::Info, "info"), (Indicator::Warning, "warning"), (Indicator::Critical, "critical")]
    {
        let (_, body) = answer(indicator, create);
        assert_eq!(body.unwrap()["cards"][0]["indicator"], word);
    }
}

#[test]
fn the_actions_of_a_suggestion_leave_together_or_not_at_all() {
    let (outcome, body) =
        answer(Indicator::Info, |_| vec![Asked::Create(Filled::plain("egfr")), Asked::Delete(String::new())]);
    assert_eq!((outcome, body), (Outcome::Trapped(Trap::Profile), None));
    let (_, body) =
        answer(Indicator::Info, |draft| vec![Asked::Create(Filled::plain("egfr")), Asked::Delete(draft.to_owned())]);
    let body = body.unwrap();
    let actions = body["cards"][0]["suggestions"][0]["actions"].as_array().unwrap();
    assert_eq!(actions.iter().map(|action| action["type"].as_str().unwrap()).collect::<Vec<_>>(), ["create", "delete"]);
}

#[test]
fn a_deletion_has_a_resource_id_and_a_description_and_no_resource() {
    let (_, body) = answer(Indicator::Info, |draft| vec![Asked::Delete(draft.to_owned())]);
    let body = body.unwrap();
    let action = &body["cards"][0]["suggestions"][0]["actions"][0];
    assert!(action["resourceId"].is_string());
    assert!(action["description"].as_str().is_some_and(|text| !text.is_empty()));
    assert_eq!(action.get("resource"), None);
}

#[test]
fn a_source_without_a_label_or_with_a_relative_url_is_refused() {
    let source = r#"source = { label = "Renal dosing guard" }"#;
    rule_refused(source, r#"source = { label = "" }"#);
    rule_refused(source, r#"source = { url = "https://example.org/" }"#);
    for member in ["url", "icon"] {
        rule_refused(source, &format!(r#"source = {{ label = "Guard", {member} = "/relative" }}"#));
    }
    rule_refused(source, r#"source = { label = "Guard", topic = "renal" }"#);
}

#[test]
fn a_link_without_a_label_with_a_relative_url_or_of_another_type_is_refused() {
    let link = r#"link = { label = "Guideline", url = "https://example.org/renal" }"#;
    for other in [
        r#"link = { label = "", url = "https://example.org/renal" }"#,
        r#"link = { label = "Guideline", url = "/renal" }"#,
        r#"link = { url = "https://example.org/renal" }"#,
        r#"link = { label = "Guideline", url = "https://example.org/renal", type = "smart" }"#,
        r#"link = { label = "Guideline", url = "https://example.org/renal", app-context = "x" }"#,
    ] {
        rule_refused(link, other);
    }
}

#[test]
fn an_override_reason_without_code_system_or_display_is_refused() {
    let whole = [("code", "\"b\""), ("system", "\"https://example.org/reasons\""), ("display", "\"Other\"")];
    for left_out in whole.map(|(name, _)| name) {
        let kept = whole.iter().filter(|(name, _)| *name != left_out);
        let kept: String = kept.map(|(name, value)| format!("{name} = {value}\n")).collect();
        refused(&format!("[[override-reason]]\nname = \"b\"\n{kept}"));
        refused(&format!("[[override-reason]]\nname = \"b\"\n{kept}{left_out} = \"\"\n"));
    }
}
