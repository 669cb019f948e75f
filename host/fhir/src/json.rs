//! Reading JSON from outside: bounded, without duplicate keys, numbers as they were written.
//!
//! `serde_json::Value` alone keeps the last of two equal keys and amplifies `[0,0,…]` fifteen times, so every byte
//! from outside goes through [`parse`]. Decimals keep their text (`13.50` stays `13.50`, FHIR R4 `decimal`); only an
//! exponent is spelled anew (`1E2` becomes `1e+2`).

mod around;

use std::cell::{Cell, RefCell};
use std::fmt;

use serde::de::{Deserialize as _, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Number, Value};

pub use around::{Around, Cut, Part, parse_around};

/// The deepest nesting [`parse`] can be asked for: the parser below recurses up to here.
pub const MAX_DEPTH: usize = 120;

/// Under this key `serde_json` hands numbers to a visitor when they keep their text.
const NUMBER_KEY: &str = "$serde_json::private::Number";

/// Keys that `serde_json` gives a meaning of its own. FHIR has no member that begins like this.
const RESERVED_KEYS: &str = "$serde_json::private::";

/// How large a JSON text may be once it is parsed. The default is 64 levels and a million values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JsonLimits {
    /// The most levels of arrays and objects; more than [`MAX_DEPTH`] counts as [`MAX_DEPTH`].
    pub depth: usize,
    /// The most values, where a scalar, an array and an object count one each.
    pub nodes: usize,
}

impl Default for JsonLimits {
    fn default() -> Self {
        Self { depth: 64, nodes: 1_000_000 }
    }
}

/// A place in a JSON text. Both numbers count from 1; a column counts bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The byte in the line.
    pub column: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} column {}", self.line, self.column)
    }
}

/// Why a JSON text was refused. Holds a place and a kind, never a piece of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// The bytes are not UTF-8.
    #[error("not UTF-8 after byte {valid_up_to}")]
    NotUtf8 {
        /// So many bytes were good.
        valid_up_to: usize,
    },
    /// The text ends before the value does.
    #[error("ends too early at {at}")]
    Truncated {
        /// Where.
        at: Position,
    },
    /// Not JSON (RFC 8259).
    #[error("not JSON at {at}")]
    Syntax {
        /// Where.
        at: Position,
    },
    /// An object has the same key twice.
    #[error("duplicate key at {at}")]
    DuplicateKey {
        /// Where.
        at: Position,
    },
    /// An object has a key that the parser reserves for itself.
    #[error("reserved key at {at}")]
    ReservedKey {
        /// Where.
        at: Position,
    },
    /// Deeper than [`JsonLimits::depth`].
    #[error("nested too deep at {at}")]
    TooDeep {
        /// Where.
        at: Position,
    },
    /// More values than [`JsonLimits::nodes`].
    #[error("too many values at {at}")]
    TooManyNodes {
        /// Where.
        at: Position,
    },
    /// Something follows the value.
    #[error("something follows the value at {at}")]
    Trailing {
        /// Where.
        at: Position,
    },
}

/// Parses one JSON value and nothing after it.
///
/// Refuses duplicate keys at every level, too much depth, too many values, trailing bytes and what is not UTF-8.
/// The work is linear in the input and the stack is bounded by [`MAX_DEPTH`].
pub fn parse(bytes: &[u8], limits: JsonLimits) -> Result<Value, JsonError> {
    read(text(bytes)?, limits, None).map(|all| all.tree)
}

fn text(bytes: &[u8]) -> Result<&str, JsonError> {
    std::str::from_utf8(bytes).map_err(|e| JsonError::NotUtf8 { valid_up_to: e.valid_up_to() })
}

fn read<'t>(text: &'t str, limits: JsonLimits, cut: Option<&'static Cut>) -> Result<Around<'t>, JsonError> {
    let depth_left = limits.depth.min(MAX_DEPTH);
    let state = State { nodes_left: Cell::new(limits.nodes), broken: Cell::new(None), parts: RefCell::default() };
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let tree = Node { depth_left, cut, state: &state }
        .deserialize(&mut deserializer)
        .map_err(|error| to_error(&error, state.broken.get()))?;
    deserializer.end().map_err(|error| JsonError::Trailing { at: position(&error) })?;
    let nodes = limits.nodes.saturating_sub(state.nodes_left.get());
    Ok(Around { tree, parts: state.parts.into_inner(), nodes })
}

/// The rules of ours that a text can break; grammar is the parser's business.
#[derive(Clone, Copy)]
enum Broken {
    DuplicateKey,
    ReservedKey,
    TooDeep,
    TooManyNodes,
}

struct State<'t> {
    nodes_left: Cell<usize>,
    broken: Cell<Option<Broken>>,
    parts: RefCell<Vec<Part<'t>>>,
}

