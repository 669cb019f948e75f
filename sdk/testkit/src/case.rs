//! A case: one call on synthetic data, and what is expected. One JSON file, read strictly.
//!
//! ```json
//! { "hook": "patient-view", "service": "potassium", "now": "2026-01-10T08:00:00Z", "locale": "en", "patient": "p1",
//!   "needs": { "potassium": [ { "resourceType": "Observation", … } ] },
//!   "expect": { "outcome": "answered", "cards": [ { "indicator": "warning", "summary-contains": "6.4" } ] } }
//! ```
//! What the call may find is given in one of two ways:
//!
//! - `needs`: the rows of each need by its name. The same file runs natively through `cordon_sdk::testing::Case::from_json`,
//!   which passes over `patient` and `expect` and hands the rows over as they stand.
//! - `resources`: a record. A list of resources and Bundles, one Bundle, or the name of an NDJSON or JSON file beside the
//!   case. Each need is searched in it. `draftOrders` (resources) and `selections` (`Type/id`) go with it.
//!
//! `cells` gives what cells hold (`{"name": {"text": "…"}}`, `{"hex": "00ff"}` or `null`), `packs` the contents of data packs:
//! JSON, or the name of a file beside the case.
//!
//! Either way the pipeline decides what the plugin sees: a row that is not this patient's or not what the need asks for is
//! dropped, and elements that the manifest does not list are absent.

use std::collections::{BTreeMap, BTreeSet};

use cordon_core::ids::{EntryName, NeedName, PatientId, ServiceId};
use cordon_core::manifest::Hook;
use cordon_core::message::Indicator;
use cordon_core::record::Outcome;
use cordon_fhir::json::{JsonLimits, parse};
use cordon_fhir::reference::Reference;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::kept::{CellBytes, Cells};

/// The time of a case that names none.
const NOW: &str = "2021-06-01T00:00:00Z";

/// Why a file is not a case.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    /// Not JSON, or a member twice.
    #[error("not a case: {0}")]
    Json(String),
    /// An unknown, missing or mistyped member.
    #[error("not a case: {0}")]
    Shape(String),
    /// A hook that no host serves.
    #[error("`hook`: no CDS Hooks 2.0 hook is named `{0}`")]
    Hook(String),
    /// A time that cannot be read.
    #[error("`now`: not an RFC 3339 instant in UTC, such as {NOW}")]
    Now,
    /// Neither or both ways to give data.
    #[error("give either `needs` or `resources`")]
    Data,
    /// Drafts beside `needs`.
    #[error("`{0}` goes with `resources`; with `needs`, give the rows of the need whose source is context.{0}")]
    Context(&'static str),
    /// Something in `resources` that is no resource.
    #[error("`resources`: {0}")]
    Resources(String),
    /// The contents of a pack that cannot be read.
    #[error("`packs`: {0}")]
    Packs(String),
    /// A selection that is no reference.
    #[error("`selections`: write Type/id")]
    Selection,
}

/// What a case expects. Cards are compared in order and in number.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Expect {
    /// How the call ends, as the record writes it: `"answered"` by default, `"not-evaluated"`, `{"failed":"missing-need"}`,
    /// `{"trapped":"fuel"}`.
    #[serde(default = "answered")]
    pub outcome: Outcome,
    /// The plugin's cards; none by default.
    #[serde(default)]
    pub cards: Vec<ExpectedCard>,
    /// What the EHR is told to store: the descriptions of the proposals, in order; none by default.
    #[serde(default)]
    pub system_actions: Vec<String>,
    /// What these cells hold after the call, `null` for nothing. A cell that is absent here is not compared.
    #[serde(default)]
    pub cells: BTreeMap<EntryName, Option<CellBytes>>,
    /// What the plugin notes, in order. Absent: not compared.
    #[serde(default)]
    pub notes: Option<Vec<ExpectedNote>>,
}

/// One note.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedNote {
    /// Its code.
    pub code: u32,
    /// Its numbers.
    #[serde(default)]
    pub arguments: Vec<u32>,
}

fn answered() -> Outcome {
    Outcome::Answered
}

/// What one card must show. What is absent is not compared.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ExpectedCard {
    /// The indicator.
    #[serde(default)]
    pub indicator: Option<Indicator>,
    /// The whole summary.
    #[serde(default)]
    pub summary: Option<String>,
    /// Stands in the summary.
    #[serde(default)]
    pub summary_contains: Option<String>,
    /// Each stands in the detail.
    #[serde(default)]
    pub detail_contains: Vec<String>,
    /// The labels of the suggestions, in order.
    #[serde(default)]
    pub suggestions: Option<Vec<String>>,
}

/// What the call may find.
#[derive(Debug, Clone)]
pub(crate) enum Given {
    /// Rows by need.
    Needs(BTreeMap<NeedName, Vec<Value>>),
    /// A record, and the hook's context.
    Record { resources: Vec<Value>, draft_orders: Vec<Value>, selections: Vec<Reference> },
}

