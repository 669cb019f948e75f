//! Each condition of a provision, on a permit and on a deny. Denied cases first.

use cordon_core::call::Purpose;
use cordon_core::label::{Confidentiality as C, Label, Sensitivity as S};
use cordon_core::ports::RowRule;
use cordon_policy::consent::{Action, ConsentSettings, Denied, Unclassified};
use serde_json::{Value, json};
use std::collections::BTreeSet;

use crate::consent::{
    ACT_CODE, ACT_REASON, CONFIDENTIALITY, CONSENT_ACTION, PARTICIPATION, call, consent, creatinine, for_purpose,
    labelled, open, rule, sees, settings, with,
};

/// What a condition does to a row: is it surely met, surely not, or neither?
#[derive(Debug, PartialEq)]
enum Holds {
    Yes,
    No,
    Unknown,
}

/// Observed from outside: a permit shows what it surely reaches, a deny hides what it may reach.
fn on(name: &str, condition: &Value, row: &Value, label: Label) -> Holds {
    let permit = [consent(json!({"type": "permit", name: condition}))];
    let deny = [consent(json!({"type": "deny", name: condition}))];
    let permitted = rule(&permit, &call(), &settings()).admits(row, label);
    let denied = !rule(&deny, &call(), &open()).admits(row, label);
    match (permitted, denied) {
        (true, true) => Holds::Yes,
        (false, false) => Holds::No,
        (false, true) => Holds::Unknown,
        (true, false) => panic!("permitted and not denied: {condition}"),
    }
}

fn ordinary(name: &str, condition: Value) -> Holds {
    on(name, &condition, &creatinine(), Label::NORMAL)
}

#[test]
fn a_list_that_is_none_cannot_be_evaluated() {
    for name in ["actor", "action", "securityLabel", "purpose", "class", "code", "data"] {
        for wrong in [json!([]), json!({}), json!("x"), json!(1), json!([1]), json!([{}]), json!([null]), json!([[]])] {
            assert_eq!(ordinary(name, wrong.clone()), Holds::Unknown, "{name} {wrong}");
        }
    }
}

#[test]
fn an_actor_is_met_when_a_party_of_the_call_is_meant() {
    let actor = |role: &str, reference: Value| json!([{"role": {"coding": [{"system": PARTICIPATION, "code": role}]}, "reference": reference}]);
    let known = |text: &str| json!({"reference": text});
    for (role, reference, holds) in [
        ("CST", known("Organization/cardiology"), Holds::Unknown),
        ("IRCP", known("Organization/unheard-of"), Holds::Unknown),
        ("IRCP", known("Group/night-shift"), Holds::Unknown),
        ("IRCP", known("PractitionerRole/dr"), Holds::Unknown),
        ("IRCP", known("https://elsewhere.example/Practitioner/dr"), Holds::Unknown),
        ("IRCP", known("#dr"), Holds::Unknown),
        ("IRCP", json!({"display": "Dr. Who"}), Holds::Unknown),
        ("IRCP", known("Organization/psychiatry"), Holds::No),
        ("IRCP", known("Organization/insurer"), Holds::No),
        ("IRCP", known("Practitioner/other"), Holds::No),
        ("IRCP", known("Practitioner/dr"), Holds::Yes),
        ("PRCP", known("Organization/cardiology"), Holds::Yes),
        ("IRCP", known("https://register.example/Organization/7"), Holds::Yes),
        ("IRCP", known("Organization/vendor"), Holds::Yes),
        ("IRCP", json!({"identifier": {"system": "urn:oid:1.2.3", "value": "hospital"}}), Holds::Yes),
    ] {
        assert_eq!(ordinary("actor", actor(role, reference.clone())), holds, "{role} {reference}");
    }
}

#[test]
fn nobody_can_be_told_from_an_unknown_user() {
    let role = json!({"coding": [{"system": PARTICIPATION, "code": "IRCP"}]});
    let deny =
        [consent(json!({"type": "deny", "actor": [{"role": role, "reference": {"reference": "Practitioner/other"}}]}))];
    let nobody = cordon_policy::consent::Circumstances { user: None, ..call() };
    assert!(!sees(&deny, &nobody, &open()));
    assert!(sees(&deny, &call(), &open()));
}

