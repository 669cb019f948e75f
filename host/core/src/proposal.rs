//! Orders a plugin may propose: resources in the signed manifest with typed slots, into which the host puts patient and id.

use std::collections::BTreeSet;

use cordon_fhir::strict::{StrictError, validate_proposal};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::ids::{EntryName, MintedId, PatientId};
use crate::manifest::{Slots, Texts, given};
use crate::message::Filled;
use crate::profile::{ProfileError, line};
use crate::slots::Slot;
use crate::view::View;

/// Why a `[[proposal]]` was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum ProposalError {
    /// Not JSON, or a duplicate key.
    #[error("resource is not JSON without duplicate keys")]
    Json,
    /// It names an id or a subject, which are the host's to fill.
    #[error("leave out `{0}`: the host fills it in")]
    Filled(&'static str),
    /// Not a strict R4 proposal.
    #[error(transparent)]
    Strict(#[from] StrictError),
    /// No description.
    #[error("description: one line of 1 to 80 characters of plain text, as on a card")]
    Description,
    /// A place for a slot that is not declared, or a declared one without a place.
    #[error("a `$slot` names a declared slot and stands alone in its object, and every declared slot has a place")]
    Slot,
    /// Something that a manifest must ask for by name.
    #[error("allow = [\"{0}\"] is needed for what it holds")]
    Liberty(&'static str),
}

/// What a proposal holds only if the manifest asks for it and the hospital grants it, by name. Narrative, extensions,
/// identifiers, recipients and addresses are not among them: no proposal ever holds one (`cordon_fhir::strict`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Liberty {
    /// Words for the patient (`patientInstruction`), and whatever the host copies from a row.
    FreeText,
    /// Who asks or performs: `requester`, `performer`, `performerType`.
    Performer,
}

impl Liberty {
    /// Its name in manifests and grants.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FreeText => "free-text",
            Self::Performer => "performer",
        }
    }

    fn of_element(name: &str) -> Option<Self> {
        match name {
            "patientInstruction" => Some(Self::FreeText),
            "requester" | "performer" | "performerType" => Some(Self::Performer),
            _ => None,
        }
    }
}

/// A resource skeleton with its slots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    description: Texts,
    skeleton: Value,
    slots: Slots,
    allow: BTreeSet<Liberty>,
    system_action: bool,
}

/// The name of a place for a slot: `{"$slot": "name"}`.
const PLACE: &str = "$slot";

impl Proposal {
    /// Reads a manifest entry and checks that, once filled, it is a strict R4 resource.
    ///
    /// # Errors
    /// [`ProposalError`].
    pub fn parse(
        description: Texts,
        resource: &str,
        slots: Slots,
        allow: BTreeSet<Liberty>,
        system_action: bool,
    ) -> Result<Self, ProposalError> {
        let texts = std::iter::once(&description.en).chain(&description.de);
        if !texts.into_iter().all(|text| line(text, 80).is_ok_and(|inert| inert == *text)) {
            return Err(ProposalError::Description);
        }
        let skeleton = cordon_fhir::json::parse(resource.as_bytes(), cordon_fhir::json::JsonLimits::default())
            .map_err(|_| ProposalError::Json)?;
        for filled in ["id", "subject"] {
            if skeleton.get(filled).is_some() {
                return Err(ProposalError::Filled(filled));
            }
        }
        let proposal = Self { description, skeleton, slots, allow, system_action };
        proposal.check()?;
        Ok(proposal)
    }

    fn check(&self) -> Result<(), ProposalError> {
        let copies = self.slots.values().any(|slot| matches!(slot, Slot::From { .. }));
        let mut used = BTreeSet::new();
        let sample = put(&self.skeleton, &mut |name| {
            used.insert(name.clone());
            // What a row holds is not known yet: the filled resource is checked when it is.
            Some(self.slots.get(name)?.sample_json().unwrap_or(Value::Null))
        });
        let sample = sample.ok_or(ProposalError::Slot)?;
        if used.len() != self.slots.len() {
            return Err(ProposalError::Slot);
        }
        let mut asks = BTreeSet::new();
        liberties(&self.skeleton, &mut asks);
        if copies {
            asks.insert(Liberty::FreeText);
        }
        if let Some(missing) = asks.difference(&self.allow).next() {
            return Err(ProposalError::Liberty(missing.as_str()));
        }
        if !copies {
            validate_proposal(&owned(sample, json!("id"), "Patient/id"))?;
        }
        Ok(())
    }

    /// What the action does, for the clinician.
    #[must_use]
    pub fn description(&self, locale: &str) -> &str {
        self.description.for_locale(locale)
    }

    /// The type of the resource.
    #[must_use]
    pub fn resource_type(&self) -> &str {
        self.skeleton.get("resourceType").and_then(Value::as_str).unwrap_or_default()
    }

    /// Its slots.
    #[must_use]
    pub fn slots(&self) -> &Slots {
        &self.slots
    }

    /// What it holds by name.
    #[must_use]
    pub fn allow(&self) -> &BTreeSet<Liberty> {
        &self.allow
    }

    /// Whether the plugin may ask for it as a system action, if the hospital granted the type.
    #[must_use]
    pub fn is_system_action(&self) -> bool {
        self.system_action
    }

    /// The resource for this patient: strict R4, whatever was put into it.
    ///
    /// # Errors
    /// [`ProfileError::Slot`]: a value that a slot does not take, or that makes the resource another than a strict one.
    pub fn fill(
        &self,
        filled: &Filled,
        views: &[View],
        id: &MintedId,
        patient: &PatientId,
    ) -> Result<Value, ProfileError> {
        let values = given(&self.slots, filled)?;
        let mut json = std::collections::BTreeMap::new();
        for (name, slot, value) in values {
            let value = slot.json(value, views)?;
            if refers(&value) {
                // Ids in views mean nothing outside the call.
                return Err(ProfileError::Slot("reference"));
            }
            json.insert(name, value);
        }
        let resource =
            put(&self.skeleton, &mut |name| json.get(name).cloned()).ok_or(ProfileError::Slot("proposal"))?;
        let resource = owned(resource, json!(id.as_str()), &format!("Patient/{patient}"));
        validate_proposal(&resource).map_err(|_| ProfileError::Slot("proposal"))?;
        Ok(resource)
    }
}

/// Puts values in the places of a skeleton. `None` for a place that has none, or that is not alone.
fn put(value: &Value, by: &mut dyn FnMut(&EntryName) -> Option<Value>) -> Option<Value> {
    Some(match value {
        Value::Object(members) if members.contains_key(PLACE) => {
            let name = members.get(PLACE).and_then(Value::as_str).filter(|_| members.len() == 1)?;
            by(&EntryName::new(name).ok()?)?
        }
        Value::Object(members) => {
            let filled = members.iter().map(|(name, value)| Some((name.clone(), put(value, by)?)));
            Value::Object(filled.collect::<Option<Map<_, _>>>()?)
        }
        Value::Array(items) => Value::Array(items.iter().map(|item| put(item, by)).collect::<Option<_>>()?),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    })
}

fn owned(mut resource: Value, id: Value, subject: &str) -> Value {
    if let Value::Object(members) = &mut resource {
        members.insert("id".to_owned(), id);
        members.insert("subject".to_owned(), json!({ "reference": subject }));
    }
    resource
}

fn liberties(value: &Value, asks: &mut BTreeSet<Liberty>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                asks.extend(Liberty::of_element(name));
                liberties(value, asks);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| liberties(item, asks)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn refers(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.contains_key("reference") || members.values().any(refers),
        Value::Array(items) => items.iter().any(refers),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}
