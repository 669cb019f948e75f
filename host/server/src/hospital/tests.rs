//! Two publishers of one hospital: what one of them ships must not stop the other.

mod clearance;
mod gate;
mod packs;

use std::sync::atomic::{AtomicBool, Ordering};

use cordon_core::disclosure::{Latency, MOST_UNDECLARED};
use cordon_core::ids::ServiceId;
use cordon_core::label::NoRules;
use cordon_core::limits::LimitClass;
use cordon_core::manifest::{Hook, Media};
use cordon_core::ports::{Effects, LedgerError};
use cordon_core::record::LeafIndex;
use cordon_runtime::{Code, Engine, Plugins};
use cordon_trust::key::SecretKey;
use cordon_trust::sign::sign;
use cordon_wall::{CompileError, InsertError};

use super::*;

const BASE: &str = "https://cordon.example";

/// A log that takes everything.
struct Paper;

impl Ledger for Paper {
    fn append(&self, _: &Record, _: Effects) -> Result<LeafIndex, LedgerError> {
        Ok(LeafIndex(0))
    }
}

pub(crate) fn tenant() -> TenantId {
    TenantId::new("main").unwrap()
}

fn key() -> SecretKey {
    SecretKey::generate([1; 32])
}

/// A plugin that says nothing, made for the contract before the newest.
fn component() -> Vec<u8> {
    wat::parse_str(silent()).unwrap()
}

fn silent() -> String {
    let says_nothing = r#"(func (export "evaluate") (param i32) (result i32) i32.const 0)"#;
    include_str!("../../../runtime/tests/it/plugin.wat").replace("CORE", says_nothing)
}

/// The same, made for the newest contract.
fn newest_component() -> Vec<u8> {
    wat::parse_str(silent().replace("@0.2.0", "@0.3.0")).unwrap()
}

fn manifest(id: &str, version: &str, service: &str, class: &str) -> String {
    format!(
        r#"
id = "org.example.{id}"
version = "{version}"
wit = "cordon:clinical@0.2.0"
title = {{ en = "Test" }}
description = {{ en = "Test." }}
intended-use = "Testing."
publisher = "Example"
contact = "mail@example.org"
source = {{ label = "Test" }}
cards = {{ mode = "text" }}
limits = {{ class = "{class}" }}

[[service]]
id = "{service}"
hook = "patient-view"
description = "Test."
"#
    )
}

fn rules() -> Rules {
    let clock = Arc::new(crate::clock::SystemClock::start(None));
    Rules {
        consent: ConsentSettings::default(),
        labels: Arc::new(NoRules),
        clock,
        base_url: BASE.to_owned(),
        latency: Latency::Buckets,
        most_undeclared: MOST_UNDECLARED,
    }
}

/// An engine in this process: what a hospital decides does not depend on where plugins run.
struct Here(Engine, Plugins);

fn here() -> Arc<dyn Components> {
    Arc::new(Here(Engine::new().unwrap(), Plugins::default()))
}

impl Components for Here {
    fn compile(&self, component: &[u8], manifest: &Manifest) -> Result<Code, CompileError> {
        Ok(self.0.precompile_for(component, manifest)?)
    }

    fn restore(&self, _: &Digest, _: &Manifest) -> bool {
        false
    }

    fn insert(&self, code: &Code) -> Result<(), InsertError> {
        self.1.insert(self.0.load(code).map_err(|error| InsertError(error.to_string()))?);
        Ok(())
    }

    fn contains(&self, digest: &Digest, class: LimitClass) -> bool {
        self.1.contains(digest, class)
    }
}

pub(crate) fn opened(store: &Arc<Store>) -> Hospital {
    let stores = Arc::new(Stores::from_iter([Arc::clone(store)]));
    Hospital::open(stores, here(), Arc::new(Paper), rules())
}

