//! `admit`: what one invocation may see is decided before it starts and never changes.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use cordon_fhir::scope::Scope;
use serde_json::Value;

use crate::call::HookCall;
use crate::cells::CellKey;
use crate::fault::out;
use crate::ids::{Digest, NeedName};
use crate::label::{Confidentiality, Label, Sensitivities};
use crate::manifest::{CardMode, Need, OnWithheld};
use crate::ports::{Decided, Decision, Occasion, Policy, PolicyError, Reason, Records, RecordsError, RowRule};

/// What a cleared need may show.
#[derive(Clone)]
enum Reach {
    /// Nothing: the policy denied it for this call. The view is there and empty.
    Nothing(Vec<Reason>),
    /// The rows the need asks for that lie within every one of these scopes and that the rule admits.
    Within(Vec<Scope>, Arc<dyn RowRule>),
}

/// One granted need, with what this call may see of it. Prints its name: a rule may quote a consent.
#[derive(Clone)]
pub struct Cleared {
    need: Need,
    reach: Reach,
    /// The most confidential rows that the plugin's sinks are for.
    ceiling: Confidentiality,
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
        matches!(self.reach, Reach::Nothing(_))
    }

    /// Whether a row that the need asks for lies within the grant and the policy.
    pub(crate) fn dominates(&self, row: &Value, label: impl FnOnce() -> Label) -> bool {
        match &self.reach {
            Reach::Nothing(_) => false,
            Reach::Within(scopes, rows) => {
                let label = label();
                let within = scopes.iter().all(|scope| scope.admits(row)) || out!(GrantIgnored);
                let below = self.is_below(label) || out!(CeilingIgnored);
                within && below && rows.admits(row, label)
            }
        }
    }

    /// Whether the plugin's sinks are for such a row. What no rule knows is restricted only by precaution, and the policy
    /// decides about it.
    fn is_below(&self, label: Label) -> bool {
        let unknown = label.unclassified && label.sensitivities == Sensitivities::NONE;
        label.confidentiality <= self.ceiling || unknown
    }

    /// A digest of what decides about the rows: the same only where every row is decided alike.
    pub(crate) fn fingerprint(&self) -> Digest {
        match &self.reach {
            Reach::Nothing(_) => Digest::of(b"nothing"),
            Reach::Within(scopes, rows) => {
                let scopes: Vec<String> = scopes.iter().map(ToString::to_string).collect();
                Digest::said(format_args!("{} {:?} {}", self.ceiling.code(), scopes, rows.fingerprint()))
            }
        }
    }

    /// Why a row is not dominated; empty when it is.
    pub(crate) fn explain(&self, row: &Value, label: Label) -> Vec<Reason> {
        match &self.reach {
            Reach::Nothing(reasons) => reasons.clone(),
            Reach::Within(scopes, _) if scopes.iter().any(|scope| !scope.admits(row)) => vec![Reason::Grant],
            Reach::Within(..) if !self.is_below(label) => vec![Reason::Sink],
            Reach::Within(_, rows) => rows.explain(row, label),
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

impl fmt::Debug for Cleared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cleared").field("need", &self.need.name).field("denied", &self.denied()).finish_non_exhaustive()
    }
}

/// What one invocation may see. Made by [`admit`], never changed.
#[must_use]
#[derive(Debug)]
pub struct Clearance {
    call: HookCall,
    needs: BTreeMap<NeedName, Cleared>,
    key: CellKey,
    epoch: Option<u64>,
    shreds: u64,
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

    /// What is kept under this clearance, and under no other.
    #[must_use]
    pub fn key(&self) -> &CellKey {
        &self.key
    }

    /// The epoch of the policy that decided; none when none was asked, or it has only one version.
    #[must_use]
    pub fn epoch(&self) -> Option<u64> {
        self.epoch
    }

    /// The shreds that were counted before it was made; none unless [`Clearance::after`] said so.
    pub(crate) fn shreds(&self) -> u64 {
        self.shreds
    }

    /// Made after so many shreds.
    pub(crate) fn after(self, shreds: u64) -> Self {
        Self { shreds, ..self }
    }

    pub(crate) fn into_call(self) -> HookCall {
        self.call
    }
}

/// Why a call was not admitted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdmitError {
    /// The policy.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The patient's consents could not be read.
    #[error("the consents of the patient could not be read")]
    Consents(#[from] RecordsError),
}

/// Decides every granted need of the call.
///
/// # Errors
/// Hands the call back when the policy could not be evaluated.
pub fn admit(
    call: HookCall,
    policy: &dyn Policy,
    records: &dyn Records,
) -> Result<Clearance, Box<(HookCall, AdmitError)>> {
    match clear_all(&call, policy, records) {
        Ok((epoch, needs)) => Ok(Clearance { key: CellKey::of(&call, &needs), call, needs, epoch, shreds: 0 }),
        Err(error) => Err(Box::new((call, error))),
    }
}

fn clear_all(
    call: &HookCall,
    policy: &dyn Policy,
    records: &dyn Records,
) -> Result<(Option<u64>, BTreeMap<NeedName, Cleared>), AdmitError> {
    let consents = records.consents(&call.tenant, &call.patient)?;
    let occasion = Occasion {
        tenant: &call.tenant,
        issuer: &call.issuer,
        user: call.user.as_ref(),
        roles: &call.roles,
        patient: &call.patient,
        purpose: call.purpose,
        installed: &call.installed,
        service: &call.service,
        now: call.now,
        consents: &consents,
    };
    // The grant is for some purposes; no policy makes it one for others.
    let for_this = out!(PurposeIgnored) || call.installed.purposes.iter().any(|granted| call.purpose.within(*granted));
    let Decided { epoch, needs: mut decided } = if for_this { policy.decide(&occasion)? } else { Decided::default() };
    let why = if for_this { Reason::Policy { ids: Vec::new() } } else { Reason::Purpose };
    let ceiling = ceiling(call.installed.manifest.cards.mode);
    let needs = call.installed.manifest.needs.values().filter_map(|need| {
        let granted = call.installed.granted.get(&need.name)?;
        let decision = decided.remove(&need.name).unwrap_or_else(|| Decision::Deny(vec![why.clone()]));
        Some((need.name.clone(), clear(need, granted.as_ref(), decision, ceiling)))
    });
    Ok((epoch, needs.collect()))
}

/// What a plugin may see is bounded by what its cards can say: free text is a wide way out, so what is restricted is not for
/// a plugin that writes it. The manifest alone decides, so that no row is told by what happens.
fn ceiling(mode: CardMode) -> Confidentiality {
    match mode {
        CardMode::Text => Confidentiality::Normal,
        CardMode::Templated => Confidentiality::VeryRestricted,
    }
}

fn clear(need: &Need, granted: Option<&Scope>, decision: Decision, ceiling: Confidentiality) -> Cleared {
    let reach = match decision {
        Decision::Deny(reasons) => Reach::Nothing(reasons),
        Decision::Permit { within, rows } => Reach::Within(granted.cloned().into_iter().chain(within).collect(), rows),
    };
    Cleared { need: need.clone(), reach, ceiling }
}
