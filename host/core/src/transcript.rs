//! What one run saw and how it ended, so that it can be looked at again. It holds a patient's data: it stays in the hospital
//! unless a person releases it, with parts struck out, to somebody by name.
//!
//! With the component, and the data packs that it names by digest, it is all that the run depended on: run again, it gives the
//! same reply, byte for byte. Only a run that the clock cut off is no evidence.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cells::Held;
use crate::ids::{Coins, Digest, EntryName, NeedName, PluginId, ServiceId, TenantId, hex};
use crate::limits::Limits;
use crate::manifest::Hook;
use crate::message::{CellGiven, PackData, RunEnd, RunMessage, RunReply, Said, Trap};
use crate::record::Outcome;
use crate::view::View;

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
    /// What each need lists: of what it could ask for columns.
    pub elements: BTreeMap<NeedName, Vec<String>>,
    /// What its cells held, in hexadecimal digits.
    pub cells: BTreeMap<EntryName, Option<String>>,
    /// How much each of its cells may hold, in bytes.
    pub sizes: BTreeMap<EntryName, u32>,
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
    /// What ran it: the engine, its version and its settings.
    pub engine: String,
    /// The digest of the whole reply ([`reply_digest`]).
    pub reply: Digest,
}

/// Why a transcript cannot be run again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// The clock ended the run, at an instruction that nobody knows.
    #[error("the run was cut off by the clock: running it again shows nothing")]
    CutOff,
    /// The bytes of a data pack are needed.
    #[error("data pack `{0}` with the digest {1} is needed")]
    Pack(EntryName, Digest),
    /// A field does not hold what it must.
    #[error("`{0}` is not what a transcript holds")]
    Malformed(&'static str),
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
            let rows = view.rows().map(exactly);
            (view.need().clone(), rows.collect())
        };
        let held = |cell: &CellGiven| cell.held.as_ref().map(|held| hex(&held.bytes));
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
            elements: message.views.iter().map(|view| (view.need().clone(), view.elements().to_vec())).collect(),
            cells: message.cells.iter().map(|(name, cell)| (name.clone(), held(cell))).collect(),
            sizes: message.cells.iter().map(|(name, cell)| (name.clone(), cell.size)).collect(),
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
            engine: ended.engine.to_owned(),
            reply: reply_digest(reply),
        }
    }

    /// The message that this is the transcript of, with the data packs it names, by the digests of their bytes.
    ///
    /// # Errors
    /// [`ReplayError`].
    pub fn message(&self, tenant: TenantId, packs: &BTreeMap<Digest, Vec<u8>>) -> Result<RunMessage, ReplayError> {
        if self.outcome == Outcome::Trapped(Trap::Deadline) {
            return Err(ReplayError::CutOff);
        }
        let pack = |(name, (version, digest)): (&EntryName, &(String, Digest))| {
            let bytes = packs.get(digest).ok_or_else(|| ReplayError::Pack(name.clone(), *digest))?;
            let data = PackData { version: version.clone(), digest: *digest, bytes: bytes.clone() };
            Ok((name.clone(), Arc::new(data)))
        };
        let cell = |(name, size): (&EntryName, &u32)| {
            let held = self.cells.get(name).ok_or(ReplayError::Malformed("cells"))?;
            let bytes =
                held.as_deref().map(|digits| unhex(digits).ok_or(ReplayError::Malformed("cells"))).transpose()?;
            // The version of a cell is no matter to the run, which never sees it.
            Ok((name.clone(), CellGiven { size: *size, held: bytes.map(|bytes| Held { version: 0, bytes }) }))
        };
        let view = |(need, rows): (&NeedName, &Vec<Value>)| {
            let listed = self.elements.get(need).map(|listed| listed.as_slice().into());
            View::new(need.clone(), rows.iter().map(text)).listing(listed.unwrap_or_default())
        };
        let seed = unhex(&self.coins).and_then(|seed| <[u8; 32]>::try_from(seed).ok());
        Ok(RunMessage {
            tenant,
            plugin: self.plugin.clone(),
            component: self.component,
            limits: self.limits,
            hook: self.hook,
            service: self.service.clone(),
            now: self.now.parse::<Timestamp>().map_err(|_| ReplayError::Malformed("now"))?,
            locale: self.locale.clone(),
            views: self.views.iter().map(view).collect(),
            cells: self.sizes.iter().map(cell).collect::<Result<_, ReplayError>>()?,
            packs: self.packs.iter().map(pack).collect::<Result<_, ReplayError>>()?,
            budget: Duration::from_secs(60),
            coins: Coins::new(seed.ok_or(ReplayError::Malformed("coins"))?),
        })
    }
}

/// A row that prints as it was read; as one text, if printing would change a byte of it.
fn exactly(row: &str) -> Value {
    let as_text = || Value::String(row.to_owned());
    let Ok(read) = serde_json::from_str::<Value>(row) else { return as_text() };
    let printed = read.to_string();
    if read.is_object() && printed == row { read } else { as_text() }
}

fn text(row: &Value) -> String {
    row.as_str().map_or_else(|| row.to_string(), str::to_owned)
}

/// The digest of all that came out of a run, fuel included.
#[must_use]
pub fn reply_digest(reply: &RunReply) -> Digest {
    // Maps are ordered and numbers finite: equal replies have equal bytes, and every reply has some.
    Digest::of(&serde_json::to_vec(reply).unwrap_or_default())
}

fn unhex(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    pairs.collect()
}

/// How a run ended, for its transcript.
#[derive(Debug, Clone, Copy)]
pub struct Ending<'a> {
    /// The outcome.
    pub outcome: &'a Outcome,
    /// The rule of the card profile that the answer broke.
    pub broke: Option<&'a str>,
    /// What ran it ([`crate::ports::Runner::engine`]).
    pub engine: &'a str,
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
    hex(&coins.seed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_comes_back_as_it_was_read_to_the_byte() {
        let rows = [r#"{"b":1,"a":13.50}"#, r#"{"a": 1}"#, r#"{"a":1,"a":2}"#, r#""a text""#, "no JSON"];
        assert_eq!(rows.map(|row| text(&exactly(row))), rows.map(str::to_owned));
        assert!(exactly(rows[0]).is_object(), "a part of it can be struck out");
    }

    #[test]
    fn bytes_come_back_from_their_digits() {
        assert_eq!(unhex(&hex(&[0, 7, 255])), Some(vec![0, 7, 255]));
        assert_eq!((unhex("0g"), unhex("é")), (None, None));
    }
}
