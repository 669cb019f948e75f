//! Trusted keys, plugins, spent tokens.

use cordon_core::grant::{Grant, GrantedNeed};
use cordon_core::ids::{Digest, Issuer, KeyId, NeedName, PluginId};
use cordon_store::{Installation, NewVersion, PluginError, Spent, Store, TrustKey, TrustKeyError};
use jiff::Timestamp;
use semver::Version;

use crate::bench::{Bench, tenant};
use crate::log::batch;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn key(id: &str) -> TrustKey {
    TrustKey {
        key: KeyId::new(id).unwrap(),
        pem: "-----BEGIN PUBLIC KEY-----".to_owned(),
        namespace: "org.example".to_owned(),
        added_at: at(1),
        added_by: "1000 admin".to_owned(),
        reason: "contract".to_owned(),
        revoked_at: None,
    }
}

fn plugin() -> PluginId {
    PluginId::new("org.example.renal").unwrap()
}

fn grant() -> Grant {
    Grant { needs: [(NeedName::new("creatinine").unwrap(), GrantedNeed::default())].into(), ..Grant::default() }
}

fn install(store: &Store, version: &str, component: &[u8]) -> Result<Installation, PluginError> {
    let (plugin, version) = (plugin(), Version::parse(version).unwrap());
    let new = NewVersion {
        plugin: &plugin,
        version: &version,
        envelope: b"envelope",
        component,
        at: at(5),
        by: "1000 admin",
        reason: "trial",
    };
    store.install(&tenant("ward"), &new)
}

/// The next record of the log.
fn record(store: &Store) {
    store.append(&batch(store.log_size().unwrap(), 1)).unwrap();
}

#[test]
fn a_key_never_changes_its_meaning() {
    let bench = Bench::new();
    bench.add_trust_key(&tenant("ward"), &key("k")).unwrap();
    let changed = TrustKey { namespace: "com.other".to_owned(), ..key("k") };
    assert!(matches!(bench.add_trust_key(&tenant("ward"), &changed), Err(TrustKeyError::Known(_))));
    assert_eq!(bench.trust_keys(&tenant("ward")).unwrap(), [key("k")]);
}

#[test]
fn a_revoked_key_stays_revoked_across_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), &tenant("ward")).unwrap();
    store.add_trust_key(&tenant("ward"), &key("k")).unwrap();
    store.revoke_trust_key(&tenant("ward"), &key("k").key, at(9)).unwrap();
    store.revoke_trust_key(&tenant("ward"), &key("k").key, at(10)).unwrap();
    assert!(store.add_trust_key(&tenant("ward"), &key("k")).is_err());
    drop(store);
    let store = Store::open(dir.path(), &tenant("ward")).unwrap();
    assert_eq!(store.trust_key(&tenant("ward"), &key("k").key).unwrap().unwrap().revoked_at, Some(at(9)));
}

#[test]
fn what_is_not_installed_cannot_be_changed() {
    let bench = Bench::new();
    let version = Version::new(1, 0, 0);
    assert!(matches!(bench.enable(&tenant("ward"), &plugin()), Err(PluginError::UnknownPlugin(_))));
    assert!(matches!(bench.disable(&tenant("ward"), &plugin()), Err(PluginError::UnknownPlugin(_))));
    let activated = bench.activate(&tenant("ward"), &plugin(), &version, &grant());
    assert!(matches!(activated, Err(PluginError::UnknownVersion { .. })));
    assert_eq!(bench.highest_version(&tenant("ward"), &plugin()).unwrap(), None);
}

#[test]
fn a_first_version_starts_without_a_grant_and_disabled() {
    let bench = Bench::new();
    assert_eq!(install(&bench, "1.0.0", b"one"), Ok(Installation::First));
    let stored = bench.installed(&tenant("ward")).unwrap();
    assert_eq!((stored[0].grant.clone(), stored[0].enabled), (Grant::default(), false));
    assert_eq!(bench.component(&tenant("ward"), &Digest::of(b"one")).unwrap().as_deref(), Some(&b"one"[..]));
}

#[test]
fn a_version_means_one_component() {
    let bench = Bench::new();
    install(&bench, "1.0.0", b"one").unwrap();
    assert_eq!(install(&bench, "1.0.0", b"one"), Ok(Installation::Known));
    assert!(matches!(install(&bench, "1.0.0", b"two"), Err(PluginError::VersionTaken { .. })));
}

