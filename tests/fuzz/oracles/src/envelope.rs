//! The envelope: nothing is accepted that a trusted key did not sign, and of what it signed only what is true.
//!
//! The oracle keeps the keys, so it knows every message that was ever signed with them. It parses the envelope with
//! `serde_json` alone and never asks the code under test whether a signature fits.

use std::sync::LazyLock;

use arbitrary::Unstructured;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cordon_core::ids::{Digest, KeyId};
use cordon_core::manifest::Manifest;
use cordon_trust::claim::claim;
use cordon_trust::key::SecretKey;
use cordon_trust::sign::sign;
use cordon_trust::store::{Namespace, TrustStore, TrustedKey};
use cordon_trust::verify::{VerifiedPlugin, verify};
use serde_json::Value;

use crate::{Broken, Seen, holds};
use case::Case;

mod case;

/// The component that the kept envelope is about.
pub const COMPONENT: &[u8] = b"\0asm component";

/// The manifest that the publisher signed.
const MANIFEST: &str = include_str!("../../../../sample-plugins/renal-dosing/plugin.toml");

/// The publisher's envelope, as his tool wrote it.
static SIGNED: LazyLock<Vec<u8>> =
    LazyLock::new(|| sign(MANIFEST, COMPONENT, &SecretKey::generate(PUBLISHER)).expect("an envelope"));

/// Seeds of keys: trusted for the plugin's namespace, trusted for another, revoked, unknown.
const PUBLISHER: [u8; 32] = [1; 32];
const ELSEWHERE: [u8; 32] = [2; 32];
const REVOKED: [u8; 32] = [3; 32];
const STRANGER: [u8; 32] = [4; 32];

/// The id of the publisher's key.
static TRUSTED: LazyLock<KeyId> =
    LazyLock::new(|| SecretKey::generate(PUBLISHER).public().expect("a key").id().clone());

static STORE: LazyLock<TrustStore> = LazyLock::new(|| {
    let mut store = TrustStore::default();
    for (seed, namespace, revoked) in
        [(PUBLISHER, "org.cordon", false), (ELSEWHERE, "com.example", false), (REVOKED, "org.cordon", true)]
    {
        let key = SecretKey::generate(seed).public().expect("a key");
        let namespace = Namespace::new(namespace).expect("a namespace");
        store.add(TrustedKey { key, namespace, revoked }).expect("a new key");
    }
    store
});

/// Any bytes as an envelope; a first byte of 1 makes one from choices, signed or not.
///
/// # Errors
/// [`Broken`].
pub fn envelope(input: &[u8]) -> Result<Seen, Broken> {
    match input.split_first() {
        Some((1, choices)) => made(choices),
        Some(_) | None => raw(input, COMPONENT),
    }
}

/// The envelope to begin with.
#[must_use]
pub fn signed() -> Vec<u8> {
    SIGNED.clone()
}

/// Bytes that hold no secret: if they are accepted, they are the one statement that the publisher signed.
fn raw(envelope: &[u8], component: &[u8]) -> Result<Seen, Broken> {
    let Ok(plugin) = verify(envelope, component, &STORE) else { return Ok(Seen::Refused) };
    let same = payload(envelope).is_some_and(|own| Some(own) == payload(&SIGNED));
    holds(same, "only what was signed is accepted", || String::from_utf8_lossy(envelope).into_owned())?;
    accepted(&plugin, envelope, component)?;
    Ok(Seen::Accepted)
}

fn payload(envelope: &[u8]) -> Option<Vec<u8>> {
    let envelope: Value = serde_json::from_slice(envelope).ok()?;
    STANDARD.decode(envelope.get("payload")?.as_str()?).ok()
}

/// What an accepted envelope says is true, and everybody who reads it reads the same.
fn accepted(plugin: &VerifiedPlugin, envelope: &[u8], component: &[u8]) -> Result<(), Broken> {
    let payload = payload(envelope).unwrap_or_default();
    let statement: Value = serde_json::from_slice(&payload).unwrap_or_default();
    let show = || statement.to_string();
    let text = |pointer: &str| statement.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    holds(text("/subject/0/digest/sha256") == Digest::of(component).hex(), "the component is the signed one", show)?;
    holds(statement.pointer("/subject/1").is_none(), "there is one subject", show)?;
    holds(text("/subject/0/name") == plugin.manifest().id.as_str(), "the manifest is the subject's", show)?;
    holds(text("/predicate/manifest") == plugin.manifest_text(), "the manifest is the signed text", show)?;
    holds(Manifest::parse(plugin.manifest_text()).ok().as_ref() == Some(plugin.manifest()), "it reads so", show)?;
    holds(text("/predicate/wit") == plugin.manifest().wit, "the contract is the manifest's", show)?;
    holds(text("/_type") == "https://in-toto.io/Statement/v1", "it is an in-toto statement", show)?;
    holds(plugin.manifest().id.as_str().starts_with("org.cordon."), "its key may speak for the plugin", show)?;
    holds(*plugin.key() == *TRUSTED, "its key is trusted", show)?;
    holds(
        plugin.component() == Digest::of(component) && plugin.envelope() == Digest::of(envelope),
        "digests fit",
        show,
    )?;
    let claim = claim(envelope);
    let fits = |claim: &cordon_trust::claim::Claim| {
        claim.manifest == plugin.manifest_text() && claim.component == plugin.component()
    };
    holds(claim.as_ref().is_ok_and(fits), "a person is shown what the host verified", || format!("{claim:?}"))
}

/// An envelope from choices: the publisher himself may be the attacker, so what he signs is anything.
fn made(choices: &[u8]) -> Result<Seen, Broken> {
    let Ok(case) = Case::make(&mut Unstructured::new(choices)) else { return Ok(Seen::Refused) };
    let show = || String::from_utf8_lossy(&case.envelope).into_owned();
    let Ok(plugin) = verify(&case.envelope, &case.component, &STORE) else {
        holds(!case.honest, "what an honest publisher signs is accepted", show)?;
        return Ok(Seen::Refused);
    };
    let own = payload(&case.envelope).unwrap_or_default();
    holds(case.signed.contains(&own), "only what was signed is accepted", show)?;
    accepted(&plugin, &case.envelope, &case.component)?;
    Ok(Seen::Accepted)
}
