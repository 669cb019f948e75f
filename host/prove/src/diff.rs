//! What changes between two policies: is anything visible under the new one that was not under the old, and the other way round.

use std::collections::BTreeSet;

use cordon_policy::cedar::{Policies, Verdict};
use serde::Serialize;

use crate::example::{Example, Told};
use crate::question::{Condition, asked, everything};
use crate::solver::{Prover, Undecided};
use crate::world::Names;

/// The answer to a question about every call and every row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Answer<Found> {
    /// It holds for all of them.
    Proved,
    /// It does not hold for this one.
    Counterexample(Box<Found>),
    /// Neither was shown.
    Undecided {
        /// Why.
        because: String,
    },
}

impl<Found> Answer<Found> {
    pub(crate) fn of(found: Result<Option<Found>, Undecided>) -> Self {
        match found {
            Ok(None) => Self::Proved,
            Ok(Some(found)) => Self::Counterexample(Box::new(found)),
            Err(because) => Self::Undecided { because: because.to_string() },
        }
    }
}

/// A question whose answer shows that the one above it was not empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Twin {
    /// What was asked.
    pub question: String,
    /// Whether there is such a call and row; then the question above says something.
    pub holds: bool,
    /// One.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub example: Option<Told>,
}

/// A row that one policy shows and the other does not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Between {
    /// The call and the row.
    #[serde(flatten)]
    pub told: Told,
    /// What the old policy says.
    pub old: Verdict,
    /// What the new policy says.
    pub new: Verdict,
    /// The policies that were added, removed or changed and settle it under one of them.
    pub because: Vec<String>,
}

/// A policy that is not the same in both files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Its id.
    pub id: String,
    /// What became of it.
    pub change: Changed,
}

/// What became of a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Changed {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// Its text is another.
    Rewritten,
}

/// The difference of two policies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Nothing is visible under the new policy that was not under the old one.
    pub nothing_widened: Answer<Between>,
    /// Nothing that was visible under the old policy is not under the new one.
    pub nothing_narrowed: Answer<Between>,
    /// The policies that are not the same.
    pub changed: Vec<Change>,
    /// What shows that the questions were not empty.
    pub twins: Vec<Twin>,
}

/// Compares two policies.
///
/// # Errors
/// [`Undecided`] when nothing at all can be said.
pub fn diff(prover: &mut Prover, old: &Policies, new: &Policies) -> Result<Difference, Undecided> {
    prover.cannot_fail(old.set())?;
    prover.cannot_fail(new.set())?;
    let names = Names::of([old.set(), new.set()]);
    let changed = changes(old, new);
    let sides = Sides { old, new, names: &names, changed: &changed };
    let nothing_widened = Answer::of(sides.more(prover, Direction::Widened));
    let nothing_narrowed = Answer::of(sides.more(prover, Direction::Narrowed));
    let twins = vec![sides.shows_something(prover)?, sides.hides_something(prover)?];
    Ok(Difference { nothing_widened, nothing_narrowed, changed, twins })
}

fn changes(old: &Policies, new: &Policies) -> Vec<Change> {
    let ids: BTreeSet<_> = old.stated().keys().chain(new.stated().keys()).collect();
    let change = |id: &String| match (old.stated().get(id), new.stated().get(id)) {
        (None, Some(_)) => Some(Changed::Added),
        (Some(_), None) => Some(Changed::Removed),
        (Some(before), Some(after)) if words(&before.text) != words(&after.text) => Some(Changed::Rewritten),
        (Some(_), Some(_)) | (None, None) => None,
    };
    ids.into_iter().filter_map(|id| Some(Change { id: id.clone(), change: change(id)? })).collect()
}

/// Line breaks and indentation are no change.
fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

#[derive(Clone, Copy)]
enum Direction {
    Widened,
    Narrowed,
}

struct Sides<'a> {
    old: &'a Policies,
    new: &'a Policies,
    names: &'a Names,
    changed: &'a [Change],
}

impl Sides<'_> {
    /// A row that one side shows and the other does not.
    fn more(&self, prover: &mut Prover, direction: Direction) -> Result<Option<Between>, Undecided> {
        let (shows, hides) = match direction {
            Direction::Widened => (self.new, self.old),
            Direction::Narrowed => (self.old, self.new),
        };
        let (one, other) = (asked(shows.set(), self.names, &[])?, asked(hides.set(), self.names, &[])?);
        let Some(found) = prover.between(&one, &other)? else { return Ok(None) };
        let is_one = |example: &Example| example.verdict(shows).permitted && !example.verdict(hides).permitted;
        let example = Example::read(&found, self.names).filter(is_one).ok_or(Undecided::Disagree)?.simplest(is_one);
        Ok(Some(self.told(&example, direction)))
    }

    fn told(&self, example: &Example, direction: Direction) -> Between {
        let (old, new) = (example.verdict(self.old), example.verdict(self.new));
        let settled: BTreeSet<_> = old.policies.iter().chain(&new.policies).collect();
        let because: Vec<_> =
            self.changed.iter().map(|change| &change.id).filter(|id| settled.contains(id)).cloned().collect();
        let mut told = example.told();
        let (here, there, hides) = match direction {
            Direction::Widened => ("the new policy", "the old one", &old),
            Direction::Narrowed => ("the old policy", "the new one", &new),
        };
        let why = if hides.policies.is_empty() {
            "where no policy permits it".to_owned()
        } else {
            forbidden(&hides.policies)
        };
        let changed = if because.is_empty() { String::new() } else { format!("; changed: {}", because.join(", ")) };
        told.words = format!("{} is visible under {here} and not under {there}, {why}{changed}", told.words);
        Between { told, old, new, because }
    }

    /// If the new policy shows nothing, nothing is widened whatever it says.
    fn shows_something(&self, prover: &mut Prover) -> Result<Twin, Undecided> {
        let found = prover.permitted(&asked(self.new.set(), self.names, &[])?)?;
        twin("is anything visible under the new policy?", found.as_ref(), self.names, &|example| {
            example.verdict(self.new).permitted
        })
    }

    /// If the old policy shows everything, nothing can be wider.
    fn hides_something(&self, prover: &mut Prover) -> Result<Twin, Undecided> {
        let (all, old) = (asked(&everything()?, self.names, &[])?, asked(self.old.set(), self.names, &[])?);
        let found = prover.between(&all, &old)?;
        twin("is anything not visible under the old policy?", found.as_ref(), self.names, &|example| {
            !example.verdict(self.old).permitted
        })
    }
}

fn forbidden(ids: &[String]) -> String {
    format!("where it is forbidden by {}", ids.join(", "))
}

/// Reads a twin's answer and has the host's evaluator agree to it.
pub(crate) fn twin(
    question: &str,
    found: Option<&cedar_policy_symcc::Env>,
    names: &Names,
    holds: &dyn Fn(&Example) -> bool,
) -> Result<Twin, Undecided> {
    let question = question.to_owned();
    let Some(found) = found else { return Ok(Twin { question, holds: false, example: None }) };
    let example = Example::read(found, names).filter(|example| holds(example)).ok_or(Undecided::Disagree)?;
    Ok(Twin { question, holds: true, example: Some(example.simplest(holds).told()) })
}

/// The conditions of a question as one sentence.
pub(crate) fn sentence(conditions: &[&Condition]) -> String {
    let words: Vec<_> = conditions.iter().map(|condition| condition.words.as_str()).collect();
    if words.is_empty() { "a row".to_owned() } else { format!("a row {}", words.join(", ")) }
}
