//! What a reviewer is told: figures that no answer exceeds.

use cordon_core::disclosure::{Latency, MOST_UNDECLARED, disclosure};
use cordon_core::grant::Powers;
use cordon_core::manifest::{Manifest, WIT};
use cordon_core::release::Sink;

use crate::fakes::MANIFEST;

const PROPOSAL: &str = r#"
[[proposal]]
name = "egfr"
description = "Order creatinine"
system-action = true
resource = '{"resourceType": "ServiceRequest", "status": "draft", "intent": "proposal", "code": {"text": "Creatinine"}}'
"#;

/// The figure of one sink for the tests' plugin, without its own need for draft orders, with more entries.
fn bits(sink: Sink, more: &str, powers: impl FnOnce(&Manifest) -> Powers) -> Option<u64> {
    let wit = |line: &str| if line.starts_with("wit =") { format!("wit = {:?}", WIT[0]) } else { line.to_owned() };
    let manifest = MANIFEST.lines().map(wit).collect::<Vec<_>>().join("\n");
    let manifest = manifest.replace("context.draftOrders", "context.encounter").replace("order-select", "patient-view");
    let manifest = Manifest::parse(&format!("{manifest}\n{more}")).unwrap();
    let told = disclosure(&manifest, &powers(&manifest), Latency::Buckets);
    assert!(told.millibits <= MOST_UNDECLARED);
    told.declared.iter().find(|declared| declared.sink == sink).unwrap().bits
}

#[test]
fn every_action_and_every_button_of_a_card_is_counted() {
    let words = (139 * 4 + 4_096) * 8 + 2;
    assert_eq!(bits(Sink::Card, "", Powers::usual), Some(4 * words));
    // Four suggestions: there, recommended, 80 characters, and four times the one proposal or none.
    assert_eq!(bits(Sink::Card, PROPOSAL, Powers::usual), Some(4 * (words + 4 * (2 + 80 * 32 + 4))));
    let drafts =
        "[[need]]\nname = \"drafts\"\nsource = \"context.draftOrders\"\nelements = [\"subject\"]\nwhy = \"w\"\n";
    // Ten thousand drafts to remove, or none: 14 bits.
    assert_eq!(bits(Sink::Card, drafts, Powers::usual), Some(4 * (words + 4 * (2 + 80 * 32 + 4 * 14))));
}

#[test]
fn four_system_actions_are_counted_once_they_are_granted() {
    let granted = |_: &Manifest| Powers { system_actions: ["ServiceRequest".to_owned()].into(), ..Powers::default() };
    assert_eq!(bits(Sink::SystemAction, PROPOSAL, Powers::usual), None);
    assert_eq!(bits(Sink::SystemAction, PROPOSAL, granted), Some(4));
}

#[test]
fn how_many_notes_and_how_long_a_cell_is_tell_something() {
    let note = "[[note]]\ncode = 1\ntext = \"Old\"\n";
    assert_eq!(bits(Sink::Note, "", Powers::usual), None);
    assert_eq!(bits(Sink::Note, note, Powers::usual), Some(32));
    let cell = "[[cell]]\nname = \"seen\"\nsize = 64\nwhy = \"w\"\n";
    assert_eq!(bits(Sink::Cell, cell, Powers::usual), Some(513));
    assert_eq!(bits(Sink::Cell, cell, |_| Powers::default()), None);
}
