//! Which rows count.

use cordon_sdk::testing::json;
use serde_json::Value;

use crate::calls::{CREATININE, POTASSIUM, case, creatinine, order, potassium, result, summaries, with};

const AT: &str = "2021-05-31T22:00:00Z";

/// What is said about these potassium rows alone.
fn said(rows: &[Value]) -> Vec<String> {
    summaries(&case().need("potassium", rows.to_vec()))
}

fn not_computed(because: &str) -> Vec<String> {
    vec![format!("Potassium not computed, because {because}")]
}

#[test]
fn a_milliequivalent_of_potassium_is_a_millimole() {
    for unit in ["mmol/L", "mmol/l", "meq/L", "meq/l", "mEq/L"] {
        assert_eq!(said(&[result(POTASSIUM, 6.1, unit, AT)]), [format!("Moderate hyperkalaemia: 6.1 {unit}")]);
    }
}

#[test]
fn potassium_in_blood_counts_and_another_test_does_not() {
    assert_eq!(said(&[result("6298-4", 5.5, "mmol/L", AT)]), ["Mild hyperkalaemia: 5.5 mmol/L"]);
    assert_eq!(said(&[result("2951-2", 140.0, "mmol/L", AT)]), not_computed("no result is in the data available"));
}

#[test]
fn a_missing_result_is_said() {
    assert_eq!(said(&[]), not_computed("no result is in the data available"));
    let both = summaries(&case().need("potassium", []).need("creatinine", []));
    assert_eq!(both[1], "Acute kidney injury not computed, because no result is in the data available");
}

#[test]
fn a_wrong_or_missing_unit_is_not_guessed() {
    let other = result(POTASSIUM, 24.0, "mg/dL", AT);
    assert_eq!(said(&[other]), not_computed("the newest result has no unit, or one that is not converted"));
    let none = with(potassium(6.6, AT), "valueQuantity", json!({"value": 6.6, "unit": "mmol/L"}));
    assert_eq!(said(&[none]), not_computed("the newest result has no unit, or one that is not converted"));
    let text = json!({"resourceType": "Observation", "status": "final", "effectiveDateTime": AT, "valueString": "6.6 mmol/L",
        "code": {"coding": [{"system": "http://loinc.org", "code": POTASSIUM}]}});
    assert_eq!(said(&[text]), not_computed("the newest result is not a number with a unit"));
    assert_eq!(said(&[potassium(55.0, AT)]), not_computed("the newest result cannot be"));
    assert_eq!(said(&[potassium(0.0, AT)]), not_computed("the newest result cannot be"));
}

#[test]
fn a_status_that_does_not_stand_is_said() {
    let rows = [
        ("preliminary", "the newest result is preliminary"),
        ("registered", "the newest result is preliminary"),
        ("entered-in-error", "the newest result is entered in error or cancelled"),
        ("cancelled", "the newest result is entered in error or cancelled"),
        ("unknown", "the status of the newest result does not say that it stands"),
    ];
    for (status, because) in rows {
        assert_eq!(said(&[with(potassium(6.6, AT), "status", json!(status))]), not_computed(because), "{status}");
    }
    for status in ["final", "amended", "corrected"] {
        assert_eq!(said(&[with(potassium(6.6, AT), "status", json!(status))]), ["Severe hyperkalaemia: 6.6 mmol/L"]);
    }
}

#[test]
fn a_newer_preliminary_result_leaves_a_normal_one_open_and_one_entered_in_error_does_not() {
    let older = potassium(4.2, "2021-05-31T08:00:00Z");
    let newer = |status: &str| with(potassium(6.6, AT), "status", json!(status));
    assert_eq!(said(&[older.clone(), newer("preliminary")]), not_computed("the newest result is preliminary"));
    assert_eq!(said(&[older, newer("entered-in-error")]), Vec::<String>::new());
}

#[test]
fn a_stale_result_is_said_with_its_age() {
    let because = "the newest result is older than 7 days";
    assert_eq!(said(&[potassium(6.6, "2021-05-23T22:00:00Z")]), not_computed(because));
}

#[test]
fn a_result_after_the_call_or_without_a_day_is_not_used() {
    assert_eq!(
        said(&[potassium(6.6, "2021-06-01T00:00:01Z")]),
        not_computed("the newest result is dated after this call")
    );
    assert_eq!(said(&[potassium(6.6, "2021-05")]), not_computed("the date of the newest result does not name a day"));
    let undated = json!({"resourceType": "Observation", "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": POTASSIUM}]},
        "valueQuantity": {"value": 6.6, "system": "http://unitsofmeasure.org", "code": "mmol/L"}});
    assert_eq!(said(&[undated]), not_computed("the date of the newest result does not name a day"));
}

