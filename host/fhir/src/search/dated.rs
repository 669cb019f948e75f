//! The primary date on a resource's text, without a tree.

use std::borrow::Cow;
use std::sync::LazyLock;

use serde::Deserialize;

use super::table::{PRIMARY_DATES, Shape};
use crate::date::DateRange;
use crate::element::{Paths, Raw};

/// Every place in which a primary date is looked for: type, path and shape, best place of a type first.
fn places() -> impl Iterator<Item = (&'static str, &'static str, Shape)> {
    PRIMARY_DATES.iter().flat_map(|(name, paths)| paths.iter().map(|(path, shape)| (*name, *path, *shape)))
}

/// The type's name and then all places.
static PATHS: LazyLock<Paths> =
    LazyLock::new(|| std::iter::once("resourceType").chain(places().map(|(_, path, _)| path)).collect());

/// As [`super::primary_date`], of a resource's JSON text.
#[must_use]
pub fn primary_date_in(text: &str) -> Option<DateRange> {
    let (mut name, mut held) = (None, Vec::new());
    PATHS.find(text, &mut |place, raw| match place.checked_sub(1) {
        Some(place) => held.push((place, raw)),
        None => name = raw.string(),
    });
    let name = name?;
    let mut best = places().enumerate().filter(|(_, (of, ..))| **of == *name);
    best.find_map(|(place, (_, _, shape))| {
        held.iter().filter(|(at, _)| *at == place).find_map(|(_, raw)| read(shape, *raw))
    })
}

#[derive(Deserialize)]
struct Period<'t> {
    #[serde(borrow)]
    start: Option<Cow<'t, str>>,
    #[serde(borrow)]
    end: Option<Cow<'t, str>>,
}

#[derive(Deserialize)]
struct Timing<'t> {
    #[serde(borrow)]
    event: Vec<Cow<'t, str>>,
}

fn read(shape: Shape, raw: Raw<'_>) -> Option<DateRange> {
    match shape {
        Shape::Instant => DateRange::parse(&raw.string()?),
        Shape::Period => {
            let period: Period<'_> = serde_json::from_str(raw.as_str()).ok()?;
            DateRange::period(period.start.as_deref(), period.end.as_deref())
        }
        Shape::Timing => {
            let timing: Timing<'_> = serde_json::from_str(raw.as_str()).ok()?;
            DateRange::events(timing.event.iter().map(|event| Some(event.as_ref())))
        }
        Shape::Code | Shape::Coding | Shape::Concept | Shape::Reference | Shape::ReferenceToPatient => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::search::primary_date;

    #[test]
    fn a_text_has_the_date_of_its_tree() {
        let rows = [
            json!({"resourceType": "Observation", "effectiveDateTime": "2021-03", "issued": "2022-01-01T00:00:00Z"}),
            json!({"issued": "2022-01-01T00:00:00Z", "effectiveDateTime": "soon", "resourceType": "Observation"}),
            json!({"resourceType": "Observation", "effectivePeriod": {"start": "2020", "end": "2021-02-03"}}),
            json!({"resourceType": "Observation", "effectivePeriod": {"start": 2020}}),
            json!({"resourceType": "Observation", "effectiveTiming": {"event": ["2020-01-01", "2019-01-01"]}}),
            json!({"resourceType": "Observation", "effectiveTiming": {"event": ["2020-01-01", "never"]}}),
            json!({"resourceType": "DocumentReference", "context": {"period": {"end": "2020"}}}),
            json!({"resourceType": "Condition", "effectiveDateTime": "2021"}),
            json!({"resourceType": "Patient", "birthDate": "1950"}),
            json!({"effectiveDateTime": "2021"}),
        ];
        let dates = rows.each_ref().map(|row| primary_date_in(&row.to_string()));
        assert_eq!(dates, rows.each_ref().map(primary_date));
        assert_eq!(dates.iter().flatten().count(), 5);
    }
}
