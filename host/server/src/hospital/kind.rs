//! Typed reasons of refusals: one name for each, for scripts.

use cordon_core::grant::GrantError;
use cordon_core::ids::{PluginId, TenantId};
use cordon_core::manifest::ManifestError;
use cordon_runtime::ComponentError;
use cordon_trust::key::KeyError;
use cordon_trust::verify::VerifyError;
use cordon_wall::CompileError;

use super::Undone;

fn refused(kind: &'static str, error: &dyn std::fmt::Display) -> Undone {
    Undone::Refused { kind, message: error.to_string() }
}

pub(super) fn unknown(plugin: &PluginId) -> Undone {
    refused("unknown-plugin", &format!("plugin `{plugin}` is not installed"))
}

pub(super) fn unknown_tenant(tenant: &TenantId) -> Undone {
    refused("unknown-tenant", &format!("this host has no tenant `{tenant}`: see [[tenant]] in its configuration"))
}

pub(super) fn no_file() -> Undone {
    refused("no-file", &"a load brings its file")
}

pub(super) fn taken(other: &PluginId) -> Undone {
    refused("service-taken", &format!("`{other}` is switched on and answers the same service for the same hook"))
}

pub(super) fn not_reviewed(newest: &semver::Version) -> Undone {
    let message =
        format!("the newest version is {newest}: review it with `cordon show` and name it with --of {newest}");
    Undone::Refused { kind: "version-not-reviewed", message }
}

pub(super) fn key(error: &KeyError) -> Undone {
    let kind = match error {
        KeyError::Weak => "weak-key",
        KeyError::NotPublic | KeyError::NotSecret | KeyError::Unwritable | KeyError::Id(_) => "malformed-key",
    };
    refused(kind, error)
}

pub(super) fn verify(error: &VerifyError) -> Undone {
    let kind = match error {
        VerifyError::Malformed(_) => "malformed-envelope",
        VerifyError::WrongPayloadType => "wrong-payload-type",
        VerifyError::Unsigned => "unsigned",
        VerifyError::UnknownKey => "unknown-key",
        VerifyError::WrongSignature { .. } => "wrong-signature",
        VerifyError::Revoked { .. } => "revoked-key",
        VerifyError::Namespace { .. } => "foreign-namespace",
        VerifyError::ComponentDiffers { .. } => "swapped-component",
        VerifyError::Wit => "wrong-wit",
        VerifyError::Manifest(error) => manifest(error),
        VerifyError::IdDiffers { .. } => "swapped-manifest",
        VerifyError::Rollback { .. } => "older-version",
        VerifyError::Republished { .. } => "republished-version",
    };
    refused(kind, error)
}

fn manifest(error: &ManifestError) -> &'static str {
    match error {
        ManifestError::Shape(_) => "malformed-manifest",
        ManifestError::Wit { .. } => "wrong-wit",
        ManifestError::Scope { .. } => "malformed-scope",
        ManifestError::PrefetchToken { .. } => "unknown-prefetch-token",
        ManifestError::Element { .. } => "unenforceable-element",
        ManifestError::Rule(_) => "manifest-rule",
    }
}

pub(super) fn compile(error: &CompileError) -> Undone {
    match error {
        CompileError::Component(error) => component(error),
        CompileError::Limit(_) => refused("compile-limit", error),
        CompileError::Host(_) => {
            tracing::error!(%error, "a component could not be compiled");
            Undone::Failed("no compiler could be started")
        }
    }
}

fn component(error: &ComponentError) -> Undone {
    let kind = match error {
        ComponentError::NotAComponent | ComponentError::Invalid { .. } => "malformed-component",
        ComponentError::Size { .. } | ComponentError::TooMany { .. } => "component-too-large",
        ComponentError::ForeignImport { .. } => "import-outside-the-world",
        ComponentError::OtherVersion { .. } => "wrong-wit",
        ComponentError::MixedVersions => "import-outside-the-world",
        ComponentError::MissingExport | ComponentError::Mismatch { .. } => "does-not-fit-the-world",
        ComponentError::Feature { .. } | ComponentError::Construct(_) => "feature-not-admitted",
        ComponentError::Compile { .. } => "does-not-compile",
    };
    refused(kind, error)
}

pub(super) fn grant(error: &GrantError) -> Undone {
    let kind = match error {
        GrantError::UnknownNeed(_) => "unknown-need",
        GrantError::Scope(..) => "malformed-scope",
        GrantError::Wider(_) => "wider-than-asked",
        GrantError::NoScope(_) => "no-scope-to-narrow",
        GrantError::Withheld(_) | GrantError::NoPack(_) | GrantError::NoWasi => "needed-to-run",
        GrantError::UnknownPower(..) => "not-asked-for",
    };
    refused(kind, error)
}
