//! SMART scopes, rule by rule (SMART App Launch 2.2, scopes-and-launch-context).

use cordon_fhir::{Context, Permission, Scope, ScopeSet, Skipped};
use serde_json::{Value, json};

pub(crate) const LAB: &str = "http://terminology.hl7.org/CodeSystem/observation-category|laboratory";

pub(crate) fn scope(text: &str) -> Scope {
    Scope::parse_any(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

pub(crate) fn refusal(text: &str) -> String {
    Scope::parse_any(text).map(|scope| panic!("{text} was read as {scope}")).unwrap_err().to_string()
}

pub(crate) fn creatinine() -> Value {
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
        "code=a;b",
        "code=a\"b",
        "code=ä",
        "code=a$b",
        "code=a%24b",
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

#[test]
fn a_scope_is_bounded_as_written_and_as_printed() {
    let values = |from: usize, to: usize| (from..to).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    let with = |values: &str| format!("patient/Observation.rs?code={values}");
    assert_eq!(refusal(&with(&values(0, 1001))), "a scope may have at most 1000 values");
    assert_eq!(refusal(&format!("{}&category=a", with(&values(0, 1000)))), "a scope may have at most 1000 values");
    let wide = scope(&with(&values(0, 1000)));
    assert_eq!(wide.query().clauses().next().unwrap().values().count(), 1000);
    // More than one scope can say is nothing, not everything.
    assert_eq!(wide.intersect(&scope(&with("x"))), None);
    assert_eq!(scope(&with("x")).intersect(&wide), None);
    // `/` takes three bytes when printed.
    assert_eq!(refusal(&with(&"/".repeat(4000))), "a scope may have at most 8192 bytes");
    assert!(scope(&with(&"/".repeat(2500))).to_string().len() <= 8192);
}

/// Reading a scope costs once; asking it about a row of about 1 kB takes nothing from the heap.
#[test]
fn asking_a_scope_about_a_row_allocates_nothing() {
    let mut row = creatinine();
    row["note"] = json!([{"text": "x".repeat(500)}]);
    let queries = [
        "category=laboratory&status=final&code=http://loinc.org|2160-0,http://loinc.org|38483-4",
        "date=ge2021&date=lt2022-01-01T00:00:00Z&_lastUpdated=ge2021-03",
        "patient=p1&subject=Patient/p1&_id=o1&_security=N&combo-code=2160-0",
    ];
    for query in queries {
        let scope = scope(&format!("patient/Observation.rs?{query}"));
        let used = allocation_counter::measure(|| assert!(scope.admits(&row), "{query}"));
        assert_eq!(used.count_total, 0, "{query}");
    }
}
