//! The attacks of the threat model on what the host itself tells: how a call ends, when, figures, log, bundle, budgets,
//! packs and what is kept.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex};

use cordon_core::call::Purpose;
use cordon_core::cells::{CellKey, CellWrite};
use cordon_core::ids::{Digest, EntryName, PatientId, PluginId};
use cordon_core::message::{Failure, RunEnd, RunMessage, RunReply, Trap};
use cordon_core::ports::Breaker as _;
use cordon_core::record::LeafIndex;
use cordon_core::release::release_diagnosis;
use cordon_ni::cells::Cells;
use cordon_ni::generate::tenant;
use cordon_ni::hostile::{Hostile, answers, entry};
use cordon_ni::kept::Kept;
use cordon_ni::run::run_with;
use cordon_ni::world::{NOW, PATIENT, TENANT};
use cordon_server::breaker::Breakers;
use cordon_server::telemetry::lines;
use cordon_store::cells::{CellPut, Whose};
use cordon_store::log::{LogBatch, LogLeaf};
use cordon_trust::key::SecretKey;
use cordon_trust::pack::{ExpectedPack, PackClaim, sign_pack, verify_pack};
use cordon_trust::store::{Namespace, TrustStore, TrustedKey};

use crate::attacks::attacks;
use crate::door::{CLIENT, Door, SERVICE};
use crate::gate_threats::armed;
use crate::threats::{PLANTED, plain};

/// The ways to end without an answer: digits that a plugin can choose among.
const ENDS: [RunEnd; 8] = [
    RunEnd::Failed(Failure::MissingNeed),
    RunEnd::Failed(Failure::UnreadableData),
    RunEnd::Failed(Failure::Internal),
    RunEnd::Trapped(Trap::Wasm),
    RunEnd::Trapped(Trap::Fuel),
    RunEnd::Trapped(Trap::Memory),
    RunEnd::Trapped(Trap::Stack),
    RunEnd::Trapped(Trap::Profile),
];

/// The secret in digits to base 8, three to a byte.
fn digits() -> Vec<usize> {
    PLANTED.bytes().flat_map(|byte| [byte >> 6, byte >> 3 & 7, byte & 7]).map(usize::from).collect()
}

/// The text of such digits; nothing if one was not read.
fn spelled(digits: Vec<Option<usize>>) -> String {
    let digits: Vec<usize> = digits.into_iter().collect::<Option<_>>().unwrap_or_default();
    let byte = |digits: &[usize]| u8::try_from(digits.iter().fold(0, |byte, digit| byte * 8 + digit)).ok();
    digits.chunks(3).filter_map(byte).map(char::from).collect()
}

/// A host whose plugin does with each call what the next digit of the secret says.
fn sends_digits(how: fn(usize) -> RunReply) -> Door {
    let at = Mutex::new(0);
    Door::attacked(&armed(), move |_: &RunMessage| {
        let mut at = at.lock().unwrap();
        let digit = digits()[*at % digits().len()];
        *at += 1;
        how(digit)
    })
}

fn of_digit<T: PartialEq>(alphabet: &[T], seen: &T) -> Option<usize> {
    alphabet.iter().position(|known| known == seen)
}

/// What a log that is written to memory holds.
pub(crate) fn logged(speak: impl FnOnce()) -> String {
    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);
    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let sink = Sink::default();
    let to = sink.clone();
    tracing::subscriber::with_default(lines(move || to.clone()), speak);
    let written = sink.0.lock().unwrap().clone();
    String::from_utf8(written).unwrap()
}

fn key_of(plugin: &str, patient: usize) -> CellKey {
    CellKey {
        tenant: tenant(TENANT),
        plugin: PluginId::new(plugin).unwrap(),
        patient: PatientId::new(format!("p{patient}")).unwrap(),
        purpose: Purpose::Treatment,
        clearance: Digest::of(b"clearance"),
    }
}

