//! The policy of a hospital: what its grant, its policy set and the patient's consent let one invocation see.

use std::sync::Arc;

use cordon_core::ids::{Digest, NeedName};
use cordon_core::label::Label;
use cordon_core::ports::{Decided, Decision, Occasion, Policy, PolicyError, Reason, RowRule};
use serde_json::Value;

use crate::cedar::{Cleared, Facts, Policies};
use crate::consent::{ConsentRule, ConsentSettings};
use crate::fault::out;

/// Grant ∩ policy set ∩ consent, in one version of the policy set. A new version is another value: decisions made under the old one
/// stay with the invocations they were made for, and are shared with no later one.
#[derive(Debug, Clone)]
pub struct HospitalPolicy {
    policies: Arc<Policies>,
    consent: ConsentSettings,
}

impl HospitalPolicy {
    /// Decides by this policy set and this reading of consents.
    #[must_use]
    pub fn new(policies: Arc<Policies>, consent: ConsentSettings) -> Self {
        Self { policies, consent }
    }

    /// The policy set.
    #[must_use]
    pub fn policies(&self) -> &Arc<Policies> {
        &self.policies
    }
}

impl Policy for HospitalPolicy {
    fn decide(&self, occasion: &Occasion<'_>) -> Result<Decided, PolicyError> {
        let consent = Arc::new(ConsentRule::at(occasion, &self.consent));
        let decide = |need: &NeedName| {
            let decision = if consent.constant() == Some(false) && !out!(ConsentIgnored) {
                Decision::Deny(consent.explain(&Value::Null, Label::UNCLASSIFIED))
            } else {
                let cleared = self.policies.clear(facts(occasion, need));
                Decision::Permit { within: None, rows: Arc::new(Both { cleared, consent: Arc::clone(&consent) }) }
            };
            (need.clone(), decision)
        };
        Ok(occasion.installed.granted.keys().map(decide).collect())
    }
}

/// A row is seen if the policy set permits it and the patient's consents do. The bit test comes first: it is cheaper.
#[derive(Debug)]
struct Both {
    cleared: Cleared,
    consent: Arc<ConsentRule>,
}

impl RowRule for Both {
    fn admits(&self, row: &Value, label: Label) -> bool {
        self.cleared.admits(row, label) && (out!(ConsentIgnored) || self.consent.admits(row, label))
    }

    fn explain(&self, row: &Value, label: Label) -> Vec<Reason> {
        let mut reasons = self.cleared.explain(row, label);
        reasons.extend(self.consent.explain(row, label));
        reasons
    }

    fn fingerprint(&self) -> Digest {
        let [cleared, consent] = [self.cleared.fingerprint(), self.consent.fingerprint()].map(|part| part.hex());
        Digest::said(format_args!("{cleared}{consent}"))
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
