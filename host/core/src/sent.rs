//! Rows as a client sent them.

use std::fmt;
use std::sync::{Arc, OnceLock};

use serde_json::Value;

use crate::ids::Digest;
use crate::label::{Label, Labels};

/// A row that a client sent. Cheap to clone, never changed. Whoever holds it again need not label it again: what rules say
/// of a row depends on nothing else. What a call may see of it is decided in each call. Prints nothing of it.
#[derive(Clone)]
pub struct SentRow(Arc<Sent>);

struct Sent {
    value: Value,
    /// The label, and the version of the rules that gave it.
    labelled: OnceLock<(Digest, Label)>,
}

impl SentRow {
    /// A row that nobody labelled yet.
    #[must_use]
    pub fn new(value: Value) -> Self {
        Self(Arc::new(Sent { value, labelled: OnceLock::new() }))
    }

    /// The resource.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.0.value
    }

    /// What these rules say of it. What other rules said does not count.
    pub(crate) fn label(&self, rules: &dyn Labels) -> Label {
        let version = rules.version();
        let mark = || rules.mark(&self.0.value).label;
        // Others may have been first.
        let (by, label) = self.0.labelled.get_or_init(|| (version, mark()));
        if *by == version { *label } else { mark() }
    }
}

impl From<Value> for SentRow {
    fn from(value: Value) -> Self {
        Self::new(value)
    }
}

impl PartialEq for SentRow {
    fn eq(&self, other: &Self) -> bool {
        self.value() == other.value()
    }
}

impl fmt::Debug for SentRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SentRow(…)")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use serde_json::json;

    use super::*;
    use crate::label::Marked;

    /// Rules of a version, that count how often they are asked.
    struct Rules(&'static str, Label, AtomicUsize);

    impl Labels for Rules {
        fn version(&self) -> Digest {
            Digest::of(self.0.as_bytes())
        }

        fn mark(&self, _: &Value) -> Marked {
            self.2.fetch_add(1, Ordering::Relaxed);
            Marked { label: self.1, rules: Vec::new() }
        }
    }

    #[test]
    fn a_row_is_labelled_once_by_the_same_rules_and_never_by_others() {
        let one = Rules("1", Label::NORMAL, AtomicUsize::new(0));
        let two = Rules("2", Label::UNCLASSIFIED, AtomicUsize::new(0));
        let row = SentRow::new(json!({}));
        let again = row.clone();
        assert_eq!([&row, &again, &row].map(|row| row.label(&one)), [Label::NORMAL; 3]);
        assert_eq!(one.2.load(Ordering::Relaxed), 1);
        assert_eq!([&row, &again].map(|row| row.label(&two)), [Label::UNCLASSIFIED; 2]);
        assert_eq!(again.label(&one), Label::NORMAL);
    }
}
