//! `[[need]]`: one thing a plugin wants to see.

use cordon_fhir::scope::{Context, Permission, Scope};
use cordon_fhir::search::primary_date_elements;
use serde::{Deserialize, Serialize};

use super::{ManifestError, PATIENT_TOKEN};
use crate::dates;
use crate::elements::Elements;
use crate::ids::NeedName;

/// What happens when something of a need is withheld.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnWithheld {
    /// The plugin runs on what it may see.
    Run,
    /// The plugin is not run; the clinician reads that nothing was evaluated.
    Abstain,
}

/// How much of a date a plugin reads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dates {
    /// All of it.
    #[default]
    Exact,
    /// The year.
    Year,
    /// All of it, moved by a secret offset of whole weeks: one for all dates of one patient and plugin, `call.now` too.
    Shifted,
}

/// Whether ages above 89 are told apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ages {
    /// They are.
    #[default]
    #[serde(rename = "exact")]
    Exact,
    /// They are one: 90 or older (45 CFR 164.514(b)(2)(i)(C)).
    #[serde(rename = "90+")]
    NinetyPlus,
}

/// Where a need's rows come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The record: prefetch or the store, by a SMART v2 scope.
    Record(Scope),
    /// The orders being written: `context.draftOrders`.
    DraftOrders,
    /// Those of them that are selected: `context.selections`.
    Selections,
    /// The encounter in context: `context.encounter`. Nothing in a hook that has none.
    Encounter,
    /// The user's roles and nothing else of the user: `context.user`.
    User,
}

impl Source {
    /// The scope of a need on the record.
    #[must_use]
    pub fn record(&self) -> Option<&Scope> {
        match self {
            Self::Record(scope) => Some(scope),
            Self::DraftOrders | Self::Selections | Self::Encounter | Self::User => None,
        }
    }
}

/// One declared need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// Its name, unique in the manifest; also the prefetch key.
    pub name: NeedName,
    /// Where its rows come from.
    pub source: Source,
    /// The elements handed over.
    pub elements: Elements,
    /// The newest so many visible rows; `None` means all.
    pub newest: Option<u32>,
    /// What it reads of dates.
    pub dates: Dates,
    /// What it reads of ages.
    pub ages: Ages,
    /// What to do when something is withheld.
    pub on_withheld: OnWithheld,
    /// Why the plugin needs it, for the reviewer.
    pub why: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawNeed {
    name: NeedName,
    scope: Option<String>,
    source: Option<String>,
    elements: Vec<String>,
    newest: Option<u32>,
    #[serde(default)]
    dates: Dates,
    #[serde(default)]
    ages: Ages,
    on_withheld: Option<OnWithheld>,
    why: String,
}

impl RawNeed {
    pub(super) fn check(self) -> Result<Need, ManifestError> {
        let scope_error = |why: String| ManifestError::Scope { need: self.name.clone(), why };
        let named = self.scope.as_deref().or(self.source.as_deref()).unwrap_or_default();
        if named.contains("{{") {
            return Err(ManifestError::PrefetchToken { need: self.name });
        }
        let source = match (self.scope.as_deref(), self.source.as_deref()) {
            (Some(text), None) => Source::Record(record_scope(text).map_err(scope_error)?),
            (None, Some("context.draftOrders")) => Source::DraftOrders,
            (None, Some("context.selections")) => Source::Selections,
            (None, Some("context.encounter")) => Source::Encounter,
            (None, Some("context.user")) => Source::User,
            (None, Some(_)) => {
                let known = "context.draftOrders, context.selections, context.encounter or context.user";
                return Err(scope_error(format!("source is {known}")));
            }
            (Some(_), Some(_)) | (None, None) => return Err(scope_error("name either scope or source".to_owned())),
        };
        let elements =
            Elements::parse(&self.elements).map_err(|why| ManifestError::Element { need: self.name.clone(), why })?;
        let rule = |why: String| ManifestError::Rule(format!("need `{}`: {why}", self.name));
        if let Some(newest) = self.newest {
            check_newest(newest, &source, &elements, self.dates).map_err(|why| rule(format!("newest {why}")))?;
        }
        if self.dates == Dates::Shifted {
            check_no_age(&elements).map_err(rule)?;
        }
        if self.why.trim().is_empty() {
            return Err(ManifestError::Rule(format!("need `{}`: say why", self.name)));
        }
        let on_withheld = self.on_withheld.unwrap_or(OnWithheld::Abstain);
        let Self { name, newest, dates, ages, why, .. } = self;
        Ok(Need { name, source, elements, newest, dates, ages, on_withheld, why })
    }
}

