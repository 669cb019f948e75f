//! What a hospital refuses to install, each for its own reason, and how a newer version comes into use.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cordon_core::ids::Digest;
use serde_json::{Value, json};

use crate::ehr::{Ehr, whole};
use crate::world::{World, guest_component, guest_manifest, patient_view};

const REASON: [&str; 2] = ["--reason", "test"];
const PLUGIN: &str = "org.cordon.test.tool";

/// A host that trusts one publisher, and that publisher's key.
fn hospital() -> (World, String) {
    let mut world = World::new();
    world.configure(|config| format!("deadline-ms = 5000\n{config}"));
    world.serve(&[]);
    let key = world.publisher("org.cordon.test");
    (world, key)
}

/// The number of records in the log. To look at it leaves none.
fn records(world: &World) -> u64 {
    let verified = world.done(&["audit", "verify"]);
    assert_eq!(verified["whole"], true);
    verified["size"].as_u64().unwrap()
}

/// The act is refused for this reason, that is on record, and nothing else has changed.
fn refused(world: &World, kind: &str, act: &[&str]) -> String {
    let state = || (world.done(&["list"]), world.done(&["trust", "list"]));
    let (before, size) = (state(), records(world));
    let said = world.say(&[act, &REASON[..]].concat());
    assert_eq!((said.code, said.json["error"]["kind"].as_str()), (3, Some(kind)), "{act:?}: {}", said.json);
    let message = said.json["error"]["message"].as_str().unwrap();
    let event = world.last_event();
    assert_eq!(
        (records(world), event["refused"].as_str()),
        (size + 1, Some(message)),
        "the refused act is not on record"
    );
    assert_eq!(state(), before, "something has changed");
    message.to_owned()
}

/// A DSSE envelope of any payload, signed by the key in this file (protocol of secure-systems-lab/dsse, v1).
fn envelope(payload: &str, key: &str) -> Value {
    let pem = std::fs::read_to_string(key).unwrap();
    let der: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let pair = Ed25519KeyPair::from_pkcs8(&STANDARD.decode(der).unwrap()).unwrap();
    let kind = "application/vnd.in-toto+json";
    let signed = format!("DSSEv1 {} {kind} {} {payload}", kind.len(), payload.len());
    json!({ "payload": STANDARD.encode(payload), "payloadType": kind, "signatures": [{
        "keyid": Digest::of(pair.public_key().as_ref()).to_string(), "sig": STANDARD.encode(pair.sign(signed.as_bytes())) }] })
}

/// The in-toto statement of a plugin, as `cordon sign` writes it, but about anything.
fn statement(plugin: &str, component: &[u8], manifest: &str) -> String {
    let subject = json!([{ "name": plugin, "digest": { "sha256": Digest::of(component).hex() } }]);
    json!({ "_type": "https://in-toto.io/Statement/v1", "subject": subject, "predicateType": "urn:cordon:plugin:v1",
        "predicate": { "manifest": manifest, "wit": "cordon:clinical@0.2.0" } })
    .to_string()
}

/// Writes a package that no honest tool would write, and gives the component's path.
fn forged(world: &World, component: &[u8], envelope: &Value) -> String {
    let wasm = world.path("forged.wasm");
    std::fs::write(&wasm, component).unwrap();
    std::fs::write(world.path("forged.dsse.json"), envelope.to_string()).unwrap();
    wasm
}

fn component() -> Vec<u8> {
    guest_component("reads_the_labs")
}

fn manifest() -> String {
    guest_manifest("tool", "1.0.0")
}

#[test]
fn what_this_test_signs_itself_is_what_the_host_installs() {
    let (world, key) = hospital();
    let package = forged(&world, &component(), &envelope(&statement(PLUGIN, &component(), &manifest()), &key));
    world.install(PLUGIN, &package);
    assert_eq!(world.done(&["list"])["plugins"][0]["enabled"], true);
}

#[test]
fn an_unsigned_plugin_and_one_that_only_a_stranger_signed_are_refused() {
    let (world, key) = hospital();
    let honest = envelope(&statement(PLUGIN, &component(), &manifest()), &key);
    let mut unsigned = honest.clone();
    unsigned["signatures"] = json!([]);
    refused(&world, "unsigned", &["install", &forged(&world, &component(), &unsigned)]);
    let stranger = world.path("stranger.pem");
    world.done(&["key", "new", &stranger]);
    let strange = world.package("tool", &component(), &manifest(), &stranger);
    refused(&world, "unknown-key", &["install", &strange]);
    let mut borrowed = envelope(&statement(PLUGIN, &component(), &manifest()), &stranger);
    borrowed["signatures"][0]["keyid"] = honest["signatures"][0]["keyid"].clone();
    refused(&world, "wrong-signature", &["install", &forged(&world, &component(), &borrowed)]);
}

