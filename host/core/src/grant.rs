//! What a hospital gave a plugin: part of what its manifest asks for.

use std::collections::{BTreeMap, BTreeSet};

use cordon_fhir::scope::Scope;
use serde::{Deserialize, Serialize};

use crate::call::Purpose;
use crate::ids::{Digest, NeedName};
use crate::manifest::{Manifest, OnWithheld, Source};

/// Why a grant was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GrantError {
    /// The manifest asks for no such thing.
    #[error("the manifest has no need `{0}`")]
    UnknownNeed(NeedName),
    /// The narrower scope cannot be read.
    #[error("need `{0}`: malformed scope: {1}")]
    Scope(NeedName, String),
    /// A grant narrows, it never widens.
    #[error("need `{0}`: the scope is not within what the manifest asks for")]
    Wider(NeedName),
    /// A narrower scope on a need that has none.
    #[error("need `{0}` comes from the hook's context and has no scope to narrow")]
    NoScope(NeedName),
    /// Such a service would never be evaluated.
    #[error("need `{0}` says on-withheld = \"abstain\": without it the plugin would never be run, so grant it")]
    Withheld(NeedName),
}

/// One granted need.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantedNeed {
    /// A SMART v2 scope within the need's own; absent means all that the need asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<String>,
}

/// A grant: what is not named is not given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// The granted needs.
    pub needs: BTreeMap<NeedName, GrantedNeed>,
    /// The purposes of use it is for; treatment unless said otherwise.
    #[serde(default = "treatment", skip_serializing_if = "is_treatment")]
    pub purposes: BTreeSet<Purpose>,
}

fn treatment() -> BTreeSet<Purpose> {
    BTreeSet::from([Purpose::Treatment])
}

fn is_treatment(purposes: &BTreeSet<Purpose>) -> bool {
    *purposes == treatment()
}

impl Default for Grant {
    /// No need, for treatment.
    fn default() -> Self {
        Self { needs: BTreeMap::new(), purposes: treatment() }
    }
}

impl Grant {
    /// All that the manifest asks for.
    #[must_use]
    pub fn whole(manifest: &Manifest) -> Self {
        Self {
            needs: manifest.needs.keys().map(|name| (name.clone(), GrantedNeed::default())).collect(),
            ..Self::default()
        }
    }

    /// Checks a grant against the manifest and reads its scopes.
    ///
    /// # Errors
    /// [`GrantError`] names the need.
    pub fn check(&self, manifest: &Manifest) -> Result<BTreeMap<NeedName, Option<Scope>>, GrantError> {
        let left_out = manifest
            .needs
            .values()
            .find(|need| need.on_withheld == OnWithheld::Abstain && !self.needs.contains_key(&need.name));
        if let Some(need) = left_out {
            return Err(GrantError::Withheld(need.name.clone()));
        }
        self.needs.iter().map(|(name, granted)| Ok((name.clone(), within(manifest, name, granted)?))).collect()
    }
}

fn within(manifest: &Manifest, name: &NeedName, granted: &GrantedNeed) -> Result<Option<Scope>, GrantError> {
    let need = manifest.needs.get(name).ok_or_else(|| GrantError::UnknownNeed(name.clone()))?;
    let Some(text) = &granted.within else { return Ok(None) };
    let scope = Scope::parse(text).map_err(|error| GrantError::Scope(name.clone(), error.to_string()))?;
    match &need.source {
        Source::Record(asked) if asked.implies(&scope) => Ok(Some(scope)),
        Source::Record(_) => Err(GrantError::Wider(name.clone())),
        Source::DraftOrders | Source::Selections | Source::Encounter | Source::User => {
            Err(GrantError::NoScope(name.clone()))
        }
    }
}

/// A plugin version that a hospital installed, with its grant.
#[derive(Debug, Clone)]
pub struct Installed {
    /// The manifest, from the verified envelope.
    pub manifest: Manifest,
    /// The component.
    pub component: Digest,
    /// The signed envelope.
    pub envelope: Digest,
    /// Granted needs with their narrower scopes, read once.
    pub granted: BTreeMap<NeedName, Option<Scope>>,
    /// The purposes of use that the grant is for.
    pub purposes: BTreeSet<Purpose>,
    /// Whether its services answer.
    pub enabled: bool,
}
