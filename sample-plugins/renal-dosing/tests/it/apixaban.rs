//! Apixaban: two of three criteria of the label.

use cordon_sdk::testing::{Case, json};
use cordon_sdk::{Action, Indicator, UCUM};

use crate::{apixaban, card, cards, case, creatinine, metformin, patient, weight};

fn case_of(birth: &str, kg: Option<f64>, mg_dl: Option<f64>) -> Case {
    case([apixaban()])
        .need("patient", [patient("female", birth)])
        .need("weight", kg.map(|kg| weight(kg, "2021-05-20")))
        .need("creatinine", mg_dl.map(|mg_dl| creatinine(mg_dl, "2021-05-20")))
}

const OF_80: &str = "1941-06-01";
const OF_79: &str = "1941-06-02";

#[test]
fn two_criteria_on_their_edges_reduce_the_dose() {
    for case in [
        case_of(OF_80, Some(60.0), Some(1.49)),
        case_of(OF_80, Some(60.1), Some(1.5)),
        case_of(OF_79, Some(60.0), Some(1.5)),
    ] {
        let card = card(&case);
        assert_eq!(card.indicator(), Indicator::Warning);
        assert!(card.summary().starts_with("Apixaban: 2 of 3 criteria for 2.5 mg twice daily"), "{}", card.summary());
    }
}

#[test]
fn one_step_beyond_an_edge_there_is_nothing_to_say() {
    for case in [
        case_of(OF_79, Some(60.0), Some(1.49)),
        case_of(OF_80, Some(60.1), Some(1.49)),
        case_of(OF_79, Some(60.1), Some(1.5)),
    ] {
        assert_eq!(cards(&case), []);
    }
}

#[test]
fn the_card_names_its_rule_and_shows_cockcroft_gault_apart() {
    let card = card(&case_of(OF_80, Some(60.0), Some(1.5)));
    assert!(card.summary().starts_with("Apixaban: 3 of 3"));
    assert!(card.markdown().contains("neither eGFR nor creatinine clearance"));
    // (140 - 80) * 60 * 0.85 / (72 * 1.5)
    assert!(card.markdown().contains("Cockcroft-Gault, actual weight; not used here"));
    assert!(card.markdown().contains("28.3 mL/min"));
}

#[test]
fn a_missing_value_is_named_if_it_can_decide() {
    let card = card(&case_of(OF_80, None, Some(1.0)));
    assert_eq!(card.summary(), "Apixaban dose not checked, because no usable value is in the data available: weight");
    assert_eq!(cards(&case_of(OF_79, None, Some(1.0))), []);
}

#[test]
fn a_missing_creatinine_can_be_ordered() {
    let card = card(&case_of(OF_80, Some(70.0), None));
    assert!(card.summary().ends_with("creatinine"));
    assert_eq!(card.suggestions()[0].actions(), [Action::Create("creatinine".into())]);
}

#[test]
fn a_stale_creatinine_is_not_a_criterion() {
    let stale = case_of(OF_80, Some(70.0), None).need("creatinine", [creatinine(2.0, "2021-01-10")]);
    assert!(card(&stale).summary().contains("creatinine is stale (2.00 mg/dL on 2021-01-10, 142 days old)"));
    let decided = case_of(OF_80, Some(50.0), None).need("creatinine", [creatinine(2.0, "2021-01-10")]);
    assert!(card(&decided).summary().starts_with("Apixaban: 2 of 3"));
}

#[test]
fn an_old_weight_is_not_used() {
    let case = case_of(OF_80, None, Some(1.0)).need("weight", [weight(50.0, "2020-05-31")]);
    assert!(card(&case).markdown().contains("weight: older than 365 days"));
}

#[test]
fn a_draft_of_the_reduced_dose_needs_no_card() {
    let with_dose = |value: f64, unit: &str| {
        let mut draft = apixaban();
        let dose = json!({"value": value, "unit": unit, "system": UCUM, "code": unit});
        draft["dosageInstruction"] = json!([{"doseAndRate": [{"doseQuantity": dose}]}]);
        case_of(OF_80, Some(60.0), Some(1.5)).need("draft", [draft])
    };
    assert_eq!(cards(&with_dose(2.5, "mg")), []);
    assert_eq!(cards(&with_dose(5.0, "mg")).len(), 1);
    assert_eq!(cards(&with_dose(2.5, "{tbl}")).len(), 1);
}

#[test]
fn both_drugs_in_one_call_make_two_cards() {
    let case = case_of(OF_80, Some(50.0), Some(3.0)).need("draft", [metformin(), apixaban()]);
    let cards = cards(&case);
    assert_eq!(cards.len(), 2);
    assert!(cards[0].summary().starts_with("Metformin"), "the more urgent one comes first");
}
