//! The score on the card.

use cordon_sdk::testing::json;
use cordon_sdk::{Failure, Indicator, LOINC};
use news2::evaluate;

use crate::{amount, answer, card, case, pressure, quantity};

#[test]
fn the_first_worked_example_scores_0() {
    let card = card(&case());
    assert_eq!((card.summary(), card.indicator()), ("NEWS2 0: low risk", Indicator::Info));
    assert!(card.markdown().contains("| respiration rate | 18.0 /min | 0 | 2021-05-31T22:00:00Z |"));
    assert!(card.markdown().contains("at least every 12 hours"));
    assert!(card.markdown().contains("Royal College of Physicians"));
}

#[test]
fn the_second_worked_example_scores_14_and_is_an_emergency() {
    let ill = case()
        .need("respiration", [quantity("9279-1", 24.0, "/min")])
        .need("saturation", [quantity("59408-5", 93.0, "%")])
        .need("oxygen", [quantity("3151-8", 2.0, "L/min")])
        .need("pressure", [pressure(100.0)])
        .need("pulse", [quantity("8867-4", 115.0, "/min")])
        .need("consciousness", [answer(LOINC, "LA6560-2")])
        .need("temperature", [quantity("8310-5", 38.6, "Cel")]);
    let card = card(&ill);
    assert_eq!((card.summary(), card.indicator()), ("NEWS2 14: emergency response", Indicator::Critical));
}

#[test]
fn a_single_3_is_urgent_on_the_ward() {
    let card = card(&case().need("respiration", [quantity("9279-1", 25.0, "/min")]));
    assert_eq!(card.indicator(), Indicator::Warning);
    assert_eq!(card.summary(), "NEWS2 3: urgent ward-based review, because a single parameter scores 3");
}

#[test]
fn five_is_an_urgent_response() {
    let card = card(
        &case().need("pulse", [quantity("8867-4", 131.0, "/min")]).need("oxygen", [quantity("3150-6", 28.0, "%")]),
    );
    assert_eq!((card.summary(), card.indicator()), ("NEWS2 5: urgent response", Indicator::Warning));
}

#[test]
fn scale_2_needs_the_recorded_target() {
    let with_target = |low: f64, high: f64, meaning: &str| {
        let mut row = quantity("59408-5", 90.0, "%");
        let system = "http://terminology.hl7.org/CodeSystem/referencerange-meaning";
        row["referenceRange"] = json!([{"low": amount(low, "%"), "high": amount(high, "%"),
            "type": {"coding": [{"system": system, "code": meaning}]}}]);
        card(&case().need("saturation", [row]))
    };
    let on_target = with_target(88.0, 92.0, "therapeutic");
    assert_eq!(on_target.summary(), "NEWS2 0: low risk");
    assert!(on_target.markdown().contains("scale 2, target 88-92 % recorded"));
    for other in [with_target(88.0, 92.0, "normal"), with_target(94.0, 98.0, "therapeutic")] {
        assert!(other.summary().starts_with("NEWS2 3: urgent ward-based review"));
        assert!(other.markdown().contains("scale 1"));
    }
}

#[test]
fn without_a_granted_need_the_tool_says_so_to_the_host() {
    let needs =
        ["patient", "pregnancy", "pregnancy-status", "respiration", "saturation", "oxygen", "pressure", "pulse"];
    for need in needs.into_iter().chain(["consciousness", "temperature"]) {
        assert_eq!(case().without(need).run(evaluate), Err(Failure::MissingNeed), "{need}");
    }
}

#[test]
fn a_german_ward_reads_german() {
    let german = card(&case().locale("de"));
    assert_eq!(german.summary(), "NEWS2 0: niedriges Risiko");
    assert!(german.markdown().contains("| Temperatur | 36,8 °C | 0 |"), "{}", german.markdown());
    let child = case().locale("de").need("patient", [json!({"resourceType": "Patient", "birthDate": "2005-06-02"})]);
    let expected = "NEWS2 nicht berechnet, weil der Patient 15 Jahre alt ist und der Score erst ab 16 Jahren gilt";
    assert_eq!(card(&child).summary(), expected);
    let missing = "NEWS2 nicht berechnet, weil aus den letzten 24 h kein Wert vorliegt für: Puls";
    assert_eq!(card(&case().locale("de").need("pulse", [])).summary(), missing);
}
