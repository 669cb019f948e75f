//! A CDS Hooks client and a validator that nobody here wrote, against a real host. `tests/interop/README.md` says what
//! they are and which part of each exchange is theirs.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cordon_audit::leaf::decode;
use cordon_core::record::{Event, LeafIndex};
use cordon_guest_build::repository;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use crate::world::{World, metformin, patient_view};

/// Calls that one run may make of an endpoint. A token is good for one.
const TOKENS: usize = 4;

/// The outside client and validator, installed below the target directory as their lock files pin them.
struct Outside(PathBuf);

impl Outside {
    /// Installs them, or ends the test with what is missing. Tests run as processes: one installs, the others wait.
    fn prepare() -> Self {
        let target = Path::new(env!("CARGO_BIN_EXE_cordon")).ancestors().nth(2).unwrap();
        let one = std::fs::File::options().create(true).append(true).open(target.join("interop.lock")).unwrap();
        one.lock().unwrap();
        let folder = target.join("interop");
        let out = Command::new(repository().join("tests/interop/prepare.sh")).arg(&folder).output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        Self(folder)
    }

    /// Runs the client against the world's host.
    fn drive(&self, world: &World, more: &[[&str; 2]]) -> Value {
        let tokens = world.path("tokens.json");
        std::fs::write(&tokens, Client::of(world).tokens(&["renal-dosing", "news2", "nobody-has-this"])).unwrap();
        let mut node = Command::new("node");
        node.arg(self.0.join("medplum/drive.mjs"))
            .args(["--base", &base(world), "--tokens", &tokens])
            .args(more.as_flattened());
        let out = node.stdin(Stdio::null()).output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        let seen: Value = serde_json::from_slice(&out.stdout).unwrap();
        assert_eq!(seen["client"], json!({ "name": "@medplum/core", "version": "5.2.13" }));
        seen
    }

    /// The outside models find nothing in what went over the wire, and looked at this many things.
    fn find_nothing(&self, world: &World, seen: &Value, looks: u64) {
        let file = world.path("seen.json");
        std::fs::write(&file, seen.to_string()).unwrap();
        let mut python = Command::new(self.0.join("venv/bin/python"));
        python.arg(self.0.join("validate.py")).stdin(std::fs::File::open(&file).unwrap());
        let out = python.output().unwrap();
        let said = serde_json::from_slice::<Value>(&out.stdout);
        let said = said.unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&out.stderr)));
        assert_eq!((&said["findings"], out.status.success()), (&json!([]), true), "{said:#}");
        let checked = said["checked"].as_object().unwrap();
        assert_eq!(checked.values().filter_map(Value::as_u64).sum::<u64>(), looks, "{said:#}");
    }
}

fn base(world: &World) -> String {
    format!("http://127.0.0.1:{}", world.port)
}

/// The demo's client key, as `cordon init --demo` made it.
struct Client {
    key: EncodingKey,
    file: Value,
    base: String,
    drawn: Cell<usize>,
}

impl Client {
    fn of(world: &World) -> Self {
        let read = |name: &str| std::fs::read(world.path(&format!("site/client/{name}"))).unwrap();
        let file = serde_json::from_slice(&read("client.json")).unwrap();
        let key = EncodingKey::from_ec_pem(&read("key.pem")).unwrap();
        Self { key, file, base: base(world), drawn: Cell::new(0) }
    }

    fn token(&self, audience: &str) -> String {
        let now = jiff::Timestamp::now();
        self.drawn.set(self.drawn.get() + 1);
        let mut header = Header::new(Algorithm::ES384);
        header.kid = Some(self.file["kid"].as_str().unwrap().to_owned());
        let claims = json!({ "iss": self.file["issuer"], "aud": audience, "iat": now.as_second(), "exp": now.as_second() + 240,
            "jti": format!("{}-{}", now.as_nanosecond(), self.drawn.get()) });
        jsonwebtoken::encode(&header, &claims, &self.key).unwrap()
    }

