//! Which roles of a signed claim count: a list that the hospital writes.

use cordon_core::ids::{NameError, Role};

/// A role, or with `system|*` every role of one code system. No pattern takes every role of every system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RolePattern {
    /// This one.
    Role(Role),
    /// Every code of this system: the system with the bar behind it.
    System(String),
}

impl RolePattern {
    /// Reads `code`, `system|code` or `system|*`.
    ///
    /// # Errors
    /// [`NameError`] if it is none of them.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let role = Role::new(text)?;
        match text.strip_suffix('*') {
            Some(system) if system.len() > 1 && system.ends_with('|') => Ok(Self::System(system.to_owned())),
            // A star elsewhere means nothing: as a role it matches itself only, and no code has one.
            Some(_) | None => Ok(Self::Role(role)),
        }
    }

    /// Whether the role counts.
    #[must_use]
    pub fn admits(&self, role: &Role) -> bool {
        match self {
            Self::Role(own) => own == role,
            Self::System(system) => role.as_str().strip_prefix(system).is_some_and(|code| !code.contains('|')),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(pattern: &str, role: &str) -> bool {
        RolePattern::parse(pattern).unwrap().admits(&Role::new(role).unwrap())
    }

    #[test]
    fn a_pattern_takes_a_role_or_the_roles_of_one_system() {
        for (pattern, role) in [
            ("hiv-care", "urn:x|hiv-care"),
            ("urn:x|a", "a"),
            ("urn:x|a", "urn:x|ab"),
            ("urn:x|*", "urn:xy|a"),
            ("urn:x|*", "a"),
            ("*", "a"),
            ("|*", "a"),
            ("hiv-*", "hiv-care"),
            ("urn:x|h*", "urn:x|hiv"),
        ] {
            assert!(!admits(pattern, role), "{pattern} {role}");
        }
        assert!(admits("hiv-care", "hiv-care"));
        assert!(admits("urn:x|a", "urn:x|a"));
        assert!(admits("urn:x|*", "urn:x|a"));
        assert!(RolePattern::parse("a b").is_err());
    }
}
