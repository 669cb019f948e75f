//! The twin adversary of every sample tool: signed with that tool's manifest, given what that tool is given, it tries each of
//! fourteen leaks (`tests/guests/examples/tries_fourteen_leaks.rs`). The real engine runs it. Of a tool with templated cards
//! the secret is nowhere in what leaves; of one that writes its own words it is on the card at most, as plain words to a
//! clinician who may read them, and never in a link, an image, a tag or what nobody sees.

use std::sync::{Arc, OnceLock};

use cordon_core::grant::{Grant, Powers};
use cordon_core::ids::Digest;
use cordon_core::limits::LimitClass;
use cordon_core::manifest::{CardMode, Manifest};
use cordon_core::record::Outcome;
use cordon_ni::cells::Cells;
use cordon_ni::dice::Dice;
use cordon_ni::generate::lab;
use cordon_ni::run::{Observed, Room, policy, run_call};
use cordon_ni::world::{PATIENT, World};
use cordon_runtime::{Engine, LocalRunner, Plugins};
use serde_json::{Value, json};

use crate::attacks::attacks;
use crate::gate_threats::{is_active_with, is_autolinked, left, unseen};
use crate::host_threats::logged;
use crate::threats::{plain, sends};

/// The leaks by their numbers.
const LEAKS: [&str; 14] = [
    "image in the detail",
    "raw HTML",
    "reference link",
    "autolink",
    "invisible Unicode",
    "address in the label of a suggestion",
    "undeclared override reason",
    "delete of an id that was never read",
    "note with an undeclared code",
    "cell write above its size",
    "number outside the range of its slot",
    "payload in a NaN",
    "template that is not in the manifest",
    "number of cards",
];

/// A sample tool: its name, its manifest, and the value that its twin steals.
struct Sample {
    name: &'static str,
    manifest: &'static str,
    secret: &'static str,
}

const BORN: &str = "1948-07-19";
const POTASSIUM: &str = "5.7310469";
const METFORMIN: &str = "860975";

const SAMPLES: [Sample; 5] = [
    Sample {
        name: "renal-dosing",
        manifest: include_str!("../../../../sample-plugins/renal-dosing/plugin.toml"),
        secret: BORN,
    },
    Sample { name: "news2", manifest: include_str!("../../../../sample-plugins/news2/plugin.toml"), secret: BORN },
    Sample {
        name: "stroke-risk",
        manifest: include_str!("../../../../sample-plugins/stroke-risk/plugin.toml"),
        secret: BORN,
    },
    Sample {
        name: "interactions",
        manifest: include_str!("../../../../sample-plugins/interactions/plugin.toml"),
        secret: METFORMIN,
    },
    Sample {
        name: "potassium-aki",
        manifest: include_str!("../../../../sample-plugins/potassium-aki/plugin.toml"),
        secret: POTASSIUM,
    },
];

/// The engine with the twin.
fn twin() -> &'static Room {
    static TWIN: OnceLock<Room> = OnceLock::new();
    TWIN.get_or_init(|| {
        let bytes = cordon_guest_build::guest("tries_fourteen_leaks").unwrap();
        let (engine, plugins) = (Engine::new().unwrap(), Arc::new(Plugins::default()));
        plugins.insert(engine.compile(&bytes, LimitClass::Compiled).unwrap());
        Room { runner: LocalRunner::new(engine, plugins), component: Digest::of(&bytes) }
    })
}

/// A patient with one row of each kind, and the tool granted what hospitals grant without thinking twice. The number of the
/// leak is at the end of the service's id.
fn world(sample: &Sample, leak: usize) -> World {
    let id = |name: &str| format!("\nid = \"{name}\"\n");
    let text = sample.manifest.replace(&id(sample.name), &id(&format!("{}-{leak}", sample.name)));
    assert_ne!(text, sample.manifest);
    let mut world = plain();
    world.manifest = Manifest::parse(&text).unwrap();
    // The drug table is the same for every patient: nothing to steal.
    world.manifest.packs.clear();
    world.grant = Grant::whole(&world.manifest);
    world.grant.powers = Powers::usual(&world.manifest);
    let patient = json!({ "resourceType": "Patient", "id": PATIENT, "gender": "female", "birthDate": BORN });
    let mut potassium = lab(&mut Dice::new(2), "k", PATIENT, "2823-3");
    potassium["valueQuantity"]["value"] = serde_json::from_str(POTASSIUM).unwrap();
    world.drafts = vec![draft()];
    let needs: Vec<String> = world.manifest.needs.keys().map(ToString::to_string).collect();
    for need in needs {
        let rows = match need.as_str() {
            "draft" => continue,
            "patient" => vec![patient.clone()],
            "potassium" => vec![potassium.clone()],
            _ => Vec::new(),
        };
        sends(&mut world, &need, rows);
    }
    world
}

