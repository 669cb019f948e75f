//! The same on a resource's text, in one pass that builds no tree and copies nothing.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// Paths to look for, all of them in one pass.
#[derive(Debug, Clone, Default)]
pub struct Paths(Step);

/// One element on the way.
#[derive(Debug, Clone, Default)]
struct Step {
    /// The paths that end here, by their place in the list.
    ends: Vec<usize>,
    members: Vec<(String, Self)>,
}

impl<'p> FromIterator<&'p str> for Paths {
    fn from_iter<I: IntoIterator<Item = &'p str>>(paths: I) -> Self {
        let mut root = Step::default();
        for (place, path) in paths.into_iter().enumerate() {
            root.add(path, place);
        }
        Self(root)
    }
}

impl Step {
    fn add(&mut self, path: &str, place: usize) {
        let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
        let at = self.members.iter().position(|(member, _)| member == name).unwrap_or_else(|| {
            self.members.push((name.to_owned(), Self::default()));
            self.members.len().saturating_sub(1)
        });
        let Some((_, step)) = self.members.get_mut(at) else { return };
        match rest {
            Some(rest) => step.add(rest, place),
            None => step.ends.push(place),
        }
    }

    fn member(&self, name: &str) -> Option<&Self> {
        self.members.iter().find_map(|(member, step)| (member == name).then_some(step))
    }
}

impl Paths {
    /// Hands over each value at each path with the path's place in the list, in the order of the text: what [`super::at`]
    /// gives, as JSON text. A text that is not JSON gives what stands before the fault.
    pub fn find<'t>(&self, text: &'t str, found: &mut dyn FnMut(usize, Raw<'t>)) {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        // A resource is no list, so a list here counts as one within another.
        let walk = Walk { step: &self.0, listed: true, found };
        // What was found before a fault has been handed over, and there is nobody to tell of the fault.
        drop(walk.deserialize(&mut deserializer));
    }
}

/// One value as its JSON text. Prints nothing of it: it is the patient's.
#[derive(Clone, Copy)]
pub struct Raw<'t>(&'t str);

impl fmt::Debug for Raw<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Raw(…)")
    }
}

impl<'t> Raw<'t> {
    /// The text of a JSON string, decoded; borrowed when nothing in it is escaped.
    #[must_use]
    pub fn string(self) -> Option<Cow<'t, str>> {
        let quoted = self.0.strip_prefix('"')?.strip_suffix('"')?;
        if quoted.contains('\\') {
            serde_json::from_str(self.0).ok().map(Cow::Owned)
        } else {
            Some(Cow::Borrowed(quoted))
        }
    }

    /// A number, as near as 64 bits come. What is too large for them is none.
    #[must_use]
    pub fn number(self) -> Option<f64> {
        // Only a number of JSON begins like this; "inf" and "nan", which Rust reads as well, do not.
        let begins = self.0.starts_with(|c: char| c == '-' || c.is_ascii_digit());
        self.0.parse().ok().filter(|number: &f64| begins && number.is_finite())
    }

    /// A string decoded, a number or a truth as it is written; of anything else nothing.
    #[must_use]
    pub fn primitive(self) -> Option<Cow<'t, str>> {
        if self.0.starts_with(['{', '[', 'n']) {
            return None;
        }
        if self.0.starts_with('"') { self.string() } else { Some(Cow::Borrowed(self.0)) }
    }

    /// The value itself.
    #[must_use]
    pub fn as_str(self) -> &'t str {
        self.0
    }
}

/// The way down, at one value.
struct Walk<'w, 't> {
    step: &'w Step,
    /// Whether the value is an item of a list: a list in a list is nothing that FHIR has.
    listed: bool,
    found: &'w mut dyn FnMut(usize, Raw<'t>),
}

impl<'t> DeserializeSeed<'t> for Walk<'_, 't> {
    type Value = ();

    fn deserialize<D: Deserializer<'t>>(self, deserializer: D) -> Result<(), D::Error> {
        if self.step.ends.is_empty() {
            return deserializer.deserialize_any(self);
        }
        let raw = <&RawValue as serde::Deserialize>::deserialize(deserializer)?;
        self.end(raw.get());
        Ok(())
    }
}

