//! Typed columns: what a plugin reads of all rows at once, in one pass over their text.
//!
//! A column is asked for as `kind:path`, with a path that the need lists or one below it. Whether it is given depends on
//! the manifest alone; what a row holds only decides its cell. An absent cell may mean that the row has nothing there, that
//! what is there is of another kind, or that the path leads to more than one value: taking the first of several results
//! would show one of them for the whole.

use std::borrow::Cow;
use std::collections::BTreeMap;

use cordon_fhir::DateRange;
use cordon_fhir::element::{Paths, Raw};
use serde::Deserialize;

use super::selection::CodingText;
use super::{Coding, Rows};
use crate::elements::Elements;

/// The most columns of one table.
pub const MOST_COLUMNS: usize = 64;

/// One column: a cell for each row, in their order.
#[derive(Debug, Clone, PartialEq)]
pub enum Column {
    /// `number:` a decimal, as near as 64 bits come; never NaN or infinite.
    Numbers(Vec<Option<f64>>),
    /// `instant:` seconds since 1970 of a date with a time. A day, a month and a year are absent: they are no instants.
    Instants(Vec<Option<f64>>),
    /// `code:` a code, a Coding, or the first coding of a CodeableConcept that has a code.
    Codes(CodeCells),
    /// `text:` a string, a number as it is written, or a truth.
    Texts(Vec<Option<String>>),
}

/// A column of codes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CodeCells {
    /// Each coding once, in the order in which the rows first have it. A plain code has an empty system.
    pub dictionary: Vec<Coding>,
    /// Places in the dictionary.
    pub cells: Vec<Option<u32>>,
}

/// Why a table was not given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnProblem {
    /// Which column, counted from 0.
    pub column: u32,
    /// What is wrong with it.
    pub fault: ColumnFault,
}

/// What is wrong with a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnFault {
    /// It is not `number:`, `instant:`, `code:` or `text:` and a path of FHIR element names.
    Malformed,
    /// The need does not list the element.
    NotListed,
    /// It was asked for before.
    Repeated,
    /// It is one more than [`MOST_COLUMNS`].
    TooMany,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    Instant,
    Code,
    Text,
}

/// What every row has, whatever its need lists.
const ALWAYS: [&str; 2] = ["id", "resourceType"];

impl Kind {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "number" => Self::Number,
            "instant" => Self::Instant,
            "code" => Self::Code,
            "text" => Self::Text,
            _ => return None,
        })
    }
}

impl Rows {
    /// The columns of these rows.
    ///
    /// # Errors
    /// [`ColumnProblem`] names the first column that the need does not give. It is the same for every record.
    pub fn table(&self, names: &[String]) -> Result<Vec<Column>, ColumnProblem> {
        let asked = asked(names, self.view.elements())?;
        let paths: Paths = asked.iter().map(|(_, path)| *path).collect();
        let mut columns: Vec<Filling<'_>> = asked.iter().map(|(kind, _)| Filling::new(*kind, self.len())).collect();
        let mut row: Vec<Found<'_>> = vec![Found::None; columns.len()];
        for text in self.iter() {
            row.fill(Found::None);
            paths.find(text, &mut |place, raw| {
                if let Some(found) = row.get_mut(place) {
                    *found = found.and(raw);
                }
            });
            columns.iter_mut().zip(&row).for_each(|(column, found)| column.push(found.only()));
        }
        Ok(columns.into_iter().map(Filling::done).collect())
    }
}

/// What each column asks for.
fn asked<'n>(names: &'n [String], listed: &[String]) -> Result<Vec<(Kind, &'n str)>, ColumnProblem> {
    let listed = Elements::parse(listed).unwrap_or_default();
    let mut asked = Vec::with_capacity(names.len().min(MOST_COLUMNS));
    for (column, name) in (0..).zip(names) {
        let problem = |fault| ColumnProblem { column, fault };
        if asked.len() >= MOST_COLUMNS {
            return Err(problem(ColumnFault::TooMany));
        }
        let (kind, path) = name.split_once(':').ok_or_else(|| problem(ColumnFault::Malformed))?;
        let kind = Kind::parse(kind).ok_or_else(|| problem(ColumnFault::Malformed))?;
        if !ALWAYS.contains(&path) {
            if !Elements::is_path(path) {
                return Err(problem(ColumnFault::Malformed));
            }
            // Of a concept, its codings are enough: what they hold is what a column of codes shows.
            let given = listed.holds(path) || (kind == Kind::Code && listed.touches(path));
            if !given {
                return Err(problem(ColumnFault::NotListed));
            }
        }
        if asked.contains(&(kind, path)) {
            return Err(problem(ColumnFault::Repeated));
        }
        asked.push((kind, path));
    }
    Ok(asked)
}

