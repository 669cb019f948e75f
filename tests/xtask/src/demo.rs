//! The main job on a fresh machine, by the very verbs that an author and a hospital use.

use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde_json::{Value, json};

use crate::{setup, sh};

/// The main job.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// End after the calls instead of leaving the host running.
    #[arg(long)]
    once: bool,
    /// Print one JSON object on standard output, and nothing else.
    #[arg(long)]
    json: bool,
    /// The port on loopback.
    #[arg(long, default_value_t = 8085)]
    port: u16,
}

/// The sample plugins: folder and id.
const SAMPLES: [(&str, &str); 5] = [
    ("renal-dosing", "org.cordon.sample.renal-dosing"),
    ("news2", "org.cordon.sample.news2"),
    ("interactions", "org.cordon.sample.interactions"),
    ("potassium-aki", "org.cordon.sample.potassium-aki"),
    ("stroke-risk", "org.cordon.sample.stroke-risk"),
];

/// The data pack of a sample: plugin, contents beside its manifest, and name. It is signed and put in before a call.
const PACK: (&str, &str, &str) = ("renal-dosing", "drugs.json", "drugs");

/// Runs it.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let demo = Demo::prepare(options.port)?;
    demo.packages()?;
    let ward = demo.ward()?;
    let mut host = demo.serve(&ward)?;
    let calls = demo.install().and_then(|()| demo.calls(&ward));
    match calls {
        Ok(calls) => finish(options, &demo, host, &calls),
        Err(error) => {
            stop(&mut host);
            Err(error)
        }
    }
}

struct Demo {
    folder: PathBuf,
    cordon: PathBuf,
    port: u16,
}

impl Demo {
    /// Builds `cordon` and makes a fresh folder with configuration, client and marked store.
    fn prepare(port: u16) -> anyhow::Result<Self> {
        setup::guest_target()?;
        sh::run("cargo", &["build", "--workspace", "--bin", "cordon"])?;
        let target = target_folder()?;
        let folder = target.join("demo");
        if folder.exists() {
            std::fs::remove_dir_all(&folder).context("remove the last demo")?;
        }
        let demo = Self { folder, cordon: target.join("debug/cordon"), port };
        demo.cordon(&["init", "--demo", "--port", &port.to_string(), &demo.path("")])?;
        Ok(demo)
    }

