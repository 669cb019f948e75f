//! The manifest: what a plugin says it is, wants to see and may show. Parsed strictly from `plugin.toml`.
//!
//! Nothing listed means nothing allowed. An unknown field, a duplicate key and a field that the host cannot enforce are
//! refused, so that what a reviewer reads is what will happen.

mod gate;
mod need;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::elements::ElementError;
use crate::ids::{EntryName, NeedName, PluginId, ServiceId};
use crate::limits::{LimitClass, Limits, Wasi};
use crate::profile::line;
use crate::proposal::{Liberty, Proposal};
use crate::release::MOST_CARDS;
use crate::slots::RawSlot;

pub(crate) use gate::given;
pub use gate::{
    Cell, CellSize, MOST_ARGUMENTS, MOST_ENTRIES, MOST_PACK, MOST_SLOTS, Media, Note, NoteArgument, Pack, Pinned,
    Slots, Template,
};
use gate::{RawTemplate, check_kept, check_slots};
pub use need::{Ages, Dates, Need, OnWithheld, Source};
use need::{RawNeed, check_together};

/// The WIT versions this host serves: the newest and the one before.
pub const WIT: [&str; 2] = ["cordon:clinical@0.3.0", "cordon:clinical@0.2.0"];

/// Prefetch token of a search. A manifest names none: the host writes the templates.
pub const PATIENT_TOKEN: &str = "{{context.patientId}}";

/// Prefetch token of the encounter in context.
pub const ENCOUNTER_TOKEN: &str = "{{context.encounterId}}";

/// The most needs of one manifest: a reviewer reads them all, and every call pays for each of them.
pub const MOST_NEEDS: usize = 32;

/// Why a `plugin.toml` was not accepted. The texts quoted are the publisher's, never a patient's. They print on one
/// line, and what a terminal or a log would obey or hide is written as an escape.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// Not TOML, an unknown field, a duplicate key or a wrong type.
    #[error("not a manifest: {}", printable(.0))]
    Shape(String),
    /// Made for another contract.
    #[error("made for `{}`, this host serves `{}`", printable(.wit), WIT.join("` and `"))]
    Wit {
        /// What the manifest names.
        wit: String,
    },
    /// A scope that cannot be read, or that asks for more than reading one patient's data.
    #[error("need `{need}`: malformed scope: {}", printable(.why))]
    Scope {
        /// The need.
        need: NeedName,
        /// What is wrong.
        why: String,
    },
    /// A prefetch token that the host does not fill.
    #[error("need `{need}`: a need names no prefetch token; the host writes the templates itself")]
    PrefetchToken {
        /// The need.
        need: NeedName,
    },
    /// An element path that cannot be enforced.
    #[error("need `{need}`: {}", printable(&.why.to_string()))]
    Element {
        /// The need.
        need: NeedName,
        /// What is wrong.
        why: ElementError,
    },
    /// A rule that is not about one need.
    #[error("{}", printable(.0))]
    Rule(String),
}

/// A publisher's text for one line of a log or a terminal: control, format and other characters without a shape are
/// written as Rust escapes (`\u{1b}`), everything else as it is.
fn printable(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '\'' | '\\' => line.push(c),
            _ => line.extend(c.escape_debug()),
        }
    }
    line
}

/// A text in the languages a hospital reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    /// English.
    pub en: String,
    /// German; absent means English is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub de: Option<String>,
}

impl Texts {
    /// The language of that text: what stands in its slots is printed in the same.
    #[must_use]
    pub fn language(&self, locale: &str) -> &'static str {
        if self.de.is_some() && locale.starts_with("de") { "de" } else { "en" }
    }

    /// The text for a BCP 47 tag: German for `de…`, else English.
    #[must_use]
    pub fn for_locale(&self, locale: &str) -> &str {
        match &self.de {
            Some(de) if locale.starts_with("de") => de,
            Some(_) | None => &self.en,
        }
    }
}

/// The CDS Hooks 2.0 library hooks a service may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hook {
    /// A patient's record is opened.
    PatientView,
    /// An order is being chosen.
    OrderSelect,
    /// Orders are about to be signed.
    OrderSign,
    /// An order is being sent to a performer.
    OrderDispatch,
    /// An encounter starts.
    EncounterStart,
    /// A discharge is prepared.
    EncounterDischarge,
    /// An appointment is being made.
    AppointmentBook,
}

impl Hook {
    /// Every hook.
    pub const ALL: [Self; 7] = [
        Self::PatientView,
        Self::OrderSelect,
        Self::OrderSign,
        Self::OrderDispatch,
        Self::EncounterStart,
        Self::EncounterDischarge,
        Self::AppointmentBook,
    ];

    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PatientView => "patient-view",
            Self::OrderSelect => "order-select",
            Self::OrderSign => "order-sign",
            Self::OrderDispatch => "order-dispatch",
            Self::EncounterStart => "encounter-start",
            Self::EncounterDischarge => "encounter-discharge",
            Self::AppointmentBook => "appointment-book",
        }
    }

    /// Reads a name from the wire; `None` for a hook this host does not serve.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|hook| hook.as_str() == name)
    }
}

