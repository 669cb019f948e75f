//! The search of one patient's record. The indexes decide what is read: what other patients have, and what this patient
//! has of other types, costs nothing.
//!
//! A scope with a token, such as a `code`, is answered from the tokens of this patient, which the index has newest first; any
//! other walks this patient's rows of the type, newest first, and asks the indexes of each row. Either way rows are read one by
//! one, so whoever has enough stops, and what is older costs nothing.

use cordon_core::ids::{PatientId, PseudonymKey, TenantId};
use cordon_core::label::Labeled;
use cordon_core::ports::{Each, Query, Records, RecordsError};
use cordon_fhir::json::{JsonLimits, parse};
use cordon_fhir::query::{Clause, DatePrefix, DateValue, SearchValue, TokenValue};
use cordon_fhir::search::{Parameter, ParameterKind};
use rusqlite::Connection;
use rusqlite::types::Value as Sql;
use serde_json::Value;

use crate::error::StoreError;
use crate::fault::out;
use crate::resource::system_key;
use crate::store::{Reader, Store};
use crate::time::sortable;

impl Records for Reader {
    fn visit(&self, query: Query<'_>, each: &mut Each<'_>) -> Result<(), RecordsError> {
        let read = self.own(query.tenant).and_then(|()| self.read(|c| visit(self, c, query, each)));
        read.map_err(|_| RecordsError)
    }

    fn consents(&self, tenant: &TenantId, patient: &PatientId) -> Result<Vec<Value>, RecordsError> {
        let read = self.own(tenant).and_then(|()| self.read(|c| consents(c, tenant, patient)));
        read.map_err(|_| RecordsError)
    }

    fn pseudonyms(&self, tenant: &TenantId) -> Result<PseudonymKey, RecordsError> {
        self.own(tenant).map_err(|_| RecordsError)?;
        let kept = self.directory.pseudonym_key().map_err(|_| RecordsError)?;
        kept.map(PseudonymKey::new).ok_or(RecordsError)
    }
}

impl Records for Store {
    fn visit(&self, query: Query<'_>, each: &mut Each<'_>) -> Result<(), RecordsError> {
        Reader::visit(self, query, each)
    }

    fn consents(&self, tenant: &TenantId, patient: &PatientId) -> Result<Vec<Value>, RecordsError> {
        Reader::consents(self, tenant, patient)
    }

    fn pseudonyms(&self, tenant: &TenantId) -> Result<PseudonymKey, RecordsError> {
        Reader::pseudonyms(self, tenant)
    }
}

fn visit(reader: &Reader, c: &Connection, query: Query<'_>, each: &mut Each<'_>) -> Result<(), StoreError> {
    let query = if out!(TenantIgnored) { Query { tenant: reader.tenant(), ..query } } else { query };
    let plan = Plan::new(query);
    let mut keys = c.prepare_cached(&plan.sql)?;
    let mut kept = c.prepare_cached(
        "SELECT r.bytes, l.class, l.labelled FROM resource r LEFT JOIN label l ON l.row = r.row WHERE r.row = ?1",
    )?;
    let mut rows = keys.query(rusqlite::params_from_iter(plan.values))?;
    let mut before = None;
    while let Some(row) = rows.next()? {
        let row: i64 = row.get(0)?;
        if before.replace(row) == Some(row) {
            continue;
        }
        let (resource, class, labelled) = kept.query_row([row], |row| {
            let resource = row.get_ref(0)?.as_blob().map(|text| reader.parsed.row(text));
            Ok((resource, row.get::<_, Option<u16>>(1)?, row.get::<_, Option<i64>>(2)?))
        })?;
        let resource = resource.map_err(|_| StoreError::Damaged)?.map_err(|_| StoreError::Damaged)?;
        let label = reader.label(class.zip(labelled), &resource);
        if each(Labeled { label, value: &resource }).is_break() {
            break;
        }
    }
    Ok(())
}

fn consents(c: &Connection, tenant: &TenantId, patient: &PatientId) -> Result<Vec<Value>, StoreError> {
    let sql = "SELECT bytes FROM resource WHERE tenant = ?1 AND patient = ?2 AND type = 'Consent' ORDER BY id";
    let mut statement = c.prepare_cached(sql)?;
    let found = statement.query_map([tenant.as_str(), patient.as_str()], |row| row.get::<_, Vec<u8>>(0))?;
    found.map(|text| parse(&text?, JsonLimits::default()).map_err(|_| StoreError::Damaged)).collect()
}

/// A statement that gives the numbers of the matching rows in order.
struct Plan {
    sql: String,
    values: Vec<Sql>,
}

