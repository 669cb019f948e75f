//! A pack that is not exactly the expected one is refused, each with its own reason. The publisher is the attacker: what is
//! broken here is signed by a trusted key unless the test says otherwise.

use cordon_core::ids::{Digest, EntryName, PluginId};
use cordon_trust::dsse::{FormError, MAX_ENVELOPE, PAYLOAD_TYPE, pae};
use cordon_trust::key::SecretKey;
use cordon_trust::pack::{
    ExpectedPack, MAX_SERIAL, PackClaim, PackError, VerifiedPack, most_file, sign_pack, verify_pack,
};
use cordon_trust::sign::SignError;
use cordon_trust::store::TrustStore;
use cordon_trust::verify::{VerifyError, verify};
use cordon_trust::version::Step;
use serde_json::{Value, json};

use crate::publisher::{
    MANIFEST, PUBLISHER, STRANGER, envelope, hospital, key_id, signature, signed, statement, trusting,
};

const BYTES: &[u8] = b"{\"drugs\":[]}\n";

fn claim() -> PackClaim {
    PackClaim {
        plugin: PluginId::new("org.example.renal-dosing").unwrap(),
        pack: EntryName::new("drugs").unwrap(),
        serial: 7,
        version: "2026-03".to_owned(),
        issued: "2026-03-01T12:00:00Z".parse().unwrap(),
    }
}

fn file(claim: &PackClaim) -> Vec<u8> {
    sign_pack(claim, BYTES, &SecretKey::generate(PUBLISHER)).unwrap()
}

/// The file's two parts.
fn parts(file: &[u8]) -> (&[u8], &[u8]) {
    let end = file.iter().position(|byte| *byte == b'\n').unwrap();
    (&file[..end], &file[end + 1..])
}

fn joined(envelope: &[u8]) -> Vec<u8> {
    [envelope, b"\n", BYTES].concat()
}

fn check(file: &[u8], newest: Option<(u64, Digest)>, store: &TrustStore) -> Result<VerifiedPack, PackError> {
    let PackClaim { plugin, pack, .. } = claim();
    verify_pack(file, &ExpectedPack { plugin: &plugin, pack: &pack, most_bytes: BYTES.len(), newest }, store)
}

fn refused(file: &[u8]) -> PackError {
    check(file, None, &hospital()).unwrap_err()
}

/// The statement as a publisher's tool may write it, true or not.
fn pack_statement() -> Value {
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "org.example.renal-dosing", "digest": {"sha256": Digest::of(BYTES).hex()}}],
        "predicateType": "urn:cordon:data-pack:v1",
        "predicate": {"pack": "drugs", "serial": 7, "version": "2026-03", "issued": "2026-03-01T12:00:00Z"},
    })
}

/// What is said of a statement whose predicate has this other member.
fn with(member: &str, value: Value) -> PackError {
    let mut statement = pack_statement();
    statement["predicate"][member] = value;
    refused(&joined(&signed(&statement.to_string())))
}

#[test]
fn a_pack_for_another_plugin_is_refused() {
    let other = PackClaim { plugin: PluginId::new("org.example.stroke").unwrap(), ..claim() };
    assert!(matches!(refused(&file(&other)), PackError::OtherPlugin { .. }));
}

#[test]
fn another_pack_of_the_plugin_is_refused() {
    let other = PackClaim { pack: EntryName::new("units").unwrap(), ..claim() };
    assert!(matches!(refused(&file(&other)), PackError::OtherPack { .. }));
}

#[test]
fn changed_bytes_are_refused() {
    let changed = [parts(&file(&claim())).0, b"\n{\"drugs\":[1]}"].concat();
    assert!(matches!(refused(&changed), PackError::BytesDiffer { .. }));
    let shorter = file(&claim());
    assert!(matches!(refused(&shorter[..shorter.len() - 1]), PackError::BytesDiffer { .. }));
}

#[test]
fn an_older_serial_is_refused_however_well_it_is_signed() {
    let older = check(&file(&claim()), Some((8, Digest::of(b""))), &hospital());
    assert!(matches!(older, Err(PackError::Older { offered: 7, newest: 8 })));
}

#[test]
fn a_serial_means_one_thing_for_ever() {
    let again = check(&file(&claim()), Some((7, Digest::of(b"another"))), &hospital());
    assert!(matches!(again, Err(PackError::Republished { offered: 7 })));
}

#[test]
fn a_pack_larger_than_its_manifest_says_is_refused() {
    let large = sign_pack(&claim(), &[BYTES, b" "].concat(), &SecretKey::generate(PUBLISHER)).unwrap();
    assert!(matches!(refused(&large), PackError::TooLarge { found: 14, most: 13 }));
}

#[test]
fn a_revoked_key_signs_no_pack_any_more() {
    let mut store = hospital();
    store.revoke(&key_id(PUBLISHER)).unwrap();
    let refused = check(&file(&claim()), None, &store);
    assert!(matches!(refused, Err(PackError::Signature(VerifyError::Revoked { .. }))));
}

