//! The drug table is a data pack: without it nothing is checked, and another one gives other cards.

use cordon_sdk::Indicator;
use cordon_sdk::testing::{Case, json};
use serde_json::Value;

use crate::{apixaban, card, cards, case, creatinine, drugs, metformin};

fn with(pack: Value) -> Case {
    case([metformin(), apixaban()]).need("creatinine", [creatinine(3.0, "2021-05-20")]).pack("drugs", "test", pack)
}

#[test]
fn without_a_table_nothing_is_checked_and_that_is_said() {
    for (locale, expected) in [
        ("en", "Renal dosing: 2 draft order(s) not checked, because no table of drugs is available"),
        ("de", "Nierendosierung: 2 Verordnung(en) nicht geprüft, weil keine Wirkstofftabelle verfügbar ist"),
    ] {
        for pack in [json!({}), json!([]), json!({"metformin": {}})] {
            let card = card(&with(pack).locale(locale));
            assert_eq!((card.summary(), card.indicator()), (expected, Indicator::Warning));
        }
    }
}

#[test]
fn without_an_order_there_is_nothing_that_a_table_is_missed_for() {
    assert_eq!(cards(&case([]).pack("drugs", "test", json!({}))), []);
}

#[test]
fn codes_and_limits_are_the_tables() {
    let mut table = drugs();
    table["metformin"]["egfr-contraindicated-below"] = json!(20);
    table["metformin"]["rxnorm"] = json!(["6809"]);
    let first = cards(&with(table.clone())).remove(0);
    assert!(first.summary().starts_with("Starting metformin is not recommended: eGFR 23.8"), "{}", first.summary());
    assert!(first.markdown().contains("contraindicated at eGFR below 20, not to be started from 20 to 45"));
    table["metformin"]["rxnorm"] = json!(["1"]);
    assert!(!cards(&with(table)).iter().any(|card| card.summary().contains("etformin")), "no drug of this table");
}
