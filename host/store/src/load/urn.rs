//! References between the entries of one Bundle, in the text of a resource: no other byte of it changes.

use std::borrow::Cow;
use std::collections::BTreeMap;

use cordon_fhir::reference::Reference;

/// Entries of a Bundle by their fullUrl.
pub(crate) type Targets = BTreeMap<String, Reference>;

/// The part of a `urn:uuid:` or `urn:oid:` that can stand as an id.
pub(crate) fn id_of(full_url: &str) -> Option<&str> {
    let id = full_url.strip_prefix("urn:uuid:").or_else(|| full_url.strip_prefix("urn:oid:"))?;
    cordon_fhir::types::is_id(id).then_some(id)
}

/// Puts an `id` first into an object that has none.
pub(crate) fn with_id(text: &str, id: &str) -> Option<String> {
    Some(format!("{{\"id\":\"{id}\",{}", text.strip_prefix('{')?))
}

/// Writes `Type/id` for every `"reference": "urn:…"` that an entry answers to, and counts the others. The text is JSON.
pub(crate) fn resolve<'t>(text: &'t str, targets: &Targets) -> (Cow<'t, str>, u64) {
    if !text.contains("\"urn:") {
        return (Cow::Borrowed(text), 0);
    }
    let mut out = String::with_capacity(text.len());
    let mut unresolved: u64 = 0;
    let mut is_reference = false;
    for piece in Pieces(text) {
        match piece {
            Piece::Text(quoted) if is_reference && quoted.starts_with("\"urn:") => {
                match targets.get(quoted.trim_matches('"')) {
                    Some(target) => out.push_str(&format!("\"{target}\"")),
                    None => {
                        unresolved = unresolved.saturating_add(1);
                        out.push_str(quoted);
                    }
                }
                is_reference = false;
            }
            Piece::Text(quoted) => {
                out.push_str(quoted);
                is_reference = quoted == "\"reference\"";
            }
            Piece::Between(between) => {
                out.push_str(between);
                // A key is followed by a colon; anything else ends the member.
                is_reference = is_reference && between.trim_ascii() == ":";
            }
        }
    }
    (Cow::Owned(out), unresolved)
}

/// A JSON text cut into its strings, with their quotes, and what stands between them.
struct Pieces<'t>(&'t str);

enum Piece<'t> {
    Text(&'t str),
    Between(&'t str),
}

impl<'t> Iterator for Pieces<'t> {
    type Item = Piece<'t>;

    fn next(&mut self) -> Option<Piece<'t>> {
        if self.0.is_empty() {
            return None;
        }
        let quoted = self.0.starts_with('"');
        let length = if quoted { string_length(self.0) } else { self.0.find('"').unwrap_or(self.0.len()) };
        let (piece, rest) = self.0.split_at_checked(length).unwrap_or((self.0, ""));
        self.0 = rest;
        Some(if quoted { Piece::Text(piece) } else { Piece::Between(piece) })
    }
}

/// The length of the string a text begins with, quotes included.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at.saturating_add(1),
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn targets() -> Targets {
        [("urn:uuid:1".to_owned(), Reference::parse("Patient/p").unwrap())].into()
    }

    #[test]
    fn what_is_no_reference_to_an_entry_stays() {
        let texts = [
            r#"{"reference":"urn:uuid:2"}"#,
            r#"{"reference":"Patient/1","x":"urn:uuid:1"}"#,
            r#"{"x":["reference","urn:uuid:1"]}"#,
            r#"{"reference":["urn:uuid:1"]}"#,
            r#"{"text":"a \"reference\":\"urn:uuid:1\" in a text"}"#,
            r#"{"a":"reference","urn:uuid:1":1}"#,
            r#"{"reference":"urn:uuid:1\u0020"}"#,
        ];
        for text in texts {
            assert_eq!(resolve(text, &targets()).0, text);
        }
        assert_eq!(resolve(texts[0], &targets()).1, 1);
    }

    #[test]
    fn a_reference_is_resolved_and_every_other_byte_stays() {
        let text = "{ \"subject\" : {\n \"reference\" :\t\"urn:uuid:1\"}, \"v\": 1.50, \"e\": \"ä\\\"\\\\\" }";
        let (resolved, unresolved) = resolve(text, &targets());
        assert_eq!(resolved, text.replace("urn:uuid:1", "Patient/p"));
        assert_eq!(unresolved, 0);
    }

    #[test]
    fn an_id_is_put_first() {
        assert_eq!(with_id("{\"a\":1}", "x").as_deref(), Some("{\"id\":\"x\",\"a\":1}"));
        assert_eq!(with_id("[1]", "x"), None);
        assert_eq!(id_of("urn:uuid:a b"), None);
        assert_eq!(id_of("http://h/Patient/1"), None);
        assert_eq!(id_of("urn:oid:1.2.3"), Some("1.2.3"));
    }
}
