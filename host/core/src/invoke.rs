//! The pipeline: admit → gather → run → release → seal → respond. Each step consumes the proof made by the step before.

use crate::call::{HookCall, Purpose};
use crate::clearance::{AdmitError, admit};
use crate::gather::{Gathered, Views, gather};
use crate::label::Labels;
use crate::message::{RunEnd, RunMessage, Trap};
use crate::ports::{Ledger, LedgerError, Policy, Records, Runner};
use crate::profile::ProfileError;
use crate::record::{Event, LeafIndex, NeedCounts, Outcome, Private, Record};
use crate::release::{Cards, Release, release, release_not_evaluated, release_nothing};
use crate::words::Words;
use std::collections::BTreeMap;
use std::fmt;

use crate::ids::{MintedId, NeedName};

/// The rooms that one invocation asks.
#[derive(Clone, Copy)]
pub struct Ports<'a> {
    /// Decides.
    pub policy: &'a dyn Policy,
    /// Stands in for missing prefetch.
    pub records: &'a dyn Records,
    /// Labels what the client sent.
    pub labels: &'a dyn Labels,
    /// Runs the guest.
    pub runner: &'a dyn Runner,
    /// Keeps the record.
    pub ledger: &'a dyn Ledger,
    /// The host's own texts.
    pub words: &'a Words,
}

/// Proof that the record is durable.
#[must_use]
#[derive(Debug)]
pub struct Receipt {
    leaf: LeafIndex,
    invocation: MintedId,
    outcome: Outcome,
    fuel: u64,
    broke: Option<ProfileError>,
}

/// An answer that may leave: it was released, and it was recorded. Prints its length: a card speaks of a patient.
pub struct Response {
    /// The invocation.
    pub invocation: MintedId,
    /// How the call ended.
    pub outcome: Outcome,
    /// The CDS Hooks body when the outcome has one.
    pub body: Option<Vec<u8>>,
    /// Where the record stands.
    pub leaf: LeafIndex,
    /// Fuel used: for the host's own measure, never for a caller.
    pub fuel: u64,
    /// The rule of the card profile that the answer broke: for the author's desk, never for a caller.
    pub broke: Option<ProfileError>,
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("invocation", &self.invocation)
            .field("outcome", &self.outcome)
            .field("bytes", &self.body.as_ref().map(Vec::len))
            .field("leaf", &self.leaf)
            .field("fuel", &self.fuel)
            .field("broke", &self.broke)
            .finish()
    }
}

/// How a call ended, before it is recorded.
struct Ended {
    call: HookCall,
    needs: BTreeMap<NeedName, NeedCounts>,
    outcome: Outcome,
    release: Option<Release<Cards>>,
    fuel: u64,
    broke: Option<ProfileError>,
}

/// Answers one call.
///
/// # Errors
/// [`LedgerError`]: the record could not be made durable, so nothing may leave.
pub fn invoke(call: HookCall, ports: Ports<'_>) -> Result<Response, LedgerError> {
    record_break_glass(&call, ports.ledger)?;
    let ended = evaluate(call, ports);
    let (receipt, release) = seal(ended, ports.ledger)?;
    Ok(respond(receipt, release))
}

/// A broken glass is on record before the patient's data is read, whatever comes of the call.
fn record_break_glass(call: &HookCall, ledger: &dyn Ledger) -> Result<(), LedgerError> {
    match call.purpose {
        Purpose::BreakGlass => {}
        Purpose::Treatment
        | Purpose::EmergencyTreatment
        | Purpose::Payment
        | Purpose::Operations
        | Purpose::Research
        | Purpose::PublicHealth => return Ok(()),
    }
    let manifest = &call.installed.manifest;
    let event = Event::BreakGlass {
        invocation: call.invocation.clone(),
        plugin: manifest.id.clone(),
        version: manifest.version.to_string(),
        service: call.service.id.clone(),
        hook: call.service.hook,
    };
    let record = Record { tenant: call.tenant.clone(), at: call.received, event, private: private(call) };
    ledger.append(&record, &[]).map(|_| ())
}

fn private(call: &HookCall) -> Private {
    Private {
        issuer: Some(call.issuer.clone()),
        user: call.user.as_ref().map(ToString::to_string),
        patient: Some(call.patient.to_string()),
        hook_instance: Some(call.hook_instance.clone()),
        ..Private::default()
    }
}

