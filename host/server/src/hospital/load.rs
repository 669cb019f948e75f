//! `cordon load` while the host runs: the host stays the only writer, and an administrator hands it the file.
//!
//! A withdrawn Consent takes effect with the transaction that keeps it: consents are read whenever a call is admitted. A call
//! that was admitted before goes on as it was decided. Loads of one tenant run side by side, so that a withdrawal waits for
//! none: no other load under way takes it back, and no older file that is loaded later.

use std::ops::ControlFlow;
use std::sync::Arc;

use cordon_core::record::{AdminAction, Event, LeafIndex, LoadEnd};
use cordon_store::{LoadError, Loaded, Older, Progress, Received, StoreError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::named::{named, reason};
use super::{Done, Hospital, Undone, kind};
use crate::admin::Admin;
use crate::admin::protocol::{Act, Reply, Request};

/// So many loads of one tenant are under way at a time.
pub(crate) const LOADS: usize = 4;

/// Files below this length have as many places of their own, so that a withdrawal waits for no export.
pub(crate) const SMALL: u64 = 1 << 20;

/// The places of one tenant.
pub(super) struct Places {
    any: Arc<Semaphore>,
    small: Arc<Semaphore>,
}

impl Default for Places {
    fn default() -> Self {
        Self { any: Arc::new(Semaphore::new(LOADS)), small: Arc::new(Semaphore::new(LOADS)) }
    }
}

impl Places {
    /// A place for a file of this length, while there is one.
    fn take(&self, length: u64) -> Option<OwnedSemaphorePermit> {
        let small = (length < SMALL).then(|| Arc::clone(&self.small).try_acquire_owned().ok()).flatten();
        small.or_else(|| Arc::clone(&self.any).try_acquire_owned().ok())
    }
}

/// A file that comes, and its place among those that are under way.
pub(crate) struct Coming {
    file: Received,
    _place: OwnedSemaphorePermit,
}

impl Coming {
    /// Takes the next piece.
    pub(crate) fn push(&mut self, piece: &[u8]) -> Result<(), LoadError> {
        self.file.push(piece)
    }
}

impl Hospital {
    /// A place for the file, if this act may be done. A refused one is recorded.
    pub(crate) fn receive(&self, admin: &Admin, request: &Request, length: u64) -> Result<Coming, Reply> {
        let (Some(store), Some(loading)) = (self.stores.of(&request.tenant), self.loading.get(&request.tenant)) else {
            // It is in no log: there is none.
            tracing::warn!(admin = admin.as_str(), "a load for a tenant that this host does not have");
            return Err(kind::unknown_tenant(&request.tenant).into());
        };
        reason(request).map_err(|undone| self.refused(admin, request, undone))?;
        let place = loading.take(length);
        let place = place.ok_or(Undone::Failed("too many loads are under way: try again when one has ended"))?;
        let file = store.receive(length).map_err(|error| unloaded(&error))?;
        Ok(Coming { file, _place: place })
    }

    /// Loads what came, once it is on record, and records how that ended. Other acts of the tenant do not wait for it: it may
    /// take long, and somebody may have to be stopped meanwhile.
    pub(crate) fn load_file(
        &self,
        admin: &Admin,
        request: &Request,
        file: Coming,
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Reply {
        self.keep_file(admin, request, file, progress).map_or_else(Reply::from, Reply::Done)
    }

    fn keep_file(
        &self,
        admin: &Admin,
        request: &Request,
        file: Coming,
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Done {
        let store = self.store(&request.tenant)?;
        let digest = file.file.digest().map_err(|error| unloaded(&error))?;
        let began = Event::Admin { action: named(&request.act), refused: None };
        let began = self.append(admin, request, began, Some(digest))?;
        let deliberate = matches!(request.act, Act::Load { older: true, .. });
        let older = if deliberate { Older::Taken } else { Older::Refused };
        // What the file is called may say whose it is: only its sender knows.
        let loaded = file.file.load(store, "", older, progress);
        let event = Event::Admin { action: ended(began, &loaded), refused: None };
        let recorded = self.append(admin, request, event, None);
        let report = loaded.report.map_err(|error| {
            if recorded.is_err() {
                tracing::error!(tenant = %request.tenant, "how a load ended could not be recorded");
            }
            unloaded(&error)
        })?;
        recorded.map_err(|_| Undone::Failed("the file was loaded, but that it was could not be recorded"))?;
        serde_json::to_value(report).map_err(|_| Undone::Failed("the report could not be written"))
    }
}

fn ended(began: LeafIndex, loaded: &Loaded) -> AdminAction {
    let Progress { accepted, unchanged, refused, .. } = loaded.so_far;
    let ended = match &loaded.report {
        Ok(report) if report.complete => LoadEnd::Complete,
        Ok(_) => LoadEnd::Incomplete,
        Err(LoadError::Stopped) => LoadEnd::Stopped,
        Err(LoadError::Store(StoreError::Full)) => LoadEnd::Full,
        Err(LoadError::Input(_) | LoadError::Spool(_) | LoadError::Length | LoadError::Store(_)) => LoadEnd::Failed,
    };
    AdminAction::Loaded { load: began, ended, kept: accepted.saturating_sub(unchanged), unchanged, refused }
}

/// What stood before the end of a load that failed is kept, the Consents of the file first.
pub(crate) fn unloaded(error: &LoadError) -> Undone {
    Undone::Failed(match error {
        LoadError::Input(_) | LoadError::Spool(_) => "the data directory cannot be used",
        LoadError::Length => "the file was cut off on its way, or grew: nothing of it was loaded",
        LoadError::Stopped => {
            "the load was stopped, and what it had kept stays: load the file again if nothing newer was loaded meanwhile"
        }
        LoadError::Store(StoreError::Full) => "the store is full",
        LoadError::Store(StoreError::Damaged | StoreError::Foreign | StoreError::Engine { .. }) => "the store failed",
    })
}