impl<'t> State<'t> {
    /// Leaves a value out. Its own reader counts it.
    fn leave_out(&self, part: Part<'t>) -> Value {
        let mut parts = self.parts.borrow_mut();
        parts.push(part);
        Value::from(parts.len().saturating_sub(1))
    }

    /// Remembers which rule was broken: the parser's error can only carry text, and text is what we do not keep.
    fn refuse<E: serde::de::Error>(&self, rule: Broken) -> E {
        self.broken.set(Some(rule));
        E::custom("refused")
    }
}

fn position(error: &serde_json::Error) -> Position {
    Position { line: error.line(), column: error.column() }
}

fn to_error(error: &serde_json::Error, broken: Option<Broken>) -> JsonError {
    let at = position(error);
    match broken {
        Some(Broken::DuplicateKey) => JsonError::DuplicateKey { at },
        Some(Broken::ReservedKey) => JsonError::ReservedKey { at },
        Some(Broken::TooDeep) => JsonError::TooDeep { at },
        Some(Broken::TooManyNodes) => JsonError::TooManyNodes { at },
        None if error.is_eof() => JsonError::Truncated { at },
        None => JsonError::Syntax { at },
    }
}

#[derive(Clone, Copy)]
struct Node<'s, 't> {
    depth_left: usize,
    cut: Option<&'static Cut>,
    state: &'s State<'t>,
}

impl Node<'_, '_> {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        match self.depth_left.checked_sub(1) {
            Some(depth_left) => Ok(Self { depth_left, ..self }),
            None => Err(self.state.refuse(Broken::TooDeep)),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_, 'de> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        if let Some(Cut::Here) = self.cut {
            let raw = <&'de RawValue>::deserialize(deserializer)?;
            return Ok(self.state.leave_out(Part::new(raw, self.depth_left)));
        }
        match self.state.nodes_left.get().checked_sub(1) {
            Some(left) => self.state.nodes_left.set(left),
            None => return Err(self.state.refuse(Broken::TooManyNodes)),
        }
        deserializer.deserialize_any(self)
    }
}

// There is no `visit_f64`: a build in which numbers lose their text refuses decimals instead of changing them.
impl<'de> Visitor<'de> for Node<'_, 'de> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inner = Self { cut: self.cut.and_then(Cut::of_item), ..self.deeper()? };
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(inner)? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let Some(first) = members.next_key_seed(KeySeed)? else {
            self.deeper::<A::Error>()?;
            return Ok(Value::Object(Map::new()));
        };
        let Key::Member(mut key) = first else { return number(&members.next_value::<String>()?) };
        let inner = self.deeper()?;
        let mut object = Map::new();
        loop {
            if key.starts_with(RESERVED_KEYS) {
                return Err(self.state.refuse(Broken::ReservedKey));
            }
            if object.contains_key(&key) {
                return Err(self.state.refuse(Broken::DuplicateKey));
            }
            let cut = self.cut.and_then(|cut| cut.of_member(&key));
            object.insert(key, members.next_value_seed(Self { cut, ..inner })?);
            match members.next_key_seed(KeySeed)? {
                Some(Key::Member(next)) => key = next,
                Some(Key::Number) => return Err(self.state.refuse(Broken::ReservedKey)),
                None => return Ok(Value::Object(object)),
            }
        }
    }
}

fn number<E: serde::de::Error>(text: &str) -> Result<Value, E> {
    text.parse::<Number>().map(Value::Number).map_err(|_| E::custom("refused"))
}

/// A key that stood in the text, or the parser's sign that a number follows.
enum Key {
    Member(String),
    Number,
}

/// Tells the two apart without believing the text: asked for *bytes*, the parser gives a key of the text as bytes,
/// while its own sign for a number ignores the request and comes as a string.
struct KeySeed;

impl<'de> DeserializeSeed<'de> for KeySeed {
    type Value = Key;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Key, D::Error> {
        deserializer.deserialize_bytes(self)
    }
}

