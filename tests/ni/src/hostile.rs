//! A guest in the place of the engine: all that a run is told goes in, and whatever an attacker likes comes out. What
//! happens after a run does not depend on how the reply was made, so the gate is tried without compiling anything.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use cordon_core::grant::Powers;
use cordon_core::ids::EntryName;
use cordon_core::manifest::{CardMode, Manifest};
use cordon_core::message::{
    Advice, Answer, CardText, Failure, Filled, Indicator, RunEnd, RunMessage, RunReply, Said, SlotValue, Trap,
};
use cordon_core::ports::{Runner, RunnerError};
use serde_json::Value;

use crate::run::heard;
use crate::world::World;

/// Runs this instead of a component.
pub struct Hostile<F>(pub F);

impl<F: Fn(&RunMessage) -> RunReply> Runner for Hostile<F> {
    fn run(&self, message: RunMessage) -> Result<RunReply, RunnerError> {
        Ok((self.0)(&message))
    }
}

/// Every way out that a manifest can ask for.
const WAYS_OUT: &str = r#"
id = "org.example.tells"
version = "1.0.0"
wit = "cordon:clinical@0.3.0"
title = { en = "Tells" }
description = { en = "Tells everything." }
intended-use = "Testing."
publisher = "Example"
contact = "mail@example.org"
source = { label = "Tells", url = "https://evil.example/planted/source" }
cards = { mode = "templated" }

[[service]]
id = "tells"
hook = "order-select"
description = "Tells."
link = { label = "More", url = "https://evil.example/planted/link" }

[[need]]
name = "labs"
scope = "patient/Observation.rs?category=laboratory"
elements = ["valueQuantity"]
on-withheld = "run"
why = "w"

[[need]]
name = "patient"
scope = "patient/Patient.r"
elements = ["birthDate"]
on-withheld = "run"
why = "w"

[[template]]
name = "told"
indicator = "info"
summary = { en = "Value {value}", de = "Wert {value}" }
[template.slot.value.number]
min = "0"
max = "999999"
step = "1"
unit = "mg"

[[template]]
name = "copied"
indicator = "warning"
summary = { en = "Value {value}" }
[template.slot.value.from]
need = "labs"
element = "valueQuantity"

[[override-reason]]
name = "known"
code = "known"
system = "https://example.org/reasons"
display = "Known"

[[cell]]
name = "small"
size = 64
why = "w"

[[cell]]
name = "large"
size = 1024
why = "w"

[[note]]
code = 7
text = "Something was counted."
arguments = [{ name = "count", most = 1000 }]

[[proposal]]
name = "copies"
description = "Order"
resource = '{"resourceType": "ServiceRequest", "status": "draft", "intent": "proposal", "code": {"text": {"$slot": "copied"}}}'
allow = ["free-text"]
[proposal.slot.copied.from]
need = "patient"
element = "birthDate"

[[proposal]]
name = "instructs"
description = "Prescribe"
resource = '''{"resourceType": "MedicationRequest", "status": "draft", "intent": "proposal", "medicationCodeableConcept": {"text": "x"},
  "dosageInstruction": [{"patientInstruction": {"$slot": "told"}}]}'''
allow = ["free-text"]
[proposal.slot.told.code]
planted = { en = "planted" }
other = { en = "other" }

[[proposal]]
name = "acts"
description = "Order"
resource = '{"resourceType": "ServiceRequest", "status": "draft", "intent": "proposal", "code": {"text": {"$slot": "told"}}}'
system-action = true
[proposal.slot.told.code]
planted = { en = "planted" }
other = { en = "other" }
"#;

/// Gives the world's plugin every way out, with the powers that a hospital gives without thinking twice. Whether its cards
/// are its own text stays as it is.
///
/// # Panics
/// Never: the text is above.
#[expect(clippy::expect_used, reason = "a test tool: the text is above")]
pub fn ways_out(world: &mut World) {
    static READ: OnceLock<Manifest> = OnceLock::new();
    let all = READ.get_or_init(|| Manifest::parse(WAYS_OUT).expect("the manifest")).clone();
    let manifest = &mut world.manifest;
    manifest.wit = all.wit;
    manifest.source = all.source;
    manifest.templates = all.templates;
    manifest.override_reasons = all.override_reasons;
    manifest.cells = all.cells;
    manifest.notes = all.notes;
    manifest.proposals = all.proposals;
    for (mine, other) in manifest.services.iter_mut().zip(all.services) {
        mine.link = other.link;
    }
    world.grant.powers = Powers::usual(manifest);
}

