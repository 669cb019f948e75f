//! From an empty folder to a package that a hospital's host verifies.

use std::os::unix::fs::PermissionsExt as _;

use cordon_author::{About, PackNotes, inspect, new_key, pack_sign, sign, test};
use cordon_core::ids::{Digest, EntryName};
use cordon_testkit::Verdict;
use cordon_trust::key::PublicKey;
use cordon_trust::pack::{ExpectedPack, verify_pack};
use cordon_trust::store::{Namespace, TrustStore, TrustedKey};
use cordon_trust::verify::verify;
use jiff::Timestamp;
use tempfile::TempDir;

use crate::workshop::{ID, cargo, project, read, text, write};

#[test]
fn a_new_project_passes_its_tests_natively_and_as_a_component() {
    let (folder, built) = project();
    let report = test(folder, &cargo()).unwrap();
    assert_eq!(report.verdict, Verdict::Passed, "{report}");
    let cases: Vec<&str> = report.cases.iter().map(|case| case.case.as_str()).collect();
    assert_eq!(cases, ["high.json", "normal.json", "other-unit.json", "record.json"]);
    assert!(report.cases.iter().all(|case| case.fuel > 0 && case.memory > 0));
    // The same sources give the same component.
    assert_eq!(report.built.digest, built.digest);
    assert_eq!(serde_json::to_value(&report).unwrap()["verdict"], "passed");
}

#[test]
fn a_built_component_imports_the_contract_alone() {
    let (folder, built) = project();
    let inspection = inspect(&built.component, &About::Manifest(folder.join("plugin.toml"))).unwrap();
    assert!(inspection.imports.iter().all(|name| name.starts_with("cordon:clinical/")), "{inspection}");
    assert_eq!((inspection.digest, inspection.size), (Digest::of(&read(&built.component)), built.size));
    assert_eq!(inspection.needs.len(), 1);
    let shown = inspection.to_string();
    assert!(shown.contains("Observation of the patient in context, with code http://loinc.org|2823-3"), "{shown}");
    assert!(shown.contains("can send data to its maker: no"), "{shown}");
}

/// What a manifest can ask for beside needs.
const MORE: &str = r#"
[[cell]]
name = "seen"
size = 64
why = "So as not to say it twice."

[[pack]]
name = "limits"
schema = '{"type":"object"}'
most-bytes = 1000
url = "https://packs.example.org/limits.json"
why = "Limits change."

[[note]]
code = 7
text = "No unit"

[[template]]
name = "high"
indicator = "warning"
summary = { en = "Potassium {value}" }
slot.value = { number = { min = "0", max = "10", step = "0.1", unit = "mmol/L" } }

[[proposal]]
name = "repeat"
description = "Repeat potassium"
resource = '{"resourceType":"ServiceRequest","status":"draft","intent":"proposal","code":{"text":"Potassium"}}'
system-action = true
"#;

#[test]
fn all_that_a_manifest_asks_for_is_shown_with_what_it_lets_out() {
    let (folder, built) = project();
    let place = TempDir::new().unwrap();
    let manifest = place.path().join("plugin.toml");
    let templated = text(&folder.join("plugin.toml")).replace("mode = \"text\"", "mode = \"templated\"");
    write(&manifest, format!("{templated}{MORE}"));
    let shown = inspect(&built.component, &About::Manifest(manifest)).unwrap().to_string();
    for line in [
        "keeps the cell seen: 64 bytes. Why: So as not to say it twice.",
        "reads its publisher's pack limits: at most 1000 bytes, brought as a file or fetched from https://packs.example.org",
        "the template high (Warning): Potassium {value}; value is a number from 0.0 to 10.0 mmol/L in steps of 0.1",
        "may have stored unasked, if granted, repeat, a ServiceRequest",
        "may note to the operators 7: No unit",
        "to this plugin, in later calls of the same patient, purpose and clearance, at most 513 bits: cell `seen`: 64 bytes",
        "to its publisher: that this host fetches a data pack once a day, whatever happens here; nothing that depends on a patient",
    ] {
        assert!(shown.contains(line), "{line}\n{shown}");
    }
}

#[test]
fn a_signed_package_is_one_that_a_hospital_verifies() {
    let (folder, built) = project();
    let place = TempDir::new().unwrap();
    let component = place.path().join(format!("{ID}.wasm"));
    write(&component, read(&built.component));
    let key = new_key(&place.path().join("publisher.pem"), [7; 32]).unwrap();
    let package = sign(&component, &folder.join("plugin.toml"), &key.secret).unwrap();
    assert_eq!(package.envelope, place.path().join(format!("{ID}.dsse.json")));

    let mut store = TrustStore::default();
    let public = PublicKey::parse(&text(&key.public)).unwrap();
    store.add(TrustedKey { key: public, namespace: Namespace::new("org.example").unwrap(), revoked: false }).unwrap();
    let verified = verify(&read(&package.envelope), &read(&component), &store).unwrap();
    assert_eq!((verified.manifest().id.as_str(), verified.key()), (ID, &key.key));

    let inspection = inspect(&component, &About::Envelope(package.envelope)).unwrap();
    assert_eq!(inspection.signed_by, [key.key]);
}

#[test]
fn a_signed_pack_is_one_that_a_hospital_verifies() {
    let (folder, _) = project();
    let place = TempDir::new().unwrap();
    let at = |name: &str| place.path().join(name);
    let templated = text(&folder.join("plugin.toml")).replace("mode = \"text\"", "mode = \"templated\"");
    write(&at("plugin.toml"), format!("{templated}{MORE}"));
    write(&at("limits.json"), r#"{"potassium":5.5}"#);
    let key = new_key(&at("publisher.pem"), [7; 32]).unwrap();
    let name = EntryName::new("limits").unwrap();
    let issued: Timestamp = "2026-10-01T12:00:00.5Z".parse().unwrap();
    let notes = PackNotes { name: &name, version: "2026-10", serial: None, issued };
    let signed = pack_sign(&at("limits.json"), &at("plugin.toml"), &key.secret, &notes).unwrap();
    assert_eq!((signed.file.clone(), signed.serial), (at("limits.pack"), 1_790_856_000), "issued, in seconds");

    let mut store = TrustStore::default();
    let public = PublicKey::parse(&text(&key.public)).unwrap();
    store.add(TrustedKey { key: public, namespace: Namespace::new("org.example").unwrap(), revoked: false }).unwrap();
    let expected = ExpectedPack { plugin: &signed.plugin, pack: &name, most_bytes: 1000, newest: None };
    let verified = verify_pack(&read(&signed.file), &expected, &store).unwrap();
    assert_eq!((verified.bytes(), verified.digest()), (read(&at("limits.json")).as_slice(), signed.digest));
    assert_eq!((verified.claim().version.as_str(), verified.key()), ("2026-10", &key.key));
}

#[test]
fn a_secret_key_is_for_its_owner_and_is_never_overwritten() {
    let place = TempDir::new().unwrap();
    let path = place.path().join("publisher.pem");
    let key = new_key(&path, [7; 32]).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let before = (text(&path), text(&key.public));
    assert!(new_key(&path, [8; 32]).unwrap_err().to_string().contains("never overwritten"));
    assert_eq!((text(&path), text(&key.public)), before);
    assert!(!format!("{key:?} {key}").contains("PRIVATE"));
}
