//! The ports: what the rules ask of the rooms that touch the world. Every default denies.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;

use cordon_fhir::reference::Reference;
use cordon_fhir::scope::Scope;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::call::Purpose;
use crate::cells::{CellKey, CellWrite, Held};
use crate::grant::Installed;
use crate::ids::{Digest, EntryName, Issuer, MintedId, NeedName, PatientId, PluginId, PseudonymKey, Role, TenantId};
use crate::label::{Label, Labeled};
use crate::manifest::Service;
use crate::message::{PackData, RunMessage, RunReply};
use crate::record::{Issued, LeafIndex, Record};
use crate::transcript::Transcript;

/// All that a policy is told about one invocation, once, before anything is read for the plugin.
pub struct Occasion<'a> {
    /// Whose data.
    pub tenant: &'a TenantId,
    /// Who calls.
    pub issuer: &'a Issuer,
    /// On whose behalf, as the hook's context names it: verified as far as the client is.
    pub user: Option<&'a Reference>,
    /// The user's verified roles.
    pub roles: &'a BTreeSet<Role>,
    /// For which patient.
    pub patient: &'a PatientId,
    /// What for.
    pub purpose: Purpose,
    /// Through which plugin.
    pub installed: &'a Installed,
    /// Through which of its services.
    pub service: &'a Service,
    /// When.
    pub now: Timestamp,
    /// The patient's Consent resources, as the source holds them.
    pub consents: &'a [Value],
}

impl fmt::Debug for Occasion<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Occasion")
            .field("tenant", self.tenant)
            .field("plugin", &self.installed.manifest.id)
            .field("service", &self.service.id)
            .field("purpose", &self.purpose)
            .field("consents", &self.consents.len())
            .finish_non_exhaustive()
    }
}

/// Why something is absent: for the operator, never for a plugin.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "because", rename_all = "kebab-case")]
pub enum Reason {
    /// The hospital did not grant the need, or granted less.
    Grant,
    /// The grant does not cover the purpose of use.
    Purpose,
    /// These policies forbade it; without any, none permitted it.
    Policy {
        /// Their ids.
        ids: Vec<String>,
    },
    /// The plugin writes free text, and that is no place for what is restricted.
    Sink,
    /// This provision of a Consent denied it, or none permitted it where one must.
    Consent {
        /// The Consent's id and the provision's path.
        provision: String,
    },
}

/// What a policy answers for one need.
#[derive(Debug, Clone)]
pub enum Decision {
    /// Nothing of it.
    Deny(Vec<Reason>),
    /// The rows the need asks for; of these only the ones within the scope, if there is one, and under the rule.
    Permit {
        /// A narrower scope.
        within: Option<Scope>,
        /// Decides about rows.
        rows: Arc<dyn RowRule>,
    },
}

/// Decides about the rows of one need in one invocation. It was fixed at admit: one row and label, one answer.
pub trait RowRule: fmt::Debug + Send + Sync {
    /// Whether the row may be seen.
    fn admits(&self, row: &Value, label: Label) -> bool;

    /// Why it may not; empty when it may.
    fn explain(&self, row: &Value, label: Label) -> Vec<Reason>;

    /// A digest of the rule: two rules that have the same decide every row alike.
    fn fingerprint(&self) -> Digest;
}

/// Admits every row of a permitted need.
#[derive(Debug, Clone, Copy, Default)]
pub struct EveryRow;

impl RowRule for EveryRow {
    fn admits(&self, _: &Value, _: Label) -> bool {
        true
    }

    fn explain(&self, _: &Value, _: Label) -> Vec<Reason> {
        Vec::new()
    }

    fn fingerprint(&self) -> Digest {
        Digest::of(b"every row")
    }
}

/// What a policy answers for one invocation, all of it in one version of the policy.
#[derive(Debug, Clone, Default)]
pub struct Decided {
    /// The version's epoch; a policy that has only one version has none.
    pub epoch: Option<u64>,
    /// By need. One that is left out is denied.
    pub needs: BTreeMap<NeedName, Decision>,
}

