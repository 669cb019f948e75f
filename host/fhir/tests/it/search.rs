//! What the table of search parameters finds.

use cordon_fhir::{DateRange, IndexEntry, Parameter, index, primary_date};
use serde_json::{Value, json};

fn show(entry: &IndexEntry) -> String {
    match entry {
        IndexEntry::Token { parameter, system, code } => {
            format!("{parameter}={}{code}", system.as_ref().map(|s| format!("{s}|")).unwrap_or_default())
        }
        IndexEntry::Reference { parameter, target } => format!("{parameter}={target}"),
        IndexEntry::Date { parameter, range } => format!("{parameter}={}/{}", range.lower, range.upper),
    }
}

fn found(resource: &Value) -> Vec<String> {
    index(resource).iter().map(show).collect()
}

fn day(text: &str) -> String {
    let range = DateRange::parse(text).unwrap();
    format!("{}/{}", range.lower, range.upper)
}

#[test]
fn names_are_closed_and_sorted() {
    for name in
        ["", "Code", "code ", "code:in", "vaccine-code", "onset-date", "_has", "_include", "_text", "identifier"]
    {
        assert_eq!(Parameter::parse(name), None, "{name}");
    }
    let names = Parameter::ALL.map(Parameter::as_str);
    assert!(names.is_sorted() && Parameter::ALL.is_sorted());
    assert!(Parameter::ALL.iter().all(|parameter| Parameter::parse(parameter.as_str()) == Some(*parameter)));
}

#[test]
fn what_is_malformed_is_never_found() {
    for broken in [
        json!(null),
        json!("Observation"),
        json!({}),
        json!({"resourceType": "observation", "id": "1"}),
        json!({"resourceType": 1, "id": "1"}),
        json!({"resourceType": "Observation", "status": "", "code": "2160-0", "category": "laboratory", "subject": "Patient/1"}),
        json!({"resourceType": "Observation", "status": {"code": "final"}, "code": {"code": "2160-0"}, "code_": 1}),
        json!({"resourceType": "Observation", "code": {"text": "x", "coding": [{"system": "s"}, {"code": 5}, {"system": 5, "code": "a"}, null, "a"]}}),
        json!({"resourceType": "Observation", "subject": {"reference": "#p"}, "effectiveDateTime": "yesterday"}),
        json!({"resourceType": "Observation", "subject": {"reference": "https://ehr.example/fhir/Patient/p1"}}),
        json!({"resourceType": "Observation", "subject": {"display": "Patient/1", "identifier": {"value": "1"}}, "meta": []}),
    ] {
        assert_eq!(found(&broken), Vec::<String>::new(), "{broken}");
    }
}

#[test]
fn an_entry_prints_its_parameter_only() {
    let entries = index(&json!({"resourceType": "Condition", "code": {"coding": [{"code": "secret"}]}}));
    assert_eq!(format!("{entries:?}"), "[IndexEntry(code, …)]");
}

#[test]
fn an_observation_is_found_by_all_it_says() {
    let row = json!({
        "resourceType": "Observation", "id": "o1", "status": "final",
        "meta": {"lastUpdated": "2021-03-05", "security": [{"system": "c", "code": "R"}, {"code": "PSY"}]},
        "category": [{"coding": [{"system": "s", "code": "laboratory"}]}, {"text": "Laboratory"}],
        "code": {"coding": [{"system": "http://loinc.org", "code": "85354-9"}], "text": "BP"},
        "component": [{"code": {"coding": [{"code": "8480-6"}]}}, {"code": {"coding": [{"code": "8462-4"}]}}],
        "subject": {"reference": "Patient/p1/_history/2"}, "effectivePeriod": {"start": "2021-03-04", "end": "2021-03-04"},
    });
    let expected = [
        "_id=o1",
        &format!("_lastUpdated={}", day("2021-03-05")),
        "_security=c|R",
        "_security=PSY",
        "category=s|laboratory",
        "code=http://loinc.org|85354-9",
        "combo-code=http://loinc.org|85354-9",
        "combo-code=8480-6",
        "combo-code=8462-4",
        &format!("date={}", day("2021-03-04")),
        "patient=Patient/p1",
        "status=final",
        "subject=Patient/p1",
    ];
    assert_eq!(found(&row), expected);
}

