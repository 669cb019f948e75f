//! Columns as the host makes them, of rows in memory. Which elements a need lists is the manifest's business: `cordon test`
//! holds a table against it.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::value::RawValue;

use crate::columns::Column;
use crate::date::Date;
use crate::decimal::Decimal;

/// The columns of these rows; `None` when one is none or is asked for twice.
pub(super) fn table(rows: &[String], columns: &[String]) -> Option<Vec<Column>> {
    let rows: Vec<&RawValue> = rows.iter().map(|row| serde_json::from_str(row).unwrap_or(RawValue::NULL)).collect();
    let repeated = |(at, column): (usize, &String)| columns.iter().take(at).any(|before| before == column);
    if columns.len() > 64 || columns.iter().enumerate().any(repeated) {
        return None;
    }
    columns.iter().map(|column| self::column(&rows, column)).collect()
}

fn column(rows: &[&RawValue], asked: &str) -> Option<Column> {
    let (kind, path) = asked.split_once(':')?;
    let name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_lowercase()) && name.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    if path.split('.').count() > 6 || !path.split('.').all(name) {
        return None;
    }
    let cells = rows.iter().map(|row| only(row, path));
    let value = |cell: Option<&RawValue>| serde_json::from_str::<Value>(cell?.get()).ok();
    Some(match kind {
        "number" => Column::Numbers(cells.map(|cell| Some(Decimal::parse(cell?.get())?.to_f64())).collect()),
        "instant" => Column::Instants(cells.map(|cell| instant(value(cell)?.as_str()?)).collect()),
        "code" => codes(cells.map(|cell| coding(&value(cell)?))),
        "text" => Column::Texts(cells.map(|cell| text(cell?)).collect()),
        _ => return None,
    })
}

/// What a path leads to, if it is one value. Lists are flattened once at every step.
fn only<'r>(row: &'r RawValue, path: &str) -> Option<&'r RawValue> {
    let mut found = vec![row];
    for name in path.split('.') {
        let next = found.into_iter().filter_map(|value| {
            let members: BTreeMap<String, &RawValue> = serde_json::from_str(value.get()).ok()?;
            members.get(name).copied()
        });
        found = next.flat_map(|value| serde_json::from_str(value.get()).unwrap_or_else(|_| vec![value])).collect();
    }
    found.retain(|value| value.get() != "null" && !value.get().starts_with('['));
    match found.as_slice() {
        [one] => Some(*one),
        [] | [_, _, ..] => None,
    }
}

/// Numbers keep the text that they were written as.
fn text(value: &RawValue) -> Option<String> {
    match serde_json::from_str(value.get()).ok()? {
        Value::String(text) => Some(text),
        Value::Number(_) | Value::Bool(_) => Some(value.get().to_owned()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[expect(clippy::cast_precision_loss, reason = "seconds of the years 0 to 9999 are exact")]
fn instant(text: &str) -> Option<f64> {
    let (_, time) = text.split_once('T')?;
    let digits: String =
        time.split_once('.').map_or("", |(_, rest)| rest).chars().take_while(char::is_ascii_digit).collect();
    let fraction: f64 = format!("0.{digits}0").parse().ok()?;
    Some(Date::new(text).range()?.0 as f64 + fraction)
}

fn coding(value: &Value) -> Option<(String, String)> {
    if let Some(code) = value.as_str() {
        return Some((String::new(), code.to_owned()));
    }
    let named = |value: &Value| {
        let member = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        Some((member("system").unwrap_or_default(), member("code")?))
    };
    named(value).or_else(|| value.get("coding")?.as_array()?.iter().find_map(named))
}

fn codes(codings: impl Iterator<Item = Option<(String, String)>>) -> Column {
    let mut dictionary: Vec<(String, String)> = Vec::new();
    let cells = codings.map(|coding| {
        let coding = coding?;
        let place = dictionary.iter().position(|known| *known == coding).unwrap_or_else(|| {
            dictionary.push(coding);
            dictionary.len() - 1
        });
        u32::try_from(place).ok()
    });
    let cells = cells.collect();
    Column::Codes { dictionary, cells }
}
