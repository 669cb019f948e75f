//! FHIR dates as the range of instants they cover (R4 search, date: "the date has an implicit range").

use std::fmt;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
use serde_json::Value;

/// All instants from `lower` to `upper`, both included. `lower` is never after `upper` when made here.
///
/// Prints as `DateRange(…)`: a date in a record is the patient's.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DateRange {
    /// The first instant.
    pub lower: Timestamp,
    /// The last instant, to the nanosecond.
    pub upper: Timestamp,
}

impl fmt::Debug for DateRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DateRange(…)")
    }
}

impl DateRange {
    /// Reads a FHIR `date`, `dateTime` or `instant`: `2021`, `2021-03`, `2021-03-04`, `2021-03-04T05:06[:07[.89]][Z|±hh:mm]`.
    ///
    /// What has no zone counts as UTC: R4 asks for a zone beside a time, and what is left out must not depend on where
    /// the host stands. Second 60 counts as 59, hour 24 is refused, digits after the ninth decimal are cut.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once('T') {
            Some((date, time)) => with_time(whole_date(date)?, time),
            None => without_time(text),
        }
    }

    /// Reads the two ends of a FHIR `Period`. A missing end is open; with both missing, with an end that cannot be
    /// read, or with the end before the start there is no range.
    #[must_use]
    pub fn period(start: Option<&str>, end: Option<&str>) -> Option<Self> {
        if start.is_none() && end.is_none() {
            return None;
        }
        let lower = start.map_or(Some(Timestamp::MIN), |text| Some(Self::parse(text)?.lower))?;
        let upper = end.map_or(Some(Timestamp::MAX), |text| Some(Self::parse(text)?.upper))?;
        (lower <= upper).then_some(Self { lower, upper })
    }

    /// Whether every instant of `inner` is also in `self`.
    #[must_use]
    pub fn contains(&self, inner: &Self) -> bool {
        self.lower <= inner.lower && inner.upper <= self.upper
    }

    /// Reads a `Period` element.
    pub(crate) fn from_period(value: &Value) -> Option<Self> {
        let end = |name| match value.get(name) {
            Some(end) => end.as_str().map(Some),
            None => Some(None),
        };
        Self::period(end("start")?, end("end")?)
    }

    /// Reads the outer limits of the events of a `Timing`; one event that cannot be read spoils it.
    pub(crate) fn from_timing(value: &Value) -> Option<Self> {
        Self::events(value.get("event")?.as_array()?.iter().map(Value::as_str))
    }

    /// The outer limits of events.
    pub(crate) fn events<'e>(events: impl Iterator<Item = Option<&'e str>>) -> Option<Self> {
        let mut ranges = events.map(|event| Self::parse(event?));
        let first = ranges.next()??;
        ranges.try_fold(first, |hull, range| {
            let range = range?;
            Some(Self { lower: hull.lower.min(range.lower), upper: hull.upper.max(range.upper) })
        })
    }
}

/// Reads a FHIR `instant`: a time to the second at least, with its zone (R4 datatypes, instant). Nothing else is one.
#[must_use]
pub fn instant(text: &str) -> Option<Timestamp> {
    let (_, time) = text.split_once('T')?;
    let clock = time.split(['.', 'Z', '+', '-']).next()?;
    let zoned = time.contains(['Z', '+', '-']);
    (clock.len() == "hh:mm:ss".len() && zoned).then(|| DateRange::parse(text)).flatten().map(|range| range.lower)
}

fn without_time(text: &str) -> Option<DateRange> {
    let (first, last) = match text.len() {
        4 => (Date::new(year(text)?, 1, 1).ok()?, Date::new(year(text)?, 12, 31).ok()?),
        7 => {
            let (y, m) = text.split_once('-')?;
            let first = Date::new(year(y)?, number(m, 12)?, 1).ok()?;
            (first, first.last_of_month())
        }
        _ => (whole_date(text)?, whole_date(text)?),
    };
    let lower = at_offset(Offset::UTC, first.at(0, 0, 0, 0));
    let upper = at_offset(Offset::UTC, last.at(23, 59, 59, 999_999_999));
    Some(DateRange { lower, upper })
}

/// The last day of the year 9999 lies after the last timestamp and counts as it: records write it for "without end".
fn at_offset(offset: Offset, at: DateTime) -> Timestamp {
    offset.to_timestamp(at).unwrap_or(Timestamp::MAX)
}

