//! Disclosure: what a reviewer is told that a grant lets out is never less than a run could say, and a larger grant
//! never shows smaller figures.
//!
//! The figures are worked out a second time here, as logarithms of the number of different answers; of the host's own
//! arithmetic nothing is taken but its limits and the words it shows for a slot.

use arbitrary::{Result as Chosen, Unstructured};
use cordon_core::disclosure::{Declared, Disclosure, LATENCY_EDGES, Latency, MOST_UNDECLARED, disclosure};
use cordon_core::grant::{Grant, PackFrom, Powers};
use cordon_core::limits::MOST_ROWS;
use cordon_core::manifest::{CardMode, Manifest, Note, Slots, Source};
use cordon_core::profile::MOST_DETAIL;
use cordon_core::proposal::Proposal;
use cordon_core::release::{MOST_ACTIONS, MOST_NOTES, MOST_SUGGESTIONS, MOST_SUMMARY, Sink};
use cordon_core::slots::Slot;

use crate::manifest::ESCAPES;
use crate::{Broken, Seen, holds};

mod case;

/// Not valid in UTF-8: it parts the manifest from the choices.
const BETWEEN: u8 = 0xff;

/// Unicode scalar values: what a character of a text can be, at most.
const CHARACTERS: f64 = 1_112_064.0;

/// The most characters of a button (`Suggested::label`).
const MOST_LABEL: f64 = 80.0;

/// More than any manifest of an envelope's size can ask for.
const MOST_BITS: u64 = 1 << 24;

/// Any bytes as a `plugin.toml`, and behind a byte what a hospital grants of it. A first byte 1 makes the manifest from
/// choices.
///
/// # Errors
/// [`Broken`].
pub fn disclosing(input: &[u8]) -> Result<Seen, Broken> {
    let mut fields = input.splitn(2, |byte| *byte == BETWEEN);
    let (text, mut choices) = match input.split_first() {
        Some((1, choices)) => {
            let mut choices = Unstructured::new(choices);
            (case::manifest(&mut choices).unwrap_or_default(), choices)
        }
        Some(_) | None => {
            let text = fields.next().and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default().to_owned();
            (text, Unstructured::new(fields.next().unwrap_or_default()))
        }
    };
    let Ok(manifest) = Manifest::parse(&text) else { return Ok(Seen::Refused) };
    let Ok([less, more]) = powers(&manifest, &mut choices) else { return Ok(Seen::Refused) };
    let latency = match choices.arbitrary() {
        Ok(Some(deadline)) => Latency::Exact { deadline },
        Ok(None) | Err(_) => Latency::Buckets,
    };
    let [less, more] = [less, more].map(|powers| {
        let grant = Grant { powers: powers.clone(), ..Grant::whole(&manifest) };
        holds(grant.check(&manifest).is_ok(), "what is asked for can be granted", || format!("{powers:?}"))?;
        let told = disclosure(&manifest, &powers, latency);
        tells(&told, &manifest, &powers, latency)?;
        Ok(told)
    });
    grows(&less?, &more?)?;
    Ok(Seen::Accepted)
}

/// Two grants of what the manifest asks for, the first within the second.
fn powers(manifest: &Manifest, choices: &mut Unstructured<'_>) -> Chosen<[Powers; 2]> {
    let mut both = [Powers::default(), Powers::default()];
    let [less, more] = &mut both;
    let mut each = |give: &mut dyn FnMut(&mut Powers)| -> Chosen<()> {
        let given = choices.int_in_range(0..=2)?;
        if given > 0 {
            give(more);
        }
        if given > 1 {
            give(less);
        }
        Ok(())
    };
    for cell in manifest.cells.keys() {
        each(&mut |powers| _ = powers.cells.insert(cell.clone()))?;
    }
    each(&mut |powers| powers.external_link = true)?;
    for proposal in manifest.proposals.values() {
        if proposal.is_system_action() {
            each(&mut |powers| _ = powers.system_actions.insert(proposal.resource_type().to_owned()))?;
        }
        for liberty in proposal.allow() {
            each(&mut |powers| _ = powers.allow.insert(*liberty))?;
        }
    }
    for (name, pack) in &manifest.packs {
        less.packs.insert(name.clone(), PackFrom::File);
        let fetched = pack.url.is_some() && choices.arbitrary()?;
        more.packs.insert(name.clone(), if fetched { PackFrom::Fetch } else { PackFrom::File });
    }
    Ok(both)
}