    fn path(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    /// Runs a verb and gives its JSON.
    fn cordon(&self, arguments: &[&str]) -> anyhow::Result<Value> {
        sh::say(&format!("cordon {}", arguments.join(" ")));
        let out = sh::command(&sh::root(), &self.cordon.display().to_string(), arguments)
            .arg("--json")
            .env("CORDON_CONFIG", self.folder.join("cordon.toml"))
            .stderr(Stdio::inherit())
            .output()
            .context("cannot start cordon")?;
        let said = String::from_utf8(out.stdout)?;
        if !out.status.success() {
            bail!("cordon {} ended with {}: {said}", arguments.join(" "), out.status);
        }
        serde_json::from_str(&said).context("cordon --json said no JSON")
    }

    /// Builds and signs the sample plugins with a new publisher's key.
    fn packages(&self) -> anyhow::Result<()> {
        self.cordon(&["key", "new", &self.path("publisher.pem")])?;
        for (sample, id) in SAMPLES {
            let project = sh::root().join("sample-plugins").join(sample);
            let built = self.cordon(&["build", &project.display().to_string()])?;
            let component = built.get("component").and_then(Value::as_str).context("build names no component")?;
            std::fs::copy(component, self.path(&format!("{id}.wasm"))).context("copy the component")?;
            let manifest = project.join("plugin.toml").display().to_string();
            self.cordon(&[
                "sign",
                &self.path(&format!("{id}.wasm")),
                "--manifest",
                &manifest,
                "--key",
                &self.path("publisher.pem"),
            ])?;
        }
        let (sample, contents, name) = PACK;
        let project = sh::root().join("sample-plugins").join(sample);
        std::fs::copy(project.join(contents), self.path(contents)).context("copy the pack's contents")?;
        let manifest = project.join("plugin.toml").display().to_string();
        let (contents, key) = (self.path(contents), self.path("publisher.pem"));
        self.cordon(&[
            "pack",
            "sign",
            &contents,
            "--manifest",
            &manifest,
            "--name",
            name,
            "--version",
            "demo",
            "--key",
            &key,
        ])?;
        Ok(())
    }

    /// Makes a ward and loads it.
    fn ward(&self) -> anyhow::Result<Value> {
        let file = self.path("ward.ndjson");
        let ward = self.cordon(&["ward", "--seed", "7", "--patients", "200", "--out", &file])?;
        self.cordon(&["load", &file])?;
        Ok(ward)
    }

    /// Starts the host at the ward's time and waits until it is ready.
    fn serve(&self, ward: &Value) -> anyhow::Result<Child> {
        let now = ward.get("now").and_then(Value::as_str).context("the ward has no time")?;
        let log = std::fs::File::options().create(true).append(true).open(self.path("host.log")).context("host.log")?;
        sh::say(&format!("cordon serve --now {now}, log in {}", self.path("host.log")));
        let mut host = sh::command(&sh::root(), &self.cordon.display().to_string(), &["serve", "--now", now])
            .env("CORDON_CONFIG", self.folder.join("cordon.toml"))
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("cannot start the host")?;
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(60) {
            if host.try_wait()?.is_some() {
                bail!("the host ended: {}", std::fs::read_to_string(self.path("host.log")).unwrap_or_default());
            }
            if ready(self.port) {
                return Ok(host);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        stop(&mut host);
        bail!("the host is not ready after 60 s: see {}", self.path("host.log"))
    }

    /// Trusts the publisher, installs, grants and switches on.
    fn install(&self) -> anyhow::Result<()> {
        let why = ["--reason", "demo"];
        let public = self.path("publisher.pub.pem");
        self.cordon(&[&["trust", "add", &public, "--namespace", "org.cordon.sample"][..], &why].concat())?;
        for (_, id) in SAMPLES {
            self.cordon(&[&["install", &self.path(&format!("{id}.wasm"))][..], &why].concat())?;
            self.cordon(&[&["grant", id, "--all"][..], &why].concat())?;
            self.cordon(&[&["enable", id][..], &why].concat())?;
        }
        let (sample, contents, name) = PACK;
        let pack = Path::new(&self.path(contents)).with_extension("pack").display().to_string();
        let id = SAMPLES.iter().find(|(folder, _)| *folder == sample).context("the pack's sample")?.1;
        self.cordon(&[&["pack", "put", &pack, "--plugin", id, "--name", name][..], &why].concat())?;
        Ok(())
    }

    /// Two `order-select` and three `patient-view` calls, with signed tokens.
    fn calls(&self, ward: &Value) -> anyhow::Result<Vec<Value>> {
        let patient = |pointer: &str| -> anyhow::Result<String> {
            let id =
                ward.pointer(pointer).and_then(Value::as_str).with_context(|| format!("no patient for {pointer}"))?;
            Ok(id.to_owned())
        };
        let kidney = patient("/examples/t1/contraindicated")?;
        let sick = patient("/examples/news2/emergency")?;
        let metformin =
            draft(1, &kidney, "860975", "24 HR metformin hydrochloride 500 MG Extended Release Oral Tablet");
        let digoxin = draft(1, &sick, "197604", "digoxin 0.125 MG Oral Tablet");
        let verapamil = draft(2, &sick, "897722", "verapamil hydrochloride 40 MG Oral Tablet");
        Ok(vec![
            self.call("renal-dosing", &select(&kidney, &[metformin]))?,
            self.call("news2", &view(&sick))?,
            self.call("interactions", &select(&sick, &[digoxin, verapamil]))?,
            self.call("potassium-aki", &view(&kidney))?,
            self.call("stroke-risk", &view(&self.fibrillating()?))?,
        ])
    }

    /// A patient of the ward with atrial fibrillation, the first in its file.
    fn fibrillating(&self) -> anyhow::Result<String> {
        let rows = std::fs::read_to_string(self.path("ward.ndjson")).context("read the ward")?;
        let row = rows.lines().find(|row| row.contains("\"49436004\"")).context("nobody has atrial fibrillation")?;
        let row: Value = serde_json::from_str(row).context("a row of the ward is no JSON")?;
        let reference = row.pointer("/subject/reference").and_then(Value::as_str).context("a problem of nobody")?;
        Ok(reference.trim_start_matches("Patient/").to_owned())
    }

    fn call(&self, service: &str, request: &Value) -> anyhow::Result<Value> {
        let file = self.path(&format!("{service}.request.json"));
        write(&file, &serde_json::to_string_pretty(request)?)?;
        let answer = self.cordon(&["call", "--client", &self.path("client"), "--service", service, &file])?;
        let cards = answer.pointer("/body/cards").and_then(Value::as_array).context("the answer has no cards")?;
        if cards.is_empty() {
            bail!("{service} had nothing to say about a patient for whom it should");
        }
        Ok(json!({ "hook": request.get("hook"), "service": service, "cards": cards }))
    }
}

/// A draft order of a drug, by RxNorm.
fn draft(number: u8, patient: &str, code: &str, name: &str) -> Value {
    json!({ "resourceType": "MedicationRequest", "id": format!("draft-{number}"), "status": "draft", "intent": "order",
        "subject": { "reference": format!("Patient/{patient}") },
        "medicationCodeableConcept": { "coding": [{ "system": "http://www.nlm.nih.gov/research/umls/rxnorm",
            "code": code, "display": name }] } })
}

fn select(patient: &str, drafts: &[Value]) -> Value {
    let entries: Vec<Value> = drafts.iter().map(|draft| json!({ "resource": draft })).collect();
    json!({ "hook": "order-select", "context": { "userId": "Practitioner/demo", "patientId": patient,
        "selections": ["MedicationRequest/draft-1"],
        "draftOrders": { "resourceType": "Bundle", "type": "collection", "entry": entries } } })
}

fn view(patient: &str) -> Value {
    json!({ "hook": "patient-view", "context": { "userId": "Practitioner/demo", "patientId": patient } })
}

fn finish(options: &Options, demo: &Demo, mut host: Child, calls: &[Value]) -> anyhow::Result<()> {
    if options.once {
        stop(&mut host);
    }
    if options.json {
        say(&json!({ "calls": calls }).to_string());
    } else {
        for call in calls {
            say(&card(call));
        }
    }
    if !options.once {
        let (cordon, folder) = (demo.cordon.display(), demo.folder.display());
        say_on(
            options,
            &format!(
                "\nThe host runs at http://127.0.0.1:{} (process {}). Try next:\n  \
             {cordon} show org.cordon.sample.renal-dosing --config {folder}/cordon.toml\n  \
             {cordon} call --client {folder}/client --service news2 {folder}/news2.request.json\n  \
             {cordon} audit verify --config {folder}/cordon.toml\nIt ends with Ctrl-C.",
                options.port,
                host.id()
            ),
        );
        host.wait().context("the host")?;
    }
    Ok(())
}

fn card(call: &Value) -> String {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let head = format!("\n{} → {}", text(call.get("hook")), text(call.get("service")));
    let cards = call.get("cards").and_then(Value::as_array).into_iter().flatten();
    let cards = cards.map(|card| {
        let detail: Vec<String> = text(card.get("detail")).lines().map(|line| format!("  │ {line}")).collect();
        format!(
            "  ┌ [{}] {}\n{}\n  └ {}",
            text(card.get("indicator")),
            text(card.get("summary")),
            detail.join("\n"),
            text(card.pointer("/source/label"))
        )
    });
    format!("{head}\n{}", cards.collect::<Vec<_>>().join("\n"))
}

#[expect(clippy::print_stdout, reason = "the result of the task")]
fn say(text: &str) {
    println!("{text}");
}

/// With `--json`, standard output holds the object alone.
fn say_on(options: &Options, text: &str) {
    if options.json { sh::say(text) } else { say(text) }
}

/// Ends the host that this task started.
fn stop(host: &mut Child) {
    if host.kill().is_ok() {
        drop(host.wait());
    }
}

fn ready(port: u16) -> bool {
    use std::io::{Read as _, Write as _};
    let Ok(mut stream) = std::net::TcpStream::connect(("127.0.0.1", port)) else { return false };
    let asked = stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n");
    let mut answer = String::new();
    asked.is_ok() && stream.read_to_string(&mut answer).is_ok() && answer.starts_with("HTTP/1.1 200")
}

fn write(path: &str, text: &str) -> anyhow::Result<()> {
    std::fs::write(Path::new(path), text).with_context(|| path.to_owned())
}

fn target_folder() -> anyhow::Result<PathBuf> {
    let metadata =
        cargo_metadata::MetadataCommand::new().manifest_path(sh::root().join("Cargo.toml")).no_deps().exec()?;
    Ok(metadata.target_directory.into_std_path_buf())
}
