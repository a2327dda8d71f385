//! The schema: the migrations, and what is looked at before a file is touched.
//!
//! A file is first opened read-only and inspected: a damaged one, one of another program and one with a newer
//! schema are refused without a byte of them being changed. Only then are the migrations run. The one exception is a
//! file with the journal of a transaction that a power cut interrupted: nobody can read it before that is undone.
//!
//! Invariant: a migration that was released is never edited; what changes the schema is a new file with the next
//! number, added to [`MIGRATIONS`].

use crate::error::StoreError;
use refinery::{Migration, Runner};
use rusqlite::{Connection, OpenFlags, OptionalExtension, ffi};
use std::path::Path;

/// The migrations, by name of file and text.
pub(crate) const MIGRATIONS: &[(&str, &str)] = &[
    ("V1__initial", include_str!("../migrations/sqlite/V1__initial.sql")),
    ("V2__labels_and_pools", include_str!("../migrations/sqlite/V2__labels_and_pools.sql")),
];

fn runner() -> Result<Runner, StoreError> {
    let migrations: Result<Vec<Migration>, _> =
        MIGRATIONS.iter().map(|(name, text)| Migration::unapplied(name, text)).collect();
    // All in one transaction: otherwise a migration and the note that it was run are two, and a power cut between
    // them leaves a schema that no start can bring up to date.
    Ok(Runner::new(&migrations.map_err(|error| failed(&error))?).set_grouped(true))
}

/// The newest version of the schema this program knows.
pub(crate) fn known() -> Result<i32, StoreError> {
    Ok(runner()?.get_migrations().iter().map(Migration::version).max().unwrap_or(0))
}

/// Brings a database to the schema of this program.
pub(crate) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    runner()?.run(connection).map(|_| ()).map_err(|error| failed(&error))
}

/// Sorts an error of the migrations: a full disk stays a full disk.
fn failed(error: &refinery::Error) -> StoreError {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        match cause.downcast_ref() {
            Some(rusqlite::Error::SqliteFailure(failure, text)) => {
                return rusqlite::Error::SqliteFailure(*failure, text.clone()).into();
            }
            Some(rusqlite::Error::SqlInputError { error, msg, .. }) => {
                return rusqlite::Error::SqliteFailure(*error, Some(msg.clone())).into();
            }
            _ => {}
        }
        source = cause.source();
    }
    StoreError::Failure(format!("its schema could not be brought up to date: {error}"))
}

/// The version of the schema in a database; none when it holds no table at all.
fn found(connection: &Connection) -> Result<Option<i32>, StoreError> {
    const TABLES: &str = "SELECT count(*), count(*) FILTER (WHERE name = 'refinery_schema_history') \
                          FROM sqlite_master WHERE type = 'table'";
    let (tables, ours): (i64, i64) =
        connection.query_row(TABLES, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    match (tables, ours) {
        (0, _) => Ok(None),
        (_, 0) => Err(StoreError::Failure(
            "the file is a database of another program; configure another path".to_string(),
        )),
        _ => {
            let newest = "SELECT version FROM refinery_schema_history ORDER BY version DESC LIMIT 1";
            Ok(Some(connection.query_row(newest, [], |row| row.get(0)).optional()?.unwrap_or(0)))
        }
    }
}

/// Refuses a file that must not be opened for writing; the file is only read.
pub(crate) fn inspect(path: &Path) -> Result<(), StoreError> {
    match std::fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(StoreError::from_io(path, &error)),
        Ok(data) if data.len() == 0 => return Ok(()),
        Ok(_) => {}
    }
    look(|flags| Connection::open_with_flags(path, flags))
}

/// Refuses a database that must not be opened for writing, however it is opened.
pub(crate) fn look(open: impl Fn(OpenFlags) -> rusqlite::Result<Connection>) -> Result<(), StoreError> {
    let connection = open(OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    if !was_cut_off(&connection) {
        return examine(&connection);
    }
    // What its maker had begun is undone first, as by anybody who opens it; until then there is nothing to look at.
    drop(connection);
    examine(&open(OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?)
}

/// Whether a transaction was under way when the power went, before the log took over from the journal: at a first start.
fn was_cut_off(connection: &Connection) -> bool {
    let first = connection.query_row("PRAGMA schema_version", [], |row| row.get::<_, i64>(0));
    let code = first.err().and_then(|error| error.sqlite_error().map(|failure| failure.extended_code));
    code == Some(ffi::SQLITE_READONLY_ROLLBACK)
}

fn examine(connection: &Connection) -> Result<(), StoreError> {
    let known = known()?;
    match found(connection)? {
        Some(found) if found > known => return Err(StoreError::NewerSchema { found, known }),
        _ => {}
    }
    let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict == "ok" { Ok(()) } else { Err(StoreError::Corrupt(verdict)) }
}

/// Refuses a database whose schema is not the one of this program.
pub(crate) fn demand_current(connection: &Connection) -> Result<(), StoreError> {
    let known = known()?;
    match found(connection)? {
        Some(found) if found > known => Err(StoreError::NewerSchema { found, known }),
        Some(found) if found == known => Ok(()),
        _ => Err(StoreError::Failure(
            "the manager has not made or upgraded this database yet; start it first".to_string(),
        )),
    }
}
