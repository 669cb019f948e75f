//! The attacks of the threat model that end at a view, by their ids. Each is an attacker and an oracle: the same oracle says
//! that nothing leaks, and, in the build where the check can be taken out, that without it something does.

use std::collections::BTreeSet;

use cordon_core::call::{Prefetch, Purpose};
use cordon_core::grant::Grant;
use cordon_core::ids::{PluginId, Role};
use cordon_faults::without;
use cordon_fhir::scope::Scope;
use cordon_ni::dice::Dice;
use cordon_ni::generate::{lab, letter, need, problem, tenant};
use cordon_ni::run::run;
use cordon_ni::world::{PATIENT, TENANT, World};
use serde_json::{Value, json};

use crate::attacks::attacks;

pub(crate) const PLANTED: &str = "planted";

/// A plain world: everything is granted, for treatment, and nothing is in the record.
pub(crate) fn plain() -> World {
    let mut world = cordon_ni::generate::world(&mut Dice::new(1), false);
    world.grant = Grant::whole(&world.manifest);
    world.purpose = Purpose::Treatment;
    world.roles = BTreeSet::new();
    world.stored.clear();
    world.prefetch.clear();
    world.drafts.clear();
    world.selections.clear();
    world
}

pub(crate) fn sends(world: &mut World, name: &str, rows: Vec<Value>) {
    world.prefetch.insert(need(name), Prefetch::all(rows));
}

/// A creatinine result whose unit is planted: the unit is listed, so whoever sees the row sees it.
pub(crate) fn planted(patient: &str) -> Value {
    let mut row = lab(&mut Dice::new(2), "x", patient, "2160-0");
    row["valueQuantity"]["unit"] = json!(PLANTED);
    row
}

fn tells(world: &World) -> bool {
    run(world).unwrap().tells(PLANTED)
}

fn role(name: &str) -> BTreeSet<Role> {
    BTreeSet::from([Role::new(name).unwrap()])
}

/// The patient denies everything.
pub(crate) fn denial() -> Value {
    json!({ "resourceType": "Consent", "id": "no", "status": "active",
        "patient": { "reference": "Patient/p" }, "dateTime": "2021-01-01",
        "scope": { "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy" }] },
        "category": [{ "coding": [{ "system": "http://loinc.org", "code": "59284-0" }] }],
        "provision": { "type": "deny" } })
}

/// The same plugin with cards that are signed: what is restricted is for no other (`core::clearance`). Its guest writes free
/// text, so none of its cards leaves; what it is told is what these tests look at.
pub(crate) fn signed_cards(mut world: World) -> World {
    world.manifest.cards.mode = cordon_core::manifest::CardMode::Templated;
    world
}

pub(crate) fn hiv() -> Value {
    let mut row = planted(PATIENT);
    row["code"]["coding"][0]["code"] = json!("20447-9");
    row
}

