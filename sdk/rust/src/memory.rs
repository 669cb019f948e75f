//! The host's side in a native build: a call held in memory, for tests of a plugin on its author's desk.

mod table;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::Value;

use crate::{Column, Date, Selection};

/// The most notes of a call and the most numbers of a note, as the host has them.
const MOST_NOTES: usize = 32;
const MOST_ARGUMENTS: usize = 4;

/// What a case gives.
#[derive(Debug, Clone)]
pub(crate) struct Given {
    pub(crate) hook: String,
    pub(crate) service: String,
    pub(crate) now: String,
    pub(crate) locale: String,
    pub(crate) views: BTreeMap<String, Vec<String>>,
    pub(crate) cells: BTreeMap<String, Held>,
    pub(crate) packs: BTreeMap<String, Pack>,
}

/// What a cell holds.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    pub(crate) size: u32,
    pub(crate) bytes: Option<Vec<u8>>,
    pub(crate) written: bool,
}

/// A call without a host.
#[derive(Debug)]
pub(crate) struct Call {
    given: Given,
    cells: BTreeMap<String, Cell>,
    notes: RefCell<Vec<(u32, Vec<u32>)>>,
}

impl Call {
    pub(crate) fn new(given: Given) -> Self {
        let cell = |(name, held): (&String, &Held)| (name.clone(), Cell(Rc::new(RefCell::new(held.clone()))));
        Self { cells: given.cells.iter().map(cell).collect(), notes: RefCell::default(), given }
    }

    pub(crate) fn hook(&self) -> String {
        self.given.hook.clone()
    }

    pub(crate) fn service(&self) -> String {
        self.given.service.clone()
    }

    pub(crate) fn now(&self) -> String {
        self.given.now.clone()
    }

    pub(crate) fn locale(&self) -> String {
        self.given.locale.clone()
    }

    pub(crate) fn view(&self, need: &str) -> Option<View> {
        let rows = self.given.views.get(need)?;
        Some(View { need: need.to_owned(), rows: rows.clone() })
    }

    pub(crate) fn cell(&self, name: &str) -> Option<Cell> {
        self.cells.get(name).cloned()
    }

    pub(crate) fn pack(&self, name: &str) -> Option<Pack> {
        self.given.packs.get(name).cloned()
    }

    pub(crate) fn note(&self, event: u32, arguments: &[u32]) {
        self.notes.borrow_mut().push((event, arguments.to_vec()));
    }

    /// What was noted.
    pub(crate) fn notes(&self) -> Vec<(u32, Vec<u32>)> {
        self.notes.borrow().clone()
    }

    /// Whether the host would have ended the call for its notes.
    pub(crate) fn is_noisy(&self) -> bool {
        let notes = self.notes.borrow();
        notes.len() > MOST_NOTES || notes.iter().any(|(_, arguments)| arguments.len() > MOST_ARGUMENTS)
    }

    /// What the written cells hold.
    pub(crate) fn written(&self) -> BTreeMap<String, Option<Vec<u8>>> {
        let held = self.cells.iter().map(|(name, cell)| (name, cell.0.borrow()));
        held.filter(|(_, held)| held.written).map(|(name, held)| (name.clone(), held.bytes.clone())).collect()
    }
}

/// A cell: all handles of one call are one cell.
#[derive(Debug, Clone)]
pub(crate) struct Cell(Rc<RefCell<Held>>);

impl Cell {
    pub(crate) fn size(&self) -> u32 {
        self.0.borrow().size
    }

    pub(crate) fn read(&self) -> Option<Vec<u8>> {
        self.0.borrow().bytes.clone()
    }

    pub(crate) fn write(&self, bytes: &[u8]) {
        self.put(Some(bytes.to_vec()));
    }

    pub(crate) fn clear(&self) {
        self.put(None);
    }

    fn put(&self, bytes: Option<Vec<u8>>) {
        let mut held = self.0.borrow_mut();
        (held.bytes, held.written) = (bytes, true);
    }
}

/// A data pack.
#[derive(Debug, Clone)]
pub(crate) struct Pack {
    pub(crate) version: String,
    pub(crate) bytes: Rc<[u8]>,
}

impl Pack {
    pub(crate) fn version(&self) -> String {
        self.version.clone()
    }

    pub(crate) fn len(&self) -> u32 {
        u32::try_from(self.bytes.len()).unwrap_or(u32::MAX)
    }

    pub(crate) fn read(&self, offset: u32, limit: u32) -> Vec<u8> {
        let index = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
        self.bytes.iter().skip(index(offset)).take(index(limit)).copied().collect()
    }
}

