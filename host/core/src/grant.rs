//! What a hospital gave a plugin: part of what its manifest asks for.

use std::collections::{BTreeMap, BTreeSet};

use cordon_fhir::scope::Scope;
use serde::{Deserialize, Serialize};

use crate::call::Purpose;
use crate::ids::{Digest, EntryName, NeedName};
use crate::manifest::{Manifest, OnWithheld, Source};
use crate::proposal::Liberty;

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
    /// The manifest asks for no such power.
    #[error("the manifest asks for no {0} `{1}`")]
    UnknownPower(&'static str, String),
    /// No call could be answered without it.
    #[error("pack `{0}` is not granted: without it no call is answered, so grant it")]
    NoPack(EntryName),
    /// It cannot be linked without it.
    #[error("the manifest asks for a system interface: without it the plugin cannot run, so grant it by name")]
    NoWasi,
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

/// Where the host takes a data pack from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PackFrom {
    /// An administrator brings it.
    File,
    /// The host fetches it where the manifest says, once a day.
    Fetch,
}

/// What a plugin may do besides reading and showing cards. What is not named is not given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Powers {
    /// Cells it may keep.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub cells: BTreeSet<EntryName>,
    /// Data packs it may read, and where the host takes them from.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub packs: BTreeMap<EntryName, PackFrom>,
    /// Whether its cards may lead outside the hospital: to the manifest's link and source. Who follows one is then seen
    /// there.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub external_link: bool,
    /// Resource types of proposals that the EHR may be told to store without asking anybody.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub system_actions: BTreeSet<String>,
    /// What its proposals may hold by name.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub allow: BTreeSet<Liberty>,
    /// Whether it may have the manifest's system interface, which holds nothing.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub wasi: bool,
}

impl Powers {
    /// What the manifest asks for and a hospital gives without thinking twice: no link outside, no system action, no
    /// system interface and nothing that a proposal holds by name; packs from files.
    #[must_use]
    pub fn usual(manifest: &Manifest) -> Self {
        Self {
            cells: manifest.cells.keys().cloned().collect(),
            packs: manifest.packs.keys().map(|name| (name.clone(), PackFrom::File)).collect(),
            ..Self::default()
        }
    }

    fn is_none(&self) -> bool {
        *self == Self::default()
    }

    fn check(&self, manifest: &Manifest) -> Result<(), GrantError> {
        let unknown = |what, name: &dyn ToString| Err(GrantError::UnknownPower(what, name.to_string()));
        if let Some(cell) = self.cells.iter().find(|name| !manifest.cells.contains_key(*name)) {
            return unknown("cell", cell);
        }
        let fetched = |name: &EntryName| manifest.packs.get(name).is_some_and(|pack| pack.url.is_some());
        for (name, from) in &self.packs {
            match from {
                PackFrom::File if manifest.packs.contains_key(name) => {}
                PackFrom::Fetch if fetched(name) => {}
                PackFrom::File => return unknown("pack", name),
                PackFrom::Fetch => return unknown("url of a pack", name),
            }
        }
        if let Some(pack) = manifest.packs.keys().find(|name| !self.packs.contains_key(*name)) {
            return Err(GrantError::NoPack(pack.clone()));
        }
        match (manifest.wasi, self.wasi) {
            (Some(_), true) | (None, false) => {}
            (Some(_), false) => return Err(GrantError::NoWasi),
            (None, true) => return unknown("system interface", &"wasi"),
        }
        let acts =
            |kind: &String| manifest.proposals.values().any(|p| p.is_system_action() && p.resource_type() == kind);
        if let Some(kind) = self.system_actions.iter().find(|kind| !acts(kind)) {
            return unknown("system action on", kind);
        }
        let asks = |liberty: &Liberty| manifest.proposals.values().any(|proposal| proposal.allow().contains(liberty));
        match self.allow.iter().find(|liberty| !asks(liberty)) {
            Some(liberty) => unknown("proposal with", &liberty.as_str()),
            None => Ok(()),
        }
    }
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
    /// What else it may do; nothing unless said otherwise.
    #[serde(default, skip_serializing_if = "Powers::is_none")]
    pub powers: Powers,
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
        Self { needs: BTreeMap::new(), purposes: treatment(), powers: Powers::default() }
    }
}

