//! Literal references between resources (FHIR R4 `Reference.reference`).
//!
//! A reference without a server means the server its resource came from; one with a server means that server (R4
//! references, 2.3.0.1). Ids are unique on one server only, so `https://other/fhir/Patient/1` is not `Patient/1`.
//! Whoever takes in resources from a server whose address is known calls [`localize`] first.

use std::fmt;

use serde_json::Value;

use crate::types::{ResourceType, is_id};

/// What a literal reference points at, on the server it was found on. Two references to the same thing are equal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    /// The type of the target.
    pub resource_type: ResourceType,
    /// The id of the target, a valid FHIR id.
    pub id: String,
}

impl Reference {
    /// Reads `Type/id` or `Type/id/_history/n`, and keeps `Type/id`.
    ///
    /// URLs, fragments (`#x`), `urn:` and conditional references (`Type?…`) point at nothing we can name: `None`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (name, id) = split(text)?;
        Some(Self { resource_type: ResourceType::new(name).ok()?, id: id.to_owned() })
    }
}

/// The type and the id that a literal reference names, as [`Reference::parse`] reads it.
pub(crate) fn split(text: &str) -> Option<(&str, &str)> {
    let mut parts = text.split('/');
    let (name, id) = (parts.next()?, parts.next()?);
    let version = match (parts.next(), parts.next()) {
        (None, None) => true,
        (Some("_history"), Some(version)) => is_id(version),
        (Some(_), _) | (None, Some(_)) => false,
    };
    (version && parts.next().is_none() && ResourceType::is_name(name) && is_id(id)).then_some((name, id))
}

/// Whether a text that [`split`] cannot read may still mean a Patient: a URL, a conditional reference, a malformed one.
pub(crate) fn may_mean_a_patient(text: &str) -> bool {
    text.split(['/', '?', '#', '|']).any(|part| part == "Patient")
}

/// Rewrites every literal reference to the server at `base` as a relative one, however deep it stands; all others stay.
///
/// `base` is compared letter by letter, with or without its last `/`. For resources that came from that server
/// (`fhirServer` of a CDS Hooks request, the base of a FHIR search) this changes nothing they say.
pub fn localize(resource: &mut Value, base: &str) {
    let base = base.strip_suffix('/').unwrap_or(base);
    let mut open = vec![resource];
    while let Some(next) = open.pop() {
        match next {
            Value::Array(items) => open.extend(items),
            Value::Object(members) => {
                if let Some(Value::String(text)) = members.get_mut("reference")
                    && let Some(local) = text.strip_prefix(base).and_then(|rest| rest.strip_prefix('/'))
                    && split(local).is_some()
                {
                    *text = local.to_owned();
                }
                open.extend(members.values_mut());
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.resource_type, self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_names_no_target_is_none() {
        let texts = [
            "",
            "#x",
            "#Patient/1",
            "urn:uuid:0b",
            "urn:oid:1.2",
            "Patient",
            "Patient/",
            "/1",
            "patient/1",
            "Patient/a b",
            "Patient?identifier=1",
            "Patient/1?x=y",
            "Patient/1#x",
            "Patient/1/",
            "a/Patient/1",
            "ftp://h/Patient/1",
            "https://Patient/1",
            "https://h/fhir/r4/Patient/1",
            "http://h/Patient/1/_history/2",
            "http://h/Patient",
            "Patient/1/_history",
            "Patient/1/_history/",
            "Patient/1/_history/2/3",
            "Patient/1/history/2",
            "/Patient/1",
        ];
        for text in texts {
            assert_eq!(Reference::parse(text), None, "{text}");
        }
    }

    #[test]
    fn every_version_of_a_target_is_the_same() {
        for text in ["Patient/1", "Patient/1/_history/2"] {
            assert_eq!(Reference::parse(text).unwrap().to_string(), "Patient/1", "{text}");
        }
    }

    #[test]
    fn only_references_to_the_server_itself_become_relative() {
        let stays = [
            "https://ehr.example/fhir2/Patient/1",
            "https://ehr.example/fhir/tenant/Patient/1",
            "https://ehr.example/fhirPatient/1",
            "http://ehr.example/fhir/Patient/1",
            "https://EHR.example/fhir/Patient/1",
            "https://ehr.example/fhir/Patient?identifier=1",
            "https://ehr.example.evil/fhir/Patient/1",
            "https://ehr.example/fhir/../other/Patient/1",
            "Patient/1",
            "#1",
        ];
        for text in stays {
            let mut row = json!({"subject": {"reference": text}});
            localize(&mut row, "https://ehr.example/fhir");
            assert_eq!(row["subject"]["reference"], text);
        }
        for base in ["https://ehr.example/fhir", "https://ehr.example/fhir/"] {
            let url = "https://ehr.example/fhir/Patient/1/_history/2";
            let mut row =
                json!({"a": [{"reference": url, "b": {"reference": url}}], "c": {"url": url}, "reference": [url]});
            localize(&mut row, base);
            let local = "Patient/1/_history/2";
            let expected =
                json!({"a": [{"reference": local, "b": {"reference": local}}], "c": {"url": url}, "reference": [url]});
            assert_eq!(row, expected);
        }
    }

    #[test]
    fn what_may_mean_a_patient_is_seen() {
        for text in
            ["http://h/fhir/Patient/1", "Patient?identifier=1", "/Patient/1", "Patient/a b", "Patient", "x/Patient#1"]
        {
            assert!(may_mean_a_patient(text), "{text}");
        }
        for text in ["#p", "urn:uuid:0b", "http://h/fhir/Group/1", "Practitioner?identifier=Patientx"] {
            assert!(!may_mean_a_patient(text), "{text}");
        }
    }
}
