//! Loading files: NDJSON, or one transaction or collection Bundle, of any size; or a single resource over many lines.
//!
//! Memory holds one resource and one batch at a time. A Bundle is read through once into an unnamed file in the data
//! directory, because a reference may point at an entry that comes later, and so are lines: the Consents of a file are kept
//! before the rest of it, and the rest only if each of them was kept or is outdated and the file does not break off, so that no
//! row is ever there without the denial that came with it. Of each entry with a `urn:`
//! fullUrl the name stays in memory (some 200 bytes), up to a bound. What else cannot be kept is refused with its place and a
//! reason, and the rest is loaded. Loading the file again that was loaded last changes nothing; an older one takes its rows back to what
//! they were, but for Consents ([`Older`]).
//!
//! A resource keeps its own id, also in a transaction, where R4 lets a server choose another: the same file then always
//! makes the same rows. One without an id gets the UUID of its fullUrl. References to entries of the same Bundle become
//! `Type/id`; every other byte stays, so decimals keep their text. Conditional references stay as they are.

mod batch;
mod bundle;
mod kind;
mod lines;
pub(crate) mod order;
mod received;
mod spool;
mod urn;

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, BufRead, Cursor, Read};
use std::ops::ControlFlow;

use cordon_core::ids::TenantId;
use serde::{Deserialize, Serialize, Serializer};

use crate::error::StoreError;
use crate::resource::ResourceError;
use crate::store::Store;

use batch::Batch;
use kind::Kind;
pub use order::Older;
pub use received::Received;

/// So many refusals are kept with their places; the others are counted.
pub const MAX_REFUSALS: usize = 1_000;

/// So many lines or entries are read between two reports of progress.
const TELL: u64 = 256;

/// So much of a file is looked at to tell a Bundle from NDJSON.
const PEEK: u64 = 64 * 1024;

/// How far a load has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Bytes of the input that were read.
    pub bytes: u64,
    /// Resources that are kept now, changed or not.
    pub accepted: u64,
    /// Of them, those whose very bytes were there before.
    pub unchanged: u64,
    /// Entries or lines that were refused.
    pub refused: u64,
}

/// What became of the resources of one type.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// There was none of this id.
    pub new: u64,
    /// Other bytes were there before.
    pub replaced: u64,
    /// The same bytes were there.
    pub unchanged: u64,
}

impl Counts {
    /// All of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.new.saturating_add(self.replaced).saturating_add(self.unchanged)
    }
}

/// Where in the file. Lines and entries count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The line on which it begins.
    pub line: u64,
    /// The entry of a Bundle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<u64>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.entry {
            Some(entry) => write!(f, "line {}, entry {entry}", self.line),
            None => write!(f, "line {}", self.line),
        }
    }
}

/// Why something was refused. Kinds and places only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// The resource cannot be kept.
    #[error(transparent)]
    Resource(#[from] ResourceError),
    /// The file stops being JSON here; what follows was not read.
    #[error("not JSON from here on; the rest of the file was not read")]
    Broken,
    /// The file ends before its value does.
    #[error("the file ends too early")]
    Truncated,
    /// The entry is too large to be one; the rest of the file was not read.
    #[error("too large to be read; the rest of the file was not read")]
    TooLarge,
    /// A Bundle of another type than `transaction` or `collection`, or without one.
    #[error("not a transaction or collection Bundle; nothing of it was loaded")]
    BundleType,
    /// Something follows the Bundle.
    #[error("something follows the Bundle")]
    Trailing,
    /// The entry is not an object as R4 has it.
    #[error("malformed entry")]
    Entry,
    /// The entry has no resource.
    #[error("the entry has no resource")]
    NoResource,
    /// The entry asks for something else than creating or updating.
    #[error("the entry does not create or update")]
    Method,
    /// The entry asks for a condition to be checked.
    #[error(
        "the entry has a condition (`ifNoneExist`, `ifMatch` or such, or a search as `url`), and none is checked here"
    )]
    Conditional,
    /// The rest of a file whose Consents were not all kept.
    #[error(
        "only the Consents of this file were taken: one of them was refused, or the file breaks off; correct it and load it again"
    )]
    Withheld,
    /// An earlier entry has the same fullUrl.
    #[error("an earlier entry has the same fullUrl")]
    DuplicateFullUrl,
    /// The `urn:` fullUrls of a Bundle take too much memory.
    #[error("too many entries with a `urn:` fullUrl for one Bundle; nothing of it was loaded: send several, or NDJSON")]
    Names,
    /// Another load kept this Consent after this one began, so this may be the one before.
    #[error("changed meanwhile: another load kept this Consent after this one began; load the newer one again")]
    Changed,
    /// The kept Consent was changed after this one.
    #[error("older than the Consent that is kept (`meta.lastUpdated`); `--older` takes it all the same")]
    Older,
    /// The kept Consent was changed when this one was, and is not the same.
    #[error(
        "not newer than the Consent that is kept: other content, the same `meta.lastUpdated`; `--older` takes it all the same"
    )]
    NotNewer,
    /// The kept Consent of this id is in another patient's record.
    #[error("another patient's: the Consent that is kept under this id would be lost; `--older` takes it all the same")]
    Anothers,
    /// The kept Consent says when it was changed, this one does not.
    #[error("without a `meta.lastUpdated`, which the Consent that is kept has; `--older` takes it all the same")]
    Undated,
}