#[test]
fn every_action_of_a_plugin_must_be_permitted_and_none_denied() {
    let action = |codes: &[&str]| -> Value {
        codes.iter().map(|code| json!({"coding": [{"system": CONSENT_ACTION, "code": code}]})).collect()
    };
    assert_eq!(ordinary("action", action(&["read"])), Holds::Unknown);
    assert_eq!(ordinary("action", action(&["access"])), Holds::Unknown, "a plugin also uses");
    assert_eq!(ordinary("action", action(&["collect", "correct"])), Holds::No);
    assert_eq!(ordinary("action", action(&["disclose"])), Holds::No);
    assert_eq!(ordinary("action", action(&["use", "access"])), Holds::Yes);
    let discloses = ConsentSettings { actions: BTreeSet::from([Action::Disclose]), ..settings() };
    let permit = [consent(json!({"type": "permit", "action": action(&["use", "access"])}))];
    assert!(!sees(&permit, &call(), &discloses));
}

#[test]
fn a_purpose_covers_its_kinds_and_no_wider_one() {
    let purpose = |code: &str| json!([{"system": ACT_REASON, "code": code}]);
    assert_eq!(ordinary("purpose", purpose("COC")), Holds::Unknown);
    assert_eq!(ordinary("purpose", json!([{"code": "TREAT"}])), Holds::Unknown);
    assert_eq!(ordinary("purpose", purpose("HMARKT")), Holds::No);
    assert_eq!(ordinary("purpose", purpose("ETREAT")), Holds::No);
    assert_eq!(ordinary("purpose", purpose("HRESCH")), Holds::No);
    assert_eq!(ordinary("purpose", purpose("PurposeOfUse")), Holds::Yes);
    let permit = [consent(json!({"type": "permit", "purpose": purpose("ETREAT")}))];
    assert!(!sees(&permit, &for_purpose(Purpose::Research), &settings()));
    assert!(sees(&permit, &for_purpose(Purpose::BreakGlass), &settings()));
}

#[test]
fn a_sensitivity_reaches_rows_that_have_it() {
    let label =
        |codes: &[&str]| -> Value { codes.iter().map(|code| json!({"system": ACT_CODE, "code": code})).collect() };
    let unclassified = Label::UNCLASSIFIED;
    let row = creatinine();
    for (codes, label_of_row, holds) in [
        (vec!["HIV"], unclassified, Holds::Unknown),
        (vec!["HIV"], labelled(C::Restricted, &[S::Other]), Holds::Unknown),
        (vec!["TABOO"], labelled(C::Restricted, &[S::Other]), Holds::Unknown),
        (vec!["TABOO"], Label::NORMAL, Holds::Unknown),
        (vec!["PSY"], labelled(C::Restricted, &[S::Psy, S::Hiv]), Holds::Unknown),
        (vec!["HIV"], Label::NORMAL, Holds::No),
        (vec!["HIV"], labelled(C::Restricted, &[S::Psy]), Holds::No),
        (vec!["HIV", "PSY"], labelled(C::Restricted, &[S::Psy, S::Hiv]), Holds::Yes),
        (vec!["ETH"], labelled(C::Restricted, &[S::Sud]), Holds::Yes),
        (vec!["SEX"], labelled(C::Restricted, &[S::Rep]), Holds::Yes),
    ] {
        assert_eq!(on("securityLabel", &label(&codes), &row, label_of_row), holds, "{codes:?} {label_of_row}");
    }
}

#[test]
fn a_confidentiality_permits_up_to_it_and_denies_from_it() {
    let label = json!([{"system": CONFIDENTIALITY, "code": "R"}]);
    let permit = [consent(json!({"type": "permit", "securityLabel": label}))];
    let deny = [consent(json!({"type": "deny", "securityLabel": label}))];
    let row = creatinine();
    let permitted = |c| rule(&permit, &call(), &settings()).admits(&row, labelled(c, &[]));
    let denied = |c| !rule(&deny, &call(), &open()).admits(&row, labelled(c, &[]));
    assert_eq!(C::ALL.map(permitted), [true, true, true, true, true, false]);
    assert_eq!(C::ALL.map(denied), [false, false, false, false, true, true]);
    let everything = ConsentSettings { denied: Denied::Everything, ..open() };
    assert!(!rule(&deny, &call(), &everything).admits(&row, Label::NORMAL));
}

