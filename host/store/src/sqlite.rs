//! Connections: how they are opened, shared and migrated.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cordon_core::ids::TenantId;
use refinery::{Migration, Runner};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use crate::error::{OpenError, StoreError};
use crate::fault::out;

/// Every migration, oldest first. One that has been released is never edited: its checksum is kept in the file.
const MIGRATIONS: &[(&str, &str)] = &[
    ("V1__first", include_str!("../migrations/V1__first.sql")),
    ("V2__labels", include_str!("../migrations/V2__labels.sql")),
    ("V3__policy", include_str!("../migrations/V3__policy.sql")),
    ("V4__newest", include_str!("../migrations/V4__newest.sql")),
    ("V5__kept", include_str!("../migrations/V5__kept.sql")),
    ("V6__shred", include_str!("../migrations/V6__shred.sql")),
];

/// How long to wait for another connection: only an offline verifier can be one, and readers never block a writer.
const BUSY: Duration = Duration::from_secs(5);

/// More prepared statements than there are in this crate.
const STATEMENTS: usize = 96;

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    // A plan that does not depend on what is bound: this build of the engine (STAT4) otherwise prepares a statement again
    // whenever another value is bound, in every call.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // What is sorted or joined on the way stands in no file.
    connection.pragma_update(None, "temp_store", "memory")?;
    Ok(connection)
}

/// The one connection that writes.
#[derive(Debug)]
pub(crate) struct Writer(Mutex<Connection>);

impl Writer {
    pub(crate) fn open(path: &Path) -> Result<Self, OpenError> {
        let mut connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
        // A commit that was answered survives the loss of power.
        connection.pragma_update(None, "synchronous", "full")?;
        // What was erased is overwritten.
        connection.pragma_update_and_check(None, "secure_delete", true, |_| Ok(()))?;
        migrate(&mut connection)?;
        Ok(Self(Mutex::new(connection)))
    }

    /// One transaction: all that `work` wrote is durable when this returns `Ok`, and nothing of it is there otherwise.
    pub(crate) fn write<T, E: From<StoreError>>(&self, work: impl FnOnce(&Connection) -> Result<T, E>) -> Result<T, E> {
        // A panic in `work` rolled its transaction back, so the connection is sound.
        let mut connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction =
            connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(StoreError::from)?;
        let done = work(&transaction)?;
        transaction.commit().map_err(StoreError::from)?;
        Ok(done)
    }

    /// Runs `work` outside a transaction.
    pub(crate) fn maintain<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        Ok(work(&self.0.lock().unwrap_or_else(PoisonError::into_inner))?)
    }
}

/// Connections that nobody uses at the moment, of all tenants of a host together: so many tenants cost no more than one.
#[derive(Debug, Default)]
pub(crate) struct Idle(Mutex<Vec<(TenantId, Connection)>>);

/// The most connections that wait to be used again, some 150 kB and two open files each: two for every tenant of a host of
/// 100. The one that waited longest is closed for a newcomer.
const MOST_IDLE: usize = 256;

impl Idle {
    fn take(&self, tenant: &TenantId) -> Option<Connection> {
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let newest = idle.iter().rposition(|(owner, _)| owner == tenant || out!(ConnectionShared))?;
        Some(idle.remove(newest).1)
    }

    fn keep(&self, tenant: &TenantId, connection: Connection) {
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let oldest = (idle.len() >= MOST_IDLE).then(|| idle.remove(0));
        idle.push((tenant.clone(), connection));
        drop(idle);
        // Closed when nobody waits for the list.
        drop(oldest);
    }
}

/// Connections that read one tenant's file. They cannot write.
#[derive(Debug)]
pub(crate) struct Readers {
    tenant: TenantId,
    path: PathBuf,
    idle: Arc<Idle>,
}

impl Readers {
    pub(crate) fn new(tenant: TenantId, path: PathBuf, idle: Arc<Idle>) -> Self {
        Self { tenant, path, idle }
    }

