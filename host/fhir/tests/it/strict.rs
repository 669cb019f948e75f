//! What a plugin may propose.

use cordon_fhir::validate_proposal;
use serde_json::{Value, json};

fn metformin() -> Value {
    json!({
        "resourceType": "MedicationRequest", "status": "draft", "intent": "proposal",
        "medicationCodeableConcept": {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "860975", "display": "metformin 500 mg"}], "text": "Metformin 500 mg"},
        "subject": {"reference": "Patient/p1"}, "encounter": {"reference": "Encounter/e1"}, "authoredOn": "2021-06-01T08:00:00+02:00",
        "dosageInstruction": [{
            "text": "1 tablet a day", "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d", "timeOfDay": ["08:00:00"]}},
            "asNeededBoolean": false, "doseAndRate": [{"doseQuantity": {"value": 500, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}}],
        }],
        "dispenseRequest": {"numberOfRepeatsAllowed": 0, "quantity": {"value": 30}},
    })
}

fn creatinine() -> Value {
    json!({
        "resourceType": "ServiceRequest", "id": "draft-1", "status": "draft", "intent": "plan", "priority": "routine",
        "code": {"coding": [{"system": "http://loinc.org", "code": "2160-0"}]}, "subject": {"reference": "Patient/p1"},
        "occurrencePeriod": {"start": "2021-06-01", "end": "2021-06"}, "reasonReference": [{"reference": "Condition/c1"}],
    })
}

fn with(mut resource: Value, pointer: &str, value: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    resource.pointer_mut(parent).unwrap().as_object_mut().unwrap().insert(name.to_owned(), value);
    resource
}

fn without(mut resource: Value, name: &str) -> Value {
    resource.as_object_mut().unwrap().remove(name);
    resource
}

fn refusal(resource: &Value) -> String {
    validate_proposal(resource).map(|()| panic!("accepted {resource}")).unwrap_err().to_string()
}

#[test]
fn only_orders_can_be_proposed() {
    for broken in [
        json!(null),
        json!([]),
        json!({}),
        json!({"resourceType": "Patient"}),
        json!({"resourceType": "Task", "status": "draft"}),
    ] {
        assert_eq!(refusal(&broken), "only a MedicationRequest or a ServiceRequest may be proposed");
    }
}

#[test]
fn a_required_element_cannot_be_left_out() {
    let rows = [
        ("status", "status"),
        ("intent", "intent"),
        ("subject", "subject"),
        ("medicationCodeableConcept", "medication[x]"),
    ];
    for (name, path) in rows {
        assert_eq!(refusal(&without(metformin(), name)), format!("`MedicationRequest.{path}` is missing"));
    }
    for name in ["status", "intent", "subject"] {
        assert_eq!(refusal(&without(creatinine(), name)), format!("`ServiceRequest.{name}` is missing"));
    }
}

#[test]
fn what_a_proposal_may_not_have_is_refused_by_name() {
    for name in [
        "text",
        "contained",
        "extension",
        "modifierExtension",
        "note",
        "identifier",
        "meta",
        "implicitRules",
        "language",
        "instantiatesUri",
        "groupIdentifier",
        "supportingInformation",
        "insurance",
    ] {
        let refused = refusal(&with(metformin(), &format!("/{name}"), json!("x")));
        assert_eq!(refused, format!("`MedicationRequest.{name}` is not allowed in a proposal"));
    }
    let display = with(metformin(), "/subject/display", json!("Jo Doe"));
    assert_eq!(refusal(&display), "`MedicationRequest.subject.display` is not allowed in a proposal");
    let nested = with(metformin(), "/dosageInstruction/0/extension", json!([{"url": "x"}]));
    assert_eq!(refusal(&nested), "`MedicationRequest.dosageInstruction[0].extension` is not allowed in a proposal");
}

#[test]
fn an_unknown_element_is_refused_and_its_name_is_not_repeated() {
    for name in ["jo-doe", "_status", "Status", "valueString", "resourcetype"] {
        let refused = refusal(&with(metformin(), &format!("/{name}"), json!("x")));
        assert_eq!(refused, "`MedicationRequest` has an element that is not known");
    }
    let nested = with(metformin(), "/medicationCodeableConcept/coding/0/secret", json!("x"));
    assert_eq!(
        refusal(&nested),
        "`MedicationRequest.medicationCodeableConcept.coding[0]` has an element that is not known"
    );
}

#[test]
fn nothing_is_null_or_empty() {
    let rows = [
        ("/priority", json!(null), "priority"),
        ("/priority", json!(""), "priority"),
        ("/dosageInstruction", json!([]), "dosageInstruction"),
        ("/dosageInstruction", json!(null), "dosageInstruction"),
        ("/dosageInstruction", json!([{}]), "dosageInstruction[0]"),
        ("/dosageInstruction", json!([null]), "dosageInstruction[0]"),
        ("/subject", json!({}), "subject"),
        ("/dispenseRequest", json!({}), "dispenseRequest"),
        ("/medicationCodeableConcept/text", json!(""), "medicationCodeableConcept.text"),
    ];
    for (pointer, value, path) in rows {
        assert_eq!(refusal(&with(metformin(), pointer, value)), format!("`MedicationRequest.{path}` is empty"));
    }
}

#[test]
fn a_wrong_shape_is_refused() {
    let rows = [
        ("/status", json!(["draft"]), "status"),
        ("/subject", json!("Patient/p1"), "subject"),
        ("/dosageInstruction", json!({"text": "x"}), "dosageInstruction"),
        ("/doNotPerform", json!("true"), "doNotPerform"),
        ("/dispenseRequest/quantity/value", json!("30"), "dispenseRequest.quantity.value"),
        ("/medicationCodeableConcept", json!([{"text": "x"}]), "medicationCodeableConcept"),
        ("/reasonCode", json!("x"), "reasonCode"),
    ];
    for (pointer, value, path) in rows {
        assert_eq!(
            refusal(&with(metformin(), pointer, value)),
            format!("`MedicationRequest.{path}` does not have the right JSON shape")
        );
    }
}

