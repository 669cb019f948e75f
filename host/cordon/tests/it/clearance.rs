//! Who may see what, on the real binary: signed claims, policy, consent, and the look of an operator.

use std::process::Command;

use serde_json::{Value, json};

use crate::ehr::{Answer, Ehr, whole};
use crate::world::{World, metformin};

const PLUGIN: &str = "org.cordon.sample.renal-dosing";
const SERVICE: &str = "renal-dosing";

/// A demo ward with the sample plugins, and the patient whose kidneys forbid metformin.
pub(crate) fn ward(change: impl FnOnce(String) -> String) -> (World, String, String) {
    let mut world = World::new();
    world.configure(change);
    let ward = world.done(&["ward", "--seed", "7", "--patients", "60", "--out", &world.path("ward.ndjson")]);
    world.done(&["load", &world.path("ward.ndjson")]);
    let now = ward["now"].as_str().unwrap().to_owned();
    world.serve(&["--now", &now]);
    world.install_samples();
    (world, ward["examples"]["t1"]["contraindicated"].as_str().unwrap().to_owned(), now)
}

/// Adds lines to the demo's one client.
fn client(lines: &'static str) -> impl FnOnce(String) -> String {
    move |config| format!("{config}{lines}\n")
}

/// A call whose signed token claims this purpose.
fn claiming(ehr: &Ehr, purpose: &str, patient: &str) -> Answer {
    let mut claims = ehr.claims(&format!("/cds-services/{SERVICE}"));
    let system = "http://terminology.hl7.org/CodeSystem/v3-ActReason";
    claims["extensions"] = json!({ "ihe_iua": { "purpose_of_use": [{ "system": system, "code": purpose }] } });
    ehr.post_with(&ehr.sign(&claims), SERVICE, whole(metformin(patient)).to_string().as_bytes()).unwrap()
}

/// The newest invocations and broken glasses, oldest first.
fn calls(world: &World) -> Vec<Value> {
    let is_call = |event: &Value| event["event"] == "invocation" || event["event"] == "break-glass";
    world.events("main").into_iter().filter(is_call).collect()
}

pub(crate) fn critical(world: &World, patient: &str) -> bool {
    let (status, body) = world.call(SERVICE, &metformin(patient));
    assert_eq!(status, 200, "{body}");
    body["cards"][0]["indicator"] == "critical"
}

#[test]
fn rd_11_a_signed_claim_breaks_no_glass_that_the_hospital_did_not_allow() {
    let (world, patient, _) = ward(|config| config);
    let ehr = Ehr::of(&world);
    for purpose in ["BTG", "ETREAT", "HRESCH", "NONSENSE"] {
        claiming(&ehr, purpose, &patient).is_outcome(403, "This client may not call this service.");
    }
    let mut body = whole(metformin(&patient));
    body["extensions"] = json!({ "ihe_iua": { "purpose_of_use": [{ "code": "BTG" }] } });
    assert_eq!(ehr.call(SERVICE, &body).status, 200);
    let calls = calls(&world);
    assert_eq!(calls.len(), 5);
    assert!(calls.iter().all(|call| call["event"] == "invocation" && call.get("purpose").is_none()), "{calls:?}");
    assert!(calls[..4].iter().all(|call| call["outcome"] == json!({ "refused": "not-allowed" })), "{calls:?}");
}

#[test]
fn a_broken_glass_stands_in_the_log_before_the_call_and_with_it() {
    let (world, patient, _) = ward(client("claimed-purposes = [\"BTG\"]\nbreak-glass = true"));
    let ehr = Ehr::of(&world);
    claiming(&ehr, "ETREAT", &patient).is_outcome(403, "This client may not call this service.");
    assert_eq!(claiming(&ehr, "BTG", &patient).cards()[0]["indicator"], "critical");
    let calls = calls(&world);
    let [_, glass, call] = calls.as_slice() else { panic!("{calls:?}") };
    assert_eq!((&glass["event"], &glass["plugin"]), (&json!("break-glass"), &json!(PLUGIN)));
    assert_eq!((&call["event"], &call["purpose"]), (&json!("invocation"), &json!("BTG")));
    assert_eq!(glass["invocation"], call["invocation"]);
}

