//! The body of a service call (CDS Hooks 2.0, HTTP request): what is around the context and the prefetch.
//!
//! Unknown members and `extension` are ignored (requirements 214 and 215). The access token is looked at for its type
//! and goes no further: no value of this module holds it.

use std::collections::BTreeMap;

use cordon_fhir::json::{Cut, JsonLimits, Part, parse, parse_around};
use serde_json::{Map, Value};

use super::malformed::{Malformed, optional, required, text, wrong};
use super::rows::{KnownRows, Reader, Sent};

/// How large a body may be once it is parsed. An object in memory takes some 600 bytes even if it holds one member of seven
/// bytes, so the number of values is the bound on memory; 2 MiB of real resources have about 120,000.
pub(super) const LIMITS: JsonLimits = JsonLimits { depth: 64, nodes: 200_000 };

/// Where rows stand in a body.
const ROWS: Cut =
    Cut::Members(&[("prefetch", Cut::Each(&Cut::Here)), ("context", Cut::Members(&[("draftOrders", Cut::Here)]))]);

/// A service call as it was written.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) hook: String,
    pub(super) hook_instance: String,
    pub(super) fhir_server: Option<String>,
    pub(super) authorization: Option<FhirAuthorization>,
    /// The context without its draft orders.
    pub(super) context: Map<String, Value>,
    pub(super) draft_orders: Option<Sent>,
    pub(super) prefetch: BTreeMap<String, Sent>,
}

/// What is kept of `fhirAuthorization`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FhirAuthorization {
    pub(super) scope: String,
    pub(super) subject: String,
    pub(super) patient: Option<String>,
}

impl Request {
    /// Reads a body. Rows that are known already are not read again, and those that came from the client's own FHIR server
    /// refer to it relatively (decision 8): to the one that is configured for the client, or else the one that it names.
    pub(super) fn parse(body: &[u8], known: &KnownRows, base: Option<&str>) -> Result<Self, Malformed> {
        // What is wrong with the text comes first, and with its place in the whole.
        Self::read(body, known, base).map_err(|refused| parse(body, LIMITS).map_or_else(Malformed::Json, |_| refused))
    }

    fn read(body: &[u8], known: &KnownRows, base: Option<&str>) -> Result<Self, Malformed> {
        let around = parse_around(body, LIMITS, &ROWS).map_err(Malformed::Json)?;
        let Value::Object(mut request) = around.tree else { return Err(wrong("the body", "an object")) };
        let hook_instance = text(&request, "hookInstance", "hookInstance")?.to_owned();
        if !is_uuid(&hook_instance) {
            return Err(wrong("hookInstance", "a UUID"));
        }
        let fhir_server = fhir_server(&request)?;
        let authorization = authorization(&request)?;
        // CDS Hooks 3.0 ballot, invariant cds-r-1; 2.0 says the same in words.
        if optional(&request, "fhirAuthorization").is_some() && fhir_server.is_none() {
            return Err(Malformed::Missing("fhirServer"));
        }
        let hook = text(&request, "hook", "hook")?.to_owned();
        let mut context = object(&mut request, "context", "context")?.ok_or(Malformed::Missing("context"))?;
        let prefetch = object(&mut request, "prefetch", "prefetch")?.unwrap_or_default();
        let left = LIMITS.nodes.saturating_sub(around.nodes);
        let mut reader = Reader::new(known, base.or(fhir_server.as_deref()), left);
        let draft_orders = context.remove("draftOrders");
        let draft_orders = draft_orders.map(|place| sent(&place, &around.parts, &mut reader)).transpose()?;
        let prefetch = prefetch.into_iter().map(|(name, place)| Ok((name, sent(&place, &around.parts, &mut reader)?)));
        let prefetch = prefetch.collect::<Result<_, Malformed>>()?;
        Ok(Self { hook, hook_instance, fhir_server, authorization, context, draft_orders, prefetch })
    }
}

/// What was left out at a place.
fn sent(place: &Value, parts: &[Part<'_>], reader: &mut Reader<'_>) -> Result<Sent, Malformed> {
    let at = place.as_u64().and_then(|at| usize::try_from(at).ok());
    let part = at.and_then(|at| parts.get(at)).ok_or(wrong("prefetch", "an object"))?;
    reader.sent(part).map_err(Malformed::Json)
}

fn object(
    request: &mut Map<String, Value>,
    name: &str,
    path: &'static str,
) -> Result<Option<Map<String, Value>>, Malformed> {
    match request.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(object)) => Ok(Some(object)),
        Some(_) => Err(wrong(path, "an object")),
    }
}

