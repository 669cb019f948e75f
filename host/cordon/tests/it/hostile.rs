//! Hostile plugins in a running host, beside an honest one. Each ends as the table of outcomes says, the honest one goes
//! on answering, and nothing that anybody reads holds a word of the patient.

use serde_json::{Value, json};

use crate::ehr::{Answer, Ehr, whole};
use crate::world::{World, guest_component, guest_manifest, patient_view, sample_component, samples};

/// What a plugin may read and nobody else may: id, family name, record number, a note.
const PATIENT: &str = "canary-7f3a";
const SECRETS: [&str; 4] = [PATIENT, "Zyxquarn", "MRN-5550199-K", "confided at night"];

fn canary() -> String {
    let patient = json!({ "resourceType": "Patient", "id": PATIENT, "birthDate": "1950-04-01",
        "name": [{ "family": "Zyxquarn" }], "identifier": [{ "system": "urn:example:mrn", "value": "MRN-5550199-K" }] });
    let lab = json!({ "resourceType": "Observation", "id": "canary-lab", "status": "final",
        "category": [{ "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory" }] }],
        "code": { "coding": [{ "system": "http://loinc.org", "code": "2160-0", "display": "Creatinine" }] },
        "subject": { "reference": format!("Patient/{PATIENT}") }, "effectiveDateTime": "2021-05-31T08:00:00Z",
        "valueQuantity": { "value": 1.1, "unit": "mg/dL", "system": "http://unitsofmeasure.org", "code": "mg/dL" },
        "note": [{ "text": "confided at night" }] });
    format!("{patient}\n{lab}\n")
}

/// A host that serves the honest sample and one hostile plugin.
struct Ward {
    world: World,
    ehr: Ehr,
}

impl Ward {
    fn with(guest: &str) -> Self {
        let mut world = World::new();
        // Time for this machine to be busy; the limits of a run are what ends one.
        world.configure(|config| format!("deadline-ms = 5000\n{config}"));
        std::fs::write(world.path("canary.ndjson"), canary()).unwrap();
        world.done(&["load", &world.path("canary.ndjson")]);
        world.serve(&["--now", "2021-06-01"]);
        let key = world.publisher("org.cordon");
        let manifest = std::fs::read_to_string(samples().join("news2/plugin.toml")).unwrap();
        let honest = world.package("news2", sample_component("news2"), &manifest, &key);
        world.install("org.cordon.sample.news2", &honest);
        let hostile = world.package("hostile", &guest_component(guest), &guest_manifest("hostile", "1.0.0"), &key);
        world.install("org.cordon.test.hostile", &hostile);
        let ehr = Ehr::of(&world);
        Self { world, ehr }
    }

    fn attack(&self) -> Answer {
        self.ehr.call("hostile", &whole(patient_view(PATIENT)))
    }

    /// The honest sample still answers, with its card.
    fn others_are_served(&self) -> Answer {
        let answer = self.ehr.call("news2", &whole(patient_view(PATIENT)));
        let cards = answer.cards();
        assert_eq!((cards.len(), cards[0]["summary"].as_str().map(|text| text.contains("NEWS2"))), (1, Some(true)));
        answer
    }

    /// Everything that leaves the host, for whomever: nothing of the patient is in it.
    fn nobody_reads_of_the_patient(&self, answers: &[Answer]) {
        let verbs: [&[&str]; 4] =
            [&["list"], &["show", "org.cordon.test.hostile"], &["trust", "list"], &["audit", "verify"]];
        let said = verbs.iter().map(|verb| self.world.say(verb)).map(|said| format!("{} {}", said.json, said.stderr));
        let figures = ["/metrics", "/healthz", "/readyz"].map(|path| self.world.get(path).unwrap().1);
        let answers = answers.iter().map(|answer| format!("{}\n{}", answer.head, answer.body));
        let records = json!(self.world.records()).to_string();
        let (status, body) = self.world.call("hostile", &patient_view(PATIENT));
        let all: Vec<String> =
            said.chain(figures).chain(answers).chain([self.world.log(), format!("{status} {body}"), records]).collect();
        for (text, secret) in all.iter().flat_map(|text| SECRETS.iter().map(move |secret| (text, secret))) {
            assert!(!text.contains(secret), "`{secret}` is in: {text}");
        }
        assert!(self.world.log().contains("serving") && all[4].contains("cordon_calls_total"));
    }
}

