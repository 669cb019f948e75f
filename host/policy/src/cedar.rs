//! The hospital's policy, in Cedar: which plugin may see which class of row, for what.
//!
//! Everything here denies by default: a file with any finding is not accepted, a policy that fails while it is evaluated
//! denies, facts that do not fit the schema deny, and where no policy permits there is nothing.

mod bits;
mod facts;
mod parse;
mod schema;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use cedar_policy::{Authorizer, PolicySet};
use cordon_core::ids::Digest;
use cordon_core::label::Label;
use cordon_core::ports::{Reason, RowRule};
use serde::Serialize;
use serde_json::Value;

use crate::fault::out;

use bits::Verdicts;
pub use facts::{Facts, Kind, publishers};
pub use parse::{Finding, PolicyFileError, Stated};
pub use schema::{OTHER_TYPE, attribute, schema, schema_text};

/// The policy set a hospital starts from.
pub const DEFAULT: &str = include_str!("../policies/default.cedar");

/// Decisions kept for so many different sets of facts. Beyond that they are forgotten and made again.
const KEPT: usize = 1024;

/// What the policies say about one class of row, and which of them said it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Whether a row of the class may be seen.
    pub permitted: bool,
    /// The policies that settled it, sorted; when denied and empty: no policy permits it.
    pub policies: Vec<String>,
    /// Policies that failed while they were evaluated, sorted. One is enough to deny.
    pub failed: Vec<String>,
}

/// A policy set that was read and checked in full. A changed policy is another value, with nothing kept from this one.
pub struct Policies {
    text: String,
    digest: Digest,
    set: PolicySet,
    stated: BTreeMap<String, Stated>,
    kept: Mutex<BTreeMap<Facts, Arc<Verdicts>>>,
}

impl fmt::Debug for Policies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Policies({})", self.digest)
    }
}

impl Policies {
    /// Reads a policy file.
    ///
    /// # Errors
    /// Everything that is wrong with the file: syntax, a missing or doubled `@id`, a missing `@why`, and each error and each
    /// warning of strict validation.
    pub fn parse(text: &str) -> Result<Self, PolicyFileError> {
        let (set, stated) = parse::read(text)?;
        Ok(Self { text: text.to_owned(), digest: Digest::of(text.as_bytes()), set, stated, kept: Mutex::default() })
    }

    /// The file, as it was read.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The digest of the file: the version of the policy.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// What each policy says of itself, by id.
    #[must_use]
    pub fn stated(&self) -> &BTreeMap<String, Stated> {
        &self.stated
    }

    /// The policies, each under its `@id`: for proofs.
    #[must_use]
    pub fn set(&self) -> &PolicySet {
        &self.set
    }

    /// Evaluates the policies on a class of row, and says which of them settled it.
    #[must_use]
    pub fn explain(&self, facts: &Facts, kind: Kind, label: Label) -> Verdict {
        let Ok((request, entities)) = facts::question(facts, kind, label) else {
            return Verdict {
                permitted: false,
                policies: Vec::new(),
                failed: vec!["facts do not fit the schema".to_owned()],
            };
        };
        let response = Authorizer::new().is_authorized(&request, &self.set, &entities);
        let sorted = |ids: Vec<&cedar_policy::PolicyId>| {
            let mut ids: Vec<String> = ids.into_iter().map(ToString::to_string).collect();
            ids.sort();
            ids
        };
        let failed = response.diagnostics().errors().map(|error| match error {
            cedar_policy::AuthorizationError::PolicyEvaluationError(error) => error.policy_id(),
        });
        let failed = sorted(failed.collect());
        Verdict {
            // Cedar leaves a policy that fails out of the decision. A `forbid` that fails must forbid, so any failure denies.
            permitted: failed.is_empty() && response.decision() == cedar_policy::Decision::Allow,
            policies: sorted(response.diagnostics().reason().collect()),
            failed,
        }
    }

