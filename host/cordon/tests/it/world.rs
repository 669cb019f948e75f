//! One host of a test: its own folder, its own port, its own process.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use cordon_core::ids::TenantId;
use cordon_core::record::LeafIndex;
use cordon_guest_build::{guest, package, repository};
use cordon_store::{Reader, Store};
use serde_json::{Value, json};
use tempfile::TempDir;

/// What a verb said, and how it ended.
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) json: Value,
    pub(crate) stderr: String,
}

/// A demo hospital. Its host ends with it.
pub(crate) struct World {
    pub(crate) folder: TempDir,
    pub(crate) port: u16,
    host: Option<Child>,
}

impl World {
    /// The process of the host that runs.
    pub(crate) fn process(&self) -> u32 {
        self.host.as_ref().unwrap().id()
    }

    /// A marked, empty store with a client.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let world = Self { folder, port, host: None };
        world.done(&["init", "--demo", "--port", &port.to_string(), &world.path("site")]);
        // Tests share a machine with whatever else is built on it: what is left over may be nothing.
        let runners = "[runners]\ncompile-priority = \"normal\"\ncompile-s = 600\n\n[[client]]";
        world.configure(|config| config.replacen("[[client]]", runners, 1));
        world
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cordon"));
        command.args(arguments).env("CORDON_CONFIG", self.folder.path().join("site/cordon.toml")).stdin(Stdio::null());
        command
    }

    /// Rewrites the host's configuration.
    pub(crate) fn configure(&self, change: impl FnOnce(String) -> String) {
        let path = self.path("site/cordon.toml");
        std::fs::write(&path, change(std::fs::read_to_string(&path).unwrap())).unwrap();
    }

    /// Runs a verb.
    pub(crate) fn say(&self, arguments: &[&str]) -> Said {
        let Output { status, stdout, stderr } = self.command(arguments).arg("--json").output().unwrap();
        let stdout = String::from_utf8(stdout).unwrap();
        let json = serde_json::from_str(&stdout).unwrap_or_else(|_| panic!("not one JSON object: {stdout}"));
        Said { code: status.code().unwrap(), json, stderr: String::from_utf8_lossy(&stderr).into_owned() }
    }

    /// Runs a verb that must succeed.
    pub(crate) fn done(&self, arguments: &[&str]) -> Value {
        let said = self.say(arguments);
        assert_eq!(said.code, 0, "cordon {arguments:?}: {} {}", said.json, said.stderr);
        said.json
    }

    /// Starts the host and waits until it is ready.
    pub(crate) fn serve(&mut self, more: &[&str]) {
        assert!(self.host.is_none(), "a host is running");
        let log = std::fs::File::options().create(true).append(true).open(self.path("host.log")).unwrap();
        let mut command = self.command(&[&["serve"][..], more].concat());
        self.host = Some(command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap());
        let start = Instant::now();
        while self.get("/readyz").is_none_or(|(status, _)| status != 200) {
            assert!(start.elapsed() < Duration::from_secs(60), "the host is not ready: {}", self.log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Ends the host at once, as a crash would.
    pub(crate) fn kill(&mut self) {
        if let Some(mut host) = self.host.take() {
            host.kill().unwrap();
            host.wait().unwrap();
        }
    }

    /// What the host wrote to its log.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.path("host.log")).unwrap_or_default()
    }

    /// A tenant's store, for looking at.
    pub(crate) fn reader(&self, tenant: &str) -> Reader {
        Store::open_read_only(&self.folder.path().join("site/data"), &TenantId::new(tenant).unwrap()).unwrap()
    }

    /// The public part of every record of a tenant, oldest first. To look at them leaves none.
    fn records_of(&self, tenant: &str) -> Vec<Value> {
        let reader = self.reader(tenant);
        let leaf = |index| serde_json::from_slice(&reader.leaf(LeafIndex(index)).unwrap().unwrap()).unwrap();
        (0..reader.log_size().unwrap()).map(leaf).collect()
    }

    /// The same of `main`.
    pub(crate) fn records(&self) -> Vec<Value> {
        self.records_of("main")
    }

    /// The event of every record of a tenant.
    pub(crate) fn events(&self, tenant: &str) -> Vec<Value> {
        self.records_of(tenant).into_iter().map(|mut record| record["event"].take()).collect()
    }

    /// The event of the newest record.
    pub(crate) fn last_event(&self) -> Value {
        self.records().pop().unwrap()["event"].clone()
    }

    /// Makes a key, trusts it for a namespace, and gives the secret key's path. The host runs.
    pub(crate) fn publisher(&self, namespace: &str) -> String {
        let key = self.path("publisher.pem");
        self.done(&["key", "new", &key]);
        self.done(&["trust", "add", &self.path("publisher.pub.pem"), "--namespace", namespace, "--reason", "test"]);
        key
    }

    /// Puts a component into the folder, signs it with its manifest and gives the component's path.
    pub(crate) fn package(&self, name: &str, component: &[u8], manifest: &str, key: &str) -> String {
        let (wasm, toml) = (self.path(&format!("{name}.wasm")), self.path(&format!("{name}.toml")));
        std::fs::write(&wasm, component).unwrap();
        std::fs::write(&toml, manifest).unwrap();
        self.done(&["sign", &wasm, "--manifest", &toml, "--key", key]);
        wasm
    }

    /// Installs, grants everything and switches on.
    pub(crate) fn install(&self, plugin: &str, component: &str) {
        self.done(&["install", component, "--reason", "test"]);
        self.done(&["grant", plugin, "--all", "--reason", "test"]);
        self.done(&["enable", plugin, "--reason", "test"]);
    }

    /// Installs both sample plugins under a new publisher.
    pub(crate) fn install_samples(&self) {
        let key = self.publisher("org.cordon.sample");
        for sample in ["renal-dosing", "news2"] {
            let manifest = std::fs::read_to_string(samples().join(sample).join("plugin.toml")).unwrap();
            let component = self.package(sample, sample_component(sample), &manifest, &key);
            self.install(&format!("org.cordon.sample.{sample}"), &component);
        }
        self.bring_drugs(&self.drugs(&key), &[]);
    }

    /// Signs the drug table of the renal sample and gives the pack's path.
    pub(crate) fn drugs(&self, key: &str) -> String {
        let (contents, manifest) = (self.path("drugs.json"), samples().join("renal-dosing/plugin.toml"));
        std::fs::copy(samples().join("renal-dosing/drugs.json"), &contents).unwrap();
        let manifest = manifest.display().to_string();
        let signed = self.done(&[
            "pack",
            "sign",
            &contents,
            "--manifest",
            &manifest,
            "--name",
            "drugs",
            "--version",
            "test",
            "--key",
            key,
        ]);
        signed["file"].as_str().unwrap().to_owned()
    }

    /// Brings the drug table of the renal sample in. The host runs.
    pub(crate) fn bring_drugs(&self, pack: &str, more: &[&str]) {
        let put = ["pack", "put", pack, "--plugin", "org.cordon.sample.renal-dosing", "--name", "drugs"];
        self.done(&[&put[..], &["--reason", "test"], more].concat());
    }

    /// Calls a service with a signed token: status and body.
    pub(crate) fn call(&self, service: &str, request: &Value) -> (u16, Value) {
        let file =
            self.path(&format!("request-{service}-{}.json", request["context"]["patientId"].as_str().unwrap_or("x")));
        std::fs::write(&file, request.to_string()).unwrap();
        let said = self.say(&["call", "--client", &self.path("site/client"), "--service", service, &file]).json;
        (u16::try_from(said["status"].as_u64().unwrap()).unwrap(), said["body"].clone())
    }

    /// A plain GET: status and body. `None` if nobody answers.
    pub(crate) fn get(&self, path: &str) -> Option<(u16, String)> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        write!(stream, "GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.kill();
    }
}

pub(crate) fn samples() -> PathBuf {
    repository().join("sample-plugins")
}

/// A sample plugin's component, built once for all tests.
pub(crate) fn sample_component(name: &str) -> &'static [u8] {
    static BUILT: OnceLock<Vec<(String, Vec<u8>)>> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        ["renal-dosing", "news2"]
            .into_iter()
            .map(|name| (name.to_owned(), package(&samples(), name).unwrap()))
            .collect()
    });
    &built.iter().find(|(built, _)| built == name).unwrap().1
}