fn act(hospital: &Hospital, act: Act) -> Reply {
    hospital.act(&Admin::of(0), &Request { tenant: tenant(), reason: Some("test".to_owned()), act })
}

fn done(hospital: &Hospital, wanted: Act) {
    let reply = act(hospital, wanted);
    assert!(matches!(reply, Reply::Done(_)), "{reply:?}");
}

fn install(hospital: &Hospital, manifest: &str) {
    let newest = manifest.contains("clinical@0.3.0");
    let component = if newest { newest_component() } else { component() };
    let envelope = String::from_utf8(sign(manifest, &component, &key()).unwrap()).unwrap();
    done(hospital, Act::Install { component: STANDARD.encode(component), envelope });
}

fn plugin(id: &str) -> PluginId {
    PluginId::new(format!("org.example.{id}")).unwrap()
}

fn switch_on(hospital: &Hospital, id: &str) {
    done(hospital, Act::Grant { plugin: plugin(id), version: None, grant: None, more: Powers::default() });
    done(hospital, Act::Enable { plugin: plugin(id) });
}

#[test]
fn a_newer_version_cannot_take_a_service_that_another_plugin_answers() {
    let folder = tempfile::tempdir().unwrap();
    let hospital = opened(&Arc::new(Store::open(folder.path(), &tenant()).unwrap()));
    let pem = key().public().unwrap().to_pem().unwrap();
    done(&hospital, Act::TrustAdd { key: pem, namespace: "org.example".to_owned() });
    install(&hospital, &manifest("first", "1.0.0", "shared", "compiled"));
    install(&hospital, &manifest("second", "1.0.0", "own", "compiled"));
    switch_on(&hospital, "first");
    switch_on(&hospital, "second");
    install(&hospital, &manifest("second", "2.0.0", "shared", "compiled"));
    let version = Some(semver::Version::new(2, 0, 0));
    let reply = act(&hospital, Act::Grant { plugin: plugin("second"), version, grant: None, more: Powers::default() });
    assert!(matches!(&reply, Reply::Refused { kind, .. } if kind == "service-taken"), "{reply:?}");
    let shared = ServiceId::new("shared").unwrap();
    let answer = |one: &&Arc<Installed>| one.enabled && one.manifest.service(&shared, Hook::PatientView).is_some();
    assert_eq!(hospital.installed(&tenant()).unwrap().iter().filter(answer).count(), 1);
}

#[test]
fn the_same_bytes_in_a_wider_class_do_not_keep_a_plugin_from_running_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(Store::open(folder.path(), &tenant()).unwrap());
    let hospital = opened(&store);
    let pem = key().public().unwrap().to_pem().unwrap();
    done(&hospital, Act::TrustAdd { key: pem, namespace: "org.example".to_owned() });
    install(&hospital, &manifest("a-copy", "1.0.0", "copy", "interpreted"));
    install(&hospital, &manifest("b-original", "1.0.0", "original", "compiled"));
    let restarted = opened(&store);
    while restarted.compile_next() == Background::Done {}
    assert!(restarted.components.contains(&Digest::of(&component()), LimitClass::Compiled));
}

#[test]
fn a_copy_that_the_hospital_has_is_linked_below_its_own_url() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(Store::open(folder.path(), &tenant()).unwrap());
    let hospital = opened(&store);
    let pem = key().public().unwrap().to_pem().unwrap();
    done(&hospital, Act::TrustAdd { key: pem, namespace: "org.example".to_owned() });
    install(&hospital, &manifest("first", "1.0.0", "first", "compiled"));
    assert!(hospital.installed(&tenant()).unwrap()[0].copies.is_empty());
    let digest = store.put_copy(&tenant(), Media::Pdf, b"%PDF").unwrap();
    let restarted = opened(&store);
    let url = format!("{BASE}/copies/{}", digest.hex());
    assert_eq!(restarted.installed(&tenant()).unwrap()[0].copies, BTreeMap::from([(digest, url)]));
}
