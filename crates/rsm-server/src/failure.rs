//! How a refusal leaves: a Connect error whose detail is the documented failure.
//!
//! Why: every failure carries the documented name, the Win32 number, a sentence and the next step, whichever protocol
//! the caller speaks. What the RPC runtime refuses by itself (a body that is no message, an unknown field) gets the
//! same detail, by [`Documented`], and so does a deadline that the caller set in its headers.
//!
//! Invariant: an error without a `rsm.v1.Failure` leaves only where no method was reached.

use connectrpc::interceptor::{Interceptor, Next, UnaryRequest, UnaryResponse};
use connectrpc::{ConnectError, ErrorCode, ErrorDetail};
use rsm_model::Code;
use rsm_model::call::Refusal;
use rsm_wire::{FAILURE_TYPE, WrongReply, v1};
use std::time::Duration;

/// Makes the error of a refusal.
pub fn error_of(refusal: &Refusal) -> ConnectError {
    let message = match refusal.next.as_str() {
        "" => format!("{} ({}): {}", refusal.code.name(), refusal.code.number(), refusal.sentence),
        next => {
            format!("{} ({}): {}; {next}", refusal.code.name(), refusal.code.number(), refusal.sentence)
        }
    };
    let mut error = ConnectError::new(error_code(refusal.code), message);
    error.details.push(detail_of(refusal));
    error
}

/// Makes the error of an engine that answered another kind of call.
pub fn error_of_wrong(wrong: &WrongReply) -> ConnectError {
    tracing::error!("{wrong}");
    error_of(&Refusal::new(Code::DatabaseFailure, wrong.to_string()).next("report this defect"))
}

fn detail_of(refusal: &Refusal) -> ErrorDetail {
    let failure = v1::Failure::from(refusal);
    let mut detail = ErrorDetail::from_message(FAILURE_TYPE, &failure);
    // Without it a JSON client would see base64 alone.
    detail.debug = serde_json::to_value(&failure).ok();
    detail
}

/// The word of the Connect protocol for a documented condition. Conditions about the state of things are
/// `failed_precondition`, never `unavailable`: a client library would repeat the call by itself.
fn error_code(code: Code) -> ErrorCode {
    match code {
        Code::AccessDenied => ErrorCode::PermissionDenied,
        Code::InvalidParameter
        | Code::InvalidName
        | Code::InvalidComputername
        | Code::InvalidAddress
        | Code::InsufficientBuffer
        | Code::BadFormat => ErrorCode::InvalidArgument,
        Code::ObjectNotFound
        | Code::InvalidMedia
        | Code::InvalidPartition
        | Code::InvalidLibrary
        | Code::InvalidMediaPool
        | Code::InvalidDrive => ErrorCode::NotFound,
        Code::AlreadyExists | Code::DuplicateOmid => ErrorCode::AlreadyExists,
        Code::Timeout => ErrorCode::DeadlineExceeded,
        Code::Cancelled => ErrorCode::Canceled,
        Code::CallNotImplemented | Code::NotImplemented | Code::NotSupported => ErrorCode::Unimplemented,
        Code::NotEnoughMemory | Code::DatabaseFull => ErrorCode::ResourceExhausted,
        Code::NotReady | Code::NotConnected | Code::ConnectionUnavail => ErrorCode::Unavailable,
        Code::DatabaseFailure => ErrorCode::Internal,
        _ => ErrorCode::FailedPrecondition,
    }
}

/// The documented condition for what the runtime refused by itself.
fn code_of(error: ErrorCode) -> Code {
    match error {
        ErrorCode::Unimplemented => Code::CallNotImplemented,
        ErrorCode::DeadlineExceeded => Code::Timeout,
        ErrorCode::ResourceExhausted => Code::NotEnoughMemory,
        ErrorCode::Canceled => Code::Cancelled,
        _ => Code::InvalidParameter,
    }
}

/// How long before a caller's deadline it is answered.
const ANSWERED_BEFORE: Duration = Duration::from_millis(20);

/// Gives errors of the runtime the documented detail, and answers a deadline itself.
#[derive(Clone, Copy, Debug)]
pub struct Documented;

#[connectrpc::async_trait]
impl Interceptor for Documented {
    async fn intercept_unary(
        &self,
        request: UnaryRequest,
        next: Next<'_>,
    ) -> Result<UnaryResponse, ConnectError> {
        let Some(left) = request.ctx.time_remaining() else {
            return next.run(request).await.map_err(documented);
        };
        // A little before the runtime would answer without a word about the call.
        let left = left.saturating_sub(ANSWERED_BEFORE.min(left / 2));
        match tokio::time::timeout(left, next.run(request)).await {
            Ok(answer) => answer.map_err(documented),
            Err(_) => Err(error_of(
                &Refusal::new(
                    Code::Timeout,
                    "the caller's deadline has come; the call goes on at the manager",
                )
                .next("make it again with the same number to join it"),
            )),
        }
    }
}

fn documented(mut error: ConnectError) -> ConnectError {
    if error.details.is_empty() {
        let sentence = error.message.clone().unwrap_or_default();
        let refusal = Refusal::new(code_of(error.code), sentence)
            .next("compare the request with the message in proto/rsm/v1");
        error.details.push(detail_of(&refusal));
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_the_condition_its_number_and_the_next_step() {
        let error = error_of(&Refusal::new(Code::InvalidHandle, "x is closed").next("open a session"));
        assert_eq!(error.code, ErrorCode::FailedPrecondition);
        assert_eq!(error.message.as_deref(), Some("ERROR_INVALID_HANDLE (6): x is closed; open a session"));
        let debug = error.details[0].debug.clone().expect("JSON clients see it");
        assert_eq!(
            debug,
            serde_json::json!({"name": "ERROR_INVALID_HANDLE", "number": 6, "sentence": "x is closed",
                               "next": "open a session"})
        );
    }

    #[test]
    fn an_overloaded_manager_is_resource_exhausted() {
        assert_eq!(error_code(Code::NotEnoughMemory), ErrorCode::ResourceExhausted);
        assert_eq!(error_code(Code::Busy), ErrorCode::FailedPrecondition);
    }
}
