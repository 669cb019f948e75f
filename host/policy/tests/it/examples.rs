//! The three worked examples of `docs/policy.md`. Their proofs are in `host/prove`.

use cordon_core::call::Purpose;
use cordon_core::label::{Confidentiality, Label, Sensitivity};
use cordon_policy::cedar::{DEFAULT, Facts, Kind};

use crate::ask::{facts, for_purpose, label, of_plugin, permits, policies, sensitive, unclassified, with_roles};

const PSYCHIATRY: &str = include_str!("../../examples/psychiatry-department.cedar");
const GENETICS: &str = include_str!("../../examples/genetics-inside.cedar");
const RESEARCH: &str = include_str!("../../examples/research-classified.cedar");

#[test]
fn the_page_quotes_policies_as_they_are() {
    let page = include_str!("../../../../docs/policy.md");
    let quoted: Vec<_> = page.split("```cedar\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert_eq!(quoted.len(), 4);
    for policy in quoted {
        assert!([DEFAULT, PSYCHIATRY, GENETICS, RESEARCH].iter().any(|file| file.contains(policy)), "{policy}");
    }
}

#[test]
fn psychiatry_is_seen_in_its_department_by_its_own_users_only() {
    let policies = policies(PSYCHIATRY);
    let psychiatric = sensitive(Sensitivity::Psy);
    let inside = Facts { tenant: "psychiatry".to_owned(), ..with_roles(&["psychiatry"]) };
    assert!(!permits(&policies, &with_roles(&["psychiatry"]), psychiatric), "on another ward");
    assert!(!permits(&policies, &Facts { roles: facts().roles, ..inside.clone() }, psychiatric), "without the role");
    assert!(!permits(&policies, &Facts { user_known: false, ..inside.clone() }, psychiatric), "nobody known");
    assert!(permits(&policies, &inside, psychiatric));
    assert!(!permits(&policies, &inside, unclassified()));
    assert!(permits(&policies, &facts(), Label::NORMAL), "other rows are as before");
}

#[test]
fn genetics_is_for_tools_of_the_hospital_itself() {
    let policies = policies(GENETICS);
    let genetic = sensitive(Sensitivity::Gdis);
    assert!(!permits(&policies, &for_purpose(Purpose::BreakGlass), genetic), "not even when the glass is broken");
    let outside = policies.explain(&facts(), Kind::of("MolecularSequence"), Label::NORMAL);
    assert_eq!((outside.permitted, outside.policies), (false, vec!["genetics-inside".to_owned()]));
    assert!(permits(&policies, &of_plugin(facts(), "org.hospital.panel"), genetic));
}

#[test]
fn research_sees_classified_normal_rows_and_nothing_else() {
    let policies = policies(RESEARCH);
    let research = for_purpose(Purpose::Research);
    assert!(!permits(&policies, &research, label(Confidentiality::Restricted)));
    assert!(!permits(&policies, &research, unclassified()));
    for one in Sensitivity::ALL {
        assert!(!permits(&policies, &research, sensitive(one)), "{one:?}");
    }
    assert!(permits(&policies, &research, Label::NORMAL));
    assert!(permits(&policies, &facts(), label(Confidentiality::Restricted)), "treatment is as before");
}
