//! Vital signs: several sets, the newest within hours of the end; weight and height.

use serde_json::{Value, json};

use crate::cast::{News2Band, VitalTrap};
use crate::codes::{self, Measure};
use crate::coins::Coins;
use crate::fhir::{self, Chart, HOUR, Instant, LOINC, coding, concept, quantity, set};
use crate::news2::{Acvpu, VitalSigns, draw, draw_in_band};
use crate::person::Person;

/// How this patient's vital signs are written.
struct Style {
    saturation: Vec<Measure>,
    fahrenheit: bool,
    oxygen_as_flow: bool,
    trap: VitalTrap,
}

/// Adds the sets, oldest first, and weight and height.
pub(crate) fn add(coins: &mut Coins, chart: &mut Chart, person: &Person) {
    let style = Style {
        saturation: saturation_codes(coins),
        fahrenheit: coins.chance(12),
        oxygen_as_flow: coins.chance(70),
        trap: person.cast.vital_trap,
    };
    let newest = draw_in_band(coins, person.cast.news2, style.trap);
    let at = person.end().before(60 * coins.between(20, 170));
    for earlier in (1..=coins.between(2, 4)).rev() {
        let oxygen = newest.oxygen || style.trap == VitalTrap::Weaned;
        let signs = VitalSigns { oxygen, ..draw(coins, 15) };
        let when = at.before(earlier * 5 * HOUR + 60 * coins.between(0, 40));
        style.add(coins, chart, when, &signs);
    }
    style.add(coins, chart, at, &newest);
    extras(chart, person, at);
    size(coins, chart, person, at);
}

fn saturation_codes(coins: &mut Coins) -> Vec<Measure> {
    match coins.between(1, 100) {
        ..=70 => vec![codes::SATURATION],
        71..=85 => vec![codes::SATURATION_ARTERIAL],
        _ => vec![codes::SATURATION, codes::SATURATION_ARTERIAL],
    }
}

impl Style {
    fn add(&self, coins: &mut Coins, chart: &mut Chart, at: Instant, signs: &VitalSigns) {
        if self.trap != VitalTrap::WithoutRate {
            add_row(chart, "rate", row(chart, codes::RATE, at, signs.rate));
        }
        if self.trap != VitalTrap::WithoutSaturation {
            add_row(chart, "spo2", self.saturation(chart, at, signs.saturation));
        }
        if self.trap != VitalTrap::WithoutOxygen {
            add_row(chart, "oxygen", self.oxygen(coins, chart, at, signs.oxygen));
        }
        if self.trap != VitalTrap::WithoutPressure {
            add_row(chart, "pressure", self.pressure(coins, chart, at, signs.systolic));
        }
        if self.trap != VitalTrap::WithoutPulse {
            add_row(chart, "pulse", row(chart, codes::PULSE, at, signs.pulse));
        }
        if self.trap != VitalTrap::WithoutConsciousness {
            add_row(chart, "acvpu", consciousness(chart, at, signs.consciousness));
        }
        if self.trap != VitalTrap::WithoutTemperature {
            add_row(chart, "temperature", self.temperature(chart, at, signs.temperature));
        }
    }

    fn saturation(&self, chart: &Chart, at: Instant, percent: i64) -> Value {
        let mut row = row(chart, codes::SATURATION, at, percent);
        let codings: Vec<Value> = self.saturation.iter().map(|m| coding(LOINC, m.loinc, m.name)).collect();
        set(&mut row, "code", json!({ "coding": codings, "text": "SpO2" }));
        if self.trap == VitalTrap::CopdWithTarget {
            let kind = "http://terminology.hl7.org/CodeSystem/referencerange-meaning";
            let target = json!({
                "low": quantity(88, 1, "%", "%"),
                "high": quantity(92, 1, "%", "%"),
                "type": concept(kind, "therapeutic", "Therapeutic Desired Level"),
                "text": "prescribed target saturation 88-92 %",
            });
            set(&mut row, "referenceRange", vec![target]);
        }
        row
    }

    fn oxygen(&self, coins: &mut Coins, chart: &Chart, at: Instant, given: bool) -> Value {
        let (measure, amount) = match (self.oxygen_as_flow, given) {
            (true, true) => (codes::OXYGEN_FLOW, coins.between(1, 10)),
            (true, false) => (codes::OXYGEN_FLOW, 0),
            (false, true) => (codes::OXYGEN_SHARE, coins.between(24, 60)),
            (false, false) => (codes::OXYGEN_SHARE, 21),
        };
        row(chart, measure, at, amount)
    }

