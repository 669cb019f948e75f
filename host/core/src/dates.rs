//! Dates and ages as far as a need says: the year, shifted with everything of the patient, or no age above 89 told apart.
//!
//! A date is known by the element it stands in (the names that FHIR R4 gives `date`, `dateTime` and `instant`) and by
//! its syntax; free text is not touched, a need that names free text reads what stands there. What stands in a date
//! element and is not a date that can be reduced is absent.

use std::fmt;

use cordon_fhir::date::DateRange;
use hmac::{Hmac, KeyInit, Mac};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};
use serde_json::{Map, Value, json};
use sha2::Sha256;

use crate::call::HookCall;
use crate::ids::{PatientId, PluginId, PseudonymKey, TenantId};
use crate::manifest::{Ages, Dates, Need};
use crate::ports::{Records, RecordsError};

/// Names of FHIR R4 date elements that do not end in `Date`, `DateTime` or `Instant` (`profiles-resources.json`,
/// `profiles-types.json`, 4.0.1).
const DATE_NAMES: [&str; 34] = [
    "authored",
    "authoredOn",
    "created",
    "creation",
    "date",
    "dateAsserted",
    "dateOfFirstAuthorization",
    "dateWritten",
    "detected",
    "effectiveTime",
    "end",
    "event",
    "expiry",
    "ifModifiedSince",
    "issued",
    "lastModified",
    "lastOccurrence",
    "lastPerformed",
    "lastUpdated",
    "nextScheduled",
    "onset",
    "received",
    "receivedTime",
    "recorded",
    "recordedOn",
    "sent",
    "start",
    "started",
    "time",
    "timestamp",
    "validTo",
    "when",
    "whenHandedOver",
    "whenPrepared",
];

fn is_date(name: &str, parent: &str) -> bool {
    DATE_NAMES.contains(&name)
        || ["Date", "DateTime", "Instant", "dateTime"].iter().any(|end| name.ends_with(end))
        // ImmunizationRecommendation.recommendation.dateCriterion.value; elsewhere `value` is no date.
        || (name, parent) == ("value", "dateCriterion")
}

/// Whether an element of this name tells how old a patient is: `birthDate`, `onsetAge`, `ageRange`, `bornPeriod`.
pub(crate) fn tells_age(name: &str) -> bool {
    let choice =
        |stem: &str| name.strip_prefix(stem).is_some_and(|kind| kind.starts_with(|c: char| c.is_ascii_uppercase()));
    name == "birthDate" || name.ends_with("Age") || choice("age") || choice("born")
}

/// How far the dates of one patient are moved for one plugin: 1 to 52 weeks back or forth, so that weekdays and
/// intervals stay (Hripcsak et al., JAMIA 2016;23:1040). Prints nothing of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Shift(i64);

impl Shift {
    /// The same for one key, tenant, plugin and patient; unrelated for others (HMAC-SHA-256, RFC 2104).
    #[must_use]
    pub fn draw(key: &PseudonymKey, tenant: &TenantId, plugin: &PluginId, patient: &PatientId) -> Self {
        // RFC 2104: a key shorter than a block is filled up with zeros.
        let mut block = [0_u8; 64];
        block.iter_mut().zip(key.secret()).for_each(|(to, from)| *to = from);
        let mut mac = Hmac::<Sha256>::new(&block.into());
        // No name holds a NUL, so that two lists of names are never one text.
        for part in ["date shift", tenant.as_str(), plugin.as_str(), patient.as_str()] {
            mac.update(part.as_bytes());
            mac.update(&[0]);
        }
        let drawn: [u8; 32] = mac.finalize().into_bytes().into();
        let number = drawn.iter().take(8).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
        let weeks = i64::try_from(number % 104).unwrap_or_default().saturating_sub(52);
        // -52 … 51 becomes -52 … -1 and 1 … 52: nobody's dates stay where they are.
        Self(if weeks < 0 { weeks } else { weeks.saturating_add(1) })
    }

    /// The shift of a call, if its plugin reads shifted dates.
    pub(crate) fn of(call: &HookCall, records: &dyn Records) -> Result<Option<Self>, RecordsError> {
        let manifest = &call.installed.manifest;
        if !manifest.shifts_dates() {
            return Ok(None);
        }
        let key = records.pseudonyms(&call.tenant)?;
        Ok(Some(Self::draw(&key, &call.tenant, &manifest.id, &call.patient)))
    }