    /// Tokens for discovery, and for each service and its feedback: the client looks them up by the URL it calls.
    fn tokens(&self, services: &[&str]) -> String {
        let of = |id: &&str| [format!("/cds-services/{id}"), format!("/cds-services/{id}/feedback")];
        let paths = services.iter().flat_map(of).chain(["/cds-services".to_owned()]);
        let urls = paths.map(|path| format!("{}{path}", self.base));
        let draw = |url: String| {
            let tokens: Vec<String> = (0..TOKENS).map(|_| self.token(&url)).collect();
            (url, tokens)
        };
        json!(urls.map(draw).collect::<BTreeMap<_, _>>()).to_string()
    }
}

/// A hospital with a ward and both samples. Gives what `cordon ward` said.
fn hospital(world: &mut World) -> Value {
    let ward = world.done(&["ward", "--seed", "7", "--patients", "100", "--out", &world.path("ward.ndjson")]);
    world.done(&["load", &world.path("ward.ndjson")]);
    world.serve(&["--now", ward["now"].as_str().unwrap()]);
    world.install_samples();
    ward
}

/// Writes a file into the world's folder and gives `SERVICE=FILE`.
fn file(world: &World, service: &str, name: &str, content: &Value) -> String {
    std::fs::write(world.path(name), content.to_string()).unwrap();
    format!("{service}={}", world.path(name))
}

/// Two patients of another ward, one with bad kidneys and one very ill: their ids, and their rows as a Bundle in a file.
fn strangers(world: &World) -> ([String; 2], String) {
    let (ndjson, bundle) = (world.path("strangers.ndjson"), world.path("strangers.json"));
    let ward = world.done(&["ward", "--seed", "8", "--patients", "60", "--out", &ndjson]);
    let classes = [("t1", "contraindicated"), ("news2", "emergency")];
    let patients = classes.map(|(tool, class)| ward["examples"][tool][class].as_str().unwrap().to_owned());
    let rows = std::fs::read_to_string(&ndjson).unwrap();
    // The ids of a patient's rows begin with the patient's.
    let theirs = rows.lines().filter(|row| patients.iter().any(|id| row.contains(id)));
    let entries = theirs.map(|row| json!({ "resource": serde_json::from_str::<Value>(row).unwrap() }));
    let content = json!({ "resourceType": "Bundle", "type": "collection", "entry": entries.collect::<Vec<_>>() });
    std::fs::write(&bundle, content.to_string()).unwrap();
    (patients, bundle)
}

/// Each feedback that the host's log holds: of which service, and how many cards were known and unknown.
fn settled(world: &World) -> Vec<(String, u32, u32)> {
    let reader = world.reader("main");
    let leaves = (0..reader.log_size().unwrap()).map(|index| reader.leaf(LeafIndex(index)).unwrap().unwrap());
    let feedback = leaves.filter_map(|leaf| match decode(&leaf).unwrap().event {
        Event::Feedback { service, known, unknown } => Some((service.to_string(), known, unknown)),
        Event::Invocation { .. } | Event::BreakGlass { .. } | Event::Admin { .. } | Event::Started { .. } => None,
    });
    feedback.collect()
}

/// A request as an EHR sends it: with an instance of its hook.
fn sent(mut request: Value) -> Value {
    request["hookInstance"] = json!("4d9a6b5c-1f0e-4c3b-8a7d-2e6f5a4b3c2d");
    request
}

/// What the client needs to make a request itself: it adds the instance and the prefetch that discovery asks for.
fn to_build(mut request: Value) -> Value {
    request["user"] = json!({ "resourceType": "Practitioner", "id": "test" });
    request
}

fn statuses(of: &Value) -> Vec<u64> {
    of.as_array().unwrap().iter().map(|one| one["status"].as_u64().unwrap()).collect()
}

