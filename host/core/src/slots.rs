//! Typed slots: the only places of a signed text or resource that a run fills, and how much each of them can say.
//!
//! A slot is a number on a fixed scale, one of a list of codes, a day within a span, or a value that the *host* copies from
//! a row in view. What a plugin gives is never printed as it came: the host prints the number, the listed text, the day.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::fault::out;
use crate::ids::{EntryName, NeedName};
use crate::manifest::Texts;
use crate::message::SlotValue;
use crate::profile::{ProfileError, line};
use crate::view::View;

/// The most characters of a value that the host copies from a row.
pub const MOST_COPIED: usize = 80;
/// The most places after the decimal point.
const MOST_SCALE: usize = 6;
/// The most steps of a number slot: some 30 bits.
const MOST_STEPS: i64 = 1_000_000_000;

/// Why a slot of a manifest was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SlotError {
    /// Not decimals, or not a scale.
    #[error("number: min, max and step are decimals as texts, min below max, step above 0, at most 10^9 steps")]
    Number,
    /// A unit or a text of a code that would not be shown as it stands.
    #[error("{0}: one line of plain text, as on a card")]
    Text(&'static str),
    /// No code to choose.
    #[error("code: 1 to 1,000 entries")]
    Codes,
    /// Not days, or none.
    #[error("date: from and until are days such as 2020-12-31, from not after until")]
    Dates,
    /// The need is not there or does not list the element.
    #[error("from: the need and one of its elements, as listed there")]
    From,
}

/// A number on a fixed scale. All integers are multiples of the smallest decimal place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberSlot {
    min: i64,
    step: i64,
    steps: i64,
    scale: usize,
    unit: Option<String>,
}

/// What a slot takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Slot {
    /// A number between two others, in steps.
    Number(NumberSlot),
    /// One of these, by name; the text is what is shown, by locale.
    Code(BTreeMap<EntryName, Texts>),
    /// A day of this span.
    Date {
        /// The first.
        from: Date,
        /// The last.
        until: Date,
    },
    /// What an element of a row in view holds, copied by the host. The plugin names the row.
    From {
        /// The need.
        need: NeedName,
        /// The element, as the need lists it.
        element: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) enum RawSlot {
    Number { min: String, max: String, step: String, unit: Option<String> },
    Code(BTreeMap<EntryName, Texts>),
    Date { from: String, until: String },
    From { need: NeedName, element: String },
}

impl RawSlot {
    /// Checks a slot. `lists` says whether a need lists an element.
    pub(crate) fn check(self, lists: &dyn Fn(&NeedName, &str) -> bool) -> Result<Slot, SlotError> {
        match self {
            Self::Number { min, max, step, unit } => NumberSlot::parse(&min, &max, &step, unit).map(Slot::Number),
            Self::Code(codes) => {
                if codes.is_empty() || codes.len() > 1_000 {
                    return Err(SlotError::Codes);
                }
                let texts = codes.values().flat_map(|texts| std::iter::once(&texts.en).chain(&texts.de));
                let fine = texts.into_iter().all(|text| is_line(text, MOST_COPIED));
                if fine { Ok(Slot::Code(codes)) } else { Err(SlotError::Text("code")) }
            }
            Self::Date { from, until } => {
                let day = |text: &str| text.parse::<Date>().map_err(|_| SlotError::Dates);
                let (from, until) = (day(&from)?, day(&until)?);
                if from <= until { Ok(Slot::Date { from, until }) } else { Err(SlotError::Dates) }
            }
            Self::From { need, element } if lists(&need, &element) => Ok(Slot::From { need, element }),
            Self::From { .. } => Err(SlotError::From),
        }
    }
}

fn is_line(text: &str, most: usize) -> bool {
    line(text, most).is_ok_and(|inert| inert == text)
}

/// A decimal as an integer of so many places.
fn scaled(text: &str, scale: usize) -> Option<i64> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 9 || fraction.len() > scale || !plain(whole) || !plain(fraction) {
        return None;
    }
    let padded = format!("{whole}{fraction}{}", "0".repeat(scale.checked_sub(fraction.len())?));
    Some(sign * padded.parse::<i64>().ok()?)
}

impl NumberSlot {
    fn parse(min: &str, max: &str, step: &str, unit: Option<String>) -> Result<Self, SlotError> {
        let places = |text: &str| text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
        let scale = [min, max, step].into_iter().map(places).max().unwrap_or(0);
        if scale > MOST_SCALE {
            return Err(SlotError::Number);
        }
        let read = |text: &str| scaled(text, scale).ok_or(SlotError::Number);
        let (min, max, step) = (read(min)?, read(max)?, read(step)?);
        if step <= 0 || min >= max || (max - min) / step > MOST_STEPS {
            return Err(SlotError::Number);
        }
        if unit.as_ref().is_some_and(|unit| !is_line(unit, 30)) {
            return Err(SlotError::Text("unit"));
        }
        Ok(Self { min, step, steps: (max - min) / step, scale, unit })
    }

