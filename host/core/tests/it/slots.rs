//! What stands in the slots of a signed card: printed or copied by the host, in the language of the text around it.

use std::sync::Arc;

use cordon_core::call::HookCall;
use cordon_core::grant::Grant;
use cordon_core::invoke::invoke;
use cordon_core::manifest::Manifest;
use cordon_core::message::{Advice, CardText, Filled, Indicator, SlotValue};
use serde_json::{Value, json};

use crate::fakes::{MANIFEST, World, call, creatinine, prefetched, whole};

const TEMPLATES: &str = r#"
[[template]]
name = "told"
indicator = "info"
summary = { en = "At {value}", de = "Bei {value}" }
detail = { en = "Copied {row}" }
[template.slot.value.number]
min = "0"
max = "20"
step = "0.1"
unit = "mg/dL"
[template.slot.row.from]
need = "creatinine"
element = "valueQuantity"
"#;

fn templated() -> Manifest {
    let text = MANIFEST.replace("mode = \"text\"", "mode = \"templated\"").replace("clinical@0.1.0", "clinical@0.2.0");
    Manifest::parse(&format!("{text}{TEMPLATES}")).unwrap()
}

fn call_with(manifest: Manifest, quantity: &Value, locale: &str) -> HookCall {
    let mut row = creatinine("a", "p", "2021-01-01");
    row["valueQuantity"] = quantity.clone();
    let mut call = call(&whole(), &prefetched(vec![row]));
    let mut installed = (*call.installed).clone();
    installed.granted = Grant::whole(&manifest).check(&manifest).unwrap();
    installed.manifest = manifest;
    call.installed = Arc::new(installed);
    call.locale = locale.to_owned();
    call
}

/// Summary and detail of the one card, with 2.5 and this quantity in it.
fn shown(manifest: &Manifest, quantity: &Value, locale: &str) -> (String, String) {
    let first = World::new(Vec::new());
    let _ = invoke(call_with(manifest.clone(), quantity, locale), first.ports()).unwrap();
    let views = first.runner.1.into_inner().remove(0).views;
    let rows: Vec<Value> =
        views.iter().flat_map(|view| view.rows()).map(|row| serde_json::from_str(row).unwrap()).collect();
    let row = rows.iter().find(|row| row.get("valueQuantity").is_some()).unwrap()["id"].as_str().unwrap().to_owned();
    let slots = vec![("value".to_owned(), SlotValue::Number(2.5)), ("row".to_owned(), SlotValue::Row(row))];
    let text = CardText::Template(Filled { name: "told".to_owned(), slots });
    let advice = Advice { text, ..Advice::free("", None, Indicator::Info) };
    let done = invoke(call_with(manifest.clone(), quantity, locale), World::new(vec![advice]).ports()).unwrap();
    let body: Value = serde_json::from_slice(&done.body.unwrap()).unwrap();
    let text = |member: &str| body["cards"][0][member].as_str().unwrap().to_owned();
    (text("summary"), text("detail").split("\n\n---").next().unwrap().to_owned())
}

#[test]
fn a_decimal_has_the_sign_of_the_language_around_it() {
    let quantity = json!({ "value": 1.75, "unit": "mg/dL" });
    let both = templated();
    let english = ("At 2.5 mg/dL".to_owned(), "Copied 1.75 mg/dL".to_owned());
    assert_eq!(shown(&both, &quantity, "en"), english);
    // The detail has no German text, so its number is English too.
    assert_eq!(shown(&both, &quantity, "de-AT"), ("Bei 2,5 mg/dL".to_owned(), english.1));
    let german =
        MANIFEST.replace("mode = \"text\"", "mode = \"templated\"").replace("clinical@0.1.0", "clinical@0.2.0");
    let german = german + &TEMPLATES.replace("\"Copied {row}\"", "\"Copied {row}\", de = \"Kopiert {row}\"");
    let german = Manifest::parse(&german).unwrap();
    assert_eq!(shown(&german, &quantity, "de").1, "Kopiert 1,75 mg/dL");
}

#[test]
fn a_copied_text_that_is_cut_says_so() {
    let unit = |length: usize| json!({ "value": 1.5, "unit": "x".repeat(length) });
    let copied = |length| shown(&templated(), &unit(length), "en").1;
    // "1.5 " and 76 more are the 80 characters that a copied value has room for.
    assert_eq!(copied(76), format!("Copied 1.5 {}", "x".repeat(76)));
    assert_eq!(copied(77), format!("Copied 1.5 {} …", "x".repeat(74)));
}
