//! Media that leave and enter a library through its ports and its door.

use crate::deadline::{INFINITE, Patience};
use crate::error::ClientError;
use crate::session::{Session, ids};
use rsm_model::Guid;
use rsm_wire::v1;

impl Session {
    /// Starts (0), stops (1), collects (2) or forces (3) an ejection (EjectNtmsMedia); gives the ejection when it is
    /// started, the request of the medium when that is collected, and nothing when it is stopped.
    pub fn eject(
        &self,
        medium: Option<Guid>,
        operation: Option<Guid>,
        action: u32,
    ) -> Result<Vec<Guid>, ClientError> {
        let request = v1::EjectNtmsMediaRequest {
            session: self.id.clone(),
            call: self.number(),
            medium: medium.map(|id| id.to_string()),
            operation: operation.map(|id| id.to_string()),
            action,
            ..Default::default()
        };
        ids("EjectNtmsMedia", &self.channel.call(&request, Patience::Prompt)?.requests)
    }

    /// Starts (0, or 3 for round after round), stops (1) or interrupts (2) the taking in of media (InjectNtmsMedia); gives
    /// the insertion when it is started, nothing otherwise.
    pub fn inject(
        &self,
        library: Option<Guid>,
        operation: Option<Guid>,
        action: u32,
    ) -> Result<Vec<Guid>, ClientError> {
        let request = v1::InjectNtmsMediaRequest {
            session: self.id.clone(),
            call: self.number(),
            library: library.map(|id| id.to_string()),
            operation: operation.map(|id| id.to_string()),
            action,
            ..Default::default()
        };
        ids("InjectNtmsMedia", &self.channel.call(&request, Patience::Prompt)?.requests)
    }

    /// Queues that hands get the door of a library, and which inventory follows (AccessNtmsLibraryDoor); gives the library
    /// request that carries it out.
    pub fn access_door(&self, library: Option<Guid>, action: u32) -> Result<Vec<Guid>, ClientError> {
        let request = v1::AccessNtmsLibraryDoorRequest {
            session: self.id.clone(),
            call: self.number(),
            library: library.map(|id| id.to_string()),
            action,
            ..Default::default()
        };
        ids("AccessNtmsLibraryDoor", &self.channel.call(&request, Patience::Prompt)?.requests)
    }

    /// Identifies the medium in a slot by its label (IdentifyNtmsSlot), and returns when that is done: 1 leaves it in its
    /// drive, 0 and 2 send it home.
    pub fn identify_slot(&self, slot: Option<Guid>, option: u32) -> Result<(), ClientError> {
        let request = v1::IdentifyNtmsSlotRequest {
            session: self.id.clone(),
            call: self.number(),
            slot: slot.map(|id| id.to_string()),
            option,
            ..Default::default()
        };
        self.channel.call(&request, Patience::Timeout { timeout_ms: INFINITE })?;
        Ok(())
    }
}