/// The rows of one need.
#[derive(Debug, Clone)]
pub(crate) struct View {
    need: String,
    rows: Vec<String>,
}

impl View {
    pub(crate) fn need(&self) -> String {
        self.need.clone()
    }

    pub(crate) fn len(&self) -> u32 {
        u32::try_from(self.rows.len()).unwrap_or(u32::MAX)
    }

    pub(crate) fn read(&self, offset: u32, limit: u32) -> Vec<String> {
        let (offset, limit) = (usize::try_from(offset), usize::try_from(limit));
        self.rows.iter().skip(offset.unwrap_or(usize::MAX)).take(limit.unwrap_or(usize::MAX)).cloned().collect()
    }

    pub(crate) fn narrow(&self, by: &Selection) -> Self {
        let rows = self.rows.iter().filter(|row| matches(by, row)).cloned().collect();
        Self { need: self.need.clone(), rows }
    }

    pub(crate) fn table(&self, columns: &[String]) -> Option<Vec<Column>> {
        table::table(&self.rows, columns)
    }
}

fn matches(by: &Selection, row: &str) -> bool {
    let Ok(row) = serde_json::from_str::<Value>(row) else { return false };
    holds_code(by, &row) && holds_category(by, &row) && holds_status(by, &row) && is_dated(by, &row)
}

fn holds_code(by: &Selection, row: &Value) -> bool {
    let concepts = ["code", "medicationCodeableConcept", "vaccineCode"];
    let holds = |(system, code): &(String, String)| {
        concepts.iter().filter_map(|name| row.get(name)).flat_map(codings).any(|coding| {
            let same_system = system.is_empty() || text(coding, "system") == Some(system);
            same_system && text(coding, "code") == Some(code)
        })
    };
    by.codes.is_empty() || by.codes.iter().any(holds)
}

fn holds_category(by: &Selection, row: &Value) -> bool {
    let Some(wanted) = by.category.as_deref() else { return true };
    let entries = match row.get("category") {
        Some(Value::Array(entries)) => entries.as_slice(),
        Some(entry) => std::slice::from_ref(entry),
        None => return false,
    };
    // AllergyIntolerance.category is a plain code, elsewhere it is a CodeableConcept.
    let holds = |entry: &Value| codings(entry).any(|coding| text(coding, "code") == Some(wanted));
    entries.iter().any(|entry| entry.as_str() == Some(wanted) || holds(entry))
}

fn holds_status(by: &Selection, row: &Value) -> bool {
    by.statuses.is_empty() || text(row, "status").is_some_and(|status| by.statuses.iter().any(|s| s == status))
}

fn is_dated(by: &Selection, row: &Value) -> bool {
    if by.since.is_none() && by.until.is_none() {
        return true;
    }
    let Some((first, last)) = date_of(row) else { return false };
    let bound = |text: &Option<String>, holds: &dyn Fn((i64, i64)) -> bool| match text {
        Some(text) => Date::new(text.as_str()).range().is_some_and(holds),
        None => true,
    };
    bound(&by.since, &|since| last >= since.0) && bound(&by.until, &|until| first <= until.1)
}

/// The elements that date a row, best first: the host's own table.
fn date_elements(resource_type: &str) -> &'static [&'static str] {
    match resource_type {
        "AllergyIntolerance" => &["recordedDate", "onsetDateTime"],
        "AuditEvent" => &["recorded"],
        "CarePlan" => &["period", "created"],
        "CareTeam" | "Coverage" | "Encounter" | "PractitionerRole" => &["period"],
        "Condition" => &["recordedDate", "onsetDateTime", "onsetPeriod"],
        "Consent" => &["dateTime"],
        "DiagnosticReport" => &["effectiveDateTime", "effectivePeriod", "issued"],
        "DocumentReference" => &["date", "context.period"],
        "Goal" => &["startDate", "statusDate"],
        "Immunization" => &["occurrenceDateTime", "recorded"],
        "MedicationRequest" => &["authoredOn"],
        "MedicationStatement" => &["effectiveDateTime", "effectivePeriod", "dateAsserted"],
        "Observation" => &["effectiveDateTime", "effectiveInstant", "effectivePeriod", "effectiveTiming", "issued"],
        "Procedure" => &["performedDateTime", "performedPeriod"],
        "Provenance" => &["occurredDateTime", "occurredPeriod", "recorded"],
        "ServiceRequest" => &["authoredOn", "occurrenceDateTime", "occurrencePeriod"],
        _ => &[],
    }
}

