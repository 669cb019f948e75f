//! The pipeline: admit → gather → run → release → seal → respond. Each step consumes the proof made by the step before.

use crate::call::{HookCall, Purpose};
use crate::cells::CellWrite;
use crate::clearance::{AdmitError, Clearance, admit};
use crate::disclosure::{Latency, disclosure};
use crate::gather::NotKept;
use crate::gather::{Gathered, Views, gather};
use crate::label::Labels;
use crate::message::{RunEnd, RunMessage, RunReply, Said, Trap};
use crate::ports::{
    Breaker, Deadline, Effects, Kept, KeptError, Ledger, LedgerError, Policy, Records, Runner, RunnerError, UntilOver,
};
use crate::profile::ProfileError;
use crate::record::{Event, LeafIndex, NeedCounts, Outcome, Private, Record};
use crate::release::{Cards, Release, release, release_cells, release_not_evaluated, release_notes, release_nothing};
use crate::transcript::{Ending, Transcript};
use crate::words::Words;
use std::collections::BTreeMap;
use std::fmt;

use crate::ids::{Digest, EntryName, MintedId, NeedName};

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
    /// Keeps cells and data packs.
    pub kept: &'a dyn Kept,
    /// Stops what keeps failing.
    pub breaker: &'a dyn Breaker,
    /// The host's own texts.
    pub words: &'a Words,
    /// What the host does with the time that a run took.
    pub latency: Latency,
    /// When the call has no time left to run its plugin.
    pub deadline: &'a dyn Deadline,
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
    under: Under,
    needs: BTreeMap<NeedName, NeedCounts>,
    outcome: Outcome,
    release: Option<Release<Cards>>,
    ran: Option<Ran>,
}

/// The versions of the rules that a call was decided by; none when nothing was decided.
#[derive(Clone, Copy, Default)]
struct Under {
    policy: Option<u64>,
    labels: Option<Digest>,
}

/// What a run leaves beside its cards.
#[derive(Default)]
struct Ran {
    fuel: u64,
    broke: Option<ProfileError>,
    notes: Vec<Said>,
    cells: Vec<CellWrite>,
    packs: BTreeMap<EntryName, Digest>,
    transcript: Option<Transcript>,
    charged: u32,
}

impl Ended {
    /// Ended without a run.
    fn early(call: HookCall, outcome: Outcome, release: Option<Release<Cards>>) -> Self {
        Self { call, under: Under::default(), needs: BTreeMap::new(), outcome, release, ran: None }
    }

    /// Ended after the views were made.
    fn late(views: Views, outcome: Outcome, release: Option<Release<Cards>>, ran: Option<Ran>) -> Self {
        let (clearance, needs) = views.into_parts();
        Self { call: clearance.into_call(), under: Under::default(), needs, outcome, release, ran }
    }
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
    ledger.append(&record, Effects::none()).map(|_| ())
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
    if !call.installed.enabled {
        return Ended::early(call, Outcome::Disabled, Some(release_nothing()));
    }
    // Before anything is decided: a shred that comes after this is of what this call decides by.
    let Ok(shreds) = shreds(&call, ports.kept) else {
        return Ended::early(call, Outcome::KeptUnavailable, None);
    };
    let records = UntilOver { records: ports.records, deadline: ports.deadline };
    let clearance = match admit(call, ports.policy, &records) {
        Ok(clearance) => clearance.after(shreds),
        Err(refused) => {
            let (call, error) = *refused;
            let outcome = match error {
                AdmitError::Policy(_) => Outcome::PolicyUnavailable,
                AdmitError::Consents(_) if ports.deadline.is_over() => Outcome::RunnerUnavailable,
                AdmitError::Consents(_) => Outcome::ConsentUnobtainable,
            };
            return Ended::early(call, outcome, None);
        }
    };
    let under = Under { policy: clearance.epoch(), labels: Some(ports.labels.version()) };
    Ended { under, ..admitted(clearance, ports) }
}

fn admitted(clearance: Clearance, ports: Ports<'_>) -> Ended {
    if !ports.breaker.admits(clearance.key(), clearance.call().received) {
        return Ended::early(clearance.into_call(), Outcome::Suspended, None);
    }
    let records = UntilOver { records: ports.records, deadline: ports.deadline };
    let gathered = gather(clearance, &records, ports.labels);
    if ports.deadline.is_over() {
        return late(gathered);
    }
    match gathered {
        Gathered::Ready(views) => match views.with_kept(ports.kept) {
            Ok(views) => run(views, ports),
            Err(refused) => {
                let (views, error) = *refused;
                let outcome = match error {
                    NotKept::Unreadable(_) => Outcome::KeptUnavailable,
                    NotKept::Never(pack) => Outcome::NoPack(pack),
                };
                Ended::late(views, outcome, None, None)
            }
        },
        Gathered::Withheld(views) => {
            let release = release_not_evaluated(&views, ports.words);
            Ended::late(views, Outcome::NotEvaluated, Some(release), None)
        }
        Gathered::Unobtainable(clearance, unobtainable) => {
            Ended::early(clearance.into_call(), Outcome::Unobtainable(unobtainable.0), None)
        }
    }
}

/// Ended because there is no time left to run: whatever was gathered, the answer is the same.
fn late(gathered: Gathered) -> Ended {
    match gathered {
        Gathered::Ready(views) | Gathered::Withheld(views) => {
            Ended::late(views, Outcome::RunnerUnavailable, None, None)
        }
        Gathered::Unobtainable(clearance, _) => Ended::early(clearance.into_call(), Outcome::RunnerUnavailable, None),
    }
}

