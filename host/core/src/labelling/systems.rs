//! Code systems under all their names.

use std::collections::BTreeMap;

use super::RulesError;
use super::file::{Covered, SystemEntry};

/// A code system, as a number.
pub(super) type SystemNumber = usize;

#[derive(Debug, Default)]
pub(super) struct Systems {
    ids: BTreeMap<String, SystemNumber>,
    names: BTreeMap<String, SystemNumber>,
    starts: Vec<(String, SystemNumber)>,
    list: Vec<(String, Covered)>,
}

impl Systems {
    pub(super) fn add(&mut self, entry: &SystemEntry) -> Result<(), RulesError> {
        let number = self.list.len();
        if self.ids.insert(entry.id.clone(), number).is_some() {
            return Err(RulesError::TwoSystems { name: entry.id.clone() });
        }
        self.list.push((entry.id.clone(), entry.covered));
        for name in &entry.names {
            // A later file may not take a system over: its rules would go astray.
            if self.resolve(name).is_some() {
                return Err(RulesError::TwoSystems { name: name.clone() });
            }
            self.names.insert(plain(name), number);
        }
        self.starts.extend(entry.starts.iter().map(|start| (plain_start(start), number)));
        Ok(())
    }

    /// The system a rule means: by id, or by a URL, which is then known and not covered.
    pub(super) fn of_rule(&mut self, name: &str) -> Result<SystemNumber, RulesError> {
        if let Some(number) = self.ids.get(name).copied().or_else(|| self.resolve(name)) {
            return Ok(number);
        }
        if !name.contains(':') {
            return Err(RulesError::UnknownSystem { name: name.to_owned() });
        }
        let number = self.list.len();
        self.list.push((name.to_owned(), Covered::No));
        self.names.insert(plain(name), number);
        Ok(number)
    }

    /// The system that a `Coding.system` names.
    pub(super) fn resolve(&self, name: &str) -> Option<SystemNumber> {
        let name = plain(name);
        let longest =
            || self.starts.iter().filter(|(start, _)| name.starts_with(start)).max_by_key(|(start, _)| start.len());
        self.names.get(&name).copied().or_else(|| longest().map(|(_, number)| *number))
    }

    pub(super) fn covered(&self, number: SystemNumber) -> Covered {
        self.list.get(number).map_or(Covered::No, |(_, covered)| *covered)
    }

    pub(super) fn id(&self, number: SystemNumber) -> &str {
        self.list.get(number).map_or("", |(id, _)| id)
    }

    pub(super) fn number(&self, id: &str) -> Option<SystemNumber> {
        self.ids.get(id).copied()
    }
}

/// A name without what people and programs add to it: case, blanks, scheme, version, a slash at the end.
fn plain(name: &str) -> String {
    let mut name = plain_start(name.split('|').next().unwrap_or_default());
    name.truncate(name.trim_end_matches('/').len());
    name
}

fn plain_start(name: &str) -> String {
    let mut name: String = name.chars().filter(char::is_ascii_graphic).map(|c| c.to_ascii_lowercase()).collect();
    let bare = ["http://", "https://", "urn:oid:", "oid:"].into_iter().find_map(|scheme| name.strip_prefix(scheme));
    let bare = bare.unwrap_or(&name);
    let dress = name.len().saturating_sub(bare.strip_prefix("www.").unwrap_or(bare).len());
    name.drain(..dress);
    name
}
