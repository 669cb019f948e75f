//! Tests of a plugin without a host: the same function, on rows held in memory. Not in the component.

use std::collections::BTreeMap;

use serde::de::Error;
use serde_json::Value;
use serde_json::value::RawValue;

pub use serde_json::json;

use crate::answer::bounded;
use crate::{Advice, Answer, Call, Failure, memory};

/// One call to test with. Rows are what a host would hand over: already reduced to the approved elements.
///
/// ```
/// use cordon_sdk::prelude::*;
/// use cordon_sdk::testing::{Case, json};
///
/// fn evaluate(call: &Call) -> Answer {
///     let patient = call.need("patient")?.first::<Patient>()?;
///     Ok(if patient.is_none() { vec![Card::info("No patient in the data available")?] } else { Vec::new() })
/// }
///
/// let case = Case::new("patient-view", "greeting").need("patient", [json!({"resourceType": "Patient"})]);
/// assert_eq!(case.run(evaluate), Ok(Vec::new()));
/// ```
#[derive(Debug, Clone)]
pub struct Case(memory::Given);

/// One run, as far as it can be seen natively.
#[derive(Debug, Clone, PartialEq)]
pub struct Run<T> {
    /// What the plugin answered.
    pub answer: Answer<T>,
    /// What the cells that it wrote hold. None of a run without an answer: nothing of it is kept.
    pub cells: BTreeMap<String, Option<Vec<u8>>>,
    /// What it noted: code and numbers.
    pub notes: Vec<(u32, Vec<u32>)>,
}

/// The size of a cell in a case file, where the manifest is not at hand: the largest.
const CELL: u32 = 4_096;

impl Case {
    /// A call of a service for a hook, at 2021-06-01T00:00:00Z and in English, with no need granted.
    #[must_use]
    pub fn new(hook: &str, service: &str) -> Self {
        Self(memory::Given {
            hook: hook.to_owned(),
            service: service.to_owned(),
            now: "2021-06-01T00:00:00Z".to_owned(),
            locale: "en".to_owned(),
            views: BTreeMap::new(),
            cells: BTreeMap::new(),
            packs: BTreeMap::new(),
        })
    }

