//! Orders made from choices: a good one, edited at random places, so that the fuzzer gets past the first checks.

use arbitrary::{Result, Unstructured};
use serde_json::{Map, Value, json};

/// The most edits of one order.
const MOST_EDITS: u8 = 12;

/// Pieces of orders, good and bad.
const PIECES: [&str; 37] = [
    r#"{"coding":[{"system":"http://loinc.org","code":"2160-0","display":"Creatinine"}]}"#,
    r#"{"system":"http://snomed.info/sct","code":"1"}"#,
    r#"{"text":"Kidney function"}"#,
    r#"{"value":5.0,"unit":"mg","system":"http://unitsofmeasure.org","code":"mg"}"#,
    r#"{"start":"2021-01-01","end":"2021-02"}"#,
    r#"{"reference":"Patient/other"}"#,
    r#"{"reference":"Encounter/e"}"#,
    r#"{"reference":"Practitioner/d","display":"Dr X"}"#,
    r#"{"reference":"https://evil.example/Condition/c"}"#,
    r#"{"repeat":{"frequency":1,"period":1,"periodUnit":"d","timeOfDay":["08:00:00"]}}"#,
    r#"{"numerator":{"value":1},"denominator":{"value":2}}"#,
    r#"{"doseQuantity":{"value":500,"unit":"mg"}}"#,
    r#"{"status":"generated","div":"<div>x</div>"}"#,
    r#"{"url":"https://evil.example","valueString":"x"}"#,
    r#"{}"#,
    r#"[]"#,
    r#"[null]"#,
    r#"null"#,
    r#"true"#,
    r#"0"#,
    r#"-1"#,
    r#"1e400"#,
    r#"0.00"#,
    r#""draft""#,
    r#""active""#,
    r#""order""#,
    r#""2021-02-30""#,
    r#""2021-01-01T24:00:00Z""#,
    r#""08:00""#,
    r#""see https://evil.example""#,
    r#""[x](y)""#,
    "\"a\u{34f}b\u{3164}\"",
    r#"" ""#,
    r#"{"$slot":"dose"}"#,
    r#"{"$slot":"word"}"#,
    r#"{"$slot":"day"}"#,
    r#"{"value":{"$slot":"dose"},"unit":"mg"}"#,
];

/// Names of members, of orders and of what may not stand in one.
const NAMES: [&str; 62] = [
    "resourceType",
    "id",
    "status",
    "intent",
    "category",
    "priority",
    "doNotPerform",
    "medicationCodeableConcept",
    "medicationReference",
    "subject",
    "encounter",
    "authoredOn",
    "requester",
    "performer",
    "performerType",
    "reasonCode",
    "reasonReference",
    "basedOn",
    "dosageInstruction",
    "dispenseRequest",
    "substitution",
    "priorPrescription",
    "code",
    "orderDetail",
    "quantityQuantity",
    "quantityRatio",
    "quantityRange",
    "occurrenceDateTime",
    "occurrencePeriod",
    "occurrenceTiming",
    "asNeededBoolean",
    "asNeededCodeableConcept",
    "locationCode",
    "specimen",
    "bodySite",
    "patientInstruction",
    "coding",
    "system",
    "version",
    "display",
    "userSelected",
    "text",
    "value",
    "unit",
    "low",
    "high",
    "timing",
    "repeat",
    "doseAndRate",
    "additionalInstruction",
    "maxDosePerPeriod",
    "extension",
    "modifierExtension",
    "contained",
    "note",
    "identifier",
    "meta",
    "_status",
    "div",
    "url",
    "reference",
    "$slot",
];

/// A resource as text.
pub(super) fn edited(choices: &[u8]) -> String {
    let mut choices = Unstructured::new(choices);
    let mut order = start(&mut choices).unwrap_or_default();
    let edits = choices.int_in_range(0..=MOST_EDITS).unwrap_or_default();
    for _ in 0..edits {
        if edit(&mut order, &mut choices).is_err() {
            break;
        }
    }
    order.to_string()
}

fn start(choices: &mut Unstructured<'_>) -> Result<Value> {
    let concept = json!({"coding": [{"system": "http://loinc.org", "code": "2160-0"}], "text": "Creatinine"});
    Ok(if choices.arbitrary()? {
        json!({"resourceType": "ServiceRequest", "status": "draft", "intent": "proposal", "code": concept,
            "occurrencePeriod": {"start": "2021-06-01"}, "reasonReference": [{"reference": "Condition/c1"}]})
    } else {
        json!({"resourceType": "MedicationRequest", "status": "draft", "intent": "plan",
            "medicationCodeableConcept": concept, "authoredOn": "2021-06-01T08:00:00+02:00",
            "dosageInstruction": [{"text": "1 tablet", "timing": {"repeat": {"period": 1, "periodUnit": "d"}}}]})
    })
}

/// Goes down as the choices say, and puts, replaces or removes something there.
fn edit(value: &mut Value, choices: &mut Unstructured<'_>) -> Result<()> {
    let deeper = choices.ratio(2, 3)?;
    match value {
        Value::Object(members) if deeper && !members.is_empty() => {
            let at = choices.choose_index(members.len())?;
            members.values_mut().nth(at).map_or(Ok(()), |member| edit(member, choices))
        }
        Value::Array(items) if deeper && !items.is_empty() => {
            let at = choices.choose_index(items.len())?;
            items.get_mut(at).map_or(Ok(()), |item| edit(item, choices))
        }
        Value::Object(members) => object(members, choices),
        Value::Array(items) if choices.arbitrary()? => {
            items.push(piece(choices)?);
            Ok(())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            *value = piece(choices)?;
            Ok(())
        }
    }
}

fn object(members: &mut Map<String, Value>, choices: &mut Unstructured<'_>) -> Result<()> {
    let name = *choices.choose(&NAMES)?;
    if choices.ratio(1, 4)? {
        members.remove(name);
    } else {
        members.insert(name.to_owned(), piece(choices)?);
    }
    Ok(())
}

fn piece(choices: &mut Unstructured<'_>) -> Result<Value> {
    let piece = match choices.int_in_range(0..=5)? {
        0 => Value::String(choices.arbitrary()?),
        1 => json!(choices.arbitrary::<u32>()?),
        _ => serde_json::from_str(choices.choose(&PIECES)?).unwrap_or_default(),
    };
    Ok(if choices.ratio(1, 4)? { Value::Array(vec![piece]) } else { piece })
}
