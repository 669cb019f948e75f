//! Calls that end before the pipeline, and their record.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::response::Response;
use cordon_core::call::{HookCall, Purpose};
use cordon_core::grant::Installed;
use cordon_core::ids::{MintedId, ServiceId};
use cordon_core::manifest::Hook;
use cordon_core::ports::{Effects, LedgerError};
use cordon_core::record::{Event, Outcome, Private, Record, Refusal};

use super::answer;
use super::claim::NotAllowed;
use super::door::Door;
use super::malformed::Malformed;
use crate::edge::BodyError;
use crate::jwt::Client;

/// Why a call went no further.
#[derive(Debug)]
pub(super) enum Stop {
    /// The body was not read.
    Unread(BodyError),
    /// The body is not a request.
    Malformed(Malformed),
    /// No such service.
    UnknownService,
    /// The client may not call in the name of what its token claims.
    NotAllowed(NotAllowed),
    /// No turn, no time, no coins, or two plugins that claim one service.
    Unavailable,
}

impl Stop {
    fn outcome(&self) -> Outcome {
        match self {
            Self::Unread(_) | Self::Malformed(_) => Outcome::Refused(Refusal::Malformed),
            Self::UnknownService => Outcome::Refused(Refusal::UnknownService),
            Self::NotAllowed(_) => Outcome::Refused(Refusal::NotAllowed),
            Self::Unavailable => Outcome::RunnerUnavailable,
        }
    }
}

impl From<Malformed> for Stop {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

impl From<NotAllowed> for Stop {
    fn from(why: NotAllowed) -> Self {
        Self::NotAllowed(why)
    }
}

/// What was known when a call ended early.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) service: Option<ServiceId>,
    pub(super) hook: Option<Hook>,
    pub(super) installed: Option<Arc<Installed>>,
    pub(super) purpose: Purpose,
    pub(super) private: Private,
}

impl Known {
    pub(super) fn of(call: &HookCall) -> Self {
        Self {
            service: Some(call.service.id.clone()),
            hook: Some(call.service.hook),
            purpose: call.purpose,
            installed: Some(Arc::clone(&call.installed)),
            private: Private {
                user: call.user.as_ref().map(ToString::to_string),
                patient: Some(call.patient.to_string()),
                hook_instance: Some(call.hook_instance.clone()),
                ..Private::default()
            },
        }
    }
}

/// Records how the call ended, then answers. Without a record there is no answer but "unavailable".
pub(super) fn end(door: &Door, client: Client, invocation: &MintedId, stop: &Stop, known: Known) -> Response {
    let service = known.service.clone();
    if let Stop::NotAllowed(why) = stop {
        tracing::info!(%invocation, reason = %why, "call not allowed");
    }
    if record(door, client, invocation, stop, known).is_err() {
        tracing::error!(%invocation, "the record could not be made durable");
        return answer::unavailable(Some(invocation));
    }
    match stop {
        Stop::Unread(error) => answer::unread(*error, invocation),
        Stop::Malformed(malformed) => answer::malformed(&malformed.to_string(), invocation),
        Stop::UnknownService | Stop::NotAllowed(_) | Stop::Unavailable => {
            answer::answer(&stop.outcome(), None, invocation, door.on_failure(service.as_ref()))
        }
    }
}

fn record(door: &Door, client: Client, invocation: &MintedId, stop: &Stop, known: Known) -> Result<(), LedgerError> {
    let manifest = known.installed.as_ref().map(|installed| &installed.manifest);
    let event = Event::Invocation {
        invocation: invocation.clone(),
        plugin: manifest.map(|manifest| manifest.id.clone()),
        version: manifest.map(|manifest| manifest.version.to_string()),
        component: known.installed.as_ref().map(|installed| installed.component),
        service: known.service,
        hook: known.hook,
        purpose: known.purpose,
        policy: None,
        labels: None,
        outcome: stop.outcome(),
        needs: BTreeMap::new(),
        answer: None,
        packs: BTreeMap::new(),
        written: BTreeSet::new(),
        charged: 0,
    };
    let private = Private { issuer: Some(client.issuer), ..known.private };
    let record = Record { tenant: client.tenant, at: door.clock.now(), event, private };
    door.ledger.append(&record, Effects::none()).map(|_| ())
}
