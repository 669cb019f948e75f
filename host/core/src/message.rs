//! The one message into a run and the one message out of it.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{Coins, Digest, ServiceId};
use crate::limits::Limits;
use crate::manifest::Hook;
use crate::view::View;

/// All that a run gets.
#[derive(Debug, Clone)]
pub struct RunMessage {
    /// Which component.
    pub component: Digest,
    /// What it may use.
    pub limits: Limits,
    /// `call.hook`.
    pub hook: Hook,
    /// `call.service`.
    pub service: ServiceId,
    /// `call.now`.
    pub now: Timestamp,
    /// `call.locale`.
    pub locale: String,
    /// The granted needs.
    pub views: Vec<View>,
    /// Wall-clock time left. A run that is cut off by it is not replayable.
    pub budget: Duration,
    /// Seeds whatever the run needs to be random.
    pub coins: Coins,
}

/// All that comes out of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunReply {
    /// How it ended.
    pub end: RunEnd,
    /// Fuel used.
    pub fuel: u64,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub enum RunEnd {
    /// With an answer, not yet released.
    Answered(Answer),
    /// The plugin said it could not.
    Failed(Failure),
    /// The plugin broke the contract or its budget.
    Trapped(Trap),
}

/// The plugin's closed reasons, as in the WIT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Failure {
    /// A need it cannot work without was not granted.
    MissingNeed,
    /// A row could not be understood.
    UnreadableData,
    /// Anything else.
    Internal,
}

/// What the guest broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trap {
    /// A wasm trap: unreachable, out of bounds, a wrong value across the boundary.
    Wasm,
    /// Out of fuel.
    Fuel,
    /// More memory or table elements than its limits.
    Memory,
    /// Stack exhausted.
    Stack,
    /// More live handles than its limits.
    Handles,
    /// More bytes in one transfer, or in all, than its limits.
    Transfer,
    /// Cut off by the wall clock. Not replayable.
    Deadline,
    /// An answer that the card profile refuses.
    Profile,
}

/// A plugin's answer: hostile until released. Prints the number of cards.
#[derive(Clone, Default, PartialEq)]
pub struct Answer {
    /// The cards.
    pub cards: Vec<Advice>,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("cards", &self.cards.len()).finish()
    }
}

/// One card as the plugin wrote it.
#[derive(Debug, Clone, PartialEq)]
pub struct Advice {
    /// One line.
    pub summary: String,
    /// Markdown.
    pub detail: Option<String>,
    /// How urgent.
    pub indicator: Indicator,
    /// What the clinician may accept.
    pub suggestions: Vec<Suggested>,
    /// Names of the manifest's override reasons.
    pub override_reasons: Vec<String>,
}

/// `card.indicator` of CDS Hooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Indicator {
    /// Something worth knowing.
    Info,
    /// Something to consider.
    Warning,
    /// Something that needs attention now.
    Critical,
}

/// One suggestion as the plugin wrote it.
#[derive(Debug, Clone, PartialEq)]
pub struct Suggested {
    /// The text on the button.
    pub label: String,
    /// Recommended.
    pub recommended: bool,
    /// What accepting does.
    pub actions: Vec<Asked>,
}

/// One action as the plugin asked for it.
#[derive(Debug, Clone, PartialEq)]
pub enum Asked {
    /// Create the proposal of this name.
    Create(String),
    /// Delete the draft with this minted id.
    Delete(String),
}
