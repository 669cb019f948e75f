use proptest::prelude::*;
use serde_json::json;

use super::*;

fn rules() -> &'static LabelRules {
    static RULES: std::sync::OnceLock<LabelRules> = std::sync::OnceLock::new();
    RULES.get_or_init(|| LabelRules::shipped().unwrap())
}

fn label(resource: &Value) -> String {
    rules().mark(resource).label.to_string()
}

fn coding(system: &str, code: &str) -> Value {
    json!({ "system": system, "code": code, "display": "a thing" })
}

/// An ordinary finding with one more member.
fn plus(name: &str, value: Value) -> Value {
    let mut row = json!({
        "resourceType": "Observation", "status": "final",
        "code": { "coding": [{ "system": "http://loinc.org", "code": "2160-0", "display": "Creatinine" }] },
        "valueQuantity": { "value": 1.1, "unit": "mg/dL", "system": "http://unitsofmeasure.org", "code": "mg/dL" }
    });
    row[name] = value;
    row
}

fn condition(system: &str, code: &str) -> Value {
    json!({ "resourceType": "Condition", "code": { "coding": [coding(system, code)] } })
}

fn work(resource: &Value) -> usize {
    let mut walk = Walk::new(rules(), |_: &Hit<'_, '_>| {});
    walk.resource(resource);
    walk.work
}

#[test]
fn a_word_beside_an_attachment_does_not_keep_it_from_being_read() {
    // "HIV positive", and a word that belongs to SampledData or to Signature.
    for beside in ["period", "who", "sigFormat"] {
        let mut attachment = json!({ "contentType": "text/plain", "data": "SElWIHBvc2l0aXZl" });
        attachment[beside] = json!(1);
        let row = json!({ "resourceType": "DocumentReference", "content": [{ "attachment": attachment }] });
        let marked = LabelRules::shipped().unwrap().mark(&row);
        assert!(marked.label.sensitivities.contains(Sensitivity::Hiv), "{beside}: {marked:?}");
    }
}

#[test]
fn an_ordinary_row_is_normal() {
    assert_eq!(label(&plus("status", json!("final"))), "N");
    assert_eq!(label(&condition("http://hl7.org/fhir/sid/icd-10", "I10")), "N");
    assert_eq!(label(&json!({ "resourceType": "Patient", "gender": "female" })), "N");
}

#[test]
fn a_code_counts_under_every_name_of_its_system() {
    for system in ["http://snomed.info/sct", "HTTP://SNOMED.INFO/SCT/", "urn:oid:2.16.840.1.113883.6.96", "SNOMED-CT"] {
        assert_eq!(label(&condition(system, "86406008")), "R HIV", "{system}");
    }
    assert_eq!(label(&condition("http://snomed.info/sct|http://snomed.info/sct/731000124108", "86406008")), "R HIV");
    for code in ["B20", "b20", " B20.1 ", "B24.-", "Z21"] {
        assert_eq!(label(&condition("http://fhir.de/CodeSystem/bfarm/icd-10-gm", code)), "R HIV", "{code}");
    }
    assert_eq!(label(&condition("http://snomed.info/sct", "86406008 |HIV|:246112005=24484000")), "R HIV");
    let number = json!({ "resourceType": "Condition", "code": { "coding": [{ "system": "urn:oid:2.16.840.1.113883.6.96", "code": 86406008, "display": "x y" }] } });
    assert_eq!(label(&number), "R HIV");
    let bare = json!({ "resourceType": "Condition", "code": { "coding": [{ "code": "B20" }] } });
    assert_eq!(label(&bare), "R HIV unclassified");
    assert_eq!(label(&condition("http://hospital.example/diagnoses", "B20")), "R HIV unclassified");
}

