//! The bytes of version 1, one file for each kind of event. A change here breaks every log that exists: write version 2.

use std::collections::{BTreeMap, BTreeSet};

use cordon_audit::leaf::{decode, encode, open};
use cordon_core::call::Purpose;
use cordon_core::ids::{Digest, EntryName, Issuer, MintedId, NeedName, PluginId, ServiceId, TenantId};
use cordon_core::manifest::Hook;
use cordon_core::record::{
    AdminAction, Dropped, Event, LeafIndex, LoadEnd, NeedCounts, Outcome, Private, Record, Refusal,
};

macro_rules! golden {
    ($name:literal) => {
        include_str!(concat!("../data/leaf/v1/", $name, ".json"))
    };
}

fn plugin() -> PluginId {
    PluginId::new("org.example.renal-dosing").unwrap()
}

fn record(event: Event) -> Record {
    let private = Private {
        issuer: Some(Issuer::new("https://ehr.example.org").unwrap()),
        user: Some("Practitioner/example".to_owned()),
        patient: Some("synthetic-1".to_owned()),
        hook_instance: Some("d1577c69-dfbe-44ad-ba6d-3e05e953b2ea".to_owned()),
        admin: Some("1000 alex".to_owned()),
        reason: Some("Prüfung \"A\"".to_owned()),
        feedback: Some("{}".to_owned()),
        file: None,
        notes: Vec::new(),
    };
    let at = "2026-11-22T03:00:00.000000001Z".parse().unwrap();
    Record { tenant: TenantId::new("ward").unwrap(), at, event, private }
}

fn invocation() -> Event {
    let dropped = BTreeMap::from([(Dropped::Foreign, 2), (Dropped::OutsideNeed, 4_294_967_295)]);
    let needs = BTreeMap::from([
        (NeedName::new("creatinine").unwrap(), NeedCounts { dropped, denied: false }),
        (NeedName::new("weight").unwrap(), NeedCounts { dropped: BTreeMap::new(), denied: true }),
    ]);
    Event::Invocation {
        invocation: MintedId::from_random([1; 16]),
        plugin: Some(plugin()),
        version: Some("1.4.0".to_owned()),
        component: Some(Digest::of(b"component")),
        service: Some(ServiceId::new("renal-dosing").unwrap()),
        hook: Some(Hook::OrderSelect),
        purpose: Purpose::Treatment,
        policy: None,
        labels: None,
        outcome: Outcome::Unobtainable(NeedName::new("creatinine").unwrap()),
        needs,
        answer: Some(Digest::of(b"answer")),
        packs: BTreeMap::new(),
        written: BTreeSet::new(),
        charged: 0,
    }
}

fn entry(name: &str) -> EntryName {
    EntryName::new(name).unwrap()
}

/// A call that read a data pack and wrote a cell.
fn kept_invocation() -> Event {
    let mut call = invocation();
    if let Event::Invocation { packs, written, charged, outcome, .. } = &mut call {
        packs.insert(entry("drugs"), Digest::of(b"pack"));
        written.insert(entry("last-alert"));
        *charged = 7_796;
        *outcome = Outcome::Answered;
    }
    call
}

/// A call that a policy and label rules decided: leaves from before these were recorded name neither.
fn decided_invocation() -> Event {
    let mut call = kept_invocation();
    if let Event::Invocation { policy, labels, .. } = &mut call {
        *policy = Some(3);
        *labels = Some(Digest::of(b"label rules"));
    }
    call
}

/// What an emergency behind the glass leaves: the call's own record names the purpose.
fn broken_glass() -> [Event; 2] {
    let mut call = invocation();
    if let Event::Invocation { purpose, .. } = &mut call {
        *purpose = Purpose::BreakGlass;
    }
    let glass = Event::BreakGlass {
        invocation: MintedId::from_random([1; 16]),
        plugin: plugin(),
        version: "1.4.0".to_owned(),
        service: ServiceId::new("renal-dosing").unwrap(),
        hook: Hook::OrderSelect,
    };
    [glass, call]
}

fn refused_invocation() -> Event {
    Event::Invocation {
        invocation: MintedId::from_random([2; 16]),
        plugin: None,
        version: None,
        component: None,
        service: None,
        hook: None,
        purpose: Purpose::Treatment,
        policy: None,
        labels: None,
        outcome: Outcome::Refused(Refusal::NotAllowed),
        needs: BTreeMap::new(),
        answer: None,
        packs: BTreeMap::new(),
        written: BTreeSet::new(),
        charged: 0,
    }
}

fn admin(action: AdminAction) -> Event {
    Event::Admin { action, refused: None }
}

