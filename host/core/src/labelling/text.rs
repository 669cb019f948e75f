//! Finding phrases in free text: folded so that spelling tricks and layout do not hide a word, in one pass over the text.

use aho_corasick::{AhoCorasick, BuildError};
use icu_properties::CodePointSetData;
use icu_properties::props::DefaultIgnorableCodePoint;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Phrases, and which rule each belongs to.
#[derive(Debug)]
pub(super) struct Words {
    automaton: AhoCorasick,
    phrases: Vec<(String, usize)>,
}

impl Words {
    /// `phrases` are what a rule file says, with the number of their rule.
    pub(super) fn new(phrases: Vec<(String, usize)>) -> Result<Self, BuildError> {
        let mut patterns = Vec::new();
        let mut named = Vec::new();
        for (phrase, rule) in phrases {
            for pattern in patterns_of(&phrase) {
                patterns.push(pattern);
                named.push((phrase.clone(), rule));
            }
        }
        Ok(Self { automaton: AhoCorasick::new(patterns)?, phrases: named })
    }

    /// Calls `found` with the phrase and the rule of every match. Returns how many bytes were looked at. `folded` is room
    /// to work in.
    pub(super) fn find<'a>(&'a self, text: &str, folded: &mut String, mut found: impl FnMut(&'a str, usize)) -> usize {
        let mut looked = 0_usize;
        let mut look = |text: &str| {
            fold_into(text, folded);
            looked = looked.saturating_add(folded.len());
            for hit in self.automaton.find_overlapping_iter(folded.as_str()) {
                if let Some((phrase, rule)) = self.phrases.get(hit.pattern().as_usize()) {
                    found(phrase, *rule);
                }
            }
        };
        // As it is first: what looks like markup may be text. Then a tag may stand within a word, or between two.
        look(text);
        if text.contains(['<', '&']) {
            look(&without_markup(text, ""));
            look(&without_markup(text, " "));
        }
        looked
    }
}

/// Whether a phrase has anything to look for.
pub(super) fn is_phrase(phrase: &str) -> bool {
    fold(phrase.trim_matches('*')).trim().chars().count() > 1
}

/// A phrase as it stands in folded text. An umlaut may also be written as two letters.
fn patterns_of(phrase: &str) -> Vec<String> {
    let core = phrase.trim_matches('*');
    let spelled: String = core.nfc().flat_map(spell_umlaut).collect();
    let mut folded = vec![fold(core), fold(&spelled)];
    folded.dedup();
    let open = |text: String| {
        let text = if phrase.starts_with('*') { text.trim_start().to_owned() } else { text };
        if phrase.ends_with('*') { text.trim_end().to_owned() } else { text }
    };
    folded.into_iter().map(open).collect()
}

fn spell_umlaut(letter: char) -> impl Iterator<Item = char> {
    let plain = match letter {
        'ä' => Some('a'),
        'ö' => Some('o'),
        'ü' => Some('u'),
        'Ä' => Some('A'),
        'Ö' => Some('O'),
        'Ü' => Some('U'),
        _ => None,
    };
    [plain.unwrap_or(letter)].into_iter().chain(plain.map(|_| 'e'))
}

/// Words in lower case, without accents, separated and surrounded by one space. Compatibility forms are taken apart (Unicode
/// NFKD); what a reader does not see (default-ignorable code points, such as soft hyphen and zero-width space) is gone.
fn fold(text: &str) -> String {
    let mut folded = String::new();
    fold_into(text, &mut folded);
    folded
}

/// The same, in a text that is used again.
fn fold_into(text: &str, folded: &mut String) {
    folded.clear();
    folded.push(' ');
    let mut rest = text;
    while !rest.is_empty() {
        // ASCII is its own NFKD and none of it is a mark or invisible, so no run of it changes what stands beside it.
        let (plain, from) = rest.split_at(rest.find(|c: char| !c.is_ascii()).unwrap_or(rest.len()));
        let (other, after) = from.split_at(from.find(|c: char| c.is_ascii()).unwrap_or(from.len()));
        plain
            .bytes()
            .for_each(|byte| put(folded, byte.is_ascii_alphanumeric().then(|| byte.to_ascii_lowercase().into())));
        fold_other(other, folded);
        rest = after;
    }
    put(folded, None);
}

fn fold_other(text: &str, folded: &mut String) {
    let invisible = CodePointSetData::new::<DefaultIgnorableCodePoint>();
    for letter in text.nfkd().filter(|c| !invisible.contains(*c) && !is_combining_mark(*c)) {
        if letter == 'ß' || letter == 'ẞ' {
            folded.push_str("ss");
        } else if letter.is_alphanumeric() {
            folded.extend(letter.to_lowercase());
        } else {
            put(folded, None);
        }
    }
}

