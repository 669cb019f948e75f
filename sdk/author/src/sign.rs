//! `sign`: component and manifest become one package. What no host would install is not signed.

use std::fmt;
use std::path::{Path, PathBuf};

use cordon_core::ids::{Digest, KeyId, PluginId};
use cordon_trust::key::{KeyError, SecretKey};
use serde::Serialize;

use crate::check::{RefusedError, component, manifest};
use crate::files::{FileError, read, read_text, replace};

/// Why nothing was signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// No host would install it.
    #[error(transparent)]
    Refused(#[from] RefusedError),
    /// The key.
    #[error("{0}: `cordon key new` makes one")]
    Key(#[from] KeyError),
    /// The envelope.
    #[error(transparent)]
    Sign(#[from] cordon_trust::sign::SignError),
}

/// A signed plugin: the pair that a hospital installs.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Package {
    /// The plugin.
    pub plugin: PluginId,
    /// Its version.
    pub version: String,
    /// The component.
    pub component: PathBuf,
    /// The envelope beside it.
    pub envelope: PathBuf,
    /// The component's SHA-256.
    pub digest: Digest,
    /// The key that signed.
    pub key: KeyId,
}

impl fmt::Display for Package {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { plugin, version, component, envelope, digest, key } = self;
        let (component, envelope) = (component.display(), envelope.display());
        write!(f, "{plugin} {version} is signed by {key}\n{component} ({digest})\n{envelope}")
    }
}

/// Signs a component with its manifest and writes the envelope beside it: `x.wasm` gets `x.dsse.json`. An envelope that is
/// there is replaced.
///
/// # Errors
/// [`SignError`]; then no envelope was written.
pub fn sign(path: &Path, manifest_path: &Path, key: &Path) -> Result<Package, SignError> {
    let bytes = read(path)?;
    let text = read_text(manifest_path)?;
    let manifest = manifest(&text)?;
    let digest = component(&bytes, &text, &manifest)?.digest;
    let key = SecretKey::from_pem(&read_text(key)?)?;
    let envelope = path.with_extension("dsse.json");
    replace(&envelope, &cordon_trust::sign::sign(&text, &bytes, &key)?)?;
    Ok(Package {
        plugin: manifest.id,
        version: manifest.version.to_string(),
        component: path.to_owned(),
        envelope,
        digest,
        key: key.public()?.id().clone(),
    })
}
