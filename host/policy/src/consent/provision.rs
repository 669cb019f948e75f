//! A provision with everything the call decides decided: what is left depends on the row.

use cordon_core::label::Label;
use serde_json::{Map, Value};

use super::call::Asked;
use super::read::{list, object, text};
use super::row::{Condition, conditions};
use super::settings::Effect;
use super::truth::{Outcomes, Truth};

/// Provisions nested deeper than this cannot be evaluated.
const DEEPEST: usize = 16;

/// The members of `Consent.provision` in R4. `modifierExtension` is left out: it may change the meaning of all.
const MEMBERS: [&str; 11] = [
    "type",
    "period",
    "actor",
    "action",
    "securityLabel",
    "purpose",
    "class",
    "code",
    "dataPeriod",
    "data",
    "provision",
];

/// What is left of a provision once the call is known.
#[derive(Clone, PartialEq, Hash)]
pub(super) struct Provision {
    /// Where it stands.
    path: String,
    /// What it says; `None` when it cannot be read and may say either.
    effect: Option<Effect>,
    /// Whether the call surely meets it.
    met: bool,
    conditions: Vec<Condition>,
    exceptions: Vec<Provision>,
}

impl Provision {
    /// One that cannot be read: it may apply and may say either.
    pub(super) fn unreadable(path: &str) -> Self {
        let path = format!("{path} (cannot be evaluated)");
        Self { path, effect: None, met: false, conditions: Vec::new(), exceptions: Vec::new() }
    }

    /// The root provision of a consent whose effect is known; `met` says what is known of the consent itself. `None` when the
    /// call surely does not meet it.
    pub(super) fn root(
        provision: &Map<String, Value>,
        effect: Effect,
        met: Truth,
        path: &str,
        asked: Asked<'_>,
    ) -> Option<Self> {
        Self::build(provision, effect, met, path, asked, DEEPEST)
    }

    fn build(
        provision: &Map<String, Value>,
        effect: Effect,
        met: Truth,
        path: &str,
        asked: Asked<'_>,
        deeper: usize,
    ) -> Option<Self> {
        let met = match Truth::all([met, asked.meets(provision)]) {
            Truth::Unmet => return None,
            Truth::Met => true,
            Truth::Unknown => false,
        };
        let exceptions = match provision.get("provision").map(list) {
            None => Vec::new(),
            Some(None) => vec![Self::unreadable(&format!("{path}.provision"))],
            Some(Some(nested)) => {
                let at = |index| format!("{path}.provision[{index}]");
                nested
                    .iter()
                    .enumerate()
                    .filter_map(|(index, one)| Self::nested(one, &at(index), asked, deeper))
                    .collect()
            }
        };
        let conditions = conditions(provision, effect, asked.settings);
        Some(Self { path: path.to_owned(), effect: Some(effect), met, conditions, exceptions })
    }

    /// R4: `type` is required in nested provisions.
    fn nested(value: &Value, path: &str, asked: Asked<'_>, deeper: usize) -> Option<Self> {
        let read = || {
            let provision = members(value)?;
            Some((provision, effect(provision.get("type")?)?, deeper.checked_sub(1)?))
        };
        match read() {
            Some((provision, effect, deeper)) => Self::build(provision, effect, Truth::Met, path, asked, deeper),
            None => Some(Self::unreadable(path)),
        }
    }

    /// Whether what it comes to depends on the row.
    pub(super) fn asks_the_row(&self) -> bool {
        !self.conditions.is_empty() || self.exceptions.iter().any(Self::asks_the_row)
    }

    /// What it may come to.
    pub(super) fn outcomes(&self, row: &Value, label: Label) -> Outcomes {
        let sure = Truth::of(self.met);
        let rows = Truth::all(self.conditions.iter().map(|condition| condition.holds(row, label)));
        match (sure, rows) {
            (_, Truth::Unmet) => Outcomes::NONE,
            (Truth::Met, Truth::Met) => self.applied(row, label),
            (Truth::Met | Truth::Unmet | Truth::Unknown, Truth::Met | Truth::Unknown) => {
                Outcomes { none: true, ..self.applied(row, label) }
            }
        }
    }

    fn applied(&self, row: &Value, label: Label) -> Outcomes {
        let exceptions: Vec<_> = self.exceptions.iter().map(|one| one.outcomes(row, label)).collect();
        Outcomes::under(self.effect, &exceptions)
    }

    /// The paths of the provisions that may deny the row.
    pub(super) fn denials(&self, row: &Value, label: Label) -> Vec<String> {
        if !self.outcomes(row, label).deny {
            return Vec::new();
        }
        let untouched = self.exceptions.iter().all(|one| one.outcomes(row, label).none);
        let own = (untouched && self.effect != Some(Effect::Permit)).then(|| self.path.clone());
        own.into_iter().chain(self.exceptions.iter().flat_map(|one| one.denials(row, label))).collect()
    }
}

/// A provision with no member that R4 does not define.
pub(super) fn members(value: &Value) -> Option<&Map<String, Value>> {
    object(value, &MEMBERS)
}

/// R4 `consent-provision-type`.
pub(super) fn effect(value: &Value) -> Option<Effect> {
    match text(value)? {
        "permit" => Some(Effect::Permit),
        "deny" => Some(Effect::Deny),
        _ => None,
    }
}
