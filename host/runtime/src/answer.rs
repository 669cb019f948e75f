//! What a guest answered, in the words of `core`: one conversion for each version of the contract.

use cordon_core::message::{Advice, Answer, Asked, CardText, Failure, Filled, SlotValue, Suggested};

mod versions;

/// What came back from a guest.
pub(crate) enum Said {
    /// Hostile until released.
    Answered(Answer),
    Failed(Failure),
    /// An answer with a number that is none: no two of them are equal, so it could not be compared with its replay.
    NoNumber,
}

/// The bytes of an answer's texts.
pub(crate) fn weight(answer: &Answer) -> u64 {
    let cards = answer.cards.iter().map(card);
    u64::try_from(cards.chain(answer.system_actions.iter().map(asked)).sum::<usize>()).unwrap_or(u64::MAX)
}

fn card(card: &Advice) -> usize {
    let texts = match &card.text {
        CardText::Free { summary, detail, .. } => [summary.len(), detail.as_ref().map_or(0, String::len)],
        CardText::Template(template) => [filled(template), 0],
    };
    let reasons = card.override_reasons.iter().map(String::len);
    texts.into_iter().chain(reasons).chain(card.suggestions.iter().map(suggested)).sum()
}

fn suggested(suggested: &Suggested) -> usize {
    let actions = suggested.actions.iter().map(asked);
    actions.sum::<usize>().saturating_add(suggested.label.as_ref().map_or(0, String::len))
}

fn asked(asked: &Asked) -> usize {
    match asked {
        Asked::Create(proposal) => filled(proposal),
        Asked::Delete(draft) => draft.len(),
    }
}

fn filled(filled: &Filled) -> usize {
    let slot = |(name, value): &(String, SlotValue)| {
        let value = match value {
            SlotValue::Number(_) => 8,
            SlotValue::Code(text) | SlotValue::Date(text) | SlotValue::Row(text) => text.len(),
        };
        name.len().saturating_add(value)
    };
    filled.slots.iter().map(slot).sum::<usize>().saturating_add(filled.name.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(slots: Vec<(String, SlotValue)>) -> Filled {
        Filled { name: "name".to_owned(), slots }
    }

    #[test]
    fn every_text_of_an_answer_has_weight() {
        let slots = vec![
            ("number".to_owned(), SlotValue::Number(1.5)),
            ("code".to_owned(), SlotValue::Code("high".to_owned())),
            ("date".to_owned(), SlotValue::Date("2024-03-01".to_owned())),
            ("row".to_owned(), SlotValue::Row("r1".to_owned())),
        ];
        // 4 for the name, 6 + 8, 4 + 4, 4 + 10 and 3 + 2 for the slots.
        let filled_weight = 4 + 14 + 8 + 14 + 5;
        let actions = vec![Asked::Create(template(slots.clone())), Asked::Delete("r22".to_owned())];
        let suggested = Suggested { label: Some("label".to_owned()), recommended: false, actions: actions.clone() };
        let card = Advice {
            text: CardText::Template(template(slots)),
            suggestions: vec![suggested],
            override_reasons: vec!["reason".to_owned()],
        };
        let free = Advice::free("summary", Some("detail".to_owned()), cordon_core::message::Indicator::Info);
        let answer = Answer { cards: vec![card, free], system_actions: actions };
        assert_eq!(weight(&answer), filled_weight * 3 + 3 + 3 + 5 + 6 + 13);
    }
}
