//! What can go wrong with the file. No error holds a value of a row, a key or a text of SQL.

use std::io;

use rusqlite::ErrorCode;

/// The store could not do what was asked. Nothing of it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// No space, or the size limit is reached.
    #[error("the store is full")]
    Full,
    /// The file, or a row in it, is not what this host wrote.
    #[error("the store is damaged")]
    Damaged,
    /// What was asked for is another tenant's.
    #[error("the store is another tenant's")]
    Foreign,
    /// The file cannot be read or written.
    #[error("the store cannot be read or written (sqlite code {code})")]
    Engine {
        /// The engine's extended result code, <https://sqlite.org/rescode.html>.
        code: i32,
    },
}

impl From<rusqlite::Error> for StoreError {
    /// Keeps the code and drops the text: the engine's messages can quote what was bound.
    fn from(error: rusqlite::Error) -> Self {
        let extended = error.sqlite_error().map(|failure| failure.extended_code);
        match (error.sqlite_error_code(), extended) {
            (Some(ErrorCode::DiskFull), _) => Self::Full,
            (Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase), _) | (_, None) => Self::Damaged,
            (_, Some(code)) => Self::Engine { code },
        }
    }
}

/// The store was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has the store: ask the running host instead.
    #[error("another process holds the store")]
    Held,
    /// The tenant's store is open already.
    #[error("the store of this tenant is open already")]
    Open,
    /// The data directory is laid out as before tenants had folders of their own; no release of the host wrote that.
    #[error(
        "`cordon.db` lies in the data directory itself, which no released host wrote: name a new data directory, load and install again"
    )]
    Former,
    /// The database in the tenant's folder was made for another tenant.
    #[error("the database in this tenant's folder is another tenant's")]
    Foreign,
    /// One of data directory and store is marked as a demo, and the other is not.
    #[error("demo data and other data cannot lie in one data directory")]
    Demo,
    /// The data directory or a file in it cannot be used.
    #[error("the data directory cannot be used: {0}")]
    Directory(io::Error),
    /// The schema is newer than this host, or a migration was changed or failed.
    #[error("the schema of the store is not one of this host's versions")]
    Schema,
    /// The file cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

/// A key file could not be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read or written.
    #[error("the key file cannot be used: {0}")]
    File(#[from] io::Error),
    /// The file does not hold 32 bytes.
    #[error("the key file is not a key")]
    Malformed,
    /// Others than the owner may read or write it.
    #[error("the key file is open to others: its mode must be 0600")]
    Exposed,
    /// There is a key already, and none is ever replaced.
    #[error("there is a key already")]
    Exists,
}