/// The most values of a clause that are merged in order; the rows of more are sorted.
const MERGED: usize = 8;

impl Plan {
    fn new(query: Query<'_>) -> Self {
        let mut plan = Self { sql: String::new(), values: Vec::new() };
        match driver(query) {
            Some(clause) if clause.values().count() <= MERGED => plan.merge(query, clause),
            Some(clause) => plan.sort(query, clause),
            None => plan.walk(query),
        }
        plan
    }

    /// Walks the patient's rows. A row without a date has '', which sorts last. The type decides between equals when the
    /// scope has none.
    fn walk(&mut self, query: Query<'_>) {
        self.push("SELECT r.row FROM resource r WHERE r.tenant = ");
        self.bind(query.tenant.as_str());
        self.push(" AND r.patient = ");
        self.bind(query.patient.as_str());
        if let Some(name) = query.scope.resource() {
            self.push(" AND r.type = ");
            self.bind(name.as_str());
        }
        self.require_all(query, None);
        self.push(" ORDER BY r.upper DESC, r.lower DESC, r.id, r.type");
    }

    /// Reads the index once for each value, each in the order of the resources, and merges. A row that has two of the
    /// values comes twice, one after the other.
    fn merge(&mut self, query: Query<'_>, clause: &Clause) {
        self.each(clause.values(), " UNION ALL ", |plan, value| {
            plan.push("SELECT r.row, r.upper, r.lower, r.id FROM idx_token r WHERE ");
            plan.indexed(query, clause);
            plan.push(" AND ");
            plan.value(clause, value, "r");
            plan.require_all(query, Some(clause));
        });
        self.push(" ORDER BY 2 DESC, 3 DESC, 4");
    }

    fn sort(&mut self, query: Query<'_>, clause: &Clause) {
        self.push("SELECT DISTINCT r.row, r.upper, r.lower, r.id FROM idx_token r WHERE ");
        self.indexed(query, clause);
        self.push(" AND r.code IN (");
        self.each(clause.values(), ", ", |plan, value| match value {
            SearchValue::Token(token) => plan.bind(code(token)),
            SearchValue::Date(_) | SearchValue::Reference(_) => plan.push("NULL"),
        });
        self.push(") AND ");
        self.any(clause, "r");
        self.require_all(query, Some(clause));
        self.push(" ORDER BY r.upper DESC, r.lower DESC, r.id");
    }

    /// Where the index has what this patient's rows of the type say under the clause's parameter.
    fn indexed(&mut self, query: Query<'_>, clause: &Clause) {
        self.push("r.tenant = ");
        self.bind(query.tenant.as_str());
        self.push(" AND r.patient = ");
        self.bind(query.patient.as_str());
        self.push(" AND r.type = ");
        self.bind(query.scope.resource().map_or("", |name| name.as_str()));
        self.push(" AND r.parameter = ");
        self.bind(clause.parameter().as_str());
    }

    fn require_all(&mut self, query: Query<'_>, but: Option<&Clause>) {
        for clause in query.scope.query().clauses().filter(|clause| Some(*clause) != but) {
            self.push(" AND ");
            self.require(clause);
        }
    }

    /// What one clause asks of row `r`.
    fn require(&mut self, clause: &Clause) {
        if clause.parameter() == Parameter::Id {
            return self.any(clause, "r");
        }
        self.push(match clause.parameter().kind() {
            ParameterKind::Token => "EXISTS (SELECT 1 FROM idx_token t WHERE t.row = r.row AND t.parameter = ",
            ParameterKind::Reference => "EXISTS (SELECT 1 FROM idx_reference t WHERE t.row = r.row AND t.parameter = ",
            ParameterKind::Date => "EXISTS (SELECT 1 FROM idx_date t WHERE t.row = r.row AND t.parameter = ",
        });
        self.bind(clause.parameter().as_str());
        self.push(" AND ");
        self.any(clause, "t");
        self.push(")");
    }

    /// Whether `of`, a row of an index or for an id any, has one of the values.
    fn any(&mut self, clause: &Clause, of: &str) {
        self.push("(");
        self.each(clause.values(), " OR ", |plan, value| plan.value(clause, value, of));
        self.push(")");
    }

    fn value(&mut self, clause: &Clause, value: &SearchValue, of: &str) {
        match value {
            SearchValue::Token(token) if clause.parameter() == Parameter::Id => self.id(token),
            SearchValue::Token(token) => self.token(token, of),
            SearchValue::Date(date) => self.date(date),
            SearchValue::Reference(target) => {
                self.push("t.target_type = ");
                self.bind(target.resource_type.as_str());
                self.push(" AND t.target_id = ");
                self.bind(&target.id);
            }
        }
    }