/// The link of a service: on every card or on none, never chosen by data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// What the clinician reads.
    pub label: String,
    /// An absolute `https` URL without user, query and fragment. Cards lead there only if the hospital granted it.
    pub url: String,
    /// The copy that the hospital serves in its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy: Option<Pinned>,
}

/// One CDS service. The key is (id, hook): several services may share an id when the hook differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// The id in the URL.
    pub id: ServiceId,
    /// The hook it answers.
    pub hook: Hook,
    /// Shown in discovery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Shown in discovery.
    pub description: String,
    /// The one link of its cards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<Link>,
}

/// An override reason that cards may offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OverrideReason {
    /// Its name in the manifest.
    pub name: EntryName,
    /// The code.
    pub code: String,
    /// The code system.
    pub system: String,
    /// What the clinician reads.
    pub display: String,
}

/// Who a card is from, as the clinician reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CardSource {
    /// `card.source.label`.
    pub label: String,
    /// `card.source.url`: absolute `https` without user, query and fragment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// `card.source.icon`: the copy that the hospital serves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<Pinned>,
}

/// How cards are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CardMode {
    /// The plugin writes the text; the card profile bounds it.
    Text,
    /// The text is the manifest's; the plugin chooses a template and fills typed slots.
    Templated,
}

/// The most cards of one answer, if the manifest does not say: their number and order are then worth 5.2 bits.
pub const USUAL_CARDS: usize = 4;

/// What a plugin may answer with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CardRules {
    /// Whose words.
    pub mode: CardMode,
    /// The most cards of one answer. Above [`USUAL_CARDS`] the host puts them in order, so that the order tells nothing.
    pub most: usize,
}

/// A checked manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The plugin's id.
    pub id: PluginId,
    /// Its version (Semantic Versioning 2.0.0).
    pub version: semver::Version,
    /// The WIT version it is made for, one of [`WIT`].
    pub wit: &'static str,
    /// Its name.
    pub title: Texts,
    /// What it does.
    pub description: Texts,
    /// The intended use, in the publisher's words.
    pub intended_use: String,
    /// Who makes it.
    pub publisher: String,
    /// How to reach them.
    pub contact: String,
    /// Further facts for the reviewer (`licence`, `mdr-class`, `udi-di`).
    pub facts: BTreeMap<&'static str, String>,
    /// Its services, at least one.
    pub services: Vec<Service>,
    /// Its needs by name.
    pub needs: BTreeMap<NeedName, Need>,
    /// Override reasons by name.
    pub override_reasons: BTreeMap<EntryName, OverrideReason>,
    /// Orders it may propose, by name.
    pub proposals: BTreeMap<EntryName, Proposal>,
    /// How it writes cards.
    pub cards: CardRules,
    /// Its signed card texts, by name.
    pub templates: BTreeMap<EntryName, Template>,
    /// What it keeps between calls, by name.
    pub cells: BTreeMap<EntryName, Cell>,
    /// The publisher's data that it reads, by name.
    pub packs: BTreeMap<EntryName, Pack>,
    /// What it can tell the operators, by code.
    pub notes: BTreeMap<u32, Note>,
    /// Who its cards are from.
    pub source: CardSource,
    /// What a run may use.
    pub limits: Limits,
    /// The system interface that it asks for; none by default.
    pub wasi: Option<Wasi>,
}

impl Manifest {
    /// Reads a `plugin.toml`.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let raw: Raw = toml::from_str(text).map_err(|error| ManifestError::Shape(shape(text, &error)))?;
        raw.check()
    }

    /// Whether every date that the plugin reads is moved by the patient's secret offset.
    #[must_use]
    pub fn shifts_dates(&self) -> bool {
        self.needs.values().any(|need| need.dates == Dates::Shifted)
    }

    /// The service with this id for this hook.
    #[must_use]
    pub fn service(&self, id: &ServiceId, hook: Hook) -> Option<&Service> {
        self.services.iter().find(|service| service.id == *id && service.hook == hook)
    }
}

