//! Names of things. No bare `String` crosses a door.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a text is not a name of the wanted kind. The text itself is not repeated: it may be anything.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a {kind}: {rule}")]
pub struct NameError {
    kind: &'static str,
    rule: &'static str,
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $kind:literal, $rule:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $type(String);

        impl $type {
            /// Checks and takes a name.
            ///
            /// # Errors
            /// The rule that the text breaks.
            pub fn new(text: impl Into<String>) -> Result<Self, NameError> {
                let text = text.into();
                let check: fn(&str) -> bool = $check;
                if check(&text) { Ok(Self(text)) } else { Err(NameError { kind: $kind, rule: $rule }) }
            }

            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $type {
            type Error = NameError;
            fn try_from(text: String) -> Result<Self, NameError> {
                Self::new(text)
            }
        }

        impl From<$type> for String {
            fn from(name: $type) -> String {
                name.0
            }
        }

        impl std::str::FromStr for $type {
            type Err = NameError;
            fn from_str(text: &str) -> Result<Self, NameError> {
                Self::new(text)
            }
        }
    };
}

fn slug(text: &str) -> bool {
    let mut bytes = text.bytes();
    text.len() <= 64
        && bytes.next().is_some_and(|b| b.is_ascii_lowercase())
        && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn reverse_dns(text: &str) -> bool {
    text.len() <= 128 && text.split('.').count() >= 3 && text.split('.').all(slug)
}

fn fhir_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= 64 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.')
}

fn printable(text: &str) -> bool {
    !text.is_empty() && text.len() <= 512 && text.bytes().all(|b| b.is_ascii_graphic())
}

name!(
    /// A hospital, or a department with its own data, keys and grants. Part of every key.
    TenantId, "tenant", "1 to 64 of a-z, 0-9 and -, starting with a letter", slug
);
name!(
    /// A plugin: reverse DNS of its publisher's namespace, at least three labels.
    PluginId, "plugin id", "reverse DNS with at least three labels of a-z, 0-9 and -", reverse_dns
);
name!(
    /// A CDS Hooks service id, as in the URL.
    ServiceId, "service id", "1 to 64 of a-z, 0-9 and -, starting with a letter", slug
);
name!(
    /// A declared need, and the prefetch key made from it.
    NeedName, "need name", "1 to 64 of a-z, 0-9 and -, starting with a letter", slug
);
name!(
    /// A `[[proposal]]` or `[[override-reason]]` of a manifest.
    EntryName, "entry name", "1 to 64 of a-z, 0-9 and -, starting with a letter", slug
);
name!(
    /// The logical id of the patient in context: `Patient.id` (FHIR R4 `id`, 1 to 64 characters).
    PatientId, "patient id", "1 to 64 of A-Z, a-z, 0-9, - and . (FHIR R4 id)", fhir_id
);
name!(
    /// The `iss` of a CDS client.
    Issuer, "issuer", "1 to 512 printable ASCII characters", printable
);
name!(
    /// A user's role, as the hospital or a signed claim names it: a code, or system and code with `|` between them.
    Role, "role", "1 to 512 printable ASCII characters", printable
);
name!(
    /// The name a trusted publisher key is kept under: its key id.
    KeyId, "key id", "1 to 512 printable ASCII characters", printable
);

/// A SHA-256 digest. Prints as `sha256:` and 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest([u8; 32]);

impl Digest {
    /// Takes the 32 bytes of a SHA-256.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The digest of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        use sha2::Digest as _;
        Self(sha2::Sha256::digest(bytes).into())
    }

    /// The digest of this text as it would be printed: `Digest::said(format_args!("{a} {b}"))` holds none of it in memory.
    #[must_use]
    pub fn said(text: fmt::Arguments<'_>) -> Self {
        use sha2::Digest as _;
        let mut said = Said(sha2::Sha256::new());
        match fmt::write(&mut said, text) {
            Ok(()) => Self(said.0.finalize().into()),
            // The digest of a part is not the digest of the whole.
            Err(fmt::Error) => Self::of(text.to_string().as_bytes()),
        }
    }

    /// The 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The 64 hexadecimal digits, without the prefix.
    #[must_use]
    pub fn hex(&self) -> String {
        hex(&self.0)
    }
}

/// Takes a text piece by piece.
struct Said(sha2::Sha256);

