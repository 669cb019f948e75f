//! Rows read lately at this door. When a chart is opened, several services are called with the same rows, and a clinician
//! opens it again: a row whose text was read and accepted lately is not parsed, localised and labelled again.
//!
//! A row is known by the digest of its whole text, so nothing here can be out of date, and only by one tenant: each has a
//! memory of its own. It holds what follows from the text alone, until there is something newer, and stays in this process.
//! Whose row it is, who may see it and what of it is decided in each call. Whether a row was known changes no answer.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use cordon_core::ids::Digest;
use cordon_core::lately::Lately;
use cordon_core::sent::SentRow;
use cordon_fhir::json::{Cut, JsonError, Part};
use cordon_fhir::localize;
use serde_json::Value;

/// The most that a tenant's rows may weigh: some two megabytes of ordinary rows, which as trees take up about fifteen times as
/// much. What has many values in few bytes takes up more, so each value weighs [`VALUE`] besides its text: an object of one
/// member takes up about 600 bytes, so that rows made of nothing else take up some 70 megabytes.
const MOST: usize = 8 << 20;
const VALUE: usize = 64;

/// A shorter text is read as fast as it is found.
const LEAST: usize = 64;

/// The resources of a Bundle.
const RESOURCES: Cut = Cut::Members(&[("entry", Cut::Each(&Cut::Members(&[("resource", Cut::Here)])))]);

/// The rows of one tenant. Prints nothing of them.
pub(super) struct KnownRows(Mutex<Lately<Key, Known>>);

/// All that reading a row depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    text: Digest,
    /// How deep it may be where it stands.
    depth: usize,
    /// The server that its references are made relative to.
    base: Option<Digest>,
}

#[derive(Clone)]
struct Known {
    row: SentRow,
    /// How many values it has: they count in every body.
    nodes: usize,
}

impl Default for KnownRows {
    fn default() -> Self {
        Self(Mutex::new(Lately::new(MOST)))
    }
}

impl fmt::Debug for KnownRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KnownRows(…)")
    }
}

impl KnownRows {
    // A panic cannot leave more than a row that is counted and not there.
    fn held<T>(&self, act: impl FnOnce(&mut Lately<Key, Known>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What a client sent under one name.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Sent {
    /// A Bundle.
    Bundle(Resources),
    /// Anything else: a row, or no resource at all.
    Whole(SentRow),
}

/// A Bundle and its resources. Prints counts: they are the patient's.
#[derive(Clone, PartialEq)]
pub(super) struct Resources {
    /// The Bundle without its resources.
    pub(super) bundle: Value,
    rows: Vec<SentRow>,
}

impl Resources {
    /// The resource of one of the Bundle's entries, whatever it is.
    pub(super) fn of(&self, entry: &Value) -> Option<&SentRow> {
        let at = entry.get("resource")?.as_u64()?;
        self.rows.get(usize::try_from(at).ok()?)
    }
}

impl fmt::Debug for Resources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resources").field("rows", &self.rows.len()).finish_non_exhaustive()
    }
}

/// Reads what one body has, within the limits of one body.
pub(super) struct Reader<'r> {
    known: &'r KnownRows,
    base: Option<(&'r str, Digest)>,
    /// How many values the body may still have.
    left: usize,
}

impl<'r> Reader<'r> {
    /// What came from the client's FHIR server at `base` refers to it relatively from now on.
    pub(super) fn new(known: &'r KnownRows, base: Option<&'r str>, left: usize) -> Self {
        Self { known, base: base.map(|base| (base, Digest::of(base.as_bytes()))), left }
    }

    /// Reads a Bundle row by row, and anything else as a row.
    pub(super) fn sent(&mut self, part: &Part<'_>) -> Result<Sent, JsonError> {
        if part.string("resourceType").as_deref() != Some("Bundle") {
            return self.row(part).map(Sent::Whole);
        }
        let around = part.parse_around(self.left, &RESOURCES)?;
        self.left = self.left.saturating_sub(around.nodes);
        let rows = around.parts.iter().map(|row| self.row(row)).collect::<Result<_, _>>()?;
        Ok(Sent::Bundle(Resources { bundle: around.tree, rows }))
    }

    fn row(&mut self, part: &Part<'_>) -> Result<SentRow, JsonError> {
        let Known { row, nodes } = if part.text().len() < LEAST { self.read(part)? } else { self.find(part)? };
        self.left = self.left.saturating_sub(nodes);
        Ok(row)
    }

    /// A row that is known, or that is known from now on.
    fn find(&self, part: &Part<'_>) -> Result<Known, JsonError> {
        let text = part.text();
        let base = self.base.map(|(_, digest)| digest);
        let key = Key { text: Digest::of(text.as_bytes()), depth: part.depth(), base };
        // One that has more values than are left is read again, and refused where it has too many.
        if let Some(known) = self.known.held(|held| held.get(&key)).filter(|known| known.nodes <= self.left) {
            return Ok(known);
        }
        let known = self.read(part)?;
        let weight = text.len().saturating_add(known.nodes.saturating_mul(VALUE));
        self.known.held(|held| held.keep(key, known.clone(), weight));
        Ok(known)
    }

    fn read(&self, part: &Part<'_>) -> Result<Known, JsonError> {
        let mut all = part.parse(self.left)?;
        if let Some((base, _)) = self.base {
            localize(&mut all.tree, base);
        }
        Ok(Known { row: SentRow::new(all.tree), nodes: all.nodes })
    }
}

#[cfg(test)]
mod tests {
    use cordon_fhir::json::parse;
    use serde_json::json;

    use super::super::malformed::Malformed;
    use super::super::request::{LIMITS, Request};
    use super::*;

    const BASE: &str = "https://ehr.example/fhir";

