//! Which template of the manifest says it, and what goes into its slots. All words stand in `plugin.toml`; values and times
//! of results are copied by the host from the rows that are named here.

use cordon_sdk::prelude::*;
use cordon_sdk::{CardError, QuantityError, Template};

use crate::decide::{Analyte, Band, Change, Finding, Stage, Why};
use crate::drugs::Drugs;
use crate::results::{Bound, Measured, PassedOver};

/// The most that slot `percent` takes.
const MOST_PERCENT: f64 = 9_999.0;

pub(crate) fn card(finding: &Finding) -> Result<Card, CardError> {
    let template = match finding {
        Finding::Potassium { band, result, newer } => potassium(*band, result, *newer),
        Finding::Rise { change, drugs } => rise(change, *drugs),
        Finding::Kidney { stage, change, newer } => kidney(*stage, change, *newer),
        Finding::NotComputed { analyte, why } => {
            let template = match analyte {
                Analyte::Potassium => "potassium-not-computed",
                Analyte::Creatinine => "kidney-not-computed",
            };
            Card::template(template).code("why", because(*why))
        }
    };
    template.card()
}

fn potassium(band: Band, result: &Measured, newer: Option<PassedOver>) -> Template {
    let template = match band {
        Band::Mild => "mild",
        Band::Moderate => "moderate",
        Band::Severe => "severe",
    };
    let exactly = if result.bound == Bound::Above { "above" } else { "exact" };
    let filled = Card::template(template).code("band", exactly).code("newer", passed_over(newer));
    filled.row("value", result.row.as_str()).row("at", result.row.as_str())
}

fn rise(change: &Change, drugs: Drugs) -> Template {
    let drugs = if drugs.sparing { "sparing" } else { "unreadable" };
    // Cut and not rounded, to the tenth that a laboratory reports.
    let rise = ((change.to.value - change.from.value + 1e-9) * 10.0).floor() / 10.0;
    between(Card::template("rise").number("rise", rise).code("drugs", drugs), change)
}

fn kidney(stage: Stage, change: &Change, newer: Option<PassedOver>) -> Template {
    let template = match stage {
        Stage::One => "kidney-1",
        Stage::Two => "kidney-2",
        Stage::Three => "kidney-3",
    };
    // Cut and not rounded: 199.9 % is stage 1.
    let percent = (change.to.value / change.from.value * 100.0 + 1e-6).floor().min(MOST_PERCENT);
    between(Card::template(template).number("percent", percent).code("newer", passed_over(newer)), change)
}

fn between(filled: Template, change: &Change) -> Template {
    // A span of a minute is one begun hour.
    let hours = u32::try_from(change.hours).unwrap_or_default().max(1);
    filled.number("hours", hours).row("from", change.from.row.as_str()).row("to", change.to.row.as_str())
}

fn because(why: Why) -> &'static str {
    match why {
        Why::NoResult => "missing",
        Why::PassedOver(why) => match why {
            PassedOver::Preliminary => "preliminary",
            PassedOver::Withdrawn => "withdrawn",
            PassedOver::Status => "status",
            PassedOver::NotANumber | PassedOver::Quantity(QuantityError::NoValue) => "number",
            PassedOver::Quantity(QuantityError::NoUnit | QuantityError::OtherUnit) => "unit",
            PassedOver::Quantity(QuantityError::Bound) => "bound",
            PassedOver::Impossible => "impossible",
            PassedOver::Haemolysed => "haemolysed",
            PassedOver::NoDay => "day",
            PassedOver::Future => "future",
        },
        Why::Stale => "stale",
        Why::Bound => "bound",
        Why::NoTime => "time",
        Why::NothingEarlier => "earlier",
    }
}

/// Why a newer result was passed over, for a card about an older one. What leaves no doubt, or has no date, is never newer.
fn passed_over(newer: Option<PassedOver>) -> &'static str {
    match newer {
        None | Some(PassedOver::Withdrawn | PassedOver::Future | PassedOver::NoDay) => "none",
        Some(PassedOver::Preliminary) => "preliminary",
        Some(PassedOver::Status) => "status",
        Some(PassedOver::NotANumber | PassedOver::Quantity(QuantityError::NoValue | QuantityError::Bound)) => "number",
        Some(PassedOver::Quantity(QuantityError::NoUnit | QuantityError::OtherUnit)) => "unit",
        Some(PassedOver::Impossible) => "impossible",
        Some(PassedOver::Haemolysed) => "haemolysed",
    }
}
