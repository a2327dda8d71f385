//! The one connection that writes, and its transactions.
//!
//! ```text
//!   open ──► Store ── begin ──► WriteTx ── apply, read, apply ... ── commit ──► event rows, all on disk
//!                                  └── dropped, or failed ──► rolled back: nothing of it was ever there
//! ```
//!
//! Invariant: one process at a time has a database open for writing (a lock file beside it says so), and in it one
//! [`Store`]. A transaction in which anything failed cannot be committed.

use crate::ballast::{self, Ballast};
use crate::changes::{self, Changes, EventRow};
use crate::error::StoreError;
use crate::read::{self, ReadTx};
use crate::schema;
use crate::sql;
use crate::value::Value;
use rsm_model::time::UtcTime;
use rusqlite::{Connection, OpenFlags};
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

/// The database, open for writing.
pub struct Store {
    // The connection is dropped before the lock: nobody else may write until the last page is down.
    pub(crate) connection: Connection,
    pub(crate) files: Option<Files>,
}

/// What a database on disk has besides its own file.
pub(crate) struct Files {
    path: PathBuf,
    _lock: File,
}

/// The right to open a database, before anything of it is looked at: nobody else has it meanwhile.
///
/// Given up when it is dropped, and by a crash too.
#[derive(Debug)]
pub struct DatabaseLock {
    path: PathBuf,
    file: File,
}

impl DatabaseLock {
    /// Takes the lock of the database at a path, which need not be there yet; nothing waits.
    ///
    /// Fails with `Locked` when another manager has it, with `NoAccess` or `Failure` when there can be no lock.
    pub fn take(path: &Path) -> Result<DatabaseLock, StoreError> {
        let path = resolved(path)?;
        let file = lock(&path)?;
        Ok(DatabaseLock { path, file })
    }
}

impl Store {
    /// Opens the database at a path, makes it when there is none, and brings its schema up to date.
    ///
    /// Fails with `Locked` when another manager has it open, with `NewerSchema`, `Corrupt` or `Foreign` without having
    /// changed the file, with `NoAccess`, `Full` or `Failure` when it cannot be made or upgraded.
    pub fn open(path: &Path) -> Result<Store, StoreError> {
        Store::open_locked(DatabaseLock::take(path)?)
    }

    /// As [`Store::open`], for whoever holds the lock already. A large database is examined for a while, and an
    /// upgrade takes its time.
    pub fn open_locked(lock: DatabaseLock) -> Result<Store, StoreError> {
        let DatabaseLock { path, file } = lock;
        schema::inspect(&path)?;
        let connection = match connect(&path) {
            // A manager must be able to start on a full disk, to take in the outcomes of what the robots did.
            Err(StoreError::Full(_)) if ballast::release(&path) == Ballast::Absent => connect(&path)?,
            result => result?,
        };
        ballast::restore(&path);
        Ok(Store { connection, files: Some(Files { path, _lock: file }) })
    }

    /// Looks whether a database could be opened, without changing or making anything; none yet is no hindrance.
    ///
    /// Fails with `NewerSchema`, `Corrupt`, `Foreign` and `NoAccess` as [`Store::open`] does. Whether another manager
    /// has it open is not asked.
    pub fn inspect(path: &Path) -> Result<(), StoreError> {
        schema::glance(path)
    }

    /// Makes an empty database in memory, with the same schema; it ends with the value.
    pub fn in_memory() -> Result<Store, StoreError> {
        let mut connection = Connection::open_in_memory()?;
        configure(&connection)?;
        schema::migrate(&mut connection)?;
        Ok(Store { connection, files: None })
    }

    /// Begins a transaction that may write.
    pub fn begin(&mut self) -> Result<WriteTx<'_>, StoreError> {
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        Ok(WriteTx { connection: &self.connection, events: Vec::new(), failed: false, ended: false })
    }

    /// Reads the committed state on the write connection.
    pub fn snapshot<T>(&mut self, read: impl FnOnce(&ReadTx<'_>) -> T) -> Result<T, StoreError> {
        read::snapshot(&self.connection, read)
    }

    /// Gives up the room that is held back beside the database, so that an outcome can be written on a full disk.
    ///
    /// Never fails; the answer says whether room is still held back (it is, when the file cannot be removed).
    pub fn release_ballast(&mut self) -> Ballast {
        self.files.as_ref().map_or(Ballast::Absent, |files| ballast::release(&files.path))
    }

    /// Takes up the room beside the database again, as opening it does.
    ///
    /// Never fails; the answer says whether the room is held back now (it is not, while the disk is full).
    pub fn restore_ballast(&mut self) -> Ballast {
        self.files.as_ref().map_or(Ballast::Absent, |files| ballast::restore(&files.path))
    }

    /// Limits the database to a number of pages of 4 KiB; a transaction that needs more fails with `Full`.
    ///
    /// A number below the present size stands for the present size.
    pub fn limit_pages(&mut self, pages: u32) -> Result<(), StoreError> {
        Ok(self.connection.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))?)
    }

    /// Makes every transaction that writes fail with `Failure`, as a disk does that takes no more writes.
    ///
    /// Reading goes on; [`Store::allow_writes`] ends it.
    pub fn refuse_writes(&mut self) -> Result<(), StoreError> {
        Ok(self.connection.execute_batch("PRAGMA query_only = ON")?)
    }

    /// Lets transactions write again.
    pub fn allow_writes(&mut self) -> Result<(), StoreError> {
        Ok(self.connection.execute_batch("PRAGMA query_only = OFF")?)
    }
}

