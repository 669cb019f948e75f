//! Plugins whose code is missing: they are installed, and answer as soon as a compiler has made it. Nobody waits for that.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{MutexGuard, PoisonError};

use cordon_core::ids::{Digest, TenantId};
use cordon_core::limits::LimitClass;
use cordon_core::manifest::Manifest;
use cordon_wall::CompileError;

use super::{Hospital, Undone};

/// One tenant's component, in one class.
type Which = (TenantId, Digest, LimitClass);

/// What is to be compiled, and what cannot be.
#[derive(Debug, Default)]
pub(super) struct Missing {
    wanted: BTreeMap<Which, Manifest>,
    hopeless: BTreeSet<Which>,
}

/// What was done in the background.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Background {
    /// Every plugin has its code.
    Nothing,
    /// One more has, or never will.
    Done,
    /// The host cannot compile now.
    Failed,
}

impl Hospital {
    /// Sees to it that there is code: at once from what was kept, or later from a compiler.
    pub(super) fn provide(&self, tenant: &TenantId, component: &Digest, manifest: &Manifest) -> Result<(), Undone> {
        let class = manifest.limits.class;
        // Somebody else may have the same bytes installed in a wider class, in which they do not run for this plugin.
        if self.components.contains(component, class) || self.components.restore(component, manifest) {
            return Ok(());
        }
        let which = (tenant.clone(), *component, class);
        let mut missing = self.missing();
        if missing.hopeless.contains(&which) {
            return Err(Undone::Failed("no code can be generated for it"));
        }
        missing.wanted.insert(which, manifest.clone());
        Ok(())
    }

    /// Compiles one plugin that has no code. Calls of the others are answered meanwhile, its own are not.
    pub(crate) fn compile_next(&self) -> Background {
        let next = self.missing().wanted.first_key_value().map(|(which, manifest)| (which.clone(), manifest.clone()));
        let Some((which, manifest)) = next else { return Background::Nothing };
        let (tenant, component, class) = &which;
        let bytes = self.store(tenant).ok().and_then(|store| store.component(tenant, component).ok().flatten());
        let Some(bytes) = bytes else { return self.give_up(which, "it could not be read") };
        match self.components.compile(&bytes, &manifest) {
            Ok(code) if self.components.insert(&code).is_ok() => {
                tracing::info!(%tenant, plugin = %manifest.id, ?class, "a plugin was compiled in the background");
                self.missing().wanted.remove(&which);
                Background::Done
            }
            Err(error @ (CompileError::Component(_) | CompileError::Limit(_))) => {
                self.give_up(which, &error.to_string())
            }
            Ok(_) => Background::Failed,
            Err(error @ CompileError::Host(_)) => {
                tracing::error!(%tenant, plugin = %manifest.id, %error, "a plugin waits for its code");
                Background::Failed
            }
        }
    }

    /// It is not served any more, until it is installed again or the host starts anew.
    fn give_up(&self, which: Which, why: &str) -> Background {
        let tenant = which.0.clone();
        tracing::error!(%tenant, component = %which.1, why, "an installed plugin cannot be compiled: not served");
        let mut missing = self.missing();
        missing.wanted.remove(&which);
        missing.hopeless.insert(which);
        drop(missing);
        let _acting = self.acting.get(&tenant).map(|acting| acting.lock().unwrap_or_else(PoisonError::into_inner));
        if self.follow(&tenant).is_err() {
            tracing::error!(%tenant, "what is installed cannot be read: nothing is served");
        }
        Background::Done
    }

    // A panic leaves no half entry: every change is one call.
    fn missing(&self) -> MutexGuard<'_, Missing> {
        self.missing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
