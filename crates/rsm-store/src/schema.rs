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
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, ffi};
use std::path::Path;

/// The migrations, by name of file and text.
pub(crate) const MIGRATIONS: &[(&str, &str)] = &[
    ("V1__initial", include_str!("../migrations/sqlite/V1__initial.sql")),
    ("V2__labels_and_pools", include_str!("../migrations/sqlite/V2__labels_and_pools.sql")),
    ("V3__queue", include_str!("../migrations/sqlite/V3__queue.sql")),
    ("V4__cleaners", include_str!("../migrations/sqlite/V4__cleaners.sql")),
    ("V5__operator_requests", include_str!("../migrations/sqlite/V5__operator_requests.sql")),
    ("V6__ports", include_str!("../migrations/sqlite/V6__ports.sql")),
    ("V7__hands", include_str!("../migrations/sqlite/V7__hands.sql")),
    ("V8__doors", include_str!("../migrations/sqlite/V8__doors.sql")),
    ("V9__gangs", include_str!("../migrations/sqlite/V9__gangs.sql")),
    ("V10__hold", include_str!("../migrations/sqlite/V10__hold.sql")),
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
    let path = || connection.path().unwrap_or_default().into();
    const TABLES: &str = "SELECT count(*), count(*) FILTER (WHERE name = 'refinery_schema_history') \
                          FROM sqlite_master WHERE type = 'table'";
    let (tables, ours): (i64, i64) =
        connection.query_row(TABLES, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    match (tables, ours) {
        (0, _) => Ok(None),
        (_, 0) => Err(StoreError::Foreign { path: path() }),
        _ => {
            let newest = "SELECT version FROM refinery_schema_history ORDER BY version DESC LIMIT 1";
            Ok(Some(connection.query_row(newest, [], |row| row.get(0)).optional()?.unwrap_or(0)))
        }
    }
}

/// Refuses a file that must not be opened for writing; the file is only read.
pub(crate) fn inspect(path: &Path) -> Result<(), StoreError> {
    if !has_content(path)? {
        return Ok(());
    }
    look(|flags| open_existing(path, flags))
}

/// As [`inspect`], and leaves to the start even what an interrupted transaction left.
pub(crate) fn glance(path: &Path) -> Result<(), StoreError> {
    if !has_content(path)? {
        return Ok(());
    }
    let connection = open_existing(path, LOOKING)?;
    if was_cut_off(&connection) { Ok(()) } else { examine(&connection) }
}

fn has_content(path: &Path) -> Result<bool, StoreError> {
    match std::fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(StoreError::from_io(path, &error)),
        Ok(data) if !data.is_file() => Err(StoreError::NoAccess(format!("{} is no file", path.display()))),
        Ok(data) => Ok(data.len() > 0),
    }
}

fn open_existing(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    let opened = if flags == LOOKING && is_at_rest(path) {
        Connection::open_with_flags(unchanging(path), flags | OpenFlags::SQLITE_OPEN_URI)
    } else {
        Connection::open_with_flags(path, flags)
    };
    opened.map_err(|error| match error.sqlite_error_code() {
        // It is there, so what stands in the way is a right, or that it is no file.
        Some(ErrorCode::CannotOpen) => StoreError::NoAccess(error.to_string()),
        _ => error.into(),
    })
}

/// Whether all of a database is in its own file: nothing in a log, nothing to be undone.
fn is_at_rest(path: &Path) -> bool {
    let is_empty = |suffix: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        std::fs::metadata(name).map_or(true, |data| data.len() == 0)
    };
    is_empty("-wal") && is_empty("-journal")
}

/// The name of a file for SQLite that says that nobody changes it: then a look makes no log and no index of one.
fn unchanging(path: &Path) -> String {
    let mut name = "file:".to_string();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' => name.push(char::from(*byte)),
            _ if byte.is_ascii_alphanumeric() => name.push(char::from(*byte)),
            _ => name.push_str(&format!("%{byte:02x}")),
        }
    }
    name + "?immutable=1"
}

/// How a file is opened that is only looked at.
const LOOKING: OpenFlags = OpenFlags::SQLITE_OPEN_READ_ONLY.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);

/// Refuses a database that must not be opened for writing, however it is opened.
pub(crate) fn look(open: impl Fn(OpenFlags) -> Result<Connection, StoreError>) -> Result<(), StoreError> {
    let connection = open(LOOKING)?;
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
