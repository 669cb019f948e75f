//! "No plugin of publisher X ever sees label Y", for the default policy and for the examples of `docs/policy.md`.

use cordon_core::label::Sensitivity;
use cordon_policy::cedar::DEFAULT;
use cordon_prove::diff::Answer;
use cordon_prove::never::{Never, never};
use cordon_prove::question::Condition;

use crate::desk::{policies, prover};

const PSYCHIATRY: &str = include_str!("../../../policy/examples/psychiatry-department.cedar");
const GENETICS: &str = include_str!("../../../policy/examples/genetics-inside.cedar");
const RESEARCH: &str = include_str!("../../../policy/examples/research-classified.cedar");

fn ask(policy: &str, conditions: &[Condition]) -> Never {
    never(&mut prover(), &policies(policy), conditions).unwrap()
}

fn label(word: &str) -> Condition {
    Condition::label(word).unwrap()
}

/// Proved, and every twin has an answer.
fn proved(answer: &Never) -> bool {
    answer.never == Answer::Proved && answer.twins.iter().all(|twin| twin.holds) && answer.notes.is_empty()
}

#[test]
fn a_label_that_is_seen_is_said_with_who_sees_it() {
    let asked = ask(DEFAULT, &[Condition::publisher("org.startup"), label("HIV")]);
    let Answer::Counterexample(seen) = asked.never else { panic!("{:?}", asked.never) };
    assert_eq!(
        seen.told.words,
        "a row (Observation) of confidentiality R marked HIV, for purpose BTG, through a plugin of publisher org.startup is \
         visible, permitted by care"
    );
}

#[test]
fn no_plugin_of_a_publisher_that_was_not_reviewed_sees_restricted_rows_unless_the_glass_is_broken() {
    let whole = Condition::when("context.purpose != Purpose::\"BTG\"").unwrap();
    assert!(proved(&ask(DEFAULT, &[Condition::outside("com.example.reviewed"), label("R"), whole])));
}

#[test]
fn very_restricted_rows_are_never_seen_while_the_glass_is_whole() {
    let whole = Condition::when("context.purpose != Purpose::\"BTG\"").unwrap();
    assert!(proved(&ask(DEFAULT, &[label("V"), whole])));
}

#[test]
fn example_1_psychiatry_is_never_seen_in_another_department() {
    let elsewhere = Condition::when("context.tenant != \"psychiatry\"").unwrap();
    assert!(proved(&ask(PSYCHIATRY, &[label("PSY"), elsewhere])));
}

#[test]
fn example_2_genetics_is_never_seen_by_a_plugin_of_an_outside_publisher() {
    assert!(proved(&ask(GENETICS, &[Condition::outside("org.hospital"), label("GDIS")])));
    assert!(proved(&ask(GENETICS, &[Condition::publisher("org.startup"), label("GDIS")])));
}

#[test]
fn example_3_research_never_sees_what_is_restricted_unclassified_or_sensitive() {
    let research = || Condition::purpose("HRESCH").unwrap();
    for word in ["R", "unclassified"].into_iter().chain(Sensitivity::ALL.map(Sensitivity::code)) {
        assert!(proved(&ask(RESEARCH, &[research(), label(word)])), "{word}");
    }
    assert!(matches!(ask(RESEARCH, &[research(), label("N")]).never, Answer::Counterexample(_)));
}

#[test]
fn a_condition_that_does_not_matter_is_said_beside_the_proof() {
    let asked = ask(RESEARCH, &[Condition::publisher("org.startup"), label("V")]);
    assert_eq!(asked.never, Answer::Proved);
    assert_eq!(asked.notes, ["nothing of the kind is seen either, whether or not through a plugin of org.startup"]);
}

#[test]
fn a_plugin_is_known_to_be_in_its_publisher() {
    let policy = "@id(\"one\") @why(\"w\") permit (principal == Plugin::\"org.a.x\", action, resource);\n\
                  @id(\"none\") @why(\"w\") forbid (principal in Publisher::\"org.a\", action, resource);\n";
    assert_eq!(ask(policy, &[label("N")]).never, Answer::Proved);
    assert!(matches!(ask(&policy.replace("\"org.a\"", "\"org.b\""), &[label("N")]).never, Answer::Counterexample(_)));
}