/// Asked only for a plugin that keeps something.
fn shreds(call: &HookCall, kept: &dyn Kept) -> Result<u64, KeptError> {
    if call.installed.powers.cells.is_empty() { Ok(0) } else { kept.shreds(&call.tenant) }
}

fn run(views: Views, ports: Ports<'_>) -> Ended {
    let installed = &views.clearance().call().installed;
    let charged = disclosure(&installed.manifest, &installed.powers, ports.latency).millibits;
    let packs = views.kept().packs().iter().map(|(name, pack)| (name.clone(), pack.digest)).collect();
    let mut ran = Ran { packs, charged, ..Ran::default() };
    let reply = match ports.runner.run(message(&views)) {
        Ok(reply) => reply,
        Err(error) => {
            // A process that ended counts for this patient, like every other failure. What only the host lacked does not.
            if error == RunnerError::DIED {
                ports.breaker.ended(views.clearance().key(), views.clearance().call().received, true);
            }
            return Ended::late(views, Outcome::RunnerUnavailable, None, Some(ran));
        }
    };
    ran.fuel = reply.fuel;
    let (outcome, release) = match let_out(&reply, &views, ports.words) {
        Ok(Out::Answered { cards, notes, cells }) => {
            ran.notes = notes.spend();
            ran.cells = cells.spend();
            (Outcome::Answered, Some(cards))
        }
        Ok(Out::Failed(outcome, notes)) => {
            ran.notes = notes.map(Release::spend).unwrap_or_default();
            (outcome, None)
        }
        Err(broke) => {
            ran.broke = Some(broke);
            (Outcome::Trapped(Trap::Profile), None)
        }
    };
    let failed = release.is_none();
    ports.breaker.ended(views.clearance().key(), views.clearance().call().received, failed);
    if failed {
        let engine = ports.runner.engine();
        let broke = ran.broke.as_ref().map(ToString::to_string);
        let ending = Ending { outcome: &outcome, broke: broke.as_deref(), engine: &engine };
        ran.transcript = Some(transcript(&views, &reply, ending));
    }
    Ended::late(views, outcome, release, Some(ran))
}

/// What of a reply leaves, each through its sink.
enum Out {
    Answered { cards: Release<Cards>, notes: Release<Vec<Said>>, cells: Release<Vec<CellWrite>> },
    Failed(Outcome, Option<Release<Vec<Said>>>),
}

/// Everything of an answer leaves, or nothing: a plugin that breaks one sink's contract has no state and no card. A run
/// that failed leaves no state either, and its notes if they are within the contract.
fn let_out(reply: &RunReply, views: &Views, words: &Words) -> Result<Out, ProfileError> {
    match &reply.end {
        RunEnd::Answered(answer) => Ok(Out::Answered {
            cards: release(answer, views, words)?,
            notes: release_notes(&reply.notes, views)?,
            cells: release_cells(&reply.cells, views)?,
        }),
        RunEnd::Failed(failure) => Ok(Out::Failed(Outcome::Failed(*failure), release_notes(&reply.notes, views).ok())),
        RunEnd::Trapped(trap) => Ok(Out::Failed(Outcome::Trapped(*trap), release_notes(&reply.notes, views).ok())),
    }
}

fn transcript(views: &Views, reply: &RunReply, ending: Ending<'_>) -> Transcript {
    let manifest = &views.clearance().call().installed.manifest;
    Transcript::of(&manifest.id, manifest.version.to_string(), &message(views), reply, ending)
}

fn message(views: &Views) -> RunMessage {
    let call = views.clearance().call();
    RunMessage {
        tenant: call.tenant.clone(),
        plugin: call.installed.manifest.id.clone(),
        component: call.installed.component,
        limits: call.installed.manifest.limits,
        hook: call.service.hook,
        service: call.service.id.clone(),
        now: views.shift().map_or(call.now, |shift| shift.instant(call.now)),
        locale: call.locale.clone(),
        views: views.views().to_vec(),
        cells: views.kept().cells().clone(),
        packs: views.kept().packs().clone(),
        budget: call.budget,
        coins: call.coins,
    }
}

fn seal(ended: Ended, ledger: &dyn Ledger) -> Result<(Receipt, Option<Release<Cards>>), LedgerError> {
    let Ended { call, under: Under { policy, labels }, needs, outcome, release, ran } = ended;
    let ran = ran.unwrap_or_default();
    let manifest = &call.installed.manifest;
    let event = Event::Invocation {
        invocation: call.invocation.clone(),
        plugin: Some(manifest.id.clone()),
        version: Some(manifest.version.to_string()),
        component: Some(call.installed.component),
        service: Some(call.service.id.clone()),
        hook: Some(call.service.hook),
        purpose: call.purpose,
        policy,
        labels,
        outcome: outcome.clone(),
        needs,
        answer: release.as_ref().map(|release| release.payload().digest()),
        packs: ran.packs,
        written: ran.cells.iter().map(|write| write.name.clone()).collect(),
        charged: ran.charged,
    };
    let private = Private { notes: ran.notes, ..private(&call) };
    let record = Record { tenant: call.tenant, at: call.received, event, private };
    let effects = Effects {
        issued: release.as_ref().map(|release| release.payload().issued.clone()).unwrap_or_default(),
        cells: ran.cells,
        transcript: ran.transcript.map(|transcript| (call.invocation.clone(), transcript)),
    };
    let leaf = ledger.append(&record, effects)?;
    let receipt = Receipt { leaf, invocation: call.invocation, outcome, fuel: ran.fuel, broke: ran.broke };
    Ok((receipt, release))
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
