//! One call of a plugin that answers with one card, through the host's own steps and no others.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use cordon_core::call::{HookCall, Prefetch, Purpose, UserRight};
use cordon_core::disclosure::Latency;
use cordon_core::grant::{Grant, Installed};
use cordon_core::ids::{Coins, Digest, Issuer, MintedId, PatientId, PseudonymKey, TenantId};
use cordon_core::invoke::{Ports, Response, invoke};
use cordon_core::label::NoRules;
use cordon_core::manifest::Manifest;
use cordon_core::message::{Advice, Answer, RunEnd, RunMessage, RunReply};
use cordon_core::ports::{
    Decided, Decision, Each, Effects, EveryRow, KeepsNothing, Ledger, LedgerError, NoBreaker, NoDeadline, Occasion,
    Policy, PolicyError, Query, Records, RecordsError, Runner, RunnerError,
};
use cordon_core::record::{LeafIndex, Record};
use cordon_core::words::Words;
use serde_json::Value;

/// A hospital that permits everything and keeps nothing, and a plugin that answers with this card.
struct Desk(Advice);

impl Policy for Desk {
    fn decide(&self, occasion: &Occasion<'_>) -> Result<Decided, PolicyError> {
        let permit = || Decision::Permit { within: None, rows: Arc::new(EveryRow) };
        Ok(occasion.installed.granted.keys().map(|name| (name.clone(), permit())).collect())
    }
}

impl Records for Desk {
    fn visit(&self, _: Query<'_>, _: &mut Each<'_>) -> Result<(), RecordsError> {
        Err(RecordsError)
    }

    fn consents(&self, _: &TenantId, _: &PatientId) -> Result<Vec<Value>, RecordsError> {
        Ok(Vec::new())
    }

    fn pseudonyms(&self, _: &TenantId) -> Result<PseudonymKey, RecordsError> {
        Ok(PseudonymKey::new([9; 32]))
    }
}

impl Runner for Desk {
    fn run(&self, _: RunMessage) -> Result<RunReply, RunnerError> {
        let answer = Answer { cards: vec![self.0.clone()], system_actions: Vec::new() };
        Ok(RunReply::new(RunEnd::Answered(answer), 1))
    }
}

impl Ledger for Desk {
    fn append(&self, _: &Record, _: Effects) -> Result<LeafIndex, LedgerError> {
        Ok(LeafIndex(0))
    }
}

/// Calls the first service of the manifest with this row for its one need.
pub(super) fn answer(manifest: &Manifest, locale: &str, row: &Value, card: Advice) -> Option<Response> {
    let desk = Desk(card);
    let ports = Ports {
        policy: &desk,
        records: &desk,
        labels: &NoRules,
        runner: &desk,
        ledger: &desk,
        kept: &KeepsNothing,
        breaker: &NoBreaker,
        latency: Latency::Buckets,
        deadline: &NoDeadline,
        words: &Words::default(),
    };
    invoke(call(manifest, locale, row)?, ports).ok()
}

fn call(manifest: &Manifest, locale: &str, row: &Value) -> Option<HookCall> {
    let digest = Digest::of(b"component");
    let installed = Installed::new(manifest.clone(), digest, digest, &Grant::whole(manifest)).ok()?;
    let rows = || Prefetch::all([row.clone()]);
    let now = "2021-06-01T00:00:00Z".parse().ok()?;
    Some(HookCall {
        invocation: MintedId::from_random([1; 16]),
        tenant: TenantId::new("main").ok()?,
        issuer: Issuer::new("https://ehr.example").ok()?,
        service: manifest.services.first()?.clone(),
        prefetch: manifest.needs.keys().map(|name| (name.clone(), rows())).collect(),
        installed: Arc::new(installed),
        hook_instance: "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea".to_owned(),
        user: None,
        roles: BTreeSet::new(),
        patient: PatientId::new("p").ok()?,
        encounter: None,
        draft_orders: Vec::new(),
        selections: Vec::new(),
        right: UserRight::Unverified,
        purpose: Purpose::Treatment,
        received: now,
        now,
        locale: locale.to_owned(),
        budget: Duration::from_millis(400),
        coins: Coins::new([7; 32]),
    })
}
