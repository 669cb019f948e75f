//! What a plugin may let out beside free text, and what it may keep: templates, pinned copies, cells, packs, notes.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{ManifestError, Texts, check_line, check_url};
use crate::ids::{Digest, EntryName, NeedName};
use crate::message::{Filled, Indicator};
use crate::profile::{self, MOST_DETAIL, ProfileError, is_settled, line};
use crate::release::MOST_SUMMARY;
use crate::slots::{RawSlot, Slot};
use crate::view::View;

/// The most `[[template]]`, `[[cell]]`, `[[pack]]` and `[[note]]` entries, of each.
pub const MOST_ENTRIES: usize = 64;
/// The most slots of one template or proposal.
pub const MOST_SLOTS: usize = 16;
/// The most bytes of a data pack.
pub const MOST_PACK: u64 = 16 << 20;
/// The most arguments of a note.
pub const MOST_ARGUMENTS: usize = 4;

/// The slots of a template or a proposal.
pub type Slots = BTreeMap<EntryName, Slot>;

/// A card whose text is signed: a run chooses it and fills its slots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// How urgent. Fixed: no data chooses it.
    pub indicator: Indicator,
    /// One line.
    pub summary: Texts,
    /// Markdown.
    pub detail: Option<Texts>,
    /// What the texts name in braces.
    pub slots: Slots,
}

/// A copy of something a link or an icon leads to, which the hospital serves itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pinned {
    /// The SHA-256 digest of its bytes.
    pub digest: Digest,
    /// What it is.
    #[serde(rename = "type")]
    pub media: Media,
}

/// What the hospital serves copies of: nothing of it loads anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Media {
    /// A page of text.
    #[serde(rename = "text/plain")]
    Text,
    /// A document.
    #[serde(rename = "application/pdf")]
    Pdf,
    /// An icon.
    #[serde(rename = "image/png")]
    Png,
}

impl Media {
    /// The media type on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text/plain; charset=utf-8",
            Self::Pdf => "application/pdf",
            Self::Png => "image/png",
        }
    }
}

/// How large a cell is. What it holds is padded to that, so that its size tells nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct CellSize(u32);

impl CellSize {
    /// The classes, in bytes.
    pub const CLASSES: [u32; 4] = [64, 256, 1_024, 4_096];

    /// The most bytes that the cell holds.
    #[must_use]
    pub const fn bytes(self) -> u32 {
        self.0
    }
}

impl TryFrom<u32> for CellSize {
    type Error = &'static str;

    fn try_from(bytes: u32) -> Result<Self, Self::Error> {
        if Self::CLASSES.contains(&bytes) { Ok(Self(bytes)) } else { Err("size: 64, 256, 1024 or 4096") }
    }
}

impl From<CellSize> for u32 {
    fn from(size: CellSize) -> Self {
        size.0
    }
}

/// `[[cell]]`: what a plugin keeps from one call to the next of the same patient, purpose and clearance.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// Its name.
    pub name: EntryName,
    /// How large it is.
    pub size: CellSize,
    /// What for, for the reviewer.
    pub why: String,
}

/// `[[pack]]`: data from the publisher, the same for every hospital and every patient.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Pack {
    /// Its name.
    pub name: EntryName,
    /// The JSON Schema (2020-12) that its contents fulfil.
    pub schema: String,
    /// The most bytes that it has.
    pub most_bytes: u64,
    /// Where the host may fetch it, if the grant says so: absolute `https` without user, query and fragment.
    #[serde(default)]
    pub url: Option<String>,
    /// What for, for the reviewer.
    pub why: String,
}

/// `[[note]]`: one thing a plugin can tell the hospital's operators.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// What the plugin names it by.
    pub code: u32,
    /// What the operator reads.
    pub text: String,
    /// Numbers with it.
    #[serde(default)]
    pub arguments: Vec<NoteArgument>,
}

/// One number of a note.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoteArgument {
    /// Its name.
    pub name: EntryName,
    /// The most that it can be.
    pub most: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTemplate {
    pub(super) name: EntryName,
    indicator: Indicator,
    summary: Texts,
    detail: Option<Texts>,
    #[serde(default)]
    slot: BTreeMap<EntryName, RawSlot>,
}

/// Whether a need lists an element.
pub(super) type Lists<'a> = dyn Fn(&NeedName, &str) -> bool + 'a;

pub(super) fn check_slots(raw: BTreeMap<EntryName, RawSlot>, lists: &Lists<'_>) -> Result<Slots, String> {
    if raw.len() > MOST_SLOTS {
        return Err(format!("at most {MOST_SLOTS} slots"));
    }
    let one = |(name, slot): (EntryName, RawSlot)| match slot.check(lists) {
        Ok(slot) => Ok((name, slot)),
        Err(error) => Err(format!("slot `{name}`: {error}")),
    };
    raw.into_iter().map(one).collect()
}

impl RawTemplate {
    pub(super) fn check(self, lists: &Lists<'_>) -> Result<(EntryName, Template), ManifestError> {
        let rule = |why: String| ManifestError::Rule(format!("template `{}`: {why}", self.name));
        let slots = check_slots(self.slot, lists).map_err(rule)?;
        let template = Template { indicator: self.indicator, summary: self.summary, detail: self.detail, slots };
        template.check().map_err(rule)?;
        Ok((self.name, template))
    }
}

