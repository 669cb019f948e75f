//! The points of age and sex, and for whom nothing is computed.

use cordon_sdk::prelude::*;

use crate::score::{Age, Sex};

/// The score was made from adults.
pub const ADULT: u32 = 18;

/// Why the score was not computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Atrial fibrillation is recorded as unconfirmed only.
    Unconfirmed,
    /// Mitral stenosis or a prosthetic valve is recorded.
    Valve,
    /// Recorded as deceased at the time of the call.
    Deceased,
    /// No birth date, or one that leaves the points for age open.
    AgeUnknown,
    /// Younger than 18.
    Child,
    /// Administrative gender is neither female nor male, or absent.
    Sex,
}

/// What the score needs of the Patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Person {
    /// Age at the call.
    pub age: Age,
    /// Sex.
    pub sex: Sex,
}

impl Person {
    /// Reads the Patient.
    ///
    /// # Errors
    /// [`Why`] there is no score.
    pub fn read(patient: &Patient, now: &Date) -> Result<Self, Why> {
        if patient.is_deceased_at(now) {
            return Err(Why::Deceased);
        }
        let age = age(patient.birth_date.as_ref().ok_or(Why::AgeUnknown)?, now)?;
        let sex = match patient.gender.as_deref() {
            Some("female") => Sex::Female,
            Some("male") => Sex::Male,
            Some(_) | None => return Err(Why::Sex),
        };
        Ok(Self { age, sex })
    }
}

/// A partial birth date is enough if every day that it can mean gives the same points.
fn age(birth: &Date, now: &Date) -> Result<Age, Why> {
    let years = |day: Option<Day>| day.and_then(|day| Date::new(day.to_string()).completed_years_at(now));
    let youngest = years(birth.last_day()).ok_or(Why::AgeUnknown)?;
    let oldest = years(birth.first_day()).ok_or(Why::AgeUnknown)?;
    match (youngest < ADULT, oldest < ADULT) {
        (true, true) => return Err(Why::Child),
        (true, false) => return Err(Why::AgeUnknown),
        (false, _) => {}
    }
    let age = Age::of(youngest);
    if age == Age::of(oldest) { Ok(age) } else { Err(Why::AgeUnknown) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn age_of(birth: &str) -> Result<Age, Why> {
        age(&Date::new(birth), &Date::new("2021-06-01T00:00:00Z"))
    }

    #[test]
    fn the_points_change_on_the_65th_and_the_75th_birthday() {
        assert_eq!(age_of("1956-06-02"), Ok(Age::Under65));
        assert_eq!(age_of("1956-06-01"), Ok(Age::From65));
        assert_eq!(age_of("1946-06-02"), Ok(Age::From65));
        assert_eq!(age_of("1946-06-01"), Ok(Age::From75));
    }

    #[test]
    fn a_partial_birth_date_counts_only_if_it_leaves_one_answer() {
        assert_eq!(age_of("1940"), Ok(Age::From75));
        assert_eq!(age_of("1956"), Err(Why::AgeUnknown));
        assert_eq!(age_of("1946-06"), Err(Why::AgeUnknown));
        assert_eq!(age_of("2003"), Err(Why::AgeUnknown));
        assert_eq!(age_of("2021-06-02"), Err(Why::AgeUnknown));
    }

    #[test]
    fn the_score_is_not_for_children() {
        assert_eq!(age_of("2003-06-02"), Err(Why::Child));
        assert_eq!(age_of("2003-06-01"), Ok(Age::Under65));
    }
}
