//! Dates and ages as a need says, and the hook's context as rows.

use cordon_core::call::{HookCall, Prefetch, UserRight};
use cordon_core::gather::{Gathered, Views, gather};
use cordon_core::grant::{Grant, GrantError, GrantedNeed, Installed};
use cordon_core::ids::{NeedName, PatientId, Role, TenantId};
use cordon_core::invoke::{Ports, invoke};
use cordon_core::label::NoRules;
use cordon_core::manifest::{Manifest, ManifestError};
use cordon_core::ports::{Each, Query, Records, RecordsError};
use cordon_core::record::Outcome;
use cordon_fhir::reference::Reference;
use cordon_fhir::scope::ScopeSet;
use serde_json::{Value, json};

use crate::fakes::{
    MANIFEST, Stored, World, advice, call, clearance, creatinine, need, patient, prefetched, rows, whole,
};

/// The manifest with a line in every need, and without the patient's birthday.
fn manifest(line: &str) -> String {
    MANIFEST.replace("\nelements =", &format!("\n{line}\nelements =")).replace("\"birthDate\", ", "")
}

fn under(text: &str, sent: &[(&str, Prefetch)]) -> HookCall {
    let manifest = Manifest::parse(text).unwrap();
    let call = call(&whole(), sent);
    let granted = Grant::whole(&manifest).check(&manifest).unwrap();
    HookCall { installed: Installed { granted, manifest, ..(*call.installed).clone() }.into(), ..call }
}

fn views(call: HookCall) -> Views {
    match gather(clearance(call), &Stored(None), &NoRules) {
        Gathered::Ready(views) => views,
        other @ (Gathered::Withheld(_) | Gathered::Unobtainable(..)) => panic!("not ready: {other:?}"),
    }
}

fn shown(views: &Views, name: &str) -> Vec<Value> {
    let view = views.views().iter().find(|view| view.need() == &need(name)).unwrap();
    view.rows().map(|row| serde_json::from_str(row).unwrap()).collect()
}

#[track_caller]
fn refused(text: &str, why: &str) {
    match Manifest::parse(text) {
        Err(ManifestError::Rule(rule)) => assert!(rule.contains(why), "{rule}"),
        other => panic!("{other:?}"),
    }
}

fn day(text: &str) -> jiff::civil::Date {
    text.get(..10).unwrap().parse().unwrap()
}

#[test]
fn di_2_a_shift_moves_all_dates_and_the_time_of_the_call_by_the_same_weeks() {
    let sent = vec![creatinine("a", "p", "2021-01-01"), creatinine("b", "p", "2020-03-01T10:00:00Z")];
    let world = World::new(Vec::new());
    let ports = Ports { records: &Stored(Some(vec![])), ..world.ports() };
    let _ = invoke(under(&manifest("dates = \"shifted\""), &prefetched(sent)), ports).unwrap();
    let message = world.runner.1.borrow().first().unwrap().clone();
    let view = message.views.iter().find(|view| *view.need() == need("creatinine")).unwrap();
    let dates: Vec<Value> = view.rows().map(|row| serde_json::from_str(row).unwrap()).collect();
    let dates: Vec<&str> = dates.iter().map(|row| row["effectiveDateTime"].as_str().unwrap()).collect();
    let moved = (day(dates[0]) - day("2021-01-01")).get_days();
    assert!(moved != 0 && moved % 7 == 0 && moved.abs() <= 364, "{moved}");
    assert_eq!((day(dates[1]) - day("2020-03-01")).get_days(), moved);
    assert!(dates[1].ends_with("T10:00:00Z"));
    assert_eq!((day(&message.now.to_string()) - day("2021-06-01")).get_days(), moved);
}

#[test]
fn di_2_a_card_of_shifted_dates_says_so_under_every_text() {
    let sent = prefetched(vec![creatinine("a", "p", "2021-01-01")]);
    let body = |text: &str| {
        let world = World::new(vec![advice("eGFR 44")]);
        let response = invoke(under(text, &sent), Ports { records: &Stored(Some(vec![])), ..world.ports() }).unwrap();
        String::from_utf8(response.body.unwrap()).unwrap()
    };
    assert!(body(&manifest("dates = \"shifted\"")).contains("no date in its text is a real one"));
    assert!(!body(&manifest("dates = \"exact\"")).contains("no date in its text is a real one"));
}

