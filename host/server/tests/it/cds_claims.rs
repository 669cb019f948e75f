//! Purpose of use, roles and the glass: what a signed claim may say, and that nothing else may.

use cordon_core::call::Purpose;
use cordon_core::grant::{Grant, Installed};
use cordon_core::manifest::Hook;
use cordon_core::record::{Event, Outcome, Refusal};
use cordon_server::cds::{IssuerSettings, RolePattern};
use serde_json::{Value, json};

use crate::cds_client::{Answer, request};
use crate::cds_host::{Setup, TestHost, creatinine, echo, grant, patient_view};
use crate::cds_keys::{ClientKey, unsigned};

const PATH: &str = "/cds-services/echo";
const SCT: &str = "http://snomed.info/sct";

fn act_reason(code: &str) -> Value {
    json!({ "system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": code })
}

fn iua(purposes: &[&str], roles: &Value) -> Value {
    let purposes: Vec<Value> = purposes.iter().map(|code| act_reason(code)).collect();
    json!({ "ihe_iua": { "purpose_of_use": purposes, "subject_role": roles } })
}

fn glass() -> Value {
    iua(&["BTG"], &json!([{ "system": SCT, "code": "46255001" }, { "code": "hiv-care" }]))
}

/// A client that may claim emergency, glass and pharmacists.
fn trusted(issuer: &mut IssuerSettings) {
    issuer.claimed_purposes = [Purpose::EmergencyTreatment, Purpose::BreakGlass].into();
    issuer.break_glass = true;
    issuer.claimed_roles = vec![RolePattern::parse(&format!("{SCT}|*")).unwrap()];
}

async fn host(change: impl FnOnce(&mut Setup)) -> TestHost {
    TestHost::start(|setup| {
        trusted(&mut setup.issuer);
        change(setup);
    })
    .await
}

/// A call whose signed token has these extensions.
async fn claiming(host: &TestHost, extensions: &Value) -> Answer {
    let mut claims = host.claims(PATH);
    claims["extensions"] = extensions.clone();
    let token = host.key.sign(&host.header(), &claims);
    host.send("POST", PATH, &token, patient_view().to_string().as_bytes()).await
}

/// The call was refused and recorded, nothing was asked or read for it, and no glass was broken.
fn refused(host: &TestHost, answer: &Answer, what: &str) {
    assert_eq!(answer.status, 403, "{what}: {}", answer.body);
    assert_eq!(host.outcome(), Outcome::Refused(Refusal::NotAllowed), "{what}");
    assert!(host.asked().is_empty(), "{what}");
    assert!(!broken(host), "{what}");
}

fn broken(host: &TestHost) -> bool {
    host.records().iter().any(|record| matches!(record.event, Event::BreakGlass { .. }))
}

#[tokio::test]
async fn rd_11_a_claim_that_no_key_of_the_client_signed_elevates_nothing() {
    let host = host(|_| {}).await;
    let mut claims = host.claims(PATH);
    claims["extensions"] = glass();
    let none = json!({ "alg": "none", "typ": "JWT", "kid": "k1" });
    let good = host.key.sign(&host.header(), &host.claims(PATH));
    let spliced = {
        let other = host.key.sign(&host.header(), &claims);
        let (signed, own) = (good.rsplit_once('.').unwrap(), other.rsplit_once('.').unwrap());
        format!("{}.{}", own.0, signed.1)
    };
    let tokens = [
        unsigned(&host.header(), &claims),
        unsigned(&none, &claims),
        ClientKey::es384().sign(&host.header(), &claims),
        spliced,
    ];
    for token in tokens {
        assert_eq!(host.send("POST", PATH, &token, patient_view().to_string().as_bytes()).await.status, 401);
    }
    assert!(host.records().is_empty() && host.asked().is_empty());
}

