//! Notification channels as a program sees them.

use super::Bed;
use rsm_client::{Change, ClientError, Notification, Session};
use rsm_model::ids::Guid;
use rsm_model::{ObjectType, generated::constants::notification as numbers};
use std::sync::Arc;

/// NTMS_OBJ_UPDATE.
pub const UPDATE: u32 = numbers::NTMS_OBJ_UPDATE;
/// NTMS_OBJ_INSERT.
pub const INSERT: u32 = numbers::NTMS_OBJ_INSERT;
/// NTMS_OBJ_DELETE.
pub const DELETE: u32 = numbers::NTMS_OBJ_DELETE;
/// NTMS_EVENT_COMPLETE.
pub const COMPLETE: u32 = numbers::NTMS_EVENT_COMPLETE;

/// A wait that a test takes for endless.
pub const LONG_MS: u32 = 20_000;

/// Opens a channel of a type.
pub fn channel(session: &Arc<Session>, kind: ObjectType) -> Notification {
    Notification::open(session, kind.number()).expect("ERROR_SUCCESS")
}

/// The next change of a channel, which must be there or come.
pub fn next(channel: &Notification) -> (u32, Guid) {
    let Change { operation, object } = channel.wait(LONG_MS).expect("a change");
    (operation, object)
}

/// Everything that a channel has to hand over.
pub fn all(channel: &Notification) -> Vec<(u32, Guid)> {
    let mut changes = Vec::new();
    loop {
        match channel.wait(0) {
            Ok(change) => changes.push((change.operation, change.object)),
            Err(error) => {
                assert_eq!(code(&error), "ERROR_TIMEOUT", "{error}");
                return changes;
            }
        }
    }
}

/// The objects whose operations were signalled as complete.
pub fn completed(channel: &Notification) -> Vec<Guid> {
    all(channel)
        .into_iter()
        .filter(|(operation, _)| *operation == COMPLETE)
        .map(|(_, object)| object)
        .collect()
}

/// The documented name of a refusal.
pub fn code(error: &ClientError) -> &str {
    match error {
        ClientError::Refused(refusal) => &refusal.name,
        other => panic!("the service did not answer: {other}"),
    }
}

impl Bed {
    /// Fails unless calls are refused with ERROR_DATABASE_FAILURE while the database is spoilt, its files the same before
    /// and after.
    pub fn fails_on_a_ruin<T>(&self, call: impl FnOnce() -> Result<T, ClientError>) {
        self.ruin_database();
        let before = self.files();
        let error = call().err().expect("nothing can be read");
        assert_eq!(code(&error), "ERROR_DATABASE_FAILURE", "{error}");
        assert!(self.files() == before, "a failed call writes nothing");
    }

    fn files(&self) -> [Option<Vec<u8>>; 2] {
        ["rsm.db", "rsm.db-wal"].map(|name| std::fs::read(self.folder.path().join(name)).ok())
    }
}
