//! Media that leave and enter a library through its ports.

use crate::deadline::Patience;
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
}