fn evaluate(call: HookCall, ports: Ports<'_>) -> Ended {
    let none = BTreeMap::new;
    if !call.installed.enabled {
        return Ended {
            call,
            needs: none(),
            outcome: Outcome::Disabled,
            release: Some(release_nothing()),
            fuel: 0,
            broke: None,
        };
    }
    let clearance = match admit(call, ports.policy, ports.records) {
        Ok(clearance) => clearance,
        Err(refused) => {
            let (call, error) = *refused;
            let outcome = match error {
                AdmitError::Policy(_) => Outcome::PolicyUnavailable,
                AdmitError::Consents(_) => Outcome::ConsentUnobtainable,
            };
            return Ended { call, needs: none(), outcome, release: None, fuel: 0, broke: None };
        }
    };
    match gather(clearance, ports.records, ports.labels) {
        Gathered::Ready(views) => run(views, ports),
        Gathered::Withheld(views) => {
            let release = release_not_evaluated(&views, ports.words);
            end(views, Outcome::NotEvaluated, Some(release), 0)
        }
        Gathered::Unobtainable(clearance, unobtainable) => {
            let outcome = Outcome::Unobtainable(unobtainable.0);
            Ended { call: clearance.into_call(), needs: none(), outcome, release: None, fuel: 0, broke: None }
        }
    }
}

fn end(views: Views, outcome: Outcome, release: Option<Release<Cards>>, fuel: u64) -> Ended {
    let (clearance, needs) = views.into_parts();
    Ended { call: clearance.into_call(), needs, outcome, release, fuel, broke: None }
}

fn run(views: Views, ports: Ports<'_>) -> Ended {
    let Ok(reply) = ports.runner.run(message(&views)) else {
        return end(views, Outcome::RunnerUnavailable, None, 0);
    };
    match reply.end {
        RunEnd::Answered(answer) => match release(&answer, &views, ports.words) {
            Ok(release) => end(views, Outcome::Answered, Some(release), reply.fuel),
            Err(broke) => {
                let ended = end(views, Outcome::Trapped(Trap::Profile), None, reply.fuel);
                Ended { broke: Some(broke), ..ended }
            }
        },
        RunEnd::Failed(failure) => end(views, Outcome::Failed(failure), None, reply.fuel),
        RunEnd::Trapped(trap) => end(views, Outcome::Trapped(trap), None, reply.fuel),
    }
}

fn message(views: &Views) -> RunMessage {
    let call = views.clearance().call();
    RunMessage {
        component: call.installed.component,
        limits: call.installed.manifest.limits,
        hook: call.service.hook,
        service: call.service.id.clone(),
        now: views.shift().map_or(call.now, |shift| shift.instant(call.now)),
        locale: call.locale.clone(),
        views: views.views().to_vec(),
        budget: call.budget,
        coins: call.coins,
    }
}

fn seal(ended: Ended, ledger: &dyn Ledger) -> Result<(Receipt, Option<Release<Cards>>), LedgerError> {
    let Ended { call, needs, outcome, release, fuel, broke } = ended;
    let manifest = &call.installed.manifest;
    let event = Event::Invocation {
        invocation: call.invocation.clone(),
        plugin: Some(manifest.id.clone()),
        version: Some(manifest.version.to_string()),
        component: Some(call.installed.component),
        service: Some(call.service.id.clone()),
        hook: Some(call.service.hook),
        purpose: call.purpose,
        outcome: outcome.clone(),
        needs,
        answer: release.as_ref().map(|release| release.payload().digest()),
    };
    let private = private(&call);
    let record = Record { tenant: call.tenant, at: call.received, event, private };
    let issued = release.as_ref().map(|release| release.payload().issued.as_slice()).unwrap_or_default();
    let leaf = ledger.append(&record, issued)?;
    Ok((Receipt { leaf, invocation: call.invocation, outcome, fuel, broke }, release))
}

fn respond(receipt: Receipt, release: Option<Release<Cards>>) -> Response {
    Response {
        invocation: receipt.invocation,
        outcome: receipt.outcome,
        body: release.map(|release| release.spend().body),
        leaf: receipt.leaf,
        fuel: receipt.fuel,
        broke: receipt.broke,
    }
}
