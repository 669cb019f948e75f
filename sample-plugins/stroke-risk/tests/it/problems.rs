//! Which problems count.

use cordon_sdk::Failure;
use cordon_sdk::testing::json;
use stroke_risk::evaluate;

use crate::calls::{
    DIABETES, FIBRILLATION, HEART_FAILURE, HYPERTENSION, INFARCTION, STROKE, case, detail, problem, score, summary,
    with_status,
};

#[test]
fn without_atrial_fibrillation_there_is_no_card() {
    assert_eq!(case("1940-01-01", "female", &[problem(STROKE)]).run(evaluate), Ok(vec![]));
    assert_eq!(case("1940-01-01", "female", &[]).run(evaluate), Ok(vec![]));
    for wrong in ["refuted", "entered-in-error"] {
        let row = with_status(FIBRILLATION, "active", wrong);
        assert_eq!(case("1940-01-01", "female", &[row]).run(evaluate), Ok(vec![]), "{wrong}");
    }
}

#[test]
fn unconfirmed_atrial_fibrillation_gives_no_score_and_says_so() {
    for status in ["unconfirmed", "provisional", "differential"] {
        let said = summary(&case("1940-01-01", "male", &[with_status(FIBRILLATION, "active", status)]));
        let expected = "CHA2DS2-VASc not computed, because atrial fibrillation is recorded as unconfirmed only";
        assert_eq!(said, expected, "{status}");
    }
}

#[test]
fn atrial_fibrillation_that_is_over_still_counts() {
    assert_eq!(score(&case("1940-01-01", "male", &[with_status(FIBRILLATION, "resolved", "confirmed")])), "2");
}

#[test]
fn a_stroke_or_infarction_that_is_over_still_counts_and_the_others_do_not() {
    let rows = [(STROKE, "2"), (INFARCTION, "1"), (HYPERTENSION, "0"), (DIABETES, "0"), (HEART_FAILURE, "0")];
    for clinical in ["resolved", "inactive", "remission"] {
        for (code, expected) in rows {
            let problems = [problem(FIBRILLATION), with_status(code, clinical, "confirmed")];
            assert_eq!(score(&case("1980-01-01", "male", &problems)), expected, "{code} {clinical}");
        }
    }
}

#[test]
fn what_is_refuted_or_entered_in_error_never_counts() {
    for wrong in ["refuted", "entered-in-error"] {
        for code in [STROKE, INFARCTION, HYPERTENSION, DIABETES, HEART_FAILURE] {
            let case = case("1980-01-01", "male", &[problem(FIBRILLATION), with_status(code, "active", wrong)]);
            assert_eq!(score(&case), "0", "{code} {wrong}");
            assert!(detail(&case).contains("because unconfirmed or over: 0"), "{code} {wrong}");
        }
    }
}

#[test]
fn what_is_unconfirmed_or_over_is_said_to_be_not_counted() {
    let unconfirmed = with_status(STROKE, "active", "provisional");
    let over = with_status(HYPERTENSION, "resolved", "confirmed");
    let case = case("1980-01-01", "male", &[problem(FIBRILLATION), unconfirmed, over]);
    assert_eq!(score(&case), "0");
    assert!(detail(&case).contains("not counted, because unconfirmed or over: 2"), "{}", detail(&case));
}

#[test]
fn a_problem_counts_once_however_often_it_is_recorded() {
    let resolved = with_status(HYPERTENSION, "resolved", "confirmed");
    let problems = [problem(FIBRILLATION), problem(HYPERTENSION), problem(HYPERTENSION), resolved];
    let case = case("1980-01-01", "male", &problems);
    assert_eq!(score(&case), "1");
    assert!(detail(&case).contains("because unconfirmed or over: 0"));
}

#[test]
fn an_icd_10_gm_code_or_a_condition_without_statuses_counts() {
    let row = |code: &str| {
        let system = "http://fhir.de/CodeSystem/bfarm/icd-10-gm";
        json!({"resourceType": "Condition", "code": {"coding": [{"system": system, "code": code}]}})
    };
    assert_eq!(score(&case("1980-01-01", "male", &[row("I48.0"), row("I63.9"), row("E11.90")])), "3");
    let text = json!({"resourceType": "Condition", "code": {"text": "Vorhofflimmern"}});
    assert_eq!(case("1940-01-01", "male", &[text]).run(evaluate), Ok(vec![]));
}

#[test]
fn mitral_stenosis_gives_no_score() {
    let said = summary(&case("1980-01-01", "male", &[problem(FIBRILLATION), problem("79619009")]));
    assert!(said.ends_with("mitral stenosis or a prosthetic heart valve is recorded"), "{said}");
}

#[test]
fn a_need_that_is_not_granted_is_a_missing_need() {
    for need in ["patient", "problems"] {
        let case = case("1980-01-01", "male", &[problem(FIBRILLATION)]).without(need);
        assert_eq!(case.run(evaluate), Err(Failure::MissingNeed), "{need}");
    }
}
