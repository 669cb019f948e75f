//! RD-08: over every row of every kind at hand, no path reaches a plugin that its need does not list. RD-05: what is
//! hidden leaves no trace in what is shown.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use cordon_core::elements::{Elements, Readable};
use serde_json::{Value, json};

/// The paths of all leaves, without positions in lists.
fn leaves(value: &Value, path: &str, out: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let whole = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                leaves(value, &whole, out);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| leaves(item, path, out)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            out.insert(path.to_owned());
        }
    }
}

fn paths(value: &Value) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    leaves(value, "", &mut out);
    out
}

/// Written against the text of the requirement, not against the code: listed is what is listed or lies below it, but for
/// what is never given and what only its name gives.
fn is_listed(path: &str, listed: &[String]) -> bool {
    let never = ["extension", "modifierExtension", "contained", "meta", "implicitRules", "id", "resourceType"];
    let named =
        ["text", "display", "title", "div", "data", "url", "hash", "comment", "description", "patientInstruction"];
    let steps: Vec<&str> = path.split('.').collect();
    let below = |one: &&String| path == one.as_str() || path.starts_with(&format!("{one}."));
    let free = |step: &&str| named.contains(step) || step.ends_with("String") || step.ends_with("Markdown");
    let by_name = |one: &&String| steps.iter().skip(one.split('.').count()).all(|step| !free(step));
    let whole = listed.iter().filter(below).any(|one| by_name(&one));
    whole && steps[0] != "text" && !steps.iter().any(|step| never.contains(step) || step.starts_with('_'))
}

/// What a plugin would read with every reference in view, so that nothing is absent for another reason.
fn row(elements: &Elements, resource: &Value) -> Value {
    let readable: Readable = elements.read(resource);
    serde_json::from_str(&readable.row("r1", &|target| Some(format!("{}/r2", target.resource_type)))).unwrap()
}

#[track_caller]
fn check(resource: &Value, listed: &[String]) -> usize {
    let elements = Elements::parse(listed).unwrap();
    let given = paths(&row(&elements, resource));
    let unlisted = given.iter().filter(|path| *path != "id" && *path != "resourceType" && !is_listed(path, listed));
    assert_eq!(unlisted.collect::<Vec<_>>(), Vec::<&String>::new(), "{listed:?}");
    given.len()
}

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            files(&entry.path(), out);
        } else {
            out.push(entry.path());
        }
    }
}

/// Every resource of the shared fixtures, where they are: those of a Bundle one by one.
#[expect(clippy::disallowed_methods, reason = "a test reads fixtures, where they are")]
fn fixtures() -> Vec<Value> {
    let Ok(folder) = std::env::var("CORDON_SHARED_DATA") else { return Vec::new() };
    let mut found = Vec::new();
    files(Path::new(&folder), &mut found);
    let texts = found.iter().filter_map(|path| std::fs::read_to_string(path).ok());
    let values = texts.flat_map(|text| match serde_json::from_str::<Value>(&text) {
        Ok(value) => vec![value],
        Err(_) => text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect(),
    });
    let entries = |value: Value| match value.get("entry").and_then(Value::as_array) {
        Some(entries) => entries.iter().filter_map(|entry| entry.get("resource").cloned()).collect(),
        None => vec![value],
    };
    values.flat_map(entries).filter(|value| value.get("resourceType").is_some()).collect()
}

/// One resource with everything that must not come through, in every place.
fn hostile() -> Value {
    let coding = json!({"system": "s", "code": "c", "display": "x", "_code": {"extension": [{"url": "u"}]}, "id": "x"});
    let attachment = json!({"contentType": "text/plain", "data": "eA==", "url": "http://x", "title": "x", "hash": "x"});
    let whole = json!({"coding": [coding], "text": "x", "extension": [{"url": "u", "valueString": "x"}]});
    json!({"resourceType": "DocumentReference", "id": "d", "meta": {"source": "x"}, "implicitRules": "x", "language": "de",
        "text": {"status": "generated", "div": "x"}, "contained": [{"resourceType": "Patient", "id": "c"}],
        "type": whole, "content": [{"attachment": attachment, "format": coding}], "description": "x",
        "subject": {"reference": "Patient/p", "display": "x", "identifier": {"value": "x"}, "type": "Patient"},
        "context": {"related": [{"identifier": {"value": "x"}}], "period": {"start": "2021", "_end": {"extension": []}}},
        "component": [{"valueString": "x", "code": whole}], "payload": [{"contentString": "x"}], "_status": {"id": "x"}})
}

#[test]
fn rd_08_no_row_of_any_kind_gives_a_path_that_is_not_listed() {
    let mut resources = fixtures();
    let fixtures = resources.len();
    resources.push(hostile());
    let mut given = 0;
    for resource in &resources {
        let names: Vec<String> = resource.as_object().unwrap().keys().cloned().collect();
        let fine: Vec<String> =
            names.into_iter().filter(|name| Elements::parse(std::slice::from_ref(name)).is_ok()).take(64).collect();
        // One by one, and all together.
        given += fine.iter().map(|name| check(resource, std::slice::from_ref(name))).sum::<usize>();
        if !fine.is_empty() {
            given += check(resource, &fine);
        }
        // Every leaf by its own name.
        for path in paths(resource).into_iter().filter(|path| Elements::parse(std::slice::from_ref(path)).is_ok()) {
            given += check(resource, &[path]);
        }
    }
    assert!(given > 20 && (fixtures == 0 || given > fixtures), "{given} paths of {fixtures} fixtures");
}

#[test]
fn rd_08_attachments_come_only_when_their_member_is_listed() {
    let content =
        |listed: &str| row(&Elements::parse(&[listed.to_owned()]).unwrap(), &hostile()).get("content").cloned();
    assert_eq!(content("content").unwrap()[0]["attachment"], json!({"contentType": "text/plain"}));
    assert_eq!(content("content.attachment").unwrap()[0]["attachment"], json!({"contentType": "text/plain"}));
    assert_eq!(content("content.attachment.data").unwrap()[0], json!({"attachment": {"data": "eA=="}}));
    assert_eq!(content("type"), None);
}

#[test]
fn rd_05_hidden_elements_leave_no_trace_in_the_bytes_of_a_row() {
    let listed = ["type", "subject", "context", "content"].map(str::to_owned);
    let elements = Elements::parse(&listed).unwrap();
    let one = row(&elements, &hostile()).to_string();
    let mut other = hostile();
    for name in ["text", "contained", "meta", "description", "component", "payload", "language", "_status"] {
        other.as_object_mut().unwrap().remove(name);
    }
    other["aHiddenElement"] = json!({"before": "all others"});
    other["zHiddenElement"] = json!([1, 2, 3]);
    other["subject"]["display"] = json!("another");
    other["type"]["text"] = json!("another");
    assert_eq!(row(&elements, &other).to_string(), one);
}
