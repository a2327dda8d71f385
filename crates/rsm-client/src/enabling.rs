//! Taking libraries, drives and media out of use, and putting them back; holding libraries, and letting them work again.

use crate::deadline::Patience;
use crate::error::ClientError;
use crate::session::{Session, ids};
use rsm_model::Guid;
use rsm_wire::v1;

impl Session {
    /// Queues the disabling of a library, a drive or a medium (DisableNtmsObject); gives the library requests that carry
    /// it out.
    pub fn disable(&self, object_type: u32, object: Option<Guid>) -> Result<Vec<Guid>, ClientError> {
        let request = v1::DisableNtmsObjectRequest {
            session: self.id.clone(),
            call: self.number(),
            object_type,
            object: object.map(|id| id.to_string()),
            ..Default::default()
        };
        ids("DisableNtmsObject", &self.channel.call(&request, Patience::Prompt)?.requests)
    }

    /// Queues the enabling of a library, a drive or a medium (EnableNtmsObject).
    pub fn enable(&self, object_type: u32, object: Option<Guid>) -> Result<Vec<Guid>, ClientError> {
        let request = v1::EnableNtmsObjectRequest {
            session: self.id.clone(),
            call: self.number(),
            object_type,
            object: object.map(|id| id.to_string()),
            ..Default::default()
        };
        ids("EnableNtmsObject", &self.channel.call(&request, Patience::Prompt)?.requests)
    }

    /// Drains or pauses a library, or lets it work again (extension); `hold` is 0 for work, 1 for a drain, 2 for a pause.
    pub fn hold_library(&self, library: Guid, hold: u32, reason: &str) -> Result<(), ClientError> {
        let request = v1::HoldLibraryRequest {
            session: self.id.clone(),
            call: self.number(),
            library: library.to_string(),
            hold,
            reason: reason.to_owned(),
            ..Default::default()
        };
        self.channel.call(&request, Patience::Prompt).map(drop)
    }
}
