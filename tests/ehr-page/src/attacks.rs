//! The corpus: one entry per attack, named for the threat it tries (`docs/threat-model.md`).

mod hidden;
mod texts;

use crate::card::Written;

/// What an attack must do without the gate, so that it is worth keeping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aim {
    /// It fools at least one of the page's renderers.
    Page,
    /// It is meant for a renderer with extensions that the page has none of: it must come out inert all the same.
    Elsewhere,
}

/// Where the attacker writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In every text of the card.
    Text,
    /// In `link.url`.
    Link,
    /// In `source.url`.
    Source,
    /// In `source.icon`.
    Icon,
}

/// One attack.
#[derive(Debug, Clone)]
pub struct Attack {
    /// Threat and trick: `SK-01 image`.
    pub id: String,
    /// What it must do ungated.
    pub aim: Aim,
    /// The card as the attacker writes it.
    pub written: Written,
}

/// All attacks. Each has a mark of its own, the secret that it tries to send: a birth date and a number.
#[must_use]
pub fn attacks() -> Vec<Attack> {
    let texts = texts::TEXTS.iter().map(|(id, text)| (*id, Aim::Page, Place::Text, (*text).to_owned()));
    let elsewhere = texts::ELSEWHERE.iter().map(|(id, text)| (*id, Aim::Elsewhere, Place::Text, (*text).to_owned()));
    let members = texts::MEMBERS.iter().map(|(id, place, text)| (*id, Aim::Page, *place, (*text).to_owned()));
    let hidden = hidden::texts().into_iter().map(|(id, text)| (id, Aim::Page, Place::Text, text));
    let all = texts.chain(elsewhere).chain(members).chain(hidden).enumerate();
    all.map(|(number, (id, aim, place, text))| Attack {
        id: id.to_owned(),
        aim,
        written: written(id, number, place, &text),
    })
    .collect()
}

/// The mark of the card with this number.
#[must_use]
pub fn mark(number: usize) -> String {
    format!("d19570314x{number}x")
}

fn written(id: &str, number: usize, place: Place, text: &str) -> Written {
    let mark = mark(number);
    let text = text.replace("{d}", &mark);
    let honest = Written::honest(id, &mark);
    match place {
        Place::Text => Written::everywhere(id, &mark, &text),
        Place::Link => Written { link: text, ..honest },
        Place::Source => Written { source_url: Some(text), ..honest },
        Place::Icon => Written { source_icon: Some(text), ..honest },
    }
}
