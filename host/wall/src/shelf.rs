//! The code that can be run now: one sealed memory file for each component, which runners map and nobody changes.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::sync::{Arc, PoisonError, RwLock};

use cordon_core::ids::Digest;
use cordon_core::limits::LimitClass;
use cordon_runtime::{Code, Wit};
use memfd::{FileSeal, MemfdOptions};

/// Code, sealed.
#[derive(Debug)]
pub(crate) struct Sealed {
    pub(crate) digest: Digest,
    pub(crate) class: LimitClass,
    pub(crate) wit: Wit,
    pub(crate) file: File,
}

impl Sealed {
    /// Puts code into a file that can be neither written nor changed in size any more.
    pub(crate) fn of(code: &Code) -> Result<Self, String> {
        let text = |error: &dyn std::fmt::Display| error.to_string();
        let options = MemfdOptions::default().allow_sealing(true).close_on_exec(true);
        let memfd = options.create("cordon-code").map_err(|error| text(&error))?;
        let bytes = code.bytes().ok_or_else(|| "the code is not in memory".to_owned())?;
        memfd.as_file().write_all(bytes).map_err(|error| text(&error))?;
        let seals = [FileSeal::SealWrite, FileSeal::SealShrink, FileSeal::SealGrow, FileSeal::SealSeal];
        memfd.add_seals(&seals).map_err(|error| text(&error))?;
        Ok(Self { digest: code.digest(), class: code.class(), wit: code.wit(), file: memfd.into_file() })
    }
}

/// What is on the shelf, by digest.
#[derive(Debug, Default)]
pub(crate) struct Shelf(RwLock<BTreeMap<Digest, Arc<Sealed>>>);

impl Shelf {
    /// Code that was admitted in both classes stays in the narrower one.
    pub(crate) fn insert(&self, sealed: Sealed) {
        let mut shelf = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if shelf.get(&sealed.digest).is_none_or(|held| sealed.class < held.class) {
            shelf.insert(sealed.digest, Arc::new(sealed));
        }
    }

    pub(crate) fn get(&self, digest: &Digest) -> Option<Arc<Sealed>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(digest).cloned()
    }
}