#[test]
fn a_policy_takes_effect_at_the_next_call_and_a_bad_file_changes_nothing() {
    let (world, patient, _) = ward(|config| config);
    assert!(critical(&world, &patient), "the policy a hospital starts from lets treatment see what is normal");
    let file = |name: &str, text: &str| {
        std::fs::write(world.path(name), text).unwrap();
        world.path(name)
    };
    let default = world.done(&["policy", "default"])["policy"].as_str().unwrap().to_owned();
    let broken = file("broken.cedar", &default.replace("Purpose::\"TREAT\"", "Purpose::\"TREATMENT\""));
    let refused = world.say(&["policy", "set", &broken, "--reason", "test"]);
    assert_eq!((refused.code, &refused.json["error"]["kind"]), (3, &json!("malformed-policy")), "{}", refused.json);
    assert!(world.last_event()["refused"].as_str().unwrap().contains("TREATMENT"), "{}", world.last_event());
    assert!(critical(&world, &patient));

    let closed = "@id(\"nothing\") @why(\"Nothing is seen.\") forbid (principal, action, resource);";
    let set = world.done(&["policy", "set", &file("closed.cedar", closed), "--reason", "incident"]);
    assert_eq!(set["epoch"], 2);
    assert_eq!(world.last_event()["action"], json!({ "action": "policy", "epoch": 2, "digest": set["digest"] }));
    assert!(!critical(&world, &patient));
    let (epochs, labels) = (calls(&world), world.done(&["label", "rules"])["version"].clone());
    assert_eq!(epochs.iter().map(|call| call["policy"].clone()).collect::<Vec<_>>(), [1, 1, 2]);
    assert!(epochs.iter().all(|call| call["labels"] == labels), "{labels}: {epochs:?}");
    let shown = world.done(&["policy", "show"]);
    assert_eq!((&shown["text"], &shown["in-force"]), (&json!(closed), &json!(2)));
    assert_eq!(shown["versions"][1]["reason"], "incident");
    assert_eq!(world.done(&["policy", "show", "--epoch", "1"])["text"], default.as_str());
    assert_eq!(world.say(&["policy", "show", "--epoch", "9"]).code, 3);
}

#[test]
fn a_policy_is_checked_and_explained_at_the_desk() {
    let world = World::new();
    let default = world.done(&["policy", "default"])["policy"].as_str().unwrap().to_owned();
    let file = world.path("ours.cedar");
    std::fs::write(&file, default.replace("resource.hiv", "resource.hivv")).unwrap();
    let said = world.say(&["policy", "check", &file]);
    assert_eq!((said.code, &said.json["findings"][0]["policy"]), (1, &json!("hiv")), "{}", said.json);
    std::fs::write(&file, &default).unwrap();
    assert_eq!(world.done(&["policy", "check", &file])["findings"], json!([]));
    let explain = |label: &str, role: &[&str]| {
        let asked =
            ["policy", "explain", "--file", &file, "--plugin", PLUGIN, "--need", "creatinine", "--label", label];
        world.done(&[&asked[..], role].concat())["verdict"].clone()
    };
    assert_eq!(explain("N", &[])["policies"], json!(["care"]));
    assert_eq!(explain("N HIV", &[]), json!({ "permitted": false, "policies": ["hiv"], "failed": [] }));
    assert_eq!(explain("N HIV", &["--role", "hiv-care"])["permitted"], true);
    assert_eq!(explain("N", &["--purpose", "HRESCH"]), json!({ "permitted": false, "policies": [], "failed": [] }));
}

#[test]
fn without_a_prover_nothing_passes_for_a_proof() {
    let world = World::new();
    let (alone, file) = (world.path("cordon"), world.path("ours.cedar"));
    std::fs::copy(env!("CARGO_BIN_EXE_cordon"), &alone).unwrap();
    std::fs::write(&file, "").unwrap();
    for verb in [&["policy", "diff", &file, &file][..], &["policy", "prove", &file, "--label", "HIV"]] {
        let said = Command::new(&alone).args(verb).output().unwrap();
        assert_eq!(said.status.code(), Some(1));
        assert!(String::from_utf8(said.stderr).unwrap().contains("no cordon-prove beside this program"));
    }
}

/// A Consent of the patient, in one line.
pub(crate) fn wish(patient: &str, status: &str, base: &str) -> String {
    let consent = json!({ "resourceType": "Consent", "id": "wish", "status": status,
        "scope": { "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy" }] },
        "category": [{ "coding": [{ "system": "http://loinc.org", "code": "59284-0" }] }],
        "patient": { "reference": format!("Patient/{patient}") },
        "policyRule": { "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": base }] } });
    format!("{consent}\n")
}

/// Loads a Consent of the patient while the host is down, and starts it again.
fn consent(world: &mut World, now: &str, patient: &str, status: &str, base: &str) {
    world.kill();
    let file = world.path("consent.ndjson");
    std::fs::write(&file, wish(patient, status, base)).unwrap();
    world.done(&["load", &file]);
    world.serve(&["--now", now]);
}

#[test]
fn rd_06_what_a_patient_permits_is_seen_and_what_a_patient_withdraws_is_not() {
    let (mut world, patient, now) = ward(|config| config.replace("no-consent = \"permit\"", "no-consent = \"deny\""));
    assert!(!critical(&world, &patient), "nothing without a consent");
    consent(&mut world, &now, &patient, "active", "OPTIN");
    assert!(critical(&world, &patient));
    consent(&mut world, &now, &patient, "inactive", "OPTIN");
    assert!(!critical(&world, &patient), "withdrawn");
    consent(&mut world, &now, &patient, "active", "OPTOUT");
    assert!(!critical(&world, &patient), "denied");
}

