//! The Unix socket file: made, and taken over from a manager that is gone, but never from one that lives.
//!
//! Why mode 0666: everybody may speak to the manager; the kernel's word about who it is decides what it may do
//! (decision 11). Invariant: a file is removed only if it is this manager's own, or a socket on which nobody answers.

use std::io::ErrorKind;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

/// Why the socket cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    /// Another manager listens on it.
    #[error("another manager answers on {}; stop that one first, or configure another socket", .0.display())]
    Answered(PathBuf),
    /// Something else stands in its place.
    #[error("{} exists and is no socket; move it away, or configure another socket", .0.display())]
    NotASocket(PathBuf),
    /// The system refuses.
    #[error(
        "cannot {action} the socket {} ({reason}); give the user that runs rsmd the right to its folder, or configure \
         another socket",
        path.display()
    )]
    System {
        /// What was tried.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system said.
        reason: std::io::Error,
    },
}

/// Device, inode and moment of making in seconds and nanoseconds: the number of an inode is soon given anew.
type Identity = (u64, u64, i64, i64);

/// The file of a socket that this manager made; dropping it removes the file.
///
/// It goes before the listener does: whoever finds it is answered, and a manager that starts meanwhile makes its own.
#[derive(Debug)]
pub struct SocketFile {
    path: PathBuf,
    identity: Identity,
}

impl SocketFile {
    fn made(path: &Path) -> std::io::Result<Self> {
        Ok(Self { path: path.to_path_buf(), identity: identity(path)? })
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        // Somebody may have put another in its place; that one is not ours to remove.
        let removed = match identity(&self.path) {
            Ok(found) if found == self.identity => std::fs::remove_file(&self.path),
            Ok(_) => Ok(()),
            Err(error) => Err(error),
        };
        if let Err(error) = removed {
            tracing::debug!("the socket file could not be removed: {error}");
        }
    }
}

fn identity(path: &Path) -> std::io::Result<Identity> {
    std::fs::symlink_metadata(path).map(|found| (found.dev(), found.ino(), found.mtime(), found.mtime_nsec()))
}

/// Makes the socket and listens on it, non-blocking.
///
/// # Errors
/// [`SocketError`]; a file that was there is then still there.
pub fn bind(path: &Path) -> Result<(UnixListener, SocketFile), SocketError> {
    let failed = |action| move |reason| SocketError::System { action, path: path.to_path_buf(), reason };
    make_folder(path)?;
    clear(path)?;
    let listener = UnixListener::bind(path).map_err(failed("listen on"))?;
    let file = SocketFile::made(path).map_err(failed("look at"))?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o666)).map_err(failed("open to all"))?;
    listener.set_nonblocking(true).map_err(failed("listen on"))?;
    Ok((listener, file))
}

/// Makes the folder of a socket, with the modes that the process gives new folders.
///
/// # Errors
/// The system refuses.
pub fn make_folder(path: &Path) -> Result<(), SocketError> {
    let failed =
        |reason| SocketError::System { action: "make the folder of", path: path.to_path_buf(), reason };
    match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => std::fs::create_dir_all(folder).map_err(failed),
        None => Ok(()),
    }
}

/// Says whether something that is no socket stands in the place of one; a manager that answers does not.
///
/// # Errors
/// [`SocketError::NotASocket`].
pub fn look(path: &Path) -> Result<(), SocketError> {
    match std::fs::symlink_metadata(path) {
        Ok(found) if !found.file_type().is_socket() => Err(SocketError::NotASocket(path.to_path_buf())),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Removes the socket of a manager that is gone.
fn clear(path: &Path) -> Result<(), SocketError> {
    let failed = |action| move |reason| SocketError::System { action, path: path.to_path_buf(), reason };
    look(path)?;
    match std::fs::symlink_metadata(path) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed("look at")(error)),
    }
    match UnixStream::connect(path) {
        Ok(_) => Err(SocketError::Answered(path.to_path_buf())),
        // Its manager has just ended and taken it away.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
            std::fs::remove_file(path).map_err(failed("remove the stale file of"))
        }
        Err(error) => Err(failed("try whether anybody answers on")(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stale_socket_is_replaced_and_a_living_one_is_not() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let path = folder.path().join("below/rsm.sock");
        let first = bind(&path).expect("nothing is there");
        let mode = std::fs::metadata(&path).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o666);
        assert!(matches!(bind(&path), Err(SocketError::Answered(_))));
        // A manager that is killed leaves its file.
        let (listener, file) = first;
        drop(listener);
        // File times are as fine as the kernel's tick.
        std::thread::sleep(std::time::Duration::from_millis(50));
        let second = bind(&path).expect("nobody answers any more");
        drop(file);
        assert!(path.exists(), "the file of the second is not the first's to remove");
        drop(second);
        assert!(!path.exists(), "its own is");
    }

    #[test]
    fn a_file_that_is_no_socket_is_left_alone() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let path = folder.path().join("notes.txt");
        std::fs::write(&path, "mine").expect("writable");
        assert!(matches!(bind(&path), Err(SocketError::NotASocket(_))));
        assert_eq!(std::fs::read_to_string(&path).expect("still there"), "mine");
    }
}
