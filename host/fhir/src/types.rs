//! Names of resource types, resource ids, and how a resource may be printed.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A resource type name: one capital letter, then 1 to 63 letters. It need not be a type that FHIR R4 defines.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ResourceType(String);

/// Not the name of a resource type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a resource type name")]
pub struct TypeError;

impl ResourceType {
    /// Accepts `[A-Z][A-Za-z]{1,63}`.
    pub fn new(name: impl Into<String>) -> Result<Self, TypeError> {
        let name = name.into();
        if Self::is_name(&name) { Ok(Self(name)) } else { Err(TypeError) }
    }

    pub(crate) fn is_name(text: &str) -> bool {
        let letters = text.bytes().all(|b| b.is_ascii_alphabetic());
        let capital = text.bytes().next().is_some_and(|b| b.is_ascii_uppercase());
        letters && capital && (2..=64).contains(&text.len())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ResourceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for ResourceType {
    type Error = TypeError;

    fn try_from(name: String) -> Result<Self, TypeError> {
        Self::new(name)
    }
}

impl From<ResourceType> for String {
    fn from(name: ResourceType) -> Self {
        name.0
    }
}

/// The `resourceType` of a resource, if it is a well-formed name.
#[must_use]
pub fn resource_type(resource: &Value) -> Option<ResourceType> {
    ResourceType::new(type_name(resource)?).ok()
}

/// The `resourceType` of a resource as it stands there.
pub(crate) fn type_name(resource: &Value) -> Option<&str> {
    resource.get("resourceType")?.as_str()
}

/// The `id` of a resource, if it is a valid FHIR id.
#[must_use]
pub fn resource_id(resource: &Value) -> Option<&str> {
    resource.get("id")?.as_str().filter(|id| is_id(id))
}

/// Whether a text is a FHIR id: `[A-Za-z0-9\-\.]{1,64}` (R4 datatypes, `id`).
#[must_use]
pub fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.')
}

/// A resource in a log line: prints `Observation(…)` and nothing else of it.
///
/// A type this room has no table for prints as `Resource(…)`: its name was chosen by whoever wrote the resource.
pub struct Redacted<'a>(pub &'a Value);

impl fmt::Display for Redacted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = type_name(self.0).and_then(crate::search::known_type).unwrap_or("Resource");
        write!(f, "{known}(…)")
    }
}

impl fmt::Debug for Redacted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_not_a_type_name_is_refused() {
        let long = format!("A{}", "b".repeat(64));
        for name in ["", "A", "patient", "Pat1ent", "Patient ", "*", "Pätient", "Patient/1", long.as_str()] {
            assert!(ResourceType::new(name).is_err(), "{name}");
        }
        assert!(serde_json::from_value::<ResourceType>(json!("patient")).is_err());
        assert_eq!(ResourceType::new("Observation").unwrap().to_string(), "Observation");
    }

    #[test]
    fn an_id_is_valid_or_absent() {
        let long = "a".repeat(65);
        for id in ["", "a b", "a/b", "ä", "a_b", long.as_str()] {
            assert_eq!(resource_id(&json!({"id": id})), None, "{id}");
        }
        assert_eq!(resource_id(&json!({"id": 5})), None);
        assert_eq!(resource_id(&json!({"id": "A-1.b"})), Some("A-1.b"));
    }

    #[test]
    fn a_resource_prints_its_type_only() {
        let row = json!({"resourceType": "Observation", "valueString": "secret"});
        assert_eq!(format!("{} {:?}", Redacted(&row), Redacted(&row)), "Observation(…) Observation(…)");
        assert_eq!(Redacted(&json!({"resourceType": "JohnSmith"})).to_string(), "Resource(…)");
        assert_eq!(Redacted(&json!("x")).to_string(), "Resource(…)");
    }
}