#[test]
fn a_haemolysed_specimen_is_not_graded() {
    let haemolysed = |note: &str| with(potassium(6.8, AT), "note", json!([{"text": note}]));
    let because = "the newest specimen is noted as haemolysed: repeat it";
    assert_eq!(said(&[haemolysed("Specimen haemolysed")]), not_computed(because));
    assert_eq!(said(&[haemolysed("Probe hämolytisch"), potassium(4.1, "2021-05-31T08:00:00Z")]), not_computed(because));
    assert_eq!(said(&[haemolysed("not haemolysed")]), ["Severe hyperkalaemia: 6.8 mmol/L"]);
    let trend = case().need("potassium", [haemolysed("haemolysed"), potassium(4.1, "2021-05-31T08:00:00Z")]);
    assert!(!summaries(&trend.need("medication", [order("29046")])).iter().any(|said| said.contains("rises")));
}

#[test]
fn a_comparator_is_not_a_value() {
    let with_comparator = |comparator: &str, value: f64| {
        let quantity = json!({"value": value, "comparator": comparator, "unit": "mmol/L",
            "system": "http://unitsofmeasure.org", "code": "mmol/L"});
        said(&[with(potassium(value, AT), "valueQuantity", quantity)])
    };
    assert_eq!(with_comparator(">", 8.0), ["At least severe hyperkalaemia: 8 mmol/L"]);
    assert_eq!(with_comparator(">=", 6.0), ["At least moderate hyperkalaemia: 6 mmol/L"]);
    assert_eq!(with_comparator(">", 5.0), not_computed("the newest result is a bound, not a value"));
    assert_eq!(with_comparator("<", 6.0), not_computed("the newest result is a bound, not a value"));
    assert_eq!(with_comparator("<", 3.0), Vec::<String>::new());
    assert_eq!(with_comparator("~", 7.0), not_computed("the newest result is a bound, not a value"));
}

#[test]
fn an_unsorted_series_and_offsets_are_put_in_order() {
    let rows = [
        potassium(5.0, "2021-05-30T10:00:00Z"),
        potassium(5.6, "2021-06-01T01:30:00+02:00"),
        potassium(4.4, "2021-05-31T10:00:00Z"),
        potassium(6.4, "2021-05-20T10:00:00Z"),
    ];
    let expected =
        ["Mild hyperkalaemia: 5.6 mmol/L", "Potassium rises by 1.2 mmol/L in 14 h; an active order keeps potassium"];
    for turn in 0..rows.len() {
        let mut rows = rows.clone();
        rows.rotate_left(turn);
        assert_eq!(summaries(&case().need("potassium", rows).need("medication", [order("29046")])), expected);
    }
}

#[test]
fn a_result_that_was_sent_twice_is_no_trend() {
    let twice = [creatinine(1.4, AT), creatinine(1.0, "2021-06-01T00:00:00+02:00"), creatinine(1.4, AT)];
    let because = "no earlier result of the 7 days before is in the data available";
    assert_eq!(
        summaries(&case().need("creatinine", twice)),
        [format!("Acute kidney injury not computed, because {because}")]
    );
    assert_eq!(said(&[potassium(5.6, AT), potassium(5.6, AT)]), ["Mild hyperkalaemia: 5.6 mmol/L"]);
}

#[test]
fn micromoles_of_creatinine_are_converted_also_beside_milligrams() {
    let rows = [result(CREATININE, 177.0, "umol/L", AT), creatinine(1.0, "2021-05-30T08:00:00Z")];
    assert_eq!(
        summaries(&case().need("creatinine", rows)),
        ["Acute kidney injury, KDIGO stage 2: creatinine 200 % of baseline in 38 h"]
    );
    let other = [result(CREATININE, 0.2, "mmol/L", AT)];
    let because = "the newest result has no unit, or one that is not converted";
    assert_eq!(
        summaries(&case().need("creatinine", other)),
        [format!("Acute kidney injury not computed, because {because}")]
    );
}

#[test]
fn of_two_results_at_one_moment_the_higher_counts_in_any_order() {
    for rows in [[potassium(5.6, AT), potassium(6.6, AT)], [potassium(6.6, AT), potassium(5.6, AT)]] {
        assert_eq!(said(&rows), ["Severe hyperkalaemia: 6.6 mmol/L"]);
    }
}
