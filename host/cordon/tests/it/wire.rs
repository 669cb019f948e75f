//! Hostile bytes, tokens and records over the wire of a real host, and what is left after it was killed.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cordon_core::ids::TenantId;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

use crate::ehr::{Answer, Ehr, exchange, whole};
use crate::world::{World, guest_component, guest_manifest, patient_view};

const PATH: &str = "/cds-services/labs";
const REFUSED: &str = "A valid signed token of a trusted client is required.";

/// A running host with two labs of patient `one`, an honest plugin that says how many labs it sees, and its client.
fn hospital(configure: impl FnOnce(String) -> String) -> (World, Ehr) {
    let mut world = World::new();
    world.configure(|config| format!("deadline-ms = 5000\n{}", configure(config)));
    let second = lab("one").to_string().replace("lab-of-one", "second-lab-of-one");
    std::fs::write(world.path("one.ndjson"), format!("{}\n{second}\n", lab("one"))).unwrap();
    world.done(&["load", &world.path("one.ndjson")]);
    // One time for all calls, so that two answers can be compared.
    world.serve(&["--now", "2021-06-01"]);
    let key = world.publisher("org.cordon.test");
    let package = world.package("labs", &guest_component("reads_the_labs"), &guest_manifest("labs", "1.0.0"), &key);
    world.install("org.cordon.test.labs", &package);
    let ehr = Ehr::of(&world);
    (world, ehr)
}

fn request() -> Value {
    whole(patient_view("one"))
}

/// What the plugin said it sees.
fn seen(answer: &Answer) -> String {
    answer.cards()[0]["summary"].as_str().unwrap().to_owned()
}

/// A laboratory result of a patient.
fn lab(patient: &str) -> Value {
    json!({ "resourceType": "Observation", "id": format!("lab-of-{patient}"), "status": "final",
        "category": [{ "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory" }] }],
        "code": { "coding": [{ "system": "http://loinc.org", "code": "2160-0", "display": "Creatinine" }] },
        "subject": { "reference": format!("Patient/{patient}") }, "effectiveDateTime": "2021-05-31T08:00:00Z" })
}

/// A request whose prefetch for the labs is this searchset.
fn prefetched(total: usize, rows: &[Value]) -> Value {
    let entries: Vec<Value> = rows.iter().map(|row| json!({ "resource": row })).collect();
    let mut request = request();
    request["prefetch"] =
        json!({ "labs": { "resourceType": "Bundle", "type": "searchset", "total": total, "entry": entries } });
    request
}

#[test]
fn a_token_is_good_once_even_if_the_host_was_killed_in_between() {
    let (mut world, ehr) = hospital(|config| config);
    let body = request().to_string();
    let token = ehr.sign(&ehr.claims(PATH));
    let send = |token: &str| ehr.post_with(token, "labs", body.as_bytes()).unwrap();
    assert_eq!(send(&token).status, 200);
    send(&token).is_outcome(401, REFUSED);
    world.kill();
    world.serve(&[]);
    send(&token).is_outcome(401, REFUSED);
    assert_eq!(send(&ehr.sign(&ehr.claims(PATH))).status, 200);
}

#[test]
fn a_token_without_a_signature_is_refused() {
    let (_world, ehr) = hospital(|config| config);
    let kid = &ehr.jwks["keys"][0]["kid"];
    for alg in ["none", "None", "NONE", ""] {
        let header = json!({ "alg": alg, "typ": "JWT", "kid": kid });
        let [header, claims] = [header, ehr.claims(PATH)].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let signature = URL_SAFE_NO_PAD.encode(digest(&SHA256, claims.as_bytes()));
        for token in
            [format!("{header}.{claims}."), format!("{header}.{claims}"), format!("{header}.{claims}.{signature}")]
        {
            ehr.post_with(&token, "labs", request().to_string().as_bytes()).unwrap().is_outcome(401, REFUSED);
        }
    }
}

