//! The shares of the crate's table: dealt ones are exact in full hundreds, drawn ones within 5 points in 2,000 patients.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

use cordon_ward::{WardOptions, WardSummary, ward};
use serde_json::{Value, json};

use crate::patients;

fn summary(count: u32) -> WardSummary {
    ward(&WardOptions::new(7, count), &mut std::io::sink()).unwrap()
}

/// The table of the crate's documentation, of one hundred.
fn table() -> Value {
    json!({
        "t1": {
            "contraindicated": 14, "not-started": 16, "no-objection": 38, "stale": 10, "no-creatinine": 6,
            "unknown-sex": 6, "child": 6, "deceased": 4,
        },
        "news2": {
            "low": 45, "single-three": 10, "urgent": 13, "emergency": 11, "missing-parameter": 8, "pregnant": 3,
            "child": 6, "deceased": 4,
        },
        "sensitive": { "psychiatric": 12, "hiv": 4, "substance-use": 6, "sexual-health": 5 },
        "renal_traps": {
            "newer-in-error": 6, "newer-preliminary": 6, "stored-mdrd": 5, "none-at-all": 2, "only-text": 2,
            "only-in-error": 1, "only-preliminary": 1, "sex-absent": 2, "sex-unknown": 2, "sex-other": 2,
            "later-data": 2, "plain": 69,
        },
        "vital_traps": {
            "copd-without-target": 5, "copd-with-target": 6, "newer-in-error": 5, "weaned": 4,
            "without-rate": 1, "without-saturation": 1, "without-oxygen": 1, "without-pressure": 1,
            "without-systolic": 1, "without-pulse": 1, "without-consciousness": 1, "without-temperature": 1,
            "plain": 72,
        },
    })
}

fn assert_table(hundreds: u64) {
    let found = serde_json::to_value(summary(u32::try_from(hundreds * 100).unwrap())).unwrap();
    for (group, shares) in table().as_object().unwrap() {
        let scaled: BTreeMap<&String, u64> = shares
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, share)| (name, share.as_u64().unwrap() * hundreds))
            .collect();
        assert_eq!(found[group], json!(scaled), "{group}");
    }
}

#[test]
fn two_hundred_patients_hold_the_stated_shares_exactly() {
    assert_table(2);
}

#[test]
fn two_thousand_patients_hold_the_stated_shares_exactly() {
    assert_table(20);
}

/// Of the rows that hold the first text, so many in a hundred hold (or, after `!`, lack) the second.
const DRAWN: [(&str, &str, f64); 6] = [
    ("-creatinine-1\"", "umol/L", 30.0),
    ("-creatinine-1\"", "38483-4", 25.0),
    ("-spo2-1\"", "2708-6", 30.0),
    ("-temperature-1\"", "[degF]", 12.0),
    ("-drug-1\"", "http://www.whocc.no/atc", 30.0),
    ("-drug-1\"", "!coding", 4.0),
];

fn holds(row: &str, text: &str) -> bool {
    text.strip_prefix('!').map_or_else(|| row.contains(text), |text| !row.contains(text))
}

#[test]
fn drawn_shares_are_within_five_points() {
    let mut counts = [(0.0, 0.0); DRAWN.len()];
    for row in patients(2_000).flat_map(|record| record.resources).map(|row| row.to_string()) {
        for ((all, both), (with, and, _)) in counts.iter_mut().zip(DRAWN).filter(|(_, (with, ..))| row.contains(with)) {
            *all += f64::from(u8::from(row.contains(with)));
            *both += f64::from(u8::from(holds(&row, and)));
        }
    }
    for ((all, both), (with, and, share)) in counts.into_iter().zip(DRAWN) {
        let found = 100.0 * both / all;
        assert!((found - share).abs() <= 5.0, "{with} {and}: {found} %");
    }
}

#[test]
fn an_independent_script_finds_the_classes_that_were_dealt() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/independent/expected.py");
    let mut child = Command::new("python3")
        .args([script, "--as-of", "2026-06-01T08:00:00Z", "/dev/stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 runs");
    let mut ndjson = Vec::new();
    ward(&WardOptions::new(7, 300), &mut ndjson).unwrap();
    child.stdin.take().unwrap().write_all(&ndjson).unwrap();
    let output = child.wait_with_output().unwrap();
    let answers: Vec<Value> =
        output.stdout.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
    assert_eq!(answers.len(), 300);
    for (record, answer) in patients(300).zip(answers) {
        let news2 = &answer["news2"];
        let band = news2.get("band").or_else(|| news2.get("notComputed")).unwrap();
        let found = json!({ "t1": answer["t1"], "news2": band });
        let dealt = json!({ "t1": record.cast.t1, "news2": record.cast.news2 });
        assert_eq!(found, dealt, "{}", answer["patient"]);
    }
}
