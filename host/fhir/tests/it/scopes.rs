//! SMART scopes, rule by rule (SMART App Launch 2.2, scopes-and-launch-context).

use cordon_fhir::{Context, Permission, Scope, ScopeSet, Skipped};
use serde_json::{Value, json};

const LAB: &str = "http://terminology.hl7.org/CodeSystem/observation-category|laboratory";

fn scope(text: &str) -> Scope {
    Scope::parse_any(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn refusal(text: &str) -> String {
    Scope::parse_any(text).map(|scope| panic!("{text} was read as {scope}")).unwrap_err().to_string()
}

fn creatinine() -> Value {
    json!({
        "resourceType": "Observation", "id": "o1", "status": "final",
        "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": "2160-0", "display": "Creatinine"}], "text": "crea"},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2021-03-04T10:00:00+01:00",
        "meta": {"lastUpdated": "2021-03-05T00:00:00Z", "security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "N"}]},
    })
}

#[test]
fn letters_out_of_order_doubled_or_missing_are_refused() {
    for letters in ["sr", "dus", "rr", "", "read?x=y", "R", "rs ", "rsc", "x", "r.s", "*?_id=1", "write?_id=1"] {
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
fn what_is_not_the_grammar_is_refused() {
    let rows = [
        ("", "is not context/type.permissions"),
        ("launch", "is not context/type.permissions"),
        ("patient/Observation", "is not context/type.permissions"),
        ("patient.Observation/rs", "is not context/type.permissions"),
        ("Patient/Observation.rs", "unknown scope context `Patient`"),
        ("patients/Observation.rs", "unknown scope context `patients`"),
        ("patient/observation.rs", "`observation` is not a resource type name"),
        ("patient/.rs", "`` is not a resource type name"),
        ("patient/Obs/x.rs", "`Obs/x` is not a resource type name"),
        ("patient/**.rs", "`**` is not a resource type name"),
        (" patient/Observation.rs", "unknown scope context ` patient`"),
    ];
    for (text, message) in rows {
        assert!(refusal(text).contains(message), "{text}: {}", refusal(text));
    }
    assert_eq!(
        refusal(&format!("patient/Observation.rs?code={}", "x".repeat(9000))),
        "a scope may have at most 8192 bytes"
    );
}

#[test]
fn a_parameter_that_cannot_be_evaluated_refuses_the_scope() {
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
fn a_value_that_two_readers_could_read_differently_is_refused() {
    let rows = [
        "code=",
        "code=,",
        "code=a,",
        "code=a|",
        "code=|",
        "code=a|b|c",
        "code=a+b",
        "code=a%20b",
        "code=a\\,b",
        "code=a%5Cb",
        "code=%",
        "code=%4",
        "code=%zz",
        "code=%ff",
        "code=a%00",
        "code=a=b",
        "code=a?b",
        "code=a#b",
        "code=a%0Ab",
        "date=ne2021",
        "date=sa2021",
        "date=eb2021",
        "date=ap2021",
        "date=x",
        "date=ge",
        "date=2021-13",
        "date=GE2021",
        "date=gege2021",
        "date=2021-03-04T24:00:00Z",
        "date=2021-03-04T10:00:00+01:00",
        "patient=Group/1",
        "patient=http://h/Patient/1",
        "patient=Patient/1/_history/2",
        "patient=a b",
        "subject=1",
        "subject=#x",
    ];
    for row in rows {
        let message = refusal(&format!("patient/Observation.rs?{row}"));
        assert!(message.contains("cannot have the value"), "{row}: {message}");
    }
}

#[test]
fn a_repeated_parameter_is_refused_where_it_means_nothing() {
    let refused = [
        "status=final&status=amended",
        "patient=1&patient=2",
        "_id=1&_id=2",
        "code=a&code=a",
        "code=a,a",
        "date=2021,eq2021",
        "category=a,b&category=b,a",
        "code=%61,a",
    ];
    for row in refused {
        let message = refusal(&format!("patient/Observation.rs?{row}"));
        assert!(message.contains("is repeated"), "{row}: {message}");
    }
    for row in ["date=ge2021&date=lt2022", "code=a&code=b", "category=a&category=b"] {
        assert_eq!(scope(&format!("patient/Observation.rs?{row}")).query().clauses().count(), 2);
    }
}

#[test]
fn version_1_words_are_never_read_as_letters() {
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
fn read_is_not_search() {
    let row = creatinine();
    let read = ScopeSet::parse("patient/Observation.r");
    assert!(!read.admits(Permission::Search, &row) && read.admits(Permission::Read, &row));
    let search = ScopeSet::parse("patient/Observation.s");
    assert!(search.admits(Permission::Search, &row) && !search.admits(Permission::Read, &row));
    assert!(!read.covers(&scope("patient/Observation.rs")) && !search.covers(&scope("patient/Observation.rs")));
}

#[test]
fn scopes_of_one_type_are_a_union_and_clauses_of_one_scope_an_and() {
    let row = creatinine();
    assert!(!scope("patient/Observation.rs?category=laboratory&status=amended").admits(&row));
    assert!(scope("patient/Observation.rs?category=laboratory&status=final").admits(&row));
    assert!(!scope("patient/Observation.rs?code=1,2").admits(&row));
    assert!(scope("patient/Observation.rs?code=1,2160-0").admits(&row));
    let union = ScopeSet::parse("patient/Observation.rs?category=vital-signs patient/Observation.rs?code=2160-0");
    assert!(union.admits(Permission::Read, &row));
    let broad = ScopeSet::parse("patient/Observation.rs?category=vital-signs patient/Observation.rs");
    assert!(broad.covers(&scope("patient/Observation.rs")));
}

#[test]
fn a_row_that_cannot_be_evaluated_is_not_admitted() {
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

#[test]
fn a_token_is_compared_with_its_system_and_never_with_text() {
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
fn a_code_does_not_find_a_component_and_combo_code_does() {
    let pressure = json!({
        "resourceType": "Observation", "code": {"coding": [{"system": "http://loinc.org", "code": "85354-9"}]},
        "component": [{"code": {"coding": [{"system": "http://loinc.org", "code": "8480-6"}]}}],
    });
    assert!(!scope("patient/Observation.rs?code=8480-6").admits(&pressure));
    assert!(scope("patient/Observation.rs?combo-code=http://loinc.org|8480-6").admits(&pressure));
    assert!(scope("patient/Observation.rs?combo-code=85354-9").admits(&pressure));
}

#[test]
fn a_date_is_compared_as_a_range() {
    let row = creatinine();
    let rows = [
        ("date=2021", true),
        ("date=2020", false),
        ("date=eq2021-03-04", true),
        ("date=2021-03-04T09:00:00Z", true),
        ("date=2021-03-04T10:00:00%2B01:00", true),
        ("date=2021-03-04T10:00:00Z", false),
        ("date=ge2021", true),
        ("date=gt2021", false),
        ("date=gt2020", true),
        ("date=ge2022", false),
        ("date=le2021", true),
        ("date=lt2021", false),
        ("date=lt2022", true),
        ("date=le2020", false),
        ("date=ge2021-03&date=lt2021-04", true),
        ("date=ge2021-01&date=lt2021-03", false),
        ("_lastUpdated=gt2021-03-04", true),
    ];
    for (query, admitted) in rows {
        assert_eq!(scope(&format!("patient/Observation.rs?{query}")).admits(&row), admitted, "{query}");
    }
}

#[test]
fn the_canonical_text_is_sorted_and_encoded_once() {
    let text =
        "patient/Observation.rs?status=final&code=http://loinc.org|38483-4,http%3a%2f%2floinc.org|2160-0&date=eq2021";
    let canonical = "patient/Observation.rs?code=http%3A%2F%2Floinc.org%7C2160-0,http%3A%2F%2Floinc.org%7C38483-4&date=2021&status=final";
    assert_eq!(scope(text).to_string(), canonical);
    assert_eq!(scope(canonical), scope(text));
    assert_eq!(scope("patient/Observation.rs?code=a%2Cb"), scope("patient/Observation.rs?code=b,a"));
    assert_eq!(scope("patient/Observation.rs?code=a%2525b").to_string(), "patient/Observation.rs?code=a%2525b");
    assert_eq!(serde_json::to_value(scope(text)).unwrap(), json!(canonical));
    assert!(serde_json::from_value::<Scope>(json!("patient/Observation.sr")).is_err());
}

#[test]
fn nothing_implies_more_than_it_gives() {
    let rows = [
        ("patient/Observation.rs", "user/Observation.rs"),
        ("patient/Observation.rs", "system/Observation.rs"),
        ("system/Observation.rs", "patient/Observation.rs"),
        ("system/Observation.rs", "user/Observation.rs"),
        ("user/Observation.rs", "system/Observation.rs"),
        ("patient/Observation.rs", "patient/*.rs"),
        ("patient/Observation.rs", "patient/Condition.rs"),
        ("patient/Observation.r", "patient/Observation.rs"),
        ("patient/Observation.rs?code=1", "patient/Observation.rs"),
        ("patient/Observation.rs?code=1", "patient/Observation.rs?code=1,2"),
        ("patient/Observation.rs?code=s|1", "patient/Observation.rs?code=1"),
        ("patient/Observation.rs?code=|1", "patient/Observation.rs?code=1"),
        ("patient/Observation.rs?code=1", "patient/Observation.rs?combo-code=1"),
        ("patient/Observation.rs?code=1&code=2", "patient/Observation.rs?code=1"),
        ("patient/Observation.rs?date=gt2021", "patient/Observation.rs?date=ge2021"),
        ("patient/Observation.rs?date=ge2022", "patient/Observation.rs?date=ge2021"),
        ("patient/Observation.rs?date=2021-03", "patient/Observation.rs?date=2021"),
        ("patient/Observation.rs?date=ge2021", "patient/Observation.rs?date=ge2021-03"),
    ];
    for (wide, narrow) in rows {
        assert!(!scope(wide).implies(&scope(narrow)), "{wide} / {narrow}");
    }
}

#[test]
fn a_scope_implies_what_is_narrower() {
    let rows = [
        ("user/Observation.rs", "patient/Observation.rs"),
        ("patient/*.cruds", "patient/Observation.rs?code=1"),
        ("patient/Observation.rs?code=1,2,3", "patient/Observation.rs?code=s|1,|3"),
        ("patient/Observation.rs?code=1", "patient/Observation.rs?code=1&status=final"),
        ("patient/Observation.rs?date=ge2021", "patient/Observation.rs?date=gt2021"),
        ("patient/Observation.rs?date=ge2021", "patient/Observation.rs?date=2022-03"),
        ("patient/Observation.rs?date=2021", "patient/Observation.rs?date=2021-03"),
        ("patient/Observation.rs?date=le2021", "patient/Observation.rs?date=lt2020"),
        ("user/*.rs?_security=N", "patient/Observation.rs?_security=N&code=1"),
    ];
    for (wide, narrow) in rows {
        assert!(scope(wide).implies(&scope(narrow)), "{wide} / {narrow}");
    }
}

#[test]
fn an_intersection_gives_what_both_give() {
    let none = [
        ("patient/Observation.rs", "patient/Condition.rs"),
        ("patient/Observation.r", "patient/Observation.s"),
        ("system/Observation.rs", "user/Observation.rs"),
        ("patient/Observation.rs?status=final", "patient/Observation.rs?status=amended"),
    ];
    for (a, b) in none {
        assert_eq!(scope(a).intersect(&scope(b)), None, "{a} / {b}");
    }
    let rows = [
        ("user/*.cruds", "patient/Observation.rs?code=1", "patient/Observation.rs?code=1"),
        (
            "patient/Observation.rs?status=final,amended",
            "patient/Observation.r?status=final,x",
            "patient/Observation.r?status=final",
        ),
        (
            "patient/Observation.rs?date=ge2021",
            "patient/Observation.rs?date=lt2022",
            "patient/Observation.rs?date=lt2022&date=ge2021",
        ),
        (
            "patient/Condition.rs?clinical-status=active",
            "patient/Condition.rs?clinical-status=s|active",
            "patient/Condition.rs?clinical-status=s|active",
        ),
    ];
    for (a, b, both) in rows {
        assert_eq!(scope(a).intersect(&scope(b)), Some(scope(both)), "{a} / {b}");
        assert_eq!(scope(b).intersect(&scope(a)), Some(scope(both)), "{b} / {a}");
    }
}

#[test]
fn no_query_asks_for_more_than_one_patient() {
    for text in [
        "patient/*.rs",
        "patient/Practitioner.rs",
        "patient/Observation.r",
        "patient/Observation.c",
        "patient/Patient.c",
        "patient/Task.rs",
        "patient/Patient.r?_security=N",
    ] {
        assert_eq!(scope(text).search_query("{{context.patientId}}"), None, "{text}");
    }
}

#[test]
fn a_prefetch_query_is_encoded_once() {
    let rows = [
        (
            "patient/Observation.rs?code=http://loinc.org|2160-0,http://loinc.org|38483-4",
            "Observation?patient={{context.patientId}}&code=http%3A%2F%2Floinc.org%7C2160-0,http%3A%2F%2Floinc.org%7C38483-4",
        ),
        ("patient/Patient.r", "Patient/{{context.patientId}}"),
        ("patient/Patient.rs", "Patient/{{context.patientId}}"),
        ("patient/Patient.s", "Patient?_id={{context.patientId}}"),
        ("patient/Patient.rs?_security=N", "Patient?_id={{context.patientId}}&_security=N"),
        ("patient/MedicationRequest.rs?status=active", "MedicationRequest?patient={{context.patientId}}&status=active"),
        ("patient/Coverage.s", "Coverage?patient={{context.patientId}}"),
        (
            "user/Observation.rs?date=ge2021-01-01T00:00:00%2B01:00",
            "Observation?patient={{context.patientId}}&date=ge2021-01-01T00%3A00%3A00%2B01%3A00",
        ),
    ];
    for (text, query) in rows {
        assert_eq!(scope(text).search_query("{{context.patientId}}").as_deref(), Some(query), "{text}");
    }
}

#[test]
fn a_list_reports_what_gives_no_right() {
    let set = ScopeSet::parse(
        "openid  launch/patient patient/Observation.read user/Patient.rs patient/Condition.sr offline_access",
    );
    assert_eq!(
        set.scopes().iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["patient/Observation.rs", "user/Patient.rs"]
    );
    let (refused, other): (Vec<_>, Vec<_>) =
        set.skipped().iter().partition(|word| matches!(word, Skipped::Refused { .. }));
    assert_eq!((refused.len(), other.len()), (1, 3));
    assert!(!set.covers(&scope("patient/Condition.s")));
    assert!(set.covers(&scope("patient/Patient.r")) && set.covers(&scope("patient/Observation.rs?code=1")));
    assert_eq!(ScopeSet::parse(""), ScopeSet::default());
    assert!(!ScopeSet::default().covers(&scope("patient/Patient.r")));
}

#[test]
fn the_parts_of_a_scope_can_be_asked() {
    let scope = scope("user/Observation.rs?code=1");
    assert_eq!(scope.context(), Context::User);
    assert_eq!(scope.resource().map(ToString::to_string).as_deref(), Some("Observation"));
    assert_eq!(scope.permissions().iter().collect::<Vec<_>>(), [Permission::Read, Permission::Search]);
    assert!(Scope::parse("user/*.c").unwrap().resource().is_none());
}

#[test]
fn a_message_quotes_at_most_100_characters() {
    let message = refusal(&format!("patient/Observation.rs?{}\n=1", "x".repeat(500)));
    assert!(message.chars().count() < 160 && !message.contains('\n'), "{message}");
}
