//! The compiled components, in memory only.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use cordon_core::ids::Digest;
use cordon_core::limits::LimitClass;

use wasmtime::component::Component;

use crate::bindings::{v0_2, v0_3};
use crate::contract::Wit;
use crate::host::State;

/// A component that passed the gate, linked and ready to be instantiated. [`crate::Engine::compile`] makes it.
pub struct Compiled {
    pub(crate) digest: Digest,
    pub(crate) class: LimitClass,
    pub(crate) wit: Wit,
    pub(crate) linked: Linked,
    pub(crate) component: Component,
}

/// Linked with one version of the contract.
pub(crate) enum Linked {
    V0_3(v0_3::CdsServicePre<State>),
    V0_2(v0_2::CdsServicePre<State>),
}

impl Compiled {
    /// The component's SHA-256.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The class it was admitted in.
    #[must_use]
    pub fn class(&self) -> LimitClass {
        self.class
    }
}

/// Prints the digest only.
impl std::fmt::Debug for Compiled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Compiled({})", self.digest)
    }
}

type Loaded = BTreeMap<Digest, Arc<Compiled>>;

/// The components that can be run now, by digest. Empty at the start; shared between threads.
#[derive(Debug, Default)]
pub struct Plugins(RwLock<Loaded>);

impl Plugins {
    /// Makes a component runnable. A component that was admitted in both classes stays in the narrower one.
    pub fn insert(&self, compiled: Compiled) {
        let mut loaded = self.write();
        let held = loaded.get(&compiled.digest).map(|held| held.class);
        if held.is_none_or(|held| compiled.class < held) {
            loaded.insert(compiled.digest, Arc::new(compiled));
        }
    }

    /// Makes a component not runnable. Runs under way end on their own.
    pub fn remove(&self, digest: &Digest) {
        self.write().remove(digest);
    }

    /// Whether a component can be run in this class.
    #[must_use]
    pub fn contains(&self, digest: &Digest, class: LimitClass) -> bool {
        self.read().get(digest).is_some_and(|held| held.class <= class)
    }

    pub(crate) fn get(&self, digest: &Digest) -> Option<Arc<Compiled>> {
        self.read().get(digest).cloned()
    }

    // A panic cannot leave the map half changed: every change is one call of it.
    fn read(&self) -> RwLockReadGuard<'_, Loaded> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Loaded> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}
