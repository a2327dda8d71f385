//! The border to a device: one command in; status, sense and data out; blocking.
//!
//! Why four errors and not one: what a caller may do next depends on whether the command can have been carried
//! out. `Gone` and `Address` say no; `Timeout` and `Lost` say that nobody knows; `Malformed` says that an answer
//! came which makes no sense, so that nobody knows either.
//!
//! Invariant: a transport that has returned `Timeout`, `Lost` or `Malformed` has given its connection up and says
//! `Gone` from then on, so a late answer can never be taken for the answer to a later command. [`Reopening`] makes
//! a new connection for the next command.

use crate::iscsi::IscsiTransport;
use crate::socket::SocketTransport;
use rsm_scsi::ScsiStatus;
use std::path::PathBuf;

/// Carries commands to one logical unit.
pub trait Transport {
    /// Sends one command and waits for its answer, for at most `timeout_ms`.
    ///
    /// # Errors
    /// See [`TransportError`]; a status other than GOOD is an answer and not an error.
    fn execute(&mut self, cdb: &[u8], data: DataPhase<'_>, timeout_ms: u64)
    -> Result<Answer, TransportError>;
}

impl<T: Transport + ?Sized> Transport for Box<T> {
    fn execute(
        &mut self,
        cdb: &[u8],
        data: DataPhase<'_>,
        timeout_ms: u64,
    ) -> Result<Answer, TransportError> {
        (**self).execute(cdb, data, timeout_ms)
    }
}

/// The data that pass with a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataPhase<'a> {
    /// None.
    None,
    /// From the device, at most so many bytes; equal to the command's own allocation or transfer length, because
    /// targets refuse a command whose allocation is larger than the transfer.
    In {
        /// Bytes that are taken.
        allocation: u32,
    },
    /// To the device, all of these.
    Out(&'a [u8]),
}

/// A device's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: ScsiStatus,
    /// Sense data; empty unless the status is CHECK CONDITION.
    pub sense: Vec<u8>,
    /// Data from the device. With CHECK CONDITION it may be longer than what came, filled with zeros: there the
    /// information field of the sense gives the length.
    pub data_in: Vec<u8>,
}

/// Why no answer came.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// No answer within the limit: whether the command is carried out is not known.
    #[error("no answer within {timeout_ms} ms; whether the command is carried out is not known")]
    Timeout {
        /// The limit.
        timeout_ms: u64,
    },
    /// There is no connection and the command was not sent.
    #[error("the device cannot be reached: {reason}")]
    Gone {
        /// Why, for a person.
        reason: String,
    },
    /// The connection broke after the command was sent: whether it is carried out is not known.
    #[error("the connection broke before the answer: {reason}")]
    Lost {
        /// Why, for a person.
        reason: String,
    },
    /// What came is no answer: whether the command was carried out is not known.
    #[error("what came is no answer: {reason}")]
    Malformed {
        /// Why, for a person.
        reason: String,
    },
    /// The address is none that can be opened.
    #[error(
        "{address:?} is no device address ({reason}): write sim:SOCKET#LUN or iscsi://HOST:PORT/TARGET/LUN"
    )]
    Address {
        /// The address.
        address: String,
        /// Why, for a person.
        reason: &'static str,
    },
}

impl TransportError {
    /// Tells whether the command may have been carried out.
    #[must_use]
    pub fn leaves_completion_unknown(&self) -> bool {
        match self {
            Self::Timeout { .. } | Self::Lost { .. } | Self::Malformed { .. } => true,
            Self::Gone { .. } | Self::Address { .. } => false,
        }
    }
}

/// Where a unit is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// `sim:SOCKET#LUN`: a simulated library's socket.
    Socket {
        /// The socket's path.
        path: PathBuf,
        /// The logical unit number.
        lun: u32,
    },
    /// `iscsi://HOST:PORT/TARGET/LUN`; the port may be left out and is 3260 then.
    Iscsi {
        /// Host and port.
        portal: String,
        /// The target's name.
        target: String,
        /// The logical unit number.
        lun: u16,
    },
}

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// [`TransportError::Address`] with what is wrong.
    pub fn parse(address: &str) -> Result<Self, TransportError> {
        let bad = |reason| TransportError::Address { address: address.to_owned(), reason };
        if let Some(rest) = address.strip_prefix("sim:") {
            let (path, lun) = rest.rsplit_once('#').ok_or_else(|| bad("the #LUN is missing"))?;
            if path.is_empty() {
                return Err(bad("the socket's path is missing"));
            }
            let lun = lun.parse().map_err(|_| bad("the LUN is no number"))?;
            return Ok(Self::Socket { path: PathBuf::from(path), lun });
        }
        let rest = address.strip_prefix("iscsi://").ok_or_else(|| bad("the scheme is not known"))?;
        let mut parts = rest.splitn(3, '/');
        let (portal, target, lun) = match (parts.next(), parts.next(), parts.next()) {
            (Some(portal), Some(target), Some(lun)) if !portal.is_empty() && !target.is_empty() => {
                (portal, target, lun)
            }
            _ => return Err(bad("host, target and LUN are needed")),
        };
        if portal.contains('@') {
            return Err(bad("user names and passwords are not supported"));
        }
        let lun = lun.parse().map_err(|_| bad("the LUN is no number"))?;
        Ok(Self::Iscsi { portal: portal.to_owned(), target: target.to_owned(), lun })
    }
}

