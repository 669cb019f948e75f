//! What the label rules find in data they were not written against: fixtures in `../shared/data` beside the repository (or
//! where `CORDON_SHARED_DATA` says), which are not part of it. `docs/labels.md` prints the numbers and judges them.
//!
//! `cargo test -p cordon-core --test it label_score -- --nocapture` lists every code with its label, most frequent first.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cordon_core::label::Labels as _;
use cordon_core::labelling::LabelRules;
use serde_json::Value;

fn data() -> PathBuf {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    std::env::var_os("CORDON_SHARED_DATA").map_or_else(beside, PathBuf::from)
}

/// Every resource of the fixtures, those in Bundles one by one.
#[expect(clippy::disallowed_methods, reason = "fixtures are read like any test data")]
fn rows() -> Vec<Value> {
    let files = ["synthea", "fhir-r4", "bulk"].map(|folder| std::fs::read_dir(data().join(folder)));
    let mut files: Vec<PathBuf> = files.into_iter().flatten().flatten().flatten().map(|file| file.path()).collect();
    files.retain(|file| !file.ends_with("expected.json") && !file.ends_with("log.ndjson"));
    files.sort();
    let texts = files.into_iter().filter_map(|file| std::fs::read_to_string(file).ok());
    let whole = texts.flat_map(|text| match serde_json::from_str::<Value>(&text) {
        Ok(row) => vec![row],
        Err(_) => text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect(),
    });
    let rows = whole.flat_map(|row| match row["entry"].as_array() {
        Some(entries) => entries.iter().map(|entry| entry["resource"].clone()).collect(),
        None => vec![row],
    });
    rows.collect()
}

/// What a row is about, as its first coding says it.
fn about(row: &Value) -> String {
    let kind = row["resourceType"].as_str().unwrap_or_default();
    let names = ["code", "medicationCodeableConcept", "vaccineCode", "type"];
    let concept =
        names.into_iter().map(|name| &row[name]).find(|concept| !concept.is_null()).unwrap_or(&row["category"]);
    let concept = concept.get(0).unwrap_or(concept);
    let coding = &concept["coding"][0];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    format!("{kind} {} {}{}", text(&coding["code"]), text(&coding["display"]), text(&concept["text"]))
}

#[test]
fn the_score_on_foreign_data_is_that_of_the_page() {
    let rules = LabelRules::shipped().unwrap();
    let mut seen: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut labels: BTreeMap<String, usize> = BTreeMap::new();
    for row in rows() {
        let marked = rules.mark(&row);
        let why: Vec<&str> = marked.rules.iter().map(|rule| rule.0.as_str()).collect();
        *seen.entry((format!("{} ({})", marked.label, why.join(" ")), about(&row))).or_default() += 1;
        *labels.entry(marked.label.to_string()).or_default() += 1;
    }
    let mut listed: Vec<_> = seen.into_iter().collect();
    listed.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    listed.iter().for_each(|((label, about), count)| println!("{count:6}  {label:32}  {about}"));
    let table: String = labels.iter().map(|(label, count)| format!("| {label} | {count} |\n")).collect();
    println!("{table}");
    // Without the fixtures there is nothing to compare.
    assert!(labels.is_empty() || include_str!("../../../../docs/labels.md").contains(&table), "{table}");
}
