//! Labels of rows: given when a row is taken in, kept with the rules that gave them, renewed when the rules change.
//!
//! A label is served only under the version of the rules that gave it. Any other row is labelled as it is read, so that a
//! host can answer while it renews, and no stale label leaves this room.

use std::ops::ControlFlow;
use std::sync::Arc;

use cordon_core::label::{Label, Labels as _, Marked, NoRules, RowClass, RuleId};
use cordon_core::labelling::LabelRules;
use cordon_fhir::json::{JsonLimits, parse};
use cordon_fhir::reference::Reference;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use crate::error::StoreError;
use crate::store::{Reader, Store};

/// A transaction renews so many labels, or those of so many bytes.
const ROWS: usize = 512;
const BYTES: usize = 4 * 1024 * 1024;

/// The rules in force, and the number their version has in this store.
#[derive(Debug)]
pub(crate) struct Labelling {
    rules: Arc<LabelRules>,
    number: i64,
}

/// How far the labels are renewed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Relabelled {
    /// Rows renewed in this run.
    pub done: u64,
    /// Rows that were old when it began.
    pub of: u64,
    /// Rows that got another label, or a first one.
    pub changed: u64,
}

impl Labelling {
    /// The label a row is served with.
    fn label(&self, kept: Option<(u16, i64)>, row: &Value) -> Label {
        let current = kept.filter(|(_, number)| *number == self.number);
        let label = current.and_then(|(class, _)| RowClass::of_code(class)).map(RowClass::label);
        label.unwrap_or_else(|| self.rules.mark(row).label)
    }

    /// Keeps a label, unless a newer one is there. A row that has gone needs none.
    fn keep(&self, c: &Connection, row: i64, marked: &Marked) -> Result<(), StoreError> {
        let sql = "INSERT INTO label (row, class, rules, labelled)
                   SELECT ?1, ?2, ?3, ?4 WHERE EXISTS (SELECT 1 FROM resource WHERE row = ?1)
                   ON CONFLICT (row) DO UPDATE SET class = excluded.class, rules = excluded.rules,
                     labelled = excluded.labelled WHERE label.labelled < excluded.labelled";
        let rules = marked.rules.iter().map(|rule| rule.0.as_str()).collect::<Vec<_>>().join(" ");
        let values = params![row, marked.label.class().code(), rules, self.number];
        Ok(c.prepare_cached(sql)?.execute(values).map(drop)?)
    }
}

impl Store {
    /// Labels rows by these rules from now on. Rows that other rules labelled are labelled as they are read, until
    /// [`Store::relabel`] has renewed them. A store that was given no rules serves every row as unclassified.
    ///
    /// # Errors
    /// The store failed.
    pub fn labelled_by(mut self, rules: Arc<LabelRules>) -> Result<Self, StoreError> {
        let version = *rules.version().as_bytes();
        let number = self.write(|c| {
            let newest = "SELECT number, version = ?1 FROM label_version ORDER BY number DESC LIMIT 1";
            let newest: Option<(i64, bool)> =
                c.query_row(newest, [version], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
            if let Some((number, true)) = newest {
                return Ok(number);
            }
            c.execute("INSERT INTO label_version (version) VALUES (?1)", [version])?;
            Ok::<_, StoreError>(c.last_insert_rowid())
        })?;
        self.set_labelling(Labelling { rules, number });
        Ok(self)
    }

    /// Renews the labels that other rules gave, in batches, each of them durable before the next: whoever stops, or is
    /// stopped, goes on from there another time. Says after each batch how far it is, and stops when told to.
    ///
    /// # Errors
    /// The store failed.
    pub fn relabel(&self, tell: &mut dyn FnMut(Relabelled) -> ControlFlow<()>) -> Result<Relabelled, StoreError> {
        let Some(labelling) = self.labelling() else { return Ok(Relabelled::default()) };
        let mut told = Relabelled { of: self.stale()?, ..Relabelled::default() };
        let mut after = i64::MIN;
        loop {
            let batch = self.read(|c| stale_rows(c, labelling, after))?;
            let Some(last) = batch.last().map(|stale| stale.row) else { return Ok(told) };
            self.write(|c| batch.iter().try_for_each(|stale| labelling.keep(c, stale.row, &stale.marked)))?;
            after = last;
            let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
            told.done = told.done.saturating_add(count(batch.len()));
            told.changed = told.changed.saturating_add(count(batch.iter().filter(|stale| stale.changed).count()));
            // More may have become old than there were, never fewer.
            told.of = told.of.max(told.done);
            if tell(told).is_break() {
                return Ok(told);
            }
        }
    }

    /// What the rules say of rows that are about to be kept. Before the transaction: nobody waits for it.
    pub(crate) fn mark<'a>(&self, rows: impl Iterator<Item = &'a Value>) -> Vec<Option<Marked>> {
        rows.map(|row| self.labelling().map(|labelling| labelling.rules.mark(row))).collect()
    }

