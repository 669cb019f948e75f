//! Hostile: makes everything it can reach show in its answer. Each byte it reads, each count, order, id and empty or missing
//! view goes into one number; the number decides the text, how many cards there are, how long it works and how it ends.

use cordon_guests_0_3::{
    Call, CardText, Coding, Column, Failure, FreeText, Indicator, Response, Selection, View, all, card, show,
};

cordon_guests_0_3::plugin!(evaluate);

const NEEDS: [&str; 9] = ["labs", "problems", "drugs", "patient", "letters", "draft", "selected", "encounter", "user"];

/// FNV-1a, 64 bits (Fowler, Noll, Vo).
struct Seen(u64);

impl Seen {
    fn take(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    fn cells(&mut self, column: &Column) {
        match column {
            Column::Numbers(cells) | Column::Instants(cells) => {
                cells.iter().for_each(|cell| self.take(&cell.map_or(0, f64::to_bits).to_le_bytes()));
            }
            Column::Texts(cells) => {
                cells.iter().for_each(|cell| self.take(cell.as_deref().unwrap_or("none").as_bytes()))
            }
            Column::Codes(codes) => {
                codes.cells.iter().for_each(|cell| self.take(&cell.unwrap_or(u32::MAX).to_le_bytes()));
                codes
                    .dictionary
                    .iter()
                    .for_each(|coding| self.take([&*coding.system, &*coding.code].concat().as_bytes()));
            }
        }
    }

    fn look(&mut self, view: &View) {
        self.take(view.need().as_bytes());
        self.take(&view.len().to_le_bytes());
        for row in view.read(0, u32::MAX) {
            self.take(row.as_bytes());
        }
        for column in COLUMNS {
            match view.table(&[column.to_owned()]) {
                Ok(columns) => columns.iter().for_each(|column| self.cells(column)),
                Err(problem) => self.take(&problem.column.to_le_bytes()),
            }
        }
    }
}

fn selections() -> Vec<Selection> {
    let code = |code: &str| Coding { system: String::new(), code: code.to_owned() };
    vec![
        Selection { codes: vec![code("2160-0"), code("20447-9"), code("F20.0")], ..all() },
        Selection { category: Some("laboratory".to_owned()), ..all() },
        Selection { since: Some("2020-06".to_owned()), ..all() },
        Selection { until: Some("2020".to_owned()), ..all() },
        Selection { statuses: vec!["final".to_owned(), "active".to_owned()], ..all() },
    ]
}

/// One by one, because the needs list different elements.
const COLUMNS: [&str; 9] = [
    "text:id",
    "code:code",
    "code:category",
    "text:status",
    "number:valueQuantity.value",
    "text:valueQuantity.value",
    "instant:effectiveDateTime",
    "text:subject.reference",
    "text:birthDate",
];

fn evaluate(call: Call) -> Result<Response, Failure> {
    let mut seen = Seen(0xcbf2_9ce4_8422_2325);
    seen.take(call.hook().as_bytes());
    seen.take(call.service().as_bytes());
    seen.take(call.now().as_bytes());
    seen.take(call.locale().as_bytes());
    for name in NEEDS {
        match call.view(name) {
            None => seen.take(b"none"),
            Some(view) => {
                seen.look(&view);
                seen.take(view.read(1, 1).first().map_or(b"".as_slice(), String::as_bytes));
                for by in selections() {
                    seen.look(&view.narrow(&by));
                }
            }
        }
    }
    tell(seen.0)
}

fn free(summary: String) -> CardText {
    CardText::Free(FreeText { summary, detail: None, indicator: Indicator::Info })
}

fn tell(number: u64) -> Result<Response, Failure> {
    for _ in 0..number % 1_000 {
        std::hint::black_box(number);
    }
    match number % 13 {
        0 => Err(Failure::UnreadableData),
        1 => panic!("told"),
        cards => show((0..=cards % 4).map(|at| card(free(format!("Value {number} of {at}")))).collect()),
    }
}
