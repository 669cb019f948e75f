use super::*;
use crate::ids::NeedName;
use crate::view::{Selection, View};

const ROWS: [&str; 4] = [
    r#"{"resourceType":"Observation","id":"r1","status":"final","effectiveDateTime":"2024-03-01T10:00:00.5+01:00",
       "code":{"coding":[{"system":"http://loinc.org","code":"2160-0"},{"system":"local","code":"crea"}]},
       "valueQuantity":{"value":1.50,"unit":"mg/dL"},"category":[{"coding":[{"code":"laboratory"}]}]}"#,
    r#"{"resourceType":"Observation","id":"r2","status":"final","effectiveDateTime":"2024-03",
       "code":{"coding":[{"display":"no code"},{"code":"2823-3"}]},"valueQuantity":{"value":1e400}}"#,
    r#"{"resourceType":"Observation","id":"r3","effectiveDateTime":7,"valueQuantity":{"value":"2"},"status":"amended",
       "category":[{"coding":[{"code":"laboratory"}]},{"coding":[{"code":"exam"}]}]}"#,
    r#"{"resourceType":"Observation","id":"r4","status":"final","effectiveDateTime":"1969-12-31T23:59:59Z",
       "code":{"coding":[{"system":"http://loinc.org","code":"2160-0"}]},"valueQuantity":{"value":-0.10}}"#,
];

fn rows(elements: &[&str]) -> Rows {
    let elements = Elements::parse(&elements.iter().map(ToString::to_string).collect::<Vec<_>>()).unwrap().shared();
    Rows::of(View::new(NeedName::new("labs").unwrap(), ROWS).listing(elements))
}

fn labs() -> Rows {
    rows(&["code", "status", "effectiveDateTime", "valueQuantity", "category"])
}

fn names(columns: &[&str]) -> Vec<String> {
    columns.iter().map(ToString::to_string).collect()
}

fn column(name: &str) -> Column {
    labs().table(&names(&[name])).unwrap().remove(0)
}

fn problem(rows: &Rows, columns: &[&str]) -> (u32, ColumnFault) {
    let problem = rows.table(&names(columns)).unwrap_err();
    (problem.column, problem.fault)
}

#[test]
fn an_element_that_the_need_does_not_list_is_a_problem_whatever_the_rows_hold() {
    let without_rows = labs().narrow(&Selection { statuses: names(&["none"]), ..Selection::default() });
    assert!(without_rows.is_empty());
    for rows in [labs(), without_rows] {
        assert_eq!(problem(&rows, &["text:status", "text:subject.reference"]), (1, ColumnFault::NotListed));
        // Free text comes only by name, in a column as in a row.
        assert_eq!(problem(&rows, &["text:code.text"]), (0, ColumnFault::NotListed));
    }
    assert_eq!(
        problem(&Rows::of(View::new(NeedName::new("labs").unwrap(), ROWS)), &["text:status"]).1,
        ColumnFault::NotListed
    );
    assert_eq!(problem(&rows(&["code.coding"]), &["text:code"]), (0, ColumnFault::NotListed));
}

#[test]
fn a_column_that_is_none_is_a_problem() {
    for name in [
        "status",
        "",
        ":",
        "number:",
        "Number:status",
        "integer:status",
        "text:meta..x",
        "text:Status",
        "text:a.b.c.d.e.f.g",
    ] {
        assert_eq!(problem(&labs(), &["text:id", name]), (1, ColumnFault::Malformed), "{name}");
    }
    assert_eq!(problem(&labs(), &["text:id", "code:id", "text:id"]), (2, ColumnFault::Repeated));
    let many: Vec<String> = (0..=MOST_COLUMNS).map(|n| format!("text:code.x{n}")).collect();
    let problem = labs().table(&many).unwrap_err();
    assert_eq!((problem.column, problem.fault), (64, ColumnFault::TooMany));
}

#[test]
fn numbers_are_the_nearest_and_never_infinite() {
    assert_eq!(column("number:valueQuantity.value"), Column::Numbers(vec![Some(1.5), None, None, Some(-0.1)]));
    assert_eq!(column("number:status"), Column::Numbers(vec![None; 4]));
    let texts = [Some("1.50"), Some("1e400"), Some("2"), Some("-0.10")];
    assert_eq!(column("text:valueQuantity.value"), Column::Texts(texts.map(|text| text.map(str::to_owned)).to_vec()));
}

#[test]
fn an_instant_has_a_time_and_a_partial_date_has_none() {
    // 2024-03-01T09:00:00.5Z.
    let instants = vec![Some(1_709_283_600.5), None, None, Some(-1.0)];
    assert_eq!(column("instant:effectiveDateTime"), Column::Instants(instants));
    let Column::Texts(texts) = column("text:effectiveDateTime") else { panic!("no texts") };
    assert_eq!(texts[1].as_deref(), Some("2024-03"));
    assert_eq!(texts[2].as_deref(), Some("7"));
}

#[test]
fn a_dictionary_names_each_coding_once_in_the_order_of_the_rows() {
    let coding = |system: &str, code: &str| Coding { system: system.to_owned(), code: code.to_owned() };
    let dictionary = vec![coding("http://loinc.org", "2160-0"), coding("", "2823-3")];
    assert_eq!(
        column("code:code"),
        Column::Codes(CodeCells { dictionary, cells: vec![Some(0), Some(1), None, Some(0)] })
    );
    let dictionary = vec![coding("", "final"), coding("", "amended")];
    let cells = vec![Some(0), Some(0), Some(1), Some(0)];
    assert_eq!(column("code:status"), Column::Codes(CodeCells { dictionary, cells }));
}

#[test]
fn a_path_that_leads_to_more_than_one_value_gives_none_of_them() {
    let Column::Codes(codes) = column("code:category") else { panic!("no codes") };
    assert_eq!(codes.cells, [Some(0), None, None, None]);
}

#[test]
fn narrowed_rows_have_columns_of_their_own_and_the_same_rows_the_same_ones() {
    let amended = labs().narrow(&Selection { statuses: names(&["amended"]), ..Selection::default() });
    let columns = names(&["text:id", "text:resourceType", "code:status"]);
    let text = |text: &str| Column::Texts(vec![Some(text.to_owned())]);
    let [id, kind, _] = <[Column; 3]>::try_from(amended.table(&columns).unwrap()).unwrap();
    assert_eq!((id, kind), (text("r3"), text("Observation")));
    assert_eq!(labs().table(&columns), labs().table(&columns));
}

#[test]
fn of_a_thousand_rows_each_has_its_cell() {
    let row = |n: usize| format!(r#"{{"resourceType":"Observation","valueQuantity":{{"value":{n}.5}}}}"#);
    let elements = Elements::parse(&names(&["valueQuantity"])).unwrap().shared();
    let view = View::new(NeedName::new("labs").unwrap(), (0..1_000).map(row)).listing(elements);
    let Ok([Column::Numbers(cells)]) =
        Rows::of(view).table(&names(&["number:valueQuantity.value"])).map(|c| <[_; 1]>::try_from(c).unwrap())
    else {
        panic!("no numbers")
    };
    assert_eq!((cells.len(), cells[999], cells.iter().flatten().sum::<f64>()), (1_000, Some(999.5), 500_000.0));
}
