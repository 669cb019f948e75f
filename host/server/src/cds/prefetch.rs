//! Prefetch in its three states, and the templates that discovery offers.

use std::collections::BTreeMap;

use cordon_core::call::Prefetch;
use cordon_core::grant::Installed;
use cordon_core::ids::NeedName;
use cordon_core::manifest::{ENCOUNTER_TOKEN, Need, OnWithheld, PATIENT_TOKEN, Source};
use cordon_core::sent::SentRow;
use cordon_fhir::types::resource_type;
use serde_json::Value;

use super::rows::{Resources, Sent};
use crate::fault::out;

/// The prefetch template of every granted need that comes from the record, by need. They carry no `_count`: limits come
/// after the clearance.
pub(super) fn templates(installed: &Installed) -> BTreeMap<NeedName, String> {
    let one = |need: &Need| Some((need.name.clone(), template(need, installed)?));
    installed.manifest.needs.values().filter_map(one).collect()
}

fn template(need: &Need, installed: &Installed) -> Option<String> {
    let narrower = match installed.granted.get(&need.name) {
        _ if out!(GrantOverasked) => None,
        Some(narrower) => narrower.as_ref(),
        None => return None,
    };
    let asked = match &need.source {
        Source::Record(asked) => asked,
        Source::Encounter => return Some(format!("Encounter/{ENCOUNTER_TOKEN}")),
        Source::DraftOrders | Source::Selections | Source::User => return None,
    };
    let scope = match need.on_withheld {
        OnWithheld::Run => narrower.unwrap_or(asked),
        // The host must see that something is withheld to abstain, so it asks for the whole need and drops the rest.
        OnWithheld::Abstain => asked,
    };
    scope.search_query(PATIENT_TOKEN)
}

/// Reads what the client sent for the granted needs; other keys are ignored.
pub(super) fn read(mut sent: BTreeMap<String, Sent>, installed: &Installed) -> BTreeMap<NeedName, Prefetch> {
    let granted = installed.granted.keys();
    granted.filter_map(|name| Some((name.clone(), state(sent.remove(name.as_str())?)))).collect()
}

/// CDS Hooks 2.0, prefetch: `null` is "asked, no data", an OperationOutcome is "tried, failed". What is not a resource
/// at all counts as failed: it must not pass for "no data".
fn state(sent: Sent) -> Prefetch {
    let row = match sent {
        Sent::Bundle(resources) => return bundle(&resources),
        Sent::Whole(row) => row,
    };
    if row.value().is_null() {
        return Prefetch::Null;
    }
    match resource_type(row.value()).as_ref().map(|name| name.as_str()) {
        Some("OperationOutcome") | None => Prefetch::Failed,
        Some(_) => Prefetch::all([row]),
    }
}

fn bundle(sent: &Resources) -> Prefetch {
    let none = Vec::new();
    let entries = match sent.bundle.get("entry") {
        None => &none,
        Some(Value::Array(entries)) => entries,
        Some(_) => return Prefetch::Failed,
    };
    if entries.iter().any(|entry| !sent.of(entry).is_some_and(|row| row.value().is_object())) {
        // Something was found that was not sent.
        return Prefetch::Failed;
    }
    let resource = |entry: &Value| sent.of(entry).map(SentRow::value);
    let note = |entry: &&Value| mode(entry) == Some("outcome") || resource(entry).is_some_and(is_outcome);
    let (notes, rows): (Vec<_>, Vec<_>) = entries.iter().partition(note);
    let matches = rows.iter().filter(|entry| mode(entry) != Some("include")).count();
    let failure = notes.iter().filter_map(|entry| resource(entry)).any(reports_failure);
    let complete = !has_next(&sent.bundle) && !counts_more(&sent.bundle, matches) && !failure;
    Prefetch::Rows { rows: rows.into_iter().filter_map(|entry| sent.of(entry).cloned()).collect(), complete }
}

/// Whether it is an OperationOutcome, whatever the mode of its entry says: it is no row and no match.
fn is_outcome(resource: &Value) -> bool {
    resource.get("resourceType").and_then(Value::as_str) == Some("OperationOutcome")
}

/// `Bundle.entry.search.mode` (FHIR R4).
fn mode(entry: &Value) -> Option<&str> {
    entry.get("search")?.get("mode")?.as_str()
}

fn has_next(bundle: &Value) -> bool {
    let next = |link: &Value| link.get("relation").and_then(Value::as_str) == Some("next");
    match bundle.get("link") {
        None | Some(Value::Null) => false,
        Some(Value::Array(links)) => links.iter().any(next),
        // What cannot be read is not believed to say that there is no more.
        Some(_) => true,
    }
}

/// Whether the server counts more matches than it sent. A total that is not a number is not believed to be small.
fn counts_more(bundle: &Value, matches: usize) -> bool {
    let total = bundle.get("total").filter(|total| !total.is_null());
    let covered = |total: &Value| total.as_u64().is_some_and(|n| usize::try_from(n).is_ok_and(|n| n <= matches));
    total.is_some_and(|total| !covered(total))
}

/// A search may answer with rows and say beside them that others could not be had.
fn reports_failure(outcome: &Value) -> bool {
    let issues = outcome.get("issue").and_then(Value::as_array);
    let severity = |issue: &Value| matches!(issue.get("severity").and_then(Value::as_str), Some("error" | "fatal"));
    issues.is_some_and(|issues| issues.iter().any(severity))
}

