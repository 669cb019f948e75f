//! The tenant of a call is its verified client's, and the turns of one are not another's.

use std::time::Duration;

use cordon_core::ids::TenantId;
use serde_json::{Value, json};

use crate::cds_client::{Answer, request};
use crate::cds_host::{Gate, SOUTH, TestHost, creatinine, patient_view};

const PATH: &str = "/cds-services/echo";

/// Calls the echo service as this issuer, with more header lines and claims.
async fn call(host: &TestHost, issuer: Option<&str>, headers: &str, claims: &Value, body: &Value) -> Answer {
    let mut all = host.claims(PATH);
    all["iss"] = issuer.map_or_else(|| all["iss"].clone(), |issuer| json!(issuer));
    for (name, value) in claims.as_object().unwrap() {
        all[name] = value.clone();
    }
    let token = host.key.sign(&host.header(), &all);
    let headers = format!("authorization: Bearer {token}\r\n{headers}");
    request(host.address, "POST", PATH, &headers, body.to_string().as_bytes()).await
}

fn last_tenant(host: &TestHost) -> String {
    host.records().last().unwrap().tenant.to_string()
}

/// Every way in which a call could name a tenant: header lines, claims, and the body of a call.
fn spoken(tenant: &str) -> Vec<(String, Value, Value)> {
    let plain = || (String::new(), json!({}), patient_view());
    let lines = ["X-Tenant", "X-Tenant-ID", "X-Cordon-Tenant", "X-Forwarded-Tenant", "X-Forwarded-Host", "Tenant"];
    let headers = lines.map(|name| (format!("{name}: {tenant}\r\n"), json!({}), patient_view()));
    let claims = ["tenant", "tenant_id", "tid"].map(|name| (String::new(), json!({ name: tenant }), patient_view()));
    let mut bodies = [plain(), plain(), plain()];
    bodies[0].2["tenant"] = json!(tenant);
    bodies[1].2["context"]["tenant"] = json!(tenant);
    bodies[2].2["extension"] = json!({ "tenant": tenant });
    headers.into_iter().chain(claims).chain(bodies).collect()
}

#[tokio::test]
async fn co_02_no_header_claim_or_body_member_leads_into_another_tenant() {
    let host = TestHost::start(|setup| setup.rooms.ward = vec![creatinine("c", "p")]).await;
    for (headers, claims, body) in spoken("main") {
        let answer = call(&host, Some(SOUTH), &headers, &claims, &body).await;
        assert_eq!(answer.status, 404, "{headers}{claims}{body}: {}", answer.body);
        assert_eq!(last_tenant(&host), "south", "{headers}{claims}{body}");
    }
}

#[tokio::test]
async fn no_header_claim_or_body_member_leads_out_of_the_own_tenant() {
    let host = TestHost::start(|setup| setup.rooms.ward = vec![creatinine("c", "p")]).await;
    for (headers, claims, body) in spoken("south") {
        let answer = call(&host, None, &headers, &claims, &body).await;
        assert_eq!(answer.status, 200, "{headers}{claims}{body}: {}", answer.body);
        assert!(answer.body.contains("creatinine 1"), "{}", answer.body);
        assert_eq!(last_tenant(&host), "main", "{headers}{claims}{body}");
    }
}

#[tokio::test]
async fn co_03_a_tenant_is_told_of_its_own_services_only() {
    let host = TestHost::start(|_| {}).await;
    let mut claims = host.claims("/cds-services");
    claims["iss"] = json!(SOUTH);
    let token = host.key.sign(&host.header(), &claims);
    let listed = host.send("GET", "/cds-services", &token, b"").await;
    assert_eq!((listed.status, listed.json()), (200, json!({ "services": [] })));
}

#[tokio::test]
async fn co_04_the_same_token_id_is_good_once_for_each_client() {
    let host = TestHost::start(|_| {}).await;
    let same = json!({ "jti": "one" });
    assert_eq!(call(&host, None, "", &same, &patient_view()).await.status, 200);
    assert_eq!(call(&host, Some(SOUTH), "", &same, &patient_view()).await.status, 404);
    assert_eq!(call(&host, None, "", &same, &patient_view()).await.status, 401);
}

#[tokio::test]
async fn a_tenant_without_a_free_turn_takes_none_of_another() {
    let (gate, told, shut) = Gate::shut();
    let host = TestHost::start(|setup| {
        setup.rooms.gate = Some(gate);
        setup.settings.deadline = Duration::from_millis(200);
        setup.settings.turns = ["main", "south"].map(|name| (TenantId::new(name).unwrap(), 1)).into();
    })
    .await;
    let (nothing, body) = (json!({}), patient_view());
    let (answered, ()) = tokio::join!(host.call(&body), async {
        tokio::task::spawn_blocking(move || told.recv().unwrap()).await.unwrap();
        let crowd = call(&host, None, "", &nothing, &body).await;
        assert_eq!(crowd.status, 503, "the only turn of `main` is taken: {}", crowd.body);
        let other = call(&host, Some(SOUTH), "", &nothing, &body).await;
        assert_eq!(other.status, 404, "`south` has its own turn: {}", other.body);
        drop(shut);
    });
    assert_eq!(answered.status, 200, "{}", answered.body);
}
