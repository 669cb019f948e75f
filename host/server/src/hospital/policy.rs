//! The policy of each tenant: a text with an epoch, in the store; read and checked, in force.
//!
//! A change is one step: the new set is checked in full, recorded, kept, and then takes the place of the old one. A call
//! that was admitted before keeps what was decided for it; the next call is decided by the new set.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use cordon_core::ids::{Digest, TenantId};
use cordon_core::ports::{Decided, Occasion, Policy, PolicyError};
use cordon_core::record::AdminAction;
use cordon_policy::cedar::{DEFAULT, Policies, PolicyFileError};
use cordon_policy::consent::ConsentSettings;
use cordon_policy::hospital::HospitalPolicy;
use cordon_store::StoredPolicy;
use serde_json::{Value, json};

use super::{Because, Hospital, Prepared, Undone, stored};
use crate::clock;

/// The longest policy file, in bytes.
const LONGEST: usize = 1 << 20;
/// The most findings that one refusal repeats.
const MOST_FINDINGS: usize = 20;

/// The policies in force, by tenant. A tenant without one is answered nothing.
#[derive(Debug)]
pub(super) struct InForce {
    consent: ConsentSettings,
    policies: RwLock<BTreeMap<TenantId, (u64, HospitalPolicy)>>,
}

impl InForce {
    pub(super) fn new(consent: ConsentSettings) -> Self {
        Self { consent, policies: RwLock::default() }
    }

    fn put(&self, tenant: &TenantId, epoch: u64, policies: Policies) {
        let policy = HospitalPolicy::new(Arc::new(policies), self.consent.clone());
        self.policies.write().unwrap_or_else(PoisonError::into_inner).insert(tenant.clone(), (epoch, policy));
    }

    fn of(&self, tenant: &TenantId) -> Option<(u64, HospitalPolicy)> {
        self.policies.read().unwrap_or_else(PoisonError::into_inner).get(tenant).cloned()
    }
}

impl Policy for Hospital {
    fn decide(&self, occasion: &Occasion<'_>) -> Result<Decided, PolicyError> {
        let (epoch, policy) = self.in_force.of(occasion.tenant).ok_or(PolicyError)?;
        Ok(Decided { epoch: Some(epoch), ..policy.decide(occasion)? })
    }
}

impl Hospital {
    /// Puts in force what the tenant decided last, or the policy a hospital starts from. One that this host cannot read is
    /// not replaced by another: the tenant has none until somebody sets one.
    pub(super) fn open_policy(&self, tenant: &TenantId) -> Result<(), Undone> {
        let kept = match self.store(tenant)?.policy(tenant).map_err(stored)? {
            Some(kept) => kept,
            None => self.first_policy(tenant)?,
        };
        let policies = Policies::parse(&kept.text).map_err(|_| Undone::Failed("the policy could not be read"))?;
        self.in_force.put(tenant, kept.epoch, policies);
        Ok(())
    }

    fn first_policy(&self, tenant: &TenantId) -> Result<StoredPolicy, Undone> {
        let because = ("cordon", "the policy a hospital starts from");
        let first = version(1, DEFAULT, because.0, because.1);
        let action = AdminAction::Policy { epoch: Some(1), digest: first.digest };
        self.record_own(tenant, action, because)?;
        self.store(tenant)?.set_policy(tenant, &first).map_err(|_| Undone::Failed("the store failed"))?;
        Ok(first)
    }

    pub(super) fn set_policy<'a>(
        &'a self,
        tenant: &'a TenantId,
        because: Because<'a>,
        text: &'a str,
    ) -> Result<Prepared<'a>, Undone> {
        if text.len() > LONGEST {
            let message = format!("the policy is longer than {LONGEST} bytes");
            return Err(Undone::Refused { kind: "malformed-policy", message });
        }
        let policies = Policies::parse(text).map_err(|error| malformed(&error))?;
        let kept = self.store(tenant)?.policy(tenant).map_err(stored)?;
        let epoch = kept.as_ref().map_or(0, |kept| kept.epoch).saturating_add(1);
        let digest = policies.digest();
        let said = json!({ "epoch": epoch, "digest": digest, "policies": policies.stated().len(),
            "before": kept.map(|kept| json!({ "epoch": kept.epoch, "digest": kept.digest })) });
        let effect = move |hospital: &Hospital| {
            let new = version(epoch, text, because.admin.as_str(), because.reason);
            hospital.store(tenant)?.set_policy(tenant, &new).map_err(|_| Undone::Failed("the store failed"))?;
            hospital.in_force.put(tenant, epoch, policies);
            Ok(said)
        };
        Ok(Prepared { action: AdminAction::Policy { epoch: Some(epoch), digest }, effect: Box::new(effect) })
    }

    /// A version of the policy and its text, and when which version was in force.
    pub(super) fn show_policy(&self, tenant: &TenantId, epoch: Option<u64>) -> Result<Value, Undone> {
        let versions = self.store(tenant)?.policies(tenant).map_err(stored)?;
        let wanted = match epoch {
            Some(epoch) => versions.iter().find(|version| version.epoch == epoch),
            None => versions.last(),
        };
        let unknown = || Undone::Refused { kind: "unknown-epoch", message: "there is no such version".to_owned() };
        let wanted = wanted.ok_or_else(unknown)?;
        let line = |version: &StoredPolicy| {
            json!({ "epoch": version.epoch, "digest": version.digest, "since": version.at.to_string(), "by": version.by,
                "reason": version.reason })
        };
        let in_force = self.in_force.of(tenant).map(|(epoch, _)| epoch);
        Ok(json!({ "epoch": wanted.epoch, "digest": wanted.digest, "text": wanted.text, "in-force": in_force,
            "versions": versions.iter().map(line).collect::<Vec<_>>() }))
    }
}

fn version(epoch: u64, text: &str, by: &str, reason: &str) -> StoredPolicy {
    let digest = Digest::of(text.as_bytes());
    StoredPolicy {
        epoch,
        digest,
        text: text.to_owned(),
        at: clock::now(),
        by: by.to_owned(),
        reason: reason.to_owned(),
    }
}

fn malformed(error: &PolicyFileError) -> Undone {
    let told: Vec<String> = error.findings.iter().take(MOST_FINDINGS).map(ToString::to_string).collect();
    let more = error.findings.len().saturating_sub(told.len());
    let more = if more == 0 { String::new() } else { format!("; and {more} more") };
    Undone::Refused { kind: "malformed-policy", message: format!("{}{more}", told.join("; ")) }
}
