//! What a changed policy widens, and what it narrows.

use cordon_policy::cedar::DEFAULT;
use cordon_prove::diff::{Answer, Between, Changed, Difference, diff};

use crate::desk::{policies, prover, without};

fn found(answer: &Answer<Between>) -> &Between {
    match answer {
        Answer::Counterexample(found) => found,
        other @ (Answer::Proved | Answer::Undecided { .. }) => panic!("{other:?}"),
    }
}

/// The default policy with one text put for another, against the default policy.
fn edited(from: &str, to: &str) -> Difference {
    assert!(DEFAULT.contains(from), "{from}");
    diff(&mut prover(), &policies(DEFAULT), &policies(&DEFAULT.replacen(from, to, 1))).unwrap()
}

#[test]
fn a_dropped_condition_is_found_with_a_row_that_it_kept_back() {
    let dropped = edited(" && principal in Publisher::\"com.example.reviewed\"", "");
    let row = found(&dropped.nothing_widened);
    assert_eq!(
        row.told.words,
        "a row (Observation) of confidentiality R, for purpose TREAT, user with role restricted-records, through a plugin of a \
         publisher that no policy names is visible under the new policy and not under the old one, where it is forbidden by \
         restricted; changed: restricted"
    );
    assert_eq!(dropped.nothing_narrowed, Answer::Proved);
    let page = include_str!("../../../../docs/policy.md").split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(page.contains(&row.told.words), "the page shows it");
}

#[test]
fn a_dropped_role_is_found_too() {
    let dropped = edited("|| context.roles.contains(\"hiv-care\") }", "|| !context.roles.contains(\"student\") }");
    let row = found(&dropped.nothing_widened);
    assert_eq!((row.told.label.as_str(), &row.because[..]), ("R HIV", &["hiv".to_owned()][..]));
    let roles = |row: &Between| row.told.call.roles.iter().cloned().collect::<Vec<_>>().join(" ");
    assert_eq!(roles(row), "restricted-records");
    assert_eq!(roles(found(&dropped.nothing_narrowed)), "hiv-care restricted-records student");
}

#[test]
fn every_forbid_that_is_removed_widens_and_is_named() {
    let (mut prover, old) = (prover(), policies(DEFAULT));
    for id in old.stated().keys().filter(|id| *id != "care") {
        let difference = diff(&mut prover, &old, &without(&old, id)).unwrap();
        assert_eq!(&found(&difference.nothing_widened).because, std::slice::from_ref(id));
        assert_eq!(difference.nothing_narrowed, Answer::Proved);
        assert_eq!(difference.changed[0].change, Changed::Removed);
    }
}

#[test]
fn a_removed_permit_only_narrows() {
    let old = policies(DEFAULT);
    let difference = diff(&mut prover(), &old, &without(&old, "care")).unwrap();
    assert_eq!(difference.nothing_widened, Answer::Proved);
    assert!(found(&difference.nothing_narrowed).told.words.contains("where no policy permits it"));
    assert!(!difference.twins[0].holds, "nothing is visible under the new policy, and the twin says so");
}

#[test]
fn the_same_rule_in_other_words_is_the_same() {
    let from = "permit (principal, action == Action::\"see\", resource)\n\
        when { context.purpose in [Purpose::\"TREAT\", Purpose::\"ETREAT\", Purpose::\"BTG\"] };";
    let others =
        ["HPAYMT", "HOPERAT", "HRESCH", "PUBHLTH"].map(|code| format!("context.purpose == Purpose::\"{code}\""));
    let same = edited(from, &format!("permit (principal, action, resource) unless {{ {} }};", others.join(" || ")));
    assert_eq!((&same.nothing_widened, &same.nothing_narrowed), (&Answer::Proved, &Answer::Proved));
    assert!(same.twins.iter().all(|twin| twin.holds), "{:?}", same.twins);
    assert_eq!(same.changed.len(), 1, "the text is another");
}