    pub(crate) fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// Runs `work` on one snapshot.
    pub(crate) fn read<T, E: From<StoreError>>(&self, work: impl FnOnce(&Connection) -> Result<T, E>) -> Result<T, E> {
        let waiting = self.idle.take(&self.tenant);
        let mut connection = waiting.map_or_else(|| connect(&self.path, OpenFlags::SQLITE_OPEN_READ_ONLY), Ok)?;
        let transaction = connection.transaction().map_err(StoreError::from)?;
        let done = work(&transaction);
        drop(transaction);
        self.idle.keep(&self.tenant, connection);
        done
    }

    /// Whether the file has exactly this host's schema.
    pub(crate) fn expect_schema(&self) -> Result<(), OpenError> {
        let sql = "SELECT max(version) FROM refinery_schema_history";
        let found: Option<usize> = self.read(|c| Ok::<_, StoreError>(c.query_row(sql, [], |row| row.get(0))?))?;
        if found == Some(MIGRATIONS.len()) { Ok(()) } else { Err(OpenError::Schema) }
    }
}

fn migrate(connection: &mut Connection) -> Result<(), OpenError> {
    migrate_by(MIGRATIONS, connection)
}

fn migrate_by(migrations: &[(&str, &str)], connection: &mut Connection) -> Result<(), OpenError> {
    let read = migrations.iter().map(|(name, sql)| Migration::unapplied(name, sql));
    let migrations = read.collect::<Result<Vec<_>, _>>().map_err(|_| OpenError::Schema)?;
    let runner = Runner::new(&migrations).set_grouped(true).set_abort_divergent(true).set_abort_missing(true);
    runner.run(connection).map(drop).map_err(|_| OpenError::Schema)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sk_24_nothing_on_the_way_stands_in_a_temporary_file() {
        let folder = tempfile::tempdir().unwrap();
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let connection = connect(&folder.path().join("x.db"), flags).unwrap();
        // SQLite, PRAGMA temp_store: 2 is memory.
        assert_eq!(connection.pragma_query_value(None, "temp_store", |row| row.get::<_, i64>(0)).unwrap(), 2);
    }

    #[test]
    fn a_file_of_the_third_version_is_found_by_in_order_after_the_fourth() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate_by(&MIGRATIONS[..3], &mut connection).unwrap();
        let old = "INSERT INTO resource VALUES (7, 'ward', 'Observation', 'o', 'p', 'late', 'early', x'7b7d');
                   INSERT INTO idx_token VALUES (7, 'code', 'c', 's', 'ward', 'p', 'Observation')";
        connection.execute_batch(old).unwrap();
        migrate(&mut connection).unwrap();
        let token = connection.query_row("SELECT upper, lower, id FROM idx_token", [], |row| {
            Ok([row.get::<_, String>(0)?, row.get(1)?, row.get(2)?])
        });
        assert_eq!(token.unwrap(), ["late", "early", "o"]);
    }

    #[test]
    fn waiting_connections_are_bounded_over_all_tenants_and_go_to_their_own() {
        let many = MOST_IDLE + 10;
        let tenants: Vec<TenantId> = (0..many).map(|n| TenantId::new(format!("t{n}")).unwrap()).collect();
        let idle = Idle::default();
        for tenant in &tenants {
            let connection = Connection::open_in_memory().unwrap();
            connection.execute_batch(&format!("CREATE TABLE {} (x)", tenant.as_str())).unwrap();
            idle.keep(tenant, connection);
        }
        assert_eq!(idle.0.lock().unwrap().len(), MOST_IDLE);
        assert!(idle.take(&tenants[9]).is_none());
        let own = idle.take(&tenants[10]).unwrap();
        assert!(own.table_exists(None, "t10").unwrap());
        assert!(idle.take(&tenants[10]).is_none());
    }
}
