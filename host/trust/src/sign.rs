//! Signing, on the publisher's desk. The same manifest, component and key always give the same bytes.

use cordon_core::ids::Digest;
use cordon_core::manifest::{Manifest, ManifestError};

use crate::dsse::{Envelope, FormError};
use crate::key::{KeyError, SecretKey};
use crate::statement::Statement;

/// Why a plugin was not signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// No host would accept the manifest.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The key cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// What is claimed of a pack is out of its range.
    #[error(transparent)]
    Claim(#[from] FormError),
    /// The statement could not be written.
    #[error("the statement could not be written")]
    Write(#[source] serde_json::Error),
}

/// Signs a component together with its manifest and gives the envelope's bytes.
///
/// # Errors
/// [`SignError`]; a manifest that a host would refuse is not signed.
pub fn sign(manifest: &str, component: &[u8], key: &SecretKey) -> Result<Vec<u8>, SignError> {
    let parsed = Manifest::parse(manifest)?;
    let statement = Statement {
        wit: parsed.wit.to_owned(),
        plugin: parsed.id,
        component: Digest::of(component),
        manifest: manifest.to_owned(),
    };
    let payload = statement.to_bytes().map_err(SignError::Write)?;
    Envelope::signed(payload, key)?.to_bytes().map_err(SignError::Write)
}
