//! One broken claim each, with its own reason. All but the first are signed by a trusted key: the publisher is the
//! attacker (threats SUP-01, SUP-03, SUP-04, SUP-09).

use cordon_core::manifest::ManifestError;
use cordon_trust::dsse::{FormError, PAYLOAD_TYPE, pae};
use cordon_trust::store::TrustStore;
use cordon_trust::verify::{VerifyError, verify};
use serde_json::{Value, json};

use crate::publisher::{
    COMPONENT, MANIFEST, PUBLISHER, STRANGER, envelope, hospital, key_id, signature, signed, statement, trusting,
};

fn refused(envelope: &[u8]) -> VerifyError {
    verify(envelope, COMPONENT, &hospital()).unwrap_err()
}

fn good_payload() -> String {
    statement(MANIFEST).to_string()
}

/// The statement with the manifest's text changed before it was signed.
fn manifest_with(from: &str, to: &str) -> VerifyError {
    assert!(MANIFEST.contains(from));
    refused(&signed(&statement(&MANIFEST.replace(from, to)).to_string()))
}

#[test]
fn the_unbroken_statement_is_accepted() {
    assert!(verify(&signed(&good_payload()), COMPONENT, &hospital()).is_ok());
}

#[test]
fn an_empty_trust_store_trusts_nobody() {
    let refused = verify(&signed(&good_payload()), COMPONENT, &TrustStore::default());
    assert!(matches!(refused, Err(VerifyError::UnknownKey)));
}

#[test]
fn an_envelope_without_signatures_is_unsigned() {
    assert!(matches!(refused(&envelope(&good_payload(), &[])), VerifyError::Unsigned));
}

#[test]
fn a_stranger_s_signature_is_not_trusted() {
    let stranger = signature(STRANGER, &pae(PAYLOAD_TYPE, good_payload().as_bytes()));
    assert!(matches!(refused(&envelope(&good_payload(), &[stranger])), VerifyError::UnknownKey));
}

#[test]
fn a_stranger_who_names_a_trusted_key_is_found_out() {
    let mut forged = signature(STRANGER, &pae(PAYLOAD_TYPE, good_payload().as_bytes()));
    forged["keyid"] = json!(key_id(PUBLISHER).to_string());
    assert!(matches!(refused(&envelope(&good_payload(), &[forged])), VerifyError::WrongSignature { .. }));
}

#[test]
fn a_swapped_manifest_does_not_fit_its_signature() {
    let swapped = statement(&MANIFEST.replace("1.4.0", "1.4.1")).to_string();
    let old = signature(PUBLISHER, &pae(PAYLOAD_TYPE, good_payload().as_bytes()));
    assert!(matches!(refused(&envelope(&swapped, &[old])), VerifyError::WrongSignature { .. }));
}

#[test]
fn a_signature_over_the_bare_payload_is_not_one_over_the_envelope() {
    let bare = signature(PUBLISHER, good_payload().as_bytes());
    assert!(matches!(refused(&envelope(&good_payload(), &[bare])), VerifyError::WrongSignature { .. }));
}

#[test]
fn a_signature_for_another_payload_type_is_not_one_for_this() {
    let other = signature(PUBLISHER, &pae("application/json", good_payload().as_bytes()));
    assert!(matches!(refused(&envelope(&good_payload(), &[other])), VerifyError::WrongSignature { .. }));
}

#[test]
fn another_payload_type_is_refused_even_if_it_was_signed() {
    let text = good_payload();
    let signature = signature(PUBLISHER, &pae("application/json", text.as_bytes()));
    let envelope = String::from_utf8(envelope(&text, &[signature])).unwrap().replace(PAYLOAD_TYPE, "application/json");
    assert!(matches!(refused(envelope.as_bytes()), VerifyError::WrongPayloadType));
}

#[test]
fn a_revoked_key_signs_nothing_any_more() {
    let mut store = hospital();
    store.revoke(&key_id(PUBLISHER)).unwrap();
    let refused = verify(&signed(&good_payload()), COMPONENT, &store);
    assert!(matches!(refused, Err(VerifyError::Revoked { .. })));
}

#[test]
fn a_key_does_not_speak_for_another_publisher() {
    for namespace in ["org.exam", "org.example.renal", "com.example"] {
        let refused = verify(&signed(&good_payload()), COMPONENT, &trusting(PUBLISHER, namespace));
        assert!(matches!(refused, Err(VerifyError::Namespace { .. })), "{namespace}");
    }
}

