//! The folders that the configuration names: made at a start, only looked at before.
//!
//! Invariant: [`look`] makes and changes nothing; what it finds is what [`make`] would meet.

use rustix::fs::Access;
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// Why a folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[error(
    "the folder {} cannot be {action} ({reason}); give the user that runs rsmd the right to it, or configure another",
    path.display()
)]
pub struct PlaceError {
    /// The folder.
    path: PathBuf,
    /// What was to be done with it.
    action: &'static str,
    /// What the system said.
    reason: std::io::Error,
}

/// Makes a folder for this user alone, and those above it.
///
/// # Errors
/// The system refuses.
pub fn make(path: &Path) -> Result<(), PlaceError> {
    let failed = |reason| PlaceError { path: path.to_path_buf(), action: "made", reason };
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed)
}

/// Says whether a folder could be made and written to.
///
/// # Errors
/// What stands against it.
pub fn look(path: &Path) -> Result<(), PlaceError> {
    let nearest = path.ancestors().find(|folder| {
        // The folder of a bare name is the current one.
        folder.as_os_str().is_empty()
            || !matches!(std::fs::symlink_metadata(folder), Err(error) if error.kind() == ErrorKind::NotFound)
    });
    let nearest = nearest.filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let failed = |action, reason: std::io::Error| PlaceError { path: path.to_path_buf(), action, reason };
    match std::fs::metadata(nearest) {
        Ok(found) if !found.is_dir() => Err(failed("used", ErrorKind::NotADirectory.into())),
        Ok(_) => rustix::fs::access(nearest, Access::WRITE_OK | Access::EXEC_OK)
            .map_err(|error| failed(if nearest == path { "written to" } else { "made" }, error.into())),
        Err(error) => Err(failed("used", error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_look_finds_is_what_making_meets() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let file = folder.path().join("file");
        std::fs::write(&file, "mine").expect("writable");
        let dangling = folder.path().join("dangling");
        std::os::unix::fs::symlink("nowhere", &dangling).expect("a link");
        for bad in [file.join("state"), file, dangling, "/proc/rsm-state".into()] {
            let looked = look(&bad);
            let made = make(&bad);
            // Making a folder under /proc fails though its mode allows it to root: no look can know that.
            assert!(
                made.is_err() && (looked.is_err() || bad.starts_with("/proc")),
                "{}: {looked:?}",
                bad.display()
            );
            assert!(made.is_err_and(|error| error.to_string().contains("or configure another")));
        }
        let good = folder.path().join("one/two");
        look(&good).expect("it can be made");
        assert!(!folder.path().join("one").exists(), "and was not");
        make(&good).expect("it can be made");
        look(&good).expect("it can be used");
    }
}
