//! How the process ends: one exit status for each kind of trouble.
//!
//! Why: whoever starts the manager, a service supervisor first of all, can tell by the status whether it helps to try
//! again, to wait for another manager, or only that a person looks. `rsmd --help` lists them from here.
//!
//! Invariant: a status that was given a meaning keeps it.

use rsm_store::StoreError;
use std::fmt::Write as _;
use std::process::ExitCode;

/// How the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum End {
    /// It was told to stop, or the configuration is good.
    Good = 0,
    /// Anything that has no status of its own.
    Failed = 1,
    /// The configuration is wrong.
    WrongConfiguration = 2,
    /// Another manager runs.
    SecondInstance = 3,
    /// The database has a schema of a later version.
    NewerDatabase = 4,
    /// The database is damaged, or another program's.
    NoDatabaseOfOurs = 5,
    /// A configured place cannot be used.
    UnusablePlace = 6,
    /// The disk is full.
    NoRoom = 7,
}

impl End {
    /// All of them.
    pub const ALL: [End; 8] = [
        End::Good,
        End::Failed,
        End::WrongConfiguration,
        End::SecondInstance,
        End::NewerDatabase,
        End::NoDatabaseOfOurs,
        End::UnusablePlace,
        End::NoRoom,
    ];

    /// What it means, for a person.
    pub fn meaning(self) -> &'static str {
        match self {
            End::Good => "told to stop; with --check-config, nothing stands against a start",
            End::Failed => "could not start or go on, for another reason than these",
            End::WrongConfiguration => "the command line or the configuration is wrong",
            End::SecondInstance => "another manager runs with this database or socket",
            End::NewerDatabase => "the database was written by a later version",
            End::NoDatabaseOfOurs => "the database is damaged, or belongs to another program",
            End::UnusablePlace => "a configured file or folder cannot be made or used",
            End::NoRoom => "there is no room on the disk of the database",
        }
    }

    /// The table of `rsmd --help`.
    pub fn table() -> String {
        let mut text = "Exit status:\n".to_string();
        for end in End::ALL {
            let _ = writeln!(text, "  {}  {}", end as u8, end.meaning());
        }
        text
    }
}

impl From<End> for ExitCode {
    fn from(end: End) -> Self {
        ExitCode::from(end as u8)
    }
}

impl From<&StoreError> for End {
    fn from(error: &StoreError) -> Self {
        match error {
            StoreError::Locked { .. } => End::SecondInstance,
            StoreError::NewerSchema { .. } => End::NewerDatabase,
            StoreError::Corrupt(_) | StoreError::Foreign { .. } => End::NoDatabaseOfOurs,
            StoreError::NoAccess(_) => End::UnusablePlace,
            StoreError::Full(_) => End::NoRoom,
            StoreError::Constraint(_) | StoreError::Failure(_) => End::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_trouble_of_the_database_has_its_end() {
        let text = String::new;
        let ends = [
            (StoreError::Full(text()), End::NoRoom),
            (StoreError::Corrupt(text()), End::NoDatabaseOfOurs),
            (StoreError::Foreign { path: "/x".into() }, End::NoDatabaseOfOurs),
            (StoreError::NewerSchema { found: 2, known: 1 }, End::NewerDatabase),
            (StoreError::Locked { path: "/x".into() }, End::SecondInstance),
            (StoreError::NoAccess(text()), End::UnusablePlace),
            (StoreError::Failure(text()), End::Failed),
        ];
        for (error, end) in ends {
            assert_eq!(End::from(&error), end, "{error}");
        }
        let numbers: Vec<u8> = End::ALL.iter().map(|end| *end as u8).collect();
        assert_eq!(numbers, [0, 1, 2, 3, 4, 5, 6, 7]);
    }
}
