//! One Consent resource: whether it counts for a call, and what its root says.

use cordon_fhir::reference::Reference;
use serde_json::{Map, Value};

use super::call::Asked;
use super::provision::{Provision, effect, members};
use super::read::{Coding, Link, concept, list, object, optional, text};
use super::settings::{Base, Effect, Verification};
use super::span::is_past;
use super::truth::Truth;

/// Codes of FHIR R4 `consentscope`.
const SCOPES: &str = "http://terminology.hl7.org/CodeSystem/consentscope";
const SCOPE_CODES: [&str; 4] = ["adr", "research", "patient-privacy", "treatment"];
/// The codes of `consent-state-codes` under which a Consent is not in force.
const NOT_IN_FORCE: [&str; 5] = ["draft", "proposed", "rejected", "inactive", "entered-in-error"];

/// The members of Consent in R4. `implicitRules` and `modifierExtension` are left out: they may change the meaning of all.
const MEMBERS: [&str; 19] = [
    "resourceType",
    "meta",
    "language",
    "text",
    "contained",
    "identifier",
    "status",
    "scope",
    "category",
    "patient",
    "dateTime",
    "performer",
    "organization",
    "sourceAttachment",
    "sourceReference",
    "policy",
    "policyRule",
    "verification",
    "provision",
];
/// Members of a root provision beside conditions.
const NO_CONDITIONS: [&str; 5] = ["id", "extension", "type", "period", "provision"];

/// A consent that is in force.
pub(super) struct Directive {
    /// What its root permits or denies as far as the call meets it.
    pub(super) provision: Option<Provision>,
    /// Whether the patient permits something in it.
    pub(super) permits: bool,
}

impl Directive {
    /// `None` when the consent surely says nothing about the call: it is not in force, not about this patient, or not of a
    /// scope that counts. One that is in force and cannot be read may say anything.
    pub(super) fn read(value: &Value, index: usize, asked: Asked<'_>) -> Option<Self> {
        let path = name(value, index);
        let unreadable = || Self { provision: Some(Provision::unreadable(&path)), permits: false };
        let Some(consent) = value.as_object().filter(|consent| is_consent(consent)) else { return Some(unreadable()) };
        if is_elsewhere(consent, asked) {
            return None;
        }
        Some(Self::in_force(value, asked, &path).unwrap_or_else(unreadable)).filter(|one| !one.is_over())
    }

    fn is_over(&self) -> bool {
        self.provision.is_none() && !self.permits
    }

    /// `None` when it cannot be read.
    fn in_force(value: &Value, asked: Asked<'_>, path: &str) -> Option<Self> {
        let consent = object(value, &MEMBERS)?;
        let is_active = text(consent.get("status")?)? == "active";
        let counts =
            scope_counts(consent.get("scope")?, asked) == Truth::Met && is_patient(consent, asked) == Truth::Met;
        (is_active && counts).then_some(())?;
        let nothing = Map::new();
        let root = consent.get("provision").map_or(Some(&nothing), members)?;
        let effect = base(consent, root, asked)?;
        // A root out of its period is a consent that is over, not one that permits less.
        let over = root.get("period").is_some_and(|period| asked.during(period) == Truth::Unmet);
        let provision = Provision::root(root, effect, standing(consent, asked)?, &format!("{path} provision"), asked);
        Some(Self { provision, permits: effect == Effect::Permit && !over })
    }
}

/// Who wrote the consent may choose its id: only a valid one is printed.
fn name(value: &Value, index: usize) -> String {
    cordon_fhir::resource_id(value).map_or_else(|| format!("Consent[{index}]"), |id| format!("Consent/{id}"))
}

fn is_consent(consent: &Map<String, Value>) -> bool {
    consent.get("resourceType").and_then(Value::as_str) == Some("Consent")
}

