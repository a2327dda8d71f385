//! Databases on a disk that a test has made: SQLite is given another file system by name, and the rest of the store
//! is the service's own.
//!
//! Why here: which flags, settings and inspections a database is opened with is the store's knowledge, and a test of
//! power cuts is worth something only if it opens the database as the service does. The feature `testing` keeps all
//! of it out of what is shipped.
//!
//! Invariant: with [`Synchronous::Full`], what SQLite is told differs from [`Store::open`] in the file system alone.
//! There is no lock file and no ballast: those are files of the operating system, which has no part in it.

pub use crate::store::Synchronous;

use crate::error::StoreError;
use crate::schema;
use crate::store::{self, Store};
use rusqlite::Connection;

/// A database on a file system that was registered with SQLite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherDisk {
    /// Name under which the file system is registered.
    pub file_system: &'static std::ffi::CStr,
    /// Name of the database on it.
    pub file: String,
    /// Length of the database in bytes; 0 when there is none yet.
    pub length: u64,
    /// When a commit returns.
    pub synchronous: Synchronous,
}

impl Store {
    /// Opens the database on another disk, as [`Store::open`] does: inspected first, then made ready.
    ///
    /// # Errors
    /// As [`Store::open`], but `Locked`.
    pub fn open_on(disk: &OtherDisk) -> Result<Store, StoreError> {
        let open = |flags| Connection::open_with_flags_and_vfs(disk.file.as_str(), flags, disk.file_system);
        if disk.length > 0 {
            schema::look(|flags| Ok(open(flags)?))?;
        }
        let connection = store::made_ready(open(store::writing())?, disk.synchronous)?;
        Ok(Store { connection, files: None })
    }

    /// Looks through every page, index and reference; says what is wrong, if anything is.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn damage(&self) -> Result<Option<String>, StoreError> {
        let first = "PRAGMA integrity_check(1)";
        let verdict: String = self.connection.query_row(first, [], |row| row.get(0))?;
        if verdict != "ok" {
            return Ok(Some(verdict));
        }
        let mut statement = self.connection.prepare("PRAGMA foreign_key_check")?;
        let mut rows = statement.query([])?;
        let dangling = rows.next()?.map(|row| row.get::<_, String>(0)).transpose()?;
        Ok(dangling.map(|table| format!("a row of {table} names one that does not exist")))
    }
}
