//! Answers as the served versions of the contract have them: the same records and variants, of two packages.

use cordon_core::message::{Advice, Answer, Asked, CardText, Failure, Filled, Indicator, SlotValue, Suggested};

use super::Said;

/// The conversion from the types of one version.
macro_rules! answers {
    ($version:ident) => {
        const _: () = {
            use crate::bindings::$version::cordon::clinical::advice;

            impl From<Result<advice::Response, advice::Failure>> for Said {
                fn from(said: Result<advice::Response, advice::Failure>) -> Self {
                    match said {
                        Ok(response) => answer(response).map_or(Self::NoNumber, Self::Answered),
                        Err(advice::Failure::MissingNeed) => Self::Failed(Failure::MissingNeed),
                        Err(advice::Failure::UnreadableData) => Self::Failed(Failure::UnreadableData),
                        Err(advice::Failure::Internal) => Self::Failed(Failure::Internal),
                    }
                }
            }

            /// `None` from here on: a number that is not finite.
            fn answer(response: advice::Response) -> Option<Answer> {
                Some(Answer {
                    cards: response.cards.into_iter().map(card).collect::<Option<_>>()?,
                    system_actions: response.system_actions.into_iter().map(action).collect::<Option<_>>()?,
                })
            }

            fn card(card: advice::Card) -> Option<Advice> {
                let text = match card.text {
                    advice::CardText::Free(free) => CardText::Free {
                        summary: free.summary,
                        detail: free.detail,
                        indicator: indicator(free.indicator),
                    },
                    advice::CardText::Template(template) => CardText::Template(filled(template)?),
                };
                let suggestions = card.suggestions.into_iter().map(suggestion).collect::<Option<_>>()?;
                Some(Advice { text, suggestions, override_reasons: card.override_reasons })
            }

            fn indicator(indicator: advice::Indicator) -> Indicator {
                match indicator {
                    advice::Indicator::Info => Indicator::Info,
                    advice::Indicator::Warning => Indicator::Warning,
                    advice::Indicator::Critical => Indicator::Critical,
                }
            }

            fn suggestion(suggestion: advice::Suggestion) -> Option<Suggested> {
                let actions = suggestion.actions.into_iter().map(action).collect::<Option<_>>()?;
                Some(Suggested { label: suggestion.label, recommended: suggestion.recommended, actions })
            }

            fn action(action: advice::Action) -> Option<Asked> {
                Some(match action {
                    advice::Action::Create(proposal) => Asked::Create(filled(proposal)?),
                    advice::Action::Delete(draft) => Asked::Delete(draft),
                })
            }

            fn filled(filled: advice::Filled) -> Option<Filled> {
                let slots = filled.slots.into_iter().map(|slot| Some((slot.name, value(slot.value)?)));
                Some(Filled { name: filled.name, slots: slots.collect::<Option<_>>()? })
            }

            fn value(value: advice::SlotValue) -> Option<SlotValue> {
                Some(match value {
                    advice::SlotValue::Number(number) => {
                        SlotValue::Number(Some(number).filter(|number| number.is_finite())?)
                    }
                    advice::SlotValue::Code(code) => SlotValue::Code(code),
                    advice::SlotValue::Date(date) => SlotValue::Date(date),
                    advice::SlotValue::Row(row) => SlotValue::Row(row),
                })
            }
        };
    };
}

answers!(v0_3);
answers!(v0_2);
