//! Labels are renewed while the host answers: a row whose turn has not come is labelled as it is read.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use cordon_store::{Store, StoreError};

use crate::kept::Stores;

/// Renews the labels of every tenant in a thread of its own, one store after the other, until it is done or told to stop.
pub(crate) fn start(stores: Arc<Stores>, stopped: Arc<AtomicBool>) -> std::io::Result<JoinHandle<()>> {
    let renewing = move || {
        for store in stores.iter().take_while(|_| !stopped.load(Ordering::Relaxed)) {
            if let Err(error) = renew(store, &stopped) {
                // Calls are answered all the same, and the next start tries again.
                tracing::error!(tenant = %store.tenant(), %error, "labels were not renewed");
            }
        }
    };
    std::thread::Builder::new().name("labels".to_owned()).spawn(renewing)
}

fn renew(store: &Store, stopped: &AtomicBool) -> Result<(), StoreError> {
    let of = store.stale()?;
    if of == 0 {
        return Ok(());
    }
    tracing::info!(tenant = %store.tenant(), of, "renewing labels");
    let renewed = store.relabel(&mut |so_far| {
        tracing::debug!(tenant = %store.tenant(), done = so_far.done, of = so_far.of, "renewing labels");
        if stopped.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    tracing::info!(tenant = %store.tenant(), done = renewed.done, changed = renewed.changed, "labels renewed");
    Ok(())
}
