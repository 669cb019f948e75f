//! Honest: the worked example of `docs/plugin-authors.md`, written with the SDK.

use std::collections::BTreeMap;

use cordon_sdk::prelude::*;

cordon_sdk::service!(evaluate);

/// Says once for each result that it is above the pack's limit.
fn evaluate(call: &Call) -> Answer {
    let limits: BTreeMap<String, f64> = call.pack("limits")?.json()?;
    let limit = limits.get("creatinine").copied().ok_or(Failure::UnreadableData)?;
    let Some(newest) = call.need("creatinine")?.first::<Observation>()? else { return Ok(Vec::new()) };
    let value = newest.quantity().and_then(|quantity| quantity.measured(&units::CREATININE).ok());
    let (Some(value), Some(on)) = (value, newest.effective_date().and_then(Date::day)) else {
        call.note(7, &[1]); // one row without a unit or a day
        return Ok(Vec::new());
    };
    let shown = call.cell("shown")?;
    if value < limit || shown.read_json() == Some(on.to_string()) {
        return Ok(Vec::new());
    }
    shown.write_json(&on.to_string())?;
    let grade = if value < 2.0 * limit { "raised" } else { "high" };
    let card = Card::template("above").code("grade", grade).number("limit", limit).date("on", on);
    let card = card.row("value", newest.id.as_deref()).card()?; // the host copies the value from the row
    let today = call.now().day().ok_or(Failure::Internal)?;
    Ok(vec![card.suggest(Suggestion::propose(Proposal::named("repeat").date("on", today))?)?])
}
