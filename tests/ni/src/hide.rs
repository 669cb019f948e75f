//! Changes what a plugin may not see. Each way of hiding says why its rows are hidden in the world at hand, without asking the
//! code under test: it is so by construction, or the way does not apply.

use cordon_core::call::{Prefetch, Purpose};
use cordon_core::manifest::OnWithheld;
use serde_json::{Value, json};

use crate::dice::Dice;
use crate::generate::{date, drug, kind_of, lab, letter, need, problem, tenant};
use crate::world::{PATIENT, TENANT, World};

/// Why something is hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hidden {
    /// Its label is above what the roles may see.
    Label,
    /// The patient denied it.
    Consent,
    /// No need asks for it, or less was granted.
    Scope,
    /// It is another tenant's.
    Tenant,
    /// It is another patient's.
    Patient,
    /// It is an element that the need does not list.
    Element,
    /// It is a draft that may not be seen.
    Context,
    /// It came in a prefetch that was not complete, so it was not used.
    Truncated,
    /// The call's purpose is not the grant's: all of the record is hidden.
    Purpose,
    /// It has the id of a visible row.
    SameId,
}

impl Hidden {
    /// All ways.
    pub const ALL: [Self; 10] = [
        Self::Label,
        Self::Consent,
        Self::Scope,
        Self::Tenant,
        Self::Patient,
        Self::Element,
        Self::Context,
        Self::Truncated,
        Self::Purpose,
        Self::SameId,
    ];
}

/// Changes something hidden in this way; `false` when there is nothing of the kind to hide in this world.
pub fn hide(world: &mut World, how: Hidden, dice: &mut Dice) -> bool {
    match how {
        Hidden::Label => labelled(world, dice),
        Hidden::Consent => denied(world, dice),
        Hidden::Scope => unasked(world, dice),
        Hidden::Tenant => foreign_tenant(world, dice),
        Hidden::Patient => foreign_patient(world, dice),
        Hidden::Element => elements(world, dice),
        Hidden::Context => drafts(world, dice),
        Hidden::Truncated => truncated(world, dice),
        Hidden::Purpose => purpose(world, dice),
        Hidden::SameId => same_id(world, dice),
    }
}

/// Rows go where the need they are of is read from: both, so that it does not matter which one answers.
fn add(world: &mut World, name: &str, row: Value, dice: &mut Dice) {
    if let Some(Prefetch::Rows { rows, .. }) = world.prefetch.get_mut(&need(name)) {
        let at = dice.below(rows.len().saturating_add(1));
        rows.insert(at, row.clone().into());
    }
    let at = dice.below(world.stored.len().saturating_add(1));
    world.stored.insert(at, (tenant(TENANT), row));
}

fn some_id(dice: &mut Dice) -> String {
    format!("{}{}", dice.pick(&["a", "h", "zz", "o", "c9"]), 100 + dice.below(900))
}

fn lacks(world: &World, role: &str) -> bool {
    world.roles.iter().all(|held| held.as_str() != role)
}

/// HIV, psychiatry and substance use are forbidden without their roles (the shipped policy), and are restricted besides.
fn labelled(world: &mut World, dice: &mut Dice) -> bool {
    let mut ways: Vec<(&str, &str)> = Vec::new();
    if lacks(world, "hiv-care") {
        ways.extend([("labs", "20447-9"), ("problems", "B20"), ("drugs", "J05AR02")]);
    }
    if lacks(world, "psychiatry") {
        ways.push(("problems", "F20.0"));
    }
    if lacks(world, "addiction-care") {
        ways.push(("problems", "F11.2"));
    }
    if ways.is_empty() {
        return false;
    }
    for _ in 0..=dice.below(3) {
        let (name, code) = *dice.pick(&ways);
        let id = some_id(dice);
        let row = match name {
            "labs" => lab(dice, &id, PATIENT, code),
            "problems" => problem(dice, &id, PATIENT, code),
            _ => drug(dice, &id, PATIENT, code, "active"),
        };
        add(world, name, row, dice);
    }
    true
}

/// What the world's consent denies: its exception says what.
fn denied(world: &mut World, dice: &mut Dice) -> bool {
    let said = world.stored.iter().find(|(_, row)| row["resourceType"] == "Consent").map(|(_, row)| row.clone());
    let Some(exception) = said.map(|said| said["provision"]["provision"][0].clone()) else { return false };
    let id = some_id(dice);
    if exception.get("class").is_some() {
        let row = letter(dice, &id, PATIENT, "34133-9");
        add(world, "letters", row, dice);
    } else if exception.get("code").is_some() {
        let row = problem(dice, &id, PATIENT, "N18.3");
        add(world, "problems", row, dice);
    } else {
        let row = problem(dice, &id, PATIENT, "F32.1");
        add(world, "problems", row, dice);
    }
    true
}

fn unasked(world: &mut World, dice: &mut Dice) -> bool {
    let id = some_id(dice);
    let narrowed = world.grant.needs.get(&need("labs")).is_some_and(|granted| granted.within.is_some());
    match dice.below(3) {
        0 if narrowed => {
            let row = lab(dice, &id, PATIENT, "718-7");
            add(world, "labs", row, dice);
        }
        1 => {
            let row = drug(dice, &id, PATIENT, "C07AB02", "stopped");
            add(world, "drugs", row, dice);
        }
        _ => {
            let mut row = lab(dice, &id, PATIENT, "8867-4");
            row["category"][0]["coding"][0]["code"] = json!("vital-signs");
            add(world, "labs", row, dice);
        }
    }
    true
}

