//! Generated code outside of an engine: bytes that one process makes and another runs.

use std::path::{Path, PathBuf};

use cordon_core::ids::Digest;
use cordon_core::limits::{LimitClass, Wasi};
use wasmtime::component::Component;

use crate::contract::Wit;
use crate::plugins::Compiled;

/// The code of one component, and what it was admitted as. It is native code: loading it is trusting whoever made it.
#[derive(Clone)]
pub struct Code {
    pub(crate) digest: Digest,
    pub(crate) class: LimitClass,
    pub(crate) wit: Wit,
    wasi: Option<Wasi>,
    bytes: Bytes,
}

#[derive(Clone)]
enum Bytes {
    Here(Vec<u8>),
    File(PathBuf),
}

/// Code could not be loaded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// It is of another engine, of another profile, or no code at all.
    #[error("the code could not be loaded: {0}")]
    Code(String),
    /// What it imports or exports does not have the contract's types.
    #[error("the code does not fit the contract: {0}")]
    Link(String),
}

impl LoadError {
    pub(crate) fn of(error: wasmtime::Error) -> Self {
        Self::Code(crate::gate::reason(error))
    }
}

impl Code {
    pub(crate) fn of(compiled: &Compiled) -> wasmtime::Result<Self> {
        let bytes = Bytes::Here(compiled.component.serialize()?);
        Ok(Self { digest: compiled.digest, class: compiled.class, wit: compiled.wit, wasi: None, bytes })
    }

    /// Takes up code that was [`Code::bytes`] of the component with this digest, admitted in this class and made for
    /// this version of the contract. All of it is believed.
    #[must_use]
    pub fn trusted(digest: Digest, class: LimitClass, wit: Wit, bytes: Vec<u8>) -> Self {
        Self { digest, class, wit, wasi: None, bytes: Bytes::Here(bytes) }
    }

    /// As [`Code::trusted`], for a file that nobody can change while it is in use. It is mapped, so that all processes
    /// that load it share its pages.
    #[must_use]
    pub fn trusted_file(digest: Digest, class: LimitClass, wit: Wit, file: &Path) -> Self {
        Self { digest, class, wit, wasi: None, bytes: Bytes::File(file.to_owned()) }
    }

    /// The same, admitted with what its manifest asks for.
    #[must_use]
    pub fn with_wasi(self, wasi: Option<Wasi>) -> Self {
        Self { wasi, ..self }
    }

    /// The second profile, if it was admitted with it.
    #[must_use]
    pub fn wasi(&self) -> Option<Wasi> {
        self.wasi
    }

    /// The component's digest.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The class it was admitted in.
    #[must_use]
    pub fn class(&self) -> LimitClass {
        self.class
    }

    /// The version of the contract it is linked with.
    #[must_use]
    pub fn wit(&self) -> Wit {
        self.wit
    }

    /// The bytes, if they are in memory.
    #[must_use]
    pub fn bytes(&self) -> Option<&[u8]> {
        match &self.bytes {
            Bytes::Here(bytes) => Some(bytes),
            Bytes::File(_) => None,
        }
    }

    #[expect(
        unsafe_code,
        reason = "the engine has no safe way to take up code: that it is ours is `Code::trusted`'s word"
    )]
    pub(crate) fn component(&self, engine: &wasmtime::Engine) -> Result<Component, LoadError> {
        let loaded = match &self.bytes {
            // SAFETY: the bytes are what `serialize` gave for this engine's profile, as `Code::trusted` promises; the
            // engine compares version, target and settings itself. A file does not change: it is sealed.
            Bytes::Here(bytes) => unsafe { Component::deserialize(engine, bytes) },
            // SAFETY: as above.
            Bytes::File(file) => unsafe { Component::deserialize_file(engine, file) },
        };
        loaded.map_err(LoadError::of)
    }
}

/// Prints the digest only.
impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Code({})", self.digest)
    }
}