#[test]
fn a_confidentiality_beside_a_sensitivity_must_both_hold_to_permit_and_either_denies() {
    let label = json!([{"system": CONFIDENTIALITY, "code": "R"}, {"system": ACT_CODE, "code": "HIV"}]);
    let row = creatinine();
    assert_eq!(on("securityLabel", &label, &row, labelled(C::VeryRestricted, &[S::Hiv])), Holds::Unknown);
    assert_eq!(on("securityLabel", &label, &row, labelled(C::Restricted, &[])), Holds::Unknown);
    assert_eq!(on("securityLabel", &label, &row, labelled(C::Restricted, &[S::Hiv])), Holds::Yes);
    let deny = [consent(json!({"type": "deny", "securityLabel": label}))];
    assert!(rule(&deny, &call(), &open()).admits(&row, Label::NORMAL));
}

#[test]
fn an_unclassified_row_may_be_what_is_denied_unless_the_hospital_trusts_its_codes() {
    let as_coded = ConsentSettings { unclassified: Unclassified::AsCoded, ..open() };
    for (name, condition) in [
        ("securityLabel", json!([{"system": ACT_CODE, "code": "HIV"}])),
        ("code", json!([{"coding": [{"system": "http://loinc.org", "code": "20447-9"}]}])),
    ] {
        let deny = [consent(json!({"type": "deny", name: condition}))];
        assert!(!rule(&deny, &call(), &open()).admits(&creatinine(), Label::UNCLASSIFIED), "{name}");
        assert!(rule(&deny, &call(), &as_coded).admits(&creatinine(), Label::UNCLASSIFIED), "{name}");
    }
}

#[test]
fn a_class_is_a_resource_type_or_a_kind_of_document() {
    let kind = |code: &str| json!([{"system": "http://hl7.org/fhir/resource-types", "code": code}]);
    let loinc = json!([{"system": "http://loinc.org", "code": "11488-4"}]);
    let letter = |code: &str| json!({"resourceType": "DocumentReference", "type": {"coding": [{"system": "http://loinc.org", "code": code}]}});
    let holding = with(creatinine(), "contained", json!([{"resourceType": "Medication"}]));
    assert_eq!(ordinary("class", json!([{"system": "http://local", "code": "lab"}])), Holds::Unknown);
    assert_eq!(on("class", &kind("Medication"), &holding, Label::NORMAL), Holds::Unknown);
    assert_eq!(on("class", &kind("Observation"), &json!({"id": "x"}), Label::NORMAL), Holds::Unknown);
    assert_eq!(on("class", &loinc, &letter("18842-5"), Label::NORMAL), Holds::Unknown, "it may be a kind of it");
    assert_eq!(ordinary("class", kind("Condition")), Holds::No);
    assert_eq!(ordinary("class", loinc.clone()), Holds::No);
    assert_eq!(ordinary("class", json!([kind("Condition")[0], kind("Observation")[0]])), Holds::Yes);
    assert_eq!(on("class", &loinc, &letter("11488-4"), Label::NORMAL), Holds::Yes);
}

#[test]
fn a_code_is_met_where_the_row_says_what_it_is() {
    let code = |system: &str, code: &str| json!([{"coding": [{"system": system, "code": code}]}]);
    let loinc = |text: &str| code("http://loinc.org", text);
    let panel = with(
        creatinine(),
        "component",
        json!([{"code": {"coding": [{"system": "http://loinc.org", "code": "20447-9"}]}}]),
    );
    let text_only = with(creatinine(), "code", json!({"text": "HIV test"}));
    assert_eq!(ordinary("code", json!([{"text": "creatinine"}])), Holds::Unknown);
    assert_eq!(ordinary("code", code("urn:oid:2.16.840.1.113883.6.1", "2160-0")), Holds::Unknown, "a name of LOINC");
    assert_eq!(ordinary("code", json!([{"coding": [{"code": "2160-0"}]}])), Holds::Unknown);
    assert_eq!(on("code", &loinc("20447-9"), &panel, Label::NORMAL), Holds::Unknown, "in a component");
    assert_eq!(on("code", &loinc("20447-9"), &text_only, Label::NORMAL), Holds::Unknown);
    assert_eq!(ordinary("code", loinc("20447-9")), Holds::No);
    assert_eq!(ordinary("code", loinc("2160-0")), Holds::Yes);
    assert_eq!(ordinary("code", json!([loinc("20447-9")[0], loinc("2160-0")[0]])), Holds::Yes);
}

