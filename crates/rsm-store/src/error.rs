//! What can go wrong with the database, in the terms the engine decides by.
//!
//! The engine maps [`StoreError::Full`] to ERROR_DATABASE_FULL and every other case to ERROR_DATABASE_FAILURE; a
//! person reads the sentence, which says the cause and the next step. A failure of SQLite is sorted here, once.
//!
//! Invariant: after any error of a write the transaction it happened in cannot be committed.

use crate::value::BadCell;
use rusqlite::ErrorCode;
use rusqlite::ffi;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Tells why the database could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk, a quota or the page limit is used up; nothing of the transaction was kept.
    #[error("the database has no room left ({0}); free space on its file system, then try again")]
    Full(String),
    /// The file is no database, or a damaged one; it was not changed.
    #[error("the database is damaged ({0}); restore it from a backup, or move it away to start empty")]
    Corrupt(String),
    /// The file is a database, and another program's; it was not changed.
    #[error("the database {} belongs to another program; it was not changed; configure another path", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file, or its folder, may not be read or written by this process, or is none.
    #[error(
        "the database cannot be opened ({0}); give the user that runs the manager the right to the file and its \
         folder, or configure another path"
    )]
    NoAccess(String),
    /// A newer version of this program made the database; it was not changed.
    #[error(
        "the database has schema {found}, and this program knows no schema after {known}; install the version \
         that wrote it, or restore a backup made before the upgrade"
    )]
    NewerSchema {
        /// Version of the schema in the file.
        found: i32,
        /// Newest version this program knows.
        known: i32,
    },
    /// Another process, or another part of this one, has the database open for writing.
    #[error(
        "the database {} is in use by another manager; stop that one first, or configure another database",
        path.display()
    )]
    Locked {
        /// The database.
        path: PathBuf,
    },
    /// A change contradicts what is stored: a row it names does not exist, or exists already.
    #[error("a change contradicts the database ({0}); nothing of it was kept; please report this defect")]
    Constraint(String),
    /// Anything else.
    #[error("the database failed ({0}); look at its disk and at the rights on its folder, then try again")]
    Failure(String),
}

impl StoreError {
    /// Sorts an error of a file beside the database.
    pub(crate) fn from_io(path: &Path, error: &std::io::Error) -> Self {
        let text = format!("{}: {error}", path.display());
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => StoreError::Full(text),
            ErrorKind::PermissionDenied
            | ErrorKind::ReadOnlyFilesystem
            | ErrorKind::NotADirectory
            | ErrorKind::IsADirectory
            | ErrorKind::NotFound => StoreError::NoAccess(text),
            _ => StoreError::Failure(text),
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let (failure, text) = match &error {
            rusqlite::Error::SqliteFailure(failure, _) => (failure, error.to_string()),
            // What fails while a statement is prepared comes with its whole text, which tells a person nothing.
            rusqlite::Error::SqlInputError { error: failure, msg, .. } => (failure, msg.clone()),
            _ => return StoreError::Failure(error.to_string()),
        };
        match failure.code {
            ErrorCode::DiskFull => StoreError::Full(text),
            // The index of the write-ahead log could not grow: the same full disk, met elsewhere.
            _ if failure.extended_code == ffi::SQLITE_IOERR_SHMSIZE => StoreError::Full(text),
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => StoreError::Corrupt(text),
            ErrorCode::ConstraintViolation => StoreError::Constraint(text),
            _ => StoreError::Failure(text),
        }
    }
}

impl From<BadCell> for StoreError {
    fn from(bad: BadCell) -> Self {
        StoreError::Corrupt(bad.to_string())
    }
}
