//! Laws of scopes, over generated scopes and resources. The pools are small so that things often meet.

use cordon_fhir::{Scope, ScopeSet};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};

const TOKENS: &[&str] = &["a", "b", "c", "s|a", "s|b", "t|a", "|a", "|b", "%25", "x%2520y", "%C3%A4", "s%3Ft|a"];
const DATES: &[&str] =
    &["2020", "2021", "2021-03", "2021-03-04", "2021-03-04T05:06:07Z", "2021-03-04T05:06:07%2B02:00", "2022"];
const PREFIXES: &[&str] = &["", "eq", "lt", "gt", "ge", "le"];

fn values(pool: Vec<String>) -> impl Strategy<Value = String> {
    let most = pool.len().min(3);
    subsequence(pool, 1..=most).prop_shuffle().prop_map(|values| values.join(","))
}

fn tokens() -> impl Strategy<Value = String> {
    values(TOKENS.iter().map(|token| (*token).to_owned()).collect())
}

fn dates() -> impl Strategy<Value = String> {
    (select(PREFIXES), select(DATES)).prop_map(|(prefix, date)| format!("{prefix}{date}"))
}

fn clause() -> impl Strategy<Value = String> {
    let coded = select(vec!["code", "combo-code", "category", "status", "_security", "_id"]);
    let dated = select(vec!["date", "_lastUpdated"]);
    let people = select(vec!["1", "2", "Patient/3"]).prop_map(|id| format!("patient={id}"));
    prop_oneof![
        4 => (coded, tokens()).prop_map(|(name, values)| format!("{name}={values}")),
        3 => (dated, dates()).prop_map(|(name, value)| format!("{name}={value}")),
        1 => people,
    ]
}

/// Two scopes with one clause each, of the same parameter: here implication is often true and always worth a doubt.
fn rivals() -> impl Strategy<Value = (Scope, Scope)> {
    let coded = (select(vec!["code", "combo-code", "category", "_security"]), tokens(), tokens());
    let dated = (select(vec!["date", "_lastUpdated"]), dates(), dates());
    let read = |name: &str, value: &str| Scope::parse(&format!("patient/Observation.rs?{name}={value}")).unwrap();
    prop_oneof![
        coded.prop_map(move |(name, a, b)| (read(name, &a), read(name, &b))),
        dated.prop_map(move |(name, a, b)| (read(name, &a), read(name, &b))),
    ]
}

prop_compose! {
    fn scope()(
        context in select(vec!["patient", "user", "system"]),
        letters in subsequence(vec!["c", "r", "u", "d", "s"], 1..=5),
        clauses in proptest::collection::vec(clause(), 0..=3),
    ) -> Option<Scope> {
        let query = if clauses.is_empty() { String::new() } else { format!("?{}", clauses.join("&")) };
        Scope::parse(&format!("{context}/Observation.{}{query}", letters.concat())).ok()
    }
}

fn some_scope() -> impl Strategy<Value = Scope> {
    scope().prop_filter_map("repeats a parameter", |scope| scope)
}

fn coding() -> impl Strategy<Value = Value> {
    let system = prop::option::of(select(vec!["s", "t"]));
    (system, select(vec!["a", "b", "c", "%", "ä"])).prop_map(|(system, code)| match system {
        Some(system) => json!({"system": system, "code": code}),
        None => json!({"code": code}),
    })
}

fn concept() -> impl Strategy<Value = Value> {
    proptest::collection::vec(coding(), 0..=3).prop_map(|codings| json!({"coding": codings}))
}

prop_compose! {
    fn observation()(
        code in concept(), component in concept(), category in proptest::collection::vec(concept(), 0..=2),
        security in coding(), status in select(vec!["a", "b"]), id in select(vec!["a", "b"]),
        patient in select(vec!["Patient/1", "Patient/3", "Group/1", "#x"]),
        start in select(vec!["2020", "2020-12-31", "2021-03", "2021-03-04", "2021-03-04T05:06:07Z", "2021-03-04T03:06:07.5Z"]),
        end in prop::option::of(select(vec!["2021-03-04", "2021", "2023"])),
    ) -> Value {
        let when = match end {
            Some(end) => json!({"start": start, "end": end}),
            None => json!(start),
        };
        let name = if when.is_object() { "effectivePeriod" } else { "effectiveDateTime" };
        json!({
            "resourceType": "Observation", "id": id, "status": status, "code": code, "category": category,
            "component": [{"code": component}], "subject": {"reference": patient}, name: when,
            "meta": {"security": [security], "lastUpdated": start},
        })
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_scope_parses_as_it_prints(scope in some_scope()) {
        prop_assert_eq!(Scope::parse(&scope.to_string()), Ok(scope.clone()));
        prop_assert_eq!(Scope::parse_any(&scope.to_string()), Ok(scope));
    }

    #[test]
    fn what_a_narrower_scope_admits_the_wider_admits(wide in some_scope(), narrow in some_scope(), row in observation()) {
        prop_assert!(!wide.query().implies(narrow.query()) || !narrow.admits(&row) || wide.admits(&row));
    }

    #[test]
    fn one_clause_implies_another_only_if_it_admits_as_much((wide, narrow) in rivals(), rows in proptest::collection::vec(observation(), 16)) {
        let broken = |row: &Value| narrow.admits(row) && !wide.admits(row);
        prop_assert!(!wide.implies(&narrow) || !rows.iter().any(broken));
    }

    #[test]
    fn an_intersection_is_implied_by_both_and_admits_no_more(a in some_scope(), b in some_scope(), row in observation()) {
        if let Some(both) = a.intersect(&b) {
            prop_assert!(a.implies(&both) && b.implies(&both));
            prop_assert!(!both.admits(&row) || (a.admits(&row) && b.admits(&row)));
            prop_assert_eq!(Scope::parse(&both.to_string()), Ok(both.clone()));
            prop_assert_eq!(b.intersect(&a), Some(both));
        }
        prop_assert!(a.implies(&a));
        prop_assert_eq!(a.intersect(&a), Some(a));
    }

    #[test]
    fn implication_is_transitive(a in some_scope(), b in some_scope(), c in some_scope()) {
        if let (Some(ab), Some(abc)) = (a.intersect(&b), a.intersect(&b).and_then(|ab| ab.intersect(&c))) {
            prop_assert!(a.implies(&ab) && ab.implies(&abc) && a.implies(&abc));
        }
        prop_assert!(!(a.implies(&b) && b.implies(&c)) || a.implies(&c));
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,60}", tail in "[a-z/.?=&,|%*A-Z0-9_:-]{0,40}") {
        let one = Scope::parse_any(&text);
        let two = Scope::parse_any(&format!("patient/Observation.rs?{tail}"));
        for scope in [one, two].into_iter().flatten() {
            prop_assert_eq!(Scope::parse(&scope.to_string()), Ok(scope));
        }
        let set = ScopeSet::parse(&text);
        let words = text.split(' ').filter(|word| !word.is_empty()).count();
        prop_assert_eq!(set.scopes().len() + set.skipped().len(), words);
    }
}
