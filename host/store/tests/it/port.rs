//! What every store of records must do. A store that joins adds one test at the end.

use cordon_core::ids::PatientId;
use cordon_core::ports::Query;
use cordon_fhir::reference::Reference;
use cordon_fhir::scope::Scope;
use cordon_store::{Put, RecordStore, Resource, StoreError};
use serde_json::{Value, json};

use crate::bench::{Bench, Plain, resource, tenant, visit};

const ALL: usize = usize::MAX;

/// Runs each rule on an empty store.
fn records_contract(run: impl Fn(&dyn Fn(&dyn RecordStore))) {
    let rules: [fn(&dyn RecordStore); 9] = [
        another_patients_rows_are_absent,
        another_tenant_is_refused,
        a_row_that_names_two_patients_is_found_by_neither,
        bytes_are_kept_as_they_came,
        the_same_bytes_change_nothing,
        a_replaced_row_is_found_by_its_new_values_only,
        rows_come_newest_first_then_by_id_then_without_a_date,
        whoever_has_enough_stops,
        every_search_finds_what_the_scope_admits,
    ];
    for rule in rules {
        run(&rule);
    }
}

fn observation(id: &str, patient: &str, code: &str, date: &str) -> Value {
    json!({
        "resourceType": "Observation", "id": id, "status": "final",
        "subject": {"reference": format!("Patient/{patient}")},
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "effectiveDateTime": date,
    })
}

fn put(store: &dyn RecordStore, rows: &[Value]) -> Vec<Put> {
    let rows: Vec<Resource> = rows.iter().map(resource).collect();
    store.put(&tenant("ward"), &rows).unwrap()
}

fn find(store: &dyn RecordStore, scope: &str) -> Vec<String> {
    visit(store, &tenant("ward"), "p", scope, ALL)
}

fn another_patients_rows_are_absent(store: &dyn RecordStore) {
    put(store, &[observation("a", "p", "1", "2021"), observation("b", "q", "1", "2021")]);
    assert_eq!(find(store, "patient/Observation.rs"), ["Observation/a"]);
}

fn another_tenant_is_refused(store: &dyn RecordStore) {
    put(store, &[observation("a", "p", "1", "2021")]);
    let (other, patient) = (tenant("other"), PatientId::new("p").unwrap());
    assert_eq!(store.put(&other, &[resource(&observation("c", "p", "1", "2021"))]), Err(StoreError::Foreign));
    assert_eq!(store.get(&other, &Reference::parse("Observation/a").unwrap()), Err(StoreError::Foreign));
    let scope = Scope::parse("patient/*.rs").unwrap();
    let query = Query { tenant: &other, patient: &patient, scope: &scope };
    assert!(store.visit(query, &mut |_| panic!("a row of another tenant")).is_err());
}

fn a_row_that_names_two_patients_is_found_by_neither(store: &dyn RecordStore) {
    let mut row = observation("a", "p", "1", "2021");
    row["performer"] = json!([{"reference": "Patient/q"}]);
    put(store, &[row, json!({"resourceType": "Organization", "id": "o"})]);
    assert_eq!(find(store, "patient/*.rs"), [""; 0]);
    assert_eq!(visit(store, &tenant("ward"), "q", "patient/*.rs", ALL), [""; 0]);
}

fn bytes_are_kept_as_they_came(store: &dyn RecordStore) {
    let text = "{ \"id\":\"a\",\n\"resourceType\" : \"Observation\", \"valueQuantity\":{\"value\":1.50, \"unit\":\"\\u00b5mol\"}}";
    store.put(&tenant("ward"), &[Resource::parse(text.into()).unwrap()]).unwrap();
    let kept = store.get(&tenant("ward"), &Reference::parse("Observation/a").unwrap());
    assert_eq!(kept, Ok(Some(text.into())));
}

fn the_same_bytes_change_nothing(store: &dyn RecordStore) {
    let row = observation("a", "p", "1", "2021");
    assert_eq!(put(store, &[row.clone(), row.clone()]), [Put::New, Put::Unchanged]);
    assert_eq!(put(store, &[row]), [Put::Unchanged]);
    assert_eq!(find(store, "patient/Observation.rs"), ["Observation/a"]);
}

fn a_replaced_row_is_found_by_its_new_values_only(store: &dyn RecordStore) {
    put(store, &[observation("a", "p", "1", "2021")]);
    assert_eq!(put(store, &[observation("a", "p", "2", "2022")]), [Put::Replaced]);
    assert_eq!(find(store, "patient/Observation.rs?code=1"), [""; 0]);
    assert_eq!(find(store, "patient/Observation.rs?date=2021"), [""; 0]);
    assert_eq!(find(store, "patient/Observation.rs?code=2&date=2022"), ["Observation/a"]);
    put(store, &[observation("a", "q", "2", "2022")]);
    assert_eq!(find(store, "patient/Observation.rs"), [""; 0]);
}

fn rows_come_newest_first_then_by_id_then_without_a_date(store: &dyn RecordStore) {
    let dates = [
        ("A", "2021"),
        ("c", "2021-12-31"),
        ("d", "2021-12-31"),
        ("B", "x"),
        ("a", "x"),
        ("f", "2022-01-01T00:00:00Z"),
    ];
    let rows: Vec<Value> = dates.iter().map(|(id, date)| observation(id, "p", "1", date)).collect();
    put(store, &rows);
    let order = ["f", "c", "d", "A", "B", "a"].map(|id| format!("Observation/{id}"));
    assert_eq!(find(store, "patient/Observation.rs"), order);
    assert_eq!(find(store, "patient/Observation.rs?code=1"), order);
    assert_eq!(find(store, "patient/*.rs"), order);
}

