//! A policy that fails while it is evaluated: Cedar leaves it out, this host denies.

use cordon_core::label::Label;

use crate::ask::{ask, facts, permits, policies};

const EVERYTHING: &str = "@id(\"all\") @why(\"w\") permit (principal, action, resource);\n";

/// Passes strict validation and overflows whenever it is evaluated.
const FAILS: &str = "(principal, action, resource) when { 9223372036854775807 + 1 == 0 };\n";

#[test]
fn a_forbid_that_errors_forbids() {
    assert!(permits(&policies(EVERYTHING), &facts(), Label::NORMAL));
    let with = policies(&format!("{EVERYTHING}@id(\"guard\") @why(\"w\") forbid {FAILS}"));
    let verdict = ask(&with, &facts(), Label::NORMAL);
    assert!(!verdict.permitted);
    assert_eq!(verdict.failed, ["guard"]);
}

#[test]
fn a_permit_that_errors_denies_beside_one_that_permits() {
    let with = policies(&format!("{EVERYTHING}@id(\"extra\") @why(\"w\") permit {FAILS}"));
    let verdict = ask(&with, &facts(), Label::NORMAL);
    assert_eq!((verdict.permitted, verdict.failed), (false, vec!["extra".to_owned()]));
}

#[test]
fn a_file_without_policies_denies() {
    let verdict = ask(&policies("// nothing\n"), &facts(), Label::NORMAL);
    assert_eq!((verdict.permitted, verdict.policies.len(), verdict.failed.len()), (false, 0, 0));
}