    /// An id has no system.
    fn id(&mut self, token: &TokenValue) {
        match token {
            TokenValue::AnySystem(id) | TokenValue::NoSystem(id) => {
                self.push("r.id = ");
                self.bind(id);
            }
            TokenValue::System { .. } => self.push("FALSE"),
        }
    }

    fn token(&mut self, token: &TokenValue, of: &str) {
        self.push(of);
        self.push(".code = ");
        self.bind(code(token));
        let system = match token {
            TokenValue::AnySystem(_) => return,
            TokenValue::NoSystem(_) => system_key(None),
            TokenValue::System { system, .. } => system_key(Some(system)),
        };
        self.push(" AND ");
        self.push(of);
        self.push(".system = ");
        self.bind(system);
    }

    /// [`DateValue::matches`], in SQL.
    fn date(&mut self, date: &DateValue) {
        let (lower, upper) = (sortable(date.range().lower), sortable(date.range().upper));
        let less = vec![("t.lower < ", &lower)];
        let equal = vec![("t.lower >= ", &lower), ("t.upper <= ", &upper)];
        let greater = vec![("t.upper > ", &upper)];
        let either = match date.prefix() {
            DatePrefix::Equal => vec![equal],
            DatePrefix::Less => vec![less],
            DatePrefix::Greater => vec![greater],
            DatePrefix::GreaterOrEqual => vec![greater, equal],
            DatePrefix::LessOrEqual => vec![less, equal],
        };
        self.each(either.into_iter(), " OR ", |plan, all| {
            plan.each(all.into_iter(), " AND ", |plan, (compare, bound)| {
                plan.push(compare);
                plan.bind(bound);
            });
        });
    }

    fn each<T>(&mut self, items: impl Iterator<Item = T>, between: &str, mut write: impl FnMut(&mut Self, T)) {
        for (position, item) in items.enumerate() {
            if position > 0 {
                self.push(between);
            }
            write(self, item);
        }
    }

    fn push(&mut self, sql: &str) {
        self.sql.push_str(sql);
    }

    /// Every word from outside is bound, never written into the statement.
    fn bind(&mut self, value: &str) {
        self.sql.push('?');
        self.values.push(Sql::Text(value.to_owned()));
    }
}

/// The clause whose index is read: a code if there is one, for it is the rarest, or another token. The index is of one type.
fn driver(query: Query<'_>) -> Option<&Clause> {
    query.scope.resource()?;
    let clauses = || query.scope.query().clauses();
    let coded = clauses().find(|clause| matches!(clause.parameter(), Parameter::Code | Parameter::ComboCode));
    let token = |clause: &&Clause| match clause.parameter().kind() {
        // The id has no rows in the index.
        ParameterKind::Token => clause.parameter() != Parameter::Id,
        ParameterKind::Reference | ParameterKind::Date => false,
    };
    coded.or_else(|| clauses().find(token))
}

fn code(token: &TokenValue) -> &str {
    match token {
        TokenValue::AnySystem(code) | TokenValue::NoSystem(code) | TokenValue::System { code, .. } => code,
    }
}

#[cfg(test)]
mod tests {
    use cordon_fhir::scope::Scope;
    use rusqlite::StatementStatus;
    use serde_json::json;

    use super::*;
    use crate::resource::{RecordStore, Resource};

    const SCOPES: [&str; 7] = [
        "patient/*.rs",
        "patient/Observation.rs?_id=p1",
        "patient/Observation.rs",
        "patient/Observation.rs?code=a,http://loinc.org|b",
        "patient/Observation.rs?category=laboratory&status=final",
        "patient/Observation.rs?code=a&date=ge2021&subject=Patient/p",
        "patient/Observation.rs?combo-code=a&_security=N",
    ];

    fn observation(id: usize, patient: &str) -> Resource {
        let row = json!({
            "resourceType": "Observation", "id": format!("{patient}{id}"), "status": "final",
            "meta": {"security": [{"code": "N"}]}, "subject": {"reference": format!("Patient/{patient}")}, "category": [{"coding": [{"code": "laboratory"}]}],
            "code": {"coding": [{"code": "a"}]}, "effectiveDateTime": "2021",
        });
        Resource::parse(row.to_string().into_bytes()).unwrap()
    }

    /// What one search costs the engine, in steps of its virtual machine.
    fn steps(store: &Store, scope: &str) -> i32 {
        newest_steps(store, scope, usize::MAX)
    }

