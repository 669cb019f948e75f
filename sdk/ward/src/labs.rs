//! Laboratory series that follow the kidney: creatinine, potassium, HbA1c, the renal panel report.

use serde_json::{Value, json};

use crate::cast::{RenalTrap, T1Verdict};
use crate::codes::{self, Measure};
use crate::coins::Coins;
use crate::fhir::{self, Chart, DAY, HOUR, Instant, LOINC, concept, quantity, set};
use crate::kidney::{MICROMOL_PER_MG_DL, creatinine};
use crate::person::Person;

/// How this patient's laboratory writes creatinine.
struct Creatinine {
    measure: Measure,
    micromol: bool,
}

/// Adds every laboratory row of the patient.
pub(crate) fn add(coins: &mut Coins, chart: &mut Chart, person: &Person, diabetic: bool) {
    let style = Creatinine {
        measure: if coins.chance(25) { codes::CREATININE_BLOOD } else { codes::CREATININE },
        micromol: coins.chance(30),
    };
    let times = times(coins, person);
    let newest_creatinine = creatinine_series(coins, chart, person, &style, &times);
    let newest_potassium = potassium_series(coins, chart, person, &times);
    if diabetic {
        hba1c_series(coins, chart, &times);
    }
    let results: Vec<Value> = newest_creatinine.into_iter().chain(newest_potassium).collect();
    report(chart, person, &results);
    traps(coins, chart, person, &style);
}

/// A final laboratory row with a quantity.
pub(crate) fn row(chart: &Chart, measure: Measure, at: Instant, units: i64, scale: i64) -> Value {
    let mut row = fhir::observation("laboratory", concept(LOINC, measure.loinc, measure.name), chart.subject(), at);
    set(&mut row, "valueQuantity", quantity(units, scale, measure.unit, measure.ucum));
    row
}

/// When blood was taken, oldest first; the last is the newest creatinine that counts.
fn times(coins: &mut Coins, person: &Person) -> Vec<Instant> {
    let earlier = coins.between(2, 5);
    let mut at = person.tested;
    let mut times = vec![at];
    for _ in 0..earlier {
        at = at.before(coins.between(20, 190) * DAY + coins.between(0, 600) * 60);
        times.push(at);
    }
    times.reverse();
    times
}

fn creatinine_series(
    coins: &mut Coins,
    chart: &mut Chart,
    person: &Person,
    style: &Creatinine,
    times: &[Instant],
) -> Option<Value> {
    if person.cast.t1 == T1Verdict::NoCreatinine {
        return None;
    }
    let newest = newest_creatinine(person);
    let mut reference = None;
    for at in times {
        let years = (person.tested.0 - at.0) as f64 / (365.25 * DAY as f64);
        // Kidneys lose function slowly, and two samples differ by a few percent.
        let noise = if *at == person.tested { 1.0 } else { coins.real(0.95, 1.05) };
        let row = style.row(chart, *at, newest * noise / (1.0 + 0.06 * years));
        reference = Some(chart.add("creatinine", "Observation", row));
    }
    reference
}

fn newest_creatinine(person: &Person) -> f64 {
    creatinine(person.sex, person.age_at(person.tested), person.egfr)
}

impl Creatinine {
    /// A final row with this value in mg/dL, written as this laboratory writes it.
    fn row(&self, chart: &Chart, at: Instant, mg_dl: f64) -> Value {
        if !self.micromol {
            return row(chart, self.measure, at, (mg_dl * 100.0).round() as i64, 100);
        }
        let measure = Measure { unit: "µmol/L", ucum: "umol/L", ..self.measure };
        row(chart, measure, at, (mg_dl * MICROMOL_PER_MG_DL).round() as i64, 1)
    }
}

fn potassium_series(coins: &mut Coins, chart: &mut Chart, person: &Person, times: &[Instant]) -> Option<Value> {
    let measure = if coins.chance(25) { codes::POTASSIUM_BLOOD } else { codes::POTASSIUM };
    // Potassium rises as the kidney fails: about 4.2 in health, 5.4 at an eGFR of 10.
    let middle = 42 + ((60.0 - person.egfr).max(0.0) * 0.24) as i64;
    let mut reference = None;
    for at in times {
        let row = row(chart, measure, *at, middle + coins.between(-4, 5), 10);
        reference = Some(chart.add("potassium", "Observation", row));
    }
    reference
}

fn hba1c_series(coins: &mut Coins, chart: &mut Chart, times: &[Instant]) {
    let middle = coins.between(63, 98);
    for at in times.iter().rev().take(2).rev() {
        let row = row(chart, codes::HBA1C, *at, middle + coins.between(-4, 4), 10);
        chart.add("hba1c", "Observation", row);
    }
}

fn report(chart: &mut Chart, person: &Person, results: &[Value]) {
    let category = "http://terminology.hl7.org/CodeSystem/v2-0074";
    let row = json!({
        "status": "final",
        "category": [concept(category, "LAB", "Laboratory")],
        "code": concept(LOINC, "24362-6", "Renal function 2000 panel - Serum or Plasma"),
        "subject": chart.subject(),
        "effectiveDateTime": person.tested.text(),
        "issued": person.tested.text(),
        "result": results,
    });
    chart.add("report", "DiagnosticReport", row);
}

fn traps(coins: &mut Coins, chart: &mut Chart, person: &Person, style: &Creatinine) {
    let recent = person.end().before(coins.between(1, 3) * HOUR);
    let plain = newest_creatinine(person);
    match person.cast.renal_trap {
        RenalTrap::NewerInError => trap(chart, style.row(chart, recent, misleading(person)), "entered-in-error"),
        RenalTrap::NewerPreliminary => trap(chart, style.row(chart, recent, misleading(person)), "preliminary"),
        RenalTrap::OnlyInError => trap(chart, style.row(chart, person.tested, plain), "entered-in-error"),
        RenalTrap::OnlyPreliminary => trap(chart, style.row(chart, recent, plain), "preliminary"),
        RenalTrap::OnlyText => {
            let mut row = style.row(chart, person.tested, plain);
            row.as_object_mut().map(|members| members.remove("valueQuantity"));
            set(&mut row, "valueString", format!("{plain:.1} mg/dL, specimen haemolysed"));
            trap(chart, row, "final");
        }
        RenalTrap::StoredMdrd => {
            let contradicting = if person.egfr > 45.0 { 28 } else { 71 };
            let row = row(chart, codes::MDRD, person.tested, contradicting, 1);
            chart.add("mdrd", "Observation", row);
        }
        RenalTrap::LaterData => {
            let later = Instant(person.end().0 + 26 * HOUR);
            trap(chart, style.row(chart, later, plain * 1.4), "final");
        }
        RenalTrap::Plain
        | RenalTrap::NoneAtAll
        | RenalTrap::SexAbsent
        | RenalTrap::SexUnknown
        | RenalTrap::SexOther => {}
    }
}

fn trap(chart: &mut Chart, mut row: Value, status: &str) {
    set(&mut row, "status", status);
    chart.add("creatinine", "Observation", row);
}

/// A creatinine that would change the verdict.
fn misleading(person: &Person) -> f64 {
    let egfr = if person.egfr > 45.0 { 21.0 } else { 62.0 };
    creatinine(person.sex, person.age, egfr)
}
