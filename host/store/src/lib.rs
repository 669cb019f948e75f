//! Everything the host keeps, in one data directory: records, logs, settings, nonces and the logs' signing keys. Each tenant
//! has a folder and a store of its own; the host's own files say who writes and whether the data are synthetic.
//!
//! | in the directory | what |
//! |---|---|
//! | `lock` | held by the process that may write; a second one gets [`OpenError::Held`] |
//! | `demo` | the directory was marked when it was empty; every store made in it carries the mark too |
//! | `code/` | generated code, authenticated by the host with `code/key` (mode 0600); a cache, of no tenant |
//! | `tenants/ID/cordon.db` (with `-wal`, `-shm`) | one SQLite file, write-ahead log, `synchronous=FULL`, pages overwritten on delete |
//! | `tenants/ID/log.vkey` | the public key that checkpoints are verified with |
//! | `tenants/ID/keys/log` | 32 bytes, mode 0600: the seed of the key that signs checkpoints |
//! | `tenants/ID/keys/pseudonyms` | 32 bytes, mode 0600: the key that shifted dates are drawn with |
//!
//! The host opens its own files through `cap-std` directories. SQLite is the exception: it opens its own files, so it is
//! given the path of the database and nothing else.
//!
//! A [`Store`] is one tenant's. It refuses every other ([`StoreError::Foreign`]), its file is marked with the tenant it was
//! made for, and the tenant is part of every key all the same. Of one tenant one connection writes, behind a mutex; others
//! read, each from one snapshot, and those that wait are counted over all tenants. Every function is synchronous, and every
//! writing function is one transaction: after a crash there is all of it or nothing.
//!
//! | table | key | holds |
//! |---|---|---|
//! | `resource` | tenant, type, id | the bytes as they were loaded; whose record they belong to; the date of "newest first" |
//! | `idx_token`, `idx_reference`, `idx_date` | row, parameter, value | what a resource is found by ([`cordon_fhir::search`]) |
//! | `label`, `label_version` | row; number | the label of a row, the rules that gave it, and which version they had |
//! | `trust_key` | tenant, key id | a publisher's key, its namespace, who added it when and why, when it was revoked |
//! | `plugin` | tenant, plugin | the version in use, its grant, whether it is enabled |
//! | `plugin_version` | tenant, plugin, version | every version that was ever installed: component, envelope, who, when, why |
//! | `policy` | tenant, epoch | every policy that was ever set: its text, who, when, why |
//! | `nonce` | tenant, issuer, `jti` | tokens that were spent |
//! | `leaf`, `hash`, `checkpoint` | index, or size | the log: triggers refuse any change |
//! | `private` | index of its leaf | who and why; the only part of the log that can be erased |
//! | `card` | tenant, card | cards this host issued, so that feedback is recognised |
//! | `cell` | tenant, plugin, patient, purpose, clearance, name | what a plugin keeps between calls, padded |
//! | `transcript` | tenant, invocation | what failed runs saw: the newest 200, 30 days |
//! | `pack` | tenant, plugin, name, serial | publishers' data: the newest, and the one before |
//! | `copy` | tenant, digest | what links and icons lead to |
//! | `quarantine` | tenant, plugin | plugins that an operator took out of use, who, when, why |
//! | `mark` | name | whose store this is and whether it is a demo's, indelible |
//! | `probe` | - | written by [`Store::check`] |
//!
//! Rows of no patient, or of two, are kept and can be read by id, but no search of a patient's record finds them
//! ([`cordon_fhir::compartment`]). This room refuses to decide who may see what, and it reads no clock: times are
//! arguments.
#![forbid(unsafe_code)]

mod fault;

mod data;
mod directory;
mod error;
mod sqlite;
mod time;

mod store;

mod labels;
mod parsed;
mod policy;
mod r4;
mod resource;
mod search;

pub mod cells;
pub mod code;
pub mod copies;
pub mod load;
pub mod log;
pub mod nonce;
pub mod packs;
pub mod plugins;
pub mod quarantine;
pub mod transcripts;
pub mod trust;

pub use cells::{CellPut, Whose};
pub use code::{CodeFiles, CodeName};
pub use copies::StoredCopy;
pub use data::{DataDirectory, MarkError};
pub use error::{KeyError, OpenError, StoreError};
pub use labels::Relabelled;
pub use load::{LoadError, LoadReport, Loaded, Older, Progress, Received, load};
pub use log::{IssuedCard, LogBatch, LogError, LogLeaf};
pub use nonce::Spent;
pub use packs::{NewPack, PackPut, PackStoreError, StoredPack};
pub use plugins::{Installation, NewVersion, PluginError, StoredPlugin, StoredVersion};
pub use policy::{PolicyStoreError, StoredPolicy};
pub use quarantine::Quarantined;
pub use resource::{MAX_RESOURCE, Put, RecordStore, Resource, ResourceError};
pub use store::{Reader, Store};
pub use transcripts::{KeptTranscript, TranscriptPut};
pub use trust::{TrustKey, TrustKeyError};