/// One attack: ended by this and nothing else, with the answer of the table, twice; the honest plugin is served before,
/// between and after.
fn failed(guest: &str, trap: &str) {
    let ward = Ward::with(guest);
    let mut answers = vec![ward.others_are_served()];
    for _ in 0..2 {
        let attacked = ward.attack();
        attacked.is_outcome(503, "The service could not be evaluated.");
        let id = attacked.json()["issue"][0]["diagnostics"].as_str().unwrap().to_owned();
        let event = ward.world.last_event();
        assert_eq!(event["outcome"], json!({ "trapped": trap }));
        assert_eq!(id, format!("invocation {}", event["invocation"].as_str().unwrap()));
        answers.extend([attacked, ward.others_are_served()]);
    }
    ward.nobody_reads_of_the_patient(&answers);
    assert_eq!(ward.world.done(&["audit", "verify"])["whole"], true);
}

#[test]
fn a_plugin_that_loops_is_ended_and_others_are_served() {
    failed("loops_forever", "fuel");
}

#[test]
fn a_plugin_that_grows_memory_is_ended_and_others_are_served() {
    failed("grows_memory", "memory");
}

#[test]
fn a_plugin_that_recurses_is_ended_and_others_are_served() {
    failed("recurses", "stack");
}

#[test]
fn a_plugin_that_traps_with_a_record_in_its_message_is_ended_and_others_are_served() {
    failed("traps", "wasm");
}

#[test]
fn a_plugin_that_floods_handles_is_ended_and_others_are_served() {
    failed("floods_handles", "handles");
}

#[test]
fn a_plugin_that_returns_a_thousand_cards_shows_none_and_others_are_served() {
    failed("returns_a_thousand_cards", "profile");
}

#[test]
fn an_image_in_markdown_reaches_nobody_and_its_words_do() {
    let ward = Ward::with("returns_an_image_in_markdown");
    let attacked = ward.attack();
    let cards = attacked.cards();
    let detail = cards[0]["detail"].as_str().unwrap();
    assert!(detail.starts_with("lab results"), "{detail}");
    for sign in ["collector", "](", "![", "<", "://", "links", "rows="] {
        assert!(!attacked.body.contains(sign), "`{sign}` is in {}", attacked.body);
    }
    assert_eq!(cards[0].get("links"), None);
    let served = ward.others_are_served();
    ward.nobody_reads_of_the_patient(&[attacked, served]);
}

#[test]
fn what_the_hostile_plugins_read_is_the_note_that_is_looked_for() {
    let ward = Ward::with("reads_the_labs");
    let summary: Value = ward.attack().cards()[0]["summary"].clone();
    assert!(summary.as_str().unwrap().contains("1 of 1 labs"), "{summary}");
}

#[test]
fn while_eight_calls_of_a_looping_plugin_are_in_flight_honest_calls_are_answered() {
    let ward = Ward::with("loops_forever");
    let attack = || (0..4).map(|_| ward.attack().status).collect::<Vec<_>>();
    let beside = std::thread::scope(|scope| {
        let attacks: Vec<_> = (0..8).map(|_| scope.spawn(attack)).collect();
        let mut beside = 0;
        while attacks.iter().all(|attack| !attack.is_finished()) {
            ward.others_are_served();
            beside += 1;
        }
        for attack in attacks {
            assert_eq!(attack.join().unwrap(), [503; 4]);
        }
        beside
    });
    assert!(beside > 1, "no honest call was answered beside the attack");
}
