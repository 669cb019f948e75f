//! CKD-EPI 2021 creatinine (Inker, NEJM 2021;385:1737), forwards and backwards.
//!
//! Written for the generator alone: no tool under test shares it.

use crate::cast::T1Verdict;
use crate::coins::Coins;

/// µmol/L in one mg/dL of creatinine (molar mass 113.12 g/mol).
pub(crate) const MICROMOL_PER_MG_DL: f64 = 88.4;

/// The sex the formula knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sex {
    Female,
    Male,
}

struct Terms {
    kappa: f64,
    alpha: f64,
    factor: f64,
}

impl Sex {
    fn terms(self) -> Terms {
        match self {
            Self::Female => Terms { kappa: 0.7, alpha: 0.241, factor: 1.012 },
            Self::Male => Terms { kappa: 0.9, alpha: 0.302, factor: 1.0 },
        }
    }
}

/// eGFR at a creatinine equal to kappa.
fn at_kappa(sex: Sex, age: i64) -> f64 {
    142.0 * 0.9938_f64.powf(age as f64) * sex.terms().factor
}

/// The creatinine in mg/dL that gives this eGFR.
pub(crate) fn creatinine(sex: Sex, age: i64, egfr: f64) -> f64 {
    let ratio = at_kappa(sex, age) / egfr;
    let exponent = if ratio >= 1.0 { 1.2 } else { sex.terms().alpha };
    sex.terms().kappa * ratio.powf(1.0 / exponent)
}

/// An eGFR for this verdict, at least 1.5 away from 30 and 45 and never far above what the age allows.
pub(crate) fn draw_egfr(coins: &mut Coins, verdict: T1Verdict, sex: Sex, age: i64) -> f64 {
    let top = (at_kappa(sex, age) * 1.08).min(118.0);
    match verdict {
        T1Verdict::Contraindicated => coins.real(8.0, 28.5),
        T1Verdict::NotStarted => coins.real(31.5, 43.5),
        T1Verdict::NoObjection => coins.real(47.0, top),
        T1Verdict::Stale | T1Verdict::NoCreatinine | T1Verdict::UnknownSex | T1Verdict::Deceased => {
            coins.real(18.0, top)
        }
        T1Verdict::Child => coins.real(95.0, 118.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_creatinine_of_an_egfr_is_the_published_pair() {
        // clinical worked values: creatinine, age, sex, eGFR
        for (scr, age, sex, egfr) in [
            (0.9, 40, Sex::Male, 110.73),
            (1.8, 55, Sex::Female, 32.86),
            (4.0, 65, Sex::Male, 15.82),
            (0.5, 25, Sex::Female, 133.40),
        ] {
            assert!((creatinine(sex, age, egfr) - scr).abs() < 0.002, "{scr} {age} {sex:?}");
        }
    }
}
