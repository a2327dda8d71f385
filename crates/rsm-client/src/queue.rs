//! The queue by hand: cancel, reorder and delete library requests, and send home what lies in a drive.

use crate::deadline::Patience;
use crate::error::ClientError;
use crate::session::{Session, ids, texts};
use rsm_model::Guid;
use rsm_wire::v1;

impl Session {
    /// Cancels a library request (CancelNtmsLibraryRequest); gives the request that ends with the cancellation when a
    /// cartridge has to go back first, none when it is done.
    pub fn cancel_request(&self, request: Option<Guid>) -> Result<Vec<Guid>, ClientError> {
        let request = v1::CancelNtmsLibraryRequestRequest {
            session: self.id.clone(),
            call: self.number(),
            request: request.map(|id| id.to_string()),
            ..Default::default()
        };
        ids("CancelNtmsLibraryRequest", &self.channel.call(&request, Patience::Prompt)?.requests)
    }

    /// Tells the place of a mount among those that wait, from 1; 0 for any other request (GetNtmsRequestOrder).
    pub fn request_order(&self, request: Option<Guid>) -> Result<u32, ClientError> {
        let request = v1::GetNtmsRequestOrderRequest {
            session: self.id.clone(),
            request: request.map(|id| id.to_string()),
            ..Default::default()
        };
        Ok(self.channel.call(&request, Patience::Prompt)?.order)
    }

    /// Gives a mount that waits another place: 1 is next, 0xFFFFFFFF is last (SetNtmsRequestOrder).
    pub fn set_request_order(&self, request: Option<Guid>, order: u32) -> Result<(), ClientError> {
        let request = v1::SetNtmsRequestOrderRequest {
            session: self.id.clone(),
            call: self.number(),
            request: request.map(|id| id.to_string()),
            order,
            ..Default::default()
        };
        self.channel.call(&request, Patience::Prompt).map(drop)
    }

    /// Removes finished requests of one kind, and passes over all others (DeleteNtmsRequests). `object_type` is 10 for
    /// library requests and 17 for operator requests.
    pub fn delete_requests(&self, requests: &[Guid], object_type: u32) -> Result<(), ClientError> {
        let request = v1::DeleteNtmsRequestsRequest {
            session: self.id.clone(),
            call: self.number(),
            requests: texts(requests),
            object_type,
            ..Default::default()
        };
        self.channel.call(&request, Patience::Prompt).map(drop)
    }

    /// Sends what lies in a drive and nobody has mounted to its slot (DismountNtmsDrive); gives the library requests
    /// that carry it out, none at a stand-alone drive.
    pub fn dismount_drive(&self, drive: Option<Guid>) -> Result<Vec<Guid>, ClientError> {
        let request = v1::DismountNtmsDriveRequest {
            session: self.id.clone(),
            call: self.number(),
            drive: drive.map(|id| id.to_string()),
            ..Default::default()
        };
        ids("DismountNtmsDrive", &self.channel.call(&request, Patience::Prompt)?.requests)
    }
}
