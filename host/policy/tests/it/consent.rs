//! Consents as a whole: which count, how they nest, how several go together. Denied cases first.

use std::collections::{BTreeMap, BTreeSet};

use cordon_core::call::Purpose;
use cordon_core::ids::{Issuer, PatientId, PluginId, Role, TenantId};
use cordon_core::label::{Confidentiality, Label, Sensitivities, Sensitivity};
use cordon_core::ports::{Reason, RowRule};
use cordon_policy::consent::{
    Base, BreakGlass, Circumstances, ConsentRule, ConsentSettings, Effect, Outside, Party, Verification,
};
use serde_json::{Value, json};

pub(crate) const ACT_REASON: &str = "http://terminology.hl7.org/CodeSystem/v3-ActReason";
pub(crate) const ACT_CODE: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
pub(crate) const CONFIDENTIALITY: &str = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";
pub(crate) const PARTICIPATION: &str = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";
pub(crate) const CONSENT_ACTION: &str = "http://terminology.hl7.org/CodeSystem/consentaction";

/// A call for treatment on 15 June 2026 at noon by a cardiologist through `org.example.renal`.
pub(crate) fn call() -> Circumstances {
    Circumstances {
        patient: PatientId::new("p").unwrap(),
        purpose: Purpose::Treatment,
        now: "2026-06-15T12:00:00Z".parse().unwrap(),
        user: cordon_fhir::Reference::parse("Practitioner/dr"),
        parties: BTreeSet::from([
            Party::Tenant(TenantId::new("ward").unwrap()),
            Party::Issuer(Issuer::new("https://ehr.example.org").unwrap()),
            Party::Role(Role::new("cardiology").unwrap()),
            Party::Plugin(PluginId::new("org.example.renal").unwrap()),
        ]),
    }
}

pub(crate) fn for_purpose(purpose: Purpose) -> Circumstances {
    Circumstances { purpose, ..call() }
}

/// Nothing is permitted without a consent; three departments are known, one of them elsewhere.
pub(crate) fn settings() -> ConsentSettings {
    let role = |name: &str| BTreeSet::from([Party::Role(Role::new(name).unwrap())]);
    let actors = [
        ("Organization/cardiology", role("cardiology")),
        ("Organization/psychiatry", role("psychiatry")),
        ("Organization/insurer", BTreeSet::new()),
        ("https://register.example/Organization/7", BTreeSet::from([Party::Host])),
        ("urn:oid:1.2.3|hospital", BTreeSet::from([Party::Host])),
        ("Organization/vendor", BTreeSet::from([Party::Namespace("org.example".to_owned())])),
    ];
    let actors: BTreeMap<_, _> = actors.into_iter().map(|(key, parties)| (key.to_owned(), parties)).collect();
    ConsentSettings { actors, ..ConsentSettings::default() }
}

/// The same in a hospital that permits what no consent denies.
pub(crate) fn open() -> ConsentSettings {
    ConsentSettings { no_consent: Effect::Permit, ..settings() }
}

pub(crate) fn consent(provision: Value) -> Value {
    json!({
        "resourceType": "Consent", "id": "c", "status": "active",
        "scope": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}]},
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "patient": {"reference": "Patient/p"}, "dateTime": "2026-01-01",
        "provision": provision
    })
}

/// The same consent with one member of it put, or taken out with `null`.
pub(crate) fn with(mut consent: Value, name: &str, value: Value) -> Value {
    let members = consent.as_object_mut().unwrap();
    members.insert(name.to_owned(), value);
    members.retain(|_, value| !value.is_null());
    consent
}

pub(crate) fn creatinine() -> Value {
    json!({
        "resourceType": "Observation", "id": "o1", "status": "final", "effectiveDateTime": "2025-03-01T10:00:00Z",
        "code": {"coding": [{"system": "http://loinc.org", "code": "2160-0"}]},
        "subject": {"reference": "Patient/p"}, "encounter": {"reference": "Encounter/e"}
    })
}

pub(crate) fn labelled(confidentiality: Confidentiality, sensitivities: &[Sensitivity]) -> Label {
    let sensitivities: Sensitivities = sensitivities.iter().copied().collect();
    Label { confidentiality, sensitivities, unclassified: false }
}

pub(crate) fn rule(consents: &[Value], call: &Circumstances, settings: &ConsentSettings) -> ConsentRule {
    ConsentRule::of(consents, call, settings)
}

/// Whether an ordinary creatinine is seen.
pub(crate) fn sees(consents: &[Value], call: &Circumstances, settings: &ConsentSettings) -> bool {
    rule(consents, call, settings).admits(&creatinine(), Label::NORMAL)
}

