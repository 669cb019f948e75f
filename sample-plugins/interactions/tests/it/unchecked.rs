//! What the table does not hold is never passed over in silence.

use cordon_sdk::testing::json;
use interactions::evaluate;

use crate::calls::{DIGOXIN, VERAPAMIL, active, allergy, cards, case, draft, summaries, with};

/// Metformin. RxNorm; not in the table.
const METFORMIN: &str = "861007";

#[test]
fn an_unknown_draft_is_said_to_be_not_checked() {
    let cards = cards(&case(&[draft(METFORMIN)], &[active(DIGOXIN)]));
    assert_eq!(cards[0].summary(), "Interactions not checked, because not in this tool's table: draft orders (1)");
    assert!(cards[0].markdown().contains("- Draft order: RxNorm 861007"), "{}", cards[0].markdown());
}

#[test]
fn a_draft_without_a_medication_or_with_a_text_or_a_reference_is_said_too() {
    let bare = json!({"resourceType": "MedicationRequest", "id": "1"});
    let text =
        json!({"resourceType": "MedicationRequest", "id": "2", "medicationCodeableConcept": {"text": "Digoxin"}});
    let reference =
        json!({"resourceType": "MedicationRequest", "id": "3", "medicationReference": {"reference": "Medication/1"}});
    let local =
        with(draft(DIGOXIN), "medicationCodeableConcept", json!({"coding": [{"system": "local", "code": "3407"}]}));
    for row in [bare, text, reference, local] {
        let cards = cards(&case(std::slice::from_ref(&row), &[active(VERAPAMIL)]));
        let expected = "Interactions not checked, because not in this tool's table: draft orders (1)";
        assert_eq!((cards.len(), cards[0].summary()), (1, expected), "{row}");
        assert!(cards[0].markdown().contains("- Draft order: 1 without a readable code"), "{}", cards[0].markdown());
    }
}

#[test]
fn an_unknown_active_order_is_said_beside_what_was_found() {
    let text = with(active(METFORMIN), "medicationCodeableConcept", json!({"text": "Herbal mixture"}));
    let said = summaries(&case(&[draft(DIGOXIN)], &[active(VERAPAMIL), active(METFORMIN), text]));
    let not_checked = "Interactions not checked, because not in this tool's table: active orders (2)";
    assert_eq!(said, ["Digoxin with verapamil: the digoxin level rises", not_checked]);
}

#[test]
fn if_no_draft_is_known_only_the_drafts_are_said() {
    let case = case(&[draft(METFORMIN)], &[active("161")]).need("allergies", [allergy("91935009")]);
    assert_eq!(summaries(&case), ["Interactions not checked, because not in this tool's table: draft orders (1)"]);
    let german = summaries(&case.locale("de"));
    assert_eq!(german, ["Wechselwirkungen nicht geprüft, weil nicht in der Tabelle: Entwürfe (1)"]);
}

#[test]
fn drafts_of_another_resource_type_are_not_this_tools_business() {
    let test = json!({"resourceType": "ServiceRequest", "id": "1", "code": {"text": "Creatinine"}});
    assert_eq!(case(&[test], &[active(DIGOXIN)]).run(evaluate), Ok(vec![]));
}

#[test]
fn a_long_list_is_cut_and_counted() {
    let many: Vec<_> = (0..30).map(|code| active(&code.to_string())).collect();
    let card = cards(&case(&[draft(DIGOXIN)], &many)).remove(0);
    assert!(card.summary().ends_with("active orders (30)"), "{}", card.summary());
    assert!(card.markdown().contains("- and 18 more"), "{}", card.markdown());
}
