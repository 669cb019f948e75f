//! Reading a policy file. Whatever is not plainly right is refused, with the line and the policy's id.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use cedar_policy::{Policy, PolicyId, PolicySet, ValidationMode, Validator};
use miette::Diagnostic;
use serde::Serialize;

use super::schema::schema;

/// One thing that is wrong with a policy file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The line, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The policy's `@id`, or its number in the file if it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// What is wrong.
    pub says: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if let Some(policy) = &self.policy {
            write!(f, "policy `{policy}`: ")?;
        }
        f.write_str(&self.says)
    }
}

/// Why a policy file was not accepted: everything that is wrong with it, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .findings.iter().map(Finding::to_string).collect::<Vec<_>>().join("; "))]
pub struct PolicyFileError {
    /// What is wrong; never empty.
    pub findings: Vec<Finding>,
}

impl PolicyFileError {
    fn unless_empty(mut findings: Vec<Finding>) -> Result<(), Self> {
        findings.sort_by_key(|finding| finding.line);
        if findings.is_empty() { Ok(()) } else { Err(Self { findings }) }
    }
}

/// What one policy says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stated {
    /// Its `@why`, in plain words.
    pub why: String,
    /// Where it starts.
    pub line: Option<usize>,
    /// Its text.
    pub text: String,
}

/// Reads, names and checks.
pub(super) fn read(text: &str) -> Result<(PolicySet, BTreeMap<String, Stated>), PolicyFileError> {
    let parsed = PolicySet::from_str(text).map_err(|errors| PolicyFileError { findings: syntax(text, &errors) })?;
    if parsed.templates().next().is_some() {
        let says = "a template (`?principal`, `?resource`) decides nothing by itself: write it out".to_owned();
        return Err(PolicyFileError { findings: vec![Finding { line: None, policy: None, says }] });
    }
    let (named, stated) = name(text, &parsed)?;
    validate(text, &named, &stated)?;
    Ok((named, stated))
}

fn syntax(text: &str, errors: &cedar_policy::ParseErrors) -> Vec<Finding> {
    errors
        .iter()
        .map(|error| Finding { line: line_of(text, error), policy: None, says: one_line(&error.to_string()) })
        .collect()
}

/// Gives each policy its `@id`, so that errors, explanations and proofs speak of it by that name.
fn name(text: &str, parsed: &PolicySet) -> Result<(PolicySet, BTreeMap<String, Stated>), PolicyFileError> {
    let (mut named, mut stated, mut findings) = (PolicySet::new(), BTreeMap::new(), Vec::new());
    let mut policies: Vec<_> = parsed.policies().collect();
    policies.sort_by_key(|policy| number(policy));
    let mut after = 0;
    for policy in policies {
        let (line, end) = place(text, policy, after);
        after = end;
        let mut wrong =
            |policy: String, says: &str| findings.push(Finding { line, policy: Some(policy), says: says.to_owned() });
        let (id, why) = match (said(policy, "id"), said(policy, "why")) {
            (Some(id), Some(why)) => (id, why),
            (None, _) => {
                wrong(format!("number {}", number(policy) + 1), "has no @id(\"…\"): explanations name it by that");
                continue;
            }
            (Some(id), None) => {
                wrong(id, "has no @why(\"…\"): say in plain words what it is for");
                continue;
            }
        };
        if named.add(policy.new_id(PolicyId::new(&id))).is_err() {
            wrong(id, "another policy has the same @id");
            continue;
        }
        stated.insert(id, Stated { why, line, text: policy.to_string() });
    }
    PolicyFileError::unless_empty(findings)?;
    Ok((named, stated))
}

/// Where a policy starts, as a line, and where it ends. Policies come in the order of the file.
fn place(text: &str, policy: &Policy, after: usize) -> (Option<usize>, usize) {
    let written = policy.to_string();
    let at = text.get(after..).and_then(|rest| rest.find(&written)).map(|at| after + at);
    (at.map(|at| line_at(text, at)), at.map_or(after, |at| at + written.len()))
}

/// The parser numbers policies in the order of the file: `policy0` and so on.
fn number(policy: &Policy) -> usize {
    let id: &str = policy.id().as_ref();
    id.strip_prefix("policy").and_then(|digits| digits.parse().ok()).unwrap_or(usize::MAX - 1)
}

fn said(policy: &Policy, key: &str) -> Option<String> {
    policy.annotation(key).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Strict validation. A warning is a finding too: a policy that can never apply is a policy somebody misunderstood.
fn validate(text: &str, named: &PolicySet, stated: &BTreeMap<String, Stated>) -> Result<(), PolicyFileError> {
    let Some(schema) = schema() else {
        let says = "this host has no schema to check a policy against".to_owned();
        return Err(PolicyFileError { findings: vec![Finding { line: None, policy: None, says }] });
    };
    let result = Validator::new(schema.clone()).validate(named, ValidationMode::Strict);
    let found = |id: &PolicyId, error: &dyn Diagnostic| {
        let id: &str = id.as_ref();
        let line = line_of(text, error).or_else(|| stated.get(id).and_then(|policy| policy.line));
        Finding { line, policy: Some(id.to_owned()), says: says(id, error) }
    };
    let errors = result.validation_errors().map(|error| found(error.policy_id(), error));
    let warnings = result.validation_warnings().map(|warning| found(warning.policy_id(), warning));
    PolicyFileError::unless_empty(errors.chain(warnings).collect())
}

/// Cedar's own words, without its "for policy `id`, " (the finding names the policy), with its advice.
fn says(id: &str, error: &dyn Diagnostic) -> String {
    let text = error.to_string();
    let said = text.strip_prefix(&format!("for policy `{id}`, ")).unwrap_or(&text).to_owned();
    one_line(&error.help().map_or(said.clone(), |help| format!("{said} ({help})")))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn line_of(text: &str, error: &(impl Diagnostic + ?Sized)) -> Option<usize> {
    let at = error.labels()?.next()?.offset();
    Some(line_at(text, at))
}

fn line_at(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count()
}
