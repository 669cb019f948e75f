//! The languages that clinicians read.

/// A language for the texts of cards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// English, also for every tag that is not German.
    #[default]
    English,
    /// German.
    German,
}

impl Language {
    /// The language of a BCP 47 tag.
    #[must_use]
    pub fn of(tag: &str) -> Self {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        if primary.eq_ignore_ascii_case("de") { Self::German } else { Self::English }
    }

    /// The text in this language.
    #[must_use]
    pub fn pick<T>(self, english: T, german: T) -> T {
        match self {
            Self::English => english,
            Self::German => german,
        }
    }

    /// A number, or a quantity as it was written, with the decimal sign of this language: a comma in German. Every digit
    /// stays, and so does the unit after the first space.
    #[must_use]
    pub fn number(self, written: &str) -> String {
        match (self, written.split_once(' ')) {
            (Self::English, _) => written.to_owned(),
            (Self::German, Some((number, unit))) => format!("{} {unit}", number.replace('.', ",")),
            (Self::German, None) => written.replace('.', ","),
        }
    }
}

/// How to say that a view is empty. A tool sees only what it was granted, so it never says that something does not exist.
#[must_use]
pub fn none_found(what: &str, language: Language) -> String {
    match language {
        Language::English => format!("{what}: none found in the data available"),
        Language::German => format!("{what}: in den verfügbaren Daten nicht gefunden"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_primary_tag_decides() {
        assert_eq!(Language::of("de-CH"), Language::German);
        assert_eq!(Language::of("DE"), Language::German);
        assert_eq!(Language::of("den"), Language::English);
        assert_eq!(Language::of(""), Language::English);
    }

    #[test]
    fn german_writes_a_decimal_comma_and_leaves_the_unit() {
        assert_eq!(Language::German.number("<1.80 mg/dL"), "<1,80 mg/dL");
        assert_eq!(Language::German.number("37.0"), "37,0");
        assert_eq!(Language::German.number("2 mL/min/1.73 m²"), "2 mL/min/1.73 m²");
        assert_eq!(Language::English.number("1.80 mg/dL"), "1.80 mg/dL");
    }
}
