//! The two formulas for kidney function. They are not interchangeable: a label says which one its thresholds are for.

/// The sex that the formulas know. FHIR's administrative gender `other` and `unknown` give none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sex {
    /// Female.
    Female,
    /// Male.
    Male,
}

/// Estimated glomerular filtration rate in mL/min/1.73 m², CKD-EPI creatinine equation of 2021; for adults only.
/// `creatinine` in mg/dL, `age` in completed years at the test.
///
/// Source: Inker LA et al., N Engl J Med 2021;385:1737-1749.
#[must_use]
pub fn ckd_epi_2021(creatinine: f64, age: u32, sex: Sex) -> f64 {
    let (kappa, alpha, factor) = match sex {
        Sex::Female => (0.7, -0.241, 1.012),
        Sex::Male => (0.9, -0.302, 1.0),
    };
    let ratio: f64 = creatinine / kappa;
    142.0 * ratio.min(1.0).powf(alpha) * ratio.max(1.0).powf(-1.200) * 0.9938_f64.powf(f64::from(age)) * factor
}

/// Creatinine clearance in mL/min by Cockcroft and Gault. `creatinine` in mg/dL, `age` in completed years, actual body
/// `weight` in kg.
///
/// Source: Cockcroft DW, Gault MH, Nephron 1976;16:31-41.
#[must_use]
pub fn cockcroft_gault(creatinine: f64, age: u32, weight: f64, sex: Sex) -> f64 {
    let factor = match sex {
        Sex::Female => 0.85,
        Sex::Male => 1.0,
    };
    (140.0 - f64::from(age)) * weight * factor / (72.0 * creatinine)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two_decimals(value: f64) -> String {
        format!("{value:.2}")
    }

    #[test]
    fn ckd_epi_gives_the_worked_values_of_men() {
        let rows =
            [(0.9, 40, "110.73"), (1.14, 34, "86.55"), (1.8, 55, "43.90"), (1.2, 80, "61.13"), (4.0, 65, "15.82")];
        for (creatinine, age, expected) in rows {
            assert_eq!(two_decimals(ckd_epi_2021(creatinine, age, Sex::Male)), expected, "{creatinine} {age}");
        }
    }

    #[test]
    fn ckd_epi_gives_the_worked_values_of_women() {
        let rows =
            [(0.7, 55, "102.07"), (0.8, 60, "84.30"), (1.8, 55, "32.86"), (2.5, 72, "19.93"), (0.5, 25, "133.40")];
        for (creatinine, age, expected) in rows {
            assert_eq!(two_decimals(ckd_epi_2021(creatinine, age, Sex::Female)), expected, "{creatinine} {age}");
        }
    }

    #[test]
    fn cockcroft_gault_is_the_formula_of_1976() {
        // (140 - 80) * 60 / (72 * 1.5) = 33.33; times 0.85 = 28.33
        assert_eq!(two_decimals(cockcroft_gault(1.5, 80, 60.0, Sex::Male)), "33.33");
        assert_eq!(two_decimals(cockcroft_gault(1.5, 80, 60.0, Sex::Female)), "28.33");
    }
}
