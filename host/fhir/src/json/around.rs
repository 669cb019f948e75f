//! Reading a text around some of its values: they are left as text, to be read later or to be known already.
//!
//! Whoever reads every part that was left out, within the values that the rest has left of its limits, has read what
//! [`super::parse`] reads: it accepts the same texts.

use std::fmt;

use serde::de::{Deserializer as _, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::{JsonError, JsonLimits, read, text};

/// Which values are left out.
#[derive(Debug)]
pub enum Cut {
    /// This one.
    Here,
    /// What is left out of each item of a list, or of each member of an object.
    Each(&'static Cut),
    /// What is left out of the members with these names.
    Members(&'static [(&'static str, Cut)]),
}

impl Cut {
    pub(super) fn of_item(&self) -> Option<&'static Self> {
        match self {
            Self::Each(cut) => Some(cut),
            Self::Here | Self::Members(_) => None,
        }
    }

    pub(super) fn of_member(&self, name: &str) -> Option<&'static Self> {
        match self {
            Self::Here => None,
            Self::Each(cut) => Some(cut),
            Self::Members(members) => members.iter().find_map(|(member, cut)| (*member == name).then_some(cut)),
        }
    }
}

/// A text without some of its values.
pub struct Around<'t> {
    /// The rest. Where a value was left out stands its number in `parts`, and nothing else can stand there.
    pub tree: Value,
    /// What was left out, in the order of the text.
    pub parts: Vec<Part<'t>>,
    /// How many values the rest has.
    pub nodes: usize,
}

/// Parses as [`super::parse`] does, and leaves out what `cut` says.
///
/// # Errors
/// The rest is not acceptable. Of the parts only their ends have been looked for.
pub fn parse_around<'t>(bytes: &'t [u8], limits: JsonLimits, cut: &'static Cut) -> Result<Around<'t>, JsonError> {
    read(text(bytes)?, limits, Some(cut))
}

/// A value that was left out, as it is written. Prints nothing of it.
#[derive(Clone, Copy)]
pub struct Part<'t> {
    text: &'t str,
    depth: usize,
}

impl<'t> Part<'t> {
    pub(super) fn new(raw: &'t RawValue, depth: usize) -> Self {
        Self { text: raw.get(), depth }
    }

    /// How it is written.
    #[must_use]
    pub fn text(&self) -> &'t str {
        self.text
    }

    /// How many levels it may have.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// Reads it, with at most so many values.
    ///
    /// # Errors
    /// It is not acceptable. The place is one within the part.
    pub fn parse(&self, nodes: usize) -> Result<Around<'t>, JsonError> {
        read(self.text, JsonLimits { depth: self.depth, nodes }, None)
    }

    /// Reads it, with at most so many values, and leaves out what `cut` says.
    ///
    /// # Errors
    /// The rest is not acceptable.
    pub fn parse_around(&self, nodes: usize, cut: &'static Cut) -> Result<Around<'t>, JsonError> {
        read(self.text, JsonLimits { depth: self.depth, nodes }, Some(cut))
    }

    /// The string that an object has under a name. Stops there: what follows was not looked at, and what is before need
    /// not be acceptable.
    #[must_use]
    pub fn string(&self, name: &str) -> Option<String> {
        let mut found = None;
        // It stops by an error.
        drop(serde_json::Deserializer::from_str(self.text).deserialize_map(Find { name, found: &mut found }));
        found
    }
}

impl fmt::Debug for Part<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Part(…)")
    }
}

impl fmt::Debug for Around<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Around({} values, {} parts)", self.nodes, self.parts.len())
    }
}

struct Find<'f> {
    name: &'f str,
    found: &'f mut Option<String>,
}

impl<'de> Visitor<'de> for Find<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(name) = members.next_key::<String>()? {
            if name == self.name {
                *self.found = members.next_value::<String>().ok();
                return Err(A::Error::custom("found"));
            }
            members.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::parse;
    use super::*;

    const LIMITS: JsonLimits = JsonLimits { depth: 6, nodes: 30 };
    const ENTRIES: Cut = Cut::Members(&[("e", Cut::Each(&Cut::Members(&[("r", Cut::Here)])))]);
    const PARTS: Cut = Cut::Members(&[("p", Cut::Each(&Cut::Here))]);

