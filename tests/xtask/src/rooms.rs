//! The workspace check: the real dependency graph against the table of `docs/architecture.md`. A new arrow fails.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, bail};
use cargo_metadata::{Dependency, DependencyKind, Metadata, MetadataCommand, Package};

use crate::sh;

/// Which workspace crates each crate may import, tests included only where a second list says so.
const ARROWS: [(&str, &[&str]); 22] = [
    ("cordon-fhir", &[]),
    ("cordon-core", &["cordon-fhir"]),
    ("cordon-policy", &["cordon-core", "cordon-fhir"]),
    ("cordon-trust", &["cordon-core", "cordon-fhir"]),
    ("cordon-audit", &["cordon-core", "cordon-fhir"]),
    ("cordon-runtime", &["cordon-core"]),
    ("cordon-wall", &["cordon-core", "cordon-runtime"]),
    ("cordon-connect", &["cordon-core", "cordon-fhir"]),
    ("cordon-store", &["cordon-core", "cordon-fhir"]),
    (
        "cordon-server",
        &[
            "cordon-audit",
            "cordon-connect",
            "cordon-core",
            "cordon-fhir",
            "cordon-policy",
            "cordon-runtime",
            "cordon-store",
            "cordon-trust",
            "cordon-wall",
        ],
    ),
    (
        "cordon",
        &[
            "cordon-audit",
            "cordon-author",
            "cordon-core",
            "cordon-fhir",
            "cordon-policy",
            "cordon-server",
            "cordon-store",
            "cordon-wall",
            "cordon-ward",
        ],
    ),
    // The prover is a program of its own, beside `cordon`: the daemon has no solver.
    ("cordon-prove", &["cordon-core", "cordon-policy"]),
    ("cordon-sdk", &[]),
    ("cordon-ward", &[]),
    ("cordon-testkit", &["cordon-core", "cordon-fhir", "cordon-policy", "cordon-runtime"]),
    ("cordon-author", &["cordon-core", "cordon-fhir", "cordon-runtime", "cordon-testkit", "cordon-trust"]),
    ("cordon-ehr-page", &["cordon-core", "cordon-fhir"]),
    // The wall from inside: native code in a runner.
    ("cordon-escape", &["cordon-core", "cordon-runtime", "cordon-wall"]),
    ("cordon-faults", &[]),
    ("cordon-fuzz", &["cordon-core", "cordon-fhir", "cordon-trust"]),
    (
        "cordon-ni",
        &[
            "cordon-audit",
            "cordon-connect",
            "cordon-core",
            "cordon-fhir",
            "cordon-guest-build",
            "cordon-policy",
            "cordon-runtime",
            "cordon-server",
            "cordon-store",
            "cordon-trust",
            "cordon-wall",
        ],
    ),
    ("xtask", &[]),
];

/// Checks that a test can take out: a room may have them behind its feature of this name, and only `cordon-ni` switches it on.
const FAULTS: &str = "cordon-faults";
const FAULTS_FEATURE: &str = "faults";
const FAULTS_TEST: &str = "cordon-ni";

/// Crates that may also be used by tests of other crates.
const TEST_ONLY: [&str; 3] = ["cordon-guest-build", "cordon-sdk", "cordon-ward"];

/// Outside crates that give authority, and the rooms that may import them.
const AUTHORITY: [(&str, &[&str]); 22] = [
    ("wasmtime", &["cordon-runtime"]),
    ("wasmtime-wasi", &["cordon-runtime"]),
    // Whatever takes authority away from a process, and hands it the little that is left.
    ("nix", &["cordon-wall"]),
    ("seccompiler", &["cordon-wall"]),
    ("landlock", &["cordon-wall"]),
    ("caps", &["cordon-wall"]),
    ("thread-priority", &["cordon-wall"]),
    ("rustix", &["cordon-wall"]),
    // `cordon-prove` starts the solver and keeps its time.
    ("tokio", &["cordon-connect", "cordon-server", "cordon", "cordon-prove"]),
    ("axum", &["cordon-server"]),
    // `cordon` holds `cordon call`, a client to try a host with (decision 5).
    ("hyper", &["cordon-connect", "cordon-server", "cordon"]),
    ("hyper-util", &["cordon-connect", "cordon-server", "cordon"]),
    ("tokio-rustls", &["cordon-connect", "cordon-server"]),
    ("jsonwebtoken", &["cordon-server", "cordon"]),
    ("rusqlite", &["cordon-store"]),
    ("refinery", &["cordon-store"]),
    ("cap-std", &["cordon-store", "cordon-server", "cordon", "cordon-author"]),
    ("getrandom", &["cordon-server", "cordon"]),
    // Checkpoints are signed notes; the log verifies them strictly itself. The oracles sign what no publisher's tool would.
    ("ed25519-dalek", &["cordon-trust", "cordon-audit", "cordon-fuzz"]),
    ("reqwest", &["cordon-connect"]),
    ("cedar-policy", &["cordon-policy", "cordon-prove"]),
    ("cedar-policy-symcc", &["cordon-prove"]),
];

