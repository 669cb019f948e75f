//! Inputs that the fuzzer found worth keeping: none of them breaks anything, and they reach both answers.

use cordon_fuzz::corpus::{pack, unpack};
use cordon_fuzz::{ORACLES, Seen};

/// The most bytes of one corpus file.
const MOST: usize = 200_000;

fn kept(name: &str) -> &'static str {
    match name {
        "card" => include_str!("../../../corpus/card.txt"),
        "skeleton" => include_str!("../../../corpus/skeleton.txt"),
        "manifest" => include_str!("../../../corpus/manifest.txt"),
        "envelope" => include_str!("../../../corpus/envelope.txt"),
        "request" => include_str!("../../../corpus/request.txt"),
        "template" => include_str!("../../../corpus/template.txt"),
        "disclosure" => include_str!("../../../corpus/disclosure.txt"),
        other => panic!("no corpus {other}"),
    }
}

fn replay(name: &str) {
    let (_, oracle) = ORACLES.into_iter().find(|(own, _)| *own == name).unwrap();
    let inputs = unpack(kept(name)).unwrap();
    let seen: Vec<Seen> = inputs
        .iter()
        .map(|input| oracle(input).unwrap_or_else(|broken| panic!("{broken}\n{}", input.escape_ascii())))
        .collect();
    let accepted = seen.iter().filter(|seen| **seen == Seen::Accepted).count();
    let refused = seen.len() - accepted;
    assert!(accepted >= 10 && refused >= 10, "{name}: {accepted} accepted, {refused} refused");
}

#[test]
fn no_kept_card_breaks_anything() {
    replay("card");
}

#[test]
fn no_kept_skeleton_breaks_anything() {
    replay("skeleton");
}

#[test]
fn no_kept_manifest_breaks_anything() {
    replay("manifest");
}

#[test]
fn no_kept_envelope_breaks_anything() {
    replay("envelope");
}

#[test]
fn no_kept_request_breaks_anything() {
    replay("request");
}

#[test]
fn no_kept_template_breaks_anything() {
    replay("template");
}

#[test]
fn no_kept_disclosure_breaks_anything() {
    replay("disclosure");
}

#[test]
fn a_corpus_is_small_sorted_and_holds_each_input_once() {
    for (name, _) in ORACLES {
        let file = kept(name);
        assert!(file.len() <= MOST, "{name}: {} bytes", file.len());
        assert_eq!(pack(unpack(file).unwrap()), file, "{name}");
    }
}
