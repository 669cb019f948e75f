//! Simvastatin and its limits.

use cordon_sdk::Indicator;
use cordon_sdk::testing::json;
use interactions::evaluate;
use serde_json::Value;

use crate::calls::{AMLODIPINE, SIMVASTATIN, VERAPAMIL, active, cards, case, draft, summaries, with};

/// Simvastatin tablets. RxNorm.
const TABLET_10: &str = "314231";
const TABLET_20: &str = "312961";
const TABLET_40: &str = "198211";

fn instruction(value: f64, unit: &str, timing: Value) -> Value {
    let dose = json!({"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit});
    json!([{"doseAndRate": [{"doseQuantity": dose}], "timing": timing}])
}

fn daily() -> Value {
    json!({"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}})
}

fn of(code: &str, instruction: Value) -> Value {
    with(draft(code), "dosageInstruction", instruction)
}

#[test]
fn a_tablet_above_the_limit_is_critical_without_any_instruction() {
    let cards = cards(&case(&[draft(TABLET_20)], &[active(VERAPAMIL)]));
    assert_eq!(cards[0].summary(), "Simvastatin, a dose of 20 mg with verapamil: at most 10 mg a day");
    assert_eq!(cards[0].indicator(), Indicator::Critical);
    assert!(cards[0].suggestions()[0].is_recommended());
    assert_eq!(cards[0].override_reasons(), ["benefit-outweighs-risk", "dose-will-be-reduced"]);
    let amlodipine = summaries(&case(&[draft(TABLET_40)], &[active(AMLODIPINE)]));
    assert_eq!(amlodipine, ["Simvastatin, a dose of 40 mg with amlodipine: at most 20 mg a day"]);
}

#[test]
fn a_readable_daily_dose_is_compared_with_the_limit() {
    let rows = [
        (of(TABLET_10, instruction(1.0, "{tbl}", daily())), None),
        (of(TABLET_20, instruction(0.5, "{tbl}", daily())), None),
        (of(SIMVASTATIN, instruction(10.0, "mg", json!({"code": {"coding": [{"code": "QD"}]}}))), None),
        (of(TABLET_10, instruction(2.0, "{tbl}", daily())), Some("20")),
        (of(TABLET_10, instruction(1.0, "1", json!({"code": {"coding": [{"code": "BID"}]}}))), Some("20")),
        (of(SIMVASTATIN, instruction(12.5, "mg", daily())), Some("12.5")),
        (
            of(
                SIMVASTATIN,
                instruction(20.0, "mg", json!({"repeat": {"frequency": 1, "period": 24, "periodUnit": "h"}})),
            ),
            Some("20"),
        ),
    ];
    for (order, above) in rows {
        let said = summaries(&case(std::slice::from_ref(&order), &[active(VERAPAMIL)]));
        let expected = above.map(|mg| format!("Simvastatin {mg} mg a day with verapamil: at most 10 mg a day"));
        assert_eq!(said, expected.into_iter().collect::<Vec<_>>(), "{order}");
    }
}

#[test]
fn twenty_mg_are_within_the_limit_for_amlodipine() {
    let twenty = of(TABLET_20, instruction(1.0, "{tbl}", daily()));
    assert_eq!(case(&[twenty], &[active(AMLODIPINE)]).run(evaluate), Ok(vec![]));
}

#[test]
fn a_dose_that_is_not_readable_is_said_to_be_not_checked() {
    let expected =
        "Simvastatin with verapamil: at most 10 mg a day; not checked, because the daily dose is not readable";
    let mut several = instruction(5.0, "mg", daily());
    several.as_array_mut().unwrap().push(json!({"text": "and 20 mg at night"}));
    let with_comparator = json!([{"timing": daily(), "doseAndRate": [{"doseQuantity": {"value": 5, "comparator": "<",
        "system": "http://unitsofmeasure.org", "code": "mg"}}]}]);
    let rows = [
        draft(TABLET_10),
        draft(SIMVASTATIN),
        of(TABLET_10, instruction(1.0, "{tbl}", json!({}))),
        of(SIMVASTATIN, instruction(1.0, "{tbl}", daily())),
        of(SIMVASTATIN, instruction(1.0, "mL", daily())),
        of(SIMVASTATIN, several),
        of(SIMVASTATIN, with_comparator),
        of(SIMVASTATIN, json!([{"text": "10 mg at night"}])),
    ];
    for order in rows {
        let cards = cards(&case(std::slice::from_ref(&order), &[active(VERAPAMIL)]));
        assert_eq!((cards.len(), cards[0].summary()), (1, expected), "{order}");
        assert_eq!(cards[0].indicator(), Indicator::Warning, "{order}");
    }
}

#[test]
fn the_active_order_is_the_one_with_the_dose_if_the_draft_is_the_other_drug() {
    let taken = with(active(SIMVASTATIN), "dosageInstruction", instruction(40.0, "mg", daily()));
    let said = summaries(&case(&[draft(AMLODIPINE)], &[taken]).locale("de"));
    assert_eq!(said, ["Simvastatin 40 mg täglich mit Amlodipin: höchstens 20 mg täglich"]);
}

#[test]
fn the_worst_of_several_orders_counts() {
    let low = with(active(TABLET_10), "dosageInstruction", instruction(1.0, "{tbl}", daily()));
    let said = summaries(&case(&[draft(VERAPAMIL)], &[low, active(TABLET_20)]));
    assert_eq!(said, ["Simvastatin, a dose of 20 mg with verapamil: at most 10 mg a day"]);
}

#[test]
fn of_two_drafts_it_is_simvastatin_that_is_recommended_to_be_removed() {
    let cards = cards(&case(&[draft(VERAPAMIL), draft(TABLET_20)], &[]));
    let suggestions: Vec<_> =
        cards[0].suggestions().iter().map(|suggestion| (suggestion.label(), suggestion.is_recommended())).collect();
    let expected = [("Remove the draft order: simvastatin", true), ("Remove the draft order: verapamil", false)];
    assert_eq!(suggestions, expected);
}

#[test]
fn an_active_order_that_meets_no_draft_is_not_this_hooks_business() {
    let low = of(TABLET_10, instruction(1.0, "{tbl}", daily()));
    let taken = with(active(TABLET_40), "dosageInstruction", instruction(1.0, "{tbl}", daily()));
    assert_eq!(case(&[low], &[taken, active(AMLODIPINE)]).run(evaluate), Ok(vec![]));
}
