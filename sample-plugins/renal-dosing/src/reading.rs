//! The two ways to read a view: rows as JSON, or typed columns of all rows at once. Of rows that are FHIR both give the
//! same advice.
//!
//! A cell is absent where a row has nothing there, where it has a value of another kind and where it has several. Which of
//! these it is, no column says; so a view without a cell that most rows have is read as rows, and nothing is guessed.

use cordon_sdk::Resource;
use cordon_sdk::prelude::*;

/// How views are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// Each row as JSON.
    Rows,
    /// Columns, as far as they say what a row does.
    Columns,
}

impl Reading {
    /// Results with what the rules look at: code, status, date and quantity.
    ///
    /// # Errors
    /// As [`View::all`].
    pub fn results(self, view: &View) -> Result<Vec<Observation>, Failure> {
        self.read(view, results)
    }

    /// Orders of the record: drug and status.
    ///
    /// # Errors
    /// As [`View::all`].
    pub fn orders(self, view: &View) -> Result<Vec<MedicationRequest>, Failure> {
        self.read(view, orders)
    }

    /// Orders being written; from columns without their doses, of which there may be several.
    ///
    /// # Errors
    /// As [`View::all`].
    pub fn drafts(self, view: &View) -> Result<Vec<MedicationRequest>, Failure> {
        self.read(view, drafts)
    }

    fn read<T: Resource>(
        self,
        view: &View,
        columns: fn(&View) -> Result<Option<Vec<T>>, Failure>,
    ) -> Result<Vec<T>, Failure> {
        let read = match self {
            Self::Rows => None,
            Self::Columns => columns(view)?,
        };
        read.map_or_else(|| view.all(), Ok)
    }
}

/// `None` if a cell is absent that is there in a result in numbers. A comparator is absent in most.
fn results(view: &View) -> Result<Option<Vec<Observation>>, Failure> {
    let columns = [
        "code:code.coding",
        "code:status",
        "text:effectiveDateTime",
        "number:valueQuantity.value",
        "text:valueQuantity.value",
        "code:valueQuantity.unit",
        "code:valueQuantity",
        "code:valueQuantity.comparator",
    ];
    let [code, status, date, number, written, unit, ucum, bound] = view.table(columns)?;
    let (mut codes, mut statuses, mut units) = (code.codes(), status.codes(), ucum.codes());
    let (mut dates, mut numbers, mut texts) = (date.texts().iter(), number.numbers().iter(), written.texts().iter());
    let (mut names, mut bounds) = (unit.codes(), bound.codes());
    let row = |_| {
        // A number in quotes is a text, but no number.
        numbers.next()?.as_ref()?;
        let (system, code) = units.next()??;
        let quantity = Quantity {
            value: Decimal::parse(texts.next()?.as_deref()?),
            comparator: bounds.next()?.map(|(_, bound)| bound.to_owned()),
            unit: Some(names.next()??.1.to_owned()),
            system: Some(system.to_owned()),
            code: Some(code.to_owned()),
        };
        Some(Observation {
            code: Some(concept(codes.next()??)),
            status: Some(statuses.next()??.1.to_owned()),
            effective: Some(ObservationEffective::DateTime(Date::new(dates.next()?.clone()?))),
            value: Some(ObservationValue::Quantity(quantity)),
            ..Observation::default()
        })
    };
    Ok((0..view.len()).map(row).collect())
}

/// `None` if an order has not one coding.
fn orders(view: &View) -> Result<Option<Vec<MedicationRequest>>, Failure> {
    let [drug, status] = view.table([DRUG, "code:status"])?;
    let rows = drug.codes().zip(status.codes());
    let order = |(drug, status): (Option<_>, Option<(&str, &str)>)| {
        let status = status.map(|(_, status)| status.to_owned());
        Some(MedicationRequest { status, ..order(drug?) })
    };
    Ok(rows.map(order).collect())
}

/// `None` if a draft has not one coding. Drafts of other kinds are passed over, as among rows.
fn drafts(view: &View) -> Result<Option<Vec<MedicationRequest>>, Failure> {
    let columns = ["code:resourceType", DRUG, "text:id", "code:status", "text:doNotPerform"];
    let [kind, drug, id, status, not] = view.table(columns)?;
    let (mut kinds, mut drugs, mut statuses) = (kind.codes(), drug.codes(), status.codes());
    let (mut ids, mut nots) = (id.texts().iter(), not.texts().iter());
    let row = |_| {
        let ((_, kind), drug, status) = (kinds.next()??, drugs.next()?, statuses.next()?);
        let (id, not) = (ids.next()?.clone(), nots.next()?.as_deref());
        if kind != MedicationRequest::TYPE {
            return Some(None);
        }
        let status = status.map(|(_, status)| status.to_owned());
        Some(Some(MedicationRequest { id, status, do_not_perform: not.map(|not| not == "true"), ..order(drug?) }))
    };
    let rows: Option<Vec<_>> = (0..view.len()).map(row).collect();
    Ok(rows.map(|rows| rows.into_iter().flatten().collect()))
}

