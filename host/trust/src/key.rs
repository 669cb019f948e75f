//! Ed25519 keys (RFC 8032) as text: SPKI PEM for public keys, PKCS#8 PEM for secret ones (RFC 8410).

use std::fmt;

use cordon_core::ids::{Digest, KeyId, NameError};
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey, KeypairBytes};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

/// Why a text is not a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not an Ed25519 public key in SPKI PEM.
    #[error("not an Ed25519 public key in PEM")]
    NotPublic,
    /// Not an Ed25519 secret key in PKCS#8 PEM.
    #[error("not an Ed25519 secret key in PEM")]
    NotSecret,
    /// A point of small order: one signature would fit many messages.
    #[error("weak key: a point of small order")]
    Weak,
    /// The key cannot be written.
    #[error("the key cannot be written")]
    Unwritable,
    /// The key has no id.
    #[error(transparent)]
    Id(#[from] NameError),
}

/// A public key that is not weak.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    key: VerifyingKey,
    id: KeyId,
}

impl PublicKey {
    /// Reads an SPKI PEM.
    ///
    /// # Errors
    /// [`KeyError::NotPublic`] or [`KeyError::Weak`].
    pub fn parse(pem: &str) -> Result<Self, KeyError> {
        Self::checked(VerifyingKey::from_public_key_pem(pem).map_err(|_| KeyError::NotPublic)?)
    }

    /// Takes the 32 bytes of RFC 8032 section 5.1.5.
    ///
    /// # Errors
    /// [`KeyError::NotPublic`] or [`KeyError::Weak`].
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        Self::checked(VerifyingKey::from_bytes(bytes).map_err(|_| KeyError::NotPublic)?)
    }

    fn checked(key: VerifyingKey) -> Result<Self, KeyError> {
        if key.is_weak() {
            return Err(KeyError::Weak);
        }
        let id = KeyId::new(Digest::of(key.as_bytes()).to_string())?;
        Ok(Self { key, id })
    }

    /// The key id: `sha256:` of the 32 bytes.
    #[must_use]
    pub fn id(&self) -> &KeyId {
        &self.id
    }

    /// The key as SPKI PEM.
    ///
    /// # Errors
    /// [`KeyError::Unwritable`].
    pub fn to_pem(&self) -> Result<String, KeyError> {
        self.key.to_public_key_pem(LineEnding::LF).map_err(|_| KeyError::Unwritable)
    }

    /// Whether this key made the signature over exactly these bytes.
    ///
    /// Strict as in "Taming the many EdDSAs" (Chalkias, Garillot, Nikolaenko 2020): no small-order point, no malleable
    /// scalar, no batch.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.key.verify_strict(message, &Signature::from_bytes(signature)).is_ok()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.id)
    }
}

/// A publisher's secret key. Cleared from memory when dropped; never printed.
pub struct SecretKey(SigningKey);

impl SecretKey {
    /// The key of 32 random bytes.
    #[must_use]
    pub fn generate(seed: [u8; 32]) -> Self {
        Self(SigningKey::from_bytes(&seed))
    }

    /// Reads a PKCS#8 PEM.
    ///
    /// # Errors
    /// [`KeyError::NotSecret`].
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        SigningKey::from_pkcs8_pem(pem).map(Self).map_err(|_| KeyError::NotSecret)
    }

    /// The key as PKCS#8 PEM, without the public key: the form every tool reads (RFC 8410 section 7).
    ///
    /// # Errors
    /// [`KeyError::Unwritable`].
    pub fn to_pem(&self) -> Result<String, KeyError> {
        let bytes = KeypairBytes { secret_key: self.0.to_bytes(), public_key: None };
        Ok(bytes.to_pkcs8_pem(LineEnding::LF).map_err(|_| KeyError::Unwritable)?.as_str().to_owned())
    }

    /// The public key.
    ///
    /// # Errors
    /// [`KeyError::Weak`] cannot come from a clamped scalar, but is not assumed away.
    pub fn public(&self) -> Result<PublicKey, KeyError> {
        PublicKey::checked(self.0.verifying_key())
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_no_key_is_refused() {
        let secret = SecretKey::generate([7; 32]).to_pem().unwrap();
        for wrong in ["", "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n", secret.as_str()] {
            assert_eq!(PublicKey::parse(wrong), Err(KeyError::NotPublic));
        }
        let public = SecretKey::generate([7; 32]).public().unwrap().to_pem().unwrap();
        assert!(matches!(SecretKey::from_pem(&public), Err(KeyError::NotSecret)));
    }

    #[test]
    fn a_weak_key_is_refused_with_its_reason() {
        let identity = VerifyingKey::from_bytes(&{
            let mut bytes = [0; 32];
            bytes[0] = 1;
            bytes
        });
        let pem = identity.unwrap().to_public_key_pem(LineEnding::LF).unwrap();
        assert_eq!(PublicKey::parse(&pem), Err(KeyError::Weak));
    }

    #[test]
    fn keys_read_what_they_print() {
        let secret = SecretKey::generate([7; 32]);
        let again = SecretKey::from_pem(&secret.to_pem().unwrap()).unwrap();
        assert_eq!(again.public(), secret.public());
        let public = secret.public().unwrap();
        assert_eq!(PublicKey::parse(&public.to_pem().unwrap()), Ok(public));
    }

    #[test]
    fn a_key_id_is_the_digest_of_the_raw_public_key() {
        // RFC 8032 section 7.1, TEST 1: secret key and public key.
        let seed =
            Digest::try_from("sha256:9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60".to_owned());
        let public = SecretKey::generate(*seed.unwrap().as_bytes()).public().unwrap();
        let bytes =
            Digest::try_from("sha256:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a".to_owned());
        assert_eq!(public.id().as_str(), Digest::of(bytes.unwrap().as_bytes()).to_string());
    }

    #[test]
    fn a_secret_key_does_not_print() {
        assert_eq!(format!("{:?}", SecretKey::generate([7; 32])), "SecretKey(…)");
    }
}
