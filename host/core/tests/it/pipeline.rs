//! How a call ends, and that nothing leaves unrecorded.

use std::cell::Cell;

use cordon_core::call::{HookCall, Purpose};
use cordon_core::ids::Digest;
use cordon_core::invoke::{Ports, invoke};
use cordon_core::label::{Labels as _, NoRules};
use cordon_core::ports::{Deadline, Decided, DenyAll, Occasion, Policy, PolicyError};
use cordon_core::record::{Event, Outcome};
use serde_json::Value;

use crate::fakes::{Book, BrokenPolicy, PermitAll, World, advice, call, creatinine, prefetched, whole};

fn sent() -> Vec<(&'static str, cordon_core::call::Prefetch)> {
    prefetched(vec![creatinine("a", "p", "2021-01-01")])
}

fn cards(body: Option<Vec<u8>>) -> Vec<Value> {
    let body: Value = serde_json::from_slice(&body.unwrap()).unwrap();
    body["cards"].as_array().unwrap().clone()
}

#[test]
fn nothing_leaves_when_the_record_cannot_be_written() {
    let mut world = World::new(vec![advice("eGFR 44")]);
    world.book = Book(Default::default(), false);
    assert!(invoke(call(&whole(), &sent()), world.ports()).is_err());
}

#[test]
fn a_host_without_a_policy_shows_a_plugin_nothing() {
    let mut world = World::new(vec![advice("eGFR 44")]);
    world.policy = Box::new(DenyAll);
    let response = invoke(call(&whole(), &sent()), world.ports()).unwrap();
    assert_eq!(response.outcome, Outcome::NotEvaluated);
    assert!(world.runner.1.borrow().is_empty(), "the guest ran");
}

#[test]
fn a_policy_that_cannot_be_evaluated_ends_the_call_without_an_answer() {
    let mut world = World::new(vec![advice("eGFR 44")]);
    world.policy = Box::new(BrokenPolicy);
    let response = invoke(call(&whole(), &sent()), world.ports()).unwrap();
    assert_eq!((response.outcome, response.body), (Outcome::PolicyUnavailable, None));
}

#[test]
fn a_disabled_service_answers_no_cards_and_does_not_run() {
    let world = World::new(vec![advice("eGFR 44")]);
    let mut call = call(&whole(), &sent());
    let mut installed = (*call.installed).clone();
    installed.enabled = false;
    call.installed = std::sync::Arc::new(installed);
    let response = invoke(call, world.ports()).unwrap();
    assert_eq!(response.outcome, Outcome::Disabled);
    assert!(cards(response.body).is_empty());
    assert!(world.runner.1.borrow().is_empty());
}

#[test]
fn an_answer_carries_footer_link_and_source_of_the_manifest_and_a_minted_id() {
    let world = World::new(vec![advice("eGFR 44")]);
    let response = invoke(call(&whole(), &sent()), world.ports()).unwrap();
    let card = &cards(response.body)[0];
    assert_eq!(card["summary"], "eGFR 44");
    assert_eq!(card["source"]["label"], "Renal dosing guard");
    assert_eq!(card.get("links"), None);
    assert!(card["detail"].as_str().unwrap().contains("may be incomplete"));
    assert_eq!(card["uuid"].as_str().unwrap().len(), 36);
}

#[test]
fn the_same_call_with_the_same_coins_gives_the_same_bytes() {
    let answer = || invoke(call(&whole(), &sent()), World::new(vec![advice("eGFR 44")]).ports()).unwrap().body;
    assert_eq!(answer(), answer());
}

#[test]
fn the_record_holds_the_digest_of_the_answer_and_no_patient_in_its_public_part() {
    let world = World::new(vec![advice("eGFR 44")]);
    let response = invoke(call(&whole(), &sent()), world.ports()).unwrap();
    let record = world.book.0.borrow().first().unwrap().clone();
    let Event::Invocation { answer, .. } = &record.event else { panic!("not an invocation") };
    assert_eq!(*answer, Some(cordon_core::ids::Digest::of(&response.body.unwrap())));
    let public = serde_json::to_string(&record.event).unwrap();
    assert!(!public.contains("\"p\"") && !public.contains("ehr.example"));
    assert_eq!(record.private.patient.as_deref(), Some("p"));
}

/// A policy in its fourth version.
struct Fourth;

impl Policy for Fourth {
    fn decide(&self, occasion: &Occasion<'_>) -> Result<Decided, PolicyError> {
        Ok(Decided { epoch: Some(4), ..PermitAll.decide(occasion)? })
    }
}

/// How a call ends under this policy, and under which policy and label rules its record says that it was decided.
fn recorded(call: HookCall, policy: impl Policy + 'static) -> (Outcome, Option<u64>, Option<Digest>) {
    let mut world = World::new(vec![advice("eGFR 44")]);
    world.policy = Box::new(policy);
    let response = invoke(call, world.ports()).unwrap();
    match world.book.0.borrow().last().map(|record| record.event.clone()) {
        Some(Event::Invocation { policy, labels, .. }) => (response.outcome, policy, labels),
        other => panic!("not an invocation: {other:?}"),
    }
}

