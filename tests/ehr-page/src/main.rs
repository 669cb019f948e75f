//! Writes cards for the page, one JSON object a line. `tests/ehr-page/README.md` shows how to look at them.
#![forbid(unsafe_code)]

use std::io::{self, BufWriter, Write};

use cordon_ehr_page::attacks::attacks;
use cordon_ehr_page::card::Set;
use cordon_ehr_page::grammar::Cards;

const USAGE: &str = "usage: cordon-ehr-page corpus|generated gated|ungated [CARDS]";

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let most = |at: usize| words.get(at).map_or(Some(10_000), |count| count.parse().ok());
    let set = match (words.as_slice(), most(2)) {
        (["corpus", "gated", ..], _) => {
            Set::gated(attacks().iter().flat_map(|attack| attack.written.apart()), usize::MAX)
        }
        (["corpus", "ungated", ..], _) => Set::ungated(attacks().iter().map(|attack| attack.written.clone())),
        (["generated", "gated", ..], Some(most)) => Set::gated(Cards::new(1), most),
        (["generated", "ungated", ..], Some(most)) => Set::ungated(Cards::new(1).take(most)),
        _ => return Err(io::Error::other(USAGE)),
    };
    BufWriter::new(io::stdout().lock()).write_all(set.lines().as_bytes())
}
