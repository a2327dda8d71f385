//! iSCSI in user space: commands to a unit of an iSCSI target, without a kernel's SCSI.
//!
//! The library libiscsi (LGPL-2.1-or-later) is loaded at run time, so that neither its headers nor a compiler for C
//! is needed to build. Its blocking calls spin for ever when a target is gone, so only its asynchronous calls are
//! used, and the waiting is done here, with a deadline of our own.
//!
//! Invariants: one session, one command under way; nothing reconnects by itself, for a reconnect would hide a
//! reset; after a missed deadline the session is destroyed before `execute` returns.

mod ffi;

use crate::transport::{Answer, DataPhase, Transport, TransportError};
use ffi::{Ended, Session};
use rsm_scsi::ScsiStatus;
use std::time::{Duration, Instant};

/// Time for connecting and login together, in milliseconds: a target on a busy network answers within seconds, and
/// nothing of the device is at stake if it does not.
pub const CONNECT_MS: u64 = 10_000;

/// The name under which the targets know us.
pub const INITIATOR: &str = "iqn.2026-01.invalid.rsm:worker";

/// One unit of an iSCSI target.
pub struct IscsiTransport {
    session: Option<Session>,
    portal: String,
    lun: u16,
}

impl IscsiTransport {
    /// Connects and logs in.
    ///
    /// # Errors
    /// [`TransportError::Gone`]: the library is missing (the text names the package), nobody listens, the target
    /// does not exist or does not answer within [`CONNECT_MS`].
    pub fn connect(portal: &str, target: &str, lun: u16) -> Result<Self, TransportError> {
        let gone =
            |reason: String| TransportError::Gone { reason: format!("iscsi://{portal}/{target}: {reason}") };
        let library = ffi::library().map_err(|reason| gone(reason.clone()))?;
        let mut session = Session::new(library, INITIATOR, target).map_err(&gone)?;
        let deadline = Instant::now() + Duration::from_millis(CONNECT_MS);
        session.connect(portal, deadline).map_err(&gone)?;
        session.login(deadline).map_err(&gone)?;
        Ok(Self { session: Some(session), portal: portal.to_owned(), lun })
    }
}

impl Transport for IscsiTransport {
    fn execute(
        &mut self,
        cdb: &[u8],
        data: DataPhase<'_>,
        timeout_ms: u64,
    ) -> Result<Answer, TransportError> {
        let mut session = self.session.take().ok_or_else(|| TransportError::Gone {
            reason: format!("the session with {} was given up", self.portal),
        })?;
        let deadline = Instant::now() + Duration::from_millis(timeout_ms);
        let ended = session.command(self.lun, cdb, data, timeout_ms, deadline);
        match ended {
            Ended::Answer { status, sense, data_in } => {
                self.session = Some(session);
                Ok(Answer { status: ScsiStatus::from_byte(status), sense, data_in })
            }
            Ended::NotSent(reason) => Err(TransportError::Gone { reason }),
            Ended::Timeout => Err(TransportError::Timeout { timeout_ms }),
            Ended::Lost(reason) => Err(TransportError::Lost { reason }),
        }
    }
}