/// Adds a letter, or one space for whatever else stands between words.
fn put(folded: &mut String, letter: Option<char>) {
    match letter {
        Some(letter) => folded.push(letter),
        None if folded.ends_with(' ') => {}
        None => folded.push(' '),
    }
}

/// The text between tags, with `between` for each tag, and with its character references read.
fn without_markup(text: &str, between: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['<', '&']) {
        let (before, from) = rest.split_at(at);
        plain.push_str(before);
        let close = if from.starts_with('<') { '>' } else { ';' };
        // An entity is short; an ampersand without an end is text. So the search for the end stays linear.
        let window = if close == ';' { ends_within(from, 12) } else { from };
        let Some((inner, after)) = window.find(close).and_then(|end| from.split_at_checked(end)) else {
            plain.push_str(if close == ';' { "&" } else { "<" });
            rest = from.get(1..).unwrap_or_default();
            if close == '>' {
                // No later tag can end either.
                plain.push_str(rest);
                return plain;
            }
            continue;
        };
        if close == ';' {
            plain.push(character(inner.get(1..).unwrap_or_default()));
        } else {
            plain.push_str(between);
        }
        rest = after.get(1..).unwrap_or_default();
    }
    plain.push_str(rest);
    plain
}

fn ends_within(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    end.and_then(|end| text.get(..end)).unwrap_or_default()
}

/// The character a reference stands for; a space if it is not one of those that matter here.
fn character(name: &str) -> char {
    let number = name.strip_prefix('#').and_then(|digits| match digits.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => digits.parse().ok(),
    });
    if let Some(character) = number.and_then(char::from_u32) {
        return character;
    }
    let named = [
        ("amp", '&'),
        ("auml", 'ä'),
        ("ouml", 'ö'),
        ("uuml", 'ü'),
        ("Auml", 'Ä'),
        ("Ouml", 'Ö'),
        ("Uuml", 'Ü'),
        ("szlig", 'ß'),
        ("shy", '\u{ad}'),
        ("eacute", 'é'),
    ];
    named.into_iter().find(|(known, _)| *known == name).map_or(' ', |(_, letter)| letter)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn finds(phrase: &str, text: &str) -> bool {
        let words = Words::new(vec![(phrase.to_owned(), 0)]).unwrap();
        let mut found = false;
        words.find(text, &mut String::new(), |_, _| found = true);
        found
    }

    #[test]
    fn a_word_is_found_however_it_is_dressed() {
        for text in [
            "HIV",
            "known hiv-1 infection",
            "H\u{ad}I\u{200b}V",
            "ＨＩＶ",
            "<b>H</b>IV",
            "<td>HIV</td><td>pos</td>",
            "&#72;&#x49;V",
            "see <HIV positive> here",
            "a < b, HIV",
            "x&y HIV",
        ] {
            assert!(finds("HIV", text), "{text}");
        }
        for text in
            ["Alkoholabhängigkeit", "ALKOHOLABHAENGIGKEIT", "alkoholabha\u{308}ngigkeit", "Alkoholabh&auml;ngigkeit"]
        {
            assert!(finds("Alkoholabhängig*", text), "{text}");
        }
        assert!(finds("Missbrauch", "Mißbrauch") && finds("*abtreibung", "Spätabtreibung"));
        assert!(finds("opioid use disorder", "opioid\n use-disorder"));
    }

    /// How a text is folded when nothing about ASCII is made use of.
    fn folded_whole(text: &str) -> String {
        let mut folded = String::from(" ");
        fold_other(text, &mut folded);
        put(&mut folded, None);
        folded
    }

    proptest! {
        #[test]
        fn text_folds_the_same_in_runs_and_as_a_whole(text in ".{0,60}", marked in "[a-zA-Z \\-äßéＡﷺ\u{ad}\u{308}\u{323}\u{200b}]{0,40}") {
            prop_assert_eq!(fold(&text), folded_whole(&text));
            prop_assert_eq!(fold(&marked), folded_whole(&marked));
        }
    }

    #[test]
    fn part_of_a_word_is_another_word() {
        for text in ["shiver", "archive", "HIVE", "hi v", ""] {
            assert!(!finds("HIV", text), "{text}");
        }
        assert!(!finds("abtreibung*", "Spätabtreibung"));
    }

    #[test]
    fn work_grows_with_the_text_and_not_faster() {
        let words = Words::new(vec![("a a".to_owned(), 0), ("&&".to_owned(), 1), ("<<".to_owned(), 2)]).unwrap();
        for unit in ["a ", "<", "&", "<a", "&#65;", "ﷺ"] {
            let once = words.find(&unit.repeat(1000), &mut String::new(), |_, _| {});
            let twice = words.find(&unit.repeat(2000), &mut String::new(), |_, _| {});
            assert!(twice <= once * 2 + 8, "{unit}: {once} then {twice}");
        }
    }
}
