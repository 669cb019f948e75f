//! Transcripts, data packs, copies and quarantine.

use cordon_core::ids::{Digest, EntryName, MintedId, NeedName, PluginId, ServiceId};
use cordon_core::limits::{LimitClass, Limits};
use cordon_core::manifest::{Hook, Media};
use cordon_core::message::Trap;
use cordon_core::record::Outcome;
use cordon_core::transcript::Transcript;
use cordon_store::transcripts::{LONGEST_KEPT, MOST_TRANSCRIPTS};
use cordon_store::{
    LogBatch, NewPack, PackPut, PackStoreError, Quarantined, Store, StoreError, StoredCopy, TranscriptPut,
};
use jiff::Timestamp;
use serde_json::json;

use crate::bench::{Bench, tenant};
use crate::log::{batch, files_hold};

fn plugin() -> PluginId {
    PluginId::new("org.example.renal").unwrap()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn invocation(n: u64) -> MintedId {
    MintedId::from_random(u128::from(n + 1).to_be_bytes())
}

fn transcript(text: &str) -> Transcript {
    Transcript {
        plugin: plugin(),
        version: "1.0.0".into(),
        component: Digest::of(b"component"),
        limits: Limits::of(LimitClass::Compiled),
        hook: Hook::PatientView,
        service: ServiceId::new("renal").unwrap(),
        now: "2026-11-22T12:00:00Z".into(),
        locale: "en".into(),
        views: [(NeedName::new("creatinine").unwrap(), vec![json!({ "value": text })])].into(),
        elements: [].into(),
        cells: [(EntryName::new("last").unwrap(), None)].into(),
        packs: [].into(),
        coins: String::new(),
        outcome: Outcome::Trapped(Trap::Fuel),
        broke: None,
        notes: Vec::new(),
        fuel_class: 20,
        sizes: [].into(),
        engine: "none".to_owned(),
        reply: Digest::of(b"reply"),
    }
}

/// Appends the n-th failed call, which came at this second.
fn fail(store: &Store, n: u64, second: i64) {
    let text = format!("canary {n}");
    let put = TranscriptPut {
        tenant: tenant("ward"),
        invocation: invocation(n),
        at: at(second),
        transcript: transcript(&text),
    };
    store.append(&LogBatch { transcripts: vec![put], ..batch(n, 1) }).unwrap();
}

#[test]
fn a_transcript_is_its_tenants_and_comes_back_as_it_was() {
    let bench = Bench::new();
    fail(&bench, 0, 1);
    assert_eq!(bench.transcripts(&tenant("other")), Err(StoreError::Foreign));
    assert!(matches!(bench.transcript(&tenant("other"), invocation(0).as_str()), Err(StoreError::Foreign)));
    assert_eq!(bench.transcript(&tenant("ward"), invocation(1).as_str()), Ok(None));
    assert_eq!(bench.transcript(&tenant("ward"), invocation(0).as_str()), Ok(Some(transcript("canary 0"))));
    let put = TranscriptPut {
        tenant: tenant("other"),
        invocation: invocation(1),
        at: at(1),
        transcript: transcript("not ours"),
    };
    assert!(bench.append(&LogBatch { transcripts: vec![put], ..batch(1, 1) }).is_err());
    assert_eq!(bench.log_size(), Ok(1));
}

#[test]
fn only_the_newest_transcripts_are_kept() {
    let bench = Bench::new();
    let most = u64::from(MOST_TRANSCRIPTS);
    (0..most + 2).for_each(|n| fail(&bench, n, 1));
    let kept = bench.transcripts(&tenant("ward")).unwrap();
    assert_eq!(kept.len(), usize::try_from(most).unwrap());
    assert_eq!(kept[0].invocation, invocation(most + 1).as_str());
    assert_eq!(bench.transcript(&tenant("ward"), invocation(1).as_str()), Ok(None));
    assert!(bench.transcript(&tenant("ward"), invocation(2).as_str()).unwrap().is_some());
}

#[test]
fn an_old_transcript_goes_when_a_new_one_comes_and_another_when_it_is_erased() {
    let bench = Bench::new();
    let month = LONGEST_KEPT.as_secs();
    fail(&bench, 0, 0);
    fail(&bench, 1, 1);
    assert_eq!(bench.transcripts(&tenant("ward")).unwrap().len(), 2);
    fail(&bench, 2, month + 1);
    let kept: Vec<_> = bench.transcripts(&tenant("ward")).unwrap().into_iter().map(|kept| kept.at).collect();
    assert_eq!(kept, [at(month + 1), at(1)]);
    assert!(files_hold(&bench, "canary 1"));
    bench.erase_transcript(&tenant("ward"), invocation(1).as_str()).unwrap();
    assert!(!files_hold(&bench, "canary 0") && !files_hold(&bench, "canary 1"));
}

fn put(store: &Store, serial: u64, bytes: &[u8]) -> Result<PackPut, PackStoreError> {
    let (plugin, name) = (plugin(), EntryName::new("drugs").unwrap());
    let version = format!("v{serial}");
    let envelope = b"envelope";
    let new = NewPack {
        plugin: &plugin,
        name: &name,
        serial,
        version: &version,
        envelope,
        bytes,
        at: at(1),
        by: "host",
        reason: "slot",
    };
    store.put_pack(&tenant("ward"), &new)
}

/// Serial and bytes of the pack that serves. Calls get the same.
fn serves(store: &Store) -> Option<(u64, Vec<u8>)> {
    let name = EntryName::new("drugs").unwrap();
    let pack = store.pack(&tenant("ward"), &plugin(), &name).unwrap();
    let given = store.pack_in_use(&tenant("ward"), &plugin(), &name).unwrap();
    assert_eq!(
        pack.as_ref().map(|pack| (&pack.version, pack.digest)),
        given.as_ref().map(|given| (&given.version, given.digest))
    );
    let pack = pack?;
    assert_eq!(Digest::of(&given?.bytes), pack.digest);
    Some((pack.serial, store.pack_bytes(&tenant("ward"), &plugin(), &name, &pack.digest).unwrap().unwrap()))
}

#[test]
fn an_older_pack_and_another_of_the_same_serial_are_refused() {
    let bench = Bench::new();
    assert_eq!(serves(&bench), None);
    assert_eq!(put(&bench, 5, b"five"), Ok(PackPut::InUse));
    assert_eq!(put(&bench, 4, b"four"), Err(PackStoreError::NotNewer { offered: 4, newest: 5 }));
    assert_eq!(put(&bench, 5, b"other"), Err(PackStoreError::NotNewer { offered: 5, newest: 5 }));
    assert_eq!(put(&bench, 5, b"five"), Ok(PackPut::Known));
    assert_eq!(serves(&bench), Some((5, b"five".to_vec())));
}

#[test]
fn the_newest_pack_serves_and_one_before_it_is_kept() {
    let bench = Bench::new();
    for serial in 1..=3 {
        let bytes = format!("pack {serial}").into_bytes();
        put(&bench, serial, &bytes).unwrap();
        assert_eq!(serves(&bench), Some((serial, bytes)));
    }
    let name = EntryName::new("drugs").unwrap();
    let kept = |bytes: &[u8]| bench.pack_bytes(&tenant("ward"), &plugin(), &name, &Digest::of(bytes)).unwrap();
    assert_eq!((kept(b"pack 1"), kept(b"pack 2")), (None, Some(b"pack 2".to_vec())));
}

#[test]
fn a_pack_is_its_tenants_and_its_plugins() {
    let bench = Bench::new();
    put(&bench, 1, b"one").unwrap();
    assert!(serves(&bench).is_some(), "it is in memory");
    let (name, other) = (EntryName::new("drugs").unwrap(), PluginId::new("org.example.other").unwrap());
    for (plugin, name) in [(&other, &name), (&plugin(), &EntryName::new("units").unwrap())] {
        assert!(bench.pack(&tenant("ward"), plugin, name).unwrap().is_none());
        assert_eq!(bench.pack_in_use(&tenant("ward"), plugin, name), Ok(None));
    }
    assert!(matches!(bench.pack(&tenant("other"), &plugin(), &name), Err(StoreError::Foreign)));
    assert_eq!(bench.pack_in_use(&tenant("other"), &plugin(), &name), Err(StoreError::Foreign));
    let bytes = bench.pack_bytes(&tenant("other"), &plugin(), &name, &Digest::of(b"one"));
    assert_eq!(bytes, Err(StoreError::Foreign));
}

#[test]
fn changed_bytes_of_a_pack_and_of_a_copy_are_damage() {
    let bench = Bench::new();
    put(&bench, 1, b"one").unwrap();
    let digest = bench.put_copy(&tenant("ward"), Media::Text, b"text").unwrap();
    let outside = rusqlite::Connection::open(bench.file("cordon.db")).unwrap();
    assert_eq!(outside.execute("UPDATE pack SET bytes = x'00'", []).unwrap(), 1);
    assert_eq!(outside.execute("UPDATE copy SET bytes = x'00'", []).unwrap(), 1);
    let name = EntryName::new("drugs").unwrap();
    let bytes = bench.pack_bytes(&tenant("ward"), &plugin(), &name, &Digest::of(b"one"));
    assert_eq!(bytes, Err(StoreError::Damaged));
    assert_eq!(bench.copy(&tenant("ward"), &digest), Err(StoreError::Damaged));
}

#[test]
fn a_copy_is_found_by_its_digest_and_its_first_media_type_stays() {
    let bench = Bench::new();
    assert_eq!(bench.copy(&tenant("ward"), &Digest::of(b"%PDF")), Ok(None));
    let digest = bench.put_copy(&tenant("ward"), Media::Pdf, b"%PDF").unwrap();
    assert_eq!(bench.put_copy(&tenant("ward"), Media::Text, b"%PDF"), Ok(digest));
    let copy = StoredCopy { media: Media::Pdf, bytes: b"%PDF".to_vec() };
    assert_eq!(bench.copy(&tenant("ward"), &digest), Ok(Some(copy)));
    assert_eq!(bench.copies(&tenant("ward")), Ok(vec![(digest, Media::Pdf)]));
    assert_eq!(bench.copies(&tenant("other")), Err(StoreError::Foreign));
    assert_eq!(bench.copy(&tenant("other"), &digest), Err(StoreError::Foreign));
}

#[test]
fn a_quarantine_is_one_plugins_until_it_ends() {
    let bench = Bench::new();
    let other = PluginId::new("org.example.other").unwrap();
    let new = Quarantined { plugin: plugin(), at: at(1), by: "1000 admin".into(), reason: "it traps".into() };
    bench.quarantine(&tenant("ward"), &new).unwrap();
    bench.quarantine(&tenant("ward"), &Quarantined { reason: "again".into(), ..new.clone() }).unwrap();
    assert_eq!(bench.is_quarantined(&tenant("ward"), &other), Ok(false));
    assert_eq!(bench.is_quarantined(&tenant("ward"), &plugin()), Ok(true));
    assert_eq!(bench.quarantined(&tenant("ward")), Ok(vec![new]));
    assert_eq!(bench.end_quarantine(&tenant("ward"), &other), Ok(false));
    assert_eq!(bench.end_quarantine(&tenant("ward"), &plugin()), Ok(true));
    assert_eq!(bench.is_quarantined(&tenant("ward"), &plugin()), Ok(false));
    assert_eq!(bench.is_quarantined(&tenant("other"), &plugin()), Err(StoreError::Foreign));
}
