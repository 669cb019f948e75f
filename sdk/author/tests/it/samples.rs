//! The sample tools in JavaScript and Python pass their tests natively and, as components, their cases.

use std::path::Path;

use cordon_author::test;
use cordon_core::limits::LimitClass;
use cordon_runtime::Engine;
use cordon_testkit::Verdict;

use crate::workshop::{cargo, read};

fn passes(name: &str, cases: usize) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sample-plugins").join(name);
    let report = test(&folder, &cargo()).unwrap();
    assert_eq!((report.verdict, report.cases.len()), (Verdict::Passed, cases), "{report}");
    let seen = Engine::new().unwrap().check(&read(&report.built.component), LimitClass::Interpreted).unwrap();
    assert!(seen.imports.iter().all(|name| name.starts_with("cordon:clinical/")), "{seen:?}");
}

#[test]
fn body_surface_in_javascript() {
    passes("body-surface", 4);
}

#[test]
fn fib4_in_python() {
    passes("fib4", 4);
}