/// A name of the entries above.
///
/// # Panics
/// When it is no name.
#[must_use]
#[expect(clippy::expect_used, reason = "a test tool")]
pub fn entry(name: &str) -> EntryName {
    EntryName::new(name).expect("a name")
}

/// The rows of a need as the run was given them.
#[must_use]
pub fn rows(message: &RunMessage, need: &str) -> Vec<Value> {
    let views = message.views.iter().filter(|view| view.need().as_str() == need);
    views.flat_map(|view| view.rows()).filter_map(|row| serde_json::from_str(row).ok()).collect()
}

/// An answer of these cards, and nothing else.
#[must_use]
pub fn answers(cards: Vec<Advice>) -> RunReply {
    RunReply::new(RunEnd::Answered(Answer { cards, system_actions: Vec::new() }), 1)
}

/// FNV-1a, 64 bits (Fowler, Noll, Vo).
#[must_use]
pub fn number_of(text: &str) -> u64 {
    let step = |seen: u64, byte: u8| (seen ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    text.bytes().fold(0xcbf2_9ce4_8422_2325, step)
}

/// A run in which all that it was told decides everything that it can do: one number of all it heard is in its cards, their
/// number, its notes, its cells, its fuel and the way it ends. It knows whether its cards may be its own words.
#[must_use]
pub fn tells_all(message: &RunMessage, mode: CardMode) -> RunReply {
    let heard = heard(message);
    let number = number_of(&heard);
    let end = match number % 13 {
        0 => RunEnd::Failed(Failure::UnreadableData),
        1 => RunEnd::Trapped(Trap::Wasm),
        cards => RunEnd::Answered(Answer {
            cards: (0..=cards % 4).map(|at| told(message, number.wrapping_add(at), mode)).collect(),
            system_actions: Vec::new(),
        }),
    };
    let count = u32::try_from(number % 1_001).unwrap_or_default();
    RunReply {
        notes: vec![Said { event: 7, arguments: vec![count] }; usize::try_from(number % 3).unwrap_or_default()],
        cells: remembered(message, number),
        ..RunReply::new(end, number % 1_000_000)
    }
}

/// A signed card, of a number or copied, or its own words where they may leave.
fn told(message: &RunMessage, number: u64, mode: CardMode) -> Advice {
    if mode == CardMode::Text && number % 4 < 2 {
        return Advice::free(format!("Value {number}"), Some(format!("- {number}")), Indicator::Warning);
    }
    #[expect(clippy::cast_precision_loss, reason = "below a million")]
    let value = (number % 1_000_000) as f64;
    let labs = rows(message, "labs");
    let (name, value) = match labs.iter().find_map(|row| row.get("id").and_then(Value::as_str)) {
        Some(row) if number.is_multiple_of(2) && labs.iter().all(|row| row.get("valueQuantity").is_some()) => {
            ("copied", SlotValue::Row(row.to_owned()))
        }
        Some(_) | None => ("told", SlotValue::Number(value)),
    };
    let text = CardText::Template(Filled { name: name.to_owned(), slots: vec![("value".to_owned(), value)] });
    let reasons = if number.is_multiple_of(3) { vec!["known".to_owned()] } else { Vec::new() };
    Advice { text, override_reasons: reasons, ..Advice::free("", None, Indicator::Info) }
}

/// Both cells: the small one always, the large one filled, emptied or left.
fn remembered(message: &RunMessage, number: u64) -> BTreeMap<EntryName, Option<Vec<u8>>> {
    let bytes = number.to_le_bytes().repeat(1 + usize::try_from(number % 8).unwrap_or_default());
    let large = match number % 5 {
        0 => None,
        1 => Some(None),
        _ => Some(Some(bytes.repeat(4))),
    };
    let writes = [(entry("small"), Some(Some(bytes))), (entry("large"), large)];
    let granted = writes.into_iter().filter(|(name, _)| message.cells.contains_key(name));
    granted.filter_map(|(name, write)| Some((name, write?))).collect()
}
