//! The renal sample as Extism calls a plugin: one text in, one text out.

use std::collections::BTreeMap;

use cordon_sdk::testing::Case;
use cordon_sdk::{Action, Card, Indicator};
use extism_pdk::{Error, FnResult, plugin_fn};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// A call: what our host gives by handles, in one text. The rows are not parsed here.
#[derive(Deserialize)]
struct Input<'a> {
    hook: &'a str,
    service: &'a str,
    now: &'a str,
    locale: &'a str,
    #[serde(borrow)]
    needs: BTreeMap<&'a str, Vec<&'a RawValue>>,
    packs: BTreeMap<&'a str, serde_json::Value>,
}

#[derive(Serialize)]
struct Said<'a> {
    summary: &'a str,
    detail: &'a str,
    indicator: &'static str,
    suggestions: Vec<Suggested<'a>>,
    reasons: &'a [String],
}

#[derive(Serialize)]
struct Suggested<'a> {
    label: &'a str,
    recommended: bool,
    actions: Vec<&'a str>,
}

/// The cards of a call as JSON.
#[plugin_fn]
pub fn evaluate(call: Vec<u8>) -> FnResult<Vec<u8>> {
    let input: Input<'_> = serde_json::from_slice(&call)?;
    let mut case = Case::new(input.hook, input.service).now(input.now).locale(input.locale);
    for (need, rows) in &input.needs {
        let rows: Vec<&str> = rows.iter().map(|row| row.get()).collect();
        case = case.need_text(need, &rows);
    }
    for (pack, contents) in input.packs {
        case = case.pack(pack, "bench", contents);
    }
    let cards = case.run(renal_dosing::evaluate).map_err(|failure| Error::msg(format!("{failure:?}")))?;
    Ok(serde_json::to_vec(&cards.iter().map(said).collect::<Vec<_>>())?)
}

fn said(card: &Card) -> Said<'_> {
    let suggestions = card.suggestions().iter().map(|suggestion| Suggested {
        label: suggestion.label(),
        recommended: suggestion.is_recommended(),
        actions: suggestion.actions().iter().map(action).collect(),
    });
    Said {
        summary: card.summary(),
        detail: card.markdown(),
        indicator: match card.indicator() {
            Indicator::Info => "info",
            Indicator::Warning => "warning",
            Indicator::Critical => "critical",
        },
        suggestions: suggestions.collect(),
        reasons: card.override_reasons(),
    }
}

/// What an action names. This plugin's proposals have no slots.
fn action(action: &Action) -> &str {
    match action {
        Action::Create(proposal) => proposal.name(),
        Action::Delete(id) => id,
    }
}
