//! Which rows count.

use cordon_sdk::testing::json;
use cordon_sdk::{LOINC, SNOMED_CT};

use crate::{answer, at, card, case, observation, pressure, quantity, with_status};

#[test]
fn each_missing_parameter_is_named_and_gives_no_score() {
    let parameters = [
        ("respiration", "respiration rate"),
        ("saturation", "SpO2"),
        ("oxygen", "air or oxygen"),
        ("pressure", "systolic pressure"),
        ("pulse", "pulse"),
        ("consciousness", "consciousness"),
        ("temperature", "temperature"),
    ];
    for (need, name) in parameters {
        let card = card(&case().need(need, []));
        assert_eq!(card.summary(), format!("NEWS2 not computed, because the last 24 h have no value for: {name}"));
        assert!(card.markdown().contains(&format!("- {name}: none found in the data available")));
    }
}

#[test]
fn many_missing_parameters_are_counted_in_the_summary_and_listed_below() {
    let mut case = case();
    for need in ["respiration", "saturation", "oxygen", "pressure", "pulse", "consciousness", "temperature"] {
        case = case.need(need, []);
    }
    let card = card(&case);
    assert_eq!(card.summary(), "NEWS2 not computed, because 7 of 7 parameters are missing from the last 24 h");
    assert_eq!(card.markdown().matches("none found").count(), 7);
}

#[test]
fn systolic_pressure_is_a_component_or_a_row_of_its_own() {
    assert_eq!(card(&case().need("pressure", [pressure(90.0)])).summary().get(..8), Some("NEWS2 3:"));
    let alone = quantity("8480-6", 90.0, "mm[Hg]");
    assert_eq!(card(&case().need("pressure", [alone])).summary().get(..8), Some("NEWS2 3:"));
    let mut diastolic = pressure(120.0);
    diastolic["component"].as_array_mut().unwrap().pop();
    assert!(card(&case().need("pressure", [diastolic])).summary().contains("systolic pressure"));
}

#[test]
fn degrees_fahrenheit_are_converted_and_shown_as_written() {
    let card = card(&case().need("temperature", [quantity("8310-5", 102.4, "[degF]")]));
    assert!(card.summary().starts_with("NEWS2 2"), "{}", card.summary());
    assert!(card.markdown().contains("39.1 °C (102.4 \\[degF\\])"), "{}", card.markdown());
}

#[test]
fn a_temperature_that_was_written_as_it_is_shown_stands_alone() {
    let temperature = |celsius: f64| card(&case().need("temperature", [quantity("8310-5", celsius, "Cel")]));
    assert!(temperature(34.6).markdown().contains("| temperature | 34.6 °C | 3 |"));
    assert!(temperature(38.0).markdown().contains("| temperature | 38.0 °C | 0 |"));
    assert!(temperature(38.05).markdown().contains("| temperature | 38.1 °C (38.05 Cel) | 1 |"));
}

#[test]
fn a_number_in_an_unknown_unit_is_not_a_temperature() {
    let card = card(&case().need("temperature", [quantity("8310-5", 310.0, "K")]));
    assert!(card.summary().ends_with("temperature"));
    assert!(card.markdown().contains("the unit is not one that is converted"));
}

#[test]
fn values_are_rounded_to_the_charts_precision() {
    let temperature = |celsius: f64| card(&case().need("temperature", [quantity("8310-5", celsius, "Cel")]));
    assert!(temperature(38.04999).summary().starts_with("NEWS2 0"));
    assert!(temperature(38.05).summary().starts_with("NEWS2 1"));
    let pulse = |rate: f64| card(&case().need("pulse", [quantity("8867-4", rate, "{beats}/min")]));
    assert!(pulse(90.49).summary().starts_with("NEWS2 0"));
    assert!(pulse(90.5).summary().starts_with("NEWS2 1"));
}

#[test]
fn a_sign_of_more_than_24_hours_is_not_used() {
    let pulse = |date: &str| card(&case().need("pulse", [at(quantity("8867-4", 72.0, "/min"), date)]));
    assert_eq!(pulse("2021-05-31T00:00:00Z").summary(), "NEWS2 0: low risk");
    let old = pulse("2021-05-30T23:59:59Z");
    assert!(old.summary().ends_with("pulse"));
    assert!(old.markdown().contains("older than 24 hours (policy of this tool)"));
}

