//! S1 to S10: the points of SMART scopes that implementations get wrong (SMART App Launch 2.2,
//! scopes-and-launch-context; FHIR R4 search). `docs/scopes.md` says them for a hospital.

use cordon_fhir::Membership::{Foreign, Member, Outside};
use cordon_fhir::{Permission, Scope, ScopeSet, membership};
use serde_json::{Value, json};

use crate::scopes::{LAB, creatinine, refusal, scope};

#[test]
fn s1_letters_out_of_order_doubled_or_missing_are_refused() {
    for letters in
        ["sr", "dus", "rr", "", "read?x=y", ".read?x=y", "R", "rs ", "rsc", "x", "r.s", "*?_id=1", "write?_id=1"]
    {
        let message = refusal(&format!("patient/Observation.{letters}"));
        assert!(message.starts_with("permissions "), "{letters}: {message}");
    }
    for letters in ["r", "s", "rs", "cruds", "cud", "cs"] {
        assert_eq!(
            scope(&format!("patient/Observation.{letters}")).to_string(),
            format!("patient/Observation.{letters}")
        );
    }
}

#[test]
fn s2_version_1_words_are_never_read_as_letters() {
    let rows = [
        ("patient/Observation.read", "patient/Observation.rs"),
        ("user/Observation.write", "user/Observation.cud"),
        ("system/Observation.*", "system/Observation.cruds"),
        ("patient/*.read", "patient/*.rs"),
        ("patient/*.*", "patient/*.cruds"),
    ];
    for (v1, v2) in rows {
        assert_eq!(Scope::parse_v1(v1).unwrap().to_string(), v2);
        assert_eq!(Scope::parse_any(v1).unwrap(), Scope::parse(v2).unwrap());
        assert!(Scope::parse(v1).is_err(), "{v1} is not SMART 2");
        assert!(Scope::parse_v1(v2).is_err(), "{v2} is not SMART 1");
    }
}

#[test]
fn s3_read_is_not_search() {
    let row = creatinine();
    let read = ScopeSet::parse("patient/Observation.r");
    assert!(!read.admits(Permission::Search, &row) && read.admits(Permission::Read, &row));
    let search = ScopeSet::parse("patient/Observation.s");
    assert!(search.admits(Permission::Search, &row) && !search.admits(Permission::Read, &row));
    assert!(!read.covers(&scope("patient/Observation.rs")) && !search.covers(&scope("patient/Observation.rs")));
}

#[test]
fn s4_scopes_of_one_type_are_a_union_and_clauses_of_one_scope_an_and() {
    let row = creatinine();
    assert!(!scope("patient/Observation.rs?category=laboratory&status=amended").admits(&row));
    assert!(scope("patient/Observation.rs?category=laboratory&status=final").admits(&row));
    assert!(!scope("patient/Observation.rs?code=1,2").admits(&row));
    assert!(scope("patient/Observation.rs?code=1,2160-0").admits(&row));
    let union = ScopeSet::parse("patient/Observation.rs?category=vital-signs patient/Observation.rs?code=2160-0");
    assert!(union.admits(Permission::Read, &row));
    let broad = ScopeSet::parse("patient/Observation.rs?category=vital-signs patient/Observation.rs");
    assert!(broad.covers(&scope("patient/Observation.rs")));
    assert!(broad.admits(Permission::Read, &row) && broad.admits(Permission::Search, &row));
}

