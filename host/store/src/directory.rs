//! Folders: the host's (`lock`, `demo`, `code/`, `tenants/`) and one tenant's (`cordon.db`, `log.vkey`, `keys/`). Files of ours are
//! opened through `cap-std` directories; only the database engine is given a path, because it opens its own files
//! (`cordon.db`, `-wal`, `-shm`).

use std::fs::TryLockError;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use cap_std::ambient_authority;
use cap_std::fs::{Dir, File, MetadataExt, OpenOptions, OpenOptionsExt, Permissions, PermissionsExt};
use cordon_core::ids::TenantId;

use crate::error::{KeyError, OpenError};

const LOCK: &str = "lock";
const DEMO: &str = "demo";
const TENANTS: &str = "tenants";
const DATABASE: &str = "cordon.db";
const CODE: &str = "code";
const KEYS: &str = "keys";
const LOG_KEY: &str = "keys/log";
const PSEUDONYM_KEY: &str = "keys/pseudonyms";
const LOG_VERIFIER: &str = "log.vkey";

/// The host's folder.
#[derive(Debug)]
pub(crate) struct Root {
    dir: Dir,
    path: PathBuf,
}

impl Root {
    /// Opens what is there.
    pub(crate) fn open(path: &Path) -> Result<Self, OpenError> {
        let dir = Dir::open_ambient_dir(path, ambient_authority()).map_err(OpenError::Directory)?;
        if dir.exists(DATABASE) {
            return Err(OpenError::Former);
        }
        Ok(Self { dir, path: path.to_owned() })
    }

    /// Makes the folder, for its owner only, where it is missing.
    pub(crate) fn create(path: &Path) -> Result<Self, OpenError> {
        Dir::create_ambient_dir_all(path, ambient_authority()).map_err(OpenError::Directory)?;
        let made = Self::open(path)?;
        made.dir.set_permissions(".", Permissions::from_mode(0o700)).map_err(OpenError::Directory)?;
        own_folder(&made.dir, TENANTS).map_err(OpenError::Directory)?;
        Ok(made)
    }

    /// Takes the lock for as long as the file lives. The kernel drops it with the process, however that ends.
    pub(crate) fn lock(&self) -> Result<std::fs::File, OpenError> {
        let options = OpenOptions::new().write(true).create(true).mode(0o600).clone();
        let file = self.dir.open_with(LOCK, &options).map_err(OpenError::Directory)?.into_std();
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(OpenError::Held),
            Err(TryLockError::Error(error)) => Err(OpenError::Directory(error)),
        }
    }

    /// Opens the folder of generated code and makes it, for its owner only, where it is missing.
    pub(crate) fn code(&self) -> io::Result<Dir> {
        own_folder(&self.dir, CODE)?;
        self.dir.open_dir(CODE)
    }

    pub(crate) fn is_demo(&self) -> bool {
        self.dir.exists(DEMO)
    }

    pub(crate) fn mark_demo(&self) -> io::Result<()> {
        self.dir.open_with(DEMO, OpenOptions::new().write(true).create(true).mode(0o600))?.sync_all()?;
        self.dir.open(".")?.sync_all()
    }

    /// The tenants that have a folder, in order. What is no tenant's name is nobody's.
    pub(crate) fn tenants(&self) -> io::Result<Vec<TenantId>> {
        let names = self.dir.read_dir(TENANTS)?.map(|entry| Ok(entry?.file_name().into_string().ok()));
        let names = names.collect::<io::Result<Vec<_>>>()?;
        let mut tenants: Vec<_> = names.into_iter().flatten().filter_map(|name| TenantId::new(name).ok()).collect();
        tenants.sort();
        Ok(tenants)
    }

    /// Opens a tenant's folder. A tenant's id is a safe name: a letter, then letters, digits and hyphens.
    pub(crate) fn tenant(&self, tenant: &TenantId) -> io::Result<Directory> {
        let dir = self.dir.open_dir(TENANTS)?.open_dir(tenant.as_str())?;
        Ok(Directory { dir, path: self.path.join(TENANTS).join(tenant.as_str()), spools: AtomicU64::new(0) })
    }

    /// Makes a tenant's folder and an empty database file, for their owner only, where they are missing.
    pub(crate) fn create_tenant(&self, tenant: &TenantId) -> io::Result<Directory> {
        own_folder(&self.dir.open_dir(TENANTS)?, tenant.as_str())?;
        let made = self.tenant(tenant)?;
        own_folder(&made.dir, KEYS)?;
        // The engine gives its own files the mode of the database.
        made.dir.open_with(DATABASE, OpenOptions::new().write(true).create(true).mode(0o600))?;
        Ok(made)
    }
}