/// Connects to a device.
///
/// # Errors
/// [`TransportError::Address`] for what is no address, [`TransportError::Gone`] for what cannot be reached; the
/// latter names the package when the iSCSI library is missing.
pub fn open(address: &str) -> Result<Box<dyn Transport>, TransportError> {
    Ok(match Address::parse(address)? {
        Address::Socket { path, lun } => Box::new(SocketTransport::connect(&path, lun)?),
        Address::Iscsi { portal, target, lun } => Box::new(IscsiTransport::connect(&portal, &target, lun)?),
    })
}

/// Connects to a device when a command is sent and no connection stands, and never sends a command twice.
///
/// A verb that met a lost connection can thus read the places again through a new one.
pub struct Reopening {
    address: String,
    connection: Option<Box<dyn Transport>>,
}

impl Reopening {
    /// Makes the transport; nothing is opened yet.
    #[must_use]
    pub fn new(address: impl Into<String>) -> Self {
        Self { address: address.into(), connection: None }
    }
}

impl Transport for Reopening {
    fn execute(
        &mut self,
        cdb: &[u8],
        data: DataPhase<'_>,
        timeout_ms: u64,
    ) -> Result<Answer, TransportError> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => none.insert(open(&self.address)?),
        };
        let answer = connection.execute(cdb, data, timeout_ms);
        if answer.is_err() {
            self.connection = None;
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write;

    fn check(addresses: &[&str]) -> String {
        let mut out = String::new();
        for address in addresses {
            match Address::parse(address) {
                Ok(parsed) => writeln!(out, "{address} -> {parsed:?}").unwrap(),
                Err(error) => writeln!(out, "{error}").unwrap(),
            }
        }
        out
    }

    #[test]
    fn addresses_are_read_or_refused_with_a_reason() {
        let all = [
            "sim:/run/lib.sock#3",
            "sim:/run/with#hash.sock#0",
            "iscsi://127.0.0.1:3260/iqn.2026-01.example.test:vtl/3",
            "iscsi://[::1]/iqn.x/0",
            "sim:/run/lib.sock",
            "sim:#1",
            "iscsi://host/iqn.x",
            "iscsi://user@host/iqn.x/1",
            "iscsi://host/iqn.x/one",
            "/dev/sg0",
        ];
        insta::assert_snapshot!(check(&all), @r#"
        sim:/run/lib.sock#3 -> Socket { path: "/run/lib.sock", lun: 3 }
        sim:/run/with#hash.sock#0 -> Socket { path: "/run/with#hash.sock", lun: 0 }
        iscsi://127.0.0.1:3260/iqn.2026-01.example.test:vtl/3 -> Iscsi { portal: "127.0.0.1:3260", target: "iqn.2026-01.example.test:vtl", lun: 3 }
        iscsi://[::1]/iqn.x/0 -> Iscsi { portal: "[::1]", target: "iqn.x", lun: 0 }
        "sim:/run/lib.sock" is no device address (the #LUN is missing): write sim:SOCKET#LUN or iscsi://HOST:PORT/TARGET/LUN
        "sim:#1" is no device address (the socket's path is missing): write sim:SOCKET#LUN or iscsi://HOST:PORT/TARGET/LUN
        "iscsi://host/iqn.x" is no device address (host, target and LUN are needed): write sim:SOCKET#LUN or iscsi://HOST:PORT/TARGET/LUN
        "iscsi://user@host/iqn.x/1" is no device address (user names and passwords are not supported): write sim:SOCKET#LUN or iscsi://HOST:PORT/TARGET/LUN
        "iscsi://host/iqn.x/one" is no device address (the LUN is no number): write sim:SOCKET#LUN or iscsi://HOST:PORT/TARGET/LUN
        "/dev/sg0" is no device address (the scheme is not known): write sim:SOCKET#LUN or iscsi://HOST:PORT/TARGET/LUN
        "#);
    }

    #[test]
    fn what_cannot_be_opened_was_not_sent() {
        let mut transport = Reopening::new("sim:/nonexistent/library.sock#0");
        let error = transport.execute(&[0; 6], DataPhase::None, 100).expect_err("no such socket");
        assert!(
            matches!(&error, TransportError::Gone { reason } if reason.contains("library.sock")),
            "{error}"
        );
        assert!(!error.leaves_completion_unknown());
    }
}