fn reasons(consents: &[Value], settings: &ConsentSettings) -> Vec<String> {
    let explained = rule(consents, &call(), settings).explain(&creatinine(), Label::NORMAL);
    let path = |reason| match reason {
        Reason::Consent { provision } => provision,
        Reason::Grant | Reason::Purpose | Reason::Sink | Reason::Policy { .. } => panic!("not a consent's reason"),
    };
    explained.into_iter().map(path).collect()
}

#[test]
fn without_a_consent_the_hospital_decides_and_by_default_it_denies() {
    assert!(!sees(&[], &call(), &ConsentSettings::default()));
    assert_eq!(rule(&[], &call(), &settings()).constant(), Some(false));
    assert_eq!(rule(&[], &call(), &open()).constant(), Some(true));
}

#[test]
fn a_consent_that_is_not_in_force_neither_permits_nor_denies() {
    for status in ["draft", "proposed", "rejected", "inactive", "entered-in-error"] {
        let permit = with(consent(json!({"type": "permit"})), "status", json!(status));
        let deny = with(consent(json!({"type": "deny"})), "status", json!(status));
        assert!(!sees(&[permit], &call(), &settings()), "{status}");
        assert!(sees(&[deny], &call(), &open()), "{status}");
    }
}

#[test]
fn an_active_consent_that_cannot_be_read_denies_everything() {
    let good = consent(json!({"type": "permit"}));
    assert!(sees(std::slice::from_ref(&good), &call(), &settings()));
    let broken = [
        ("resourceType", json!("Contract")),
        ("status", json!("aktiv")),
        ("status", json!(["active"])),
        ("scope", json!({"text": "privacy"})),
        ("scope", json!({"coding": [{"system": "http://x", "code": "patient-privacy"}]})),
        ("patient", json!({"display": "P."})),
        ("patient", json!({"reference": "urn:uuid:1"})),
        ("patient", json!({"reference": "https://h.example/Patient/q"})),
        ("patient", json!({"reference": "Group/p"})),
        ("dateTime", json!(2026)),
        ("dateTime", json!("last week")),
        ("verification", json!({})),
        ("verification", json!([{"verified": "yes"}])),
        ("policy", json!([])),
        ("policy", json!([{"uri": "http://unknown.example/policy"}])),
        ("policyRule", json!({"text": "ask my wife"})),
        ("implicitRules", json!("http://example.org/rules")),
        ("modifierExtension", json!([{"url": "http://x", "valueBoolean": true}])),
        ("controller", json!([])),
        ("provision", json!([])),
        ("provision", json!({})),
    ];
    for (name, value) in broken {
        let consents = [with(good.clone(), name, value.clone())];
        assert_eq!(rule(&consents, &call(), &open()).constant(), Some(false), "{name} {value}");
    }
    for missing in ["resourceType", "status", "scope", "patient", "provision"] {
        let consents = [with(good.clone(), missing, Value::Null)];
        assert!(!sees(&consents, &call(), &open()), "{missing}");
    }
    assert!(!sees(&[json!("Consent"), good], &call(), &open()));
}

#[test]
fn a_consent_of_another_patient_or_scope_says_nothing() {
    let scope =
        |code| json!({"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": code}]});
    for (name, value) in [
        ("patient", json!({"reference": "Patient/q"})),
        ("scope", scope("treatment")),
        ("scope", scope("research")),
        ("scope", scope("adr")),
    ] {
        let permit = with(consent(json!({"type": "permit"})), name, value.clone());
        let deny = with(consent(json!({"type": "deny"})), name, value.clone());
        assert!(!sees(&[permit], &call(), &settings()), "{value}");
        assert!(sees(&[deny], &call(), &open()), "{value}");
    }
}