    /// What these facts may see, kept and shared with every other call of the same facts.
    #[must_use]
    pub fn clear(self: &Arc<Self>, facts: Facts) -> Cleared {
        let key = if out!(FactsShared) {
            Facts { roles: BTreeSet::new(), plugin: String::new(), ..facts.clone() }
        } else {
            facts.clone()
        };
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT && !kept.contains_key(&key) {
            kept.clear();
        }
        let verdicts = Arc::clone(kept.entry(key).or_insert_with(|| Arc::new(Verdicts::new())));
        drop(kept);
        Cleared { policies: Arc::clone(self), facts, verdicts }
    }
}

/// What one need of one call may see, by class of row.
#[derive(Clone)]
pub struct Cleared {
    policies: Arc<Policies>,
    facts: Facts,
    verdicts: Arc<Verdicts>,
}

impl fmt::Debug for Cleared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cleared({}, {})", self.facts.need, self.policies.digest)
    }
}

impl Cleared {
    /// Whether a row of this type and label may be seen: a bit test, but for the first row of its class.
    #[must_use]
    pub fn permits(&self, kind: Kind, label: Label) -> bool {
        let label = if out!(LabelIgnored) { Label::NORMAL } else { label };
        self.verdicts.permits(kind, label, || self.policies.explain(&self.facts, kind, label).permitted)
    }

    /// The same, evaluated again, with the policies that settle it.
    #[must_use]
    pub fn verdict(&self, kind: Kind, label: Label) -> Verdict {
        self.policies.explain(&self.facts, kind, label)
    }
}

impl RowRule for Cleared {
    fn admits(&self, row: &Value, label: Label) -> bool {
        self.permits(Kind::of_row(row), label)
    }

    fn explain(&self, row: &Value, label: Label) -> Vec<Reason> {
        let kind = Kind::of_row(row);
        if self.permits(kind, label) {
            return Vec::new();
        }
        let Verdict { policies, failed, .. } = self.verdict(kind, label);
        vec![Reason::Policy { ids: if failed.is_empty() { policies } else { failed } }]
    }

    fn fingerprint(&self) -> Digest {
        // The facts are the host's own words and no patient's.
        self.verdicts.fingerprint(|| Digest::said(format_args!("{} {:?}", self.policies.digest, self.facts)))
    }
}

#[cfg(test)]
mod tests {
    use cordon_core::call::Purpose;
    use cordon_core::manifest::Hook;

    use super::*;

    fn facts(need: usize) -> Facts {
        Facts {
            tenant: "ward".to_owned(),
            issuer: "https://ehr.example.org".to_owned(),
            plugin: "org.example.dosing".to_owned(),
            version: "1.0.0".to_owned(),
            purpose: Purpose::Treatment,
            roles: std::collections::BTreeSet::new(),
            hook: Hook::PatientView,
            service: "dosing".to_owned(),
            need: format!("need-{need}"),
            user_known: true,
        }
    }

    #[test]
    fn only_equal_facts_share_decisions() {
        let policies = Arc::new(Policies::parse(DEFAULT).unwrap());
        let (one, same, other) = (policies.clear(facts(1)), policies.clear(facts(1)), policies.clear(facts(2)));
        assert!(Arc::ptr_eq(&one.verdicts, &same.verdicts));
        assert!(!Arc::ptr_eq(&one.verdicts, &other.verdicts));
        let another_version = Arc::new(Policies::parse(DEFAULT).unwrap()).clear(facts(1));
        assert!(!Arc::ptr_eq(&one.verdicts, &another_version.verdicts));
    }

    #[test]
    fn what_is_kept_is_bounded_and_what_was_handed_out_stays() {
        let policies = Arc::new(Policies::parse(DEFAULT).unwrap());
        let first = policies.clear(facts(0));
        for need in 1..=2 * KEPT {
            let cleared = policies.clear(facts(need));
            assert_eq!(cleared.facts.need, format!("need-{need}"));
            assert!(policies.kept.lock().unwrap().len() <= KEPT);
        }
        assert!(first.permits(Kind::of("Observation"), Label::NORMAL));
    }
}