fn whoever_has_enough_stops(store: &dyn RecordStore) {
    let rows: Vec<Value> = (1..=9).map(|n| observation(&format!("o{n}"), "p", "1", &format!("200{n}"))).collect();
    put(store, &rows);
    let newest = visit(store, &tenant("ward"), "p", "patient/Observation.rs", 2);
    assert_eq!(newest, ["Observation/o9", "Observation/o8"]);
}

/// The plain store asks the scope about every row, so it is the oracle.
fn every_search_finds_what_the_scope_admits(store: &dyn RecordStore) {
    let oracle = Plain::default();
    let rows: Vec<Value> = (0..240).map(scattered).collect();
    put(store, &rows);
    put(&oracle, &rows);
    let mut found = 0;
    for scope in SCOPES {
        let expected = find(&oracle, scope);
        assert_eq!(find(store, scope), expected, "{scope}");
        assert!(!expected.is_empty(), "{scope} shows nothing");
        found += expected.len();
    }
    assert!(found < SCOPES.len() * 120);
}

const SCOPES: &[&str] = &[
    "patient/*.rs",
    "patient/*.rs?_id=p,o3,o4,o5,o6,o7,c9,c10,o11",
    "patient/*.rs?_security=R",
    "patient/*.rs?_lastUpdated=ge2021-02&_lastUpdated=lt2021-03",
    "patient/Patient.rs",
    "patient/Patient.rs?_id=p",
    "patient/Observation.rs",
    "patient/Observation.rs?code=c1",
    "patient/Observation.rs?code=http://loinc.org|c1",
    "patient/Observation.rs?code=|c1",
    "patient/Observation.rs?code=c1,http://loinc.org|c2,|c3",
    "patient/Observation.rs?code=c1,http://loinc.org|c1,|c1",
    "patient/Observation.rs?code=c1,http://loinc.org|c2,|c3,x1,x2,x3,x4,x5,x6",
    "patient/Observation.rs?code=c1&code=c2",
    "patient/Observation.rs?combo-code=k1,c2",
    "patient/Observation.rs?combo-code=k1&code=c1",
    "patient/Observation.rs?status=final,amended",
    "patient/Observation.rs?status=final&_id=o3,o4,o5,o6,o7,o8",
    "patient/Observation.rs?category=laboratory&code=c1,c2&date=ge2021-03",
    "patient/Observation.rs?date=2021-03",
    "patient/Observation.rs?date=lt2021-03-10",
    "patient/Observation.rs?date=gt2021-03-10",
    "patient/Observation.rs?date=ge2021-03-10",
    "patient/Observation.rs?date=le2021-03-10,2021-05",
    "patient/Observation.rs?date=ge2021-02&date=le2021-04-01",
    "patient/Observation.rs?subject=Patient/p",
    "patient/Observation.rs?patient=p&status=final",
    "patient/Condition.rs?clinical-status=active",
    "patient/Condition.rs?clinical-status=active&code=c1,c2,c3",
];

/// The n-th of a set of rows that differ in everything a search looks at, coprime step by coprime step.
fn scattered(n: usize) -> Value {
    let pick = |of: &[&str], step: usize| of[n * step / 7 % of.len()].to_owned();
    let coding = |code: &str| match n % 3 {
        0 => json!({"code": code}),
        1 => json!({"system": "http://loinc.org", "code": code}),
        _ => json!({"system": "", "code": code}),
    };
    let patient = pick(&["Patient/p", "Patient/q", "Patient/p", "Group/g", "https://h/fhir/Patient/p"], 11);
    let date = pick(
        &["2021-03-10", "2021-03", "2021", "2021-05-06T07:08:09+02:00", "1999", "x", "2021-03-31T23:59:59.5Z"],
        13,
    );
    let codes = [coding(&pick(&["c1", "c2", "c3"], 5)), coding(&pick(&["c1", "c2", "c4"], 3))];
    let meta = json!({
        "lastUpdated": format!("2021-{:02}-11T10:00:00Z", n % 4 + 1),
        "security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": pick(&["N", "R"], 9)}],
    });
    match n % 8 {
        0 if n == 0 => json!({"resourceType": "Patient", "id": "p"}),
        1 | 2 => json!({
            "resourceType": "Condition", "id": format!("c{n}"), "meta": meta, "subject": {"reference": patient},
            "clinicalStatus": {"coding": [{"code": pick(&["active", "resolved"], 3)}]},
            "code": {"coding": codes}, "recordedDate": date,
        }),
        _ => json!({
            "resourceType": "Observation", "id": format!("o{n}"), "meta": meta, "subject": {"reference": patient},
            "status": pick(&["final", "amended", "entered-in-error"], 5), "code": {"coding": codes},
            "category": [{"coding": [{"code": pick(&["laboratory", "vital-signs"], 3)}]}],
            "component": [{"code": {"coding": [coding(&pick(&["k1", "k2"], 17))]}}], "effectiveDateTime": date,
        }),
    }
}

#[test]
fn the_plain_store_keeps_the_rules() {
    records_contract(|rule| rule(&Plain::default()));
}

#[test]
fn the_sqlite_store_keeps_the_rules() {
    records_contract(|rule| rule(&*Bench::new()));
}