    /// Puts every part back, two levels down, as whoever reads in parts does.
    fn in_parts(bytes: &[u8]) -> Result<Value, JsonError> {
        let outer = parse_around(bytes, LIMITS, &PARTS)?;
        let mut left = LIMITS.nodes - outer.nodes;
        let mut back = Vec::new();
        for part in &outer.parts {
            let inner = part.parse_around(left, &ENTRIES)?;
            left -= inner.nodes;
            let mut rows = Vec::new();
            for row in &inner.parts {
                let row = row.parse(left)?;
                left -= row.nodes;
                rows.push(row.tree);
            }
            back.push(put_back(inner.tree, &ENTRIES, &rows));
        }
        Ok(put_back(outer.tree, &PARTS, &back))
    }

    fn put_back(tree: Value, cut: &Cut, parts: &[Value]) -> Value {
        let below = |value: Value, cut: Option<&'static Cut>| match cut {
            Some(cut) => put_back(value, cut, parts),
            None => value,
        };
        match (cut, tree) {
            (Cut::Here, at) => parts[usize::try_from(at.as_u64().unwrap()).unwrap()].clone(),
            (_, Value::Array(items)) => items.into_iter().map(|item| below(item, cut.of_item())).collect(),
            (_, Value::Object(members)) => {
                members.into_iter().map(|(name, value)| (name.clone(), below(value, cut.of_member(&name)))).collect()
            }
            (_, other) => other,
        }
    }

    /// Texts of which about half are acceptable.
    fn texts() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            8 => prop::sample::select(vec!["null", "true", "1", "13.50", "\"x\"", "\"\\u00e4\"", "[]", "{}", " {} "]),
            1 => prop::sample::select(vec!["01", "\"\\ud800\"", "{\"a\":1,\"a\":2}", "nul", "\"", "[[[[[[1]]]]]]", "1 2"]),
        ];
        let name = prop::sample::select(vec!["p", "e", "r", "a", "b", "\\u0072"]);
        leaf.prop_map(str::to_owned).prop_recursive(6, 40, 4, move |inner| {
            let object = prop::collection::vec((name.clone(), inner.clone()), 0..4).prop_map(|members| {
                let members: Vec<_> = members.iter().map(|(name, value)| format!("\"{name}\": {value}")).collect();
                format!("{{{}}}", members.join(","))
            });
            let list = prop::collection::vec(inner, 0..4).prop_map(|items| format!("[{}]", items.join(" ,")));
            prop_oneof![3 => object, 1 => list]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn in_parts_the_same_texts_are_acceptable_and_say_the_same(text in texts(), rows in texts()) {
            for text in [&text, &format!(r#"{{"p":{{"x":{text}}},"b":{rows}}}"#),
                &format!(r#"{{"p":[{{"e":[{{"r":{rows}}},{{"r":{text}}}]}}]}}"#)] {
                prop_assert_eq!(in_parts(text.as_bytes()).ok(), parse(text.as_bytes(), LIMITS).ok(), "{}", text);
            }
        }
    }

    #[test]
    fn where_a_value_was_left_out_stands_its_number() {
        let around = parse_around(br#"{"p":[ 7 ,{"q": 1.50 }],"q":7}"#, LIMITS, &PARTS).unwrap();
        assert_eq!((&around.tree, around.nodes), (&json!({"p": [0, 1], "q": 7}), 3));
        assert_eq!(around.parts.iter().map(Part::text).collect::<Vec<_>>(), ["7", r#"{"q": 1.50 }"#]);
        assert_eq!(around.parts.iter().map(Part::depth).collect::<Vec<_>>(), [4, 4]);
        assert!(!format!("{around:?} {:?}", around.parts).contains("1.50"));
    }

    #[test]
    fn a_string_is_found_wherever_it_stands_in_the_object_itself() {
        let string = |text: &str| {
            let around = parse_around(text.as_bytes(), JsonLimits::default(), &Cut::Here).unwrap();
            around.parts[0].string("t")
        };
        assert_eq!(string(r#"{"a":{"t":"no"},"\u0074":"B"}"#).as_deref(), Some("B"));
        for text in ["[]", "null", r#"{"t":1}"#, r#"{"a":{"t":"no"}}"#] {
            assert_eq!(string(text), None, "{text}");
        }
    }
}