    fn pressure(&self, coins: &mut Coins, chart: &Chart, at: Instant, systolic: i64) -> Value {
        let code = concept(LOINC, "85354-9", "Blood pressure panel with all children optional");
        let mut row = fhir::observation("vital-signs", code, chart.subject(), at);
        let diastolic = component(codes::DIASTOLIC, systolic * 6 / 10 + coins.between(-6, 6));
        let components = if self.trap == VitalTrap::WithoutSystolic {
            vec![diastolic]
        } else {
            vec![component(codes::SYSTOLIC, systolic), diastolic]
        };
        set(&mut row, "component", components);
        row
    }

    fn temperature(&self, chart: &Chart, at: Instant, tenths: i64) -> Value {
        // At a band's edge a rounded °F could be read to either side, so edges stay in °C.
        let edge = [350, 351, 360, 361, 380, 381, 390, 391].contains(&tenths);
        if !self.fahrenheit || edge {
            return scaled(chart, codes::TEMPERATURE, at, tenths, 10);
        }
        let fahrenheit = Measure { unit: "degF", ucum: "[degF]", ..codes::TEMPERATURE };
        scaled(chart, fahrenheit, at, (tenths * 9 + 2) / 5 + 320, 10)
    }
}

fn component(measure: Measure, value: i64) -> Value {
    json!({
        "code": concept(LOINC, measure.loinc, measure.name),
        "valueQuantity": quantity(value, 1, measure.unit, measure.ucum),
    })
}

fn consciousness(chart: &Chart, at: Instant, level: Acvpu) -> Value {
    // LOINC's answers to 67775-7 are A, V, P, U; C is LOINC's answer `Confused`.
    let (code, display) = match level {
        Acvpu::Alert => ("LA9340-6", "Alert"),
        Acvpu::Confused => ("LA6560-2", "Confused"),
        Acvpu::Voice => ("LA17108-4", "Verbal"),
        Acvpu::Pain => ("LA17107-6", "Painful"),
        Acvpu::Unresponsive => ("LA9343-0", "Unresponsive"),
    };
    let question = concept(LOINC, "67775-7", "Level of responsiveness");
    let mut row = fhir::observation("vital-signs", question, chart.subject(), at);
    set(&mut row, "valueCodeableConcept", concept(LOINC, code, display));
    row
}

fn extras(chart: &mut Chart, person: &Person, at: Instant) {
    if person.cast.vital_trap == VitalTrap::NewerInError {
        let mut wrong = row(chart, codes::RATE, Instant(at.0 + 300), 44);
        set(&mut wrong, "status", "entered-in-error");
        add_row(chart, "rate", wrong);
    }
    if person.cast.renal_trap == crate::cast::RenalTrap::LaterData {
        let later = row(chart, codes::PULSE, Instant(person.end().0 + 25 * HOUR), 72);
        add_row(chart, "pulse", later);
    }
}

fn size(coins: &mut Coins, chart: &mut Chart, person: &Person, at: Instant) {
    let (height, weight) = if person.cast.news2 == News2Band::Child {
        (80 + 6 * person.age, 90 + 28 * person.age + coins.between(0, 60))
    } else {
        (coins.between(150, 192), coins.between(460, 1180))
    };
    add_row(chart, "height", row(chart, codes::HEIGHT, person.admitted, height));
    add_row(chart, "weight", scaled(chart, codes::WEIGHT, person.admitted, weight, 10));
    if coins.chance(50) {
        add_row(chart, "weight", scaled(chart, codes::WEIGHT, at.before(6 * HOUR), weight - 4, 10));
    }
}

fn row(chart: &Chart, measure: Measure, at: Instant, value: i64) -> Value {
    scaled(chart, measure, at, value, 1)
}

fn scaled(chart: &Chart, measure: Measure, at: Instant, units: i64, scale: i64) -> Value {
    let code = concept(LOINC, measure.loinc, measure.name);
    let mut row = fhir::observation("vital-signs", code, chart.subject(), at);
    set(&mut row, "valueQuantity", quantity(units, scale, measure.unit, measure.ucum));
    row
}

fn add_row(chart: &mut Chart, word: &'static str, row: Value) {
    chart.add(word, "Observation", row);
}