#[test]
fn s5_a_parameter_that_cannot_be_evaluated_refuses_the_scope() {
    let rows = [
        ("Observation.rs?", "search parameter `` has no value"),
        ("Observation.rs?code", "search parameter `code` has no value"),
        ("Observation.rs?&code=1", "search parameter `` has no value"),
        ("Observation.rs?value-quantity=gt5", "search parameter `value-quantity` is not supported"),
        ("Observation.rs?_has:Provenance:target:agent=1", "has a modifier, and none is supported"),
        ("Observation.rs?code:in=http://x", "search parameter `code:in` has a modifier, and none is supported"),
        ("Observation.rs?subject.name=x", "search parameter `subject.name` is not supported"),
        ("Observation.rs?Code=1", "search parameter `Code` is not supported"),
        ("Observation.rs?c%6Fde=1", "search parameter `c%6Fde` is not supported"),
        ("Observation.rs?_include=x", "search parameter `_include` is not supported"),
        ("Observation.rs?_filter=x", "search parameter `_filter` is not supported"),
        ("Patient.r?code=1", "search parameter `code` does not exist for `Patient`"),
        ("Condition.rs?date=2021", "search parameter `date` does not exist for `Condition`"),
        ("Immunization.rs?code=1", "search parameter `code` does not exist for `Immunization`"),
        ("Task.rs?status=x", "search parameter `status` does not exist for `Task`"),
        ("*.rs?category=laboratory", "search parameter `category` does not exist for `*`"),
    ];
    for (text, message) in rows {
        let refused = refusal(&format!("patient/{text}"));
        assert!(refused.contains(message), "{text}: {refused}");
    }
}

#[test]
fn s5_a_row_that_cannot_be_evaluated_is_not_admitted() {
    let all = scope("patient/Observation.rs?status=final");
    assert!(!all.admits(&json!({"resourceType": "Observation"})));
    for broken in [
        json!(null),
        json!(["final"]),
        json!({"status": "final"}),
        json!({"resourceType": "Condition", "status": "final"}),
    ] {
        assert!(!all.admits(&broken), "{broken}");
    }
    let date = scope("patient/Observation.rs?date=ge2000");
    for broken in [json!("x"), json!(2021), json!({"start": "2021"}), json!("2021-02-30")] {
        assert!(!date.admits(&json!({"resourceType": "Observation", "effectiveDateTime": broken})));
    }
}

/// A scope knows nothing but the row: no total, page, order or include can tell more than the rows it admits.
#[test]
fn s6_a_filter_applies_to_a_read_as_to_a_search() {
    let laboratory = ScopeSet::parse("patient/Observation.cruds?category=laboratory");
    let mut vital = creatinine();
    vital["category"] = json!([{"coding": [{"code": "vital-signs"}]}]);
    for permission in Permission::ALL {
        assert!(!laboratory.admits(permission, &vital), "{permission:?}");
        assert!(laboratory.admits(permission, &creatinine()), "{permission:?}");
    }
    for parameter in ["_include", "_revinclude", "_has", "_total", "_sort", "_count", "_since", "_summary", "_elements"]
    {
        assert!(refusal(&format!("patient/Observation.rs?{parameter}=x")).contains("is not supported"), "{parameter}");
    }
}

#[test]
fn s7_a_token_is_compared_with_its_system_and_never_with_text() {
    let row = creatinine();
    let rows = [
        (format!("category={LAB}"), true),
        ("category=laboratory".to_owned(), true),
        ("category=|laboratory".to_owned(), false),
        ("category=http://other|laboratory".to_owned(), false),
        ("category=Laboratory".to_owned(), false),
        ("code=http://loinc.org|2160-0".to_owned(), true),
        ("code=http%3A%2F%2Floinc.org%7C2160-0".to_owned(), true),
        ("code=http%253A%252F%252Floinc.org%257C2160-0".to_owned(), false),
        ("code=Creatinine".to_owned(), false),
        ("code=crea".to_owned(), false),
        ("status=|final".to_owned(), true),
        ("status=http://hl7.org/fhir/observation-status|final".to_owned(), false),
        ("_security=N".to_owned(), true),
        ("_security=R".to_owned(), false),
        ("_id=o1".to_owned(), true),
        ("_id=o2".to_owned(), false),
        ("patient=p1".to_owned(), true),
        ("patient=Patient/p1".to_owned(), true),
        ("patient=p2".to_owned(), false),
        ("subject=Patient/p1".to_owned(), true),
        ("subject=Group/p1".to_owned(), false),
    ];
    for (query, admitted) in rows {
        assert_eq!(scope(&format!("patient/Observation.rs?{query}")).admits(&row), admitted, "{query}");
    }
}

