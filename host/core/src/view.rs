//! Views: what a plugin reads. Made by `gather`, narrowed by the plugin, never widened.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use cordon_fhir::date::DateRange;
use cordon_fhir::search::primary_date;
use serde_json::Value;

use crate::ids::NeedName;

/// One declared need, already reduced to what this invocation may see. Prints its name and length.
#[derive(Clone, PartialEq, Eq)]
pub struct View {
    need: NeedName,
    rows: Vec<Arc<str>>,
}

impl fmt::Debug for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("View").field("need", &self.need).field("rows", &self.rows.len()).finish()
    }
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

impl View {
    /// A view of rows already minimised.
    #[must_use]
    pub fn new(need: NeedName, rows: Vec<Arc<str>>) -> Self {
        Self { need, rows }
    }

    /// The need's name.
    #[must_use]
    pub fn need(&self) -> &NeedName {
        &self.need
    }

    /// The rows, FHIR R4 JSON each.
    #[must_use]
    pub fn rows(&self) -> &[Arc<str>] {
        &self.rows
    }

    /// Up to `limit` rows from `offset`; past the end, none.
    #[must_use]
    pub fn read(&self, offset: u32, limit: u32) -> &[Arc<str>] {
        let from = usize::try_from(offset).unwrap_or(usize::MAX).min(self.rows.len());
        let to = from.saturating_add(usize::try_from(limit).unwrap_or(usize::MAX)).min(self.rows.len());
        self.rows.get(from..to).unwrap_or_default()
    }

    /// The rows that match. Only what a row shows is looked at.
    #[must_use]
    pub fn narrow(&self, by: &Selection) -> Self {
        let wanted = Wanted::of(by);
        let rows = self.rows.iter().filter(|row| wanted.matches(row)).cloned().collect();
        Self { need: self.need.clone(), rows }
    }
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
        View::new(NeedName::new("labs").unwrap(), rows.into_iter().map(Arc::from).collect())
    }

    fn kept(by: &Selection) -> usize {
        view().narrow(by).rows().len()
    }

    #[test]
    fn reading_past_the_end_gives_nothing() {
        assert!(view().read(3, 1).is_empty());
        assert_eq!(view().read(2, u32::MAX).len(), 1);
        assert!(view().read(u32::MAX, u32::MAX).is_empty());
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
        let view = View::new(NeedName::new("labs").unwrap(), vec![Arc::from(row)]);
        assert!(view.narrow(&Selection { codes, ..Selection::default() }).rows().is_empty());
    }

    #[test]
    fn a_row_without_a_date_and_an_unreadable_bound_match_nothing() {
        let since = |text: &str| Selection { since: Some(text.to_owned()), ..Selection::default() };
        assert_eq!(kept(&since("2020-06")), 1);
        assert_eq!(kept(&since("2019")), 2);
        assert_eq!(kept(&since("last week")), 0);
    }
}
