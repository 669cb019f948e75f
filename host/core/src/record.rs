//! What is written before anything leaves. The public part goes into the log for ever; the private part stands beside
//! it, bound by a digest, and can be erased without breaking the proof.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::call::Purpose;
use crate::ids::{Digest, EntryName, Issuer, MintedId, NeedName, PluginId, ServiceId, TenantId};
use crate::manifest::Hook;
use crate::message::{Failure, Said, Trap};

/// Why a row did not reach a view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dropped {
    /// Not a resource.
    Malformed,
    /// Not this patient's.
    Foreign,
    /// Not what the need asks for.
    OutsideNeed,
    /// Sent twice.
    Duplicate,
    /// Not within the grant or the policy.
    Withheld,
    /// Its modifier extension could not be shown.
    ChangedMeaning,
}

/// Rows of one need.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NeedCounts {
    /// Dropped rows by reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dropped: BTreeMap<Dropped, u32>,
    /// The policy denied the whole need.
    #[serde(default, skip_serializing_if = "is_false")]
    pub denied: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes the field by reference")]
fn is_treatment(purpose: &Purpose) -> bool {
    *purpose == Purpose::Treatment
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes the field by reference")]
fn is_false(value: &bool) -> bool {
    !value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes the field by reference")]
fn is_zero(value: &u32) -> bool {
    *value == 0
}

impl NeedCounts {
    pub(crate) fn drop(&mut self, why: Dropped) {
        let count = self.dropped.entry(why).or_default();
        *count = count.saturating_add(1);
    }

    /// How many rows were dropped, for whatever reason.
    #[must_use]
    pub fn all(&self) -> usize {
        self.dropped.values().map(|n| usize::try_from(*n).unwrap_or(usize::MAX)).fold(0, usize::saturating_add)
    }

    /// How many rows were withheld, as opposed to not belonging here. A denied need counts as one.
    #[must_use]
    pub fn withheld(&self) -> u32 {
        let of = |why| self.dropped.get(&why).copied().unwrap_or_default();
        of(Dropped::Withheld).saturating_add(of(Dropped::ChangedMeaning)).saturating_add(u32::from(self.denied))
    }
}

/// How a service call ended. The one table of outcomes; the server maps it to HTTP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Cards, or nothing to say.
    Answered,
    /// The hospital switched the service off.
    Disabled,
    /// Something was withheld on an `abstain` need: the constant card.
    NotEvaluated,
    /// A need could not be obtained.
    Unobtainable(NeedName),
    /// The patient's consents could not be read.
    ConsentUnobtainable,
    /// The policy could not be evaluated.
    PolicyUnavailable,
    /// The runner could not take the message.
    RunnerUnavailable,
    /// What the host keeps for the plugin could not be read.
    KeptUnavailable,
    /// A data pack that the plugin needs never came.
    NoPack(EntryName),
    /// The plugin kept failing here and is not run for a while.
    Suspended,
    /// The plugin said it could not.
    Failed(Failure),
    /// The plugin broke the contract or its budget.
    Trapped(Trap),
    /// Refused before a plugin was involved: the caller may not, or the request is malformed.
    Refused(Refusal),
}

/// How a call ended, as far as figures, a diagnosis and a support bundle tell: four classes and nothing finer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutcomeClass {
    /// Cards, none, or the card of a tool that was not run.
    Answered,
    /// Data or consent could not be obtained.
    Unobtainable,
    /// The plugin or the host failed.
    Failed,
    /// Refused before a plugin was involved.
    Refused,
}

impl OutcomeClass {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Answered, Self::Unobtainable, Self::Failed, Self::Refused];

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Unobtainable => "unobtainable",
            Self::Failed => "failed",
            Self::Refused => "refused",
        }
    }
}

