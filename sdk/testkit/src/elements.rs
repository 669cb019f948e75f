//! Finds an element that the manifest does not list and without which the answer is another one.
//!
//! A plugin cannot tell an element that it may not see from one that the record lacks. So a failed case is run again with
//! all elements of its rows listed, and if that changes the answer, with one more element at a time.

use std::collections::BTreeSet;

use cordon_core::elements::Elements;
use cordon_core::manifest::{Manifest, Need, Service, Source};
use serde_json::Value;

use crate::case::{Case, Given};
use crate::compare::{differences, listed};
use crate::desk::{Desk, DeskError, Ran};

/// More candidates than a person would try.
const MOST: usize = 200;

/// One sentence for each element that matters.
pub(crate) fn missing(desk: &Desk, service: &Service, case: &Case, ran: &Ran) -> Result<Vec<String>, DeskError> {
    let candidates = candidates(desk.manifest(), &case.given);
    let mut all = desk.manifest().clone();
    for (need, path) in &candidates {
        list(&mut all, need, path);
    }
    if same(ran, &desk.call(&all, service, case)?) {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for (need, path) in &candidates {
        let mut manifest = desk.manifest().clone();
        list(&mut manifest, need, path);
        let again = desk.call(&manifest, service, case)?;
        if same(ran, &again) {
            continue;
        }
        let outcome = &again.response.outcome;
        let passes = differences(&case.expect, outcome, &listed(&again.response, "cards")).is_empty();
        let effect = if passes { "this case passes" } else { "the answer is another one" };
        let need = &need.name;
        found.push(format!("[[need]] `{need}` does not list \"{path}\": with it among its elements, {effect}"));
    }
    if found.is_empty() {
        found.push(
            "with more elements listed in plugin.toml the answer is another one, but no single element does it"
                .to_owned(),
        );
    }
    Ok(found)
}

fn same(one: &Ran, other: &Ran) -> bool {
    one.response.outcome == other.response.outcome && one.response.body == other.response.body
}

/// Lists one more element; left as it was if no manifest may list it.
fn list(manifest: &mut Manifest, need: &Need, path: &str) {
    let Some(need) = manifest.needs.get_mut(&need.name) else { return };
    let mut paths = need.elements.paths().to_vec();
    paths.push(path.to_owned());
    if let Ok(elements) = Elements::parse(&paths) {
        need.elements = elements;
    }
}

/// Elements that rows of the case have and the need does not list.
fn candidates<'a>(manifest: &'a Manifest, given: &Given) -> Vec<(&'a Need, String)> {
    let of_need = |need: &'a Need| {
        let mut paths = BTreeSet::new();
        for row in rows(need, given) {
            walk(row, "", &mut paths);
        }
        let listed = |path: &String| need.elements.paths().contains(path);
        paths.into_iter().filter(move |path| !listed(path)).map(move |path| (need, path))
    };
    let allowed = |(_, path): &(&Need, String)| Elements::parse(std::slice::from_ref(path)).is_ok();
    manifest.needs.values().flat_map(of_need).filter(allowed).take(MOST).collect()
}

fn rows<'a>(need: &Need, given: &'a Given) -> Vec<&'a Value> {
    match (given, &need.source) {
        (Given::Needs(needs), _) => needs.get(&need.name).into_iter().flatten().collect(),
        (Given::Record { resources, .. }, Source::Record(scope)) => {
            resources.iter().filter(|row| scope.admits(row)).collect()
        }
        (Given::Record { draft_orders, .. }, Source::DraftOrders | Source::Selections) => draft_orders.iter().collect(),
        // A record on a desk is read without an encounter and without roles.
        (Given::Record { .. }, Source::Encounter | Source::User) => Vec::new(),
    }
}

/// Top-level elements, and deeper ones that come only when a path names them (free text).
fn walk(value: &Value, path: &str, out: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let here = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                if path.is_empty() || matches!(name.as_str(), "text" | "display" | "title" | "data" | "url") {
                    out.insert(here.clone());
                }
                walk(value, &here, out);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| walk(item, path, out)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
