//! The service call: `POST {base}/cds-services/{id}`.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use cordon_core::call::HookCall;
use cordon_core::grant::Installed;
use cordon_core::ids::{MintedId, ServiceId};
use cordon_core::invoke::{Ports, invoke};
use cordon_core::manifest::{Hook, Service};
use cordon_core::message::{RunMessage, RunReply};
use cordon_core::ports::{Deadline, Runner, RunnerError};

use super::before::Before;
use super::context::Context;
use super::door::{Door, service_id};
use super::early::{Known, Stop, end};
use super::malformed::Malformed;
use super::request::Request;
use super::right::{check_server, user_right};
use super::{answer, claim, prefetch};
use crate::edge::{BodyError, read_body};
use crate::jwt::Client;

/// A call of an authenticated client.
struct Arrived {
    client: Client,
    id: Option<ServiceId>,
    body: Result<Bytes, BodyError>,
    started: Duration,
}

pub(super) async fn call(State(door): State<Door>, uri: Uri, headers: HeaderMap, body: Body) -> Response {
    let started = door.clock.monotonic();
    let client = match door.authenticate(&uri, &headers).await {
        Ok(client) => client,
        // Nothing ran, and nobody's data was read.
        Err(error) => return answer::unauthenticated(error),
    };
    let body = read_body(&headers, body, door.body).await;
    let response = answered(&door, client, service_id(&uri), body, started).await;
    door.leave(started).await;
    response
}

/// The answer, as soon as it is ready and its record is durable.
async fn answered(
    door: &Door,
    client: Client,
    id: Option<ServiceId>,
    body: Result<Bytes, BodyError>,
    started: Duration,
) -> Response {
    let turn = door.turn(&client.tenant, door.left(id.as_ref(), started)).await;
    let arrived = Arrived { client, id, body, started };
    door.blocking(move |door| {
        let response = serve(door, arrived, turn.is_some());
        drop(turn);
        response
    })
    .await
}

fn serve(door: &Door, arrived: Arrived, has_turn: bool) -> Response {
    let Ok(invocation) = door.mint() else { return answer::unavailable(None) };
    let Arrived { client, id, body, started } = arrived;
    if body.is_ok() && !has_turn {
        // Nothing is parsed without a turn: a crowd that waits in vain must not cost what it waited for. A body that
        // was not read costs nothing, and its sender reads why.
        let known = Known { service: door.known_service(&client.tenant, id), ..Known::default() };
        return end(door, client, &invocation, &Stop::Unavailable, known);
    }
    let serving = id.as_ref().and_then(|id| door.serving(&client.tenant, id).ok()).unwrap_or_default();
    let kept = Before::of(door.kept.as_ref(), &client.tenant, &serving);
    let mut known = Known::default();
    let mut call = match read(door, &client, id, body, &invocation, &mut known) {
        Ok(call) => call,
        Err(stop) => return end(door, client, &invocation, &stop, known),
    };
    match door.left(Some(&call.service.id), started) {
        Some(budget) => call.budget = budget,
        None => return end(door, client, &invocation, &Stop::Unavailable, Known::of(&call)),
    }
    run(door, call, &kept, started)
}

/// A service's deadline: what is left of it is for the run, when its turn comes. Reading the record took time too.
struct InTime<'a> {
    door: &'a Door,
    service: &'a ServiceId,
    started: Duration,
}

impl InTime<'_> {
    fn left(&self) -> Option<Duration> {
        self.door.left(Some(self.service), self.started)
    }
}

impl Deadline for InTime<'_> {
    fn is_over(&self) -> bool {
        self.left().is_none()
    }
}

impl Runner for InTime<'_> {
    fn run(&self, mut message: RunMessage) -> Result<RunReply, RunnerError> {
        let left = self.left().ok_or(RunnerError("no time is left"))?;
        message.budget = message.budget.min(left);
        self.door.runner.run(message)
    }

    fn engine(&self) -> String {
        self.door.runner.engine()
    }
}

