//! What reaches a view, and what does not.

use cordon_core::call::{Prefetch, UserRight};
use cordon_core::gather::{Gathered, Views, gather};
use cordon_core::grant::{Grant, GrantedNeed};
use cordon_core::label::NoRules;
use cordon_core::record::Dropped;
use cordon_fhir::reference::Reference;
use cordon_fhir::scope::ScopeSet;
use serde_json::{Value, json};

use crate::fakes::{Stored, call, clearance, creatinine, need, patient, prefetched, rows, whole};

fn ready(gathered: Gathered) -> Views {
    match gathered {
        Gathered::Ready(views) => views,
        other @ (Gathered::Withheld(_) | Gathered::Unobtainable(..)) => panic!("not ready: {other:?}"),
    }
}

fn shown(views: &Views, name: &str) -> Vec<Value> {
    let view = views.views().iter().find(|view| view.need() == &need(name)).unwrap();
    view.rows().map(|row| serde_json::from_str(row).unwrap()).collect()
}

fn dates(views: &Views) -> Vec<String> {
    shown(views, "creatinine").iter().map(|row| row["effectiveDateTime"].as_str().unwrap().to_owned()).collect()
}

fn creatinine_only(within: Option<&str>) -> Grant {
    let mut grant = whole();
    grant.needs.insert(need("creatinine"), GrantedNeed { within: within.map(str::to_owned) });
    grant
}

#[test]
fn a_need_that_was_not_granted_has_no_view_and_a_granted_one_without_rows_an_empty_one() {
    let mut grant = whole();
    grant.needs.remove(&need("patient"));
    let views = ready(gather(clearance(call(&grant, &prefetched(vec![]))), &Stored(None), &NoRules));
    assert_eq!(views.views().iter().map(|v| v.need().as_str()).collect::<Vec<_>>(), ["creatinine", "draft"]);
    assert!(views.views().iter().all(|view| view.ends().is_empty()));
}

#[test]
fn another_patients_row_is_dropped_and_counted() {
    let sent = vec![creatinine("a", "p", "2021-01-01"), creatinine("b", "q", "2021-02-01")];
    let views = ready(gather(clearance(call(&whole(), &prefetched(sent))), &Stored(None), &NoRules));
    assert_eq!(dates(&views), ["2021-01-01"]);
    assert_eq!(views.counts()[&need("creatinine")].dropped[&Dropped::Foreign], 1);
}

#[test]
fn another_patients_draft_is_dropped_and_one_without_a_patient_is_kept() {
    let mut call = call(&whole(), &prefetched(vec![]));
    let order = |id: &str| json!({"resourceType": "MedicationRequest", "id": id});
    let mut foreign = order("b");
    foreign["subject"] = json!({"reference": "Patient/q"});
    call.draft_orders = vec![order("a").into(), foreign.into()];
    let views = ready(gather(clearance(call), &Stored(None), &NoRules));
    assert_eq!(shown(&views, "draft").len(), 1);
    assert_eq!(views.counts()[&need("draft")].dropped[&Dropped::Foreign], 1);
}

#[test]
fn a_row_the_need_does_not_ask_for_is_dropped() {
    let mut other = creatinine("a", "p", "2021-01-01");
    other["code"]["coding"][0]["code"] = json!("718-7");
    let views = ready(gather(clearance(call(&whole(), &prefetched(vec![other]))), &Stored(None), &NoRules));
    assert!(shown(&views, "creatinine").is_empty());
    assert_eq!(views.counts()[&need("creatinine")].dropped[&Dropped::OutsideNeed], 1);
}

#[test]
fn the_limit_counts_visible_rows_only() {
    let sent = vec![
        creatinine("new", "q", "2021-05-01"),
        creatinine("old", "p", "2019-01-01"),
        creatinine("b", "p", "2021-01-01"),
        creatinine("a", "p", "2020-01-01"),
    ];
    let views = ready(gather(clearance(call(&whole(), &prefetched(sent))), &Stored(None), &NoRules));
    assert_eq!(dates(&views), ["2021-01-01", "2020-01-01"]);
}

#[test]
fn a_foreign_row_changes_nothing_that_a_plugin_sees() {
    let clean = vec![creatinine("a", "p", "2021-01-01"), creatinine("b", "p", "2020-01-01")];
    let mut dirty = clean.clone();
    dirty.insert(0, creatinine("0", "q", "2021-03-01"));
    let views =
        |sent| ready(gather(clearance(call(&whole(), &prefetched(sent))), &Stored(None), &NoRules)).views().to_vec();
    assert_eq!(views(clean), views(dirty));
}

