//! Data packs: what a plugin's maker sends after it, signed as the plugin was.
//!
//! A signed pack is one file: the envelope in its first line, the pack's bytes after it, so that one fetch brings both or
//! neither. The statement's subject is the plugin with the SHA-256 of the bytes; its predicate says which pack of it, and a
//! serial number that only grows. A pack of another plugin, another name or an older serial is refused from outside.

use std::cmp::Ordering;

use cordon_core::ids::{Digest, EntryName, KeyId, PluginId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::dsse::{Envelope, FormError, MAX_ENVELOPE};
use crate::fault::out;
use crate::key::SecretKey;
use crate::sign::SignError;
use crate::statement::About;
use crate::store::TrustStore;
use crate::verify::{VerifyError, entitled, signers};
use crate::version::Step;

/// `predicateType` of a data pack.
pub const PREDICATE_TYPE: &str = "urn:cordon:data-pack:v1";

/// The largest serial: the largest integer that every JSON reader holds exactly (RFC 7493 section 2.2).
pub const MAX_SERIAL: u64 = (1 << 53) - 1;

/// The longest version text.
pub const MAX_VERSION: usize = 64;

/// How large a file with a pack of so many bytes can be: the bound of a fetch.
#[must_use]
pub fn most_file(most_bytes: usize) -> usize {
    most_bytes.saturating_add(MAX_ENVELOPE).saturating_add(1)
}

/// What a publisher says of a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackClaim {
    /// The plugin it is for.
    pub plugin: PluginId,
    /// Which of the plugin's packs it is.
    pub pack: EntryName,
    /// Its number: newer packs have larger ones. At most [`MAX_SERIAL`].
    pub serial: u64,
    /// Its version for people: 1 to [`MAX_VERSION`] printable ASCII characters. No order is read into it.
    pub version: String,
    /// When it was issued, as its publisher says, in whole seconds.
    pub issued: Timestamp,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPredicate {
    issued: String,
    pack: String,
    serial: u64,
    version: String,
}

impl PackClaim {
    fn parse(payload: &[u8]) -> Result<(Self, Digest), FormError> {
        let About { plugin, digest, predicate } = About::<RawPredicate>::parse(payload, PREDICATE_TYPE)?;
        let RawPredicate { issued, pack, serial, version } = predicate;
        let at: Timestamp = issued.parse().map_err(|_| FormError::Value("predicate.issued"))?;
        if at.to_string() != issued {
            return Err(FormError::Value("predicate.issued"));
        }
        let pack = EntryName::new(pack).map_err(|_| FormError::Name("predicate.pack"))?;
        let claim = Self { plugin, pack, serial, version, issued: at };
        claim.check()?;
        Ok((claim, digest))
    }

    fn check(&self) -> Result<(), FormError> {
        if self.serial > MAX_SERIAL {
            return Err(FormError::Value("predicate.serial"));
        }
        let printable = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
        if self.version.is_empty() || self.version.len() > MAX_VERSION || !self.version.bytes().all(printable) {
            return Err(FormError::Value("predicate.version"));
        }
        if self.issued.subsec_nanosecond() != 0 {
            return Err(FormError::Value("predicate.issued"));
        }
        Ok(())
    }

    fn to_bytes(&self, digest: Digest) -> Result<Vec<u8>, serde_json::Error> {
        let predicate = RawPredicate {
            issued: self.issued.to_string(),
            pack: self.pack.to_string(),
            serial: self.serial,
            version: self.version.clone(),
        };
        About { plugin: self.plugin.clone(), digest, predicate }.into_bytes(PREDICATE_TYPE)
    }
}

/// Signs a pack and gives the file that a publisher serves or hands over.
///
/// # Errors
/// [`SignError`]; a claim that a host would refuse is not signed.
pub fn sign_pack(claim: &PackClaim, bytes: &[u8], key: &SecretKey) -> Result<Vec<u8>, SignError> {
    claim.check()?;
    let payload = claim.to_bytes(Digest::of(bytes)).map_err(SignError::Write)?;
    // Canonical JSON has no line break, so the first one ends the envelope.
    let mut file = Envelope::signed(payload, key)?.to_bytes().map_err(SignError::Write)?;
    file.push(b'\n');
    file.extend_from_slice(bytes);
    Ok(file)
}

/// What a host expects in a file.
#[derive(Debug, Clone, Copy)]
pub struct ExpectedPack<'a> {
    /// The installed plugin.
    pub plugin: &'a PluginId,
    /// Which of its packs.
    pub pack: &'a EntryName,
    /// How large its manifest says the pack may be.
    pub most_bytes: usize,
    /// Serial and envelope's digest of the newest pack this host ever took for this plugin and name.
    pub newest: Option<(u64, Digest)>,
}

