//! What the clinician sees.

use cordon_sdk::testing::json;
use cordon_sdk::{Failure, Indicator};
use potassium_aki::evaluate;

use crate::calls::{cards, case, creatinine, order, potassium, summaries, with};

const AT: &str = "2021-05-31T22:00:00Z";

#[test]
fn nothing_is_said_if_both_were_computed_and_nothing_was_found() {
    assert_eq!(case().run(evaluate), Ok(vec![]));
}

#[test]
fn the_indicator_follows_the_band_and_the_stage() {
    let indicator = |case| cards(&case)[0].indicator();
    let potassium = |value| case().need("potassium", [potassium(value, AT)]);
    assert_eq!(indicator(potassium(5.5)), Indicator::Info);
    assert_eq!(indicator(potassium(6.0)), Indicator::Warning);
    assert_eq!(indicator(potassium(6.5)), Indicator::Critical);
    let kidney = |value| case().need("creatinine", [creatinine(value, AT), creatinine(1.0, "2021-05-30T08:00:00Z")]);
    assert_eq!(indicator(kidney(1.5)), Indicator::Warning);
    assert_eq!(indicator(kidney(2.0)), Indicator::Critical);
}

#[test]
fn a_rise_without_readable_drugs_says_that_they_were_not_checked() {
    let rising = case().need("potassium", [potassium(5.0, AT), potassium(4.4, "2021-05-31T08:00:00Z")]);
    let unreadable = json!({"resourceType": "MedicationRequest", "status": "active",
        "medicationCodeableConcept": {"text": "Ramipril 5 mg"}});
    let said = summaries(&rising.clone().need("medication", [unreadable]));
    let expected = "Potassium rises: 4.4 to 5.0 mmol/L in 14 h; drugs not checked, because of orders without a code";
    assert_eq!(said, [expected]);
    assert_eq!(summaries(&rising.need("medication", [order("161")])), Vec::<String>::new());
}

#[test]
fn a_newer_result_that_was_not_used_is_named_in_the_detail() {
    let preliminary = with(potassium(4.0, "2021-05-31T23:00:00Z"), "status", json!("preliminary"));
    let card = &cards(&case().need("potassium", [preliminary, potassium(6.6, AT)]))[0];
    assert_eq!(card.summary(), "Severe hyperkalaemia: 6.6 mmol/L");
    assert!(
        card.markdown().contains("An older result is used, because the newest result is preliminary."),
        "{}",
        card.markdown()
    );
}

#[test]
fn a_value_is_cut_and_not_rounded_into_another_band() {
    assert_eq!(summaries(&case().need("potassium", [potassium(5.96, AT)])), ["Mild hyperkalaemia: 5.9 mmol/L"]);
}

#[test]
fn german_cards_say_the_same() {
    let rows = [potassium(6.6, AT), potassium(5.5, "2021-05-31T08:00:00Z")];
    let kidney = [creatinine(1.5, AT), creatinine(1.0, "2021-05-30T08:00:00Z")];
    let case =
        case().locale("de").need("potassium", rows).need("creatinine", kidney).need("medication", [order("9997")]);
    let expected = [
        "Schwere Hyperkaliämie: 6,6 mmol/L",
        "Kalium steigt unter kaliumsparender Medikation: 5,5 auf 6,6 mmol/L in 14 h",
        "Akute Nierenschädigung, KDIGO-Stadium 1: Kreatinin 1,00 auf 1,50 mg/dL in 38 h",
    ];
    assert_eq!(summaries(&case), expected);
    let missing = summaries(&case.need("potassium", []));
    assert!(missing.contains(&"Kalium nicht berechnet, weil kein Ergebnis in den verfügbaren Daten ist".to_owned()));
}

#[test]
fn a_need_that_is_not_granted_is_a_missing_need() {
    for need in ["potassium", "creatinine", "medication"] {
        assert_eq!(case().without(need).run(evaluate), Err(Failure::MissingNeed), "{need}");
    }
}