impl fmt::Write for Said {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        sha2::Digest::update(&mut self.0, text);
        Ok(())
    }
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut digits = String::with_capacity(bytes.len().saturating_mul(2));
    let halves = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0x0f]);
    digits.extend(halves.filter_map(|half| char::from_digit(half.into(), 16)));
    digits
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        f.write_str(&self.hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl TryFrom<String> for Digest {
    type Error = NameError;
    fn try_from(text: String) -> Result<Self, NameError> {
        let wrong = NameError { kind: "digest", rule: "`sha256:` and 64 lower-case hexadecimal digits" };
        let hex = text.strip_prefix("sha256:").filter(|hex| hex.len() == 64).ok_or_else(|| wrong.clone())?;
        let mut bytes = [0_u8; 32];
        for (byte, pair) in bytes.iter_mut().zip(hex.as_bytes().chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| wrong.clone())?;
            if pair.bytes().any(|b| b.is_ascii_uppercase() || b == b'+') {
                return Err(wrong);
            }
            *byte = u8::from_str_radix(pair, 16).map_err(|_| wrong.clone())?;
        }
        Ok(Self(bytes))
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> String {
        digest.to_string()
    }
}

/// The random input of one invocation, drawn by the server. Ids and seeds derive from it.
#[derive(Clone, Copy)]
pub struct Coins([u8; 32]);

impl Coins {
    /// Takes 32 random bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, to seed a generator.
    #[must_use]
    pub fn seed(&self) -> [u8; 32] {
        self.0
    }
}

impl fmt::Debug for Coins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Coins(…)")
    }
}

/// A tenant's secret for what stands in the place of a patient's own data, such as shifted dates. It outlives calls and
/// restarts, and never leaves the host. Prints nothing of it.
#[derive(Clone, Copy)]
pub struct PseudonymKey([u8; 32]);

impl PseudonymKey {
    /// Takes 32 random bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(crate) fn secret(&self) -> [u8; 32] {
        self.0
    }
}

impl fmt::Debug for PseudonymKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PseudonymKey(…)")
    }
}

/// A host-minted UUID (RFC 9562 version 4 layout), drawn from an invocation's coins.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MintedId(String);

impl MintedId {
    /// Lays 16 random bytes out as a version 4 UUID.
    #[must_use]
    pub fn from_random(mut bytes: [u8; 16]) -> Self {
        let [_, _, _, _, _, _, six, _, eight, ..] = &mut bytes;
        *six = (*six & 0x0f) | 0x40;
        *eight = (*eight & 0x3f) | 0x80;
        let digits = hex(&bytes);
        let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
        Self([part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-"))
    }

    /// The UUID as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for MintedId {
    type Err = NameError;

    /// Reads an id as it was written: a version 4 UUID in lower case.
    fn from_str(text: &str) -> Result<Self, NameError> {
        let wrong = NameError { kind: "invocation id", rule: "a version 4 UUID in lower case" };
        let digits: Vec<u8> = text.split('-').flat_map(str::bytes).collect();
        let mut bytes = [0_u8; 16];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| wrong.clone())?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| wrong.clone())?;
        }
        let read = Self::from_random(bytes);
        if read.0 == text { Ok(read) } else { Err(wrong) }
    }
}

impl fmt::Display for MintedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_refuse_what_they_are_not() {
        assert!(PluginId::new("org.example.renal-dosing").is_ok());
        for wrong in ["", "renal", "org.example", "Org.example.x", "org..x", "org.example.x/../y", "org.exämple.x"] {
            assert!(PluginId::new(wrong).is_err(), "{wrong}");
        }
        assert!(PatientId::new("a/b").is_err());
        assert!(PatientId::new("a".repeat(65)).is_err());
    }

    #[test]
    fn a_digest_reads_what_it_prints_and_nothing_else() {
        let digest = Digest::of(b"");
        assert_eq!(digest.to_string(), "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(Digest::try_from(digest.to_string()), Ok(digest));
        assert!(Digest::try_from(digest.to_string().to_uppercase()).is_err());
        assert!(Digest::try_from("sha256:00".to_owned()).is_err());
        assert_eq!(Digest::said(format_args!("{} {:?}", 1, "ä\"")), Digest::of("1 \"ä\\\"\"".as_bytes()));
    }

    #[test]
    fn a_minted_id_is_a_version_4_uuid() {
        assert_eq!(MintedId::from_random([0xff; 16]).as_str(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }
}
