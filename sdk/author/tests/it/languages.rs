//! Projects in JavaScript and Python: made, tested and shown like those in Rust.

use std::path::{Path, PathBuf};
use std::process::Command;

use cordon_author::{About, BuildError, Language, Tools, build, inspect, new_project, test};
use cordon_testkit::{Case, Desk, Verdict};
use tempfile::TempDir;

use crate::workshop::{cargo, read, text, write};

fn project(language: Language, id: &str) -> (TempDir, PathBuf) {
    let place = TempDir::new().unwrap();
    let folder = place.path().join("potassium");
    new_project(id, &folder, language).unwrap();
    (place, folder)
}

fn a_new_project_passes_its_tests(language: Language, id: &str) {
    let (_place, folder) = project(language, id);
    let report = test(&folder, &cargo()).unwrap();
    assert_eq!(report.verdict, Verdict::Passed, "{report}");
    let cases: Vec<&str> = report.cases.iter().map(|case| case.case.as_str()).collect();
    assert_eq!(cases, ["high.json", "normal.json", "other-unit.json", "record.json"]);
}

#[test]
fn a_new_project_in_javascript_passes_its_tests_natively_and_as_a_component() {
    a_new_project_passes_its_tests(Language::JavaScript, "org.example.new-js");
}

#[test]
fn a_new_project_in_python_passes_its_tests_natively_and_as_a_component() {
    a_new_project_passes_its_tests(Language::Python, "org.example.new-python");
}

/// Builds a project whose plugin is this script, runs its first case and gives the card's summary. Its manifest lets a plugin
/// write words of its own.
fn said(language: Language, script: (&str, &str)) -> String {
    let (_place, folder) = project(language, "org.example.columns");
    let manifest = text(&folder.join("plugin.toml"));
    let (before, _) = manifest.split_once("# What a card can say").unwrap();
    let manifest = format!("{before}[cards]\nmode = \"text\"\n[limits]\nclass = \"interpreted\"\n");
    write(&folder.join("plugin.toml"), &manifest);
    write(&folder.join(script.0), script.1);
    let desk = Desk::new(&read(&build(&folder, &cargo()).unwrap().component), &manifest).unwrap();
    let case = Case::parse(&text(&folder.join("cases/high.json")), &|_| None).unwrap();
    let report = desk.run("case", &case).unwrap();
    report.cards.first().unwrap_or_else(|| panic!("{report}"))["summary"].as_str().unwrap().to_owned()
}

/// An element that the need does not list is refused; then the columns of the one row that there is. What looks like an address
/// is taken apart in a card.
const SAID: &str = r#"table: column "text: subject. reference" is not-listed: 6.4 mmol/L at 1622446200"#;

#[test]
fn a_plugin_in_javascript_reads_columns_and_none_that_is_not_listed() {
    let script = r"
import { service, textCard, Wrong } from './vendor/cordon-sdk/cordon.js';

const refused = (ask) => {
  try {
    ask();
  } catch (error) {
    if (error instanceof Wrong) return error.message;
  }
  return 'given';
};

export const cds = service((call) => {
  const rows = call.need('potassium');
  const why = refused(() => rows.table('code:status', 'text:subject.reference'));
  const [[value], [unit], [at]] = rows.table('number:valueQuantity.value', 'code:valueQuantity', 'instant:effectiveDateTime');
  return [textCard('info', `${why}: ${value} ${unit.code} at ${at}`)];
});
";
    assert_eq!(said(Language::JavaScript, ("plugin.js", script)), SAID);
}

#[test]
fn a_plugin_in_python_reads_columns_and_none_that_is_not_listed() {
    let script = r#"
from cordon import Wrong, service, text_card


@service
def evaluate(call):
    rows, why = call.need("potassium"), "given"
    try:
        rows.table("code:status", "text:subject.reference")
    except Wrong as error:
        why = str(error)
    [value], [unit], [at] = rows.table("number:valueQuantity.value", "code:valueQuantity", "instant:effectiveDateTime")
    return [text_card("info", f"{why}: {value} {unit[1]} at {at:.0f}")]
"#;
    assert_eq!(said(Language::Python, ("plugin.py", script)), SAID);
}

#[test]
fn the_second_profile_is_shown_with_what_it_holds() {
    let (_place, folder) = project(Language::JavaScript, "org.example.second-profile");
    let manifest = folder.join("plugin.toml");
    let strict = inspect(&build(&folder, &cargo()).unwrap().component, &About::Manifest(manifest.clone())).unwrap();
    assert!(strict.imports.iter().all(|name| name.starts_with("cordon:clinical/")), "{strict}");
    assert!(!strict.to_string().contains("system interface"), "{strict}");
    write(&manifest, text(&manifest).replacen("\ntitle =", "\nwasi = \"deterministic\"\ntitle =", 1));
    let still = inspect(&build(&folder, &cargo()).unwrap().component, &About::Manifest(manifest)).unwrap();
    assert!(still.imports.iter().any(|name| name.starts_with("wasi:clocks/wall-clock@0.2.")), "{still}");
    assert!(still.to_string().contains("a system interface that holds nothing"), "{still}");
}

#[test]
fn what_did_not_change_is_not_made_again() {
    let (_place, folder) = project(Language::JavaScript, "org.example.unchanged");
    let built = build(&folder, &cargo()).unwrap();
    // A component that the tool did not make: it stays as long as nothing is made.
    let kept = built.component.ancestors().nth(2).unwrap().join("script/org.example.unchanged.wasm");
    write(&kept, [read(&kept), b"\0\x02\x01x".to_vec()].concat());
    let ours = || read(&build(&folder, &cargo()).unwrap().component).ends_with(b"\0\x02\x01x");
    assert!(ours());
    write(&folder.join("plugin.js"), format!("{}\n// changed\n", text(&folder.join("plugin.js"))));
    assert!(!ours());
}

#[test]
fn what_is_wrong_with_a_script_is_said() {
    let (_place, folder) = project(Language::JavaScript, "org.example.broken-js");
    write(&folder.join("plugin.js"), "export const cds = {");
    let error = build(&folder, &cargo()).unwrap_err();
    assert!(matches!(&error, BuildError::Tool(_)) && error.to_string().contains("plugin"), "{error}");
    std::fs::remove_dir_all(folder.join("vendor")).unwrap();
    let error = build(&folder, &Tools { target_dir: Some(folder.join("target")) }).unwrap_err();
    assert!(error.to_string().contains("vendor"), "{error}");
}

fn passes(command: &mut Command, sdk: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(sdk);
    let said = command.current_dir(folder).env("PYTHONDONTWRITEBYTECODE", "1").output().unwrap();
    assert!(
        said.status.success(),
        "{}{}",
        String::from_utf8_lossy(&said.stdout),
        String::from_utf8_lossy(&said.stderr)
    );
}

#[test]
fn the_sdks_check_what_they_are_given() {
    passes(Command::new("node").args(["--test", "tests/cordon.test.js"]), "js");
    passes(Command::new("python3").args(["-m", "unittest", "discover", "tests"]).env("PYTHONPATH", "."), "python");
}
