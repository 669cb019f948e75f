//! An EHR that may be hostile: it signs what it likes and sends bytes as it likes.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use crate::world::World;

/// An answer as it came.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.body))
    }

    /// The cards of an answer that must have been given.
    pub(crate) fn cards(&self) -> Vec<Value> {
        assert_eq!(self.status, 200, "{}", self.body);
        self.json()["cards"].as_array().unwrap().clone()
    }

    /// An error says a general sentence, and nothing of a request or a record.
    pub(crate) fn is_outcome(&self, status: u16, text: &str) {
        assert_eq!(self.status, status, "{}", self.body);
        let outcome = self.json();
        assert_eq!(
            (&outcome["resourceType"], &outcome["issue"][0]["details"]["text"]),
            (&json!("OperationOutcome"), &json!(text))
        );
    }
}

/// A client of a demo host, with its key.
pub(crate) struct Ehr {
    pub(crate) port: u16,
    pub(crate) jwks: Value,
    key: EncodingKey,
}

impl Ehr {
    /// The client that `cordon init --demo` made.
    pub(crate) fn of(world: &World) -> Self {
        let read = |name: &str| std::fs::read(world.path(&format!("site/client/{name}"))).unwrap();
        let jwks = serde_json::from_slice(&read("jwks.json")).unwrap();
        Self { port: world.port, jwks, key: EncodingKey::from_ec_pem(&read("key.pem")).unwrap() }
    }

    /// Claims that are good once for this path.
    pub(crate) fn claims(&self, path: &str) -> Value {
        static DRAWN: AtomicU64 = AtomicU64::new(0);
        let now = cordon_server::clock::now().as_second();
        let jti = format!("token-{}", DRAWN.fetch_add(1, Ordering::Relaxed));
        json!({ "iss": "https://ehr.demo.invalid", "aud": format!("http://127.0.0.1:{}{path}", self.port),
            "iat": now, "exp": now + 120, "jti": jti })
    }

    /// The header of an honest token.
    pub(crate) fn header(&self, algorithm: Algorithm) -> Header {
        let kid = self.jwks["keys"][0]["kid"].as_str().map(str::to_owned);
        Header { kid, ..Header::new(algorithm) }
    }

    /// Signs claims with the client's own key.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        jsonwebtoken::encode(&self.header(Algorithm::ES384), claims, &self.key).unwrap()
    }

    /// Calls a service with a fresh token.
    pub(crate) fn call(&self, service: &str, request: &Value) -> Answer {
        self.post(service, request.to_string().as_bytes())
    }

    /// Sends any body with a fresh token.
    pub(crate) fn post(&self, service: &str, body: &[u8]) -> Answer {
        let token = self.sign(&self.claims(&format!("/cds-services/{service}")));
        self.post_with(&token, service, body).unwrap_or_else(|| panic!("no answer of `{service}`"))
    }

    /// Sends any body with any token; `None` if the host does not answer.
    pub(crate) fn post_with(&self, token: &str, service: &str, body: &[u8]) -> Option<Answer> {
        let head = self.head(token, service, body.len());
        exchange(self.port, &[head.as_bytes(), body].concat())
    }

    /// The head of a call.
    pub(crate) fn head(&self, token: &str, service: &str, length: usize) -> String {
        format!(
            "POST /cds-services/{service} HTTP/1.1\r\nhost: 127.0.0.1:{}\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\nauthorization: Bearer {token}\r\n\r\n",
            self.port
        )
    }
}

/// Sends bytes and reads until the host closes. What the host no longer wants to read is not sent to the end.
pub(crate) fn exchange(port: u16, request: &[u8]) -> Option<Answer> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let sent = stream.write_all(request);
    let mut bytes = Vec::new();
    let read = stream.read_to_end(&mut bytes);
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| {
        assert!(text.is_empty() || sent.is_err() || read.is_err(), "half an answer: {text}");
        ("", "")
    });
    let status = head.split(' ').nth(1)?.parse().unwrap();
    Some(Answer { status, head: head.to_owned(), body: body.to_owned() })
}

/// A request as it must be: the `hookInstance` that `cordon call` fills in is there.
pub(crate) fn whole(mut request: Value) -> Value {
    request["hookInstance"] = json!("d1577c69-dfbe-44ad-ba6d-3e05e953b2ea");
    request
}
