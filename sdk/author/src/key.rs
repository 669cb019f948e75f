//! `key new`: a publisher's key pair, as two files.

use std::fmt;
use std::path::{Path, PathBuf};

use cordon_core::ids::KeyId;
use cordon_trust::key::{KeyError, SecretKey};
use serde::Serialize;

use crate::files::{FileError, create, split};

/// Why no key was made.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// A key is there.
    #[error("`{}` is there already: a key is never overwritten, name another file", .0.display())]
    Exists(PathBuf),
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The key.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// A new key pair.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct NewKey {
    /// Its id: `sha256:` of the public key.
    pub key: KeyId,
    /// The secret key, PKCS#8 PEM, readable by its owner only.
    pub secret: PathBuf,
    /// The public key, SPKI PEM, for hospitals.
    pub public: PathBuf,
}

impl fmt::Display for NewKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, secret, public } = self;
        write!(f, "{key}\nsecret: {} (keep it)\npublic: {} (for hospitals)", secret.display(), public.display())
    }
}

/// Writes an Ed25519 key pair: the secret key to `path` and the public one beside it, `x.pem` and `x.pub.pem`. `coins` are
/// 32 random bytes, used for nothing else.
///
/// # Errors
/// [`KeyFileError`]; then neither file is new.
pub fn new_key(path: &Path, coins: [u8; 32]) -> Result<NewKey, KeyFileError> {
    let public = path.with_extension("pub.pem");
    for file in [path, &public] {
        let (dir, name) = split(file)?;
        if dir.symlink_metadata(name).is_ok() {
            return Err(KeyFileError::Exists(file.to_owned()));
        }
    }
    let secret = SecretKey::generate(coins);
    let key = secret.public()?;
    // The public key first: if the secret one cannot be written, nothing secret is left behind.
    create(&public, key.to_pem()?.as_bytes(), 0o644)?;
    create(path, secret.to_pem()?.as_bytes(), 0o600)?;
    Ok(NewKey { key: key.id().clone(), secret: path.to_owned(), public })
}
