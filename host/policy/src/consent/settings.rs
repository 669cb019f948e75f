//! What a hospital decides about consents. Every default is the one that shows less.

use std::collections::{BTreeMap, BTreeSet};

use cordon_core::call::Purpose;
use cordon_core::ids::{Issuer, PluginId, Role, TenantId};
use serde::{Deserialize, Serialize};

/// What a rule says: the codes of FHIR R4 `consent-provision-type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Hash)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// The row may be seen.
    Permit,
    /// The row may not be seen.
    Deny,
}

/// What is done with data: codes of FHIR R4 `consentaction`. A plugin neither collects nor corrects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Retrieve without seeing: the host reads a row for the plugin.
    Access,
    /// Compute with it: the plugin runs.
    Use,
    /// Hand it to somebody else.
    Disclose,
}

impl Action {
    /// The code of `consentaction`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Use => "use",
            Self::Disclose => "disclose",
        }
    }
}

/// Whom an actor of a consent means on this host.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Party {
    /// Every call to this host.
    Host,
    /// Calls of this tenant.
    Tenant(TenantId),
    /// Calls of this CDS client.
    Issuer(Issuer),
    /// Calls of users with this verified role: a department, for example.
    Role(Role),
    /// Calls to this plugin.
    Plugin(PluginId),
    /// Calls to every plugin whose id lies in this namespace, such as `org.example`.
    Namespace(String),
}

/// What a policy that a consent names (`policyRule`, `policy.uri`) says where the root provision has no type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Base {
    /// Opt-in.
    Permit,
    /// Opt-out.
    Deny,
    /// Nothing: the root provision must say it.
    AsTyped,
}

/// What holds outside the conditions of a consent that permits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outside {
    /// Nothing is permitted there, unless another consent permits it: the patient has said how far they go (so IHE PCF).
    #[default]
    Denied,
    /// What holds for a patient without a consent.
    NoConsent,
}

/// Whether a consent that denies binds a call that breaks the glass.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BreakGlass {
    /// It does; a consent can permit purpose `BTG` itself.
    #[default]
    Bound,
    /// It does not: a call for `BTG` is not asked for a consent.
    Overrides,
}

/// Whether a consent must have been verified.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verification {
    /// It need not.
    #[default]
    Optional,
    /// One that was not permits nothing; what it denies stays denied.
    Required,
}

/// What a confidentiality code in a provision that denies reaches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Hash)]
#[serde(rename_all = "kebab-case")]
pub enum Denied {
    /// Rows that are at least so confidential: what IHE PCF means by permitting `N` and denying `R`.
    #[default]
    AndAbove,
    /// Every row: R4 says a label reaches what is labelled so or lower, and what is higher was hardly meant to stay open.
    Everything,
}

/// What a consent's label or code says about a row that holds something no labelling rule knows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Hash)]
#[serde(rename_all = "kebab-case")]
pub enum Unclassified {
    /// It may be what the consent speaks of, so a deny reaches it and a permit does not.
    #[default]
    MayBeAnything,
    /// It is what its codes and labels say and nothing else.
    AsCoded,
}

/// The offsets from UTC, in minutes, that a local date may have been written in: both are included.
///
/// A date without a zone begins and ends somewhere between; there, a permit does not reach and a deny does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Hash)]
#[serde(deny_unknown_fields)]
pub struct Offsets {
    /// The most western.
    pub least: i16,
    /// The most eastern.
    pub most: i16,
}

/// All of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct ConsentSettings {
    /// What holds when no consent applies.
    pub no_consent: Effect,
    /// What holds outside a consent that permits.
    pub outside: Outside,
    /// The consents that count: code of `consentscope`, and the purposes of the calls it governs.
    pub scopes: BTreeMap<String, BTreeSet<Purpose>>,
    /// Policies that the host knows, by URI or `system|code`. A consent under another policy cannot be evaluated.
    pub policies: BTreeMap<String, Base>,
    /// The actor roles (`system|code`) that whoever receives data plays. Another role cannot be evaluated.
    pub recipients: BTreeSet<String>,
    /// Known actors, by `Type/id` or by identifier as `system|value`; one with no party is somebody else.
    pub actors: BTreeMap<String, BTreeSet<Party>>,
    /// What a plugin does: each of them must be permitted. Empty counts as all.
    pub actions: BTreeSet<Action>,
    /// Whether consents must be verified.
    pub verification: Verification,
    /// Whether break-glass is bound.
    pub break_glass: BreakGlass,
    /// What a confidentiality code denies.
    pub denied: Denied,
    /// What unclassified rows are.
    pub unclassified: Unclassified,
    /// Where local dates are local.
    pub offsets: Offsets,
}

impl Default for ConsentSettings {
    /// Denies without a consent, knows no actor, and counts privacy consents for every purpose.
    fn default() -> Self {
        let act_code = |code: &str| format!("http://terminology.hl7.org/CodeSystem/v3-ActCode|{code}");
        let participation = |code: &str| format!("http://terminology.hl7.org/CodeSystem/v3-ParticipationType|{code}");
        Self {
            no_consent: Effect::Deny,
            outside: Outside::default(),
            scopes: BTreeMap::from([("patient-privacy".to_owned(), BTreeSet::from(Purpose::ALL))]),
            // v3-ActCode, ActConsentDirective: the two codes that state a base and no further rule.
            policies: BTreeMap::from([(act_code("OPTIN"), Base::Permit), (act_code("OPTOUT"), Base::Deny)]),
            // v3-ParticipationType: IRCP is the one role IHE PCF allows, PRCP what R4's own examples have.
            recipients: BTreeSet::from([participation("IRCP"), participation("PRCP")]),
            actors: BTreeMap::new(),
            actions: BTreeSet::from([Action::Access, Action::Use]),
            verification: Verification::default(),
            break_glass: BreakGlass::default(),
            denied: Denied::default(),
            unclassified: Unclassified::default(),
            offsets: Offsets::default(),
        }
    }
}

impl ConsentSettings {
    /// The actions that must each be permitted, never none.
    pub(super) fn asked(&self) -> BTreeSet<Action> {
        if self.actions.is_empty() {
            BTreeSet::from([Action::Access, Action::Use, Action::Disclose])
        } else {
            self.actions.clone()
        }
    }
}