#[test]
fn a_code_nobody_knows_is_never_normal() {
    // Public HIV test data has local codes of 36 characters for the viral load.
    let local = "856AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let row = json!({ "resourceType": "Observation", "code": { "coding": [{ "code": local }] }, "valueInteger": 400 });
    assert_eq!(label(&row), "R unclassified");
    assert_eq!(label(&condition("http://openmrs.example/concepts", local)), "R unclassified");
    assert_eq!(label(&condition("http://hl7.org/fhir/sid/icd-9-cm", "401.9")), "R unclassified");
    assert_eq!(label(&condition("http://terminology.hl7.org/CodeSystem/DSM-IV", "300.3")), "R unclassified");
    assert_eq!(label(&plus("category", json!([{ "coding": [coding("http://lab.example", "17")] }]))), "R unclassified");
}

#[test]
fn a_known_code_of_one_system_is_not_taken_for_another() {
    // A race of the CDC has the number of a pregnancy test of LOINC.
    let race = json!([{ "url": "ombCategory", "valueCoding": { "system": "urn:oid:2.16.840.1.113883.6.238", "code": "2106-3" } }]);
    assert_eq!(label(&plus("extension", race)), "N");
    let tag = |system: &str, code: &str| label(&plus("meta", json!({ "tag": [{ "system": system, "code": code }] })));
    assert_eq!(tag("https://example.org/tags", "batch-7"), "N");
    assert_eq!(tag("http://hl7.org/fhir/sid/icd-10", "B20"), "R HIV");
}

#[test]
fn a_code_without_words_is_not_known_where_no_list_is_complete() {
    let silent = |system: &str| json!({ "resourceType": "Condition", "code": { "coding": [{ "system": system, "code": "38341003" }] } });
    assert_eq!(label(&silent("http://snomed.info/sct")), "R unclassified");
    assert_eq!(label(&silent("http://hl7.org/fhir/sid/icd-10")), "N");
    let mut told = silent("http://snomed.info/sct");
    told["code"]["text"] = json!("Hypertension");
    assert_eq!(label(&told), "N");
}

#[test]
fn nothing_coded_where_a_code_belongs_is_unclassified() {
    let text = json!({ "resourceType": "Condition", "code": { "text": "a cold" }, "bodySite": [{ "coding": [coding("http://snomed.info/sct", "45206002")] }] });
    assert_eq!(label(&text), "R unclassified");
    let elsewhere =
        json!({ "resourceType": "MedicationRequest", "medicationReference": { "reference": "Medication/1" } });
    assert_eq!(label(&elsewhere), "R unclassified");
    let contained = |reference: &str| {
        json!({
            "resourceType": "MedicationRequest", "medicationReference": { "reference": reference },
            "contained": [{ "resourceType": "Medication", "id": "m", "code": { "coding": [coding("http://www.whocc.no/atc", "C09AA05")] } }]
        })
    };
    assert_eq!(label(&contained("#m")), "N");
    assert_eq!(label(&contained("Medication/1")), "R unclassified");
    assert_eq!(label(&json!({ "resourceType": "Basic" })), "R unclassified");
    assert_eq!(label(&json!("text")), "R unclassified");
    assert_eq!(label(&json!({})), "R unclassified");
}

