//! What no host would install stops on the desk, and nothing half-made stays.

use std::path::PathBuf;

use cordon_author::{
    About, BuildError, CargoError, Language, NewError, PackNotes, PackSignError, TestError, Tools, build, inspect,
    new_key, new_project, pack_sign, sign, test,
};
use cordon_core::ids::EntryName;
use cordon_testkit::Verdict;
use jiff::Timestamp;
use tempfile::TempDir;

use crate::workshop::{ID, cargo, names, project, read, text, write};

/// A component that wants a clock.
const WASI: &str = r#"(component (import "wasi:clocks/wall-clock@0.2.0" (instance)))"#;

#[test]
fn a_folder_with_something_in_it_is_left_alone() {
    let place = TempDir::new().unwrap();
    write(&place.path().join("notes.txt"), "mine");
    assert!(matches!(new_project(ID, place.path(), Language::Rust), Err(NewError::NotEmpty(_))));
    assert_eq!(names(place.path()), ["notes.txt"]);
}

#[test]
fn an_id_that_is_not_reverse_dns_makes_no_folder() {
    let place = TempDir::new().unwrap();
    for id in ["potassium", "example.potassium", "org.example.Potassium", "org.example./etc", ""] {
        let error = new_project(id, &place.path().join("x"), Language::Rust).unwrap_err();
        assert!(error.to_string().contains("for example org.example.potassium"), "{error}");
    }
    assert!(names(place.path()).is_empty());
}

#[test]
fn an_empty_folder_is_filled_and_leaves_nothing_beside_it() {
    let place = TempDir::new().unwrap();
    let folder = place.path().join("empty");
    std::fs::create_dir(&folder).unwrap();
    new_project(ID, &folder, Language::Rust).unwrap();
    assert_eq!(names(place.path()), ["empty"]);
    assert!(names(&folder).contains(&"plugin.toml".to_owned()));
}

#[test]
fn a_manifest_that_breaks_a_rule_stops_the_build_with_its_line() {
    let place = TempDir::new().unwrap();
    let folder = place.path().join("x");
    new_project(ID, &folder, Language::Rust).unwrap();
    let manifest = text(&folder.join("plugin.toml")).replace("patient/Observation.rs", "patient/Observation.cruds");
    write(&folder.join("plugin.toml"), manifest);
    let error = build(&folder, &Tools::default()).unwrap_err();
    assert!(matches!(error, BuildError::Refused(_)));
    assert!(error.to_string().starts_with("plugin.toml line 22: need `potassium`: malformed scope"), "{error}");
}

/// A pack of a manifest.
fn pack(schema: &str) -> String {
    format!("\n[[pack]]\nname = \"limits\"\nschema = '{schema}'\nmost-bytes = 30\nwhy = \"Limits change.\"\n")
}

