//! Reaching elements of a resource by path.

mod text;

use serde_json::Value;

pub use text::{Paths, Raw};

/// The values at a dotted path such as `component.code`, with arrays flattened at every step.
///
/// Never fails: what is not there, or is not an object where the path goes on, gives nothing.
#[must_use]
pub fn at<'v>(resource: &'v Value, path: &str) -> Vec<&'v Value> {
    let mut found = Vec::new();
    any(resource, path, &mut |value| {
        found.push(value);
        false
    });
    found
}

/// Whether `judge` accepts one of the values that [`at`] gives, asked in their order until it does. Allocates nothing.
pub(crate) fn any<'v>(resource: &'v Value, path: &str, judge: &mut dyn FnMut(&'v Value) -> bool) -> bool {
    let (name, rest) = match path.split_once('.') {
        Some((name, rest)) => (name, Some(rest)),
        None => (path, None),
    };
    let mut step = |value: &'v Value| match rest {
        Some(rest) => any(value, rest, judge),
        None => judge(value),
    };
    match resource.get(name) {
        None | Some(Value::Null) => false,
        Some(Value::Array(items)) => items.iter().any(step),
        Some(value @ (Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_))) => step(value),
    }
}

/// Every `reference` text of every object below a value, in no stated order. Uses a list, not the stack.
#[must_use]
pub fn references_below(value: &Value) -> Vec<&str> {
    let mut found = Vec::new();
    let mut open = vec![value];
    while let Some(next) = open.pop() {
        match next {
            Value::Array(items) => open.extend(items),
            Value::Object(members) => {
                found.extend(members.get("reference").and_then(Value::as_str));
                open.extend(members.values());
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_not_there_gives_nothing() {
        let row = json!({"a": {"b": null, "c": "text", "d": []}});
        for path in ["x", "a.x", "a.b", "a.c.d", "a.d", "a.d.e", ""] {
            assert!(at(&row, path).is_empty(), "{path}");
        }
    }

    #[test]
    fn arrays_are_flattened_at_every_step() {
        let row = json!({"a": [{"b": [1, 2]}, {"b": 3}, "no", {"c": 4}]});
        assert_eq!(at(&row, "a.b"), [&json!(1), &json!(2), &json!(3)]);
    }

    #[test]
    fn references_are_found_however_deep() {
        let row = json!({"a": [{"reference": "Patient/1", "x": {"reference": "Patient/2"}}], "reference": 3});
        let mut found = references_below(&row);
        found.sort_unstable();
        assert_eq!(found, ["Patient/1", "Patient/2"]);
    }
}
