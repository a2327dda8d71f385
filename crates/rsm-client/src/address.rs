//! Where a service is to be found.
//!
//! What: a [`ServerAddress`], and the rule that turns the computer name of OpenNtmsSession into one. Why: the
//! command line names a socket, the C library names a computer, and both end in the same place. Invariant: an
//! address names the service of this host; other hosts are refused here, before anything is sent.

use std::env;
use std::fmt;
use std::path::{Path, PathBuf};

/// The environment variable that names the service's socket.
pub const SOCKET_VARIABLE: &str = "RSM_SOCKET";

/// The socket where the service listens unless it is told otherwise.
pub const DEFAULT_SOCKET: &str = "/run/rsm/rsm.sock";

/// Most bytes of a host name, dots included (RFC 1123).
const HOST_NAME_BYTES: usize = 253;

/// Most bytes between two dots of a host name (RFC 1123).
const HOST_LABEL_BYTES: usize = 63;

/// Names the Unix socket of a service.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ServerAddress {
    socket: PathBuf,
}

impl ServerAddress {
    /// Names the service behind a socket.
    pub fn at_socket(socket: impl Into<PathBuf>) -> Self {
        Self { socket: socket.into() }
    }

    /// Names this host's service: the socket in `RSM_SOCKET`, else `/run/rsm/rsm.sock`.
    pub fn local() -> Self {
        let named = env::var_os(SOCKET_VARIABLE).filter(|value| !value.is_empty());
        Self::at_socket(named.map_or_else(|| PathBuf::from(DEFAULT_SOCKET), PathBuf::from))
    }

    /// Gives the path of the socket.
    pub fn socket(&self) -> &Path {
        &self.socket
    }
}

impl fmt::Display for ServerAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.socket.display())
    }
}

/// What a computer name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComputerName {
    /// This host.
    Local,
    /// Another host; well formed.
    Remote,
    /// No well-formed computer name (OpenNtmsSession/open-name-format).
    Malformed,
}

/// Reads a computer name as OpenNtmsSession gets it: nothing, the empty text, `localhost` and this host's own
/// name, short or with its domain, stand for this host (OpenNtmsSession/open-default-server).
pub fn computer_name(name: Option<&str>, this_host: &str) -> ComputerName {
    let Some(name) = name.filter(|name| !name.is_empty()) else {
        return ComputerName::Local;
    };
    // Windows programs often write two backslashes in front.
    let bare = name.strip_prefix(r"\\").unwrap_or(name);
    if !is_well_formed(bare) {
        return ComputerName::Malformed;
    }
    let short = |text: &str| text.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let local = bare.eq_ignore_ascii_case("localhost")
        || bare.eq_ignore_ascii_case(this_host)
        || (!bare.contains('.') && short(this_host) == bare.to_ascii_lowercase());
    if local { ComputerName::Local } else { ComputerName::Remote }
}

/// Says whether a text has the form of a host name: letters, digits and hyphens between dots (RFC 1123), with
/// the underscore that Windows computer names allow.
fn is_well_formed(name: &str) -> bool {
    let label_is_good = |label: &str| {
        (1..=HOST_LABEL_BYTES).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    name.len() <= HOST_NAME_BYTES && name.split('.').all(label_is_good)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: Option<&str>, expect: ComputerName) {
        assert_eq!(computer_name(name, "Archive.example.org"), expect, "{name:?}");
    }

    #[test]
    fn computer_names_are_local_remote_or_malformed() {
        check(None, ComputerName::Local);
        check(Some(""), ComputerName::Local);
        check(Some("localhost"), ComputerName::Local);
        check(Some("archive"), ComputerName::Local);
        check(Some(r"\\ARCHIVE"), ComputerName::Local);
        check(Some("archive.example.org"), ComputerName::Local);
        check(Some("archive.example.net"), ComputerName::Remote);
        check(Some("other"), ComputerName::Remote);
        check(Some("bad name"), ComputerName::Malformed);
        check(Some("-bad"), ComputerName::Malformed);
        check(Some("two..dots"), ComputerName::Malformed);
        check(Some(r"\\"), ComputerName::Malformed);
        check(Some(&"a".repeat(64)), ComputerName::Malformed);
    }
}
