//! How far a target has been told, kept in the state folder.
//!
//! Why a file of each target and no column: a mail server that answers slowly must not make a writer wait, and the
//! database has one writer, the desk. Why after the delivery: what was told and not noted is told again, what was
//! noted and not told would be lost (decision note 0013).
//!
//! Invariant: the file is the mark of some delivery as a whole, whatever the machine does while it is written.

use rsm_model::ids::Guid;
use rsm_model::time::UtcTime;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// What is read besides the event rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Behind {
    /// Nothing: the event rows behind the mark are all there.
    No,
    /// The requests that are open: this database was not told of before.
    Open,
    /// The requests of a later moment: event rows behind the mark are gone.
    All,
}

/// How far a target has been told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The computer of the database; another one has other requests.
    pub computer: String,
    /// Event rows up to here were looked at; what they told is told or stands in `behind`.
    pub event: i64,
    /// When the last request that was looked at was submitted, in milliseconds of UTC.
    pub at_ms: i64,
    /// That request.
    pub request: Option<String>,
    /// What is read besides the event rows.
    pub behind: Behind,
}

impl Mark {
    /// The mark of a target that was told nothing of a database whose newest event row is given.
    pub fn first(computer: Guid, event: i64) -> Self {
        Self { computer: computer.to_string(), event, at_ms: i64::MIN, request: None, behind: Behind::Open }
    }

    /// Passes a request.
    pub fn pass(&mut self, at: UtcTime, request: Guid) {
        self.at_ms = at.0;
        self.request = Some(request.to_string());
    }
}

/// The file of a target's mark.
#[derive(Debug)]
pub struct MarkFile {
    path: PathBuf,
}

impl MarkFile {
    /// The file of a target, in the state folder.
    pub fn of(state: &Path, target: &str) -> Self {
        Self { path: state.join(format!("delivery-{target}.json")) }
    }

    /// Reads the mark; none when there is no file yet.
    ///
    /// # Errors
    /// The file cannot be read, or holds no mark; the sentence names it.
    pub fn read(&self) -> Result<Option<Mark>, String> {
        let told = |error: &dyn std::fmt::Display| format!("{} is no mark ({error})", self.path.display());
        match std::fs::read(&self.path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| told(&error)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(told(&error)),
        }
    }

    /// Writes the mark, so that it survives a power cut.
    ///
    /// # Errors
    /// The system refuses; the former mark is left.
    pub fn write(&self, mark: &Mark) -> std::io::Result<()> {
        let new = self.path.with_extension("json.new");
        let mut file = File::create(&new)?;
        file.write_all(&serde_json::to_vec(mark)?)?;
        file.sync_all()?;
        std::fs::rename(&new, &self.path)?;
        match self.path.parent() {
            Some(folder) => File::open(folder)?.sync_all(),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_read_as_it_was_written_and_nothing_else_is_taken_for_one() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let file = MarkFile::of(folder.path(), "ops");
        assert_eq!(file.read(), Ok(None));
        let mut mark = Mark::first(Guid([1; 16]), 5);
        mark.pass(UtcTime(7), Guid([2; 16]));
        file.write(&mark).expect("writable");
        assert_eq!(file.read(), Ok(Some(mark)));
        let path = folder.path().join("delivery-ops.json");
        std::fs::write(&path, "{").expect("writable");
        let told = file.read().expect_err("it is none");
        assert!(told.contains(&path.display().to_string()), "{told}");
    }
}
