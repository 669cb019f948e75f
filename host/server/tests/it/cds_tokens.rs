//! Tokens: every one that must be refused, and the few that must not.

use axum::http::{HeaderMap, HeaderValue};
use cordon_core::ids::{Issuer, TenantId};
use cordon_server::jwt::{
    Alg, Client, ClientTrust, Endpoint, IssuerTrust, JwksError, NonceError, Nonces, Spent, TokenRefusal, VerifyError,
    verify,
};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::cds_host::{ISSUER, KID, NOW, TestHost, patient_view};
use crate::cds_keys::{ClientKey, sign_hs256, unsigned};

const PATH: &str = "/cds-services/echo";

async fn refused(host: &TestHost, token: &str) -> String {
    let answer = host.send("POST", PATH, token, patient_view().to_string().as_bytes()).await;
    assert_eq!(answer.status, 401, "{}", answer.body);
    assert!(host.records().is_empty());
    answer.body
}

#[tokio::test]
async fn a_good_token_is_accepted_once() {
    let host = TestHost::start(|_| {}).await;
    let token = host.token(PATH);
    let body = patient_view().to_string();
    assert_eq!(host.send("POST", PATH, &token, body.as_bytes()).await.status, 200);
    assert_eq!(host.send("POST", PATH, &token, body.as_bytes()).await.status, 401);
    assert_eq!(host.records().len(), 1);
}

#[tokio::test]
async fn every_refused_token_gets_the_same_answer() {
    let host = TestHost::start(|_| {}).await;
    let (header, claims) = (host.header(), host.claims(PATH));
    let public = host.key.jwk(KID).to_string();
    let with = |member: &str, value: Value| {
        let mut claims = claims.clone();
        claims[member] = value;
        host.key.sign(&header, &claims)
    };
    let head = |member: &str, value: Value| {
        let mut header = header.clone();
        header[member] = value;
        host.key.sign(&header, &claims)
    };
    let none = json!({ "alg": "none", "typ": "JWT", "kid": KID });
    let hs256 = json!({ "alg": "HS256", "typ": "JWT", "kid": KID });
    let good = host.key.sign(&header, &claims);
    let tokens = [
        ("alg none", unsigned(&none, &claims)),
        ("no signature", unsigned(&header, &claims)),
        ("HS256 with the public key", sign_hs256(public.as_bytes(), &hs256, &claims)),
        ("another key", ClientKey::es384().sign(&header, &claims)),
        ("a flipped bit", flip(&good)),
        ("alg of another kind of key", head("alg", json!("RS384"))),
        ("unknown kid", head("kid", json!("k2"))),
        ("no kid", head("kid", Value::Null)),
        ("kid of another case", head("kid", json!("K1"))),
        ("typ", head("typ", json!("at+jwt"))),
        ("no typ", head("typ", Value::Null)),
        ("crit", head("crit", json!(["exp"]))),
        ("jku elsewhere", head("jku", json!("https://evil.example/jwks"))),
        ("jku by prefix", head("jku", json!("https://ehr.example/jwks/evil"))),
        ("unknown issuer", with("iss", json!("https://other.example/"))),
        ("aud elsewhere", with("aud", json!("https://cds.example/cds-services/echo"))),
        ("aud of discovery", with("aud", json!(format!("http://{}/cds-services", host.address)))),
        ("aud of feedback", with("aud", json!(format!("http://{}{PATH}/feedback", host.address)))),
        ("no aud", with("aud", Value::Null)),
        ("empty aud", with("aud", json!([]))),
        ("expired", with("exp", json!(NOW - 31))),
        ("exp too far", with("exp", json!(NOW + 331))),
        ("exp as a string", with("exp", json!((NOW + 60).to_string()))),
        ("no exp", with("exp", Value::Null)),
        ("iat in the future", with("iat", json!(NOW + 31))),
        ("stale iat", with("iat", json!(NOW - 600))),
        ("no iat", with("iat", Value::Null)),
        ("nbf in the future", with("nbf", json!(NOW + 31))),
        ("no jti", with("jti", Value::Null)),
        ("empty jti", with("jti", json!(""))),
        ("long jti", with("jti", json!("j".repeat(257)))),
        ("jti with a space", with("jti", json!("j j"))),
        ("not a token", "abc".to_owned()),
        ("too long", "a".repeat(8_193)),
    ];
    let first = refused(&host, "").await;
    for (name, token) in tokens {
        assert_eq!(refused(&host, &token).await, first, "{name}");
    }
    assert_eq!(host.send("POST", PATH, &good, patient_view().to_string().as_bytes()).await.status, 200);
}

