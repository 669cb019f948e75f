//! One CDS Hooks call, as the server read it: authenticated, shaped, not yet decided.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use cordon_fhir::reference::Reference;
use cordon_fhir::scope::ScopeSet;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::grant::Installed;
use crate::ids::{Coins, Issuer, MintedId, NeedName, PatientId, Role, TenantId};
use crate::manifest::Service;
use crate::sent::SentRow;

/// What a client sent for one prefetch key. An absent key is an absent entry. Prints counts: the rows are the patient's.
#[derive(Clone, PartialEq)]
pub enum Prefetch {
    /// The client asked and there is no data: JSON `null` (CDS Hooks 2.0, prefetch).
    Null,
    /// The client tried and failed: an OperationOutcome.
    Failed,
    /// Rows, and whether they are all of them: a page with a next link, or a total above the entries, is not.
    Rows {
        /// The resources.
        rows: Vec<SentRow>,
        /// No further page exists.
        complete: bool,
    },
}

impl Prefetch {
    /// All rows there are.
    #[must_use]
    pub fn all<R: Into<SentRow>>(rows: impl IntoIterator<Item = R>) -> Self {
        Self::Rows { rows: rows.into_iter().map(Into::into).collect(), complete: true }
    }
}

impl fmt::Debug for Prefetch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("Null"),
            Self::Failed => f.write_str("Failed"),
            Self::Rows { rows, complete } => {
                f.debug_struct("Rows").field("rows", &rows.len()).field("complete", complete).finish()
            }
        }
    }
}

/// What the EHR user may read, as far as the host could verify it.
#[derive(Debug, Clone, Default)]
pub enum UserRight {
    /// Nothing is verified: only what the client itself sent may be used.
    #[default]
    Unverified,
    /// Verified SMART scopes: from `fhirAuthorization`, or a role configured for the issuer.
    Scopes(ScopeSet),
}

/// Purpose of use (HL7 v3 ActReason). Configured per issuer and hook, or from a claim that the client signed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Purpose {
    /// Treatment: the default.
    #[default]
    #[serde(rename = "TREAT")]
    Treatment,
    /// Emergency treatment.
    #[serde(rename = "ETREAT")]
    EmergencyTreatment,
    /// Break the glass: emergency treatment by somebody who otherwise may not look.
    #[serde(rename = "BTG")]
    BreakGlass,
    /// Payment.
    #[serde(rename = "HPAYMT")]
    Payment,
    /// Healthcare operations.
    #[serde(rename = "HOPERAT")]
    Operations,
    /// Research.
    #[serde(rename = "HRESCH")]
    Research,
    /// Public health.
    #[serde(rename = "PUBHLTH")]
    PublicHealth,
}

impl Purpose {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Treatment,
        Self::EmergencyTreatment,
        Self::BreakGlass,
        Self::Payment,
        Self::Operations,
        Self::Research,
        Self::PublicHealth,
    ];

    /// The code of v3-ActReason.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Treatment => "TREAT",
            Self::EmergencyTreatment => "ETREAT",
            Self::BreakGlass => "BTG",
            Self::Payment => "HPAYMT",
            Self::Operations => "HOPERAT",
            Self::Research => "HRESCH",
            Self::PublicHealth => "PUBHLTH",
        }
    }

    /// The purpose of a v3-ActReason code.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.code() == code)
    }

    /// Whether this is the other or a kind of it (v3-ActReason: BTG is an ETREAT, ETREAT is a TREAT).
    #[must_use]
    pub fn within(self, other: Self) -> bool {
        self == other
            || match self {
                Self::EmergencyTreatment => other == Self::Treatment,
                Self::BreakGlass => other == Self::Treatment || other == Self::EmergencyTreatment,
                Self::Treatment | Self::Payment | Self::Operations | Self::Research | Self::PublicHealth => false,
            }
    }
}

/// One call. Prints ids of the host's own and counts: the rest is the patient's, the user's or a secret.
pub struct HookCall {
    /// Minted by the host for this call.
    pub invocation: MintedId,
    /// From the verified client, never from the body.
    pub tenant: TenantId,
    /// The verified client.
    pub issuer: Issuer,
    /// The plugin version that answers, and its grant.
    pub installed: Arc<Installed>,
    /// The service called.
    pub service: Service,
    /// The client's UUID for this hook.
    pub hook_instance: String,
    /// The user, as the hook's context names it.
    pub user: Option<Reference>,
    /// The user's roles: from a claim that the client signed, or configured for the client.
    pub roles: BTreeSet<Role>,
    /// The patient in context.
    pub patient: PatientId,
    /// The encounter in context.
    pub encounter: Option<Reference>,
    /// The resources of `context.draftOrders`.
    pub draft_orders: Vec<SentRow>,
    /// The references of `context.selections`.
    pub selections: Vec<Reference>,
    /// What the client prefetched.
    pub prefetch: BTreeMap<NeedName, Prefetch>,
    /// What the user may read.
    pub right: UserRight,
    /// Purpose of use.
    pub purpose: Purpose,
    /// When the call came in: for the record.
    pub received: Timestamp,
    /// The time that the plugin reads, frozen. The same, but for a demo store with a set clock.
    pub now: Timestamp,
    /// BCP 47 tag for texts.
    pub locale: String,
    /// What is left of the service's deadline for the run.
    pub budget: Duration,
    /// Random input for ids and seeds.
    pub coins: Coins,
}

impl fmt::Debug for HookCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HookCall")
            .field("invocation", &self.invocation)
            .field("tenant", &self.tenant)
            .field("issuer", &self.issuer)
            .field("plugin", &self.installed.manifest.id)
            .field("service", &self.service.id)
            .field("purpose", &self.purpose)
            .field("draft_orders", &self.draft_orders.len())
            .field("selections", &self.selections.len())
            .field("prefetch", &self.prefetch)
            .finish_non_exhaustive()
    }
}