/// What a reviewer is told.
///
/// # Errors
/// [`Broken`].
pub fn tells(told: &Disclosure, manifest: &Manifest, powers: &Powers, latency: Latency) -> Result<(), Broken> {
    let show = || format!("{told:?}\n{powers:?}\n{manifest:?}");
    let sinks: Vec<Sink> = told.declared.iter().map(|declared| declared.sink).collect();
    holds(sinks == Sink::ALL, "every sink is named once", show)?;
    for declared in &told.declared {
        let said = says(declared.sink, manifest, powers);
        let bits = declared.bits.unwrap_or(0);
        holds(as_f64(bits) >= said, "a run cannot say more than a reviewer is told", || {
            format!("{:?}: {bits} bits for {said}\n{}", declared.sink, show())
        })?;
        holds(bits <= MOST_BITS, "a figure is finite", show)?;
        let lines = declared.content.iter().chain(&told.publisher);
        holds(lines.into_iter().all(|line| !ESCAPES.is_match(line)), "what is told is shown line by line", show)?;
    }
    let sum: u32 = told.undeclared.iter().map(|channel| channel.millibits).sum();
    holds(sum == told.millibits, "what is not declared is added up", show)?;
    let beside = 1_000.0 * (answers(manifest.cards.most).log2() + moments(latency).log2());
    let told_beside = f64::from(told.millibits);
    holds((beside - 0.001..=beside + 2.0).contains(&told_beside), "what shows beside the content is counted", || {
        format!("{beside}: {}", show())
    })?;
    let bounded = latency != Latency::Buckets || told.millibits <= MOST_UNDECLARED;
    holds(bounded, "what shows beside the content is within the bound", show)?;
    let leads = manifest.source.url.is_some() || manifest.services.iter().any(|service| service.link.is_some());
    let follows = u32::from(powers.external_link && leads);
    holds(told.publisher_bits == follows, "to the publisher goes a link that is followed, or nothing", show)
}

/// What the larger of two grants shows is nowhere less.
///
/// # Errors
/// [`Broken`].
pub fn grows(less: &Disclosure, more: &Disclosure) -> Result<(), Broken> {
    let show = || format!("{less:?}\n{more:?}");
    let within = |(less, more): (&Declared, &Declared)| {
        less.bits <= more.bits && less.content.iter().all(|line| more.content.contains(line))
    };
    let declared = less.declared.iter().zip(&more.declared).all(within);
    holds(declared, "a larger grant declares no less", show)?;
    holds(less.millibits == more.millibits, "what is not declared is the manifest's and the host's", show)?;
    holds(less.publisher_bits <= more.publisher_bits, "a larger grant tells its publisher no less", show)
}

/// The logarithm to base 2 of what a run can say in one call.
fn says(sink: Sink, manifest: &Manifest, powers: &Powers) -> f64 {
    match sink {
        Sink::Card => as_f64(manifest.cards.most) * card(manifest),
        Sink::SystemAction => {
            let acts = |proposal: &&Proposal| {
                proposal.is_system_action() && powers.system_actions.contains(proposal.resource_type())
            };
            actions(manifest.proposals.values().filter(acts), 0.0, manifest)
        }
        // Any bytes of any length up to its size, or not written.
        Sink::Cell => {
            let granted = manifest.cells.values().filter(|cell| powers.cells.contains(&cell.name));
            granted.map(|cell| f64::from(cell.size.bytes()) * 8.0 + (256.0_f64 / 255.0).log2()).sum()
        }
        Sink::Note => {
            let argument = |most: u32| (f64::from(most) + 1.0).log2();
            let note = |note: &Note| note.arguments.iter().map(|own| argument(own.most)).sum::<f64>();
            lists(sum(manifest.notes.values().map(note)), as_f64(MOST_NOTES))
        }
        Sink::Outcome | Sink::Figure | Sink::Diagnosis => 0.0,
    }
}

/// The logarithm of the number of lists of up to so many of so many things, of which the logarithm is given.
fn lists(things: f64, most: f64) -> f64 {
    if things == f64::NEG_INFINITY {
        0.0
    } else if things < 1.0 {
        (most + 1.0).log2()
    } else {
        // 1 + n + … + n^m is less than n^m / (1 - 1/n).
        most * things - (1.0 - (-things).exp2()).log2()
    }
}

