//! Attachments: text is read, everything else is not known.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Value};

/// What is read is what a producer may have written: padded or not.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Types whose text is all there is to read. Others (RTF, XML and JSON documents) hold codes and layers that are not read.
const PLAIN: [&str; 4] = ["text/plain", "text/html", "text/markdown", "application/xhtml+xml"];

/// What an attachment holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// Text, and nothing else.
    Text(String),
    /// Text that may hold more than a reader sees.
    Both(String),
    /// Something that no rule can read: an image, a scan, a file elsewhere.
    Unreadable,
}

/// The content of an Attachment or a Binary; `None` if this is neither. A photograph of a person is a face and no finding.
pub(super) fn content(members: &Map<String, Value>, photo: bool) -> Option<Content> {
    let kind = members.get("contentType").and_then(Value::as_str);
    if photo && kind.is_some_and(|kind| kind.starts_with("image/")) {
        return None;
    }
    match members.get("data").and_then(Value::as_str) {
        Some(data) if is_bytes(data) => Some(bytes(data, kind.unwrap_or_default())),
        // What a URL leads to is not here. An Attachment without content type is known by what else it has.
        None if members.contains_key("url") && is_attachment(members) => Some(Content::Unreadable),
        Some(_) | None => None,
    }
}

fn is_attachment(members: &Map<String, Value>) -> bool {
    ["contentType", "hash", "size", "title", "creation"].iter().any(|name| members.contains_key(*name))
        && !members.contains_key("resourceType")
}

/// Whether `data` is base64: not the numbers of a SampledData (FHIR R4: decimals, or E, U and L, with blanks between).
/// Judged by the text itself: a member beside it would be a word that keeps an attachment from being read.
pub(super) fn is_bytes(data: &str) -> bool {
    !data.split_whitespace().all(|one| matches!(one, "E" | "U" | "L") || one.parse::<f64>().is_ok())
}

/// What base64 stands for.
pub(super) fn bytes(data: &str, content_type: &str) -> Content {
    let data: String = data.chars().filter(|c| !c.is_whitespace()).collect();
    let Some(text) = LENIENT.decode(data).ok().and_then(readable) else { return Content::Unreadable };
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if PLAIN.contains(&essence.as_str()) { Content::Text(text) } else { Content::Both(text) }
}

/// Bytes as text: UTF-8, or else Latin-1. What is full of control characters is no text.
fn readable(bytes: Vec<u8>) -> Option<String> {
    let text = String::from_utf8(bytes).unwrap_or_else(|e| e.into_bytes().into_iter().map(char::from).collect());
    let control = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}');
    (!text.contains(control)).then_some(text)
}
