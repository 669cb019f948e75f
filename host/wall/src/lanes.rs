//! Whose runners wait and how many there are: the counts of the wall.

use std::collections::BTreeMap;
use std::time::Instant;

use cordon_core::ids::{Digest, PluginId, TenantId};
use cordon_core::limits::LimitClass;

use crate::compile::Priority;
use crate::process::Process;

/// Whose runners they are. Two plugins that are made of the same bytes share none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Lane {
    pub(crate) tenant: TenantId,
    pub(crate) plugin: PluginId,
    pub(crate) component: Digest,
    pub(crate) class: LimitClass,
}

#[derive(Debug, Default)]
pub(crate) struct Lanes {
    pub(crate) lanes: BTreeMap<Lane, Held>,
    pub(crate) alive: usize,
    uses: u64,
}

/// So many runners of a plugin may die in a row, or so many calls loop, before it is treated otherwise: fewer may be one
/// patient's, for whom the breaker stands, and tell nothing to the calls of another.
pub(crate) const MANY: u32 = 8;

/// What is held for one lane.
#[derive(Debug, Default)]
pub(crate) struct Held {
    pub(crate) idle: Vec<Process>,
    /// Those that wait, and those that are called.
    pub(crate) alive: usize,
    /// When it was last used, counted in uses.
    used: u64,
    /// Runners that died one after the other.
    pub(crate) deaths: u32,
    pub(crate) not_before: Option<Instant>,
    /// Calls that took too long, one after the other, and had no answer: from many on, the next ones start behind all others.
    /// Who answers late goes on as before, for on a busy machine he would never answer at all.
    pub(crate) loops: u32,
}

impl Held {
    pub(crate) fn priority(&self) -> Priority {
        if self.loops >= MANY { Priority::Idle } else { Priority::Normal }
    }
}

impl Lanes {
    pub(crate) fn held(&mut self, lane: &Lane) -> &mut Held {
        self.lanes.entry(lane.clone()).or_default()
    }

    /// Counts one more of this lane.
    pub(crate) fn born(&mut self, lane: &Lane) {
        self.alive = self.alive.saturating_add(1);
        let held = self.held(lane);
        held.alive = held.alive.saturating_add(1);
    }

    /// Counts so many less of this lane.
    pub(crate) fn buried(&mut self, lane: &Lane, count: usize) {
        self.alive = self.alive.saturating_sub(count);
        let held = self.held(lane);
        held.alive = held.alive.saturating_sub(count);
    }

    /// A waiting runner of this lane, which is used now. It may have died while it waited.
    pub(crate) fn waiting(&mut self, lane: &Lane) -> Option<Process> {
        self.uses = self.uses.saturating_add(1);
        let uses = self.uses;
        let held = self.held(lane);
        held.used = uses;
        held.idle.pop()
    }

    /// A waiting runner of the lane that was used longest ago.
    pub(crate) fn oldest(&mut self) -> Option<Process> {
        let waiting = self.lanes.values_mut().filter(|held| !held.idle.is_empty());
        let held = waiting.min_by_key(|held| held.used)?;
        held.alive = held.alive.saturating_sub(1);
        self.alive = self.alive.saturating_sub(1);
        held.idle.pop()
    }
}
