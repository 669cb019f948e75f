//! One patient: age, sex and dates that fit the cast, and the Patient resource.

use serde_json::{Value, json};

use crate::cast::{Cast, News2Band, RenalTrap, Sensitive, T1Verdict, VitalTrap};
use crate::coins::Coins;
use crate::fhir::{DAY, HOUR, Instant, set};
use crate::kidney::{Sex, draw_egfr};

/// What the rest of a patient's chart is drawn from.
pub(crate) struct Person {
    pub(crate) cast: Cast,
    pub(crate) now: Instant,
    /// Completed years at `now`.
    pub(crate) age: i64,
    born: Instant,
    /// The sex that shaped the values; the resource may not say it.
    pub(crate) sex: Sex,
    pub(crate) died: Option<Instant>,
    pub(crate) admitted: Instant,
    /// When the newest creatinine that counts was taken.
    pub(crate) tested: Instant,
    /// The eGFR that the newest creatinine gives.
    pub(crate) egfr: f64,
}

impl Person {
    pub(crate) fn draw(coins: &mut Coins, cast: Cast, now: Instant) -> Self {
        let sex = draw_sex(coins, cast);
        let age = draw_age(coins, cast);
        // 2 to 360 days past the birthday, whatever the leap years between did.
        let born = now.before((age * 1461 / 4 + coins.between(2, 360)) * DAY);
        let died = (cast.t1 == T1Verdict::Deceased).then(|| now.before(coins.between(2, 30) * DAY));
        let end = died.unwrap_or(now);
        let admitted = end.before(coins.between(1, 9) * DAY + coins.between(0, 23) * HOUR);
        let tested = end.before(draw_test_age(coins, cast.t1));
        let mut person = Self { cast, now, age, born, sex, died, admitted, tested, egfr: 0.0 };
        person.egfr = draw_egfr(coins, cast.t1, sex, person.age_at(tested));
        person
    }

    /// The last moment the patient was alive on this ward.
    pub(crate) fn end(&self) -> Instant {
        self.died.unwrap_or(self.now)
    }

    /// Completed years at an instant.
    pub(crate) fn age_at(&self, at: Instant) -> i64 {
        let (born, day) = (self.born.date(), at.date());
        let had_birthday = (day.month(), day.day()) >= (born.month(), born.day());
        i64::from(day.year() - born.year()) - i64::from(!had_birthday)
    }

    pub(crate) fn is_child(&self) -> bool {
        self.cast.t1 == T1Verdict::Child
    }

    pub(crate) fn is_pregnant(&self) -> bool {
        self.cast.news2 == News2Band::Pregnant
    }

    pub(crate) fn has_copd(&self) -> bool {
        has_copd(self.cast)
    }

    /// The Patient resource, still without id and tag.
    pub(crate) fn resource(&self, number: u32) -> Value {
        let mut row = json!({
            "name": [{ "use": "official", "family": format!("Ward-{number:04}"), "given": ["Synthetic"] }],
            "birthDate": self.born.date().to_string(),
        });
        if let Some(gender) = self.gender() {
            set(&mut row, "gender", gender);
        }
        if let Some(died) = self.died {
            set(&mut row, "deceasedDateTime", died.text());
        }
        row
    }

    fn gender(&self) -> Option<&'static str> {
        match self.cast.renal_trap {
            RenalTrap::SexAbsent => None,
            RenalTrap::SexUnknown => Some("unknown"),
            RenalTrap::SexOther => Some("other"),
            RenalTrap::Plain
            | RenalTrap::NewerInError
            | RenalTrap::NewerPreliminary
            | RenalTrap::StoredMdrd
            | RenalTrap::NoneAtAll
            | RenalTrap::OnlyText
            | RenalTrap::OnlyInError
            | RenalTrap::OnlyPreliminary
            | RenalTrap::LaterData => Some(match self.sex {
                Sex::Female => "female",
                Sex::Male => "male",
            }),
        }
    }
}

fn has_copd(cast: Cast) -> bool {
    matches!(cast.vital_trap, VitalTrap::CopdWithTarget | VitalTrap::CopdWithoutTarget)
}

fn draw_sex(coins: &mut Coins, cast: Cast) -> Sex {
    let drawn = if coins.chance(50) { Sex::Female } else { Sex::Male };
    if cast.news2 == News2Band::Pregnant { Sex::Female } else { drawn }
}

fn draw_age(coins: &mut Coins, cast: Cast) -> i64 {
    match cast.t1 {
        T1Verdict::Child => coins.between(4, 15),
        T1Verdict::NoObjection if cast.news2 == News2Band::Pregnant => coins.between(20, 42),
        T1Verdict::Contraindicated | T1Verdict::NotStarted => coins.between(45, 95),
        T1Verdict::Deceased => coins.between(55, 97),
        T1Verdict::NoObjection | T1Verdict::Stale | T1Verdict::NoCreatinine | T1Verdict::UnknownSex => {
            // COPD is rare before 50.
            let youngest = if has_copd(cast) { 50 } else { 20 };
            let oldest = if cast.sensitive == Some(Sensitive::SexualHealth) { 48 } else { 93 };
            coins.between(youngest, oldest)
        }
    }
}

/// Seconds from the newest creatinine to the end: clearly within 90 days, or clearly beyond.
fn draw_test_age(coins: &mut Coins, verdict: T1Verdict) -> i64 {
    let minutes = 60 * coins.between(0, 59);
    match verdict {
        T1Verdict::Stale => coins.between(100, 400) * DAY + minutes,
        T1Verdict::Contraindicated
        | T1Verdict::NotStarted
        | T1Verdict::NoObjection
        | T1Verdict::NoCreatinine
        | T1Verdict::UnknownSex
        | T1Verdict::Child
        | T1Verdict::Deceased => {
            if coins.chance(65) {
                coins.between(4, 47) * HOUR + minutes
            } else {
                coins.between(3, 79) * DAY + minutes
            }
        }
    }
}
