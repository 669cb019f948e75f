//! Tests of a plugin without a host: the same function, on rows held in memory. Not in the component.

use std::collections::BTreeMap;

use serde::de::Error;
use serde_json::Value;
use serde_json::value::RawValue;

pub use serde_json::json;

use crate::answer::bounded;
use crate::{Answer, Call, memory};

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
pub struct Case(memory::Call);

impl Case {
    /// A call of a service for a hook, at 2021-06-01T00:00:00Z and in English, with no need granted.
    #[must_use]
    pub fn new(hook: &str, service: &str) -> Self {
        Self(memory::Call {
            hook: hook.to_owned(),
            service: service.to_owned(),
            now: "2021-06-01T00:00:00Z".to_owned(),
            locale: "en".to_owned(),
            views: BTreeMap::new(),
        })
    }

    /// Reads a case file: `{"hook", "service", "now", "locale", "needs": {"name": [resource, …]}}`; `now` and `locale`
    /// may be left out. Decimals keep their text. `patient` and `expect` are for `cordon test`, which runs the same file
    /// against the component, and are passed over here: rows are handed over as they stand.
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

    /// Runs a plugin's function on this call.
    ///
    /// # Errors
    /// What the function could not do.
    pub fn run(&self, evaluate: fn(&Call) -> Answer) -> Answer {
        bounded(evaluate(&Call(self.0.clone())))
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
}
