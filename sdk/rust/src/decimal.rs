//! Decimals as FHIR means them: the text is part of the value.

use std::fmt;

/// A FHIR decimal. Keeps the digits as they were written: `1.50` is not `1.5`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decimal(String);

impl Decimal {
    /// The number as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }

    /// The nearest `f64`; finite.
    #[must_use]
    pub fn to_f64(&self) -> f64 {
        // INVARIANT: `parse` accepted the text, so this is never the default.
        self.0.parse().unwrap_or_default()
    }

    pub(crate) fn zero() -> Self {
        Self("0".to_owned())
    }

    /// Takes a number in JSON's spelling.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let starts_as_number = text.starts_with(|c: char| c == '-' || c.is_ascii_digit());
        let finite = text.parse::<f64>().is_ok_and(f64::is_finite);
        (starts_as_number && finite).then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_survives() {
        for text in ["1.50", "1.7526175111265963", "-0.0", "1E-2", "100"] {
            let decimal = Decimal::parse(text).unwrap();
            assert_eq!(decimal.text(), text);
        }
    }

    #[test]
    fn what_is_not_a_finite_number_is_refused() {
        for text in [r#""1.5""#, "true", "[1]", "1e999", "{}"] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }
}
