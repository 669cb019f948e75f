//! The manifest: what a plugin says it is, wants to see and may show. Parsed strictly from `plugin.toml`.
//!
//! Nothing listed means nothing allowed. An unknown field, a duplicate key and a field that the host cannot enforce are
//! refused, so that what a reviewer reads is what will happen.

mod need;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::elements::ElementError;
use crate::ids::{EntryName, NeedName, PluginId, ServiceId};
use crate::limits::{LimitClass, Limits};
use crate::profile::line;
use crate::proposal::Proposal;

pub use need::{Ages, Dates, Need, OnWithheld, Source};
use need::{RawNeed, check_together};

/// The one WIT version this host serves.
pub const WIT: &str = "cordon:clinical@0.1.0";

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
    #[error("made for `{}`, this host serves `{WIT}`", printable(.wit))]
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
    /// An absolute `https` URL without user, query and fragment.
    pub url: String,
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
    /// `card.source.icon`: no manifest may name one until this host serves a pinned copy of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
}

/// How cards are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CardMode {
    /// The plugin writes the text; the card profile bounds it.
    Text,
}

/// A checked manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The plugin's id.
    pub id: PluginId,
    /// Its version (Semantic Versioning 2.0.0).
    pub version: semver::Version,
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
    pub cards: CardMode,
    /// Who its cards are from.
    pub source: CardSource,
    /// What a run may use.
    pub limits: Limits,
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
    cards: RawCards,
    source: CardSource,
    #[serde(default)]
    limits: RawLimits,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawProposal {
    name: EntryName,
    description: String,
    resource: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCards {
    mode: CardMode,
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
        if self.wit != WIT {
            return Err(ManifestError::Wit { wit: self.wit.chars().take(64).collect() });
        }
        check_services(&self.service)?;
        check_url("source.url", self.source.url.as_deref())?;
        if self.source.icon.is_some() {
            // A client loads it with every card, and whether there is a card depends on the patient.
            let why = "the clinician's screen would load it from its publisher; this host keeps no pinned copies yet";
            return Err(ManifestError::Rule(format!("source.icon: {why}")));
        }
        check_line("source.label", &self.source.label, 80)?;
        let facts = [("licence", self.licence), ("mdr-class", self.mdr_class), ("udi-di", self.udi_di)];
        let limits = Limits::from_manifest(self.limits.class, self.limits.fuel, self.limits.memory.as_deref())
            .map_err(|error| ManifestError::Rule(error.to_string()))?;
        if self.need.len() > MOST_NEEDS {
            return Err(ManifestError::Rule(format!("at most {MOST_NEEDS} [[need]] entries")));
        }
        let needs = self.need.into_iter().map(RawNeed::check).collect::<Result<Vec<_>, _>>()?;
        check_together(&needs)?;
        let proposals = self
            .proposal
            .into_iter()
            .map(|raw| {
                let proposal = Proposal::parse(&raw.description, &raw.resource)
                    .map_err(|error| ManifestError::Rule(format!("proposal `{}`: {error}", raw.name)))?;
                Ok((raw.name, proposal))
            })
            .collect::<Result<Vec<_>, ManifestError>>()?;
        for reason in &self.override_reason {
            check_line("override-reason.display", &reason.display, 80)?;
            check_token("override-reason.code", &reason.code, 120)?;
            check_token("override-reason.system", &reason.system, 512)?;
        }
        Ok(Manifest {
            id: self.id,
            version: self.version,
            title: self.title,
            description: self.description,
            intended_use: self.intended_use,
            publisher: self.publisher,
            contact: self.contact,
            facts: facts.into_iter().filter_map(|(name, value)| Some((name, value?))).collect(),
            services: self.service,
            needs: unique("need", needs.into_iter().map(|need| (need.name.clone(), need)))?,
            override_reasons: unique(
                "override-reason",
                self.override_reason.into_iter().map(|reason| (reason.name.clone(), reason)),
            )?,
            proposals: unique("proposal", proposals.into_iter())?,
            cards: self.cards.mode,
            source: self.source,
            limits,
        })
    }
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
    let fine = url.len() <= 512
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
