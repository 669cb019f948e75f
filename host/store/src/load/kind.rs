//! Tells a Bundle, NDJSON and one resource over several lines apart by the beginning of the file.

use std::cell::Cell;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Lines,
    Bundle,
    One,
}

pub(crate) fn of(head: &[u8]) -> Kind {
    if is_bundle(head) {
        Kind::Bundle
    } else if spans_lines(head) {
        Kind::One
    } else {
        Kind::Lines
    }
}

/// The first object decides by its `resourceType`. If that does not stand in what is given, an `entry` makes it a Bundle:
/// the only other R4 resource with one (`List`) is small and shows its type.
fn is_bundle(head: &[u8]) -> bool {
    let seen = Cell::new(false);
    let mut deserializer = serde_json::Deserializer::from_slice(head);
    // The object is expected to be cut off; what was seen before counts.
    drop(Look(&seen).deserialize(&mut deserializer));
    seen.get()
}

/// The first line ends within a value that goes on well. A line that was cut off does not: the next one breaks it.
fn spans_lines(head: &[u8]) -> bool {
    let begins = |text: &[u8]| IgnoredAny::deserialize(&mut serde_json::Deserializer::from_slice(text)).map(drop);
    let first = head.trim_ascii_start().split(|byte| *byte == b'\n').next().unwrap_or_default();
    let open = begins(first).is_err_and(|error| error.is_eof());
    open && first.len() < head.trim_ascii().len() && begins(head).map_or_else(|error| error.is_eof(), |()| true)
}

struct Look<'c>(&'c Cell<bool>);

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
                    self.0.set(members.next_value::<String>()? == "Bundle");
                    return Err(A::Error::custom("seen"));
                }
                "entry" => {
                    self.0.set(true);
                    members.next_value::<IgnoredAny>()?;
                }
                _ => {
                    members.next_value::<IgnoredAny>()?;
                }
            }
        }
        self.0.set(false);
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
            ("{\"a\":1}\n{\"a\":\n", Kind::Lines),
            ("{\"a\":1\n{\"a\":1}\n", Kind::Lines),
            ("{\"a\":\"cut\n{\"a\":1}\n", Kind::Lines),
            ("{\n", Kind::Lines),
            ("\n{\n\"a\":1}", Kind::One),
            ("{\"a\":1,\r\n\"b\":[", Kind::One),
            (r#" {"resourceType":"Bundle""#, Kind::Bundle),
            (r#"{"type":"collection","resourceType":"Bundle"}"#, Kind::Bundle),
            (r#"{"type":"collection","entry":[{"resource":{"re"#, Kind::Bundle),
        ];
        for (text, kind) in rows {
            assert_eq!(of(text.as_bytes()), kind, "{text}");
        }
    }
}
