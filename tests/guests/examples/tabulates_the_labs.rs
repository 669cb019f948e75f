//! Honest: says what stands in the columns of the laboratory results, and why one of them is not there.

use cordon_guests_0_3::{Call, Column, Failure, Response, say};

cordon_guests_0_3::plugin!(evaluate);

fn evaluate(call: Call) -> Result<Response, Failure> {
    let labs = call.view("labs").ok_or(Failure::MissingNeed)?;
    let columns = ["text:id", "code:code", "number:valueQuantity.value", "instant:effectiveDateTime"];
    let asked = |columns: &[&str]| labs.table(&columns.iter().map(ToString::to_string).collect::<Vec<_>>());
    match asked(&columns) {
        Ok(columns) => {
            let beyond = asked(&["text:status", "text:subject.reference"]).err().ok_or(Failure::Internal)?;
            let words: Vec<String> = columns.iter().map(words).collect();
            say(format!("{}; column {}: {:?}", words.join(" "), beyond.column, beyond.fault))
        }
        Err(problem) => say(format!("no table: column {}: {:?}", problem.column, problem.fault)),
    }
}

fn words(column: &Column) -> String {
    match column {
        Column::Numbers(cells) => format!("{cells:?}"),
        Column::Instants(cells) => format!("{cells:?}"),
        Column::Texts(cells) => format!("{cells:?}"),
        Column::Codes(codes) => {
            let names: Vec<&str> = codes.dictionary.iter().map(|coding| coding.code.as_str()).collect();
            format!("{names:?}{:?}", codes.cells)
        }
    }
}
