//! What must hold whatever comes in: one oracle for each way into the host, for the fuzzer and for ordinary tests.
//!
//! An oracle feeds an input to the host's own code and holds the result against readers and rules of other people: it
//! shares as little as it can with what it judges. An input may be refused; it may not make a sentence here false.
#![forbid(unsafe_code)]
#![expect(clippy::expect_used, reason = "patterns and keys written here: that they are right is seen at the first run")]

pub mod card;
pub mod corpus;
pub mod disclosure;
pub mod envelope;
pub mod manifest;
pub mod reader;
pub mod request;
pub mod skeleton;
pub mod template;

/// What the server's files ask for a check that a test took out: here none is.
mod fault {
    macro_rules! out {
        ($fault:ident) => {
            false
        };
    }
    pub(crate) use out;
}

/// What became of an input that broke nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// The host took it, and what it made of it was looked at.
    Accepted,
    /// The host refused it.
    Refused,
}

/// A sentence that an input made false. Inputs are made up, so it may show them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("broken: {sentence}: {shown}")]
pub struct Broken {
    /// The sentence.
    pub sentence: &'static str,
    /// What it was about.
    pub shown: String,
}

/// One oracle.
pub type Oracle = fn(&[u8]) -> Result<Seen, Broken>;

/// Every oracle under the name of its fuzz target and its corpus.
pub const ORACLES: [(&str, Oracle); 7] = [
    ("card", card::card),
    ("skeleton", skeleton::skeleton),
    ("manifest", manifest::manifest),
    ("envelope", envelope::envelope),
    ("request", request::request),
    ("template", template::template),
    ("disclosure", disclosure::disclosing),
];

pub(crate) fn holds(condition: bool, sentence: &'static str, shown: impl FnOnce() -> String) -> Result<(), Broken> {
    if condition { Ok(()) } else { Err(Broken { sentence, shown: shown() }) }
}