#[test]
fn a_token_signed_by_hmac_with_the_public_key_is_refused() {
    let (_world, ehr) = hospital(|config| config);
    let jwk = &ehr.jwks["keys"][0];
    let half = |name: &str| URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap();
    let point = [vec![4], half("x"), half("y")].concat();
    let secrets = [point, ehr.jwks.to_string().into_bytes(), jwk.to_string().into_bytes(), half("x"), Vec::new()];
    for secret in secrets {
        let key = EncodingKey::from_secret(&secret);
        let token = jsonwebtoken::encode(&ehr.header(Algorithm::HS256), &ehr.claims(PATH), &key).unwrap();
        ehr.post_with(&token, "labs", request().to_string().as_bytes()).unwrap().is_outcome(401, REFUSED);
    }
}

#[test]
fn a_token_for_another_endpoint_or_by_another_client_is_refused() {
    let (world, ehr) = hospital(|config| config);
    let other = ["/cds-services", "/cds-services/other", "/cds-services/labs/feedback", ""];
    let mut claims: Vec<Value> = other.iter().map(|path| ehr.claims(path)).collect();
    claims.push(ehr.claims(PATH));
    claims[4]["iss"] = json!("https://other.demo.invalid");
    let body = request().to_string();
    for claims in claims {
        ehr.post_with(&ehr.sign(&claims), "labs", body.as_bytes()).unwrap().is_outcome(401, REFUSED);
    }
    // The right names, the key of another client.
    let mut stranger = Ehr::of(&World::new());
    (stranger.port, stranger.jwks) = (ehr.port, ehr.jwks.clone());
    stranger.post_with(&stranger.sign(&ehr.claims(PATH)), "labs", body.as_bytes()).unwrap().is_outcome(401, REFUSED);
    assert_eq!(ehr.call("labs", &request()).status, 200);
    assert!(!world.log().contains("panic"));
}