#[test]
fn each_type_is_found_where_r4_says() {
    let concept = |code: &str| json!({"coding": [{"code": code}]});
    let p = json!({"reference": "Patient/p"});
    let rows = [
        (json!({"resourceType": "Patient", "id": "p", "status": "x"}), vec!["_id=p"]),
        (
            json!({"resourceType": "MedicationRequest", "status": "active", "intent": "order", "medicationCodeableConcept": concept("m"), "subject": p}),
            vec!["code=m", "intent=order", "patient=Patient/p", "status=active", "subject=Patient/p"],
        ),
        (
            json!({"resourceType": "MedicationRequest", "medicationReference": {"reference": "Medication/1"}, "authoredOn": "2021"}),
            vec![],
        ),
        (
            json!({"resourceType": "MedicationStatement", "medicationCodeableConcept": concept("m"), "category": concept("c"), "effectiveDateTime": "2021"}),
            vec!["category=c", "code=m"],
        ),
        (
            json!({"resourceType": "Condition", "clinicalStatus": concept("active"), "category": [concept("x")], "code": concept("c"), "recordedDate": "2021"}),
            vec!["category=x", "clinical-status=active", "code=c"],
        ),
        (
            json!({"resourceType": "AllergyIntolerance", "category": ["food"], "code": concept("c"), "reaction": [{"substance": concept("s")}], "patient": p}),
            vec!["category=food", "code=c", "code=s", "patient=Patient/p"],
        ),
        (
            json!({"resourceType": "Immunization", "vaccineCode": concept("v"), "status": "completed", "patient": p}),
            vec!["patient=Patient/p", "status=completed"],
        ),
        (
            json!({"resourceType": "Coverage", "beneficiary": p, "subscriber": {"reference": "Patient/q"}}),
            vec!["patient=Patient/p"],
        ),
        (
            json!({"resourceType": "Encounter", "status": "finished", "subject": {"reference": "Group/g"}}),
            vec!["status=finished", "subject=Group/g"],
        ),
        (
            json!({"resourceType": "Provenance", "target": [{"reference": "Observation/1"}, p]}),
            vec!["patient=Patient/p"],
        ),
        (
            json!({"resourceType": "AuditEvent", "agent": [{"who": p}], "entity": [{"what": {"reference": "Patient/q"}}]}),
            vec!["patient=Patient/p", "patient=Patient/q"],
        ),
        (
            json!({"resourceType": "ServiceRequest", "status": "draft", "intent": "plan", "code": concept("c"), "authoredOn": "2021"}),
            vec!["code=c", "intent=plan", "status=draft"],
        ),
        (json!({"resourceType": "Practitioner", "id": "d", "status": "x"}), vec!["_id=d"]),
        (json!({"resourceType": "Task", "id": "t", "status": "x"}), vec!["_id=t"]),
    ];
    for (row, expected) in rows {
        assert_eq!(found(&row), expected, "{row}");
    }
}

#[test]
fn each_type_has_its_date() {
    let rows = [
        (json!({"resourceType": "Observation", "effectiveDateTime": "2021", "issued": "2022"}), Some("2021")),
        (json!({"resourceType": "Observation", "effectiveDateTime": "no", "issued": "2022"}), Some("2022")),
        (json!({"resourceType": "MedicationRequest", "authoredOn": "2021"}), Some("2021")),
        (json!({"resourceType": "Condition", "recordedDate": "2021", "onsetDateTime": "2020"}), Some("2021")),
        (json!({"resourceType": "Condition", "onsetDateTime": "2020"}), Some("2020")),
        (json!({"resourceType": "Encounter", "period": {"start": "2021", "end": "2021"}}), Some("2021")),
        (json!({"resourceType": "Immunization", "occurrenceDateTime": "2021"}), Some("2021")),
        (json!({"resourceType": "DiagnosticReport", "issued": "2021"}), Some("2021")),
        (json!({"resourceType": "Procedure", "performedPeriod": {"start": "2021", "end": "2021"}}), Some("2021")),
        (json!({"resourceType": "ServiceRequest", "authoredOn": "2021"}), Some("2021")),
        (json!({"resourceType": "Patient", "birthDate": "2021"}), None),
        (json!({"resourceType": "Observation", "meta": {"lastUpdated": "2021"}}), None),
        (json!({"resourceType": "Task", "authoredOn": "2021"}), None),
    ];
    for (row, date) in rows {
        assert_eq!(primary_date(&row), date.and_then(DateRange::parse), "{row}");
    }
}
