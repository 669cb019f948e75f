//! What an administrator's command says to a running host, and what it hears.

use cordon_core::call::Purpose;
use cordon_core::grant::{Grant, Powers};
use cordon_core::ids::{EntryName, Issuer, KeyId, MintedId, PatientId, PluginId, Role, ServiceId, TenantId};
use cordon_store::Progress;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One act. Who does it comes from the socket's peer credentials, never from here.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Whose.
    pub tenant: TenantId,
    /// Why. Needed for every act that changes something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What.
    pub act: Act,
}

/// The acts there are.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Act {
    /// Trusts a publisher's key for a namespace of plugin ids.
    TrustAdd {
        /// The public key, PEM.
        key: String,
        /// The namespace, for example `org.example`.
        namespace: String,
    },
    /// Stops trusting a key for good: what it signed is served no longer.
    TrustRevoke {
        /// The key's id.
        key: KeyId,
    },
    /// Lists the trusted keys.
    TrustList,
    /// Installs a version, granted nothing and switched off.
    Install {
        /// The component, base64.
        component: String,
        /// The DSSE envelope.
        envelope: String,
    },
    /// Replaces the grant of the newest installed version.
    Grant {
        /// The plugin.
        plugin: PluginId,
        /// The version that was reviewed. Needed once more than one was installed: a grant is for what somebody read.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        version: Option<semver::Version>,
        /// The grant; `None` gives all that the manifest asks to see, the usual powers, and `more`.
        grant: Option<Grant>,
        /// What is given beside the usual.
        #[serde(default)]
        more: Powers,
    },
    /// Shows what a grant lets out: the one in force, or what the newest version would have with the usual one.
    Disclosure {
        /// The plugin.
        plugin: PluginId,
    },
    /// Switches the newest granted version on.
    Enable {
        /// The plugin.
        plugin: PluginId,
    },
    /// Switches the plugin off.
    Disable {
        /// The plugin.
        plugin: PluginId,
    },
    /// Lists the installed plugins.
    List,
    /// Shows one plugin.
    Show {
        /// The plugin.
        plugin: PluginId,
    },
    /// Puts a policy in force.
    PolicySet {
        /// The file.
        text: String,
    },
    /// Shows a policy, and when which one was in force.
    PolicyShow {
        /// Which; the one in force by default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        epoch: Option<u64>,
    },
    /// Looks at a patient's record as a plugin would get it.
    View(ViewAs),
    /// Stops a plugin for every patient, or lets it run again.
    Quarantine {
        /// The plugin.
        plugin: PluginId,
        /// Whether it is stopped.
        on: bool,
    },
    /// Takes in a signed data pack.
    Pack {
        /// The plugin.
        plugin: PluginId,
        /// The pack's name in its manifest.
        name: EntryName,
        /// The file, base64.
        file: String,
    },
    /// Takes in the copy of what a link or an icon leads to.
    Copy {
        /// The plugin.
        plugin: PluginId,
        /// The file, base64.
        file: String,
    },
    /// Loads a file of resources. It follows the request, as [`LOAD`] says.
    Load {
        /// How long it is: what came is loaded only if all of it came.
        bytes: u64,
        /// Whether its Consents replace those that were changed later.
        #[serde(default)]
        older: bool,
    },
    /// Lists failed calls whose transcripts are kept.
    FailedCalls,
    /// Looks at what a failed call saw, as its plugin saw it.
    Transcript {
        /// The invocation.
        invocation: MintedId,
    },
    /// Releases part of it to somebody by name.
    Diagnose(DiagnoseAct),
}

/// Whose record is looked at, and as which call. No call becomes of it: what is said here elevates nobody.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ViewAs {
    /// The plugin.
    pub plugin: PluginId,
    /// One of its services; the first by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<ServiceId>,
    /// The patient.
    pub patient: PatientId,
    /// The client that would call.
    pub issuer: Issuer,
    /// The user that it would name, `Type/id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// What for.
    pub purpose: Purpose,
    /// In which roles.
    pub roles: Vec<Role>,
    /// The text of its request, or of the `context` of one. Without it the call has no drafts, no selections and no encounter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
}

/// What of a failed call is released, and to whom.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiagnoseAct {
    /// The invocation.
    pub invocation: MintedId,
    /// What is kept of the transcript, beside outcome class, digests and fuel class: JSON Pointers (RFC 6901).
    pub keep: Vec<String>,
    /// What is struck out of that.
    pub strike: Vec<String>,
    /// For whom: an age X25519 recipient.
    pub to: String,
}

/// What came of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    /// It was done, and recorded.
    Done(Value),
    /// Policy, trust or grant said no. Recorded.
    Refused {
        /// The typed reason.
        kind: String,
        /// The sentence.
        message: String,
    },
    /// The host failed. Nothing was changed.
    Failed {
        /// The sentence.
        message: String,
    },
}

/// Where a file is loaded. The body is the request, in one line, and then, when the host asks for it, the file. The answer is a
/// [`Told`] to a line, and the last line says how it ended.
pub const LOAD: &str = "/admin/load";

/// One line of the answer to a load.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Told {
    /// The file may come.
    Send,
    /// So far it is.
    Progress(Progress),
    /// It is over.
    Ended(Reply),
}

/// A trusted key, as listed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TrustedKeyView {
    /// Its id.
    pub key: KeyId,
    /// The plugin ids it may sign.
    pub namespace: String,
}