impl Grant {
    /// All that the manifest asks to see, and the usual powers.
    #[must_use]
    pub fn whole(manifest: &Manifest) -> Self {
        Self {
            needs: manifest.needs.keys().map(|name| (name.clone(), GrantedNeed::default())).collect(),
            powers: Powers::usual(manifest),
            ..Self::default()
        }
    }

    /// The same grant with more powers.
    #[must_use]
    pub fn with(mut self, more: &Powers) -> Self {
        self.powers.cells.extend(more.cells.iter().cloned());
        self.powers.packs.extend(more.packs.iter().map(|(name, from)| (name.clone(), *from)));
        self.powers.external_link |= more.external_link;
        self.powers.system_actions.extend(more.system_actions.iter().cloned());
        self.powers.allow.extend(more.allow.iter().copied());
        self.powers.wasi |= more.wasi;
        self
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
        self.powers.check(manifest)?;
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
    /// What else was granted.
    pub powers: Powers,
    /// Where the hospital serves the pinned copies that it has: by digest, absolute URLs.
    pub copies: BTreeMap<Digest, String>,
    /// Whether its services answer.
    pub enabled: bool,
}

impl Installed {
    /// An installed version that answers, with a grant.
    ///
    /// # Errors
    /// [`GrantError`].
    pub fn new(manifest: Manifest, component: Digest, envelope: Digest, grant: &Grant) -> Result<Self, GrantError> {
        let granted = grant.check(&manifest)?;
        Ok(Self {
            granted,
            purposes: grant.purposes.clone(),
            powers: grant.powers.clone(),
            copies: BTreeMap::new(),
            enabled: true,
            manifest,
            component,
            envelope,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Wasi;
    use crate::manifest::WIT;

    fn manifest(wasi: &str) -> Result<Manifest, crate::manifest::ManifestError> {
        let head = format!("id = \"org.example.a\"\nversion = \"1.0.0\"\nwit = \"{}\"\n{wasi}\n", WIT[0]);
        let said = "title = { en = \"A\" }\ndescription = { en = \"A\" }\nintended-use = \"A\"\npublisher = \"A\"\ncontact = \"a\"";
        let rest = "source = { label = \"A\" }\ncards = { mode = \"text\" }";
        let service = "service = [{ id = \"a\", hook = \"patient-view\", description = \"A\" }]";
        Manifest::parse(&[&head, said, rest, service].join("\n"))
    }

    const ASKS: &str = "wasi = \"deterministic\"";

    #[test]
    fn a_system_interface_is_granted_by_name_or_not_at_all() {
        let asking = manifest(ASKS).unwrap();
        assert_eq!(asking.wasi, Some(Wasi::Deterministic));
        assert_eq!(Grant::whole(&asking).check(&asking), Err(GrantError::NoWasi));
        let wasi = Powers { wasi: true, ..Powers::default() };
        assert!(Grant::whole(&asking).with(&wasi).check(&asking).is_ok());
    }

    #[test]
    fn a_system_interface_that_is_not_asked_for_is_not_granted() {
        let silent = manifest("").unwrap();
        assert_eq!(silent.wasi, None);
        let wasi = Powers { wasi: true, ..Powers::default() };
        let refused = Grant::whole(&silent).with(&wasi).check(&silent);
        assert_eq!(refused, Err(GrantError::UnknownPower("system interface", "wasi".to_owned())));
    }

    #[test]
    fn there_is_one_system_interface() {
        for other in ["wasi = \"preview2\"", "wasi = true", "wasi = []"] {
            assert!(manifest(other).is_err(), "{other}");
        }
    }
}
