//! What could not be decided is said to be undecided, and why.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cordon_policy::cedar::DEFAULT;
use cordon_prove::diff::{Difference, diff};
use cordon_prove::never::never;
use cordon_prove::question::Condition;
use cordon_prove::solver::{Prover, Undecided};

use crate::desk::{policies, prover};

fn with_solver(program: &Path) -> Result<Difference, Undecided> {
    let mut prover = Prover::start(program, Duration::from_secs(1))?;
    diff(&mut prover, &policies(DEFAULT), &policies("// closed\n"))
}

/// A program that is no solver.
#[expect(clippy::disallowed_methods, reason = "a test writes a script into its own temporary folder")]
fn program(folder: &tempfile::TempDir, script: &str) -> PathBuf {
    let path = folder.path().join("solver");
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[test]
fn a_missing_solver_is_said_with_the_package_to_install() {
    let because = with_solver(Path::new("/nonexistent/cvc5")).unwrap_err();
    assert!(because.to_string().contains("apt-get install cvc5"), "{because}");
}

#[test]
fn a_solver_that_never_answers_is_stopped() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(with_solver(&program(&folder, "exec sleep 60")), Err(Undecided::TimedOut(1)));
}

#[test]
fn a_solver_that_dies_or_says_something_else_proves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for script in ["exit 1", "exec cat", "while read line; do echo unknown; done"] {
        assert!(with_solver(&program(&folder, script)).is_err(), "{script}");
    }
}

#[test]
fn a_policy_that_can_fail_is_named() {
    let fails =
        "@id(\"sum\") @why(\"w\") forbid (principal, action, resource) when { 9223372036854775807 + 1 == 0 };\n";
    let with = policies(&format!("{DEFAULT}{fails}"));
    let because = diff(&mut prover(), &policies(DEFAULT), &with).unwrap_err();
    assert_eq!(because, Undecided::CanFail("sum".to_owned()));
}

#[test]
fn conditions_that_exclude_each_other_prove_nothing() {
    let conditions = ["R", "V"].map(|word| Condition::label(word).unwrap());
    assert_eq!(never(&mut prover(), &policies(DEFAULT), &conditions).unwrap_err(), Undecided::Empty);
}

#[test]
fn a_word_that_is_no_label_or_purpose_is_refused() {
    assert!(Condition::label("hiv").unwrap_err().to_string().contains("HIV"));
    assert!(Condition::purpose("RESEARCH").unwrap_err().to_string().contains("HRESCH"));
    assert!(Condition::when("resource.hivv").is_err());
    assert!(Condition::when("true }; permit (principal, action, resource) when { true").is_err());
}