/// Changes the first character of the signature.
fn flip(token: &str) -> String {
    let (message, signature) = token.rsplit_once('.').unwrap();
    let first = if signature.starts_with('A') { 'B' } else { 'A' };
    format!("{message}.{first}{}", signature.get(1..).unwrap())
}

#[tokio::test]
async fn an_audience_list_and_a_known_jku_are_accepted() {
    let host = TestHost::start(|_| {}).await;
    let (mut header, mut claims) = (host.header(), host.claims(PATH));
    header["jku"] = json!("https://ehr.example/jwks");
    claims["aud"] = json!(["https://elsewhere.example", format!("HTTP://{}{PATH}", host.address)]);
    claims["tenant"] = json!("another");
    let token = host.key.sign(&header, &claims);
    assert_eq!(host.send("POST", PATH, &token, patient_view().to_string().as_bytes()).await.status, 200);
}

#[tokio::test]
async fn two_authorization_headers_are_no_token() {
    let host = TestHost::start(|_| {}).await;
    let line = format!("authorization: Bearer {}\r\n", host.token(PATH));
    let answer = crate::cds_client::request(host.address, "POST", PATH, &line.repeat(2), b"{}").await;
    assert_eq!(answer.status, 401);
}

fn pin(jwks: &Value) -> Result<IssuerTrust, JwksError> {
    IssuerTrust::new(TenantId::new("main").unwrap(), jwks.to_string().as_bytes(), &Alg::ALL, [])
}

#[test]
fn a_key_set_with_one_wrong_key_is_refused_when_it_is_loaded() {
    let (ec, rsa) = (ClientKey::es384().jwk("a"), ClientKey::rs384().jwk("b"));
    let with = |jwk: &Value, member: &str, value: Value| {
        let mut jwk = jwk.clone();
        jwk[member] = value;
        pin(&json!({ "keys": [ec, jwk] })).unwrap_err()
    };
    assert!(pin(&json!({ "keys": [ec, rsa] })).is_ok());
    assert_eq!(with(&rsa, "kid", json!("a")), JwksError::DuplicateKid("a".to_owned()));
    assert_eq!(with(&rsa, "kid", Value::Null), JwksError::NoKid);
    assert_eq!(with(&rsa, "alg", json!("ES384")), JwksError::Unsupported("b".to_owned()));
    assert_eq!(with(&rsa, "alg", json!("RS256")), JwksError::Unsupported("b".to_owned()));
    assert_eq!(with(&rsa, "use", json!("enc")), JwksError::Unsupported("b".to_owned()));
    assert_eq!(with(&rsa, "kty", json!("oct")), JwksError::Unsupported("b".to_owned()));
    assert_eq!(with(&rsa, "d", json!("AQAB")), JwksError::Private("b".to_owned()));
    assert_eq!(with(&rsa, "k", json!("AQAB")), JwksError::Private("b".to_owned()));
    // 340 characters of base64url are 255 bytes.
    let short = JwksError::RsaBits { kid: "b".to_owned(), bits: 2_040 };
    assert_eq!(with(&rsa, "n", json!("_".repeat(340))), short);
    assert_eq!(pin(&json!({ "keys": [] })).unwrap_err(), JwksError::NoKeys);
    let only = IssuerTrust::new(TenantId::new("main").unwrap(), &ClientKey::rs384().jwks("b"), &[Alg::Es384], []);
    assert_eq!(only.unwrap_err(), JwksError::NotAllowed("b".to_owned()));
}

#[test]
fn a_duplicate_member_in_a_key_set_is_refused() {
    let jwks = br#"{"keys":[],"keys":[]}"#;
    let refused = IssuerTrust::new(TenantId::new("main").unwrap(), jwks, &Alg::ALL, []).unwrap_err();
    assert!(matches!(refused, JwksError::Json(_)));
}

struct Fresh;

impl Nonces for Fresh {
    fn spend(&self, _: &Client, _: &str, _: Timestamp) -> Result<Spent, NonceError> {
        Ok(Spent::Now)
    }

    fn settle(&self, _: &TenantId) -> Result<(), NonceError> {
        Ok(())
    }
}