#[test]
fn the_data_period_holds_the_whole_date_of_the_row() {
    let month = with(creatinine(), "effectiveDateTime", json!("2025-03"));
    let undated = with(creatinine(), "effectiveDateTime", Value::Null);
    let first = json!({"start": "2025-03-10", "end": "2025-12-31"});
    assert_eq!(on("dataPeriod", &first, &month, Label::NORMAL), Holds::Unknown, "it lies partly inside");
    assert_eq!(on("dataPeriod", &first, &undated, Label::NORMAL), Holds::Unknown);
    assert_eq!(ordinary("dataPeriod", json!({"start": "x"})), Holds::Unknown);
    assert_eq!(ordinary("dataPeriod", first), Holds::No);
    assert_eq!(ordinary("dataPeriod", json!({"end": "2025-03-01T09:59:59Z"})), Holds::No);
    assert_eq!(ordinary("dataPeriod", json!({"start": "2025-03-01", "end": "2025-03-01"})), Holds::Yes);
    assert_eq!(on("dataPeriod", &json!({"start": "2025-03", "end": "2025-03"}), &month, Label::NORMAL), Holds::Yes);
}

#[test]
fn local_dates_of_row_and_consent_compare_as_they_are_written() {
    let mut settings = open();
    (settings.offsets.least, settings.offsets.most) = (60, 120);
    let deny = [consent(json!({"type": "deny", "dataPeriod": {"start": "2025-03-01", "end": "2025-03-01"}}))];
    let at = |date: &str| with(creatinine(), "effectiveDateTime", json!(date));
    let shown = |date: &str| rule(&deny, &call(), &settings).admits(&at(date), Label::NORMAL);
    assert!(!shown("2025-03-01"));
    assert!(!shown("2025-02-28T22:30:00Z"), "it may be the next day where the consent was written");
    assert!(!shown("2025-03-01T22:30:00Z"));
    assert!(shown("2025-02-28"));
    assert!(shown("2025-03-02"));
    assert!(shown("2025-03-01T23:00:00Z"));
}

#[test]
fn data_reaches_the_instance_and_what_else_can_be_told_from_the_row() {
    let data = |meaning: &str, text: &str| json!([{"meaning": meaning, "reference": {"reference": text}}]);
    for (meaning, text, holds) in [
        ("instance", "https://h.example/Observation/o1", Holds::Unknown),
        ("instance", "Observation/o1/_history/1", Holds::Unknown),
        ("instance", "#o1", Holds::Unknown),
        ("authoredby", "Practitioner/dr", Holds::Unknown),
        ("related", "Encounter/e", Holds::Unknown),
        ("whatever", "Observation/o1", Holds::Unknown),
        ("instance", "Observation/o2", Holds::No),
        ("instance", "Condition/o1", Holds::No),
        ("dependents", "Encounter/f", Holds::No),
        ("dependents", "Encounter/e", Holds::Yes),
        ("instance", "Observation/o1", Holds::Yes),
        ("related", "Observation/o1", Holds::Yes),
    ] {
        assert_eq!(ordinary("data", data(meaning, text)), holds, "{meaning} {text}");
    }
    let nameless = with(creatinine(), "id", Value::Null);
    assert_eq!(on("data", &data("instance", "Observation/o1"), &nameless, Label::NORMAL), Holds::Unknown);
}

#[test]
fn conditions_of_one_provision_are_all_required() {
    let class = json!([{"system": "http://hl7.org/fhir/resource-types", "code": "Observation"}]);
    let code = json!([{"coding": [{"system": "http://loinc.org", "code": "20447-9"}]}]);
    let both = json!({"type": "deny", "class": class, "code": code});
    assert!(sees(&[consent(both)], &call(), &open()));
    assert!(!sees(&[consent(json!({"type": "deny", "class": class}))], &call(), &open()));
}

#[test]
fn a_deny_inside_a_permit_that_may_not_apply_still_denies() {
    let inner =
        json!({"type": "deny", "data": [{"meaning": "instance", "reference": {"reference": "Observation/o1"}}]});
    let maybe = json!({"type": "permit", "purpose": [{"system": ACT_REASON, "code": "COC"}], "provision": [inner]});
    assert!(!sees(&[consent(json!({"type": "permit", "provision": [maybe]}))], &call(), &open()));
}

#[test]
fn a_permit_inside_a_deny_that_may_not_apply_does_not_permit() {
    let inner =
        json!({"type": "permit", "data": [{"meaning": "instance", "reference": {"reference": "Observation/o1"}}]});
    let maybe = json!({"type": "deny", "purpose": [{"system": ACT_REASON, "code": "COC"}], "provision": [inner]});
    assert!(!sees(&[consent(json!({"type": "deny", "provision": [maybe]}))], &call(), &open()));
}
