//! Consents on their way in: none is taken back by an older file, and no row is there before the denial of its file.

use std::ops::ControlFlow;

use cordon_fhir::reference::Reference;
use cordon_store::load::Why;
use cordon_store::{LoadError, Loaded, Older, Progress, RecordStore as _, ResourceError, load};
use serde_json::{Value, json};

use crate::bench::{Bench, tenant};
use crate::load::load_text;

fn consent(id: &str, status: &str, last_updated: Option<&str>) -> Value {
    let mut consent =
        json!({ "resourceType": "Consent", "id": id, "status": status, "patient": { "reference": "Patient/p" } });
    if let Some(last_updated) = last_updated {
        consent["meta"] = json!({ "lastUpdated": last_updated });
    }
    consent
}

fn line(id: &str, status: &str, last_updated: Option<&str>) -> String {
    format!("{}\n", consent(id, status, last_updated))
}

/// Loads a text as a running host does.
fn received(bench: &Bench, text: &str, progress: &mut dyn FnMut(Progress) -> ControlFlow<()>) -> Loaded {
    let mut received = bench.receive(u64::try_from(text.len()).unwrap()).unwrap();
    received.push(text.as_bytes()).unwrap();
    received.load(bench, "file", Older::Refused, progress)
}

fn status(bench: &Bench, id: &str) -> Value {
    let kept = bench.get(&tenant("ward"), &Reference::parse(&format!("Consent/{id}")).unwrap()).unwrap();
    kept.map_or(Value::Null, |kept| serde_json::from_slice::<Value>(&kept).unwrap()["status"].take())
}

fn refusals(loaded: Loaded) -> Vec<(u64, Why)> {
    loaded.report.unwrap().refusals.iter().map(|refused| (refused.place.line, refused.why)).collect()
}

#[test]
fn a_withdrawal_that_was_kept_while_an_export_is_loaded_stays() {
    let bench = Bench::new();
    let export: String = (0..600).map(|n| line(&format!("c{n}"), "active", None)).collect();
    let mut meanwhile = |so_far: Progress| {
        if so_far.accepted == 512 && status(&bench, "c599") == Value::Null {
            assert_eq!(load_text(&bench, &line("c599", "inactive", None)).total().new, 1);
        }
        ControlFlow::Continue(())
    };
    let loaded = received(&bench, &export, &mut meanwhile);
    assert_eq!((loaded.so_far.accepted, loaded.so_far.refused), (599, 1));
    assert_eq!(refusals(loaded), [(600, Why::Changed)]);
    assert_eq!((status(&bench, "c599"), status(&bench, "c598")), (json!("inactive"), json!("active")));
}

#[test]
fn a_load_begins_when_its_file_is_asked_for_and_what_is_loaded_after_it_may_replace_all() {
    let bench = Bench::new();
    let (active, inactive) = (line("c", "active", None), line("c", "inactive", None));
    load_text(&bench, &inactive);
    let mut export = bench.receive(u64::try_from(active.len()).unwrap()).unwrap();
    assert_eq!(load_text(&bench, &inactive).total().unchanged, 1, "acknowledged all the same");
    export.push(active.as_bytes()).unwrap();
    let loaded = export.load(&bench, "file", Older::Taken, &mut |_| ControlFlow::Continue(()));
    assert_eq!((refusals(loaded), status(&bench, "c")), (vec![(1, Why::Changed)], json!("inactive")));
    assert_eq!(load_text(&bench, &active).total().replaced, 1);
}

