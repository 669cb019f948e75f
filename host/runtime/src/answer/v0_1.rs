//! Answers of `cordon:clinical@0.1.0`: every card is of the plugin's own words, every suggestion has a label.

use cordon_core::message::{Advice, Answer, Asked, CardText, Failure, Filled, Indicator, Suggested};

use super::Said;
use crate::bindings::v0_1::cordon::clinical::advice;

impl From<Result<advice::Response, advice::Failure>> for Said {
    fn from(said: Result<advice::Response, advice::Failure>) -> Self {
        match said {
            Ok(response) => Self::Answered(Answer {
                cards: response.cards.into_iter().map(card).collect(),
                system_actions: Vec::new(),
            }),
            Err(advice::Failure::MissingNeed) => Self::Failed(Failure::MissingNeed),
            Err(advice::Failure::UnreadableData) => Self::Failed(Failure::UnreadableData),
            Err(advice::Failure::Internal) => Self::Failed(Failure::Internal),
        }
    }
}

fn card(card: advice::Card) -> Advice {
    let indicator = match card.indicator {
        advice::Indicator::Info => Indicator::Info,
        advice::Indicator::Warning => Indicator::Warning,
        advice::Indicator::Critical => Indicator::Critical,
    };
    Advice {
        text: CardText::Free { summary: card.summary, detail: card.detail, indicator },
        suggestions: card.suggestions.into_iter().map(suggestion).collect(),
        override_reasons: card.override_reasons,
    }
}

fn suggestion(suggestion: advice::Suggestion) -> Suggested {
    let asked = |action| match action {
        advice::Action::Create(proposal) => Asked::Create(Filled::plain(proposal)),
        advice::Action::Delete(draft) => Asked::Delete(draft),
    };
    Suggested {
        label: Some(suggestion.label),
        recommended: suggestion.recommended,
        actions: suggestion.actions.into_iter().map(asked).collect(),
    }
}