fn card(manifest: &Manifest) -> f64 {
    let text = |most: f64| most * CHARACTERS.log2();
    let (words, label) = match manifest.cards.mode {
        CardMode::Text => {
            let detail = as_f64(MOST_DETAIL) * 8.0;
            (text(as_f64(MOST_SUMMARY)) + detail + 3.0_f64.log2(), text(MOST_LABEL))
        }
        CardMode::Templated => (sum(manifest.templates.values().map(|one| filled(&one.slots, manifest))), 0.0),
    };
    let draft = |source: &Source| match source {
        Source::DraftOrders | Source::Selections => as_f64(MOST_ROWS),
        Source::Record(_) | Source::Encounter | Source::User => 0.0,
    };
    let drafts: f64 = manifest.needs.values().map(|need| draft(&need.source)).sum();
    let one = actions(manifest.proposals.values(), drafts, manifest);
    let suggestions = if one > 0.0 { lists(one + label + 1.0, as_f64(MOST_SUGGESTIONS)) } else { 0.0 };
    words + suggestions + as_f64(manifest.override_reasons.len())
}

/// A list of actions: proposals with their slots, or others.
fn actions<'a>(proposals: impl Iterator<Item = &'a Proposal>, others: f64, manifest: &Manifest) -> f64 {
    let proposals = proposals.map(|proposal| filled(proposal.slots(), manifest));
    lists(sum(proposals.chain([others.log2()])), as_f64(MOST_ACTIONS))
}

/// The logarithm of a sum of numbers of which the logarithms are given: minus infinity for nothing.
fn sum(logarithms: impl Iterator<Item = f64>) -> f64 {
    let logarithms: Vec<f64> = logarithms.collect();
    let greatest = logarithms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if greatest == f64::NEG_INFINITY {
        return greatest;
    }
    greatest + logarithms.iter().map(|one| (one - greatest).exp2()).sum::<f64>().log2()
}

/// The logarithm of the number of ways to fill these slots.
fn filled(slots: &Slots, manifest: &Manifest) -> f64 {
    slots.values().map(|slot| choices(slot, manifest).max(1.0).log2()).sum()
}

fn choices(slot: &Slot, manifest: &Manifest) -> f64 {
    match slot {
        Slot::Number(_) => steps(&slot.words()).unwrap_or(f64::INFINITY),
        Slot::Code(codes) => as_f64(codes.len()),
        Slot::Date { from, until } => {
            let day = |year: i16, month: i8, day: i8| number(i64::from(year), i64::from(month), i64::from(day));
            let span = day(until.year(), until.month(), until.day()) - day(from.year(), from.month(), from.day());
            as_f64(u64::try_from(span).unwrap_or(u64::MAX)) + 1.0
        }
        Slot::From { need, .. } => {
            let newest = manifest.needs.get(need).and_then(|need| need.newest);
            as_f64(MOST_ROWS).min(newest.map_or(f64::INFINITY, f64::from))
        }
    }
}

/// Reads `a number from A to B unit in steps of S`.
fn steps(words: &str) -> Option<f64> {
    let (min, rest) = words.strip_prefix("a number from ")?.split_once(" to ")?;
    let (span, step) = rest.rsplit_once(" in steps of ")?;
    let max = span.split(' ').next()?;
    let read = |text: &str| text.parse::<f64>().ok();
    Some(((read(max)? - read(min)?) / read(step)?).round() + 1.0)
}

/// The day's number in the Gregorian calendar (Richards, Explanatory Supplement to the Astronomical Almanac, 2013, 15.11.3).
fn number(year: i64, month: i64, day: i64) -> i64 {
    let before = (month - 14) / 12;
    (1_461 * (year + 4_800 + before)).div_euclid(4) + (367 * (month - 2 - 12 * before)) / 12
        - (3 * (year + 4_900 + before).div_euclid(100)).div_euclid(4)
        + day
}

/// How many answers can be told apart without reading a card: their number, their order, and three other ends.
fn answers(most: usize) -> f64 {
    let ordered = [1.0, 1.0, 2.0, 6.0, 24.0];
    let answers: f64 = if most < ordered.len() { ordered.iter().take(most + 1).sum() } else { as_f64(most) + 1.0 };
    answers + 3.0
}

/// How many moments can be told apart.
fn moments(latency: Latency) -> f64 {
    match latency {
        Latency::Buckets => as_f64(LATENCY_EDGES.len()),
        Latency::Exact { deadline } => as_f64(deadline).max(1.0),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a count")]
fn as_f64(count: impl TryInto<u64>) -> f64 {
    count.try_into().map_or(f64::INFINITY, |count| count as f64)
}