attacks! {
    // A client (or a FHIR server that ignores a parameter) sends rows that the need's query does not give.
    rd_01_rows_outside_the_query without NeedUnchecked => || {
        let mut world = plain();
        let mut row = planted(PATIENT);
        row["category"][0]["coding"][0]["code"] = json!("vital-signs");
        sends(&mut world, "labs", vec![row]);
        tells(&world)
    };
    rd_02_another_patients_row without ForeignKept => || {
        let mut world = plain();
        sends(&mut world, "labs", vec![planted("q")]);
        tells(&world)
    };
    rd_02_a_reference_out_of_view without Dangling => || {
        let mut world = plain();
        let mut row = problem(&mut Dice::new(3), "c", PATIENT, "I10");
        row["evidence"][0]["detail"][0]["reference"] = json!("Observation/planted");
        sends(&mut world, "problems", vec![row]);
        tells(&world)
    };
    // A second patient's bundle beside the right one: the plugin's world is that of a clean client, byte for byte.
    rd_04_a_second_patients_bundle without ForeignKept => || {
        let mut clean = plain();
        sends(&mut clean, "labs", vec![planted(PATIENT)]);
        let mut dirty = clean.clone();
        let mut foreign = planted("q");
        foreign["id"] = json!("y");
        sends(&mut dirty, "labs", vec![foreign, planted(PATIENT)]);
        run(&clean).unwrap() != run(&dirty).unwrap()
    };
    rd_05_a_sensitive_row_by_its_label without LabelIgnored => || {
        let mut world = signed_cards(plain());
        sends(&mut world, "labs", vec![hiv()]);
        tells(&world)
    };
    // Not its content but that there is one: by the limit, the count, the order, the ids, the fuel.
    rd_05_that_there_is_a_sensitive_row without LimitFirst => || {
        let dice = &mut Dice::new(4);
        let without_it: Vec<Value> = (0..6).map(|at| lab(dice, &format!("o{at}"), PATIENT, "2160-0")).collect();
        let mut with_it = without_it.clone();
        with_it.insert(0, hiv());
        let seen = |rows| {
            let mut world = plain();
            world.manifest = cordon_ni::generate::limited(2);
            world = signed_cards(world);
            sends(&mut world, "labs", rows);
            run(&world).unwrap()
        };
        seen(without_it) != seen(with_it)
    };
    rd_05_the_id_of_a_row without IdKept => || {
        let mut world = plain();
        let mut row = lab(&mut Dice::new(7), PLANTED, PATIENT, "2160-0");
        row["effectiveDateTime"] = json!("2021-01-01");
        sends(&mut world, "labs", vec![row]);
        tells(&world)
    };
    // Nothing is there to be seen in either; that the patient denied it is nobody's business.
    rd_05_that_a_need_was_denied without ViewMissing => || {
        let silent = plain();
        let mut denied = silent.clone();
        denied.stored.push((tenant(TENANT), denial()));
        let sent = |mut world: World| {
            for name in ["labs", "problems", "drugs", "patient", "letters"] {
                sends(&mut world, name, vec![]);
            }
            run(&world).unwrap()
        };
        sent(silent) != sent(denied)
    };
    rd_06_what_the_patient_denied without ConsentIgnored => || {
        let mut world = plain();
        world.stored.push((tenant(TENANT), denial()));
        sends(&mut world, "labs", vec![planted(PATIENT)]);
        tells(&world)
    };
    rd_07_a_purpose_that_was_not_granted without PurposeIgnored => || {
        let mut world = plain();
        world.grant.purposes = BTreeSet::from([Purpose::EmergencyTreatment]);
        sends(&mut world, "labs", vec![planted(PATIENT)]);
        tells(&world)
    };
    rd_08_narrative_and_extensions without UnboundedKept => || {
        let mut world = plain();
        let mut row = lab(&mut Dice::new(5), "x", PATIENT, "2160-0");
        row["text"] = json!({ "status": "generated", "div": "<div>planted</div>" });
        row["valueQuantity"]["extension"] = json!([{ "url": "x", "valueString": PLANTED }]);
        sends(&mut world, "labs", vec![row]);
        tells(&world)
    };
    rd_08_free_text_beside_a_code without TextKept => || {
        let mut world = plain();
        let mut row = lab(&mut Dice::new(5), "x", PATIENT, "2160-0");
        row["code"]["text"] = json!(PLANTED);
        row["code"]["coding"][0]["display"] = json!(PLANTED);
        sends(&mut world, "labs", vec![row]);
        tells(&world)
    };
    rd_08_an_attachment without ElementsKept => || {
        let mut world = plain();
        let mut row = letter(&mut Dice::new(5), "x", PATIENT, "34133-9");
        row["content"][0]["attachment"]["title"] = json!(PLANTED);
        sends(&mut world, "letters", vec![row]);
        tells(&world)
    };
    rd_09_a_parameter_nobody_knows without UnknownParameterIgnored => || {
        Scope::parse("patient/Observation.rs?_filter=code%20eq%20x").is_ok()
    };
    // The value of an element that is not listed, from the order of rows that read the same.
    rd_10_a_hidden_value_from_the_order without OrderByHidden => || {
        let dice = &mut Dice::new(6);
        let rows: Vec<Value> = (0..4).map(|at| {
            let mut row = lab(dice, &format!("o{at}"), PATIENT, "2160-0");
            row["effectiveDateTime"] = json!("2021-01-01");
            row
        }).collect();
        let seen = |hidden: usize| {
            let mut rows = rows.clone();
            rows[0]["issued"] = json!(format!("2021-01-{:02}T00:00:00Z", 1 + hidden));
            let mut world = plain();
            sends(&mut world, "labs", rows);
            run(&world).unwrap()
        };
        (1..20).any(|hidden| seen(0) != seen(hidden))
    };
    // A decision that was kept for one user answers for another.
    co_03_a_kept_decision_for_another_user without FactsShared => || {
        let mut world = reviewed();
        world.roles = ["restricted-records", "hiv-care"].into_iter().map(|name| Role::new(name).unwrap()).collect();
        assert!(tells(&world), "the first user may see it");
        world.roles = role("restricted-records");
        tells(&world)
    };
    // A plugin that may see a row has looked at it; another one, which may not, is observed.
    co_07_a_kept_decision_for_another_plugin without FactsShared => || {
        let mut world = reviewed();
        world.roles = ["restricted-records", "hiv-care"].into_iter().map(|name| Role::new(name).unwrap()).collect();
        assert!(tells(&world), "the first plugin may see it");
        world.manifest.id = PluginId::new("org.example.tells").unwrap();
        tells(&world)
    };
}

/// A world in which the plugin is of a reviewed publisher and a sensitive row was sent.
pub(crate) fn reviewed() -> World {
    let mut world = signed_cards(plain());
    world.manifest.id = PluginId::new("com.example.reviewed.tells").unwrap();
    sends(&mut world, "labs", vec![hiv()]);
    world
}

#[test]
fn co_07_what_one_plugin_saw_changes_nothing_for_another() {
    let _whole = without(None);
    let observed = |first: Vec<Value>| {
        let mut one = plain();
        sends(&mut one, "labs", first);
        run(&one).unwrap();
        let mut other = plain();
        other.manifest.id = PluginId::new("com.example.reviewed.tells").unwrap();
        sends(&mut other, "labs", vec![planted(PATIENT)]);
        run(&other).unwrap()
    };
    assert_eq!(observed(vec![]), observed(vec![planted(PATIENT), hiv()]));
}

#[test]
fn what_the_attacks_plant_is_seen_where_it_may_be() {
    let _whole = without(None);
    let marked = cordon_core::label::Labels::mark(cordon_ni::world::labels().as_ref(), &planted(PATIENT));
    assert_eq!(marked.label, cordon_core::label::Label::NORMAL, "{marked:?}");
    let mut world = plain();
    sends(&mut world, "labs", vec![planted(PATIENT)]);
    assert!(tells(&world), "{:?}", run(&world).unwrap());
}
