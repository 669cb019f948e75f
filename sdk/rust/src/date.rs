//! FHIR dates: often partial, never guessed at, and there is no clock here.

use std::fmt;

/// A FHIR `date`, `dateTime` or `instant`, as it was written. What cannot be read gives `None` everywhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Date(String);

/// A day of the Gregorian calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day {
    year: i32,
    month: u8,
    day: u8,
}

/// The day part of a [`Date`], as far as it is given, and the text after it.
struct Parts<'a> {
    year: i32,
    month: Option<u8>,
    day: Option<u8>,
    time: Option<&'a str>,
}

impl Date {
    /// Takes a text as it stands.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }

    pub(crate) fn text_mut(&mut self) -> &mut String {
        &mut self.0
    }

    /// The day, if the date names one; of a `dateTime`, the day at its own offset.
    #[must_use]
    pub fn day(&self) -> Option<Day> {
        let parts = self.parts()?;
        Day::new(parts.year, parts.month?, parts.day?)
    }

    /// The first day that the date can mean: `2021-05` gives 2021-05-01.
    #[must_use]
    pub fn first_day(&self) -> Option<Day> {
        let parts = self.parts()?;
        Day::new(parts.year, parts.month.unwrap_or(1), parts.day.unwrap_or(1))
    }

    /// The last day that the date can mean: `2021-05` gives 2021-05-31.
    #[must_use]
    pub fn last_day(&self) -> Option<Day> {
        let parts = self.parts()?;
        let month = parts.month.unwrap_or(12);
        Day::new(parts.year, month, parts.day.unwrap_or(days_in_month(parts.year, month)))
    }

    /// Seconds since 1970-01-01T00:00:00Z, without the fraction. `None` unless time and offset are given.
    #[must_use]
    pub fn instant(&self) -> Option<i64> {
        let time = Time::parse(self.parts()?.time?)?;
        Some(self.day()?.days_since_1970() * 86_400 + time.first - time.offset?)
    }

    /// The first and the last second that the date can mean; without an offset taken as UTC, as the host does.
    #[must_use]
    pub fn range(&self) -> Option<(i64, i64)> {
        let first = self.first_day()?.days_since_1970() * 86_400;
        match self.parts()?.time {
            Some(time) => {
                let time = Time::parse(time)?;
                let start = first - time.offset.unwrap_or(0);
                Some((start + time.first, start + time.last))
            }
            None => Some((first, self.last_day()?.days_since_1970() * 86_400 + 86_399)),
        }
    }

    /// Completed years from this birth date to `at`. `None` if the dates leave more than one answer open
    /// (a partial date), or if `at` is before the birth. Who was born on 29 February completes a year on 1 March of a
    /// year without that day.
    #[must_use]
    pub fn completed_years_at(&self, at: &Self) -> Option<u32> {
        let fewest = self.last_day()?.years_to(at.first_day()?);
        let most = self.first_day()?.years_to(at.last_day()?);
        if fewest == most { u32::try_from(fewest).ok() } else { None }
    }

    /// Whole calendar days from `earlier` to this date; negative if it is later. `None` unless both name a day.
    #[must_use]
    pub fn days_since(&self, earlier: &Self) -> Option<i64> {
        Some(self.day()?.days_since(earlier.day()?))
    }

    fn parts(&self) -> Option<Parts<'_>> {
        let (date, time) = match self.0.split_once('T') {
            Some((date, time)) => (date, Some(time)),
            None => (self.0.as_str(), None),
        };
        let mut fields = date.split('-');
        let year: i32 = number(fields.next()?, 4)?;
        let month = fields.next().map(|text| number(text, 2)).map_or(Some(None), |m: Option<u8>| m.map(Some))?;
        let day = fields.next().map(|text| number(text, 2)).map_or(Some(None), |d: Option<u8>| d.map(Some))?;
        let complete = day.is_some() || time.is_none();
        (fields.next().is_none() && complete).then_some(Parts { year, month, day, time })
    }
}

impl fmt::Display for Date {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Day {
    /// A day of the calendar; `None` if there is no such day.
    #[must_use]
    pub fn new(year: i32, month: u8, day: u8) -> Option<Self> {
        let exists = (1..=12).contains(&month) && day >= 1 && day <= days_in_month(year, month);
        exists.then_some(Self { year, month, day })
    }

    /// Days from `earlier` to this day.
    #[must_use]
    pub fn days_since(self, earlier: Self) -> i64 {
        self.days_since_1970() - earlier.days_since_1970()
    }

    fn years_to(self, at: Self) -> i32 {
        let before_birthday = (at.month, at.day) < (self.month, self.day);
        at.year - self.year - i32::from(before_birthday)
    }

