//! Metformin: what each verdict looks like to a clinician.

use cordon_sdk::testing::json;
use cordon_sdk::{ATC, Action, Failure, Indicator, RXNORM};

use crate::{answer, card, cards, case, creatinine, draft, metformin, patient};

#[test]
fn below_30_metformin_is_contraindicated_and_the_draft_can_be_removed() {
    let case = case([metformin()])
        .need("patient", [patient("female", "1949-01-01")])
        .need("creatinine", [creatinine(2.5, "2021-05-20")]);
    let card = card(&case);
    assert_eq!(card.indicator(), Indicator::Critical);
    assert!(card.summary().starts_with("Metformin is contraindicated: eGFR 19.9"), "{}", card.summary());
    assert_eq!(card.suggestions()[0].actions(), [Action::Delete("d1".to_owned())]);
    assert!(card.suggestions()[0].is_recommended());
    assert!(!card.override_reasons().is_empty());
}

#[test]
fn from_30_to_45_metformin_is_not_started() {
    let case = case([metformin()]).need("creatinine", [creatinine(1.8, "2021-05-20")]);
    let card = card(&case);
    assert_eq!(card.indicator(), Indicator::Warning);
    let expected =
        "Starting metformin is not recommended: eGFR 43.9 mL/min/1.73 m² (creatinine 1.80 mg/dL on 2021-05-20)";
    assert_eq!(card.summary(), expected);
    assert!(card.markdown().contains("CKD-EPI 2021"));
    assert!(card.markdown().contains("not creatinine clearance"));
    assert!(card.markdown().contains("| eGFR (CKD-EPI 2021) | 43.9 mL/min/1.73 m² | – |"), "{}", card.markdown());
}

#[test]
fn who_takes_metformin_already_gets_other_words() {
    let mut active = metformin();
    active["status"] = json!("active");
    let case = case([metformin()]).need("creatinine", [creatinine(1.8, "2021-05-20")]).need("medication", [active]);
    assert!(card(&case).summary().starts_with("On metformin: weigh benefit and risk at eGFR 43.9"));
}

#[test]
fn above_45_there_is_nothing_to_say() {
    assert_eq!(cards(&case([metformin()]).need("creatinine", [creatinine(1.0, "2021-05-20")])), []);
}

#[test]
fn the_drug_is_known_by_rxnorm_product_and_by_atc() {
    for (system, code) in [(RXNORM, "861007"), (ATC, "A10BA02")] {
        let case = case([draft("d1", system, code)]).need("creatinine", [creatinine(3.0, "2021-05-20")]);
        assert!(card(&case).summary().starts_with("Metformin is contraindicated"), "{code}");
    }
}

#[test]
fn an_unknown_drug_is_not_this_tools_business() {
    assert_eq!(cards(&case([draft("d1", RXNORM, "11289")]).need("creatinine", [creatinine(3.0, "2021-05-20")])), []);
    assert_eq!(cards(&case([])), []);
}

#[test]
fn a_draft_without_a_readable_drug_is_said_to_be_not_checked() {
    let bare = json!({"resourceType": "MedicationRequest", "id": "d1"});
    let local = draft("d2", "http://hospital.example/drugs", "MET500");
    let card = card(&case([bare, local]));
    assert_eq!(card.indicator(), Indicator::Info);
    assert!(card.summary().contains("2 draft order(s) not checked"), "{}", card.summary());
}

#[test]
fn only_drafts_decide_and_other_orders_are_passed_over() {
    let lab = json!({"resourceType": "ServiceRequest", "id": "s1"});
    let mut active = metformin();
    active["status"] = json!("active");
    let case = case([lab]).need("creatinine", [creatinine(3.0, "2021-05-20")]).need("medication", [active]);
    assert_eq!(cards(&case), []);
}

#[test]
fn two_drafts_of_one_drug_make_one_card_with_one_recommendation() {
    let both = [metformin(), draft("d9", ATC, "A10BD07")];
    let card = card(&case(both).need("creatinine", [creatinine(3.0, "2021-05-20")]));
    let recommended: Vec<bool> = card.suggestions().iter().map(cordon_sdk::Suggestion::is_recommended).collect();
    assert_eq!(recommended, [true, false]);
}

#[test]
fn age_counts_at_the_test_not_today() {
    // 80 on 2021-05-25: 79 at the test.
    let case = case([metformin()])
        .need("patient", [patient("male", "1941-05-25")])
        .need("creatinine", [creatinine(1.8, "2021-05-20")]);
    assert!(card(&case).markdown().contains("| Age at the test | 79 |"));
}

