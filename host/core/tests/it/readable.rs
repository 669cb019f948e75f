//! What a plugin cannot read, it cannot sort by, filter by or count. Numbers as in the threat catalogue.

use std::collections::BTreeSet;

use cordon_core::call::{HookCall, UserRight};
use cordon_core::gather::{Gathered, Views, gather};
use cordon_core::grant::{Grant, Installed};
use cordon_core::ids::Coins;
use cordon_core::label::NoRules;
use cordon_core::limits::MOST_ROWS;
use cordon_core::manifest::{Manifest, ManifestError};
use cordon_core::view::{Coding, Selection, View};
use cordon_fhir::scope::ScopeSet;
use serde_json::{Value, json};

use crate::fakes::{MANIFEST, Stored, call, clearance, creatinine, need, patient, prefetched, whole};

const LISTED: &str = r#"["code", "status", "effectiveDateTime", "valueQuantity", "subject"]"#;

/// A call under the manifest with these lines in place of the creatinine need's elements and limit.
fn under(lines: &str, sent: Vec<Value>) -> HookCall {
    let text = MANIFEST.replacen(&format!("elements = {LISTED}\nnewest = 2"), lines, 1);
    let manifest = Manifest::parse(&text).unwrap();
    let call = call(&whole(), &prefetched(sent));
    let granted = Grant::whole(&manifest).check(&manifest).unwrap();
    HookCall { installed: Installed { granted, manifest, ..(*call.installed).clone() }.into(), ..call }
}

fn views(call: HookCall, stored: Option<Vec<Value>>) -> Views {
    match gather(clearance(call), &Stored(stored), &NoRules) {
        Gathered::Ready(views) => views,
        other @ (Gathered::Withheld(_) | Gathered::Unobtainable(..)) => panic!("not ready: {other:?}"),
    }
}

fn rows(views: &Views) -> Vec<String> {
    let view = views.views().iter().find(|view| *view.need() == need("creatinine")).unwrap();
    view.rows().map(str::to_owned).collect()
}

fn valued(id: &str, date: &str, value: u32) -> Value {
    let mut row = creatinine(id, "p", date);
    row["valueQuantity"]["value"] = json!(value);
    row
}

fn refused(lines: &str) -> String {
    let text = MANIFEST.replacen(&format!("elements = {LISTED}\nnewest = 2"), lines, 1);
    let error = Manifest::parse(&text).unwrap_err();
    assert!(matches!(error, ManifestError::Rule(_)), "{error}");
    error.to_string()
}

#[test]
fn rd_10_rows_do_not_stand_in_the_order_of_a_date_that_is_not_listed() {
    let lines = r#"elements = ["valueQuantity"]"#;
    let dated = |years: [&str; 3]| (1..).zip(years).map(|(n, year)| valued(&format!("o{n}"), year, n)).collect();
    let one = rows(&views(under(lines, dated(["2019", "2020", "2021"])), None));
    assert_eq!(one.len(), 3);
    for years in [["2021", "2020", "2019"], ["2020", "2021", "2019"], ["2020", "2020", "2020"]] {
        assert_eq!(rows(&views(under(lines, dated(years)), None)), one);
    }
}

#[test]
fn rd_10_the_ids_of_the_record_decide_no_order_and_choose_no_row() {
    let lines = format!("elements = {LISTED}\nnewest = 3");
    let of_one_day = |ids: [&str; 5]| (1..).zip(ids).map(|(n, id)| valued(id, "2021-01-01", n)).collect::<Vec<_>>();
    let one = rows(&views(under(&lines, of_one_day(["a", "b", "c", "d", "e"])), None));
    assert_eq!(one.len(), 3);
    for ids in [["e", "d", "c", "b", "a"], ["c", "a", "e", "b", "d"]] {
        assert_eq!(rows(&views(under(&lines, of_one_day(ids)), None)), one);
    }
}

#[test]
fn rd_10_rows_that_read_the_same_stand_as_the_coins_fall() {
    let text = MANIFEST.replacen("[\"medicationCodeableConcept\", \"subject\"]", "[\"reasonReference\"]", 1);
    let manifest = Manifest::parse(&text.replacen("newest = 2", "", 1)).unwrap();
    let place_of_the_first = |coins: u8| {
        let sent = (0..8).map(|n| creatinine(&format!("o{n}"), "p", "2021"));
        let call = call(&whole(), &prefetched(sent.collect()));
        let granted = Grant::whole(&manifest).check(&manifest).unwrap();
        let installed = Installed { granted, manifest: manifest.clone(), ..(*call.installed).clone() }.into();
        let draft = json!({"resourceType": "MedicationRequest", "reasonReference": [{"reference": "Observation/o0"}]});
        let call = HookCall { coins: Coins::new([coins; 32]), installed, draft_orders: vec![draft.into()], ..call };
        let views = views(call, None);
        let draft = views.views().iter().find(|view| *view.need() == need("draft")).unwrap();
        draft.rows().next().unwrap().to_owned()
    };
    let places: BTreeSet<String> = (0..32).map(place_of_the_first).collect();
    assert!(places.len() > 2, "{places:?}");
}