#[test]
fn a_later_version_waits_until_it_is_activated() {
    let bench = Bench::new();
    install(&bench, "1.9.0", b"one").unwrap();
    bench.activate(&tenant("ward"), &plugin(), &Version::new(1, 9, 0), &grant()).unwrap();
    bench.enable(&tenant("ward"), &plugin()).unwrap();
    assert_eq!(install(&bench, "1.10.0", b"two"), Ok(Installation::Waiting));
    let before = &bench.installed(&tenant("ward")).unwrap()[0];
    assert_eq!((&before.version, &before.highest), (&Version::new(1, 9, 0), &Version::new(1, 10, 0)));
    assert_eq!((&before.grant, before.enabled), (&grant(), true));
    let waiting = bench.versions(&tenant("ward"), &plugin()).unwrap().pop().unwrap();
    assert_eq!((waiting.version, waiting.by.as_str()), (Version::new(1, 10, 0), "1000 admin"));
    bench.activate(&tenant("ward"), &plugin(), &Version::new(1, 10, 0), &Grant::default()).unwrap();
    let after = &bench.installed(&tenant("ward")).unwrap()[0];
    assert_eq!((&after.version, &after.grant), (&Version::new(1, 10, 0), &Grant::default()));
    assert_eq!(after.component, Digest::of(b"two"));
}

#[test]
fn a_changed_component_is_damage() {
    let bench = Bench::new();
    install(&bench, "1.0.0", b"one").unwrap();
    let other = rusqlite::Connection::open(bench.file("cordon.db")).unwrap();
    assert_eq!(other.execute("UPDATE plugin_version SET bytes = ?1", [b"two"]).unwrap(), 1);
    assert!(bench.component(&tenant("ward"), &Digest::of(b"one")).is_err());
}

#[test]
fn a_token_is_good_once_for_its_issuer_also_across_a_restart() {
    let (ehr, lab) = (Issuer::new("https://ehr.example").unwrap(), Issuer::new("https://lab.example").unwrap());
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), &tenant("ward")).unwrap();
    let spend =
        |store: &Store, issuer: &Issuer| store.spend(&tenant("ward"), issuer, "jti", at(1_300), at(1_000)).unwrap();
    assert_eq!(spend(&store, &ehr), Spent::Fresh);
    assert_eq!(spend(&store, &ehr), Spent::Again);
    record(&store);
    assert_eq!(spend(&store, &ehr), Spent::Again);
    drop(store);
    let store = Store::open(dir.path(), &tenant("ward")).unwrap();
    assert_eq!(spend(&store, &ehr), Spent::Again);
    assert_eq!(spend(&store, &lab), Spent::Fresh);
}

#[test]
fn a_token_without_a_record_is_spent_until_the_host_ends_and_durable_with_the_next_record() {
    let ehr = Issuer::new("https://ehr.example").unwrap();
    let dir = tempfile::tempdir().unwrap();
    let spend = |store: &Store, jti| store.spend(&tenant("ward"), &ehr, jti, at(1_300), at(1_000)).unwrap();
    let store = Store::open(dir.path(), &tenant("ward")).unwrap();
    assert_eq!((spend(&store, "a"), spend(&store, "a")), (Spent::Fresh, Spent::Again));
    drop(store);
    let store = Store::open(dir.path(), &tenant("ward")).unwrap();
    // Nobody was answered: no record stands without its token, and no token without its record.
    assert_eq!((spend(&store, "a"), spend(&store, "b")), (Spent::Fresh, Spent::Fresh));
    record(&store);
    drop(store);
    let store = Store::open(dir.path(), &tenant("ward")).unwrap();
    assert_eq!((spend(&store, "a"), spend(&store, "b")), (Spent::Again, Spent::Again));
}

#[test]
fn a_token_is_forgotten_only_after_it_expired_and_some() {
    let bench = Bench::new();
    let ehr = Issuer::new("https://ehr.example").unwrap();
    let spend = |jti: &str, now: i64| bench.spend(&tenant("ward"), &ehr, jti, at(now + 100), at(now)).unwrap();
    assert_eq!(spend("a", 1_000), Spent::Fresh);
    assert_eq!(spend("a", 1_400), Spent::Again);
    for n in 0..20 {
        assert_eq!(spend(&format!("b{n}"), 1_000), Spent::Fresh);
    }
    record(&bench);
    for jti in ["c", "d"] {
        assert_eq!(spend(jti, 5_000), Spent::Fresh);
        record(&bench);
        assert_eq!(spend(jti, 5_000), Spent::Again);
    }
    let other = rusqlite::Connection::open(bench.file("cordon.db")).unwrap();
    let kept: i64 = other.query_row("SELECT count(*) FROM nonce", [], |row| row.get(0)).unwrap();
    assert_eq!(kept, 2, "two records sweep up to 32 old tokens");
    assert_eq!(spend("a", 5_000), Spent::Fresh);
}
