//! The text of one paragraph, item or cell: characters, each with one style.
//!
//! Styles are not nested, so that printing them back needs no rule about which star closes which.

use unicode_normalization::UnicodeNormalization;

use super::{Values, characters, inert};

/// How a character is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Style {
    Plain,
    Emphasis,
    Strong,
    Code,
}

/// Characters with their styles. A line feed is a hard line break.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Inline(Vec<(char, Style)>);

/// Neighbouring characters of one style.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run<'a> {
    text: &'a [(char, Style)],
    pub(super) style: Style,
}

impl<'a> Run<'a> {
    /// What it says.
    pub(super) fn chars(self) -> impl DoubleEndedIterator<Item = char> + use<'a> {
        self.text.iter().map(|(c, _)| *c)
    }
}

impl Inline {
    /// Adds text without its ignorable characters. White space is always plain at its ends: see [`Inline::normal`].
    pub(super) fn push(&mut self, text: &str, style: Style) {
        self.0.reserve(text.len());
        let shown = text.chars().filter(|c| !characters::is_ignorable(*c));
        self.0.extend(shown.map(|c| (characters::plain_space(c), style)));
    }

    pub(super) fn append(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text without its styles.
    pub(super) fn text(&self) -> String {
        self.chars().collect()
    }

    fn chars(&self) -> impl Iterator<Item = char> {
        self.0.iter().map(|(c, _)| *c)
    }

    /// The text without its line breaks, as a table's cell holds it.
    pub(super) fn on_one_line(mut self) -> Self {
        self.0.iter_mut().filter(|(c, _)| *c == '\n').for_each(|(c, _)| *c = ' ');
        self
    }

    /// With texts in the place of names in braces, each set like its brace. `None` for a brace without a known name.
    pub(super) fn filled(self, by: &mut Values<'_>) -> Option<Self> {
        let mut filled = Self::default();
        let mut rest = self.0.into_iter();
        while let Some((c, style)) = rest.next() {
            if c == '{' {
                let name: String = rest.by_ref().map(|(c, _)| c).take_while(|c| *c != '}').collect();
                filled.push(&by(&name)?, style);
            } else {
                filled.0.push((c, style));
            }
        }
        Some(filled)
    }

    /// The one form: visible characters only, form C, inert, single spaces, nothing at the ends of lines. `None` if it
    /// holds a character that a card may not hold.
    pub(super) fn normal(self) -> Option<Self> {
        // After the spaces: one of them may have come between a mark and what it was drawn on.
        let broken = self.composed().broken();
        characters::visible(broken.chars()).then(|| broken.spaced())
    }

    /// The text, cut where the style changes and around line breaks.
    pub(super) fn lines(&self) -> impl Iterator<Item = impl Iterator<Item = Run<'_>>> {
        self.0.split(|(c, _)| *c == '\n').map(runs)
    }

    /// Form C. A mark is set like the character it is drawn on.
    fn composed(mut self) -> Self {
        let mut style = Style::Plain;
        for (c, own) in &mut self.0 {
            if characters::is_mark(*c) {
                *own = style;
            }
            style = *own;
        }
        // What is form C as a whole is form C in each of its runs.
        if characters::is_composed(self.chars()) { self } else { self.recomposed() }
    }

    fn recomposed(self) -> Self {
        let runs = runs(&self.0);
        Self(runs.flat_map(|run| run.chars().nfc().map(move |c| (c, run.style))).collect())
    }

    /// With a space at every place that [`inert`] names.
    fn broken(self) -> Self {
        if !self.chars().any(inert::is_active) {
            return self;
        }
        let text: Vec<char> = self.chars().collect();
        let places = inert::breaks(&text);
        if places.is_empty() {
            return self;
        }
        let mut places = places.into_iter().peekable();
        let mut broken = Vec::with_capacity(self.0.len());
        for (place, (c, style)) in self.0.into_iter().enumerate() {
            if places.next_if_eq(&place).is_some() {
                broken.push((' ', style));
            }
            broken.push((c, style));
        }
        Self(broken)
    }

    /// Single spaces, none around line breaks and at the ends; no empty lines. A space where the style changes is plain.
    fn spaced(self) -> Self {
        let mut spaced: Vec<(char, Style)> = Vec::with_capacity(self.0.len());
        let mut gap: Option<char> = None;
        for (c, style) in self.0 {
            if c == ' ' || c == '\n' {
                gap = if gap == Some('\n') { gap } else { Some(c) };
                continue;
            }
            let before = spaced.last().map(|(_, style)| *style);
            if let (Some(gap), Some(before)) = (gap, before) {
                let joins = gap == ' ' && before == style;
                spaced.push((gap, if joins { style } else { Style::Plain }));
            }
            gap = None;
            spaced.push((c, style));
        }
        Self(spaced)
    }
}

fn runs(text: &[(char, Style)]) -> impl Iterator<Item = Run<'_>> {
    let same = text.chunk_by(|(_, one), (_, other)| one == other);
    same.filter_map(|text| text.first().map(|(_, style)| Run { text, style: *style }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::profile::pieces;

    fn style() -> impl Strategy<Value = Style> {
        prop::sample::select(vec![Style::Plain, Style::Emphasis, Style::Strong, Style::Code])
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_taken_for_form_c_is_what_composing_every_run_gives(
            pieces in prop::collection::vec((pieces::text(), style()), 0..4),
        ) {
            let mut inline = Inline::default();
            pieces.iter().for_each(|(text, style)| inline.push(text, *style));
            let composed = inline.composed();
            prop_assert_eq!(&composed, &composed.clone().recomposed());
        }
    }
}