impl Template {
    fn check(&self) -> Result<(), String> {
        let mut used = BTreeSet::new();
        for (what, texts) in [("summary", Some(&self.summary)), ("detail", self.detail.as_ref())] {
            for (locale, text) in texts.iter().flat_map(|texts| languages(texts)) {
                let filled = substitute(text, &mut |name| {
                    used.insert(name.clone());
                    Some(self.slots.get(name)?.sample(locale))
                });
                let filled =
                    filled.ok_or_else(|| format!("{what}: braces hold the name of a slot, and nothing else"))?;
                // It is what a card shows, so the card profile finds nothing to change, and room for the longest slots.
                let fine = match what {
                    "summary" => line(&filled, MOST_SUMMARY).is_ok_and(|inert| inert == filled),
                    _ => is_settled(text) && self.most_detail(text, locale).is_some_and(|most| most <= MOST_DETAIL),
                };
                if !fine {
                    return Err(format!("{what} ({locale}): with its longest slots it is not what a card may show"));
                }
            }
        }
        match self.slots.keys().find(|name| !used.contains(*name)) {
            Some(name) => Err(format!("slot `{name}` is in no text")),
            None => Ok(()),
        }
    }

    /// The most bytes of a detail.
    fn most_detail(&self, text: &str, locale: &str) -> Option<usize> {
        let mut most = text.len();
        substitute(text, &mut |name| {
            most = most.saturating_add(self.slots.get(name)?.most_bytes(locale));
            Some(String::new())
        })?;
        Some(most)
    }

    /// The summary, and the detail as the card profile prints it, with the slots filled.
    ///
    /// # Errors
    /// [`ProfileError`]: a slot is missing, is not one of this template, or has a value that it does not take.
    pub(crate) fn fill(&self, filled: &Filled, locale: &str, views: &[View]) -> Result<(String, String), ProfileError> {
        let values = given(&self.slots, filled)?;
        let in_language = |language| {
            let texts =
                values.iter().map(|(name, slot, value)| Ok(((*name).clone(), slot.text(value, language, views)?)));
            texts.collect::<Result<BTreeMap<EntryName, String>, ProfileError>>()
        };
        let texts = in_language(self.summary.language(locale))?;
        let summary = substitute(self.summary.for_locale(locale), &mut |name| texts.get(name).cloned());
        let detail = match &self.detail {
            Some(detail) => filled_detail(detail.for_locale(locale), &in_language(detail.language(locale))?)?,
            None => String::new(),
        };
        Ok((summary.ok_or(ProfileError::Slot("template"))?, detail))
    }
}

fn filled_detail(text: &str, texts: &BTreeMap<EntryName, String>) -> Result<String, ProfileError> {
    profile::filled(text, &mut |name| texts.get(&EntryName::new(name).ok()?).cloned())
}

/// The values for the slots: every one once, and no other.
pub(crate) fn given<'a>(
    slots: &'a Slots,
    filled: &'a Filled,
) -> Result<Vec<(&'a EntryName, &'a Slot, &'a crate::message::SlotValue)>, ProfileError> {
    if filled.slots.len() != slots.len() {
        return Err(ProfileError::Slot("number of slots"));
    }
    let value_of = |name: &EntryName| filled.slots.iter().find(|(given, _)| given == name.as_str());
    let one = |(name, slot)| match value_of(name) {
        Some((_, value)) => Ok((name, slot, value)),
        None => Err(ProfileError::Slot("name of a slot")),
    };
    slots.iter().map(one).collect()
}

fn languages(texts: &Texts) -> Vec<(&'static str, &str)> {
    std::iter::once(("en", texts.en.as_str())).chain(texts.de.as_deref().map(|de| ("de", de))).collect()
}

/// Puts texts in the place of `{name}`. `None` for a brace that does not open or close a known name.
fn substitute(text: &str, by: &mut dyn FnMut(&EntryName) -> Option<String>) -> Option<String> {
    let mut parts = text.split('{');
    let mut put = parts.next()?.to_owned();
    if put.contains('}') {
        return None;
    }
    for part in parts {
        let (name, rest) = part.split_once('}')?;
        if rest.contains('}') {
            return None;
        }
        put.push_str(&by(&EntryName::new(name).ok()?)?);
        put.push_str(rest);
    }
    Some(put)
}

pub(super) fn check_kept(cells: &[Cell], packs: &[Pack], notes: &[Note]) -> Result<(), ManifestError> {
    cells.iter().try_for_each(check_cell)?;
    packs.iter().try_for_each(check_pack)?;
    notes.iter().try_for_each(check_note)
}

fn check_cell(cell: &Cell) -> Result<(), ManifestError> {
    if cell.why.trim().is_empty() {
        return Err(ManifestError::Rule(format!("cell `{}`: say why", cell.name)));
    }
    Ok(())
}

fn check_pack(pack: &Pack) -> Result<(), ManifestError> {
    let rule = |why: &str| Err(ManifestError::Rule(format!("pack `{}`: {why}", pack.name)));
    if pack.why.trim().is_empty() {
        return rule("say why");
    }
    if pack.most_bytes == 0 || pack.most_bytes > MOST_PACK {
        return rule("most-bytes is 1 to 16777216 (16 MiB)");
    }
    if !serde_json::from_str::<serde_json::Value>(&pack.schema).is_ok_and(|schema| schema.is_object()) {
        return rule("schema is a JSON Schema, an object");
    }
    check_url("pack.url", pack.url.as_deref())
}

fn check_note(note: &Note) -> Result<(), ManifestError> {
    check_line("note.text", &note.text, 120)?;
    if note.arguments.len() > MOST_ARGUMENTS {
        return Err(ManifestError::Rule(format!("note {}: at most {MOST_ARGUMENTS} arguments", note.code)));
    }
    Ok(())
}