    fn body(prefetch: &Value) -> String {
        let instance = "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea";
        let draft = json!({ "resourceType": "Bundle", "entry": [{ "resource": row("draft") }, {}] });
        let context = json!({ "draftOrders": draft });
        json!({ "hook": "x", "hookInstance": instance, "context": context, "prefetch": prefetch }).to_string()
    }

    fn row(id: &str) -> Value {
        json!({ "resourceType": "Observation", "id": id, "subject": { "reference": format!("{BASE}/Patient/p") } })
    }

    fn prefetch() -> Value {
        json!({ "one": row("a"), "many": { "resourceType": "Bundle", "entry": [{ "resource": row("b") }] } })
    }

    /// The rows of a body, the draft order first.
    fn rows(known: &KnownRows, base: &str, body: &str) -> Vec<SentRow> {
        let request = Request::parse(body.as_bytes(), known, Some(base)).unwrap();
        let rows = request.draft_orders.into_iter().chain(request.prefetch.into_values()).flat_map(|sent| match sent {
            Sent::Bundle(resources) => resources.rows,
            Sent::Whole(row) => vec![row],
        });
        rows.collect()
    }

    /// Which of them are the very same, not only equal.
    fn same(some: &[SentRow], others: &[SentRow]) -> Vec<bool> {
        some.iter().zip(others).map(|(one, other)| std::ptr::eq(one.value(), other.value())).collect()
    }

    #[test]
    fn a_row_of_the_same_text_is_read_once() {
        let known = KnownRows::default();
        let first = rows(&known, BASE, &body(&prefetch()));
        assert_eq!(first[1].value()["subject"]["reference"], "Patient/p");
        assert_eq!(same(&first, &rows(&known, BASE, &body(&prefetch()))), [true; 3]);
        let other =
            json!({ "one": row("x"), "many": { "entry": [{ "resource": row("b") }], "resourceType": "Bundle" } });
        assert_eq!(same(&first, &rows(&known, BASE, &body(&other))), [true, true, false]);
    }

    #[test]
    fn another_tenant_and_another_server_know_nothing_of_it() {
        let known = KnownRows::default();
        let first = rows(&known, BASE, &body(&prefetch()));
        let tenant = rows(&KnownRows::default(), BASE, &body(&prefetch()));
        assert_eq!((same(&first, &tenant), first == tenant), (vec![false; 3], true));
        let server = rows(&known, "https://other.example", &body(&prefetch()));
        assert_eq!(same(&first, &server), [false; 3]);
        assert_eq!(server[1].value()["subject"]["reference"], format!("{BASE}/Patient/p"));
    }

    #[test]
    fn known_rows_count_in_the_limits_of_every_body() {
        let known = KnownRows::default();
        let row = |n: usize| json!({ "resource": { "resourceType": "Observation", "n": vec![n; 1_000] } });
        let bundle = json!({ "resourceType": "Bundle", "entry": (0..110).map(row).collect::<Vec<_>>() });
        let fits = body(&json!({ "a": bundle }));
        let first = rows(&known, BASE, &fits);
        assert!(same(&first, &rows(&known, BASE, &fits)).iter().all(|same| *same), "all of them are known");
        let twice = body(&json!({ "a": bundle, "b": bundle }));
        let refused = Request::parse(twice.as_bytes(), &known, Some(BASE)).unwrap_err();
        assert_eq!(refused, Malformed::Json(parse(twice.as_bytes(), LIMITS).unwrap_err()));
    }

    #[test]
    fn a_row_that_is_refused_is_refused_again_and_in_the_words_of_the_whole() {
        let known = KnownRows::default();
        let deep = format!("{}{}", "[".repeat(60), "]".repeat(60));
        let bad =
            [r#"{"a":1,"a":2}"#, r#""\ud800""#, r#"{"$serde_json::private::Number":"1"}"#, &deep, "01", "[1", "1]"];
        for bad in bad {
            let one = body(&json!({ "x": 7 })).replace(":7", &format!(":{bad}"));
            let many = json!({ "x": { "resourceType": "Bundle", "entry": [{ "resource": 7 }] } });
            let many = body(&many).replace(":7", &format!(":{bad}"));
            let draft = body(&json!({})).replace(&row("draft").to_string(), bad);
            for body in [&many, &draft, &many, &one].into_iter().filter(|body| parse(body.as_bytes(), LIMITS).is_err())
            {
                let refused = Request::parse(body.as_bytes(), &known, None).unwrap_err();
                assert_eq!(refused, Malformed::Json(parse(body.as_bytes(), LIMITS).unwrap_err()), "{body}");
            }
            assert!(parse(many.as_bytes(), LIMITS).is_err(), "{bad}");
        }
    }

    #[test]
    fn as_deep_as_a_row_may_be_depends_on_where_it_stands() {
        let known = KnownRows::default();
        let deep = format!("{}{}", "[".repeat(61), "]".repeat(61));
        let one = body(&json!({ "x": 7 })).replace(":7", &format!(r#":{{"n":{deep}}}"#));
        assert!(Request::parse(one.as_bytes(), &known, None).is_ok());
        let many = json!({ "x": { "resourceType": "Bundle", "entry": [{ "resource": 7 }] } });
        let many = body(&many).replace(":7", &format!(r#":{{"n":{deep}}}"#));
        assert!(Request::parse(many.as_bytes(), &known, None).is_err());
    }

    #[test]
    fn nothing_of_a_row_is_printed() {
        let known = KnownRows::default();
        let body = body(&json!({ "x": { "resourceType": "Bundle", "entry": [{ "resource": row("Zebra") }] } }));
        let request = Request::parse(body.as_bytes(), &known, None).unwrap();
        assert!(!format!("{request:?} {known:?}").contains("Zebra"));
    }
}
