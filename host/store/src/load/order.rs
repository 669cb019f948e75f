//! Which load may put which Consent in the place of the kept one.
//!
//! Loads run side by side and a file may be loaded again, so "the last one wins" would let an old export undo a withdrawal that
//! was acknowledged. Of two loads that ran at the same time the first to keep a Consent wins; of two files the one with the
//! newer `meta.lastUpdated` (R4 Resource: "when the resource last changed"), and where both say the same the first again.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cordon_core::ids::TenantId;
use jiff::Timestamp;

use super::Why;
use crate::error::StoreError;
use crate::resource::{Before, Put, Resource};
use crate::store::Store;

/// Whether a Consent may replace one that was not changed before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Older {
    /// It is refused, as is one of another patient: the usual.
    Refused,
    /// Somebody says that it is meant so.
    Taken,
}

/// The loads of one store that are under way, and the Consents that they kept.
#[derive(Debug, Default)]
pub(crate) struct Loads(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Counts beginnings and kept Consents.
    now: u64,
    running: BTreeSet<u64>,
    /// By id. Only what a load under way may not know.
    kept: BTreeMap<String, Kept>,
}

#[derive(Debug)]
struct Kept {
    by: u64,
    at: u64,
}

impl Loads {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A load begins: what others keep from now on it does not know.
    pub(crate) fn begin(self: &Arc<Self>) -> Turn {
        let mut state = self.lock();
        let began = state.tick();
        state.running.insert(began);
        Turn { loads: Arc::clone(self), began }
    }
}

impl State {
    fn tick(&mut self) -> u64 {
        self.now = self.now.saturating_add(1);
        self.now
    }

    fn admits(&self, began: u64, consent: &Resource) -> Result<(), Why> {
        match self.kept.get(&consent.reference().id) {
            Some(kept) if kept.by != began && kept.at > began => Err(Why::Changed),
            Some(_) | None => Ok(()),
        }
    }

    fn keep(&mut self, began: u64, consent: &Resource) {
        if self.running.len() > 1 {
            let kept = Kept { by: began, at: self.tick() };
            self.kept.insert(consent.reference().id.clone(), kept);
        }
    }
}

/// One load, from its beginning until this is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    loads: Arc<Loads>,
    began: u64,
}

impl Turn {
    /// Keeps a batch but for the Consents that may not be replaced.
    pub(crate) fn keep(
        &self,
        store: &Store,
        tenant: &TenantId,
        batch: &[Resource],
        older: Older,
    ) -> Result<Vec<Result<Put, Why>>, StoreError> {
        if !batch.iter().any(Resource::is_consent) {
            return store.keep(tenant, batch, &|_, _| Ok(()));
        }
        // Held until the Consents are kept and it is known: another load decides before or after, not in between.
        let mut state = self.loads.lock();
        let puts = store.keep(tenant, batch, &|consent, kept| {
            state.admits(self.began, consent).and_then(|()| replaces(consent, kept, older))
        })?;
        let kept = batch.iter().zip(&puts).filter(|(resource, put)| resource.is_consent() && put.is_ok());
        kept.for_each(|(consent, _)| state.keep(self.began, consent));
        Ok(puts)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut state = self.loads.lock();
        let State { running, kept, .. } = &mut *state;
        running.remove(&self.began);
        kept.retain(|_, kept| running.range(..kept.at).any(|began| *began != kept.by));
    }
}

fn replaces(consent: &Resource, kept: &Before, older: Older) -> Result<(), Why> {
    match older {
        Older::Taken => Ok(()),
        // Kept, it would take the other patient's decision away.
        Older::Refused if consent.patient() != kept.patient => Err(Why::Anothers),
        Older::Refused => newer(consent.changed(), kept.changed),
    }
}

/// Of two that were changed at the same time nobody can say which one holds: the first that was kept does.
fn newer(offered: Option<Timestamp>, kept: Option<Timestamp>) -> Result<(), Why> {
    match (kept, offered) {
        (None, _) => Ok(()),
        (Some(_), None) => Err(Why::Undated),
        (Some(kept), Some(offered)) => match offered.cmp(&kept) {
            Ordering::Less => Err(Why::Older),
            Ordering::Equal => Err(Why::NotNewer),
            Ordering::Greater => Ok(()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn consent(patient: &str, last_updated: &str) -> Resource {
        let (meta, status) = (format!(r#""meta":{{"lastUpdated":"{last_updated}"}},"#), r#""status":"active""#);
        let meta = if last_updated.is_empty() { "" } else { &meta };
        let whose = format!(r#""patient":{{"reference":"Patient/{patient}"}}"#);
        let text = format!(r#"{{"resourceType":"Consent","id":"c",{meta}{status},{whose}}}"#);
        Resource::parse(text.into_bytes()).unwrap()
    }

    fn before(consent: &Resource) -> Before {
        Before { patient: consent.patient(), changed: consent.changed() }
    }

    #[test]
    fn an_instant_is_older_wherever_it_was_written() {
        let (kept, undated) = (before(&consent("p", "2026-11-22T12:00:00Z")), before(&consent("p", "")));
        let rows = [
            ("2026-11-22T12:59:59.999+01:00", Err(Why::Older)),
            ("2026-11-22T13:00:00+01:00", Err(Why::NotNewer)),
            ("2026-11-22T12:00:00.000Z", Err(Why::NotNewer)),
            ("2026-11-22T06:00:00.001-06:00", Ok(())),
            ("", Err(Why::Undated)),
        ];
        for (offered, answer) in rows {
            let consent = consent("p", offered);
            assert_eq!(replaces(&consent, &kept, Older::Refused), answer, "{offered}");
            assert_eq!(replaces(&consent, &kept, Older::Taken), Ok(()));
            assert_eq!(replaces(&consent, &undated, Older::Refused), Ok(()));
        }
    }

    #[test]
    fn a_consent_never_takes_the_place_of_another_patients() {
        for kept in ["", "2026-11-22T12:00:00Z"].map(|at| before(&consent("q", at))) {
            let newest = consent("p", "2026-11-23T12:00:00Z");
            assert_eq!(replaces(&newest, &kept, Older::Refused), Err(Why::Anothers));
            assert_eq!(replaces(&newest, &kept, Older::Taken), Ok(()));
        }
    }

    #[test]
    fn what_no_load_needs_any_more_is_forgotten() {
        let loads = Arc::new(Loads::default());
        let consent = br#"{"resourceType":"Consent","id":"c","status":"active","patient":{"reference":"Patient/p"}}"#;
        let consent = Resource::parse(consent.to_vec()).unwrap();
        let (first, second) = (loads.begin(), loads.begin());
        loads.lock().keep(second.began, &consent);
        assert_eq!(loads.lock().admits(first.began, &consent), Err(Why::Changed));
        assert_eq!(loads.lock().admits(second.began, &consent), Ok(()));
        let third = loads.begin();
        assert_eq!(loads.lock().admits(third.began, &consent), Ok(()));
        drop((first, third));
        assert!(loads.lock().kept.is_empty());
    }
}
