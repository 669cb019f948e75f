//! Ports that answer what a test says, and one plugin to test with.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use cordon_core::call::{HookCall, Prefetch, Purpose, UserRight};
use cordon_core::clearance::{Clearance, admit};
use cordon_core::disclosure::Latency;
use cordon_core::grant::{Grant, Installed};
use cordon_core::ids::{Coins, Digest, Issuer, MintedId, NeedName, PatientId, PseudonymKey, TenantId};
use cordon_core::invoke::Ports;
use cordon_core::label::{Labeled, Labels as _, NoRules};
use cordon_core::manifest::{Hook, Manifest};
use cordon_core::message::{Advice, Answer, Indicator, RunEnd, RunMessage, RunReply};
use cordon_core::ports::{
    Decided, Decision, Each, Effects, EveryRow, KeepsNothing, Ledger, LedgerError, NoBreaker, NoDeadline, Occasion,
    Policy, PolicyError, Query, Records, RecordsError, Runner, RunnerError,
};
use cordon_core::record::{LeafIndex, Record};
use cordon_core::words::Words;
use serde_json::{Value, json};

pub(crate) const MANIFEST: &str = r#"
id = "org.example.renal-dosing"
version = "1.0.0"
wit = "cordon:clinical@0.2.0"
title = { en = "Renal dosing guard" }
description = { en = "Checks doses against kidney function." }
intended-use = "Testing."
publisher = "Example"
contact = "mail@example.org"
source = { label = "Renal dosing guard" }
cards = { mode = "text" }

[[service]]
id = "renal-dosing"
hook = "order-select"
description = "Checks doses."
link = { label = "Guideline", url = "https://example.org/renal" }

[[need]]
name = "creatinine"
scope = "patient/Observation.rs?code=http://loinc.org|2160-0"
elements = ["code", "status", "effectiveDateTime", "valueQuantity", "subject"]
newest = 2
on-withheld = "abstain"
why = "Kidney function decides the dose."

[[need]]
name = "draft"
source = "context.draftOrders"
elements = ["medicationCodeableConcept", "subject"]
on-withheld = "run"
why = "The order being written."

[[need]]
name = "patient"
scope = "patient/Patient.r"
elements = ["birthDate", "gender"]
on-withheld = "run"
why = "Age and sex."
"#;

pub(crate) fn need(name: &str) -> NeedName {
    NeedName::new(name).unwrap()
}

pub(crate) fn installed(grant: &Grant) -> Installed {
    let manifest = Manifest::parse(MANIFEST).unwrap();
    Installed::new(manifest, Digest::of(b"component"), Digest::of(b"envelope"), grant).unwrap()
}

pub(crate) fn whole() -> Grant {
    Grant::whole(&Manifest::parse(MANIFEST).unwrap())
}

pub(crate) fn call(grant: &Grant, prefetch: &[(&str, Prefetch)]) -> HookCall {
    let installed = installed(grant);
    let service = installed.manifest.services.first().unwrap().clone();
    assert_eq!(service.hook, Hook::OrderSelect);
    let now = "2021-06-01T00:00:00Z".parse().unwrap();
    HookCall {
        invocation: MintedId::from_random([1; 16]),
        tenant: TenantId::new("main").unwrap(),
        issuer: Issuer::new("https://ehr.example").unwrap(),
        installed: Arc::new(installed),
        service,
        hook_instance: "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea".to_owned(),
        user: None,
        roles: BTreeSet::new(),
        encounter: None,
        patient: PatientId::new("p").unwrap(),
        draft_orders: Vec::new(),
        selections: Vec::new(),
        prefetch: prefetch.iter().map(|(name, rows)| (need(name), rows.clone())).collect::<BTreeMap<_, _>>(),
        right: UserRight::Unverified,
        purpose: Purpose::Treatment,
        received: now,
        now,
        locale: "en".to_owned(),
        budget: Duration::from_millis(400),
        coins: Coins::new([7; 32]),
    }
}

pub(crate) fn creatinine(id: &str, patient: &str, date: &str) -> Value {
    json!({"resourceType": "Observation", "id": id, "status": "final", "effectiveDateTime": date,
        "code": {"coding": [{"system": "http://loinc.org", "code": "2160-0"}]},
        "subject": {"reference": format!("Patient/{patient}")}, "valueQuantity": {"value": 1.5}})
}