/// Decided by a policy that has only one version.
impl FromIterator<(NeedName, Decision)> for Decided {
    fn from_iter<I: IntoIterator<Item = (NeedName, Decision)>>(needs: I) -> Self {
        Self { epoch: None, needs: needs.into_iter().collect() }
    }
}

/// A policy could not be evaluated. The call ends without an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("policy could not be evaluated")]
pub struct PolicyError;

/// Decides before anything is read.
pub trait Policy {
    /// Decides every granted need of the invocation.
    ///
    /// # Errors
    /// [`PolicyError`]; the call then ends as unavailable.
    fn decide(&self, occasion: &Occasion<'_>) -> Result<Decided, PolicyError>;
}

/// The policy of a host that has none.
#[derive(Debug, Clone, Copy, Default)]
pub struct DenyAll;

impl Policy for DenyAll {
    fn decide(&self, _: &Occasion<'_>) -> Result<Decided, PolicyError> {
        Ok(Decided::default())
    }
}

/// A source of records could not be read in full.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the source of records could not be read")]
pub struct RecordsError;

/// One search of one patient's record.
#[derive(Clone, Copy)]
pub struct Query<'a> {
    /// Whose data.
    pub tenant: &'a TenantId,
    /// Whose record.
    pub patient: &'a PatientId,
    /// Which resources: type and search parameters.
    pub scope: &'a Scope,
}

impl fmt::Debug for Query<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Query").field("tenant", self.tenant).field("scope", self.scope).finish_non_exhaustive()
    }
}

/// Looks at one labelled row and says whether more are wanted. The row is the source's.
pub type Each<'a> = dyn FnMut(Labeled<&Value>) -> ControlFlow<()> + 'a;

/// A source of records: the store, or later a FHIR server.
pub trait Records {
    /// Hands over every matching resource, newest first and then by id, until `each` breaks.
    ///
    /// # Errors
    /// [`RecordsError`] when not every row could be handed over.
    fn visit(&self, query: Query<'_>, each: &mut Each<'_>) -> Result<(), RecordsError>;

    /// The patient's Consent resources, all of them: read for the policy, in the host's own right.
    ///
    /// # Errors
    /// [`RecordsError`]; the call then ends as one whose consent cannot be obtained.
    fn consents(&self, tenant: &TenantId, patient: &PatientId) -> Result<Vec<Value>, RecordsError>;

    /// The tenant's secret for what stands in the place of a patient's own data. A source that keeps none has none.
    ///
    /// # Errors
    /// [`RecordsError`]; then no need with shifted dates can be obtained.
    fn pseudonyms(&self, _: &TenantId) -> Result<PseudonymKey, RecordsError> {
        Err(RecordsError)
    }
}

/// The runner could not take the message. The guest has not run or its answer is lost.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the runner is not available: {0}")]
pub struct RunnerError(pub &'static str);

impl RunnerError {
    /// The run ended with its process: that is the plugin's doing, unless it shows otherwise.
    pub const DIED: Self = Self("the process of the run ended");
}

/// Runs a guest: one message in, one message out.
pub trait Runner {
    /// Runs one invocation in a fresh instance.
    ///
    /// # Errors
    /// [`RunnerError`] when the host failed; what the guest did wrong is in the reply.
    fn run(&self, message: RunMessage) -> Result<RunReply, RunnerError>;

    /// The engine, its version and its settings: the same message gives the same reply only under the same. A runner
    /// without an engine has none.
    fn engine(&self) -> String {
        "none".to_owned()
    }
}

/// The time that a call has.
pub trait Deadline {
    /// Whether it is over.
    fn is_over(&self) -> bool;
}

/// No deadline: on a desk, where nobody waits.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoDeadline;

impl Deadline for NoDeadline {
    fn is_over(&self) -> bool {
        false
    }
}

/// A source of records until the call's time is over: then nothing more is read from it, and what it was asked for fails.
pub(crate) struct UntilOver<'a> {
    pub(crate) records: &'a dyn Records,
    pub(crate) deadline: &'a dyn Deadline,
}

impl UntilOver<'_> {
    fn in_time(&self) -> Result<(), RecordsError> {
        if self.deadline.is_over() { Err(RecordsError) } else { Ok(()) }
    }
}