#[test]
fn a_pack_that_nobody_trusted_signed_is_refused() {
    let stranger = sign_pack(&claim(), BYTES, &SecretKey::generate(STRANGER)).unwrap();
    assert!(matches!(refused(&stranger), PackError::Signature(VerifyError::UnknownKey)));
    let unsigned = joined(&envelope(&pack_statement().to_string(), &[]));
    assert!(matches!(refused(&unsigned), PackError::Signature(VerifyError::Unsigned)));
    let foreign = check(&file(&claim()), None, &trusting(PUBLISHER, "com.example"));
    assert!(matches!(foreign, Err(PackError::Signature(VerifyError::Namespace { .. }))));
    let old = signature(PUBLISHER, &pae(PAYLOAD_TYPE, pack_statement().to_string().as_bytes()));
    let swapped = joined(&envelope(&pack_statement().to_string().replace('7', "8"), &[old]));
    assert!(matches!(refused(&swapped), PackError::Signature(VerifyError::WrongSignature { .. })));
}

#[test]
fn a_pack_is_no_plugin_and_a_plugin_no_pack() {
    let plugin = refused(&joined(&signed(&statement(MANIFEST).to_string())));
    assert!(matches!(plugin, PackError::Malformed(FormError::Member { .. })));
    let mut retyped = pack_statement();
    retyped["predicateType"] = json!("urn:cordon:plugin:v1");
    let retyped = refused(&joined(&signed(&retyped.to_string())));
    assert!(matches!(retyped, PackError::Malformed(FormError::Fixed("predicateType"))));
    let file = file(&claim());
    let pack = verify(parts(&file).0, BYTES, &hospital());
    assert!(matches!(pack, Err(VerifyError::Malformed(_))));
}

#[test]
fn a_member_that_two_parsers_could_read_differently_is_refused() {
    let good = pack_statement().to_string();
    for (from, to) in [
        (r#""serial":7"#, r#""serial":8,"serial":7"#),
        (r#""serial":7"#, r#""expires":"never","serial":7"#),
        (r#""serial":7"#, r#""serial":7.0"#),
        (r#""serial":7"#, r#""serial":-7"#),
        (r#""serial":7"#, r#""serial":"7""#),
        (r#""pack":"drugs""#, r#""pack":"units","pack":"drugs""#),
        (r#""predicateType":"#, r#""predicateType":"urn:cordon:data-pack:v1","predicateType":"#),
    ] {
        let changed = good.replacen(from, to, 1);
        assert_ne!(changed, good);
        let refused = refused(&joined(&signed(&changed)));
        assert!(matches!(refused, PackError::Malformed(FormError::Member { .. })), "{to}: {refused}");
    }
}

#[test]
fn values_of_the_statement_have_one_spelling_and_a_range() {
    let value = |error: PackError, at: &str| matches!(error, PackError::Malformed(FormError::Value(own)) if own == at);
    assert!(value(with("serial", json!(MAX_SERIAL + 1)), "predicate.serial"));
    for issued in ["2026-03-01T12:00:00+00:00", "2026-03-01t12:00:00z", "2026-03-01T12:00:00.5Z", "2026-03-01", ""] {
        assert!(value(with("issued", json!(issued)), "predicate.issued"), "{issued}");
    }
    for version in [String::new(), "x".repeat(65), "1\n2".to_owned(), "\u{1b}[2J".to_owned(), "März".to_owned()] {
        assert!(value(with("version", json!(version)), "predicate.version"), "{version:?}");
    }
    assert!(matches!(with("pack", json!("../drugs")), PackError::Malformed(FormError::Name("predicate.pack"))));
}

#[test]
fn a_file_without_an_envelope_in_its_first_line_is_no_pack() {
    for wrong in [&b""[..], b"{}", BYTES.trim_ascii_end(), &vec![b' '; MAX_ENVELOPE + 2]] {
        assert!(matches!(refused(wrong), PackError::NotAPack));
    }
    assert!(matches!(refused(b"\n{}"), PackError::Malformed(_)));
    let far = [vec![b' '; MAX_ENVELOPE + 1], b"\n".to_vec()].concat();
    assert!(matches!(refused(&far), PackError::NotAPack));
}

#[test]
fn what_no_host_would_take_is_not_signed() {
    let key = SecretKey::generate(PUBLISHER);
    let unsigned = |claim: PackClaim| matches!(sign_pack(&claim, BYTES, &key), Err(SignError::Claim(_)));
    assert!(unsigned(PackClaim { serial: MAX_SERIAL + 1, ..claim() }));
    assert!(unsigned(PackClaim { version: String::new(), ..claim() }));
    assert!(unsigned(PackClaim { issued: "2026-03-01T12:00:00.5Z".parse().unwrap(), ..claim() }));
}

#[test]
fn the_expected_pack_is_accepted_and_says_what_it_is() {
    let signed = file(&claim());
    assert!(signed.len() <= most_file(BYTES.len()));
    let pack = check(&signed, None, &hospital()).unwrap();
    assert_eq!((pack.claim(), pack.bytes(), pack.digest()), (&claim(), BYTES, Digest::of(BYTES)));
    assert_eq!((pack.key(), pack.step()), (&key_id(PUBLISHER), Step::First));
    assert_eq!(pack.envelope(), Digest::of(parts(&signed).0));
    let newest = |serial| Some((serial, pack.envelope()));
    assert_eq!(check(&signed, newest(7), &hospital()).unwrap().step(), Step::Same);
    assert_eq!(check(&signed, newest(6), &hospital()).unwrap().step(), Step::Upgrade);
}

#[test]
fn a_claim_and_key_always_give_the_same_file() {
    assert_eq!(file(&claim()), file(&claim()));
    let largest = PackClaim { serial: MAX_SERIAL, ..claim() };
    assert_eq!(check(&file(&largest), None, &hospital()).unwrap().claim().serial, MAX_SERIAL);
}
