//! The one message into a run and the one message out of it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::cells::Held;
use crate::ids::{Coins, Digest, EntryName, PluginId, ServiceId, TenantId};
use crate::limits::Limits;
use crate::manifest::Hook;
use crate::view::View;

/// All that a run gets.
#[derive(Debug, Clone)]
pub struct RunMessage {
    /// Whose run: no process serves two tenants. The guest is not told.
    pub tenant: TenantId,
    /// Of which plugin: nor does one serve two plugins, also if they are made of the same bytes. The guest is not told.
    pub plugin: PluginId,
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
    /// The granted cells, with their sizes and what they hold.
    pub cells: BTreeMap<EntryName, CellGiven>,
    /// The granted data packs.
    pub packs: BTreeMap<EntryName, Arc<PackData>>,
    /// Wall-clock time left. A run that is cut off by it is not replayable.
    pub budget: Duration,
    /// Seeds whatever the run needs to be random.
    pub coins: Coins,
}

/// A cell as a run gets it. Prints its size: what it holds was made of a patient's data.
#[derive(Clone, PartialEq, Eq)]
pub struct CellGiven {
    /// The most bytes that it may hold.
    pub size: u32,
    /// What it holds.
    pub held: Option<Held>,
}

impl fmt::Debug for CellGiven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CellGiven").field("size", &self.size).field("held", &self.held.is_some()).finish()
    }
}

/// A verified data pack. Prints its digest.
#[derive(Clone, PartialEq, Eq)]
pub struct PackData {
    /// The publisher's name for this state of it.
    pub version: String,
    /// The digest of its bytes.
    pub digest: Digest,
    /// Its bytes, JSON.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for PackData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PackData").field("version", &self.version).field("digest", &self.digest).finish_non_exhaustive()
    }
}

/// All that comes out of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunReply {
    /// How it ended.
    pub end: RunEnd,
    /// Fuel used.
    pub fuel: u64,
    /// What the plugin noted, whatever the end was. Not yet released.
    pub notes: Vec<Said>,
    /// What the plugin left in its cells: `None` empties one. Only cells that it wrote. Not yet released.
    pub cells: BTreeMap<EntryName, Option<Vec<u8>>>,
}

impl RunReply {
    /// A reply without notes and without writes.
    #[must_use]
    pub fn new(end: RunEnd, fuel: u64) -> Self {
        Self { end, fuel, notes: Vec::new(), cells: BTreeMap::new() }
    }
}

/// One note as the plugin gave it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// A code of the manifest, or not.
    pub event: u32,
    /// Its numbers.
    pub arguments: Vec<u32>,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The cards.
    pub cards: Vec<Advice>,
    /// What the EHR should do without asking anybody.
    pub system_actions: Vec<Asked>,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("cards", &self.cards.len()).finish_non_exhaustive()
    }
}

/// One card as the plugin wrote it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Advice {
    /// What it says.
    pub text: CardText,
    /// What the clinician may accept.
    pub suggestions: Vec<Suggested>,
    /// Names of the manifest's override reasons.
    pub override_reasons: Vec<String>,
}

impl Advice {
    /// A card of the plugin's own words.
    #[must_use]
    pub fn free(summary: impl Into<String>, detail: Option<String>, indicator: Indicator) -> Self {
        let text = CardText::Free { summary: summary.into(), detail, indicator };
        Self { text, suggestions: Vec::new(), override_reasons: Vec::new() }
    }
}

/// What a card says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum CardText {
    /// The plugin's own words.
    Free {
        /// One line.
        summary: String,
        /// Markdown.
        detail: Option<String>,
        /// How urgent.
        indicator: Indicator,
    },
    /// A template of the manifest.
    Template(Filled),
}

/// A template or a proposal of the manifest with its slots.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Filled {
    /// Its name.
    pub name: String,
    /// The slots by name.
    pub slots: Vec<(String, SlotValue)>,
}

impl Filled {
    /// One without slots.
    #[must_use]
    pub fn plain(name: impl Into<String>) -> Self {
        Self { name: name.into(), slots: Vec::new() }
    }
}

/// What a plugin puts into a slot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum SlotValue {
    /// A number.
    Number(f64),
    /// The name of a listed code.
    Code(String),
    /// A day, `YYYY-MM-DD`.
    Date(String),
    /// The id of a row in view.
    Row(String),
}

/// `card.indicator` of CDS Hooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Suggested {
    /// The text on the button; without one the proposal's own description.
    pub label: Option<String>,
    /// Recommended.
    pub recommended: bool,
    /// What accepting does.
    pub actions: Vec<Asked>,
}

/// One action as the plugin asked for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Asked {
    /// Create the proposal of this name.
    Create(Filled),
    /// Delete the draft with this minted id.
    Delete(String),
}
