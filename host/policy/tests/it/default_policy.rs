//! The policy a hospital starts from, rule by rule: the denied case first.

use cordon_core::call::Purpose;
use cordon_core::label::{Confidentiality, Label, Sensitivity};
use cordon_policy::cedar::{DEFAULT, Facts, Policies};

use crate::ask::{ask, facts, for_purpose, label, of_plugin, permits, policies, sensitive, unclassified, with_roles};

fn default() -> Policies {
    policies(DEFAULT)
}

/// One question that each policy settles alone.
fn probes() -> Vec<(&'static str, Facts, Label)> {
    vec![
        ("care", facts(), Label::NORMAL),
        ("restricted", facts(), label(Confidentiality::Restricted)),
        ("unclassified", facts(), unclassified()),
        ("very-restricted", with_roles(&["restricted-records"]), label(Confidentiality::VeryRestricted)),
        ("hiv", facts(), sensitive(Sensitivity::Hiv)),
        ("substance-use", facts(), sensitive(Sensitivity::Sud)),
        ("psychiatry", facts(), sensitive(Sensitivity::Psy)),
        ("violence", facts(), sensitive(Sensitivity::Sdv)),
        ("sexually-transmitted", facts(), sensitive(Sensitivity::Std)),
        ("sexuality", facts(), sensitive(Sensitivity::Sex)),
        ("genetics", facts(), sensitive(Sensitivity::Gdis)),
        ("reproductive-health", facts(), sensitive(Sensitivity::Rep)),
        ("other-sensitivity", facts(), sensitive(Sensitivity::Other)),
    ]
}

#[test]
fn purposes_beside_care_see_nothing() {
    let policies = default();
    for purpose in [Purpose::Payment, Purpose::Operations, Purpose::Research, Purpose::PublicHealth] {
        let verdict = ask(&policies, &for_purpose(purpose), label(Confidentiality::Unrestricted));
        assert!(!verdict.permitted, "{purpose:?}");
        assert!(verdict.policies.is_empty(), "no policy permits {purpose:?}");
    }
}

#[test]
fn each_policy_settles_its_question_and_is_named() {
    let policies = default();
    for (id, facts, label) in probes() {
        let verdict = ask(&policies, &facts, label);
        assert_eq!((verdict.permitted, verdict.policies), (id == "care", vec![id.to_owned()]));
    }
}

#[test]
fn without_any_one_policy_its_question_has_another_answer() {
    let whole = default();
    let probed: Vec<_> = probes().into_iter().map(|(id, ..)| id.to_owned()).collect();
    assert!(whole.stated().keys().all(|id| probed.contains(id)), "every policy has a question");
    for (id, facts, label) in probes() {
        let rest: String =
            whole.stated().iter().filter(|(other, _)| *other != id).map(|(_, stated)| stated.text.clone()).collect();
        let without = policies(&rest);
        assert_ne!(permits(&whole, &facts, label), permits(&without, &facts, label), "{id}");
    }
}

#[test]
fn a_restricted_row_needs_the_role_and_a_reviewed_publisher() {
    let policies = default();
    let restricted = label(Confidentiality::Restricted);
    let user = with_roles(&["restricted-records"]);
    assert!(!permits(&policies, &facts(), restricted));
    for stranger in ["com.example.reviewedx.dosing", "com.example.other", "org.example.dosing", "reviewed.com.example"]
    {
        assert!(!permits(&policies, &of_plugin(user.clone(), stranger), restricted), "{stranger}");
    }
    assert!(permits(&policies, &user, restricted));
    assert!(permits(&policies, &of_plugin(user, "com.example.reviewed.cardiology.dosing"), restricted));
}

#[test]
fn a_role_opens_its_own_sensitivity_and_no_other() {
    let policies = default();
    let user = with_roles(&["psychiatry"]);
    let open: Vec<_> = Sensitivity::ALL.into_iter().filter(|one| permits(&policies, &user, sensitive(*one))).collect();
    assert_eq!(open, [Sensitivity::Psy]);
}

#[test]
fn broken_glass_shows_what_nothing_else_does() {
    let policies = default();
    let everything = Label {
        confidentiality: Confidentiality::VeryRestricted,
        sensitivities: Sensitivity::ALL.into_iter().collect(),
        unclassified: true,
    };
    assert!(!permits(&policies, &for_purpose(Purpose::EmergencyTreatment), everything));
    assert!(permits(&policies, &for_purpose(Purpose::BreakGlass), everything));
}