/// One call on synthetic data, and what is expected.
#[derive(Debug, Clone)]
pub struct Case {
    pub(crate) hook: Hook,
    pub(crate) service: ServiceId,
    pub(crate) now: Timestamp,
    pub(crate) locale: String,
    pub(crate) patient: PatientId,
    pub(crate) given: Given,
    pub(crate) cells: Cells,
    pub(crate) packs: BTreeMap<EntryName, Value>,
    pub(crate) expect: Expect,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Raw {
    hook: String,
    service: ServiceId,
    now: Option<String>,
    locale: Option<String>,
    patient: PatientId,
    needs: Option<BTreeMap<NeedName, Vec<Value>>>,
    resources: Option<Value>,
    draft_orders: Option<Vec<Value>>,
    selections: Option<Vec<String>>,
    #[serde(default)]
    cells: Cells,
    #[serde(default)]
    packs: BTreeMap<EntryName, Value>,
    expect: Expect,
}

impl Case {
    /// Reads a case file. `open` gives the text of a file beside the case, if `resources` names one.
    ///
    /// # Errors
    /// [`CaseError`] names the member.
    pub fn parse(text: &str, open: &dyn Fn(&str) -> Option<String>) -> Result<Self, CaseError> {
        // The strict reader refuses what serde takes: a member twice, wherever it stands.
        parse(text.as_bytes(), JsonLimits::default()).map_err(|error| CaseError::Json(error.to_string()))?;
        let raw: Raw = serde_json::from_str(text).map_err(|error| CaseError::Shape(error.to_string()))?;
        Ok(Self {
            hook: Hook::parse(&raw.hook).ok_or_else(|| CaseError::Hook(raw.hook.chars().take(64).collect()))?,
            service: raw.service,
            now: raw.now.as_deref().unwrap_or(NOW).parse().map_err(|_| CaseError::Now)?,
            locale: raw.locale.unwrap_or_else(|| "en".to_owned()),
            patient: raw.patient,
            given: given(raw.needs, raw.resources, raw.draft_orders, raw.selections, open)?,
            cells: raw.cells,
            packs: raw
                .packs
                .into_iter()
                .map(|(name, pack)| Ok((name, contents(pack, open)?)))
                .collect::<Result<_, _>>()?,
            expect: raw.expect,
        })
    }

    /// The contents of the data packs that it gives.
    #[must_use]
    pub fn packs(&self) -> &BTreeMap<EntryName, Value> {
        &self.packs
    }
}

/// The contents of a pack: themselves, or what a file beside the case holds.
fn contents(pack: Value, open: &dyn Fn(&str) -> Option<String>) -> Result<Value, CaseError> {
    let Value::String(name) = pack else { return Ok(pack) };
    let text = open(&name).ok_or_else(|| CaseError::Packs(format!("no file `{name}` beside the case")))?;
    parse(text.as_bytes(), JsonLimits::default()).map_err(|error| CaseError::Packs(format!("`{name}`: {error}")))
}

fn given(
    needs: Option<BTreeMap<NeedName, Vec<Value>>>,
    resources: Option<Value>,
    draft_orders: Option<Vec<Value>>,
    selections: Option<Vec<String>>,
    open: &dyn Fn(&str) -> Option<String>,
) -> Result<Given, CaseError> {
    match (needs, resources) {
        (Some(_), None) if draft_orders.is_some() => Err(CaseError::Context("draftOrders")),
        (Some(_), None) if selections.is_some() => Err(CaseError::Context("selections")),
        (Some(needs), None) => Ok(Given::Needs(needs)),
        (None, Some(resources)) => {
            let selections = selections.unwrap_or_default();
            Ok(Given::Record {
                resources: expand(resources, open)?,
                draft_orders: draft_orders.unwrap_or_default(),
                selections: selections
                    .iter()
                    .map(|text| Reference::parse(text).ok_or(CaseError::Selection))
                    .collect::<Result<_, _>>()?,
            })
        }
        (None, None) | (Some(_), Some(_)) => Err(CaseError::Data),
    }
}

fn expand(given: Value, open: &dyn Fn(&str) -> Option<String>) -> Result<Vec<Value>, CaseError> {
    match given {
        Value::String(name) => {
            let text = open(&name).ok_or_else(|| CaseError::Resources(format!("no file `{name}` beside the case")))?;
            read_file(&name, &text)
        }
        Value::Array(items) => Ok(items.into_iter().map(resources_of).collect::<Result<Vec<_>, _>>()?.concat()),
        one @ Value::Object(_) => resources_of(one),
        Value::Null | Value::Bool(_) | Value::Number(_) => {
            Err(CaseError::Resources("a list, a Bundle or a file name".to_owned()))
        }
    }
}

/// One JSON document, or one resource a line.
fn read_file(name: &str, text: &str) -> Result<Vec<Value>, CaseError> {
    let read = |text: &str| parse(text.as_bytes(), JsonLimits::default());
    if let Ok(whole) = read(text) {
        return resources_of(whole);
    }
    let mut rows = Vec::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let wrong = |error| CaseError::Resources(format!("`{name}` line {}: {error}", at.saturating_add(1)));
        rows.extend(resources_of(read(line).map_err(wrong)?)?);
    }
    Ok(rows)
}

