//! Which template of the manifest says it, and what goes into its slots. All words stand in `plugin.toml`.

use cordon_sdk::prelude::*;
use cordon_sdk::{CardError, Template};

use crate::person::Why;
use crate::score::{Advice, Score};

/// The most that slot `not-counted` takes.
const MOST_NOT_COUNTED: f64 = 999.0;

pub(crate) fn scored(score: &Score, not_counted: usize) -> Result<Card, CardError> {
    let template = match score.advice() {
        Advice::None => "low",
        Advice::Consider => "consider",
        Advice::Recommended => "recommended",
    };
    let items = ["heart-failure", "hypertension", "age", "diabetes", "stroke", "vascular", "sex"];
    let points = items.into_iter().zip(score.points);
    let filled = points.fold(Card::template(template), |filled: Template, (item, points)| filled.number(item, points));
    filled
        .number("total", score.total())
        .code("strokes", &format!("s{}", score.total()))
        .number("not-counted", u32::try_from(not_counted).map_or(MOST_NOT_COUNTED, f64::from).min(MOST_NOT_COUNTED))
        .card()
}

pub(crate) fn not_computed(why: Why) -> Result<Card, CardError> {
    let why = match why {
        Why::Unconfirmed => "unconfirmed",
        Why::Valve => "valve",
        Why::Deceased => "deceased",
        Why::AgeUnknown => "age",
        Why::Child => "child",
        Why::Sex => "sex",
    };
    Card::template("not-computed").code("why", why).card()
}