#[test]
fn a_schema_that_no_host_enforces_stops_the_build() {
    let place = TempDir::new().unwrap();
    let folder = place.path().join("x");
    new_project(ID, &folder, Language::Rust).unwrap();
    let manifest = text(&folder.join("plugin.toml"));
    write(&folder.join("plugin.toml"), manifest + &pack(r#"{"$ref":"https://example.org/schema"}"#));
    let error = build(&folder, &Tools::default()).unwrap_err().to_string();
    assert!(error.starts_with("pack `limits` (plugin.toml line 4") && error.contains("schema: "), "{error}");
}

#[test]
fn a_case_whose_pack_breaks_the_schema_or_is_too_large_fails() {
    let (_place, folder) = spoilt("org.example.packs");
    let manifest = text(&folder.join("plugin.toml"));
    write(&folder.join("plugin.toml"), manifest + &pack(r#"{"type":"object"}"#));
    let normal = text(&folder.join("cases/normal.json"));
    for (name, limits) in
        [("a.json", "[]"), ("b.json", r#"{"potassium":5.55555555555555555}"#), ("c.json", r#"{"k":5.5}"#)]
    {
        let case = normal.replacen('{', &format!("{{ \"packs\": {{ \"limits\": {limits} }},"), 1);
        write(&folder.join("cases").join(name), case);
    }
    let report = test(&folder, &cargo()).unwrap();
    let verdicts: Vec<Verdict> = report.cases.iter().take(3).map(|case| case.verdict).collect();
    assert_eq!(verdicts, [Verdict::Failed, Verdict::Failed, Verdict::Passed], "{report}");
    assert!(report.to_string().contains("`limits` has more than 30 bytes"), "{report}");
}

#[test]
fn a_pack_that_no_host_takes_is_not_signed() {
    let place = TempDir::new().unwrap();
    let at = |name: &str| place.path().join(name);
    new_project(ID, &at("x"), Language::Rust).unwrap();
    let manifest = at("x").join("plugin.toml");
    write(&manifest, text(&manifest) + &pack(r#"{"type":"object"}"#));
    let key = new_key(&at("publisher.pem"), [7; 32]).unwrap().secret;
    let signs = |contents: &str, name: &str, version: &str| {
        write(&at("limits.json"), contents);
        let name = EntryName::new(name).unwrap();
        let notes = PackNotes { name: &name, version, serial: Some(1), issued: Timestamp::UNIX_EPOCH };
        pack_sign(&at("limits.json"), &manifest, &key, &notes).map(|_| ())
    };
    assert!(matches!(signs("{}", "others", "1"), Err(PackSignError::Unknown(_))));
    assert!(matches!(signs("[]", "limits", "1"), Err(PackSignError::Contents(_))));
    assert!(matches!(signs("{", "limits", "1"), Err(PackSignError::Contents(_))));
    let large = format!("{{}}{}", " ".repeat(29));
    assert!(matches!(signs(&large, "limits", "1"), Err(PackSignError::TooLarge { found: 31, most: 30 })));
    assert!(matches!(signs("{}", "limits", ""), Err(PackSignError::Sign(_))), "a version is 1 to 64 characters");
    assert!(!at("limits.pack").exists());
    assert!(signs("{}", "limits", "1").is_ok() && at("limits.pack").exists());
}

/// A new project of its own, to be spoilt. The id is another one, so that no component is replaced.
fn spoilt(id: &str) -> (TempDir, PathBuf) {
    let place = TempDir::new().unwrap();
    let folder = place.path().join("x");
    new_project(id, &folder, Language::Rust).unwrap();
    (place, folder)
}

#[test]
fn a_plugin_that_reaches_outside_the_contract_does_not_build() {
    let (_place, folder) = spoilt("org.example.clock");
    let outside = "unsafe extern \"C\" { fn clock() -> i64; }
        #[unsafe(no_mangle)] pub extern \"C\" fn now() -> i64 { unsafe { clock() } }";
    write(&folder.join("src/lib.rs"), format!("{}\n{outside}\n", text(&folder.join("src/lib.rs"))));
    let error = build(&folder, &cargo()).unwrap_err();
    assert!(matches!(&error, BuildError::Module(said) if said.contains("clock")), "{error}");
}

#[test]
fn a_project_that_makes_no_core_module_is_told_what_it_lacks() {
    let (_place, folder) = spoilt("org.example.library");
    let manifest = text(&folder.join("Cargo.toml")).replace("\"cdylib\", ", "");
    write(&folder.join("Cargo.toml"), manifest);
    assert!(matches!(build(&folder, &cargo()), Err(BuildError::Cargo(CargoError::NoModule))));
}

#[test]
fn a_failed_case_fails_the_test_and_the_others_still_run() {
    let (_place, folder) = spoilt("org.example.failing");
    let high = folder.join("cases/high.json");
    write(&high, text(&high).replace("\"warning\"", "\"info\""));
    let normal = folder.join("cases/normal.json");
    write(&normal, text(&normal).replacen('{', "{ \"allergies\": [],", 1));
    let report = test(&folder, &cargo()).unwrap();
    let verdicts: Vec<Verdict> = report.cases.iter().map(|case| case.verdict).collect();
    assert_eq!(verdicts, [Verdict::Failed, Verdict::Failed, Verdict::Passed, Verdict::Passed], "{report}");
    // The case is not one natively either.
    assert_eq!((report.verdict, report.native.verdict), (Verdict::Failed, Verdict::Failed));
    assert!(report.to_string().contains("unknown field `allergies`"), "{report}");
}

#[test]
fn a_plugin_without_a_case_is_not_tested() {
    let (_place, folder) = spoilt("org.example.untested");
    std::fs::remove_dir_all(folder.join("cases")).unwrap();
    std::fs::create_dir(folder.join("cases")).unwrap();
    assert!(matches!(test(&folder, &cargo()), Err(TestError::NoCases)));
}

#[test]
fn a_component_that_imports_wasi_is_neither_shown_nor_signed() {
    let place = TempDir::new().unwrap();
    let (folder, _) = project();
    let manifest = folder.join("plugin.toml");
    let component = place.path().join("clock.wasm");
    write(&component, wat::parse_str(WASI).unwrap());
    let shown = inspect(&component, &About::Manifest(manifest.clone())).unwrap_err().to_string();
    assert!(
        shown.contains("imports `wasi:clocks/wall-clock@0.2.0`") && shown.contains("plugin.toml line 6"),
        "{shown}"
    );
    let key = new_key(&place.path().join("publisher.pem"), [7; 32]).unwrap();
    assert!(sign(&component, &manifest, &key.secret).is_err());
    assert!(!names(place.path()).contains(&"clock.dsse.json".to_owned()));
}

#[test]
fn a_manifest_that_no_host_accepts_is_not_signed() {
    let place = TempDir::new().unwrap();
    let (folder, built) = project();
    let component = place.path().join("x.wasm");
    write(&component, read(&built.component));
    write(&place.path().join("plugin.toml"), text(&folder.join("plugin.toml")).replace("newest", "latest"));
    let key = new_key(&place.path().join("publisher.pem"), [7; 32]).unwrap();
    let error = sign(&component, &place.path().join("plugin.toml"), &key.secret).unwrap_err().to_string();
    assert!(error.contains("line 25: unknown field `latest`"), "{error}");
    assert!(!names(place.path()).contains(&"x.dsse.json".to_owned()));
}

#[test]
fn an_envelope_about_another_component_is_not_shown() {
    let place = TempDir::new().unwrap();
    let (folder, built) = project();
    let component = place.path().join("x.wasm");
    write(&component, read(&built.component));
    let key = new_key(&place.path().join("publisher.pem"), [7; 32]).unwrap();
    let package = sign(&component, &folder.join("plugin.toml"), &key.secret).unwrap();
    write(&component, wat::parse_str(WASI).unwrap());
    let error = inspect(&component, &About::Envelope(package.envelope)).unwrap_err().to_string();
    assert!(error.contains("sign again"), "{error}");
}