/// A guest of `tests/guests`, built once for all tests.
pub(crate) fn guest_component(name: &str) -> Vec<u8> {
    guest(name).unwrap()
}

/// The manifest of a guest: `org.cordon.test.NAME` answers `patient-view` at `NAME` and asks for the labs with their notes.
pub(crate) fn guest_manifest(name: &str, version: &str) -> String {
    format!(
        r#"id = "org.cordon.test.{name}"
version = "{version}"
wit = "cordon:clinical@0.2.0"
title = {{ en = "Guest {name}" }}
description = {{ en = "A guest of the tests." }}
intended-use = "Tests."
publisher = "Tests"
contact = "tests@cordon.example"

[[service]]
id = "{name}"
hook = "patient-view"
description = "A guest of the tests."

[[need]]
name = "labs"
scope = "patient/Observation.rs?category=laboratory"
elements = ["code", "status", "effectiveDateTime", "valueQuantity", "note.text"]
why = "They are read."

[cards]
mode = "text"

[source]
label = "A guest of the tests"
"#
    )
}

/// Where the shared fixtures are: beside the repository, or where `CORDON_SHARED_DATA` says.
pub(crate) fn shared(folder: &str) -> PathBuf {
    let named = std::env::var("CORDON_SHARED_DATA").map(PathBuf::from);
    named.unwrap_or_else(|_| repository().join("../shared/data")).join(folder)
}

/// An `order-select` request with one metformin draft (RxNorm 860975, as in clinical data).
pub(crate) fn metformin(patient: &str) -> Value {
    let draft = json!({ "resourceType": "MedicationRequest", "id": "draft-1", "status": "draft", "intent": "order",
        "subject": { "reference": format!("Patient/{patient}") },
        "medicationCodeableConcept": { "coding": [{ "system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "860975",
            "display": "24 HR metformin hydrochloride 500 MG Extended Release Oral Tablet" }] } });
    json!({ "hook": "order-select", "context": { "userId": "Practitioner/test", "patientId": patient,
        "selections": ["MedicationRequest/draft-1"],
        "draftOrders": { "resourceType": "Bundle", "type": "collection", "entry": [{ "resource": draft }] } } })
}

/// A `patient-view` request.
pub(crate) fn patient_view(patient: &str) -> Value {
    json!({ "hook": "patient-view", "context": { "userId": "Practitioner/test", "patientId": patient } })
}

/// The only entries of a folder with this ending.
pub(crate) fn files(folder: &Path, ending: &str) -> Vec<String> {
    let entries =
        std::fs::read_dir(folder).unwrap_or_else(|_| panic!("the shared fixtures are not at {}", folder.display()));
    let mut files: Vec<String> = entries.map(|entry| entry.unwrap().path().display().to_string()).collect();
    files.retain(|file| file.ends_with(ending));
    files.sort();
    files
}