    /// Keeps the label of a row that was just written.
    pub(crate) fn keep_label(&self, c: &Connection, row: i64, marked: Option<&Marked>) -> Result<(), StoreError> {
        match (self.labelling(), marked) {
            (Some(labelling), Some(marked)) => labelling.keep(c, row, marked),
            _ => Ok(()),
        }
    }
}

impl Reader {
    /// How many rows wait for a label of the rules in force. None if there are no rules.
    ///
    /// # Errors
    /// The store failed.
    pub fn stale(&self) -> Result<u64, StoreError> {
        let Some(labelling) = self.labelling() else { return Ok(0) };
        let sql = "SELECT (SELECT count(*) FROM resource) - (SELECT count(*) FROM label WHERE labelled = ?1)";
        self.read(|c| Ok(c.query_row(sql, [labelling.number], |row| row.get(0))?))
    }

    /// The kept label of a row and the rules that gave it, whatever their version.
    ///
    /// # Errors
    /// The store failed.
    pub fn kept_label(&self, reference: &Reference) -> Result<Option<Marked>, StoreError> {
        let sql = "SELECT l.class, l.rules FROM resource r JOIN label l ON l.row = r.row
                   WHERE r.tenant = ?1 AND r.type = ?2 AND r.id = ?3";
        let key = params![self.tenant().as_str(), reference.resource_type.as_str(), reference.id];
        let kept: Option<(u16, String)> = self
            .read(|c| Ok::<_, StoreError>(c.query_row(sql, key, |row| Ok((row.get(0)?, row.get(1)?))).optional()?))?;
        let Some((class, rules)) = kept else { return Ok(None) };
        let label = RowClass::of_code(class).ok_or(StoreError::Damaged)?.label();
        Ok(Some(Marked { label, rules: rules.split_whitespace().map(|rule| RuleId(rule.to_owned())).collect() }))
    }

    /// The label a row is served with.
    pub(crate) fn label(&self, kept: Option<(u16, i64)>, row: &Value) -> Label {
        self.labelling().map_or_else(|| NoRules.mark(row).label, |labelling| labelling.label(kept, row))
    }
}

/// A row whose label is old or missing, and its new one.
struct Stale {
    row: i64,
    marked: Marked,
    changed: bool,
}

fn stale_rows(c: &Connection, labelling: &Labelling, after: i64) -> Result<Vec<Stale>, StoreError> {
    let sql = "SELECT r.row, r.bytes, l.class FROM resource r LEFT JOIN label l ON l.row = r.row
               WHERE r.row > ?1 AND coalesce(l.labelled, 0) < ?2 ORDER BY r.row";
    let mut statement = c.prepare_cached(sql)?;
    let mut found = statement.query([after, labelling.number])?;
    let (mut batch, mut bytes) = (Vec::new(), 0_usize);
    while let Some(row) = found.next()? {
        let (row, text, before): (i64, Vec<u8>, Option<u16>) = (row.get(0)?, row.get(1)?, row.get(2)?);
        bytes = bytes.saturating_add(text.len());
        let resource = parse(&text, JsonLimits::default()).map_err(|_| StoreError::Damaged)?;
        let marked = labelling.rules.mark(&resource);
        batch.push(Stale { row, changed: before != Some(marked.label.class().code()), marked });
        if batch.len() >= ROWS || bytes >= BYTES {
            break;
        }
    }
    Ok(batch)
}
