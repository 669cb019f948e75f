//! What a desk says about a case that failed.

use cordon_testkit::Verdict;
use serde_json::{Value, json};

use crate::desk::{observation, run};

/// Runs a guest that is expected to say nothing, and finds a sentence of the diagnosis.
fn because(guest: &str, members: &Value, why: &str) {
    let report = run(guest, members);
    assert_eq!(report.verdict, Verdict::Failed);
    assert!(report.diagnosis.iter().any(|said| said.contains(why)), "{report}");
}

fn silent() -> Value {
    json!({"needs": {}, "expect": {}})
}

#[test]
fn a_view_that_no_need_declares_is_named() {
    let line = "asks for the view \"psychiatric-notes\", which no [[need]] of plugin.toml declares";
    because("asks_for_an_undeclared_need", &silent(), line);
}

#[test]
fn rows_for_a_need_that_is_not_declared_are_named() {
    let given = json!({"needs": {"weight": [observation("a", "p1")]}, "expect": {}});
    because("reads_the_labs", &given, "the case gives rows for the need \"weight\"");
}

#[test]
fn each_limit_is_named_with_where_it_is_set() {
    because("loops_forever", &silent(), "50000000 units of fuel: [limits] fuel in plugin.toml");
    because("grows_memory", &silent(), "32 MiB of memory");
    because("recurses", &silent(), "stack is exhausted");
    because("floods_handles", &silent(), "more than 1024 handles");
    because("returns_a_huge_string", &silent(), "larger than 4 MiB");
    because("traps", &silent(), "the plugin trapped");
}

#[test]
fn the_rule_of_the_card_profile_is_named() {
    because("returns_a_thousand_cards", &silent(), "too many cards");
    // The guest puts the locale into its summary.
    let long = json!({"needs": {}, "locale": "e".repeat(200), "expect": {}});
    because(
        "reads_the_labs",
        &long,
        "too long (at most 4 cards, or [cards] most, which is at most 10; a summary has at most 139 characters",
    );
}

#[test]
fn rows_that_are_not_this_patients_are_counted() {
    let given =
        json!({"resources": [observation("a", "p2"), {"resourceType": "Organization", "id": "o"}], "expect": {}});
    because("reads_the_labs", &given, "2 of the 2 resources are not rows of Patient/p1");
}

#[test]
fn an_element_that_changes_the_answer_is_named() {
    let expect = json!({"cards": [{"summary-contains": "220 bytes"}]});
    let given = json!({"needs": {"labs": [observation("a", "p1")]}, "expect": expect});
    because(
        "reads_the_labs",
        &given,
        "[[need]] `labs` does not list \"status\": with it among its elements, the answer",
    );
}

#[test]
fn a_card_too_many_is_a_difference_even_if_its_text_is_right() {
    let report = run("reads_the_labs", &silent());
    assert_eq!(report.differences, ["expected 0 cards, got 1 card"]);
}