#[test]
fn an_outside_client_discovers_calls_and_settles_and_outside_models_find_nothing() {
    let outside = Outside::prepare();
    let mut world = World::new();
    let ward = hospital(&mut world);
    let kidney = ward["examples"]["t1"]["contraindicated"].as_str().unwrap();
    let sick = ward["examples"]["news2"]["emergency"].as_str().unwrap();
    let seen = outside.drive(
        &world,
        &[
            ["--call", &file(&world, "renal-dosing", "select.json", &sent(metformin(kidney)))],
            ["--call", &file(&world, "news2", "view.json", &sent(patient_view(sick)))],
        ],
    );
    let services: Vec<_> = seen["services"].as_array().unwrap().iter().map(|one| (&one["id"], &one["hook"])).collect();
    assert_eq!(
        json!(services),
        json!([["news2", "patient-view"], ["renal-dosing", "order-select"], ["renal-dosing", "order-sign"]])
    );
    assert_eq!((statuses(&seen["calls"]), statuses(&seen["feedback"])), (vec![200, 200], vec![200, 200]), "{seen:#}");
    assert_eq!(seen["calls"][0]["cards"][0]["indicator"], "critical", "{seen:#}");
    assert_eq!(seen["calls"][1]["cards"][0]["indicator"], "critical", "{seen:#}");
    assert_eq!(settled(&world), [("renal-dosing".to_owned(), 1, 0), ("news2".to_owned(), 1, 0)]);
    outside.find_nothing(&world, &seen, 1 + 2 + 2 + 2);
}

#[test]
fn an_outside_client_fills_the_prefetch_for_a_patient_the_host_has_no_record_of() {
    let outside = Outside::prepare();
    let mut world = World::new();
    hospital(&mut world);
    let ([kidney, sick], records) = strangers(&world);
    let seen = outside.drive(
        &world,
        &[
            ["--records", &records],
            ["--build", &file(&world, "news2", "view.json", &to_build(patient_view(&sick)))],
            ["--build", &file(&world, "renal-dosing", "select.json", &to_build(metformin(&kidney)))],
        ],
    );
    assert_eq!((statuses(&seen["calls"]), statuses(&seen["feedback"])), (vec![200, 200], vec![200, 200]), "{seen:#}");
    assert_eq!(seen["calls"][0]["cards"][0]["indicator"], "critical", "{seen:#}");
    assert_eq!(seen["calls"][1]["cards"][0]["indicator"], "critical", "{seen:#}");
    assert_eq!(world.call("news2", &patient_view(&sick)).1["cards"][0]["indicator"], "info", "the host had a record");
    outside.find_nothing(&world, &seen, 1 + 2 + 2 + 2);
}

#[test]
fn an_outside_client_accepts_a_card_and_errs_about_a_service_and_a_card() {
    let outside = Outside::prepare();
    let mut world = World::new();
    let ward = hospital(&mut world);
    let kidney = ward["examples"]["t1"]["contraindicated"].as_str().unwrap();
    let nobodys_card = json!({ "feedback": [{ "card": "00000000-0000-4000-8000-000000000000", "outcome": "overridden",
        "outcomeTimestamp": "2026-06-01T08:00:00Z" }] });
    let seen = outside.drive(
        &world,
        &[
            ["--settle", "accept"],
            ["--call", &file(&world, "renal-dosing", "select.json", &sent(metformin(kidney)))],
            ["--call", &file(&world, "nobody-has-this", "view.json", &sent(patient_view(kidney)))],
            ["--feedback", &file(&world, "news2", "feedback.json", &nobodys_card)],
        ],
    );
    assert_eq!((statuses(&seen["calls"]), statuses(&seen["feedback"])), (vec![200, 404], vec![200, 200]), "{seen:#}");
    assert_eq!(seen["calls"][1]["outcome"]["resourceType"], "OperationOutcome", "{seen:#}");
    let accepted = &seen["exchanges"][2]["request"]["feedback"][0];
    assert_eq!(accepted["outcome"], "accepted", "{seen:#}");
    assert_eq!(settled(&world), [("renal-dosing".to_owned(), 1, 0), ("news2".to_owned(), 0, 1)]);
    outside.find_nothing(&world, &seen, 1 + 2 + 2 + 1 + 1);
}