/// What one plugin reads of a byte that another one writes by failing: a bit for each patient.
fn heard_by_another(byte: u8) -> u8 {
    let kept = Kept::new(&plain()).unwrap();
    let breakers = Breakers::new(Arc::new(kept.stores().clone()));
    let at = NOW.parse().unwrap();
    let bits = || (0..7).filter(|bit| byte >> bit & 1 == 1);
    for patient in bits() {
        (0..3).for_each(|_| breakers.ended(&key_of("org.example.writes", patient), at, true));
    }
    let stopped = |patient: &usize| !breakers.admits(&key_of("org.example.reads", *patient), at);
    (0..7).filter(stopped).map(|bit| 1 << bit).sum()
}

/// A pack of a trusted publisher, with this text and serial.
fn pack(serial: u64) -> Vec<u8> {
    let claim = PackClaim {
        plugin: PluginId::new("org.example.tells").unwrap(),
        pack: entry("limits"),
        serial,
        version: "1".to_owned(),
        issued: NOW.parse().unwrap(),
    };
    sign_pack(&claim, b"{}", &SecretKey::generate([7; 32])).unwrap()
}

fn is_taken(file: &[u8], newest: Option<(u64, Digest)>) -> Option<Vec<u8>> {
    let mut store = TrustStore::default();
    let (key, namespace) = (SecretKey::generate([7; 32]).public().unwrap(), Namespace::new("org.example").unwrap());
    store.add(TrustedKey { key, namespace, revoked: false }).unwrap();
    let (plugin, name) = (PluginId::new("org.example.tells").unwrap(), entry("limits"));
    let expected = ExpectedPack { plugin: &plugin, pack: &name, most_bytes: 100, newest };
    verify_pack(file, &expected, &store).ok().map(|pack| pack.bytes().to_vec())
}

/// A store with a cell that holds the secret, whose owner's grant changes then.
fn kept_after_a_change() -> String {
    let kept = Kept::new(&plain()).unwrap();
    let owner = tenant(TENANT);
    let store = kept.stores().of(&owner).unwrap();
    let key = key_of("org.example.tells", 1);
    let bytes = Some(PLANTED.as_bytes().to_vec());
    let write = CellWrite {
        key: key.clone(),
        name: entry("small"),
        read: None,
        since: store.shreds(&owner).unwrap(),
        size: 64,
        bytes,
    };
    let mut batch = LogBatch::at(LeafIndex(0));
    batch.leaves.push(LogLeaf { bytes: b"leaf".to_vec(), private: b"private".to_vec() });
    batch.cells.push(CellPut { leaf: LeafIndex(0), write });
    store.append(&batch).unwrap();
    assert_eq!(held(store, &key), PLANTED);
    store.shred_cells(&owner, Whose::Plugin(&key.plugin)).unwrap();
    held(store, &key)
}

fn held(store: &cordon_store::Store, key: &CellKey) -> String {
    let cells: BTreeMap<EntryName, _> = store.cells(key).unwrap();
    cells.values().map(|cell| String::from_utf8_lossy(&cell.bytes).into_owned()).collect()
}