fn with_time(date: Date, text: &str) -> Option<DateRange> {
    let (time, offset) = split_zone(text)?;
    let (clock, fraction) = match time.split_once('.') {
        Some((clock, fraction)) if clock.len() == 8 => (clock, Some(fraction)),
        Some(_) => return None,
        None => (time, None),
    };
    let hour = number(clock.get(0..2)?, 23)?;
    let minute = number(clock.get(2..)?.strip_prefix(':')?.get(0..2)?, 59)?;
    let seconds = match clock.get(5..)? {
        "" => None,
        rest => Some(number(rest.strip_prefix(':')?, 60)?.min(59)),
    };
    let (first, last) = nanoseconds(fraction)?;
    let lower = DateTime::from_parts(date, jiff::civil::Time::new(hour, minute, seconds.unwrap_or(0), first).ok()?);
    let upper = DateTime::from_parts(date, jiff::civil::Time::new(hour, minute, seconds.unwrap_or(59), last).ok()?);
    Some(DateRange { lower: at_offset(offset, lower), upper: at_offset(offset, upper) })
}

/// `Z`, `±hh:mm` up to 14:00 (the range of the R4 regular expression), or nothing.
fn split_zone(text: &str) -> Option<(&str, Offset)> {
    if let Some(time) = text.strip_suffix('Z') {
        return Some((time, Offset::UTC));
    }
    let Some(at) = text.find(['+', '-']) else { return Some((text, Offset::UTC)) };
    let (time, zone) = text.split_at_checked(at)?;
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    let minutes = i32::from(number(hours, 14)?) * 60 + i32::from(number(minutes, 59)?);
    if minutes > 14 * 60 {
        return None;
    }
    Some((time, Offset::from_seconds(sign * minutes * 60).ok()?))
}

/// The first and last nanosecond that a decimal fraction of a second covers.
fn nanoseconds(fraction: Option<&str>) -> Option<(i32, i32)> {
    let Some(digits) = fraction else { return Some((0, 999_999_999)) };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let nine = |fill: u8| {
        let digits = digits.bytes().chain(std::iter::repeat(fill)).take(9);
        digits.fold(0, |number: i32, digit| number * 10 + i32::from(digit - b'0'))
    };
    Some((nine(b'0'), nine(b'9')))
}

fn whole_date(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let (y, m, d) = (year(parts.next()?)?, number(parts.next()?, 12)?, number(parts.next()?, 31)?);
    if parts.next().is_some() {
        return None;
    }
    Date::new(y, m, d).ok()
}

fn year(text: &str) -> Option<i16> {
    let digits = text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|year| digits && *year > 0)
}

