//! The record beside what a plugin gets: every row and every element is shown or has a reason.

use std::collections::BTreeSet;

use cordon_core::call::{HookCall, UserRight};
use cordon_core::grant::{Grant, GrantedNeed, Installed};
use cordon_core::ids::Role;
use cordon_core::label::NoRules;
use cordon_core::look::{Look, LookError, LookedRow, Missing, Reduced, RowFrom, RowReason, Shown, Why, look};
use cordon_core::manifest::Manifest;
use cordon_core::ports::{Decided, Decision, Occasion, Policy, PolicyError, Reason};
use cordon_core::sent::SentRow;
use cordon_fhir::reference::Reference;
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

fn order(id: &str, patient: &str) -> Value {
    json!({"resourceType": "MedicationRequest", "id": id, "status": "draft", "intent": "order", "note": [{"text": "free"}],
        "subject": {"reference": format!("Patient/{patient}")}, "medicationCodeableConcept": {"coding": [{"code": "860975"}]}})
}

/// A manifest that asks for the drafts, for the selected ones and for the user's roles.
fn asking() -> String {
    let need = |name: &str, source: &str, element: &str| {
        format!(
            "\n[[need]]\nname = \"{name}\"\nsource = \"{source}\"\nelements = [\"{element}\"]\non-withheld = \"run\"\nwhy = \"x\"\n"
        )
    };
    let selected = need("selected", "context.selections", "medicationCodeableConcept");
    format!("{MANIFEST}{selected}{}", need("user", "context.user", "code"))
}

/// What is shown of each row of the request, by need: `None`, or the reasons.
fn told(look: &Look, from: RowFrom) -> Vec<Vec<(String, Option<Vec<Why>>)>> {
    let told = |shown: &Shown| {
        assert_eq!(shown.row.is_some(), shown.reasons.is_empty(), "{} shows a row or says why not", shown.need);
        (shown.need.to_string(), shown.row.is_none().then(|| shown.reasons.clone()))
    };
    look.rows.iter().filter(|row| row.from == from).map(|row| row.needs.iter().map(told).collect()).collect()
}

#[test]
fn every_draft_is_shown_or_says_why_not_for_each_need_that_asks_for_drafts() {
    let mut changed = order("changed", "p");
    changed["modifierExtension"] = json!([{"url": "http://example.org/not"}]);
    let mut nameless = order("nameless", "p");
    nameless.as_object_mut().unwrap().remove("id");
    let text = asking();
    let call = HookCall {
        draft_orders: [nameless, order("a", "q"), order("a", "p"), changed, order("a", "p"), order("b", "p"), json!(7)]
            .map(SentRow::new)
            .into(),
        selections: ["MedicationRequest/b"].map(|text| Reference::parse(text).unwrap()).into(),
        ..looking(&text, &Grant::whole(&Manifest::parse(&text).unwrap()))
    };
    let look = look(call, &PermitAll, &Stored(Some(vec![patient("p")])), &NoRules).unwrap();
    let why = |reason| Some(vec![Why::Row(reason)]);
    let drafts = told(&look, RowFrom::DraftOrders);
    let of = |need: &str| -> Vec<Option<Vec<Why>>> {
        let of = |row: &Vec<(String, Option<Vec<Why>>)>| row.iter().find(|(name, _)| name == need).unwrap().1.clone();
        drafts.iter().map(of).collect()
    };
    let (other, meaning) = (why(RowReason::OtherPatient), why(RowReason::ChangedMeaning));
    assert_eq!(of("draft"), [None, other, None, meaning, why(RowReason::Duplicate), None, why(RowReason::Malformed)]);
    let not = why(RowReason::NotSelected);
    assert_eq!(of("selected"), [not.clone(), not.clone(), not.clone(), not.clone(), not.clone(), None, not]);
    let draft = look.rows.iter().find(|row| row.resource["id"] == json!("b")).unwrap();
    assert_eq!(draft.needs[0].row.as_ref().unwrap()["id"], draft.needs[1].row.as_ref().unwrap()["id"]);
    assert_ne!(draft.needs[0].row.as_ref().unwrap()["id"], json!("b"), "ids are minted");
    assert_eq!(draft.needs[0].absent["note"], Reduced::NotListed);
}

/// Denies whatever is called `draft`.
struct DeniesDrafts;