#[test]
fn a_value_that_is_not_allowed_is_refused() {
    let coding = "/medicationCodeableConcept/coding/0";
    let rows = [
        ("/status".to_owned(), json!("active")),
        ("/intent".to_owned(), json!("order")),
        ("/priority".to_owned(), json!("now")),
        ("/id".to_owned(), json!("a b")),
        ("/authoredOn".to_owned(), json!("2021-06-01T08:00:00")),
        ("/authoredOn".to_owned(), json!("2021-06-01T08:00Z")),
        ("/authoredOn".to_owned(), json!("tomorrow")),
        ("/subject/reference".to_owned(), json!("Group/1")),
        ("/subject/reference".to_owned(), json!("https://evil.example/Patient/p1")),
        ("/subject/reference".to_owned(), json!("Patient/p1/_history/1")),
        ("/subject/reference".to_owned(), json!("#p")),
        ("/subject/reference".to_owned(), json!("Patient?name=x")),
        (format!("{coding}/system"), json!("loinc")),
        (format!("{coding}/system"), json!("https://evil.example/?q=x")),
        (format!("{coding}/system"), json!("https://u@evil.example")),
        (format!("{coding}/code"), json!(" a")),
        (format!("{coding}/code"), json!("a\nb")),
        ("/dispenseRequest/quantity/value".to_owned(), json!(-1)),
        ("/dispenseRequest/quantity/value".to_owned(), json!(1e300)),
        ("/dispenseRequest/numberOfRepeatsAllowed".to_owned(), json!(1.5)),
        ("/dispenseRequest/quantity/system".to_owned(), json!("http://other")),
        ("/dosageInstruction/0/timing/repeat/frequency".to_owned(), json!(0)),
        ("/dosageInstruction/0/timing/repeat/timeOfDay".to_owned(), json!(["8:00"])),
        ("/dosageInstruction/0/text".to_owned(), json!("a\u{202e}b")),
        ("/dosageInstruction/0/text".to_owned(), json!("a\u{7}b")),
        ("/dosageInstruction/0/text".to_owned(), json!("a\u{e0041}b")),
        ("/dosageInstruction/0/text".to_owned(), json!("x".repeat(1001))),
    ];
    for (pointer, value) in rows {
        let refused = refusal(&with(metformin(), &pointer, value.clone()));
        assert!(refused.ends_with("has a value that is not allowed"), "{pointer} {value}: {refused}");
    }
}

#[test]
fn a_character_that_nobody_sees_is_refused_in_a_text() {
    let ignorable =
        "\u{ad}\u{34f}\u{115f}\u{17b4}\u{180b}\u{200b}\u{200d}\u{2060}\u{3164}\u{fe0f}\u{feff}\u{ffa0}\u{1d173}";
    let other = "\u{7}\u{600}\u{61c}\u{202e}\u{2028}\u{2029}\u{2066}\u{e000}\u{fff9}\u{ffff}\u{10ffff}";
    for c in ignorable.chars().chain(other.chars()) {
        let refused = refusal(&with(metformin(), "/dosageInstruction/0/text", json!(format!("a{c}b"))));
        assert!(refused.ends_with("has a value that is not allowed"), "{c:?}: {refused}");
    }
    let seen =
        with(metformin(), "/dosageInstruction/0/text", json!("1 Tablette täglich, ≥ 5 µg 中 ⚠, eGFR <30 and < 45"));
    assert_eq!(validate_proposal(&seen), Ok(()));
}

#[test]
fn a_link_in_a_text_is_refused() {
    for text in [
        "see https://evil.example/x",
        "WWW.evil.example",
        "[x](evil)",
        "mailto:a@b",
        "<img src=x>",
        "x </im",
        "<svg onload=x>",
        "<!-- x",
        "<?x",
        "javascript:x",
    ] {
        let refused = refusal(&with(metformin(), "/dosageInstruction/0/text", json!(text)));
        assert_eq!(refused, "`MedicationRequest.dosageInstruction[0].text` has a link", "{text}");
        let display = with(metformin(), "/medicationCodeableConcept/coding/0/display", json!(text));
        assert!(refusal(&display).ends_with("coding[0].display` has a link"));
        let code = with(metformin(), "/medicationCodeableConcept/coding/0/code", json!(text));
        assert!(refusal(&code).ends_with("coding[0].code` has a link"));
    }
}

#[test]
fn a_choice_is_made_once() {
    let two = with(metformin(), "/medicationReference", json!({"reference": "Medication/1"}));
    assert_eq!(refusal(&two), "`MedicationRequest.medication[x]` is given in two types");
    let two = with(metformin(), "/dosageInstruction/0/asNeededCodeableConcept", json!({"text": "pain"}));
    assert_eq!(refusal(&two), "`MedicationRequest.dosageInstruction[0].asNeeded[x]` is given in two types");
}

#[test]
fn an_order_that_keeps_the_rules_is_accepted() {
    assert_eq!(validate_proposal(&metformin()), Ok(()));
    assert_eq!(validate_proposal(&creatinine()), Ok(()));
    let by_reference = with(
        without(metformin(), "medicationCodeableConcept"),
        "/medicationReference",
        json!({"reference": "Medication/1"}),
    );
    assert_eq!(validate_proposal(&by_reference), Ok(()));
}
