//! A hospital's day: install, grant, switch on, answer, switch off, keep the evidence.

use serde_json::json;

use crate::world::{World, metformin, patient_view, sample_component, samples};

fn ward(world: &World, patients: u32) -> serde_json::Value {
    let ward =
        world.done(&["ward", "--seed", "7", "--patients", &patients.to_string(), "--out", &world.path("ward.ndjson")]);
    let loaded = world.done(&["load", &world.path("ward.ndjson")]);
    assert_eq!(loaded["refused"], 0);
    ward
}

#[test]
fn a_signed_tool_answers_a_call_about_a_synthetic_patient_and_leaves_its_record() {
    let mut world = World::new();
    let ward = ward(&world, 100);
    world.serve(&["--now", ward["now"].as_str().unwrap()]);
    world.install_samples();
    let kidney = ward["examples"]["t1"]["contraindicated"].as_str().unwrap();
    let (status, body) = world.call("renal-dosing", &metformin(kidney));
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["cards"][0]["source"]["label"], "Renal dosing guard (sample)", "{body}");
    let sick = ward["examples"]["news2"]["emergency"].as_str().unwrap();
    let (status, body) = world.call("news2", &patient_view(sick));
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["cards"][0]["indicator"], "critical", "{body}");
    let verified = world.done(&["audit", "verify"]);
    assert_eq!(verified["whole"], true);
    // Started, the first policy, one key, two plugins installed, granted and switched on, one pack, two calls.
    assert_eq!(verified["size"], 1 + 1 + 1 + 6 + 1 + 2);
    assert!(!world.log().contains(kidney) && !world.log().contains(sick), "a patient is in the log");
    // SK-24: a crash leaves no image behind, and what may be handed to others names nobody.
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", world.process())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"], "{core}");
    let file = world.path("bundle.json");
    let bundle = world.done(&["support-bundle", &file]);
    assert_eq!(bundle["tenants"][0]["calls"]["answered"], "fewer than 8");
    assert_eq!(bundle["tenants"][0]["acts"], 8, "one key, one pack, two plugins three times: eight or more");
    let written = std::fs::read_to_string(&file).unwrap();
    assert!([kidney, sick, "127.0.0.1", "main"].iter().all(|name| !written.contains(name)), "{written}");
    assert_eq!(world.say(&["support-bundle", &file]).code, 1, "a file that is there stays");
}

#[test]
fn a_tool_that_is_not_switched_on_has_nothing_to_say_and_an_unknown_one_is_not_found() {
    let mut world = World::new();
    let ward = ward(&world, 20);
    world.serve(&["--now", ward["now"].as_str().unwrap()]);
    let patient = "ward7-p0001";
    assert_eq!(world.call("news2", &patient_view(patient)).0, 404);
    world.install_samples();
    world.done(&["disable", "org.cordon.sample.news2", "--reason", "test"]);
    assert_eq!(world.call("news2", &patient_view(patient)), (200, json!({ "cards": [] })));
}

#[test]
fn a_tool_is_not_run_without_its_pack_and_a_changed_pack_is_not_taken() {
    let mut world = World::new();
    let ward = ward(&world, 100);
    world.serve(&["--now", ward["now"].as_str().unwrap()]);
    let key = world.publisher("org.cordon.sample");
    let manifest = std::fs::read_to_string(samples().join("renal-dosing/plugin.toml")).unwrap();
    let component = world.package("renal", sample_component("renal-dosing"), &manifest, &key);
    let plugin = "org.cordon.sample.renal-dosing";
    world.install(plugin, &component);
    let kidney = metformin(ward["examples"]["t1"]["contraindicated"].as_str().unwrap());
    let pack = world.drugs(&key);
    let signed = std::fs::read_to_string(&pack).unwrap();
    let changed = world.path("changed.pack");
    std::fs::write(&changed, signed.replace("-below\": 30", "-below\": 20")).unwrap();
    let refused =
        world.say(&["pack", "put", &changed, "--plugin", plugin, "--name", "drugs", "--reason", "a lower limit"]);
    assert_eq!(refused.code, 3, "{}", refused.json);
    assert_eq!(world.call("renal-dosing", &kidney).0, 412, "no table, no answer");
    world.bring_drugs(&pack, &[]);
    assert_eq!(world.call("renal-dosing", &kidney).1["cards"][0]["indicator"], "critical");
}

#[test]
fn an_act_without_a_host_and_an_act_without_a_reason_are_told_apart() {
    let mut world = World::new();
    assert_eq!(world.say(&["list"]).code, 4);
    world.serve(&[]);
    assert_eq!(world.done(&["list"]), json!({ "plugins": [] }));
    let refused = world.say(&["enable", "org.example.nothing.here", "--reason", " "]);
    assert_eq!((refused.code, refused.json["error"]["kind"].as_str()), (3, Some("no-reason")));
    let unknown = world.say(&["enable", "org.example.nothing.here", "--reason", "test"]);
    assert_eq!((unknown.code, unknown.json["error"]["kind"].as_str()), (3, Some("unknown-plugin")));
}

#[test]
fn a_set_clock_is_for_a_demo_store_only_and_a_demo_store_is_for_loopback_only() {
    let world = World::new();
    let site = world.path("real");
    world.done(&["init", &site]);
    let config = format!("{site}/cordon.toml");
    let refused = world.say(&["serve", "--config", &config, "--now", "2021-06-01"]);
    assert_eq!(refused.code, 1);
    assert!(refused.json["error"]["message"].as_str().unwrap().contains("--now is for a demo store"));
}

#[test]
fn a_narrower_grant_is_what_a_tool_gets_and_a_wider_one_is_refused() {
    let mut world = World::new();
    world.serve(&[]);
    let key = world.publisher("org.cordon.sample");
    let manifest = std::fs::read_to_string(samples().join("renal-dosing/plugin.toml")).unwrap();
    let component = world.package("renal", sample_component("renal-dosing"), &manifest, &key);
    world.done(&["install", &component, "--reason", "test"]);
    let plugin = "org.cordon.sample.renal-dosing";
    let wide = world.say(&[
        "grant",
        plugin,
        "--need",
        "patient",
        "--need",
        "creatinine=patient/Observation.rs",
        "--reason",
        "test",
    ]);
    assert_eq!(wide.code, 3, "{}", wide.json);
    let none = world.say(&["enable", plugin, "--reason", "test"]);
    assert_eq!(none.code, 3, "a tool that was granted nothing was switched on: {}", none.json);
}

#[test]
fn a_key_that_was_revoked_serves_no_plugin_any_more() {
    let mut world = World::new();
    let ward = ward(&world, 20);
    world.serve(&["--now", ward["now"].as_str().unwrap()]);
    world.install_samples();
    assert_eq!(world.call("news2", &patient_view("ward7-p0001")).0, 200);
    let keys = world.done(&["trust", "list"]);
    let key = keys["keys"][0]["key"].as_str().unwrap();
    world.done(&["trust", "revoke", key, "--reason", "stolen"]);
    assert_eq!(world.call("news2", &patient_view("ward7-p0001")).0, 404);
    assert_eq!(world.say(&["trust", "revoke", "sha256:0", "--reason", "test"]).code, 3);
}