impl Policy for DeniesDrafts {
    fn decide(&self, occasion: &Occasion<'_>) -> Result<Decided, PolicyError> {
        let mut decided = PermitAll.decide(occasion)?;
        decided.needs.insert(need("draft"), Decision::Deny(vec![Reason::Purpose]));
        Ok(decided)
    }
}

#[test]
fn a_draft_above_the_clearance_names_what_forbids_it_and_one_that_no_need_asks_for_says_so() {
    let drafts = |grant: &Grant, policy: &dyn Policy| {
        let call = HookCall { draft_orders: vec![order("a", "p").into()], ..looking(MANIFEST, grant) };
        look(call, policy, &Stored(Some(vec![patient("p")])), &NoRules).unwrap()
    };
    let look = drafts(&whole(), &DeniesDrafts);
    assert_eq!(
        told(&look, RowFrom::DraftOrders),
        [[("draft".to_owned(), Some(vec![Why::Clearance(Reason::Purpose)]))]]
    );
    let mut grant = whole();
    grant.needs.remove(&need("draft"));
    let look = drafts(&grant, &PermitAll);
    assert_eq!(told(&look, RowFrom::DraftOrders), [[]]);
    assert_eq!(look.rows.last().unwrap().reasons, [Why::Row(RowReason::NoNeed)]);
}

#[test]
fn of_the_user_a_plugin_reads_the_roles_that_the_host_knows() {
    let text = asking();
    let grant = Grant::whole(&Manifest::parse(&text).unwrap());
    let user = |roles: &[&str]| {
        let roles = roles.iter().map(|role| Role::new(*role).unwrap()).collect();
        let call = HookCall { roles, ..looking(&text, &grant) };
        told(&look(call, &PermitAll, &Stored(Some(vec![patient("p")])), &NoRules).unwrap(), RowFrom::User)
    };
    assert_eq!(user(&["nurse"]), [[("user".to_owned(), None)]]);
    assert!(user(&[]).is_empty());
}

/// What is not there: the need, what is named, and why.
fn lacks(look: &Look) -> Vec<(&str, Option<&str>, Missing)> {
    look.unmet.iter().map(|unmet| (unmet.need.as_str(), unmet.named.as_deref(), unmet.because)).collect()
}

#[test]
fn what_a_request_does_not_bring_is_said_need_by_need() {
    let encounter = "\n[[need]]\nname = \"stay\"\nsource = \"context.encounter\"\nelements = [\"status\"]\non-withheld = \"run\"\nwhy = \"x\"\n";
    let text = format!("{}{encounter}", asking());
    let grant = Grant::whole(&Manifest::parse(&text).unwrap());
    let stay =
        json!({"resourceType": "Encounter", "id": "e", "status": "in-progress", "subject": {"reference": "Patient/p"}});
    let record = Stored(Some(vec![patient("p"), stay]));
    let looked = |call| look(call, &PermitAll, &record, &NoRules).unwrap();
    let bare = HookCall { roles: BTreeSet::new(), encounter: None, ..looking(&text, &grant) };
    let nothing = [
        ("draft", None, Missing::NoDraft),
        ("selected", None, Missing::NoSelection),
        ("stay", None, Missing::NoEncounter),
        ("user", None, Missing::NoRole),
    ];
    assert_eq!(lacks(&looked(bare)), nothing);
    let named = |text: &str| Reference::parse(text).unwrap();
    let full = |encounter: &str, selections: &[&str]| HookCall {
        roles: [Role::new("nurse").unwrap()].into(),
        encounter: Some(named(encounter)),
        draft_orders: vec![order("a", "p").into()],
        selections: selections.iter().map(|text| named(text)).collect(),
        ..looking(&text, &grant)
    };
    let seen = looked(full("Encounter/e", &["MedicationRequest/a", "MedicationRequest/b", "MedicationRequest/b"]));
    assert_eq!(lacks(&seen), [("selected", Some("MedicationRequest/b"), Missing::NotADraft)]);
    assert_eq!(only(row(&seen, "e")).row.as_ref().unwrap()["status"], "in-progress");
    let seen = looked(full("Encounter/x", &["MedicationRequest/a"]));
    assert_eq!(lacks(&seen), [("stay", Some("Encounter/x"), Missing::NotInRecord)]);
}
