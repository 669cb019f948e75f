//! Literal references between resources (FHIR R4 `Reference.reference`).

use std::fmt;

use crate::types::{ResourceType, is_id};

/// What a literal reference points at. Two references to the same thing are equal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    /// The type of the target.
    pub resource_type: ResourceType,
    /// The id of the target, a valid FHIR id.
    pub id: String,
}

impl Reference {
    /// Reads `Type/id`, `Type/id/_history/n`, or an `http(s)` URL that ends in one of them, and keeps `Type/id`.
    ///
    /// Fragments (`#x`), `urn:` and conditional references (`Type?…`) point at nothing we can name: `None`. That a URL
    /// leads to *this* server is not checked: ask [`Reference::is_relative`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let path = match text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) {
            Some(rest) => rest.split_once('/').map(|(_host, path)| path)?,
            None => return Self::from_path(text).filter(|_| Self::is_relative(text)),
        };
        Self::from_path(path)
    }

    /// Whether a text is `Type/id` or `Type/id/_history/n`, and so can only mean the server it came from.
    #[must_use]
    pub fn is_relative(text: &str) -> bool {
        let parts = if text.contains("/_history/") { 3 } else { 1 };
        text.matches('/').count() == parts && Self::from_path(text).is_some()
    }

    fn from_path(path: &str) -> Option<Self> {
        let mut parts = path.rsplit('/');
        let mut id = parts.next()?;
        let mut name = parts.next()?;
        if name == "_history" {
            is_id(id).then_some(())?;
            id = parts.next()?;
            name = parts.next()?;
        }
        let resource_type = ResourceType::new(name).ok()?;
        is_id(id).then(|| Self { resource_type, id: id.to_owned() })
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
            "http://h/Patient",
            "Patient/1/_history",
            "Patient/1/_history/",
            "/Patient/1",
        ];
        for text in texts {
            assert_eq!(Reference::parse(text), None, "{text}");
            assert!(!Reference::is_relative(text), "{text}");
        }
    }

    #[test]
    fn every_spelling_of_a_target_is_the_same() {
        for text in
            ["Patient/1", "Patient/1/_history/2", "https://h/fhir/r4/Patient/1", "http://h/Patient/1/_history/2"]
        {
            assert_eq!(Reference::parse(text).unwrap().to_string(), "Patient/1", "{text}");
            assert_eq!(Reference::is_relative(text), text.starts_with('P'), "{text}");
        }
    }
}
