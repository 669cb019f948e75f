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
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) text: String,
    pub(super) style: Style,
}

impl Inline {
    /// Adds text without its ignorable characters. White space is always plain at its ends: see [`Inline::normal`].
    pub(super) fn push(&mut self, text: &str, style: Style) {
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
        self.0.iter().map(|(c, _)| c).collect()
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
        characters::visible(&broken.text()).then(|| broken.spaced())
    }

    /// The text, cut where the style changes and around line breaks.
    pub(super) fn lines(&self) -> Vec<Vec<Run>> {
        self.0.split(|(c, _)| *c == '\n').map(runs).collect()
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
        let composed = runs(&self.0).into_iter().flat_map(|run| {
            let style = run.style;
            run.text.nfc().map(|c| (c, style)).collect::<Vec<_>>()
        });
        Self(composed.collect())
    }

    /// With a space at every place that [`inert`] names.
    fn broken(self) -> Self {
        let text: Vec<char> = self.0.iter().map(|(c, _)| *c).collect();
        let mut places = inert::breaks(&text).into_iter().peekable();
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

fn runs(text: &[(char, Style)]) -> Vec<Run> {
    let same = text.chunk_by(|(_, one), (_, other)| one == other);
    same.filter_map(|run| {
        let (_, style) = run.first()?;
        Some(Run { text: run.iter().map(|(c, _)| c).collect(), style: *style })
    })
    .collect()
}
