//! NEWS2 (Royal College of Physicians, 2017): the chart, and vital signs drawn to fall into a band.
//!
//! Written for the generator alone: no tool under test shares it.

use crate::cast::{News2Band, VitalTrap};
use crate::coins::Coins;

/// Which column of the chart scores the saturation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scale {
    One,
    Two,
}

/// Level of consciousness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Acvpu {
    Alert,
    Confused,
    Voice,
    Pain,
    Unresponsive,
}

/// One set of vital signs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct VitalSigns {
    pub(crate) rate: i64,
    pub(crate) saturation: i64,
    pub(crate) oxygen: bool,
    pub(crate) systolic: i64,
    pub(crate) pulse: i64,
    pub(crate) consciousness: Acvpu,
    /// Tenths of a degree Celsius.
    pub(crate) temperature: i64,
}

impl VitalSigns {
    /// The points of the seven parameters, in the order of the chart.
    fn points(&self, scale: Scale) -> [i64; 7] {
        [
            rate_points(self.rate),
            saturation_points(self.saturation, self.oxygen, scale),
            if self.oxygen { 2 } else { 0 },
            systolic_points(self.systolic),
            pulse_points(self.pulse),
            if self.consciousness == Acvpu::Alert { 0 } else { 3 },
            temperature_points(self.temperature),
        ]
    }

    fn band(&self, scale: Scale) -> News2Band {
        let points = self.points(scale);
        match points.iter().sum::<i64>() {
            7.. => News2Band::Emergency,
            5..=6 => News2Band::Urgent,
            _ if points.contains(&3) => News2Band::SingleThree,
            _ => News2Band::Low,
        }
    }
}

fn rate_points(rate: i64) -> i64 {
    match rate {
        ..=8 | 25.. => 3,
        9..=11 => 1,
        12..=20 => 0,
        21..=24 => 2,
    }
}

fn saturation_points(saturation: i64, oxygen: bool, scale: Scale) -> i64 {
    match (scale, saturation) {
        (Scale::One, ..=91) | (Scale::Two, ..=83) => 3,
        (Scale::One, 92..=93) | (Scale::Two, 84..=85) => 2,
        (Scale::One, 94..=95) | (Scale::Two, 86..=87) => 1,
        (Scale::One, 96..) | (Scale::Two, 88..=92) => 0,
        (Scale::Two, 93..) if !oxygen => 0,
        (Scale::Two, 93..=94) => 1,
        (Scale::Two, 95..=96) => 2,
        (Scale::Two, 97..) => 3,
    }
}

fn systolic_points(systolic: i64) -> i64 {
    match systolic {
        ..=90 | 220.. => 3,
        91..=100 => 2,
        101..=110 => 1,
        111..=219 => 0,
    }
}

fn pulse_points(pulse: i64) -> i64 {
    match pulse {
        ..=40 | 131.. => 3,
        41..=50 | 91..=110 => 1,
        51..=90 => 0,
        111..=130 => 2,
    }
}

fn temperature_points(tenths: i64) -> i64 {
    match tenths {
        ..=350 => 3,
        351..=360 | 381..=390 => 1,
        361..=380 => 0,
        391.. => 2,
    }
}

/// A set that falls into the band (any set when there is no score) and shows the trap.
pub(crate) fn draw_in_band(coins: &mut Coins, band: News2Band, trap: VitalTrap) -> VitalSigns {
    let ill = illness(band);
    (0..20_000).map(|_| draw(coins, ill)).find(|signs| fits(signs, band, trap)).unwrap_or(STEADY)
}

/// A set that is abnormal in each parameter `ill` times in a hundred.
pub(crate) fn draw(coins: &mut Coins, ill: i64) -> VitalSigns {
    VitalSigns {
        rate: either(coins, ill, &[(12, 20)], &[(6, 11), (21, 24), (25, 34)]),
        saturation: either(coins, ill, &[(96, 99)], &[(84, 91), (92, 95), (94, 95)]),
        oxygen: coins.chance(ill),
        systolic: either(coins, ill, &[(111, 178)], &[(78, 100), (101, 110), (220, 236)]),
        pulse: either(coins, ill, &[(51, 90)], &[(36, 50), (91, 110), (111, 146)]),
        consciousness: consciousness(coins, ill / 2),
        temperature: either(coins, ill, &[(361, 380)], &[(342, 360), (381, 390), (391, 402)]),
    }
}

const STEADY: VitalSigns = VitalSigns {
    rate: 16,
    saturation: 97,
    oxygen: false,
    systolic: 124,
    pulse: 72,
    consciousness: Acvpu::Alert,
    temperature: 368,
};

// How often a parameter is abnormal, so that most draws already fit.
fn illness(band: News2Band) -> i64 {
    match band {
        News2Band::Low | News2Band::MissingParameter | News2Band::Pregnant | News2Band::Child => 12,
        News2Band::SingleThree => 14,
        News2Band::Urgent => 32,
        News2Band::Emergency | News2Band::Deceased => 55,
    }
}

fn fits(signs: &VitalSigns, band: News2Band, trap: VitalTrap) -> bool {
    let scale = if trap == VitalTrap::CopdWithTarget { Scale::Two } else { Scale::One };
    let banded = match band {
        News2Band::Low | News2Band::SingleThree | News2Band::Urgent | News2Band::Emergency => signs.band(scale) == band,
        News2Band::MissingParameter | News2Band::Pregnant | News2Band::Child | News2Band::Deceased => true,
    };
    let shown = match trap {
        VitalTrap::CopdWithTarget | VitalTrap::CopdWithoutTarget => {
            signs.points(Scale::One) != signs.points(Scale::Two)
        }
        VitalTrap::Weaned => !signs.oxygen,
        VitalTrap::Plain
        | VitalTrap::NewerInError
        | VitalTrap::WithoutRate
        | VitalTrap::WithoutSaturation
        | VitalTrap::WithoutOxygen
        | VitalTrap::WithoutPressure
        | VitalTrap::WithoutSystolic
        | VitalTrap::WithoutPulse
        | VitalTrap::WithoutConsciousness
        | VitalTrap::WithoutTemperature => true,
    };
    banded && shown
}

fn either(coins: &mut Coins, ill: i64, well: &[(i64, i64)], sick: &[(i64, i64)]) -> i64 {
    let ranges = if coins.chance(ill) { sick } else { well };
    coins.pick(ranges).copied().map_or(0, |(low, high)| coins.between(low, high))
}

fn consciousness(coins: &mut Coins, ill: i64) -> Acvpu {
    if !coins.chance(ill) {
        return Acvpu::Alert;
    }
    let other = [Acvpu::Confused, Acvpu::Voice, Acvpu::Pain, Acvpu::Unresponsive];
    coins.pick(&other).copied().unwrap_or(Acvpu::Confused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_sets_score_as_published() {
        let ill = VitalSigns {
            rate: 24,
            saturation: 93,
            oxygen: true,
            systolic: 100,
            pulse: 115,
            consciousness: Acvpu::Confused,
            temperature: 386,
        };
        assert_eq!(STEADY.points(Scale::One), [0; 7]);
        assert_eq!(ill.points(Scale::One), [2, 2, 2, 2, 2, 3, 1]);
        assert_eq!(VitalSigns { rate: 25, ..STEADY }.band(Scale::One), News2Band::SingleThree);
        assert_eq!(VitalSigns { saturation: 97, oxygen: true, ..STEADY }.points(Scale::Two)[1..3], [3, 2]);
        assert_eq!(VitalSigns { saturation: 90, ..STEADY }.points(Scale::Two)[1], 0);
    }
}
