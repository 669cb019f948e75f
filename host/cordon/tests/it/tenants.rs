//! Two tenants of one host, from outside: the same patient, the same plugin, the same client's key, and nothing crosses.

use serde_json::{Value, json};

use crate::ehr::{Ehr, whole};
use crate::world::{World, metformin, sample_component, samples};

const PLUGIN: &str = "org.cordon.sample.renal-dosing";
const SOUTH: &str = "https://ehr.south.invalid";

/// A demo with the tenants `main` and `south`, each with a client; both have the same patients with other data.
fn two() -> (World, Value) {
    let world = World::new();
    world.configure(|config| {
        format!(
            "{config}\n[[tenant]]\nid = \"main\"\n\n[[tenant]]\nid = \"south\"\nconcurrent = 8\n\n[[client]]\n\
             issuer = \"{SOUTH}\"\ntenant = \"south\"\njwks = \"client/jwks.json\"\nuser-right = \"user/*.rs\"\n"
        )
    });
    let made = |seed: &str| {
        let file = world.path(&format!("ward{seed}.ndjson"));
        (world.done(&["ward", "--seed", seed, "--patients", "60", "--out", &file]), file)
    };
    let ((ward, main), (_, south)) = (made("7"), made("8"));
    // Patients of the same ids, who are other people.
    let others = std::fs::read_to_string(&south).unwrap().replace("ward8-", "ward7-");
    std::fs::write(&south, others).unwrap();
    world.done(&["load", "--tenant", "main", &main]);
    world.done(&["load", "--tenant", "south", &south]);
    (world, ward)
}

fn trust(world: &World, tenant: &str) {
    let key = world.path("publisher.pub.pem");
    world.done(&["trust", "add", &key, "--namespace", "org.cordon.sample", "--reason", "test", "--tenant", tenant]);
}

fn install(world: &World, component: &str, tenant: &str) {
    world.done(&["install", component, "--reason", "test", "--tenant", tenant]);
    world.done(&["grant", PLUGIN, "--all", "--reason", "test", "--tenant", tenant]);
    world.done(&["enable", PLUGIN, "--reason", "test", "--tenant", tenant]);
    world.bring_drugs(&world.path("drugs.pack"), &["--tenant", tenant]);
}

/// The renal sample, signed by a new key that nobody trusts yet.
fn package(world: &World) -> String {
    let key = world.path("publisher.pem");
    world.done(&["key", "new", &key]);
    let manifest = std::fs::read_to_string(samples().join("renal-dosing/plugin.toml")).unwrap();
    world.drugs(&key);
    world.package("renal-dosing", sample_component("renal-dosing"), &manifest, &key)
}

/// Sends a call or feedback of the south's client.
fn south(world: &World, service: &str, body: &Value) -> (u16, Value) {
    let ehr = Ehr::of(world);
    let mut claims = ehr.claims(&format!("/cds-services/{service}"));
    claims["iss"] = json!(SOUTH);
    let answer = ehr.post_with(&ehr.sign(&claims), service, body.to_string().as_bytes()).unwrap();
    (answer.status, if answer.body.is_empty() { Value::Null } else { answer.json() })
}

#[test]
fn co_02_co_03_the_same_patient_and_plugin_are_others_in_another_tenant() {
    let (mut world, ward) = two();
    let patient = ward["examples"]["t1"]["contraindicated"].as_str().unwrap();
    let request = whole(metformin(patient));
    world.serve(&["--now", ward["now"].as_str().unwrap()]);
    let component = package(&world);
    trust(&world, "main");
    let refused = world.say(&["install", &component, "--reason", "test", "--tenant", "south"]);
    assert_eq!((refused.code, &refused.json["error"]["kind"]), (3, &json!("unknown-key")), "trusted by `main` only");
    install(&world, &component, "main");
    assert_eq!(world.done(&["list", "--tenant", "south"]), json!({ "plugins": [] }));
    assert_eq!(south(&world, "renal-dosing", &request).0, 404, "the compiled component is there, the plugin is not");
    let (status, told) = world.call("renal-dosing", &request);
    assert_eq!((status, &told["cards"][0]["indicator"]), (200, &json!("critical")), "{told}");

    trust(&world, "south");
    install(&world, &component, "south");
    let (status, other) = south(&world, "renal-dosing", &request);
    assert_eq!(status, 200, "{other}");
    assert_ne!(other["cards"][0]["indicator"], "critical", "the other patient of this id: {other}");
    world.done(&["disable", PLUGIN, "--reason", "test", "--tenant", "south"]);
    assert_eq!(south(&world, "renal-dosing", &request), (200, json!({ "cards": [] })));
    assert_eq!(world.call("renal-dosing", &request).1["cards"][0]["indicator"], "critical");
}

