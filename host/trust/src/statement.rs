//! What is signed: an in-toto Statement v1 about one component, with the manifest as its predicate.
//!
//! The manifest travels as its exact text, so that what the publisher wrote, what the reviewer reads and what the host
//! parses are the same bytes. A member that this host would not enforce (an engine range, say) is refused, not skipped.

use cordon_core::ids::{Digest, PluginId};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::dsse::FormError;

/// `_type` (in-toto attestation framework, Statement v1).
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";

/// `predicateType` of a plugin.
pub const PREDICATE_TYPE: &str = "urn:cordon:plugin:v1";

/// A statement of the right form. Whether it is true is for [`crate::verify`] to find out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Statement {
    pub(crate) plugin: PluginId,
    pub(crate) component: Digest,
    pub(crate) manifest: String,
    pub(crate) wit: String,
}

/// A statement about one thing of one plugin, with any predicate.
pub(crate) struct About<P> {
    pub(crate) plugin: PluginId,
    pub(crate) digest: Digest,
    pub(crate) predicate: P,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct RawStatement<P> {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<RawSubject>,
    predicate_type: String,
    predicate: P,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSubject {
    name: String,
    digest: RawDigests,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDigests {
    sha256: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPredicate {
    manifest: String,
    wit: String,
}

impl<P: DeserializeOwned> About<P> {
    pub(crate) fn parse(payload: &[u8], predicate_type: &str) -> Result<Self, FormError> {
        let raw: RawStatement<P> = serde_json::from_slice(payload).map_err(|error| FormError::of(&error))?;
        if raw.kind != STATEMENT_TYPE {
            return Err(FormError::Fixed("_type"));
        }
        if raw.predicate_type != predicate_type {
            return Err(FormError::Fixed("predicateType"));
        }
        let [subject]: [RawSubject; 1] = raw.subject.try_into().map_err(|_| FormError::Subjects)?;
        let hex = subject.digest.sha256;
        Ok(Self {
            plugin: PluginId::new(subject.name).map_err(|_| FormError::Name("subject.name"))?,
            digest: Digest::try_from(format!("sha256:{hex}")).map_err(|_| FormError::Name("subject.digest.sha256"))?,
            predicate: raw.predicate,
        })
    }
}

impl<P: Serialize> About<P> {
    /// The statement in the canonical form of RFC 8785.
    pub(crate) fn into_bytes(self, predicate_type: &str) -> Result<Vec<u8>, serde_json::Error> {
        let digest = RawDigests { sha256: self.digest.hex() };
        serde_json_canonicalizer::to_vec(&RawStatement {
            kind: STATEMENT_TYPE.to_owned(),
            subject: vec![RawSubject { name: self.plugin.to_string(), digest }],
            predicate_type: predicate_type.to_owned(),
            predicate: self.predicate,
        })
    }
}

impl Statement {
    pub(crate) fn parse(payload: &[u8]) -> Result<Self, FormError> {
        let About { plugin, digest, predicate } = About::<RawPredicate>::parse(payload, PREDICATE_TYPE)?;
        Ok(Self { plugin, component: digest, manifest: predicate.manifest, wit: predicate.wit })
    }

    /// The statement in the canonical form of RFC 8785.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        let predicate = RawPredicate { manifest: self.manifest.clone(), wit: self.wit.clone() };
        About { plugin: self.plugin.clone(), digest: self.component, predicate }.into_bytes(PREDICATE_TYPE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> String {
        let statement = Statement {
            plugin: PluginId::new("org.example.x").unwrap(),
            component: Digest::of(b"component"),
            manifest: "id = \"x\"\n".to_owned(),
            wit: "cordon:clinical@0.2.0".to_owned(),
        };
        String::from_utf8(statement.to_bytes().unwrap()).unwrap()
    }

    fn parse(text: &str) -> Result<Statement, FormError> {
        Statement::parse(text.as_bytes())
    }

    #[test]
    fn a_member_that_would_not_be_enforced_is_refused() {
        for (from, to) in [
            (r#""wit":"#, r#""engine":">=1","wit":"#),
            (r#""wit":"#, r#""wit":"again","wit":"#),
            (r#"{"sha256":"#, r#"{"sha512":"00","sha256":"#),
            (r#""name":"#, r#""uri":"x","name":"#),
        ] {
            assert!(matches!(parse(&good().replacen(from, to, 1)), Err(FormError::Member { .. })), "{to}");
        }
    }

    #[test]
    fn another_statement_or_predicate_type_is_refused() {
        let fixed = |from: &str, to: &str| parse(&good().replace(from, to));
        assert_eq!(fixed("Statement/v1", "Statement/v0.1"), Err(FormError::Fixed("_type")));
        assert_eq!(fixed("plugin:v1", "plugin:v2"), Err(FormError::Fixed("predicateType")));
    }

    #[test]
    fn there_is_exactly_one_subject() {
        let subject =
            format!(r#"{{"digest":{{"sha256":"{}"}},"name":"org.example.x"}}"#, Digest::of(b"component").hex());
        let two = good().replace(&subject, &format!("{subject},{subject}"));
        assert_eq!(parse(&two), Err(FormError::Subjects));
        assert_eq!(parse(&good().replace(&subject, "")), Err(FormError::Subjects));
    }

    #[test]
    fn names_and_digests_are_checked() {
        assert_eq!(parse(&good().replace("org.example.x", "X")), Err(FormError::Name("subject.name")));
        let hex = Digest::of(b"component").hex();
        let upper = parse(&good().replace(&hex, &hex.to_uppercase()));
        assert_eq!(upper, Err(FormError::Name("subject.digest.sha256")));
    }

    #[test]
    fn the_canonical_bytes_are_pinned() {
        let hex = Digest::of(b"component").hex();
        let expected = format!(
            concat!(
                r#"{{"_type":"https://in-toto.io/Statement/v1","predicate":{{"manifest":"id = \"x\"\n","#,
                r#""wit":"cordon:clinical@0.2.0"}},"predicateType":"urn:cordon:plugin:v1","#,
                r#""subject":[{{"digest":{{"sha256":"{hex}"}},"name":"org.example.x"}}]}}"#
            ),
            hex = hex
        );
        assert_eq!(good(), expected);
    }
}
