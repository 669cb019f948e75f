//! Why a body is not a CDS Hooks request. Names members and places, never what stood there.

use cordon_fhir::json::JsonError;
use serde_json::{Map, Value};

/// What is wrong with a request body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Not one JSON value within limits.
    #[error("the body is not acceptable JSON: {0}")]
    Json(JsonError),
    /// A required member is absent, or null.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// A member is of another type or form.
    #[error("`{member}` is not {what}")]
    Wrong {
        /// Which one.
        member: &'static str,
        /// What it should be.
        what: &'static str,
    },
    /// The service does not answer this hook.
    #[error("`hook` is not a hook of this service")]
    OtherHook,
    /// Another FHIR server than the client is configured with.
    #[error("`fhirServer` is not the one configured for this client")]
    OtherServer,
}

pub(super) fn wrong(member: &'static str, what: &'static str) -> Malformed {
    Malformed::Wrong { member, what }
}

/// An optional member. `null` counts as absent: CDS Hooks 2.0 forbids it, and real clients send it.
pub(super) fn optional<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    object.get(name).filter(|value| !value.is_null())
}

/// A required member; `path` is what an error calls it.
pub(super) fn required<'a>(
    object: &'a Map<String, Value>,
    name: &str,
    path: &'static str,
) -> Result<&'a Value, Malformed> {
    optional(object, name).ok_or(Malformed::Missing(path))
}

/// A required, non-empty string.
pub(super) fn text<'a>(object: &'a Map<String, Value>, name: &str, path: &'static str) -> Result<&'a str, Malformed> {
    let text = required(object, name, path)?.as_str().filter(|text| !text.is_empty());
    text.ok_or(wrong(path, "a string that is not empty"))
}