fn row_of(name: &str, id: &str, patient: &str, dice: &mut Dice) -> Value {
    match name {
        "labs" => lab(dice, id, patient, "2160-0"),
        "problems" => problem(dice, id, patient, "I10"),
        "drugs" => drug(dice, id, patient, "A10BA02", "active"),
        _ => letter(dice, id, patient, "34133-9"),
    }
}

const RECORDS: [&str; 4] = ["labs", "problems", "drugs", "letters"];

fn foreign_tenant(world: &mut World, dice: &mut Dice) -> bool {
    let (name, id) = (*dice.pick(&RECORDS), some_id(dice));
    let row = row_of(name, &id, PATIENT, dice);
    let at = dice.below(world.stored.len().saturating_add(1));
    world.stored.insert(at, (tenant("other"), row));
    true
}

fn foreign_patient(world: &mut World, dice: &mut Dice) -> bool {
    let (name, id) = (*dice.pick(&RECORDS), some_id(dice));
    let row = row_of(name, &id, "q", dice);
    add(world, name, row, dice);
    true
}

/// Elements that no need lists, in words that no label rule knows.
fn elements(world: &mut World, dice: &mut Dice) -> bool {
    let mut changed = false;
    let tick = dice.below(1_000_000);
    let mut plant = |row: &mut Value| {
        if row["resourceType"] != "Observation" {
            return;
        }
        changed = true;
        row["issued"] = json!(format!("{}T00:00:00Z", date(dice)));
        row["identifier"] = json!([{ "system": "urn:x", "value": format!("planted-{tick}") }]);
        row["note"] = json!([{ "text": format!("planted-{tick}") }]);
        row["extension"] = json!([{ "url": "http://example.org/x", "valueString": format!("planted-{tick}") }]);
        row["meta"] = json!({ "versionId": tick.to_string(), "lastUpdated": format!("{}T00:00:00Z", date(dice)) });
        row["specimen"] = json!({ "identifier": { "value": format!("planted-{tick}") } });
        // No need gives Encounters, so the reference leads out of view.
        row["encounter"] = json!({ "reference": format!("Encounter/planted-{tick}") });
        row["valueQuantity"]["extension"] = json!([{ "url": "x", "valueString": format!("planted-{tick}") }]);
    };
    world.stored.iter_mut().for_each(|(_, row)| plant(row));
    let sent = world.prefetch.values_mut().filter_map(|sent| match sent {
        Prefetch::Rows { rows, .. } => Some(rows),
        Prefetch::Null | Prefetch::Failed => None,
    });
    for sent in sent.flatten() {
        let mut row = sent.value().clone();
        plant(&mut row);
        *sent = row.into();
    }
    changed
}

fn drafts(world: &mut World, dice: &mut Dice) -> bool {
    let id = some_id(dice);
    let hiv = lacks(world, "hiv-care") && dice.one_in(2);
    let row = if hiv { drug(dice, &id, PATIENT, "J05AR02", "draft") } else { drug(dice, &id, "q", "A10BA02", "draft") };
    let at = dice.below(world.drafts.len().saturating_add(1));
    world.drafts.insert(at, row);
    if let Some(selected) = cordon_fhir::reference::Reference::parse(&format!("MedicationRequest/{id}")) {
        world.selections.push(selected);
    }
    true
}

fn truncated(world: &mut World, dice: &mut Dice) -> bool {
    let mut changed = false;
    for name in RECORDS {
        let id = some_id(dice);
        let row = row_of(name, &id, PATIENT, dice);
        if let Some(Prefetch::Rows { rows, complete: false }) = world.prefetch.get_mut(&need(name)) {
            rows.push(row.into());
            changed = true;
        }
    }
    changed
}

/// Research was not granted, so nothing of the record may show; and a source that fails must not show either.
fn purpose(world: &mut World, dice: &mut Dice) -> bool {
    if world.purpose != Purpose::Research {
        return false;
    }
    let (name, id) = (*dice.pick(&RECORDS), some_id(dice));
    let row = row_of(name, &id, PATIENT, dice);
    add(world, name, row, dice);
    if dice.one_in(2) {
        world.failing.insert(kind_of(name));
        world.prefetch.remove(&need(name));
    }
    true
}

/// A withheld row beside the visible one whose id it has, as a hostile client sends it.
fn same_id(world: &mut World, dice: &mut Dice) -> bool {
    if !lacks(world, "hiv-care") {
        return false;
    }
    let Some(Prefetch::Rows { rows, complete: true }) = world.prefetch.get_mut(&need("labs")) else { return false };
    let Some(id) = rows.first().and_then(|row| row.value()["id"].as_str()).map(str::to_owned) else { return false };
    rows.insert(0, lab(dice, &id, PATIENT, "20447-9").into());
    true
}

/// Whether the world has a need that abstains: then whether something is withheld is declared to show.
#[must_use]
pub fn abstains(world: &World) -> bool {
    world.manifest.needs.values().any(|need| match need.on_withheld {
        OnWithheld::Abstain => true,
        OnWithheld::Run => false,
    })
}
