//! The client that calls: its keys, and what the host is told to trust.

use anyhow::Context as _;
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair};
use axum::http::HeaderValue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cordon_core::ids::{Issuer, TenantId};
use cordon_server::jwt::{Alg, ClientTrust, IssuerTrust};
use cordon_ward::DEFAULT_NOW;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::json;

use crate::world::{BASE, PATH};

/// Who calls.
pub(crate) const ISSUER: &str = "https://ehr.example/";

/// The client's keys: CDS Hooks 2.0, "Trusting CDS Clients", names both algorithms.
pub(crate) struct Keys {
    es384: EncodingKey,
    rs384: EncodingKey,
}

impl Keys {
    pub(crate) fn new() -> anyhow::Result<Self> {
        let es384 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, &SystemRandom::new())?;
        let rs384 = AsDer::<Pkcs8V1Der<'_>>::as_der(&KeyPair::generate(KeySize::Rsa2048)?)?;
        let pem = STANDARD.encode(rs384.as_ref());
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{pem}\n-----END PRIVATE KEY-----\n");
        Ok(Self { es384: EncodingKey::from_ec_der(es384.as_ref()), rs384: EncodingKey::from_rsa_pem(pem.as_bytes())? })
    }

    pub(crate) fn trust(&self, tenant: TenantId) -> anyhow::Result<ClientTrust> {
        let jwk = |key: &EncodingKey, alg| {
            let mut jwk = serde_json::to_value(Jwk::from_encoding_key(key, alg)?)?;
            jwk.as_object_mut().context("a key is an object")?.insert("kid".to_owned(), json!(kid(alg)));
            anyhow::Ok(jwk)
        };
        let keys = [jwk(&self.es384, Algorithm::ES384)?, jwk(&self.rs384, Algorithm::RS384)?];
        let pinned = IssuerTrust::new(tenant, json!({ "keys": keys }).to_string().as_bytes(), &Alg::ALL, [])?;
        Ok(ClientTrust::from_iter([(Issuer::new(ISSUER)?, pinned)]))
    }

    /// The token with this number.
    pub(crate) fn token(&self, alg: Algorithm, number: u64) -> anyhow::Result<HeaderValue> {
        let key = if alg == Algorithm::RS384 { &self.rs384 } else { &self.es384 };
        let header = Header { kid: Some(kid(alg)), ..Header::new(alg) };
        let now = DEFAULT_NOW.as_second();
        let claims = json!({ "iss": ISSUER, "aud": format!("{BASE}{PATH}"), "iat": now, "exp": now + 300,
            "jti": format!("jti-{number}") });
        let token = jsonwebtoken::encode(&header, &claims, key)?;
        Ok(HeaderValue::try_from(format!("Bearer {token}"))?)
    }
}

fn kid(alg: Algorithm) -> String {
    format!("{alg:?}")
}