/// A record that keeps no key.
struct NoKey;

impl Records for NoKey {
    fn visit(&self, _: Query<'_>, _: &mut Each<'_>) -> Result<(), RecordsError> {
        Ok(())
    }

    fn consents(&self, _: &TenantId, _: &PatientId) -> Result<Vec<Value>, RecordsError> {
        Ok(Vec::new())
    }
}

#[test]
fn without_the_key_no_shifted_date_is_shown() {
    let call = under(&manifest("dates = \"shifted\""), &prefetched(vec![creatinine("a", "p", "2021-01-01")]));
    let world = World::new(Vec::new());
    let response = invoke(call, Ports { records: &NoKey, ..world.ports() }).unwrap();
    assert!(matches!(response.outcome, Outcome::Unobtainable(_)));
    assert!(world.runner.1.borrow().is_empty(), "the guest ran");
}

#[test]
fn di_2_shifted_dates_beside_others_or_beside_an_age_are_refused() {
    let shifted = manifest("dates = \"shifted\"");
    assert!(Manifest::parse(&shifted).is_ok());
    for other in ["exact", "year"] {
        let (before, after) = shifted.rsplit_once("\"shifted\"").unwrap();
        refused(&format!("{before}\"{other}\"{after}"), "every need says dates");
    }
    refused(&shifted.replacen("dates = \"shifted\"\n", "", 1), "every need says dates");
    for age in ["birthDate", "deceasedAge", "condition.onsetAge", "ageRange", "bornPeriod"] {
        refused(
            &shifted.replacen("\"gender\"", &format!("\"gender\", \"{age}\""), 1),
            "the age are not given together",
        );
    }
}

#[test]
fn a_year_orders_nothing_and_shows_no_day() {
    let year = manifest("dates = \"year\"");
    refused(&year, "newest orders rows by their dates");
    let year = year.replace("newest = 2\n", "").replace("\"valueQuantity\"", "\"valueQuantity\", \"note.text\"");
    let dated = |days: [&str; 3]| {
        let row = |(n, day): (u32, &str)| {
            let mut row = creatinine(&format!("o{n}"), "p", day);
            row["valueQuantity"]["value"] = json!(n);
            row["note"] = json!([{"text": "2021-01-01"}]);
            row
        };
        prefetched((1..).zip(days).map(row).collect())
    };
    let one = shown(&views(under(&year, &dated(["2021-01-01", "2021-06-01", "2020-05-05"]))), "creatinine");
    assert_eq!(one.iter().map(|row| &row["effectiveDateTime"]).collect::<Vec<_>>(), ["2021", "2021", "2020"]);
    assert_eq!(one[0]["note"], json!([{"text": "2021-01-01"}]), "free text by name is not touched");
    let other = shown(&views(under(&year, &dated(["2021-09-09", "2021-02-02", "2020-01-01"]))), "creatinine");
    assert_eq!(one, other);
}

#[test]
fn di_1_ages_above_89_are_one_and_every_need_says_so() {
    let text = MANIFEST.replace("\nelements =", "\nages = \"90+\"\nelements =");
    let born = |date: &str| {
        let mut row = patient("p");
        row["birthDate"] = json!(date);
        let sent = [("creatinine", rows(vec![])), ("patient", rows(vec![row]))];
        shown(&views(under(&text, &sent)), "patient")[0]["birthDate"].clone()
    };
    assert_eq!(born("1931-06-02"), json!("1931-06-02"));
    assert_eq!(["1931-06-01", "1925-12-24", "1899"].map(born), ["1931", "1931", "1931"].map(Value::from));
    refused(&text.replacen("ages = \"90+\"\n", "", 1), "every need does");
    assert!(Manifest::parse(&text.replace("90+", "89+")).is_err());
}

fn encounter(id: &str, patient: &str) -> Value {
    json!({"resourceType": "Encounter", "id": id, "status": "in-progress", "class": {"code": "IMP"},
        "subject": {"reference": format!("Patient/{patient}"), "display": "Ann"}, "reasonCode": [{"text": "secret"}]})
}

