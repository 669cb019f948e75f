//! Makes worlds. What is in them may or may not be visible: it is the same on both sides of a pair.

use std::collections::{BTreeMap, BTreeSet};

use cordon_core::call::{Prefetch, Purpose};
use cordon_core::grant::{Grant, GrantedNeed};
use cordon_core::ids::{NeedName, Role, TenantId};
use cordon_core::manifest::{CardMode, Manifest};
use cordon_fhir::reference::Reference;
use cordon_policy::cedar::DEFAULT;
use serde_json::{Value, json};

use crate::dice::Dice;
use crate::world::{PATIENT, TENANT, World};

const HEAD: &str = r#"
id = "org.example.tells"
version = "1.0.0"
wit = "cordon:clinical@0.3.0"
title = { en = "Tells" }
description = { en = "Tells everything." }
intended-use = "Testing."
publisher = "Example"
contact = "mail@example.org"
source = { label = "Tells" }
cards = { mode = "text" }
[[service]]
id = "tells"
hook = "order-select"
description = "Tells."
"#;

/// The needs: name, source, elements, whether they have a limit.
const NEEDS: [(&str, &str, &str, bool); 7] = [
    (
        "labs",
        r#"scope = "patient/Observation.rs?category=laboratory""#,
        r#""code", "status", "effectiveDateTime", "valueQuantity", "subject", "encounter", "category""#,
        true,
    ),
    (
        "problems",
        r#"scope = "patient/Condition.rs""#,
        r#""code", "clinicalStatus", "onsetDateTime", "evidence""#,
        false,
    ),
    (
        "drugs",
        r#"scope = "patient/MedicationRequest.rs?status=active""#,
        r#""medicationCodeableConcept", "status", "authoredOn", "reasonReference""#,
        true,
    ),
    ("patient", r#"scope = "patient/Patient.r""#, r#""birthDate", "gender""#, false),
    ("letters", r#"scope = "patient/DocumentReference.rs""#, r#""type", "date", "status""#, true),
    ("draft", r#"source = "context.draftOrders""#, r#""medicationCodeableConcept", "subject", "status""#, false),
    ("selected", r#"source = "context.selections""#, r#""medicationCodeableConcept", "status""#, false),
];

/// A manifest, with a limit on some needs, and with needs that abstain or without.
#[expect(clippy::expect_used, reason = "a test tool: the text is above")]
fn manifest(dice: &mut Dice, abstains: bool) -> Manifest {
    let mut text = HEAD.to_owned();
    for (name, source, elements, dated) in NEEDS {
        let withheld = if abstains && dice.one_in(3) { "abstain" } else { "run" };
        let newest = if dated && dice.one_in(2) { format!("newest = {}\n", 1 + dice.below(4)) } else { String::new() };
        text.push_str(&format!(
            "[[need]]\nname = \"{name}\"\n{source}\nelements = [{elements}]\n{newest}on-withheld = \"{withheld}\"\nwhy = \"w\"\n"
        ));
    }
    let mut manifest = Manifest::parse(&text).expect("the manifest");
    if dice.one_in(2) {
        // Restricted rows are for plugins whose cards are signed; the guest's free text then stays inside.
        manifest.cards.mode = CardMode::Templated;
    }
    manifest
}

/// A manifest in which every dated need has this limit, and none abstains.
///
/// # Panics
/// Never: the text is above.
#[must_use]
#[expect(clippy::expect_used, reason = "a test tool: the text is above")]
pub fn limited(newest: u32) -> Manifest {
    let needs = NEEDS.map(|(name, source, elements, dated)| {
        let newest = if dated { format!("newest = {newest}\n") } else { String::new() };
        format!("[[need]]\nname = \"{name}\"\n{source}\nelements = [{elements}]\n{newest}on-withheld = \"run\"\nwhy = \"w\"\n")
    });
    Manifest::parse(&format!("{HEAD}{}", needs.concat())).expect("the manifest")
}

/// The name of a need.
///
/// # Panics
/// When it is no name.
#[must_use]
#[expect(clippy::expect_used, reason = "a test tool")]
pub fn need(name: &str) -> NeedName {
    NeedName::new(name).expect("a name")
}

/// The tenant of this name.
///
/// # Panics
/// When it is no name.
#[must_use]
#[expect(clippy::expect_used, reason = "a test tool")]
pub fn tenant(name: &str) -> TenantId {
    TenantId::new(name).expect("a name")
}

/// What may be granted more narrowly, and how.
const NARROWER: &str =
    "patient/Observation.rs?category=laboratory&code=http://loinc.org|2160-0,http://loinc.org|2823-3";

fn grant(dice: &mut Dice, manifest: &Manifest) -> Grant {
    let mut grant = Grant::whole(manifest);
    if dice.one_in(2) {
        grant.needs.insert(need("labs"), GrantedNeed { within: Some(NARROWER.to_owned()) });
    }
    if manifest.needs.get(&need("letters")).is_some_and(|n| n.on_withheld == cordon_core::manifest::OnWithheld::Run)
        && dice.one_in(3)
    {
        grant.needs.remove(&need("letters"));
    }
    grant
}

/// A date within two years before the call; some share a day.
pub fn date(dice: &mut Dice) -> String {
    format!("20{:02}-{:02}-{:02}", 19 + dice.below(2), 1 + dice.below(12), 1 + dice.below(4))
}

fn subject(of: &str) -> Value {
    json!({ "reference": format!("Patient/{of}") })
}

fn coded(system: &str, code: &str) -> Value {
    json!({ "coding": [{ "system": system, "code": code }] })
}

/// A LOINC code with its name: a number alone does not tell what it is of, so no rule knows it.
fn named(code: &str) -> Value {
    let name = match code {
        "2160-0" => "Creatinine [Mass/volume] in Serum or Plasma",
        "2823-3" => "Potassium [Moles/volume] in Serum or Plasma",
        "718-7" => "Hemoglobin [Mass/volume] in Blood",
        "2345-7" => "Glucose [Mass/volume] in Serum or Plasma",
        "8867-4" => "Heart rate",
        "34133-9" => "Summary of episode note",
        _ => "Finding",
    };
    json!({ "coding": [{ "system": "http://loinc.org", "code": code, "display": name }] })
}

/// A laboratory result with this code.
pub fn lab(dice: &mut Dice, id: &str, patient: &str, code: &str) -> Value {
    let category = coded("http://terminology.hl7.org/CodeSystem/observation-category", "laboratory");
    json!({ "resourceType": "Observation", "id": id, "status": "final", "category": [category],
        "code": named(code), "subject": subject(patient), "effectiveDateTime": date(dice),
        "valueQuantity": { "value": 1 + dice.below(90), "unit": "mg/dL" }, "encounter": { "reference": "Encounter/e" } })
}

/// A problem with this ICD-10 code.
pub fn problem(dice: &mut Dice, id: &str, patient: &str, code: &str) -> Value {
    let active = coded("http://terminology.hl7.org/CodeSystem/condition-clinical", "active");
    json!({ "resourceType": "Condition", "id": id, "clinicalStatus": active, "subject": subject(patient),
        "code": coded("http://hl7.org/fhir/sid/icd-10", code), "onsetDateTime": date(dice),
        "evidence": [{ "detail": [{ "reference": format!("Observation/o{}", dice.below(6)) }] }] })
}

/// A prescription with this ATC code.
pub fn drug(dice: &mut Dice, id: &str, patient: &str, code: &str, status: &str) -> Value {
    json!({ "resourceType": "MedicationRequest", "id": id, "status": status, "intent": "order",
        "subject": subject(patient), "medicationCodeableConcept": coded("http://www.whocc.no/atc", code),
        "authoredOn": date(dice), "reasonReference": [{ "reference": format!("Condition/c{}", dice.below(6)) }] })
}

/// A document with this LOINC type.
pub fn letter(dice: &mut Dice, id: &str, patient: &str, code: &str) -> Value {
    json!({ "resourceType": "DocumentReference", "id": id, "status": "current", "type": named(code),
        "subject": subject(patient), "date": format!("{}T10:00:00Z", date(dice)),
        "content": [{ "attachment": { "contentType": "application/pdf", "title": "letter" } }] })
}

const LABS: [&str; 4] = ["2160-0", "2823-3", "718-7", "2345-7"];
const PROBLEMS: [&str; 4] = ["I10", "E11.9", "N18.3", "J45.9"];
const DRUGS: [&str; 4] = ["A10BA02", "C09AA02", "B01AA03", "C07AB02"];

fn record(dice: &mut Dice) -> Vec<Value> {
    let mut rows =
        vec![json!({ "resourceType": "Patient", "id": PATIENT, "gender": "female", "birthDate": "1950-02-03" })];
    for at in 0..dice.below(6) {
        let code = *dice.pick(&LABS);
        rows.push(lab(dice, &format!("o{at}"), PATIENT, code));
    }
    for at in 0..dice.below(4) {
        let code = *dice.pick(&PROBLEMS);
        rows.push(problem(dice, &format!("c{at}"), PATIENT, code));
    }
    for at in 0..dice.below(4) {
        let (code, status) = (*dice.pick(&DRUGS), *dice.pick(&["active", "stopped"]));
        rows.push(drug(dice, &format!("m{at}"), PATIENT, code, status));
    }
    for at in 0..dice.below(3) {
        rows.push(letter(dice, &format!("d{at}"), PATIENT, "34133-9"));
    }
    rows
}

/// What a patient may have said: `None` where nothing was.
fn consent(dice: &mut Dice) -> Option<Value> {
    let act = |code: &str| json!({ "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": code });
    let exception = match dice.below(4) {
        0 => return None,
        1 => json!({ "type": "deny", "securityLabel": [act("PSY")] }),
        2 => {
            json!({ "type": "deny", "class": [{ "system": "http://hl7.org/fhir/resource-types", "code": "DocumentReference" }] })
        }
        _ => json!({ "type": "deny", "code": [coded("http://hl7.org/fhir/sid/icd-10", "N18.3")] }),
    };
    Some(json!({ "resourceType": "Consent", "id": "consent", "status": "active", "patient": subject(PATIENT),
        "scope": coded("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy"),
        "category": [coded("http://loinc.org", "59284-0")], "dateTime": "2021-01-01",
        "provision": { "type": "permit", "provision": [exception] } }))
}

/// The resource type that a need is about.
#[must_use]
pub fn kind_of(name: &str) -> &'static str {
    match name {
        "labs" => "Observation",
        "problems" => "Condition",
        "drugs" => "MedicationRequest",
        "patient" => "Patient",
        _ => "DocumentReference",
    }
}

/// A world; with needs that abstain or without.
#[expect(clippy::expect_used, reason = "a test tool")]
pub fn world(dice: &mut Dice, abstains: bool) -> World {
    let manifest = manifest(dice, abstains);
    let roles = ["hiv-care", "psychiatry", "addiction-care"].into_iter().filter(|_| dice.one_in(6));
    let roles = roles.map(|role| Role::new(role).expect("a role")).collect::<BTreeSet<_>>();
    let rows = record(dice);
    let mut prefetch = BTreeMap::new();
    for name in ["labs", "problems", "drugs", "patient", "letters"] {
        let theirs: Vec<Value> = rows.iter().filter(|row| row["resourceType"] == kind_of(name)).cloned().collect();
        match dice.below(4) {
            0 | 1 => prefetch.insert(need(name), Prefetch::all(theirs)),
            2 => prefetch.insert(need(name), Prefetch::Rows { rows: Vec::new(), complete: false }),
            _ => None,
        };
    }
    let mut stored: Vec<_> = rows.into_iter().chain(consent(dice)).map(|row| (tenant(TENANT), row)).collect();
    dice.shuffle(&mut stored);
    let drafts: Vec<Value> =
        (0..dice.below(3)).map(|at| drug(dice, &format!("draft{at}"), PATIENT, "A10BA02", "draft")).collect();
    let mut coins = [0; 32];
    coins.fill_with(|| u8::try_from(dice.below(256)).unwrap_or_default());
    World {
        grant: grant(dice, &manifest),
        manifest,
        policy: DEFAULT,
        purpose: *dice.pick(&[Purpose::Treatment, Purpose::Treatment, Purpose::EmergencyTreatment, Purpose::Research]),
        roles,
        selections: Reference::parse("MedicationRequest/draft0").into_iter().collect(),
        drafts,
        prefetch,
        stored,
        failing: BTreeSet::new(),
        coins,
    }
}
