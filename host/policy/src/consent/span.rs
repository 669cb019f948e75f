//! A `Period` of a Consent: both ends included, an open end as far as time goes, and an end without a zone as uncertain as
//! the hospital's offsets are.

use cordon_fhir::date::DateRange;
use jiff::civil::Time;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::read::{object, optional, text};
use super::settings::Offsets;
use super::truth::Truth;

/// A period that can be read.
#[derive(Debug, Clone, PartialEq, Hash)]
pub(super) struct Span {
    lower: Edge,
    upper: Edge,
    offsets: Offsets,
}

/// One end: an instant, read as UTC when the text has no zone.
#[derive(Debug, Clone, Copy, PartialEq, Hash)]
struct Edge {
    at: Timestamp,
    /// Whether the text had a zone, or there is no text.
    fixed: bool,
}

impl Span {
    /// `None` for what is no Period, has no end at all, or ends before it starts (R4, invariant per-1).
    pub(super) fn read(value: &Value, offsets: Offsets) -> Option<Self> {
        let period = object(value, &["start", "end"])?;
        let (start, end) = (optional(period, "start", text)?, optional(period, "end", text)?);
        let range = DateRange::period(start, end)?;
        let fixed = |text: Option<&str>| text.is_none_or(has_zone);
        let lower = Edge { at: range.lower, fixed: fixed(start) };
        Some(Self { lower, upper: Edge { at: range.upper, fixed: fixed(end) }, offsets })
    }

    /// Whether the instant lies inside.
    pub(super) fn holds_at(&self, now: Timestamp) -> Truth {
        self.covers(now, now, true)
    }

    /// Whether the whole range lies inside; a range that lies partly inside is not known.
    pub(super) fn holds_for(&self, range: DateRange) -> Truth {
        self.covers(range.lower, range.upper, !is_whole_days(range))
    }

    fn covers(&self, lower: Timestamp, upper: Timestamp, fixed: bool) -> Truth {
        let (opens, is_open) = self.band(self.lower, fixed);
        let (closes, is_closed) = self.band(self.upper, fixed);
        if upper < opens || lower > is_closed {
            Truth::Unmet
        } else if lower >= is_open && upper <= closes {
            Truth::Met
        } else {
            Truth::Unknown
        }
    }

    /// The first and last instant that an end may be, seen from a time whose zone is known or not. Two local times compare as
    /// they are written.
    fn band(&self, edge: Edge, fixed: bool) -> (Timestamp, Timestamp) {
        let minutes = |offset: i16| SignedDuration::from_mins(i64::from(offset));
        let Offsets { least, most } = self.offsets;
        let (least, most) = (minutes(least.min(most)), minutes(least.max(most)));
        let moved = |by: SignedDuration| edge.at.saturating_add(by).unwrap_or(edge.at);
        match (edge.fixed, fixed) {
            (true, true) | (false, false) => (edge.at, edge.at),
            (false, true) => (moved(-most), moved(-least)),
            (true, false) => (moved(least), moved(most)),
        }
    }
}

/// Whether a FHIR date that could be read names its zone.
fn has_zone(text: &str) -> bool {
    text.split_once('T').is_some_and(|(_, time)| time.contains(['Z', '+', '-']))
}

/// Whether a range is one of dates without a time. `DateRange` reads these as UTC.
fn is_whole_days(range: DateRange) -> bool {
    let time = |at: Timestamp| Offset::UTC.to_datetime(at).time();
    time(range.lower) == Time::midnight() && time(range.upper) == Time::MAX
}

/// When a `dateTime` surely lies before or at an instant.
pub(super) fn is_past(text: &str, now: Timestamp, offsets: Offsets) -> bool {
    let past = |range: DateRange| {
        let edge = Edge { at: range.lower, fixed: has_zone(text) };
        Span { lower: edge, upper: Edge { at: Timestamp::MAX, fixed: true }, offsets }.holds_at(now) == Truth::Met
    };
    DateRange::parse(text).is_some_and(past)
}
