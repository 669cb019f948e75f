//! What is decided before anything is read.

use std::collections::BTreeSet;
use std::sync::Arc;

use cordon_core::call::{HookCall, Purpose};
use cordon_core::clearance::{AdmitError, admit};
use cordon_core::gather::{Gathered, gather};
use cordon_core::grant::Installed;
use cordon_core::ids::{Digest, PatientId, TenantId};
use cordon_core::label::{Label, Labels, Marked, NoRules, Sensitivities, Sensitivity};
use cordon_core::ports::{
    Decided, Decision, Each, Occasion, Policy, PolicyError, Query, Reason, Records, RecordsError, RowRule,
};
use cordon_core::record::{Dropped, Outcome};
use serde_json::{Value, json};

use crate::fakes::{PermitAll, Stored, World, call, clearance, creatinine, need, prefetched, whole};

/// Marks what says so.
struct Said;

impl Labels for Said {
    fn version(&self) -> Digest {
        Digest::of(b"said")
    }

    fn mark(&self, resource: &Value) -> Marked {
        let hiv = Label { sensitivities: Sensitivities::NONE.with(Sensitivity::Hiv), ..Label::NORMAL };
        Marked { label: if resource.get("hiv").is_some() { hiv } else { Label::NORMAL }, rules: Vec::new() }
    }
}

#[derive(Debug)]
struct NoHiv;

impl RowRule for NoHiv {
    fn admits(&self, _: &Value, label: Label) -> bool {
        !label.sensitivities.contains(Sensitivity::Hiv)
    }

    fn explain(&self, row: &Value, label: Label) -> Vec<Reason> {
        if self.admits(row, label) { Vec::new() } else { vec![Reason::Policy { ids: vec!["no-hiv".to_owned()] }] }
    }

    fn fingerprint(&self) -> Digest {
        Digest::of(b"no hiv")
    }
}

impl Policy for NoHiv {
    fn decide(&self, occasion: &Occasion<'_>) -> Result<Decided, PolicyError> {
        let permit = || Decision::Permit { within: None, rows: Arc::new(NoHiv) };
        Ok(occasion.installed.granted.keys().map(|name| (name.clone(), permit())).collect())
    }
}

fn hidden(id: &str, date: &str) -> Value {
    let mut row = creatinine(id, "p", date);
    row["hiv"] = json!(true);
    row
}

fn for_purpose(purpose: Purpose, granted: &[Purpose]) -> HookCall {
    let call = call(&whole(), &prefetched(vec![creatinine("a", "p", "2021-01-01")]));
    let purposes = granted.iter().copied().collect::<BTreeSet<_>>();
    let installed = Arc::new(Installed { purposes, ..(*call.installed).clone() });
    HookCall { purpose, installed, ..call }
}

fn permitted(purpose: Purpose, granted: &[Purpose]) -> bool {
    let clearance = admit(for_purpose(purpose, granted), &PermitAll, &Stored(None)).unwrap();
    clearance.needs().values().all(|cleared| !cleared.denied())
}

#[test]
fn rd_07_a_grant_for_treatment_gives_nothing_to_research() {
    assert!(!permitted(Purpose::Research, &[Purpose::Treatment]));
    assert!(!permitted(Purpose::Treatment, &[Purpose::Research]));
    assert!(permitted(Purpose::Research, &[Purpose::Treatment, Purpose::Research]));
}

#[test]
fn breaking_the_glass_is_treatment_and_treatment_is_not_breaking_the_glass() {
    assert!(permitted(Purpose::BreakGlass, &[Purpose::Treatment]));
    assert!(permitted(Purpose::BreakGlass, &[Purpose::EmergencyTreatment]));
    assert!(!permitted(Purpose::Treatment, &[Purpose::BreakGlass]));
    assert!(!permitted(Purpose::EmergencyTreatment, &[Purpose::BreakGlass]));
}

#[test]
fn a_row_above_the_clearance_is_absent_and_does_not_count_towards_the_limit() {
    let sent = vec![
        hidden("x", "2021-05-01"),
        creatinine("a", "p", "2021-01-01"),
        hidden("y", "2020-06-01"),
        creatinine("b", "p", "2020-01-01"),
        creatinine("c", "p", "2019-01-01"),
    ];
    let views = |sent| match gather(
        admit(call(&whole(), &prefetched(sent)), &NoHiv, &Stored(None)).unwrap(),
        &Stored(None),
        &Said,
    ) {
        Gathered::Ready(views) | Gathered::Withheld(views) => views,
        Gathered::Unobtainable(..) => panic!("unobtainable"),
    };
    let clean = sent.iter().filter(|row| row.get("hiv").is_none()).cloned().collect();
    let seen = views(sent);
    assert_eq!(seen.counts()[&need("creatinine")].dropped[&Dropped::Withheld], 2);
    assert_eq!(seen.views(), views(clean).views());
}

/// A record whose consents cannot be read.
struct NoConsents;

impl Records for NoConsents {
    fn visit(&self, _: Query<'_>, _: &mut Each<'_>) -> Result<(), RecordsError> {
        Ok(())
    }

    fn consents(&self, _: &TenantId, _: &PatientId) -> Result<Vec<Value>, RecordsError> {
        Err(RecordsError)
    }
}

#[test]
fn consents_that_cannot_be_read_end_the_call() {
    let call = call(&whole(), &prefetched(vec![]));
    let refused = admit(call, &PermitAll, &NoConsents).unwrap_err();
    assert!(matches!(refused.1, AdmitError::Consents(_)));
    let world = World::new(vec![]);
    let ports = cordon_core::invoke::Ports { records: &NoConsents, labels: &NoRules, ..world.ports() };
    let response = cordon_core::invoke::invoke(refused.0, ports).unwrap();
    assert_eq!((response.outcome, response.body), (Outcome::ConsentUnobtainable, None));
}

/// Cells are stored under it: another value for the same clearance, and what a plugin kept is not found again.
#[test]
fn the_digest_of_a_clearance_is_the_one_that_cells_are_stored_under() {
    let digest = clearance(call(&whole(), &[])).key().clearance;
    assert_eq!(digest.hex(), "01cec4313a36d0f539bd325d255a92eb917b3cd74e10dc465f3ad85e71ffa640");
}
