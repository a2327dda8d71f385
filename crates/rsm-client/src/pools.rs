//! Pools and allocation: the calls of a session that say whom media belong to.
//!
//! Why apart from [`Session`]'s other calls: they go together, and the file of the session is long. Invariant: an
//! argument that a C program may leave NULL is an `Option` here, so that the service's rules decide about it.

use crate::deadline::Patience;
use crate::error::ClientError;
use crate::session::{Session, id, ids};
use rsm_model::Guid;
use rsm_model::call::{AllocateCall, CreatePoolCall};
use rsm_wire::v1;

/// What an allocation gives back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allocated {
    /// The logical medium that owns the side.
    pub logical_medium: Guid,
    /// The pool that the medium came from.
    pub from: Guid,
}

impl Session {
    /// Creates a pool of an application, or opens one by its path (CreateNtmsMediaPool); gives its id.
    pub fn create_pool(&self, call: &CreatePoolCall) -> Result<Guid, ClientError> {
        let request = v1::CreateNtmsMediaPoolRequest {
            session: self.id.clone(),
            call: self.number(),
            name: call.name.clone(),
            media_type: call.media_type.map(|id| id.to_string()),
            action: call.action,
            security: call.security.clone(),
            ..Default::default()
        };
        id("CreateNtmsMediaPool", &self.channel.call(&request, Patience::Prompt)?.pool)
    }

    /// Tells the path of a pool (GetNtmsMediaPoolName).
    pub fn pool_name(&self, pool: Option<Guid>) -> Result<String, ClientError> {
        let request = v1::GetNtmsMediaPoolNameRequest {
            session: self.id.clone(),
            pool: pool.map(|id| id.to_string()),
            ..Default::default()
        };
        Ok(self.channel.call(&request, Patience::Prompt)?.name)
    }

    /// Puts a medium into another pool (MoveToNtmsMediaPool); gives the library requests that finish it, such as
    /// writing a free label, none when it is done.
    pub fn move_to_pool(&self, medium: Option<Guid>, pool: Option<Guid>) -> Result<Vec<Guid>, ClientError> {
        let request = v1::MoveToNtmsMediaPoolRequest {
            session: self.id.clone(),
            call: self.number(),
            medium: medium.map(|id| id.to_string()),
            pool: pool.map(|id| id.to_string()),
            ..Default::default()
        };
        ids("MoveToNtmsMediaPool", &self.channel.call(&request, Patience::Prompt)?.requests)
    }

    /// Gets a side (AllocateNtmsMedia): waits until there is one, the time has run out or the session is closed.
    pub fn allocate(&self, call: &AllocateCall) -> Result<Allocated, ClientError> {
        let request = v1::AllocateNtmsMediaRequest {
            session: self.id.clone(),
            call: self.number(),
            pool: call.pool.map(|id| id.to_string()),
            side: call.side.map(|id| id.to_string()),
            logical_medium: call.logical.map(|id| id.to_string()),
            options: call.options,
            timeout_ms: call.timeout_ms,
            ..Default::default()
        };
        let method = "AllocateNtmsMedia";
        let answer = self.channel.call(&request, Patience::Timeout { timeout_ms: call.timeout_ms })?;
        Ok(Allocated {
            logical_medium: id(method, &answer.logical_medium)?,
            from: id(method, &answer.allocated_from)?,
        })
    }

    /// Gives a side back (DeallocateNtmsMedia); gives the library requests that take the medium to its free pool,
    /// none when nothing is left to do.
    pub fn deallocate(&self, logical: Option<Guid>, options: u32) -> Result<Vec<Guid>, ClientError> {
        let request = v1::DeallocateNtmsMediaRequest {
            session: self.id.clone(),
            call: self.number(),
            logical_medium: logical.map(|id| id.to_string()),
            options,
            ..Default::default()
        };
        ids("DeallocateNtmsMedia", &self.channel.call(&request, Patience::Prompt)?.requests)
    }
}
