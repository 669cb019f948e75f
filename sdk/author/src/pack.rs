//! `pack sign`: a data pack becomes the one file that a hospital takes in. What no host would take is not signed.

use std::fmt;
use std::path::{Path, PathBuf};

use cordon_core::ids::{Digest, EntryName, KeyId, PluginId};
use cordon_trust::key::{KeyError, SecretKey};
use cordon_trust::pack::{PackClaim, sign_pack};
use cordon_trust::schema::{CheckError, check_pack};
use jiff::Timestamp;
use serde::Serialize;

use crate::check::{RefusedError, manifest};
use crate::files::{FileError, read, read_text, replace};

/// Why no pack was signed.
#[derive(Debug, thiserror::Error)]
pub enum PackSignError {
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The manifest.
    #[error(transparent)]
    Manifest(#[from] RefusedError),
    /// No such pack.
    #[error("the manifest has no [[pack]] with name = \"{0}\"")]
    Unknown(EntryName),
    /// Too large.
    #[error("the pack has {found} bytes; its manifest says most-bytes = {most}")]
    TooLarge {
        /// Its bytes.
        found: usize,
        /// What the manifest says.
        most: u64,
    },
    /// It breaks the manifest's schema.
    #[error(transparent)]
    Contents(#[from] CheckError),
    /// The key.
    #[error("{0}: `cordon key new` makes one")]
    Key(#[from] KeyError),
    /// Serial, version or envelope.
    #[error(transparent)]
    Sign(#[from] cordon_trust::sign::SignError),
}

/// What its publisher says of a pack.
#[derive(Debug, Clone)]
pub struct PackNotes<'a> {
    /// Which of the plugin's packs it is.
    pub name: &'a EntryName,
    /// Its version for people.
    pub version: &'a str,
    /// Its number, which only grows: a host that took one refuses what is older. By default the time of issue, in seconds.
    pub serial: Option<u64>,
    /// The time of issue.
    pub issued: Timestamp,
}

/// A signed pack.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct SignedPack {
    /// The plugin.
    pub plugin: PluginId,
    /// Which of its packs.
    pub name: EntryName,
    /// Its version for people.
    pub version: String,
    /// Its number.
    pub serial: u64,
    /// The file that hospitals take.
    pub file: PathBuf,
    /// The SHA-256 of the contents: what stands in a hospital's records.
    pub digest: Digest,
    /// The key that signed.
    pub key: KeyId,
}

impl fmt::Display for SignedPack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { plugin, name, version, serial, file, digest, key } = self;
        write!(
            f,
            "pack {name} of {plugin}, {version} (serial {serial}), is signed by {key}\n{} ({digest})",
            file.display()
        )
    }
}

/// Signs the contents of a pack for the plugin of a manifest and writes `x.json` to `x.pack` beside it. A file that is
/// there is replaced.
///
/// # Errors
/// [`PackSignError`]; then nothing was written.
pub fn pack_sign(
    contents: &Path,
    manifest_path: &Path,
    key: &Path,
    notes: &PackNotes<'_>,
) -> Result<SignedPack, PackSignError> {
    let bytes = read(contents)?;
    let manifest = manifest(&read_text(manifest_path)?)?;
    let pack = manifest.packs.get(notes.name).ok_or_else(|| PackSignError::Unknown(notes.name.clone()))?;
    if u64::try_from(bytes.len()).map_or(true, |length| length > pack.most_bytes) {
        return Err(PackSignError::TooLarge { found: bytes.len(), most: pack.most_bytes });
    }
    check_pack(&pack.schema, &bytes)?;
    let key = SecretKey::from_pem(&read_text(key)?)?;
    let issued = Timestamp::from_second(notes.issued.as_second()).unwrap_or(notes.issued);
    let serial = notes.serial.unwrap_or_else(|| u64::try_from(issued.as_second()).unwrap_or_default());
    let claim =
        PackClaim { plugin: manifest.id, pack: notes.name.clone(), serial, version: notes.version.to_owned(), issued };
    let file = contents.with_extension("pack");
    replace(&file, &sign_pack(&claim, &bytes, &key)?)?;
    let PackClaim { plugin, pack: name, version, .. } = claim;
    Ok(SignedPack { plugin, name, version, serial, file, digest: Digest::of(&bytes), key: key.public()?.id().clone() })
}
