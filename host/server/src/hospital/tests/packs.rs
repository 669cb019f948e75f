//! Data packs: brought or fetched, they pass the same checks, and the one in use stays until the next one has.

use std::collections::BTreeSet;

use cordon_connect::origin::Origin;
use cordon_core::grant::PackFrom;
use cordon_core::ids::EntryName;
use cordon_core::ports::Kept as _;
use cordon_store::{PackPut, Quarantined};
use cordon_trust::pack::{PackClaim, sign_pack};
use rustls_pki_types::CertificateDer;

use super::super::packs::Fetched;
use super::*;
use crate::config::Packs;
use crate::edge::{Edge, EdgeLimits, TlsIdentity};

const SCHEMA: &str = r#"{"type":"object","required":["drugs"]}"#;

fn name() -> EntryName {
    EntryName::new("drugs").unwrap()
}

fn with_pack(version: &str, schema: &str) -> String {
    let pack = format!(
        "\n[[pack]]\nname = \"drugs\"\nschema = '{schema}'\nmost-bytes = 100\n\
         url = \"https://packs.example.org/drugs\"\nwhy = \"Testing.\"\n"
    );
    manifest("renal", version, "renal", "compiled").replace("clinical@0.2.0", "clinical@0.3.0") + &pack
}

struct World {
    _folder: tempfile::TempDir,
    store: Arc<Store>,
    hospital: Arc<Hospital>,
}

fn grant(hospital: &Hospital, version: Option<semver::Version>, grant: Grant) {
    done(hospital, Act::Grant { plugin: plugin("renal"), version, grant: Some(grant), more: Powers::default() });
}

fn granted(from: PackFrom) -> Grant {
    let mut granted = Grant::whole(&Manifest::parse(&with_pack("1.0.0", SCHEMA)).unwrap());
    granted.powers.packs.insert(name(), from);
    granted
}

/// A hospital that has a plugin with a pack, taken from there, and no pack yet.
fn world(from: PackFrom) -> World {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(Store::open(folder.path(), &tenant()).unwrap());
    let hospital = opened(&store);
    let pem = key().public().unwrap().to_pem().unwrap();
    done(&hospital, Act::TrustAdd { key: pem, namespace: "org.example".to_owned() });
    install(&hospital, &with_pack("1.0.0", SCHEMA));
    grant(&hospital, None, granted(from));
    World { _folder: folder, store, hospital: Arc::new(hospital) }
}

fn signed_by(key: &SecretKey, id: &str, serial: u64, bytes: &[u8]) -> Vec<u8> {
    let issued = jiff::Timestamp::UNIX_EPOCH;
    let claim = PackClaim { plugin: plugin(id), pack: name(), serial, version: format!("v{serial}"), issued };
    sign_pack(&claim, bytes, key).unwrap()
}

fn signed(serial: u64, bytes: &[u8]) -> Vec<u8> {
    signed_by(&key(), "renal", serial, bytes)
}

fn take(world: &World, file: &[u8]) -> Result<PackPut, Undone> {
    let of = world.hospital.fetched().into_iter().next().unwrap();
    world.hospital.take_fetched(&of, file)
}

/// The version that calls get.
fn serves(world: &World) -> Option<String> {
    Some(world.hospital.pack(&tenant(), &plugin("renal"), &name()).unwrap()?.version.clone())
}