impl Outcome {
    /// The class of it.
    #[must_use]
    pub const fn class(&self) -> OutcomeClass {
        match self {
            Self::Answered | Self::Disabled | Self::NotEvaluated => OutcomeClass::Answered,
            Self::Unobtainable(_) | Self::ConsentUnobtainable | Self::NoPack(_) => OutcomeClass::Unobtainable,
            Self::PolicyUnavailable
            | Self::RunnerUnavailable
            | Self::KeptUnavailable
            | Self::Suspended
            | Self::Failed(_)
            | Self::Trapped(_) => OutcomeClass::Failed,
            Self::Refused(_) => OutcomeClass::Refused,
        }
    }
}

/// Policy said no, or the request was not one. Expected; recorded in full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// The body is not a CDS Hooks request.
    #[error("the request is malformed")]
    Malformed,
    /// No such service, or not for this hook.
    #[error("no such service")]
    UnknownService,
    /// The client may not call this.
    #[error("the client may not call this")]
    NotAllowed,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case", deny_unknown_fields)]
#[expect(clippy::large_enum_variant, reason = "most events are the large one, and each is written and dropped")]
pub enum Event {
    /// A service call.
    Invocation {
        /// The invocation.
        invocation: MintedId,
        /// The plugin; absent when the call was refused before one was involved.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        plugin: Option<PluginId>,
        /// The plugin's version.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        version: Option<String>,
        /// The component.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        component: Option<Digest>,
        /// The service.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        service: Option<ServiceId>,
        /// The hook.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        hook: Option<Hook>,
        /// What for; treatment unless it says otherwise.
        #[serde(skip_serializing_if = "is_treatment", default)]
        purpose: Purpose,
        /// The epoch of the policy that decided what the call may see; absent when none was asked.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        policy: Option<u64>,
        /// The version of the label rules by which the rows were labelled; absent when the call was not admitted.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        labels: Option<Digest>,
        /// How it ended.
        outcome: Outcome,
        /// Dropped rows by need.
        needs: BTreeMap<NeedName, NeedCounts>,
        /// The answer's bytes.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        answer: Option<Digest>,
        /// The data packs that were read, by name.
        #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
        packs: BTreeMap<EntryName, Digest>,
        /// The cells that were written.
        #[serde(skip_serializing_if = "BTreeSet::is_empty", default)]
        written: BTreeSet<EntryName>,
        /// What the undeclared channels of the grant can tell a cleared reader at most, in thousandths of a bit: charged
        /// whatever was said. Zero when the plugin was not run.
        #[serde(skip_serializing_if = "is_zero", default)]
        charged: u32,
    },
    /// The glass is broken: written before anything is read for the invocation, which has a record of its own when it ends.
    BreakGlass {
        /// The invocation.
        invocation: MintedId,
        /// The plugin.
        plugin: PluginId,
        /// The plugin's version.
        version: String,
        /// The service.
        service: ServiceId,
        /// The hook.
        hook: Hook,
    },
    /// Feedback on cards.
    Feedback {
        /// The service.
        service: ServiceId,
        /// Entries about cards this host issued.
        known: u32,
        /// Entries about cards it did not issue: ignored.
        unknown: u32,
    },
    /// An act of an administrator, or a look.
    Admin {
        /// What was done.
        action: AdminAction,
        /// Whether it was done or refused, with the refusal's text.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        refused: Option<String>,
    },
    /// The host started: a gap in the log has a reason.
    Started {
        /// The host's version.
        host: String,
    },
}

