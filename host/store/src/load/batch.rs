//! Resources on their way into the store, many to a transaction.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use cordon_core::ids::TenantId;

use super::order::{Older, Turn};
use super::{LoadError, LoadReport, Loaded, MAX_REFUSALS, Place, Progress, Refused, Why};
use crate::resource::{Put, Resource};
use crate::store::Store;

/// A transaction ends at so many resources or bytes.
const RESOURCES: usize = 512;
const BYTES: usize = 4 * 1024 * 1024;

/// So many refusals are between two reports of progress.
const TELL: u64 = 256;

pub(crate) struct Batch<'a> {
    store: &'a Store,
    tenant: &'a TenantId,
    turn: Turn,
    older: Older,
    progress: &'a mut dyn FnMut(Progress) -> ControlFlow<()>,
    waiting: Vec<Resource>,
    places: Vec<Place>,
    bytes: usize,
    done: Progress,
    /// Refusals after which a newer Consent is there.
    outdated: u64,
    report: LoadReport,
}

impl<'a> Batch<'a> {
    pub(crate) fn new(
        store: &'a Store,
        tenant: &'a TenantId,
        turn: Turn,
        name: &str,
        older: Older,
        progress: &'a mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Self {
        let report = LoadReport {
            name: name.to_owned(),
            types: BTreeMap::new(),
            refusals: Vec::new(),
            refused: 0,
            unresolved: 0,
            complete: true,
        };
        let (waiting, places, done) = (Vec::new(), Vec::new(), Progress::default());
        Self { store, tenant, turn, older, progress, waiting, places, bytes: 0, done, outdated: 0, report }
    }

    /// Takes the text of a resource, or refuses it.
    pub(crate) fn offer(&mut self, place: Place, text: Vec<u8>) -> Result<(), LoadError> {
        match Resource::parse(text) {
            Ok(resource) => {
                self.bytes = self.bytes.saturating_add(resource.bytes().len());
                self.waiting.push(resource);
                self.places.push(place);
            }
            Err(error) => self.refuse(place, error.into())?,
        }
        if self.waiting.len() >= RESOURCES || self.bytes >= BYTES { self.flush() } else { Ok(()) }
    }

    /// Notes a refusal. Whoever hears of the progress may stop a load that keeps nothing, too.
    pub(crate) fn refuse(&mut self, place: Place, why: Why) -> Result<(), LoadError> {
        self.note(place, why);
        if self.report.refused.is_multiple_of(TELL) { self.tell() } else { Ok(()) }
    }

    fn note(&mut self, place: Place, why: Why) {
        self.report.refused = self.report.refused.saturating_add(1);
        if why == Why::Older {
            self.outdated = self.outdated.saturating_add(1);
        }
        if self.report.refusals.len() < MAX_REFUSALS {
            self.report.refusals.push(Refused { place, why });
        }
    }

    /// Refusals so far after which something lacks: where an older Consent was refused, a newer one is there.
    pub(crate) fn lacking(&self) -> u64 {
        self.report.refused.saturating_sub(self.outdated)
    }

    /// Says that not all of the file was looked at.
    pub(crate) fn incomplete(&mut self) {
        self.report.complete = false;
    }

    pub(crate) fn unresolved(&mut self, count: u64) {
        self.report.unresolved = self.report.unresolved.saturating_add(count);
    }

    /// Says how much of the input was read.
    pub(crate) fn read(&mut self, bytes: u64) {
        self.done.bytes = bytes;
    }

    /// Says how far it is, and hears whether it goes on.
    pub(crate) fn tell(&mut self) -> Result<(), LoadError> {
        let so_far = self.so_far();
        match (self.progress)(so_far) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(LoadError::Stopped),
        }
    }

    fn so_far(&self) -> Progress {
        Progress { refused: self.report.refused, ..self.done }
    }

    /// Keeps what waits.
    pub(crate) fn flush(&mut self) -> Result<(), LoadError> {
        let (waiting, places) = (std::mem::take(&mut self.waiting), std::mem::take(&mut self.places));
        self.bytes = 0;
        if !waiting.is_empty() {
            let puts = self.turn.keep(self.store, self.tenant, &waiting, self.older)?;
            for ((resource, place), put) in waiting.iter().zip(places).zip(puts) {
                match put {
                    Ok(put) => self.count(resource, put),
                    Err(why) => self.note(place, why),
                }
            }
        }
        self.tell()
    }

    fn count(&mut self, resource: &Resource, put: Put) {
        let counts = self.report.types.entry(resource.reference().resource_type.to_string()).or_default();
        let count = match put {
            Put::New => &mut counts.new,
            Put::Replaced => &mut counts.replaced,
            Put::Unchanged => {
                self.done.unchanged = self.done.unchanged.saturating_add(1);
                &mut counts.unchanged
            }
        };
        *count = count.saturating_add(1);
        self.done.accepted = self.done.accepted.saturating_add(1);
    }

    /// The end of the load: what still waits is kept only if it did not end before.
    pub(crate) fn end(mut self, ended: Result<(), LoadError>) -> Loaded {
        let ended = ended.and_then(|()| self.flush());
        Loaded { so_far: self.so_far(), report: ended.map(|()| self.report) }
    }
}
