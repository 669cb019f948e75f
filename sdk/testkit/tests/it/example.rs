//! The worked example of `docs/plugin-authors.md`: what the page shows is what runs.

use cordon_testkit::{Case, CaseReport, Desk, Verdict};
use serde_json::{Value, json};

const PAGE: &str = include_str!("../../../../docs/plugin-authors.md");
const SOURCE: &str = include_str!("../../../../tests/guests/examples/words_of_the_manifest.rs");

const HEAD: &str = r#"
id = "org.example.kidney"
version = "1.0.0"
wit = "cordon:clinical@0.3.0"
title = { en = "Kidney" }
description = { en = "Says when creatinine is above a limit." }
intended-use = "Testing."
publisher = "Example"
contact = "mail@example.org"
source = { label = "Kidney" }

[[service]]
id = "kidney"
hook = "patient-view"
description = "Says when creatinine is above a limit."
"#;

/// The first block of the page in this language that holds a text.
fn block(language: &str, holds: &str) -> &'static str {
    let blocks = PAGE.split("\n```").skip(1).step_by(2);
    blocks.filter_map(|block| block.strip_prefix(language)).find(|block| block.contains(holds)).unwrap()
}

fn run(members: Value) -> CaseReport {
    let desk = Desk::new(
        &cordon_guest_build::guest("words_of_the_manifest").unwrap(),
        &format!("{HEAD}{}", block("toml", "[[template]]")),
    );
    let mut case =
        json!({"hook": "patient-view", "service": "kidney", "patient": "p1", "packs": {"limits": {"creatinine": 1.2}}});
    case.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    desk.unwrap().run("case", &Case::parse(&case.to_string(), &|_| None).unwrap()).unwrap()
}

fn creatinine(value: f64) -> Value {
    json!({"resourceType": "Observation", "id": "a", "status": "final", "subject": {"reference": "Patient/p1"},
        "code": {"coding": [{"system": "http://loinc.org", "code": "2160-0"}]}, "effectiveDateTime": "2021-05-30",
        "valueQuantity": {"value": value, "unit": "mg/dL", "system": "http://unitsofmeasure.org", "code": "mg/dL"}})
}

#[test]
fn the_page_shows_what_runs() {
    assert!(SOURCE.contains(block("rust", "fn evaluate").trim()));
}

#[test]
fn the_example_says_once_what_is_above_the_limit() {
    let shown = json!({"shown": {"text": "\"2021-05-30\""}});
    let card = |summary: &str, detail: &str| {
        json!([{"summary": summary, "indicator": "warning",
        "detail-contains": [detail], "suggestions": ["Repeat creatinine"]}])
    };
    let english = card("Creatinine is raised: 1.8 mg/dL", "Result of 2021-05-30; the limit is 1.2 mg/dL.");
    let needs = json!({"creatinine": [creatinine(1.8)]});
    let report = run(json!({"needs": needs, "expect": {"cards": english, "cells": shown, "notes": []}}));
    assert_eq!(report.verdict, Verdict::Passed, "{report}");
    let again = run(json!({"needs": needs, "cells": shown, "expect": {"cells": shown}}));
    assert_eq!(again.verdict, Verdict::Passed, "{again}");
}

#[test]
fn the_example_speaks_german_where_the_clinician_does() {
    let card = json!([{"summary": "Kreatinin ist hoch: 2,4 mg/dL", "detail-contains": ["Wert vom 2021-05-30"]}]);
    let needs = json!({"creatinine": [creatinine(2.4)]});
    let report = run(json!({"locale": "de", "needs": needs, "expect": {"cards": card}}));
    assert_eq!(report.verdict, Verdict::Passed, "{report}");
}

#[test]
fn the_example_tells_the_operators_of_a_row_without_a_unit() {
    let mut row = creatinine(1.8);
    row["valueQuantity"] = json!({"value": 1.8});
    let notes = json!([{"code": 7, "arguments": [1]}]);
    let report = run(json!({"needs": {"creatinine": [row]}, "expect": {"notes": notes, "cells": {"shown": null}}}));
    assert_eq!(report.verdict, Verdict::Passed, "{report}");
}