    /// An instant, moved. The time of a call moves with the patient's dates, so that intervals stay right.
    #[must_use]
    pub fn instant(self, at: Timestamp) -> Timestamp {
        // Beyond year 9999 there is nothing to say, and the true time least of all.
        at.checked_add(SignedDuration::from_hours(self.days().saturating_mul(24))).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    const fn days(self) -> i64 {
        self.0.saturating_mul(7)
    }

    /// A date, moved at the precision it has. Of a year or a month the first day is moved and cut again.
    fn date(self, text: &str) -> Option<String> {
        let (date, time) = text.find('T').and_then(|at| text.split_at_checked(at)).unwrap_or((text, ""));
        let first = match date.len() {
            4 => format!("{date}-01-01"),
            7 => format!("{date}-01"),
            _ => date.to_owned(),
        };
        let moved = first.parse::<Date>().ok()?.checked_add(Span::new().try_days(self.days()).ok()?).ok()?;
        let moved = (moved.year() > 0).then(|| moved.to_string())?;
        Some(format!("{}{time}", moved.get(..date.len())?))
    }
}

impl fmt::Debug for Shift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shift(…)")
    }
}

/// What one need reads of dates and ages in one call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reduction {
    shown: Shown,
    ages: Ages,
    today: Date,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Exact,
    Year,
    Shifted(Shift),
}

impl Reduction {
    pub(crate) fn of(need: &Need, now: Timestamp, shift: Option<Shift>) -> Self {
        let shown = match (need.dates, shift) {
            (Dates::Exact, _) => Shown::Exact,
            (Dates::Shifted, Some(shift)) => Shown::Shifted(shift),
            // A need that shifts dates is not gathered without a shift; the year would say least.
            (Dates::Year, _) | (Dates::Shifted, None) => Shown::Year,
        };
        Self { shown, ages: need.ages, today: now.to_zoned(TimeZone::UTC).date() }
    }

    /// Whether it leaves everything as it is.
    pub(crate) fn is_none(&self) -> bool {
        self.shown == Shown::Exact && self.ages == Ages::Exact
    }

    /// What is left of a value that stands in the element `name` of an element `parent`.
    pub(crate) fn value(&self, value: Value, name: &str, parent: &str) -> Option<Value> {
        match value {
            Value::Object(members) => self.object(members, name),
            Value::Array(items) => {
                let left: Vec<_> = items.into_iter().filter_map(|item| self.value(item, name, parent)).collect();
                (!left.is_empty()).then_some(Value::Array(left))
            }
            Value::String(text) if is_date(name, parent) => self.date(&text).map(Value::String),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Some(value),
        }
    }

