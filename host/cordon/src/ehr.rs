//! A small CDS client for trying things out: a key pair, tokens, calls. No part of a host uses it.

use std::path::Path;

use anyhow::{Context, bail};
use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use cordon_core::ids::MintedId;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::files;

/// The file that says where a client's key is and whom it calls.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Client {
    /// Its `iss`.
    pub(crate) issuer: String,
    /// The host's base URL.
    pub(crate) base_url: String,
    /// The key's id.
    pub(crate) kid: String,
}

/// An answer of a host.
pub(crate) struct Answer {
    /// HTTP status.
    pub(crate) status: u16,
    /// The JSON body.
    pub(crate) body: Value,
}

impl Client {
    /// Makes a client folder: `client.json`, `key.pem` (ES384) and `jwks.json`.
    pub(crate) fn create(folder: &Path, issuer: &str, base_url: &str) -> anyhow::Result<()> {
        files::make_dir(folder)?;
        let pair = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).context("cannot make a key")?;
        let private = pair.to_pkcs8v1().context("cannot write a key")?;
        let point = pair.public_key().as_ref();
        // An uncompressed point (SEC 1, 2.3.3): 04, x, y.
        let (Some(x), Some(y)) = (point.get(1..49), point.get(49..97)) else { bail!("cannot read the new key") };
        let kid = uuid()?;
        let jwk = json!({ "kty": "EC", "crv": "P-384", "alg": "ES384", "use": "sig", "kid": kid,
            "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y) });
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines(private.as_ref()));
        let client = Self { issuer: issuer.to_owned(), base_url: base_url.to_owned(), kid };
        files::write_new(&folder.join("key.pem"), pem.as_bytes(), true)?;
        files::write_new(&folder.join("jwks.json"), json!({ "keys": [jwk] }).to_string().as_bytes(), false)?;
        files::write_new(&folder.join("client.json"), serde_json::to_string_pretty(&client)?.as_bytes(), false)
    }

    /// Reads a client folder.
    pub(crate) fn read(folder: &Path) -> anyhow::Result<(Self, EncodingKey)> {
        let client = serde_json::from_str(&files::text(&folder.join("client.json"))?).context("client.json")?;
        let key = EncodingKey::from_ec_pem(&files::read(&folder.join("key.pem"))?).context("key.pem")?;
        Ok((client, key))
    }

    /// Calls a path of the host with a fresh token for it.
    pub(crate) async fn call(&self, key: &EncodingKey, path: &str, body: Option<&Value>) -> anyhow::Result<Answer> {
        let url = format!("{}{path}", self.base_url);
        let token = self.token(key, &url)?;
        let uri: hyper::Uri = url.parse().context("base URL")?;
        let authority = uri.authority().context("base URL")?.clone();
        let (true, Some(port)) = (uri.scheme_str() == Some("http"), authority.port_u16()) else {
            bail!("`cordon call` speaks plain HTTP to a host on this machine, for example http://127.0.0.1:8085");
        };
        let stream = tokio::net::TcpStream::connect((authority.host(), port))
            .await
            .with_context(|| format!("no host answers at {authority}"))?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        let driver = tokio::spawn(connection);
        let request = hyper::Request::builder()
            .method(if body.is_some() { "POST" } else { "GET" })
            .uri(path)
            .header("host", authority.as_str())
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(body.map(Value::to_string).unwrap_or_default())))?;
        let response = sender.send_request(request).await?;
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await?.to_bytes();
        drop(sender);
        driver.await??;
        let body = if bytes.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&bytes).context("the answer is not JSON")?
        };
        Ok(Answer { status, body })
    }

    fn token(&self, key: &EncodingKey, audience: &str) -> anyhow::Result<String> {
        let now = cordon_server::clock::now().as_second();
        let mut header = Header::new(Algorithm::ES384);
        header.kid = Some(self.kid.clone());
        let claims =
            json!({ "iss": self.issuer, "aud": audience, "iat": now, "exp": now.saturating_add(120), "jti": uuid()? });
        jsonwebtoken::encode(&header, &claims, key).context("cannot sign a token")
    }
}

/// A random UUID.
pub(crate) fn uuid() -> anyhow::Result<String> {
    let mut bytes = [0_u8; 16];
    #[expect(clippy::disallowed_methods, reason = "a client draws its own ids")]
    getrandom::fill(&mut bytes).context("no randomness")?;
    Ok(MintedId::from_random(bytes).to_string())
}

fn lines(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    lines.join("\n")
}