#[tokio::test]
async fn rd_11_the_body_says_nothing_about_purpose_or_role() {
    let host = host(|_| {}).await;
    let claim = glass();
    let said = json!({ "purpose": "BTG", "purpose_of_use": [act_reason("BTG")], "roles": ["hiv-care"],
        "subject_role": [{ "code": "hiv-care" }], "extensions": claim, "breakGlass": true });
    let (mut top, mut context, mut extension, mut authorization) =
        (patient_view(), patient_view(), patient_view(), patient_view());
    for (name, value) in said.as_object().unwrap() {
        top[name] = value.clone();
        context["context"][name] = value.clone();
    }
    extension["extension"] = said.clone();
    authorization["fhirServer"] = json!("https://fhir.example");
    authorization["fhirAuthorization"] = json!({ "access_token": unsigned(&json!({ "alg": "none" }), &said),
        "token_type": "Bearer", "expires_in": 300, "scope": "user/*.rs BTG", "subject": "cordon", "extensions": claim });
    let mut prefetch = patient_view();
    prefetch["prefetch"] = json!({ "purpose": said, "extensions": claim });
    let bodies = [top, context, extension, authorization, prefetch];
    for body in &bodies {
        assert_eq!(host.call(body).await.status, 200, "{body}");
    }
    assert_eq!(host.asked(), vec![(Purpose::Treatment, Vec::new()); bodies.len()]);
    assert!(!broken(&host));
}

#[tokio::test]
async fn rd_11_headers_and_the_query_say_nothing_about_purpose_or_role() {
    let host = host(|_| {}).await;
    let body = patient_view().to_string();
    for header in ["purpose-of-use: BTG", "x-purpose-of-use: BTG", "x-roles: hiv-care", "x-break-glass: true"] {
        let lines = format!("authorization: Bearer {}\r\n{header}\r\n", host.token(PATH));
        assert_eq!(request(host.address, "POST", PATH, &lines, body.as_bytes()).await.status, 200, "{header}");
    }
    let asked = format!("{PATH}?purpose=BTG&role=hiv-care");
    assert_eq!(host.send("POST", &asked, &host.token(PATH), body.as_bytes()).await.status, 200);
    let mut header = host.header();
    header["extensions"] = glass();
    let token = host.key.sign(&header, &host.claims(PATH));
    assert_eq!(host.send("POST", PATH, &token, body.as_bytes()).await.status, 200);
    assert_eq!(host.asked(), vec![(Purpose::Treatment, Vec::new()); 6]);
    assert!(!broken(&host));
}

#[tokio::test]
async fn rd_11_a_plugin_cannot_name_its_purpose() {
    let granted: Installed = echo(&Grant { purposes: [Purpose::BreakGlass].into(), ..grant(&["creatinine"]) });
    let host = host(|setup| {
        setup.rooms.installed = vec![granted.into()];
        setup.rooms.ward = vec![creatinine("a", "p")];
    })
    .await;
    let answer = host.call(&patient_view()).await;
    assert_eq!(answer.json()["cards"][0]["summary"], "creatinine 0", "a grant for the glass is none for treatment");
    assert!(!broken(&host) && host.asked().is_empty());
}

#[tokio::test]
async fn rd_11_a_client_claims_nothing_unless_it_is_configured() {
    let host = TestHost::start(|_| {}).await;
    for code in ["ETREAT", "BTG", "HRESCH"] {
        refused(&host, &claiming(&host, &iua(&[code], &json!([]))).await, code);
    }
    let roles = json!({ "ihe_iua": { "subject_role": [{ "code": "hiv-care" }] } });
    assert_eq!(claiming(&host, &roles).await.status, 200);
    assert_eq!(host.asked(), [(Purpose::Treatment, Vec::new())]);
}

#[tokio::test]
async fn rd_11_the_glass_needs_both_words_of_the_configuration() {
    let listed = TestHost::start(|setup| {
        trusted(&mut setup.issuer);
        setup.issuer.break_glass = false;
    });
    let switched = TestHost::start(|setup| {
        trusted(&mut setup.issuer);
        setup.issuer.claimed_purposes.remove(&Purpose::BreakGlass);
    });
    let always = TestHost::start(|setup| {
        trusted(&mut setup.issuer);
        setup.issuer.purposes.insert(Hook::PatientView, Purpose::BreakGlass);
    });
    for host in [listed.await, switched.await, always.await] {
        refused(&host, &claiming(&host, &glass()).await, "half a configuration");
    }
}