impl Records for UntilOver<'_> {
    fn visit(&self, query: Query<'_>, each: &mut Each<'_>) -> Result<(), RecordsError> {
        self.in_time()?;
        let mut read = Ok(());
        self.records.visit(query, &mut |row| {
            read = self.in_time();
            if read.is_err() { ControlFlow::Break(()) } else { each(row) }
        })?;
        read
    }

    fn consents(&self, tenant: &TenantId, patient: &PatientId) -> Result<Vec<Value>, RecordsError> {
        self.in_time()?;
        self.records.consents(tenant, patient)
    }

    fn pseudonyms(&self, tenant: &TenantId) -> Result<PseudonymKey, RecordsError> {
        self.records.pseudonyms(tenant)
    }
}

/// The log could not take the record. Nothing may leave.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the record could not be made durable")]
pub struct LedgerError;

/// What becomes durable with a record, in the same step: all of it or nothing.
#[derive(Debug, Clone, Default)]
pub struct Effects {
    /// The cards it issues.
    pub issued: Vec<Issued>,
    /// What it writes into cells. A write that comes too late, after another or after a shred, is dropped, and the others
    /// stand.
    pub cells: Vec<CellWrite>,
    /// What a failed run saw, for the hospital's own eyes.
    pub transcript: Option<(MintedId, Transcript)>,
}

impl Effects {
    /// No effect but the record.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }
}

/// The log.
pub trait Ledger {
    /// Makes the record durable, with its effects, and says where it stands.
    ///
    /// # Errors
    /// [`LedgerError`]; then nothing was written, or it must be taken as not written.
    fn append(&self, record: &Record, effects: Effects) -> Result<LeafIndex, LedgerError>;
}

/// Something that the host keeps for plugins could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("what is kept for the plugin could not be read")]
pub struct KeptError;

/// What the host keeps for plugins: their cells, and their publishers' data.
pub trait Kept {
    /// What the cells under this key hold.
    ///
    /// # Errors
    /// [`KeptError`]; the call then ends without an answer.
    fn cells(&self, key: &CellKey) -> Result<BTreeMap<EntryName, Held>, KeptError>;

    /// How often cells of this tenant were shredded so far, whosever they were. What a call writes is compared with it. A
    /// store that does not count says 0: then a cell that was ever shredded is not written again.
    ///
    /// # Errors
    /// [`KeptError`]; the call then ends without an answer.
    fn shreds(&self, _: &TenantId) -> Result<u64, KeptError> {
        Ok(0)
    }

    /// The data pack of this name, verified when it came; `None` if none ever came.
    ///
    /// # Errors
    /// [`KeptError`]; the call then ends without an answer.
    fn pack(&self, tenant: &TenantId, plugin: &PluginId, name: &EntryName) -> Result<Option<Arc<PackData>>, KeptError>;
}

/// Keeps nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct KeepsNothing;

impl Kept for KeepsNothing {
    fn cells(&self, _: &CellKey) -> Result<BTreeMap<EntryName, Held>, KeptError> {
        Ok(BTreeMap::new())
    }

    fn pack(&self, _: &TenantId, _: &PluginId, _: &EntryName) -> Result<Option<Arc<PackData>>, KeptError> {
        Ok(None)
    }
}

/// Stops a plugin that keeps failing, first for one patient under one clearance: what happens to one patient's calls tells
/// nothing to another's, nor to somebody who may see less.
pub trait Breaker {
    /// Whether the plugin may run under this key now.
    fn admits(&self, key: &CellKey, at: Timestamp) -> bool;

    /// Notes how a run ended.
    fn ended(&self, key: &CellKey, at: Timestamp, failed: bool);
}

/// Stops nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoBreaker;

impl Breaker for NoBreaker {
    fn admits(&self, _: &CellKey, _: Timestamp) -> bool {
        true
    }

    fn ended(&self, _: &CellKey, _: Timestamp, _: bool) {}
}

/// A need that could not be obtained, for the record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("need `{0}` could not be obtained")]
pub struct Unobtainable(pub NeedName);
