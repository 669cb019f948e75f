//! Views: what a plugin reads. Made by `gather`, narrowed by the plugin, never widened.

mod columns;
mod selection;

use std::fmt;
use std::sync::Arc;

pub use columns::{CodeCells, Column, ColumnFault, ColumnProblem, MOST_COLUMNS};
use selection::Wanted;
pub use selection::{Coding, Selection};

use crate::ids::NeedName;

/// One declared need, already reduced to what this invocation may see: one text, and where each row of it ends. Cheap to
/// clone. Prints its name and length.
#[derive(Clone, PartialEq, Eq)]
pub struct View {
    need: NeedName,
    elements: Arc<[String]>,
    text: Arc<str>,
    // INVARIANT: in order, at borders of characters, the last at the end of the text.
    ends: Arc<[u32]>,
}

impl fmt::Debug for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("View").field("need", &self.need).field("rows", &self.ends.len()).finish()
    }
}

impl View {
    /// A view of rows already minimised, FHIR R4 JSON each. Of more than 4 GiB the rest is empty rows: `gather` stops a
    /// thousand times before ([`crate::limits::MOST_ROW_BYTES`]).
    #[must_use]
    pub fn new<R: AsRef<str>>(need: NeedName, rows: impl IntoIterator<Item = R>) -> Self {
        let (mut text, mut ends) = (String::new(), Vec::new());
        for row in rows {
            text.push_str(row.as_ref());
            ends.push(u32::try_from(text.len()).unwrap_or(u32::MAX));
        }
        Self { need, elements: Arc::default(), text: text.into(), ends: ends.into() }
    }

    /// A view from its parts, as another process sent them; `None` when the borders are out of order, within a character
    /// or do not end with the text.
    #[must_use]
    pub fn from_parts(need: NeedName, text: Arc<str>, ends: Vec<u32>) -> Option<Self> {
        let last = ends.last().copied().map_or(0, index);
        let fine = last == text.len() && ends.is_sorted() && ends.iter().all(|end| text.is_char_boundary(index(*end)));
        fine.then(|| Self { need, elements: Arc::default(), text, ends: ends.into() })
    }

    /// The same view, and the paths that its need lists. A view has none of its own accord.
    #[must_use]
    pub fn listing(self, elements: Arc<[String]>) -> Self {
        Self { elements, ..self }
    }

    /// The need's name.
    #[must_use]
    pub fn need(&self) -> &NeedName {
        &self.need
    }

    /// The paths that the need lists ([`crate::elements::Elements::paths`]): what may be asked for by name.
    #[must_use]
    pub fn elements(&self) -> &[String] {
        &self.elements
    }

    /// The rows, one after the other.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where each row ends in the text, in bytes.
    #[must_use]
    pub fn ends(&self) -> &[u32] {
        &self.ends
    }

    /// The rows, FHIR R4 JSON each.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        (0..self.ends.len()).map(|at| self.row(at))
    }

    fn row(&self, at: usize) -> &str {
        let end = |at: usize| self.ends.get(at).copied().map_or(0, index);
        self.text.get(at.checked_sub(1).map_or(0, end)..end(at)).unwrap_or_default()
    }

    /// The rows that match.
    #[must_use]
    pub fn narrow(&self, by: &Selection) -> Rows {
        Rows::of(self.clone()).narrow(by)
    }
}

/// Rows of a view: all of them, or those that a plugin chose. They are not copied. Prints as the view does.
#[derive(Clone)]
pub struct Rows {
    view: View,
    /// Which rows, in their order; `None` means all.
    chosen: Option<Arc<[u32]>>,
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").field("need", &self.view.need).field("rows", &self.len()).finish()
    }
}

impl Rows {
    /// All rows of a view.
    #[must_use]
    pub fn of(view: View) -> Self {
        Self { view, chosen: None }
    }

    /// The need's name.
    #[must_use]
    pub fn need(&self) -> &NeedName {
        &self.view.need
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.chosen.as_ref().map_or(self.view.ends.len(), |chosen| chosen.len())
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Their bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        if self.chosen.is_none() { self.view.text.len() } else { self.iter().map(str::len).sum() }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &str> + Clone {
        self.read(0, u32::MAX)
    }

    /// Up to `limit` rows from `offset`; past the end, none.
    pub fn read(&self, offset: u32, limit: u32) -> impl Iterator<Item = &str> + Clone {
        let from = index(offset).min(self.len());
        let to = from.saturating_add(index(limit)).min(self.len());
        (from..to).map(|at| self.view.row(self.place(at)))
    }

    /// Where the `at`th of them stands in the view.
    fn place(&self, at: usize) -> usize {
        match &self.chosen {
            None => at,
            Some(chosen) => chosen.get(at).copied().map_or(usize::MAX, index),
        }
    }

    /// The rows that match. Only what a row shows is looked at.
    #[must_use]
    pub fn narrow(&self, by: &Selection) -> Self {
        let wanted = Wanted::of(by);
        let kept = self.iter().enumerate().filter(|(_, row)| wanted.matches(row)).map(|(at, _)| self.place(at));
        let chosen = kept.map(|at| u32::try_from(at).unwrap_or(u32::MAX)).collect();
        Self { view: self.view.clone(), chosen: Some(chosen) }
    }
}

fn index(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view() -> View {
        let rows = [
            r#"{"resourceType":"Observation","code":{"coding":[{"system":"s","code":"a"}]},"status":"final","effectiveDateTime":"2021-01-10"}"#,
            r#"{"resourceType":"Observation","code":{"coding":[{"system":"s","code":"b"}]},"status":"final","effectiveDateTime":"2020-01-10"}"#,
            r#"{"resourceType":"Observation","code":{"coding":[{"system":"t","code":"a"}]},"status":"preliminary"}"#,
        ];
        View::new(NeedName::new("labs").unwrap(), rows)
    }

    #[test]
    fn reading_past_the_end_gives_nothing() {
        let rows = Rows::of(view());
        assert_eq!(rows.read(3, 1).count(), 0);
        assert_eq!(rows.read(2, u32::MAX).count(), 1);
        assert_eq!(rows.read(u32::MAX, u32::MAX).count(), 0);
    }

    #[test]
    fn borders_out_of_order_within_a_character_or_off_the_end_are_refused() {
        let parts = |ends: &[u32]| View::from_parts(NeedName::new("labs").unwrap(), "aäb".into(), ends.to_vec());
        for ends in [[].as_slice(), &[3], &[5], &[2, 4], &[3, 1, 4], &[1, u32::MAX], &[u32::MAX]] {
            assert!(parts(ends).is_none(), "{ends:?}");
        }
        let view = parts(&[1, 1, 3, 4]).unwrap();
        assert_eq!(view.rows().collect::<Vec<_>>(), ["a", "", "ä", "b"]);
        assert_eq!((view.text(), view.ends()), ("aäb", [1, 1, 3, 4].as_slice()));
    }

    #[test]
    fn narrowed_rows_are_those_of_the_view_and_are_narrowed_again() {
        let finals = Selection { statuses: vec!["final".to_owned()], ..Selection::default() };
        let later = Selection { until: Some("2020".to_owned()), ..Selection::default() };
        let (view, narrowed) = (view(), view().narrow(&finals));
        assert_eq!(narrowed.iter().collect::<Vec<_>>(), view.rows().take(2).collect::<Vec<_>>());
        let twice = narrowed.narrow(&later);
        assert_eq!(twice.iter().collect::<Vec<_>>(), view.rows().skip(1).take(1).collect::<Vec<_>>());
        assert_eq!((twice.bytes(), twice.read(1, 1).count()), (view.row(1).len(), 0));
    }
}