/// Rows are ordered by what the plugin reads of them, so it must read the date. Of several it reads the best one: were
/// one above it left out, the order would tell of that one.
fn check_newest(newest: u32, source: &Source, elements: &Elements, dates: Dates) -> Result<(), String> {
    if newest == 0 {
        return Err("is at least 1".to_owned());
    }
    if dates == Dates::Year {
        return Err("orders rows by their dates, and dates = \"year\" hides most of them".to_owned());
    }
    let Some(kind) = source.record().and_then(Scope::resource) else {
        return Err("is for a need with a scope".to_owned());
    };
    let dates: Vec<&str> = primary_date_elements(kind).collect();
    let listed = dates.iter().take_while(|date| elements.holds(date)).count();
    let hidden = dates.get(listed);
    let beyond = dates.iter().skip(listed).any(|date| elements.touches(date));
    match hidden {
        None if dates.is_empty() => Err(format!("has no meaning for {kind}: it has no date to order by")),
        Some(date) if beyond || listed == 0 => Err(format!("orders rows by {date}: add it to elements")),
        Some(_) | None => Ok(()),
    }
}

/// The true age would undo the shift: whoever knows the birthday has the offset.
fn check_no_age(elements: &Elements) -> Result<(), String> {
    let tells = |path: &&String| path.split('.').any(dates::tells_age);
    match elements.paths().iter().find(tells) {
        Some(path) => Err(format!("dates = \"shifted\" and the age are not given together: leave {path} out")),
        None => Ok(()),
    }
}

/// What one need hides, another must not show: rows of two needs are of one patient, and often they are the same rows.
pub(super) fn check_together(needs: &[Need]) -> Result<(), ManifestError> {
    let rule = |name: &NeedName, what: &str| Err(ManifestError::Rule(format!("need `{name}`: {what}")));
    let shifted = |need: &&Need| need.dates == Dates::Shifted;
    let aged = |need: &&Need| need.ages == Ages::NinetyPlus;
    if let (Some(_), Some(other)) = (needs.iter().find(shifted), needs.iter().find(|need| !shifted(need))) {
        return rule(&other.name, "one need shifts dates, so every need says dates = \"shifted\"");
    }
    if let (Some(_), Some(other)) = (needs.iter().find(aged), needs.iter().find(|need| !aged(need))) {
        return rule(&other.name, "one need says ages = \"90+\", so every need does");
    }
    Ok(())
}

/// A need reads one patient's data and nothing else: `patient/Type.rs…` or a part of those letters.
fn record_scope(text: &str) -> Result<Scope, String> {
    let scope = Scope::parse(text).map_err(|error| error.to_string())?;
    if scope.context() != Context::Patient {
        return Err("a need starts with patient/".to_owned());
    }
    let Some(kind) = scope.resource() else {
        return Err("a need names one resource type, not *".to_owned());
    };
    let permissions = scope.permissions();
    let writes = [Permission::Create, Permission::Update, Permission::Delete];
    if writes.into_iter().any(|write| permissions.contains(write)) {
        return Err("a need only reads: letters r and s".to_owned());
    }
    // An instance read is possible only of the patient in context; every other type is searched.
    if kind.as_str() == "Patient" && !permissions.contains(Permission::Read) {
        return Err("a need on Patient has the letter r".to_owned());
    }
    if kind.as_str() != "Patient" && !permissions.contains(Permission::Search) {
        return Err("a need on this type is a search and has the letter s".to_owned());
    }
    if scope.search_query(PATIENT_TOKEN).is_none() {
        return Err("no prefetch template can ask for it: it is not a search by patient".to_owned());
    }
    Ok(scope)
}