#[test]
fn a_fact_counts_wherever_it_hides() {
    let hiv = json!({ "coding": [coding("http://loinc.org", "20447-9")] });
    let table = [
        ("component", json!([{ "code": hiv }])),
        (
            "contained",
            json!([{ "resourceType": "Condition", "code": { "coding": [coding("http://hl7.org/fhir/sid/icd-10", "B20")] } }]),
        ),
        ("extension", json!([{ "url": "http://example.org/e", "valueCodeableConcept": hiv }])),
        (
            "modifierExtension",
            json!([{ "url": "http://example.org/e", "extension": [{ "url": "x", "valueCoding": hiv["coding"][0] }] }]),
        ),
        ("identifier", json!([{ "system": "http://hl7.org/fhir/sid/icd-10", "value": "B20" }])),
        ("diag", json!("B20")),
        ("_status", json!({ "x": [[{ "y": "86406008" }]] })),
        ("reasonCode", json!([{ "text": "HIV follow-up" }])),
        ("valueString", json!("p24 pos., B20.0 gesichert")),
        ("note", json!([{ "text": "known H\u{ad}IV" }])),
        ("text", json!({ "status": "generated", "div": "<div><b>H</b>IV: positive</div>" })),
        ("performer", json!([{ "display": "HIV clinic" }])),
        ("dosageInstruction", json!([{ "text": "Biktarvy 1-0-0" }])),
        ("section", json!([{ "title": "Antiretroviral therapy" }])),
        ("valueAttachment", json!({ "contentType": "text/plain; charset=utf-8", "data": "SElWIHBvc2l0aXY=" })),
        ("valueBase64Binary", json!("SElWIHBvc2l0aXY=")),
    ];
    for (name, value) in table {
        let label = rules().mark(&plus(name, value)).label;
        assert!(label.sensitivities.contains(Sensitivity::Hiv), "{name}");
        assert_eq!(label.confidentiality, Confidentiality::Restricted, "{name}");
    }
}

#[test]
fn every_family_is_found_by_code_and_by_word() {
    let table = [
        ("http://hl7.org/fhir/sid/icd-10", "F10.2", "R SUD"),
        ("http://hl7.org/fhir/sid/icd-10", "F17.2", "N"),
        ("http://www.whocc.no/atc", "N07BC02", "R SUD"),
        ("http://www.whocc.no/atc", "J05AR20", "R HIV"),
        ("http://www.nlm.nih.gov/research/umls/rxnorm", "6813", "R SUD"),
        ("http://hl7.org/fhir/sid/icd-10", "F32.1", "R PSY"),
        ("http://hl7.org/fhir/sid/icd-10-cm", "T74.11XA", "R SDV"),
        ("http://hl7.org/fhir/sid/icd-10", "A51.0", "R STD"),
        ("http://hl7.org/fhir/sid/icd-10", "F64.0", "R PSY SEX"),
        ("http://hl7.org/fhir/sid/icd-10", "Q90.9", "R GDIS"),
        ("http://hl7.org/fhir/sid/icd-10", "O04.9", "R REP"),
    ];
    for (system, code, expected) in table {
        assert_eq!(label(&condition(system, code)), expected, "{code}");
    }
    let words = [
        ("Methadonsubstitution seit 2019", "R SUD"),
        ("chronische Alkoholabhaengigkeit", "R SUD"),
        ("Z.n. Suizidversuch", "R PSY"),
        ("Verdacht auf häusliche Gewalt", "R SDV"),
        ("treated for gonorrhoea", "R STD"),
        ("erectile dysfunction", "R SEX"),
        ("BRCA1 pathogenic variant", "R GDIS"),
        ("Schwangerschaftsabbruch", "R REP"),
    ];
    for (text, expected) in words {
        assert_eq!(label(&plus("valueString", json!(text))), expected, "{text}");
    }
    assert_eq!(label(&json!({ "resourceType": "MolecularSequence" })), "R GDIS unclassified");
}

#[test]
fn what_meta_security_says_raises_and_never_lowers() {
    let says =
        |system: &str, code: &str| label(&plus("meta", json!({ "security": [{ "system": system, "code": code }] })));
    let confidentiality = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";
    let act = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
    assert_eq!(says(confidentiality, "V"), "V");
    assert_eq!(says(confidentiality, "U"), "N");
    assert_eq!(says(act, "ETH"), "R SUD");
    assert_eq!(says(act, "SEX"), "R SEX REP");
    assert_eq!(says(act, "SOMETHINGNEW"), "R OTHER");
    // A local label is a local code as well.
    assert_eq!(says("http://hospital.example/labels", "vip"), "R OTHER unclassified");
    assert_eq!(says("http://terminology.hl7.org/CodeSystem/v3-ActReason", "HTEST"), "N");
    let mut low = condition("http://hl7.org/fhir/sid/icd-10", "B20");
    low["meta"] = json!({ "security": [{ "system": confidentiality, "code": "L" }] });
    assert_eq!(label(&low), "R HIV");
    assert_eq!(label(&plus("securityLabel", json!([{ "coding": [{ "system": confidentiality, "code": "R" }] }]))), "R");
    assert_eq!(label(&plus("confidentiality", json!("V"))), "V");
    // A server's description has an element of that name as well.
    assert_eq!(label(&plus("security", json!({ "cors": true }))), "N");
}

