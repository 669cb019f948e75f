//! What no consent may do, however it is written.

use cordon_core::label::Label;
use cordon_core::ports::RowRule;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::consent::{ACT_CODE, ACT_REASON, PARTICIPATION, call, consent, creatinine, open, rule, sees, with};

/// Consents that deny the creatinine: by everything that can stand in a provision, at the root and as an exception.
fn denials() -> Vec<Value> {
    let everything = json!({
        "type": "deny", "period": {"start": "2020", "end": "2030-01-01T00:00:00Z"},
        "actor": [{"role": {"coding": [{"system": PARTICIPATION, "code": "IRCP"}]},
                   "reference": {"reference": "Organization/cardiology"}}],
        "purpose": [{"system": ACT_REASON, "code": "TREAT"}],
        "action": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentaction", "code": "use"}]}],
        "class": [{"system": "http://hl7.org/fhir/resource-types", "code": "Observation"}],
        "code": [{"coding": [{"system": "http://loinc.org", "code": "2160-0"}]}],
        "dataPeriod": {"start": "2025-01", "end": "2025-12-31"},
        "data": [{"meaning": "instance", "reference": {"reference": "Observation/o1"}}],
    });
    let labelled = json!({"type": "deny", "securityLabel": [{"system": ACT_CODE, "code": "PSY"}]});
    let verified = json!([{"verified": true, "verificationDate": "2026-01-02"}]);
    let opted_out = json!({"coding": [{"system": ACT_CODE, "code": "OPTOUT"}]});
    vec![
        with(consent(everything.clone()), "verification", verified),
        with(consent(json!({"period": {"start": "2020"}})), "policyRule", opted_out),
        consent(json!({"type": "permit", "provision": [everything.clone()]})),
        consent(
            json!({"type": "permit", "provision": [{"type": "deny", "provision": [{"type": "permit", "provision": [everything]}]}]}),
        ),
        consent(labelled),
    ]
}

fn label() -> Label {
    crate::consent::labelled(cordon_core::label::Confidentiality::Normal, &[cordon_core::label::Sensitivity::Psy])
}

fn shown(consent: Value) -> bool {
    rule(&[consent], &call(), &open()).admits(&creatinine(), label())
}

/// The JSON pointers of all members of all objects below.
fn members(value: &Value, at: &str) -> Vec<String> {
    match value {
        Value::Object(members_of) => members_of
            .iter()
            .flat_map(|(name, inner)| {
                let here = format!("{at}/{name}");
                let below = members(inner, &here);
                std::iter::once(here).chain(below)
            })
            .collect(),
        Value::Array(items) => {
            items.iter().enumerate().flat_map(|(n, inner)| members(inner, &format!("{at}/{n}"))).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

fn parent<'v>(consent: &'v mut Value, pointer: &'v str) -> (&'v mut serde_json::Map<String, Value>, &'v str) {
    let (above, name) = pointer.rsplit_once('/').unwrap();
    (consent.pointer_mut(above).unwrap().as_object_mut().unwrap(), name)
}

#[test]
fn each_of_the_consents_denies_as_it_stands() {
    assert!(sees(&[], &call(), &open()));
    for denial in denials() {
        assert!(!shown(denial.clone()), "{denial}");
    }
}

#[test]
fn no_wrong_value_of_any_one_member_turns_a_denial_around() {
    let wrong = [
        json!(null),
        json!(true),
        json!(1),
        json!(""),
        json!([]),
        json!({}),
        json!([null]),
        json!([1]),
        json!([[]]),
        json!([{}]),
        json!({"x": 1}),
        json!(["x"]),
    ];
    let mut tried = 0;
    for denial in denials() {
        for pointer in members(&denial, "") {
            for value in &wrong {
                let mut mutated = denial.clone();
                *mutated.pointer_mut(&pointer).unwrap() = value.clone();
                assert!(!shown(mutated), "{pointer} = {value} in {denial}");
                tried += 1;
            }
        }
    }
    assert!(tried > 1000, "{tried}");
}

#[test]
fn no_other_text_turns_a_denial_around_but_another_code() {
    for denial in denials() {
        for pointer in members(&denial, "").into_iter().filter(|pointer| !pointer.ends_with("/code")) {
            let mut mutated = denial.clone();
            *mutated.pointer_mut(&pointer).unwrap() = json!("x");
            assert!(!shown(mutated), "{pointer} in {denial}");
        }
    }
}

#[test]
fn no_renamed_or_added_member_turns_a_denial_around() {
    for denial in denials() {
        for pointer in members(&denial, "") {
            let mut renamed = denial.clone();
            let (object, name) = parent(&mut renamed, &pointer);
            let value = object.remove(name).unwrap();
            object.insert(format!("{name}X"), value);
            assert!(!shown(renamed), "{pointer} renamed in {denial}");
            for added in ["modifierExtension", "except"] {
                let mut more = denial.clone();
                parent(&mut more, &pointer).0.insert(added.to_owned(), json!([{"url": "http://x"}]));
                assert!(!shown(more), "{added} beside {pointer} in {denial}");
            }
        }
    }
}

#[test]
fn no_missing_member_turns_a_denial_around_but_the_exceptions_themselves() {
    for denial in denials() {
        let exceptions = |pointer: &String| pointer.ends_with("/provision") && *pointer != "/provision";
        for pointer in members(&denial, "").into_iter().filter(|pointer| !exceptions(pointer)) {
            let mut less = denial.clone();
            let (object, name) = parent(&mut less, &pointer);
            object.remove(name);
            assert!(!shown(less), "without {pointer}: {denial}");
        }
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let names = prop::sample::select(vec![
        "resourceType",
        "status",
        "scope",
        "patient",
        "provision",
        "type",
        "period",
        "coding",
        "code",
        "system",
        "data",
        "x",
    ]);
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
        prop::sample::select(vec!["Consent", "active", "permit", "deny", "2026", "Patient/p", "TREAT"])
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 40, 5, move |inner| {
        let object = prop::collection::btree_map(names.clone().prop_map(str::to_owned), inner.clone(), 0..6);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
            object.prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_no_consent_never_shows_anything(value in any_json()) {
        prop_assert!(!shown(value));
    }

    #[test]
    fn no_provision_of_any_shape_lifts_another_consents_denial(value in any_json(), row in any_json()) {
        let consents = [consent(value), consent(json!({"type": "deny"}))];
        prop_assert!(!rule(&consents, &call(), &open()).admits(&row, Label::NORMAL));
    }

    #[test]
    fn rows_of_any_shape_are_judged_alike_twice(provision in any_json(), row in any_json()) {
        let exception = json!({"type": "deny", "class": provision, "code": provision, "data": provision});
        let consents = [consent(json!({"type": "permit", "provision": [exception]}))];
        let rule = rule(&consents, &call(), &open());
        prop_assert_eq!(rule.admits(&row, Label::NORMAL), rule.explain(&row, Label::NORMAL).is_empty());
    }
}