#[test]
fn ids_are_minted_and_a_reference_out_of_view_is_absent() {
    let sent = prefetched(vec![creatinine("a", "p", "2021-01-01")]);
    let views = ready(gather(clearance(call(&whole(), &sent)), &Stored(None), &NoRules));
    let row = &shown(&views, "creatinine")[0];
    assert_eq!((&row["id"], &row["subject"]["reference"]), (&json!("r1"), &json!("Patient/r2")));
    let mut grant = whole();
    grant.needs.remove(&need("patient"));
    let views = ready(gather(clearance(call(&grant, &sent)), &Stored(None), &NoRules));
    assert_eq!(shown(&views, "creatinine")[0].get("subject"), None);
}

#[test]
fn a_row_beyond_the_grant_is_withheld_and_an_abstaining_need_stops_the_run() {
    let grant = creatinine_only(Some("patient/Observation.rs?code=http://loinc.org|2160-0&status=final"));
    let mut amended = creatinine("b", "p", "2021-02-01");
    amended["status"] = json!("amended");
    let kept = creatinine("a", "p", "2021-01-01");
    let gathered = gather(clearance(call(&grant, &prefetched(vec![kept.clone(), amended]))), &Stored(None), &NoRules);
    assert!(matches!(gathered, Gathered::Withheld(_)));
    assert_eq!(
        dates(&ready(gather(clearance(call(&grant, &prefetched(vec![kept]))), &Stored(None), &NoRules))).len(),
        1
    );
}

/// Whether the guest is kept from running by these rows, which come newest first: from the client, and from the store.
fn stopped(rows: &[Value]) -> [bool; 2] {
    let grant = creatinine_only(Some("patient/Observation.rs?code=http://loinc.org|2160-0&status=final"));
    let sent = call(&grant, &prefetched(rows.to_vec()));
    let mut asked = call(&grant, &prefetched(vec![]));
    asked.prefetch.remove(&need("creatinine"));
    asked.right = UserRight::Scopes(ScopeSet::parse("user/*.rs"));
    let kept = Stored(Some(rows.to_vec()));
    let withheld = |gathered| matches!(gathered, Gathered::Withheld(_));
    [gather(clearance(sent), &Stored(None), &NoRules), gather(clearance(asked), &kept, &NoRules)].map(withheld)
}

#[test]
fn what_is_withheld_beyond_a_full_view_stops_no_run_wherever_it_comes_from() {
    let row = |id: &str, date: &str, status: &str| {
        let mut row = creatinine(id, "p", date);
        row["status"] = json!(status);
        row
    };
    let two = [row("a", "2021-03-01", "final"), row("b", "2021-02-01", "final")];
    let with = |date: &str| [two.as_slice(), &[row("z", date, "amended")]].concat();
    assert_eq!(stopped(&two), [false, false]);
    assert_eq!(stopped(&with("2021-01-31")), [false, false], "older than the second of two");
    assert_eq!(stopped(&with("2021-02-01")), [true, true], "as old as the second");
    assert_eq!(stopped(&[&with("2021-03-02")[2..], &two].concat()), [true, true], "newer than both");
    let one = [row("a", "2021-03-01", "final"), row("z", "1999", "amended")];
    assert_eq!(stopped(&one), [true, true], "the view has room");
}

#[test]
fn a_withheld_row_beside_a_visible_one_of_the_same_id_is_withheld() {
    let grant = creatinine_only(Some("patient/Observation.rs?code=http://loinc.org|2160-0&status=final"));
    let kept = creatinine("a", "p", "2021-01-01");
    let mut amended = kept.clone();
    amended["status"] = json!("amended");
    for sent in [vec![kept.clone(), amended.clone()], vec![amended, kept]] {
        let gathered = gather(clearance(call(&grant, &prefetched(sent))), &Stored(None), &NoRules);
        assert!(matches!(gathered, Gathered::Withheld(_)));
    }
}

#[test]
fn a_row_whose_modifier_cannot_be_shown_is_withheld() {
    let mut row = creatinine("a", "p", "2021-01-01");
    row["modifierExtension"] = json!([{"url": "http://example.org/not", "valueBoolean": true}]);
    assert!(matches!(
        gather(clearance(call(&whole(), &prefetched(vec![row]))), &Stored(None), &NoRules),
        Gathered::Withheld(_)
    ));
}

#[test]
fn a_missing_key_a_failure_and_a_page_do_without_a_verified_right_make_the_call_unobtainable() {
    let page = Prefetch::Rows { rows: vec![creatinine("a", "p", "2021-01-01").into()], complete: false };
    let sent = ("patient", rows(vec![patient("p")]));
    let cases =
        [vec![sent.clone()], vec![sent.clone(), ("creatinine", Prefetch::Failed)], vec![sent, ("creatinine", page)]];
    for sent in cases {
        let gathered = gather(clearance(call(&whole(), &sent)), &Stored(Some(vec![])), &NoRules);
        assert!(matches!(gathered, Gathered::Unobtainable(_, _)), "{gathered:?}");
    }
}

