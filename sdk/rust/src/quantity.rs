//! Quantities: a number means nothing without a unit that the tool knows.

use std::fmt;

use crate::UCUM;
use crate::r4::Quantity;

/// What a tool measures: the unit it works in, and the units it converts from. Anything else is an error, never a guess.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measure {
    /// The UCUM code of the unit of the result.
    pub unit: &'static str,
    /// Further UCUM codes, and how each becomes `unit`.
    pub others: &'static [(&'static str, Conversion)],
}

/// How a number becomes a number in another unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Conversion {
    /// Another spelling of the same unit.
    Same,
    /// Multiplied by this.
    Times(f64),
    /// Divided by this.
    Over(f64),
    /// Degrees Fahrenheit to degrees Celsius.
    Fahrenheit,
}

/// Why a quantity gives no number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuantityError {
    /// `value` is absent.
    NoValue,
    /// `comparator` is given: the value is a bound such as `<5`.
    Bound,
    /// `code` with the system UCUM is absent.
    NoUnit,
    /// A unit that the measure does not name.
    OtherUnit,
}

impl fmt::Display for QuantityError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NoValue => "has no value",
            Self::Bound => "is a bound, not a value",
            Self::NoUnit => "has no UCUM unit",
            Self::OtherUnit => "is in a unit that is not converted",
        })
    }
}

impl std::error::Error for QuantityError {}

impl Quantity {
    /// The number in `measure.unit`.
    ///
    /// # Errors
    /// [`QuantityError`]: without a value, with a comparator, without a UCUM unit or in another one.
    pub fn measured(&self, measure: &Measure) -> Result<f64, QuantityError> {
        let value = self.value.as_ref().ok_or(QuantityError::NoValue)?.to_f64();
        if self.comparator.is_some() {
            return Err(QuantityError::Bound);
        }
        let code = self.ucum().ok_or(QuantityError::NoUnit)?;
        measure.convert(value, code).ok_or(QuantityError::OtherUnit)
    }

    /// The number if it is in exactly this unit (a UCUM code).
    ///
    /// # Errors
    /// As [`Quantity::measured`].
    pub fn in_unit(&self, unit: &'static str) -> Result<f64, QuantityError> {
        self.measured(&Measure { unit, others: &[] })
    }

    /// Value and unit as they were written, for a card; `None` without a value.
    #[must_use]
    pub fn as_written(&self) -> Option<String> {
        let value = self.value.as_ref()?.text();
        let comparator = self.comparator.as_deref().unwrap_or_default();
        let unit = self.unit.as_deref().or(self.code.as_deref()).unwrap_or("(no unit)");
        Some(format!("{comparator}{value} {unit}"))
    }

    fn ucum(&self) -> Option<&str> {
        if self.system.as_deref() == Some(UCUM) { self.code.as_deref() } else { None }
    }
}

impl Measure {
    /// A number in the unit of this UCUM code, in the unit of the measure.
    pub(crate) fn convert(&self, value: f64, code: &str) -> Option<f64> {
        if code == self.unit {
            return Some(value);
        }
        let (_, conversion) = self.others.iter().find(|(other, _)| *other == code)?;
        Some(conversion.apply(value))
    }
}

impl Conversion {
    fn apply(self, value: f64) -> f64 {
        match self {
            Self::Same => value,
            Self::Times(factor) => value * factor,
            Self::Over(divisor) => value / divisor,
            Self::Fahrenheit => (value - 32.0) * 5.0 / 9.0,
        }
    }
}

/// Measures that clinical tools share.
pub mod units {
    use super::Conversion::{Fahrenheit, Over, Same, Times};
    use super::Measure;

    /// Creatinine in mg/dL. From µmol/L by 88.4 (molar mass 113.12 g/mol; the factor of KDIGO 2012, table of units).
    pub const CREATININE: Measure =
        Measure { unit: "mg/dL", others: &[("mg/dl", Same), ("umol/L", Over(88.4)), ("umol/l", Over(88.4))] };
    /// Body weight in kg. One avoirdupois pound is 0.45359237 kg (UCUM).
    pub const BODY_WEIGHT: Measure =
        Measure { unit: "kg", others: &[("g", Over(1_000.0)), ("[lb_av]", Times(0.453_592_37))] };
    /// Temperature in degrees Celsius.
    pub const TEMPERATURE: Measure = Measure { unit: "Cel", others: &[("[degF]", Fahrenheit)] };
    /// Pressure in millimetres of mercury.
    pub const PRESSURE: Measure = Measure { unit: "mm[Hg]", others: &[] };
    /// A rate per minute. The annotation in braces has no meaning in UCUM.
    pub const PER_MINUTE: Measure = Measure {
        unit: "/min",
        others: &[("{beats}/min", Same), ("{breaths}/min", Same), ("{Beats}/min", Same), ("1/min", Same)],
    };
    /// A share in percent.
    pub const PERCENT: Measure = Measure { unit: "%", others: &[("%{O2}", Same), ("{FiO2}%", Same)] };
    /// A gas flow in litres per minute.
    pub const FLOW: Measure = Measure { unit: "L/min", others: &[("l/min", Same)] };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quantity(json: &str) -> Quantity {
        let mut quantity = Quantity::default();
        crate::json::read_object(json, &mut quantity).unwrap();
        quantity
    }

    fn with_unit(value: &str, code: &str) -> Quantity {
        quantity(&format!(r#"{{"value":{value},"unit":"x","system":"{UCUM}","code":"{code}"}}"#))
    }

    #[test]
    fn a_known_unit_is_converted() {
        assert_eq!(with_unit("1.8", "mg/dL").measured(&units::CREATININE), Ok(1.8));
        let converted = with_unit("159.12", "umol/L").measured(&units::CREATININE).unwrap();
        assert!((converted - 1.8).abs() < 1e-12);
        let celsius = with_unit("98.6", "[degF]").measured(&units::TEMPERATURE).unwrap();
        assert!((celsius - 37.0).abs() < 1e-9);
    }

    #[test]
    fn an_unknown_unit_is_an_error_not_a_guess() {
        assert_eq!(with_unit("1.8", "mmol/L").measured(&units::CREATININE), Err(QuantityError::OtherUnit));
        assert_eq!(with_unit("159", "umol/L").in_unit("mg/dL"), Err(QuantityError::OtherUnit));
    }

    #[test]
    fn a_bound_a_missing_value_and_a_unit_without_code_give_no_number() {
        let bound = quantity(&format!(r#"{{"value":5,"comparator":"<","system":"{UCUM}","code":"mg/dL"}}"#));
        assert_eq!(bound.measured(&units::CREATININE), Err(QuantityError::Bound));
        let only_text = quantity(r#"{"value":1.8,"unit":"mg/dL"}"#);
        assert_eq!(only_text.measured(&units::CREATININE), Err(QuantityError::NoUnit));
        assert_eq!(quantity("{}").measured(&units::CREATININE), Err(QuantityError::NoValue));
    }

    #[test]
    fn a_card_can_show_the_value_as_written() {
        assert_eq!(with_unit("1.750", "mg/dL").as_written().unwrap(), "1.750 x");
        assert_eq!(quantity(r#"{"value":2}"#).as_written().unwrap(), "2 (no unit)");
    }
}