/// Checks the graph.
pub(crate) fn check() -> anyhow::Result<()> {
    let metadata =
        MetadataCommand::new().manifest_path(sh::root().join("Cargo.toml")).exec().context("cargo metadata")?;
    let wrong = violations(&metadata);
    if !wrong.is_empty() {
        bail!("the table of rooms does not allow:\n  {}", wrong.join("\n  "));
    }
    sh::say("rooms: every arrow is in the table");
    Ok(())
}

fn violations(metadata: &Metadata) -> Vec<String> {
    let arrows: BTreeMap<_, _> = ARROWS.into_iter().collect();
    let authority: BTreeMap<_, _> = AUTHORITY.into_iter().collect();
    let members: BTreeSet<String> = metadata.workspace_packages().iter().map(|p| p.name.to_string()).collect();
    let mut wrong = Vec::new();
    for package in metadata.workspace_packages() {
        let name = package.name.as_str();
        if name == "cordon-guest-build" {
            continue;
        }
        let Some(allowed) = arrows.get(name) else {
            wrong.push(format!("{name}: not in the table"));
            continue;
        };
        wrong.extend(faults(package));
        for dependency in package.dependencies.iter().filter(|to| to.name != FAULTS) {
            let to = dependency.name.as_str();
            // A test may use test-only crates and the outside world, never a room that its own room may not see.
            let test = dependency.kind == DependencyKind::Development;
            let inside = members.contains(to) || to.starts_with("cordon-");
            if inside && !allowed.contains(&to) && !(test && (TEST_ONLY.contains(&to) || to == name)) {
                wrong.push(format!("{name} -> {to}"));
            }
            if !test && authority.get(to).is_some_and(|rooms| !rooms.contains(&name)) {
                wrong.push(format!("{name} -> {to} (authority)"));
            }
        }
    }
    wrong
}

/// Ways in which a build other than the tests' own could contain [`FAULTS`].
fn faults(package: &Package) -> Vec<String> {
    let name = package.name.as_str();
    let linked = |dependency: &&Dependency| dependency.name == FAULTS && !dependency.optional && name != FAULTS_TEST;
    let switched = |dependency: &&Dependency| dependency.features.iter().any(|feature| feature == FAULTS_FEATURE);
    let mentions = |text: &String| text.contains(FAULTS_FEATURE);
    let implied = |(feature, on): &(&String, &Vec<String>)| *feature != FAULTS_FEATURE && on.iter().any(mentions);
    let dependencies = package.dependencies.iter().filter(|to| linked(to) || switched(to));
    let found = dependencies.map(|to| format!("{name} -> {} (faults)", to.name));
    found
        .chain(package.features.iter().filter(implied).map(|(on, _)| format!("{name}: feature {on} (faults)")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph() -> serde_json::Value {
        let metadata = MetadataCommand::new().manifest_path(sh::root().join("Cargo.toml")).exec().unwrap();
        serde_json::to_value(metadata).unwrap()
    }

    fn with_arrow(from: &str, to: &str) -> Metadata {
        let mut graph = graph();
        let packages = graph["packages"].as_array_mut().unwrap();
        let package = packages.iter_mut().find(|p| p["name"] == from).unwrap();
        let dependencies = package["dependencies"].as_array_mut().unwrap();
        let mut added = dependencies.first().unwrap().clone();
        added["name"] = to.into();
        added["kind"] = serde_json::Value::Null;
        dependencies.push(added);
        serde_json::from_value(graph).unwrap()
    }

    #[test]
    fn a_new_arrow_between_rooms_is_found() {
        assert_eq!(violations(&with_arrow("cordon-core", "cordon-store")), ["cordon-core -> cordon-store"]);
    }

    #[test]
    fn a_room_that_takes_new_authority_is_found() {
        assert_eq!(violations(&with_arrow("cordon-core", "tokio")), ["cordon-core -> tokio (authority)"]);
        assert_eq!(violations(&with_arrow("cordon-server", "reqwest")), ["cordon-server -> reqwest (authority)"]);
    }

    #[test]
    fn a_build_that_would_contain_faults_is_found() {
        let changed = |change: &dyn Fn(&mut serde_json::Value)| {
            let mut graph = graph();
            let packages = graph["packages"].as_array_mut().unwrap();
            change(packages.iter_mut().find(|p| p["name"] == "cordon-core").unwrap());
            violations(&serde_json::from_value(graph).unwrap())
        };
        let find = |package: &mut serde_json::Value| {
            let of = package["dependencies"].as_array_mut().unwrap();
            of.iter_mut().position(|dependency| dependency["name"] == FAULTS).unwrap()
        };
        let linked = changed(&|package| {
            let at = find(package);
            package["dependencies"][at]["optional"] = false.into();
        });
        assert_eq!(linked, ["cordon-core -> cordon-faults (faults)"]);
        let by_default = changed(&|package| package["features"]["default"] = serde_json::json!([FAULTS_FEATURE]));
        assert_eq!(by_default, ["cordon-core: feature default (faults)"]);
    }

    #[test]
    fn the_table_in_the_architecture_page_names_every_room() {
        let page = std::fs::read_to_string(sh::root().join("docs/architecture.md")).unwrap();
        for (name, _) in ARROWS.iter().take(9) {
            let room = name.strip_prefix("cordon-").unwrap();
            assert!(page.contains(&format!("| `{room}` |")), "{room}");
        }
    }
}