#[test]
fn a_key_of_small_order_is_not_trusted() {
    let (world, _) = hospital();
    // RFC 8410: an Ed25519 SubjectPublicKeyInfo is these 12 bytes and the point. The point is the curve's neutral element.
    let mut der = vec![0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00, 0x01];
    der.resize(44, 0);
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der));
    std::fs::write(world.path("weak.pub.pem"), pem).unwrap();
    refused(&world, "weak-key", &["trust", "add", &world.path("weak.pub.pem"), "--namespace", "org.weak"]);
    std::fs::write(world.path("none.pub.pem"), "no key").unwrap();
    refused(&world, "malformed-key", &["trust", "add", &world.path("none.pub.pem"), "--namespace", "org.weak"]);
}

#[test]
fn a_manifest_that_was_swapped_after_signing_is_refused() {
    let (world, key) = hospital();
    let payload = statement(PLUGIN, &component(), &manifest());
    let mut swapped = envelope(&payload, &key);
    swapped["payload"] = json!(STANDARD.encode(payload.replace("category=laboratory", "status=final")));
    let said = refused(&world, "wrong-signature", &["install", &forged(&world, &component(), &swapped)]);
    assert!(said.contains("the manifest or statement is not what was signed"), "{said}");
    let other = statement(PLUGIN, &component(), &guest_manifest("other", "1.0.0"));
    refused(&world, "swapped-manifest", &["install", &forged(&world, &component(), &envelope(&other, &key))]);
}

#[test]
fn a_component_that_was_swapped_after_signing_is_refused() {
    let (world, key) = hospital();
    let package = world.package("tool", &component(), &manifest(), &key);
    std::fs::write(&package, guest_component("traps")).unwrap();
    refused(&world, "swapped-component", &["install", &package]);
}

#[test]
fn an_older_version_and_another_content_of_a_version_are_refused() {
    let (world, key) = hospital();
    let package = |version: &str, guest: &str| {
        world.package("tool", &guest_component(guest), &guest_manifest("tool", version), &key)
    };
    world.done(&[&["install", &package("1.1.0", "reads_the_labs")][..], &REASON].concat());
    refused(&world, "older-version", &["install", &package("1.0.9", "reads_the_labs")]);
    refused(&world, "older-version", &["install", &package("1.1.0-rc.1", "reads_the_labs")]);
    refused(&world, "republished-version", &["install", &package("1.1.0", "traps")]);
}

#[test]
fn a_key_speaks_only_for_its_namespace() {
    let (world, key) = hospital();
    let manifest = manifest().replace(PLUGIN, "org.cordon.testing.tool");
    let package = world.package("tool", &component(), &manifest, &key);
    refused(&world, "foreign-namespace", &["install", &package]);
}

#[test]
fn an_import_outside_the_world_is_refused() {
    let (world, key) = hospital();
    let wat = r#"(component (import "wasi:cli/environment@0.2.0" (instance
        (export "get-environment" (func (result (list (tuple string string))))))))"#;
    let component = wat::parse_str(wat).unwrap();
    let envelope = envelope(&statement(PLUGIN, &component, &manifest()), &key);
    let said = refused(&world, "import-outside-the-world", &["install", &forged(&world, &component, &envelope)]);
    assert!(said.contains("wasi:cli/environment@0.2.0"), "{said}");
}

#[test]
fn a_manifest_that_would_not_be_enforced_is_refused() {
    let (world, key) = hospital();
    let scope = "patient/Observation.rs?category=laboratory";
    let cases = [
        ("malformed-manifest", "version = ", "colour = \"red\"\nversion = ", "unknown field `colour`"),
        ("malformed-manifest", "why = ", "colour = \"red\"\nwhy = ", "unknown field `colour`"),
        ("malformed-manifest", "publisher = ", "publisher = \"Nobody\"\npublisher = ", "duplicate key"),
        ("unknown-prefetch-token", "category=laboratory", "performer={{context.userId}}", "names no prefetch token"),
        ("malformed-scope", scope, "patient/Observation.rz", "malformed scope"),
        ("malformed-scope", scope, "user/Observation.rs", "starts with patient/"),
        ("malformed-scope", scope, "patient/*.rs", "one resource type"),
        ("malformed-scope", scope, "patient/Observation.cruds", "only reads"),
        ("unenforceable-element", "note.text", "note..text", "need `labs`"),
        ("wrong-wit", "clinical@0.2.0", "clinical@0.4.0", "cordon:clinical@0.2.0"),
    ];
    for (kind, honest, hostile, sentence) in cases {
        let manifest = manifest().replacen(honest, hostile, 1);
        assert!(manifest.contains(hostile));
        let package = forged(&world, &component(), &envelope(&statement(PLUGIN, &component(), &manifest), &key));
        let said = refused(&world, kind, &["install", &package]);
        assert!(said.contains(sentence), "{hostile}: {said}");
    }
}

