//! A Bundle read as a stream: one entry is in memory at a time.

use std::cell::Cell;
use std::fmt;
use std::io::{self, BufRead, Read};

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::load::{Place, Why};
use crate::resource::MAX_RESOURCE;

/// The most bytes between two entries, or of one entry with what surrounds its resource.
const MOST: usize = MAX_RESOURCE + 1024 * 1024;

/// What stands beside the entries.
#[derive(Debug, Default)]
pub(crate) struct Header {
    resource_type: Option<String>,
    bundle_type: Option<String>,
}

impl Header {
    /// Whether it is a Bundle whose entries can be kept one by one.
    pub(crate) fn is_loadable(&self) -> bool {
        self.resource_type.as_deref() == Some("Bundle")
            && matches!(self.bundle_type.as_deref(), Some("transaction" | "collection"))
    }
}

/// How the reading ended.
pub(crate) enum End {
    /// After the Bundle.
    Whole,
    /// Before.
    Stopped {
        /// About here.
        place: Place,
        /// Why.
        why: Why,
    },
    /// The input failed.
    Input(io::Error),
}

/// Hands over place, text and bytes so far of each entry, until `each` says `false`.
pub(crate) fn read(input: &mut dyn BufRead, each: &mut dyn FnMut(Place, &str, u64) -> bool) -> (Header, End) {
    let gauge = Gauge::default();
    let mut header = Header::default();
    let mut deserializer = serde_json::Deserializer::from_reader(Gauged { input, gauge: &gauge });
    let bundle = Bundle { header: &mut header, gauge: &gauge, each };
    let done = bundle.deserialize(&mut deserializer);
    let trailing = done.is_ok() && deserializer.end().is_err();
    let place = Place { line: gauge.line(), entry: None };
    let end = match done {
        Ok(()) if trailing => End::Stopped { place, why: Why::Trailing },
        Ok(()) => End::Whole,
        Err(_) if gauge.spent.get() => End::Stopped { place, why: Why::TooLarge },
        Err(error) if error.is_io() => End::Input(error.into()),
        Err(error) if error.is_eof() => End::Stopped { place, why: Why::Truncated },
        Err(_) => End::Stopped { place, why: Why::Broken },
    };
    (header, end)
}

/// Where the reading stands, and how much may still be read before the next entry.
struct Gauge {
    newlines: Cell<u64>,
    bytes: Cell<u64>,
    left: Cell<usize>,
    spent: Cell<bool>,
}

impl Default for Gauge {
    fn default() -> Self {
        Self { newlines: Cell::new(0), bytes: Cell::new(0), left: Cell::new(MOST), spent: Cell::new(false) }
    }
}

impl Gauge {
    fn line(&self) -> u64 {
        self.newlines.get().saturating_add(1)
    }
}

struct Gauged<'a> {
    input: &'a mut dyn BufRead,
    gauge: &'a Gauge,
}

impl Read for Gauged<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(left) = self.gauge.left.get().checked_sub(buffer.len()) else {
            self.gauge.spent.set(true);
            return Err(io::ErrorKind::FileTooLarge.into());
        };
        let count = self.input.read(buffer)?;
        let newlines = buffer.iter().take(count).filter(|byte| **byte == b'\n').count();
        let add = |cell: &Cell<u64>, more: usize| {
            cell.set(cell.get().saturating_add(u64::try_from(more).unwrap_or(u64::MAX)));
        };
        add(&self.gauge.newlines, newlines);
        add(&self.gauge.bytes, count);
        self.gauge.left.set(left);
        Ok(count)
    }
}

struct Bundle<'a> {
    header: &'a mut Header,
    gauge: &'a Gauge,
    each: &'a mut dyn FnMut(Place, &str, u64) -> bool,
}

impl<'de> DeserializeSeed<'de> for Bundle<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Bundle<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a Bundle")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut entries: u64 = 0;
        while let Some(key) = members.next_key::<String>()? {
            match key.as_str() {
                "resourceType" => once(&mut self.header.resource_type, members.next_value()?)?,
                "type" => once(&mut self.header.bundle_type, members.next_value()?)?,
                "entry" if entries > 0 => return Err(A::Error::custom("twice")),
                "entry" => {
                    members.next_value_seed(Entries { gauge: self.gauge, each: self.each, entries: &mut entries })?
                }
                _ => members.next_value::<IgnoredAny>().map(drop)?,
            }
            self.gauge.left.set(MOST);
        }
        Ok(())
    }
}

fn once<E: serde::de::Error>(place: &mut Option<String>, text: String) -> Result<(), E> {
    match place.replace(text) {
        Some(_) => Err(E::custom("twice")),
        None => Ok(()),
    }
}

struct Entries<'a> {
    gauge: &'a Gauge,
    each: &'a mut dyn FnMut(Place, &str, u64) -> bool,
    entries: &'a mut u64,
}

impl<'de> DeserializeSeed<'de> for Entries<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Entries<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("entries")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        loop {
            self.gauge.left.set(MOST);
            let Some(raw) = items.next_element::<Box<RawValue>>()? else { return Ok(()) };
            *self.entries = self.entries.saturating_add(1);
            // The reader stands behind the entry: it began so many lines before.
            let within = u64::try_from(raw.get().bytes().filter(|byte| *byte == b'\n').count()).unwrap_or_default();
            let place = Place { line: self.gauge.line().saturating_sub(within), entry: Some(*self.entries) };
            if !(self.each)(place, raw.get(), self.gauge.bytes.get()) {
                return Err(A::Error::custom("stopped"));
            }
        }
    }
}
