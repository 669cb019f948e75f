//! How much simvastatin a day an order asks for, as far as it says.

use cordon_sdk::UCUM;
use cordon_sdk::prelude::*;

/// mg a day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Dose {
    /// Dose and frequency are readable.
    Daily(f64),
    /// One intake, or one piece of the product, is so much; how often it is taken is not readable.
    AtLeast(f64),
    /// Not readable.
    Unknown,
}

/// How a dose stands to a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Against {
    /// Within it.
    Within,
    /// May be above.
    Open,
    /// Above.
    Above,
}

impl Dose {
    /// The daily dose of an order, with the mg in one piece of its product if they are known.
    #[must_use]
    pub fn read(order: &MedicationRequest, piece: Option<f64>) -> Self {
        let unread = piece.map_or(Self::Unknown, Self::AtLeast);
        // Of several instructions none says the whole.
        let [instruction] = order.dosage_instruction.as_slice() else { return unread };
        let intake = intake(instruction, piece);
        match (intake, instruction.timing.as_ref().and_then(times_a_day)) {
            (Some(mg), Some(times)) => Self::Daily(mg * times),
            (Some(mg), None) => Self::AtLeast(mg),
            (None, _) => unread,
        }
    }

    /// How it stands to a limit in mg a day.
    #[must_use]
    pub fn against(self, limit: f64) -> Against {
        match self {
            Self::Daily(mg) | Self::AtLeast(mg) if mg > limit => Against::Above,
            Self::Daily(_) => Against::Within,
            Self::AtLeast(_) | Self::Unknown => Against::Open,
        }
    }
}

fn intake(instruction: &Dosage, piece: Option<f64>) -> Option<f64> {
    let [one] = instruction.dose_and_rate.as_slice() else { return None };
    let Some(DosageDoseAndRateDose::Quantity(dose)) = &one.dose else { return None };
    if dose.comparator.is_some() || dose.system.as_deref() != Some(UCUM) {
        return None;
    }
    let value = dose.value.as_ref()?.to_f64();
    match dose.code.as_deref()? {
        "mg" => Some(value),
        "{tbl}" | "{tablet}" | "{Tablet}" | "{capsule}" | "{Capsule}" | "1" => Some(value * piece?),
        _ => None,
    }
}

fn times_a_day(timing: &Timing) -> Option<f64> {
    // HL7 v3 GTSAbbreviation, the codes of R4's value set timing-abbreviation that mean a number of times a day.
    let by_code = timing.code.as_ref().and_then(|code| code.coding.iter().find_map(|coding| coding.code.as_deref()));
    match by_code {
        Some("QD" | "AM" | "PM") => return Some(1.0),
        Some("BID") => return Some(2.0),
        Some("TID") => return Some(3.0),
        Some("QID") => return Some(4.0),
        Some(_) | None => {}
    }
    let repeat = timing.repeat.as_ref()?;
    let days = match repeat.period_unit.as_deref()? {
        "h" => 1.0 / 24.0,
        "d" => 1.0,
        "wk" => 7.0,
        _ => return None,
    };
    let period = repeat.period.as_ref()?.to_f64() * days;
    (period > 0.0).then(|| f64::from(repeat.frequency.unwrap_or(1)) / period)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dose_is_within_a_limit_only_if_all_of_it_is_readable() {
        let rows = [
            (Dose::Daily(10.0), Against::Within),
            (Dose::Daily(10.5), Against::Above),
            (Dose::AtLeast(20.0), Against::Above),
            (Dose::AtLeast(10.0), Against::Open),
            (Dose::Unknown, Against::Open),
        ];
        for (dose, expected) in rows {
            assert_eq!(dose.against(10.0), expected, "{dose:?}");
        }
    }
}
