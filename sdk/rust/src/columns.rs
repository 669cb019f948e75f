//! Typed columns: all rows of a view at once, without their JSON.

use crate::quantity::Measure;
use crate::{Failure, UCUM, View};

/// One column of a table: a cell for each row, in the order of the rows. `None` is a row that has nothing there, a value of
/// another kind, or more than one value.
#[derive(Debug, Clone, PartialEq)]
pub enum Column {
    /// `number:` decimals, as near as 64 bits come. As they were written: ask for the text.
    Numbers(Vec<Option<f64>>),
    /// `instant:` seconds since 1970 of dates with a time. A day, a month or a year is no instant: ask for the text.
    Instants(Vec<Option<f64>>),
    /// `code:` codes, Codings, or the first coding of a CodeableConcept; of a Quantity its unit.
    Codes {
        /// System and code, each once.
        dictionary: Vec<(String, String)>,
        /// Places in the dictionary.
        cells: Vec<Option<u32>>,
    },
    /// `text:` strings, numbers as they were written, `true` and `false`.
    Texts(Vec<Option<String>>),
}

impl Column {
    /// The numbers or instants; none of another column.
    #[must_use]
    pub fn numbers(&self) -> &[Option<f64>] {
        match self {
            Self::Numbers(cells) | Self::Instants(cells) => cells,
            Self::Codes { .. } | Self::Texts(_) => &[],
        }
    }

    /// The texts; none of another column.
    #[must_use]
    pub fn texts(&self) -> &[Option<String>] {
        match self {
            Self::Texts(cells) => cells,
            Self::Numbers(_) | Self::Instants(_) | Self::Codes { .. } => &[],
        }
    }

    /// System and code of each row; none of another column.
    pub fn codes(&self) -> impl Iterator<Item = Option<(&str, &str)>> {
        let (dictionary, cells) = match self {
            Self::Codes { dictionary, cells } => (dictionary.as_slice(), cells.as_slice()),
            Self::Numbers(_) | Self::Instants(_) | Self::Texts(_) => (&[][..], &[][..]),
        };
        let named = |place: u32| dictionary.get(usize::try_from(place).ok()?);
        cells.iter().map(move |cell| cell.and_then(named).map(|(system, code)| (system.as_str(), code.as_str())))
    }
}

/// A number and when it was so.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Seconds since 1970.
    pub at: f64,
    /// The number, in the unit of the measure.
    pub value: f64,
}

impl View {
    /// The rows as columns, each asked for as a kind and a path: `number:valueQuantity.value`, `instant:effectiveDateTime`,
    /// `code:code`, `text:status`. For many rows this is several times cheaper than reading them.
    ///
    /// # Errors
    /// [`Failure::Internal`] if a column is none, or is of an element that the need does not list.
    pub fn table<const N: usize>(&self, columns: [&str; N]) -> Result<[Column; N], Failure> {
        let columns = self.0.table(&columns.map(str::to_owned)).ok_or(Failure::Internal)?;
        columns.try_into().map_err(|_| Failure::Internal)
    }

    /// The numbers of a quantity such as `valueQuantity` in the unit of the measure, each with its instant, one for each
    /// row. `None` is a row without a number, a UCUM unit that the measure names, or an instant, and one whose number is a
    /// bound: it is there, and nothing is guessed about it.
    ///
    /// # Errors
    /// As [`View::table`].
    pub fn series(&self, quantity: &str, date: &str, measure: &Measure) -> Result<Vec<Option<Point>>, Failure> {
        let (value, unit) = (format!("number:{quantity}.value"), format!("code:{quantity}"));
        let (bound, date) = (format!("text:{quantity}.comparator"), format!("instant:{date}"));
        let [value, unit, bound, date] = self.table([&value, &unit, &bound, &date])?;
        let known = unit.codes().zip(bound.texts()).map(|(unit, bound)| {
            let (system, code) = unit?;
            (system == UCUM && bound.is_none()).then_some(code)
        });
        let numbers = value.numbers().iter().zip(date.numbers());
        let point = |(code, (value, at)): (Option<&str>, (&Option<f64>, &Option<f64>))| {
            Some(Point { at: (*at)?, value: measure.convert((*value)?, code?)? })
        };
        Ok(known.zip(numbers).map(point).collect())
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Case, json};
    use crate::{Answer, Call, Column, Failure, Point, units};

