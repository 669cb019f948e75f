//! The support bundle: what a hospital may hand to somebody who helps it run this host.
//!
//! It is written by a list, not by leaving things out: versions, the settings below, and how calls ended, in the four classes.
//! A count below eight is not told, and above it only in steps of eight, so that no single call and no single feedback shows.
//! Nothing is read from the private part of a record, and no name of a hospital, a tenant, a client, an address or a path
//! is in it.

use std::collections::BTreeMap;

use cordon_audit::leaf::decode;
use cordon_core::ids::{Digest, PluginId};
use cordon_core::record::{Event, LeafIndex, OutcomeClass};
use cordon_store::{Reader, StoreError};
use serde::Serialize;
use serde_json::{Value, json};

use crate::config::Config;
use crate::fault::out;

/// The newest records of each tenant that are counted.
pub const MOST_RECORDS: u64 = 100_000;

/// Counts below this are not told outside the hospital, and others in steps of it (issue 4: counts below 8 are suppressed).
const STEP: u64 = 8;

/// Why there is no bundle.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// A store could not be read.
    #[error("a tenant's store cannot be read")]
    Store(#[from] StoreError),
    /// A record is not one.
    #[error("record {0} of a tenant's log is damaged: `cordon audit verify` says more")]
    Record(u64),
}

/// What leaves.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Bundle {
    /// This host's version.
    pub cordon: &'static str,
    /// The settings that are listed here, with the names of the configuration file.
    pub settings: BTreeMap<&'static str, Value>,
    /// The tenants, by number: their names are the hospital's.
    pub tenants: Vec<TenantPart>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg(feature = "faults")]
    whole: Option<String>,
}

/// One tenant.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct TenantPart {
    /// Its plugins.
    pub plugins: Vec<PluginPart>,
    /// How calls ended.
    pub calls: BTreeMap<&'static str, Count>,
    /// Feedback on cards.
    pub feedback: Count,
    /// Acts of administrators, done or refused.
    pub acts: Count,
}

/// One plugin.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct PluginPart {
    /// Its id.
    pub plugin: PluginId,
    /// The version in use.
    pub version: String,
    /// Its component.
    pub component: Digest,
    /// Whether its services answer.
    pub enabled: bool,
    /// How its calls ended.
    pub calls: BTreeMap<&'static str, Count>,
}

/// A count, as far as it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Count {
    /// Fewer than eight, or none.
    Few(&'static str),
    /// At least so many: a multiple of eight.
    AtLeast(u64),
}

impl Count {
    fn of(count: u64) -> Self {
        if out!(CountsSmall) {
            return Self::AtLeast(count);
        }
        if count < STEP { Self::Few("fewer than 8") } else { Self::AtLeast(count - count % STEP) }
    }
}

/// Makes the bundle of a configuration and its tenants' stores.
///
/// # Errors
/// [`BundleError`].
pub fn bundle(config: &Config, stores: &[&Reader]) -> Result<Bundle, BundleError> {
    Ok(Bundle {
        cordon: env!("CARGO_PKG_VERSION"),
        settings: settings(config),
        tenants: stores.iter().map(|store| tenant(store)).collect::<Result<_, _>>()?,
        #[cfg(feature = "faults")]
        whole: out!(BundleUnlisted).then(|| whole(config, stores)),
    })
}

/// Numbers, switches and whether there is such a section: nothing that names anybody or any place.
fn settings(config: &Config) -> BTreeMap<&'static str, Value> {
    BTreeMap::from([
        ("concurrent", json!(config.concurrent)),
        ("connections", json!(config.connections)),
        ("deadline-ms", json!(u64::try_from(config.deadline.as_millis()).unwrap_or(u64::MAX))),
        ("empty-on-failure", json!(!config.empty_on_failure.is_empty())),
        ("label-rules", json!(config.label_rules.is_some())),
        ("latency-buckets", json!(config.latency_buckets)),
        ("packs", json!(config.packs.is_some())),
        ("tls", json!(config.tls.is_some())),
        ("undeclared-bits", json!(config.undeclared_bits)),
    ])
}

#[derive(Default)]
struct Counted {
    calls: BTreeMap<OutcomeClass, u64>,
    of: BTreeMap<PluginId, BTreeMap<OutcomeClass, u64>>,
    feedback: u64,
    acts: u64,
}

impl Counted {
    fn add(&mut self, event: Event) {
        match event {
            Event::Invocation { plugin, outcome, .. } => {
                let class = outcome.class();
                *self.calls.entry(class).or_default() += 1;
                if let Some(plugin) = plugin {
                    *self.of.entry(plugin).or_default().entry(class).or_default() += 1;
                }
            }
            Event::Feedback { known, .. } => self.feedback += u64::from(known),
            Event::Admin { .. } => self.acts += 1,
            Event::BreakGlass { .. } | Event::Started { .. } => {}
        }
    }
}

/// Every class, also one that never came.
fn told(calls: &BTreeMap<OutcomeClass, u64>) -> BTreeMap<&'static str, Count> {
    let count = |class: OutcomeClass| Count::of(calls.get(&class).copied().unwrap_or_default());
    OutcomeClass::ALL.into_iter().map(|class| (class.as_str(), count(class))).collect()
}

fn tenant(store: &Reader) -> Result<TenantPart, BundleError> {
    let size = store.log_size()?;
    let mut counted = Counted::default();
    for index in size.saturating_sub(MOST_RECORDS)..size {
        let leaf = store.leaf(LeafIndex(index))?.ok_or(BundleError::Record(index))?;
        counted.add(decode(&leaf).map_err(|_| BundleError::Record(index))?.event);
    }
    let none = BTreeMap::new();
    let plugins = store.installed(store.tenant())?.into_iter().map(|stored| PluginPart {
        calls: told(counted.of.get(&stored.plugin).unwrap_or(&none)),
        version: stored.version.to_string(),
        component: stored.component,
        enabled: stored.enabled,
        plugin: stored.plugin,
    });
    Ok(TenantPart {
        plugins: plugins.collect(),
        calls: told(&counted.calls),
        feedback: Count::of(counted.feedback),
        acts: Count::of(counted.acts),
    })
}

/// What a bundle without a list would hold.
#[cfg(feature = "faults")]
fn whole(config: &Config, stores: &[&Reader]) -> String {
    let private = |store: &&Reader| {
        let size = store.log_size().unwrap_or_default();
        let part = |index| store.private(LeafIndex(index)).ok().flatten().unwrap_or_default();
        (0..size).map(|index| String::from_utf8_lossy(&part(index)).into_owned()).collect::<String>()
    };
    format!("{config:?} {}", stores.iter().map(private).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_below_eight_is_not_told_and_others_are_in_steps() {
        let few = Count::Few("fewer than 8");
        let told: Vec<Count> = [0, 1, 7, 8, 15, 16, 1_001].into_iter().map(Count::of).collect();
        assert_eq!(
            told,
            [few, few, few, Count::AtLeast(8), Count::AtLeast(8), Count::AtLeast(16), Count::AtLeast(1_000)]
        );
    }
}
