//! The one handle a plugin is given, and what hangs off it.

use std::marker::PhantomData;

use crate::json::read_row;
use crate::{Cell, Date, Failure, Language, Pack, Resource, Selection};

#[cfg(not(target_family = "wasm"))]
use crate::memory as host;
#[cfg(target_family = "wasm")]
use crate::wasm as host;

/// One CDS Hooks call. Everything beyond hook, service, time and language is a need.
#[derive(Debug)]
pub struct Call(pub(crate) host::Call);

impl Call {
    /// The hook's name, for example `order-select`.
    #[must_use]
    pub fn hook(&self) -> String {
        self.0.hook()
    }

    /// The service's id in the manifest.
    #[must_use]
    pub fn service(&self) -> String {
        self.0.service()
    }

    /// The time of the call, frozen: an instant in UTC.
    #[must_use]
    pub fn now(&self) -> Date {
        Date::new(self.0.now())
    }

    /// The language for texts as a BCP 47 tag.
    #[must_use]
    pub fn locale(&self) -> String {
        self.0.locale()
    }

    /// The language for texts.
    #[must_use]
    pub fn language(&self) -> Language {
        Language::of(&self.locale())
    }

    /// The view of a declared need; `None` only if the hospital did not grant it.
    #[must_use]
    pub fn view(&self, need: &str) -> Option<View> {
        self.0.view(need).map(View)
    }

    /// The view of a need without which the plugin cannot work.
    ///
    /// # Errors
    /// [`Failure::MissingNeed`] if the hospital did not grant it.
    pub fn need(&self, need: &str) -> Result<View, Failure> {
        self.view(need).ok_or(Failure::MissingNeed)
    }

    /// A declared `[[cell]]`.
    ///
    /// # Errors
    /// [`Failure::MissingNeed`] if the hospital did not grant it: a plugin that works without writes `.ok()`.
    pub fn cell(&self, name: &str) -> Result<Cell, Failure> {
        self.0.cell(name).map(Cell).ok_or(Failure::MissingNeed)
    }

    /// A declared `[[pack]]`.
    ///
    /// # Errors
    /// [`Failure::MissingNeed`] if the hospital did not grant it.
    pub fn pack(&self, name: &str) -> Result<Pack, Failure> {
        self.0.pack(name).map(Pack).ok_or(Failure::MissingNeed)
    }

    /// Tells the hospital's operators a `[[note]]` of the manifest, with its numbers. At most 32 of a call and 4 numbers
    /// of each; what the manifest does not list ends the call without an answer.
    pub fn note(&self, code: u32, arguments: &[u32]) {
        self.0.note(code, arguments);
    }
}

/// One declared need, already reduced to what this call may see. Empty means that nothing was found in the data
/// available, not that nothing exists.
#[derive(Debug)]
pub struct View(pub(crate) host::View);

impl View {
    /// The need's name in the manifest.
    #[must_use]
    pub fn name(&self) -> String {
        self.0.need()
    }

    /// How many rows the view holds.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.0.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The rows that match; never more than this view holds.
    #[must_use]
    pub fn narrow(&self, by: &Selection) -> Self {
        Self(self.0.narrow(by))
    }

    /// The rows of type `T`, in the view's order: newest first if the need lists their date. Rows of another resource
    /// type are passed over.
    #[must_use]
    pub fn rows<T: Resource>(&self) -> Rows<'_, T> {
        Rows { view: self, next: 0, limit: FIRST_CHUNK, chunk: Vec::new().into_iter(), kind: PhantomData }
    }

    /// All rows of type `T`.
    ///
    /// # Errors
    /// [`Failure::UnreadableData`] if one of the rows cannot be understood.
    pub fn all<T: Resource>(&self) -> Result<Vec<T>, Failure> {
        self.rows().collect()
    }

    /// The first row of type `T`: for dated resources the newest.
    ///
    /// # Errors
    /// [`Failure::UnreadableData`] if it cannot be understood.
    pub fn first<T: Resource>(&self) -> Result<Option<T>, Failure> {
        self.rows().next().transpose()
    }
}

/// Rows of the first read, when their size is not known yet.
const FIRST_CHUNK: u32 = 16;
/// Bytes that a read aims at. The host refuses transfers above 4 MiB.
const CHUNK_BYTES: usize = 1 << 20;
/// Rows of one read, at most.
const MOST_ROWS: usize = 256;

/// Reads a view in chunks well under the host's limit of 4 MiB for one transfer.
#[derive(Debug)]
pub struct Rows<'a, T> {
    view: &'a View,
    next: u32,
    limit: u32,
    chunk: std::vec::IntoIter<String>,
    kind: PhantomData<T>,
}

impl<T> Rows<'_, T> {
    fn read_chunk(&mut self) -> Option<String> {
        let rows = self.view.0.read(self.next, self.limit);
        let read = u32::try_from(rows.len()).ok()?;
        self.next = self.next.saturating_add(read);
        let largest = rows.iter().map(String::len).max().unwrap_or_default().max(1);
        self.limit = u32::try_from((CHUNK_BYTES / largest).clamp(1, MOST_ROWS)).unwrap_or(1);
        self.chunk = rows.into_iter();
        self.chunk.next()
    }
}

impl<T: Resource> Iterator for Rows<'_, T> {
    type Item = Result<T, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let row = match self.chunk.next() {
                Some(row) => row,
                None => self.read_chunk()?,
            };
            match read_row(&row) {
                Ok(Some(value)) => return Some(Ok(value)),
                Ok(None) => {}
                Err(_) => return Some(Err(Failure::UnreadableData)),
            }
        }
    }
}