#[test]
fn an_attachment_nobody_can_read_is_unclassified() {
    let document = |attachment: Value| {
        json!({
            "resourceType": "DocumentReference", "type": { "coding": [coding("http://loinc.org", "34133-9")] },
            "content": [{ "attachment": attachment }]
        })
    };
    assert_eq!(label(&document(json!({ "contentType": "text/plain", "data": "YSBjb2xk" }))), "N");
    for attachment in [
        json!({ "contentType": "application/pdf", "data": "JVBERi0xLjQ=" }),
        json!({ "contentType": "text/plain", "data": "AAECAw==" }),
        json!({ "contentType": "text/plain", "data": "!!!" }),
        json!({ "contentType": "text/plain", "url": "http://example.org/Binary/1" }),
        json!({ "data": "YSBjb2xk" }),
    ] {
        assert_eq!(label(&document(attachment.clone())), "R unclassified", "{attachment}");
    }
    let face = json!({ "resourceType": "Patient", "photo": [{ "contentType": "image/jpeg", "data": "AAEC" }] });
    assert_eq!(label(&face), "N");
}

#[test]
fn a_hospital_adds_and_takes_nothing_away() {
    let file = r#"
        [[system]]
        id = "hospital/lab"
        names = ["http://lab.example/codes"]
        covered = "complete"
        [[codes]]
        id = "hospital/hiv"
        sensitivity = ["HIV"]
        system = "http://lab.example/codes"
        source = "our laboratory"
        codes = "HIVPCR"
        [[words]]
        id = "hospital/ward"
        sensitivity = ["PSY"]
        source = "our wards"
        phrases = ["Station P3"]
    "#;
    let more = LabelRules::with_hospital(Some(file), Confidentiality::VeryRestricted).unwrap();
    let row = |code: &str| condition("http://lab.example/codes", code);
    assert_eq!(more.mark(&row("HIVPCR")).label.to_string(), "R HIV");
    assert_eq!(more.mark(&row("NA")).label.to_string(), "N");
    assert_eq!(more.mark(&plus("performer", json!([{ "display": "Station P3" }]))).label.to_string(), "R PSY");
    assert_eq!(more.mark(&condition("http://other.example", "1")).label.to_string(), "V unclassified");
    assert_eq!(more.mark(&condition("http://hl7.org/fhir/sid/icd-10", "B20")).label.to_string(), "R HIV");
    assert_ne!(more.version(), rules().version());
    assert_eq!(LabelRules::shipped().unwrap().version(), rules().version());
}

#[test]
fn a_hospital_file_with_a_mistake_is_refused() {
    let refused =
        |text: &str| LabelRules::with_hospital(Some(text), Confidentiality::Restricted).unwrap_err().to_string();
    let codes = |id: &str, system: &str, codes: &str| {
        format!(
            "[[codes]]\nid = {id:?}\nsensitivity = [\"HIV\"]\nsource = \"us\"\nsystem = {system:?}\ncodes = {codes:?}"
        )
    };
    assert_eq!(refused("rules = 1"), "the file of label rules cannot be read");
    assert_eq!(refused(&codes("hiv/loinc", "loinc", "1-8")), "the name `hiv/loinc` must begin with `hospital/`");
    assert_eq!(refused(&codes("hospital/x", "lab", "1")), "the code system `lab` is neither declared nor a URL");
    assert_eq!(refused(&codes("hospital/x", "loinc", " ")), "the label rule `hospital/x` names no code");
    let twice = format!("{}\n{}", codes("hospital/x", "loinc", "1"), codes("hospital/x", "loinc", "2"));
    assert_eq!(refused(&twice), "two label rules are named `hospital/x`");
    let stolen = "[[system]]\nid = \"hospital/l\"\nnames = [\"http://LOINC.org/\"]\ncovered = \"complete\"";
    assert_eq!(refused(stolen), "the code system `http://LOINC.org/` is declared twice");
}

