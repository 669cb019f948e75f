//! Recorded allergies.

use cordon_sdk::testing::json;
use cordon_sdk::{Indicator, RXNORM};
use interactions::evaluate;
use serde_json::Value;

use crate::calls::{ASPIRIN, DIGOXIN, IBUPROFEN, VERAPAMIL, active, allergy, cards, case, draft, summaries, with};

/// Allergy to penicillin, allergy to aspirin, and to NSAIDs. SNOMED CT.
const PENICILLIN_ALLERGY: &str = "91936005";
const ASPIRIN_ALLERGY: &str = "293586001";
const NSAID_ALLERGY: &str = "372665008";
/// Amoxicillin 500 MG Oral Tablet. RxNorm.
const AMOXICILLIN: &str = "308192";

fn said(draft_code: &str, allergies: &[Value]) -> Vec<String> {
    summaries(&case(&[draft(draft_code)], &[]).need("allergies", allergies.to_vec()))
}

#[test]
fn a_penicillin_for_a_patient_with_an_allergy_is_critical() {
    let case = case(&[draft(AMOXICILLIN)], &[]).need("allergies", [allergy(PENICILLIN_ALLERGY)]);
    let card = &cards(&case)[0];
    assert_eq!(card.summary(), "A penicillin ordered, and an allergy or intolerance to a penicillin is recorded");
    assert_eq!(card.indicator(), Indicator::Critical);
    assert!(card.suggestions()[0].is_recommended());
    assert_eq!(card.override_reasons(), ["benefit-outweighs-risk", "drug-is-tolerated"]);
    let german = summaries(&case.locale("de"));
    assert_eq!(german, ["Penicillin verordnet, und eine Allergie oder Unverträglichkeit gegen Penicillin ist erfasst"]);
}

#[test]
fn an_allergy_can_be_named_by_a_drug_code() {
    let aspirin = with(allergy(""), "code", json!({"coding": [{"system": RXNORM, "code": ASPIRIN}]}));
    assert_eq!(said(ASPIRIN, &[aspirin]), ["Aspirin ordered, and an allergy or intolerance to aspirin is recorded"]);
}

#[test]
fn aspirin_and_other_nsaids_speak_against_each_other_and_others_do_not() {
    let nsaid = ["An NSAID ordered, and an allergy or intolerance to aspirin is recorded"];
    assert_eq!(said(IBUPROFEN, &[allergy(ASPIRIN_ALLERGY)]), nsaid);
    let aspirin = ["Aspirin ordered, and an allergy or intolerance to an NSAID is recorded"];
    assert_eq!(said(ASPIRIN, &[allergy(NSAID_ALLERGY)]), aspirin);
    assert_eq!(said(DIGOXIN, &[allergy(ASPIRIN_ALLERGY)]), Vec::<String>::new());
}

#[test]
fn a_refuted_erroneous_or_past_allergy_does_not_count_and_an_unconfirmed_one_does() {
    let status = |member: &str, code: &str| {
        with(
            allergy(PENICILLIN_ALLERGY),
            member,
            json!({"coding": [
        {"system": "http://terminology.hl7.org/CodeSystem/allergyintolerance", "code": code}]}),
        )
    };
    for (member, code) in [
        ("verificationStatus", "refuted"),
        ("verificationStatus", "entered-in-error"),
        ("clinicalStatus", "inactive"),
        ("clinicalStatus", "resolved"),
    ] {
        assert_eq!(said(AMOXICILLIN, &[status(member, code)]), Vec::<String>::new(), "{code}");
    }
    assert_eq!(said(AMOXICILLIN, &[status("verificationStatus", "unconfirmed")]).len(), 1);
}

#[test]
fn a_statement_of_no_allergy_is_silent_and_an_unknown_allergy_is_not() {
    for code in ["716186003", "409137002"] {
        assert_eq!(said(DIGOXIN, &[allergy(code)]), Vec::<String>::new(), "{code}");
    }
    let unknown = ["Interactions not checked, because not in this tool's table: recorded allergies (2)"];
    let text = json!({"resourceType": "AllergyIntolerance", "code": {"text": "Penicillin"}});
    assert_eq!(said(DIGOXIN, &[allergy("91935009"), text]), unknown);
}

#[test]
fn what_a_label_or_an_allergy_forbids_comes_first() {
    let case = case(&[draft(DIGOXIN), draft(AMOXICILLIN)], &[active(VERAPAMIL)]);
    let cards = cards(&case.need("allergies", [allergy(PENICILLIN_ALLERGY)]));
    let indicators: Vec<_> = cards.iter().map(|card| card.indicator()).collect();
    assert_eq!(indicators, [Indicator::Critical, Indicator::Warning]);
}

#[test]
fn one_recorded_allergy_is_one_card_however_often_it_is_recorded() {
    let twice = [allergy(PENICILLIN_ALLERGY), allergy("764146007")];
    assert_eq!(case(&[draft(AMOXICILLIN)], &[]).need("allergies", twice).run(evaluate).map(|cards| cards.len()), Ok(1));
}