/// What a path leads to in one row.
#[derive(Clone, Copy)]
enum Found<'r> {
    None,
    One(Raw<'r>),
    Several,
}

impl<'r> Found<'r> {
    fn and(self, raw: Raw<'r>) -> Self {
        match self {
            Self::None => Self::One(raw),
            Self::One(_) | Self::Several => Self::Several,
        }
    }

    fn only(self) -> Option<Raw<'r>> {
        match self {
            Self::One(raw) => Some(raw),
            Self::None | Self::Several => None,
        }
    }
}

/// A column while it is filled.
enum Filling<'r> {
    Numbers(Vec<Option<f64>>),
    Instants(Vec<Option<f64>>),
    Codes(BTreeMap<Named<'r>, u32>, CodeCells),
    Texts(Vec<Option<String>>),
}

/// System and code.
type Named<'r> = (Cow<'r, str>, Cow<'r, str>);

impl<'r> Filling<'r> {
    fn new(kind: Kind, rows: usize) -> Self {
        match kind {
            Kind::Number => Self::Numbers(Vec::with_capacity(rows)),
            Kind::Instant => Self::Instants(Vec::with_capacity(rows)),
            Kind::Code => Self::Codes(BTreeMap::new(), CodeCells::default()),
            Kind::Text => Self::Texts(Vec::with_capacity(rows)),
        }
    }

    fn push(&mut self, raw: Option<Raw<'r>>) {
        match self {
            Self::Numbers(cells) => cells.push(raw.and_then(Raw::number)),
            Self::Instants(cells) => cells.push(raw.and_then(instant)),
            Self::Codes(places, codes) => {
                let cell = raw.and_then(coding).map(|named| place(places, &mut codes.dictionary, named));
                codes.cells.push(cell);
            }
            Self::Texts(cells) => cells.push(raw.and_then(Raw::primitive).map(Cow::into_owned)),
        }
    }

    fn done(self) -> Column {
        match self {
            Self::Numbers(cells) => Column::Numbers(cells),
            Self::Instants(cells) => Column::Instants(cells),
            Self::Codes(_, codes) => Column::Codes(codes),
            Self::Texts(cells) => Column::Texts(cells),
        }
    }
}

fn place<'r>(places: &mut BTreeMap<Named<'r>, u32>, dictionary: &mut Vec<Coding>, named: Named<'r>) -> u32 {
    if let Some(place) = places.get(&named) {
        return *place;
    }
    let place = u32::try_from(dictionary.len()).unwrap_or(u32::MAX);
    dictionary.push(Coding { system: named.0.as_ref().to_owned(), code: named.1.as_ref().to_owned() });
    places.insert(named, place);
    place
}

/// Seconds since 1970 of a date that has a time.
#[expect(
    clippy::cast_precision_loss,
    reason = "microseconds of the years 0 to 9999 come within 2^58: off by 32 of them"
)]
fn instant(raw: Raw<'_>) -> Option<f64> {
    let text = raw.string().filter(|text| text.contains('T'))?;
    Some(DateRange::parse(&text)?.lower.as_microsecond() as f64 / 1e6)
}

#[derive(Deserialize)]
struct CodedText<'t> {
    #[serde(borrow)]
    system: Option<Cow<'t, str>>,
    #[serde(borrow)]
    code: Option<Cow<'t, str>>,
    #[serde(borrow, default)]
    coding: Vec<CodingText<'t>>,
}

fn coding(raw: Raw<'_>) -> Option<Named<'_>> {
    if let Some(code) = raw.string() {
        return Some((Cow::Borrowed(""), code));
    }
    let CodedText { system, code, coding } = serde_json::from_str(raw.as_str()).ok()?;
    match code {
        Some(code) => Some((system.unwrap_or_default(), code)),
        None => coding.into_iter().find_map(|coding| Some((coding.system.unwrap_or_default(), coding.code?))),
    }
}

#[cfg(test)]
mod tests;