#[test]
fn rd_10_newest_without_the_date_it_orders_by_is_refused_and_names_it() {
    assert!(
        refused("elements = [\"code\"]\nnewest = 2").contains("orders rows by effectiveDateTime: add it to elements")
    );
    // A date that counts only when a better one is absent would tell that the better one is there.
    let beyond = refused("elements = [\"effectiveDateTime\", \"issued\"]\nnewest = 2");
    assert!(beyond.contains("effectiveInstant"), "{beyond}");
    refused("elements = [\"effectivePeriod.start\"]\nnewest = 2");
    refused("elements = [\"effectiveDateTime\"]\nnewest = 0");
    let on_draft = MANIFEST.replacen("[\"medicationCodeableConcept\", \"subject\"]", "[\"authoredOn\"]\nnewest = 1", 1);
    assert!(Manifest::parse(&on_draft).unwrap_err().to_string().contains("newest is for a need with a scope"));
    let on_patient = MANIFEST.replacen("[\"birthDate\", \"gender\"]", "[\"birthDate\"]\nnewest = 1", 1);
    assert!(Manifest::parse(&on_patient).unwrap_err().to_string().contains("newest has no meaning for Patient"));
}

#[test]
fn rd_10_filtering_by_what_is_not_listed_finds_nothing() {
    let sent = vec![creatinine("a", "p", "2021-01-01")];
    let call = under(r#"elements = ["valueQuantity"]"#, sent);
    let views = views(call, None);
    let view = views.views().iter().find(|view| *view.need() == need("creatinine")).unwrap();
    let code = Coding { system: String::new(), code: "2160-0".to_owned() };
    let probes = [
        Selection { codes: vec![code], ..Selection::default() },
        Selection { statuses: vec!["final".to_owned()], ..Selection::default() },
        Selection { since: Some("1900".to_owned()), ..Selection::default() },
        Selection { until: Some("2100".to_owned()), ..Selection::default() },
        Selection { category: Some("laboratory".to_owned()), ..Selection::default() },
    ];
    assert_eq!(view.rows().len(), 1);
    assert!(probes.iter().all(|probe| view.narrow(probe).is_empty()));
}

#[test]
fn the_store_and_the_client_give_the_same_rows_also_when_the_limit_falls_among_equals() {
    let lines = format!("elements = {LISTED}\nnewest = 3");
    let mut held: Vec<Value> = (0..9).map(|n| valued(&format!("b{n}"), "2021-01-01", n)).collect();
    held.insert(0, valued("z", "2021-02-01", 40));
    held.push(valued("a", "2020-12-31", 50));
    let by_client = rows(&views(under(&lines, held.clone()), None));
    assert!(by_client[0].contains("40"));
    held[1..10].reverse();
    held.push(patient("p"));
    let mut call = HookCall { right: UserRight::Scopes(ScopeSet::parse("user/*.rs")), ..under(&lines, vec![]) };
    call.prefetch.clear();
    assert_eq!(rows(&views(call, Some(held))), by_client);
}

#[test]
fn rd_05_ids_are_opaque_minted_for_the_call_and_say_nothing_of_hidden_rows() {
    let seen = |ids: [&str; 2], hidden: &[&str]| {
        let row = |id: &str, date: &str, about: &str| {
            let mut row = creatinine(id, "p", date);
            row["subject"]["reference"] = json!("Patient/p");
            row["basedOn"] = json!([{"reference": format!("Observation/{about}")}]);
            row
        };
        let mut sent = vec![row(ids[0], "2021-01-02", ids[1]), row(ids[1], "2021-01-01", "hidden")];
        sent.extend(hidden.iter().map(|id| creatinine(id, "q", "2021-01-03")));
        let views = views(under(r#"elements = ["basedOn", "effectiveDateTime", "subject"]"#, sent), None);
        views.views().iter().flat_map(View::rows).map(str::to_owned).collect::<Vec<_>>()
    };
    let one = seen(["a", "b"], &[]);
    assert!(one[0].contains("\"basedOn\":[{\"reference\":\"Observation/r2\"}]"), "{}", one[0]);
    assert!(!one[1].contains("basedOn"));
    for (ids, hidden) in [(["b", "a"], vec![]), (["z9", "9z"], vec!["hidden"]), (["a", "b"], vec!["0", "hidden", "zz"])]
    {
        assert_eq!(seen(ids, &hidden), one);
    }
}

fn obtained(call: HookCall) -> bool {
    match gather(clearance(call), &Stored(None), &NoRules) {
        Gathered::Ready(_) => true,
        Gathered::Unobtainable(_, why) => {
            assert_eq!(why.0, need("creatinine"));
            false
        }
        Gathered::Withheld(_) => panic!("withheld"),
    }
}

#[test]
fn more_rows_than_a_view_holds_are_not_obtainable_and_hidden_ones_do_not_count() {
    let lines = r#"elements = ["status"]"#;
    let sent = |visible: usize, hidden: usize| {
        let row = |n: usize| creatinine(&format!("o{n}"), if n < visible { "p" } else { "q" }, "2021");
        under(lines, (0..visible + hidden).map(row).collect())
    };
    assert!(obtained(sent(MOST_ROWS, 50)));
    assert!(!obtained(sent(MOST_ROWS + 1, 0)));
    let limited = under("elements = [\"effectiveDateTime\"]\nnewest = 2", vec![]);
    let many = (0..=MOST_ROWS).map(|n| creatinine(&format!("o{n}"), "p", "2021")).collect();
    let prefetch = prefetched(many).into_iter().map(|(name, rows)| (need(name), rows)).collect();
    assert!(obtained(HookCall { prefetch, ..limited }));
}

#[test]
fn more_bytes_than_a_view_holds_are_not_obtainable_and_unread_ones_do_not_count() {
    let large = |n: usize| {
        let mut row = creatinine(&format!("o{n}"), "p", "2021");
        row["note"] = json!([{"text": "x".repeat(1 << 20)}]);
        row
    };
    assert!(obtained(under(r#"elements = ["status"]"#, (0..5).map(large).collect())));
    assert!(obtained(under(r#"elements = ["note.text"]"#, (0..3).map(large).collect())));
    assert!(!obtained(under(r#"elements = ["note.text"]"#, (0..5).map(large).collect())));
}