#[test]
fn a_body_that_is_too_large_too_deep_or_ambiguous_is_refused_at_once() {
    let (_world, ehr) = hospital(|config| config);
    let body = request().to_string();
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let with = |member: &str| body.replacen('{', &format!("{{{member},"), 1).into_bytes();
    let cases = [
        (413, with(&format!(r#""extension":"{}""#, "a".repeat(10 << 20)))),
        (400, with(&format!(r#""extension":{deep}"#))),
        (400, deep.into_bytes()),
        (400, with(r#""hook":"patient-view""#)),
        (400, body.replacen(r#""patientId""#, r#""patientId":"two","patientId""#, 1).into_bytes()),
        (400, b"{".to_vec()),
    ];
    for (status, body) in cases {
        let start = Instant::now();
        let answer = ehr.post("labs", &body);
        assert_eq!(
            (answer.status, &answer.json()["resourceType"]),
            (status, &json!("OperationOutcome")),
            "{}",
            answer.body
        );
        assert!(start.elapsed() < Duration::from_secs(5), "{status} took {:?}", start.elapsed());
        assert_eq!(ehr.call("labs", &request()).status, 200);
    }
}

#[test]
fn a_stalled_header_and_a_stalled_body_are_cut_off_within_15_seconds_and_others_are_served() {
    let (_world, ehr) = hospital(|config| config);
    let head = |service: &str| ehr.head(&ehr.sign(&ehr.claims(&format!("/cds-services/{service}"))), service, 1_000);
    let half = head("labs").split_at(100).0.to_owned();
    let begun = head("labs") + "{\"hook\":";
    let stalls = [
        (String::new(), None),
        (half, None),
        (head("labs"), Some(408)),
        (begun, Some(408)),
        (head("labs/feedback"), Some(408)),
    ];
    let stall = |bytes: String, expected: Option<u16>| {
        let start = Instant::now();
        let status = exchange(ehr.port, bytes.as_bytes()).map(|answer| answer.status);
        let after = start.elapsed();
        assert!(status == expected && after < Duration::from_secs(15), "{status:?} after {after:?}");
    };
    std::thread::scope(|scope| {
        let stalls = stalls.map(|(bytes, expected)| scope.spawn(move || stall(bytes, expected)));
        (0..10).for_each(|_| assert_eq!(ehr.call("labs", &request()).status, 200));
        assert!(stalls.iter().all(|stall| !stall.is_finished()), "honest calls waited for the stalled ones");
    });
}

#[test]
fn rows_of_another_patient_in_prefetch_leave_no_trace() {
    let (world, ehr) = hospital(|config| config);
    let with = |rows: &[Value]| seen(&ehr.call("labs", &prefetched(rows.len(), rows)));
    let empty = with(&[]);
    assert!(empty.contains("0 of 0 labs"), "{empty}");
    assert_eq!(with(&[lab("two"), lab("three")]), empty);
    let own = with(&[lab("one")]);
    assert!(own.contains("1 of 1 labs"), "{own}");
    assert_eq!(with(&[lab("two"), lab("one"), lab("three")]), own);
    assert_eq!(world.last_event()["needs"]["labs"]["dropped"], json!({ "foreign": 2 }));
}

#[test]
fn without_a_right_of_the_user_a_missing_or_truncated_page_is_412_and_a_whole_one_is_answered() {
    let (_world, ehr) = hospital(|config| config.replace("user-right = \"user/*.rs\"\n", ""));
    let text = "Data that this service needs could not be obtained.";
    ehr.call("labs", &request()).is_outcome(412, text);
    ehr.call("labs", &prefetched(2, &[lab("one")])).is_outcome(412, text);
    let mut paged = prefetched(1, &[lab("one")]);
    paged["prefetch"]["labs"]["link"] = json!([{ "relation": "next", "url": "https://ehr.demo.invalid/next" }]);
    ehr.call("labs", &paged).is_outcome(412, text);
    assert!(seen(&ehr.call("labs", &prefetched(1, &[lab("one")]))).contains("1 of 1 labs"));
}

#[test]
fn with_a_right_of_the_user_a_truncated_page_is_made_whole_from_the_store() {
    let (_world, ehr) = hospital(|config| config);
    for request in [request(), prefetched(2, &[lab("one")])] {
        let seen = seen(&ehr.call("labs", &request));
        assert!(seen.contains("2 of 2 labs"), "{seen}");
    }
}

#[test]
fn every_call_that_was_answered_before_the_host_was_killed_is_on_record() {
    let (mut world, ehr) = hospital(|config| config);
    let before = world.done(&["audit", "verify"])["size"].as_u64().unwrap();
    let (tell, told) = mpsc::channel();
    let body = request().to_string();
    let caller = |tell: mpsc::Sender<Value>| {
        let send = || ehr.post_with(&ehr.sign(&ehr.claims(PATH)), "labs", body.as_bytes());
        while send()
            .filter(|answer| answer.status == 200)
            .is_some_and(|answer| tell.send(answer.cards()[0]["uuid"].clone()).is_ok())
        {}
    };
    let cards: Vec<Value> = std::thread::scope(|scope| {
        for _ in 0..4 {
            let tell = tell.clone();
            scope.spawn(|| caller(tell));
        }
        drop(tell);
        let mut cards: Vec<Value> = told.iter().take(40).collect();
        world.kill();
        cards.extend(told.iter());
        cards
    });
    world.serve(&[]);
    let verified = world.done(&["audit", "verify"]);
    assert_eq!(verified["whole"], true);
    assert!(verified["size"].as_u64().unwrap() > before + cards.len() as u64);
    world.kill();
    let (store, main) = (world.reader("main"), TenantId::new("main").unwrap());
    assert!(
        cards.len() >= 40
            && cards.iter().all(|card| store.card_known(&main, card.as_str().unwrap()).unwrap().is_some())
    );
}
