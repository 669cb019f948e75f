//! One record as a leaf and a private part.
//!
//! The leaf is public to whoever may read the log and stays for ever. Who and why stand in the private part, which the
//! leaf binds by a digest. A random salt in it keeps the digest from being guessed, so the private part can be erased and
//! every proof still holds. Both are canonical JSON (RFC 8785): one record has one spelling.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cordon_core::ids::{Digest, TenantId};
use cordon_core::record::{Event, Private, Record};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The version written today. Leaves of other versions are refused until there is a decoder for them.
pub const VERSION: u32 = 1;

/// Why a record could not be written or a leaf not read.
#[derive(Debug, thiserror::Error)]
pub enum LeafError {
    /// The record could not be written.
    #[error("the record could not be written")]
    Write(#[source] serde_json::Error),
    /// Not a leaf, or not in canonical form.
    #[error("not a leaf in canonical form")]
    Leaf,
    /// Written by another version of the host.
    #[error("a leaf of an unknown version")]
    Version,
    /// Not a private part, or not in canonical form.
    #[error("not a private part in canonical form")]
    Private,
    /// Not the private part that belongs to the leaf.
    #[error("the private part is not the one the leaf names")]
    Unbound,
}

/// The bytes that go into the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf(pub(crate) Vec<u8>);

impl Leaf {
    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// The bytes that stand beside the leaf and may be erased.
#[derive(Clone, PartialEq, Eq)]
pub struct PrivatePart(Vec<u8>);

impl PrivatePart {
    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for PrivatePart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PrivatePart(…)")
    }
}

/// What a leaf says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Whose.
    pub tenant: TenantId,
    /// When.
    pub at: Timestamp,
    /// What.
    pub event: Event,
    /// The digest of the private part.
    pub private: Digest,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLeaf {
    v: u32,
    tenant: TenantId,
    at: String,
    event: Event,
    private: Digest,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPrivate {
    salt: String,
    who: Private,
}

/// Writes a record. The salt is 32 random bytes, used once.
///
/// # Errors
/// [`LeafError::Write`].
pub fn encode(record: &Record, salt: [u8; 32]) -> Result<(Leaf, PrivatePart), LeafError> {
    let private = RawPrivate { salt: STANDARD.encode(salt), who: record.private.clone() };
    let private = serde_json_canonicalizer::to_vec(&private).map_err(LeafError::Write)?;
    let leaf = RawLeaf {
        v: VERSION,
        tenant: record.tenant.clone(),
        at: record.at.to_string(),
        event: record.event.clone(),
        private: Digest::of(&private),
    };
    let leaf = serde_json_canonicalizer::to_vec(&leaf).map_err(LeafError::Write)?;
    Ok((Leaf(leaf), PrivatePart(private)))
}

/// Reads a leaf. Only the bytes that [`encode`] would write are accepted.
///
/// # Errors
/// [`LeafError::Version`] or [`LeafError::Leaf`].
pub fn decode(leaf: &[u8]) -> Result<Entry, LeafError> {
    let value: Value = serde_json::from_slice(leaf).map_err(|_| LeafError::Leaf)?;
    match value.get("v").and_then(Value::as_u64) {
        None => return Err(LeafError::Leaf),
        Some(version) if version != u64::from(VERSION) => return Err(LeafError::Version),
        Some(_) => {}
    }
    // Through a `Value`: buffered numbers of tagged enums cannot be read from text under `arbitrary_precision`. What a
    // `Value` loses (repeated members, order, white space) the comparison below finds.
    let raw: RawLeaf = serde_json::from_value(value).map_err(|_| LeafError::Leaf)?;
    let at: Timestamp = raw.at.parse().map_err(|_| LeafError::Leaf)?;
    let again = serde_json_canonicalizer::to_vec(&raw).map_err(LeafError::Write)?;
    if again != leaf || raw.at != at.to_string() {
        return Err(LeafError::Leaf);
    }
    Ok(Entry { tenant: raw.tenant, at, event: raw.event, private: raw.private })
}

/// Reads the private part that belongs to an entry.
///
/// # Errors
/// [`LeafError::Unbound`] or [`LeafError::Private`].
pub fn open(entry: &Entry, private: &[u8]) -> Result<Private, LeafError> {
    if Digest::of(private) != entry.private {
        return Err(LeafError::Unbound);
    }
    let raw: RawPrivate = serde_json::from_slice(private).map_err(|_| LeafError::Private)?;
    let again = serde_json_canonicalizer::to_vec(&raw).map_err(LeafError::Write)?;
    if again == private { Ok(raw.who) } else { Err(LeafError::Private) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        Record {
            tenant: TenantId::new("ward").unwrap(),
            at: "2026-11-22T03:00:00.25Z".parse().unwrap(),
            event: Event::Started { host: "0.1.0".to_owned() },
            private: Private { patient: Some("p1".to_owned()), ..Private::default() },
        }
    }

    fn changed(from: &str, to: &str) -> Result<Entry, LeafError> {
        let (leaf, _) = encode(&record(), [7; 32]).unwrap();
        let text = String::from_utf8(leaf.0).unwrap();
        assert!(text.contains(from));
        decode(text.replacen(from, to, 1).as_bytes())
    }

    #[test]
    fn an_unknown_version_is_refused() {
        assert!(matches!(changed(r#""v":1"#, r#""v":2"#), Err(LeafError::Version)));
    }

    #[test]
    fn another_spelling_of_a_leaf_is_refused() {
        for (from, to) in [
            (r#""v":1"#, r#""v":1,"x":2"#),
            (r#""v":1"#, r#""v":1,"v":1"#),
            (r#""v":1"#, r#""v": 1"#),
            (r#""v":1"#, r#""v":1.0"#),
            ("03:00:00.25Z", "03:00:00.250Z"),
            ("03:00:00.25Z", "04:00:00.25+01:00"),
            ("\"started\"", "\"unheard-of\""),
            ("\"host\":", "\"host\":\"a\",\"host\":"),
        ] {
            assert!(matches!(changed(from, to), Err(LeafError::Leaf)), "{to}");
        }
    }

    #[test]
    fn a_private_part_of_another_record_is_refused() {
        let (leaf, _) = encode(&record(), [7; 32]).unwrap();
        let (_, other) = encode(&record(), [8; 32]).unwrap();
        let entry = decode(leaf.as_bytes()).unwrap();
        assert!(matches!(open(&entry, other.as_bytes()), Err(LeafError::Unbound)));
    }

    #[test]
    fn the_leaf_holds_nothing_of_the_private_part_but_its_salted_digest() {
        let (leaf, private) = encode(&record(), [7; 32]).unwrap();
        let mut other = record();
        other.private.patient = Some("somebody-else".to_owned());
        let (other, _) = encode(&other, [7; 32]).unwrap();
        assert_eq!(leaf.0.len(), other.0.len());
        assert!(!String::from_utf8(leaf.0).unwrap().contains("p1"));
        assert_eq!(format!("{private:?}"), "PrivatePart(…)");
    }
}
