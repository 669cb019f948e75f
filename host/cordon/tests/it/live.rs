//! Files that a running host takes in, on the real binary.

use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::clearance::{critical, ward, wish};
use crate::world::World;

/// Issue of a withdrawal: it takes effect within five seconds.
const IN_EFFECT: Duration = Duration::from_secs(5);

fn keeps_what_nobody_denies(config: String) -> String {
    config
}

/// Loads a text into the running host.
fn load(world: &World, text: &str) -> crate::world::Said {
    let file = world.path("live.ndjson");
    std::fs::write(&file, text).unwrap();
    world.say(&["load", &file, "--reason", "the patient asked"])
}

/// How many files the host was given, by its log.
fn loads(world: &World) -> usize {
    world.events("main").iter().filter(|event| event["action"]["action"] == "load").count()
}

/// A file of this length on its way to the host, by hand: the request, after which so much of it is sent.
fn begin(world: &World, length: usize, sent: usize) -> UnixStream {
    let request = json!({ "tenant": "main", "reason": "test", "act": { "load": { "bytes": length } } });
    let (request, method) = (format!("{request}\n"), "POST /admin/load HTTP/1.1\r\nhost: cordon\r\nconnection: close");
    let mut socket = UnixStream::connect(world.path("site/data/admin.sock")).unwrap();
    write!(socket, "{method}\r\ncontent-length: {}\r\n\r\n{request}", request.len() + sent).unwrap();
    socket
}

/// What the host says until it has said this.
fn heard_until(socket: &mut UnixStream, word: &str) -> String {
    let (mut heard, mut byte) = (String::new(), [0]);
    while !heard.contains(word) && socket.read(&mut byte).unwrap() == 1 {
        heard.push(char::from(byte[0]));
    }
    heard
}

/// A Consent of the patient that says when it was changed.
fn dated(patient: &str, status: &str, at: &str) -> String {
    wish(patient, status, "OPTIN").replacen('{', &format!("{{\"meta\":{{\"lastUpdated\":\"{at}\"}},"), 1)
}

#[test]
fn rd_06_a_withdrawal_takes_effect_on_a_running_host_while_it_answers_others() {
    let (world, patient, _) = ward(|config| config.replace("no-consent = \"permit\"", "no-consent = \"deny\""));
    assert!(!critical(&world, &patient), "nothing without a consent");
    assert_eq!(load(&world, &wish(&patient, "active", "OPTIN")).code, 0);
    assert!(critical(&world, &patient));
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // Each of its calls must be answered: the helper asserts that.
        let meanwhile = scope
            .spawn(|| (0..).take_while(|_| !over.load(Ordering::Relaxed)).map(|_| critical(&world, &patient)).last());
        let start = Instant::now();
        let said = load(&world, &wish(&patient, "inactive", "OPTIN"));
        let seen = critical(&world, &patient);
        let took = start.elapsed();
        over.store(true, Ordering::Relaxed);
        assert_eq!(
            (said.code, &said.json["files"][0]["types"]["Consent"]["replaced"]),
            (0, &json!(1)),
            "{}",
            said.json
        );
        assert!(!seen && took < IN_EFFECT, "withdrawn, and {took:?} later the next call saw it: {seen}");
        assert!(meanwhile.join().unwrap().is_some());
    });
    assert_eq!(load(&world, &wish(&patient, "active", "OPTOUT")).code, 0);
    assert!(!critical(&world, &patient), "denied");
    assert_eq!(loads(&world), 3);
    assert!(!world.log().contains(&patient), "a patient is in the log");
}

#[test]
fn a_file_that_cannot_be_read_changes_nothing_and_it_is_said_where() {
    let (world, patient, _) = ward(keeps_what_nobody_denies);
    let denial = wish(&patient, "active", "OPTOUT");
    let broken = load(&world, &format!("\n{}\n", denial.replace("Patient/", "Person/")));
    let refusal = &broken.json["files"][0]["refusals"][0];
    assert_eq!((broken.code, &refusal["place"]["line"]), (1, &json!(2)), "{}", broken.json);
    assert!(refusal["why"].as_str().unwrap().contains("a Consent that does not name one patient"), "{refusal}");
    assert!(broken.json["files"][0]["name"].as_str().unwrap().ends_with("live.ndjson"));
    assert!(critical(&world, &patient));
    let half = load(&world, &format!("{{\"resourceType\":\"Patient\"}}\n{denial}\n"));
    assert_eq!((half.code, &half.json["refused"]), (1, &json!(1)), "what can be kept is not lost: {}", half.json);
    assert!(!critical(&world, &patient), "denied");
}