impl Serialize for Why {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// One refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// Where.
    pub place: Place,
    /// Why.
    pub why: Why,
}

/// What a load did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LoadReport {
    /// The file's name, as it was given.
    pub name: String,
    /// Resources by type.
    pub types: BTreeMap<String, Counts>,
    /// Refusals as they were found, at most [`MAX_REFUSALS`].
    pub refusals: Vec<Refused>,
    /// All refusals.
    pub refused: u64,
    /// `urn:` references that no entry of the Bundle answers to; they stay as they are and lead nowhere.
    pub unresolved: u64,
    /// Whether all of the file was read and taken, but for what was refused by itself.
    pub complete: bool,
}

impl LoadReport {
    /// All resources that were kept.
    #[must_use]
    pub fn total(&self) -> Counts {
        self.types.values().fold(Counts::default(), |sum, counts| Counts {
            new: sum.new.saturating_add(counts.new),
            replaced: sum.replaced.saturating_add(counts.replaced),
            unchanged: sum.unchanged.saturating_add(counts.unchanged),
        })
    }
}

/// What a load did, however it ended.
#[derive(Debug)]
pub struct Loaded {
    /// All that was kept and refused until it ended.
    pub so_far: Progress,
    /// The report, if all of the file was read.
    pub report: Result<LoadReport, LoadError>,
}

/// The load ended before the file did. Batches that were kept before stay, the file's Consents first. Whoever loads the file again
/// later takes its rows back to what they were then; a Consent that was changed since is not replaced ([`Older`]).
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The input cannot be read.
    #[error("the input cannot be read: {0}")]
    Input(io::Error),
    /// The file beside the database cannot be written or read.
    #[error("the data directory cannot be used: {0}")]
    Spool(io::Error),
    /// The file is not as long as was said.
    #[error("the file was cut off on its way, or grew: nothing of it was loaded")]
    Length,
    /// Whoever hears of the progress said so.
    #[error("the load was stopped")]
    Stopped,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Loads one file for a tenant. `name` is only repeated in the report; `progress` hears of every batch, and may stop the load
/// there.
///
/// # Errors
/// [`LoadError`] if the host failed; what is wrong with the file is in the report.
pub fn load(
    store: &Store,
    tenant: &TenantId,
    input: &mut dyn BufRead,
    name: &str,
    older: Older,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<LoadReport, LoadError> {
    run(Batch::new(store, tenant, store.loads.begin(), name, older, progress), store, input).report
}

fn run(mut batch: Batch<'_>, store: &Store, input: &mut dyn BufRead) -> Loaded {
    let ended = read(&mut batch, store, input);
    batch.end(ended)
}

fn read(batch: &mut Batch<'_>, store: &Store, input: &mut dyn BufRead) -> Result<(), LoadError> {
    let mut head = Vec::new();
    (&mut *input).take(PEEK).read_to_end(&mut head).map_err(LoadError::Input)?;
    if head.starts_with(b"\xef\xbb\xbf") {
        head.drain(..3);
    }
    let kind = kind::of(&head);
    let mut whole = Cursor::new(head).chain(input);
    match kind {
        Kind::Lines => lines::load(store, &mut whole, batch),
        Kind::Bundle => bundle::load(store, &mut whole, batch),
        Kind::One => lines::load_one(&mut whole, batch),
    }
}
