//! What every verb owes to people and to scripts: an example, one JSON object, an exit code.

use std::process::Command;

use serde_json::Value;

use crate::world::World;

fn help(path: &[&str]) -> String {
    let out = Command::new(env!("CARGO_BIN_EXE_cordon")).args(path).arg("--help").output().unwrap();
    assert!(out.status.success(), "cordon {path:?} --help");
    String::from_utf8(out.stdout).unwrap()
}

/// The verbs that a help page lists.
fn listed(page: &str) -> Vec<String> {
    let list = page.split_once("Commands:\n").map(|(_, rest)| rest.split("\n\n").next().unwrap_or_default());
    // A line that a long sentence was wrapped to begins further in.
    let lines = list.unwrap_or_default().lines().filter(|line| !line.starts_with("   "));
    let names = lines.filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

#[test]
fn the_help_of_every_verb_has_an_example() {
    let verbs = listed(&help(&[]));
    assert!(verbs.len() > 15, "{verbs:?}");
    for verb in &verbs {
        let page = help(&[verb]);
        let inner = listed(&page);
        assert!(!inner.is_empty() || page.contains("Example: cordon"), "{verb}");
        for inner in inner {
            assert!(help(&[verb, &inner]).contains("Example: cordon"), "{verb} {inner}");
        }
    }
}

#[test]
fn a_verb_that_fails_says_so_in_one_json_object_with_its_exit_code() {
    let world = World::new();
    let cases: [(&[&str], i32, &str); 10] = [
        (&["bogus"], 2, "usage"),
        (&["audit"], 2, "usage"),
        (&["show", "a"], 2, "usage"),
        (&["install", "x.wasm"], 2, "usage"),
        (&["install", "x.wasm", "--reason", "test"], 1, "failed"),
        (&["new", "a"], 1, "failed"),
        (&["build", "nowhere"], 1, "failed"),
        (&["load", "nowhere.json"], 1, "failed"),
        (&["list"], 4, "not-running"),
        (&["trust", "list"], 4, "not-running"),
    ];
    for (arguments, code, kind) in cases {
        let said = world.say(arguments);
        assert_eq!(
            (said.code, said.json["error"]["kind"].as_str()),
            (code, Some(kind)),
            "{arguments:?}: {}",
            said.json
        );
        assert!(!said.json["error"]["message"].as_str().unwrap().contains('\n'), "{}", said.json);
    }
}

#[test]
fn a_mistake_in_the_configuration_names_file_line_and_field_in_one_line() {
    let world = World::new();
    let config = world.path("site/cordon.toml");
    std::fs::write(&config, "bogus = 1\n").unwrap();
    let said = world.say(&["serve"]);
    let sentence = said.json["error"]["message"].as_str().unwrap();
    assert!(said.code == 1 && sentence.contains("cordon.toml`: line 1: unknown field `bogus`"), "{sentence}");
    std::fs::write(&config, "data = \"data\"\nlisten = \"0.0.0.0:1\"\nbase-url = \"http://x\"\n").unwrap();
    let said = world.say(&["doctor"]);
    assert!(said.code == 1 && said.json.to_string().contains("needs [tls]"), "{}", said.json);
}

#[test]
fn what_a_list_says_to_scripts_is_an_object() {
    let mut world = World::new();
    world.serve(&[]);
    assert!(world.done(&["list"])["plugins"].is_array());
    assert!(world.done(&["trust", "list"])["keys"].is_array());
}

#[test]
fn the_request_of_a_new_project_is_about_a_patient_of_the_ward_with_a_raised_potassium() {
    let world = World::new();
    world.done(&["new", "org.example.potassium", &world.path("potassium")]);
    world.done(&["ward", "--out", &world.path("ward.ndjson")]);
    let request = std::fs::read(world.path("potassium/examples/request.json")).unwrap();
    let request: Value = serde_json::from_slice(&request).unwrap();
    let subject = format!("Patient/{}", request["context"]["patientId"].as_str().unwrap());
    let ward = std::fs::read_to_string(world.path("ward.ndjson")).unwrap();
    let rows = ward.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let potassium =
        rows.filter(|row| row["subject"]["reference"] == *subject && row["code"]["coding"][0]["code"] == "2823-3");
    let newest = potassium.max_by_key(|row| row["effectiveDateTime"].to_string()).unwrap();
    assert!(newest["valueQuantity"]["value"].as_f64().unwrap() >= 5.5, "{newest}");
}
