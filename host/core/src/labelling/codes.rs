//! The table of codes, and how a code is compared.

use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization;

use super::systems::SystemNumber;

/// The longest beginning of a code that rules may name.
pub(super) const LONGEST_START: usize = 8;

/// One entry: the system, the code as the rule file says it, the rule.
type Entry = (SystemNumber, String, usize);

/// Codes and beginnings of codes, by their squeezed form.
#[derive(Debug, Default)]
pub(super) struct Codes {
    exact: BTreeMap<String, Vec<Entry>>,
    starts: BTreeMap<String, Vec<Entry>>,
}

impl Codes {
    pub(super) fn add(&mut self, system: SystemNumber, code: &str, rule: usize) {
        self.exact.entry(squeeze(code)).or_default().push((system, code.to_owned(), rule));
    }

    pub(super) fn add_start(&mut self, system: SystemNumber, start: &str, rule: usize) {
        self.starts.entry(squeeze(start)).or_default().push((system, start.to_owned(), rule));
    }

    /// Calls `found` with each entry that names this squeezed code. A beginning counts only for a code as short as the
    /// codes of such hierarchies are.
    pub(super) fn find<'a>(&'a self, squeezed: &str, mut found: impl FnMut(SystemNumber, &'a str, usize)) {
        let mut give = |entries: Option<&'a Vec<Entry>>| {
            entries.into_iter().flatten().for_each(|(system, code, rule)| found(*system, code, *rule));
        };
        give(self.exact.get(squeezed));
        if squeezed.len() <= LONGEST_START {
            (1..=squeezed.len()).for_each(|end| give(squeezed.get(..end).and_then(|start| self.starts.get(start))));
        }
    }
}

/// A code without what may be added or left out: case, dots, dashes, blanks, the marks of ICD-10-GM.
pub(super) fn squeeze(code: &str) -> String {
    let mut squeezed = String::new();
    squeeze_into(code, &mut squeezed);
    squeezed
}

/// The same, in a text that is used again.
pub(super) fn squeeze_into(code: &str, squeezed: &mut String) {
    squeezed.clear();
    let mut put = |c: char| {
        if c.is_ascii_alphanumeric() {
            squeezed.push(c.to_ascii_uppercase());
        }
    };
    // ASCII is its own NFKC.
    if code.is_ascii() { code.chars().for_each(&mut put) } else { code.nfkc().for_each(&mut put) }
}

/// What a code may hold besides itself: a SNOMED CT expression holds several codes with their terms.
pub(super) fn parts(code: &str) -> impl Iterator<Item = &str> {
    let parts = code.split(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '-')));
    parts.filter(move |part| part.len() < code.len() && !part.is_empty())
}

/// The hierarchy or code system that the shape of a word in free text tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// `F10.2`: with its dot, or all that a value holds.
    Icd10,
    /// `J05AR20`.
    Atc,
    /// `20447-9`.
    Loinc,
    /// Six to eighteen digits.
    Snomed,
}

/// The shape of one word. `alone` says that nothing else stands beside it.
pub(super) fn shape(word: &str, alone: bool) -> Option<Shape> {
    let bytes = word.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let letter = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_alphabetic);
    if bytes.iter().all(u8::is_ascii_digit) {
        return (6..=18).contains(&bytes.len()).then_some(Shape::Snomed);
    }
    if let Some((number, check)) = word.split_once('-') {
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        return ((2..=7).contains(&number.len()) && check.len() == 1 && digits(number) && digits(check))
            .then_some(Shape::Loinc);
    }
    if !(letter(0) && digit(1)) {
        return None;
    }
    if bytes.len() == 7 && digit(2) && letter(3) && letter(4) && digit(5) && digit(6) {
        return Some(Shape::Atc);
    }
    let dotted = bytes.get(3) == Some(&b'.');
    let icd10 = bytes.get(2).is_some_and(u8::is_ascii_alphanumeric) && bytes.len() <= LONGEST_START;
    (icd10 && (dotted || alone)).then_some(Shape::Icd10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_the_same_with_and_without_its_dress() {
        for dressed in ["F10.2", "f10.2", " F10.2 ", "F102", "F10.2*", "F10.-2", "Ｆ１０.2"] {
            assert_eq!(squeeze(dressed), "F102", "{dressed}");
        }
        let parts: Vec<_> = parts("86406008|HIV|:246075003=19030005").collect();
        assert_eq!(parts, ["86406008", "HIV", "246075003", "19030005"]);
    }

    #[test]
    fn words_of_free_text_have_the_shape_of_a_code_or_none() {
        assert_eq!(shape("B20.1", false), Some(Shape::Icd10));
        assert_eq!(shape("B20", false), None);
        assert_eq!(shape("B20", true), Some(Shape::Icd10));
        assert_eq!(shape("J05AR20", false), Some(Shape::Atc));
        assert_eq!(shape("20447-9", false), Some(Shape::Loinc));
        assert_eq!(shape("86406008", false), Some(Shape::Snomed));
        for other in ["2026-01", "12345", "mg", "4.5", "1-2", ""] {
            assert_eq!(shape(other, true), None, "{other}");
        }
    }
}
