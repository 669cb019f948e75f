//! Conditions of a provision that the call alone decides: `period`, `actor`, `action`, `purpose`.

use std::collections::BTreeSet;
use std::fmt;

use cordon_core::call::Purpose;
use cordon_core::ids::PatientId;
use cordon_core::ports::Occasion;
use cordon_fhir::reference::Reference;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::read::{Coding, Link, concept, list, object};
use super::settings::{Action, ConsentSettings, Party};
use super::span::Span;
use super::truth::Truth;

/// Codes of FHIR R4 `consentaction`.
const ACTIONS: &str = "http://terminology.hl7.org/CodeSystem/consentaction";
const ACTION_CODES: [&str; 5] = ["collect", "access", "use", "disclose", "correct"];
/// HL7 v3-ActReason.
const REASONS: &str = "http://terminology.hl7.org/CodeSystem/v3-ActReason";
/// The concept above every purpose of use, and one beside all that this host knows: marketing is never a kind of them.
const ANY_PURPOSE: &str = "PurposeOfUse";
const MARKETING: &str = "HMARKT";

/// What a consent is asked about: one call. Prints as `Circumstances(…)`.
#[derive(Clone, PartialEq)]
pub struct Circumstances {
    /// Whose data.
    pub patient: PatientId,
    /// What for.
    pub purpose: Purpose,
    /// When.
    pub now: Timestamp,
    /// The user.
    pub user: Option<Reference>,
    /// Everything the caller and the plugin are, but [`Party::Namespace`]s and [`Party::Host`].
    pub parties: BTreeSet<Party>,
}

impl fmt::Debug for Circumstances {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Circumstances(…)")
    }
}

impl Circumstances {
    /// Those of an occasion.
    #[must_use]
    pub fn of(occasion: &Occasion<'_>) -> Self {
        let roles = occasion.roles.iter().cloned().map(Party::Role);
        let rest = [
            Party::Tenant(occasion.tenant.clone()),
            Party::Issuer(occasion.issuer.clone()),
            Party::Plugin(occasion.installed.manifest.id.clone()),
        ];
        Self {
            patient: occasion.patient.clone(),
            purpose: occasion.purpose,
            now: occasion.now,
            user: occasion.user.cloned(),
            parties: roles.chain(rest).collect(),
        }
    }

    fn is(&self, party: &Party) -> bool {
        match party {
            Party::Host => true,
            Party::Namespace(namespace) => self.parties.iter().any(|one| match one {
                Party::Plugin(id) => id
                    .as_str()
                    .strip_prefix(namespace.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('.')),
                Party::Host | Party::Tenant(_) | Party::Issuer(_) | Party::Role(_) | Party::Namespace(_) => false,
            }),
            Party::Tenant(_) | Party::Issuer(_) | Party::Role(_) | Party::Plugin(_) => self.parties.contains(party),
        }
    }
}

/// One call under one action, seen with a hospital's settings.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) call: &'a Circumstances,
    pub(super) action: Action,
    pub(super) settings: &'a ConsentSettings,
}

impl Asked<'_> {
    /// Whether the call meets the conditions of a provision that a call can meet. Several members are all required, several
    /// items of one are alternatives (R4 says so of `class`; the rest is read alike).
    pub(super) fn meets(&self, provision: &Map<String, Value>) -> Truth {
        let period = provision.get("period").map(|period| self.during(period));
        let actor = items(provision, "actor", |actor| self.actor(actor));
        let action = items(provision, "action", |action| self.action(action));
        let purpose = items(provision, "purpose", |purpose| self.purpose(purpose));
        Truth::all([period, actor, action, purpose].into_iter().flatten())
    }

    pub(super) fn during(&self, period: &Value) -> Truth {
        Span::read(period, self.settings.offsets).map_or(Truth::Unknown, |span| span.holds_at(self.call.now))
    }

    fn actor(&self, actor: &Value) -> Truth {
        let read = |actor| {
            let actor = object(actor, &["role", "reference"])?;
            Some((concept(actor.get("role")?)?, Link::read(actor.get("reference")?)?))
        };
        let Some((role, link)) = read(actor) else { return Truth::Unknown };
        let receives = role.iter().filter_map(Coding::key).any(|key| self.settings.recipients.contains(&key));
        if receives { self.is_meant(&link) } else { Truth::Unknown }
    }

    /// Whether somebody whom the reference means takes part in the call.
    fn is_meant(&self, link: &Link) -> Truth {
        let keys = [&link.literal, &link.identifier];
        let known: Vec<_> = keys.into_iter().flatten().filter_map(|key| self.settings.actors.get(key)).collect();
        if !known.is_empty() {
            return Truth::agreed(
                known.into_iter().map(|parties| Truth::of(parties.iter().any(|one| self.call.is(one)))),
            );
        }
        // Of those the hospital does not know, only a person of the user's own kind can be told from the user.
        match (&link.target, &self.call.user) {
            (Some(target), Some(user)) if link.plain && target.resource_type == user.resource_type => {
                Truth::of(target == user)
            }
            (Some(_) | None, Some(_) | None) => Truth::Unknown,
        }
    }

    /// Codings of other systems are translations and are passed over.
    fn action(&self, action: &Value) -> Truth {
        let codings = concept(action).unwrap_or_default();
        let same = |code: &str| match ACTION_CODES.contains(&code) {
            true => Truth::of(code == self.action.code()),
            false => Truth::Unknown,
        };
        Truth::agreed(codings.iter().filter_map(|coding| coding.within(ACTIONS)).map(same))
    }

    fn purpose(&self, purpose: &Value) -> Truth {
        let coding = Coding::read(purpose);
        let Some(code) = coding.as_ref().and_then(|coding| coding.within(REASONS)) else { return Truth::Unknown };
        match (code, Purpose::of_code(code)) {
            (ANY_PURPOSE, _) => Truth::Met,
            (MARKETING, _) => Truth::Unmet,
            (_, Some(wanted)) => Truth::of(self.call.purpose.within(wanted)),
            (_, None) => Truth::Unknown,
        }
    }
}

/// A list of alternatives, if the member is there. An empty list or one that is no list is not known.
pub(super) fn items(provision: &Map<String, Value>, name: &str, holds: impl Fn(&Value) -> Truth) -> Option<Truth> {
    let value = provision.get(name)?;
    Some(list(value).map_or(Truth::Unknown, |items| Truth::any(items.iter().map(holds))))
}