#[test]
fn a_consent_is_not_replaced_by_an_older_one_unless_somebody_says_so() {
    let bench = Bench::new();
    let (before, after) = (Some("2026-11-22T12:00:00+01:00"), Some("2026-11-22T11:00:00.001Z"));
    load_text(&bench, &line("c", "inactive", after));
    for (file, why) in [(line("c", "active", before), Why::Older), (line("c", "active", None), Why::Undated)] {
        let report = load_text(&bench, &file);
        assert_eq!((report.refusals[0].why, report.refused, report.total().total()), (why, 1, 0));
        assert_eq!(status(&bench, "c"), "inactive");
    }
    let (ward, file) = (tenant("ward"), line("c", "active", before));
    let taken = load(&bench, &ward, &mut file.as_bytes(), "file", Older::Taken, &mut |_| ControlFlow::Continue(()));
    assert_eq!((taken.unwrap().total().replaced, status(&bench, "c")), (1, json!("active")));
    assert_eq!(load_text(&bench, &line("c", "inactive", after)).total().replaced, 1, "the newer one always");
}

#[test]
fn a_withdrawal_stays_whatever_else_says_that_it_was_changed_at_the_same_time() {
    let (bench, at) = (Bench::new(), Some("2026-11-22T12:00:00Z"));
    let withdrawn = line("c", "inactive", at);
    load_text(&bench, &withdrawn);
    for file in [line("c", "active", at), line("c", "active", Some("2026-11-22T13:00:00.0+01:00"))] {
        let report = load_text(&bench, &file);
        assert_eq!((report.refusals[0].why, report.total().total()), (Why::NotNewer, 0), "{file}");
    }
    assert_eq!(load_text(&bench, &withdrawn).total().unchanged, 1);
    assert_eq!(status(&bench, "c"), "inactive");
}

#[test]
fn a_consent_whose_date_is_no_instant_is_refused_even_where_none_is_kept() {
    for at in ["2026-11-22", "2026-11-22T12:00:00", "2026-11-22T12:00Z", "2026-11-22T12:00:00+0100", "tomorrow", ""] {
        let bench = Bench::new();
        let report = load_text(&bench, &line("c", "active", Some(at)));
        assert_eq!(report.refusals[0].why, Why::Resource(ResourceError::NoInstant), "{at}");
        assert_eq!(status(&bench, "c"), Value::Null);
    }
    for meta in [json!([]), json!({ "lastUpdated": 7 }), json!({ "lastUpdated": null }), Value::Null] {
        let mut consent = consent("c", "active", None);
        consent["meta"] = meta;
        assert_eq!(load_text(&Bench::new(), &consent.to_string()).refused, 1, "{consent}");
    }
}

#[test]
fn a_denial_is_not_lost_to_another_patients_consent_of_the_same_id() {
    let (bench, denial) = (Bench::new(), line("c", "active", Some("2026-11-22T12:00:00Z")));
    load_text(&bench, &denial);
    let another = line("c", "active", Some("2026-11-23T12:00:00Z")).replace("Patient/p", "Patient/q");
    let report = load_text(&bench, &another);
    assert_eq!((report.refusals[0].why, report.total().total()), (Why::Anothers, 0));
    assert_eq!(load_text(&bench, &denial).total().unchanged, 1);
    let (ward, mut on) = (tenant("ward"), |_| ControlFlow::Continue(()));
    let taken = load(&bench, &ward, &mut another.as_bytes(), "file", Older::Taken, &mut on).unwrap();
    assert_eq!(taken.total().replaced, 1);
}

