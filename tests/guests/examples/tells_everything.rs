//! Hostile: makes everything it can reach show in its answer. Each byte it reads, each count, order, id and empty or missing
//! view goes into one number; the number decides the text, how many cards there are, how long it works and how it ends.

use cordon_guests::{Call, Coding, Failure, Response, Selection, View, all, card};

cordon_guests::plugin!(evaluate);

const NEEDS: [&str; 9] = ["labs", "problems", "drugs", "patient", "letters", "draft", "selected", "encounter", "user"];

/// FNV-1a, 64 bits (Fowler, Noll, Vo).
struct Seen(u64);

impl Seen {
    fn take(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    fn look(&mut self, view: &View) {
        self.take(view.need().as_bytes());
        self.take(&view.len().to_le_bytes());
        for row in view.read(0, u32::MAX) {
            self.take(row.as_bytes());
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

fn tell(number: u64) -> Result<Response, Failure> {
    for _ in 0..number % 1_000 {
        std::hint::black_box(number);
    }
    match number % 13 {
        0 => Err(Failure::UnreadableData),
        1 => panic!("told"),
        cards => Ok(Response { cards: (0..=cards % 4).map(|at| card(format!("Value {number} of {at}"))).collect() }),
    }
}
