//! Generated code, as files that somebody else authenticates: a cache of the host, of no tenant, that may be lost at any time.
//!
//! It needs no lock: a file appears whole or not at all, and whoever reads it believes nothing of it.

use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use cap_std::fs::{Dir, OpenOptions, OpenOptionsExt as _};
use cordon_core::ids::Digest;
use cordon_core::limits::LimitClass;

use crate::directory::{Root, read_key, write_key};
use crate::error::{KeyError, OpenError};

/// The most bytes of one file: code, and what authenticates it.
const MOST: u64 = 257 << 20;

/// What code is filed under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeName<'a> {
    /// The component.
    pub component: Digest,
    /// The class that it was admitted in.
    pub class: LimitClass,
    /// The engine and its settings: letters, digits and hyphens.
    pub profile: &'a str,
}

impl CodeName<'_> {
    fn file(&self) -> io::Result<String> {
        if !self.profile.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let class = match self.class {
            LimitClass::Compiled => "compiled",
            LimitClass::Interpreted => "interpreted",
        };
        Ok(format!("{}.{class}.{}", self.component.hex(), self.profile))
    }
}

/// The folder `code/` of a data directory.
#[derive(Debug)]
pub struct CodeFiles {
    dir: Dir,
    drafts: AtomicU64,
}

impl CodeFiles {
    /// Opens the folder, and makes it, for its owner only, where it is missing.
    ///
    /// # Errors
    /// There is no data directory, or it cannot be written.
    pub fn open(data: &Path) -> Result<Self, OpenError> {
        let dir = Root::open(data)?.code().map_err(OpenError::Directory)?;
        Ok(Self { dir, drafts: AtomicU64::new(0) })
    }

    /// The key that authenticates code, if one was kept.
    ///
    /// # Errors
    /// [`KeyError::Exposed`] if others than the owner may touch the file.
    pub fn key(&self) -> Result<Option<[u8; 32]>, KeyError> {
        read_key(&self.dir, KEY)
    }

    /// Keeps that key.
    ///
    /// # Errors
    /// [`KeyError::Exists`] if there is one.
    pub fn keep_key(&self, key: &[u8; 32]) -> Result<(), KeyError> {
        write_key(&self.dir, KEY, key)?;
        Ok(self.dir.open(".")?.sync_all()?)
    }

    /// What was kept under this name.
    ///
    /// # Errors
    /// The file cannot be read, or is longer than any that was kept.
    pub fn get(&self, name: &CodeName<'_>) -> io::Result<Option<Vec<u8>>> {
        let file = match self.dir.open(name.file()?) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        if file.metadata()?.len() > MOST {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let mut bytes = Vec::new();
        file.take(MOST).read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }

    /// Keeps this under this name, in the place of what was there.
    ///
    /// # Errors
    /// The file cannot be written; what was there stays.
    pub fn put(&self, name: &CodeName<'_>, bytes: &[u8]) -> io::Result<()> {
        let file = name.file()?;
        let draft = format!("{file}.{}.{}{DRAFT}", std::process::id(), self.drafts.fetch_add(1, Ordering::Relaxed));
        let options = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).clone();
        let written = self.dir.open_with(&draft, &options).and_then(|mut file| file.write_all(bytes));
        let kept = written.and_then(|()| self.dir.rename(&draft, &self.dir, &file));
        if kept.is_err() {
            drop(self.dir.remove_file(&draft));
        }
        kept
    }

    /// Removes what other profiles kept before this time, and drafts of processes that ended. Gives how many files.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn prune(&self, profile: &str, before: SystemTime) -> io::Result<usize> {
        let mut removed = 0_usize;
        for entry in self.dir.entries()? {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let old = entry.metadata()?.modified()?.into_std() < before;
            if name != KEY && old && !name.ends_with(&format!(".{profile}")) && self.dir.remove_file(&*name).is_ok() {
                removed = removed.saturating_add(1);
            }
        }
        Ok(removed)
    }
}

const KEY: &str = "key";
const DRAFT: &str = ".new";
