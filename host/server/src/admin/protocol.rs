//! What an administrator's command says to a running host, and what it hears.

use cordon_core::grant::Grant;
use cordon_core::ids::{KeyId, PluginId, TenantId};
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
        /// The grant; `None` gives all that the manifest asks for.
        grant: Option<Grant>,
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

/// A trusted key, as listed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TrustedKeyView {
    /// Its id.
    pub key: KeyId,
    /// The plugin ids it may sign.
    pub namespace: String,
}
