//! What a grant lets out: *declared content* to readers who are cleared for it, and *undeclared channels*, in bits.
//!
//! A card tells a clinician something; that is what it is for, and its content is named here, not minimised. Beside it the
//! number and order of cards, the way a call ends and the time it takes could tell more: those are counted, worst case, for
//! every call, whatever a run says. To the publisher nothing leaves that depends on a patient.

use serde::Serialize;

use crate::grant::{PackFrom, Powers};
use crate::ids::NeedName;
use crate::limits::MOST_ROWS;
use crate::manifest::{CardMode, Manifest, Slots, Source, USUAL_CARDS};
use crate::proposal::Proposal;
use crate::release::{MOST_ACTIONS, MOST_LABEL, MOST_NOTES, MOST_SUGGESTIONS, MOST_SUMMARY, Sink};

/// Undeclared channels of one call may tell so many thousandths of a bit unless the hospital says otherwise: 8 bits, the
/// bound of the security property (`docs/threat-model.md`).
pub const MOST_UNDECLARED: u32 = 8_000;

/// The edges at which answers leave, in milliseconds after the call came: of the time a run took, only the bucket shows.
pub const LATENCY_EDGES: [u64; 6] = [50, 100, 200, 500, 1_000, 2_000];

/// How a call ends, as far as a plugin can choose and a caller can see: cards, an outcome without an answer, the card of a
/// tool that was not run, data not obtainable.
const OTHER_OUTCOMES: f64 = 3.0;

/// What a host does with time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Latency {
    /// Answers leave at the edges.
    Buckets,
    /// Answers leave when they are ready, by so many milliseconds at the latest.
    Exact {
        /// The deadline.
        deadline: u64,
    },
}

/// One thing that leaves on purpose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Declared {
    /// Where to.
    pub sink: Sink,
    /// Who reads it.
    pub reader: &'static str,
    /// What it can hold, in plain words.
    pub content: Vec<String>,
    /// The most bits of one call, rounded up; `None` when the sink is shut.
    pub bits: Option<u64>,
}

/// One thing that shows beside the content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Channel {
    /// What shows.
    pub name: &'static str,
    /// The most thousandths of a bit of one call.
    pub millibits: u32,
}

/// What one grant lets out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Disclosure {
    /// On purpose, by sink.
    pub declared: Vec<Declared>,
    /// Beside it.
    pub undeclared: Vec<Channel>,
    /// All undeclared channels of one call together, in thousandths of a bit.
    pub millibits: u32,
    /// What reaches the publisher, in plain words.
    pub publisher: Vec<String>,
    /// Bits that depend on a patient and reach the publisher: 0 unless cards lead outside.
    pub publisher_bits: u32,
}

/// What this grant of this manifest lets out.
#[must_use]
pub fn disclosure(manifest: &Manifest, powers: &Powers, latency: Latency) -> Disclosure {
    let undeclared = vec![outcome_and_cards(manifest), time(latency)];
    let millibits = undeclared.iter().fold(0, |sum: u32, channel| sum.saturating_add(channel.millibits));
    let declared = Sink::ALL.into_iter().map(|sink| declared(sink, manifest, powers)).collect();
    let (publisher, publisher_bits) = publisher(manifest, powers);
    Disclosure { declared, undeclared, millibits, publisher, publisher_bits }
}

/// How a call ended and how many cards came in which order are one channel: no order without cards.
fn outcome_and_cards(manifest: &Manifest) -> Channel {
    let most = manifest.cards.most;
    let ordered = most <= USUAL_CARDS;
    let mut arrangements = 0.0;
    let mut orders = 1.0;
    for cards in 0..=most {
        if cards > 0 && ordered {
            orders *= count(cards);
        }
        arrangements += orders;
    }
    let name = if ordered { "outcome, number and order of cards" } else { "outcome and number of cards" };
    Channel { name, millibits: millibits(arrangements + OTHER_OUTCOMES) }
}

