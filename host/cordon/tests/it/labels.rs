//! Labels from outside: a resource is explained, a hospital's rules hold, and old labels are renewed.

use std::io::Write as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::world::World;

const RULES: &str = r#"
[[words]]
id = "hospital/wards"
sensitivity = ["PSY"]
source = "house plan"
phrases = ["Station P3"]
"#;

fn hiv() -> Value {
    json!({
        "resourceType": "Condition", "id": "c", "subject": { "reference": "Patient/p", "display": "Erika Muster" },
        "code": { "coding": [{ "system": "http://hl7.org/fhir/sid/icd-10", "code": "B20", "display": "Muster" }] }
    })
}

fn ordinary() -> Value {
    json!({
        "resourceType": "Condition", "id": "d", "subject": { "reference": "Patient/p" }, "note": [{ "text": "Station P3" }],
        "code": { "coding": [{ "system": "http://hl7.org/fhir/sid/icd-10", "code": "I10", "display": "x" }] }
    })
}

fn write(world: &World, name: &str, text: &str) -> String {
    let path = world.path(name);
    std::fs::write(&path, text).unwrap();
    path
}

/// The hospital's own rules from now on.
fn with_rules(world: &World, rules: &str) {
    write(world, "site/labels.toml", rules);
    world.configure(|config| format!("label-rules = \"labels.toml\"\n{config}"));
}

#[test]
fn a_resource_is_explained_without_a_word_of_the_patient() {
    let world = World::new();
    let file = write(&world, "c.json", &hiv().to_string());
    let explained = world.done(&["label", "explain", &file]);
    let row = &explained["rows"][0];
    assert_eq!((&row["confidentiality"], &row["sensitivities"]), (&json!("R"), &json!(["HIV"])));
    assert_eq!(row["findings"], json!([{ "rule": "hiv/icd-10", "path": "code.coding[0]", "matched": "B20" }]));
    assert!(!explained.to_string().contains("Muster"));
}

#[test]
fn a_bundle_on_standard_input_is_explained_row_by_row() {
    let world = World::new();
    let bundle = json!({ "resourceType": "Bundle", "entry": [{ "resource": hiv() }, { "resource": ordinary() }] });
    let mut command = world.command(&["label", "explain", "-"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(bundle.to_string().as_bytes()).unwrap();
    let text = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    assert!(text.contains("entry[0].resource: Condition: R HIV"), "{text}");
    assert!(text.contains("entry[1].resource: Condition: N\nno rule matched"), "{text}");
}

#[test]
fn a_hospitals_rules_hold_and_renew_what_was_loaded() {
    let world = World::new();
    let file = write(&world, "rows.ndjson", &format!("{}\n{}\n", hiv(), ordinary()));
    world.done(&["load", &file]);
    assert_eq!(world.done(&["label", "apply"])["renewed"], json!(0), "what is loaded is labelled at once");
    let before = world.done(&["label", "rules"]);
    with_rules(&world, RULES);
    let after = world.done(&["label", "rules"]);
    assert_ne!(before["version"], after["version"]);
    let words = |rules: &Value| rules["families"]["PSY"]["words"].as_u64().unwrap();
    assert_eq!(words(&after), words(&before) + 1);
    assert_eq!(world.done(&["label", "apply"]), json!({ "renewed": 2, "changed": 1 }));
    assert_eq!(world.done(&["label", "apply"]), json!({ "renewed": 0, "changed": 0 }));
}

#[test]
fn a_running_host_renews_by_itself_and_holds_the_store() {
    let mut world = World::new();
    let file = write(&world, "rows.ndjson", &format!("{}\n{}\n", hiv(), ordinary()));
    world.done(&["load", &file]);
    with_rules(&world, RULES);
    world.serve(&[]);
    let start = Instant::now();
    while !world.log().contains("labels renewed") {
        assert!(start.elapsed() < Duration::from_secs(60), "{}", world.log());
        std::thread::sleep(Duration::from_millis(20));
    }
    let refused = world.say(&["label", "apply"]);
    assert_eq!(refused.code, 1);
    assert!(refused.json["error"]["message"].as_str().unwrap().contains("renews labels by itself"), "{}", refused.json);
}

#[test]
fn a_mistake_in_the_hospitals_rules_stops_every_verb_that_needs_them() {
    let world = World::new();
    with_rules(&world, &RULES.replace("hospital/wards", "wards"));
    let file = write(&world, "rows.ndjson", &hiv().to_string());
    for arguments in [&["load", &file][..], &["label", "explain", &file], &["label", "rules"], &["serve"]] {
        let said = world.say(arguments);
        assert_eq!(said.code, 1, "{arguments:?}");
        let message = said.json["error"]["message"].as_str().unwrap();
        assert!(message.contains("`wards` must begin with `hospital/`"), "{arguments:?}: {message}");
    }
}
