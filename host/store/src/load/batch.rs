//! Resources on their way into the store, many to a transaction.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use cordon_core::ids::TenantId;

use super::{LoadError, LoadReport, MAX_REFUSALS, Place, Progress, Refused, Why};
use crate::resource::{Put, RecordStore, Resource};
use crate::store::Store;

/// A transaction ends at so many resources or bytes.
const RESOURCES: usize = 512;
const BYTES: usize = 4 * 1024 * 1024;

pub(crate) struct Batch<'a> {
    store: &'a Store,
    tenant: &'a TenantId,
    progress: &'a mut dyn FnMut(Progress) -> ControlFlow<()>,
    waiting: Vec<Resource>,
    bytes: usize,
    done: Progress,
    report: LoadReport,
}

impl<'a> Batch<'a> {
    pub(crate) fn new(
        store: &'a Store,
        tenant: &'a TenantId,
        name: &str,
        progress: &'a mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Self {
        let report = LoadReport {
            name: name.to_owned(),
            types: BTreeMap::new(),
            refusals: Vec::new(),
            refused: 0,
            unresolved: 0,
        };
        Self { store, tenant, progress, waiting: Vec::new(), bytes: 0, done: Progress::default(), report }
    }

    /// Takes the text of a resource, or refuses it.
    pub(crate) fn offer(&mut self, place: Place, text: Vec<u8>) -> Result<(), LoadError> {
        match Resource::parse(text) {
            Ok(resource) => {
                self.bytes = self.bytes.saturating_add(resource.bytes().len());
                self.waiting.push(resource);
            }
            Err(error) => self.refuse(place, error.into()),
        }
        if self.waiting.len() >= RESOURCES || self.bytes >= BYTES { self.flush() } else { Ok(()) }
    }

    pub(crate) fn refuse(&mut self, place: Place, why: Why) {
        self.report.refused = self.report.refused.saturating_add(1);
        if self.report.refusals.len() < MAX_REFUSALS {
            self.report.refusals.push(Refused { place, why });
        }
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
        self.done.refused = self.report.refused;
        match (self.progress)(self.done) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(LoadError::Stopped),
        }
    }

    fn flush(&mut self) -> Result<(), LoadError> {
        let puts = self.store.put(self.tenant, &self.waiting)?;
        for (resource, put) in self.waiting.drain(..).zip(puts) {
            let counts = self.report.types.entry(resource.reference().resource_type.to_string()).or_default();
            let count = match put {
                Put::New => &mut counts.new,
                Put::Replaced => &mut counts.replaced,
                Put::Unchanged => &mut counts.unchanged,
            };
            *count = count.saturating_add(1);
            self.done.accepted = self.done.accepted.saturating_add(1);
        }
        self.bytes = 0;
        self.tell()
    }

    pub(crate) fn finish(mut self) -> Result<LoadReport, LoadError> {
        self.flush()?;
        Ok(self.report)
    }
}
