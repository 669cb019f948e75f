//! Each pair of the table, and between what it is looked for.

use cordon_sdk::testing::json;
use cordon_sdk::{Action, Failure, Indicator};
use interactions::evaluate;

use crate::calls::{
    AMIODARONE, AMLODIPINE, ASPIRIN, CLOPIDOGREL, DIGOXIN, IBUPROFEN, SIMVASTATIN, VERAPAMIL, WARFARIN, active, cards,
    case, draft, drug, summaries, with,
};

#[test]
fn every_pair_speaks_whichever_of_the_two_is_the_draft() {
    let open = |drug: &str, most: u8| {
        let because = "because the daily dose is not readable";
        format!("Simvastatin with {drug}: at most {most} mg a day; not checked, {because}")
    };
    let rows = [
        (DIGOXIN, VERAPAMIL, "Digoxin with verapamil: the digoxin level rises".to_owned()),
        (DIGOXIN, AMIODARONE, "Digoxin with amiodarone: the digoxin level rises".to_owned()),
        (WARFARIN, IBUPROFEN, "Warfarin with an NSAID: the risk of bleeding rises".to_owned()),
        (WARFARIN, ASPIRIN, "Warfarin with aspirin: the risk of bleeding rises".to_owned()),
        (WARFARIN, CLOPIDOGREL, "Warfarin with clopidogrel: the risk of bleeding rises".to_owned()),
        (WARFARIN, AMIODARONE, "Warfarin with amiodarone: the effect of warfarin and the INR rise".to_owned()),
        (SIMVASTATIN, WARFARIN, "Simvastatin with warfarin: the effect of warfarin and the INR rise".to_owned()),
        (SIMVASTATIN, VERAPAMIL, open("verapamil", 10)),
        (SIMVASTATIN, AMLODIPINE, open("amlodipine", 20)),
        (SIMVASTATIN, AMIODARONE, open("amiodarone", 20)),
    ];
    for (a, b, expected) in rows {
        for (drafts, others) in
            [(vec![draft(a)], vec![active(b)]), (vec![draft(b)], vec![active(a)]), (vec![draft(a), draft(b)], vec![])]
        {
            let cards = cards(&case(&drafts, &others));
            assert_eq!(cards.iter().map(|card| card.summary()).collect::<Vec<_>>(), [&expected], "{a} {b}");
            assert_eq!(cards[0].indicator(), Indicator::Warning, "{a} {b}");
        }
    }
}

#[test]
fn pairs_without_a_rule_are_silent() {
    let rows = [(DIGOXIN, WARFARIN), (DIGOXIN, SIMVASTATIN), (VERAPAMIL, WARFARIN), (IBUPROFEN, CLOPIDOGREL)];
    for (a, b) in rows {
        assert_eq!(case(&[draft(a)], &[active(b)]).run(evaluate), Ok(vec![]), "{a} {b}");
    }
}

#[test]
fn three_drugs_of_atrial_fibrillation_meet_in_products_as_well() {
    let (digoxin, verapamil, warfarin) = ("197604", "897718", "855332");
    let said = summaries(&case(&[draft(digoxin)], &[active(verapamil), active(warfarin)]));
    assert_eq!(said, ["Digoxin with verapamil: the digoxin level rises"]);
    let said = summaries(&case(&[draft("310965")], &[active(warfarin), active(digoxin)]));
    assert_eq!(said, ["Warfarin with an NSAID: the risk of bleeding rises"]);
}

#[test]
fn two_active_orders_are_not_this_hooks_business_and_without_a_draft_nothing_is_said() {
    let taken = [active(DIGOXIN), active(VERAPAMIL)];
    assert_eq!(case(&[draft(CLOPIDOGREL)], &taken).run(evaluate), Ok(vec![]));
    assert_eq!(case(&[], &taken).run(evaluate), Ok(vec![]));
}

#[test]
fn the_suggestion_removes_the_draft_and_never_an_active_order() {
    let cards = cards(&case(&[draft(DIGOXIN)], &[active(VERAPAMIL)]));
    let [suggestion] = cards[0].suggestions() else { panic!("{cards:?}") };
    assert_eq!(suggestion.label(), "Remove the draft order: digoxin");
    assert_eq!(suggestion.actions(), [Action::Delete(format!("draft-{DIGOXIN}"))]);
    assert!(!suggestion.is_recommended(), "a label asks for care here, it does not forbid");
    assert_eq!(cards[0].override_reasons(), ["benefit-outweighs-risk", "will-be-monitored"]);
    assert!(cards[0].markdown().contains("- Active order: verapamil"), "{}", cards[0].markdown());
}

#[test]
fn two_drafts_of_a_pair_can_each_be_removed() {
    let cards = cards(&case(&[draft(WARFARIN), draft(ASPIRIN)], &[]));
    let labels: Vec<_> = cards[0].suggestions().iter().map(|suggestion| suggestion.label()).collect();
    assert_eq!(labels, ["Remove the draft order: warfarin", "Remove the draft order: aspirin"]);
}

#[test]
fn an_order_that_is_over_or_says_do_not_is_no_order() {
    for status in ["cancelled", "stopped", "completed", "entered-in-error"] {
        let over = with(draft(DIGOXIN), "status", json!(status));
        assert_eq!(case(&[over], &[active(VERAPAMIL)]).run(evaluate), Ok(vec![]), "{status}");
        let stopped = with(active(VERAPAMIL), "status", json!(status));
        assert_eq!(case(&[draft(DIGOXIN)], &[stopped]).run(evaluate), Ok(vec![]), "{status}");
    }
    let not = with(active(VERAPAMIL), "doNotPerform", json!(true));
    assert_eq!(case(&[draft(DIGOXIN)], &[not]).run(evaluate), Ok(vec![]));
    let not = with(draft(DIGOXIN), "doNotPerform", json!(true));
    assert_eq!(case(&[not], &[active(VERAPAMIL)]).run(evaluate), Ok(vec![]));
}

#[test]
fn an_atc_code_of_the_german_edition_is_read() {
    let atc = json!({"coding": [{"system": "http://fhir.de/CodeSystem/bfarm/atc", "code": "C08DA01"}]});
    let verapamil = with(active(VERAPAMIL), "medicationCodeableConcept", atc);
    let said = summaries(&case(&[draft(DIGOXIN)], &[verapamil]).locale("de"));
    assert_eq!(said, ["Digoxin mit Verapamil: der Digoxin-Spiegel steigt"]);
}

#[test]
fn a_draft_without_an_id_gives_a_card_without_a_suggestion() {
    let draft = json!({"resourceType": "MedicationRequest", "medicationCodeableConcept": drug(DIGOXIN)});
    let cards = cards(&case(&[draft], &[active(VERAPAMIL)]));
    assert_eq!(cards.len(), 1);
    assert!(cards[0].suggestions().is_empty());
}

#[test]
fn a_need_that_is_not_granted_is_a_missing_need() {
    for need in ["draft", "medication", "allergies"] {
        let case = case(&[draft(DIGOXIN)], &[]).without(need);
        assert_eq!(case.run(evaluate), Err(Failure::MissingNeed), "{need}");
    }
}
