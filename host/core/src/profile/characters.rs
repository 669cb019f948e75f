//! Which characters a card may hold.

use icu_properties::props::{BidiControl, DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup, Script};
use icu_properties::{CodePointMapData, CodePointSetData};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// The first code point that Unicode calls ignorable, and the first combining mark: below them nothing is looked up.
const FIRST_IGNORABLE: char = '\u{ad}';
const FIRST_MARK: char = '\u{300}';

/// UTS #39 section 5.4: more nonspacing marks in a row than this are no word of any language, and can cover other lines.
const MOST_MARKS: usize = 4;

/// UAX #31 table 5: the scripts in customary modern use, with the characters that all scripts share.
const SCRIPTS: [Script; 31] = [
    Script::Common,
    Script::Inherited,
    Script::Arabic,
    Script::Armenian,
    Script::Bengali,
    Script::Bopomofo,
    Script::Cyrillic,
    Script::Devanagari,
    Script::Ethiopic,
    Script::Georgian,
    Script::Greek,
    Script::Gujarati,
    Script::Gurmukhi,
    Script::Han,
    Script::Hangul,
    Script::Hebrew,
    Script::Hiragana,
    Script::Kannada,
    Script::Katakana,
    Script::Khmer,
    Script::Lao,
    Script::Latin,
    Script::Malayalam,
    Script::Myanmar,
    Script::Oriya,
    Script::Sinhala,
    Script::Tamil,
    Script::Telugu,
    Script::Thaana,
    Script::Thai,
    Script::Tibetan,
];

/// A Markdown source as it is read: without ignorable characters, line ends are `\n`, other white space is a space,
/// form C. `None` if it holds a character that a card may not hold.
pub(super) fn prepared(source: &str) -> Option<String> {
    // What is visible as it stands has nothing in it that would be taken out or made a space.
    if source.bytes().all(is_plain) || (is_composed(source.chars()) && visible(source.chars())) {
        return Some(source.to_owned());
    }
    let mut shown = source.chars().filter(|c| !is_ignorable(*c)).peekable();
    let mut spaced = String::with_capacity(source.len());
    while let Some(c) = shown.next() {
        let ends = c == '\r' && shown.peek() == Some(&'\n');
        if !ends {
            spaced.push(plain_space(c));
        }
    }
    let normal = if is_composed(spaced.chars()) { spaced } else { spaced.nfc().collect() };
    visible(normal.chars()).then_some(normal)
}

/// What is seen as it stands, alone and beside any other such character.
fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\n')
}

/// Whether this is form C for certain (UAX #15 section 9): "maybe" is no.
pub(super) fn is_composed(text: impl Iterator<Item = char>) -> bool {
    is_nfc_quick(text) == IsNormalized::Yes
}

/// Whether Unicode lets a renderer show nothing for this character: zero width, soft hyphen, variation selectors, tags,
/// fillers. Records hold such characters (a soft hyphen in a drug's name), so they are taken out before anything else
/// is looked at, and what they could carry with them. Bidirectional controls are not among them: without them a reader
/// would see another order than the writer meant, so they are refused.
pub(super) fn is_ignorable(c: char) -> bool {
    c >= FIRST_IGNORABLE
        && CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
        && !CodePointSetData::new::<BidiControl>().contains(c)
}

/// Every white space but the line feed as the plain space: 16 widths of nothing would carry 4 bits each.
/// A carriage return stays and is refused as a control character.
pub(super) fn plain_space(c: char) -> char {
    if c == '\t' || (c.is_whitespace() && !c.is_control()) { ' ' } else { c }
}

/// Whether a reader sees every character of this text, and sees it where it stands.
///
/// Refused are control and format characters, among them all bidirectional controls; what [`is_ignorable`] should have
/// taken out; private use, unassigned code points and noncharacters; scripts that no modern language uses; marks
/// without a base, and more than four marks in a row.
pub(super) fn visible(mut text: impl Iterator<Item = char>) -> bool {
    let mut marks = MOST_MARKS;
    text.all(|c| {
        marks = match c {
            _ if is_mark(c) => marks.saturating_add(1),
            '\n' | ' ' => MOST_MARKS,
            _ => 0,
        };
        marks <= MOST_MARKS && is_visible(c)
    })
}

/// Whether this is a combining mark, which is drawn on the character before it.
pub(super) fn is_mark(c: char) -> bool {
    c >= FIRST_MARK && GeneralCategoryGroup::Mark.contains(CodePointMapData::<GeneralCategory>::new().get(c))
}

fn is_visible(c: char) -> bool {
    u8::try_from(c).is_ok_and(is_plain) || (!c.is_ascii() && is_shown(c))
}

/// What Unicode says of a character that is no line feed and no space.
fn is_shown(c: char) -> bool {
    let hidden = GeneralCategoryGroup::Other.union(GeneralCategoryGroup::Separator);
    !hidden.contains(CodePointMapData::<GeneralCategory>::new().get(c))
        && !CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
        && SCRIPTS.contains(&CodePointMapData::<Script>::new().get(c))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::profile::pieces;

    #[test]
    fn what_is_not_looked_up_is_what_unicode_says_of_every_character() {
        let ignorable = |c: char| CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c);
        let turns = |c: char| CodePointSetData::new::<BidiControl>().contains(c);
        let mark = |c: char| GeneralCategoryGroup::Mark.contains(CodePointMapData::<GeneralCategory>::new().get(c));
        for c in char::MIN..=char::MAX {
            assert_eq!(is_ignorable(c), ignorable(c) && !turns(c), "{c:?}");
            assert_eq!(is_mark(c), mark(c), "{c:?}");
            assert_eq!(is_visible(c), c == '\n' || c == ' ' || is_shown(c), "{c:?}");
        }
    }

    /// [`prepared`] as its words say it, one step after the other.
    fn step_by_step(source: &str) -> Option<String> {
        let shown: String = source.chars().filter(|c| !is_ignorable(*c)).collect();
        let spaced: String = shown.replace("\r\n", "\n").chars().map(plain_space).collect();
        let normal: String = spaced.nfc().collect();
        visible(normal.chars()).then_some(normal)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_short_way_prepares_what_every_step_would(source in pieces::text()) {
            prop_assert_eq!(prepared(&source), step_by_step(&source));
        }

        /// So a text that prints itself needs no second reading.
        #[test]
        fn what_was_prepared_is_prepared(source in pieces::text()) {
            let once = prepared(&source);
            prop_assert_eq!(once.as_deref().and_then(prepared), once);
        }
    }
}
