//! Which characters a card may hold.

use icu_properties::props::{BidiControl, DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup, Script};
use icu_properties::{CodePointMapData, CodePointSetData};
use unicode_normalization::UnicodeNormalization;

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
    let shown: String = source.chars().filter(|c| !is_ignorable(*c)).collect();
    let spaced: String = shown.replace("\r\n", "\n").chars().map(plain_space).collect();
    let normal: String = spaced.nfc().collect();
    visible(&normal).then_some(normal)
}

/// Whether Unicode lets a renderer show nothing for this character: zero width, soft hyphen, variation selectors, tags,
/// fillers. Records hold such characters (a soft hyphen in a drug's name), so they are taken out before anything else
/// is looked at, and what they could carry with them. Bidirectional controls are not among them: without them a reader
/// would see another order than the writer meant, so they are refused.
pub(super) fn is_ignorable(c: char) -> bool {
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
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
pub(super) fn visible(text: &str) -> bool {
    let mut marks = MOST_MARKS;
    text.chars().all(|c| {
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
    GeneralCategoryGroup::Mark.contains(CodePointMapData::<GeneralCategory>::new().get(c))
}

fn is_visible(c: char) -> bool {
    let hidden = GeneralCategoryGroup::Other.union(GeneralCategoryGroup::Separator);
    c == '\n'
        || c == ' '
        || (!hidden.contains(CodePointMapData::<GeneralCategory>::new().get(c))
            && !CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
            && SCRIPTS.contains(&CodePointMapData::<Script>::new().get(c)))
}
