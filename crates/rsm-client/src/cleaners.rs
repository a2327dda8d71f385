//! Cleaning drives, the slot of the cleaner, and its way in and out.

use crate::deadline::Patience;
use crate::error::ClientError;
use crate::session::{Session, ids};
use rsm_model::Guid;
use rsm_wire::v1;

impl Session {
    /// Queues the cleaning of a drive (CleanNtmsDrive); gives the library requests that carry it out, none at a drive
    /// that stands alone, which is noted as cleaned.
    pub fn clean_drive(&self, drive: Option<Guid>) -> Result<Vec<Guid>, ClientError> {
        let request = v1::CleanNtmsDriveRequest {
            session: self.id.clone(),
            call: self.number(),
            drive: drive.map(|id| id.to_string()),
            ..Default::default()
        };
        ids("CleanNtmsDrive", &self.channel.call(&request, Patience::Prompt)?.requests)
    }

    /// Sets a slot aside for the cleaner (ReserveNtmsCleanerSlot).
    pub fn reserve_cleaner_slot(
        &self,
        library: Option<Guid>,
        slot: Option<Guid>,
    ) -> Result<Vec<Guid>, ClientError> {
        let request = v1::ReserveNtmsCleanerSlotRequest {
            session: self.id.clone(),
            call: self.number(),
            library: library.map(|id| id.to_string()),
            slot: slot.map(|id| id.to_string()),
            ..Default::default()
        };
        ids("ReserveNtmsCleanerSlot", &self.channel.call(&request, Patience::Prompt)?.requests)
    }

    /// Gives the cleaner's slot up (ReleaseNtmsCleanerSlot).
    pub fn release_cleaner_slot(&self, library: Option<Guid>) -> Result<Vec<Guid>, ClientError> {
        let request = v1::ReleaseNtmsCleanerSlotRequest {
            session: self.id.clone(),
            call: self.number(),
            library: library.map(|id| id.to_string()),
            ..Default::default()
        };
        ids("ReleaseNtmsCleanerSlot", &self.channel.call(&request, Patience::Prompt)?.requests)
    }

    /// Starts (0) or stops (1) the ejection of a library's cleaner (EjectNtmsCleaner); gives the ejection when it is
    /// started, nothing when it is stopped.
    pub fn eject_cleaner(
        &self,
        library: Option<Guid>,
        operation: Option<Guid>,
        action: u32,
    ) -> Result<Vec<Guid>, ClientError> {
        let request = v1::EjectNtmsCleanerRequest {
            session: self.id.clone(),
            call: self.number(),
            library: library.map(|id| id.to_string()),
            operation: operation.map(|id| id.to_string()),
            action,
            ..Default::default()
        };
        ids("EjectNtmsCleaner", &self.channel.call(&request, Patience::Prompt)?.requests)
    }

    /// Starts (0) or stops (1) the insertion of a cleaner that can still be used so often (InjectNtmsCleaner); gives the
    /// insertion when it is started, nothing when it is stopped.
    pub fn inject_cleaner(
        &self,
        library: Option<Guid>,
        operation: Option<Guid>,
        cleanings: u32,
        action: u32,
    ) -> Result<Vec<Guid>, ClientError> {
        let request = v1::InjectNtmsCleanerRequest {
            session: self.id.clone(),
            call: self.number(),
            library: library.map(|id| id.to_string()),
            operation: operation.map(|id| id.to_string()),
            cleanings,
            action,
            ..Default::default()
        };
        ids("InjectNtmsCleaner", &self.channel.call(&request, Patience::Prompt)?.requests)
    }
}
