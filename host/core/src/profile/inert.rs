//! Where a plain space is put so that no renderer sees the start of a tag, a link or an address.
//!
//! | pair | gets a space, because |
//! |---|---|
//! | `<` and a letter, `/`, `!`, `?` | HTML starts a tag, and Markdown an autolink |
//! | `&name;`, `&#38`, `&lt` after the `&` | a renderer that decodes twice would find a tag |
//! | `![` | an image, also where a renderer looks past the space in `] (` |
//! | `](`, `][`, `]:`, `[[`, `{{` | Markdown links, reference definitions, wiki links, page templates |
//! | `:` and anything, except between digits | a scheme: `http:`, `mailto:`, `javascript:` |
//! | `//`, `\\` | an address without a scheme |
//! | `@` and anything | an e-mail address, a mention |
//! | `.` and a letter, if something stands before the dot | a host: `evil.example`; `5.4`, `01.02.2021` stay |
//! | every third `.` in a row of digits and dots | an IP address |
//! | the third of `~~~` or of three backticks | a fence, in which a line's first word is not shown |
//! | `www` and `.`, or `\` which may hide it | GFM links what begins with `www.` |
//!
//! Nothing but spaces is added and nothing taken away, so the reader still sees what the plugin wrote.

use unicode_normalization::UnicodeNormalization;

use super::characters;

/// Of the names that HTML decodes without a semicolon (HTML section 13.5), those of syntax and of what nobody sees. The
/// others are letters and signs, and `R&D` must stay.
const BARE_ENTITIES: [&str; 10] = ["amp", "AMP", "lt", "LT", "gt", "GT", "quot", "QUOT", "nbsp", "shy"];

/// A code block's text, inert, without blank lines and spaces at the ends. `None` if it holds a character that a card may
/// not hold.
pub(super) fn code(text: &str) -> Option<String> {
    let text: Vec<char> = text.nfc().map(characters::plain_space).collect();
    let mut places = breaks(&text).into_iter().peekable();
    let mut code = String::new();
    for (place, c) in text.into_iter().enumerate() {
        if places.next_if_eq(&place).is_some() {
            code.push(' ');
        }
        code.push(c);
    }
    let lines: Vec<&str> = code.lines().map(str::trim_end).collect();
    let code = lines.join("\n");
    characters::visible(code.chars()).then(|| code.trim_matches('\n').to_owned())
}

/// Whether a space may ever stand beside this character because of it.
pub(super) fn is_active(c: char) -> bool {
    matches!(c, '<' | '&' | '!' | ']' | '[' | '{' | '/' | '\\' | ':' | '@' | '`' | '~' | '.')
}

/// The places in this text before which a space must stand, in order.
pub(super) fn breaks(text: &[char]) -> Vec<usize> {
    let mut dots = 0_usize;
    let mut places = Vec::new();
    for (place, window) in Windows::of(text).enumerate() {
        dots = match window.this {
            '.' => dots.saturating_add(1),
            digit if digit.is_ascii_digit() => dots,
            _ => 0,
        };
        if !is_active(window.this) {
            continue;
        }
        let long = window.this == '.' && dots >= 3 && window.next.is_some_and(|next| next.is_ascii_digit());
        if window.is_after_www() {
            places.push(place);
        }
        if long || window.is_break() {
            dots = 0;
            places.push(place.saturating_add(1));
        }
    }
    places
}

/// A character with what stands around it.
struct Window<'a> {
    before: &'a [char],
    this: char,
    next: Option<char>,
    rest: &'a [char],
}

struct Windows<'a> {
    text: &'a [char],
    place: usize,
}

impl<'a> Windows<'a> {
    fn of(text: &'a [char]) -> Self {
        Self { text, place: 0 }
    }
}

impl<'a> Iterator for Windows<'a> {
    type Item = Window<'a>;

    fn next(&mut self) -> Option<Window<'a>> {
        let (before, from) = self.text.split_at_checked(self.place)?;
        let (this, rest) = from.split_first()?;
        self.place = self.place.saturating_add(1);
        Some(Window { before, this: *this, next: rest.first().copied(), rest })
    }
}

impl Window<'_> {
    /// Whether a space must stand after this character.
    fn is_break(&self) -> bool {
        let Some(next) = self.next.filter(|next| !next.is_whitespace()) else { return false };
        match self.this {
            '<' => next.is_ascii_alphabetic() || matches!(next, '/' | '!' | '?'),
            '&' => self.is_entity(),
            '!' => next == '[',
            ']' => matches!(next, '(' | '[' | ':'),
            '[' | '{' | '/' | '\\' => next == self.this,
            ':' => !(next.is_ascii_digit() && self.before.last().is_some_and(char::is_ascii_digit)),
            '@' => true,
            '`' | '~' => next == self.this && self.before.last() == Some(&self.this),
            '.' => !next.is_ascii_punctuation() && !next.is_ascii_digit() && self.follows_something(),
            _ => false,
        }
    }

    fn follows_something(&self) -> bool {
        self.before.last().is_some_and(|before| !before.is_whitespace())
    }

    fn is_after_www(&self) -> bool {
        matches!(self.this, '.' | '\\')
            && self.before.last_chunk::<3>().is_some_and(|www| www.iter().all(|w| matches!(w, 'w' | 'W')))
    }

    fn is_entity(&self) -> bool {
        let mut name = self.rest.iter().skip_while(|c| **c == '#' || c.is_ascii_alphanumeric());
        let whole = name.next() == Some(&';') && self.next != Some(';');
        let bare = |name: &&str| self.rest.iter().copied().take(name.len()).eq(name.chars());
        whole || self.next == Some('#') || BARE_ENTITIES.iter().any(bare)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::profile::pieces;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_space_is_put_beside_a_character_that_is_passed_over(source in pieces::text()) {
            let text: Vec<char> = source.chars().collect();
            for window in Windows::of(&text) {
                let looked_at = window.this == '.' || window.is_break() || window.is_after_www();
                prop_assert!(!looked_at || is_active(window.this), "{:?}", window.this);
            }
        }
    }
}
