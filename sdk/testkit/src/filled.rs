//! Which template, proposal or slot is wrong: what the one gate keeps to itself, and an author wants to know.

use cordon_core::ids::EntryName;
use cordon_core::manifest::{CardMode, Manifest, Slots};
use cordon_core::message::{Answer, Asked, CardText, Filled, Said, SlotValue};
use cordon_core::view::View;

use crate::ports::Seen;

/// All that differs between what the plugin filled and what its manifest says.
pub(crate) fn misfilled(manifest: &Manifest, seen: &Seen) -> Vec<String> {
    let mut said: Vec<String> =
        seen.answer.iter().flat_map(|answer| of_answer(manifest, answer, &seen.views)).collect();
    said.extend(seen.notes.iter().filter_map(|note| misnoted(manifest, note)));
    said
}

fn of_answer(manifest: &Manifest, answer: &Answer, views: &[View]) -> Vec<String> {
    let mut said = Vec::new();
    for (at, card) in answer.cards.iter().enumerate() {
        let place = format!("card {}", at.saturating_add(1));
        match &card.text {
            CardText::Free { .. } if manifest.cards.mode == CardMode::Templated => said.push(format!(
                "{place} has words of its own, and [cards] mode is \"templated\": build it with Card::template"
            )),
            CardText::Free { .. } => {}
            CardText::Template(filled) => said.extend(template(manifest, filled, views, &place)),
        }
        for suggestion in &card.suggestions {
            if suggestion.label.is_some() && manifest.cards.mode == CardMode::Templated {
                said.push(format!(
                    "{place} has a suggestion with a label of its own, and [cards] mode is \"templated\": build it with \
                     Suggestion::propose or Suggestion::remove"
                ));
            }
            said.extend(suggestion.actions.iter().flat_map(|asked| proposal(manifest, asked, views, &place)));
        }
    }
    let actions = answer.system_actions.iter();
    said.extend(actions.clone().flat_map(|asked| proposal(manifest, asked, views, "a system action")));
    said.extend(actions.filter_map(|asked| act(manifest, asked)));
    said
}

fn template(manifest: &Manifest, filled: &Filled, views: &[View], place: &str) -> Vec<String> {
    let declared = EntryName::new(filled.name.as_str()).ok().and_then(|name| manifest.templates.get(&name));
    match declared {
        Some(template) => slots(&format!("{place}, template `{}`", filled.name), &template.slots, filled, views),
        None => vec![format!("{place}: no [[template]] of plugin.toml is named {:?}", filled.name)],
    }
}

fn proposal(manifest: &Manifest, asked: &Asked, views: &[View], place: &str) -> Vec<String> {
    let Asked::Create(filled) = asked else { return Vec::new() };
    let declared = EntryName::new(filled.name.as_str()).ok().and_then(|name| manifest.proposals.get(&name));
    match declared {
        Some(proposal) => slots(&format!("{place}, proposal `{}`", filled.name), proposal.slots(), filled, views),
        None => vec![format!("{place}: no [[proposal]] of plugin.toml is named {:?}", filled.name)],
    }
}

fn act(manifest: &Manifest, asked: &Asked) -> Option<String> {
    match asked {
        Asked::Create(filled) => {
            let name = EntryName::new(filled.name.as_str()).ok()?;
            let plain = manifest.proposals.get(&name).is_some_and(|proposal| !proposal.is_system_action());
            plain.then(|| format!("proposal `{name}` is a system action only with system-action = true"))
        }
        Asked::Delete(_) => Some("a system action only creates".to_owned()),
    }
}

fn slots(place: &str, slots: &Slots, filled: &Filled, views: &[View]) -> Vec<String> {
    let mut said = Vec::new();
    for (name, slot) in slots {
        let given: Vec<_> = filled.slots.iter().filter(|(given, _)| given == name.as_str()).collect();
        match given.as_slice() {
            [] => said.push(format!("{place}: slot `{name}` is not filled")),
            [(_, value)] if slot.text(value, "en", views).is_err() => {
                said.push(format!("{place}: slot `{name}` takes {}, and was given {}", slot.words(), printed(value)));
            }
            [_] => {}
            [_, _, ..] => said.push(format!("{place}: slot `{name}` is filled twice")),
        }
    }
    let unknown = filled.slots.iter().filter(|(name, _)| !slots.keys().any(|slot| slot.as_str() == name));
    said.extend(unknown.map(|(name, _)| format!("{place}: it has no slot {name:?}")));
    said
}

fn printed(value: &SlotValue) -> String {
    match value {
        SlotValue::Number(number) => format!("the number {number}"),
        SlotValue::Code(code) => format!("the code {code:?}"),
        SlotValue::Date(date) => format!("the date {date:?}"),
        SlotValue::Row(row) => format!("the row {row:?}"),
    }
}

fn misnoted(manifest: &Manifest, said: &Said) -> Option<String> {
    let Some(note) = manifest.notes.get(&said.event) else {
        return Some(format!("no [[note]] of plugin.toml has code = {}", said.event));
    };
    if note.arguments.len() != said.arguments.len() {
        let (takes, given) = (note.arguments.len(), said.arguments.len());
        return Some(format!("note {} takes {takes} numbers, and was given {given}", said.event));
    }
    let above = note.arguments.iter().zip(&said.arguments).find(|(argument, given)| **given > argument.most);
    above.map(|(argument, given)| {
        format!("note {}: `{}` is at most {}, and was given {given}", said.event, argument.name, argument.most)
    })
}
