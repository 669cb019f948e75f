//! Manifests made from choices: entries of every kind with numbers of the fuzzer's, so that most are accepted.

use arbitrary::{Result, Unstructured};
use cordon_core::manifest::WIT;

/// Sources of needs, with elements to copy from.
const NEEDS: [&str; 4] = [
    "scope = \"patient/Observation.rs\"\nelements = [\"valueQuantity\"]",
    "scope = \"patient/Condition.rs\"\nelements = [\"code\", \"recordedDate\"]\nnewest = ",
    "source = \"context.draftOrders\"\nelements = [\"medicationCodeableConcept\"]",
    "source = \"context.selections\"\nelements = [\"code\"]",
];

const HEAD: &str = r#"
id = "org.example.all"
version = "1.0.0"
title = { en = "All" }
description = { en = "What a run can say something with." }
intended-use = "Oracles."
publisher = "Example"
contact = "mailto:safety@example.org"
"#;

/// A manifest as text.
pub(super) fn manifest(choices: &mut Unstructured<'_>) -> Result<String> {
    let [wit, ..] = WIT;
    let outside = choices.ratio(1, 2)?;
    let link = |key: &str| if outside { format!("{key}url = \"https://example.org/\"") } else { String::new() };
    let mut text = format!("wit = \"{wit}\"{HEAD}source = {{ label = \"Example\"{} }}\n", comma(&link("")));
    let templates = choices.int_in_range(0..=4)?;
    let mode = if templates > 0 { "templated" } else { "text" };
    let most = choices.int_in_range(0..=11)?;
    let most = if most == 0 { String::new() } else { format!(", most = {most}") };
    text += &format!("cards = {{ mode = \"{mode}\"{most} }}\n");
    text += "[[service]]\nid = \"all\"\nhook = \"order-select\"\ndescription = \"d\"\n";
    for n in 0..choices.int_in_range(0..=3)? {
        let need = *choices.choose(&NEEDS)?;
        let newest = if need.ends_with("= ") { choices.int_in_range(1..=20_000)?.to_string() } else { String::new() };
        text += &format!("[[need]]\nname = \"n{n}\"\n{need}{newest}\non-withheld = \"run\"\nwhy = \"w\"\n");
    }
    for n in 0..templates {
        let slots = slots(choices)?;
        let names: String = slots.iter().map(|(name, _)| format!("{{{name}}} ")).collect();
        text += &format!("[[template]]\nname = \"t{n}\"\nindicator = \"info\"\nsummary = {{ en = \"T\" }}\n");
        text += &format!("detail = {{ en = \"{}\" }}\n{}", names.trim_end(), declared(&slots));
    }
    for n in 0..choices.int_in_range(0..=3)? {
        text += &proposal(n, choices)?;
    }
    for n in 0..choices.int_in_range(0..=3)? {
        text +=
            &format!("[[cell]]\nname = \"c{n}\"\nsize = {}\nwhy = \"w\"\n", choices.choose(&[64, 256, 1_024, 4_096])?);
    }
    for n in 0..choices.int_in_range(0..=2)? {
        text += &format!("[[pack]]\nname = \"p{n}\"\nschema = \"{{}}\"\nmost-bytes = 9\nwhy = \"w\"\n{}\n", link(""));
    }
    for n in 0..choices.int_in_range(0..=4)? {
        let argument = |n: usize, choices: &mut Unstructured<'_>| {
            Ok(format!("{{ name = \"a{n}\", most = {} }}", choices.arbitrary::<u32>()?))
        };
        let many = choices.int_in_range(0..=4)?;
        let arguments = (0..many).map(|n| argument(n, choices)).collect::<Result<Vec<_>>>()?.join(", ");
        text += &format!("[[note]]\ncode = {n}\ntext = \"Note\"\narguments = [{arguments}]\n");
    }
    for n in 0..choices.int_in_range(0..=9)? {
        text += &format!("[[override-reason]]\nname = \"r{n}\"\ncode = \"c\"\nsystem = \"s\"\ndisplay = \"D\"\n");
    }
    Ok(text)
}

fn comma(member: &str) -> String {
    if member.is_empty() { String::new() } else { format!(", {member}") }
}

fn declared(slots: &[(String, String)]) -> String {
    slots.iter().map(|(name, slot)| format!("slot.{name}.{slot}\n")).collect()
}

fn slots(choices: &mut Unstructured<'_>) -> Result<Vec<(String, String)>> {
    (0..choices.int_in_range(0..=6)?).map(|n| Ok((format!("s{n}"), slot(choices)?))).collect()
}

fn slot(choices: &mut Unstructured<'_>) -> Result<String> {
    Ok(match choices.int_in_range(0..=3)? {
        0 => {
            let max = choices.int_in_range(1..=999_999_999_u32)?;
            let (min, step) = (choices.int_in_range(-9_999..=0)?, choices.int_in_range(1..=9_999)?);
            format!("number = {{ min = \"{min}\", max = \"{max}\", step = \"{step}\" }}")
        }
        1 => {
            let codes = (0..choices.int_in_range(1..=40)?).map(|n| format!("k{n} = {{ en = \"x\" }}"));
            format!("code = {{ {} }}", codes.collect::<Vec<_>>().join(", "))
        }
        2 => {
            let (year, days) = (choices.int_in_range(1..=2_400)?, choices.int_in_range(1..=28)?);
            let until = year + choices.int_in_range(0..=400)?;
            format!("date = {{ from = \"{year:04}-02-{days:02}\", until = \"{until:04}-12-31\" }}")
        }
        _ => "from = { need = \"n0\", element = \"code\" }".to_owned(),
    })
}

fn proposal(n: usize, choices: &mut Unstructured<'_>) -> Result<String> {
    let kind = if choices.ratio(1, 2)? {
        "\"resourceType\": \"ServiceRequest\", \"code\": { \"text\": \"C\" }"
    } else {
        "\"resourceType\": \"MedicationRequest\", \"medicationCodeableConcept\": { \"text\": \"M\" }"
    };
    let days = if choices.ratio(1, 2)? { ", \"authoredOn\": { \"$slot\": \"day\" }" } else { "" };
    let slot =
        if days.is_empty() { "" } else { "slot.day = { date = { from = \"2020-01-01\", until = \"2021-12-31\" } }\n" };
    let words = if choices.ratio(1, 4)? { "allow = [\"performer\"]\n" } else { "" };
    let by = if words.is_empty() { "" } else { ", \"requester\": { \"reference\": \"Practitioner/d\" }" };
    let acts = choices.ratio(1, 2)?;
    Ok(format!(
        "[[proposal]]\nname = \"o{n}\"\ndescription = \"Order\"\nsystem-action = {acts}\n{words}{slot}\
         resource = '{{ {kind}{days}{by}, \"status\": \"draft\", \"intent\": \"proposal\" }}'\n"
    ))
}