    /// The nearest value of the scale, as a decimal.
    fn decimal(&self, value: f64) -> Result<String, ProfileError> {
        const OUTSIDE: ProfileError = ProfileError::Slot("number");
        if !value.is_finite() {
            return Err(OUTSIDE);
        }
        let places = 10_f64.powi(i32::try_from(self.scale).unwrap_or_default());
        #[expect(clippy::cast_precision_loss, reason = "at most 10^15, which a double holds exactly")]
        let (min, step, steps) = (self.min as f64, self.step as f64, self.steps as f64);
        let at = ((value * places - min) / step).round();
        if out!(SlotUnbounded) {
            return Ok(value.to_string());
        }
        if !(0.0..=steps).contains(&at) {
            return Err(OUTSIDE);
        }
        #[expect(clippy::cast_possible_truncation, reason = "between 0 and `steps`")]
        let at = at as i64;
        Ok(self.printed(self.min + at * self.step))
    }

    fn printed(&self, value: i64) -> String {
        let sign = if value < 0 { "-" } else { "" };
        let digits = format!("{:0width$}", value.unsigned_abs(), width = self.scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - self.scale);
        if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
    }

    fn with_unit(&self, number: String) -> String {
        self.unit.as_ref().map_or(number.clone(), |unit| format!("{number} {unit}"))
    }
}

impl Slot {
    /// What a card shows for the value.
    ///
    /// # Errors
    /// [`ProfileError::Slot`]: not a value that this slot takes.
    pub fn text(&self, value: &SlotValue, locale: &str, views: &[View]) -> Result<String, ProfileError> {
        match (self, value) {
            (Self::Number(slot), SlotValue::Number(number)) => {
                Ok(slot.with_unit(spoken(&slot.decimal(*number)?, locale)))
            }
            (Self::Code(_), SlotValue::Code(name)) => Ok(self.listed(name)?.for_locale(locale).to_owned()),
            (Self::Date { .. }, SlotValue::Date(day)) => self.day(day),
            (Self::From { need, element }, SlotValue::Row(row)) => {
                let text = shown(&copied(views, need, element, row)?, locale).ok_or(ProfileError::Slot("from"))?;
                // Cut once more: the spaces that make it inert would make a card too long that the manifest allows.
                Ok(cut(line(&cut(text), MOST_COPIED.saturating_mul(2))?))
            }
            _ => Err(ProfileError::Slot("slot of another type")),
        }
    }

    /// What a resource holds for the value: a JSON number, a text, or the element as it is in the row.
    ///
    /// # Errors
    /// [`ProfileError::Slot`]: not a value that this slot takes.
    pub(crate) fn json(&self, value: &SlotValue, views: &[View]) -> Result<Value, ProfileError> {
        match (self, value) {
            (Self::Number(slot), SlotValue::Number(number)) => {
                let decimal = slot.decimal(*number)?;
                serde_json::from_str(&decimal).map_err(|_| ProfileError::Slot("number"))
            }
            (Self::Code(_), SlotValue::Code(name)) => Ok(json!(self.listed(name)?.en)),
            (Self::Date { .. }, SlotValue::Date(day)) => Ok(json!(self.day(day)?)),
            (Self::From { need, element }, SlotValue::Row(row)) => copied(views, need, element, row),
            _ => Err(ProfileError::Slot("slot of another type")),
        }
    }

    fn listed(&self, name: &str) -> Result<&Texts, ProfileError> {
        let Self::Code(codes) = self else { return Err(ProfileError::Slot("code")) };
        let name = EntryName::new(name).map_err(|_| ProfileError::Slot("code"))?;
        codes.get(&name).ok_or(ProfileError::Slot("code"))
    }

    fn day(&self, text: &str) -> Result<String, ProfileError> {
        let Self::Date { from, until } = self else { return Err(ProfileError::Slot("date")) };
        let day: Date = text.parse().map_err(|_| ProfileError::Slot("date"))?;
        if (*from..=*until).contains(&day) { Ok(day.to_string()) } else { Err(ProfileError::Slot("date")) }
    }

    /// A value as long as the longest, to check a text with that has this slot.
    pub(crate) fn sample(&self, locale: &str) -> String {
        match self {
            Self::Number(slot) => {
                let ends = [slot.min, slot.min + slot.steps * slot.step];
                let ends = ends.map(|end| spoken(&slot.printed(end), locale));
                slot.with_unit(ends.into_iter().max_by_key(String::len).unwrap_or_default())
            }
            Self::Code(codes) => {
                let texts = codes.values().map(|texts| texts.for_locale(locale));
                texts.max_by_key(|text| text.chars().count()).unwrap_or_default().to_owned()
            }
            Self::Date { from, .. } => from.to_string(),
            // Where it meets the text around it, spaces may have to part them: two at each end.
            Self::From { .. } => "x".repeat(MOST_COPIED.saturating_add(4)),
        }
    }

