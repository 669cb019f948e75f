//! Entries put aside between the first and the second reading.

use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};

use cap_std::fs::File;

use crate::load::Place;

/// Entries one after the other: line, entry and length as eight bytes each, then the text.
pub(crate) struct Spool {
    way: Way,
}

enum Way {
    In(BufWriter<File>),
    Out(BufReader<File>),
    Gone,
}

impl Spool {
    pub(crate) fn new(file: File) -> Self {
        Self { way: Way::In(BufWriter::new(file)) }
    }

    pub(crate) fn write(&mut self, place: Place, text: &str) -> io::Result<()> {
        let Way::In(file) = &mut self.way else { return Err(io::ErrorKind::Unsupported.into()) };
        let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
        for number in [place.line, place.entry.unwrap_or_default(), length] {
            file.write_all(&number.to_le_bytes())?;
        }
        file.write_all(text.as_bytes())
    }

    /// From now on it is read, from the beginning.
    pub(crate) fn rewind(&mut self) -> io::Result<()> {
        if let Way::In(file) = std::mem::replace(&mut self.way, Way::Gone) {
            let mut file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
            file.seek(SeekFrom::Start(0))?;
            self.way = Way::Out(BufReader::new(file));
        }
        Ok(())
    }

    pub(crate) fn read(&mut self) -> io::Result<Option<(Place, String)>> {
        let Way::Out(file) = &mut self.way else { return Err(io::ErrorKind::Unsupported.into()) };
        let mut line = [0; 8];
        match file.read_exact(&mut line) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            read => read?,
        }
        let (mut entry, mut length) = ([0; 8], [0; 8]);
        file.read_exact(&mut entry)?;
        file.read_exact(&mut length)?;
        let mut text = String::new();
        file.take(u64::from_le_bytes(length)).read_to_string(&mut text)?;
        Ok(Some((Place { line: u64::from_le_bytes(line), entry: Some(u64::from_le_bytes(entry)) }, text)))
    }
}
