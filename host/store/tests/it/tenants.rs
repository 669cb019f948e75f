//! Two tenants of one host: the same names, and nothing crosses.

use std::fs;

use cordon_core::grant::Grant;
use cordon_core::ids::{Digest, Issuer, KeyId, MintedId, PluginId, ServiceId, TenantId};
use cordon_core::record::LeafIndex;
use cordon_fhir::reference::Reference;
use cordon_store::{
    DataDirectory, Installation, IssuedCard, LogBatch, LogError, NewVersion, OpenError, PluginError, RecordStore,
    Spent, Store, StoreError, TrustKey, TrustKeyError,
};
use jiff::Timestamp;
use semver::Version;
use serde_json::{Value, json};

use crate::bench::{resource, tenant, visit};
use crate::log::batch;

/// One data directory with the tenants `north` and `south`.
struct Two {
    dir: tempfile::TempDir,
    data: DataDirectory,
    north: Store,
    south: Store,
}

fn two() -> Two {
    let dir = tempfile::tempdir().unwrap();
    let data = DataDirectory::open(dir.path()).unwrap();
    let (north, south) = (data.store(&tenant("north")).unwrap(), data.store(&tenant("south")).unwrap());
    Two { dir, data, north, south }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn ehr() -> Issuer {
    Issuer::new("https://ehr.example").unwrap()
}

fn plugin() -> PluginId {
    PluginId::new("org.example.renal").unwrap()
}

fn key() -> TrustKey {
    TrustKey {
        key: KeyId::new("k").unwrap(),
        pem: "-----BEGIN PUBLIC KEY-----".to_owned(),
        namespace: "org.example".to_owned(),
        added_at: at(1),
        added_by: "admin".to_owned(),
        reason: "contract".to_owned(),
        revoked_at: None,
    }
}

fn install(store: &Store, tenant: &TenantId, component: &[u8]) -> Result<Installation, PluginError> {
    let (plugin, version) = (plugin(), Version::new(1, 0, 0));
    let (by, reason) = ("admin", "trial");
    store.install(
        tenant,
        &NewVersion { plugin: &plugin, version: &version, envelope: b"e", component, at: at(5), by, reason },
    )
}

fn lab(value: u8) -> Value {
    json!({
        "resourceType": "Observation", "id": "lab", "status": "final", "subject": {"reference": "Patient/p"},
        "code": {"coding": [{"code": "1"}]}, "effectiveDateTime": "2021", "valueInteger": value,
    })
}

fn issuing(tenant: TenantId) -> LogBatch {
    let card = MintedId::from_random([7; 16]);
    let issued = IssuedCard { tenant, card, service: ServiceId::new("renal").unwrap(), leaf: LeafIndex(0) };
    LogBatch { cards: vec![issued], ..batch(0, 1) }
}

#[test]
fn co_02_a_patient_of_the_same_id_is_another_patient_in_another_tenant() {
    let Two { dir: _dir, north, south, .. } = two();
    north.put(&tenant("north"), &[resource(&lab(1))]).unwrap();
    assert_eq!(visit(&south, &tenant("south"), "p", "patient/*.rs", 9), [""; 0]);
    south.put(&tenant("south"), &[resource(&lab(2))]).unwrap();
    let name = Reference::parse("Observation/lab").unwrap();
    assert_eq!(north.get(&tenant("north"), &name).unwrap(), Some(lab(1).to_string().into_bytes()));
    assert_eq!(south.get(&tenant("south"), &name).unwrap(), Some(lab(2).to_string().into_bytes()));
}

#[test]
fn co_03_a_plugin_of_one_tenant_is_unknown_to_the_other_and_may_be_another_there() {
    let Two { dir: _dir, north, south, .. } = two();
    assert_eq!(install(&north, &tenant("north"), b"one"), Ok(Installation::First));
    north.enable(&tenant("north"), &plugin()).unwrap();
    assert!(south.installed(&tenant("south")).unwrap().is_empty());
    assert_eq!(south.component(&tenant("south"), &Digest::of(b"one")), Ok(None));
    assert_eq!(south.highest_version(&tenant("south"), &plugin()), Ok(None));
    assert_eq!(install(&south, &tenant("south"), b"two"), Ok(Installation::First));
    assert!(!south.installed(&tenant("south")).unwrap()[0].enabled);
}

#[test]
fn a_publisher_trusted_by_one_tenant_is_not_trusted_by_the_other() {
    let Two { dir: _dir, north, south, .. } = two();
    north.add_trust_key(&tenant("north"), &key()).unwrap();
    assert_eq!(south.trust_key(&tenant("south"), &key().key), Ok(None));
    south.add_trust_key(&tenant("south"), &key()).unwrap();
    south.revoke_trust_key(&tenant("south"), &key().key, at(9)).unwrap();
    assert_eq!(north.trust_key(&tenant("north"), &key().key).unwrap().unwrap().revoked_at, None);
}

#[test]
fn co_04_a_token_spent_in_one_tenant_is_not_spent_in_the_other() {
    let Two { dir: _dir, north, south, .. } = two();
    let spend = |store: &Store, name: &str| store.spend(&tenant(name), &ehr(), "jti", at(99), at(1)).unwrap();
    assert_eq!(spend(&north, "north"), Spent::Fresh);
    assert_eq!(spend(&south, "south"), Spent::Fresh);
    assert_eq!(spend(&south, "south"), Spent::Again);
}

#[test]
fn co_07_a_card_of_one_tenant_is_unknown_to_the_other() {
    let Two { dir: _dir, north, south, .. } = two();
    north.append(&issuing(tenant("north"))).unwrap();
    let card = MintedId::from_random([7; 16]);
    assert!(north.card_known(&tenant("north"), card.as_str()).unwrap().is_some());
    assert_eq!(south.card_known(&tenant("south"), card.as_str()), Ok(None));
    south.append(&issuing(tenant("south"))).unwrap();
}

#[test]
fn each_tenant_has_its_own_log_and_key() {
    let Two { dir: _dir, north, south, .. } = two();
    north.append(&batch_of("north", 3)).unwrap();
    assert_eq!((north.log_size().unwrap(), south.log_size().unwrap()), (3, 0));
    north.keep_log_key(&[1; 32]).unwrap();
    assert!(south.log_key().unwrap().is_none());
    south.keep_log_key(&[2; 32]).unwrap();
    assert_eq!(north.log_key().unwrap(), Some([1; 32]));
}

fn batch_of(name: &str, count: u64) -> LogBatch {
    LogBatch { cards: issuing(tenant(name)).cards, ..batch(0, count) }
}

#[test]
fn a_store_refuses_every_question_and_every_write_for_another_tenant() {
    let Two { dir: _dir, north, .. } = two();
    let south = tenant("south");
    let name = Reference::parse("Observation/lab").unwrap();
    assert_eq!(north.put(&south, &[resource(&lab(1))]), Err(StoreError::Foreign));
    assert_eq!(north.get(&south, &name), Err(StoreError::Foreign));
    assert_eq!(north.counts(&south), Err(StoreError::Foreign));
    assert_eq!(north.add_trust_key(&south, &key()), Err(TrustKeyError::Store(StoreError::Foreign)));
    assert_eq!(north.revoke_trust_key(&south, &key().key, at(9)), Err(TrustKeyError::Store(StoreError::Foreign)));
    assert_eq!(north.trust_keys(&south), Err(StoreError::Foreign));
    assert_eq!(north.trust_key(&south, &key().key), Err(StoreError::Foreign));
    assert_eq!(install(&north, &south, b"one"), Err(PluginError::Store(StoreError::Foreign)));
    let (version, grant) = (Version::new(1, 0, 0), Grant::default());
    assert_eq!(north.activate(&south, &plugin(), &version, &grant), Err(PluginError::Store(StoreError::Foreign)));
    assert_eq!(north.enable(&south, &plugin()), Err(PluginError::Store(StoreError::Foreign)));
    assert!(matches!(north.installed(&south), Err(StoreError::Foreign)));
    assert!(matches!(north.versions(&south, &plugin()), Err(StoreError::Foreign)));
    assert_eq!(north.highest_version(&south, &plugin()), Err(StoreError::Foreign));
    assert_eq!(north.component(&south, &Digest::of(b"one")), Err(StoreError::Foreign));
    assert_eq!(north.spend(&south, &ehr(), "jti", at(9), at(1)), Err(StoreError::Foreign));
    assert_eq!(north.card_known(&south, "card"), Err(StoreError::Foreign));
    assert_eq!(north.append(&issuing(south)), Err(LogError::Store(StoreError::Foreign)));
    assert_eq!(north.log_size(), Ok(0));
}

#[test]
fn a_database_in_another_tenants_folder_opens_for_nobody() {
    let Two { dir, data, north, south } = two();
    north.put(&tenant("north"), &[resource(&lab(1))]).unwrap();
    drop((north, south));
    let path = |name: &str| dir.path().join("tenants").join(name).join("cordon.db");
    fs::copy(path("north"), path("south")).unwrap();
    assert!(matches!(data.store(&tenant("south")), Err(OpenError::Foreign)));
    assert!(matches!(Store::open_read_only(dir.path(), &tenant("south")), Err(OpenError::Foreign)));
}

#[test]
fn a_folder_linked_to_another_tenants_opens_for_nobody() {
    let Two { dir, data, .. } = two();
    std::os::unix::fs::symlink("north", dir.path().join("tenants/east")).unwrap();
    assert!(data.store(&tenant("east")).is_err());
    let outside = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(outside.path(), dir.path().join("tenants/west")).unwrap();
    assert!(matches!(data.store(&tenant("west")), Err(OpenError::Directory(_))));
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
}

#[test]
fn a_tenants_store_is_open_once() {
    let Two { dir: _dir, data, north, .. } = two();
    assert!(matches!(data.store(&tenant("north")), Err(OpenError::Open)));
    drop(north);
    data.store(&tenant("north")).unwrap();
}

#[test]
fn the_lock_is_held_as_long_as_one_store_is_open() {
    let Two { dir, data, north, south } = two();
    drop((data, south));
    assert!(matches!(DataDirectory::open(dir.path()), Err(OpenError::Held)));
    drop(north);
    DataDirectory::open(dir.path()).unwrap();
}

#[test]
fn a_directory_with_one_database_for_all_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("cordon.db"), "x").unwrap();
    assert!(matches!(DataDirectory::open(dir.path()), Err(OpenError::Former)));
    assert!(matches!(Store::open_read_only(dir.path(), &tenant("main")), Err(OpenError::Former)));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn the_tenants_of_a_directory_are_listed_and_other_names_are_nobodys() {
    let Two { dir, data, .. } = two();
    fs::create_dir(dir.path().join("tenants/Not A Tenant")).unwrap();
    assert_eq!(data.tenants().unwrap(), [tenant("north"), tenant("south")]);
}
