//! `[runners]`: the processes that hold plugins.

use std::time::Duration;

use cordon_wall::{Layer, WallSettings};
use serde::Deserialize;

use super::ConfigError;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct RawRunners {
    /// The most processes. Default: 64.
    most: usize,
    /// A process is replaced after so many calls. Default: 1000.
    calls: u32,
    /// A process that was not needed for so many seconds is ended. Default: 60.
    idle_s: u64,
    /// Layers of the jail that this machine cannot have, in writing. Default: none.
    accept_missing: Vec<Layer>,
}

impl Default for RawRunners {
    fn default() -> Self {
        let WallSettings { most, calls, idle, accepted } = WallSettings::default();
        Self { most, calls, idle_s: idle.as_secs(), accept_missing: accepted.into_iter().collect() }
    }
}

impl RawRunners {
    pub(super) fn check(self) -> Result<WallSettings, ConfigError> {
        if self.most == 0 || self.calls == 0 || self.idle_s == 0 {
            return Err(ConfigError::Rule("[runners] most, calls and idle-s: at least 1".to_owned()));
        }
        if let Some(layer) = self.accept_missing.iter().find(|layer| !layer.may_be_missing()) {
            return Err(ConfigError::Rule(format!("[runners] accept-missing: nobody can do without `{layer}`")));
        }
        Ok(WallSettings {
            most: self.most,
            calls: self.calls,
            idle: Duration::from_secs(self.idle_s),
            accepted: self.accept_missing.into_iter().collect(),
        })
    }
}
