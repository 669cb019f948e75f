//! "No plugin of publisher X ever sees label Y", and every question of that form.

use cordon_policy::cedar::{Policies, Verdict};
use serde::Serialize;

use crate::diff::{Answer, Twin, sentence, twin};
use crate::example::{Example, Told};
use crate::question::{Condition, asked, everything, named};
use crate::solver::{Prover, Undecided};
use crate::world::Names;

/// A row that should never be seen, and is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// The call and the row.
    #[serde(flatten)]
    pub told: Told,
    /// What the policy says.
    pub policy: Verdict,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Never {
    /// What was asked.
    pub question: String,
    /// Whether it holds.
    pub never: Answer<Seen>,
    /// The same question with one condition left out, for each of them: if that is seen, the condition matters.
    pub twins: Vec<Twin>,
    /// What a reader of a proof should know: that a condition does not matter.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// Asks whether a row is never seen where all conditions hold.
///
/// # Errors
/// [`Undecided`] when nothing at all can be said; [`Undecided::Empty`] when the conditions exclude each other.
pub fn never(prover: &mut Prover, policies: &Policies, conditions: &[Condition]) -> Result<Never, Undecided> {
    prover.cannot_fail(policies.set())?;
    let conditions: Vec<_> = conditions.iter().collect();
    let asks = Asks { policies, names: Names::of([policies.set(), &named(&conditions)?]) };
    prover.cannot_fail(&named(&conditions)?)?;
    if prover.permitted(&asked(&everything()?, &asks.names, &conditions)?)?.is_none() {
        return Err(Undecided::Empty);
    }
    let question = format!("{} is never seen", sentence(&conditions));
    let never = Answer::of(asks.seen(prover, &conditions));
    let twins = asks.twins(prover, &conditions)?;
    let idle = conditions.iter().zip(&twins).filter(|(_, twin)| !twin.holds);
    let note = |left_out: &Condition| format!("nothing of the kind is seen either, whether or not {}", left_out.words);
    let notes = idle.map(|(condition, _)| note(condition)).collect();
    Ok(Never { question, never, twins, notes })
}

struct Asks<'a> {
    policies: &'a Policies,
    names: Names,
}

impl Asks<'_> {
    fn seen(&self, prover: &mut Prover, conditions: &[&Condition]) -> Result<Option<Seen>, Undecided> {
        let Some(found) = prover.permitted(&asked(self.policies.set(), &self.names, conditions)?)? else {
            return Ok(None);
        };
        let fits = Fits::new(conditions)?;
        let is_one = |example: &Example| fits.holds(example) && example.verdict(self.policies).permitted;
        let example = Example::read(&found, &self.names).filter(is_one).ok_or(Undecided::Disagree)?.simplest(is_one);
        let (mut told, policy) = (example.told(), example.verdict(self.policies));
        told.words = format!("{} is visible, permitted by {}", told.words, policy.policies.join(", "));
        Ok(Some(Seen { told, policy }))
    }

    fn twins(&self, prover: &mut Prover, conditions: &[&Condition]) -> Result<Vec<Twin>, Undecided> {
        let mut twins = Vec::new();
        for left_out in conditions {
            let rest: Vec<_> = conditions.iter().copied().filter(|condition| condition != left_out).collect();
            let found = prover.permitted(&asked(self.policies.set(), &self.names, &rest)?)?;
            let fits = Fits::new(&rest)?;
            let question = format!("is {} seen, whether or not {}?", sentence(&rest), left_out.words);
            twins.push(twin(&question, found.as_ref(), &self.names, &|example| {
                fits.holds(example) && example.verdict(self.policies).permitted
            })?);
        }
        Ok(twins)
    }
}

/// The conditions, as a policy that the host's evaluator can be asked.
struct Fits(Option<Policies>);

impl Fits {
    fn new(conditions: &[&Condition]) -> Result<Self, Undecided> {
        if conditions.is_empty() {
            return Ok(Self(None));
        }
        let all: Vec<_> = conditions.iter().map(|condition| format!("({})", condition.cedar)).collect();
        let all = all.join(" && ");
        let text = format!("@id(\"conditions\") @why(\"w\") permit (principal, action, resource) when {{ {all} }};");
        Policies::parse(&text)
            .map(|policies| Self(Some(policies)))
            .map_err(|error| Undecided::Compile(error.to_string()))
    }

    fn holds(&self, example: &Example) -> bool {
        self.0.as_ref().is_none_or(|policies| example.verdict(policies).permitted)
    }
}
