//! Writes cards for the page, one JSON object a line. `tests/ehr-page/README.md` shows how to look at them.
#![forbid(unsafe_code)]

use std::io::{self, BufWriter, Write};

use cordon_ehr_page::attacks::attacks;
use cordon_ehr_page::card::Set;
use cordon_ehr_page::grammar::Cards;
use cordon_ehr_page::samples::samples;

const USAGE: &str = "usage: cordon-ehr-page samples|corpus|generated gated|ungated [CARDS [SEED]]";

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let number = |at: usize, without: usize| words.get(at).map_or(Some(without), |word| word.parse().ok());
    let generated = number(2, 10_000).zip(number(3, 1).and_then(|seed| u64::try_from(seed).ok()));
    let set = match (words.as_slice(), generated) {
        (["samples", "gated", ..], _) => Set::gated(samples(), usize::MAX),
        (["samples", "ungated", ..], _) => Set::ungated(samples()),
        (["corpus", "gated", ..], _) => {
            Set::gated(attacks().iter().flat_map(|attack| attack.written.apart()), usize::MAX)
        }
        (["corpus", "ungated", ..], _) => Set::ungated(attacks().iter().map(|attack| attack.written.clone())),
        (["generated", "gated", ..], Some((most, seed))) => {
            Set::gated(Cards::new(seed).flat_map(|card| [card.in_the_record(), card]), most)
        }
        (["generated", "ungated", ..], Some((most, seed))) => Set::ungated(Cards::new(seed).take(most)),
        _ => return Err(io::Error::other(USAGE)),
    };
    BufWriter::new(io::stdout().lock()).write_all(set.lines().as_bytes())
}
