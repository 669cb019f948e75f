//! The chart and the thresholds (RCP, NEWS2, 2017, charts 1, 2 and 4). Reproduced with acknowledgement, as the Royal
//! College of Physicians permits.

/// Which scale the oxygen saturation is scored on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// For everybody, unless scale 2 is prescribed.
    One,
    /// Only for a recorded target of 88 to 92 %.
    Two,
}

/// What the patient breathes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breathing {
    /// Air.
    Air,
    /// Supplemental oxygen.
    Oxygen,
}

/// Level of consciousness.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consciousness {
    /// Alert.
    Alert,
    /// New confusion.
    Confusion,
    /// Responds to voice.
    Voice,
    /// Responds to pain.
    Pain,
    /// Unresponsive.
    Unresponsive,
}

/// The seven parameters in the units and the precision of the chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signs {
    /// Breaths per minute.
    pub respiration: i64,
    /// Oxygen saturation in percent.
    pub saturation: i64,
    /// The scale it is scored on.
    pub scale: Scale,
    /// Air or oxygen.
    pub breathing: Breathing,
    /// Systolic blood pressure in mmHg.
    pub systolic: i64,
    /// Beats per minute.
    pub pulse: i64,
    /// Level of consciousness.
    pub consciousness: Consciousness,
    /// Tenths of a degree Celsius.
    pub temperature: i64,
}

/// The points of each parameter, in the order of the chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Score {
    /// Respiration rate, saturation, air or oxygen, systolic pressure, pulse, consciousness, temperature.
    pub points: [u32; 7],
}

/// What the score asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Response {
    /// 0 to 4: ward-based response.
    Low,
    /// A single parameter scores 3, below 5 in all: urgent ward-based review.
    UrgentWard,
    /// 5 or 6: urgent response.
    Urgent,
    /// 7 or more: emergency response.
    Emergency,
}

impl Signs {
    /// The points of these signs.
    #[must_use]
    pub fn score(&self) -> Score {
        Score {
            points: [
                respiration(self.respiration),
                saturation(self.saturation, self.scale, self.breathing),
                breathing(self.breathing),
                systolic(self.systolic),
                pulse(self.pulse),
                consciousness(self.consciousness),
                temperature(self.temperature),
            ],
        }
    }
}

impl Score {
    /// The aggregate score.
    #[must_use]
    pub fn total(&self) -> u32 {
        self.points.iter().sum()
    }

    /// What it asks for.
    #[must_use]
    pub fn response(&self) -> Response {
        match self.total() {
            7.. => Response::Emergency,
            5..=6 => Response::Urgent,
            0..=4 if self.points.contains(&3) => Response::UrgentWard,
            0..=4 => Response::Low,
        }
    }
}

/// Points for breaths per minute.
#[must_use]
pub fn respiration(per_minute: i64) -> u32 {
    match per_minute {
        ..=8 => 3,
        9..=11 => 1,
        12..=20 => 0,
        21..=24 => 2,
        25.. => 3,
    }
}

/// Points for oxygen saturation. On scale 2 a saturation above the target counts only on oxygen.
#[must_use]
pub fn saturation(percent: i64, scale: Scale, breathing: Breathing) -> u32 {
    match (scale, breathing, percent) {
        (Scale::One, _, ..=91) => 3,
        (Scale::One, _, 92..=93) => 2,
        (Scale::One, _, 94..=95) => 1,
        (Scale::One, _, 96..) => 0,
        (Scale::Two, _, ..=83) => 3,
        (Scale::Two, _, 84..=85) => 2,
        (Scale::Two, _, 86..=87) => 1,
        (Scale::Two, _, 88..=92) | (Scale::Two, Breathing::Air, 93..) => 0,
        (Scale::Two, Breathing::Oxygen, 93..=94) => 1,
        (Scale::Two, Breathing::Oxygen, 95..=96) => 2,
        (Scale::Two, Breathing::Oxygen, 97..) => 3,
    }
}

/// Points for supplemental oxygen.
#[must_use]
pub fn breathing(breathing: Breathing) -> u32 {
    match breathing {
        Breathing::Air => 0,
        Breathing::Oxygen => 2,
    }
}

/// Points for systolic blood pressure in mmHg.
#[must_use]
pub fn systolic(mmhg: i64) -> u32 {
    match mmhg {
        ..=90 => 3,
        91..=100 => 2,
        101..=110 => 1,
        111..=219 => 0,
        220.. => 3,
    }
}

/// Points for beats per minute.
#[must_use]
pub fn pulse(per_minute: i64) -> u32 {
    match per_minute {
        ..=40 => 3,
        41..=50 => 1,
        51..=90 => 0,
        91..=110 => 1,
        111..=130 => 2,
        131.. => 3,
    }
}

/// Points for the level of consciousness.
#[must_use]
pub fn consciousness(level: Consciousness) -> u32 {
    match level {
        Consciousness::Alert => 0,
        Consciousness::Confusion | Consciousness::Voice | Consciousness::Pain | Consciousness::Unresponsive => 3,
    }
}

