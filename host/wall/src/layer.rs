//! What stands between a plugin and the machine, one by one.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

/// One layer of the jail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layer {
    /// A filter of system calls: what is not on the list kills the process.
    Seccomp,
    /// Landlock: no file, no TCP port, no other process's signals and abstract sockets.
    Landlock,
    /// User, network, IPC, host name and cgroup namespaces of its own, with nothing in them.
    Namespaces,
    /// A root directory of its own, empty and read-only.
    EmptyRoot,
    /// No set-user-id program, no file capability gives anything back.
    NoNewPrivileges,
    /// No capability in any set.
    Capabilities,
    /// Resource limits: no core dump, no file, no descriptor, no process, a bound on memory.
    Limits,
    /// No descriptor but its own, no environment.
    Descriptors,
    /// Not dumpable: no other process of its user may trace it or read its memory.
    Undumpable,
}

impl Layer {
    /// Every layer there is.
    pub const ALL: [Self; 9] = [
        Self::Seccomp,
        Self::Landlock,
        Self::Namespaces,
        Self::EmptyRoot,
        Self::NoNewPrivileges,
        Self::Capabilities,
        Self::Limits,
        Self::Descriptors,
        Self::Undumpable,
    ];

    /// Whether a hospital may accept that it is missing: kernels and containers differ in these.
    #[must_use]
    pub const fn may_be_missing(self) -> bool {
        match self {
            Self::Landlock | Self::Namespaces | Self::EmptyRoot => true,
            Self::Seccomp | Self::NoNewPrivileges | Self::Capabilities => false,
            Self::Limits | Self::Descriptors | Self::Undumpable => false,
        }
    }

    /// Its name in a configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Seccomp => "seccomp",
            Self::Landlock => "landlock",
            Self::Namespaces => "namespaces",
            Self::EmptyRoot => "empty-root",
            Self::NoNewPrivileges => "no-new-privileges",
            Self::Capabilities => "capabilities",
            Self::Limits => "limits",
            Self::Descriptors => "descriptors",
            Self::Undumpable => "undumpable",
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The layers that stand, and why the others do not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layers {
    /// Standing.
    pub standing: BTreeSet<Layer>,
    /// Not standing: which step failed, and with what.
    pub missing: BTreeMap<Layer, String>,
}

impl Layers {
    /// Notes how one layer went.
    pub(crate) fn note(&mut self, layer: Layer, built: Result<(), String>) {
        match built {
            Ok(()) => {
                self.standing.insert(layer);
            }
            Err(why) => {
                self.missing.insert(layer, why);
            }
        }
    }

    /// The missing ones that nobody accepted, or that nobody can accept.
    #[must_use]
    pub fn unaccepted(&self, accepted: &BTreeSet<Layer>) -> Vec<Layer> {
        let stands = |layer: &Layer| self.standing.contains(layer);
        let passes = |layer: &Layer| stands(layer) || (layer.may_be_missing() && accepted.contains(layer));
        Layer::ALL.into_iter().filter(|layer| !passes(layer)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_that_is_missing_must_be_accepted_by_name() {
        let mut layers = Layers { standing: Layer::ALL.into(), missing: BTreeMap::new() };
        assert_eq!(layers.unaccepted(&BTreeSet::new()), []);
        layers.standing.remove(&Layer::Namespaces);
        assert_eq!(layers.unaccepted(&BTreeSet::new()), [Layer::Namespaces]);
        assert_eq!(layers.unaccepted(&[Layer::Landlock].into()), [Layer::Namespaces]);
        assert_eq!(layers.unaccepted(&[Layer::Namespaces].into()), []);
    }

    #[test]
    fn nobody_can_do_without_the_filter() {
        let layers = Layers { standing: Layer::ALL.into_iter().skip(1).collect(), missing: BTreeMap::new() };
        assert_eq!(layers.unaccepted(&Layer::ALL.into()), [Layer::Seccomp]);
    }
}
