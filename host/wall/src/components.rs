//! How components become runnable.

use cordon_core::ids::Digest;
use cordon_core::limits::LimitClass;
use cordon_core::manifest::Manifest;
use cordon_runtime::Code;

use crate::compile::CompileError;

/// Code could not be put where runs find it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the code could not be kept: {0}")]
pub struct InsertError(pub String);

/// What makes components runnable: [`crate::Wall`], and in tests an engine in the same process.
pub trait Components: Send + Sync {
    /// Checks a component and generates its code.
    ///
    /// # Errors
    /// [`CompileError`]: what the class or the contract does not admit, or what was more than a compiler may use.
    fn compile(&self, component: &[u8], manifest: &Manifest) -> Result<Code, CompileError>;

    /// Makes a component runnable from what was kept of it, if that is this host's own code for this class, contract and
    /// engine. Nothing is compiled.
    fn restore(&self, component: &Digest, manifest: &Manifest) -> bool;

    /// Makes a component runnable, now and after a restart. One that was admitted in both classes stays in the narrower one.
    ///
    /// # Errors
    /// [`InsertError`] when the host has no room for it.
    fn insert(&self, code: &Code) -> Result<(), InsertError>;

    /// Whether a component can be run in this class.
    fn contains(&self, digest: &Digest, class: LimitClass) -> bool;
}
