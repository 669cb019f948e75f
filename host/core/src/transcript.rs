//! What one run saw and how it ended, so that it can be looked at again. It holds a patient's data: it stays in the hospital
//! unless a person releases it, with parts struck out, to somebody by name.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ids::{Coins, Digest, EntryName, NeedName, PluginId, ServiceId};
use crate::limits::Limits;
use crate::manifest::Hook;
use crate::message::{RunEnd, RunMessage, RunReply, Said};
use crate::record::Outcome;

/// One run. Prints its outcome: the rest is the patient's.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transcript {
    /// The plugin.
    pub plugin: PluginId,
    /// Its version.
    pub version: String,
    /// Its component.
    pub component: Digest,
    /// What it could use.
    pub limits: Limits,
    /// The hook.
    pub hook: Hook,
    /// The service.
    pub service: ServiceId,
    /// The frozen time, RFC 3339.
    pub now: String,
    /// The language.
    pub locale: String,
    /// The views, row by row, as the plugin read them.
    pub views: BTreeMap<NeedName, Vec<Value>>,
    /// What its cells held, in hexadecimal digits.
    pub cells: BTreeMap<EntryName, Option<String>>,
    /// Its data packs: version and digest.
    pub packs: BTreeMap<EntryName, (String, Digest)>,
    /// The seed.
    pub coins: String,
    /// How it ended.
    pub outcome: Outcome,
    /// The rule of the card profile that it broke, if it broke one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub broke: Option<String>,
    /// What it noted, released or not.
    pub notes: Vec<Said>,
    /// How much fuel it used: the exponent of the next power of two.
    pub fuel_class: u32,
}

impl fmt::Debug for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut printed = f.debug_struct("Transcript");
        printed.field("plugin", &self.plugin).field("outcome", &self.outcome).finish_non_exhaustive()
    }
}

impl Transcript {
    /// The transcript of a run.
    #[must_use]
    pub fn of(plugin: &PluginId, version: String, message: &RunMessage, reply: &RunReply, ended: Ending<'_>) -> Self {
        let rows = |view: &crate::view::View| {
            let rows = view.rows().iter().map(|row| serde_json::from_str(row).unwrap_or(Value::Null));
            (view.need().clone(), rows.collect())
        };
        let hex = |bytes: &Vec<u8>| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let held = |cell: &crate::message::CellGiven| cell.held.as_ref().map(|held| hex(&held.bytes));
        Self {
            plugin: plugin.clone(),
            version,
            component: message.component,
            limits: message.limits,
            hook: message.hook,
            service: message.service.clone(),
            now: message.now.to_string(),
            locale: message.locale.clone(),
            views: message.views.iter().map(rows).collect(),
            cells: message.cells.iter().map(|(name, cell)| (name.clone(), held(cell))).collect(),
            packs: message
                .packs
                .iter()
                .map(|(name, pack)| (name.clone(), (pack.version.clone(), pack.digest)))
                .collect(),
            coins: seed(message.coins),
            outcome: ended.outcome.clone(),
            broke: ended.broke.map(str::to_owned),
            notes: reply.notes.clone(),
            fuel_class: fuel_class(reply.fuel),
        }
    }
}

/// How a run ended, for its transcript.
#[derive(Debug, Clone, Copy)]
pub struct Ending<'a> {
    /// The outcome.
    pub outcome: &'a Outcome,
    /// The rule of the card profile that the answer broke.
    pub broke: Option<&'a str>,
}

/// Whether a run that ended like this is worth a transcript: it failed.
#[must_use]
pub fn failed(end: &RunEnd) -> bool {
    match end {
        RunEnd::Answered(_) => false,
        RunEnd::Failed(_) | RunEnd::Trapped(_) => true,
    }
}

/// The exponent of the next power of two: coarse, so that it says little.
#[must_use]
pub fn fuel_class(fuel: u64) -> u32 {
    u64::BITS - fuel.leading_zeros()
}

fn seed(coins: Coins) -> String {
    coins.seed().iter().map(|byte| format!("{byte:02x}")).collect()
}
