//! What is printed for a developer or a log holds no patient data: not one letter of a canary comes out.

use std::collections::BTreeSet;

use cordon_core::call::HookCall;
use cordon_core::gather::{Gathered, gather};
use cordon_core::ids::{PatientId, Role};
use cordon_core::invoke::invoke;
use cordon_core::label::{Label, Labeled, NoRules};
use cordon_core::look::look;
use cordon_core::record::Private;
use cordon_fhir::reference::Reference;
use serde_json::json;

use crate::fakes::{PermitAll, Stored, World, advice, call, clearance, creatinine, patient, prefetched, whole};

const CANARY: &str = "Canary7";

/// A call with the canary wherever something of a patient or a user can stand.
fn canary() -> HookCall {
    let mut row = creatinine(CANARY, CANARY, "2021-01-01");
    row["code"]["coding"][0]["display"] = json!(CANARY);
    row["valueQuantity"]["unit"] = json!(CANARY);
    let mut call = call(&whole(), &prefetched(vec![row]));
    call.prefetch.insert(crate::fakes::need("patient"), crate::fakes::rows(vec![patient(CANARY)]));
    call.patient = PatientId::new(CANARY).unwrap();
    call.user = Reference::parse(&format!("Practitioner/{CANARY}"));
    call.encounter = Reference::parse(&format!("Encounter/{CANARY}"));
    call.selections = call.user.iter().cloned().collect();
    call.roles = BTreeSet::from([Role::new(CANARY).unwrap()]);
    call.hook_instance = CANARY.to_owned();
    call.draft_orders = vec![json!({"resourceType": "MedicationRequest", "id": CANARY}).into()];
    call
}

#[track_caller]
fn silent(printed: &str) {
    assert!(!printed.contains(CANARY), "{printed}");
    assert!(!printed.is_empty());
}

#[test]
fn a_call_a_clearance_and_views_print_counts() {
    silent(&format!("{:#?}", canary()));
    silent(&format!("{:?}", canary().prefetch));
    silent(&format!("{:?}", clearance(canary())));
    let gathered = gather(clearance(canary()), &Stored(None), &NoRules);
    assert!(matches!(gathered, Gathered::Ready(_)));
    silent(&format!("{gathered:?}"));
    let Gathered::Ready(views) = gathered else { return };
    // The canary is there to be printed.
    assert!(views.views().iter().any(|view| view.rows().any(|row| row.contains(CANARY))));
    silent(&format!("{views:#?}"));
}

#[test]
fn a_look_and_its_rows_print_counts() {
    let record = Stored(Some(vec![creatinine(CANARY, CANARY, "2021-01-01"), patient(CANARY)]));
    let look = look(canary(), &PermitAll, &record, &NoRules).unwrap();
    // Two of the record and two of the request.
    assert_eq!(look.rows.len(), 4);
    silent(&format!("{look:?}"));
    silent(&format!("{:?}", Labeled { label: Label::NORMAL, value: json!(CANARY) }));
}

#[test]
fn what_goes_to_a_run_and_comes_out_of_it_prints_counts() {
    let world = World::new(vec![advice(CANARY)]);
    let response = invoke(canary(), world.ports()).unwrap();
    silent(&format!("{response:?}"));
    silent(&format!("{:?}", world.runner.1.borrow()));
    let answer = cordon_core::message::Answer { cards: vec![advice(CANARY)], system_actions: Vec::new() };
    silent(&format!("{answer:?}"));
}

#[test]
fn a_record_prints_which_private_parts_it_has() {
    let world = World::new(Vec::new());
    let _ = invoke(canary(), world.ports()).unwrap();
    let records = world.book.0.borrow();
    assert_eq!(records[0].private.patient.as_deref(), Some(CANARY));
    silent(&format!("{:#?}", records[0]));
    let private = Private { feedback: Some(CANARY.to_owned()), ..Private::default() };
    assert_eq!(format!("{private:?}"), r#"Private{"feedback"}"#);
}
