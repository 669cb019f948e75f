//! Elements of a Consent as they stand in JSON. Nothing is repaired: what is not exactly R4 gives `None`, and the caller
//! takes it as not evaluable. A member that R4 does not define may mean anything (`modifierExtension`, `implicitRules` and
//! members of other versions of FHIR among them), so it spoils the element it stands in.

use cordon_fhir::reference::Reference;
use serde_json::{Map, Value};

/// An object with no member beside these, their `_name` siblings, `id` and `extension`, and none that is null.
pub(super) fn object<'v>(value: &'v Value, members: &[&str]) -> Option<&'v Map<String, Value>> {
    let known = |name: &str| members.contains(&name) || ["id", "extension"].contains(&name);
    let allowed = |name: &str| known(name) || name.strip_prefix('_').is_some_and(|sibling| members.contains(&sibling));
    let object = value.as_object()?;
    object.iter().all(|(name, value)| allowed(name) && !value.is_null()).then_some(object)
}

/// An array with something in it.
pub(super) fn list(value: &Value) -> Option<&[Value]> {
    value.as_array().map(Vec::as_slice).filter(|items| !items.is_empty())
}

/// A text with something in it.
pub(super) fn text(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| !text.is_empty())
}

/// A member that may be missing: `None` when it is there and cannot be read.
pub(super) fn optional<'v, T>(
    object: &'v Map<String, Value>,
    name: &str,
    read: impl FnOnce(&'v Value) -> Option<T>,
) -> Option<Option<T>> {
    match object.get(name) {
        Some(value) => read(value).map(Some),
        // A primitive that is missing but has a sibling was withheld by whoever wrote it.
        None if object.contains_key(&format!("_{name}")) => None,
        None => Some(None),
    }
}

/// A code in a system. Version and display are not compared.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Coding {
    pub(super) system: Option<String>,
    pub(super) code: String,
}

impl Coding {
    pub(super) fn read(value: &Value) -> Option<Self> {
        let coding = object(value, &["system", "version", "code", "display", "userSelected"])?;
        let system = optional(coding, "system", text)?.map(str::to_owned);
        Some(Self { system, code: text(coding.get("code")?)?.to_owned() })
    }

    /// The code, if it is of this system.
    pub(super) fn within(&self, system: &str) -> Option<&str> {
        (self.system.as_deref() == Some(system)).then_some(self.code.as_str())
    }

    /// `system|code`.
    pub(super) fn key(&self) -> Option<String> {
        self.system.as_ref().map(|system| format!("{system}|{}", self.code))
    }
}

/// The codings of a CodeableConcept: there is one at least.
pub(super) fn concept(value: &Value) -> Option<Vec<Coding>> {
    let concept = object(value, &["coding", "text"])?;
    list(concept.get("coding")?)?.iter().map(Coding::read).collect()
}

/// What a Reference says.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Link {
    /// The literal reference as it stands there.
    pub(super) literal: Option<String>,
    /// What it points at; `#x`, `urn:uuid:…` and a URL of some server leave that open.
    pub(super) target: Option<Reference>,
    /// Whether the literal reference can only mean the server it came from, in its present version.
    pub(super) plain: bool,
    /// `system|value` of the logical reference.
    pub(super) identifier: Option<String>,
}

impl Link {
    pub(super) fn read(value: &Value) -> Option<Self> {
        let link = object(value, &["reference", "type", "identifier", "display"])?;
        let literal = optional(link, "reference", text)?;
        let identifier = optional(link, "identifier", identifier)?;
        let target = literal.and_then(Reference::parse);
        let plain = target.as_ref().is_some_and(|target| literal == Some(target.to_string().as_str()));
        let named = literal.is_some() || identifier.is_some();
        named.then(|| Self { literal: literal.map(str::to_owned), target, plain, identifier })
    }
}

fn identifier(value: &Value) -> Option<String> {
    let identifier = object(value, &["use", "type", "system", "value", "period", "assigner"])?;
    Some(format!("{}|{}", text(identifier.get("system")?)?, text(identifier.get("value")?)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_not_exactly_a_coding_is_none() {
        for wrong in [
            json!("HIV"),
            json!({}),
            json!({"system": "s"}),
            json!({"code": ""}),
            json!({"code": 1}),
            json!({"code": "c", "system": null}),
            json!({"code": "c", "system": 1}),
            json!({"code": "c", "_system": {}}),
            json!({"code": "c", "except": true}),
            json!([{"code": "c"}]),
        ] {
            assert_eq!(Coding::read(&wrong), None, "{wrong}");
        }
        assert!(Coding::read(&json!({"code": "c", "system": "s", "_code": {"id": "x"}})).is_some());
    }

    #[test]
    fn a_concept_without_codings_is_none() {
        for wrong in [json!({"text": "t"}), json!({"coding": []}), json!({"coding": [{"code": "c"}, 1]}), json!([])] {
            assert_eq!(concept(&wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_reference_that_names_nobody_is_none() {
        for wrong in [
            json!({}),
            json!({"display": "x"}),
            json!({"reference": 1}),
            json!({"identifier": {"value": "v"}}),
            json!({"reference": "Patient/1", "modifierExtension": []}),
        ] {
            assert_eq!(Link::read(&wrong), None, "{wrong}");
        }
        assert!(!Link::read(&json!({"reference": "Patient/1/_history/2"})).unwrap().plain);
        for elsewhere in ["https://h/Patient/1", "#x", "urn:uuid:1"] {
            assert_eq!(Link::read(&json!({"reference": elsewhere})).unwrap().target, None, "{elsewhere}");
        }
        assert!(Link::read(&json!({"reference": "Patient/1"})).unwrap().plain);
    }
}