/// Stops a load as soon as it has kept anything.
fn at_once(so_far: Progress) -> ControlFlow<()> {
    if so_far.accepted > 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

#[test]
fn a_load_that_stops_never_leaves_rows_without_the_denial_of_its_file() {
    let patients = || (0..600).map(|n| json!({ "resourceType": "Patient", "id": format!("x{n}") }));
    let all: Vec<Value> = patients().chain([consent("c", "active", None)]).collect();
    let lines: String = all.iter().map(|resource| format!("{resource}\n")).collect();
    let entry: Vec<Value> = all.iter().map(|resource| json!({ "resource": resource })).collect();
    let bundle = json!({ "resourceType": "Bundle", "type": "collection", "entry": entry }).to_string();
    for text in [lines, bundle] {
        let kept = [("Consent".to_owned(), 1)];
        let bench = Bench::new();
        let loaded = received(&bench, &text, &mut at_once);
        assert!(matches!(loaded.report, Err(LoadError::Stopped)));
        assert_eq!((bench.counts(&tenant("ward")).unwrap(), loaded.so_far.accepted), (kept.to_vec(), 1));
        let bench = Bench::new();
        let loaded = load(&bench, &tenant("ward"), &mut text.as_bytes(), "file", Older::Refused, &mut at_once);
        assert!(matches!(loaded, Err(LoadError::Stopped)));
        assert_eq!(bench.counts(&tenant("ward")).unwrap(), kept);
    }
}

/// The texts as lines, and as a Bundle.
fn both_ways(texts: &[&str]) -> [String; 2] {
    let entry: Vec<String> = texts.iter().map(|text| format!("{{\"resource\":{text}}}")).collect();
    [texts.join("\n"), format!(r#"{{"resourceType":"Bundle","type":"collection","entry":[{}]}}"#, entry.join(","))]
}

#[test]
fn no_row_of_a_file_is_kept_of_which_a_consent_was_refused() {
    let patient = r#"{"resourceType":"Patient","id":"x"}"#;
    let at = |at| consent("c", "active", Some(at)).to_string();
    let nobodys = r#"{"resourceType":"Consent","id":"d"}"#.to_owned();
    let twice = r#"{"resourceType":"Consent","id":"d","id":"e","patient":{"reference":"Patient/p"}}"#.to_owned();
    for refused in [nobodys, twice, consent("c", "active", None).to_string(), at("2026-11-22T12:00:00.0Z")] {
        for file in both_ways(&[patient, &refused]) {
            let bench = Bench::new();
            load_text(&bench, &line("c", "inactive", Some("2026-11-22T12:00:00Z")));
            let report = load_text(&bench, &file);
            let whys: Vec<Why> = report.refusals.iter().map(|refused| refused.why).collect();
            assert_eq!((whys.get(1), report.refused, report.complete), (Some(&Why::Withheld), 2, false), "{file}");
            assert_eq!(bench.counts(&tenant("ward")).unwrap(), [("Consent".to_owned(), 1)], "{file}");
        }
    }
}

#[test]
fn an_outdated_consent_keeps_no_row_out_for_the_newer_one_is_there() {
    let older = consent("c", "active", Some("2026-11-22T11:00:00Z")).to_string();
    for file in both_ways(&[r#"{"resourceType":"Patient","id":"x"}"#, &older]) {
        let bench = Bench::new();
        load_text(&bench, &line("c", "inactive", Some("2026-11-22T12:00:00Z")));
        let report = load_text(&bench, &file);
        assert_eq!((report.refused, report.total().new, report.complete), (1, 1, true));
    }
}

#[test]
fn no_row_of_lines_is_kept_that_break_off_or_where_a_consent_cannot_be_read() {
    let patient = r#"{"resourceType":"Patient","id":"x"}"#;
    let rows =
        [("{\"resourceType\":\"Con", false), ("{\"resourceType\":\"Consent\",", false), ("{", false), ("7", true)];
    for (last, complete) in rows {
        let bench = Bench::new();
        let report = load_text(&bench, &format!("{patient}\n{last}"));
        assert_eq!((report.complete, report.total().new), (complete, u64::from(complete)), "{last}");
    }
}

#[test]
fn a_load_that_keeps_nothing_notices_that_it_is_stopped() {
    let (bench, text) = (Bench::new(), "{}\n".repeat(2_000));
    let mut gone =
        |so_far: Progress| if so_far.refused > 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    let loaded = received(&bench, &text, &mut gone);
    assert!(matches!(loaded.report, Err(LoadError::Stopped)));
    assert!(loaded.so_far.refused < 2_000, "{}", loaded.so_far.refused);
}
