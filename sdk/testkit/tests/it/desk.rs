//! A desk with a guest, and what comes out when all is well.

use cordon_core::record::Outcome;
use cordon_testkit::{Case, CaseReport, Desk, DeskError, Verdict};
use serde_json::{Value, json};

pub(crate) const MANIFEST: &str = r#"
id = "org.example.probe"
version = "1.0.0"
wit = "cordon:clinical@0.2.0"
title = { en = "Probe" }
description = { en = "Tells what it sees." }
intended-use = "Testing."
publisher = "Example"
contact = "mail@example.org"
source = { label = "Probe" }
cards = { mode = "text" }

[[service]]
id = "probe"
hook = "patient-view"
description = "Tells what it sees."

[[need]]
name = "labs"
scope = "patient/Observation.rs"
elements = ["code"]
why = "Testing."
"#;

/// A desk with a guest of `tests/guests`.
pub(crate) fn desk(guest: &str) -> Desk {
    Desk::new(&cordon_guest_build::guest(guest).unwrap(), MANIFEST).unwrap()
}

pub(crate) fn observation(id: &str, patient: &str) -> Value {
    json!({"resourceType": "Observation", "id": id, "status": "final", "subject": {"reference": format!("Patient/{patient}")},
        "code": {"coding": [{"system": "http://loinc.org", "code": "2160-0"}]}})
}

/// Runs one case of patient `p1`: the call, with these members beside it.
pub(crate) fn run(guest: &str, members: &Value) -> CaseReport {
    let mut case = json!({"hook": "patient-view", "service": "probe", "patient": "p1"});
    case.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    desk(guest).run("case", &Case::parse(&case.to_string(), &|_| None).unwrap()).unwrap()
}

#[test]
fn a_component_that_no_host_admits_has_no_desk() {
    assert!(matches!(Desk::new(b"\0asm", MANIFEST), Err(DeskError::Component(_))));
    let component = cordon_guest_build::guest("reads_the_labs").unwrap();
    let unknown = MANIFEST.replace("version =", "egress = true\nversion =");
    assert!(matches!(Desk::new(&component, &unknown), Err(DeskError::Manifest(_))));
}

#[test]
fn a_record_is_searched_for_one_patient_alone() {
    let resources = [observation("a", "p1"), observation("b", "p1"), observation("c", "p2")];
    let expect = json!({"cards": [{"summary-contains": "2 of 2 labs"}]});
    let report = run("reads_the_labs", &json!({"resources": resources, "expect": expect}));
    assert_eq!((report.verdict, &report.outcome), (Verdict::Passed, &Some(Outcome::Answered)), "{report}");
    assert_eq!(report.rows.values().copied().collect::<Vec<_>>(), [2]);
    assert!(report.fuel > 0 && report.fuel <= report.fuel_limit && report.memory > 0);
}

#[test]
fn the_encounter_and_the_roles_are_given_as_rows_of_their_needs() {
    let need = |name: &str, elements: &str| {
        format!(
            "[[need]]\nname = \"{name}\"\nsource = \"context.{name}\"\nelements = [{elements}]\nwhy = \"Testing.\"\n"
        )
    };
    let manifest = format!("{MANIFEST}\n{}\n{}", need("encounter", "\"status\""), need("user", "\"code\""));
    let desk = Desk::new(&cordon_guest_build::guest("reads_the_labs").unwrap(), &manifest).unwrap();
    let encounter =
        json!({"resourceType": "Encounter", "id": "e", "status": "planned", "subject": {"reference": "Patient/p1"}});
    let role = json!({"resourceType": "PractitionerRole", "code": [{"coding": [{"system": "s", "code": "doctor"}]}]});
    let given = |needs: Value| {
        let case = json!({"hook": "patient-view", "service": "probe", "patient": "p1", "needs": needs, "expect": {"cards": [{}]}});
        let case = Case::parse(&case.to_string(), &|_| None).unwrap();
        desk.run("case", &case).unwrap().rows.values().copied().collect::<Vec<_>>()
    };
    assert_eq!(given(json!({"encounter": [encounter], "user": [role], "labs": [observation("a", "p1")]})), [1, 1, 1]);
    assert_eq!(given(json!({})), [0, 0, 0]);
}

#[test]
fn rows_given_by_need_go_the_same_way() {
    let expect = json!({"cards": [{"summary-contains": "1 of 1 labs"}]});
    let report = run("reads_the_labs", &json!({"needs": {"labs": [observation("a", "p1")]}, "expect": expect}));
    assert_eq!(report.verdict, Verdict::Passed, "{report}");
}

#[test]
fn a_need_without_rows_is_an_empty_view() {
    let expect = json!({"cards": [{"summary-contains": "0 of 0 labs"}]});
    for given in [json!({"needs": {}, "expect": expect}), json!({"resources": [], "expect": expect})] {
        assert_eq!(run("reads_the_labs", &given).verdict, Verdict::Passed);
    }
}

#[test]
fn an_expected_trap_is_a_passed_case() {
    let expect = json!({"outcome": {"trapped": "fuel"}});
    assert_eq!(run("loops_forever", &json!({"needs": {}, "expect": expect})).verdict, Verdict::Passed);
}
