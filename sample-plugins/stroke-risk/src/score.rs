//! The score and what follows from it.
//!
//! Points: Lip, Chest 2010;137:263, table 1. Advice: Hindricks, 2020 ESC Guidelines for atrial fibrillation, Eur Heart J
//! 2021;42:373, which counts the points without that for sex: sex alone never asks for treatment.

/// Items that are problems.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Factors {
    /// C: congestive heart failure or left ventricular dysfunction.
    pub heart_failure: bool,
    /// H: hypertension.
    pub hypertension: bool,
    /// D: diabetes mellitus.
    pub diabetes: bool,
    /// S2: stroke, transient ischaemic attack or thromboembolism.
    pub stroke: bool,
    /// V: vascular disease.
    pub vascular: bool,
}

/// Age as the score divides it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Age {
    /// Under 65.
    Under65,
    /// 65 to 74.
    From65,
    /// 75 and over.
    From75,
}

impl Age {
    /// Of completed years.
    #[must_use]
    pub fn of(years: u32) -> Self {
        match years {
            75.. => Self::From75,
            65.. => Self::From65,
            0.. => Self::Under65,
        }
    }

    fn points(self) -> u8 {
        match self {
            Self::Under65 => 0,
            Self::From65 => 1,
            Self::From75 => 2,
        }
    }
}

/// Sex, as the score knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sex {
    /// One point.
    Female,
    /// None.
    Male,
}

/// What follows about anticoagulation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advice {
    /// No point but that for sex: low risk, no treatment on the ground of this score.
    None,
    /// One point but that for sex: to be considered.
    Consider,
    /// Two or more: recommended.
    Recommended,
}

/// The points of each item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Score {
    /// C, H, A, D, S, V, Sc.
    pub points: [u8; 7],
}

impl Score {
    /// Adds up.
    #[must_use]
    pub fn new(factors: Factors, age: Age, sex: Sex) -> Self {
        let Factors { heart_failure, hypertension, diabetes, stroke, vascular } = factors;
        let points = [
            u8::from(heart_failure),
            u8::from(hypertension),
            age.points(),
            u8::from(diabetes),
            2 * u8::from(stroke),
            u8::from(vascular),
            u8::from(sex == Sex::Female),
        ];
        Self { points }
    }

    /// 0 to 9.
    #[must_use]
    pub fn total(&self) -> u8 {
        self.points.iter().sum()
    }

    /// What follows.
    #[must_use]
    pub fn advice(&self) -> Advice {
        let [.., sex] = self.points;
        match self.total() - sex {
            0 => Advice::None,
            1 => Advice::Consider,
            2.. => Advice::Recommended,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: Factors =
        Factors { heart_failure: false, hypertension: false, diabetes: false, stroke: false, vascular: false };
    const ALL: Factors =
        Factors { heart_failure: true, hypertension: true, diabetes: true, stroke: true, vascular: true };

    #[test]
    fn the_worked_values() {
        let rows = [
            (84, Sex::Male, Factors { stroke: true, ..NONE }, 4),
            (96, Sex::Male, Factors { hypertension: true, stroke: true, vascular: true, ..NONE }, 6),
            (78, Sex::Male, NONE, 2),
            (70, Sex::Female, Factors { hypertension: true, diabetes: true, ..NONE }, 4),
            (40, Sex::Male, NONE, 0),
            (80, Sex::Female, ALL, 9),
        ];
        for (age, sex, factors, total) in rows {
            assert_eq!(Score::new(factors, Age::of(age), sex).total(), total, "{age} {sex:?} {factors:?}");
        }
    }

    #[test]
    fn each_item_gives_its_points() {
        let of = |factors| Score::new(factors, Age::Under65, Sex::Male);
        assert_eq!(of(Factors { heart_failure: true, ..NONE }).points, [1, 0, 0, 0, 0, 0, 0]);
        assert_eq!(of(Factors { hypertension: true, ..NONE }).points, [0, 1, 0, 0, 0, 0, 0]);
        assert_eq!(of(Factors { diabetes: true, ..NONE }).points, [0, 0, 0, 1, 0, 0, 0]);
        assert_eq!(of(Factors { stroke: true, ..NONE }).points, [0, 0, 0, 0, 2, 0, 0]);
        assert_eq!(of(Factors { vascular: true, ..NONE }).points, [0, 0, 0, 0, 0, 1, 0]);
        assert_eq!(Score::new(NONE, Age::From75, Sex::Female).points, [0, 0, 2, 0, 0, 0, 1]);
    }

    #[test]
    fn sex_alone_never_treats() {
        let advice = |factors, age, sex| Score::new(factors, age, sex).advice();
        let hypertension = Factors { hypertension: true, ..NONE };
        for sex in [Sex::Female, Sex::Male] {
            assert_eq!(advice(NONE, Age::Under65, sex), Advice::None, "{sex:?}");
            assert_eq!(advice(NONE, Age::From65, sex), Advice::Consider, "{sex:?}");
            assert_eq!(advice(hypertension, Age::Under65, sex), Advice::Consider, "{sex:?}");
            assert_eq!(advice(NONE, Age::From75, sex), Advice::Recommended, "{sex:?}");
            assert_eq!(advice(hypertension, Age::From65, sex), Advice::Recommended, "{sex:?}");
            assert_eq!(advice(Factors { stroke: true, ..NONE }, Age::Under65, sex), Advice::Recommended, "{sex:?}");
        }
    }
}