/// A resource, or what a Bundle carries.
fn resources_of(value: Value) -> Result<Vec<Value>, CaseError> {
    match value.get("resourceType").and_then(Value::as_str) {
        Some("Bundle") => {
            let entries = value.get("entry").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            Ok(entries.iter().filter_map(|entry| entry.get("resource").cloned()).collect())
        }
        Some(_) => Ok(vec![value]),
        None => Err(CaseError::Resources("an entry without `resourceType`".to_owned())),
    }
}

impl Given {
    /// The names of needs that rows are given for.
    pub(crate) fn named(&self) -> BTreeSet<NeedName> {
        match self {
            Self::Needs(needs) => needs.keys().cloned().collect(),
            Self::Record { .. } => BTreeSet::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = r#""hook":"patient-view","service":"s","patient":"p1""#;

    fn read(rest: &str) -> Result<Case, CaseError> {
        Case::parse(&format!("{{{HEAD},{rest}}}"), &|name| {
            (name == "ward.ndjson")
                .then(|| "{\"resourceType\":\"Patient\",\"id\":\"p1\"}\n\n{\"resourceType\":\"Patient\"}\n".to_owned())
        })
    }

    fn count(case: &Case) -> usize {
        match &case.given {
            Given::Record { resources, .. } => resources.len(),
            Given::Needs(needs) => needs.values().map(Vec::len).sum(),
        }
    }

    #[test]
    fn an_unknown_member_is_refused_by_name_wherever_it_stands() {
        let error = read(r#""needs":{},"expect":{},"allergies":[]"#).unwrap_err();
        assert!(error.to_string().contains("unknown field `allergies`"), "{error}");
        assert!(matches!(read(r#""needs":{},"expect":{"outcomes":"answered"}"#), Err(CaseError::Shape(_))));
        assert!(matches!(read(r#""needs":{},"expect":{"cards":[{"title":"x"}]}"#), Err(CaseError::Shape(_))));
    }

    #[test]
    fn a_case_that_expects_nothing_is_refused() {
        assert!(matches!(read(r#""needs":{}"#), Err(CaseError::Shape(_))));
    }

    #[test]
    fn a_member_twice_is_refused_even_inside_a_resource() {
        let twice = r#""resources":[{"resourceType":"Patient","id":"a","id":"b"}],"expect":{}"#;
        assert!(matches!(read(twice), Err(CaseError::Json(_))));
    }

    #[test]
    fn data_is_given_in_exactly_one_way() {
        assert!(matches!(read(r#""expect":{}"#), Err(CaseError::Data)));
        assert!(matches!(read(r#""needs":{},"resources":[],"expect":{}"#), Err(CaseError::Data)));
        assert!(matches!(read(r#""needs":{},"draftOrders":[],"expect":{}"#), Err(CaseError::Context("draftOrders"))));
    }

    #[test]
    fn resources_come_as_a_list_a_bundle_or_a_file() {
        let patient = r#"{"resourceType":"Patient","id":"p1"}"#;
        let bundle =
            format!(r#"{{"resourceType":"Bundle","entry":[{{"resource":{patient}}},{{"resource":{patient}}}]}}"#);
        let given = |resources: &str| count(&read(&format!(r#""resources":{resources},"expect":{{}}"#)).unwrap());
        assert_eq!(given(&format!("[{patient},{bundle}]")), 3);
        assert_eq!(given(&bundle), 2);
        assert_eq!(given(r#""ward.ndjson""#), 2);
        assert!(matches!(read(r#""resources":"other.ndjson","expect":{}"#), Err(CaseError::Resources(_))));
    }

    #[test]
    fn a_pack_comes_in_the_case_or_as_a_file() {
        let packs =
            |packs: &str| read(&format!(r#""needs":{{}},"packs":{packs},"expect":{{}}"#)).map(|case| case.packs);
        assert_eq!(packs(r#"{"doses":{"x":1}}"#).unwrap().len(), 1);
        assert!(matches!(packs(r#"{"doses":"ward.ndjson"}"#), Err(CaseError::Packs(_))), "not one JSON document");
        assert!(matches!(packs(r#"{"doses":"other.json"}"#), Err(CaseError::Packs(_))));
    }

    #[test]
    fn an_expected_outcome_is_written_as_the_record_writes_it() {
        let case = read(r#""needs":{},"expect":{"outcome":{"trapped":"fuel"}}"#).unwrap();
        assert_eq!(case.expect.outcome, Outcome::Trapped(cordon_core::message::Trap::Fuel));
        assert_eq!(read(r#""needs":{},"expect":{}"#).unwrap().expect.outcome, Outcome::Answered);
    }
}