/// Whether what can be read already says that it does not count.
fn is_elsewhere(consent: &Map<String, Value>, asked: Asked<'_>) -> bool {
    let ended = consent.get("status").and_then(text).is_some_and(|status| NOT_IN_FORCE.contains(&status));
    let out_of_scope = consent.get("scope").is_some_and(|scope| scope_counts(scope, asked) == Truth::Unmet);
    ended || out_of_scope || is_patient(consent, asked) == Truth::Unmet
}

/// Whether the consent is of a kind that governs the call.
fn scope_counts(scope: &Value, asked: Asked<'_>) -> Truth {
    let counts = |coding: &Coding| match coding.within(SCOPES) {
        Some(code) if SCOPE_CODES.contains(&code) => {
            let purposes = asked.settings.scopes.get(code);
            Truth::of(purposes.is_some_and(|purposes| purposes.iter().any(|one| asked.call.purpose.within(*one))))
        }
        Some(_) | None => Truth::Unknown,
    };
    concept(scope).map_or(Truth::Unknown, |codings| Truth::any(codings.iter().map(counts)))
}

fn is_patient(consent: &Map<String, Value>, asked: Asked<'_>) -> Truth {
    let target: Option<Reference> = consent.get("patient").and_then(Link::read).and_then(|link| link.target);
    match target {
        Some(target) if target.resource_type.as_str() == "Patient" => {
            Truth::of(target.id == asked.call.patient.as_str())
        }
        Some(_) | None => Truth::Unknown,
    }
}

/// What the consent says before its exceptions: its policies and the type of its root provision must agree.
///
/// R4 gives the root no type and lets `policyRule` say it; IHE PCF gives it one. A root without a type and with conditions
/// could limit the base policy or be the exception from it, so it cannot be read.
fn base(consent: &Map<String, Value>, root: &Map<String, Value>, asked: Asked<'_>) -> Option<Effect> {
    let known = |key: &str| asked.settings.policies.get(key).copied();
    let mut bases = Vec::new();
    if let Some(rule) = consent.get("policyRule") {
        let codings = concept(rule)?;
        bases.extend(codings.iter().map(|coding| known(&coding.key()?)).collect::<Option<Vec<_>>>()?);
    }
    if let Some(policies) = consent.get("policy") {
        for policy in list(policies)? {
            bases.push(known(text(object(policy, &["authority", "uri"])?.get("uri")?)?)?);
        }
    }
    let said = |base: Base| match base {
        Base::Permit => Some(Effect::Permit),
        Base::Deny => Some(Effect::Deny),
        Base::AsTyped => None,
    };
    let typed = optional(root, "type", effect)?;
    let conditional = root.keys().any(|name| !NO_CONDITIONS.contains(&name.as_str()) && !name.starts_with('_'));
    (typed.is_some() || !conditional).then_some(())?;
    let effects: Vec<Effect> = bases.into_iter().filter_map(said).chain(typed).collect();
    let first = *effects.first()?;
    effects.iter().all(|one| *one == first).then_some(first)
}

/// Whether the consent was given and, where it must be, verified: what may not have been given permits nothing, and denies.
/// `None` when it cannot be read.
fn standing(consent: &Map<String, Value>, asked: Asked<'_>) -> Option<Truth> {
    let past = |text: &str| is_past(text, asked.call.now, asked.settings.offsets);
    let given = optional(consent, "dateTime", text)?.is_none_or(past);
    let verified = |value: &Value| {
        let verification = object(value, &["verified", "verifiedWith", "verificationDate"])?;
        let date = optional(verification, "verificationDate", text)?;
        Some(verification.get("verified")?.as_bool()? && date.is_none_or(past))
    };
    let verified = match consent.get("verification") {
        Some(value) => list(value)?.iter().map(verified).collect::<Option<Vec<_>>>()?.contains(&true),
        None => false,
    };
    let enough = match asked.settings.verification {
        Verification::Optional => true,
        Verification::Required => verified,
    };
    Some(if given && enough { Truth::Met } else { Truth::Unknown })
}
