//! The desk: a host with one plugin, fully granted.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use cordon_core::call::{HookCall, Prefetch, Purpose, UserRight};
use cordon_core::disclosure::Latency;
use cordon_core::grant::{Grant, GrantError, Installed};
use cordon_core::ids::{Coins, Digest, Issuer, MintedId, NameError, NeedName, Role, TenantId};
use cordon_core::invoke::{Ports, Response, invoke};
use cordon_core::label::NoRules;
use cordon_core::manifest::{Manifest, ManifestError, Need, Service, Source};
use cordon_core::message::Said;
use cordon_core::ports::{LedgerError, NoBreaker, NoDeadline};
use cordon_core::record::{Event, NeedCounts};
use cordon_core::sent::SentRow;
use cordon_core::words::Words;
use cordon_fhir::reference::Reference;
use cordon_fhir::types::{resource_id, resource_type};
use cordon_policy::grant::GrantPolicy;
use cordon_runtime::{ComponentError, Engine, EngineError, LocalRunner, Plugins};
use serde_json::Value;

use crate::case::{Case, Given};
use crate::kept::{Cells, Shelf, after};
use crate::ports::{Book, Memory, Seen, Watching};
use crate::report::CaseReport;

/// Why a plugin cannot be put on a desk, or not be run there.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// No host would accept the manifest.
    #[error("plugin.toml: {0}")]
    Manifest(#[from] ManifestError),
    /// The whole grant does not fit the manifest.
    #[error("plugin.toml: {0}")]
    Grant(#[from] GrantError),
    /// The engine does not start.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// No host would accept the component.
    #[error("the component {0}")]
    Component(#[from] ComponentError),
    /// The ledger in memory failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A name that the desk itself gives.
    #[error(transparent)]
    Name(#[from] NameError),
}

/// A host with one plugin, fully granted.
#[derive(Debug)]
pub struct Desk {
    manifest: Manifest,
    component: Digest,
    runner: LocalRunner,
}

/// One run, as far as a desk sees it.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) response: Response,
    pub(crate) needs: BTreeMap<NeedName, NeedCounts>,
    pub(crate) seen: Seen,
    pub(crate) left: Left,
    pub(crate) elapsed: Duration,
}

/// What a run left in the hospital.
#[derive(Debug, Default)]
pub(crate) struct Left {
    /// What the cells hold now.
    pub(crate) cells: Cells,
    /// What was noted.
    pub(crate) notes: Vec<Said>,
}

impl Desk {
    /// Admits a component and its manifest exactly as a host does.
    ///
    /// # Errors
    /// [`DeskError`]: what a host would refuse.
    pub fn new(component: &[u8], manifest: &str) -> Result<Self, DeskError> {
        let manifest = Manifest::parse(manifest)?;
        let engine = Engine::new()?;
        let compiled = engine.compile_for(component, &manifest)?;
        let plugins = Plugins::default();
        plugins.insert(compiled);
        Ok(Self { manifest, component: Digest::of(component), runner: LocalRunner::new(engine, Arc::new(plugins)) })
    }

    /// The manifest.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Runs a case and compares. The same case gives the same report, but for the time it took.
    ///
    /// # Errors
    /// [`DeskError`] when the host failed; what the plugin did wrong is in the report.
    pub fn run(&self, name: &str, case: &Case) -> Result<CaseReport, DeskError> {
        let Some(service) = self.manifest.service(&case.service, case.hook) else {
            return Ok(CaseReport::without_service(name, case));
        };
        let ran = self.call(&self.manifest, service, case)?;
        CaseReport::of(name, self, service, case, ran)
    }

    /// One call through the pipeline, under this manifest.
    pub(crate) fn call(&self, manifest: &Manifest, service: &Service, case: &Case) -> Result<Ran, DeskError> {
        let call = self.hook_call(manifest, service, case)?;
        let resources: &[Value] = match &case.given {
            Given::Needs(_) => &[],
            Given::Record { resources, .. } => resources,
        };
        let watching = Watching { runner: &self.runner, seen: RefCell::default() };
        let (book, words) = (Book::default(), Words::default());
        let ports = Ports {
            policy: &GrantPolicy,
            records: &Memory(resources),
            labels: &NoRules,
            runner: &watching,
            ledger: &book,
            kept: &Shelf { cells: &case.cells, packs: &case.packs },
            breaker: &NoBreaker,
            words: &words,
            latency: Latency::Buckets,
            deadline: &NoDeadline,
        };
        let (response, elapsed) = timed(|| invoke(call, ports));
        let (needs, left) = book.0.into_inner().pop().map_or_else(Default::default, |(record, effects)| {
            let left = Left { cells: after(&case.cells, effects.cells), notes: record.private.notes };
            (counts(record.event), left)
        });
        Ok(Ran { response: response?, needs, seen: watching.seen.into_inner(), left, elapsed })
    }

    fn hook_call(&self, manifest: &Manifest, service: &Service, case: &Case) -> Result<HookCall, DeskError> {
        let installed = Installed::new(manifest.clone(), self.component, self.component, &everything(manifest))?;
        let context = Context::of(manifest, &case.given);
        Ok(HookCall {
            invocation: MintedId::from_random([0; 16]),
            tenant: TenantId::new("desk")?,
            issuer: Issuer::new("https://desk.invalid")?,
            installed: Arc::new(installed),
            service: service.clone(),
            hook_instance: "00000000-0000-4000-8000-000000000000".to_owned(),
            user: None,
            roles: context.roles,
            encounter: context.encounter,
            patient: case.patient.clone(),
            draft_orders: context.draft_orders.into_iter().map(SentRow::new).collect(),
            selections: context.selections,
            prefetch: context.prefetch,
            right: context.right,
            purpose: Purpose::Treatment,
            received: case.now,
            now: case.now,
            locale: case.locale.clone(),
            // Nobody calls `Engine::tick` on a desk, so no run is cut off by the clock.
            budget: Duration::from_millis(400),
            coins: Coins::new([0; 32]),
        })
    }
}

/// The whole grant, and what a hospital has to think about twice: a desk shows what the plugin does when it has it.
fn everything(manifest: &Manifest) -> Grant {
    let mut grant = Grant::whole(manifest);
    grant.powers.wasi = manifest.wasi.is_some();
    for proposal in manifest.proposals.values() {
        grant.powers.allow.extend(proposal.allow());
        if proposal.is_system_action() {
            grant.powers.system_actions.insert(proposal.resource_type().to_owned());
        }
    }
    grant
}

#[expect(clippy::disallowed_methods, reason = "a desk tells how long a run took; no result depends on it")]
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let started = Instant::now();
    let done = work();
    (done, started.elapsed())
}

fn counts(event: Event) -> BTreeMap<NeedName, NeedCounts> {
    match event {
        Event::Invocation { needs, .. } => needs,
        Event::BreakGlass { .. } | Event::Feedback { .. } | Event::Admin { .. } | Event::Started { .. } => {
            BTreeMap::new()
        }
    }
}

/// What of a call carries data.
struct Context {
    draft_orders: Vec<Value>,
    selections: Vec<Reference>,
    encounter: Option<Reference>,
    roles: BTreeSet<Role>,
    prefetch: BTreeMap<NeedName, Prefetch>,
    right: UserRight,
}

impl Context {
    fn of(manifest: &Manifest, given: &Given) -> Self {
        match given {
            // The store stands in for every need, under a user right that covers exactly the needs.
            Given::Record { draft_orders, selections, .. } => Self {
                draft_orders: draft_orders.clone(),
                selections: selections.clone(),
                encounter: None,
                roles: BTreeSet::new(),
                prefetch: BTreeMap::new(),
                right: UserRight::Scopes(manifest.needs.values().filter_map(scope).collect()),
            },
            Given::Needs(rows) => Self::prefetched(manifest, rows),
        }
    }

    /// A client that sends every need's rows, and `null` for those without.
    fn prefetched(manifest: &Manifest, rows: &BTreeMap<NeedName, Vec<Value>>) -> Self {
        let mut context = Self {
            draft_orders: Vec::new(),
            selections: Vec::new(),
            encounter: None,
            roles: BTreeSet::new(),
            prefetch: BTreeMap::new(),
            right: UserRight::Unverified,
        };
        for need in manifest.needs.values() {
            let rows = rows.get(&need.name);
            match &need.source {
                Source::Record(_) => context.send(need, rows),
                Source::DraftOrders => context.draft(rows),
                Source::Selections => {
                    context.draft(rows);
                    context.selections.extend(rows.into_iter().flatten().filter_map(reference));
                }
                Source::Encounter => {
                    context.encounter = rows.and_then(|rows| rows.first()).and_then(reference);
                    context.send(need, rows);
                }
                Source::User => context.roles.extend(rows.into_iter().flatten().flat_map(roles)),
            }
        }
        context
    }

    fn send(&mut self, need: &Need, rows: Option<&Vec<Value>>) {
        let sent = rows.map(|rows| Prefetch::all(rows.iter().cloned()));
        self.prefetch.insert(need.name.clone(), sent.unwrap_or(Prefetch::Null));
    }

    fn draft(&mut self, rows: Option<&Vec<Value>>) {
        let held: BTreeSet<Reference> = self.draft_orders.iter().filter_map(reference).collect();
        let new = |row: &&Value| reference(row).is_none_or(|reference| !held.contains(&reference));
        self.draft_orders.extend(rows.into_iter().flatten().filter(new).cloned());
    }
}

fn scope(need: &Need) -> Option<cordon_fhir::scope::Scope> {
    match &need.source {
        Source::Record(scope) => Some(scope.clone()),
        Source::DraftOrders | Source::Selections | Source::Encounter | Source::User => None,
    }
}

/// The roles that a row of `context.user` names, as the host would give it (`PractitionerRole.code`).
fn roles(row: &Value) -> Vec<Role> {
    let list = |value: &'_ Value, name: &str| value.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let codings = list(row, "code").into_iter().flat_map(|concept| list(&concept, "coding"));
    let text = |coding: &Value, name: &str| coding.get(name).and_then(Value::as_str).map(str::to_owned);
    let role = |coding: Value| match (text(&coding, "system"), text(&coding, "code")?) {
        (Some(system), code) => Role::new(format!("{system}|{code}")).ok(),
        (None, code) => Role::new(code).ok(),
    };
    codings.filter_map(role).collect()
}

fn reference(row: &Value) -> Option<Reference> {
    Some(Reference { resource_type: resource_type(row)?, id: resource_id(row)?.to_owned() })
}
