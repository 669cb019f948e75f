//! `[runners]`: the processes that hold plugins.

use std::time::Duration;

use cordon_wall::{CompileLimits, Layer, Priority, WallSettings};
use serde::Deserialize;

use super::ConfigError;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct RawRunners {
    /// The most processes. Default: 256.
    most: usize,
    /// The most processes of one plugin. Default: a quarter of all, and at least 2.
    most_of_one: Option<usize>,
    /// A process is replaced after so many calls. Default: 1000.
    calls: u32,
    /// A process that was not needed for so many seconds is ended. Default: 60.
    idle_s: u64,
    /// A component that is not compiled within so many seconds is refused. Default: 60.
    compile_s: u64,
    /// What compiling may take from calls. Default: `idle`, what is left over.
    compile_priority: Priority,
    /// Layers of the jail that this machine cannot have, in writing. Default: none.
    accept_missing: Vec<Layer>,
}

impl Default for RawRunners {
    fn default() -> Self {
        let WallSettings { most, most_of_one: _, calls, idle, spares: _, compile, accepted } = WallSettings::default();
        let accept_missing = accepted.into_iter().collect();
        Self {
            most,
            most_of_one: None,
            calls,
            idle_s: idle.as_secs(),
            compile_s: compile.time.as_secs(),
            compile_priority: compile.priority,
            accept_missing,
        }
    }
}

impl RawRunners {
    pub(super) fn check(self) -> Result<WallSettings, ConfigError> {
        let most_of_one = self.most_of_one.unwrap_or_else(|| (self.most / 4).max(2));
        if [self.most, most_of_one].contains(&0) || self.calls == 0 || [self.idle_s, self.compile_s].contains(&0) {
            let message = "[runners] most, most-of-one, calls, idle-s and compile-s: at least 1";
            return Err(ConfigError::Rule(message.to_owned()));
        }
        if let Some(layer) = self.accept_missing.iter().find(|layer| !layer.may_be_missing()) {
            return Err(ConfigError::Rule(format!("[runners] accept-missing: nobody can do without `{layer}`")));
        }
        Ok(WallSettings {
            most: self.most,
            most_of_one,
            calls: self.calls,
            idle: Duration::from_secs(self.idle_s),
            spares: WallSettings::default().spares,
            compile: CompileLimits {
                time: Duration::from_secs(self.compile_s),
                priority: self.compile_priority,
                ..CompileLimits::default()
            },
            accepted: self.accept_missing.into_iter().collect(),
        })
    }
}