#[test]
fn an_operator_sees_a_record_as_a_plugin_does_and_leaves_a_record_of_the_look() {
    let (world, patient, _) = ward(|config| config);
    let view = ["view", "--plugin", PLUGIN, "--patient", &patient];
    assert_eq!(world.say(&[&view[..], &["--reason", " "]].concat()).json["error"]["kind"], "no-reason");
    assert_eq!(world.last_event()["refused"], "say why, in 1 to 500 characters: it stands in the record");

    let done = world.done(&[&view[..], &["--reason", "card looked wrong"]].concat());
    let rows = done["look"]["rows"].as_array().unwrap();
    let seen = |row: &&Value| row["needs"].as_array().unwrap().iter().any(|need| need.get("row").is_some());
    let creatinine = rows.iter().find(seen).expect("the plugin sees something");
    assert_ne!(creatinine["needs"][0]["row"]["id"], creatinine["resource"]["id"], "the plugin reads minted ids");
    assert_eq!(world.last_event()["action"]["action"], "look");
    assert!(!world.last_event().to_string().contains(&patient), "the patient stands in the private part only");

    let research = world.done(&[&view[..], &["--purpose", "HRESCH", "--reason", "what would research see"]].concat());
    assert!(research["look"]["rows"].as_array().unwrap().iter().filter(seen).count() == 0);
    let text = world.command(&[&view[..], &["--reason", "test"]].concat()).output().unwrap();
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(text.contains("the plugin reads") && text.contains("asked for by no need"), "{text}");
}

#[test]
fn an_operator_sees_the_drafts_of_a_request_as_a_plugin_does() {
    let (world, patient, _) = ward(|config| config);
    let request = world.path("request.json");
    let mut body = whole(metformin(&patient));
    // The plugin's second service, and references as a client's own server writes them.
    body["hook"] = json!("order-sign");
    body["fhirServer"] = json!("https://ehr.example/r4");
    body["context"]["draftOrders"]["entry"][0]["resource"]["subject"]["reference"] =
        json!(format!("https://ehr.example/r4/Patient/{patient}"));
    let mut other = body["context"]["draftOrders"]["entry"][0].clone();
    other["resource"]["id"] = json!("draft-2");
    other["resource"]["subject"]["reference"] = json!("Patient/somebody-else");
    body["context"]["draftOrders"]["entry"].as_array_mut().unwrap().push(other);
    std::fs::write(&request, body.to_string()).unwrap();
    let view =
        ["view", "--plugin", PLUGIN, "--patient", &patient, "--context", &request, "--reason", "card looked wrong"];
    let done = world.done(&view);
    let rows = done["look"]["rows"].as_array().unwrap();
    let drafts: Vec<&Value> = rows.iter().filter(|row| row["from"] == "draft-orders").collect();
    let [draft, other] = drafts.as_slice() else { panic!("{drafts:?}") };
    assert_eq!((&done["as"]["hook"], &done["look"]["unmet"]), (&json!("order-sign"), &json!([])));
    assert_ne!(draft["needs"][0]["row"]["id"], draft["resource"]["id"], "the plugin reads minted ids: {draft}");
    assert_eq!(other["needs"][0]["reasons"], json!([{ "because": "other-patient" }]));
    let looked = world.last_event();
    assert_eq!(looked["action"]["action"], "look");
    assert!(!looked.to_string().contains(&patient), "the patient stands in the private part only");
    let text = String::from_utf8(world.command(&view).output().unwrap().stdout).unwrap();
    assert!(text.contains("draft order MedicationRequest/draft-1") && text.contains("the request"), "{text}");
    assert!(text.contains("absent: it is not this patient's"), "{text}");
    let somebody = ["view", "--plugin", PLUGIN, "--patient", "somebody", "--context", &request, "--reason", "test"];
    assert_eq!(world.say(&somebody).json["error"]["kind"], "other-patient");
    std::fs::write(&request, "{").unwrap();
    assert_eq!(world.say(&view).json["error"]["kind"], "malformed-context");
    assert_eq!(world.last_event()["refused"].as_str().map(|said| said.starts_with("the body is not")), Some(true));
    let without = world.done(&["view", "--plugin", PLUGIN, "--patient", &patient, "--reason", "card looked wrong"]);
    assert!(without["look"]["rows"].as_array().unwrap().iter().all(|row| row["from"] == "record"));
    assert_eq!(without["look"]["unmet"], json!([{ "need": "draft", "because": "no-draft" }]));
}
