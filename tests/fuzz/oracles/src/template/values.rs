//! What a value may look like, and whether a text is a template with such values.

use std::sync::LazyLock;

use cordon_core::message::SlotValue;
use regex::Regex;
use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

use super::case::{FIRST, Kind, LAST};

/// The most characters that are copied from a row, and the fewest of a longer value: spaces may double it.
const MOST_COPIED: usize = 80;
const FEWEST_COPIED: usize = MOST_COPIED / 2 - 1;

/// What has no ink: white space, and what Unicode lets a renderer leave out.
static BLANK: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[\p{White_Space}\p{Default_Ignorable_Code_Point}]").expect("a pattern"));

static DIGITS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("^([0-9]{4})-?([0-9]{2})-?([0-9]{2})").expect("a pattern"));

/// A slot and the texts that may stand in its place.
pub(super) struct Taken {
    pub(super) name: String,
    pub(super) texts: Vec<String>,
}

/// A template cut at its slots.
pub(super) struct Parts<'a>(Vec<Part<'a>>);

enum Part<'a> {
    Text(String),
    Slot(&'a Taken),
}

/// What can be seen of a text, character by character: spaces may part what would otherwise be an address.
fn ink(text: &str) -> String {
    BLANK.replace_all(text, "").nfd().collect()
}

impl<'a> Parts<'a> {
    pub(super) fn of(template: &str, taken: &'a [Taken]) -> Self {
        let mut pieces = template.split('{');
        let mut parts = vec![Part::Text(ink(pieces.next().unwrap_or_default()))];
        for piece in pieces {
            let (name, rest) = piece.split_once('}').unwrap_or((piece, ""));
            parts.extend(taken.iter().find(|taken| taken.name == name).map(Part::Slot));
            parts.push(Part::Text(ink(rest)));
        }
        Self(parts)
    }

    pub(super) fn are(&self, text: &str) -> bool {
        fn follow(parts: &[Part<'_>], text: &str) -> bool {
            let Some((part, rest)) = parts.split_first() else { return text.is_empty() };
            let after = |own: &str| text.strip_prefix(own).is_some_and(|text| follow(rest, text));
            match part {
                Part::Text(own) => after(own),
                Part::Slot(taken) => taken.texts.iter().any(|own| after(&ink(own))),
            }
        }
        follow(&self.0, &ink(text))
    }
}

impl Kind {
    /// Whether a number lies between the ends of the scale.
    pub(super) fn spans(&self, number: f64) -> bool {
        let Self::Number([min, max, _], _) = self else { return false };
        let end = |text: &str| text.parse::<f64>().unwrap_or(f64::NAN);
        end(min) <= number && number <= end(max)
    }

    /// The texts that may stand for this value; `None` if it is not one.
    pub(super) fn shows(&self, value: &SlotValue, german: bool, row: &Value) -> Option<Vec<String>> {
        match (self, value) {
            (Self::Number([min, max, step], unit), SlotValue::Number(number)) => {
                let unit = unit.as_ref().map(|unit| format!(" {unit}")).unwrap_or_default();
                let numbers = on_scale(min, max, step, *number)?;
                Some(numbers.into_iter().map(|number| format!("{}{unit}", decimal(&number, german))).collect())
            }
            (Self::Code(codes), SlotValue::Code(name)) => {
                let (_, en, de) = codes.iter().find(|(own, ..)| own == name)?;
                Some(vec![de.as_ref().filter(|_| german).unwrap_or(en).clone()])
            }
            (Self::Date, SlotValue::Date(day)) => {
                let day = DIGITS.captures(day)?;
                let [year, month, day] = day.extract::<3>().1;
                let day = format!("{year}-{month}-{day}");
                let real =
                    (1..=days(year.parse().ok()?, month.parse().ok()?)?).any(|n| day.ends_with(&format!("-{n:02}")));
                (real && (FIRST..=LAST).contains(&day.as_str())).then_some(vec![day])
            }
            (Self::From(element), SlotValue::Row(id)) if id == "r1" => Some(cuts(&copied(row, element, german)?)),
            (Self::Number(..) | Self::Code(_) | Self::Date | Self::From(_), _) => None,
        }
    }
}

/// The days of a month (Gregorian).
fn days(year: u32, month: u32) -> Option<u32> {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => Some(31),
        4 | 6 | 9 | 11 => Some(30),
        2 => Some(if leap { 29 } else { 28 }),
        _ => None,
    }
}

/// The nearest steps of the scale, two where it is between them.
fn on_scale(min: &str, max: &str, step: &str, number: f64) -> Option<Vec<String>> {
    let places = [min, max, step].into_iter().map(|text| text.split_once('.').map_or(0, |(_, f)| f.len())).max()?;
    let whole = |text: &str| {
        let (before, after) = text.split_once('.').unwrap_or((text, ""));
        format!("{before}{after}{}", "0".repeat(places - after.len())).parse::<i64>().ok()
    };
    let (min, max, step) = (whole(min)?, whole(max)?, whole(step)?);
    let of = |at: i64| {
        let (sign, at) = (if at < 0 { "-" } else { "" }, at.unsigned_abs());
        let unit = 10_u64.pow(u32::try_from(places).ok()?);
        let after = if places == 0 { String::new() } else { format!(".{:0places$}", at % unit) };
        Some(format!("{sign}{}{after}", at / unit))
    };
    let near = |at: i64| {
        let text = of(at)?;
        let far = (text.parse::<f64>().ok()? - number).abs();
        let half = of(step)?.parse::<f64>().ok()? / 2.0;
        (far <= half * 1.000_001 + number.abs() * 1e-15).then_some(text)
    };
    let finite = number.is_finite().then_some(number)?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a guess; `near` decides")]
    let guess = ((finite * 10_f64.powi(i32::try_from(places).ok()?) - min as f64) / step as f64).round() as i64;
    let around =
        (guess.saturating_sub(1)..=guess.saturating_add(1)).filter_map(|n| min.checked_add(n.checked_mul(step)?));
    let texts: Vec<String> = around.filter(|at| (min..=max).contains(at)).filter_map(near).collect();
    (!texts.is_empty()).then_some(texts)
}

/// With the decimal sign of the language.
fn decimal(number: &str, german: bool) -> String {
    if german { number.replace('.', ",") } else { number.to_owned() }
}

/// What a clinician reads of an element that the case put into the row.
fn copied(row: &Value, element: &str, german: bool) -> Option<String> {
    let value = element.split('.').try_fold(row, |value, name| value.get(name))?;
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    if let Some(number) = value.get("value") {
        let number = decimal(&number.to_string(), german);
        return Some(format!("{}{number} {}", text("comparator").unwrap_or_default(), text("unit")?));
    }
    value.as_str().or(text("text")).map(str::to_owned)
}

/// The whole of a short text; of a longer one some of its first characters, and a sign that there were more.
fn cuts(text: &str) -> Vec<String> {
    let text: Vec<char> = text.nfc().collect();
    let cut = |length: usize| text.iter().take(length).collect::<String>();
    let whole = (text.len() <= MOST_COPIED).then(|| cut(text.len()));
    let parts = (FEWEST_COPIED..MOST_COPIED.min(text.len())).rev().map(|length| format!("{}…", cut(length)));
    whole.into_iter().chain(parts).collect()
}
