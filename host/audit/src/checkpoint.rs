//! Checkpoints: a tree head as signed text (C2SP tlog-checkpoint in a C2SP signed-note, Ed25519, signature type 0x01).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use signed_note::{Note, VerifierList};
use tlog_tiles::checkpoint::Checkpoint;
use tlog_tiles::tlog::Hash;

use crate::tree::TreeHead;

/// Signature type of Ed25519 in C2SP signed-note.
const ED25519: u8 = 0x01;

/// Why a checkpoint was not signed or not believed, or a key not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// Not an origin.
    #[error("an origin is 1 to 255 printable ASCII characters without space and plus, as in `cordon/hospital.example`")]
    Origin,
    /// Not a verifier key.
    #[error("not a verifier key: `<origin>+<key id>+<base64>` with a strong Ed25519 key")]
    Key,
    /// Not a checkpoint of this log.
    #[error("not a checkpoint of this log")]
    Malformed,
    /// Not signed by this key.
    #[error("the checkpoint is not signed by this log's key")]
    Forged,
}

/// The name of a log, first line of its checkpoints and name of its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// Checks and takes an origin.
    ///
    /// # Errors
    /// [`CheckpointError::Origin`].
    pub fn new(text: impl Into<String>) -> Result<Self, CheckpointError> {
        let text = text.into();
        let fine = !text.is_empty() && text.len() <= 255 && text.bytes().all(|b| b.is_ascii_graphic() && b != b'+');
        if fine { Ok(Self(text)) } else { Err(CheckpointError::Origin) }
    }

    /// The origin as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The secret key of a log. Cleared from memory when dropped; never printed.
pub struct SignerKey {
    key: SigningKey,
    verifier: VerifierKey,
}

impl SignerKey {
    /// The key of 32 random bytes, for the log of this name.
    #[must_use]
    pub fn new(origin: Origin, seed: [u8; 32]) -> Self {
        let key = SigningKey::from_bytes(&seed);
        let verifier = VerifierKey { origin, key: key.verifying_key() };
        Self { key, verifier }
    }

    /// The public key, to be kept where the log is not.
    #[must_use]
    pub fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// Signs a tree head. The same head always gives the same text.
    ///
    /// # Errors
    /// [`CheckpointError::Malformed`] if the head cannot be written; an [`Origin`] allows no such head.
    pub fn sign(&self, head: &TreeHead) -> Result<String, CheckpointError> {
        let origin = self.verifier.origin.as_str();
        let text = Checkpoint::new(origin, head.size, Hash(head.root), "").map_err(|_| CheckpointError::Malformed)?;
        let text = text.to_bytes();
        let signature = self.key.sign(&text).to_bytes().to_vec();
        let signature = signed_note::Signature::new(origin.to_owned(), self.verifier.id(), signature);
        let signature = signature.map_err(|_| CheckpointError::Malformed)?;
        let note = Note::new(&text, &[signature]).map_err(|_| CheckpointError::Malformed)?;
        String::from_utf8(note.to_bytes()).map_err(|_| CheckpointError::Malformed)
    }
}

impl fmt::Debug for SignerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignerKey({})", self.verifier)
    }
}

/// The public key of a log. Prints as the verifier key of C2SP signed-note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    origin: Origin,
    key: VerifyingKey,
}

impl VerifierKey {
    /// Reads a verifier key.
    ///
    /// # Errors
    /// [`CheckpointError::Key`], also for a weak key.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        Self::read(text).filter(|key| key.to_string() == text).ok_or(CheckpointError::Key)
    }

    fn read(text: &str) -> Option<Self> {
        let (origin, rest) = text.split_once('+')?;
        let (_, encoded) = rest.split_once('+')?;
        let bytes = STANDARD.decode(encoded).ok()?;
        let (kind, bytes) = bytes.split_first()?;
        let key = VerifyingKey::from_bytes(bytes.try_into().ok()?).ok()?;
        let origin = Origin::new(origin).ok()?;
        (*kind == ED25519 && !key.is_weak()).then_some(Self { origin, key })
    }

    /// The name of the log.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Believes a checkpoint: it has this log's name and this key's signature. Signatures of others, a witness's say, may
    /// stand beside it.
    ///
    /// # Errors
    /// [`CheckpointError::Malformed`] or [`CheckpointError::Forged`].
    pub fn verify(&self, checkpoint: &str) -> Result<TreeHead, CheckpointError> {
        let note = Note::from_bytes(checkpoint.as_bytes()).map_err(|_| CheckpointError::Malformed)?;
        note.verify(&VerifierList::new(vec![Box::new(self.clone())])).map_err(|_| CheckpointError::Forged)?;
        let read = Checkpoint::from_bytes(note.text()).map_err(|_| CheckpointError::Malformed)?;
        if read.origin() != self.origin.as_str() || !read.extension().is_empty() {
            return Err(CheckpointError::Malformed);
        }
        Ok(TreeHead { size: read.size(), root: read.hash().0 })
    }

    fn encoded(&self) -> Vec<u8> {
        [&[ED25519], self.key.as_bytes().as_slice()].concat()
    }

    fn id(&self) -> u32 {
        signed_note::key_id(self.origin.as_str(), &self.encoded())
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{:08x}+{}", self.origin.as_str(), self.id(), STANDARD.encode(self.encoded()))
    }
}