#[test]
fn s7_a_code_does_not_find_a_component_and_combo_code_does() {
    let pressure = json!({
        "resourceType": "Observation", "code": {"coding": [{"system": "http://loinc.org", "code": "85354-9"}]},
        "component": [{"code": {"coding": [{"system": "http://loinc.org", "code": "8480-6"}]}}],
    });
    assert!(!scope("patient/Observation.rs?code=8480-6").admits(&pressure));
    assert!(scope("patient/Observation.rs?combo-code=http://loinc.org|8480-6").admits(&pressure));
    assert!(scope("patient/Observation.rs?combo-code=85354-9").admits(&pressure));
}

#[test]
fn s8_a_patient_scope_is_bound_to_one_patient_and_the_compartment() {
    let row = |kind: &str, element: &str, id: &str| json!({"resourceType": kind, element: {"reference": id}});
    let contained = |inner: Value| json!({"resourceType": "Observation", "subject": {"reference": "Patient/me"}, "contained": [inner]});
    let rows = [
        (row("Observation", "subject", "Patient/other"), Foreign),
        (row("Observation", "subject", "https://other.example/fhir/Patient/me"), Foreign),
        (row("AllergyIntolerance", "patient", "Patient/other"), Foreign),
        (contained(json!({"resourceType": "Patient", "id": "me"})), Foreign),
        (contained(json!({"resourceType": "RelatedPerson", "patient": {"reference": "Patient/other"}})), Foreign),
        (json!({"resourceType": "Patient", "id": "old", "link": [{"other": {"reference": "Patient/me"}}]}), Foreign),
        (row("AllergyIntolerance", "subject", "Patient/me"), Outside),
        (row("Immunization", "subject", "Patient/me"), Outside),
        (row("Encounter", "patient", "Patient/me"), Outside),
        (json!({"resourceType": "Practitioner", "id": "me"}), Outside),
        (json!({"resourceType": "Organization", "id": "me"}), Outside),
        (json!({"resourceType": "Medication", "id": "me"}), Outside),
        (row("Observation", "subject", "Patient/me"), Member),
        (row("AllergyIntolerance", "patient", "Patient/me"), Member),
        (row("Immunization", "patient", "Patient/me"), Member),
        (row("Encounter", "subject", "Patient/me"), Member),
        (row("Provenance", "target", "Patient/me"), Member),
        (contained(json!({"resourceType": "Practitioner", "name": [{"text": "Dr B"}]})), Member),
        (json!({"resourceType": "Patient", "id": "me", "link": [{"other": {"reference": "Patient/old"}}]}), Member),
    ];
    for (row, expected) in rows {
        assert_eq!(membership(&row, "me"), expected, "{row}");
    }
}

#[test]
fn s9_what_is_left_is_what_every_side_gives() {
    let rows = [
        (
            "patient/Observation.rs?category=laboratory",
            "user/Observation.cruds",
            "patient/Observation.rs?category=laboratory",
        ),
        ("patient/*.rs", "user/Condition.r?clinical-status=active", "patient/Condition.r?clinical-status=active"),
        (
            "patient/Observation.rs?code=a,b",
            "patient/Observation.s?category=laboratory",
            "patient/Observation.s?category=laboratory&code=a,b",
        ),
    ];
    for (need, right, left) in rows {
        let both = scope(need).intersect(&scope(right)).unwrap();
        assert_eq!(both, scope(left));
        assert!(scope(need).implies(&both) && scope(right).implies(&both));
    }
    assert_eq!(scope("patient/Observation.rs").intersect(&scope("user/Condition.rs")), None);
    let nothing = ScopeSet::parse("");
    assert!(!nothing.covers(&scope("patient/Patient.r")) && !nothing.admits(Permission::Read, &creatinine()));
}

#[test]
fn s10_a_wildcard_covers_types_nobody_knows_yet() {
    let future = json!({"resourceType": "TypeOfTheFuture", "id": "x"});
    assert!(scope("patient/*.rs").admits(&future) && scope("patient/*.read").admits(&future));
    assert!(scope("patient/*.r").implies(&scope("patient/TypeOfTheFuture.r")));
    assert!(scope("patient/*.rs?_id=x").admits(&future) && !scope("patient/*.rs?_id=y").admits(&future));
    assert_eq!(membership(&future, "me"), Outside);
}