#[tokio::test]
async fn a_claim_of_several_or_unknown_purposes_is_refused_not_guessed() {
    let host = host(|_| {}).await;
    let unknown = json!({ "ihe_iua": { "purpose_of_use": [{ "system": "1.0.14265.1", "code": "12" }] } });
    let claims = [
        iua(&[], &json!([])),
        iua(&["TREAT", "ETREAT"], &json!([])),
        iua(&["ETREAT", "ETREAT"], &json!([])),
        iua(&["EMERGENCY"], &json!([])),
        iua(&["ETREAT"], &json!([{ "code": "two words" }])),
        unknown,
    ];
    for claim in claims {
        refused(&host, &claiming(&host, &claim).await, &claim.to_string());
    }
    assert_eq!(claiming(&host, &json!({ "ihe_iua": { "purpose_of_use": "BTG" } })).await.status, 401);
}

#[tokio::test]
async fn rd_07_a_client_cannot_switch_to_a_purpose_it_may_not_claim() {
    let host = host(|_| {}).await;
    for code in ["HRESCH", "HPAYMT", "HOPERAT", "PUBHLTH"] {
        refused(&host, &claiming(&host, &iua(&[code], &json!([]))).await, code);
    }
}

#[tokio::test]
async fn rd_07_a_grant_for_treatment_shows_nothing_to_research() {
    let host = TestHost::start(|setup| {
        setup.issuer.purposes.insert(Hook::PatientView, Purpose::Research);
        setup.rooms.ward = vec![creatinine("a", "p")];
    })
    .await;
    let answer = host.call(&patient_view()).await;
    assert_eq!(answer.json()["cards"][0]["summary"], "creatinine 0, drafts 0, patient 0");
    let claimed = claiming(&host, &iua(&["TREAT"], &json!([]))).await;
    assert_eq!(claimed.status, 403, "back to treatment is a switch too");
}

#[tokio::test]
async fn a_signed_and_allowed_claim_names_purpose_and_roles() {
    let host = host(|setup| {
        setup.issuer.roles = ["ward-3".parse().unwrap()].into();
        setup.rooms.ward = vec![creatinine("a", "p")];
    })
    .await;
    let roles = json!([{ "system": SCT, "code": "46255001" }, { "code": "hiv-care" }]);
    let answer = claiming(&host, &iua(&["ETREAT"], &roles)).await;
    assert_eq!(answer.json()["cards"][0]["summary"], "creatinine 1, drafts 0, patient 0");
    let known = vec![format!("{SCT}|46255001"), "ward-3".to_owned()];
    assert_eq!(host.asked(), [(Purpose::EmergencyTreatment, known)]);
    let last = host.records().pop().unwrap().event;
    assert!(matches!(last, Event::Invocation { purpose: Purpose::EmergencyTreatment, .. }));
    assert!(!broken(&host));
}

#[tokio::test]
async fn the_glass_is_recorded_before_and_with_the_call() {
    let host = host(|_| {}).await;
    assert_eq!(claiming(&host, &glass()).await.status, 200);
    let records = host.records();
    let [before, with] = records.as_slice() else { panic!("not two records") };
    assert!(matches!(&before.event, Event::BreakGlass { plugin, .. } if plugin.as_str() == "org.example.echo"));
    assert!(matches!(with.event, Event::Invocation { purpose: Purpose::BreakGlass, .. }));
    assert_eq!(before.private.patient.as_deref(), Some("p"));
}

#[tokio::test]
async fn a_glass_that_cannot_be_recorded_is_not_broken() {
    let host = host(|setup| setup.rooms.ledger_fails = true).await;
    assert_eq!(claiming(&host, &glass()).await.status, 503);
    assert!(host.asked().is_empty(), "the policy was asked before the record was durable");
}
