//! What a file of rules looks like. An unknown field is an error: a rule that is not understood protects nobody.

use serde::Deserialize;

use crate::label::Sensitivity;

/// One file of rules, shipped or the hospital's.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleFile {
    /// Code systems and their names.
    #[serde(default)]
    pub(super) system: Vec<SystemEntry>,
    /// Codes that make a row sensitive.
    #[serde(default)]
    pub(super) codes: Vec<CodesEntry>,
    /// Phrases that make a row sensitive, wherever they stand.
    #[serde(default)]
    pub(super) words: Vec<WordsEntry>,
    /// Resource types that are sensitive whatever they hold.
    #[serde(default)]
    pub(super) types: Vec<TypesEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SystemEntry {
    /// What rules call it.
    pub(super) id: String,
    /// Its URLs and OIDs.
    #[serde(default)]
    pub(super) names: Vec<String>,
    /// What its URLs begin with, for systems whose URLs go on.
    #[serde(default)]
    pub(super) starts: Vec<String>,
    /// What a code of it means that no rule names.
    pub(super) covered: Covered,
}

/// What a code means that no rule names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Covered {
    /// Ordinary: the rules name whole branches of the system.
    Complete,
    /// Ordinary if it has a display or text, which the words have read; otherwise unclassified.
    Named,
    /// Ordinary, and no clinical code: categories, statuses, units.
    Structural,
    /// Unclassified: rules name some of its codes, and nobody has looked at the rest.
    No,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CodesEntry {
    pub(super) id: String,
    pub(super) sensitivity: Vec<Sensitivity>,
    /// The id of a system, or the URL of one.
    pub(super) system: String,
    /// Where the codes are from. Required: a rule without a source cannot be reviewed.
    pub(super) source: String,
    /// Codes, separated by white space.
    #[serde(default)]
    pub(super) codes: String,
    /// Beginnings of codes, separated by white space, for hierarchies that codes spell out (ICD-10, ATC).
    #[serde(default)]
    pub(super) starts: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WordsEntry {
    pub(super) id: String,
    pub(super) sensitivity: Vec<Sensitivity>,
    pub(super) source: String,
    /// Whole words; `*` at either end lets the word go on there.
    pub(super) phrases: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TypesEntry {
    pub(super) id: String,
    pub(super) sensitivity: Vec<Sensitivity>,
    pub(super) source: String,
    pub(super) types: Vec<String>,
}
