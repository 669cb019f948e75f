//! The record beside what a plugin gets: every row and every element is shown or has a reason.

use std::collections::BTreeSet;

use cordon_core::call::{HookCall, UserRight};
use cordon_core::grant::{Grant, GrantedNeed, Installed};
use cordon_core::label::NoRules;
use cordon_core::look::{Look, LookError, LookedRow, Reduced, RowReason, Shown, Why, look};
use cordon_core::manifest::Manifest;
use cordon_core::ports::Reason;
use cordon_fhir::scope::ScopeSet;
use serde_json::{Value, json};

use crate::fakes::{BrokenPolicy, MANIFEST, PermitAll, Stored, call, creatinine, need, patient, whole};

fn looking(text: &str, grant: &Grant) -> HookCall {
    let manifest = Manifest::parse(text).unwrap();
    let call = call(&whole(), &[]);
    let granted = grant.check(&manifest).unwrap();
    let installed = Installed { granted, manifest, ..(*call.installed).clone() }.into();
    HookCall { installed, right: UserRight::Scopes(ScopeSet::parse("user/*.rs")), ..call }
}

fn seen(text: &str, grant: &Grant, record: Vec<Value>) -> Look {
    look(looking(text, grant), &PermitAll, &Stored(Some(record)), &NoRules).unwrap()
}

fn row<'a>(look: &'a Look, id: &str) -> &'a LookedRow {
    look.rows.iter().find(|row| row.resource["id"] == json!(id)).unwrap()
}

fn only(row: &LookedRow) -> &Shown {
    assert_eq!(row.needs.len(), 1);
    &row.needs[0]
}

#[test]
fn a_row_that_is_not_shown_says_why() {
    let mut changed = creatinine("changed", "p", "2021-04-01");
    changed["modifierExtension"] = json!([{"url": "http://example.org/not"}]);
    let mut amended = creatinine("amended", "p", "2021-03-01");
    amended["status"] = json!("amended");
    let other = json!({"resourceType": "Condition", "id": "c", "subject": {"reference": "Patient/p"}});
    let record = vec![
        changed,
        amended,
        creatinine("a", "p", "2021-02-01"),
        creatinine("a", "p", "2021-02-01"),
        creatinine("foreign", "q", "2021-01-01"),
        creatinine("b", "p", "2020-01-01"),
        creatinine("old", "p", "2019-01-01"),
        other,
    ];
    let within = "patient/Observation.rs?code=http://loinc.org|2160-0&status=final".to_owned();
    let mut grant = whole();
    grant.needs.insert(need("creatinine"), GrantedNeed { within: Some(within) });
    let look = seen(MANIFEST, &grant, record);
    assert!(!look.runs, "a need that abstains has withheld rows");
    let reasons = |id: &str| only(row(&look, id)).reasons.clone();
    assert_eq!(reasons("changed"), [Why::Row(RowReason::ChangedMeaning)]);
    assert_eq!(reasons("amended"), [Why::Clearance(Reason::Grant)]);
    assert_eq!(reasons("foreign"), [Why::Row(RowReason::OtherPatient)]);
    assert_eq!(reasons("old"), [Why::Row(RowReason::BeyondNewest)]);
    assert_eq!(row(&look, "c").reasons, [Why::Row(RowReason::NoNeed)]);
    assert!(reasons("a").is_empty() && only(row(&look, "a")).row.is_some());
    let again = look.rows.iter().filter(|row| row.resource["id"] == json!("a")).nth(1).unwrap();
    assert_eq!((only(again).row.clone(), only(again).reasons.clone()), (None, vec![Why::Row(RowReason::Duplicate)]));
    let text = serde_json::to_string(&look).unwrap();
    assert!(text.contains(r#"{"because":"beyond-newest"}"#) && text.contains(r#"{"because":"grant"}"#), "{text}");
}

/// A row with something of every kind, under a need that reads years.
fn mixed() -> (Value, String) {
    let mut observation = creatinine("a", "p", "2021-02-01");
    observation["code"]["text"] = json!("free");
    observation["code"]["coding"][0]["extension"] = json!([{"url": "u"}]);
    observation["text"] = json!({"div": "<div/>"});
    observation["meta"] = json!({"source": "s"});
    observation["note"] = json!([{"text": "free"}]);
    observation["subject"]["display"] = json!("Ann");
    observation["encounter"] = json!({"reference": "Encounter/e"});
    observation["method"] = json!({"coding": [{"code": "m"}]});
    let text = MANIFEST.replacen("\"subject\"]\nnewest = 2", "\"subject\", \"encounter\"]\ndates = \"year\"", 1);
    (observation, text)
}

#[test]
fn an_element_that_is_absent_or_reduced_says_why() {
    let (observation, text) = mixed();
    let look = seen(&text, &whole(), vec![observation, patient("p")]);
    let absent: Vec<(&str, Reduced)> =
        only(row(&look, "a")).absent.iter().map(|(path, why)| (path.as_str(), *why)).collect();
    let expected = [
        ("code.coding.extension", Reduced::Never),
        ("code.text", Reduced::FreeTextByNameOnly),
        ("effectiveDateTime", Reduced::DateReduced),
        ("encounter", Reduced::ReferenceOutOfView),
        ("meta", Reduced::Never),
        ("method", Reduced::NotListed),
        ("note", Reduced::NotListed),
        ("subject.display", Reduced::FreeTextByNameOnly),
        ("text", Reduced::Never),
    ];
    assert_eq!(absent, expected);
    assert_eq!(only(row(&look, "a")).row.as_ref().unwrap()["effectiveDateTime"], json!("2021"));
}

fn leaves(value: &Value, path: &str, out: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                leaves(value, &if path.is_empty() { name.clone() } else { format!("{path}.{name}") }, out);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| leaves(item, path, out)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            out.insert(path.to_owned());
        }
    }
}

#[test]
fn every_leaf_of_a_shown_row_is_shown_or_lies_below_a_path_with_a_reason() {
    let (observation, text) = mixed();
    let look = seen(&text, &whole(), vec![observation, patient("p")]);
    for shown in look.rows.iter().flat_map(|row| row.needs.iter().map(move |shown| (row, shown))) {
        let (mut held, mut given) = (BTreeSet::new(), BTreeSet::new());
        leaves(&shown.0.resource, "", &mut held);
        leaves(shown.1.row.as_ref().unwrap(), "", &mut given);
        let explained = |path: &String| {
            shown.1.absent.keys().any(|absent| path == absent || path.starts_with(&format!("{absent}.")))
        };
        assert!(held.iter().all(|path| given.contains(path) || explained(path)), "{held:?}");
        let reduced = |path: &String| shown.1.absent.get(path) == Some(&Reduced::DateReduced);
        assert!(given.iter().all(|path| !explained(path) || reduced(path)), "{given:?}");
    }
}

#[test]
fn a_call_that_would_not_be_admitted_or_obtained_is_not_looked_at() {
    let record = || Stored(Some(vec![patient("p")]));
    let refused = look(looking(MANIFEST, &whole()), &BrokenPolicy, &record(), &NoRules);
    assert!(matches!(refused, Err(LookError::Admit(_))));
    let call = HookCall { right: UserRight::Unverified, ..looking(MANIFEST, &whole()) };
    assert!(matches!(look(call, &PermitAll, &record(), &NoRules), Err(LookError::Unobtainable(_))));
}
