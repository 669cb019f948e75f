//! Templates: whatever a publisher signed, a run chose and a record holds, the card says what the template says with
//! values that its slots take in their places, and nothing else.
//!
//! What a value may look like is worked out a second time here, from what the case wrote into the manifest; nothing is
//! taken from `cordon_core::slots`.

use cordon_core::invoke::Response;
use cordon_core::manifest::{Manifest, Template, Texts};
use cordon_core::message::{Advice, CardText, Filled, SlotValue};
use cordon_core::record::Outcome;
use cordon_core::words::Words;
use serde_json::Value;

use crate::card::{as_a_card, characters, inert};
use crate::reader::{blocks, seen};
use crate::{Broken, Seen, holds};

mod case;
mod desk;
mod values;

use case::Case;
use values::{Parts, Taken};

/// The longest summary (CDS Hooks 2.0, card attributes).
const MOST_SUMMARY: usize = 139;

/// A template, its slots, a row, and what a run puts in; parted by a byte, or made from choices if the first byte is 1.
///
/// # Errors
/// [`Broken`].
pub fn template(input: &[u8]) -> Result<Seen, Broken> {
    let Ok(case) = Case::make(input) else { return Ok(Seen::Refused) };
    let Ok(manifest) = Manifest::parse(&case.manifest()) else { return Ok(Seen::Refused) };
    let Some(signed) = manifest.templates.values().next() else { return Ok(Seen::Refused) };
    let mut shown = Seen::Refused;
    for locale in ["en", "de", "de-CH"] {
        let filled = Filled { name: "told".to_owned(), slots: case.given.clone() };
        let card = Advice { text: CardText::Template(filled), suggestions: Vec::new(), override_reasons: Vec::new() };
        let answer = desk::answer(&manifest, locale, &case.row, card);
        let answer = answer.ok_or_else(|| broken("a call is answered", &case))?;
        let taken = [Some(&signed.summary), signed.detail.as_ref()].map(|texts| case.taken(texts, locale));
        match (card_of(&answer), taken) {
            (Some(card), [Some(in_summary), Some(in_detail)]) => {
                shown = Seen::Accepted;
                one(&card, signed, [&in_summary, &in_detail], locale, &case)?;
            }
            (Some(_), _) => return Err(broken("what a slot does not take is refused", &case)),
            (None, [Some(_), Some(_)]) if case.is_plain() => {
                return Err(broken("what the slots take is shown", &case));
            }
            (None, _) => holds(answer.body.is_none(), "of a refused card nothing leaves", || show(&case))?,
        }
    }
    Ok(shown)
}

/// Whether a text is a template with one of these values in each of its slots.
#[must_use]
pub fn is_filled(template: &str, values: &[(&str, &[&str])], text: &str) -> bool {
    let taken = |(name, texts): &(&str, &[&str])| Taken {
        name: (*name).to_owned(),
        texts: texts.iter().map(|text| (*text).to_owned()).collect(),
    };
    let taken: Vec<Taken> = values.iter().map(taken).collect();
    Parts::of(template, &taken).are(text)
}

fn show(case: &Case) -> String {
    format!("{}\n{:?}\n{}", case.manifest(), case.given, case.row)
}

fn broken(sentence: &'static str, case: &Case) -> Broken {
    Broken { sentence, shown: show(case) }
}

/// The one card of an answer.
fn card_of(answer: &Response) -> Option<Value> {
    let body: Value = serde_json::from_slice(answer.body.as_ref()?).ok()?;
    (answer.outcome == Outcome::Answered).then(|| body.pointer("/cards/0").cloned())?
}

fn one(card: &Value, signed: &Template, taken: [&[Taken]; 2], locale: &str, case: &Case) -> Result<(), Broken> {
    let show = || format!("{locale}: {card}\n{}", show(case));
    let members: Vec<&str> = card.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    let known = ["detail", "indicator", "source", "summary", "uuid"];
    holds(members.iter().all(|name| known.contains(name)), "a card has the members that its manifest asks for", show)?;
    holds(card.get("indicator") == Some(&Value::from("warning")), "the indicator is the manifest's", show)?;
    let text = |name: &str| card.get(name).and_then(Value::as_str).unwrap_or_default();
    let summary = text("summary");
    holds(summary.chars().count() <= MOST_SUMMARY, "a summary has at most 139 characters", show)?;
    characters(summary)?;
    inert(summary)?;
    let [in_summary, in_detail] = taken;
    let told = Parts::of(signed.summary.for_locale(locale), in_summary);
    holds(told.are(summary), "a summary is its template, filled", show)?;
    let words = Words::default();
    let footer = words.footer.for_locale(locale);
    let Some(template) = signed.detail.as_ref().map(|texts| texts.for_locale(locale)).filter(|text| !text.is_empty())
    else {
        return holds(text("detail") == footer, "without a detail there is the footer alone", show);
    };
    let under = format!("\n\n---\n\n{footer}");
    let Some(detail) = text("detail").strip_suffix(under.as_str()) else {
        return holds(false, "the footer stands under every card", show);
    };
    as_a_card(detail)?;
    holds(blocks(detail) == blocks(template), "a value changes no block around it", show)?;
    holds(Parts::of(&seen(template), in_detail).are(&seen(detail)), "a detail is its template, filled", show)
}

impl Case {
    /// What each slot may show in these texts: values are in the language of the text around them. `None` if one takes
    /// nothing of what was given, or another was given.
    fn taken(&self, texts: Option<&Texts>, locale: &str) -> Option<Vec<Taken>> {
        let german = locale.starts_with("de") && texts.is_some_and(|texts| texts.de.is_some());
        let taken: Option<Vec<Taken>> = self.slots.iter().map(|(name, kind)| self.takes(name, kind, german)).collect();
        taken.filter(|taken| taken.len() == self.given.len())
    }

    /// The texts that the slot may show for what was given, none if it takes nothing of it.
    fn takes(&self, name: &str, kind: &case::Kind, german: bool) -> Option<Taken> {
        let mut given = self.given.iter().filter(|(given, _)| given == name);
        let value = match (given.next(), given.next()) {
            (Some((_, value)), None) => value,
            (_, _) => return None,
        };
        let texts = kind.shows(value, german, &self.row)?;
        Some(Taken { name: name.to_owned(), texts })
    }

    /// Whether nothing in it can be refused: signed ASCII, numbers between the ends, and nothing of the record.
    fn is_plain(&self) -> bool {
        let ascii = self.texts.iter().flatten().flatten().all(|text| text.is_ascii());
        let kind = |name: &String| self.slots.iter().find(|(own, _)| own == name).map(|(_, kind)| kind);
        let plain = |(name, value): &(String, SlotValue)| match value {
            SlotValue::Row(_) => false,
            SlotValue::Number(number) => kind(name).is_some_and(|kind| kind.spans(*number)),
            SlotValue::Code(_) | SlotValue::Date(_) => true,
        };
        ascii && self.given.iter().all(plain)
    }
}