#[test]
fn a_sign_after_the_call_or_without_a_time_is_not_used() {
    for date in ["2021-06-01T00:00:01Z", "2021-05-31", "2021-05-31T22:00:00"] {
        let card = card(&case().need("pulse", [at(quantity("8867-4", 72.0, "/min"), date)]));
        assert!(card.summary().ends_with("pulse"), "{date}");
    }
}

#[test]
fn a_row_entered_in_error_is_passed_over_for_the_one_before() {
    for status in ["entered-in-error", "preliminary", "cancelled"] {
        let wrong = with_status(at(quantity("9279-1", 44.0, "/min"), "2021-05-31T23:00:00Z"), status);
        let card = card(&case().need("respiration", [wrong, quantity("9279-1", 18.0, "/min")]));
        assert_eq!(card.summary(), "NEWS2 0: low risk", "{status}");
        assert!(card.markdown().contains("respiration rate, 2021-05-31T23:00:00Z"), "{status}");
    }
}

#[test]
fn the_newest_row_counts_in_any_order() {
    let newer = at(quantity("8867-4", 135.0, "/min"), "2021-06-01T00:30:00+01:00");
    let older = quantity("8867-4", 72.0, "/min");
    for rows in [[newer.clone(), older.clone()], [older, newer]] {
        assert!(card(&case().need("pulse", rows)).summary().starts_with("NEWS2 3"));
    }
}

#[test]
fn oxygen_is_a_flow_above_0_or_a_concentration_above_21() {
    let score = |row| card(&case().need("oxygen", [row])).summary().get(..7).map(str::to_owned);
    assert_eq!(score(quantity("3151-8", 0.0, "L/min")).as_deref(), Some("NEWS2 0"));
    assert_eq!(score(quantity("3151-8", 0.5, "L/min")).as_deref(), Some("NEWS2 2"));
    assert_eq!(score(quantity("3150-6", 20.9, "%")).as_deref(), Some("NEWS2 0"));
    assert_eq!(score(quantity("3150-6", 24.0, "%")).as_deref(), Some("NEWS2 2"));
    let both = [quantity("3150-6", 21.0, "%"), quantity("3151-8", 2.0, "L/min")];
    assert!(card(&case().need("oxygen", both)).summary().starts_with("NEWS2 2"));
}

#[test]
fn a_saturation_above_100_or_oxygen_below_air_cannot_be() {
    assert!(card(&case().need("saturation", [quantity("2708-6", 101.0, "%")])).summary().ends_with("SpO2"));
    assert!(card(&case().need("oxygen", [quantity("3150-6", 2.0, "%")])).summary().ends_with("air or oxygen"));
}

#[test]
fn consciousness_is_read_from_its_table() {
    let alert = [(LOINC, "LA9340-6"), (SNOMED_CT, "248234008")];
    for (system, code) in alert {
        assert!(card(&case().need("consciousness", [answer(system, code)])).summary().starts_with("NEWS2 0"), "{code}");
    }
    let not_alert = ["LA6560-2", "LA17108-4", "LA17107-6", "LA9343-0"].map(|code| (LOINC, code));
    let concepts = ["130987000", "300202002", "450847001", "422768004"].map(|code| (SNOMED_CT, code));
    for (system, code) in not_alert.into_iter().chain(concepts) {
        assert!(card(&case().need("consciousness", [answer(system, code)])).summary().starts_with("NEWS2 3"), "{code}");
    }
}

#[test]
fn an_answer_that_is_not_in_the_table_or_contradicts_itself_is_not_used() {
    let mut text = observation("67775-7");
    text["valueString"] = json!("alert");
    let mut both = answer(LOINC, "LA9340-6");
    let voice = json!({"system": LOINC, "code": "LA17108-4"});
    both["valueCodeableConcept"]["coding"].as_array_mut().unwrap().push(voice);
    for row in [text, both, answer(LOINC, "LA0-0"), answer("http://local", "LA9340-6")] {
        let card = card(&case().need("consciousness", [row]));
        assert!(card.summary().ends_with("consciousness"));
        assert!(card.markdown().contains("an answer that is not known"));
    }
}
