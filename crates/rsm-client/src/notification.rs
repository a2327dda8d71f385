//! Notification channels: what changes, one change a call.
//!
//! Why a type: a channel belongs to its session, and a C program has nothing but the channel's handle. Invariant: a wait
//! whose connection breaks is sent again with its number, so it gets the change that it would have got, and no change
//! is lost or told twice on the way (docs/spec/decisions.md, point 26).

use crate::deadline::Patience;
use crate::error::ClientError;
use crate::session::{Session, id};
use rsm_model::Guid;
use rsm_wire::v1;
use std::sync::Arc;

/// An open notification channel.
#[derive(Clone, Debug)]
pub struct Notification {
    session: Arc<Session>,
    channel: Guid,
}

/// One change of an object, or one signal of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// NtmsNotificationOperations: 1 update, 2 insert, 3 delete, 4 signal, 5 complete.
    pub operation: u32,
    /// The object.
    pub object: Guid,
}

impl Notification {
    /// Opens a channel on which changes to objects of one type are reported from now on (OpenNtmsNotification).
    /// `object_type` is a number of NtmsObjectsTypes; of one that no object has nothing is ever reported.
    pub fn open(session: &Arc<Session>, object_type: u32) -> Result<Notification, ClientError> {
        let request = v1::OpenNtmsNotificationRequest {
            session: session.id.clone(),
            call: session.number(),
            object_type,
            ..Default::default()
        };
        let opened = session.channel.call(&request, Patience::Prompt)?;
        let channel = id("OpenNtmsNotification", &opened.channel)?;
        Ok(Notification { session: Arc::clone(session), channel })
    }

    /// Waits for the next change (WaitForNtmsNotification). ERROR_TIMEOUT: nothing changed; ERROR_NO_DATA: the channel
    /// has broken or was closed meanwhile, and a new one must be opened.
    pub fn wait(&self, timeout_ms: u32) -> Result<Change, ClientError> {
        let request = v1::WaitForNtmsNotificationRequest {
            session: self.session.id.clone(),
            call: self.session.number(),
            channel: Some(self.channel.to_string()),
            timeout_ms,
            ..Default::default()
        };
        let method = "WaitForNtmsNotification";
        let change = self.session.channel.call(&request, Patience::Timeout { timeout_ms })?;
        Ok(Change { operation: change.operation, object: id(method, &change.object)? })
    }

    /// Closes the channel (CloseNtmsNotification); calls that wait on it end with ERROR_NO_DATA.
    pub fn close(&self) -> Result<(), ClientError> {
        let request = v1::CloseNtmsNotificationRequest {
            session: self.session.id.clone(),
            call: self.session.number(),
            channel: Some(self.channel.to_string()),
            ..Default::default()
        };
        self.session.channel.call(&request, Patience::Prompt).map(drop)
    }

    /// Gives the id of the channel.
    pub fn id(&self) -> Guid {
        self.channel
    }

    /// Gives the session that the channel belongs to.
    pub fn session(&self) -> &Arc<Session> {
        &self.session
    }
}
