//! The examples of `docs/consent.md`, as they stand there.

use std::collections::BTreeSet;

use cordon_core::call::Purpose;
use cordon_core::ids::Role;
use cordon_core::label::{Confidentiality, Label, Sensitivity};
use cordon_core::ports::{Reason, RowRule};
use cordon_policy::consent::{Circumstances, ConsentSettings, Party};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::consent::{call, creatinine, rule};

const PAGE: &str = include_str!("../../../../docs/consent.md");

/// One question of a page and its answer: no reason why not means that the row is seen.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ask {
    #[serde(default)]
    roles: Vec<String>,
    #[serde(default)]
    purpose: Purpose,
    now: Option<String>,
    row: Option<Value>,
    label: Option<String>,
    why: Vec<String>,
}

fn block<'p>(example: &'p str, fence: &str) -> &'p str {
    let (_, rest) = example.split_once(&format!("```{fence}\n")).unwrap_or_else(|| panic!("no {fence}"));
    rest.split_once("\n```").unwrap().0
}

fn label(text: &str) -> Label {
    let words: Vec<&str> = text.split(' ').collect();
    Label {
        confidentiality: Confidentiality::of_code(words[0]).unwrap(),
        sensitivities: words[1..].iter().filter_map(|word| Sensitivity::of_code(word)).collect(),
        unclassified: words.contains(&"unclassified"),
    }
}

fn answer(consent: &Value, settings: &ConsentSettings, ask: &Ask) -> Vec<String> {
    let roles: BTreeSet<Party> = ask.roles.iter().map(|role| Party::Role(Role::new(role.as_str()).unwrap())).collect();
    let now = ask.now.as_ref().map_or(call().now, |now| now.parse().unwrap());
    let call = Circumstances { purpose: ask.purpose, now, parties: roles, ..call() };
    let rule = rule(std::slice::from_ref(consent), &call, settings);
    let row = ask.row.clone().unwrap_or_else(creatinine);
    let label = ask.label.as_deref().map_or(Label::NORMAL, label);
    let reasons = rule.explain(&row, label);
    assert_eq!(rule.admits(&row, label), reasons.is_empty());
    reasons
        .into_iter()
        .map(|reason| match reason {
            Reason::Consent { provision } => provision,
            Reason::Grant | Reason::Purpose | Reason::Sink | Reason::Policy { .. } => panic!("not a consent's reason"),
        })
        .collect()
}

#[test]
fn every_example_of_the_page_comes_out_as_it_says() {
    let (_, examples) = PAGE.split_once("## Examples").unwrap();
    let mut asked = 0;
    for example in examples.split("\n### ").skip(1) {
        let settings: ConsentSettings = toml::from_str(block(example, "toml settings")).unwrap();
        let consent: Value = serde_json::from_str(block(example, "json consent")).unwrap();
        let asks: Vec<Ask> = serde_json::from_str(block(example, "json asks")).unwrap();
        for (number, ask) in asks.iter().enumerate() {
            let title = example.lines().next().unwrap();
            assert_eq!(answer(&consent, &settings, ask), ask.why, "{title}, question {number}");
            asked += 1;
        }
    }
    assert_eq!(asked, 21);
}

#[test]
fn the_defaults_on_the_page_are_the_defaults() {
    let empty: ConsentSettings = toml::from_str("").unwrap();
    assert_eq!(empty, ConsentSettings::default());
    let (_, settings) = PAGE.split_once("## Settings").unwrap();
    let (table, _) = settings.split_once("\n## ").unwrap();
    let named: BTreeSet<&str> = table.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    let members = serde_json::to_value(&empty).unwrap();
    let actual: BTreeSet<&str> = members.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(named, actual);
    for (name, default) in
        [("no-consent", "deny"), ("outside", "denied"), ("break-glass", "bound"), ("denied", "and-above")]
    {
        assert_eq!(members[name], json!(default), "{name}");
        assert!(
            table
                .lines()
                .any(|line| line.starts_with(&format!("| `{name}`")) && line.ends_with(&format!("| `{default}` |")))
        );
    }
}

#[test]
fn a_setting_that_nobody_knows_is_refused() {
    assert!(toml::from_str::<ConsentSettings>("break-glas = \"overrides\"").is_err());
    assert!(toml::from_str::<ConsentSettings>("outside = \"open\"").is_err());
    assert!(toml::from_str::<ConsentSettings>("[actors]\n\"Organization/1\" = [{ ward = \"x\" }]").is_err());
}