#[test]
fn a_key_that_may_not_speak_is_not_helped_by_signing_twice_or_beside_a_stranger() {
    let signed = pae(PAYLOAD_TYPE, good_payload().as_bytes());
    let mine = signature(PUBLISHER, &signed);
    let all = envelope(&good_payload(), &[mine.clone(), mine, signature(STRANGER, &signed)]);
    let refused = verify(&all, COMPONENT, &trusting(PUBLISHER, "com.other"));
    assert!(matches!(refused, Err(VerifyError::Namespace { .. })));
}

#[test]
fn a_wrong_signature_of_a_trusted_key_is_not_outvoted() {
    let right = signature(PUBLISHER, &pae(PAYLOAD_TYPE, good_payload().as_bytes()));
    let wrong = signature(PUBLISHER, b"something else");
    assert!(matches!(refused(&envelope(&good_payload(), &[right, wrong])), VerifyError::WrongSignature { .. }));
}

#[test]
fn a_swapped_component_is_refused() {
    let refused = verify(&signed(&good_payload()), b"\0asm another", &hospital());
    assert!(matches!(refused, Err(VerifyError::ComponentDiffers { .. })));
}

#[test]
fn a_statement_about_another_plugin_than_its_manifest_is_refused() {
    let mut other = statement(MANIFEST);
    other["subject"][0]["name"] = json!("org.example.other");
    assert!(matches!(refused(&signed(&other.to_string())), VerifyError::IdDiffers { .. }));
}

#[test]
fn another_contract_is_refused_in_the_statement_and_in_the_manifest() {
    let mut other = statement(MANIFEST);
    other["predicate"]["wit"] = json!("cordon:clinical@9.0.0");
    assert!(matches!(refused(&signed(&other.to_string())), VerifyError::Wit));
    let manifest = manifest_with("clinical@0.2.0", "clinical@9.0.0");
    assert!(matches!(manifest, VerifyError::Manifest(ManifestError::Wit { .. })));
}

#[test]
fn an_unknown_or_repeated_manifest_key_is_refused_though_signed() {
    for (from, to) in [("[cards]", "[cards]\ncolour = 1"), ("wit =", "wit = \"x\"\nwit =")] {
        assert!(matches!(manifest_with(from, to), VerifyError::Manifest(ManifestError::Shape(_))), "{to}");
    }
}

#[test]
fn an_unknown_prefetch_token_and_a_malformed_scope_are_refused_though_signed() {
    let need = |scope: &str| {
        let need = format!("[[need]]\nname = \"n\"\nscope = \"{scope}\"\nelements = [\"code\"]\nwhy = \"w\"\n[cards]");
        manifest_with("[cards]", &need)
    };
    let token = need("patient/Observation.rs?subject={{context.userId}}");
    assert!(matches!(token, VerifyError::Manifest(ManifestError::PrefetchToken { .. })));
    assert!(matches!(need("patient/Observation.sr"), VerifyError::Manifest(ManifestError::Scope { .. })));
}

#[test]
fn a_payload_that_two_parsers_could_read_differently_is_refused_though_signed() {
    let payload = good_payload();
    let twice = payload.replacen(r#""wit":"#, r#""wit":"cordon:clinical@0.2.0","wit":"#, 1);
    let unknown = payload.replacen(r#""wit":"#, r#""note":1e400,"wit":"#, 1);
    let trailing = format!("{payload}{payload}");
    let surrogate = payload.replacen("Renal", r"\ud800", 1);
    for changed in [twice, unknown, trailing, surrogate] {
        assert_ne!(changed, payload);
        assert!(matches!(refused(&signed(&changed)), VerifyError::Malformed(_)), "{changed}");
    }
}

#[test]
fn more_signatures_than_anybody_needs_are_refused_unread() {
    let many: Vec<Value> = vec![signature(PUBLISHER, b""); 17];
    let refused = refused(&envelope(&good_payload(), &many));
    assert!(matches!(refused, VerifyError::Malformed(FormError::Signatures)));
}

#[test]
fn a_message_holds_no_control_character_of_the_input() {
    let mut other = statement(MANIFEST);
    other["\u{1b}[31m"] = json!(1);
    let unknown_key = manifest_with("[cards]", "[cards]\n\"\\u001b[31m\" = 1");
    for refused in [refused(&signed(&other.to_string())), unknown_key] {
        assert!(!refused.to_string().chars().any(char::is_control), "{refused:?}");
    }
}
