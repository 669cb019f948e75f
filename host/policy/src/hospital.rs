//! The policy of a hospital: what its grant and its policy set let one invocation see.

use std::collections::BTreeMap;
use std::sync::Arc;

use cordon_core::ids::NeedName;
use cordon_core::ports::{Decision, Occasion, Policy, PolicyError};

use crate::cedar::{Facts, Policies};

/// Grant ∩ policy set, in one version of the policy set. A new version is another value: decisions made under the old one
/// stay with the invocations they were made for, and are shared with no later one.
#[derive(Debug, Clone)]
pub struct HospitalPolicy {
    policies: Arc<Policies>,
}

impl HospitalPolicy {
    /// Decides by this policy set.
    #[must_use]
    pub fn new(policies: Arc<Policies>) -> Self {
        Self { policies }
    }

    /// The policy set.
    #[must_use]
    pub fn policies(&self) -> &Arc<Policies> {
        &self.policies
    }
}

impl Policy for HospitalPolicy {
    fn decide(&self, occasion: &Occasion<'_>) -> Result<BTreeMap<NeedName, Decision>, PolicyError> {
        let decide = |need: &NeedName| {
            let rows = Arc::new(self.policies.clear(facts(occasion, need)));
            (need.clone(), Decision::Permit { within: None, rows })
        };
        Ok(occasion.installed.granted.keys().map(decide).collect())
    }
}

/// What the policy set is told about one need of the invocation. The patient is not among it: two patients' rows of one
/// label are decided alike.
#[must_use]
pub fn facts(occasion: &Occasion<'_>, need: &NeedName) -> Facts {
    let manifest = &occasion.installed.manifest;
    Facts {
        tenant: occasion.tenant.to_string(),
        issuer: occasion.issuer.to_string(),
        plugin: manifest.id.to_string(),
        version: manifest.version.to_string(),
        purpose: occasion.purpose,
        roles: occasion.roles.iter().map(ToString::to_string).collect(),
        hook: occasion.service.hook,
        service: occasion.service.id.to_string(),
        need: need.to_string(),
        user_known: occasion.user.is_some(),
    }
}