    /// The same of a search that stops after so many rows.
    fn newest_steps(store: &Store, scope: &str, most: usize) -> i32 {
        let (tenant, patient) = (TenantId::new("ward").unwrap(), PatientId::new("p").unwrap());
        let scope = Scope::parse(scope).unwrap();
        let plan = Plan::new(Query { tenant: &tenant, patient: &patient, scope: &scope });
        store
            .read(|c| {
                let mut statement = c.prepare(&plan.sql)?;
                let rows = statement.query_map(rusqlite::params_from_iter(plan.values), |_| Ok(()))?.take(most).count();
                assert!(rows > 0, "{scope}");
                Ok::<_, StoreError>(statement.get_status(StatementStatus::VmStep))
            })
            .unwrap()
    }

    #[test]
    fn what_others_have_costs_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), &TenantId::new("ward").unwrap()).unwrap();
        let ward = TenantId::new("ward").unwrap();
        let many = |count: usize, patient: &str| (0..count).map(|n| observation(n, patient)).collect::<Vec<_>>();
        let fill = |count: usize| {
            for patient in ["o", "pp", "q"] {
                store.put(&ward, &many(count, patient)).unwrap();
            }
        };
        store.put(&ward, &many(9, "p")).unwrap();
        // One neighbour first: where the table ends with the patient, a search is one step shorter.
        fill(1);
        let before = SCOPES.map(|scope| steps(&store, scope));
        fill(300);
        assert_eq!(SCOPES.map(|scope| steps(&store, scope)), before);
        store.put(&ward, &[observation(10, "p")]).unwrap();
        assert!(steps(&store, SCOPES[2]) > before[2], "its own rows do cost");
    }

    #[test]
    fn what_is_older_costs_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let ward = TenantId::new("ward").unwrap();
        let store = Store::open(dir.path(), &ward).unwrap();
        let fill = |ids: std::ops::Range<usize>| {
            let rows: Vec<_> = ids.map(|id| observation(id, "p")).collect();
            store.put(&ward, &rows).unwrap();
        };
        // Of one date, so that the ids decide: 'p100' and on are the first.
        fill(100..120);
        let [_, _, typed @ ..] = SCOPES;
        let before = typed.map(|scope| newest_steps(&store, scope, 5));
        fill(120..900);
        assert_eq!(typed.map(|scope| newest_steps(&store, scope, 5)), before);
    }

    #[test]
    fn a_statement_that_was_prepared_once_serves_every_patient() {
        let dir = tempfile::tempdir().unwrap();
        let ward = TenantId::new("ward").unwrap();
        let store = Store::open(dir.path(), &ward).unwrap();
        store.put(&ward, &[observation(1, "p")]).unwrap();
        for scope in SCOPES.map(|scope| Scope::parse(scope).unwrap()) {
            for id in ["p", "q", "r"] {
                let patient = PatientId::new(id).unwrap();
                let plan = Plan::new(Query { tenant: &ward, patient: &patient, scope: &scope });
                let again = |c: &Connection| {
                    let mut statement = c.prepare_cached(&plan.sql)?;
                    assert!(statement.query(rusqlite::params_from_iter(plan.values))?.next()?.is_none() || id == "p");
                    Ok::<_, StoreError>(statement.get_status(StatementStatus::RePrepare))
                };
                assert_eq!(store.read(again), Ok(0), "{scope} {id}");
            }
        }
    }

    #[test]
    fn no_search_scans_a_table() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), &TenantId::new("ward").unwrap()).unwrap();
        let (tenant, patient) = (TenantId::new("ward").unwrap(), PatientId::new("p").unwrap());
        for scope in SCOPES.map(|scope| Scope::parse(scope).unwrap()) {
            let plan = Plan::new(Query { tenant: &tenant, patient: &patient, scope: &scope });
            let explained: Vec<String> = store
                .read(|c| {
                    let mut statement = c.prepare(&format!("EXPLAIN QUERY PLAN {}", plan.sql))?;
                    let rows = statement.query_map(rusqlite::params_from_iter(plan.values), |row| row.get("detail"))?;
                    Ok::<_, StoreError>(rows.collect::<Result<_, _>>()?)
                })
                .unwrap();
            assert!(explained.iter().all(|line| !line.starts_with("SCAN")), "{scope}: {explained:?}");
            let sorted = explained.iter().any(|line| line.contains("TEMP B-TREE"));
            assert_eq!(sorted, scope.resource().is_none(), "{scope}: {explained:?}");
        }
    }
}