fn date_of(row: &Value) -> Option<(i64, i64)> {
    date_elements(text(row, "resourceType")?).iter().find_map(|path| {
        let value = path.split('.').try_fold(row, |value, name| value.get(name))?;
        match (value.as_str(), value.get("event")) {
            (Some(date), _) => Date::new(date).range(),
            (None, Some(events)) => timing_range(events),
            (None, None) => period_range(text(value, "start"), text(value, "end")),
        }
    })
}

/// The outer limits of the events of a `Timing`; one that cannot be read spoils it.
fn timing_range(events: &Value) -> Option<(i64, i64)> {
    let ranges = events.as_array()?.iter().map(|event| Date::new(event.as_str()?).range());
    let ranges = ranges.collect::<Option<Vec<_>>>()?;
    Some((ranges.iter().map(|range| range.0).min()?, ranges.iter().map(|range| range.1).max()?))
}

/// A missing end is open; a period without both has no range.
fn period_range(start: Option<&str>, end: Option<&str>) -> Option<(i64, i64)> {
    if start.is_none() && end.is_none() {
        return None;
    }
    let first = start.map_or(Some(i64::MIN), |text| Some(Date::new(text).range()?.0))?;
    let last = end.map_or(Some(i64::MAX), |text| Some(Date::new(text).range()?.1))?;
    (first <= last).then_some((first, last))
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
            r#"{"resourceType":"Observation","code":{"coding":[{"system":"s","code":"a"}]},"status":"final",
                "category":[{"coding":[{"code":"laboratory"}]}],"effectiveDateTime":"2021-01-10T09:00:00Z"}"#,
            r#"{"resourceType":"MedicationRequest","medicationCodeableConcept":{"coding":[{"system":"t","code":"a"}]},
                "status":"active","authoredOn":"2020"}"#,
            r#"{"resourceType":"AllergyIntolerance","category":["food"],"status":"final"}"#,
        ];
        View { need: "mixed".to_owned(), rows: rows.map(str::to_owned).to_vec() }
    }

    fn kept(by: Selection) -> u32 {
        view().narrow(&by).len()
    }

    #[test]
    fn an_empty_selection_keeps_all() {
        assert_eq!(kept(Selection::new()), 3);
    }

    #[test]
    fn codes_match_by_system_and_an_empty_system_matches_any() {
        assert_eq!(kept(Selection::new().code("s", "a")), 1);
        assert_eq!(kept(Selection::new().code("s", "a").code("t", "a")), 2);
        assert_eq!(kept(Selection::new().code("", "a")), 2);
        assert_eq!(kept(Selection::new().code("", "a").status("final")), 1);
    }

    #[test]
    fn a_category_is_a_code_or_a_concept() {
        assert_eq!(kept(Selection::new().category("laboratory")), 1);
        assert_eq!(kept(Selection::new().category("food")), 1);
    }

    #[test]
    fn a_row_without_a_date_and_an_unreadable_bound_match_nothing() {
        assert_eq!(kept(Selection::new().since(&Date::new("2021-01-10"))), 1);
        assert_eq!(kept(Selection::new().since(&Date::new("2020-06"))), 2);
        assert_eq!(kept(Selection::new().until(&Date::new("2020-06-30"))), 1);
        assert_eq!(kept(Selection::new().since(&Date::new("last week"))), 0);
    }

    #[test]
    fn periods_and_timings_date_a_row_by_their_outer_limits() {
        let range = |row: &str| date_of(&serde_json::from_str(row).unwrap());
        let day = |text: &str| Date::new(text).range().unwrap();
        let open = range(r#"{"resourceType":"Encounter","period":{"start":"2021-05-01"}}"#);
        assert_eq!(open, Some((day("2021-05-01").0, i64::MAX)));
        let nested = range(r#"{"resourceType":"DocumentReference","context":{"period":{"end":"2021-05-01"}}}"#);
        assert_eq!(nested, Some((i64::MIN, day("2021-05-01").1)));
        let timing = range(r#"{"resourceType":"Observation","effectiveTiming":{"event":["2021-05-03","2021-05-01"]}}"#);
        assert_eq!(timing, Some((day("2021-05-01").0, day("2021-05-03").1)));
        assert_eq!(range(r#"{"resourceType":"Encounter","period":{}}"#), None);
    }

    #[test]
    fn reading_past_the_end_gives_nothing() {
        assert_eq!(view().read(2, 10).len(), 1);
        assert!(view().read(3, 10).is_empty());
    }
}
