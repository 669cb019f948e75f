//! Verification: from bytes that anybody may have written to a plugin that may be installed.

use std::collections::BTreeMap;

use cordon_core::ids::{Digest, KeyId, PluginId};
use cordon_core::manifest::{Manifest, ManifestError, WIT};
use semver::Version;

use crate::dsse::{Envelope, FormError, PAYLOAD_TYPE, pae};
use crate::statement::Statement;
use crate::store::{TrustStore, TrustedKey};

/// How many different trusted keys must have signed.
pub const THRESHOLD: usize = 1;

/// Why an artifact was not accepted. Texts quoted are the publisher's and hold no control characters.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// Not an envelope, or not a statement inside it.
    #[error("malformed envelope: {0}")]
    Malformed(FormError),
    /// Signed as something else.
    #[error("the payload is not an in-toto statement")]
    WrongPayloadType,
    /// No signature at all.
    #[error("unsigned")]
    Unsigned,
    /// Signed only by keys this hospital does not trust.
    #[error("no trusted key signed this")]
    UnknownKey,
    /// A trusted key is named, but the signature is not its signature over these bytes: they were changed, or never its.
    #[error("the signature of key {key} does not fit: the manifest or statement is not what was signed")]
    WrongSignature {
        /// The key.
        key: KeyId,
    },
    /// Signed by a key that was revoked.
    #[error("key {key} is revoked")]
    Revoked {
        /// The key.
        key: KeyId,
    },
    /// Signed by a key that may not speak for this plugin.
    #[error("key {key} is not trusted for `{plugin}`")]
    Namespace {
        /// The key.
        key: KeyId,
        /// The plugin.
        plugin: PluginId,
    },
    /// The component is not the one that was signed.
    #[error("the component is {found}, the signature is for {signed}")]
    ComponentDiffers {
        /// What was signed.
        signed: Digest,
        /// What was found.
        found: Digest,
    },
    /// Made for another contract.
    #[error("not made for the WIT version that its manifest names, or for none that is served")]
    Wit,
    /// The manifest is refused.
    #[error("{}", printable(.0))]
    Manifest(ManifestError),
    /// The statement is about another plugin than its manifest.
    #[error("the statement is about `{subject}`, its manifest about `{manifest}`")]
    IdDiffers {
        /// The statement's subject.
        subject: PluginId,
        /// The manifest's id.
        manifest: PluginId,
    },
    /// Older than what is installed.
    #[error("version {offered} is older than the installed {installed}")]
    Rollback {
        /// What is offered.
        offered: Version,
        /// What is installed.
        installed: Version,
    },
    /// A version means one thing for ever.
    #[error("version {offered} is installed already with other content")]
    Republished {
        /// What is offered.
        offered: Version,
    },
}

/// A manifest's error quotes what its publisher wrote, which may be meant for a terminal.
fn printable(error: &ManifestError) -> String {
    let escape = |c: char| if c.is_control() { c.escape_unicode().to_string() } else { c.to_string() };
    error.to_string().chars().map(escape).collect()
}

/// A plugin whose envelope was verified. Only [`verify`] makes one.
#[must_use]
#[derive(Debug)]
pub struct VerifiedPlugin {
    manifest: Manifest,
    manifest_text: String,
    component: Digest,
    envelope: Digest,
    key: KeyId,
}

impl VerifiedPlugin {
    /// The manifest.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The manifest as its publisher wrote it, byte for byte.
    #[must_use]
    pub fn manifest_text(&self) -> &str {
        &self.manifest_text
    }

    /// The component's digest.
    #[must_use]
    pub fn component(&self) -> Digest {
        self.component
    }

    /// The envelope's digest.
    #[must_use]
    pub fn envelope(&self) -> Digest {
        self.envelope
    }

    /// The key that signed it; the first by id if there are several.
    #[must_use]
    pub fn key(&self) -> &KeyId {
        &self.key
    }
}

/// Verifies an envelope and the component beside it. Call it at install and again whenever the host starts, so that a
/// revocation reaches what is installed.
///
/// # Errors
/// The first check that fails; nothing of the payload is read before a signature over it was verified.
pub fn verify(envelope: &[u8], component: &[u8], store: &TrustStore) -> Result<VerifiedPlugin, VerifyError> {
    let parsed = Envelope::parse(envelope).map_err(VerifyError::Malformed)?;
    let signers = signers(&parsed, store)?;
    let statement = Statement::parse(&parsed.payload).map_err(VerifyError::Malformed)?;
    let key = entitled(&signers, &statement.plugin)?;
    let found = Digest::of(component);
    if found != statement.component {
        return Err(VerifyError::ComponentDiffers { signed: statement.component, found });
    }
    if !WIT.contains(&statement.wit.as_str()) {
        return Err(VerifyError::Wit);
    }
    let manifest = Manifest::parse(&statement.manifest).map_err(VerifyError::Manifest)?;
    if manifest.wit != statement.wit {
        return Err(VerifyError::Wit);
    }
    if manifest.id != statement.plugin {
        return Err(VerifyError::IdDiffers { subject: statement.plugin, manifest: manifest.id });
    }
    let manifest_text = statement.manifest;
    Ok(VerifiedPlugin { manifest, manifest_text, component: found, envelope: Digest::of(envelope), key })
}

/// The trusted, unrevoked keys that signed the payload, each once however often it signed.
///
/// A signature by an unknown key is passed over: somebody else may trust it. One that names a trusted key and does not
/// fit ends the verification.
pub(crate) fn signers<'a>(
    envelope: &Envelope,
    store: &'a TrustStore,
) -> Result<BTreeMap<&'a KeyId, &'a TrustedKey>, VerifyError> {
    if envelope.payload_type != PAYLOAD_TYPE {
        return Err(VerifyError::WrongPayloadType);
    }
    if envelope.signatures.is_empty() {
        return Err(VerifyError::Unsigned);
    }
    let signed = pae(PAYLOAD_TYPE, &envelope.payload);
    let mut signers = BTreeMap::new();
    let mut revoked = None;
    for signature in &envelope.signatures {
        let known = KeyId::new(signature.keyid.as_str()).ok().and_then(|id| store.get(&id));
        let Some(trusted) = known else { continue };
        let id = trusted.key.id();
        if !trusted.key.verifies(&signed, &signature.signature) {
            return Err(VerifyError::WrongSignature { key: id.clone() });
        }
        if trusted.revoked {
            revoked = Some(id);
        } else {
            signers.insert(id, trusted);
        }
    }
    match revoked {
        Some(key) if signers.is_empty() => Err(VerifyError::Revoked { key: key.clone() }),
        Some(_) | None if signers.len() < THRESHOLD => Err(VerifyError::UnknownKey),
        Some(_) | None => Ok(signers),
    }
}

/// The first signer that may speak for the plugin, if enough of them may.
pub(crate) fn entitled(signers: &BTreeMap<&KeyId, &TrustedKey>, plugin: &PluginId) -> Result<KeyId, VerifyError> {
    let entitled: Vec<_> = signers.iter().filter(|(_, trusted)| trusted.namespace.covers(plugin)).collect();
    if let Some((key, _)) = entitled.first()
        && entitled.len() >= THRESHOLD
    {
        return Ok((**key).clone());
    }
    let refused = |key: &&KeyId| VerifyError::Namespace { key: (*key).clone(), plugin: plugin.clone() };
    Err(signers.keys().next().map_or(VerifyError::UnknownKey, refused))
}