fn run(door: &Door, call: HookCall, kept: &Before<'_>, started: Duration) -> Response {
    let (invocation, service) = (call.invocation.clone(), call.service.id.clone());
    let in_time = InTime { door, service: &service, started };
    let ports = Ports {
        policy: door.policy.as_ref(),
        records: door.records.as_ref(),
        labels: door.labels.as_ref(),
        runner: &in_time,
        ledger: door.ledger.as_ref(),
        kept,
        breaker: door.breaker.as_ref(),
        words: &door.words,
        latency: door.settings.latency_of(&service),
        deadline: &in_time,
    };
    match invoke(call, ports) {
        Ok(done) => answer::answer(&done.outcome, done.body, &done.invocation, door.on_failure(Some(&service))),
        Err(_) => {
            tracing::error!(%invocation, "the record could not be made durable");
            answer::unavailable(Some(&invocation))
        }
    }
}

/// Reads a call, and notes in `known` what the record of a refusal may say.
fn read(
    door: &Door,
    client: &Client,
    id: Option<ServiceId>,
    body: Result<Bytes, BodyError>,
    invocation: &MintedId,
    known: &mut Known,
) -> Result<HookCall, Stop> {
    let id = id.ok_or(Stop::UnknownService)?;
    let serving = door.serving(&client.tenant, &id).map_err(|_| Stop::Unavailable)?;
    if serving.is_empty() {
        return Err(Stop::UnknownService);
    }
    known.service = Some(id.clone());
    let settings = door.issuer(client);
    let known_rows = door.known_rows(&client.tenant).ok_or(Stop::Unavailable)?;
    let request = Request::parse(&body.map_err(Stop::Unread)?, known_rows, settings.fhir_server.as_deref())?;
    known.private.hook_instance = Some(request.hook_instance.clone());
    let hook = Hook::parse(&request.hook).ok_or(Malformed::OtherHook)?;
    known.hook = Some(hook);
    let (installed, service) = dispatch(&serving, &id, hook)?;
    known.installed = Some(Arc::clone(&installed));
    check_server(&request, &settings)?;
    let context = Context::read(hook, &request.context, request.draft_orders.as_ref())?;
    known.private.user = context.user.as_ref().map(ToString::to_string);
    known.private.patient = Some(context.patient.to_string());
    Ok(HookCall {
        invocation: invocation.clone(),
        tenant: client.tenant.clone(),
        issuer: client.issuer.clone(),
        right: user_right(request.authorization.as_ref(), &context.patient, &settings),
        prefetch: prefetch::read(request.prefetch, &installed),
        installed,
        service,
        hook_instance: request.hook_instance,
        user: context.user,
        roles: claim::roles(&client.claimed, &settings)?,
        encounter: context.encounter,
        patient: context.patient,
        draft_orders: context.draft_orders,
        selections: context.selections,
        purpose: claim::purpose(&client.claimed, hook, &settings)?,
        received: door.clock.now(),
        now: door.clock.call_time(),
        locale: settings.locale,
        budget: Duration::ZERO,
        coins: door.coins.draw().map_err(|_| Stop::Unavailable)?,
    })
}

/// The key is (id, hook). Of several plugins that have it, the enabled one answers; two enabled ones are a mistake that
/// must not be settled by chance.
fn dispatch(serving: &[Arc<Installed>], id: &ServiceId, hook: Hook) -> Result<(Arc<Installed>, Service), Stop> {
    let found = serving.iter().filter_map(|installed| Some((installed, installed.manifest.service(id, hook)?)));
    let found: Vec<_> = found.collect();
    let enabled: Vec<_> = found.iter().filter(|(installed, _)| installed.enabled).collect();
    if enabled.len() > 1 {
        tracing::error!(service = %id, hook = hook.as_str(), "two enabled plugins have this service");
        return Err(Stop::Unavailable);
    }
    let one = enabled.first().copied().or(found.first());
    let (installed, service) = one.ok_or(Malformed::OtherHook)?;
    Ok((Arc::clone(installed), (*service).clone()))
}
