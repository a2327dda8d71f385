//! Operator requests: the calls by which programs ask people, and people answer.
//!
//! Why apart from [`Session`]'s other calls: they go together. Invariant: an argument that a C program may leave NULL is
//! an `Option` here, so that the service's rules decide about it.

use crate::deadline::Patience;
use crate::error::ClientError;
use crate::session::{Session, id};
use rsm_model::Guid;
use rsm_model::call::SubmitCall;
use rsm_wire::v1;

impl Session {
    /// Asks a person for something (SubmitNtmsOperatorRequest); gives the id of the request.
    pub fn submit_operator_request(&self, call: &SubmitCall) -> Result<Guid, ClientError> {
        let request = v1::SubmitNtmsOperatorRequestRequest {
            session: self.id.clone(),
            call: self.number(),
            request: call.task,
            message: call.message.clone(),
            arg1: call.first.map(|id| id.to_string()),
            arg2: call.second.map(|id| id.to_string()),
            ..Default::default()
        };
        let answer = self.channel.call(&request, Patience::Prompt)?;
        id("SubmitNtmsOperatorRequest", &answer.request)
    }

    /// Waits until a request is answered (WaitForNtmsOperatorRequest): success says that it was done, ERROR_CANCELLED
    /// that it was refused or the session was closed, ERROR_TIMEOUT that it is still open.
    pub fn wait_for_operator_request(
        &self,
        request: Option<Guid>,
        timeout_ms: u32,
    ) -> Result<(), ClientError> {
        let request = v1::WaitForNtmsOperatorRequestRequest {
            session: self.id.clone(),
            call: self.number(),
            request: request.map(|id| id.to_string()),
            timeout_ms,
            ..Default::default()
        };
        self.channel.call(&request, Patience::Timeout { timeout_ms }).map(drop)
    }

    /// Says that a request was done (SatisfyNtmsOperatorRequest).
    pub fn satisfy_operator_request(&self, request: Option<Guid>) -> Result<(), ClientError> {
        let request = v1::SatisfyNtmsOperatorRequestRequest {
            session: self.id.clone(),
            call: self.number(),
            request: request.map(|id| id.to_string()),
            ..Default::default()
        };
        self.channel.call(&request, Patience::Prompt).map(drop)
    }

    /// Refuses a request (CancelNtmsOperatorRequest), and with it what waits for it.
    pub fn cancel_operator_request(&self, request: Option<Guid>) -> Result<(), ClientError> {
        let request = v1::CancelNtmsOperatorRequestRequest {
            session: self.id.clone(),
            call: self.number(),
            request: request.map(|id| id.to_string()),
            ..Default::default()
        };
        self.channel.call(&request, Patience::Prompt).map(drop)
    }

    /// Says that a console shows a request, or that a person works on it (extension); `state` is 2 for active, 3 for in
    /// progress.
    pub fn acknowledge_operator_request(&self, request: Guid, state: u32) -> Result<(), ClientError> {
        let request = v1::AcknowledgeOperatorRequestRequest {
            session: self.id.clone(),
            call: self.number(),
            request: request.to_string(),
            state,
            ..Default::default()
        };
        self.channel.call(&request, Patience::Prompt).map(drop)
    }
}
