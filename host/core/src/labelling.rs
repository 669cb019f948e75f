//! The rules that give labels: shipped value sets and words, and what a hospital adds.
//!
//! Rules only raise. A row is looked at whole, at every depth: codings, identifiers, free text, narrative, displays,
//! extensions, contained resources, attachments, and members that FHIR does not define. A code that no rule knows is
//! ordinary only if its system is covered; otherwise the row is *unclassified*, and a policy decides about it.
//! `docs/labels.md` says what is shipped, where it is from, and what it misses.

mod attachment;
mod codes;
mod file;
mod kinds;
mod security;
mod systems;
mod text;
mod walk;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use self::codes::{Codes, LONGEST_START};
use self::file::{CodesEntry, RuleFile};
use self::systems::Systems;
use self::text::Words;
use self::walk::{Hit, Step, Walk};
use crate::ids::Digest;
use crate::label::{Confidentiality, Label, Labels, Marked, RuleId, Sensitivities, Sensitivity};

/// Changes whenever this module gives another label with the same files.
const ENGINE: &str = "cordon labelling 1";

/// The shipped files. They are part of the version, byte for byte.
const SHIPPED: [&str; 9] = [
    include_str!("../labels/systems.toml"),
    include_str!("../labels/hiv.toml"),
    include_str!("../labels/sud.toml"),
    include_str!("../labels/psy.toml"),
    include_str!("../labels/sdv.toml"),
    include_str!("../labels/std.toml"),
    include_str!("../labels/sex.toml"),
    include_str!("../labels/gdis.toml"),
    include_str!("../labels/rep.toml"),
];

/// Why rules could not be read. The shipped rules can; a hospital's file may not.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// Not TOML, an unknown field, an unknown sensitivity.
    #[error("the file of label rules cannot be read")]
    Syntax(#[from] toml::de::Error),
    /// Two rules of one name.
    #[error("two label rules are named `{id}`")]
    TwoRules {
        /// The name.
        id: String,
    },
    /// A hospital's rule could be taken for a shipped one.
    #[error("the name `{id}` must begin with `hospital/`")]
    NotHospital {
        /// The name.
        id: String,
    },
    /// Two code systems of one name or URL.
    #[error("the code system `{name}` is declared twice")]
    TwoSystems {
        /// The name or URL.
        name: String,
    },
    /// A rule about a system that nobody declared.
    #[error("the code system `{name}` is neither declared nor a URL")]
    UnknownSystem {
        /// What stands there.
        name: String,
    },
    /// A rule that can never match, or says nothing.
    #[error("the label rule `{id}` {why}")]
    Empty {
        /// The rule.
        id: String,
        /// What is missing.
        why: &'static str,
    },
    /// More phrases than can be searched for at once.
    #[error("the phrases of label rules cannot be searched for")]
    Phrases(#[from] aho_corasick::BuildError),
}

/// The rules of one host. They never change; other rules are another value with another version.
#[derive(Debug)]
pub struct LabelRules {
    systems: Systems,
    codes: Codes,
    words: Words,
    types: Vec<(String, usize)>,
    rules: Vec<(RuleId, Sensitivities)>,
    tally: BTreeMap<Sensitivity, BTreeMap<String, usize>>,
    unclassified: Confidentiality,
    version: Digest,
}

/// Why a resource has its label: one rule that matched, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Finding {
    /// The rule.
    pub rule: RuleId,
    /// Where in the resource, such as `code.coding[0]`.
    pub path: String,
    /// The code or phrase of the rule. Never what the resource says.
    pub matched: String,
}

impl LabelRules {
    /// The shipped rules. An unclassified row is restricted.
    ///
    /// # Errors
    /// None; a test reads them.
    pub fn shipped() -> Result<Self, RulesError> {
        Self::with_hospital(None, Confidentiality::Restricted)
    }

    /// The shipped rules and a hospital's file, which adds to them and takes nothing away. `unclassified` is how confidential
    /// an unclassified row is; it stays marked as unclassified.
    ///
    /// # Errors
    /// What is wrong with the hospital's file.
    pub fn with_hospital(hospital: Option<&str>, unclassified: Confidentiality) -> Result<Self, RulesError> {
        let mut reading = Reading::default();
        for text in SHIPPED {
            reading.add(toml::from_str(text)?)?;
        }
        if let Some(text) = hospital {
            let file: RuleFile = toml::from_str(text)?;
            only_hospital(&file)?;
            reading.add(file)?;
        }
        let parts = [&[ENGINE], &SHIPPED[..], &[hospital.unwrap_or_default(), unclassified.code()]].concat();
        // Lengths first, so that no text can move from one part to the next unnoticed.
        let lengths: Vec<String> = parts.iter().map(|part| part.len().to_string()).collect();
        let version = Digest::of([lengths.join(","), parts.concat()].join(";").as_bytes());
        reading.finish(unclassified, version)
    }

    /// The version of the rules: the same label for the same row as long as it is the same.
    #[must_use]
    pub fn version(&self) -> Digest {
        self.version
    }

    /// How many codes (or beginnings of codes) of each code system and how many phrases name each sensitivity.
    #[must_use]
    pub fn tally(&self) -> &BTreeMap<Sensitivity, BTreeMap<String, usize>> {
        &self.tally
    }

    /// Why a resource gets its label: every rule that matched, at every place.
    #[must_use]
    pub fn explain(&self, resource: &Value) -> Vec<Finding> {
        let mut findings = BTreeSet::new();
        let mut found = |hit: &Hit<'_, '_>| {
            findings.insert(Finding {
                rule: RuleId(hit.rule.to_owned()),
                path: path(hit.path),
                matched: hit.matched.to_owned(),
            });
        };
        Walk::new(self, &mut found).resource(resource);
        findings.into_iter().collect()
    }

