//! Which rows a plugin keeps.

use std::borrow::Cow;
use std::collections::BTreeSet;

use cordon_fhir::date::DateRange;
use cordon_fhir::element::{Paths, Raw};
use cordon_fhir::search::primary_date_in;
use serde::Deserialize;

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

/// What a selection looks at.
#[derive(Clone, Copy)]
enum Place {
    /// An entry of `CodeableConcept.coding` that `codes` are held against.
    Coding,
    /// A category as a plain code: `AllergyIntolerance.category`.
    Category,
    /// An entry of a category's `coding`.
    CategoryCoding,
    Status,
}

const PLACES: [(&str, Place); 6] = [
    ("code.coding", Place::Coding),
    ("medicationCodeableConcept.coding", Place::Coding),
    ("vaccineCode.coding", Place::Coding),
    ("category", Place::Category),
    ("category.coding", Place::CategoryCoding),
    ("status", Place::Status),
];

/// A selection made ready for many rows, so that the work of one row grows with the row and not with the selection: both
/// are as long as somebody else likes.
pub(super) struct Wanted<'a> {
    by: &'a Selection,
    paths: Paths,
    /// Code and system.
    codes: BTreeSet<(&'a str, &'a str)>,
    statuses: BTreeSet<&'a str>,
}

/// What of a selection a row meets.
#[derive(Clone, Copy)]
struct Met {
    codes: bool,
    category: bool,
    status: bool,
}

/// A coding in a row's text.
#[derive(Deserialize)]
pub(super) struct CodingText<'t> {
    #[serde(borrow)]
    pub(super) system: Option<Cow<'t, str>>,
    #[serde(borrow)]
    pub(super) code: Option<Cow<'t, str>>,
}

impl<'a> Wanted<'a> {
    pub(super) fn of(by: &'a Selection) -> Self {
        Self {
            by,
            paths: PLACES.iter().map(|(path, _)| *path).collect(),
            codes: by.codes.iter().map(|wanted| (wanted.code.as_str(), wanted.system.as_str())).collect(),
            statuses: by.statuses.iter().map(String::as_str).collect(),
        }
    }

    pub(super) fn matches(&self, row: &str) -> bool {
        let any = Met {
            codes: self.codes.is_empty(),
            category: self.by.category.is_none(),
            status: self.statuses.is_empty(),
        };
        let mut met = any;
        if !(any.codes && any.category && any.status) {
            self.paths.find(row, &mut |place, raw| {
                let Some((_, place)) = PLACES.get(place) else { return };
                match place {
                    Place::Coding => met.codes = met.codes || self.is_coded(raw),
                    Place::Category => met.category = met.category || self.is_category(raw.string()),
                    Place::CategoryCoding => met.category = met.category || self.is_category(code(raw)),
                    Place::Status => {
                        met.status = met.status || raw.string().is_some_and(|s| self.statuses.contains(&*s))
                    }
                }
            });
        }
        met.codes && met.category && met.status && self.matches_dates(row)
    }

    fn is_coded(&self, raw: Raw<'_>) -> bool {
        let Some(coding) = coding(raw) else { return false };
        let Some(code) = coding.code.as_deref() else { return false };
        let in_system = |system: &str| self.codes.contains(&(code, system));
        in_system("") || coding.system.as_deref().is_some_and(in_system)
    }

    fn is_category(&self, code: Option<Cow<'_, str>>) -> bool {
        code.is_some() && code.as_deref() == self.by.category.as_deref()
    }

    fn matches_dates(&self, row: &str) -> bool {
        if self.by.since.is_none() && self.by.until.is_none() {
            return true;
        }
        let Some(dated) = primary_date_in(row) else { return false };
        let bound = |text: &Option<String>, holds: &dyn Fn(DateRange) -> bool| match text {
            Some(text) => DateRange::parse(text).is_some_and(holds),
            None => true,
        };
        bound(&self.by.since, &|since| dated.upper >= since.lower)
            && bound(&self.by.until, &|until| dated.lower <= until.upper)
    }
}

fn coding(raw: Raw<'_>) -> Option<CodingText<'_>> {
    serde_json::from_str(raw.as_str()).ok()
}

fn code(raw: Raw<'_>) -> Option<Cow<'_, str>> {
    coding(raw)?.code
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::NeedName;
    use crate::view::View;

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
