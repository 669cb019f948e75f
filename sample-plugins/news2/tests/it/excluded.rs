//! For whom there is no score.

use cordon_sdk::testing::{Case, json};
use cordon_sdk::{Indicator, LOINC, SNOMED_CT};

use crate::{at, card, case, observation};

fn summary(case: &Case) -> String {
    let card = card(case);
    assert_eq!(card.indicator(), Indicator::Info);
    card.summary().to_owned()
}

fn born(date: &str) -> Case {
    case().need("patient", [json!({"resourceType": "Patient", "birthDate": date})])
}

#[test]
fn there_is_no_score_under_16() {
    let expected = "NEWS2 not computed, because the patient is 15 and it is not for anybody under 16";
    assert_eq!(summary(&born("2005-06-02")), expected);
    assert_eq!(summary(&born("2005-06-01")), "NEWS2 0: low risk");
}

#[test]
fn there_is_no_score_if_a_child_cannot_be_excluded() {
    for case in [born("2005"), case().need("patient", [json!({"resourceType": "Patient"})]), case().need("patient", [])]
    {
        assert!(summary(&case).contains("because the age is not known"));
    }
}

#[test]
fn there_is_no_score_in_pregnancy() {
    let condition = |code: &str, clinical: &str, verification: &str| {
        case().need(
            "pregnancy",
            [json!({"resourceType": "Condition",
            "code": {"coding": [{"system": SNOMED_CT, "code": code}]},
            "clinicalStatus": {"coding": [{"code": clinical}]},
            "verificationStatus": {"coding": [{"code": verification}]}})],
        )
    };
    let expected = "NEWS2 not computed, because a pregnancy is recorded and it is not for pregnant patients";
    assert_eq!(summary(&condition("77386006", "active", "confirmed")), expected);
    assert_eq!(summary(&condition("72892002", "active", "provisional")), expected);
    assert_eq!(summary(&condition("77386006", "resolved", "confirmed")), "NEWS2 0: low risk");
    assert_eq!(summary(&condition("77386006", "active", "entered-in-error")), "NEWS2 0: low risk");
    assert_eq!(summary(&condition("13645005", "active", "confirmed")), "NEWS2 0: low risk");
}

#[test]
fn the_newest_pregnancy_status_counts_for_300_days() {
    let status = |code: &str, date: &str| {
        let mut row = at(observation("82810-3"), date);
        row["valueCodeableConcept"] = json!({"coding": [{"system": LOINC, "code": code}]});
        row
    };
    let with = |rows: Vec<serde_json::Value>| summary(&case().need("pregnancy-status", rows));
    let expected = "NEWS2 not computed, because a pregnancy is recorded and it is not for pregnant patients";
    assert_eq!(with(vec![status("LA15173-0", "2020-08-05")]), expected);
    assert_eq!(with(vec![status("LA15173-0", "2020-08-04")]), "NEWS2 0: low risk");
    let later = [status("LA15173-0", "2021-02-01"), status("LA26683-5", "2021-03-01")];
    assert_eq!(with(later.to_vec()), "NEWS2 0: low risk");
}

#[test]
fn there_is_no_score_for_the_deceased() {
    let patient = json!({"resourceType": "Patient", "birthDate": "1966-01-01", "deceasedDateTime": "2021-05-30"});
    let expected = "NEWS2 not computed, because the patient is recorded as deceased";
    assert_eq!(summary(&case().need("patient", [patient])), expected);
}
