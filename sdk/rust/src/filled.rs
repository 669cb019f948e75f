//! What a manifest words and a plugin fills: templates of cards and proposals of orders, with their slots.

use crate::{Card, CardError, Day};

/// The most slots of a template or a proposal.
pub const MAX_SLOTS: usize = 16;

/// What is put into a slot. The host prints it: a number as the nearest step of its slot, a code as its text.
#[derive(Debug, Clone, PartialEq)]
pub enum SlotValue {
    /// For a `number` slot.
    Number(f64),
    /// For a `code` slot: the name of one of its codes.
    Code(String),
    /// For a `date` slot.
    Date(Day),
    /// For a `from` slot: the id of a row, whose element the host copies.
    Row(String),
}

/// A name and slots.
#[derive(Debug, Clone, PartialEq)]
struct Filled {
    name: String,
    slots: Vec<(String, SlotValue)>,
}

impl Filled {
    fn named(name: &str) -> Self {
        Self { name: name.to_owned(), slots: Vec::new() }
    }

    fn with(mut self, slot: &str, value: SlotValue) -> Self {
        self.slots.push((slot.to_owned(), value));
        self
    }

    fn check(&self) -> Result<(), CardError> {
        if self.name.is_empty() {
            return Err(CardError::Empty);
        }
        if self.slots.len() > MAX_SLOTS {
            return Err(CardError::TooMany);
        }
        let twice = |at: usize, name: &str| self.slots.iter().skip(at + 1).any(|(other, _)| other == name);
        let wrong = |(at, (name, value)): (usize, &(String, SlotValue))| {
            let nothing = match value {
                SlotValue::Number(number) => !number.is_finite(),
                SlotValue::Code(text) | SlotValue::Row(text) => text.is_empty(),
                SlotValue::Date(_) => false,
            };
            nothing || name.is_empty() || twice(at, name)
        };
        if self.slots.iter().enumerate().any(wrong) { Err(CardError::Slot) } else { Ok(()) }
    }
}

/// The methods that fill slots, the same for both.
macro_rules! slots {
    ($type:ident) => {
        impl $type {
            /// Puts a number into a `number` slot.
            #[must_use]
            pub fn number(self, slot: &str, value: impl Into<f64>) -> Self {
                Self(self.0.with(slot, SlotValue::Number(value.into())))
            }

            /// Puts one of its codes, by name, into a `code` slot.
            #[must_use]
            pub fn code(self, slot: &str, name: &str) -> Self {
                Self(self.0.with(slot, SlotValue::Code(name.to_owned())))
            }

            /// Puts a day into a `date` slot.
            #[must_use]
            pub fn date(self, slot: &str, day: Day) -> Self {
                Self(self.0.with(slot, SlotValue::Date(day)))
            }

            /// Has the host copy the element of a `from` slot from the row with this id: `row.id.as_deref()`.
            #[must_use]
            pub fn row<'a>(self, slot: &str, id: impl Into<Option<&'a str>>) -> Self {
                Self(self.0.with(slot, SlotValue::Row(id.into().unwrap_or_default().to_owned())))
            }

            /// Its name in the manifest.
            #[must_use]
            pub fn name(&self) -> &str {
                &self.0.name
            }

            /// Its slots, as they were filled.
            #[must_use]
            pub fn slots(&self) -> &[(String, SlotValue)] {
                &self.0.slots
            }

            /// What was put into one slot.
            #[must_use]
            pub fn slot(&self, name: &str) -> Option<&SlotValue> {
                self.slots().iter().find(|(slot, _)| slot == name).map(|(_, value)| value)
            }

            pub(crate) fn checked(self) -> Result<Self, CardError> {
                self.0.check().map(|()| self)
            }
        }
    };
}

/// A `[[template]]` of the manifest. Made by [`Card::template`]; [`Template::card`] makes it a card.
#[derive(Debug, Clone, PartialEq)]
pub struct Template(Filled);

slots!(Template);

impl Template {
    pub(crate) fn named(name: &str) -> Self {
        Self(Filled::named(name))
    }

    /// The card.
    ///
    /// # Errors
    /// [`CardError::Slot`] for a slot that is filled twice or with nothing (no number, no row), [`CardError::TooMany`]
    /// for more than [`MAX_SLOTS`], [`CardError::Empty`] without a name.
    pub fn card(self) -> Result<Card, CardError> {
        Ok(Card::of(self.checked()?))
    }
}

/// A `[[proposal]]` of the manifest: an order. `"name"` becomes one without slots.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal(Filled);

slots!(Proposal);

impl Proposal {
    /// The proposal with this name, its slots to be filled.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self(Filled::named(name))
    }
}

impl From<&str> for Proposal {
    fn from(name: &str) -> Self {
        Self::named(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_keeps_what_its_slots_were_filled_with() {
        let day = Day::new(2024, 2, 29).unwrap();
        let template = Card::template("reduced").number("egfr", 43.9).code("stage", "g3b").date("on", day);
        let template = template.row("value", "r1").row("other", Some("r2"));
        assert_eq!(template.slot("egfr"), Some(&SlotValue::Number(43.9)));
        assert_eq!(template.slot("on"), Some(&SlotValue::Date(day)));
        assert_eq!(template.slot("value"), Some(&SlotValue::Row("r1".to_owned())));
        assert_eq!(template.slot("none"), None);
        let card = template.clone().card().unwrap();
        assert_eq!((card.as_template(), card.summary(), card.markdown()), (Some(&template), "", ""));
    }

    #[test]
    fn a_slot_filled_with_nothing_or_twice_is_refused() {
        let card = |fill: fn(Template) -> Template| fill(Card::template("x")).card().map(|_| ());
        assert_eq!(card(|t| t.number("a", f64::NAN)), Err(CardError::Slot));
        assert_eq!(card(|t| t.number("a", f64::INFINITY)), Err(CardError::Slot));
        assert_eq!(card(|t| t.row("a", None)), Err(CardError::Slot));
        assert_eq!(card(|t| t.code("a", "")), Err(CardError::Slot));
        assert_eq!(card(|t| t.code("", "a")), Err(CardError::Slot));
        assert_eq!(card(|t| t.number("a", 1).number("b", 1).number("a", 2)), Err(CardError::Slot));
        assert_eq!(card(|t| (0..17).fold(t, |t, n| t.number(&n.to_string(), n))), Err(CardError::TooMany));
        assert_eq!(Card::template("").card(), Err(CardError::Empty));
        assert_eq!(card(|t| (0..16).fold(t, |t, n| t.number(&n.to_string(), n))), Ok(()));
    }
}
