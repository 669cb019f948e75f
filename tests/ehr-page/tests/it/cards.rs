//! SK-01 to SK-06, SK-11, SK-12: the same cards with and without the gate.

use std::collections::BTreeSet;

use cordon_ehr_page::attacks::{Aim, attacks};
use cordon_ehr_page::card::Set;
use cordon_ehr_page::grammar::Cards;

use crate::browser::{Finding, Report, shown};

const RENDERERS: [&str; 5] = ["react-markdown", "markdown-it", "marked", "commonmark", "innerHTML"];
/// What a card without the gate would be called harmful for. `other` and `footer` are not among them.
const HARM: [&str; 11] =
    ["request", "a", "img", "script", "iframe", "svg", "style", "[style]", "[on*]", "[src]", "[href]"];
/// A card that goes wrong may take its page along: few on one.
const FEW: usize = 20;
const MANY: usize = 500;
/// Issue 4: at least this many generated cards.
const GENERATED: usize = 10_000;

#[track_caller]
fn assert_each_renderer_is_fooled(report: &Report) {
    assert_eq!(report.renderers, RENDERERS);
    for renderer in RENDERERS {
        let (asked, link, image) =
            (report.cards(renderer, &["request"]), report.cards(renderer, &["a"]), report.cards(renderer, &["img"]));
        println!("{renderer}: {} cards ask, {} link, {} show images", asked.len(), link.len(), image.len());
        assert!(asked.len() >= 20, "{renderer}: requests of {asked:?}");
        assert!(link.len() >= 5, "{renderer}: links of {link:?}");
        assert!(image.len() >= 10, "{renderer}: images of {image:?}");
    }
}

#[test]
fn every_attack_of_the_corpus_succeeds_without_the_gate() {
    let corpus = attacks();
    let report = shown(&Set::ungated(corpus.iter().map(|attack| attack.written.clone())), FEW);
    assert_each_renderer_is_fooled(&report);
    let did = |renderer| report.cards(renderer, &[&HARM[..], &["hidden"]].concat());
    let harmful: BTreeSet<&str> = RENDERERS.into_iter().flat_map(did).collect();
    let aimed = corpus.iter().filter(|attack| attack.aim == Aim::Page).map(|attack| attack.id.as_str());
    let harmless: Vec<&str> = aimed.filter(|id| !harmful.contains(id)).collect();
    assert_eq!(harmless, Vec::<&str>::new());
    // Both counters see what leaves: a request that was intercepted, and a socket that was not.
    for seen in ["page", "proxy"] {
        assert!(report.findings.iter().any(|finding| finding.kind == "request" && finding.what == seen), "{seen}");
    }
}

#[test]
fn no_attack_of_the_corpus_does_anything_behind_the_gate() {
    let corpus = attacks();
    let set = Set::gated(corpus.iter().flat_map(|attack| attack.written.apart()), usize::MAX);
    let report = shown(&set, MANY);
    println!("{} attacks, {} cards shown, {} refused", corpus.len(), report.shown, set.refused.len());
    assert_eq!(report.findings, Vec::<Finding>::new());
    assert_eq!(report.renderers, RENDERERS);
    // Most texts come out inert, not refused: the page has something to look at.
    assert!(usize::try_from(report.shown).unwrap() > 2 * corpus.len(), "{:?}", set.refused);
}

#[test]
fn generated_cards_do_harm_without_the_gate() {
    let report = shown(&Set::ungated(Cards::new(1).take(6 * FEW)), FEW);
    assert_each_renderer_is_fooled(&report);
}

#[test]
fn ten_thousand_generated_cards_do_nothing_behind_the_gate() {
    // Each as a card of a plugin's own words, and as a text of the record on a signed one.
    let both = Cards::new(1).flat_map(|card| [card.in_the_record(), card]);
    let set = Set::gated(both, GENERATED);
    let report = shown(&set, MANY);
    println!("{} cards shown, {} refused", report.shown, set.refused.len());
    assert_eq!(report.findings, Vec::<Finding>::new());
    assert_eq!((report.shown, report.renderers.as_slice()), (10_000, &RENDERERS.map(str::to_owned)[..]));
    // The generator is not one that the gate refuses altogether.
    assert!(set.refused.len() < GENERATED, "{} refused", set.refused.len());
}
