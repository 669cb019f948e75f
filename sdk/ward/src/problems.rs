//! Problems and the drugs that go with them, the stay, allergies and immunizations.

use serde_json::{Value, json};

use crate::codes::{self, Drug, Problem};
use crate::coins::Coins;
use crate::fhir::{ATC, CVX, Chart, DAY, ICD10, Instant, RXNORM, SNOMED, coding, concept, set};
use crate::person::Person;

/// Adds the stay and everything that is not measured; says whether the patient has diabetes.
pub(crate) fn add(coins: &mut Coins, chart: &mut Chart, person: &Person) -> bool {
    stay(chart, person);
    let mut diabetic = false;
    if person.is_child() {
        condition(chart, codes::ASTHMA, person.admitted, "active");
        order(coins, chart, person, codes::SALBUTAMOL, "active");
        order(coins, chart, person, codes::PARACETAMOL, "active");
    } else {
        kidney(chart, person);
        diabetic = diabetes(coins, chart, person);
        heart(coins, chart, person);
        lungs(coins, chart, person);
        odd_orders(coins, chart, person);
    }
    pregnancy(coins, chart, person);
    allergy(coins, chart);
    immunization(coins, chart, person);
    diabetic
}

/// Adds a confirmed Condition with SNOMED and ICD-10 codings.
pub(crate) fn condition(chart: &mut Chart, problem: Problem, onset: Instant, clinical: &str) {
    let status = "http://terminology.hl7.org/CodeSystem/condition-clinical";
    let verification = "http://terminology.hl7.org/CodeSystem/condition-ver-status";
    let category = "http://terminology.hl7.org/CodeSystem/condition-category";
    let row = json!({
        "clinicalStatus": concept(status, clinical, clinical),
        "verificationStatus": concept(verification, "confirmed", "Confirmed"),
        "category": [concept(category, "problem-list-item", "Problem List Item")],
        "code": {
            "coding": [coding(SNOMED, problem.snomed, problem.name), coding(ICD10, problem.icd10, problem.name)],
            "text": problem.name,
        },
        "subject": chart.subject(),
        "onsetDateTime": onset.text(),
        "recordedDate": onset.text(),
    });
    chart.add("condition", "Condition", row);
}

/// Adds a MedicationRequest; some carry ATC beside RxNorm, a few carry only text.
pub(crate) fn order(coins: &mut Coins, chart: &mut Chart, person: &Person, drug: Drug, status: &str) {
    let mut codings = vec![coding(RXNORM, drug.rxnorm, drug.name)];
    if coins.chance(30) {
        codings.push(coding(ATC, drug.atc, drug.name));
    }
    let medication =
        if coins.chance(4) { json!({ "text": drug.name }) } else { json!({ "coding": codings, "text": drug.name }) };
    let written = person.admitted.before(coins.between(0, 900) * DAY);
    add_order(chart, medication, status, written, drug.dose);
}

fn add_order(chart: &mut Chart, medication: Value, status: &str, written: Instant, dose: &str) {
    let row = json!({
        "status": status,
        "intent": "order",
        "medicationCodeableConcept": medication,
        "subject": chart.subject(),
        "authoredOn": written.text(),
        "dosageInstruction": [{ "text": dose }],
    });
    chart.add("drug", "MedicationRequest", row);
}

fn stay(chart: &mut Chart, person: &Person) {
    let class = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
    let earlier = person.admitted.before(120 * DAY);
    let visit = json!({
        "status": "finished",
        "class": coding(class, "AMB", "ambulatory"),
        "subject": chart.subject(),
        "period": { "start": earlier.text(), "end": Instant(earlier.0 + 1_800).text() },
    });
    chart.add("encounter", "Encounter", visit);
    let mut inpatient = json!({
        "status": if person.died.is_some() { "finished" } else { "in-progress" },
        "class": coding(class, "IMP", "inpatient encounter"),
        "subject": chart.subject(),
        "period": { "start": person.admitted.text() },
    });
    if let Some(died) = person.died {
        set(&mut inpatient, "period", json!({ "start": person.admitted.text(), "end": died.text() }));
        let disposition = "http://terminology.hl7.org/CodeSystem/discharge-disposition";
        let expired = json!({ "dischargeDisposition": concept(disposition, "exp", "Expired") });
        set(&mut inpatient, "hospitalization", expired);
    }
    chart.add("encounter", "Encounter", inpatient);
}

fn kidney(chart: &mut Chart, person: &Person) {
    // KDIGO 2012 G stages.
    let stage = match person.egfr {
        egfr if egfr < 15.0 => codes::CKD_5,
        egfr if egfr < 30.0 => codes::CKD_4,
        egfr if egfr < 45.0 => codes::CKD_3B,
        egfr if egfr < 60.0 => codes::CKD_3A,
        _ => return,
    };
    condition(chart, stage, person.tested.before(700 * DAY), "active");
}

