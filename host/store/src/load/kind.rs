//! Tells a Bundle from NDJSON by the beginning of the file.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Lines,
    Bundle,
}

/// The first object decides by its `resourceType`. If that does not stand in what is given, an `entry` makes it a Bundle:
/// the only other R4 resource with one (`List`) is small and shows its type.
pub(crate) fn of(head: &[u8]) -> Kind {
    let seen = Cell::new(None);
    let mut deserializer = serde_json::Deserializer::from_slice(head);
    // The object is expected to be cut off; what was seen before counts.
    drop(Look(&seen).deserialize(&mut deserializer));
    seen.get().unwrap_or(Kind::Lines)
}

struct Look<'c>(&'c Cell<Option<Kind>>);

impl<'de> DeserializeSeed<'de> for Look<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Look<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a resource")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(key) = members.next_key::<String>()? {
            match key.as_str() {
                "resourceType" => {
                    let bundle = members.next_value::<String>()? == "Bundle";
                    self.0.set(Some(if bundle { Kind::Bundle } else { Kind::Lines }));
                    return Err(A::Error::custom("seen"));
                }
                "entry" => {
                    self.0.set(Some(Kind::Bundle));
                    members.next_value::<IgnoredAny>()?;
                }
                _ => {
                    members.next_value::<IgnoredAny>()?;
                }
            }
        }
        self.0.set(None);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_object_decides() {
        let rows = [
            ("", Kind::Lines),
            ("[]", Kind::Lines),
            ("not JSON", Kind::Lines),
            (r#"{"entry":[]}"#, Kind::Lines),
            (r#"{"resourceType":"List","entry":[{"resource":"#, Kind::Lines),
            (r#"{"entry":[{"item":{}}],"resourceType":"List"}"#, Kind::Lines),
            (r#"{"resourceType":"Patient"}"#, Kind::Lines),
            (r#" {"resourceType":"Bundle""#, Kind::Bundle),
            (r#"{"type":"collection","resourceType":"Bundle"}"#, Kind::Bundle),
            (r#"{"type":"collection","entry":[{"resource":{"re"#, Kind::Bundle),
        ];
        for (text, kind) in rows {
            assert_eq!(of(text.as_bytes()), kind, "{text}");
        }
    }
}