    fn asked(evaluate: fn(&Call) -> Answer) {
        let quantity =
            |value: f64, code: &str| json!({"value": value, "system": "http://unitsofmeasure.org", "code": code});
        let row = |date: &str, quantity| {
            json!({"resourceType": "Observation", "status": "final", "effectiveDateTime": date, "valueQuantity": quantity,
            "code": {"coding": [{"display": "x"}, {"system": "http://loinc.org", "code": "2160-0"}]}})
        };
        let bound = json!({"value": 5, "comparator": ">", "system": "http://unitsofmeasure.org", "code": "mg/dL"});
        let rows = [
            row("2024-03-01T10:00:00.5+01:00", quantity(1.5, "mg/dL")),
            row("2024-03-01T10:00:00Z", quantity(88.4, "umol/L")),
            row("2024-03-01T10:00:00Z", quantity(1.5, "mmol/L")),
            row("2024-03-01", quantity(1.5, "mg/dL")),
            row("2024-03-01T10:00:00Z", bound),
            json!({"resourceType": "Observation", "valueQuantity": {"value": 1.5}}),
        ];
        Case::new("patient-view", "test").need("labs", rows).run(evaluate).unwrap();
    }

    #[test]
    fn a_series_guesses_no_unit_and_no_time() {
        asked(|call| {
            let series = call.need("labs")?.series("valueQuantity", "effectiveDateTime", &units::CREATININE)?;
            let point = |at: f64, value: f64| Some(Point { at, value });
            assert_eq!(series[..2], [point(1_709_283_600.5, 1.5), point(1_709_287_200.0, 1.0)]);
            assert_eq!(series[2..], [None; 4]);
            Ok(vec![])
        });
    }

    #[test]
    fn a_text_keeps_a_decimal_as_it_was_written() {
        fn asked(call: &Call) -> Answer {
            let [text, number] =
                call.need("labs")?.table(["text:valueQuantity.value", "number:valueQuantity.value"])?;
            let texts: Vec<_> = text.texts().iter().map(Option::as_deref).collect();
            assert_eq!(texts, [Some("1.50"), Some("1.7526175111265963"), Some("2"), None]);
            assert_eq!(number.numbers(), [Some(1.5), Some(1.752_617_511_126_596_3), None, None]);
            Ok(vec![])
        }
        let row = |value: &str| format!(r#"{{"valueQuantity":{{"value":{value}}}}}"#);
        let rows = ["1.50", "1.7526175111265963", r#""2""#, "[1,2]"].map(row);
        let rows: Vec<_> = rows.iter().map(String::as_str).collect();
        Case::new("patient-view", "test").need_text("labs", &rows).run(asked).unwrap();
    }

    #[test]
    fn columns_come_in_the_order_they_were_asked_for() {
        asked(|call| {
            let labs = call.need("labs")?;
            let [status, code] = labs.table(["text:status", "code:code"])?;
            assert_eq!((status.texts().len(), status.texts()[5].as_deref(), status.numbers().len()), (6, None, 0));
            assert_eq!(code.codes().flatten().collect::<Vec<_>>(), [("http://loinc.org", "2160-0"); 5]);
            assert!(matches!(code, Column::Codes { dictionary, .. } if dictionary.len() == 1));
            for column in ["status", "text:Status", "integer:status", "text:a..b"] {
                assert_eq!(labs.table([column]), Err(Failure::Internal), "{column}");
            }
            assert_eq!(labs.table(["text:id", "text:id"]), Err(Failure::Internal));
            Ok(vec![])
        });
    }
}