/// What is wrong, with its line.
fn shape(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.as_bytes().get(..span.start));
    match before {
        Some(before) => format!("line {}: {}", before.split(|b| *b == b'\n').count(), error.message()),
        None => error.message().to_owned(),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Raw {
    id: PluginId,
    version: semver::Version,
    wit: String,
    wasi: Option<Wasi>,
    title: Texts,
    description: Texts,
    intended_use: String,
    publisher: String,
    contact: String,
    licence: Option<String>,
    mdr_class: Option<String>,
    udi_di: Option<String>,
    service: Vec<Service>,
    #[serde(default)]
    need: Vec<RawNeed>,
    #[serde(default)]
    override_reason: Vec<OverrideReason>,
    #[serde(default)]
    proposal: Vec<RawProposal>,
    #[serde(default)]
    template: Vec<RawTemplate>,
    #[serde(default)]
    cell: Vec<Cell>,
    #[serde(default)]
    pack: Vec<Pack>,
    #[serde(default)]
    note: Vec<Note>,
    cards: RawCards,
    source: CardSource,
    #[serde(default)]
    limits: RawLimits,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawProposal {
    name: EntryName,
    description: RawTexts,
    resource: String,
    #[serde(default)]
    slot: BTreeMap<EntryName, RawSlot>,
    #[serde(default)]
    allow: BTreeSet<Liberty>,
    #[serde(default)]
    system_action: bool,
}

/// One text, or one for each language.
#[derive(Deserialize)]
#[serde(untagged)]
enum RawTexts {
    English(String),
    Both(Texts),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCards {
    mode: CardMode,
    most: Option<usize>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawLimits {
    class: Option<LimitClass>,
    fuel: Option<u64>,
    memory: Option<String>,
}

impl Raw {
    fn check(self) -> Result<Manifest, ManifestError> {
        let Some(wit) = WIT.into_iter().find(|known| *known == self.wit) else {
            return Err(ManifestError::Wit { wit: self.wit.chars().take(64).collect() });
        };
        check_services(&self.service)?;
        check_source(&self.source)?;
        let facts = [("licence", self.licence), ("mdr-class", self.mdr_class), ("udi-di", self.udi_di)];
        let limits = Limits::from_manifest(self.limits.class, self.limits.fuel, self.limits.memory.as_deref())
            .map_err(|error| ManifestError::Rule(error.to_string()))?;
        if self.need.len() > MOST_NEEDS {
            return Err(ManifestError::Rule(format!("at most {MOST_NEEDS} [[need]] entries")));
        }
        let needs = self.need.into_iter().map(RawNeed::check).collect::<Result<Vec<_>, _>>()?;
        check_together(&needs)?;
        let needs = unique("need", needs.into_iter().map(|need| (need.name.clone(), need)))?;
        let lists = |name: &NeedName, element: &str| {
            needs.get(name).is_some_and(|need| need.elements.paths().iter().any(|path| path == element))
        };
        let many = [self.template.len(), self.cell.len(), self.pack.len(), self.note.len(), self.proposal.len()];
        if many.into_iter().any(|many| many > MOST_ENTRIES) {
            let what = "[[template]], [[cell]], [[pack]], [[note]] and [[proposal]]";
            return Err(ManifestError::Rule(format!("at most {MOST_ENTRIES} each of {what}")));
        }
        let proposals = self.proposal.into_iter().map(|raw| proposal(raw, &lists)).collect::<Result<Vec<_>, _>>()?;
        let templates = self.template.into_iter().map(|raw| raw.check(&lists)).collect::<Result<Vec<_>, _>>()?;
        check_kept(&self.cell, &self.pack, &self.note)?;
        let cards = card_rules(&self.cards, templates.len())?;
        self.override_reason.iter().try_for_each(check_override_reason)?;
        Ok(Manifest {
            id: self.id,
            version: self.version,
            wit,
            title: self.title,
            description: self.description,
            intended_use: self.intended_use,
            publisher: self.publisher,
            contact: self.contact,
            facts: facts.into_iter().filter_map(|(name, value)| Some((name, value?))).collect(),
            services: self.service,
            needs,
            override_reasons: unique(
                "override-reason",
                self.override_reason.into_iter().map(|reason| (reason.name.clone(), reason)),
            )?,
            proposals: unique("proposal", proposals.into_iter())?,
            cards,
            templates: unique("template", templates.into_iter())?,
            cells: unique("cell", self.cell.into_iter().map(|cell| (cell.name.clone(), cell)))?,
            packs: unique("pack", self.pack.into_iter().map(|pack| (pack.name.clone(), pack)))?,
            notes: unique("note", self.note.into_iter().map(|note| (note.code, note)))?,
            source: self.source,
            limits,
            wasi: self.wasi,
        })
    }
}

fn check_override_reason(reason: &OverrideReason) -> Result<(), ManifestError> {
    check_line("override-reason.display", &reason.display, 80)?;
    check_token("override-reason.code", &reason.code, 120)?;
    check_token("override-reason.system", &reason.system, 512)
}

fn check_source(source: &CardSource) -> Result<(), ManifestError> {
    check_url("source.url", source.url.as_deref())?;
    if source.icon.as_ref().is_some_and(|icon| icon.media != Media::Png) {
        return Err(ManifestError::Rule("source.icon: type = \"image/png\"".to_owned()));
    }
    check_line("source.label", &source.label, 80)
}

fn proposal(raw: RawProposal, lists: &dyn Fn(&NeedName, &str) -> bool) -> Result<(EntryName, Proposal), ManifestError> {
    let rule = |why: String| ManifestError::Rule(format!("proposal `{}`: {why}", raw.name));
    let slots = check_slots(raw.slot, lists).map_err(rule)?;
    let description = match raw.description {
        RawTexts::English(en) => Texts { en, de: None },
        RawTexts::Both(texts) => texts,
    };
    let proposal = Proposal::parse(description, &raw.resource, slots, raw.allow, raw.system_action)
        .map_err(|error| rule(error.to_string()))?;
    Ok((raw.name, proposal))
}

fn card_rules(raw: &RawCards, templates: usize) -> Result<CardRules, ManifestError> {
    let most = raw.most.unwrap_or(USUAL_CARDS);
    let why = if most == 0 || most > MOST_CARDS {
        format!("cards.most: 1 to {MOST_CARDS}")
    } else if raw.mode == CardMode::Templated && templates == 0 {
        "cards.mode = \"templated\" without a [[template]]".to_owned()
    } else if raw.mode == CardMode::Text && templates > 0 {
        "a [[template]] is for cards.mode = \"templated\"".to_owned()
    } else {
        return Ok(CardRules { mode: raw.mode, most });
    };
    Err(ManifestError::Rule(why))
}

fn check_services(services: &[Service]) -> Result<(), ManifestError> {
    if services.is_empty() {
        return Err(ManifestError::Rule("a plugin has at least one [[service]]".to_owned()));
    }
    let keys: BTreeSet<_> = services.iter().map(|service| (&service.id, service.hook)).collect();
    if keys.len() != services.len() {
        return Err(ManifestError::Rule("two services share id and hook".to_owned()));
    }
    for service in services {
        if service.description.trim().is_empty() {
            return Err(ManifestError::Rule(format!("service `{}`: description is empty", service.id)));
        }
        if let Some(link) = &service.link {
            check_line("service.link.label", &link.label, 80)?;
            check_url("service.link.url", Some(&link.url))?;
            if link.copy.as_ref().is_some_and(|copy| copy.media == Media::Png) {
                return Err(ManifestError::Rule(
                    "service.link.copy: type = \"text/plain\" or \"application/pdf\"".to_owned(),
                ));
            }
        }
    }
    Ok(())
}

/// These texts reach the clinician's screen as they stand, so the card profile must find nothing to change in them.
fn check_line(field: &str, text: &str, most: usize) -> Result<(), ManifestError> {
    let fine = line(text, most).is_ok_and(|inert| inert == text);
    if fine {
        Ok(())
    } else {
        Err(ManifestError::Rule(format!("{field}: one line of 1 to {most} characters of plain text, as on a card")))
    }
}

/// A code or a code system's URL: data for the EHR, nothing a clinician reads.
fn check_token(field: &str, text: &str, most: usize) -> Result<(), ManifestError> {
    let fine = !text.is_empty() && text.len() <= most && text.bytes().all(|byte| byte.is_ascii_graphic());
    if fine { Ok(()) } else { Err(ManifestError::Rule(format!("{field}: 1 to {most} printable ASCII characters"))) }
}

/// URLs reach the clinician's browser, so they are fixed, plain and without room for data.
fn check_url(field: &str, url: Option<&str>) -> Result<(), ManifestError> {
    let Some(url) = url else { return Ok(()) };
    let rest = url.strip_prefix("https://").unwrap_or_default();
    let host = rest.split('/').next().unwrap_or_default();
    // One spelling: no port or host that a browser refuses or reads as another (WHATWG URL).
    let read = url::Url::parse(url).map(String::from).unwrap_or_default();
    let fine = url.len() <= 512
        && read.trim_end_matches('/') == url.trim_end_matches('/')
        && host.contains('.')
        && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':'))
        && rest
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'/' | b'_' | b'~' | b'%'));
    if fine {
        Ok(())
    } else {
        Err(ManifestError::Rule(format!("{field}: an absolute https URL without user, query and fragment")))
    }
}

fn unique<K: Ord + std::fmt::Display, V>(
    what: &str,
    entries: impl Iterator<Item = (K, V)>,
) -> Result<BTreeMap<K, V>, ManifestError> {
    let mut map = BTreeMap::new();
    for (name, value) in entries {
        if map.contains_key(&name) {
            return Err(ManifestError::Rule(format!("two {what} entries are named `{name}`")));
        }
        map.insert(name, value);
    }
    Ok(map)
}
