//! A file beside the database that only takes up room, so that there is some to give back.
//!
//! A robot that has moved cannot be asked to wait until somebody frees disk space: the outcome of its move must be
//! written. When the disk is full the engine gives the ballast up, writes the outcome in the room that this leaves,
//! and refuses new calls until the ballast can be put back.
//!
//! Invariant: the ballast is either whole or not there; what stands in it means nothing.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Room held back: a transaction with the outcome of a step takes a few pages of 4 KiB for each of its tables and
/// their indices, well under 200 KiB; this leaves a margin for several of them.
const SIZE: usize = 1024 * 1024;

/// Whether room is held back for the outcomes of robot moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ballast {
    /// The room is held back.
    Held,
    /// No room is held back: it was given up, it could not be taken, or the database is in memory.
    Absent,
}

pub(crate) fn path_of(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".ballast");
    PathBuf::from(name)
}

/// Takes up the room, when it is not taken already.
pub(crate) fn restore(database: &Path) -> Ballast {
    let path = path_of(database);
    if fs::metadata(&path).is_ok_and(|data| data.len() == SIZE as u64) {
        return Ballast::Held;
    }
    match fill(&path) {
        Ok(()) => Ballast::Held,
        Err(_) => release(database),
    }
}

/// Gives the room up.
pub(crate) fn release(database: &Path) -> Ballast {
    let path = path_of(database);
    match fs::remove_file(&path) {
        Ok(()) => Ballast::Absent,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ballast::Absent,
        // It cannot be removed, so it still takes up its room.
        Err(_) => Ballast::Held,
    }
}

/// Writes bytes that no file system can compress away or leave as a hole, and waits until they are on the disk.
fn fill(path: &Path) -> io::Result<()> {
    let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut bytes = Vec::with_capacity(SIZE);
    while bytes.len() < SIZE {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    let mut file = File::create(path)?;
    file.write_all(&bytes)?;
    file.sync_all()
}
