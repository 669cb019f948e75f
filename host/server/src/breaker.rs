//! Stops a plugin that keeps failing: for one patient under one clearance first, so that what happens in one record tells
//! nothing to whoever sees another, or sees less of the same. Only what fails for many patients is stopped for all.
//!
//! A budget bounds what one patient's calls may cost. It counts calls, never what a plugin does with them.
//!
//! Everything is kept in memory, for each tenant's each plugin apart, and bounded: the oldest is forgotten. A restart
//! forgets it all; what an operator put in quarantine stands in the store.

mod recent;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use cordon_core::call::Purpose;
use cordon_core::cells::CellKey;
use cordon_core::ids::{Digest, PatientId, PluginId, TenantId};
use cordon_core::ports::Breaker;
use jiff::{SignedDuration, Timestamp};

use crate::fault::out;
use crate::kept::Stores;
use recent::Recent;

/// So many failures under one key within [`WINDOW`] suspend it: one may be chance, two a retry. Our own choice.
const MOST_FAILURES: usize = 3;

/// Failures further apart are not one fault, and so long is nothing tried again. Our own choice: longer than a clinician
/// waits beside a chart, shorter than a round.
const WINDOW: SignedDuration = SignedDuration::from_mins(10);

/// Failures of so many patients are the plugin's fault and not a patient's. The number below which a count is not told
/// outside the hospital either (issue 4: counts below 8 are suppressed).
const MANY_PATIENTS: usize = 8;

/// Runs of one plugin for one patient in an hour: one every six seconds for as long. `order-select` comes with each
/// selection of a clinician (CDS Hooks 2.0), and nobody selects that fast that long; a client in a loop does.
const MOST_RUNS: u32 = 600;

/// The time that a budget is for.
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// So many keys, and so many patients, are remembered of one plugin: some 3 MB.
const MOST_KEYS: usize = 10_000;

/// What stops plugins: the operators' quarantine, and what was seen of their runs.
pub struct Breakers {
    stores: Arc<Stores>,
    seen: Mutex<Seen>,
}

impl Breakers {
    /// Nothing was seen yet.
    #[must_use]
    pub fn new(stores: Arc<Stores>) -> Self {
        Self { stores, seen: Mutex::default() }
    }

    /// A quarantine that cannot be read is taken for one that is there.
    fn quarantined(&self, key: &CellKey) -> bool {
        self.stores.of(&key.tenant).is_none_or(|store| store.is_quarantined(&key.tenant, &key.plugin).unwrap_or(true))
    }
}

impl Breaker for Breakers {
    fn admits(&self, key: &CellKey, at: Timestamp) -> bool {
        !self.quarantined(key) && self.seen.lock().unwrap_or_else(PoisonError::into_inner).admits(key, at)
    }

    fn ended(&self, key: &CellKey, at: Timestamp, failed: bool) {
        let spread = self.seen.lock().unwrap_or_else(PoisonError::into_inner).ended(key, at, failed);
        if spread == Spread::Many {
            tracing::error!(tenant = %key.tenant, plugin = %key.plugin, "failed for many patients: stopped for a while");
        }
    }
}

/// How far a fault has spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spread {
    /// No further than its key.
    Key,
    /// To so many patients that the plugin was stopped just now.
    Many,
}

/// What was seen, plugin by plugin: none of them has room of another.
#[derive(Default)]
struct Seen(BTreeMap<(TenantId, PluginId), Plugin>);

/// The rest of a [`CellKey`] within one plugin.
type Under = (PatientId, Purpose, Digest);

struct Plugin {
    stopped: Option<Timestamp>,
    /// Patients with a failure, and when it last was: fewer than [`MANY_PATIENTS`].
    failing: BTreeMap<PatientId, Timestamp>,
    keys: Recent<Under, Faults>,
    runs: Recent<PatientId, Runs>,
}

impl Default for Plugin {
    fn default() -> Self {
        let failing = BTreeMap::new();
        Self { stopped: None, failing, keys: Recent::new(MOST_KEYS), runs: Recent::new(MOST_KEYS) }
    }
}

#[derive(Default)]
struct Faults {
    failed: Vec<Timestamp>,
    suspended: Option<Timestamp>,
    /// When the one call came that tries again.
    trial: Option<Timestamp>,
}

#[derive(Default)]
struct Runs {
    since: Option<Timestamp>,
    count: u32,
}

/// Whether two instants are so close. Also when the clock was set back: nothing is stopped for longer than it says.
fn within(span: SignedDuration, one: Timestamp, other: Timestamp) -> bool {
    one.duration_since(other).abs() < span
}

impl Seen {
    fn of(&mut self, key: &CellKey) -> &mut Plugin {
        let place = (key.tenant.clone(), key.plugin.clone());
        if out!(BreakerShared)
            && let Some(first) = self.0.keys().next().cloned()
        {
            return self.0.entry(first).or_default();
        }
        self.0.entry(place).or_default()
    }

    fn admits(&mut self, key: &CellKey, at: Timestamp) -> bool {
        let plugin = self.of(key);
        if plugin.stopped.is_some_and(|since| within(WINDOW, since, at)) {
            return false;
        }
        let under = under(key);
        if plugin
            .keys
            .peek(&under)
            .is_some_and(|faults| faults.suspended.is_some_and(|since| within(WINDOW, since, at)))
        {
            return false;
        }
        if !plugin.runs.touch(&key.patient).take(at) {
            return false;
        }
        if let Some(faults) = plugin.keys.peek(&under)
            && faults.suspended.is_some()
        {
            // One call tries; the others wait as long again, or until it has gone well.
            faults.suspended = Some(at);
            faults.trial = Some(at);
        }
        true
    }

    fn ended(&mut self, key: &CellKey, at: Timestamp, failed: bool) -> Spread {
        let plugin = self.of(key);
        let under = under(key);
        if failed {
            plugin.keys.touch(&under).fail(at);
            return plugin.spread(&key.patient, at);
        }
        if plugin.keys.peek(&under).is_some_and(|faults| faults.trial == Some(at)) {
            plugin.keys.forget(&under);
        }
        Spread::Key
    }
}

fn under(key: &CellKey) -> Under {
    (key.patient.clone(), key.purpose, key.clearance)
}

impl Plugin {
    /// Counts the patients that have failures now, and stops the plugin when they are many.
    fn spread(&mut self, patient: &PatientId, at: Timestamp) -> Spread {
        self.failing.retain(|_, last| within(WINDOW, *last, at));
        self.failing.insert(patient.clone(), at);
        if self.failing.len() < MANY_PATIENTS {
            return Spread::Key;
        }
        self.failing.clear();
        self.stopped = Some(at);
        Spread::Many
    }
}

impl Faults {
    fn fail(&mut self, at: Timestamp) {
        self.failed.retain(|earlier| within(WINDOW, *earlier, at));
        self.failed.push(at);
        if self.suspended.is_some() || self.failed.len() >= MOST_FAILURES {
            self.suspended = Some(at);
            self.failed.clear();
        }
    }
}

impl Runs {
    /// Takes one run of the budget, if there is one left.
    fn take(&mut self, at: Timestamp) -> bool {
        if !self.since.is_some_and(|since| within(HOUR, since, at)) {
            *self = Self { since: Some(at), count: 0 };
        }
        let left = self.count < MOST_RUNS;
        self.count = self.count.saturating_add(u32::from(left));
        left
    }
}
