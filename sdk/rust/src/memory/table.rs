//! Columns as the host makes them, of rows in memory. Which elements a need lists is the manifest's business: `cordon test`
//! holds a table against it.

use serde_json::Value;

use crate::columns::Column;
use crate::date::Date;

/// The columns of these rows; `None` when one is none or is asked for twice.
pub(super) fn table(rows: &[String], columns: &[String]) -> Option<Vec<Column>> {
    let rows: Vec<Value> = rows.iter().map(|row| serde_json::from_str(row).unwrap_or_default()).collect();
    let repeated = |(at, column): (usize, &String)| columns.iter().take(at).any(|before| before == column);
    if columns.len() > 64 || columns.iter().enumerate().any(repeated) {
        return None;
    }
    columns.iter().map(|column| self::column(&rows, column)).collect()
}

fn column(rows: &[Value], asked: &str) -> Option<Column> {
    let (kind, path) = asked.split_once(':')?;
    let name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_lowercase()) && name.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    if path.split('.').count() > 6 || !path.split('.').all(name) {
        return None;
    }
    let cells = rows.iter().map(|row| only(row, path));
    Some(match kind {
        "number" => Column::Numbers(cells.map(|cell| cell?.as_f64().filter(|number| number.is_finite())).collect()),
        "instant" => Column::Instants(cells.map(|cell| instant(cell?.as_str()?)).collect()),
        "code" => codes(cells.map(|cell| coding(cell?))),
        "text" => Column::Texts(cells.map(|cell| text(cell?)).collect()),
        _ => return None,
    })
}

/// What a path leads to, if it is one value. Lists are flattened once at every step.
fn only<'v>(row: &'v Value, path: &str) -> Option<&'v Value> {
    let mut found = vec![row];
    for name in path.split('.') {
        let next = found.into_iter().filter_map(|value| value.get(name));
        found = next.flat_map(|value| value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice)).collect();
    }
    found.retain(|value| !value.is_null() && !value.is_array());
    match found.as_slice() {
        [one] => Some(*one),
        [] | [_, _, ..] => None,
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
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
