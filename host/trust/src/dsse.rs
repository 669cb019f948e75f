//! The envelope: DSSE v1 (secure-systems-lab/dsse, `envelope.md` and `protocol.md`), read more strictly than it must be.
//!
//! Unknown and repeated members, the URL-safe alphabet, missing padding and loose trailing bits are refused, so that an
//! envelope has one spelling. `keyid` is required and is only a hint: it picks the key to try, it proves nothing.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::key::{KeyError, SecretKey};

/// The one payload type: an in-toto statement.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// An envelope holds a manifest and a few signatures; a larger one is refused unread.
pub const MAX_ENVELOPE: usize = 1024 * 1024;

/// More signatures than anybody needs, few enough to check.
pub const MAX_SIGNATURES: usize = 16;

/// Why bytes are not an envelope or not a statement. No text of the input is repeated: it may be anything.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// Too large to read.
    #[error("larger than {MAX_ENVELOPE} bytes")]
    TooLarge,
    /// Not JSON.
    #[error("not JSON (line {line}, column {column})")]
    NotJson {
        /// Where, from 1.
        line: usize,
        /// Where, from 1.
        column: usize,
    },
    /// JSON of another shape.
    #[error("a member is unknown, missing, repeated or of the wrong type (line {line}, column {column})")]
    Member {
        /// Where, from 1.
        line: usize,
        /// Where, from 1.
        column: usize,
    },
    /// Base64 with another alphabet, without padding, with loose bits or of the wrong length.
    #[error("`{0}` is not canonical base64 of the right length")]
    Base64(&'static str),
    /// Too many signatures.
    #[error("more than {MAX_SIGNATURES} signatures")]
    Signatures,
    /// A fixed text of the format is another one.
    #[error("`{0}` is not the one this host reads")]
    Fixed(&'static str),
    /// Not exactly one subject.
    #[error("not exactly one subject")]
    Subjects,
    /// A name or digest of the statement is not one.
    #[error("`{0}` is not a name or digest")]
    Name(&'static str),
    /// A value of the statement is out of its range or has another spelling.
    #[error("`{0}` is out of its range or spelled in another way")]
    Value(&'static str),
}

impl FormError {
    pub(crate) fn of(error: &serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        match error.classify() {
            serde_json::error::Category::Data => Self::Member { line, column },
            serde_json::error::Category::Syntax
            | serde_json::error::Category::Eof
            | serde_json::error::Category::Io => Self::NotJson { line, column },
        }
    }
}

/// The bytes that are signed: PAE (`protocol.md`, "Signature Definition").
#[must_use]
pub fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut bytes = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

/// An envelope as read: nothing in it is proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Envelope {
    pub(crate) payload_type: String,
    pub(crate) payload: Vec<u8>,
    pub(crate) signatures: Vec<EnvelopeSignature>,
}

/// One signature of an envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EnvelopeSignature {
    pub(crate) keyid: String,
    pub(crate) signature: [u8; 64],
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct RawEnvelope {
    payload: String,
    payload_type: String,
    signatures: Vec<RawSignature>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSignature {
    keyid: String,
    sig: String,
}

impl Envelope {
    /// A payload under one signature. The same payload and key always give the same bytes.
    pub(crate) fn signed(payload: Vec<u8>, key: &SecretKey) -> Result<Self, KeyError> {
        let signature = key.sign(&pae(PAYLOAD_TYPE, &payload));
        let signatures = vec![EnvelopeSignature { keyid: key.public()?.id().to_string(), signature }];
        Ok(Self { payload_type: PAYLOAD_TYPE.to_owned(), payload, signatures })
    }

    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, FormError> {
        if bytes.len() > MAX_ENVELOPE {
            return Err(FormError::TooLarge);
        }
        let raw: RawEnvelope = serde_json::from_slice(bytes).map_err(|error| FormError::of(&error))?;
        if raw.signatures.len() > MAX_SIGNATURES {
            return Err(FormError::Signatures);
        }
        let payload = STANDARD.decode(&raw.payload).map_err(|_| FormError::Base64("payload"))?;
        let signatures = raw.signatures.into_iter().map(RawSignature::read).collect::<Result<_, _>>()?;
        Ok(Self { payload_type: raw.payload_type, payload, signatures })
    }

    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        let write = |signature: &EnvelopeSignature| RawSignature {
            keyid: signature.keyid.clone(),
            sig: STANDARD.encode(signature.signature),
        };
        serde_json_canonicalizer::to_vec(&RawEnvelope {
            payload: STANDARD.encode(&self.payload),
            payload_type: self.payload_type.clone(),
            signatures: self.signatures.iter().map(write).collect(),
        })
    }
}

impl RawSignature {
    fn read(self) -> Result<EnvelopeSignature, FormError> {
        let bytes = STANDARD.decode(&self.sig).map_err(|_| FormError::Base64("sig"))?;
        let signature = bytes.try_into().map_err(|_| FormError::Base64("sig"))?;
        Ok(EnvelopeSignature { keyid: self.keyid, signature })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Envelope, FormError> {
        Envelope::parse(text.as_bytes())
    }

    #[test]
    fn another_shape_is_refused() {
        let shapes = [
            r#"{"payload":"","payload":"","payloadType":"t","signatures":[]}"#,
            r#"{"payload":"","payloadType":"t","payloadType":"u","signatures":[]}"#,
            r#"{"payload":"","payloadType":"t","signatures":[],"x":1}"#,
            r#"{"payload":"","payloadType":"t"}"#,
            r#"{"payload":"","payloadType":"t","signatures":[{"sig":""}]}"#,
            r#"{"payload":"","payloadType":"t","signatures":[{"keyid":"a","keyid":"b","sig":""}]}"#,
            r#"{"payload":null,"payloadType":"t","signatures":[]}"#,
        ];
        for shape in shapes {
            assert!(matches!(parse(shape), Err(FormError::Member { .. })), "{shape}");
        }
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for text in ["", "{", "nonsense", r#"{"payload":"","payloadType":"t","signatures":[]} x"#, "\u{feff}{}"] {
            assert!(matches!(parse(text), Err(FormError::NotJson { .. })), "{text}");
        }
        assert_eq!(Envelope::parse(&vec![b' '; MAX_ENVELOPE + 1]), Err(FormError::TooLarge));
    }

    #[test]
    fn base64_has_one_spelling() {
        // `aGk+` in the URL-safe alphabet, padding missing or doubled, loose bits, white space.
        for payload in ["aGk-", "aA", "aA=", "aA===", "aB==", "aGk+\\n", " aGk+"] {
            let text = format!(r#"{{"payload":"{payload}","payloadType":"t","signatures":[]}}"#);
            assert_eq!(parse(&text), Err(FormError::Base64("payload")), "{payload}");
        }
        assert!(parse(r#"{"payload":"aGk+","payloadType":"t","signatures":[]}"#).is_ok());
    }

    #[test]
    fn a_signature_has_64_bytes() {
        let text = r#"{"payload":"","payloadType":"t","signatures":[{"keyid":"a","sig":"AAAA"}]}"#;
        assert_eq!(parse(text), Err(FormError::Base64("sig")));
    }

    #[test]
    fn the_signed_bytes_are_those_of_the_specification() {
        // DSSE protocol.md, "Test Vectors".
        let signed = pae("http://example.com/HelloWorld", b"hello world");
        assert_eq!(signed, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
    }
}
