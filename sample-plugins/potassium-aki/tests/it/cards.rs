//! What the clinician sees.

use cordon_sdk::Failure;
use cordon_sdk::testing::{Case, json};
use potassium_aki::evaluate;

use crate::calls::{cards, case, creatinine, order, potassium, summaries, with};
use crate::manifest;

const AT: &str = "2021-05-31T22:00:00Z";

#[test]
fn nothing_is_said_if_both_were_computed_and_nothing_was_found() {
    assert_eq!(case().run(evaluate), Ok(vec![]));
}

#[test]
fn the_indicator_follows_the_band_and_the_stage() {
    let indicator = |case| manifest::indicator(&cards(&case)[0]);
    let potassium = |value| case().need("potassium", [potassium(value, AT)]);
    assert_eq!(indicator(potassium(5.5)), "info");
    assert_eq!(indicator(potassium(6.0)), "warning");
    assert_eq!(indicator(potassium(6.5)), "critical");
    let kidney = |value| case().need("creatinine", [creatinine(value, AT), creatinine(1.0, "2021-05-30T08:00:00Z")]);
    assert_eq!(indicator(kidney(1.5)), "warning");
    assert_eq!(indicator(kidney(2.0)), "critical");
}

#[test]
fn a_rise_without_readable_drugs_says_that_they_were_not_checked() {
    let rising = case().need("potassium", [potassium(5.0, AT), potassium(4.4, "2021-05-31T08:00:00Z")]);
    let unreadable = json!({"resourceType": "MedicationRequest", "status": "active",
        "medicationCodeableConcept": {"text": "Ramipril 5 mg"}});
    let said = summaries(&rising.clone().need("medication", [unreadable]));
    let expected = "Potassium rises by 0.6 mmol/L in 14 h; drugs not checked, because orders have no code";
    assert_eq!(said, [expected]);
    assert_eq!(summaries(&rising.need("medication", [order("161")])), Vec::<String>::new());
}

#[test]
fn a_newer_result_that_was_not_used_is_named_in_the_detail() {
    let preliminary = with(potassium(4.0, "2021-05-31T23:00:00Z"), "status", json!("preliminary"));
    let card = &cards(&case().need("potassium", [preliminary, potassium(6.6, AT)]))[0];
    assert_eq!(manifest::summary(card, "en"), "Severe hyperkalaemia: 6.6 mmol/L");
    let detail = manifest::detail(card, "en");
    assert!(detail.contains("An older result is used: the newest is preliminary."), "{detail}");
}

#[test]
fn a_share_is_cut_and_not_rounded_into_another_stage() {
    let kidney = [creatinine(1.999, AT), creatinine(1.0, "2021-05-30T08:00:00Z")];
    let said = summaries(&case().need("creatinine", kidney));
    assert_eq!(said, ["Acute kidney injury, KDIGO stage 1: creatinine 199 % of baseline in 38 h"]);
}

#[test]
fn german_cards_say_the_same() {
    let rows = [potassium(6.6, AT), potassium(5.5, "2021-05-31T08:00:00Z")];
    let kidney = [creatinine(1.5, AT), creatinine(1.0, "2021-05-30T08:00:00Z")];
    let case = case().need("potassium", rows).need("creatinine", kidney).need("medication", [order("9997")]);
    let german =
        |case: &Case| -> Vec<String> { cards(case).iter().map(|card| manifest::summary(card, "de")).collect() };
    let expected = [
        "Schwere Hyperkaliämie: 6.6 mmol/L",
        "Kalium steigt um 1.1 mmol/L in 14 h; eine aktive Verordnung hält Kalium zurück",
        "Akute Nierenschädigung, KDIGO-Stadium 1: Kreatinin 150 % des Ausgangswerts in 38 h",
    ];
    assert_eq!(german(&case), expected);
    let missing = german(&case.need("potassium", []));
    assert!(missing.contains(&"Kalium nicht berechnet, weil kein Ergebnis in den verfügbaren Daten ist".to_owned()));
}

/// What one call leaves in the cell that held this before; `None` if it left it as it was.
fn kept(case: &Case, held: Option<&[u8]>) -> Option<Option<Vec<u8>>> {
    let run = case.clone().cell("last-alert", 64, held).observe(evaluate);
    assert!(run.answer.is_ok(), "{:?}", run.answer);
    run.cells.get("last-alert").cloned()
}

#[test]
fn the_cell_keeps_what_was_shown_and_a_second_look_is_silent() {
    let case = case().need("potassium", [potassium(6.1, AT)]);
    let bytes = kept(&case, None).flatten().unwrap();
    assert_eq!(bytes.len(), 52);
    let again = case.cell("last-alert", 64, Some(&bytes));
    assert_eq!(summaries(&again), Vec::<String>::new());
    assert_eq!(again.observe(evaluate).cells.len(), 0, "nothing new to keep");
    assert_eq!(summaries(&again.now("2021-06-01T12:00:00Z")).len(), 1);
}

#[test]
fn the_cell_is_emptied_when_nothing_is_left_to_remember() {
    let bytes = kept(&case().need("potassium", [potassium(6.1, AT)]), None).flatten();
    assert_eq!(kept(&case(), bytes.as_deref()), Some(None));
    assert_eq!(kept(&case(), None), None);
}

#[test]
fn bytes_that_cannot_be_read_hide_nothing() {
    let case = case().need("potassium", [potassium(6.1, AT)]).cell("last-alert", 64, Some(b"of another version"));
    assert_eq!(summaries(&case), ["Moderate hyperkalaemia: 6.1 mmol/L"]);
}

#[test]
fn without_the_cell_every_alert_is_shown_every_time() {
    let case = case().need("potassium", [potassium(6.1, AT)]);
    assert_eq!((summaries(&case).len(), summaries(&case).len()), (1, 1));
}

#[test]
fn a_need_that_is_not_granted_is_a_missing_need() {
    for need in ["potassium", "creatinine", "medication"] {
        assert_eq!(case().without(need).run(evaluate), Err(Failure::MissingNeed), "{need}");
    }
}