/// The manifest with a need on the encounter and one on the user in context.
fn contextual() -> String {
    let more = |name: &str, source: &str, elements: &str| {
        format!(
            "\n[[need]]\nname = \"{name}\"\nsource = \"context.{source}\"\nelements = {elements}\non-withheld = \"run\"\nwhy = \"w\"\n"
        )
    };
    let stay = more("stay", "encounter", "[\"status\", \"class\", \"subject\"]");
    format!("{MANIFEST}{stay}{}", more("role", "user", "[\"code\"]"))
}

fn in_context(id: Option<&str>, stay: Option<Prefetch>) -> HookCall {
    let mut sent = prefetched(vec![creatinine("a", "p", "2021-01-01")]);
    sent.extend(stay.map(|rows| ("stay", rows)));
    let encounter = id.and_then(|id| Reference::parse(&format!("Encounter/{id}")));
    HookCall { encounter, ..under(&contextual(), &sent) }
}

#[test]
fn the_encounter_in_context_is_a_row_like_any_other() {
    let sent = rows(vec![encounter("e", "p")]);
    let row = shown(&views(in_context(Some("e"), Some(sent))), "stay").remove(0);
    let id = row["id"].as_str().unwrap().to_owned();
    assert!(id.starts_with('r') && row["subject"].get("display").is_none());
    let names: Vec<&String> = row.as_object().unwrap().keys().collect();
    assert_eq!(names.len(), 5, "{names:?}");
}

#[test]
fn another_encounter_another_patients_and_a_call_without_one_give_nothing() {
    let given = |id: Option<&str>, sent| shown(&views(in_context(id, sent)), "stay").len();
    assert_eq!(given(Some("e"), Some(rows(vec![encounter("f", "p"), creatinine("e", "p", "2021")]))), 0);
    assert_eq!(given(Some("e"), Some(rows(vec![encounter("e", "q")]))), 0);
    assert_eq!(given(None, Some(rows(vec![encounter("e", "p")]))), 0);
    assert_eq!(given(Some("e"), Some(Prefetch::Null)), 0);
    assert_eq!(given(None, None), 0);
}

#[test]
fn the_record_stands_in_for_the_encounter_only_under_a_right_to_read_it() {
    let obtain = |right: &str| {
        let call = in_context(Some("e"), None);
        let call = HookCall { right: UserRight::Scopes(ScopeSet::parse(right)), ..call };
        let stored = Stored(Some(vec![encounter("d", "p"), encounter("e", "p")]));
        match gather(clearance(call), &stored, &NoRules) {
            Gathered::Ready(views) => Some(shown(&views, "stay").len()),
            Gathered::Unobtainable(..) => None,
            Gathered::Withheld(_) => panic!("withheld"),
        }
    };
    assert_eq!(obtain("user/Observation.rs"), None);
    assert_eq!(obtain("user/Encounter.s"), None);
    assert_eq!(obtain("user/Encounter.r"), Some(1));
}

#[test]
fn of_the_user_come_the_roles_and_nothing_else() {
    let mut call = in_context(None, None);
    call.user = Reference::parse("PractitionerRole/secret-7");
    assert!(shown(&views(in_context(None, None)), "role").is_empty());
    call.roles = ["http://snomed.info/sct|17561000", "nurse"].map(|role| Role::new(role).unwrap()).into();
    let row = shown(&views(call), "role").remove(0);
    let code = json!([{"coding": [{"system": "http://snomed.info/sct", "code": "17561000"}]}, {"coding": [{"code": "nurse"}]}]);
    assert_eq!(row, json!({"resourceType": "PractitionerRole", "id": "role-1", "code": code}));
}

#[test]
fn a_grant_cannot_narrow_what_comes_from_the_context() {
    let manifest = Manifest::parse(&contextual()).unwrap();
    for name in ["stay", "role"] {
        let mut grant = Grant::whole(&manifest);
        grant
            .needs
            .insert(NeedName::new(name).unwrap(), GrantedNeed { within: Some("patient/Encounter.r".to_owned()) });
        assert!(matches!(grant.check(&manifest), Err(GrantError::NoScope(_))));
    }
}
