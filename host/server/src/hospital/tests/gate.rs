//! What leaves by an administrator's hand: shown, bounded, named, sealed.

use cordon_core::ids::{Coins, MintedId, NeedName, ServiceId};
use cordon_core::limits::{LimitClass, Limits};
use cordon_core::message::{RunEnd, RunMessage, RunReply, Trap};
use cordon_core::record::Outcome;
use cordon_core::transcript::{Ending, Transcript};
use cordon_core::view::View;
use cordon_store::{LogBatch, LogLeaf, TranscriptPut};

use super::*;
use crate::admin::protocol::DiagnoseAct;

const SECRET: &str = "eGFR 44 of a named patient";

struct World {
    _folder: tempfile::TempDir,
    store: Arc<Store>,
    hospital: Hospital,
}

fn world(rules: Rules, manifest: &str) -> World {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(Store::open(folder.path(), &tenant()).unwrap());
    let stores = Arc::new(Stores::from_iter([Arc::clone(&store)]));
    let hospital = Hospital::open(stores, here(), Arc::new(Paper), rules);
    let pem = key().public().unwrap().to_pem().unwrap();
    done(&hospital, Act::TrustAdd { key: pem, namespace: "org.example".to_owned() });
    install(&hospital, manifest);
    World { _folder: folder, store, hospital }
}

fn plain() -> World {
    world(rules(), &manifest("renal", "1.0.0", "renal", "compiled"))
}

fn said(hospital: &Hospital, wanted: Act) -> Value {
    match act(hospital, wanted) {
        Reply::Done(done) => done,
        reply @ (Reply::Refused { .. } | Reply::Failed { .. }) => panic!("{reply:?}"),
    }
}

#[track_caller]
fn refused(hospital: &Hospital, wanted: Act, as_kind: &str) {
    let reply = act(hospital, wanted);
    assert!(matches!(&reply, Reply::Refused { kind, .. } if kind == as_kind), "{reply:?}");
}

fn grant() -> Act {
    Act::Grant { plugin: plugin("renal"), version: None, grant: None, more: Powers::default() }
}

#[test]
fn a_grant_that_could_tell_more_than_the_bound_is_refused_and_the_page_says_what_it_tells() {
    let manifest = manifest("renal", "1.0.0", "renal", "compiled");
    let exact = world(Rules { latency: Latency::Exact { deadline: 500 }, ..rules() }, &manifest);
    refused(&exact.hospital, grant(), "tells-too-much");
    let wider = Rules { latency: Latency::Exact { deadline: 500 }, most_undeclared: 16_000, ..rules() };
    done(&world(wider, &manifest).hospital, grant());
    let usual = plain();
    let shown = said(&usual.hospital, Act::Disclosure { plugin: plugin("renal") });
    assert_eq!(shown["in-force"], true, "a plugin without needs has its usual grant from the start");
    // Cards 0 to 4 in any order and three other outcomes: 37 states; six buckets of time.
    assert_eq!(shown["discloses"]["millibits"], 5_210 + 2_585);
    assert_eq!(shown["discloses"]["publisher_bits"], 0);
    done(&usual.hospital, grant());
}

#[test]
fn a_copy_has_the_digest_that_was_signed() {
    let digest = Digest::of(b"a guideline");
    let link = format!(
        "description = \"Test.\"\nlink = {{ label = \"Guideline\", url = \"https://example.org/g\", copy = {{ digest = \"{digest}\", type = \"text/plain\" }} }}"
    );
    let manifest = manifest("renal", "1.0.0", "renal", "compiled");
    let (head, service) = manifest.rsplit_once("description = \"Test.\"").unwrap();
    let world = world(rules(), &format!("{head}{link}{service}"));
    let copy = |bytes: &[u8]| Act::Copy { plugin: plugin("renal"), file: STANDARD.encode(bytes) };
    refused(&world.hospital, copy(b"another guideline"), "not-asked-for");
    done(&world.hospital, copy(b"a guideline"));
    assert!(world.store.copy(&tenant(), &digest).unwrap().is_some());
    done(&world.hospital, grant());
    let installed = world.hospital.installed(&tenant()).unwrap();
    assert_eq!(installed[0].copies.get(&digest).unwrap(), &format!("{BASE}/copies/{}", digest.hex()));
}

#[test]
fn a_quarantine_is_kept_and_ended_by_hand() {
    let world = plain();
    let quarantine = |id: &str, on| Act::Quarantine { plugin: plugin(id), on };
    assert!(!matches!(act(&world.hospital, quarantine("other", true)), Reply::Done(_)));
    done(&world.hospital, quarantine("renal", true));
    assert!(world.store.is_quarantined(&tenant(), &plugin("renal")).unwrap());
    done(&world.hospital, quarantine("renal", false));
    assert!(!world.store.is_quarantined(&tenant(), &plugin("renal")).unwrap());
}

fn invocation() -> MintedId {
    MintedId::from_random([1; 16])
}