/// One event of each kind.
fn events() -> Vec<Event> {
    let trust = AdminAction::TrustAdd { key: "sha256:0".to_owned(), namespace: "org.example".to_owned() };
    let component = Digest::of(b"component");
    let install = AdminAction::Install { plugin: Some(plugin()), version: Some("1.4.0".to_owned()), component };
    let [glass, behind] = broken_glass();
    vec![
        glass,
        behind,
        invocation(),
        refused_invocation(),
        Event::Feedback { service: ServiceId::new("renal-dosing").unwrap(), known: 1, unknown: 2 },
        admin(trust),
        Event::Admin { action: install, refused: Some("no trusted key signed this".to_owned()) },
        admin(AdminAction::TrustRevoke { key: "sha256:0".to_owned() }),
        admin(AdminAction::Grant { plugin: plugin(), grant: Digest::of(b"grant") }),
        admin(AdminAction::Enable { plugin: plugin() }),
        admin(AdminAction::Disable { plugin: plugin() }),
        admin(AdminAction::Policy { epoch: Some(2), digest: Digest::of(b"policy") }),
        admin(AdminAction::Look { what: "list".to_owned() }),
        admin(AdminAction::Pack { plugin: plugin(), name: entry("drugs"), digest: Some(Digest::of(b"pack")) }),
        admin(AdminAction::Copy { plugin: plugin(), digest: Digest::of(b"copy") }),
        admin(AdminAction::Quarantine { plugin: plugin(), on: true }),
        admin(AdminAction::Load { older: true }),
        admin(AdminAction::Loaded { load: LeafIndex(7), ended: LoadEnd::Complete, kept: 1, unchanged: 2, refused: 3 }),
        admin(AdminAction::Loaded {
            load: LeafIndex(8),
            ended: LoadEnd::Incomplete,
            kept: 1,
            unchanged: 0,
            refused: 1,
        }),
        admin(AdminAction::Diagnose {
            invocation: MintedId::from_random([1; 16]),
            released: Digest::of(b"released"),
            to: "age1example".to_owned(),
        }),
        kept_invocation(),
        decided_invocation(),
        Event::Started { host: "0.1.0".to_owned() },
    ]
}

/// The file of an event. Matched without `_`: a new kind of event needs a new file.
fn pinned(event: &Event) -> &'static str {
    match event {
        Event::Invocation { plugin: Some(_), purpose: Purpose::BreakGlass, .. } => golden!("invocation-break-glass"),
        Event::Invocation { plugin: Some(_), policy: Some(_), .. } => golden!("invocation-decided"),
        Event::Invocation { plugin: Some(_), charged: 1.., .. } => golden!("invocation-kept"),
        Event::Invocation { plugin: Some(_), .. } => golden!("invocation"),
        Event::Invocation { plugin: None, .. } => golden!("invocation-refused"),
        Event::BreakGlass { .. } => golden!("break-glass"),
        Event::Feedback { .. } => golden!("feedback"),
        Event::Started { .. } => golden!("started"),
        Event::Admin { action, .. } => match action {
            AdminAction::TrustAdd { .. } => golden!("admin-trust-add"),
            AdminAction::TrustRevoke { .. } => golden!("admin-trust-revoke"),
            AdminAction::Install { .. } => golden!("admin-install"),
            AdminAction::Grant { .. } => golden!("admin-grant"),
            AdminAction::Enable { .. } => golden!("admin-enable"),
            AdminAction::Disable { .. } => golden!("admin-disable"),
            AdminAction::Policy { .. } => golden!("admin-policy"),
            AdminAction::Pack { .. } => golden!("admin-pack"),
            AdminAction::Copy { .. } => golden!("admin-copy"),
            AdminAction::Quarantine { .. } => golden!("admin-quarantine"),
            AdminAction::Load { .. } => golden!("admin-load"),
            AdminAction::Loaded { ended: LoadEnd::Incomplete, .. } => golden!("admin-loaded-incomplete"),
            AdminAction::Loaded { .. } => golden!("admin-loaded"),
            AdminAction::Diagnose { .. } => golden!("admin-diagnose"),
            AdminAction::Look { .. } => golden!("admin-look"),
        },
    }
}

#[test]
fn every_kind_of_event_keeps_its_bytes() {
    for event in events() {
        let (leaf, _) = encode(&record(event.clone()), [7; 32]).unwrap();
        let text = std::str::from_utf8(leaf.as_bytes()).unwrap();
        assert_eq!(text, pinned(&event).trim_end_matches('\n'));
    }
}

#[test]
fn the_private_part_keeps_its_bytes() {
    let (_, private) = encode(&record(invocation()), [7; 32]).unwrap();
    let text = std::str::from_utf8(private.as_bytes()).unwrap();
    assert_eq!(text, golden!("private").trim_end_matches('\n'));
}

#[test]
fn a_leaf_and_its_private_part_say_what_was_recorded() {
    for event in events() {
        let record = record(event);
        let (leaf, private) = encode(&record, [7; 32]).unwrap();
        let entry = decode(leaf.as_bytes()).unwrap();
        assert_eq!((&entry.tenant, &entry.at, &entry.event), (&record.tenant, &record.at, &record.event));
        assert_eq!(open(&entry, private.as_bytes()).unwrap(), record.private);
    }
}