pub(crate) fn patient(id: &str) -> Value {
    json!({"resourceType": "Patient", "id": id, "gender": "male", "birthDate": "1960-01-01"})
}

pub(crate) fn rows(rows: Vec<Value>) -> Prefetch {
    Prefetch::all(rows)
}

/// Everything a complete client sends, with these creatinine rows.
pub(crate) fn prefetched(observations: Vec<Value>) -> Vec<(&'static str, Prefetch)> {
    vec![("creatinine", rows(observations)), ("patient", rows(vec![patient("p")]))]
}

pub(crate) struct PermitAll;

impl Policy for PermitAll {
    fn decide(&self, occasion: &Occasion<'_>) -> Result<Decided, PolicyError> {
        let permit = || Decision::Permit { within: None, rows: Arc::new(EveryRow) };
        Ok(occasion.installed.granted.keys().map(|name| (name.clone(), permit())).collect())
    }
}

pub(crate) struct BrokenPolicy;

impl Policy for BrokenPolicy {
    fn decide(&self, _: &Occasion<'_>) -> Result<Decided, PolicyError> {
        Err(PolicyError)
    }
}

/// A record that holds these rows, or none.
pub(crate) struct Stored(pub(crate) Option<Vec<Value>>);

impl Records for Stored {
    fn visit(&self, query: Query<'_>, each: &mut Each<'_>) -> Result<(), RecordsError> {
        for row in self.0.as_ref().ok_or(RecordsError)?.iter().filter(|row| query.scope.admits(row)) {
            if each(Labeled { label: NoRules.mark(row).label, value: row }).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn consents(&self, _: &TenantId, _: &PatientId) -> Result<Vec<Value>, RecordsError> {
        Ok(Vec::new())
    }

    fn pseudonyms(&self, _: &TenantId) -> Result<PseudonymKey, RecordsError> {
        Ok(PseudonymKey::new([9; 32]))
    }
}

/// A runner that answers with these cards and remembers what it got.
pub(crate) struct Answers(pub(crate) Vec<Advice>, pub(crate) RefCell<Vec<RunMessage>>);

impl Runner for Answers {
    fn run(&self, message: RunMessage) -> Result<RunReply, RunnerError> {
        self.1.borrow_mut().push(message);
        let answer = Answer { cards: self.0.clone(), system_actions: Vec::new() };
        Ok(RunReply::new(RunEnd::Answered(answer), 1))
    }
}

pub(crate) fn advice(summary: &str) -> Advice {
    Advice::free(summary, None, Indicator::Info)
}

pub(crate) struct Book(pub(crate) RefCell<Vec<Record>>, pub(crate) bool);

impl Ledger for Book {
    fn append(&self, record: &Record, _: Effects) -> Result<LeafIndex, LedgerError> {
        if !self.1 {
            return Err(LedgerError);
        }
        self.0.borrow_mut().push(record.clone());
        Ok(LeafIndex(self.0.borrow().len() as u64 - 1))
    }
}

/// The ports of one test.
pub(crate) struct World {
    pub(crate) policy: Box<dyn Policy>,
    pub(crate) records: Stored,
    pub(crate) runner: Answers,
    pub(crate) book: Book,
    pub(crate) words: Words,
}

impl World {
    pub(crate) fn new(cards: Vec<Advice>) -> Self {
        Self {
            policy: Box::new(PermitAll),
            records: Stored(None),
            runner: Answers(cards, RefCell::default()),
            book: Book(RefCell::default(), true),
            words: Words::default(),
        }
    }

    pub(crate) fn ports(&self) -> Ports<'_> {
        Ports {
            policy: &*self.policy,
            records: &self.records,
            labels: &NoRules,
            runner: &self.runner,
            ledger: &self.book,
            kept: &KeepsNothing,
            breaker: &NoBreaker,
            latency: Latency::Buckets,
            deadline: &NoDeadline,
            words: &self.words,
        }
    }
}

pub(crate) fn clearance(call: HookCall) -> Clearance {
    admit(call, &PermitAll, &Stored(None)).unwrap()
}
