//! What differs between what a case expects and what came out.

use cordon_core::invoke::Response;
use cordon_core::record::Outcome;
use serde_json::Value;

use crate::case::{Expect, ExpectedCard};
use crate::desk::Left;
use crate::kept::CellBytes;

/// The cards or the system actions of a response, as the client gets them.
pub(crate) fn listed(response: &Response, member: &str) -> Vec<Value> {
    let body = response.body.as_deref().and_then(|body| serde_json::from_slice::<Value>(body).ok());
    body.and_then(|body| body.get(member).and_then(Value::as_array).cloned()).unwrap_or_default()
}

/// Every difference in what was left beside the cards.
pub(crate) fn left(expect: &Expect, actions: &[Value], left: &Left) -> Vec<String> {
    let mut found = Vec::new();
    let described = |action: &Value| action.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
    let actions: Vec<String> = actions.iter().map(described).collect();
    if actions != expect.system_actions {
        found.push(format!("expected the system actions {:?}, got {actions:?}", expect.system_actions));
    }
    let held = |cell: &Option<CellBytes>| serde_json::to_string(cell).unwrap_or_default();
    for (name, wanted) in &expect.cells {
        let cell = left.cells.get(name).cloned().flatten();
        if cell != *wanted {
            found.push(format!("expected {} in the cell `{name}`, got {}", held(wanted), held(&cell)));
        }
    }
    let notes: Vec<_> = left.notes.iter().map(|note| (note.event, note.arguments.clone())).collect();
    let wanted = expect.notes.as_ref().map(|notes| notes.iter().map(|note| (note.code, note.arguments.clone())));
    if let Some(wanted) = wanted.map(Iterator::collect::<Vec<_>>).filter(|wanted| *wanted != notes) {
        found.push(format!("expected the notes {wanted:?}, got {notes:?}"));
    }
    found
}

/// Every difference, in the order of the answer.
pub(crate) fn differences(expect: &Expect, outcome: &Outcome, cards: &[Value]) -> Vec<String> {
    if expect.outcome != *outcome {
        return vec![format!("expected the outcome {}, got {}", name(&expect.outcome), name(outcome))];
    }
    let plugin_cards = match outcome {
        Outcome::Answered => cards,
        // The card is the host's own.
        Outcome::NotEvaluated
        | Outcome::Disabled
        | Outcome::Unobtainable(_)
        | Outcome::ConsentUnobtainable
        | Outcome::PolicyUnavailable
        | Outcome::RunnerUnavailable
        | Outcome::KeptUnavailable
        | Outcome::NoPack(_)
        | Outcome::Suspended
        | Outcome::Failed(_)
        | Outcome::Trapped(_)
        | Outcome::Refused(_) => &[],
    };
    let mut found = Vec::new();
    if expect.cards.len() != plugin_cards.len() {
        found.push(format!("expected {}, got {}", counted(expect.cards.len()), counted(plugin_cards.len())));
    }
    for (at, (expected, card)) in expect.cards.iter().zip(plugin_cards).enumerate() {
        let place = format!("card {}", at.saturating_add(1));
        found.extend(card_differences(expected, card).into_iter().map(|difference| format!("{place}: {difference}")));
    }
    found
}

/// An outcome in the spelling of a case file.
pub(crate) fn name(outcome: &Outcome) -> String {
    serde_json::to_string(outcome).unwrap_or_else(|_| format!("{outcome:?}"))
}

fn counted(cards: usize) -> String {
    if cards == 1 { "1 card".to_owned() } else { format!("{cards} cards") }
}

fn card_differences(expected: &ExpectedCard, card: &Value) -> Vec<String> {
    let text = |member: &str| card.get(member).and_then(Value::as_str).unwrap_or_default();
    let (summary, detail) = (text("summary"), text("detail"));
    let mut found = Vec::new();
    let indicator = expected.indicator.and_then(|indicator| serde_json::to_value(indicator).ok());
    if let Some(wanted) = indicator.filter(|wanted| card.get("indicator") != Some(wanted)) {
        found.push(format!("expected the indicator {wanted}, got \"{}\"", text("indicator")));
    }
    if let Some(wanted) = expected.summary.as_ref().filter(|wanted| *wanted != summary) {
        found.push(format!("expected the summary \"{wanted}\", got \"{summary}\""));
    }
    if let Some(wanted) = expected.summary_contains.as_ref().filter(|wanted| !summary.contains(*wanted)) {
        found.push(format!("the summary lacks \"{wanted}\": \"{summary}\""));
    }
    found.extend(
        expected
            .detail_contains
            .iter()
            .filter(|wanted| !detail.contains(*wanted))
            .map(|wanted| format!("the detail lacks \"{wanted}\": \"{detail}\"")),
    );
    let labels = labels(card);
    if let Some(wanted) = expected.suggestions.as_ref().filter(|wanted| **wanted != labels) {
        found.push(format!("expected the suggestions {wanted:?}, got {labels:?}"));
    }
    found
}

fn labels(card: &Value) -> Vec<String> {
    let suggestions = card.get("suggestions").and_then(Value::as_array).into_iter().flatten();
    suggestions.filter_map(|one| one.get("label").and_then(Value::as_str)).map(str::to_owned).collect()
}
