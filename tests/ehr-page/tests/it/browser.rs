//! `page/drive.mjs`, started by a test.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cordon_ehr_page::card::Set;
use serde_json::Value;

/// One thing that a card did in one renderer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) renderer: String,
    /// The card; empty if it could not be told.
    pub(crate) card: String,
    /// `request`, `a`, `img`, `[on*]`, `hidden`, …: see the README.
    pub(crate) kind: String,
    /// In which member, or where a request was seen.
    pub(crate) what: String,
    /// The address or the element.
    pub(crate) shown: String,
}

/// What the page reports.
pub(crate) struct Report {
    pub(crate) renderers: Vec<String>,
    pub(crate) shown: u64,
    pub(crate) findings: Vec<Finding>,
}

impl Report {
    /// The cards that did one of these things in this renderer.
    pub(crate) fn cards(&self, renderer: &str, kinds: &[&str]) -> BTreeSet<&str> {
        let did = |finding: &&Finding| finding.renderer == renderer && kinds.contains(&finding.kind.as_str());
        self.findings.iter().filter(did).map(|finding| finding.card.as_str()).collect()
    }
}

/// Shows the cards in every renderer, so many on one page.
pub(crate) fn shown(set: &Set, batch: usize) -> Report {
    let mut driver = Command::new("node");
    driver.arg(prepared().join("drive.mjs")).args(["--batch", &batch.to_string()]);
    let mut child = driver.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(set.lines().as_bytes()).unwrap();
    let out = child.wait_with_output().unwrap();
    assert!(out.status.success(), "the browser's driver ended with {}", out.status);
    let report: Value = serde_json::from_slice(&out.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let finding = |value: &Value| Finding {
        renderer: text(&value["renderer"]),
        card: text(&value["id"]),
        kind: text(&value["kind"]),
        what: text(&value["what"]),
        shown: text(&value["html"]),
    };
    Report {
        renderers: report["renderers"].as_array().unwrap().iter().map(text).collect(),
        shown: report["cards"].as_u64().unwrap(),
        findings: report["findings"].as_array().unwrap().iter().map(finding).collect(),
    }
}

/// The page, installed below the target directory. Tests run as processes: one installs, the others wait.
fn prepared() -> PathBuf {
    let target = Path::new(env!("CARGO_BIN_EXE_cordon-ehr-page")).ancestors().nth(2).unwrap();
    let one = std::fs::File::options().create(true).append(true).open(target.join("ehr-page.lock")).unwrap();
    one.lock().unwrap();
    let folder = target.join("ehr-page");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("prepare.sh");
    let out = Command::new(script).arg(&folder).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    folder
}