fn bearer(token: &str) -> HeaderMap {
    HeaderMap::from_iter([(
        axum::http::header::AUTHORIZATION,
        HeaderValue::from_str(&format!("Bearer {token}")).unwrap(),
    )])
}

#[test]
fn rs384_is_accepted_and_not_under_the_name_of_the_other() {
    let key = ClientKey::rs384();
    let trust =
        ClientTrust::from_iter([(Issuer::new(ISSUER).unwrap(), pin(&json!({ "keys": [key.jwk("r")] })).unwrap())]);
    let claims = json!({ "iss": ISSUER, "aud": "https://cds.example/x", "exp": NOW + 60, "iat": NOW, "jti": "1" });
    let now = Timestamp::from_second(NOW).unwrap();
    let endpoint = Endpoint::parse("https://cds.example/x").unwrap();
    let check = |alg: &str| {
        let token = key.sign(&json!({ "alg": alg, "typ": "JWT", "kid": "r" }), &claims);
        verify(&bearer(&token), &endpoint, now, &trust, &Fresh)
    };
    assert_eq!(check("RS384").unwrap().tenant.as_str(), "main");
    for alg in ["ES384", "RS256", "PS384"] {
        assert_eq!(check(alg), Err(VerifyError::Refused(TokenRefusal::Algorithm)), "{alg}");
    }
}

/// The token and the public key that the CDS Hooks text prints ("Trusting CDS Clients", example).
const PRINTED: [&str; 3] = [
    "eyJhbGciOiJFUzM4NCIsInR5cCI6IkpXVCIsImtpZCI6ImV4YW1wbGUta2lkIiwiamt1IjoiaHR0cHM6Ly9maGlyLWVoci5leGFtcGxlLmNvbS9qd2tfdXJpIn0",
    "eyJpc3MiOiJodHRwczovL2ZoaXItZWhyLmV4YW1wbGUuY29tLyIsImF1ZCI6Imh0dHBzOi8vY2RzLmV4YW1wbGUub3JnL2Nkcy1zZXJ2aWNlcy9zb21lLXNlcnZpY2UiLCJleHAiOjE0MjI1Njg4NjAsImlhdCI6MTMxMTI4MDk3MCwianRpIjoiZWUyMmIwMjEtZTFiNy00NjExLWJhNWItOGVlYzZhMzNhYzFlIiwidGVuYW50IjoiMmRkZDZjM2EtOGU5YS00NGM2LWEzMDUtNTIxMTFhZDMwMmEyIn0",
    "d1WfLjGRKlcWB94l9do4cM8REXeYJLL6SGUBO8VHZhfM8mwKYP70EMxJ67War4TQblEpaQrp11wx5p7oPFm2ETYgCicS84vXWEIYTdjooZdooCSDf2L8-i4awdoUwiEb",
];
const PRINTED_X: &str = "46SDH7Znh821wblCBglA61sNE9ZrHYKKt3qRtRTmSXyOI_FIGBLWrWa0GPUkDCEk";
const PRINTED_Y: &str = "XMcRuuoGW7CXjQdy-F5i3FeBE0x9hPLdeFdSoDd3ELmx404tLX0VRRcqzAsPhXcI";

#[test]
fn the_printed_token_verifies_and_is_then_refused_as_expired() {
    let jwk = json!({ "kty": "EC", "use": "sig", "crv": "P-384", "kid": "example-kid", "alg": "ES384", "x": PRINTED_X, "y": PRINTED_Y });
    let jwks = json!({ "keys": [jwk] }).to_string();
    let jku = "https://fhir-ehr.example.com/jwk_uri".to_owned();
    let pinned = IssuerTrust::new(TenantId::new("main").unwrap(), jwks.as_bytes(), &Alg::ALL, [jku]).unwrap();
    let trust = ClientTrust::from_iter([(Issuer::new("https://fhir-ehr.example.com/").unwrap(), pinned)]);
    let endpoint = Endpoint::parse("https://cds.example.org/cds-services/some-service").unwrap();
    let now = Timestamp::from_second(NOW).unwrap();
    let check = |token: &str| verify(&bearer(token), &endpoint, now, &trust, &Fresh);
    let printed = PRINTED.join(".");
    assert_eq!(check(&printed), Err(VerifyError::Refused(TokenRefusal::Expired)));
    assert_eq!(check(&flip(&printed)), Err(VerifyError::Refused(TokenRefusal::Signature)));
}
