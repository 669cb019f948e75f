//! The port: what an invocation may see under the hospital's policy.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cordon_core::call::Purpose;
use cordon_core::grant::{Grant, GrantedNeed, Installed};
use cordon_core::ids::{Digest, Issuer, NeedName, PatientId, Role, TenantId};
use cordon_core::label::{Label, Sensitivity};
use cordon_core::manifest::Manifest;
use cordon_core::ports::{Decision, Occasion, Policy, Reason, RowRule};
use cordon_policy::cedar::DEFAULT;
use cordon_policy::consent::{ConsentSettings, Effect};
use cordon_policy::hospital::HospitalPolicy;
use serde_json::{Value, json};

use crate::ask::{policies, sensitive};

/// A plugin that asks for `labs` and `problems` and was granted `labs`.
pub(crate) fn installed() -> Installed {
    let need = |name: &str, kind: &str| {
        format!(
            "[[need]]\nname = \"{name}\"\nscope = \"patient/{kind}.rs\"\nelements = [\"code\"]\non-withheld = \"run\"\n\
             why = \"w\"\n"
        )
    };
    let head = "id = \"org.example.x\"\nversion = \"1.0.0\"\nwit = \"cordon:clinical@0.2.0\"\ntitle = { en = \"t\" }\n\
                description = { en = \"d\" }\nintended-use = \"u\"\npublisher = \"p\"\ncontact = \"c\"\n[cards]\n\
                mode = \"text\"\n[source]\nlabel = \"l\"\n\
                [[service]]\nid = \"s\"\nhook = \"patient-view\"\ndescription = \"d\"\n";
    let text = format!("{head}{}{}", need("labs", "Observation"), need("problems", "Condition"));
    let manifest = Manifest::parse(&text).unwrap();
    let labs = BTreeMap::from([(NeedName::new("labs").unwrap(), GrantedNeed::default())]);
    let grant = Grant { needs: labs, ..Grant::default() };
    let digest = Digest::of(b"");
    Installed::new(manifest, digest, digest, &grant).unwrap()
}

/// This policy set in a hospital that permits what no consent denies.
fn hospital(text: &str) -> HospitalPolicy {
    let consent = ConsentSettings { no_consent: Effect::Permit, ..ConsentSettings::default() };
    HospitalPolicy::new(Arc::new(policies(text)), consent)
}

fn decide(policy: &HospitalPolicy, purpose: Purpose, roles: &[&str]) -> BTreeMap<NeedName, Decision> {
    with_consents(policy, purpose, roles, &[])
}

fn with_consents(
    policy: &HospitalPolicy,
    purpose: Purpose,
    roles: &[&str],
    consents: &[Value],
) -> BTreeMap<NeedName, Decision> {
    let installed = installed();
    let occasion = Occasion {
        tenant: &TenantId::new("ward").unwrap(),
        issuer: &Issuer::new("https://ehr.example.org").unwrap(),
        user: None,
        roles: &roles.iter().map(|role| Role::new(*role).unwrap()).collect::<BTreeSet<_>>(),
        patient: &PatientId::new("p").unwrap(),
        purpose,
        installed: &installed,
        service: &installed.manifest.services[0],
        now: "2026-01-01T00:00:00Z".parse().unwrap(),
        consents,
    };
    policy.decide(&occasion).unwrap().needs
}

/// The row rule of the one granted need.
fn labs(purpose: Purpose, roles: &[&str]) -> Arc<dyn RowRule> {
    rows(decide(&hospital(DEFAULT), purpose, roles))
}

fn rows(mut decided: BTreeMap<NeedName, Decision>) -> Arc<dyn RowRule> {
    match decided.remove(&NeedName::new("labs").unwrap()) {
        Some(Decision::Permit { rows, .. }) => rows,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_need_that_was_not_granted_is_not_decided_and_so_denied() {
    let policy = hospital(DEFAULT);
    let needs: Vec<_> = decide(&policy, Purpose::Treatment, &[]).into_keys().map(|need| need.to_string()).collect();
    assert_eq!(needs, ["labs"]);
}

#[test]
fn a_row_is_denied_with_the_policy_that_forbids_it() {
    let row = json!({ "resourceType": "Observation" });
    let hiv = sensitive(Sensitivity::Hiv);
    let rows = labs(Purpose::Treatment, &[]);
    assert!(!rows.admits(&row, hiv));
    assert_eq!(rows.explain(&row, hiv), [Reason::Policy { ids: vec!["hiv".to_owned()] }]);
    let rows = labs(Purpose::Treatment, &["hiv-care"]);
    assert!(rows.admits(&row, hiv));
    assert!(rows.explain(&row, hiv).is_empty());
}

#[test]
fn what_no_policy_permits_is_denied_without_a_name() {
    let row = json!({ "resourceType": "Observation" });
    let rows = labs(Purpose::Research, &[]);
    assert!(!rows.admits(&row, Label::NORMAL));
    assert_eq!(rows.explain(&row, Label::NORMAL), [Reason::Policy { ids: Vec::new() }]);
    assert!(labs(Purpose::Treatment, &[]).admits(&row, Label::NORMAL));
}

#[test]
fn a_changed_policy_takes_nothing_over_from_the_one_before() {
    let row = json!({ "resourceType": "Observation" });
    let before = hospital(DEFAULT);
    let first = decide(&before, Purpose::Treatment, &[]);
    let after = hospital("// closed\n");
    let second = decide(&after, Purpose::Treatment, &[]);
    let admits = |decided: &BTreeMap<NeedName, Decision>| {
        decided.values().all(|one| matches!(one, Decision::Permit { rows, .. } if rows.admits(&row, Label::NORMAL)))
    };
    assert_eq!((admits(&first), admits(&second)), (true, false));
}

#[test]
fn without_a_consent_a_hospital_that_wants_one_denies_whatever_its_policy_permits() {
    let strict = HospitalPolicy::new(Arc::new(policies(DEFAULT)), ConsentSettings::default());
    let decided = decide(&strict, Purpose::Treatment, &[]);
    assert!(
        matches!(decided.values().next(), Some(Decision::Deny(reasons)) if matches!(reasons[..], [Reason::Consent { .. }]))
    );
}

#[test]
fn a_row_needs_the_policy_and_the_consent() {
    let row = json!({ "resourceType": "Observation" });
    let hiv = sensitive(Sensitivity::Hiv);
    let denies = [no_hiv()];
    let allowed = rows(with_consents(&hospital(DEFAULT), Purpose::Treatment, &["hiv-care"], &denies));
    assert!(!allowed.admits(&row, hiv));
    assert!(matches!(allowed.explain(&row, hiv)[..], [Reason::Consent { .. }]));
    assert!(allowed.admits(&row, Label::NORMAL));
    let neither = rows(with_consents(&hospital(DEFAULT), Purpose::Treatment, &[], &denies));
    assert!(matches!(neither.explain(&row, hiv)[..], [Reason::Policy { .. }, Reason::Consent { .. }]));
}

/// The patient permits everything but rows about HIV.
fn no_hiv() -> Value {
    let hiv = json!({ "system": crate::consent::ACT_CODE, "code": "HIV" });
    crate::consent::consent(json!({ "type": "permit", "provision": [{ "type": "deny", "securityLabel": [hiv] }] }))
}