#[test]
fn a_component_of_another_version_than_its_manifest_says_is_refused() {
    let (world, key) = hospital();
    let manifest = manifest().replace("clinical@0.2.0", "clinical@0.3.0");
    let named = |version: &str| format!(r#""wit":"cordon:clinical@{version}""#);
    let statement = statement(PLUGIN, &component(), &manifest).replace(&named("0.2.0"), &named("0.3.0"));
    let package = forged(&world, &component(), &envelope(&statement, &key));
    let said = refused(&world, "wrong-wit", &["install", &package]);
    assert!(
        said.contains("is made for `cordon:clinical@0.2.0`, and its manifest says `cordon:clinical@0.3.0`"),
        "{said}"
    );
}

#[test]
fn an_act_without_a_reason_or_about_an_unknown_plugin_is_refused() {
    let (world, key) = hospital();
    let package = world.package("tool", &component(), &manifest(), &key);
    let public = world.path("publisher.pub.pem");
    let acts: [&[&str]; 5] = [
        &["install", &package],
        &["trust", "add", &public, "--namespace", "org.example"],
        &["grant", PLUGIN, "--all"],
        &["enable", PLUGIN],
        &["disable", PLUGIN],
    ];
    for act in acts {
        let said = world.say(&[act, &["--reason", " "]].concat());
        assert_eq!((said.code, said.json["error"]["kind"].as_str()), (3, Some("no-reason")), "{act:?}");
    }
    for act in &acts[2..] {
        refused(&world, "unknown-plugin", act);
    }
    refused(&world, "known-key", acts[1]);
}

#[test]
fn a_newer_version_waits_until_it_is_granted_and_the_old_one_answers_meanwhile() {
    let (world, key) = hospital();
    let ehr = Ehr::of(&world);
    let call = || ehr.call("tool", &whole(patient_view("nobody"))).status;
    let package = |version: &str, guest: &str| {
        world.package("tool", &guest_component(guest), &guest_manifest("tool", version), &key)
    };
    let state = || world.done(&["show", PLUGIN])["state"].clone();
    world.install(PLUGIN, &package("1.0.0", "reads_the_labs"));
    assert_eq!((call(), state()), (200, json!("in use, switched on")));
    world.done(&[&["install", &package("1.1.0", "traps")][..], &REASON].concat());
    assert_eq!((call(), state()), (200, json!("waiting for a grant; an older version is in use")));
    world.done(&[&["enable", PLUGIN][..], &REASON].concat());
    assert_eq!(call(), 200, "switching on is not a grant of the newer version");
    refused(&world, "version-not-reviewed", &["grant", PLUGIN, "--all"]);
    refused(&world, "version-not-reviewed", &["grant", PLUGIN, "--of", "1.0.0", "--all"]);
    assert_eq!(call(), 200, "a grant of a version that nobody named took effect");
    world.done(&[&["grant", PLUGIN, "--of", "1.1.0", "--all"][..], &REASON].concat());
    assert_eq!(call(), 503, "the newer version, which traps, does not answer");
    assert_eq!(world.done(&["list"])["plugins"][0]["version"], "1.1.0");
}

#[test]
fn a_second_host_is_refused_and_a_load_goes_to_the_first() {
    let (world, _) = hospital();
    std::fs::write(world.path("one.ndjson"), r#"{"resourceType":"Patient","id":"one"}"#).unwrap();
    let load = world.done(&["load", &world.path("one.ndjson"), "--reason", "test"]);
    assert_eq!(load["files"][0]["types"]["Patient"]["new"], 1);
    let second = world.say(&["serve"]);
    let sentence = second.json["error"]["message"].as_str().unwrap();
    assert!(second.code == 1 && sentence.contains("another process"), "{sentence}");
    assert_eq!(world.done(&["list"]), json!({ "plugins": [] }), "the first host does not answer any more");
}
