//! Questions: conditions on a call and a row, in the words of the policies.

use std::str::FromStr;

use cedar_policy::{Policy, PolicyId, PolicySet};
use cordon_core::call::Purpose;
use cordon_core::label::{Confidentiality, Sensitivity};
use cordon_policy::cedar::{Policies, attribute};

use crate::solver::Undecided;
use crate::world::{Names, literal};

/// One condition of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// In plain words, to be read after "a row".
    pub words: String,
    /// As a Cedar expression.
    pub cedar: String,
}

/// Why a condition was not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConditionError(String);

impl Condition {
    /// The plugin is of this publisher.
    #[must_use]
    pub fn publisher(namespace: &str) -> Self {
        let cedar = format!("principal in {}", literal("Publisher", namespace));
        Self { words: format!("through a plugin of {namespace}"), cedar }
    }

    /// The plugin is of any publisher but this one.
    #[must_use]
    pub fn outside(namespace: &str) -> Self {
        let cedar = format!("!(principal in {})", literal("Publisher", namespace));
        Self { words: format!("through a plugin that is not of {namespace}"), cedar }
    }

    /// The row has this label: a sensitivity, a confidentiality, or `unclassified`.
    ///
    /// # Errors
    /// For any other word, with those there are.
    pub fn label(word: &str) -> Result<Self, ConditionError> {
        let cedar = if word == "unclassified" {
            Some("resource.unclassified".to_owned())
        } else if let Some(sensitivity) = Sensitivity::of_code(word) {
            Some(format!("resource.{}", attribute(sensitivity)))
        } else {
            let code = Confidentiality::of_code(word).map(Confidentiality::code);
            code.map(|code| format!("resource.confidentiality == {}", literal("Confidentiality", code)))
        };
        let known =
            Sensitivity::ALL.map(Sensitivity::code).into_iter().chain(Confidentiality::ALL.map(Confidentiality::code));
        let known: Vec<_> = known.chain(["unclassified"]).collect();
        let wrong = || ConditionError(format!("no label `{word}`: it is one of {}", known.join(", ")));
        Ok(Self { words: format!("labelled {word}"), cedar: cedar.ok_or_else(wrong)? })
    }

    /// The call is for this purpose.
    ///
    /// # Errors
    /// When it is no code of v3-ActReason that the host knows.
    pub fn purpose(code: &str) -> Result<Self, ConditionError> {
        let known = Purpose::ALL.map(Purpose::code).join(", ");
        let purpose = Purpose::of_code(code)
            .ok_or_else(|| ConditionError(format!("no purpose `{code}`: it is one of {known}")))?;
        Ok(Self {
            words: format!("for purpose {code}"),
            cedar: format!("context.purpose == {}", literal("Purpose", purpose.code())),
        })
    }

    /// Any condition that a policy could have, as Cedar writes it.
    ///
    /// # Errors
    /// When it would not be accepted in a policy.
    pub fn when(cedar: &str) -> Result<Self, ConditionError> {
        let policy = format!("@id(\"--when\") @why(\"w\") permit (principal, action, resource) when {{ {cedar} }};");
        Policies::parse(&policy).map_err(|error| ConditionError(format!("--when: {error}")))?;
        Ok(Self { words: format!("where {cedar}"), cedar: format!("({cedar})") })
    }
}

/// `policies` in this world, asked only where every condition holds: elsewhere it denies.
pub(crate) fn asked(policies: &PolicySet, names: &Names, conditions: &[&Condition]) -> Result<PolicySet, Undecided> {
    let conditions = conditions.iter().map(|condition| condition.cedar.clone());
    let laws = names.laws().into_iter().chain(conditions);
    laws.enumerate().try_fold(policies.clone(), |asked, (number, must)| only(asked, &number.to_string(), &must))
}

/// The same policies where this holds; elsewhere they deny.
pub(crate) fn only(mut policies: PolicySet, name: &str, must: &str) -> Result<PolicySet, Undecided> {
    let compile = |error: &dyn std::fmt::Display| Undecided::Compile(error.to_string());
    let text = format!("forbid (principal, action, resource) unless {{ {must} }};");
    let policy = Policy::from_str(&text).map_err(|error| compile(&error))?;
    // A hospital's id comes from a file of text: none holds this character.
    policies.add(policy.new_id(PolicyId::new(format!("\u{0}{name}")))).map_err(|error| compile(&error))?;
    Ok(policies)
}

/// Permits everything.
pub(crate) fn everything() -> Result<PolicySet, Undecided> {
    PolicySet::from_str("permit (principal, action, resource);").map_err(|error| Undecided::Compile(error.to_string()))
}

/// Permits everything, in policies that name what the conditions name.
pub(crate) fn named(conditions: &[&Condition]) -> Result<PolicySet, Undecided> {
    let text: String = conditions
        .iter()
        .map(|one| format!("permit (principal, action, resource) when {{ {} }};\n", one.cedar))
        .collect();
    PolicySet::from_str(&text).map_err(|error| Undecided::Compile(error.to_string()))
}
