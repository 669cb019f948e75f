//! A publisher, a hospital and a way to write any envelope.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cordon_core::ids::{Digest, KeyId};
use cordon_trust::dsse::{PAYLOAD_TYPE, pae};
use cordon_trust::key::SecretKey;
use cordon_trust::store::{Namespace, TrustStore, TrustedKey};
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};

pub(crate) const PUBLISHER: [u8; 32] = [1; 32];
pub(crate) const STRANGER: [u8; 32] = [2; 32];
pub(crate) const COMPONENT: &[u8] = b"\0asm component";
pub(crate) const MANIFEST: &str = r#"
id = "org.example.renal-dosing"
version = "1.4.0"
wit = "cordon:clinical@0.2.0"
title = { en = "Renal dosing guard" }
description = { en = "Checks doses against kidney function." }
intended-use = "Support for prescribers."
publisher = "Example"
contact = "mailto:safety@example.org"
[[service]]
id = "renal-dosing"
hook = "order-select"
description = "Checks the dose."
[cards]
mode = "text"
[source]
label = "Example"
"#;

pub(crate) fn key_id(seed: [u8; 32]) -> KeyId {
    SecretKey::generate(seed).public().unwrap().id().clone()
}

pub(crate) fn trusting(seed: [u8; 32], namespace: &str) -> TrustStore {
    let key = SecretKey::generate(seed).public().unwrap();
    let mut store = TrustStore::default();
    store.add(TrustedKey { key, namespace: Namespace::new(namespace).unwrap(), revoked: false }).unwrap();
    store
}

pub(crate) fn hospital() -> TrustStore {
    trusting(PUBLISHER, "org.example")
}

/// The statement as a publisher's tool may write it, true or not.
pub(crate) fn statement(manifest: &str) -> Value {
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "org.example.renal-dosing", "digest": {"sha256": Digest::of(COMPONENT).hex()}}],
        "predicateType": "urn:cordon:plugin:v1",
        "predicate": {"manifest": manifest, "wit": "cordon:clinical@0.2.0"},
    })
}

/// A member of `signatures` over these bytes.
pub(crate) fn signature(seed: [u8; 32], signed: &[u8]) -> Value {
    let signature = SigningKey::from_bytes(&seed).sign(signed).to_bytes();
    json!({"keyid": key_id(seed).to_string(), "sig": STANDARD.encode(signature)})
}

/// An envelope of any payload, correctly signed by the publisher.
pub(crate) fn signed(payload: &str) -> Vec<u8> {
    let signature = signature(PUBLISHER, &pae(PAYLOAD_TYPE, payload.as_bytes()));
    envelope(payload, &[signature])
}

/// An envelope of any payload with any signatures.
pub(crate) fn envelope(payload: &str, signatures: &[Value]) -> Vec<u8> {
    let envelope = json!({"payloadType": PAYLOAD_TYPE, "payload": STANDARD.encode(payload), "signatures": signatures});
    envelope.to_string().into_bytes()
}
