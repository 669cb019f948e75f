//! Views: what a plugin reads. Made by `gather`, narrowed by the plugin, never widened.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use cordon_fhir::date::DateRange;
use cordon_fhir::search::primary_date;
use serde_json::Value;

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

/// A code in a code system; an empty system matches any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coding {
    /// The code system's URL.
    pub system: String,
    /// The code.
    pub code: String,
}

/// Which rows to keep: fields joined by AND, entries of a list by OR, empty means all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Matches `code`, `medicationCodeableConcept` or `vaccineCode`.
    pub codes: Vec<Coding>,
    /// Matches a `category` code in any system.
    pub category: Option<String>,
    /// Dated at or after.
    pub since: Option<String>,
    /// Dated before or at.
    pub until: Option<String>,
    /// Matches `status`.
    pub statuses: Vec<String>,
}

/// A selection made ready for many rows, so that the work of one row grows with the row and not with the selection: both
/// are as long as somebody else likes.
struct Wanted<'a> {
    by: &'a Selection,
    /// Code and system.
    codes: BTreeSet<(&'a str, &'a str)>,
    statuses: BTreeSet<&'a str>,
}

impl<'a> Wanted<'a> {
    fn of(by: &'a Selection) -> Self {
        Self {
            by,
            codes: by.codes.iter().map(|wanted| (wanted.code.as_str(), wanted.system.as_str())).collect(),
            statuses: by.statuses.iter().map(String::as_str).collect(),
        }
    }

    fn matches(&self, row: &str) -> bool {
        let Ok(row) = serde_json::from_str::<Value>(row) else { return false };
        self.matches_codes(&row) && self.matches_category(&row) && self.matches_status(&row) && self.matches_dates(&row)
    }

    fn matches_codes(&self, row: &Value) -> bool {
        let held = ["code", "medicationCodeableConcept", "vaccineCode"];
        let wanted = |coding: &Value| {
            let Some(code) = text(coding, "code") else { return false };
            let in_system = |system: &str| self.codes.contains(&(code, system));
            in_system("") || text(coding, "system").is_some_and(in_system)
        };
        self.codes.is_empty() || held.iter().filter_map(|name| row.get(name)).flat_map(codings).any(wanted)
    }

    fn matches_category(&self, row: &Value) -> bool {
        let Some(wanted) = &self.by.category else { return true };
        let concepts = match row.get("category") {
            Some(Value::Array(items)) => items.as_slice(),
            Some(one) => std::slice::from_ref(one),
            None => return false,
        };
        // AllergyIntolerance.category is a plain code, elsewhere it is a CodeableConcept.
        concepts
            .iter()
            .any(|c| c.as_str() == Some(wanted) || codings(c).any(|coding| text(coding, "code") == Some(wanted)))
    }

    fn matches_status(&self, row: &Value) -> bool {
        self.statuses.is_empty() || text(row, "status").is_some_and(|status| self.statuses.contains(status))
    }

    fn matches_dates(&self, row: &Value) -> bool {
        if self.by.since.is_none() && self.by.until.is_none() {
            return true;
        }
        let Some(dated) = primary_date(row) else { return false };
        let bound = |text: &Option<String>, holds: &dyn Fn(DateRange) -> bool| match text {
            Some(text) => DateRange::parse(text).is_some_and(holds),
            None => true,
        };
        bound(&self.by.since, &|since| dated.upper >= since.lower)
            && bound(&self.by.until, &|until| dated.lower <= until.upper)
    }
}

fn codings(concept: &Value) -> impl Iterator<Item = &Value> {
    concept.get("coding").and_then(Value::as_array).into_iter().flatten()
}

fn text<'a>(value: &'a Value, member: &str) -> Option<&'a str> {
    value.get(member).and_then(Value::as_str)
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

    fn kept(by: &Selection) -> usize {
        view().narrow(by).len()
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

    #[test]
    fn an_empty_selection_keeps_all_and_fields_are_anded() {
        let code = |system: &str| vec![Coding { system: system.to_owned(), code: "a".to_owned() }];
        assert_eq!(kept(&Selection::default()), 3);
        assert_eq!(kept(&Selection { codes: code("s"), ..Selection::default() }), 1);
        assert_eq!(kept(&Selection { codes: code(""), ..Selection::default() }), 2);
        let both = Selection { codes: code(""), statuses: vec!["final".to_owned()], ..Selection::default() };
        assert_eq!(kept(&both), 1);
    }

    #[test]
    fn many_codings_and_many_codes_are_not_multiplied() {
        // Compared one by one these are 10^10 comparisons, all on the host's account: the test would not end.
        let coding = r#"{"code":"a"}"#;
        let row = format!(r#"{{"code":{{"coding":[{}]}}}}"#, [coding].repeat(100_000).join(","));
        let codes = (0..100_000).map(|n| Coding { system: String::new(), code: n.to_string() }).collect();
        let view = View::new(NeedName::new("labs").unwrap(), [row]);
        assert!(view.narrow(&Selection { codes, ..Selection::default() }).is_empty());
    }

    #[test]
    fn a_row_without_a_date_and_an_unreadable_bound_match_nothing() {
        let since = |text: &str| Selection { since: Some(text.to_owned()), ..Selection::default() };
        assert_eq!(kept(&since("2020-06")), 1);
        assert_eq!(kept(&since("2019")), 2);
        assert_eq!(kept(&since("last week")), 0);
    }
}