    /// Whether it leaves less of a value than there is; of a value that holds others, only of itself.
    pub(crate) fn reduces(&self, value: &Value, name: &str, parent: &str) -> bool {
        let age = matches!(self.shown, Shown::Shifted(_)) && tells_age(name);
        age || match value {
            Value::Object(members) => !matches!(self.judge(members, name), Quantity::NoAge),
            Value::String(text) => is_date(name, parent) && self.date(text).as_deref() != Some(text),
            Value::Array(_) | Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }

    fn object(&self, members: Map<String, Value>, name: &str) -> Option<Value> {
        match self.judge(&members, name) {
            Quantity::NoAge => {}
            Quantity::Absent => return None,
            Quantity::NinetyPlus => {
                let unit = "http://unitsofmeasure.org";
                return Some(json!({"value": 90, "comparator": ">=", "unit": "a", "system": unit, "code": "a"}));
            }
        }
        let shifted = matches!(self.shown, Shown::Shifted(_));
        let members = members.into_iter().filter(|(member, _)| !(shifted && tells_age(member)));
        let left: Map<_, _> =
            members.filter_map(|(member, value)| Some((member.clone(), self.value(value, &member, name)?))).collect();
        (!left.is_empty()).then_some(Value::Object(left))
    }

    /// FHIR R4 Quantity and Age, UCUM.
    fn judge(&self, members: &Map<String, Value>, name: &str) -> Quantity {
        let is_age = name.ends_with("Age");
        let value = members.get("value").and_then(Value::as_f64);
        let unit = members.get("code").or_else(|| members.get("unit")).and_then(Value::as_str);
        let years = value.zip(unit.and_then(per_year)).map(|(value, per_year)| value / per_year);
        match (self.shown, self.ages) {
            // Without the patient's age a shift cannot be undone; a number of years may be it.
            (Shown::Shifted(_), _) if is_age || unit.and_then(per_year) == Some(1.0) => Quantity::Absent,
            (_, Ages::NinetyPlus) if years.is_some_and(|years| years >= 90.0) => Quantity::NinetyPlus,
            (_, Ages::NinetyPlus) if is_age && years.is_none() => Quantity::Absent,
            (Shown::Exact | Shown::Year | Shown::Shifted(_), Ages::Exact | Ages::NinetyPlus) => Quantity::NoAge,
        }
    }

    fn date(&self, text: &str) -> Option<String> {
        let Some(range) = DateRange::parse(text) else {
            // `Timing.repeat.when` has codes such as MORN where others have a date.
            return (!text.contains(|c: char| c.is_ascii_digit())).then(|| text.to_owned());
        };
        let text = match self.ages {
            Ages::NinetyPlus if self.tells_of_ninety(range) => format!("{:04}", self.today.year().saturating_sub(90)),
            Ages::Exact | Ages::NinetyPlus => text.to_owned(),
        };
        match self.shown {
            Shown::Exact => Some(text),
            Shown::Year => text.get(..4).map(str::to_owned),
            Shown::Shifted(shift) => shift.date(&text),
        }
    }

    /// Who was there on that day is 90 or older today (45 CFR 164.514(b)(2)(i)(C): also dates indicative of such age).
    fn tells_of_ninety(&self, range: DateRange) -> bool {
        let last = range.upper.to_zoned(TimeZone::UTC).date();
        last.checked_add(Span::new().years(90)).is_ok_and(|birthday| birthday <= self.today)
    }
}

/// What a quantity is to the age rules.
enum Quantity {
    NoAge,
    NinetyPlus,
    Absent,
}

/// How many of a unit of time make a year (UCUM: a, mo, wk, d, h, min, s, and how people write them).
fn per_year(unit: &str) -> Option<f64> {
    match unit {
        "a" | "a_j" | "a_g" | "a_t" | "yr" | "yrs" | "y" | "year" | "years" | "Jahr" | "Jahre" => Some(1.0),
        "mo" | "mo_j" | "mo_g" | "mo_s" | "month" | "months" | "Monat" | "Monate" => Some(12.0),
        "wk" | "week" | "weeks" | "Woche" | "Wochen" => Some(52.179),
        "d" | "day" | "days" | "Tag" | "Tage" => Some(365.25),
        "h" => Some(8_766.0),
        "min" => Some(525_960.0),
        "s" => Some(31_557_600.0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shift(tenant: &str, plugin: &str, patient: &str) -> i64 {
        let (tenant, plugin) = (TenantId::new(tenant).unwrap(), PluginId::new(plugin).unwrap());
        Shift::draw(&PseudonymKey::new([7; 32]), &tenant, &plugin, &PatientId::new(patient).unwrap()).days()
    }

    fn reduced(shown: Shown, ages: Ages, row: Value) -> Value {
        let reduction = Reduction { shown, ages, today: Date::constant(2021, 6, 1) };
        reduction.value(row, "", "").unwrap_or_default()
    }

    #[test]
    fn a_shift_is_whole_weeks_within_a_year_and_never_none() {
        let shifts: Vec<i64> = (0..2_000).map(|n| shift("main", "org.example.x", &format!("p{n}"))).collect();
        assert!(shifts.iter().all(|days| days % 7 == 0 && *days != 0 && days.abs() <= 364));
        assert_eq!(shifts.iter().collect::<std::collections::BTreeSet<_>>().len(), 104);
    }

    #[test]
    fn two_plugins_or_tenants_or_keys_have_nothing_in_common() {
        let many = |tenant, plugin| (0..64).map(|n| shift(tenant, plugin, &format!("p{n}"))).collect::<Vec<_>>();
        let one = many("main", "org.example.x");
        assert_eq!(one, many("main", "org.example.x"));
        for other in [many("main", "org.example.y"), many("other", "org.example.x")] {
            let same = one.iter().zip(other).filter(|(one, other)| **one == *other).count();
            assert!(same < 8, "{same} of 64");
        }
        let (tenant, plugin) = (TenantId::new("main").unwrap(), PluginId::new("org.example.x").unwrap());
        let patient = PatientId::new("p1").unwrap();
        let keys = (0..64).map(|n| Shift::draw(&PseudonymKey::new([n; 32]), &tenant, &plugin, &patient).days());
        assert!(keys.collect::<std::collections::BTreeSet<_>>().len() > 16);
    }

    #[test]
    fn all_dates_move_together_at_their_precision() {
        let week = Shown::Shifted(Shift(-10));
        let row = json!({"effectiveDateTime": "2021-03-20T23:30:00+02:00", "issued": "2021-03-21T01:00:00.5Z",
            "period": {"start": "2021-03", "end": "2021"}, "timing": {"event": ["2021-03-20"], "repeat": {"when": ["MORN"]}}});
        let moved = json!({"effectiveDateTime": "2021-01-09T23:30:00+02:00", "issued": "2021-01-10T01:00:00.5Z",
            "period": {"start": "2020-12", "end": "2020"}, "timing": {"event": ["2021-01-09"], "repeat": {"when": ["MORN"]}}});
        assert_eq!(reduced(week, Ages::Exact, row), moved);
    }

    #[test]
    fn what_looks_like_a_date_and_is_none_stays_and_what_is_no_date_in_a_date_element_goes() {
        let row = json!({"identifier": {"value": "2021-03-20"}, "code": {"coding": [{"code": "2021", "version": "2021-03"}]},
            "note": [{"text": "on 2021-03-20", "time": "2021-03-20T10:00:00Z"}], "date": "20.03.2021", "end": 7});
        let left = json!({"identifier": {"value": "2021-03-20"}, "code": {"coding": [{"code": "2021", "version": "2021-03"}]},
            "note": [{"text": "on 2021-03-20", "time": "2021"}], "end": 7});
        assert_eq!(reduced(Shown::Year, Ages::Exact, row), left);
    }

    #[test]
    fn ages_above_89_are_one_whatever_tells_them() {
        let age = |value: u32, code: &str| json!({"value": value, "code": code, "system": "http://unitsofmeasure.org"});
        let ninety =
            json!({"value": 90, "comparator": ">=", "unit": "a", "system": "http://unitsofmeasure.org", "code": "a"});
        let born =
            |date: &str| reduced(Shown::Exact, Ages::NinetyPlus, json!({"birthDate": date}))["birthDate"].clone();
        assert_eq!(
            (born("1931-06-01"), born("1900"), born("1922-02-28")),
            (json!("1931"), json!("1931"), json!("1931"))
        );
        assert_eq!((born("1931-06-02"), born("1931")), (json!("1931-06-02"), json!("1931")));
        let row = json!({"onsetAge": age(90, "a"), "valueQuantity": age(1_080, "mo"), "deceasedAge": age(89, "a"),
            "abatementAge": {"value": 95, "unit": "summers"}, "onsetDateTime": "1925-05-05"});
        let left =
            json!({"onsetAge": ninety, "valueQuantity": ninety, "deceasedAge": age(89, "a"), "onsetDateTime": "1931"});
        assert_eq!(reduced(Shown::Exact, Ages::NinetyPlus, row), left);
    }

    #[test]
    fn a_shifted_row_tells_no_age() {
        let row = json!({"birthDate": "1960-01-01", "onsetAge": {"value": 3}, "ageString": "12", "bornPeriod": {"start": "1960"},
            "valueQuantity": {"value": 61, "code": "a"}, "gender": "male"});
        assert_eq!(reduced(Shown::Shifted(Shift(1)), Ages::Exact, row), json!({"gender": "male"}));
    }

    #[test]
    fn a_date_that_cannot_be_moved_is_absent() {
        assert_eq!(Shift(-52).date("0001-02-03"), None);
        assert_eq!(Shift(52).date("9999-12-31"), None);
        assert_eq!(Shift(1).date("2020-02-29").as_deref(), Some("2020-03-07"));
    }
}