/// A failed call that saw one row.
fn failed() -> Transcript {
    let row =
        json!({ "resourceType": "Observation", "id": "r1", "status": "final", "valueString": SECRET }).to_string();
    let message = RunMessage {
        tenant: tenant(),
        plugin: plugin("renal"),
        component: Digest::of(b"component"),
        limits: Limits::of(LimitClass::Compiled),
        hook: Hook::PatientView,
        service: ServiceId::new("renal").unwrap(),
        now: "2026-11-22T03:00:00Z".parse().unwrap(),
        locale: "en".to_owned(),
        views: vec![View::new(NeedName::new("labs").unwrap(), [row])],
        cells: BTreeMap::new(),
        packs: BTreeMap::new(),
        budget: std::time::Duration::from_millis(400),
        coins: Coins::new([0; 32]),
    };
    let outcome = Outcome::Trapped(Trap::Wasm);
    let reply = RunReply::new(RunEnd::Trapped(Trap::Wasm), 1_000);
    Transcript::of(
        &plugin("renal"),
        "1.0.0".to_owned(),
        &message,
        &reply,
        Ending { outcome: &outcome, broke: None, engine: "none" },
    )
}

fn with_failed() -> World {
    let world = plain();
    let put = TranscriptPut { tenant: tenant(), invocation: invocation(), at: clock::now(), transcript: failed() };
    let leaf = LogLeaf { bytes: b"leaf".to_vec(), private: b"{}".to_vec() };
    let (leaves, checkpoint) = (vec![leaf], "checkpoint".to_owned());
    let batch = LogBatch { leaves, checkpoint, transcripts: vec![put], ..LogBatch::at(LeafIndex(0)) };
    world.store.append(&batch).unwrap();
    world
}

/// What the named reader opens, and the digest that was recorded.
fn released(world: &World, keep: &[&str], strike: &[&str]) -> (Value, String) {
    let reader = age::x25519::Identity::generate();
    let texts = |texts: &[&str]| texts.iter().map(ToString::to_string).collect();
    let wanted = DiagnoseAct {
        invocation: invocation(),
        keep: texts(keep),
        strike: texts(strike),
        to: reader.to_public().to_string(),
    };
    let said = said(&world.hospital, Act::Diagnose(wanted));
    let sealed = said["sealed"].as_str().unwrap();
    assert!(sealed.starts_with("-----BEGIN AGE ENCRYPTED FILE-----") && !sealed.contains(SECRET));
    let opened = age::decrypt(&reader, sealed.as_bytes()).unwrap();
    assert_eq!(said["released"], json!(Digest::of(&opened)));
    (serde_json::from_slice(&opened).unwrap(), String::from_utf8(opened).unwrap())
}

#[test]
fn a_diagnosis_holds_classes_and_digests_and_what_was_named_less_what_was_struck_out() {
    let world = with_failed();
    let (default, text) = released(&world, &[], &[]);
    assert_eq!((&default["outcome"], &default["fuel-class"]), (&json!("failed"), &json!(10)));
    assert!(!text.contains(SECRET) && !text.contains("labs"), "{text}");
    let (_, text) = released(&world, &["/views/labs/0"], &[]);
    assert!(text.contains(SECRET));
    let (kept, text) = released(&world, &["/views/labs/0"], &["/views/labs/0/valueString"]);
    assert!(!text.contains(SECRET), "{text}");
    assert_eq!(kept["kept"]["/views/labs/0"]["status"], "final");
    let (_, text) = released(&world, &["/views/labs/0", "/views/labs/0/valueString"], &["/views/labs/0"]);
    assert!(!text.contains(SECRET), "what is below a part that is struck out goes with it: {text}");
}

#[test]
fn what_is_not_named_exactly_is_not_released() {
    let world = with_failed();
    let asked = |keep: &[&str], strike: &[&str], to: &str| {
        let texts = |texts: &[&str]| texts.iter().map(ToString::to_string).collect();
        Act::Diagnose(DiagnoseAct {
            invocation: invocation(),
            keep: texts(keep),
            strike: texts(strike),
            to: to.to_owned(),
        })
    };
    let to = age::x25519::Identity::generate().to_public().to_string();
    refused(&world.hospital, asked(&[""], &[], &to), "not-released");
    refused(&world.hospital, asked(&["/views/other"], &[], &to), "not-released");
    refused(&world.hospital, asked(&["/views/labs/0"], &["/views/labs/0/note"], &to), "not-released");
    refused(&world.hospital, asked(&[], &["/views"], &to), "not-released");
    refused(&world.hospital, asked(&[], &[], "somebody"), "malformed-key");
    let looked = said(&world.hospital, Act::Transcript { invocation: invocation() });
    assert_eq!(looked["views"]["labs"][0]["valueString"], SECRET);
    let unknown = Act::Transcript { invocation: MintedId::from_random([2; 16]) };
    refused(&world.hospital, unknown, "unknown-invocation");
}

/// A call of the moment in which a change is durable and not yet in force has counted the first shred, and not the second.
#[test]
fn a_change_of_grant_or_policy_shreds_once_more_when_it_is_in_force() {
    let world = plain();
    let shreds = || world.store.shreds(&tenant()).unwrap();
    let before = shreds();
    done(&world.hospital, grant());
    assert_eq!(shreds(), before + 2);
    done(&world.hospital, Act::PolicySet { text: cordon_policy::cedar::DEFAULT.to_owned() });
    assert_eq!(shreds(), before + 4);
}