fn diabetes(coins: &mut Coins, chart: &mut Chart, person: &Person) -> bool {
    let often = if person.egfr < 60.0 { 60 } else { 25 };
    if person.age < 35 || !coins.chance(often) {
        return false;
    }
    condition(chart, codes::DIABETES, person.tested.before(2_000 * DAY), "active");
    // Some stay on metformin below 30: what a renal dosing guard is for.
    let stopped = person.egfr < 30.0 && coins.chance(75);
    order(coins, chart, person, codes::METFORMIN, if stopped { "stopped" } else { "active" });
    if coins.chance(35) {
        order(coins, chart, person, codes::INSULIN, "active");
    }
    true
}

fn heart(coins: &mut Coins, chart: &mut Chart, person: &Person) {
    let onset = person.tested.before(1_500 * DAY);
    if !person.is_pregnant() && person.age > 40 && coins.chance(55) {
        condition(chart, codes::HYPERTENSION, onset, "active");
        let inhibitor = if coins.chance(50) { codes::RAMIPRIL } else { codes::LISINOPRIL };
        order(coins, chart, person, inhibitor, "active");
        if coins.chance(35) {
            order(coins, chart, person, codes::AMLODIPINE, "active");
        }
    }
    if person.age > 60 && coins.chance(22) {
        fibrillation(coins, chart, person, onset);
    }
    if person.age > 60 && coins.chance(18) {
        condition(chart, codes::HEART_FAILURE, onset, "active");
        order(coins, chart, person, codes::FUROSEMIDE, "active");
        order(coins, chart, person, codes::SPIRONOLACTONE, "active");
    }
    if person.age > 50 && coins.chance(16) {
        condition(chart, codes::INFARCTION, onset, "resolved");
        order(coins, chart, person, codes::ASPIRIN, "active");
        let statin = if coins.chance(50) { codes::SIMVASTATIN } else { codes::ATORVASTATIN };
        order(coins, chart, person, statin, "active");
    }
}

fn fibrillation(coins: &mut Coins, chart: &mut Chart, person: &Person, onset: Instant) {
    condition(chart, codes::FIBRILLATION, onset, "active");
    let anticoagulant = match coins.between(1, 100) {
        ..=50 => codes::APIXABAN,
        51..=65 => codes::APIXABAN_LOW,
        _ => codes::WARFARIN,
    };
    order(coins, chart, person, anticoagulant, "active");
    if coins.chance(30) {
        order(coins, chart, person, codes::DIGOXIN, "active");
    }
    if coins.chance(15) {
        order(coins, chart, person, codes::VERAPAMIL, "active");
    }
}

fn lungs(coins: &mut Coins, chart: &mut Chart, person: &Person) {
    if person.has_copd() {
        condition(chart, codes::COPD, person.tested.before(1_200 * DAY), "active");
        order(coins, chart, person, codes::TIOTROPIUM, "active");
        order(coins, chart, person, codes::SALBUTAMOL, "active");
    }
    if coins.chance(30) {
        condition(chart, codes::PNEUMONIA, person.admitted, "active");
    }
}

/// Orders that are not active, and one that no table of drugs knows.
fn odd_orders(coins: &mut Coins, chart: &mut Chart, person: &Person) {
    order(coins, chart, person, codes::PARACETAMOL, "active");
    if coins.chance(25) {
        order(coins, chart, person, codes::IBUPROFEN, "stopped");
    }
    if coins.chance(6) {
        order(coins, chart, person, codes::WARFARIN, "entered-in-error");
    }
    if coins.chance(5) {
        let unknown = json!({ "text": "Herbal mixture brought by the patient" });
        add_order(chart, unknown, "active", person.admitted, "one cup at night");
    }
}

fn pregnancy(coins: &mut Coins, chart: &mut Chart, person: &Person) {
    if !person.is_pregnant() {
        return;
    }
    let weeks = coins.between(8, 36);
    condition(chart, codes::PREGNANT, person.now.before(weeks * 7 * DAY), "active");
    order(coins, chart, person, codes::FOLIC_ACID, "active");
}

fn allergy(coins: &mut Coins, chart: &mut Chart) {
    if !coins.chance(30) {
        return;
    }
    let clinical = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical";
    let verification = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification";
    let all =
        [("91936005", "Allergy to penicillin"), ("91935009", "Allergy to peanut"), ("300913006", "Shellfish allergy")];
    let (code, display) = coins.pick(&all).copied().unwrap_or(("91936005", "Allergy to penicillin"));
    let row = json!({
        "clinicalStatus": concept(clinical, "active", "Active"),
        "verificationStatus": concept(verification, "confirmed", "Confirmed"),
        "code": concept(SNOMED, code, display),
        "patient": chart.subject(),
    });
    chart.add("allergy", "AllergyIntolerance", row);
}

fn immunization(coins: &mut Coins, chart: &mut Chart, person: &Person) {
    if !coins.chance(70) {
        return;
    }
    let row = json!({
        "status": "completed",
        "vaccineCode": concept(CVX, "140", "Influenza, seasonal, injectable, preservative free"),
        "patient": chart.subject(),
        "occurrenceDateTime": person.admitted.before(coins.between(30, 300) * DAY).text(),
        "primarySource": true,
    });
    chart.add("immunization", "Immunization", row);
}
