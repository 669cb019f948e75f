//! The versions of the contract that are served: the newest and the one before. A component is of exactly one.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A version of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Wit {
    /// `cordon:clinical@0.3.0`.
    V0_3,
    /// `cordon:clinical@0.2.0`.
    V0_2,
}

impl Wit {
    /// The newest first, as in [`cordon_core::manifest::WIT`].
    pub const ALL: [Self; 2] = [Self::V0_3, Self::V0_2];

    /// Its name in a manifest.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V0_3 => "cordon:clinical@0.3.0",
            Self::V0_2 => "cordon:clinical@0.2.0",
        }
    }

    /// The interfaces that a component may import.
    #[must_use]
    pub const fn imports(self) -> &'static [&'static str] {
        match self {
            Self::V0_3 => &[
                "cordon:clinical/records@0.3.0",
                "cordon:clinical/kept@0.3.0",
                "cordon:clinical/calls@0.3.0",
                "cordon:clinical/advice@0.3.0",
            ],
            Self::V0_2 => &[
                "cordon:clinical/records@0.2.0",
                "cordon:clinical/kept@0.2.0",
                "cordon:clinical/calls@0.2.0",
                "cordon:clinical/advice@0.2.0",
            ],
        }
    }

    /// The interface that a component must export. Other exports are never called.
    #[must_use]
    pub const fn export(self) -> &'static str {
        match self {
            Self::V0_3 => "cordon:clinical/cds@0.3.0",
            Self::V0_2 => "cordon:clinical/cds@0.2.0",
        }
    }
}

impl fmt::Display for Wit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_versions_are_those_of_manifests() {
        assert_eq!(Wit::ALL.map(Wit::as_str), cordon_core::manifest::WIT);
    }
}