/// The library's own verifier is not strict (it takes small-order points), so ours stands in.
impl signed_note::Verifier for VerifierKey {
    fn name(&self) -> &str {
        self.origin.as_str()
    }

    fn key_id(&self) -> u32 {
        self.id()
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature).is_ok_and(|signature| self.key.verify_strict(message, &signature).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use cordon_core::ids::Digest;
    use ed25519_dalek::Verifier as _;

    use super::*;

    const HEAD: TreeHead = TreeHead { size: 7, root: [9; 32] };

    fn log(name: &str, seed: u8) -> SignerKey {
        SignerKey::new(Origin::new(name).unwrap(), [seed; 32])
    }

    #[test]
    fn a_checkpoint_of_another_key_or_another_log_is_refused() {
        let ours = log("cordon/a.example", 1);
        for other in [log("cordon/a.example", 2), log("cordon/b.example", 1)] {
            let refused = ours.verifier().verify(&other.sign(&HEAD).unwrap());
            assert_eq!(refused, Err(CheckpointError::Forged), "{other:?}");
        }
    }

    #[test]
    fn no_changed_bit_of_a_checkpoint_is_believed() {
        let ours = log("cordon/a.example", 1);
        let note = ours.sign(&HEAD).unwrap().into_bytes();
        for bit in 0..note.len() * 8 {
            let mut changed = note.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let believed = String::from_utf8(changed).is_ok_and(|text| ours.verifier().verify(&text).is_ok());
            assert!(!believed, "bit {bit}");
        }
    }

    #[test]
    fn a_signed_text_that_is_no_checkpoint_of_this_log_is_refused() {
        let ours = log("cordon/a.example", 1);
        let root = STANDARD.encode([9; 32]);
        let other_log = format!("cordon/b.example\n7\n{root}\n");
        let extended = format!("cordon/a.example\n7\n{root}\nextension\n");
        for text in [other_log.as_str(), &extended, "hello\n", "cordon/a.example\n7\nCQkJ\n"] {
            let signature = ours.key.sign(text.as_bytes()).to_bytes().to_vec();
            let line =
                signed_note::Signature::new("cordon/a.example".to_owned(), ours.verifier.id(), signature).unwrap();
            let note = String::from_utf8(Note::new(text.as_bytes(), &[line]).unwrap().to_bytes()).unwrap();
            assert_eq!(ours.verifier().verify(&note), Err(CheckpointError::Malformed), "{text}");
        }
    }

    #[test]
    fn origins_and_verifier_keys_that_are_none_are_refused() {
        for wrong in ["", "a b", "a+b", "a\nb", "ä"] {
            assert_eq!(Origin::new(wrong), Err(CheckpointError::Origin), "{wrong}");
        }
        let good = log("cordon/a.example", 1).verifier().to_string();
        let weak = VerifierKey { origin: Origin::new("x").unwrap(), key: VerifyingKey::from_bytes(&[0; 32]).unwrap() };
        for wrong in ["", "a+b", &good.replace("cordon", "cordoN"), &format!("{good}="), &weak.to_string()] {
            assert_eq!(VerifierKey::parse(wrong), Err(CheckpointError::Key), "{wrong}");
        }
    }

    #[test]
    fn a_signature_that_only_a_lenient_verifier_takes_is_refused() {
        // Vector 2 of github.com/novifinancial/ed25519-speccheck: small-order R, accepted by the plain RFC 8032 equation.
        let bytes = |hex: &str| *Digest::try_from(format!("sha256:{hex}")).unwrap().as_bytes();
        let message = bytes("aebf3f2601a0c8c5d39cc7d8911642f740b78168218da8471772b35f9d35b9ab");
        let key = bytes("f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43");
        let r = bytes("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa");
        let s = bytes("8c4bd45aecaca5b24fb97bc10ac27ac8751a7dfe1baff8b953ec9f5833ca260e");
        let lenient = VerifyingKey::from_bytes(&key).unwrap();
        assert!(lenient.verify(&message, &Signature::from_bytes(&[r, s].concat().try_into().unwrap())).is_ok());
        let strict = VerifierKey { origin: Origin::new("x").unwrap(), key: lenient };
        assert!(!signed_note::Verifier::verify(&strict, &message, &[r, s].concat()));
    }

    #[test]
    fn a_verifier_key_reads_what_it_prints_and_what_others_print() {
        let ours = log("cordon/a.example", 1);
        assert_eq!(VerifierKey::parse(&ours.verifier().to_string()).as_ref(), Ok(ours.verifier()));
        // The verifier key of the Go documentation of golang.org/x/mod/sumdb/note.
        assert!(VerifierKey::parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW").is_ok());
    }

    #[test]
    fn a_checkpoint_says_what_was_signed_and_keeps_a_witness_beside_it() {
        let ours = log("cordon/a.example", 1);
        let note = ours.sign(&HEAD).unwrap();
        assert_eq!(ours.verifier().verify(&note), Ok(HEAD));
        let witness = format!("{note}\u{2014} witness.example AAAAAAAA\n");
        assert_eq!(ours.verifier().verify(&witness), Ok(HEAD));
    }
}
