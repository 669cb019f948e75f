//! Worked values, birthdays and what follows.

use cordon_sdk::testing::json;

use crate::calls::{
    DIABETES, FIBRILLATION, HEART_FAILURE, HYPERTENSION, INFARCTION, STROKE, card, case, detail, problem, score,
    summary, with_status,
};
use crate::manifest;

#[test]
fn the_worked_values() {
    let rows = [
        ("1937-01-01", "male", vec![STROKE], "4"),
        ("1925-01-01", "male", vec![HYPERTENSION, STROKE, INFARCTION], "6"),
        ("1943-01-01", "male", vec![], "2"),
        ("1951-01-01", "female", vec![HYPERTENSION, DIABETES], "4"),
        ("1937-01-01", "female", vec![HEART_FAILURE, HYPERTENSION, DIABETES, STROKE, INFARCTION], "9"),
        ("1980-01-01", "male", vec![], "0"),
    ];
    for (birth, gender, codes, expected) in rows {
        let problems: Vec<_> = [FIBRILLATION].into_iter().chain(codes).map(problem).collect();
        assert_eq!(score(&case(birth, gender, &problems)), expected, "{birth} {gender}");
    }
}

#[test]
fn the_65th_and_the_75th_birthday_each_bring_a_point_on_the_day_itself() {
    let on = |birth| score(&case(birth, "male", &[problem(FIBRILLATION)]));
    assert_eq!(on("1956-06-02"), "0");
    assert_eq!(on("1956-06-01"), "1");
    assert_eq!(on("1946-06-02"), "1");
    assert_eq!(on("1946-06-01"), "2");
}

#[test]
fn a_woman_without_another_factor_has_one_point_and_low_risk() {
    let case = case("1980-01-01", "female", &[problem(FIBRILLATION)]);
    assert_eq!(summary(&case), "CHA2DS2-VASc 1: low risk, no anticoagulation on the ground of this score");
    assert_eq!(manifest::indicator(&card(&case)), "info");
    assert!(detail(&case).contains("| Female sex | 1 |"), "{}", detail(&case));
}

#[test]
fn one_factor_is_considered_and_two_are_recommended_for_both_sexes() {
    for gender in ["female", "male"] {
        let one = case("1980-01-01", gender, &[problem(FIBRILLATION), problem(HYPERTENSION)]);
        assert!(summary(&one).ends_with("anticoagulation should be considered"), "{gender}");
        assert_eq!(manifest::indicator(&card(&one)), "info");
        let two = case("1980-01-01", gender, &[problem(FIBRILLATION), problem(STROKE)]);
        assert!(summary(&two).ends_with("anticoagulation is recommended"), "{gender}");
        assert_eq!(manifest::indicator(&card(&two)), "warning");
    }
}

#[test]
fn the_stroke_rates_are_those_of_the_table() {
    let rows = [
        ("1980-01-01", "male", vec![], "0"),
        ("1950-01-01", "male", vec![], "1.3"),
        ("1943-01-01", "male", vec![], "2.2"),
        ("1943-01-01", "female", vec![], "3.2"),
        ("1943-01-01", "male", vec![STROKE], "4.0"),
        ("1943-01-01", "female", vec![STROKE], "6.7"),
        ("1943-01-01", "female", vec![STROKE, DIABETES], "9.8"),
        ("1943-01-01", "female", vec![STROKE, DIABETES, HYPERTENSION], "9.6"),
        ("1943-01-01", "male", vec![STROKE, DIABETES, HYPERTENSION, HEART_FAILURE, INFARCTION], "6.7"),
        ("1943-01-01", "female", vec![STROKE, DIABETES, HYPERTENSION, HEART_FAILURE, INFARCTION], "15.2"),
    ];
    for (birth, gender, codes, rate) in rows {
        let problems: Vec<_> = [FIBRILLATION].into_iter().chain(codes).map(problem).collect();
        let detail = detail(&case(birth, gender, &problems));
        assert!(detail.contains(&format!("with this score, untreated: {rate}\n")), "{rate} {detail}");
    }
}

#[test]
fn a_german_card_says_the_same_with_a_decimal_comma() {
    let card = card(&case("1943-01-01", "male", &[problem(FIBRILLATION)]));
    assert_eq!(manifest::summary(&card, "de"), "CHA2DS2-VASc 2: Antikoagulation ist empfohlen");
    let detail = manifest::detail(&card, "de");
    assert!(detail.contains("mit diesem Score, unbehandelt: 2,2\n"), "{detail}");
}

#[test]
fn what_is_missing_about_the_person_gives_no_score() {
    let because = |birth, gender| summary(&case(birth, gender, &[problem(FIBRILLATION)]));
    let prefix = "CHA2DS2-VASc not computed, because";
    assert_eq!(because("1980-01-01", "other"), format!("{prefix} sex is not recorded as female or male"));
    assert_eq!(because("1956", "male"), format!("{prefix} the age is not known from the data available"));
    assert_eq!(because("2010-01-01", "male"), format!("{prefix} the patient is under 18 and the score is for adults"));
    let nobody = case("1980-01-01", "male", &[problem(FIBRILLATION)]).need("patient", []);
    assert_eq!(summary(&nobody), format!("{prefix} the age is not known from the data available"));
    let dead = json!({"resourceType": "Patient", "birthDate": "1940-01-01", "gender": "male", "deceasedBoolean": true});
    let dead = case("1980-01-01", "male", &[with_status(FIBRILLATION, "active", "confirmed")]).need("patient", [dead]);
    assert_eq!(summary(&dead), format!("{prefix} the patient is recorded as deceased"));
    let german = manifest::summary(&card(&dead), "de");
    assert_eq!(german, "CHA2DS2-VASc nicht berechnet, weil der Patient als verstorben erfasst ist");
}
