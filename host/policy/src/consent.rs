//! Consent: what the patient permits and denies, evaluated from FHIR R4 Consent resources.
//!
//! In two steps, as everything that decides here: [`ConsentRule::at`] decides once, for one call, whatever the call decides
//! (status, patient, period, actor, action, purpose); what remains is asked of each row (label, class, code, date, the
//! resource itself). A rule that asks nothing of rows is a constant.
//!
//! The reading, in order of weight (`docs/consent.md` has it with examples and sources):
//! * only consents in force count: `active`, of a scope that the hospital counts, about this patient, in their period;
//! * nested provisions are exceptions to the one around them, at any depth; at one depth a deny beats a permit;
//! * among several consents a deny beats a permit: a newer `dateTime` does not undo an older denial, ending it does;
//! * without a consent that applies, the hospital's default holds;
//! * what cannot be evaluated may hold or not, and a row is shown only if **every** such reading shows it.
//!
//! It refuses by default: no settings, no consent and no readable element can make a row visible that would otherwise not be.

mod call;
mod directive;
mod provision;
mod read;
mod row;
mod settings;
mod span;
mod truth;

use std::fmt;
use std::hash::{Hash, Hasher};

use cordon_core::call::Purpose;
use cordon_core::ids::Digest;
use cordon_core::label::Label;
use cordon_core::ports::{Occasion, Reason, RowRule};
use serde_json::Value;

pub use call::Circumstances;
pub use settings::{
    Action, Base, BreakGlass, ConsentSettings, Denied, Effect, Offsets, Outside, Party, Unclassified, Verification,
};

use call::Asked;
use directive::Directive;
use provision::Provision;
use truth::Outcomes;

/// What is said when nothing denies and nothing permits either.
const NOTHING_PERMITS: &str = "no consent permits it";

/// What the consents of a patient come to for one call. Prints as `ConsentRule(…)`: what a patient denies is the patient's.
#[derive(Clone, PartialEq)]
pub struct ConsentRule {
    /// One for each action, without repetition; each must permit.
    sides: Vec<Side>,
    constant: Option<bool>,
}

/// The consents under one action.
#[derive(Clone, PartialEq, Hash)]
struct Side {
    provisions: Vec<Provision>,
    otherwise: Effect,
}

impl fmt::Debug for ConsentRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ConsentRule(…)")
    }
}

impl ConsentRule {
    /// Decides what an occasion decides.
    #[must_use]
    pub fn at(occasion: &Occasion<'_>, settings: &ConsentSettings) -> Self {
        Self::of(occasion.consents, &Circumstances::of(occasion), settings)
    }

    /// Decides what the call decides about these consents.
    #[must_use]
    pub fn of(consents: &[Value], call: &Circumstances, settings: &ConsentSettings) -> Self {
        if call.purpose == Purpose::BreakGlass && settings.break_glass == BreakGlass::Overrides {
            return Self { sides: Vec::new(), constant: Some(true) };
        }
        let mut sides = Vec::new();
        for action in settings.asked() {
            let side = Side::of(consents, Asked { call, action, settings });
            if !sides.contains(&side) {
                sides.push(side);
            }
        }
        let asks = sides.iter().flat_map(|side| &side.provisions).any(Provision::asks_the_row);
        let constant = (!asks).then(|| sides.iter().all(|side| side.permits(&Value::Null, Label::UNCLASSIFIED)));
        Self { sides, constant }
    }

    /// The answer for every row, when none has to be looked at.
    #[must_use]
    pub fn constant(&self) -> Option<bool> {
        self.constant
    }
}

impl RowRule for ConsentRule {
    fn admits(&self, row: &Value, label: Label) -> bool {
        self.constant.unwrap_or_else(|| self.sides.iter().all(|side| side.permits(row, label)))
    }

    fn explain(&self, row: &Value, label: Label) -> Vec<Reason> {
        let mut reasons: Vec<_> = self.sides.iter().flat_map(|side| side.denials(row, label)).collect();
        reasons.sort_unstable();
        reasons.dedup();
        reasons.into_iter().map(|provision| Reason::Consent { provision }).collect()
    }

    fn fingerprint(&self) -> Digest {
        // What remains to be asked of rows, and not the consents: a period that ended is another rule.
        let mut said = Said::default();
        (&self.constant, &self.sides).hash(&mut said);
        Digest::of(&said.0)
    }
}

/// Collects what a value hashes, to digest it with something that nobody can find another value for.
#[derive(Default)]
struct Said(Vec<u8>);

impl Hasher for Said {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn finish(&self) -> u64 {
        0
    }
}

impl Side {
    fn of(consents: &[Value], asked: Asked<'_>) -> Self {
        let read = |(index, consent)| Directive::read(consent, index, asked);
        let in_force: Vec<Directive> = consents.iter().enumerate().filter_map(read).collect();
        let limited = asked.settings.outside == Outside::Denied && in_force.iter().any(|directive| directive.permits);
        let otherwise = if limited { Effect::Deny } else { asked.settings.no_consent };
        Self { provisions: in_force.into_iter().filter_map(|directive| directive.provision).collect(), otherwise }
    }

    fn outcomes(&self, row: &Value, label: Label) -> Outcomes {
        let provisions: Vec<_> = self.provisions.iter().map(|one| one.outcomes(row, label)).collect();
        Outcomes::under(Some(self.otherwise), &provisions)
    }

    fn permits(&self, row: &Value, label: Label) -> bool {
        !self.outcomes(row, label).deny
    }

    fn denials(&self, row: &Value, label: Label) -> Vec<String> {
        let denials: Vec<_> = self.provisions.iter().flat_map(|one| one.denials(row, label)).collect();
        if denials.is_empty() && !self.permits(row, label) { vec![NOTHING_PERMITS.to_owned()] } else { denials }
    }
}