#[test]
fn a_pack_that_does_not_pass_leaves_the_one_in_use() {
    let world = world(PackFrom::Fetch);
    let stranger = SecretKey::generate([2; 32]);
    let good = br#"{"drugs":[]}"#;
    assert_eq!(serves(&world), None);
    assert!(take(&world, b"{}").is_err());
    assert_eq!(serves(&world), None);
    assert_eq!(take(&world, &signed(5, good)).unwrap(), PackPut::InUse);
    let mut other_bytes = signed(6, good);
    *other_bytes.last_mut().unwrap() = b' ';
    let refused = [
        good.to_vec(),
        other_bytes,
        signed_by(&stranger, "renal", 6, good),
        signed_by(&key(), "other", 6, good),
        signed(4, good),
        signed(5, br#"{"drugs":[1]}"#),
        signed(6, br#"{"rugs":[]}"#),
        signed(6, format!(r#"{{"drugs":"{}"}}"#, "x".repeat(100)).as_bytes()),
    ];
    for (at, file) in refused.iter().enumerate() {
        assert!(matches!(take(&world, file), Err(Undone::Refused { .. })), "{at}");
        assert_eq!(serves(&world).as_deref(), Some("v5"));
    }
    assert_eq!(take(&world, &signed(5, good)).unwrap(), PackPut::Known);
    assert_eq!(take(&world, &signed(6, good)).unwrap(), PackPut::InUse);
    assert_eq!(serves(&world).as_deref(), Some("v6"));
}

#[test]
fn a_revoked_key_takes_its_packs_out_of_use_at_once_and_after_a_restart() {
    let world = world(PackFrom::Fetch);
    let other = SecretKey::generate([2; 32]).public().unwrap();
    let (pem, namespace) = (other.to_pem().unwrap(), "org.example.renal".to_owned());
    done(&world.hospital, Act::TrustAdd { key: pem, namespace });
    let file = signed_by(&SecretKey::generate([2; 32]), "renal", 1, br#"{"drugs":[]}"#);
    take(&world, &file).unwrap();
    assert_eq!(serves(&world).as_deref(), Some("v1"));
    done(&world.hospital, Act::TrustRevoke { key: other.id().clone() });
    assert_eq!(serves(&world), None);
    let restarted = opened(&world.store);
    assert_eq!(restarted.pack(&tenant(), &plugin("renal"), &name()), Ok(None));
}

#[test]
fn a_pack_that_breaks_the_schema_of_a_new_version_is_not_given_to_it() {
    let world = world(PackFrom::Fetch);
    take(&world, &signed(1, br#"{"drugs":[]}"#)).unwrap();
    install(&world.hospital, &with_pack("2.0.0", r#"{"type":"object","required":["drugs","units"]}"#));
    assert_eq!(serves(&world).as_deref(), Some("v1"));
    grant(&world.hospital, Some(semver::Version::new(2, 0, 0)), granted(PackFrom::Fetch));
    assert_eq!(serves(&world), None);
    take(&world, &signed(2, br#"{"drugs":[],"units":[]}"#)).unwrap();
    assert_eq!(serves(&world).as_deref(), Some("v2"));
}

#[test]
fn a_pack_that_is_granted_from_a_file_is_not_fetched() {
    assert!(world(PackFrom::File).hospital.fetched().is_empty());
}

#[test]
fn what_is_fetched_follows_from_the_grant_and_from_nothing_that_happens() {
    let world = world(PackFrom::Fetch);
    let hospital = &world.hospital;
    let of = Fetched {
        tenant: tenant(),
        plugin: plugin("renal"),
        name: name(),
        url: "https://packs.example.org/drugs".to_owned(),
        most_bytes: 100,
    };
    let only = BTreeSet::from([of]);
    assert_eq!(hospital.fetched(), only);
    done(hospital, Act::Enable { plugin: plugin("renal") });
    assert_eq!(hospital.fetched(), only);
    let at = clock::now();
    let quarantined = Quarantined { plugin: plugin("renal"), at, by: "a".to_owned(), reason: "r".to_owned() };
    world.store.quarantine(&tenant(), &quarantined).unwrap();
    assert_eq!(hospital.fetched(), only);
    assert!(take(&world, b"not a pack").is_err());
    assert_eq!(hospital.fetched(), only);
    done(hospital, Act::Disable { plugin: plugin("renal") });
    assert_eq!(hospital.fetched(), only);
    grant(hospital, Some(semver::Version::new(1, 0, 0)), granted(PackFrom::File));
    assert!(hospital.fetched().is_empty());
}

/// A publisher's server on loopback that has one file, and its certificate.
async fn site(file: Vec<u8>) -> (std::net::SocketAddr, CertificateDer<'static>) {
    let own = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let tls = TlsIdentity::from_pem(own.cert.pem().as_bytes(), own.signing_key.serialize_pem().as_bytes()).unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = axum::Router::new().route("/drugs", axum::routing::get(async move || file));
    tokio::spawn(Edge::new(EdgeLimits::default()).serve(listener, Some(tls), router, std::future::pending()));
    (address, own.cert.der().clone())
}

/// Fetches the pack from a server that has this file, if its origin is one that may lie inside.
async fn fetch(world: &World, file: Vec<u8>, inside: bool) -> Result<(), crate::packs::NotFetched> {
    let (address, root) = site(file).await;
    let origin = Origin::new(&format!("https://{address}")).unwrap();
    let private_origins = [origin].into_iter().filter(|_| inside).collect();
    let packs = Packs { roots: vec![root], private_origins, own_addresses: BTreeSet::new() };
    let url = format!("https://{address}/drugs");
    let of = Fetched { url, ..world.hospital.fetched().into_iter().next().unwrap() };
    crate::packs::take(Arc::clone(&world.hospital), &packs.fetcher().unwrap(), of).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pack_is_fetched_over_tls_from_an_approved_origin_and_verified_before_it_serves() {
    let world = world(PackFrom::Fetch);
    let good = br#"{"drugs":[]}"#;
    assert!(fetch(&world, signed(1, good), false).await.is_err());
    assert!(fetch(&world, good.to_vec(), true).await.is_err());
    assert_eq!(serves(&world), None);
    fetch(&world, signed(1, good), true).await.unwrap();
    assert_eq!(serves(&world).as_deref(), Some("v1"));
    assert!(fetch(&world, signed(2, b"{}"), true).await.is_err());
    assert_eq!(serves(&world).as_deref(), Some("v1"));
}