#[test]
fn the_record_says_by_which_policy_and_label_rules_a_call_was_decided() {
    let rules = Some(NoRules.version());
    let call = |sent: &[_]| call(&whole(), sent);
    assert_eq!(recorded(call(&sent()), Fourth), (Outcome::Answered, Some(4), rules));
    let (outcome, policy, labels) = recorded(call(&[]), Fourth);
    assert!(matches!(outcome, Outcome::Unobtainable(_)), "{outcome:?}");
    assert_eq!((policy, labels), (Some(4), rules));
    assert_eq!(recorded(call(&sent()), DenyAll), (Outcome::NotEvaluated, None, rules));
    let research = HookCall { purpose: Purpose::Research, ..call(&sent()) };
    assert_eq!(recorded(research, Fourth), (Outcome::NotEvaluated, None, rules), "the grant denied it, and no policy");
    assert_eq!(recorded(call(&sent()), BrokenPolicy), (Outcome::PolicyUnavailable, None, None));
}

/// Time that is over once it was asked for so often.
struct OverAfter(Cell<usize>);

impl Deadline for OverAfter {
    fn is_over(&self) -> bool {
        self.0.replace(self.0.get().saturating_sub(1)) == 0
    }
}

#[test]
fn a_call_whose_time_is_over_before_the_run_ends_alike_whatever_would_have_come_of_it() {
    let ends = |sent: &[_], policy: Box<dyn Policy>, asked| {
        let mut world = World::new(vec![advice("eGFR 44")]);
        world.policy = policy;
        let deadline = OverAfter(Cell::new(asked));
        let response = invoke(call(&whole(), sent), Ports { deadline: &deadline, ..world.ports() }).unwrap();
        assert!(world.runner.1.borrow().is_empty() && world.book.0.borrow().len() == 1);
        (response.outcome, response.body)
    };
    let late = (Outcome::RunnerUnavailable, None);
    assert_eq!(ends(&sent(), Box::new(PermitAll), 0), late, "no consent is read");
    // Asked before the consents are read; then when all is gathered, which the client sent or nobody has.
    assert_eq!(ends(&sent(), Box::new(PermitAll), 1), late);
    assert_eq!(ends(&sent(), Box::new(DenyAll), 1), late, "not told from one that would have run");
    assert_eq!(ends(&[], Box::new(PermitAll), 1), late);
    assert_eq!(ends(&sent(), Box::new(BrokenPolicy), 1), (Outcome::PolicyUnavailable, None));
}

#[test]
fn a_card_beyond_the_profile_is_a_trap_and_nothing_leaves() {
    let world = World::new(vec![advice(&"x".repeat(140))]);
    let response = invoke(call(&whole(), &sent()), world.ports()).unwrap();
    assert_eq!(response.outcome, Outcome::Trapped(cordon_core::message::Trap::Profile));
    assert_eq!(response.body, None);
    assert!(response.broke.unwrap().to_string().contains("too long"));
}

fn in_an_emergency(purpose: Purpose) -> HookCall {
    let mut call = call(&whole(), &sent());
    call.purpose = purpose;
    call
}

#[test]
fn a_glass_that_cannot_be_recorded_stays_whole() {
    let mut world = World::new(vec![advice("eGFR 44")]);
    world.book = Book(Default::default(), false);
    assert!(invoke(in_an_emergency(Purpose::BreakGlass), world.ports()).is_err());
    assert!(world.runner.1.borrow().is_empty(), "the guest ran");
}

#[test]
fn a_broken_glass_is_recorded_before_the_call_and_again_with_it() {
    let world = World::new(vec![advice("eGFR 44")]);
    let response = invoke(in_an_emergency(Purpose::BreakGlass), world.ports()).unwrap();
    let records = world.book.0.borrow();
    let [first, second] = records.as_slice() else { panic!("not two records") };
    let Event::BreakGlass { invocation, plugin, .. } = &first.event else { panic!("the glass comes first") };
    assert_eq!((invocation, plugin.as_str()), (&response.invocation, "org.example.renal-dosing"));
    assert_eq!((first.private.patient.as_deref(), &first.private), (Some("p"), &second.private));
    assert!(matches!(second.event, Event::Invocation { purpose: Purpose::BreakGlass, .. }));
}

#[test]
fn no_other_purpose_leaves_a_record_of_a_broken_glass() {
    for purpose in [Purpose::Treatment, Purpose::EmergencyTreatment] {
        let world = World::new(vec![advice("eGFR 44")]);
        assert!(invoke(in_an_emergency(purpose), world.ports()).is_ok());
        assert_eq!(world.book.0.borrow().len(), 1);
    }
}