#[test]
fn a_load_without_a_reason_is_refused_and_recorded() {
    let (world, patient, _) = ward(keeps_what_nobody_denies);
    std::fs::write(world.path("live.ndjson"), wish(&patient, "active", "OPTOUT")).unwrap();
    let said = world.say(&["load", &world.path("live.ndjson")]);
    assert_eq!((said.code, &said.json["error"]["kind"]), (3, &json!("no-reason")), "{}", said.json);
    assert_eq!(world.last_event()["action"], json!({ "action": "load" }));
    assert!(critical(&world, &patient));
}

#[test]
fn somebody_who_is_no_administrator_loads_nothing() {
    let mut world = World::new();
    let socket = world.path("admin.sock");
    world.configure(|config| format!("admin-socket = \"{socket}\"\n{config}"));
    world.serve(&[]);
    // More than a socket holds: the host does not read it to the end.
    let file = world.path("live.ndjson");
    std::fs::write(&file, "{\"resourceType\":\"Patient\",\"id\":\"x\"}\n".repeat(1 << 19)).unwrap();
    std::fs::set_permissions(world.folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let attempt = || {
        let mut verb = world.command(&["load", &file, "--reason", "mine", "--json"]);
        let said = verb.uid(65534).gid(65534).output().unwrap();
        let json: serde_json::Value = serde_json::from_slice(&said.stdout).unwrap();
        assert_eq!((said.status.code(), &json["error"]["kind"]), (Some(3), &json!("not-an-administrator")), "{json}");
    };
    attempt();
    assert_eq!(loads(&world), 0, "the file system let nobody in");
    std::fs::set_permissions(&socket, std::fs::Permissions::from_mode(0o666)).unwrap();
    attempt();
    let refused = world.last_event();
    assert_eq!(refused["action"], json!({ "action": "load" }));
    assert!(refused["refused"].as_str().unwrap().contains("may not administer"), "{refused}");
    assert!(world.reader("main").counts(&cordon_core::ids::TenantId::new("main").unwrap()).unwrap().is_empty());
}

#[test]
fn a_file_that_is_cut_off_on_its_way_changes_nothing() {
    let (world, patient, _) = ward(keeps_what_nobody_denies);
    let denial = wish(&patient, "active", "OPTOUT");
    // All of the body comes, but it is shorter than the request says; or the other side is gone before it came.
    let mut shorter = begin(&world, denial.len() + 1, denial.len());
    heard_until(&mut shorter, "send");
    shorter.write_all(denial.as_bytes()).unwrap();
    let answer = heard_until(&mut shorter, "nothing of it was loaded");
    assert!(answer.contains("the file was cut off on its way, or grew: nothing of it was loaded"), "{answer}");
    let mut gone = begin(&world, denial.len() + 1, denial.len() + 1);
    heard_until(&mut gone, "send");
    gone.write_all(denial.as_bytes()).unwrap();
    gone.shutdown(std::net::Shutdown::Write).unwrap();
    let answer = heard_until(&mut gone, "done");
    assert!(!answer.contains("done"), "{answer}");
    assert!(critical(&world, &patient));
    assert_eq!(loads(&world), 0);
}

#[test]
fn a_tenants_bound_holds_on_a_running_host() {
    let mut world = World::new();
    world.configure(|config| format!("{config}\n[[tenant]]\nid = \"main\"\nstore-mib = 1\n"));
    let file = world.path("ward.ndjson");
    world.done(&["ward", "--seed", "7", "--patients", "60", "--out", &file]);
    world.serve(&[]);
    let full = world.say(&["load", &file, "--reason", "test"]);
    assert_eq!(full.code, 1);
    assert!(full.json["error"]["message"].as_str().unwrap().ends_with("the store is full"), "{}", full.json);
    assert_eq!(world.done(&["list"]), json!({ "plugins": [] }));
}

#[test]
fn a_withdrawal_that_was_acknowledged_is_taken_back_by_no_export_that_was_on_its_way() {
    let (world, patient, _) = ward(|config| config.replace("no-consent = \"permit\"", "no-consent = \"deny\""));
    let export = wish(&patient, "active", "OPTIN");
    assert_eq!(load(&world, &export).code, 0);
    let export = export.replacen('{', "{ ", 1);
    let mut on_its_way = begin(&world, export.len(), export.len());
    heard_until(&mut on_its_way, "send");
    assert_eq!(load(&world, &wish(&patient, "inactive", "OPTIN")).code, 0);
    on_its_way.write_all(export.as_bytes()).unwrap();
    let answer = heard_until(&mut on_its_way, "changed meanwhile");
    assert!(answer.contains("changed meanwhile"), "{answer}");
    assert!(!critical(&world, &patient), "withdrawn");
}

#[test]
fn a_withdrawal_is_taken_back_by_no_older_file_unless_somebody_says_so() {
    let (world, patient, _) = ward(|config| config.replace("no-consent = \"permit\"", "no-consent = \"deny\""));
    let export = dated(&patient, "active", "2026-11-01T00:00:00Z");
    assert_eq!(load(&world, &export).code, 0);
    assert_eq!(load(&world, &dated(&patient, "inactive", "2026-11-02T00:00:00Z")).code, 0);
    let again = load(&world, &export);
    let recorded = &world.last_event()["action"];
    assert_eq!(
        (&recorded["action"], &recorded["ended"], &recorded["refused"]),
        (&json!("loaded"), &json!("complete"), &json!(1))
    );
    let why = again.json["files"][0]["refusals"][0]["why"].as_str().unwrap();
    assert!(again.code == 1 && why.contains("older than the Consent that is kept"), "{}", again.json);
    assert!(!critical(&world, &patient), "withdrawn");
    world.done(&["load", &world.path("live.ndjson"), "--older", "--reason", "loaded by mistake"]);
    assert!(critical(&world, &patient));
    let deliberate = |event: &serde_json::Value| event["action"] == json!({ "action": "load", "older": true });
    assert!(world.events("main").iter().any(deliberate));
}

#[test]
fn of_several_files_those_with_consents_are_loaded_first_and_reported_though_a_later_one_fails() {
    let (world, patient, _) = ward(keeps_what_nobody_denies);
    let (rows, denial, gone) = (world.path("a.ndjson"), world.path("b.ndjson"), world.path("gone.ndjson"));
    std::fs::write(&rows, "{\"resourceType\":\"Patient\",\"id\":\"x\"}\n{\"resourceType\":\"Patient\"}\n").unwrap();
    std::fs::write(&denial, wish(&patient, "active", "OPTOUT")).unwrap();
    let said = world.say(&["load", &rows, &gone, &denial, "--reason", "test"]);
    let names: Vec<_> = said.json["files"].as_array().unwrap().iter().map(|file| &file["name"]).collect();
    assert_eq!((said.code, names), (1, vec![&json!(denial), &json!(rows)]), "{}", said.json);
    assert_eq!((&said.json["refused"], &said.json["error"]["kind"]), (&json!(1), &json!("failed")), "{}", said.json);
    assert!(said.json["error"]["message"].as_str().unwrap().contains("gone.ndjson"), "{}", said.json);
    assert!(!critical(&world, &patient), "denied");
    std::fs::copy(&denial, world.path("Consent.0.ndjson")).unwrap();
    std::fs::write(&denial, "\n").unwrap();
    let said = world.say(&["load", &denial, &world.path("Consent.0.ndjson"), "--reason", "test"]);
    assert_eq!(said.json["files"][0]["name"], json!(world.path("Consent.0.ndjson")), "{}", said.json);
}

#[test]
fn what_is_no_regular_file_or_holds_nothing_is_not_a_success() {
    let (world, _, _) = ward(keeps_what_nobody_denies);
    let fifo = world.path("fifo");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let before = loads(&world);
    for (file, why) in
        [(fifo.as_str(), "is not a regular file"), ("/proc/self/status", "it is longer than its size says")]
    {
        let said = world.say(&["load", file, "--reason", "test"]);
        assert!(said.code == 1 && said.json["error"]["message"].as_str().unwrap().contains(why), "{}", said.json);
    }
    assert_eq!(loads(&world), before);
    let empty = load(&world, "\n\n");
    assert_eq!((empty.code, &empty.json["empty"], &empty.json["refused"]), (1, &json!(1), &json!(0)), "{}", empty.json);
}
