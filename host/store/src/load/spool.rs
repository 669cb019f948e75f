//! What is put aside between the first and the second reading of a file.

use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};

use cap_std::fs::File;

use super::batch::Batch;
use super::{LoadError, Place, Why};
use crate::store::Store;

/// The texts of a file, its Consents by themselves: they are kept before the rest, and the rest only if none of them lacks. So
/// no row of a file is ever there without the denial that came with it, however the load ends.
pub(crate) struct Aside {
    consents: Spool,
    others: Spool,
    /// Where the rest begins.
    first: Option<Place>,
    /// Whether there may be a Consent in the file that was not put aside.
    lacks: bool,
}

/// What is kept of a text that was put aside, and how many of its references lead nowhere.
pub(crate) type Kept = Result<(Vec<u8>, u64), Why>;

impl Aside {
    pub(crate) fn new(store: &Store) -> Result<Self, LoadError> {
        let spool = || store.directory().spool().map(Spool::new).map_err(LoadError::Spool);
        Ok(Self { consents: spool()?, others: spool()?, first: None, lacks: false })
    }

    pub(crate) fn consent(&mut self, place: Place, text: &[u8]) -> Result<(), LoadError> {
        self.consents.write(place, text).map_err(LoadError::Spool)
    }

    pub(crate) fn other(&mut self, place: Place, text: &[u8]) -> Result<(), LoadError> {
        self.first.get_or_insert(place);
        self.others.write(place, text).map_err(LoadError::Spool)
    }

    /// Says that a Consent of the file was refused already, or may stand where nobody could read.
    pub(crate) fn lack(&mut self) {
        self.lacks = true;
    }

    /// The Consents go into the store, and then, if none of them lacks, everything else.
    pub(crate) fn keep(self, batch: &mut Batch<'_>, what: &dyn Fn(Vec<u8>) -> Kept) -> Result<(), LoadError> {
        let before = batch.lacking();
        self.consents.keep(batch, what)?;
        match self.first {
            Some(first) if self.lacks || batch.lacking() > before => {
                batch.incomplete();
                batch.refuse(first, Why::Withheld)
            }
            Some(_) | None => self.others.keep(batch, what),
        }
    }
}

/// Texts one after the other: line, entry (0: none) and length as eight bytes each, then the text.
struct Spool {
    way: Way,
}

enum Way {
    In(BufWriter<File>),
    Out(BufReader<File>),
    Gone,
}

impl Spool {
    fn new(file: File) -> Self {
        Self { way: Way::In(BufWriter::new(file)) }
    }

    fn write(&mut self, place: Place, text: &[u8]) -> io::Result<()> {
        let Way::In(file) = &mut self.way else { return Err(io::ErrorKind::Unsupported.into()) };
        let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
        for number in [place.line, place.entry.unwrap_or_default(), length] {
            file.write_all(&number.to_le_bytes())?;
        }
        file.write_all(text)
    }

    fn keep(mut self, batch: &mut Batch<'_>, what: &dyn Fn(Vec<u8>) -> Kept) -> Result<(), LoadError> {
        self.rewind().map_err(LoadError::Spool)?;
        while let Some((place, text)) = self.read().map_err(LoadError::Spool)? {
            match what(text) {
                Ok((text, unresolved)) => {
                    batch.unresolved(unresolved);
                    batch.offer(place, text)?;
                }
                Err(why) => batch.refuse(place, why)?,
            }
        }
        batch.flush()
    }

    /// From now on it is read, from the beginning.
    fn rewind(&mut self) -> io::Result<()> {
        if let Way::In(file) = std::mem::replace(&mut self.way, Way::Gone) {
            let mut file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
            file.seek(SeekFrom::Start(0))?;
            self.way = Way::Out(BufReader::new(file));
        }
        Ok(())
    }

    fn read(&mut self) -> io::Result<Option<(Place, Vec<u8>)>> {
        let Way::Out(file) = &mut self.way else { return Err(io::ErrorKind::Unsupported.into()) };
        let mut line = [0; 8];
        match file.read_exact(&mut line) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            read => read?,
        }
        let (mut entry, mut length) = ([0; 8], [0; 8]);
        file.read_exact(&mut entry)?;
        file.read_exact(&mut length)?;
        let length = u64::from_le_bytes(length);
        let mut text = Vec::new();
        if u64::try_from(file.take(length).read_to_end(&mut text)?).ok() != Some(length) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let entry = Some(u64::from_le_bytes(entry)).filter(|entry| *entry > 0);
        Ok(Some((Place { line: u64::from_le_bytes(line), entry }, text)))
    }
}