#[test]
fn under_18_at_the_test_is_not_computed() {
    let case = case([metformin()])
        .need("patient", [patient("female", "2003-05-25")])
        .need("creatinine", [creatinine(1.8, "2021-05-20")]);
    let card = card(&case);
    assert!(card.summary().contains("eGFR not computed, because the patient was 17 at the test"), "{}", card.summary());
    assert!(!card.markdown().contains("eGFR (CKD-EPI 2021)"));
}

#[test]
fn an_unknown_sex_gives_a_reason_and_no_number() {
    for gender in ["unknown", "other"] {
        let case = case([metformin()])
            .need("patient", [patient(gender, "1966-01-01")])
            .need("creatinine", [creatinine(1.8, "2021-05-20")]);
        let card = card(&case);
        assert!(card.summary().contains("not computed, because sex is not recorded as female or male"), "{gender}");
        assert!(!card.markdown().contains("eGFR (CKD-EPI 2021)"));
    }
}

#[test]
fn a_birth_date_that_leaves_the_age_open_gives_a_reason() {
    for birth in ["1966", "about 1966"] {
        let case = case([metformin()])
            .need("patient", [patient("male", birth)])
            .need("creatinine", [creatinine(1.8, "2021-05-20")]);
        assert!(card(&case).summary().contains("because the age at the test is not known"), "{birth}");
    }
    let nobody = case([metformin()]).need("patient", []).need("creatinine", [creatinine(1.8, "2021-05-20")]);
    assert!(card(&nobody).summary().contains("because sex is not recorded"));
}

#[test]
fn a_deceased_patient_is_not_checked_from_the_day_of_death() {
    let with = |member: &str, value: serde_json::Value| {
        let mut patient = patient("male", "1966-01-01");
        patient[member] = value;
        case([metformin()]).need("patient", [patient]).need("creatinine", [creatinine(1.8, "2021-05-20")])
    };
    for case in [with("deceasedBoolean", json!(true)), with("deceasedDateTime", json!("2021-05-31"))] {
        assert_eq!(card(&case).summary(), "Metformin not checked, because the patient is recorded as deceased");
    }
    for case in [with("deceasedBoolean", json!(false)), with("deceasedDateTime", json!("2021-06-02"))] {
        assert!(card(&case).summary().contains("eGFR 43.9"));
    }
}

#[test]
fn no_creatinine_is_said_and_the_test_can_be_ordered() {
    let card = card(&case([metformin()]));
    assert!(card.summary().contains("because no usable creatinine is in the data available"), "{}", card.summary());
    assert!(card.markdown().contains("Creatinine: none found in the data available"));
    assert_eq!(card.suggestions()[0].actions(), [Action::Create("creatinine".into())]);
}

#[test]
fn without_a_granted_need_the_tool_says_so_to_the_host() {
    for need in ["draft", "patient", "creatinine", "weight", "medication"] {
        assert_eq!(answer(&case([metformin()]).without(need)), Err(Failure::MissingNeed), "{need}");
    }
}

#[test]
fn a_german_ward_reads_german() {
    let case = case([metformin()]).locale("de-DE").need("creatinine", [creatinine(1.8, "2021-05-20")]);
    let card = card(&case);
    assert!(card.summary().starts_with("Beginn von Metformin nicht empfohlen: eGFR 43,9"), "{}", card.summary());
    assert!(card.summary().ends_with("(Kreatinin 1,80 mg/dL vom 2021-05-20)"), "{}", card.summary());
    assert!(card.markdown().contains("Kreatinin-Clearance"));
    assert!(card.markdown().contains("| Kreatinin | 1,8 mg/dL | 2021-05-20 |"), "{}", card.markdown());
    assert!(card.markdown().contains("| 43,9 ml/min/1,73 m² |"), "{}", card.markdown());
}

#[test]
fn a_german_ward_reads_why_a_child_is_not_checked() {
    let case = case([metformin()])
        .locale("de")
        .need("patient", [patient("female", "2003-05-25")])
        .need("creatinine", [creatinine(1.8, "2021-05-20")]);
    let expected = "Metformin nicht geprüft: eGFR nicht berechnet, weil der Patient bei der Messung 17 Jahre alt war \
                    und CKD-EPI 2021 für Erwachsene gilt";
    assert_eq!(card(&case).summary(), expected);
}

#[test]
fn every_row_of_a_table_fills_its_columns() {
    let known = case([metformin()]).need("creatinine", [creatinine(3.0, "2021-05-20")]);
    for card in [card(&known), card(&case([metformin()]))] {
        let rows: Vec<&str> = card.markdown().lines().filter(|line| line.starts_with('|')).collect();
        assert!(
            rows.len() > 3 && rows.iter().all(|row| row.split(" | ").all(|cell| !cell.trim().is_empty())),
            "{rows:?}"
        );
        assert!(rows.iter().all(|row| row.matches('|').count() == 4), "{rows:?}");
    }
}