/// Gives the one name of a database, whatever links lead to it, so that there is one lock for it.
fn resolved(path: &Path) -> Result<PathBuf, StoreError> {
    let failed = |error: std::io::Error| StoreError::from_io(path, &error);
    match path.canonicalize() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let name = path.file_name().ok_or_else(|| failed(error))?;
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            Ok(folder.unwrap_or(Path::new(".")).canonicalize().map_err(failed)?.join(name))
        }
        result => result.map_err(failed),
    }
}

/// How the one connection that writes is opened.
pub(crate) fn writing() -> OpenFlags {
    OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX
}

/// Opens a database for writing and brings its schema up to date.
fn connect(path: &Path) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(path, writing())?;
    // SQLite is content with a file that it may only read, and would say so at the first write.
    if connection.is_readonly("main")? {
        return Err(StoreError::NoAccess(format!("{} may only be read", path.display())));
    }
    made_ready(connection, Synchronous::Full)
}

/// When a commit returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Synchronous {
    /// When the log is on the disk: the only choice of the service.
    Full,
    /// At once: what a power cut takes with it is lost. Tests show by it that they see such a loss.
    #[cfg(feature = "testing")]
    Off,
}

/// Sets a connection up and brings the schema behind it up to date.
pub(crate) fn made_ready(
    mut connection: Connection,
    synchronous: Synchronous,
) -> Result<Connection, StoreError> {
    configure(&connection)?;
    match synchronous {
        Synchronous::Full => {}
        #[cfg(feature = "testing")]
        Synchronous::Off => connection.execute_batch("PRAGMA synchronous = OFF")?,
    }
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(StoreError::Failure(format!(
            "its file system allows only the journal mode {mode}, and WAL is needed"
        )));
    }
    schema::migrate(&mut connection)?;
    Ok(connection)
}

/// Takes the lock file of a database; it is held until the file is closed, by a crash too.
fn lock(path: &Path) -> Result<File, StoreError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let lock_path = PathBuf::from(name);
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&lock_path)
        .map_err(|error| StoreError::from_io(&lock_path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Locked { path: path.to_path_buf() }),
        Err(TryLockError::Error(error)) => Err(StoreError::from_io(&lock_path, &error)),
    }
}

fn configure(connection: &Connection) -> Result<(), StoreError> {
    sql::keep_statements(connection)?;
    // FULL: a commit returns only when the log is on the disk.
    connection.execute_batch("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;")?;
    Ok(())
}

/// The tables that only grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Log {
    /// Event rows.
    Events,
    /// Lines of history.
    History,
    /// Audit rows.
    Audit,
}

impl Log {
    fn table(self) -> &'static str {
        match self {
            Log::Events => "event",
            Log::History => "history",
            Log::Audit => "audit",
        }
    }
}

/// A transaction that may write. Dropping it undoes everything.
pub struct WriteTx<'s> {
    connection: &'s Connection,
    events: Vec<EventRow>,
    failed: bool,
    ended: bool,
}