fn fhir_server(request: &Map<String, Value>) -> Result<Option<String>, Malformed> {
    let Some(value) = optional(request, "fhirServer") else { return Ok(None) };
    let url = value.as_str().filter(|url| url.starts_with("https://") || url.starts_with("http://"));
    url.map(|url| Some(url.to_owned())).ok_or(wrong("fhirServer", "an absolute URL"))
}

fn authorization(request: &Map<String, Value>) -> Result<Option<FhirAuthorization>, Malformed> {
    let Some(value) = optional(request, "fhirAuthorization") else { return Ok(None) };
    let own = value.as_object().ok_or(wrong("fhirAuthorization", "an object"))?;
    text(own, "access_token", "fhirAuthorization.access_token")?;
    if text(own, "token_type", "fhirAuthorization.token_type")? != "Bearer" {
        return Err(wrong("fhirAuthorization.token_type", "Bearer"));
    }
    let seconds = required(own, "expires_in", "fhirAuthorization.expires_in")?.as_f64();
    let seconds = seconds.ok_or(wrong("fhirAuthorization.expires_in", "a number"))?;
    let scope = required(own, "scope", "fhirAuthorization.scope")?.as_str();
    let kept = FhirAuthorization {
        // An empty scope is a valid, empty grant.
        scope: scope.ok_or(wrong("fhirAuthorization.scope", "a string"))?.to_owned(),
        subject: text(own, "subject", "fhirAuthorization.subject")?.to_owned(),
        patient: match optional(own, "patient") {
            None => None,
            Some(_) => Some(text(own, "patient", "fhirAuthorization.patient")?.to_owned()),
        },
    };
    // An authorization that is over gives no right.
    Ok((seconds > 0.0).then_some(kept))
}

/// RFC 9562 section 4: 8-4-4-4-12 hexadecimal digits, any case, any version.
fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let lengths = groups.iter().map(|group| group.len());
    lengths.eq([8, 4, 4, 4, 12]) && groups.iter().all(|group| group.bytes().all(|b| b.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const INSTANCE: &str = "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea";

    fn read(change: impl FnOnce(&mut Value)) -> Result<Request, Malformed> {
        let mut body = serde_json::json!({ "hook": "patient-view", "hookInstance": INSTANCE, "context": {} });
        change(&mut body);
        Request::parse(body.to_string().as_bytes(), &KnownRows::default(), None)
    }

    #[test]
    fn hook_hook_instance_and_context_are_required() {
        for member in ["hook", "hookInstance", "context"] {
            let refused = read(|body| body[member].take().as_null().unwrap_or_default()).unwrap_err();
            assert_eq!(refused, Malformed::Missing(member));
        }
    }

    #[test]
    fn a_hook_instance_is_a_uuid() {
        for text in ["", "1", "d1577c69dfbe44adba6d3e05e953b2ea", "g1577c69-dfbe-44ad-ba6d-3e05e953b2ea"] {
            assert!(read(|body| body["hookInstance"] = text.into()).is_err(), "{text}");
        }
        assert!(read(|body| body["hookInstance"] = INSTANCE.to_uppercase().into()).is_ok());
    }

    #[test]
    fn an_authorization_without_a_fhir_server_is_refused() {
        let authorization = serde_json::json!({
            "access_token": "t", "token_type": "Bearer", "expires_in": 300, "scope": "user/*.read", "subject": "s"
        });
        let alone = read(|body| body["fhirAuthorization"] = authorization.clone()).unwrap_err();
        assert_eq!(alone, Malformed::Missing("fhirServer"));
        let both = read(|body| {
            body["fhirAuthorization"] = authorization;
            body["fhirServer"] = "https://ehr.example/fhir".into();
        });
        assert_eq!(both.unwrap().authorization.unwrap().subject, "s");
    }

    #[test]
    fn the_access_token_is_kept_nowhere() {
        let request = read(|body| {
            body["fhirServer"] = "https://ehr.example/fhir".into();
            body["fhirAuthorization"] = serde_json::json!({
                "access_token": "SECRET", "token_type": "Bearer", "expires_in": 300, "scope": "", "subject": "s"
            });
        });
        assert!(!format!("{request:?}").contains("SECRET"));
    }

    #[test]
    fn an_expired_authorization_gives_nothing() {
        let request = read(|body| {
            body["fhirServer"] = "https://ehr.example/fhir".into();
            body["fhirAuthorization"] = serde_json::json!({
                "access_token": "t", "token_type": "Bearer", "expires_in": 0, "scope": "user/*.read", "subject": "s"
            });
        });
        assert_eq!(request.unwrap().authorization, None);
    }

    #[test]
    fn unknown_members_and_extensions_are_ignored() {
        let request = read(|body| {
            body["extension"] = serde_json::json!({ "com.example.timestamp": 1 });
            body["somethingNew"] = serde_json::json!([1, 2]);
        });
        assert!(request.is_ok());
    }
}
