//! What no host would install stops on the desk, and nothing half-made stays.

use cordon_author::{About, BuildError, Cargo, NewError, build, inspect, new_key, new_project, sign};
use tempfile::TempDir;

use crate::workshop::{ID, names, project, read, text, write};

/// A component that wants a clock.
const WASI: &str = r#"(component (import "wasi:clocks/wall-clock@0.2.0" (instance)))"#;

#[test]
fn a_folder_with_something_in_it_is_left_alone() {
    let place = TempDir::new().unwrap();
    write(&place.path().join("notes.txt"), "mine");
    assert!(matches!(new_project(ID, place.path()), Err(NewError::NotEmpty(_))));
    assert_eq!(names(place.path()), ["notes.txt"]);
}

#[test]
fn an_id_that_is_not_reverse_dns_makes_no_folder() {
    let place = TempDir::new().unwrap();
    for id in ["potassium", "example.potassium", "org.example.Potassium", "org.example./etc", ""] {
        let error = new_project(id, &place.path().join("x")).unwrap_err();
        assert!(error.to_string().contains("for example org.example.potassium"), "{error}");
    }
    assert!(names(place.path()).is_empty());
}

#[test]
fn an_empty_folder_is_filled_and_leaves_nothing_beside_it() {
    let place = TempDir::new().unwrap();
    let folder = place.path().join("empty");
    std::fs::create_dir(&folder).unwrap();
    new_project(ID, &folder).unwrap();
    assert_eq!(names(place.path()), ["empty"]);
    assert!(names(&folder).contains(&"plugin.toml".to_owned()));
}

#[test]
fn a_manifest_that_breaks_a_rule_stops_the_build_with_its_line() {
    let place = TempDir::new().unwrap();
    let folder = place.path().join("x");
    new_project(ID, &folder).unwrap();
    let manifest = text(&folder.join("plugin.toml")).replace("patient/Observation.rs", "patient/Observation.cruds");
    write(&folder.join("plugin.toml"), manifest);
    let error = build(&folder, &Cargo::default()).unwrap_err();
    assert!(matches!(error, BuildError::Refused(_)));
    assert!(error.to_string().starts_with("plugin.toml line 22: need `potassium`: malformed scope"), "{error}");
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