impl<'t> Walk<'_, 't> {
    /// A path ends here; others may go on.
    fn end(self, text: &'t str) {
        if text.starts_with('[') {
            let items =
                if self.listed { Vec::new() } else { serde_json::from_str::<Vec<&RawValue>>(text).unwrap_or_default() };
            for item in items {
                Walk { step: self.step, listed: true, found: &mut *self.found }.end(item.get());
            }
            return;
        }
        if text != "null" {
            self.step.ends.iter().for_each(|place| (self.found)(*place, Raw(text)));
        }
        if !self.step.members.is_empty() {
            // As in `find`.
            drop(serde_json::Deserializer::from_str(text).deserialize_any(self));
        }
    }
}

impl<'t> Visitor<'t> for Walk<'_, 't> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'t>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(step) = members.next_key_seed(Name(self.step))? {
            match step {
                Some(step) => {
                    members.next_value_seed(Walk { step, listed: false, found: &mut *self.found })?;
                }
                None => {
                    members.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'t>>(self, mut items: A) -> Result<(), A::Error> {
        if self.listed {
            while items.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(());
        }
        while items.next_element_seed(Walk { step: self.step, listed: true, found: &mut *self.found })?.is_some() {}
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// Where a member's name leads.
struct Name<'w>(&'w Step);

impl<'t, 'w> DeserializeSeed<'t> for Name<'w> {
    type Value = Option<&'w Step>;

    fn deserialize<D: Deserializer<'t>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'w> Visitor<'_> for Name<'w> {
    type Value = Option<&'w Step>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.member(name))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn found(text: &str, paths: &[&str]) -> Vec<(usize, String)> {
        let mut all = Vec::new();
        paths
            .iter()
            .copied()
            .collect::<Paths>()
            .find(text, &mut |place, raw| all.push((place, raw.as_str().to_owned())));
        all
    }

    #[test]
    fn a_text_gives_what_its_tree_gives() {
        let text = r#"{"a":[{"b":[1,[2],null]},{"b":3.50},"no",{"c":{"b":4}},[{"b":5}]],"b":1e2,"c":{"b":true,"d":"x"},"d":null}"#;
        let tree: Value = serde_json::from_str(text).unwrap();
        for path in ["a", "b", "c", "d", "a.b", "a.c", "a.c.b", "a.c.b.x", "b.x", "c.b", "c.d", "c.d.e", "x", ""] {
            let of_tree: Vec<_> = crate::element::at(&tree, path)
                .into_iter()
                .filter(|v| !v.is_null() && !v.is_array())
                .cloned()
                .collect();
            let of_text: Vec<Value> =
                found(text, &[path]).iter().map(|(_, raw)| serde_json::from_str(raw).unwrap()).collect();
            assert_eq!(of_text, of_tree, "{path}");
        }
    }

    #[test]
    fn all_paths_are_found_in_one_pass_also_where_one_ends_on_the_way_of_another() {
        let text = r#"{"code":{"coding":[{"code":"x"}],"text":"t"},"n":{"v":1.50}}"#;
        let all = found(text, &["code.text", "code", "n.v", "code.coding.code"]);
        let places: Vec<usize> = all.iter().map(|(place, _)| *place).collect();
        assert_eq!(places, [1, 3, 0, 2]);
        assert_eq!(all[3].1, "1.50");
    }

    #[test]
    fn values_are_read_as_what_they_are() {
        let raw = |text: &'static str| Raw(text);
        assert_eq!(raw(r#""a\u00e4\n""#).string().unwrap(), "aä\n");
        assert!(matches!(raw(r#""plain""#).string(), Some(Cow::Borrowed("plain"))));
        assert_eq!(raw("12").string(), None);
        assert_eq!([raw("13.50").number(), raw("-0.5e1").number()], [Some(13.5), Some(-5.0)]);
        assert_eq!([raw("1e400"), raw("inf"), raw("nan"), raw("\"1\""), raw("true")].map(Raw::number), [None; 5]);
        assert_eq!(raw("13.50").primitive().unwrap(), "13.50");
        assert_eq!(raw("true").primitive().unwrap(), "true");
        assert!([raw("{}"), raw("[1]"), raw("null")].into_iter().all(|raw| raw.primitive().is_none()));
    }

    #[test]
    fn what_is_no_json_gives_nothing_after_the_fault() {
        assert_eq!(found(r#"{"a":1,"b":}"#, &["a", "b"]), [(0, "1".to_owned())]);
        assert!(found("", &["a"]).is_empty());
        assert!(found(&json!([{"a": 1}]).to_string(), &["a"]).is_empty());
        assert!(found(&"[".repeat(100_000), &["a"]).is_empty());
    }
}