    /// The most bytes that a value takes up in a detail, with every mark escaped.
    pub(crate) fn most_bytes(&self, locale: &str) -> usize {
        let printed = |text: &str| text.chars().map(|c| if c.is_ascii_punctuation() { 2 } else { c.len_utf8() }).sum();
        match self {
            Self::Number(_) | Self::Date { .. } => printed(&self.sample(locale)),
            Self::Code(codes) => {
                codes.values().map(|texts| printed(texts.for_locale(locale))).max().unwrap_or_default()
            }
            // UTF-8 has at most four bytes.
            Self::From { .. } => MOST_COPIED.saturating_mul(4),
        }
    }

    /// A value of the kind that a resource holds, to check a skeleton with; `None` when only a row can tell.
    pub(crate) fn sample_json(&self) -> Option<Value> {
        match self {
            Self::Number(slot) => serde_json::from_str(&slot.printed(slot.min)).ok(),
            Self::Code(codes) => codes.values().next().map(|texts| json!(texts.en)),
            Self::Date { from, .. } => Some(json!(from.to_string())),
            Self::From { .. } => None,
        }
    }

    /// How many values a plugin can choose among, given how many rows a need can show.
    #[must_use]
    pub fn choices(&self, rows_of: &dyn Fn(&NeedName) -> u64) -> u64 {
        match self {
            Self::Number(slot) => u64::try_from(slot.steps).unwrap_or(u64::MAX).saturating_add(1),
            Self::Code(codes) => u64::try_from(codes.len()).unwrap_or(u64::MAX),
            Self::Date { from, until } => {
                let days = until.since(*from).map(|span| span.get_days()).unwrap_or(i32::MAX);
                u64::try_from(days).unwrap_or(0).saturating_add(1)
            }
            Self::From { need, .. } => rows_of(need),
        }
    }

    /// What it takes, in words for a reviewer.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Number(slot) => {
                let (min, max) = (slot.printed(slot.min), slot.printed(slot.min + slot.steps * slot.step));
                let step = slot.printed(slot.step);
                let unit = slot.unit.as_deref().map(|unit| format!(" {unit}")).unwrap_or_default();
                format!("a number from {min} to {max}{unit} in steps of {step}")
            }
            Self::Code(codes) => format!("one of {} listed texts", codes.len()),
            Self::Date { from, until } => format!("a day from {from} to {until}"),
            Self::From { need, element } => format!("`{element}` of a row of need `{need}`, copied by the host"),
        }
    }
}

/// The element of the row with this id in the view of the need, as the plugin saw it.
fn copied(views: &[View], need: &NeedName, element: &str, row: &str) -> Result<Value, ProfileError> {
    const NOWHERE: ProfileError = ProfileError::Slot("from");
    let view = views.iter().find(|view| view.need() == need).ok_or(NOWHERE)?;
    let rows = view.rows().filter_map(|text| serde_json::from_str::<Value>(text).ok());
    let found = rows.into_iter().find(|value| value.get("id").and_then(Value::as_str) == Some(row)).ok_or(NOWHERE)?;
    let step = |value: Value, name: &str| match value {
        Value::Object(mut members) => members.remove(name),
        Value::Array(items) => items.into_iter().find_map(|item| item.get(name).cloned()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    };
    element.split('.').try_fold(found, step).ok_or(NOWHERE)
}

/// A decimal with the sign of the language that is read: a comma in German. "2.5" beside "2,5" on one card is misread.
fn spoken(decimal: &str, locale: &str) -> String {
    if locale.starts_with("de") { decimal.replace('.', ",") } else { decimal.to_owned() }
}

/// At most [`MOST_COPIED`] characters; where some are missing, the last one says so. It stands apart, because the profile
/// would part it from a full stop.
fn cut(text: String) -> String {
    if text.chars().count() <= MOST_COPIED {
        return text;
    }
    let kept: String = text.chars().take(MOST_COPIED - 2).collect();
    format!("{} …", kept.trim_end())
}

/// A value as a clinician reads it. Numbers keep every digit of the record.
fn shown(value: &Value, locale: &str) -> Option<String> {
    let member = |name: &str| value.get(name).and_then(Value::as_str);
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(spoken(&number.to_string(), locale)),
        Value::Bool(yes) => Some(yes.to_string()),
        Value::Array(items) => items.first().and_then(|item| shown(item, locale)),
        Value::Object(members) => {
            if let Some(Value::Number(number)) = members.get("value") {
                let unit = member("unit").or(member("code")).map(|unit| format!(" {unit}")).unwrap_or_default();
                let number = spoken(&number.to_string(), locale);
                return Some(format!("{}{number}{unit}", member("comparator").unwrap_or_default()));
            }
            let coding = || members.get("coding").and_then(Value::as_array).and_then(|all| all.first());
            let name = |coding: &Value| {
                let text = |name: &str| coding.get(name).and_then(Value::as_str).map(str::to_owned);
                text("display").or_else(|| text("code"))
            };
            member("text").map(str::to_owned).or_else(|| coding().and_then(name))
        }
        Value::Null => None,
    }
}