/// What an administrator did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "kebab-case", deny_unknown_fields)]
pub enum AdminAction {
    /// Trusted a publisher's key for a namespace.
    TrustAdd {
        /// The key.
        key: String,
        /// The plugin ids it may sign.
        namespace: String,
    },
    /// Stopped trusting a publisher's key.
    TrustRevoke {
        /// The key.
        key: String,
    },
    /// Installed a version.
    Install {
        /// The plugin; absent when the package could not be read.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        plugin: Option<PluginId>,
        /// Its version.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        version: Option<String>,
        /// The component.
        component: Digest,
    },
    /// Granted needs.
    Grant {
        /// The plugin.
        plugin: PluginId,
        /// The grant, canonical.
        grant: Digest,
    },
    /// Switched services on.
    Enable {
        /// The plugin.
        plugin: PluginId,
    },
    /// Switched services off.
    Disable {
        /// The plugin.
        plugin: PluginId,
    },
    /// Set the policy.
    Policy {
        /// The number of the version that this made; absent when it was refused.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        epoch: Option<u64>,
        /// The digest of the file.
        digest: Digest,
    },
    /// Took in a data pack.
    Pack {
        /// The plugin.
        plugin: PluginId,
        /// The pack.
        name: EntryName,
        /// Its bytes; absent when it was refused before they were read.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        digest: Option<Digest>,
    },
    /// Took in a copy of something that a plugin's link or icon leads to.
    Copy {
        /// The plugin.
        plugin: PluginId,
        /// Its bytes.
        digest: Digest,
    },
    /// Let a plugin run again, or stopped it, for every patient.
    Quarantine {
        /// The plugin.
        plugin: PluginId,
        /// Whether it is stopped.
        on: bool,
    },
    /// Began to load a file of resources into the records of a running host. Its digest is in the private part: of a file with
    /// one short resource it could be guessed.
    Load {
        /// Whether its Consents replace those that were changed later.
        #[serde(skip_serializing_if = "is_false", default)]
        older: bool,
    },
    /// That load ended.
    Loaded {
        /// The record of its beginning.
        load: LeafIndex,
        /// How.
        ended: LoadEnd,
        /// Resources that are new or replaced.
        kept: u64,
        /// Resources that were there.
        unchanged: u64,
        /// Lines or entries that were refused.
        refused: u64,
    },
    /// Released what a failed invocation saw to somebody, with parts struck out.
    Diagnose {
        /// The invocation.
        invocation: MintedId,
        /// The released bytes, before they were sealed.
        released: Digest,
        /// Whom they were sealed for: a public key.
        to: String,
    },
    /// Looked at what is installed, or at a patient's record.
    Look {
        /// What was looked at.
        what: String,
    },
}

/// How a load ended. What was kept before stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LoadEnd {
    /// All of the file was read, and what was not refused by itself was kept.
    Complete,
    /// The file could not be read to its end, is no file that is loaded, or only its Consents were taken.
    Incomplete,
    /// Whoever loaded it went away.
    Stopped,
    /// The store is full.
    Full,
    /// The host failed.
    Failed,
}

/// Who and why: the private part of a record. Prints what it holds, not what it says.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Private {
    /// The client.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub issuer: Option<Issuer>,
    /// The EHR user, `Type/id`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub user: Option<String>,
    /// The patient's id.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub patient: Option<String>,
    /// The client's hook instance.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hook_instance: Option<String>,
    /// The administrator: user id and name, from the socket's peer credentials.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub admin: Option<String>,
    /// The administrator's reason.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// Feedback as it came in: it may hold what a clinician wrote.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub feedback: Option<String>,
    /// The file that an administrator loaded.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub file: Option<Digest>,
    /// What the plugin noted: codes of its manifest, and numbers.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub notes: Vec<Said>,
}

impl fmt::Debug for Private {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { issuer, user, patient, hook_instance, admin, reason, feedback, file, notes } = self;
        let held = [
            ("issuer", issuer.is_some()),
            ("user", user.is_some()),
            ("patient", patient.is_some()),
            ("hook_instance", hook_instance.is_some()),
            ("admin", admin.is_some()),
            ("reason", reason.is_some()),
            ("feedback", feedback.is_some()),
            ("file", file.is_some()),
            ("notes", !notes.is_empty()),
        ];
        f.write_str("Private")?;
        f.debug_set().entries(held.into_iter().filter(|(_, held)| *held).map(|(name, _)| name)).finish()
    }
}

/// One record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Whose.
    pub tenant: TenantId,
    /// When.
    pub at: Timestamp,
    /// What.
    pub event: Event,
    /// Who and why.
    pub private: Private,
}

/// Where a record stands in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LeafIndex(pub u64);

/// A card that was issued, so that feedback about it can be recognised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// The card.
    pub card: MintedId,
    /// By which service.
    pub service: ServiceId,
}