impl WriteTx<'_> {
    /// Reads what is committed and what was applied in this transaction.
    pub fn read(&self) -> ReadTx<'_> {
        ReadTx::new(self.connection)
    }

    /// Carries out changes: rows, event rows, lines of history and one audit row that names the cause.
    ///
    /// After an error the transaction can only be dropped.
    pub fn apply(&mut self, changes: &Changes, at: UtcTime, cause: &str) -> Result<(), StoreError> {
        self.demand_sound()?;
        match changes::apply(self.connection, changes, at, cause) {
            Ok(events) => {
                self.events.extend(events);
                Ok(())
            }
            Err(error) => {
                self.failed = true;
                Err(error)
            }
        }
    }

    /// Makes everything that was applied durable, and gives the event rows in their order.
    ///
    /// Fails with `Constraint` when a row names one that does not exist; after any error nothing of the transaction
    /// is left.
    pub fn commit(mut self) -> Result<Vec<EventRow>, StoreError> {
        self.demand_sound()?;
        match self.connection.execute_batch("COMMIT") {
            Ok(()) => {
                self.ended = true;
                Ok(std::mem::take(&mut self.events))
            }
            Err(error) => Err(match StoreError::from(error) {
                StoreError::Constraint(text) => StoreError::Constraint(self.dangling().unwrap_or(text)),
                other => other,
            }),
        }
    }

    /// Removes all but the newest `keep` rows of a log, and says how many those were.
    ///
    /// The logs grow with every transaction and nothing else shortens them. A sequence number is not given twice.
    pub fn trim(&mut self, log: Log, keep: u32) -> Result<usize, StoreError> {
        self.demand_sound()?;
        let table = log.table();
        let text =
            format!("DELETE FROM \"{table}\" WHERE \"seq\" <= (SELECT max(\"seq\") FROM \"{table}\") - $1");
        let removed = sql::execute(self.connection, &text, &[Value::Integer(i64::from(keep))]);
        self.failed = removed.is_err();
        removed
    }

    fn demand_sound(&self) -> Result<(), StoreError> {
        // Some failures make SQLite roll back by itself; what came after would then be written without a transaction.
        if self.failed || self.connection.is_autocommit() {
            return Err(StoreError::Failure("an earlier part of the transaction failed".to_string()));
        }
        Ok(())
    }

    /// Says which tables hold rows that name a row that does not exist.
    fn dangling(&self) -> Option<String> {
        let mut statement = self.connection.prepare("PRAGMA foreign_key_check").ok()?;
        let pair = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, String>(2)?));
        let pairs: Vec<(String, String)> = statement.query_map([], pair).ok()?.flatten().collect();
        let (table, parent) = pairs.first()?;
        Some(format!("{} row(s), the first a {table}, name a {parent} that does not exist", pairs.len()))
    }
}

impl Drop for WriteTx<'_> {
    fn drop(&mut self) {
        if !self.ended && !self.connection.is_autocommit() {
            // If even this fails the transaction stays open and the next `begin` says so.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pragma<T: rusqlite::types::FromSql>(store: &Store, name: &str) -> T {
        let text = format!("PRAGMA {name}");
        store.connection.query_row(&text, [], |row| row.get(0)).expect("the pragma exists")
    }

    #[test]
    fn a_commit_waits_for_the_disk_and_references_are_demanded() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(&folder.path().join("rsm.db")).expect("an empty database opens");
        assert_eq!(pragma::<String>(&store, "journal_mode"), "wal");
        assert_eq!(pragma::<i64>(&store, "synchronous"), 2, "FULL");
        assert_eq!(pragma::<i64>(&store, "foreign_keys"), 1);
    }

    #[test]
    fn a_part_that_failed_spoils_the_whole_transaction() {
        let mut store = Store::in_memory().expect("memory is to be had");
        let refuse =
            "CREATE TEMP TRIGGER refuse BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'refused'); END";
        store.connection.execute_batch(refuse).expect("the trigger is made");
        let service = rsm_model::record::Service { incarnation: 1, next_sequence: 2, next_medium_number: 3 };
        let mut changes = Changes::default();
        changes.put(service);
        let mut tx = store.begin().expect("nothing else is open");
        let failed = tx.apply(&changes, UtcTime(0), "test");
        assert!(matches!(failed, Err(StoreError::Constraint(_))), "{failed:?}");
        assert!(!tx.connection.is_autocommit(), "SQLite itself would let the row be committed");
        assert!(matches!(tx.apply(&Changes::default(), UtcTime(0), "test"), Err(StoreError::Failure(_))));
        assert!(matches!(tx.trim(Log::Events, 1), Err(StoreError::Failure(_))));
        assert!(matches!(tx.commit(), Err(StoreError::Failure(_))));
        let left = store.snapshot(|read| read.count_all::<rsm_model::record::Service>().expect("they count"));
        assert_eq!(left.expect("it reads"), 0);
    }

    #[test]
    fn writes_that_are_refused_fail_and_leave_nothing() {
        let mut store = Store::in_memory().expect("memory is to be had");
        let service = rsm_model::record::Service { incarnation: 1, next_sequence: 2, next_medium_number: 3 };
        let mut changes = Changes::default();
        changes.put(service);
        store.refuse_writes().expect("a pragma");
        let refused = store.begin().and_then(|mut tx| tx.apply(&changes, UtcTime(0), "test"));
        assert!(matches!(refused, Err(StoreError::Failure(_))), "{refused:?}");
        store.allow_writes().expect("a pragma");
        let mut tx = store.begin().expect("nothing else is open");
        tx.apply(&changes, UtcTime(0), "test").expect("it writes again");
        tx.commit().expect("it writes again");
    }

    #[test]
    fn sqlite_ending_a_transaction_by_itself_ends_ours() {
        let mut store = Store::in_memory().expect("memory is to be had");
        let mut tx = store.begin().expect("nothing else is open");
        tx.connection.execute_batch("ROLLBACK").expect("a transaction is open");
        let mut changes = Changes::default();
        changes.delete::<rsm_model::record::Device>("any".to_string());
        let refused = tx.apply(&changes, UtcTime(0), "test");
        assert!(matches!(refused, Err(StoreError::Failure(_))), "{refused:?}");
        assert!(matches!(tx.commit(), Err(StoreError::Failure(_))));
    }
}