attacks! {
    // The plugin ends each call as the next digit of the secret says.
    cv_01_a_secret_in_the_way_a_call_ends without OutcomeFine => || {
        let alphabet: Vec<String> = ENDS.map(|end| {
            Door::attacked(&armed(), move |_: &RunMessage| RunReply::new(end.clone(), 1)).seen()
        }).into();
        let door = sends_digits(|digit| RunReply::new(ENDS[digit].clone(), 1));
        let heard = digits().iter().map(|_| of_digit(&alphabet, &door.seen())).collect();
        spelled(heard) == PLANTED
    };
    // The plugin runs for so many milliseconds as the next digit says.
    cv_02_a_secret_in_the_time_that_a_call_takes without EdgeSkipped => || {
        let door = sends_digits(|digit| RunReply { fuel: digit as u64, ..answers(Vec::new()) });
        let heard = digits().iter().map(|_| {
            let before = door.passed();
            door.seen();
            usize::try_from(door.passed() - before).ok().filter(|digit| *digit < 8)
        }).collect();
        spelled(heard) == PLANTED
    };
    // Fewer than eight patients: what fails for many is stopped for all of its own.
    cv_07_a_secret_in_the_failures_of_another_plugin without BreakerShared => || {
        String::from_utf8(PLANTED.bytes().map(heard_by_another).collect()).is_ok_and(|heard| heard == PLANTED)
    };
    // The plugin shows so many cards as the secret says, and the clinician overrides them all.
    cv_11_how_many_cards_were_overridden without CountsSmall => || {
        let door = Door::attacked(&armed(), |_: &RunMessage| {
            let card = cordon_core::message::Advice::free("Note", None, cordon_core::message::Indicator::Info);
            answers(vec![card; 3])
        });
        door.overrides(&door.cards(), "no");
        door.bundle("host")["tenants"][0]["feedback"] == 3
    };
    cv_11_what_a_clinician_wrote_on_a_card without BundleUnlisted => || {
        let door = Door::attacked(&armed(), |_: &RunMessage| {
            answers(vec![cordon_core::message::Advice::free("Note", None, cordon_core::message::Indicator::Info)])
        });
        door.overrides(&door.cards(), PLANTED);
        door.bundle("host").to_string().contains(PLANTED)
    };
    sk_20_a_series_that_a_caller_names without SeriesUnlisted => || {
        let door = Door::new(&plain(), cordon_server::cds::IssuerSettings::default());
        door.call_of(&format!("{PLANTED}-series"));
        Door::figures_tell(&format!("{PLANTED}-series"))
    };
    // Whoever writes a field by oversight, into a line or a span around it.
    sk_20_baggage_of_a_line without FieldUnlisted => || {
        let said = logged(|| {
            let span = tracing::error_span!(target: "cordon_server", "call", baggage = PLANTED);
            let _held = span.enter();
            tracing::error!(target: "cordon_server", patient = PLANTED, "a call failed");
        });
        assert!(said.contains("a call failed"));
        said.contains(PLANTED)
    };
    sk_24_a_name_in_the_support_bundle without BundleUnlisted => || {
        let door = Door::new(&plain(), cordon_server::cds::IssuerSettings::default());
        door.bundle(PLANTED).to_string().contains(PLANTED)
    };
    sup_07_a_pack_whose_bytes_were_changed without PackBytesUnchecked => || {
        let changed = [pack(7), PLANTED.as_bytes().to_vec()].concat();
        is_taken(&changed, None).is_some_and(|bytes| bytes.ends_with(PLANTED.as_bytes()))
    };
    sup_05_a_pack_that_is_older_than_the_one_in_use without PackOlderTaken => || {
        is_taken(&pack(7), Some((8, Digest::of(b"newer")))).is_some()
    };
    sk_21_a_cell_that_outlives_its_grant without ShredSkipped => || kept_after_a_change().contains(PLANTED);
    sk_24_a_part_that_was_struck_out_of_a_diagnosis without StrikeIgnored => || {
        let fails = |_: &RunMessage| RunReply::new(RunEnd::Trapped(Trap::Wasm), 1);
        let failed = run_with(&armed(), &Hostile(fails), &Cells::default()).unwrap().transcript.unwrap();
        let keep = ["/views/labs/0".to_owned()];
        let told = |strike: &[String]| {
            String::from_utf8(release_diagnosis(&failed, &keep, strike).unwrap().bytes()).unwrap()
        };
        assert!(told(&[]).contains(PLANTED), "it is kept by name: {}", told(&[]));
        told(&["/views/labs/0/valueQuantity".to_owned()]).contains(PLANTED)
    };
}

#[test]
fn a_bundle_says_what_it_is_for() {
    let _whole = cordon_faults::without(None);
    let door = Door::attacked(&armed(), |_: &RunMessage| RunReply::new(RunEnd::Trapped(Trap::Wasm), 1));
    (0..9).for_each(|_| drop(door.seen()));
    let told = door.bundle("host");
    let few = "fewer than 8";
    let calls = serde_json::json!({ "answered": few, "failed": 8, "refused": few, "unobtainable": few });
    assert_eq!(told["tenants"][0]["calls"], calls, "{told}");
    assert_eq!((&told["settings"]["latency-buckets"], &told["settings"]["tls"]), (&true.into(), &false.into()));
    let whole = told.to_string();
    assert!(
        ![PATIENT, CLIENT, SERVICE, "127.0.0.1"].iter().any(|name| whole.contains(&format!("\"{name}\""))),
        "{whole}"
    );
}