/// Points for temperature in tenths of a degree Celsius.
#[must_use]
pub fn temperature(tenths: i64) -> u32 {
    match tenths {
        ..=350 => 3,
        351..=360 => 1,
        361..=380 => 0,
        381..=390 => 1,
        391.. => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::Breathing::{Air, Oxygen};
    use super::*;

    fn check(points: fn(i64) -> u32, edges: &[(i64, u32)]) {
        for (value, expected) in edges {
            assert_eq!(points(*value), *expected, "{value}");
        }
    }

    #[test]
    fn the_8_edges_of_respiration() {
        check(respiration, &[(8, 3), (9, 1), (11, 1), (12, 0), (20, 0), (21, 2), (24, 2), (25, 3)]);
    }

    #[test]
    fn the_6_edges_of_saturation_on_scale_1() {
        let edges = [(91, 3), (92, 2), (93, 2), (94, 1), (95, 1), (96, 0)];
        check(|percent| saturation(percent, Scale::One, Air), &edges);
        check(|percent| saturation(percent, Scale::One, Oxygen), &edges);
    }

    #[test]
    fn the_13_edges_of_saturation_on_scale_2() {
        let below = [(83, 3), (84, 2), (85, 2), (86, 1), (87, 1), (88, 0), (92, 0)];
        check(|percent| saturation(percent, Scale::Two, Air), &below);
        check(|percent| saturation(percent, Scale::Two, Oxygen), &below);
        check(|percent| saturation(percent, Scale::Two, Air), &[(93, 0)]);
        check(|percent| saturation(percent, Scale::Two, Oxygen), &[(93, 1), (94, 1), (95, 2), (96, 2), (97, 3)]);
    }

    #[test]
    fn the_8_edges_of_systolic_pressure() {
        check(systolic, &[(90, 3), (91, 2), (100, 2), (101, 1), (110, 1), (111, 0), (219, 0), (220, 3)]);
    }

    #[test]
    fn the_10_edges_of_pulse() {
        let edges = [(40, 3), (41, 1), (50, 1), (51, 0), (90, 0), (91, 1), (110, 1), (111, 2), (130, 2), (131, 3)];
        check(pulse, &edges);
    }

    #[test]
    fn the_8_edges_of_temperature() {
        let edges = [(350, 3), (351, 1), (360, 1), (361, 0), (380, 0), (381, 1), (390, 1), (391, 2)];
        check(temperature, &edges);
    }

    #[test]
    fn only_alert_scores_nothing() {
        assert_eq!(consciousness(Consciousness::Alert), 0);
        for level in [Consciousness::Confusion, Consciousness::Voice, Consciousness::Pain, Consciousness::Unresponsive]
        {
            assert_eq!(consciousness(level), 3);
        }
    }

    fn normal() -> Signs {
        Signs {
            respiration: 18,
            saturation: 97,
            scale: Scale::One,
            breathing: Air,
            systolic: 120,
            pulse: 72,
            consciousness: Consciousness::Alert,
            temperature: 368,
        }
    }

    #[test]
    fn the_worked_examples() {
        assert_eq!(normal().score().total(), 0);
        let ill = Signs {
            respiration: 24,
            saturation: 93,
            breathing: Oxygen,
            systolic: 100,
            pulse: 115,
            consciousness: Consciousness::Confusion,
            temperature: 386,
            ..normal()
        };
        assert_eq!(ill.score().points, [2, 2, 2, 2, 2, 3, 1]);
        assert_eq!(ill.score().total(), 14);
        let on_oxygen = |scale| Signs { breathing: Oxygen, scale, ..normal() }.score().points;
        assert_eq!(on_oxygen(Scale::One), [0, 0, 2, 0, 0, 0, 0]);
        assert_eq!(on_oxygen(Scale::Two), [0, 3, 2, 0, 0, 0, 0]);
        let at_90 = |scale| Signs { saturation: 90, scale, ..normal() }.score().total();
        assert_eq!((at_90(Scale::One), at_90(Scale::Two)), (3, 0));
    }

    #[test]
    fn the_thresholds_and_the_single_3_rule() {
        let response = |points: [u32; 7]| Score { points }.response();
        assert_eq!(response([0; 7]), Response::Low);
        assert_eq!(response([1, 1, 0, 1, 1, 0, 0]), Response::Low);
        assert_eq!(response([3, 0, 0, 0, 0, 0, 0]), Response::UrgentWard);
        assert_eq!(response([3, 0, 0, 1, 0, 0, 0]), Response::UrgentWard);
        assert_eq!(response([1, 1, 2, 1, 0, 0, 0]), Response::Urgent);
        assert_eq!(response([3, 0, 2, 1, 0, 0, 0]), Response::Urgent);
        assert_eq!(response([3, 0, 2, 2, 0, 0, 0]), Response::Emergency);
        assert_eq!(Signs { respiration: 25, ..normal() }.score().response(), Response::UrgentWard);
    }
}