fn time(latency: Latency) -> Channel {
    match latency {
        Latency::Buckets => Channel { name: "time bucket", millibits: millibits(count(LATENCY_EDGES.len())) },
        Latency::Exact { deadline } => {
            // A millisecond is what a caller beside the host can tell apart.
            Channel { name: "time", millibits: millibits(count(usize::try_from(deadline).unwrap_or(usize::MAX))) }
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a count of cards, edges or milliseconds")]
fn count(of: usize) -> f64 {
    of as f64
}

/// The logarithm to base 2 in thousandths, rounded up.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at least 1 state, far below 2^53")]
fn millibits(states: f64) -> u32 {
    (states.max(1.0).log2() * 1_000.0).ceil() as u32
}

fn declared(sink: Sink, manifest: &Manifest, powers: &Powers) -> Declared {
    match sink {
        Sink::Card => cards(manifest),
        Sink::SystemAction => system_actions(manifest, powers),
        Sink::Cell => cells(manifest, powers),
        Sink::Note => notes(manifest),
        Sink::Outcome => Declared {
            sink,
            reader: "the caller",
            content: vec!["one of four classes; its bits are counted below".to_owned()],
            bits: Some(0),
        },
        Sink::Figure => Declared {
            sink,
            reader: "the hospital's operators",
            content: vec!["counts of calls by class, over all plugins and patients, each minute".to_owned()],
            bits: Some(0),
        },
        Sink::Diagnosis => Declared {
            sink,
            reader: "whom an operator names",
            content: vec!["nothing, unless a person releases one failed call by hand".to_owned()],
            bits: None,
        },
    }
}

fn cards(manifest: &Manifest) -> Declared {
    let most = wide(manifest.cards.most);
    let (content, per_card) = match manifest.cards.mode {
        CardMode::Text => {
            let detail = crate::profile::MOST_DETAIL;
            let label =
                if offers(manifest) { format!(", {MOST_LABEL} characters on each button") } else { String::new() };
            let content =
                format!("free text: {MOST_SUMMARY} characters and {detail} bytes of Markdown on each card{label}");
            // UTF-8 of four bytes is the most a character takes.
            (vec![content], (wide(MOST_SUMMARY) * 4 + wide(detail)) * 8 + 2)
        }
        CardMode::Templated => {
            let of = manifest
                .templates
                .iter()
                .map(|(name, template)| slot_words(&format!("template `{name}`"), &template.slots));
            let most = manifest.templates.values().map(|template| slot_bits(&template.slots, manifest)).max();
            (of.collect(), most.unwrap_or(0) + log2_up(wide(manifest.templates.len())))
        }
    };
    let proposals =
        manifest.proposals.iter().map(|(name, proposal)| slot_words(&format!("suggestion `{name}`"), proposal.slots()));
    let reasons = wide(manifest.override_reasons.len());
    let per_card = per_card.saturating_add(suggestion_bits(manifest)).saturating_add(reasons);
    Declared {
        sink: Sink::Card,
        reader: "the clinician, for this patient",
        content: content.into_iter().chain(proposals).collect(),
        bits: Some(most.saturating_mul(per_card)),
    }
}

/// Whether a card can have a suggestion at all: there is something to create or to remove.
fn offers(manifest: &Manifest) -> bool {
    !manifest.proposals.is_empty() || drafts(manifest) > 0
}

/// What the suggestions of one card can tell: of each, whether it is there and recommended, its label where the words are
/// the plugin's own, and its actions.
fn suggestion_bits(manifest: &Manifest) -> u64 {
    if !offers(manifest) {
        return 0;
    }
    let actions = action_bits(manifest.proposals.values(), drafts(manifest), manifest);
    let label = match manifest.cards.mode {
        CardMode::Text => wide(MOST_LABEL) * 4 * 8,
        CardMode::Templated => 0,
    };
    wide(MOST_SUGGESTIONS) * (actions + label + 2)
}

/// The draft orders that a suggestion can name.
fn drafts(manifest: &Manifest) -> u64 {
    let context = manifest.needs.values().filter(|need| match need.source {
        Source::DraftOrders | Source::Selections => true,
        Source::Record(_) | Source::Encounter | Source::User => false,
    });
    context.map(|_| wide(MOST_ROWS)).sum()
}

/// A list of actions, each one of these proposals with its slots filled, or one of so many others, or not there.
fn action_bits<'a>(proposals: impl Iterator<Item = &'a Proposal>, others: u64, manifest: &Manifest) -> u64 {
    let slots: Vec<u64> = proposals.map(|proposal| slot_bits(proposal.slots(), manifest)).collect();
    let widest = slots.iter().max().copied().unwrap_or(0);
    wide(MOST_ACTIONS) * (widest + log2_up(wide(slots.len()) + others + 1))
}

fn system_actions(manifest: &Manifest, powers: &Powers) -> Declared {
    let acts = manifest.proposals.iter().filter(|(_, proposal)| {
        proposal.is_system_action() && powers.system_actions.contains(proposal.resource_type())
    });
    let content: Vec<String> =
        acts.clone().map(|(name, proposal)| slot_words(&format!("proposal `{name}`"), proposal.slots())).collect();
    let bits = action_bits(acts.map(|(_, proposal)| proposal), 0, manifest);
    let bits = (!content.is_empty()).then_some(bits);
    Declared { sink: Sink::SystemAction, reader: "the EHR, which stores it unasked", content, bits }
}

fn cells(manifest: &Manifest, powers: &Powers) -> Declared {
    let granted = manifest.cells.values().filter(|cell| powers.cells.contains(&cell.name));
    let content: Vec<String> =
        granted.clone().map(|cell| format!("cell `{}`: {} bytes", cell.name, cell.size.bytes())).collect();
    // Its length is the plugin's to choose as well: one bit more than its bytes.
    let bits = granted.map(|cell| u64::from(cell.size.bytes()) * 8 + 1).sum();
    Declared {
        sink: Sink::Cell,
        reader: "this plugin, in later calls of the same patient, purpose and clearance",
        bits: (!content.is_empty()).then_some(bits),
        content,
    }
}

fn notes(manifest: &Manifest) -> Declared {
    let content: Vec<String> =
        manifest.notes.values().map(|note| format!("note {}: {}", note.code, note.text)).collect();
    let one = |note: &crate::manifest::Note| {
        note.arguments.iter().map(|argument| log2_up(u64::from(argument.most).saturating_add(1))).sum::<u64>()
    };
    // One of the codes, or none: their number is the plugin's to choose as well.
    let codes = log2_up(wide(manifest.notes.len()) + 1);
    let widest = manifest.notes.values().map(one).max().map(|bits| bits + codes);
    Declared {
        sink: Sink::Note,
        reader: "the hospital's operators",
        bits: widest.map(|bits| bits.saturating_mul(wide(MOST_NOTES))),
        content,
    }
}

fn publisher(manifest: &Manifest, powers: &Powers) -> (Vec<String>, u32) {
    let fetched = powers.packs.values().any(|from| *from == PackFrom::Fetch);
    let linked = manifest.source.url.is_some() || manifest.services.iter().any(|service| service.link.is_some());
    let mut told = Vec::new();
    if fetched {
        told.push("that this host fetches a data pack once a day, whatever happens here".to_owned());
    }
    if powers.external_link && linked {
        told.push(
            "that somebody followed a link outside, and when: a clinician's own act, at most once per card".to_owned(),
        );
        return (told, 1);
    }
    told.push("nothing that depends on a patient".to_owned());
    (told, 0)
}

fn slot_words(what: &str, slots: &Slots) -> String {
    if slots.is_empty() {
        return format!("{what}: a fixed text");
    }
    let slots: Vec<String> = slots.iter().map(|(name, slot)| format!("{name} is {}", slot.words())).collect();
    format!("{what}: {}", slots.join("; "))
}

/// The bits of the plugin's choice. What the host copies from a row is declared by its element, not counted.
fn slot_bits(slots: &Slots, manifest: &Manifest) -> u64 {
    let rows = |need: &NeedName| {
        let newest = manifest.needs.get(need).and_then(|need| need.newest);
        newest.map_or(wide(MOST_ROWS), u64::from)
    };
    slots.values().map(|slot| log2_up(slot.choices(&rows))).sum()
}

fn wide(of: usize) -> u64 {
    u64::try_from(of).unwrap_or(u64::MAX)
}

/// The logarithm to base 2, rounded up.
fn log2_up(states: u64) -> u64 {
    u64::from(u64::BITS - states.saturating_sub(1).leading_zeros())
}