impl Visitor<'_> for KeySeed {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<Key, E> {
        if key == NUMBER_KEY { Ok(Key::Number) } else { Err(E::custom("refused")) }
    }

    fn visit_bytes<E: serde::de::Error>(self, key: &[u8]) -> Result<Key, E> {
        // As bytes, half a surrogate pair (`\ud800`) and raw control characters pass the parser: they are refused here.
        match std::str::from_utf8(key) {
            Ok(key) if !key.contains(char::is_control) => Ok(Key::Member(key.to_owned())),
            Ok(_) | Err(_) => Err(E::custom("refused")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Value, JsonError> {
        parse(text.as_bytes(), JsonLimits::default())
    }

    fn kind(text: &str) -> String {
        let message = read(text).unwrap_err().to_string();
        message.split(" at ").next().unwrap_or_default().to_owned()
    }

    #[test]
    fn a_duplicate_key_is_refused_at_every_level() {
        for text in [r#"{"a":1,"a":2}"#, r#"[{"b":{"a":1,"c":2,"a":1}}]"#, r#"{"a":1,"\u0061":2}"#] {
            assert_eq!(kind(text), "duplicate key", "{text}");
        }
    }

    #[test]
    fn depth_ten_thousand_is_refused_without_a_stack() {
        for open in ["[", r#"{"a":"#] {
            assert_eq!(kind(&open.repeat(10_000)), "nested too deep");
        }
    }

    #[test]
    fn the_depth_limit_is_exact() {
        let nested = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert!(read(&nested(64)).is_ok());
        assert_eq!(kind(&nested(65)), "nested too deep");
        let deepest = JsonLimits { depth: usize::MAX, ..JsonLimits::default() };
        assert!(parse(nested(MAX_DEPTH).as_bytes(), deepest).is_ok());
        assert!(matches!(parse(nested(MAX_DEPTH + 1).as_bytes(), deepest), Err(JsonError::TooDeep { .. })));
        let flat = JsonLimits { depth: 0, ..JsonLimits::default() };
        assert!(parse(b"13.50", flat).is_ok(), "a number is not an object");
        assert!(matches!(parse(b"{}", flat), Err(JsonError::TooDeep { .. })));
    }

    #[test]
    fn the_node_limit_is_exact() {
        let limits = JsonLimits { nodes: 4, ..JsonLimits::default() };
        assert!(parse(b"[1,2,3]", limits).is_ok());
        assert!(matches!(parse(b"[1,2,3,4]", limits), Err(JsonError::TooManyNodes { .. })));
        assert!(matches!(parse(br#"{"a":1,"b":{"c":1.5},"d":0}"#, limits), Err(JsonError::TooManyNodes { .. })));
    }

    #[test]
    fn what_is_not_one_json_value_is_refused() {
        assert_eq!(kind("{} {}"), "something follows the value");
        assert_eq!(kind("{}x"), "something follows the value");
        assert_eq!(kind(r#"{"a":"#), "ends too early");
        assert_eq!(kind(""), "ends too early");
        for text in
            ["{a:1}", "[1,]", "NaN", "01", "[1.]", "\u{feff}{}", r#""\ud800""#, r#"{"\ud800":1}"#, "'a'", "{\"a\n\":1}"]
        {
            assert_eq!(kind(text), "not JSON", "{text}");
        }
        assert_eq!(parse(b"\"a\xff\"", JsonLimits::default()), Err(JsonError::NotUtf8 { valid_up_to: 2 }));
    }

    #[test]
    fn an_object_that_pretends_to_be_a_number_is_refused() {
        for text in [
            r#"{"$serde_json::private::Number":"1"}"#,
            r#"{"\u0024serde_json::private::Number":"1"}"#,
            r#"[{"a":1,"$serde_json::private::Number":"1"}]"#,
            r#"{"$serde_json::private::RawValue":"[1]"}"#,
        ] {
            assert_eq!(kind(text), "reserved key", "{text}");
        }
    }

    #[test]
    fn numbers_print_as_they_were_read() {
        let digits30 = "123456789012345678901234567890";
        let digits34 = "0.1234567890123456789012345678901234";
        for text in ["13.50", digits30, digits34, "-0", "0", "1e+400", "-13.500", "18446744073709551616"] {
            let value = read(text).unwrap();
            assert!(value.is_number(), "{text}");
            assert_eq!(value.to_string(), text);
            assert_eq!(read(&format!(r#"{{"value":[{text}]}}"#)).unwrap()["value"][0].to_string(), text);
        }
    }

    #[test]
    fn only_the_spelling_of_an_exponent_changes() {
        for (text, kept) in [("1.50E2", "1.50e+2"), ("1e400", "1e+400"), ("1E-07", "1e-07")] {
            assert_eq!(read(text).unwrap().to_string(), kept);
        }
    }

    #[test]
    fn values_of_every_kind_are_kept() {
        let text = r#"{"a":[null,true,false,"x\n\u00e4","",1,{}],"b":{"c":[]}}"#;
        assert_eq!(read(text).unwrap(), serde_json::from_str::<Value>(text).unwrap());
    }

    #[test]
    fn an_error_holds_a_place_and_nothing_of_the_text() {
        let error = read("{\n \"Zebra\": 1,\n \"Zebra\": 2}").unwrap_err();
        assert_eq!(error.to_string(), "duplicate key at line 3 column 8");
        assert!(!format!("{error:?}").contains("Zebra"));
    }
}
