//! The ports: what the rules ask of the rooms that touch the world. Every default denies.

use std::ops::ControlFlow;

use cordon_fhir::scope::Scope;
use serde_json::Value;

use crate::call::Purpose;
use crate::grant::Installed;
use crate::ids::{Issuer, NeedName, PatientId, TenantId};
use crate::manifest::{Need, Service};
use crate::message::{RunMessage, RunReply};
use crate::record::{Issued, LeafIndex, Record};

/// What is asked of a policy: may this invocation see this need?
#[derive(Debug)]
pub struct Question<'a> {
    /// Whose data.
    pub tenant: &'a TenantId,
    /// Who calls.
    pub issuer: &'a Issuer,
    /// For which patient.
    pub patient: &'a PatientId,
    /// What for.
    pub purpose: Purpose,
    /// Through which plugin.
    pub installed: &'a Installed,
    /// Through which of its services.
    pub service: &'a Service,
    /// Which need.
    pub need: &'a Need,
}

/// What a policy answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Nothing of it.
    Deny,
    /// The rows the need asks for, and of these only the ones within the scope, if there is one.
    Permit {
        /// A narrower scope.
        within: Option<Scope>,
    },
}

/// A policy could not be evaluated. The call ends without an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("policy could not be evaluated")]
pub struct PolicyError;

/// Decides before anything is read.
pub trait Policy {
    /// Answers one question.
    ///
    /// # Errors
    /// [`PolicyError`]; the call then ends as unavailable.
    fn decide(&self, question: &Question<'_>) -> Result<Decision, PolicyError>;
}

/// The policy of a host that has none.
#[derive(Debug, Clone, Copy, Default)]
pub struct DenyAll;

impl Policy for DenyAll {
    fn decide(&self, _: &Question<'_>) -> Result<Decision, PolicyError> {
        Ok(Decision::Deny)
    }
}

/// A source of records could not be read in full.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the source of records could not be read")]
pub struct RecordsError;

/// One search of one patient's record.
#[derive(Debug, Clone, Copy)]
pub struct Query<'a> {
    /// Whose data.
    pub tenant: &'a TenantId,
    /// Whose record.
    pub patient: &'a PatientId,
    /// Which resources: type and search parameters.
    pub scope: &'a Scope,
}

/// A source of records: the store, or later a FHIR server.
pub trait Records {
    /// Hands over every matching resource, newest first and then by id, until `each` breaks.
    ///
    /// # Errors
    /// [`RecordsError`] when not every row could be handed over.
    fn visit(&self, query: Query<'_>, each: &mut dyn FnMut(Value) -> ControlFlow<()>) -> Result<(), RecordsError>;
}

/// The runner could not take the message. The guest has not run or its answer is lost.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the runner is not available: {0}")]
pub struct RunnerError(pub &'static str);

/// Runs a guest: one message in, one message out.
pub trait Runner {
    /// Runs one invocation in a fresh instance.
    ///
    /// # Errors
    /// [`RunnerError`] when the host failed; what the guest did wrong is in the reply.
    fn run(&self, message: RunMessage) -> Result<RunReply, RunnerError>;
}

/// The log could not take the record. Nothing may leave.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the record could not be made durable")]
pub struct LedgerError;

/// The log.
pub trait Ledger {
    /// Makes the record durable, with the cards it issues, and says where it stands.
    ///
    /// # Errors
    /// [`LedgerError`]; then nothing was written, or it must be taken as not written.
    fn append(&self, record: &Record, issued: &[Issued]) -> Result<LeafIndex, LedgerError>;
}

/// A need that could not be obtained, for the record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("need `{0}` could not be obtained")]
pub struct Unobtainable(pub NeedName);