    /// Proleptic Gregorian day number: years are counted from March, so that the leap day comes last
    /// (E. G. Richards, Mapping Time, 1998, chapter 24).
    fn days_since_1970(self) -> i64 {
        let (year, month, day) = (i64::from(self.year), i64::from(self.month), i64::from(self.day));
        let march_year = if month <= 2 { year - 1 } else { year };
        let march_month = (month + 9) % 12;
        let leap_days = march_year.div_euclid(4) - march_year.div_euclid(100) + march_year.div_euclid(400);
        march_year * 365 + leap_days + (march_month * 153 + 2) / 5 + day - 1 - 719_468
    }
}

impl fmt::Display for Day {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

fn days_in_month(year: i32, month: u8) -> u8 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Exactly `width` digits.
fn number<T: std::str::FromStr>(text: &str, width: usize) -> Option<T> {
    let digits = text.len() == width && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

/// The time of a `dateTime`: seconds of the day that it covers, and seconds east of UTC.
struct Time {
    first: i64,
    last: i64,
    offset: Option<i64>,
}

impl Time {
    fn parse(text: &str) -> Option<Self> {
        let (clock, offset) = split_offset(text)?;
        let (whole, fraction) =
            clock.split_once('.').map_or((clock, None), |(whole, fraction)| (whole, Some(fraction)));
        let mut fields = whole.split(':');
        let hours = at_most(number(fields.next()?, 2)?, 23)?;
        let minutes = at_most(number(fields.next()?, 2)?, 59)?;
        let start = hours * 3_600 + minutes * 60;
        let Some(seconds) = fields.next() else {
            return fraction.is_none().then_some(Self { first: start, last: start + 59, offset });
        };
        // Second 60 is a leap second and counts as 59.
        let second = start + at_most(number(seconds, 2)?, 60)?.min(59);
        let digits = fraction.is_none_or(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()));
        (fields.next().is_none() && digits).then_some(Self { first: second, last: second, offset })
    }
}

/// `10:00:00+02:00` as clock and seconds east of UTC.
fn split_offset(time: &str) -> Option<(&str, Option<i64>)> {
    if let Some(clock) = time.strip_suffix('Z') {
        return Some((clock, Some(0)));
    }
    let Some(at) = time.find(['+', '-']) else { return Some((time, None)) };
    let (clock, offset) = time.split_at_checked(at)?;
    let sign = if offset.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = offset.get(1..)?.split_once(':')?;
    let seconds = at_most(number(hours, 2)?, 14)? * 3_600 + at_most(number(minutes, 2)?, 59)? * 60;
    Some((clock, Some(sign * seconds)))
}

fn at_most(value: i64, most: i64) -> Option<i64> {
    (value <= most).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn years(birth: &str, at: &str) -> Option<u32> {
        Date::new(birth).completed_years_at(&Date::new(at))
    }

    #[test]
    fn a_birthday_completes_the_year_on_the_day_itself() {
        assert_eq!(years("1992-09-20", "2021-09-19"), Some(28));
        assert_eq!(years("1992-09-20", "2021-09-20T00:00:00Z"), Some(29));
        assert_eq!(years("2000-02-29", "2021-02-28"), Some(20));
        assert_eq!(years("2000-02-29", "2021-03-01"), Some(21));
    }

    #[test]
    fn a_partial_date_gives_an_age_only_if_one_answer_is_left() {
        assert_eq!(years("1950", "2021-06-01"), None);
        assert_eq!(years("1950", "2021-12-31"), Some(71));
        assert_eq!(years("1950-05", "2021-06"), Some(71));
        assert_eq!(years("2022-01-01", "2021-01-01"), None);
    }

    #[test]
    fn days_are_counted_over_leap_days() {
        let days = |from: &str, to: &str| Date::new(to).days_since(&Date::new(from));
        assert_eq!(days("2021-01-10T09:25:28+00:00", "2021-06-01"), Some(142));
        assert_eq!(days("2020-02-28", "2020-03-01"), Some(2));
        assert_eq!(days("1970-01-01", "2000-01-01"), Some(10_957));
        assert_eq!(days("2021-01", "2021-06-01"), None);
    }

    #[test]
    fn an_instant_needs_a_time_and_an_offset() {
        let instant = |text: &str| Date::new(text).instant();
        assert_eq!(instant("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(instant("1970-01-02T01:00:00.123+01:00"), Some(86_400));
        assert_eq!(instant("2021-06-01T00:00:00-05:00"), instant("2021-06-01T05:00:00Z"));
        assert_eq!(instant("2021-06-01"), None);
        assert_eq!(instant("2021-06-01T00:00:00"), None);
    }

    #[test]
    fn what_is_not_a_date_is_none() {
        for text in [
            "",
            "2021-13",
            "2021-02-29",
            "21-01-01",
            "2021-1-1",
            "2021-01-01T24:00:00Z",
            "2021-05T10:00:00Z",
            "2021-05-01T10:00:00.Z",
            "x",
        ] {
            assert_eq!(Date::new(text).range(), None, "{text}");
        }
    }

    #[test]
    fn a_partial_date_covers_its_days() {
        let month = Date::new("2020-02");
        assert_eq!(month.last_day().unwrap().to_string(), "2020-02-29");
        assert_eq!(Date::new("2020").first_day().unwrap().to_string(), "2020-01-01");
        assert_eq!(Date::new("1970").range(), Some((0, 365 * 86_400 - 1)));
        assert_eq!(Date::new("1970-01-01T01:00").range(), Some((3_600, 3_659)));
    }
}