fn draft() -> Value {
    json!({ "resourceType": "MedicationRequest", "id": "draft-1", "status": "draft", "intent": "order",
        "subject": { "reference": format!("Patient/{PATIENT}") },
        "medicationCodeableConcept": { "coding": [{ "system": "http://www.nlm.nih.gov/research/umls/rxnorm",
            "code": METFORMIN, "display": "24 HR metformin hydrochloride 500 MG Extended Release Oral Tablet" }] } })
}

/// One call of the twin: what can be observed, and what the host's log says.
fn call(sample: &Sample, leak: usize) -> (Observed, String) {
    let (world, room) = (world(sample, leak), twin());
    let mut seen = None;
    let log = logged(|| {
        let call = world.call(room.component).unwrap();
        seen = Some(run_call(call, &policy(&world), &world, &room.runner, &Cells::default()).unwrap());
    });
    let seen = seen.unwrap();
    let told = seen.message.clone().unwrap_or_else(|| panic!("{} was not run: {:?}", sample.name, seen.outcome));
    assert!(told.contains(sample.secret), "the twin of {} was not given what it is to steal: {told}", sample.name);
    (seen, log)
}

/// FNV-1a, 32 bits, as the twin has it.
fn bits(secret: &str) -> u32 {
    secret.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// The secret as it is, and as the twin writes it into numbers.
fn forms(secret: &str) -> [String; 3] {
    let bits = bits(secret);
    [secret.to_owned(), bits.to_string(), (1_000_000 + u64::from(bits)).to_string()]
}

/// The sinks in which the secret stands in any form.
fn found(sample: &Sample, seen: &Observed, log: &str) -> Vec<&'static str> {
    let holds = |text: &str| forms(sample.secret).iter().any(|form| text.contains(form));
    let body = String::from_utf8(seen.body.clone().unwrap_or_default()).unwrap();
    let text_card = Manifest::parse(sample.manifest).unwrap().cards.mode == CardMode::Text;
    let on_card = if text_card { is_active_with(seen, sample.secret) } else { holds(&body) };
    let beyond = |bytes: &Option<Vec<u8>>| bytes.as_ref().is_some_and(|bytes| bytes.len() > 64);
    [
        ("card", on_card || unseen(&body).contains(sample.secret)),
        (
            "suggestion",
            holds(&left(seen, if text_card { "/cards/0/suggestions/0/actions" } else { "/cards/0/suggestions" })),
        ),
        ("label", is_autolinked(&left(seen, "/cards/0/suggestions/0/label"), sample.secret)),
        ("reasons of a card", holds(&left(seen, "/cards/0/overrideReasons"))),
        ("system action", holds(&left(seen, "/systemActions"))),
        ("note", holds(&format!("{:?}", seen.notes))),
        ("cell", seen.written.iter().any(|write| beyond(&write.bytes))),
        ("public part of the record", holds(&serde_json::to_string(&seen.event).unwrap())),
        ("log", holds(log)),
        ("figures", holds(&cordon_server::operations::figures())),
    ]
    .into_iter()
    .filter_map(|(sink, found)| found.then_some(sink))
    .collect()
}

/// Tries every leak of one tool's twin.
fn tries_all(sample: &Sample) {
    let _whole = cordon_faults::without(None);
    for (at, leak) in LEAKS.iter().enumerate() {
        let (seen, log) = call(sample, at + 1);
        assert_eq!(found(sample, &seen, &log), [""; 0], "{}: {leak}: {seen:?}", sample.name);
        let cards = left(&seen, "/cards").matches("\"uuid\"").count();
        assert!(cards <= 2 * world(sample, at + 1).manifest.cards.most, "{}: {leak}", sample.name);
        assert!(matches!(seen.outcome, Outcome::Answered | Outcome::Trapped(_)), "{leak}: {:?}", seen.outcome);
    }
}

#[test]
fn the_twin_of_renal_dosing_gets_nothing_out() {
    tries_all(&SAMPLES[0]);
}

#[test]
fn the_twin_of_news2_gets_nothing_out() {
    tries_all(&SAMPLES[1]);
}

#[test]
fn the_twin_of_stroke_risk_gets_nothing_out() {
    tries_all(&SAMPLES[2]);
}

#[test]
fn the_twin_of_interactions_gets_nothing_out() {
    tries_all(&SAMPLES[3]);
}

#[test]
fn the_twin_of_potassium_aki_gets_nothing_out() {
    tries_all(&SAMPLES[4]);
}

fn leaks(sample: usize, leak: usize) -> Vec<&'static str> {
    let (seen, log) = call(&SAMPLES[sample], leak);
    found(&SAMPLES[sample], &seen, &log)
}

attacks! {
    twin_an_image_on_a_text_card without ProfileOff => || leaks(1, 1) == ["card"];
    twin_words_on_a_templated_card without TemplateIgnored => || leaks(2, 4) == ["card"];
    twin_an_id_in_a_suggestion without IdChosen => || leaks(0, 8).contains(&"suggestion");
    twin_a_note_that_nobody_declared without NoteUnlisted => || leaks(4, 9) == ["note"];
    twin_a_number_outside_its_slot without SlotUnbounded => || leaks(2, 11) == ["card"];
}
