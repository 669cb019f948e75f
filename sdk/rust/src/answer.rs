//! What a plugin answers.

use std::fmt;

use crate::{Card, CardError, Proposal};

/// The most cards of one answer.
pub const MAX_CARDS: usize = 10;

/// The most system actions of one answer.
pub const MAX_SYSTEM_ACTIONS: usize = 4;

/// The cards, most important first; none means nothing to say. More than [`MAX_CARDS`] is [`Failure::Internal`]: the SDK
/// drops none of them, because a warning might be among those. The manifest's `[cards] most` can be less, and is 4 if it
/// does not say. A plugin with system actions answers `Answer<Response>`.
pub type Answer<T = Vec<Card>> = Result<T, Failure>;

/// What an answer holds.
pub trait Advice {
    /// The cards, most important first.
    fn cards(&self) -> &[Card];

    /// What the EHR stores without asking anybody.
    fn system_actions(&self) -> &[Proposal];
}

impl Advice for Vec<Card> {
    fn cards(&self) -> &[Card] {
        self
    }

    fn system_actions(&self) -> &[Proposal] {
        &[]
    }
}

/// Cards and system actions.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Response {
    cards: Vec<Card>,
    system_actions: Vec<Proposal>,
}

impl Response {
    /// These cards and no system action.
    #[must_use]
    pub fn new(cards: Vec<Card>) -> Self {
        Self { cards, system_actions: Vec::new() }
    }

    /// Has the EHR store an order without asking anybody: a `[[proposal]]` with `system-action = true`, of a type that
    /// the hospital granted.
    ///
    /// # Errors
    /// [`CardError::TooMany`] for a fifth, and as [`crate::Suggestion::propose`].
    pub fn act(mut self, proposal: impl Into<Proposal>) -> Result<Self, CardError> {
        if self.system_actions.len() >= MAX_SYSTEM_ACTIONS {
            return Err(CardError::TooMany);
        }
        self.system_actions.push(proposal.into().checked()?);
        Ok(self)
    }
}

impl Advice for Response {
    fn cards(&self) -> &[Card] {
        &self.cards
    }

    fn system_actions(&self) -> &[Proposal] {
        &self.system_actions
    }
}

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
pub(crate) fn bounded<T: Advice>(answer: Answer<T>) -> Answer<T> {
    answer.and_then(|said| if said.cards().len() > MAX_CARDS { Err(Failure::Internal) } else { Ok(said) })
}