    /// Reads a case file: `{"hook", "service", "now", "locale", "needs": {"name": [resource, …]}}`; `now` and `locale`
    /// may be left out. Decimals keep their text. `cells` gives what cells hold (`{"name": {"text": "…"}}`, `{"hex": "…"}`
    /// or `null`; natively each is as large as one can be), `packs` data packs (`{"name": {…}}`). `patient` and `expect` are
    /// for `cordon test`, which runs the same file against the component, and are passed over here: rows are handed over as
    /// they stand.
    ///
    /// # Errors
    /// If the text is not such an object, or holds another member.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        let mut members: BTreeMap<String, Box<RawValue>> = serde_json::from_str(text)?;
        let mut take =
            |name: &str| members.remove(name).map(|raw| serde_json::from_str::<String>(raw.get())).transpose();
        let missing = |name: &str| serde_json::Error::custom(format!("a case needs `{name}`"));
        let hook = take("hook")?.ok_or_else(|| missing("hook"))?;
        let service = take("service")?.ok_or_else(|| missing("service"))?;
        let mut case = Self::new(&hook, &service);
        case.0.now = take("now")?.unwrap_or(case.0.now);
        case.0.locale = take("locale")?.unwrap_or(case.0.locale);
        let needs = members.remove("needs").ok_or_else(|| missing("needs"))?;
        let needs: BTreeMap<String, Vec<Box<RawValue>>> = serde_json::from_str(needs.get())?;
        for (need, rows) in needs {
            case.0.views.insert(need, rows.iter().map(|row| row.get().to_owned()).collect());
        }
        if let Some(cells) = members.remove("cells") {
            let cells: BTreeMap<String, Option<CellText>> = serde_json::from_str(cells.get())?;
            for (name, held) in cells {
                let bytes = held.map(CellText::bytes).transpose()?;
                case.0.cells.insert(name, memory::Held { size: CELL, bytes, written: false });
            }
        }
        if let Some(packs) = members.remove("packs") {
            let packs: BTreeMap<String, Box<RawValue>> = serde_json::from_str(packs.get())?;
            for (name, pack) in packs {
                case.0
                    .packs
                    .insert(name, memory::Pack { version: "case".to_owned(), bytes: pack.get().as_bytes().into() });
            }
        }
        for ours in ["patient", "expect"] {
            members.remove(ours);
        }
        match members.keys().next() {
            Some(other) => Err(serde_json::Error::custom(format!("a case holds no `{other}`"))),
            None => Ok(case),
        }
    }

    /// Sets the time of the call: an instant in UTC.
    #[must_use]
    pub fn now(mut self, instant: &str) -> Self {
        instant.clone_into(&mut self.0.now);
        self
    }

    /// Sets the language for texts: a BCP 47 tag.
    #[must_use]
    pub fn locale(mut self, tag: &str) -> Self {
        tag.clone_into(&mut self.0.locale);
        self
    }

    /// Grants a need, with these rows. Without rows the view is empty.
    #[must_use]
    pub fn need(mut self, name: &str, rows: impl IntoIterator<Item = Value>) -> Self {
        let rows = rows.into_iter().map(|row| row.to_string()).collect();
        self.0.views.insert(name.to_owned(), rows);
        self
    }

    /// Grants a need, with rows as JSON text, so that decimals keep theirs.
    #[must_use]
    pub fn need_text(mut self, name: &str, rows: &[&str]) -> Self {
        self.0.views.insert(name.to_owned(), rows.iter().map(|row| (*row).to_owned()).collect());
        self
    }

    /// Takes a need away, as if the hospital had not granted it.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.0.views.remove(name);
        self
    }

    /// Grants a cell of this size, with what it holds.
    #[must_use]
    pub fn cell(mut self, name: &str, size: u32, held: Option<&[u8]>) -> Self {
        let held = memory::Held { size, bytes: held.map(<[u8]>::to_vec), written: false };
        self.0.cells.insert(name.to_owned(), held);
        self
    }

    /// Grants a data pack, with its contents.
    #[must_use]
    pub fn pack(mut self, name: &str, version: &str, contents: Value) -> Self {
        let bytes = contents.to_string().into_bytes().into();
        self.0.packs.insert(name.to_owned(), memory::Pack { version: version.to_owned(), bytes });
        self
    }

    /// Runs a plugin's function on this call.
    ///
    /// # Errors
    /// What the function could not do.
    pub fn run<T: Advice>(&self, evaluate: fn(&Call) -> Answer<T>) -> Answer<T> {
        self.observe(evaluate).answer
    }

    /// Runs a plugin's function on this call and tells what it left.
    pub fn observe<T: Advice>(&self, evaluate: fn(&Call) -> Answer<T>) -> Run<T> {
        let call = Call(memory::Call::new(self.0.clone()));
        let answer = bounded(evaluate(&call));
        let answer = if call.0.is_noisy() { Err(Failure::Internal) } else { answer };
        let cells = answer.as_ref().map(|_| call.0.written()).unwrap_or_default();
        Run { answer, cells, notes: call.0.notes() }
    }
}

/// What a cell holds in a case file.
#[derive(Debug)]
enum CellText {
    Text(String),
    Hex(String),
}

impl<'de> serde::Deserialize<'de> for CellText {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let members = BTreeMap::<String, String>::deserialize(deserializer)?;
        let mut members = members.into_iter();
        match (members.next().as_ref().map(|(name, text)| (name.as_str(), text)), members.next()) {
            (Some(("text", text)), None) => Ok(Self::Text(text.clone())),
            (Some(("hex", text)), None) => Ok(Self::Hex(text.clone())),
            _ => Err(D::Error::custom("a cell is {\"text\": …}, {\"hex\": …} or null")),
        }
    }
}

