//! `admit`: what one invocation may see is decided before it starts and never changes.

use std::collections::BTreeMap;

use cordon_fhir::scope::Scope;

use crate::call::HookCall;
use crate::ids::NeedName;
use crate::manifest::{Need, OnWithheld};
use crate::ports::{Decision, Policy, PolicyError, Question};

/// What a cleared need may show.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Reach {
    /// Nothing: the policy denied it for this call. The view is there and empty.
    Nothing,
    /// The rows the need asks for that lie within every one of these scopes.
    Within(Vec<Scope>),
}

/// One granted need, with what this call may see of it.
#[derive(Debug, Clone)]
pub struct Cleared {
    need: Need,
    reach: Reach,
}

impl Cleared {
    /// The need.
    #[must_use]
    pub fn need(&self) -> &Need {
        &self.need
    }

    /// Whether the policy denied the need for this call.
    #[must_use]
    pub fn denied(&self) -> bool {
        self.reach == Reach::Nothing
    }

    /// Whether a row that the need asks for lies within the grant and the policy.
    pub(crate) fn dominates(&self, row: &serde_json::Value) -> bool {
        match &self.reach {
            Reach::Nothing => false,
            Reach::Within(scopes) => scopes.iter().all(|scope| scope.admits(row)),
        }
    }

    /// Whether the guest must not run once something of this need was withheld.
    pub(crate) fn abstains(&self) -> bool {
        match self.need.on_withheld {
            OnWithheld::Abstain => true,
            OnWithheld::Run => false,
        }
    }
}

/// What one invocation may see. Made by [`admit`], never changed.
#[must_use]
#[derive(Debug)]
pub struct Clearance {
    call: HookCall,
    needs: BTreeMap<NeedName, Cleared>,
}

impl Clearance {
    /// The call it was made for.
    #[must_use]
    pub fn call(&self) -> &HookCall {
        &self.call
    }

    /// The granted needs by name.
    #[must_use]
    pub fn needs(&self) -> &BTreeMap<NeedName, Cleared> {
        &self.needs
    }

    pub(crate) fn into_call(self) -> HookCall {
        self.call
    }
}

/// Decides every granted need of the call.
///
/// # Errors
/// Hands the call back when the policy could not be evaluated.
pub fn admit(call: HookCall, policy: &dyn Policy) -> Result<Clearance, Box<(HookCall, PolicyError)>> {
    let decided = call.installed.manifest.needs.values().filter_map(|need| {
        let granted = call.installed.granted.get(&need.name)?;
        let question = Question {
            tenant: &call.tenant,
            issuer: &call.issuer,
            patient: &call.patient,
            purpose: call.purpose,
            installed: &call.installed,
            service: &call.service,
            need,
        };
        Some(policy.decide(&question).map(|decision| (need.name.clone(), clear(need, granted.as_ref(), decision))))
    });
    match decided.collect::<Result<BTreeMap<_, _>, _>>() {
        Ok(needs) => Ok(Clearance { call, needs }),
        Err(error) => Err(Box::new((call, error))),
    }
}

fn clear(need: &Need, granted: Option<&Scope>, decision: Decision) -> Cleared {
    let reach = match decision {
        Decision::Deny => Reach::Nothing,
        Decision::Permit { within } => Reach::Within(granted.cloned().into_iter().chain(within).collect()),
    };
    Cleared { need: need.clone(), reach }
}
