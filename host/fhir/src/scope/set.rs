//! A list of scopes, as a token or a grant carries it.

use serde_json::Value;

use super::{Permission, Quoted, Scope, ScopeError};

/// The resource scopes of a list, and what else stood there.
///
/// What is skipped gives no right, so skipping narrows: a list of nothing but errors is the empty grant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScopeSet {
    scopes: Vec<Scope>,
    skipped: Vec<Skipped>,
}

/// A word of a scope list that gives no right to a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Skipped {
    /// A scope that does not speak of resources: `openid`, `launch`, `launch/patient`.
    NotAResourceScope(Quoted),
    /// A resource scope that cannot be evaluated.
    Refused {
        /// What was written.
        text: Quoted,
        /// Why it was refused.
        error: ScopeError,
    },
}

impl ScopeSet {
    /// Reads a list separated by spaces, SMART 1 and 2 mixed. The empty list is a valid, empty grant.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut set = Self::default();
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            match Scope::parse_any(word) {
                Ok(scope) => set.scopes.push(scope),
                Err(_) if !speaks_of_resources(word) => {
                    set.skipped.push(Skipped::NotAResourceScope(Quoted::new(word)));
                }
                Err(error) => set.skipped.push(Skipped::Refused { text: Quoted::new(word), error }),
            }
        }
        set
    }

    /// The scopes, in the order of the list.
    #[must_use]
    pub fn scopes(&self) -> &[Scope] {
        &self.scopes
    }

    /// What was skipped, in the order of the list.
    #[must_use]
    pub fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }

    /// Whether one scope of the list implies the need.
    #[must_use]
    pub fn covers(&self, need: &Scope) -> bool {
        self.scopes.iter().any(|scope| scope.implies(need))
    }

    /// Whether a scope with this letter admits the resource: scopes of one type are a union.
    #[must_use]
    pub fn admits(&self, permission: Permission, resource: &Value) -> bool {
        self.scopes.iter().any(|scope| scope.permissions().contains(permission) && scope.admits(resource))
    }
}

impl FromIterator<Scope> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self { scopes: scopes.into_iter().collect(), skipped: Vec::new() }
    }
}

fn speaks_of_resources(word: &str) -> bool {
    ["patient/", "user/", "system/"].iter().any(|context| word.starts_with(context))
}