fn own_folder(dir: &Dir, name: &str) -> io::Result<()> {
    if !dir.exists(name) {
        dir.create_dir(name)?;
    }
    dir.set_permissions(name, Permissions::from_mode(0o700))
}

/// A tenant's folder.
#[derive(Debug)]
pub(crate) struct Directory {
    dir: Dir,
    path: PathBuf,
    spools: AtomicU64,
}

impl Directory {
    /// Where the engine finds the database.
    pub(crate) fn database(&self) -> PathBuf {
        self.path.join(DATABASE)
    }

    /// Fails where there is no database to read.
    pub(crate) fn expect_database(&self) -> io::Result<()> {
        self.dir.metadata(DATABASE).map(drop)
    }

    /// An unnamed file beside the database, so that what is being loaded lies nowhere else. Loads may run side by side.
    pub(crate) fn spool(&self) -> io::Result<File> {
        let name = format!("load-{}.tmp", self.spools.fetch_add(1, Ordering::Relaxed));
        // One that a killed process left behind is in nobody's hands: this process has the lock.
        match self.dir.remove_file(&name) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let options = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).clone();
        let file = self.dir.open_with(&name, &options)?;
        self.dir.remove_file(&name)?;
        Ok(file)
    }

    pub(crate) fn log_key(&self) -> Result<Option<[u8; 32]>, KeyError> {
        self.key(LOG_KEY)
    }

    pub(crate) fn write_log_key(&self, seed: &[u8; 32]) -> Result<(), KeyError> {
        self.write_key(LOG_KEY, seed)
    }

    pub(crate) fn pseudonym_key(&self) -> Result<Option<[u8; 32]>, KeyError> {
        self.key(PSEUDONYM_KEY)
    }

    pub(crate) fn write_pseudonym_key(&self, key: &[u8; 32]) -> Result<(), KeyError> {
        self.write_key(PSEUDONYM_KEY, key)
    }

    fn key(&self, name: &str) -> Result<Option<[u8; 32]>, KeyError> {
        read_key(&self.dir, name)
    }

    fn write_key(&self, name: &str, key: &[u8; 32]) -> Result<(), KeyError> {
        write_key(&self.dir, name, key)?;
        Ok(self.dir.open(KEYS)?.sync_all()?)
    }

    pub(crate) fn log_verifier(&self) -> io::Result<String> {
        Ok(self.dir.read_to_string(LOG_VERIFIER)?.trim_end().to_owned())
    }

    /// Writes the public half of the log's key beside the log, for whoever verifies it.
    pub(crate) fn write_log_verifier(&self, text: &str) -> io::Result<()> {
        let options = OpenOptions::new().write(true).create(true).truncate(true).mode(0o644).clone();
        let mut file = self.dir.open_with(LOG_VERIFIER, &options)?;
        writeln!(file, "{text}")?;
        file.sync_all()
    }
}

pub(crate) fn read_key(dir: &Dir, name: &str) -> Result<Option<[u8; 32]>, KeyError> {
    let mut file = match dir.open(name) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    if file.metadata()?.mode() & 0o077 != 0 {
        return Err(KeyError::Exposed);
    }
    let mut bytes = Vec::new();
    (&mut file).take(33).read_to_end(&mut bytes)?;
    bytes.try_into().map(Some).map_err(|_| KeyError::Malformed)
}

/// Writes beside and renames, so that there is a whole key or none. The folder is the caller's to make durable.
pub(crate) fn write_key(dir: &Dir, name: &str, key: &[u8; 32]) -> Result<(), KeyError> {
    if dir.exists(name) {
        return Err(KeyError::Exists);
    }
    let draft = format!("{name}.new");
    let options = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).clone();
    let mut file = dir.open_with(&draft, &options)?;
    file.write_all(key)?;
    file.sync_all()?;
    Ok(dir.rename(&draft, dir, name)?)
}
