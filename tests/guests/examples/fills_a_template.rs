//! Honest: fills a template and a proposal of its manifest with every kind of slot, and asks for a system action.

use cordon_guests_0_3::{Action, Call, Card, CardText, Failure, Response, SlotValue, Suggestion, View, card, filled};

cordon_guests_0_3::plugin!(evaluate);

fn evaluate(call: Call) -> Result<Response, Failure> {
    let newest = first_id(&call.view("labs").ok_or(Failure::MissingNeed)?).ok_or(Failure::UnreadableData)?;
    let slots = [
        ("egfr", SlotValue::Number(43.9)),
        ("stage", SlotValue::Code("g3b".to_owned())),
        ("when", SlotValue::Date("2024-02-29".to_owned())),
        ("result", SlotValue::Row(newest)),
    ];
    let repeat = || Action::Create(filled("repeat", [("on", SlotValue::Date("2024-03-14".to_owned()))]));
    let draft = call.view("drafts").and_then(|drafts| first_id(&drafts)).map(Action::Delete);
    let actions = draft.into_iter().chain([repeat()]).collect();
    let suggestion = Suggestion { label: None, recommended: true, actions };
    let text = CardText::Template(filled("reduced", slots));
    let card = Card { suggestions: vec![suggestion], override_reasons: vec!["known".to_owned()], ..card(text) };
    Ok(Response { cards: vec![card], system_actions: vec![repeat()] })
}

/// The id of the newest row.
fn first_id(view: &View) -> Option<String> {
    let row = view.read(0, 1).pop()?;
    let (_, after) = row.split_once(r#""id":""#)?;
    Some(after.split_once('"')?.0.to_owned())
}