#[test]
fn null_means_that_there_is_nothing_and_asks_nobody() {
    let sent = [("creatinine", Prefetch::Null), ("patient", rows(vec![patient("p")]))];
    let views = ready(gather(clearance(call(&whole(), &sent)), &Stored(None), &NoRules));
    assert!(shown(&views, "creatinine").is_empty());
}

#[test]
fn the_store_stands_in_only_under_a_right_that_covers_the_need() {
    let stored = || Stored(Some(vec![creatinine("a", "p", "2021-01-01"), patient("p")]));
    let with = |right: &str| {
        let mut call = call(&whole(), &[]);
        call.right = UserRight::Scopes(ScopeSet::parse(right));
        gather(clearance(call), &stored(), &NoRules)
    };
    assert!(matches!(with("user/Patient.rs"), Gathered::Unobtainable(_, _)));
    assert!(matches!(with("user/Observation.r user/Patient.r"), Gathered::Unobtainable(_, _)));
    assert_eq!(dates(&ready(with("user/*.rs"))), ["2021-01-01"]);
}

#[test]
fn a_store_that_cannot_be_read_makes_the_call_unobtainable() {
    let mut call = call(&whole(), &[]);
    call.right = UserRight::Scopes(ScopeSet::parse("user/*.rs"));
    assert!(matches!(gather(clearance(call), &Stored(None), &NoRules), Gathered::Unobtainable(_, _)));
}

#[test]
fn a_caller_without_a_right_does_not_learn_that_a_need_was_denied() {
    let ended = |policy: &dyn cordon_core::ports::Policy| {
        let cleared = cordon_core::clearance::admit(call(&whole(), &[]), policy, &Stored(None)).unwrap();
        matches!(gather(cleared, &Stored(None), &NoRules), Gathered::Unobtainable(..))
    };
    assert!(ended(&cordon_core::ports::DenyAll));
    assert!(ended(&crate::fakes::PermitAll));
}

#[test]
fn a_denied_need_is_an_empty_view_and_asks_no_source() {
    let mut call = call(&whole(), &[]);
    call.right = UserRight::Scopes(ScopeSet::parse("user/*.rs"));
    let denied = cordon_core::clearance::admit(call, &cordon_core::ports::DenyAll, &Stored(None)).unwrap();
    // The creatinine need abstains, so the guest does not run; nothing was unobtainable, because nothing was asked.
    match gather(denied, &Stored(None), &NoRules) {
        Gathered::Withheld(views) => assert!(views.views().iter().all(|view| view.ends().is_empty())),
        other @ (Gathered::Ready(_) | Gathered::Unobtainable(..)) => panic!("not withheld: {other:?}"),
    }
}

#[test]
fn selections_are_the_selected_drafts() {
    let manifest = crate::fakes::MANIFEST.replace("context.draftOrders", "context.selections");
    let manifest = cordon_core::manifest::Manifest::parse(&manifest).unwrap();
    let mut call = call(&whole(), &prefetched(vec![]));
    let installed = cordon_core::grant::Installed {
        granted: Grant::whole(&manifest).check(&manifest).unwrap(),
        manifest,
        ..(*call.installed).clone()
    };
    call.installed = std::sync::Arc::new(installed);
    call.draft_orders = ["a", "b"].map(|id| json!({"resourceType": "MedicationRequest", "id": id}).into()).to_vec();
    call.selections = vec![Reference::parse("MedicationRequest/b").unwrap()];
    let views = ready(gather(clearance(call), &Stored(None), &NoRules));
    assert_eq!(shown(&views, "draft").len(), 1);
}

#[test]
fn many_drafts_and_many_selections_are_not_multiplied() {
    let manifest = crate::fakes::MANIFEST.replace("context.draftOrders", "context.selections");
    let manifest = cordon_core::manifest::Manifest::parse(&manifest).unwrap();
    let mut call = call(&whole(), &prefetched(vec![]));
    let granted = Grant::whole(&manifest).check(&manifest).unwrap();
    call.installed =
        std::sync::Arc::new(cordon_core::grant::Installed { granted, manifest, ..(*call.installed).clone() });
    // Both fit into one body of 2 MiB. Compared one by one they take minutes.
    call.draft_orders = (0..20_000).map(|n| json!({"resourceType": "Ab", "id": n.to_string()}).into()).collect();
    call.selections = (50_000..150_000).filter_map(|n| Reference::parse(&format!("Ab/{n}"))).collect();
    let views = ready(gather(clearance(call), &Stored(None), &NoRules));
    assert!(shown(&views, "draft").is_empty());
}