#[test]
fn a_research_consent_counts_for_research_where_the_hospital_says_so() {
    let scope =
        json!({"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "research"}]});
    let deny = [with(consent(json!({"type": "deny"})), "scope", scope)];
    let mut settings = open();
    settings.scopes.insert("research".to_owned(), BTreeSet::from([Purpose::Research]));
    assert!(!sees(&deny, &for_purpose(Purpose::Research), &settings));
    assert!(sees(&deny, &call(), &settings));
    assert!(sees(&deny, &for_purpose(Purpose::Research), &open()));
}

#[test]
fn a_consent_counts_in_its_period_both_ends_included() {
    let rows = [
        (json!({"end": "2026-06-14"}), false),
        (json!({"end": "2025"}), false),
        (json!({"start": "2026-06-16"}), false),
        (json!({"start": "2027"}), false),
        (json!({"end": "2026-06-15T13:59:59+02:00"}), false),
        (json!({"end": "2026-06-15T14:00:00+02:00"}), true),
        (json!({"start": "2026-06-15T12:00:00Z"}), true),
        (json!({"start": "2026-06-15", "end": "2026-06-15"}), true),
        (json!({"start": "2026-06", "end": "2026-06"}), true),
        (json!({"start": "2026"}), true),
    ];
    for (period, counts) in rows {
        let permit = [consent(json!({"type": "permit", "period": period}))];
        let deny = [consent(json!({"type": "deny", "period": period}))];
        assert_eq!(sees(&permit, &call(), &settings()), counts, "{period}");
        assert_eq!(sees(&deny, &call(), &open()), !counts, "{period}");
        assert!(sees(&permit, &call(), &open()), "an ended consent limits nothing: {period}");
    }
}

#[test]
fn a_period_that_cannot_be_read_denies_and_does_not_permit() {
    for period in
        [json!({}), json!("2026"), json!({"start": "soon"}), json!({"start": "2027", "end": "2026"}), json!([])]
    {
        assert!(!sees(&[consent(json!({"type": "permit", "period": period}))], &call(), &settings()), "{period}");
        assert!(!sees(&[consent(json!({"type": "deny", "period": period}))], &call(), &open()), "{period}");
    }
}

#[test]
fn a_local_date_ends_somewhere_between_the_offsets_of_the_hospital() {
    let mut berlin = open();
    (berlin.offsets.least, berlin.offsets.most) = (60, 120);
    let at = |now: &str| Circumstances { now: now.parse().unwrap(), ..call() };
    let permit = [consent(json!({"type": "permit", "period": {"end": "2026-06-15"}}))];
    let deny = [consent(json!({"type": "deny", "period": {"end": "2026-06-15"}}))];
    for (now, permitted, denied) in [
        ("2026-06-15T21:59:59Z", true, true),
        ("2026-06-15T22:30:00Z", false, true),
        ("2026-06-15T23:00:00Z", true, false),
    ] {
        // After its end the hospital's default holds, which permits.
        assert_eq!(sees(&permit, &at(now), &berlin), permitted, "{now}");
        assert_eq!(sees(&deny, &at(now), &berlin), !denied, "{now}");
    }
}

#[test]
fn a_consent_given_in_the_future_permits_nothing_and_denies_already() {
    for date in ["2026-06-16", "2027", "2026-06-15T12:00:01Z"] {
        let permit = with(consent(json!({"type": "permit"})), "dateTime", json!(date));
        let deny = with(consent(json!({"type": "deny"})), "dateTime", json!(date));
        assert!(!sees(&[permit], &call(), &settings()), "{date}");
        assert!(!sees(&[deny], &call(), &open()), "{date}");
    }
    assert!(sees(&[with(consent(json!({"type": "permit"})), "dateTime", Value::Null)], &call(), &settings()));
}

#[test]
fn verification_counts_where_the_hospital_requires_it() {
    let required = ConsentSettings { verification: Verification::Required, ..settings() };
    let permit = |verification: Value| [with(consent(json!({"type": "permit"})), "verification", verification)];
    assert!(!sees(&permit(Value::Null), &call(), &required));
    assert!(!sees(&permit(json!([{"verified": false}])), &call(), &required));
    assert!(!sees(&permit(json!([{"verified": true, "verificationDate": "2026-07"}])), &call(), &required));
    assert!(sees(&permit(json!([{"verified": false}, {"verified": true}])), &call(), &required));
    assert!(sees(&permit(json!([{"verified": true, "verificationDate": "2026-06-15"}])), &call(), &required));
    assert!(sees(&permit(json!([{"verified": false}])), &call(), &settings()));
    let unverified = [consent(json!({"type": "deny"}))];
    assert!(!sees(&unverified, &call(), &ConsentSettings { no_consent: Effect::Permit, ..required }));
}

#[test]
fn the_base_comes_from_the_policy_rule_or_the_root_type_and_a_contradiction_denies() {
    let rule = |code: &str| json!({"coding": [{"system": ACT_CODE, "code": code}]});
    let opted = |code: &str, root: Value| [with(consent(root), "policyRule", rule(code))];
    assert!(!sees(&opted("OPTOUT", json!({"period": {"start": "2020"}})), &call(), &open()));
    assert!(sees(&opted("OPTIN", json!({"period": {"start": "2020"}})), &call(), &settings()));
    assert!(sees(&opted("OPTIN", json!({"type": "permit"})), &call(), &settings()));
    assert!(!sees(&opted("OPTIN", json!({"type": "deny"})), &call(), &open()));
    assert!(!sees(&opted("OPTOUT", json!({"type": "permit"})), &call(), &open()));
    assert!(!sees(&opted("EMRGONLY", json!({"type": "permit"})), &call(), &open()));
    // Does it limit the opt-in to marketing, or except marketing from it?
    let purpose = json!({"purpose": [{"system": ACT_REASON, "code": "TREAT"}]});
    assert!(!sees(&opted("OPTIN", purpose), &call(), &open()));
}

#[test]
fn a_policy_counts_once_the_hospital_knows_it() {
    let uri = "http://hospital.example/privacy/2";
    let permit = [with(consent(json!({"type": "permit"})), "policy", json!([{"uri": uri}]))];
    let mut settings = settings();
    assert!(!sees(&permit, &call(), &settings));
    settings.policies.insert(uri.to_owned(), Base::AsTyped);
    assert!(sees(&permit, &call(), &settings));
    settings.policies.insert(uri.to_owned(), Base::Deny);
    assert!(!sees(&permit, &call(), &settings));
}

#[test]
fn exceptions_override_at_every_depth_both_ways() {
    let treat = json!([{"system": ACT_REASON, "code": "TREAT"}]);
    let research = json!([{"system": ACT_REASON, "code": "HRESCH"}]);
    let nest = |kinds: &[&str], purposes: &[&Value]| {
        let mut inner: Option<Value> = None;
        for (kind, purpose) in kinds.iter().zip(purposes).rev() {
            let mut provision = json!({"type": kind, "purpose": purpose});
            if let Some(inner) = inner {
                provision["provision"] = json!([inner]);
            }
            inner = Some(provision);
        }
        [consent(inner.unwrap())]
    };
    let t = &treat;
    let r = &research;
    for (kinds, purposes, seen) in [
        (["permit", "deny", "permit", "deny"], [t, t, t, t], false),
        (["permit", "deny", "permit", "deny"], [t, t, t, r], true),
        (["permit", "deny", "permit", "deny"], [t, t, r, t], false),
        (["permit", "deny", "permit", "deny"], [t, r, t, t], true),
        (["deny", "permit", "deny", "permit"], [t, t, t, t], true),
        (["deny", "permit", "deny", "permit"], [t, t, t, r], false),
        (["deny", "permit", "deny", "permit"], [t, t, r, t], true),
        (["deny", "permit", "deny", "permit"], [t, r, t, t], false),
    ] {
        assert_eq!(sees(&nest(&kinds, &purposes), &call(), &settings()), seen, "{kinds:?} {purposes:?}");
    }
}

#[test]
fn at_one_depth_a_deny_beats_a_permit_in_any_order() {
    for kinds in [["deny", "permit"], ["permit", "deny"]] {
        for root in ["permit", "deny"] {
            let nested = [json!({"type": kinds[0]}), json!({"type": kinds[1]})];
            let consents = [consent(json!({"type": root, "provision": nested}))];
            assert!(!sees(&consents, &call(), &open()), "{root} {kinds:?}");
        }
    }
}

#[test]
fn a_nested_provision_that_cannot_be_read_denies() {
    let wrong = [
        json!({}),
        json!({"type": "forbid"}),
        json!({"type": null}),
        json!({"type": "permit", "modifierExtension": [{"url": "http://x"}]}),
        json!({"type": "permit", "obligation": "delete after use"}),
        json!({"type": "permit", "provision": []}),
        json!({"type": "permit", "provision": {"type": "permit"}}),
        json!("deny"),
    ];
    for nested in wrong {
        let consents = [consent(json!({"type": "permit", "provision": [nested]}))];
        assert!(!sees(&consents, &call(), &open()), "{nested}");
    }
}

#[test]
fn nesting_without_end_denies() {
    let mut provision = json!({"type": "permit"});
    for _ in 0..60 {
        provision = json!({"type": "permit", "provision": [provision]});
    }
    assert!(!sees(&[consent(provision)], &call(), &open()));
}

#[test]
fn among_several_consents_any_deny_wins_whatever_their_dates() {
    let old_deny = with(consent(json!({"type": "deny"})), "dateTime", json!("2020"));
    let new_permit = with(consent(json!({"type": "permit"})), "dateTime", json!("2026-06-01"));
    let withdrawn = with(old_deny.clone(), "status", json!("inactive"));
    assert!(!sees(&[old_deny.clone(), new_permit.clone()], &call(), &open()));
    assert!(!sees(&[new_permit.clone(), old_deny], &call(), &open()));
    assert!(sees(&[new_permit, withdrawn], &call(), &settings()));
}

#[test]
fn two_permits_for_two_purposes_each_hold_for_their_own() {
    let permit = |code| consent(json!({"type": "permit", "purpose": [{"system": ACT_REASON, "code": code}]}));
    let both = [permit("TREAT"), permit("HRESCH")];
    assert!(!sees(&both, &for_purpose(Purpose::Payment), &open()));
    assert!(sees(&both, &for_purpose(Purpose::Research), &settings()));
    assert!(sees(&both, &call(), &settings()));
}

#[test]
fn outside_a_permit_nothing_is_permitted_unless_the_hospital_says_so() {
    let research = [consent(json!({"type": "permit", "purpose": [{"system": ACT_REASON, "code": "HRESCH"}]}))];
    assert!(!sees(&research, &call(), &open()));
    assert!(sees(&research, &call(), &ConsentSettings { outside: Outside::NoConsent, ..open() }));
}

#[test]
fn a_deny_for_treatment_denies_the_emergency_too() {
    let deny = [consent(json!({"type": "deny", "purpose": [{"system": ACT_REASON, "code": "TREAT"}]}))];
    for purpose in [Purpose::Treatment, Purpose::EmergencyTreatment, Purpose::BreakGlass] {
        assert!(!sees(&deny, &for_purpose(purpose), &open()), "{purpose:?}");
    }
    assert!(sees(&deny, &for_purpose(Purpose::Payment), &open()));
}

#[test]
fn break_glass_overrides_only_where_the_hospital_says_so_and_only_itself() {
    let deny = [consent(json!({"type": "deny"}))];
    let overrides = ConsentSettings { break_glass: BreakGlass::Overrides, ..settings() };
    assert!(!sees(&deny, &for_purpose(Purpose::BreakGlass), &settings()));
    assert!(!sees(&deny, &for_purpose(Purpose::EmergencyTreatment), &overrides));
    assert_eq!(rule(&deny, &for_purpose(Purpose::BreakGlass), &overrides).constant(), Some(true));
}

#[test]
fn a_patient_can_permit_break_glass_alone() {
    let btg = json!([{"system": ACT_REASON, "code": "BTG"}]);
    let consents = [consent(json!({"type": "deny", "provision": [{"type": "permit", "purpose": btg}]}))];
    assert!(!sees(&consents, &for_purpose(Purpose::EmergencyTreatment), &settings()));
    assert!(sees(&consents, &for_purpose(Purpose::BreakGlass), &settings()));
}

#[test]
fn a_rule_without_row_conditions_is_a_constant() {
    let by_call = [consent(json!({"type": "permit", "purpose": [{"system": ACT_REASON, "code": "TREAT"}]}))];
    let by_row = [consent(json!({"type": "permit", "class": [{"system": "http://x", "code": "y"}]}))];
    assert_eq!(rule(&by_call, &call(), &settings()).constant(), Some(true));
    assert_eq!(rule(&by_row, &call(), &settings()).constant(), None);
}

#[test]
fn the_operator_is_told_which_provision_denied() {
    let exceptions = json!([{"type": "permit", "class": [{"system": "http://hl7.org/fhir/resource-types", "code": "Condition"}]},
                            {"type": "deny", "data": [{"meaning": "instance", "reference": {"reference": "Observation/o1"}}]}]);
    let consents = [consent(json!({"type": "permit", "provision": exceptions}))];
    assert_eq!(reasons(&consents, &settings()), ["Consent/c provision.provision[1]"]);
    assert_eq!(reasons(&[consent(json!({"type": "deny"}))], &open()), ["Consent/c provision"]);
    assert_eq!(reasons(&[], &settings()), ["no consent permits it"]);
    let unreadable = with(with(consent(json!({"type": "permit"})), "status", json!(1)), "id", json!("a b"));
    assert_eq!(reasons(&[unreadable], &open()), ["Consent[0] (cannot be evaluated)"]);
    assert!(reasons(&[consent(json!({"type": "permit"}))], &settings()).is_empty());
}

#[test]
fn nothing_of_a_consent_prints_with_debug() {
    let rule = rule(&[consent(json!({"type": "deny", "data": [{"meaning": "instance"}]}))], &call(), &settings());
    assert_eq!(format!("{rule:?} {:?}", call()), "ConsentRule(…) Circumstances(…)");
}
