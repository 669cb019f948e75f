//! Data that a hospital guards more than the rest: problem, drug and laboratory row that belong together.

use serde_json::Value;

use crate::cast::Sensitive;
use crate::codes;
use crate::coins::Coins;
use crate::fhir::{self, Chart, DAY, LOINC, SNOMED, concept, set};
use crate::kidney::Sex;
use crate::labs;
use crate::person::Person;
use crate::problems::{condition, order};

/// Adds the guarded rows of the patient, and those of a pregnancy.
pub(crate) fn add(coins: &mut Coins, chart: &mut Chart, person: &Person) {
    match person.cast.sensitive {
        Some(Sensitive::Psychiatric) => psychiatric(coins, chart, person),
        Some(Sensitive::Hiv) => hiv(coins, chart, person),
        Some(Sensitive::SubstanceUse) => substance_use(coins, chart, person),
        Some(Sensitive::SexualHealth) => sexual_health(coins, chart, person),
        None => {}
    }
    if person.is_pregnant() {
        found(chart, person, "2106-3", "Choriogonadotropin (pregnancy test) [Presence] in Urine");
    }
}

fn psychiatric(coins: &mut Coins, chart: &mut Chart, person: &Person) {
    let onset = person.tested.before(1_100 * DAY);
    match coins.between(1, 3) {
        1 => {
            condition(chart, codes::BIPOLAR, onset, "active");
            order(coins, chart, person, codes::LITHIUM, "active");
            let row = labs::row(chart, codes::LITHIUM_LEVEL, person.tested, coins.between(4, 11), 10);
            chart.add("lithium", "Observation", row);
        }
        2 => {
            condition(chart, codes::SCHIZOPHRENIA, onset, "active");
            order(coins, chart, person, codes::OLANZAPINE, "active");
        }
        _ => {
            condition(chart, codes::DEPRESSION, onset, "active");
            order(coins, chart, person, codes::SERTRALINE, "active");
        }
    }
}

fn hiv(coins: &mut Coins, chart: &mut Chart, person: &Person) {
    condition(chart, codes::HIV, person.tested.before(1_900 * DAY), "active");
    order(coins, chart, person, codes::DOLUTEGRAVIR, "active");
    order(coins, chart, person, codes::EMTRICITABINE, "active");
    let copies = if coins.chance(80) { coins.between(20, 49) } else { coins.between(900, 80_000) };
    let load = labs::row(chart, codes::VIRAL_LOAD, person.tested, copies, 1);
    chart.add("viral-load", "Observation", load);
    let cells = labs::row(chart, codes::CD4, person.tested, coins.between(180, 900), 1);
    chart.add("cd4", "Observation", cells);
}

fn substance_use(coins: &mut Coins, chart: &mut Chart, person: &Person) {
    let onset = person.tested.before(900 * DAY);
    if coins.chance(30) {
        condition(chart, codes::ALCOHOL, onset, "active");
        order(coins, chart, person, codes::DISULFIRAM, "active");
        return;
    }
    condition(chart, codes::OPIOIDS, onset, "active");
    let substitute = if coins.chance(50) { codes::METHADONE } else { codes::BUPRENORPHINE };
    order(coins, chart, person, substitute, "active");
    found(chart, person, "19295-5", "Opiates [Presence] in Urine by Screen method");
}

fn sexual_health(coins: &mut Coins, chart: &mut Chart, person: &Person) {
    let onset = person.tested.before(60 * DAY);
    let fertile = person.sex == Sex::Female && person.age < 50 && !person.is_pregnant();
    match coins.between(1, 3) {
        1 if fertile => {
            condition(chart, codes::TERMINATION, onset, "resolved");
            order(coins, chart, person, codes::MIFEPRISTONE, "completed");
        }
        2 if fertile => {
            condition(chart, codes::CONTRACEPTION, onset, "active");
            order(coins, chart, person, codes::LEVONORGESTREL, "active");
        }
        _ => {
            condition(chart, codes::SYPHILIS, onset, "active");
            order(coins, chart, person, codes::DOXYCYCLINE, "active");
            found(chart, person, "20507-0", "Reagin Ab [Presence] in Serum by RPR");
        }
    }
}

/// A laboratory row that says: positive.
fn found(chart: &mut Chart, person: &Person, loinc: &str, name: &str) {
    let code = concept(LOINC, loinc, name);
    let mut row: Value = fhir::observation("laboratory", code, chart.subject(), person.tested);
    set(&mut row, "valueCodeableConcept", concept(SNOMED, "10828004", "Positive"));
    chart.add("finding", "Observation", row);
}