/// Two digits, at most `max`.
fn number(text: &str, max: i8) -> Option<i8> {
    let digits = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|value| digits && *value <= max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn range(text: &str) -> Option<(String, String)> {
        DateRange::parse(text).map(|r| (r.lower.to_string(), r.upper.to_string()))
    }

    #[test]
    fn an_instant_has_seconds_and_a_zone() {
        let none = [
            "tomorrow",
            "2026",
            "2026-11-22",
            "2026-11-22T12:00Z",
            "2026-11-22T12:00+01:00",
            "2026-11-22T12:00:00",
            "2026-11-22T12:00:00.5",
            "2026-11-22T12:00:00+0100",
            "2026-11-22T12:00:00+01",
            "2026-11-22T12:00:00.Z",
            "2026-11-22 12:00:00Z",
            "2026-11-22T12:00:00z",
            "2026-11T12:00:00Z",
            "2026-11-22T12:00:00ZZ",
        ];
        assert_eq!(none.map(instant), [None; 14]);
        let noon = instant("2026-11-22T12:00:00Z");
        assert!(noon.is_some() && noon == instant("2026-11-22T13:00:00.000+01:00"));
        assert_eq!(noon, instant("2026-11-22T06:00:00-06:00"));
    }

    #[test]
    fn what_is_not_a_fhir_date_is_none() {
        let texts = [
            "",
            "21",
            "02021",
            "0000",
            "2021-1",
            "2021-13",
            "2021-00",
            "2021-02-30",
            "2021-3-04",
            "2021-03-04T",
            "+2021",
            "2021-03-04T24:00:00Z",
            "2021-03-04T10Z",
            "2021-03-04T10:00:61Z",
            "2021-03-04T10:60:00Z",
            "2021-03-04T1:00:00Z",
            "2021-03-04T10:00:00+15:00",
            "2021-03-04T10:00:00+14:01",
            "2021-03-04T10:00:00+0100",
            "2021-03-04T10:00.5Z",
            "2021-03-04T10:00:00.Z",
            "2021-03-04T10:00:00.5xZ",
            "2021-03-04 10:00:00Z",
            "2021-03-04T10:00:00ZZ",
            "2021-03T10:00Z",
            " 2021",
            "2021-03-04-05",
            "２０２１",
            "2021-03-04T10:00:00é",
            "20é1",
        ];
        for text in texts {
            assert_eq!(DateRange::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_date_covers_as_much_as_it_leaves_open() {
        let rows = [
            ("2021", "2021-01-01T00:00:00Z", "2021-12-31T23:59:59.999999999Z"),
            ("2020-02", "2020-02-01T00:00:00Z", "2020-02-29T23:59:59.999999999Z"),
            ("2021-03-04", "2021-03-04T00:00:00Z", "2021-03-04T23:59:59.999999999Z"),
            ("2021-03-04T05:06Z", "2021-03-04T05:06:00Z", "2021-03-04T05:06:59.999999999Z"),
            ("2021-03-04T05:06:07Z", "2021-03-04T05:06:07Z", "2021-03-04T05:06:07.999999999Z"),
            ("2021-03-04T05:06:60Z", "2021-03-04T05:06:59Z", "2021-03-04T05:06:59.999999999Z"),
            ("2021-03-04T05:06:07.89Z", "2021-03-04T05:06:07.89Z", "2021-03-04T05:06:07.899999999Z"),
            ("2021-03-04T05:06:07.1234567891Z", "2021-03-04T05:06:07.123456789Z", "2021-03-04T05:06:07.123456789Z"),
            ("2021-03-04T05:06:07+02:00", "2021-03-04T03:06:07Z", "2021-03-04T03:06:07.999999999Z"),
            ("2021-03-04T05:06:07-14:00", "2021-03-04T19:06:07Z", "2021-03-04T19:06:07.999999999Z"),
            ("2021-03-04T05:06:07", "2021-03-04T05:06:07Z", "2021-03-04T05:06:07.999999999Z"),
        ];
        for (text, lower, upper) in rows {
            assert_eq!(range(text), Some((lower.to_owned(), upper.to_owned())), "{text}");
        }
    }

    #[test]
    fn a_period_that_cannot_be_read_is_no_open_period() {
        assert_eq!(DateRange::period(None, None), None);
        assert_eq!(DateRange::period(Some("2021"), Some("x")), None);
        assert_eq!(DateRange::period(Some("x"), None), None);
        assert_eq!(DateRange::period(Some("2022"), Some("2021")), None);
        assert_eq!(DateRange::from_period(&json!({"start": "2021", "end": 2022})), None);
        assert_eq!(DateRange::from_period(&json!({"start": "2021", "end": null})), None);
        assert_eq!(DateRange::from_period(&json!({})), None);
        assert_eq!(DateRange::from_period(&json!("2021")), None);
    }

    #[test]
    fn a_missing_end_is_open() {
        let year = DateRange::parse("2021").unwrap();
        assert_eq!(DateRange::period(Some("2021"), None).unwrap().upper, Timestamp::MAX);
        assert_eq!(DateRange::period(None, Some("2021")).unwrap().lower, Timestamp::MIN);
        assert_eq!(DateRange::period(Some("2021"), Some("2021")), Some(year));
    }

    #[test]
    fn the_end_of_time_can_be_written() {
        assert_eq!(DateRange::parse("9999-12-31").unwrap().upper, Timestamp::MAX);
        assert_eq!(DateRange::parse("9999").unwrap().upper, Timestamp::MAX);
    }

    #[test]
    fn a_timing_covers_its_events() {
        let timing = json!({"event": ["2021-05", "2020", "2021-03-04"]});
        let hull = DateRange::period(Some("2020"), Some("2021-05"));
        assert_eq!(DateRange::from_timing(&timing), hull);
        assert_eq!(DateRange::from_timing(&json!({"event": ["2021", 5]})), None);
        assert_eq!(DateRange::from_timing(&json!({"event": []})), None);
        assert_eq!(DateRange::from_timing(&json!({"repeat": {}})), None);
    }

    proptest! {
        #[test]
        fn no_text_panics_and_every_range_is_ordered(text in "\\PC{0,30}|[0-9T:Z.+-]{0,35}") {
            prop_assert!(DateRange::parse(&text).is_none_or(|range| range.lower <= range.upper));
        }

        #[test]
        fn a_longer_date_lies_within_the_shorter(y in 1i16..=9999, m in 1i8..=12, d in 1i8..=28, h in 0i8..24, n in 0i8..60) {
            let texts = [
                format!("{y:04}"),
                format!("{y:04}-{m:02}"),
                format!("{y:04}-{m:02}-{d:02}"),
                format!("{y:04}-{m:02}-{d:02}T{h:02}:{n:02}Z"),
                format!("{y:04}-{m:02}-{d:02}T{h:02}:{n:02}:{n:02}Z"),
                format!("{y:04}-{m:02}-{d:02}T{h:02}:{n:02}:{n:02}.5Z"),
            ];
            let ranges = texts.iter().map(|text| DateRange::parse(text)).collect::<Option<Vec<_>>>().unwrap();
            prop_assert!(ranges.windows(2).all(|pair| pair[0].contains(&pair[1]) && pair[0] != pair[1]));
        }
    }
}
