//! Which creatinine counts, and what is said about the others.

use cordon_sdk::Indicator;
use cordon_sdk::testing::json;

use crate::{card, cards, case, creatinine, metformin, patient, result};

#[test]
fn a_stale_creatinine_is_shown_with_date_and_value_as_written() {
    let row = r#"{"resourceType":"Observation","status":"final","effectiveDateTime":"2021-01-10T09:25:28+00:00",
        "code":{"coding":[{"system":"http://loinc.org","code":"38483-4"}]},
        "valueQuantity":{"value":1.7526175111265963,"unit":"mg/dL","system":"http://unitsofmeasure.org","code":"mg/dL"}}"#;
    let case = case([metformin()]).need("patient", [patient("male", "1992-09-20")]).need_text("creatinine", &[row]);
    let card = card(&case);
    assert_eq!(card.indicator(), Indicator::Warning);
    let expected = "Metformin not checked: creatinine is stale (1.75 mg/dL on 2021-01-10, 142 days old)";
    assert_eq!(card.summary(), expected);
    assert!(card.markdown().contains("1.7526175111265963 mg/dL | 2021-01-10T09:25:28+00:00"), "{}", card.markdown());
    assert!(card.markdown().contains("eGFR at that time, not used | 53.6"), "{}", card.markdown());
}

#[test]
fn a_creatinine_is_stale_after_90_days() {
    let at = |date: &str| case([metformin()]).need("creatinine", [creatinine(3.0, date)]);
    assert!(card(&at("2021-03-03")).summary().starts_with("Metformin is contraindicated"));
    assert!(card(&at("2021-03-02")).summary().contains("91 days old"));
}

#[test]
fn micromoles_are_converted_and_shown_as_written() {
    let row = result("2160-0", &json!(159.12), "umol/L", "2021-05-20");
    let card = card(&case([metformin()]).need("creatinine", [row]));
    assert!(card.summary().contains("eGFR 43.9") && card.summary().contains("1.80 mg/dL"), "{}", card.summary());
    assert!(card.markdown().contains("159.12 umol/L = 1.80 mg/dL"));
}

#[test]
fn another_unit_is_not_guessed() {
    let row = result("2160-0", &json!(0.159), "mmol/L", "2021-05-20");
    let card = card(&case([metformin()]).need("creatinine", [row]));
    assert!(card.summary().contains("no usable creatinine"));
    assert!(card.markdown().contains("creatinine, 2021-05-20: the unit is not one that is converted"));
}

#[test]
fn a_result_as_text_is_not_used() {
    let mut row = creatinine(3.0, "2021-05-20");
    row.as_object_mut().unwrap().remove("valueQuantity");
    row["valueString"] = json!("3.0 mg/dL");
    let card = card(&case([metformin()]).need("creatinine", [row]));
    assert!(card.summary().contains("no usable creatinine"));
    assert!(card.markdown().contains("not a number with a unit"));
}

#[test]
fn a_bound_is_not_a_value() {
    let mut row = creatinine(0.2, "2021-05-20");
    row["valueQuantity"]["comparator"] = json!("<");
    assert!(card(&case([metformin()]).need("creatinine", [row])).markdown().contains("is a bound, not a value"));
}

#[test]
fn results_that_do_not_stand_are_passed_over_for_an_older_one_that_does() {
    for status in
        [json!("entered-in-error"), json!("preliminary"), json!("registered"), json!("cancelled"), json!(null)]
    {
        let mut wrong = creatinine(0.6, "2021-05-30");
        wrong["status"] = status.clone();
        let rows = [wrong, creatinine(3.0, "2021-05-01")];
        let card = card(&case([metformin()]).need("creatinine", rows));
        assert!(card.summary().contains("3.00 mg/dL on 2021-05-01"), "{status}");
        assert!(card.markdown().contains("Not used"), "{status}");
    }
}

#[test]
fn both_loinc_codes_count_and_the_newest_decides_in_any_order() {
    let blood = result("38483-4", &json!(3.0), "mg/dL", "2021-05-25");
    for rows in [[blood.clone(), creatinine(0.8, "2021-05-01")], [creatinine(0.8, "2021-05-01"), blood]] {
        assert!(card(&case([metformin()]).need("creatinine", rows)).summary().contains("2021-05-25"));
    }
}

#[test]
fn of_two_results_at_one_moment_the_higher_counts() {
    let rows = [creatinine(0.8, "2021-05-20"), creatinine(3.0, "2021-05-20")];
    assert!(card(&case([metformin()]).need("creatinine", rows)).summary().contains("3.00 mg/dL"));
}

#[test]
fn a_result_after_the_call_or_without_a_day_is_not_used() {
    for date in ["2021-06-01T00:00:01Z", "2021-06-02", "2021-05", "2021", "yesterday"] {
        let card = card(&case([metformin()]).need("creatinine", [creatinine(0.8, date)]));
        assert!(card.summary().contains("no usable creatinine"), "{date}");
    }
    assert_eq!(cards(&case([metformin()]).need("creatinine", [creatinine(0.8, "2021-06-01T01:00:00+02:00")])), []);
}

#[test]
fn a_long_list_of_unused_results_is_cut() {
    let rows = (1..=9).map(|day| {
        let mut row = creatinine(0.8, &format!("2021-05-0{day}"));
        row["status"] = json!("preliminary");
        row
    });
    assert!(card(&case([metformin()]).need("creatinine", rows)).markdown().ends_with("- and 4 more"));
}