const DRUG: &str = "code:medicationCodeableConcept.coding";

fn order(drug: (&str, &str)) -> MedicationRequest {
    let medication = MedicationRequestMedication::CodeableConcept(concept(drug));
    MedicationRequest { medication: Some(medication), ..MedicationRequest::default() }
}

fn concept((system, code): (&str, &str)) -> CodeableConcept {
    let coding = Coding { system: Some(system.to_owned()), code: Some(code.to_owned()), ..Coding::default() };
    CodeableConcept { coding: vec![coding], text: None }
}

#[cfg(test)]
mod tests {
    use cordon_sdk::testing::{Case, json};
    use cordon_sdk::{LOINC, RXNORM, UCUM};
    use serde_json::Value;

    use super::*;

    fn result() -> Value {
        json!({"resourceType": "Observation", "status": "final", "effectiveDateTime": "2021-05-20",
            "code": {"coding": [{"system": LOINC, "code": "2160-0"}]},
            "valueQuantity": {"value": 1.8, "unit": "mg/dL", "system": UCUM, "code": "mg/dL"}})
    }

    fn draft() -> Value {
        json!({"resourceType": "MedicationRequest", "id": "d1", "status": "draft", "doNotPerform": false,
            "medicationCodeableConcept": {"coding": [{"system": RXNORM, "code": "6809"}]}})
    }

    fn given(row: &Value, evaluate: fn(&Call) -> Answer) {
        assert_eq!(
            Case::new("order-select", "test").need("rows", [row.clone()]).run(evaluate),
            Ok(Vec::new()),
            "{row}"
        );
    }

    fn with(mut row: Value, at: &str, value: Value) -> Value {
        let (parent, member) = at.rsplit_once('/').unwrap();
        row.pointer_mut(parent).unwrap()[member] = value;
        row
    }

    fn no_columns_say(call: &Call) -> Answer {
        let rows = call.need("rows")?;
        assert_eq!(results(&rows)?, None);
        Ok(Vec::new())
    }

    fn columns_say_the_result(call: &Call) -> Answer {
        let rows = call.need("rows")?;
        assert_eq!(results(&rows)?, Some(rows.all::<Observation>()?));
        Ok(Vec::new())
    }

    #[test]
    fn a_result_with_an_absent_or_second_value_is_read_as_a_row() {
        let second = json!([{"system": "local", "code": "crea"}, {"system": LOINC, "code": "2160-0"}]);
        let not_said = [
            ("/status", json!(null)),
            ("/effectiveDateTime", json!(null)),
            ("/valueQuantity", json!(null)),
            ("/valueQuantity/code", json!(null)),
            ("/valueQuantity/unit", json!(null)),
            ("/valueQuantity/value", json!("1.8")),
            ("/code/coding", second),
        ];
        for (at, value) in not_said {
            given(&with(result(), at, value), no_columns_say);
        }
    }

    #[test]
    fn columns_hold_what_a_result_holds() {
        for (at, value) in [
            ("/status", json!("preliminary")),
            ("/valueQuantity/comparator", json!("<")),
            ("/effectiveDateTime", json!("2021-05")),
        ] {
            given(&with(result(), at, value), columns_say_the_result);
        }
        given(&result(), columns_say_the_result);
    }

    #[test]
    fn columns_hold_what_a_draft_of_one_coding_holds() {
        fn same(call: &Call) -> Answer {
            let rows = call.need("rows")?;
            assert_eq!(drafts(&rows)?, Some(rows.all::<MedicationRequest>()?));
            Ok(Vec::new())
        }
        fn none(call: &Call) -> Answer {
            let rows = call.need("rows")?;
            assert_eq!((drafts(&rows)?, orders(&rows)?), (None, None));
            Ok(Vec::new())
        }
        for (at, value) in [("/id", json!(null)), ("/status", json!("cancelled")), ("/doNotPerform", json!(true))] {
            given(&with(draft(), at, value), same);
        }
        given(&json!({"resourceType": "ServiceRequest"}), same);
        given(&with(draft(), "/medicationCodeableConcept/coding", json!([])), none);
    }
}