#[test]
fn co_07_each_tenant_has_its_own_log_and_cards() {
    let (mut world, ward) = two();
    let patient = ward["examples"]["t1"]["contraindicated"].as_str().unwrap();
    world.serve(&["--now", ward["now"].as_str().unwrap()]);
    let component = package(&world);
    for tenant in ["main", "south"] {
        trust(&world, tenant);
        install(&world, &component, tenant);
    }
    let (_, told) = world.call("renal-dosing", &whole(metformin(patient)));
    let card = told["cards"][0]["uuid"].as_str().unwrap();
    let feedback = json!({ "feedback": [
        { "card": card, "outcome": "overridden", "outcomeTimestamp": "2026-11-22T04:00:00Z" }] });
    assert_eq!(south(&world, "renal-dosing/feedback", &feedback).0, 200);
    assert_eq!(Ehr::of(&world).call("renal-dosing/feedback", &feedback).status, 200);
    let known = |tenant: &str| world.events(tenant).pop().unwrap()["known"].clone();
    assert_eq!([known("main"), known("south")], [1, 0]);

    let verify = |tenant: &str| world.done(&["audit", "verify", "--tenant", tenant]);
    // Started, the first policy, one key, one plugin installed, granted, switched on and given its pack; a call of `main`; feedback.
    assert_eq!([verify("main")["size"].clone(), verify("south")["size"].clone()], [9, 8]);
    assert!(verify("south")["checkpoint"].as_str().unwrap().starts_with("cordon.example/log/south\n"));
    let key = world.path("site/data/tenants/main/log.vkey");
    assert_eq!(world.say(&["audit", "verify", "--tenant", "south", "--key", &key]).code, 1);
    let figures = world.get("/metrics").unwrap().1;
    assert!(figures.contains("cordon_log_size{tenant=\"south\"} 8"), "{figures}");
}

#[test]
fn a_verb_says_which_tenant_it_means() {
    let (world, _) = two();
    let message = |arguments: &[&str]| world.say(arguments).json["error"]["message"].as_str().unwrap().to_owned();
    assert!(message(&["audit", "verify"]).contains("say which with --tenant"));
    assert!(message(&["load", &world.path("ward7.ndjson")]).contains("say which with --tenant"));
    assert!(message(&["list", "--tenant", "west"]).contains("there is no tenant `west`"));
    let findings = world.done(&["doctor"])["findings"].to_string();
    assert!(["main", "south"].iter().all(|name| findings.contains(&format!("the store of `{name}`"))), "{findings}");
    let one = world.done(&["doctor", "--tenant", "south"])["findings"].to_string();
    assert!(one.contains("`south`") && !one.contains("`main`"), "{one}");
}

#[test]
fn one_tenants_full_store_takes_nothing_from_the_other() {
    let mut world = World::new();
    world.configure(|config| {
        format!("{config}\n[[tenant]]\nid = \"main\"\n\n[[tenant]]\nid = \"south\"\nname = \"South\"\nstore-mib = 1\n")
    });
    let file = world.path("ward.ndjson");
    let ward = world.done(&["ward", "--seed", "7", "--patients", "60", "--out", &file]);
    let full = world.say(&["load", "--tenant", "south", &file]);
    assert_eq!(full.code, 1);
    assert!(full.json["error"]["message"].as_str().unwrap().ends_with("the store is full"), "{}", full.json);
    world.done(&["load", "--tenant", "main", &file]);
    world.serve(&["--now", ward["now"].as_str().unwrap()]);
    assert_eq!(world.done(&["list", "--tenant", "main"]), json!({ "plugins": [] }));
}