#[cfg(test)]
mod tests {
    use cordon_core::grant::Grant;
    use cordon_core::ids::Digest;
    use cordon_core::manifest::Manifest;
    use serde_json::json;

    use super::super::request::Request;
    use super::super::rows::KnownRows;
    use super::*;

    fn state(value: Value) -> Prefetch {
        let body = json!({ "hook": "x", "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea", "context": {},
            "prefetch": { "key": value } });
        let request = Request::parse(body.to_string().as_bytes(), &KnownRows::default(), None).unwrap();
        super::state(request.prefetch.into_values().next().unwrap())
    }

    fn complete(bundle: Value) -> (usize, bool) {
        let Prefetch::Rows { rows, complete } = state(bundle) else { panic!("no rows") };
        (rows.len(), complete)
    }

    #[test]
    fn the_encounter_is_asked_for_by_its_token_and_what_the_call_itself_holds_is_not_asked_for() {
        let need = |name: &str, from: &str| {
            format!("[[need]]\nname = \"{name}\"\n{from}\nelements = [\"status\", \"code\"]\nwhy = \"w\"\n")
        };
        let of = |name: &str| need(name, &format!("source = \"context.{name}\""));
        let text = format!(
            "id = \"org.example.x\"\nversion = \"1.0.0\"\nwit = \"cordon:clinical@0.2.0\"\ntitle = {{ en = \"x\" }}\n\
             description = {{ en = \"x\" }}\nintended-use = \"x\"\npublisher = \"x\"\ncontact = \"x\"\n\
             source = {{ label = \"x\" }}\ncards = {{ mode = \"text\" }}\n\
             [[service]]\nid = \"x\"\nhook = \"patient-view\"\ndescription = \"x\"\n{}{}{}",
            of("encounter"),
            of("user"),
            need("problems", "scope = \"patient/Condition.rs\"")
        );
        let manifest = Manifest::parse(&text).unwrap();
        let grant = Grant::whole(&manifest);
        let installed = Installed::new(manifest, Digest::of(b""), Digest::of(b""), &grant).unwrap();
        let mut nothing = installed.clone();
        nothing.granted.clear();
        assert_eq!(templates(&nothing).into_values().next(), None, "what was not granted is not asked for");
        let templates: Vec<_> = templates(&installed).into_values().collect();
        assert_eq!(templates, ["Encounter/{{context.encounterId}}", "Condition?patient={{context.patientId}}"]);
    }

    #[test]
    fn null_failure_and_rows_are_three_states() {
        assert_eq!(state(Value::Null), Prefetch::Null);
        assert_eq!(state(json!({ "resourceType": "OperationOutcome" })), Prefetch::Failed);
        let row = json!({ "resourceType": "Patient" });
        assert_eq!(state(row.clone()), Prefetch::all([row]));
    }

    #[test]
    fn what_is_not_a_resource_does_not_pass_for_no_data() {
        for value in [json!({}), json!([]), json!("x"), json!(0), json!({ "response": {}, "resource": {} })] {
            assert_eq!(state(value), Prefetch::Failed);
        }
        assert_eq!(state(json!({ "resourceType": "Bundle", "entry": {} })), Prefetch::Failed);
    }

    #[test]
    fn a_page_that_is_not_all_of_it_says_so() {
        let row = json!({ "resource": { "resourceType": "Observation" } });
        let with = |name: &str, value: Value| {
            let mut bundle = json!({ "resourceType": "Bundle", "entry": [row] });
            bundle[name] = value;
            complete(bundle)
        };
        assert_eq!(with("total", json!(1)), (1, true));
        assert_eq!(with("total", json!(2)), (1, false));
        assert_eq!(with("total", json!("1")), (1, false));
        assert_eq!(with("link", json!([{ "relation": "self", "url": "u" }])), (1, true));
        assert_eq!(with("link", json!([{ "relation": "next", "url": "u" }])), (1, false));
    }

    #[test]
    fn what_was_found_and_not_sent_does_not_pass_for_all_there_is() {
        let row = json!({ "resource": { "resourceType": "Observation" } });
        let missing =
            json!({ "resourceType": "Bundle", "total": 2, "entry": [row, { "response": { "status": "404" } }] });
        assert_eq!(state(missing), Prefetch::Failed);
        let failure = json!({ "resource": { "resourceType": "OperationOutcome", "issue": [{ "severity": "error" }] } });
        assert_eq!(complete(json!({ "resourceType": "Bundle", "total": 2, "entry": [row, failure] })), (1, false));
        let strange = json!({ "resourceType": "Bundle", "entry": [row], "link": { "relation": "next" } });
        assert_eq!(complete(strange), (1, false));
    }

    #[test]
    fn included_rows_do_not_count_as_matches_and_notes_are_no_rows() {
        let entry =
            |mode: &str, kind: &str| json!({ "search": { "mode": mode }, "resource": { "resourceType": kind } });
        let mut bundle = json!({ "resourceType": "Bundle", "total": 2, "entry": [
            entry("match", "Observation"), entry("include", "Patient"), entry("outcome", "OperationOutcome")
        ] });
        assert_eq!(complete(bundle.clone()), (2, false));
        bundle["total"] = json!(1);
        assert_eq!(complete(bundle.clone()), (2, true));
        bundle["entry"][2]["resource"]["issue"] = json!([{ "severity": "error" }]);
        assert_eq!(complete(bundle), (2, false));
    }
}
