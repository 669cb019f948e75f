//! Envelopes made from choices: a true statement, then changes before and after it is signed.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use arbitrary::{Result, Unstructured};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cordon_core::ids::{Digest, KeyId};
use cordon_core::manifest::Manifest;
use cordon_trust::dsse::{PAYLOAD_TYPE, pae};
use cordon_trust::key::SecretKey;
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};

use super::{COMPONENT, ELSEWHERE, MANIFEST, PUBLISHER, REVOKED, STRANGER};

/// The keys, with the publisher's first.
static KEYS: LazyLock<[(SigningKey, KeyId); 4]> = LazyLock::new(|| {
    [PUBLISHER, ELSEWHERE, REVOKED, STRANGER].map(|seed| {
        let id = SecretKey::generate(seed).public().expect("a key").id().clone();
        (SigningKey::from_bytes(&seed), id)
    })
});

/// The contract that the manifest is made for.
static CONTRACT: LazyLock<&str> = LazyLock::new(|| Manifest::parse(MANIFEST).expect("a manifest").wit);

/// Places of a statement, and one that it does not have.
const PLACES: [&str; 9] = [
    "/_type",
    "/subject/0/name",
    "/subject/0/digest/sha256",
    "/subject/0",
    "/subject",
    "/predicateType",
    "/predicate/manifest",
    "/predicate/wit",
    "/predicate",
];

/// What may stand there instead.
const PIECES: [&str; 10] = [
    r#""https://in-toto.io/Statement/v0.1""#,
    r#""com.example.other""#,
    r#""org.cordon.sample.news2""#,
    r#""cordon:clinical@9.9.9""#,
    r#"{"name":"org.cordon.sample.renal-dosing","digest":{"sha256":"00"}}"#,
    r#"[]"#,
    r#"[{"name":"org.cordon.sample.renal-dosing","digest":{"sha256":"00"}},{"name":"a.b.c","digest":{"sha256":"00"}}]"#,
    r#"{"manifest":"","wit":"cordon:clinical@0.2.0","engine":">=1"}"#,
    r#"null"#,
    r#""""#,
];

/// Words of a manifest, and what a publisher might write for them.
const WORDS: [(&str, &str); 6] = [
    ("renal-dosing", "other"),
    ("version = \"1.0.0\"", "version = \"1.0\""),
    ("order-select", "patient-view"),
    ("patient/Patient.r", "user/Patient.r"),
    ("on-withheld = \"abstain\"", "on-withheld = \"never\""),
    ("licence", "egress"),
];

/// One envelope, and what the trusted publisher really signed of it.
pub(super) struct Case {
    pub(super) envelope: Vec<u8>,
    pub(super) component: Vec<u8>,
    /// Every message that the publisher's key signed.
    pub(super) signed: BTreeSet<Vec<u8>>,
    /// Nothing was changed: a host that refuses it is of no use.
    pub(super) honest: bool,
}

impl Case {
    pub(super) fn make(choices: &mut Unstructured<'_>) -> Result<Self> {
        let component: Vec<u8> = if choices.ratio(3, 4)? { COMPONENT.to_vec() } else { choices.arbitrary()? };
        let (mut payload, mut honest) = statement(&component, choices)?;
        honest &= !sometimes_cut(&mut payload, choices)?;
        let mut case = Self { envelope: Vec::new(), component, signed: BTreeSet::new(), honest };
        let mut signatures = Vec::new();
        for _ in 0..choices.int_in_range(0..=3)? {
            signatures.push(case.signature(&payload, choices)?);
        }
        case.honest &= case.signed.contains(&payload);
        let body = json!({"payloadType": PAYLOAD_TYPE, "payload": STANDARD.encode(&payload), "signatures": signatures});
        case.envelope = body.to_string().into_bytes();
        case.honest &= !sometimes_cut(&mut case.envelope, choices)?;
        Ok(case)
    }

    /// A member of `signatures`, sometimes over other bytes, under another name or not whole.
    fn signature(&mut self, payload: &[u8], choices: &mut Unstructured<'_>) -> Result<Value> {
        let (key, id) = choices.choose(&*KEYS)?;
        let over = if choices.ratio(1, 4)? { b"another" } else { payload };
        let mut bytes = key.sign(&pae(PAYLOAD_TYPE, over)).to_bytes().to_vec();
        let named = if choices.ratio(1, 8)? { &choices.choose(&*KEYS)?.1 } else { id };
        self.honest &= over == payload && named == id && !sometimes_cut(&mut bytes, choices)?;
        if KEYS.first().is_some_and(|(publisher, _)| publisher == key) {
            self.signed.insert(over.to_vec());
        }
        Ok(json!({"keyid": named.as_str(), "sig": STANDARD.encode(bytes)}))
    }
}

/// A statement, and whether it is the true one.
fn statement(component: &[u8], choices: &mut Unstructured<'_>) -> Result<(Vec<u8>, bool)> {
    let (from, to) = choices.choose(&WORDS)?;
    let same = choices.ratio(3, 4)?;
    let manifest = if same { MANIFEST.to_owned() } else { MANIFEST.replacen(from, to, 2) };
    let mut statement = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "org.cordon.sample.renal-dosing", "digest": {"sha256": Digest::of(component).hex()}}],
        "predicateType": "urn:cordon:plugin:v1",
        "predicate": {"manifest": manifest, "wit": *CONTRACT},
    });
    let true_one = same && choices.ratio(3, 4)?;
    if same && !true_one {
        let piece = serde_json::from_str(choices.choose(&PIECES)?).unwrap_or_default();
        if let Some(place) = statement.pointer_mut(choices.choose(&PLACES)?) {
            *place = piece;
        }
    }
    Ok((statement.to_string().into_bytes(), true_one))
}

/// Sometimes changes a byte, takes some out, puts some in or cuts the end off; says whether it did.
fn sometimes_cut(bytes: &mut Vec<u8>, choices: &mut Unstructured<'_>) -> Result<bool> {
    if bytes.is_empty() || choices.ratio(3, 4)? {
        return Ok(false);
    }
    let at = choices.choose_index(bytes.len())?;
    match choices.int_in_range(0..=3)? {
        0 => bytes.truncate(at),
        1 => bytes.insert(at, choices.arbitrary()?),
        2 => _ = bytes.remove(at),
        _ => {
            let mask = choices.int_in_range(1..=255_u8)?;
            bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= mask);
        }
    }
    Ok(true)
}