/// Why a pack was not accepted. The pack in use stays in use.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// No line break that ends an envelope.
    #[error("not a signed pack: its first line is no envelope")]
    NotAPack,
    /// The envelope or its statement.
    #[error("malformed envelope: {0}")]
    Malformed(FormError),
    /// Its signatures: unsigned, unknown key, wrong signature, revoked, another namespace.
    #[error(transparent)]
    Signature(VerifyError),
    /// A pack of another plugin.
    #[error("the pack is for the plugin `{signed}`")]
    OtherPlugin {
        /// What was signed.
        signed: PluginId,
    },
    /// Another pack of this plugin.
    #[error("this is the pack `{signed}`")]
    OtherPack {
        /// What was signed.
        signed: EntryName,
    },
    /// Larger than its manifest says.
    #[error("{found} bytes, but the manifest says at most {most}")]
    TooLarge {
        /// How large it is.
        found: usize,
        /// What the manifest says.
        most: usize,
    },
    /// The bytes are not those that were signed.
    #[error("the pack is {found}, the signature is for {signed}")]
    BytesDiffer {
        /// What was signed.
        signed: Digest,
        /// What was found.
        found: Digest,
    },
    /// Older than what this host took before.
    #[error("serial {offered} is older than {newest}")]
    Older {
        /// What is offered.
        offered: u64,
        /// What this host took before.
        newest: u64,
    },
    /// A serial means one thing for ever.
    #[error("serial {offered} was taken already with other content")]
    Republished {
        /// What is offered.
        offered: u64,
    },
}

/// A pack whose envelope was verified. Only [`verify_pack`] makes one. Whether its bytes fit the manifest's schema is for
/// [`crate::schema::PackSchema`] to say.
#[must_use]
#[derive(Debug)]
pub struct VerifiedPack {
    claim: PackClaim,
    bytes: Vec<u8>,
    digest: Digest,
    envelope: Digest,
    key: KeyId,
    step: Step,
}

impl VerifiedPack {
    /// What its publisher says of it.
    #[must_use]
    pub fn claim(&self) -> &PackClaim {
        &self.claim
    }

    /// The pack's bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The digest of its bytes: what stands in transcript and record.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
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

    /// What it is to the host: the first, the same again, or newer.
    #[must_use]
    pub fn step(&self) -> Step {
        self.step
    }
}

/// Verifies a file. Call it when one arrives and again whenever the host starts, so that a revocation reaches what is kept.
///
/// # Errors
/// The first check that fails; nothing of the payload is read before a signature over it was verified.
pub fn verify_pack(file: &[u8], expected: &ExpectedPack<'_>, store: &TrustStore) -> Result<VerifiedPack, PackError> {
    let (envelope, bytes) = parts(file)?;
    let parsed = Envelope::parse(envelope).map_err(PackError::Malformed)?;
    let signers = signers(&parsed, store).map_err(PackError::Signature)?;
    let (claim, signed) = PackClaim::parse(&parsed.payload).map_err(PackError::Malformed)?;
    let key = entitled(&signers, &claim.plugin).map_err(PackError::Signature)?;
    if claim.plugin != *expected.plugin {
        return Err(PackError::OtherPlugin { signed: claim.plugin });
    }
    if claim.pack != *expected.pack {
        return Err(PackError::OtherPack { signed: claim.pack });
    }
    if bytes.len() > expected.most_bytes {
        return Err(PackError::TooLarge { found: bytes.len(), most: expected.most_bytes });
    }
    let digest = Digest::of(bytes);
    if digest != signed && !out!(PackBytesUnchecked) {
        return Err(PackError::BytesDiffer { signed, found: digest });
    }
    let envelope = Digest::of(envelope);
    let newest = expected.newest.filter(|_| !out!(PackOlderTaken));
    let step = step(newest, (claim.serial, envelope))?;
    Ok(VerifiedPack { claim, bytes: bytes.to_vec(), digest, envelope, key, step })
}

/// The first line without its end, and what follows it. A first line longer than any envelope is not looked for.
fn parts(file: &[u8]) -> Result<(&[u8], &[u8]), PackError> {
    let end = file.iter().take(MAX_ENVELOPE + 1).position(|byte| *byte == b'\n').ok_or(PackError::NotAPack)?;
    let (envelope, rest) = file.split_at_checked(end).ok_or(PackError::NotAPack)?;
    Ok((envelope, rest.get(1..).unwrap_or_default()))
}

fn step(newest: Option<(u64, Digest)>, (offered, envelope): (u64, Digest)) -> Result<Step, PackError> {
    let Some((newest, taken)) = newest else { return Ok(Step::First) };
    match offered.cmp(&newest) {
        Ordering::Less => Err(PackError::Older { offered, newest }),
        Ordering::Equal if taken != envelope => Err(PackError::Republished { offered }),
        Ordering::Equal => Ok(Step::Same),
        Ordering::Greater => Ok(Step::Upgrade),
    }
}