#[test]
fn an_explanation_names_rule_and_place_and_no_text_of_the_patient() {
    let row = plus("note", json!([{ "text": "Herr Muster ist HIV-positiv" }]));
    let findings = rules().explain(&row);
    assert_eq!(findings.len(), 2);
    assert_eq!((findings[0].rule.0.as_str(), findings[0].path.as_str()), ("hiv/words", "note[0].text"));
    assert!(!format!("{findings:?}").contains("Muster"));
    assert_eq!(rules().mark(&row).rules, [RuleId("hiv/words".to_owned())]);
}

#[test]
fn the_numbers_of_codes_are_those_of_the_page() {
    let mut page = String::new();
    for (sensitivity, tally) in rules().tally() {
        let words = tally.get("words").copied().unwrap_or_default();
        let codes: usize = tally.values().sum::<usize>() - words;
        let systems: Vec<_> =
            tally.iter().filter(|(id, _)| *id != "words").map(|(id, n)| format!("{id} {n}")).collect();
        page.push_str(&format!("| {} | {codes} | {} | {words} |\n", sensitivity.code(), systems.join(", ")));
    }
    println!("{page}");
    assert!(include_str!("../../../../docs/labels.md").contains(&page), "{page}");
}

#[test]
fn work_is_linear_in_the_row() {
    let part =
        json!({ "code": { "coding": [coding("http://loinc.org", "20447-9")], "text": "<b>x</b> & a B20.1 86406008" } });
    let rows = [500, 1000, 2000].map(|n| work(&plus("component", json!(vec![part.clone(); n]))));
    assert!(rows[1] < rows[0] * 2 + 100 && rows[2] < rows[1] * 2 + 100, "{rows:?}");
}

#[test]
fn the_deepest_row_is_walked_or_unclassified() {
    let mut deep = json!("HIV");
    for _ in 0..300 {
        deep = Value::Array(vec![deep]);
    }
    assert_eq!(label(&plus("x", deep)), "R unclassified");
}

fn element() -> impl Strategy<Value = Value> {
    let systems =
        vec!["http://snomed.info/sct", "http://loinc.org", "http://hl7.org/fhir/sid/icd-10", "http://lab.example"];
    let codes = vec!["86406008", "20447-9", "B20", "F10.2", "I10", "2160-0", "O04", "x"];
    let texts = vec!["HIV", "Alkoholismus", "nothing", "Schwangerschaft", "F32.1 gesichert", "<b>H</b>IV"];
    let coded = (proptest::sample::select(systems), proptest::sample::select(codes))
        .prop_map(|(system, code)| json!({ "coding": [coding(system, code)] }));
    prop_oneof![coded, proptest::sample::select(texts).prop_map(|text| json!({ "text": text }))]
}

proptest! {
    /// A row that has its code can only be raised, whatever is added to it.
    #[test]
    fn adding_never_lowers(more in proptest::collection::vec((0_usize..5, element()), 1..5)) {
        let mut row = plus("reasonCode", json!([]));
        for (place, element) in more {
            let before = rules().mark(&row);
            let name = ["note", "contained", "extension", "component", "diag"][place];
            let mut list = row[name].as_array().cloned().unwrap_or_default();
            list.push(json!({ "resourceType": "Condition", "code": element }));
            row[name] = Value::Array(list);
            let after = rules().mark(&row);
            prop_assert_eq!(before.label.join(after.label), after.label);
            prop_assert!(before.rules.iter().all(|rule| after.rules.contains(rule)));
            prop_assert_eq!(&rules().mark(&row), &after);
        }
    }
}
