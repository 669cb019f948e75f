//! What a plugin answers.

use std::fmt;

use crate::{Card, CardError};

/// The most cards of one answer.
pub const MAX_CARDS: usize = 10;

/// The cards, most important first; none means nothing to say. More than [`MAX_CARDS`] is [`Failure::Internal`]: the SDK
/// drops none of them, because a warning might be among those.
pub type Answer = Result<Vec<Card>, Failure>;

/// Why a plugin could not answer. It carries no text: a text would be a way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The hospital did not grant a need without which the plugin cannot work.
    MissingNeed,
    /// A row could not be understood.
    UnreadableData,
    /// Anything else, such as a card that the card profile refuses.
    Internal,
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::MissingNeed => "a need is not granted",
            Self::UnreadableData => "a row could not be understood",
            Self::Internal => "internal failure",
        })
    }
}

impl std::error::Error for Failure {}

impl From<CardError> for Failure {
    fn from(_: CardError) -> Self {
        Self::Internal
    }
}

/// The rule about a whole answer, the same in a component and in a native test.
pub(crate) fn bounded(answer: Answer) -> Answer {
    answer.and_then(|cards| if cards.len() > MAX_CARDS { Err(Failure::Internal) } else { Ok(cards) })
}