impl CellText {
    fn bytes(self) -> Result<Vec<u8>, serde_json::Error> {
        let hex = match self {
            Self::Text(text) => return Ok(text.into_bytes()),
            Self::Hex(hex) => hex,
        };
        let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
        let bytes = hex.as_bytes().chunks_exact(2).map(pair).collect::<Option<Vec<u8>>>();
        let whole = hex.bytes().all(|digit| digit.is_ascii_hexdigit()) && hex.len() % 2 == 0;
        bytes.filter(|_| whole).ok_or_else(|| serde_json::Error::custom("hex: an even number of hexadecimal digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;

    fn count(call: &Call) -> Answer {
        let rows = call.need("labs")?.all::<Observation>()?;
        Ok(vec![Card::info(format!("{} rows", rows.len()))?])
    }

    #[test]
    fn a_need_that_is_not_granted_is_a_missing_need() {
        assert_eq!(Case::new("patient-view", "x").run(count), Err(Failure::MissingNeed));
        let granted = Case::new("patient-view", "x").need("labs", []);
        assert_eq!(granted.run(count).unwrap()[0].summary(), "0 rows");
        assert_eq!(granted.without("labs").run(count), Err(Failure::MissingNeed));
    }

    #[test]
    fn rows_are_read_over_many_chunks_and_other_types_are_passed_over() {
        let observations = (0..600).map(|n| json!({"resourceType": "Observation", "id": n.to_string()}));
        let rows = observations.chain([json!({"resourceType": "Patient"})]);
        let case = Case::new("patient-view", "x").need("labs", rows);
        assert_eq!(case.run(count).unwrap()[0].summary(), "600 rows");
    }

    #[test]
    fn a_row_that_cannot_be_understood_is_unreadable_data() {
        let case = Case::new("patient-view", "x").need_text("labs", &[r#"{"resourceType":"Observation","status":7}"#]);
        assert_eq!(case.run(count), Err(Failure::UnreadableData));
    }

    #[test]
    fn an_eleventh_card_fails_the_answer_instead_of_being_dropped() {
        fn eleven(_: &Call) -> Answer {
            (0..11).map(|n| Ok(Card::info(format!("card {n}"))?)).collect()
        }
        assert_eq!(Case::new("patient-view", "x").run(eleven), Err(Failure::Internal));
    }

    #[test]
    fn a_case_file_is_read_strictly_and_keeps_decimals() {
        fn value(call: &Call) -> Answer {
            let row = call.need("labs")?.first::<Observation>()?.ok_or(Failure::Internal)?;
            let text = row.quantity().and_then(r4::Quantity::as_written).ok_or(Failure::Internal)?;
            Ok(vec![Card::info(format!("{text} {} {}", call.now(), call.locale()))?])
        }
        use crate::r4;
        let text = r#"{"hook":"patient-view","service":"x","now":"2022-01-01T00:00:00Z","locale":"de",
            "needs":{"labs":[{"resourceType":"Observation","valueQuantity":{"value":1.50,"unit":"mg/dL"}}]}}"#;
        let answer = Case::from_json(text).unwrap().run(value).unwrap();
        assert_eq!(answer[0].summary(), "1.50 mg/dL 2022-01-01T00:00:00Z de");
        let with_more = text.replacen('{', r#"{"patient":"p1","expect":{"cards":[]},"#, 1);
        assert_eq!(Case::from_json(&with_more).unwrap().run(value).unwrap(), answer);
        assert!(Case::from_json(r#"{"hook":"a","service":"b","need":{}}"#).is_err());
        assert!(Case::from_json(r#"{"hook":"a"}"#).is_err());
    }

    #[test]
    fn a_case_file_gives_cells_and_packs() {
        fn reads(call: &Call) -> Answer {
            let held = ["text", "hex", "none"].map(|name| call.cell(name).map(|cell| cell.read()));
            let doses: BTreeMap<String, u32> = call.pack("doses")?.json()?;
            Ok(vec![Card::info(format!("{held:?} {doses:?}"))?])
        }
        let case = |cell: &str| {
            Case::from_json(&format!(
                r#"{{"hook":"a","service":"b","needs":{{}},"packs":{{"doses":{{"x":1}}}},
                    "cells":{{"text":{{"text":"A"}},"hex":{cell},"none":null}}}}"#
            ))
        };
        let answer = case(r#"{"hex":"00fF"}"#).unwrap().run(reads).unwrap();
        assert_eq!(answer[0].summary(), r#"[Ok(Some([65])), Ok(Some([0, 255])), Ok(None)] {"x": 1}"#);
        for wrong in [r#"{"hex":"0"}"#, r#"{"hex":"+1"}"#, r#"{"hex":"00","text":""}"#, "{}", r#""00""#] {
            assert!(case(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn cards_and_system_actions_are_answered_together() {
        fn acts(_: &Call) -> Answer<Response> {
            let card = Card::template("reduced").number("egfr", 43.9).card()?;
            Ok(Response::new(vec![card]).act(Proposal::named("repeat").number("days", 14))?)
        }
        let said = Case::new("patient-view", "x").run(acts).unwrap();
        assert_eq!(said.system_actions(), [Proposal::named("repeat").number("days", 14)]);
        assert_eq!(said.cards()[0].as_template().map(crate::Template::name), Some("reduced"));
    }
}