    fn of_type(&self, kind: &str) -> impl Iterator<Item = usize> {
        self.types.iter().filter(move |(name, _)| name == kind).map(|(_, rule)| *rule)
    }
}

impl Labels for LabelRules {
    fn version(&self) -> Digest {
        self.version
    }

    fn mark(&self, resource: &Value) -> Marked {
        let mut label = Label::NORMAL;
        let mut rules = Vec::new();
        let mut walk = Walk::new(self, |hit| {
            label = label.join(hit.label);
            // Few rules match in one row.
            if !rules.contains(&hit.rule) {
                rules.push(hit.rule);
            }
        });
        walk.resource(resource);
        rules.sort_unstable();
        Marked { label, rules: rules.into_iter().map(|rule| RuleId(rule.to_owned())).collect() }
    }
}

fn path(steps: &[Step<'_>]) -> String {
    let mut path = String::new();
    for step in steps {
        match step {
            Step::Member(name) if path.is_empty() => path.push_str(name),
            Step::Member(name) => path.extend([".", name]),
            Step::Item(at) => path.push_str(&format!("[{at}]")),
        }
    }
    path
}

/// A hospital's names begin with `hospital/`, so that nobody takes its rules for shipped ones.
fn only_hospital(file: &RuleFile) -> Result<(), RulesError> {
    let systems = file.system.iter().map(|entry| &entry.id);
    let codes = file.codes.iter().map(|entry| &entry.id);
    let words = file.words.iter().map(|entry| &entry.id);
    let types = file.types.iter().map(|entry| &entry.id);
    let mut all = systems.chain(codes).chain(words).chain(types);
    match all.find(|id| !id.starts_with("hospital/")) {
        Some(id) => Err(RulesError::NotHospital { id: id.clone() }),
        None => Ok(()),
    }
}

/// Rules while files are read.
#[derive(Default)]
struct Reading {
    systems: Systems,
    codes: Codes,
    phrases: Vec<(String, usize)>,
    types: Vec<(String, usize)>,
    rules: Vec<(RuleId, Sensitivities)>,
    tally: BTreeMap<Sensitivity, BTreeMap<String, usize>>,
}

impl Reading {
    fn add(&mut self, file: RuleFile) -> Result<(), RulesError> {
        for entry in &file.system {
            self.systems.add(entry)?;
        }
        for entry in &file.codes {
            self.add_codes(entry)?;
        }
        for entry in file.words {
            let rule = self.rule(&entry.id, &entry.sensitivity, &entry.source)?;
            if entry.phrases.is_empty() || !entry.phrases.iter().all(|phrase| text::is_phrase(phrase)) {
                return Err(RulesError::Empty { id: entry.id, why: "has a phrase of less than two letters, or none" });
            }
            self.count(&entry.sensitivity, "words", entry.phrases.len());
            self.phrases.extend(entry.phrases.into_iter().map(|phrase| (phrase, rule)));
        }
        for entry in file.types {
            let rule = self.rule(&entry.id, &entry.sensitivity, &entry.source)?;
            self.types.extend(entry.types.into_iter().map(|kind| (kind, rule)));
        }
        Ok(())
    }

    fn add_codes(&mut self, entry: &CodesEntry) -> Result<(), RulesError> {
        let rule = self.rule(&entry.id, &entry.sensitivity, &entry.source)?;
        let system = self.systems.of_rule(&entry.system)?;
        let empty = |why| Err(RulesError::Empty { id: entry.id.clone(), why });
        let (mut codes, mut starts) = (entry.codes.split_whitespace(), entry.starts.split_whitespace());
        if entry.codes.trim().is_empty() && entry.starts.trim().is_empty() {
            return empty("names no code");
        }
        if codes.any(|code| codes::squeeze(code).is_empty()) {
            return empty("has a code without letters and digits");
        }
        if !starts.all(|start| (1..=LONGEST_START).contains(&codes::squeeze(start).len())) {
            return empty("has a beginning of no or more than eight letters and digits");
        }
        let (codes, starts): (BTreeSet<_>, BTreeSet<_>) =
            (entry.codes.split_whitespace().collect(), entry.starts.split_whitespace().collect());
        let id = self.systems.id(system).to_owned();
        self.count(&entry.sensitivity, &id, codes.len().saturating_add(starts.len()));
        codes.into_iter().for_each(|code| self.codes.add(system, code, rule));
        starts.into_iter().for_each(|start| self.codes.add_start(system, start, rule));
        Ok(())
    }

    fn rule(&mut self, id: &str, of: &[Sensitivity], source: &str) -> Result<usize, RulesError> {
        let empty = |why| Err(RulesError::Empty { id: id.to_owned(), why });
        if of.is_empty() {
            return empty("names no sensitivity");
        }
        if source.trim().is_empty() {
            return empty("names no source");
        }
        if self.rules.iter().any(|(known, _)| known.0 == id) {
            return Err(RulesError::TwoRules { id: id.to_owned() });
        }
        self.rules.push((RuleId(id.to_owned()), of.iter().copied().collect()));
        Ok(self.rules.len().saturating_sub(1))
    }

    fn count(&mut self, of: &[Sensitivity], what: &str, how_many: usize) {
        for one in of {
            let tally = self.tally.entry(*one).or_default().entry(what.to_owned()).or_default();
            *tally = tally.saturating_add(how_many);
        }
    }

    fn finish(self, unclassified: Confidentiality, version: Digest) -> Result<LabelRules, RulesError> {
        let Self { systems, codes, phrases, types, rules, tally } = self;
        Ok(LabelRules { systems, codes, words: Words::new(phrases)?, types, rules, tally, unclassified, version })
    }
}

#[cfg(test)]
mod tests;
