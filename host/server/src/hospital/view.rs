//! `cordon view`: one patient's record beside what a plugin would get of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use cordon_core::call::{HookCall, UserRight};
use cordon_core::grant::Installed;
use cordon_core::ids::{Coins, MintedId, TenantId};
use cordon_core::look::{LookError, look};
use cordon_core::manifest::Service;
use cordon_core::record::AdminAction;
use cordon_fhir::reference::Reference;
use cordon_fhir::scope::ScopeSet;
use serde_json::json;

use super::{Hospital, Prepared, Undone, kind};
use crate::admin::protocol::ViewAs;
use crate::cds::Malformed;
use crate::cds::context::Context;
use crate::cds::looked::Brought;
use crate::cds::state::Services as _;
use crate::clock;

impl Hospital {
    /// What is recorded for a look: which plugin's eyes. The patient stands in the private part.
    pub(super) fn view_action(view: &ViewAs) -> AdminAction {
        let purpose = view.purpose.code();
        let what = match view.context {
            Some(_) => format!("a patient's record and a request as {} would get them for {purpose}", view.plugin),
            None => format!("a patient's record as {} would get it for {purpose}", view.plugin),
        };
        AdminAction::Look { what }
    }

    /// Checks what can be checked without the patient's record. It is read when the look is on record.
    pub(super) fn view<'a>(&'a self, tenant: &'a TenantId, view: &'a ViewAs) -> Result<Prepared<'a>, Undone> {
        if view.user.as_deref().is_some_and(|user| Reference::parse(user).is_none()) {
            return Err(Undone::Refused { kind: "malformed-user", message: "a user is Type/id".to_owned() });
        }
        let serving = self.installed(tenant).map_err(|_| Undone::Failed("the list of plugins could not be read"))?;
        let installed = serving.into_iter().find(|one| one.manifest.id == view.plugin);
        let installed = installed.ok_or_else(|| kind::unknown(&view.plugin))?;
        let brought = view.context.as_deref().map(Brought::parse).transpose().map_err(malformed)?;
        let service = service(&installed, view, brought.as_ref())?;
        let context = brought.map(|brought| context(&brought, &service, view)).transpose()?;
        let effect = move |hospital: &Hospital| {
            let said = json!({ "plugin": view.plugin, "version": installed.manifest.version, "enabled": installed.enabled,
                "service": service.id, "hook": service.hook, "purpose": view.purpose, "roles": view.roles });
            let call = with_context(hospital.as_if_called(tenant, view, installed, service)?, context);
            let seen = look(call, hospital, hospital.stores.as_ref(), hospital.labels.as_ref());
            let seen = serde_json::to_value(seen.map_err(|error| unseen(&error))?);
            Ok(json!({ "as": said, "look": seen.map_err(|_| Undone::Failed("the look could not be written"))? }))
        };
        Ok(Prepared { action: Self::view_action(view), effect: Box::new(effect) })
    }

    /// The call that the plugin would get, from a client that prefetches nothing and a user who may read everything: what
    /// is absent then is absent because of grant, policy or consent. It has no context yet.
    pub(super) fn as_if_called(
        &self,
        tenant: &TenantId,
        view: &ViewAs,
        installed: Arc<Installed>,
        service: Service,
    ) -> Result<HookCall, Undone> {
        let draw = || clock::draw().map_err(|_| Undone::Failed("no randomness"));
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, ..] = draw()?;
        Ok(HookCall {
            invocation: MintedId::from_random([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]),
            tenant: tenant.clone(),
            issuer: view.issuer.clone(),
            installed,
            service,
            hook_instance: String::new(),
            user: view.user.as_deref().and_then(Reference::parse),
            roles: view.roles.iter().cloned().collect::<BTreeSet<_>>(),
            patient: view.patient.clone(),
            encounter: None,
            draft_orders: Vec::new(),
            selections: Vec::new(),
            prefetch: BTreeMap::new(),
            right: UserRight::Scopes(ScopeSet::parse("user/*.rs")),
            purpose: view.purpose,
            received: clock::now(),
            now: self.clock.call_time(),
            locale: "en".to_owned(),
            budget: Duration::ZERO,
            coins: Coins::new(draw()?),
        })
    }
}

/// The service that would be called: the one that is named, of the hook that the request is of.
fn service(installed: &Installed, view: &ViewAs, brought: Option<&Brought>) -> Result<Service, Undone> {
    let mut named = Vec::from_iter(&installed.manifest.services);
    named.retain(|service| view.service.as_ref().is_none_or(|id| service.id == *id));
    if named.is_empty() {
        let message = format!("`{}` has no such service", view.plugin);
        return Err(Undone::Refused { kind: "unknown-service", message });
    }
    named.retain(|service| brought.is_none_or(|brought| brought.fits(service.hook)));
    named.first().map(|service| (*service).clone()).ok_or_else(|| malformed(Malformed::OtherHook))
}

fn malformed(error: Malformed) -> Undone {
    Undone::Refused { kind: "malformed-context", message: error.to_string() }
}

/// The context as the service's hook has it, about the patient who is looked at.
fn context(brought: &Brought, service: &Service, view: &ViewAs) -> Result<Context, Undone> {
    let context = brought.context(service.hook).map_err(malformed)?;
    if context.patient == view.patient {
        return Ok(context);
    }
    let message = "`context.patientId` is another patient than the one who is looked at".to_owned();
    Err(Undone::Refused { kind: "other-patient", message })
}

/// A user who was named beside the context is the one.
fn with_context(call: HookCall, context: Option<Context>) -> HookCall {
    match context {
        Some(Context { patient: _, user, encounter, draft_orders, selections }) => {
            HookCall { user: call.user.or(user), encounter, draft_orders, selections, ..call }
        }
        None => call,
    }
}

fn unseen(error: &LookError) -> Undone {
    match error {
        LookError::Admit(_) => {
            Undone::Failed("policy or consents could not be evaluated: a call would end as unavailable")
        }
        LookError::Unobtainable(_) => Undone::Failed("a need could not be obtained: a call would end so too"),
        LookError::Records(_) => Undone::Failed("the record could not be read"),
    }
}
