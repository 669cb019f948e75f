//! `cordon load` while the host runs: the host stays the only writer, and an administrator hands it the file.
//!
//! A withdrawn Consent takes effect with the transaction that keeps it: consents are read whenever a call is admitted. A call
//! that was admitted before goes on as it was decided.

use std::ops::ControlFlow;

use cordon_core::record::AdminAction;
use cordon_store::{LoadError, LoadReport, Progress, Received, StoreError};

use super::named::reason;
use super::{Done, Hospital, Undone, kind};
use crate::admin::Admin;
use crate::admin::protocol::{Reply, Request};

impl Hospital {
    /// A place for the file, if this act may be done. A refused one is recorded.
    pub(crate) fn receive(&self, admin: &Admin, request: &Request, length: u64) -> Result<Received, Reply> {
        let Some(store) = self.stores.of(&request.tenant) else {
            // It is in no log: there is none.
            tracing::warn!(admin = admin.as_str(), "a load for a tenant that this host does not have");
            return Err(kind::unknown_tenant(&request.tenant).into());
        };
        reason(request).map_err(|undone| self.refused(admin, request, undone))?;
        store.receive(length).map_err(|error| unloaded(&error).into())
    }

    /// Loads what came, once it is on record. Other acts of the tenant do not wait for it: it may take long, and somebody may
    /// have to be stopped meanwhile.
    pub(crate) fn load_file(
        &self,
        admin: &Admin,
        request: &Request,
        file: Received,
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Reply {
        let loaded = || -> Done {
            let store = self.store(&request.tenant)?;
            let digest = file.digest().map_err(|error| unloaded(&error))?;
            self.record(admin, request, AdminAction::Load { digest: Some(digest) }, None)?;
            // What the file is called may say whose it is: only its sender knows.
            let report: LoadReport = file.load(store, "", progress).map_err(|error| unloaded(&error))?;
            serde_json::to_value(report).map_err(|_| Undone::Failed("the report could not be written"))
        };
        loaded().map_or_else(Reply::from, Reply::Done)
    }
}

/// What stood before the end of a load that failed is kept: loading again is safe.
pub(crate) fn unloaded(error: &LoadError) -> Undone {
    Undone::Failed(match error {
        LoadError::Input(_) | LoadError::Spool(_) => "the data directory cannot be used",
        LoadError::Length => "the file was cut off on its way, or grew: nothing of it was loaded",
        LoadError::Stopped => "the load was stopped: load the file again",
        LoadError::Store(StoreError::Full) => "the store is full",
        LoadError::Store(StoreError::Damaged | StoreError::Foreign | StoreError::Engine { .. }) => "the store failed",
    })
}
