//! What an envelope says is shown as it says it, and only if it is an envelope.

use cordon_core::ids::Digest;
use cordon_trust::claim::claim;
use cordon_trust::dsse::FormError;
use serde_json::json;

use crate::publisher::{COMPONENT, MANIFEST, PUBLISHER, envelope, key_id, signed, statement};

#[test]
fn a_claim_says_what_the_envelope_says() {
    let claim = claim(&signed(&statement(MANIFEST).to_string())).unwrap();
    assert_eq!((claim.plugin.as_str(), claim.manifest.as_str()), ("org.example.renal-dosing", MANIFEST));
    assert_eq!((claim.component, claim.keys), (Digest::of(COMPONENT), vec![key_id(PUBLISHER)]));
}

#[test]
fn what_is_no_envelope_or_no_statement_claims_nothing() {
    assert!(matches!(claim(b"{}"), Err(FormError::Member { .. })));
    assert!(matches!(claim(&signed("{}")), Err(FormError::Member { .. })));
}

#[test]
fn a_key_id_that_a_terminal_would_obey_is_refused() {
    use base64::Engine as _;
    let sig = base64::engine::general_purpose::STANDARD.encode([0; 64]);
    let hostile = json!({"keyid": "\u{1b}[2J", "sig": sig});
    let envelope = envelope(&statement(MANIFEST).to_string(), &[hostile]);
    assert_eq!(claim(&envelope), Err(FormError::Name("keyid")));
}
