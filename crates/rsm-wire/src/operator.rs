//! Operator requests on the wire: submitted, waited for, answered, acknowledged.
//!
//! Why: one conversion per message, for the server and for clients. Invariant: an id that is left out is NULL and stays
//! apart from the null id; which of them a kind of request needs is the engine's to say.

use crate::convert::{Addressed, BadAnswer, WrongReply, answer_id, optional_guid, request_guid, session};
use crate::v1;
use rsm_model::call::{Call, Refusal, Reply, SubmitCall};

impl TryFrom<v1::SubmitNtmsOperatorRequestRequest> for Addressed<Call> {
    type Error = Refusal;

    fn try_from(request: v1::SubmitNtmsOperatorRequestRequest) -> Result<Self, Refusal> {
        let what = Call::SubmitOperatorRequest(SubmitCall {
            task: request.request,
            first: optional_guid("arg1", request.arg1.as_deref())?,
            second: optional_guid("arg2", request.arg2.as_deref())?,
            message: request.message,
        });
        Ok(Addressed { session: session(&request.session)?, number: request.call, what })
    }
}

impl TryFrom<Reply> for v1::SubmitNtmsOperatorRequestResponse {
    type Error = WrongReply;

    fn try_from(reply: Reply) -> Result<Self, WrongReply> {
        match reply {
            Reply::OperatorRequest(request) => {
                Ok(Self { request: request.to_string(), ..Default::default() })
            }
            other => Err(WrongReply(format!("{other:?}"))),
        }
    }
}

impl TryFrom<v1::SubmitNtmsOperatorRequestResponse> for Reply {
    type Error = BadAnswer;

    fn try_from(answer: v1::SubmitNtmsOperatorRequestResponse) -> Result<Self, BadAnswer> {
        Ok(Reply::OperatorRequest(answer_id("request", &answer.request)?))
    }
}

impl TryFrom<v1::WaitForNtmsOperatorRequestRequest> for Addressed<Call> {
    type Error = Refusal;

    fn try_from(request: v1::WaitForNtmsOperatorRequestRequest) -> Result<Self, Refusal> {
        let what = Call::WaitForOperatorRequest {
            request: optional_guid("request", request.request.as_deref())?,
            timeout_ms: request.timeout_ms,
        };
        Ok(Addressed { session: session(&request.session)?, number: request.call, what })
    }
}

impl TryFrom<v1::SatisfyNtmsOperatorRequestRequest> for Addressed<Call> {
    type Error = Refusal;

    fn try_from(request: v1::SatisfyNtmsOperatorRequestRequest) -> Result<Self, Refusal> {
        let id = optional_guid("request", request.request.as_deref())?;
        let what = Call::SatisfyOperatorRequest { request: id };
        Ok(Addressed { session: session(&request.session)?, number: request.call, what })
    }
}

impl TryFrom<v1::CancelNtmsOperatorRequestRequest> for Addressed<Call> {
    type Error = Refusal;

    fn try_from(request: v1::CancelNtmsOperatorRequestRequest) -> Result<Self, Refusal> {
        let id = optional_guid("request", request.request.as_deref())?;
        let what = Call::CancelOperatorRequest { request: id };
        Ok(Addressed { session: session(&request.session)?, number: request.call, what })
    }
}

impl TryFrom<v1::AcknowledgeOperatorRequestRequest> for Addressed<Call> {
    type Error = Refusal;

    fn try_from(request: v1::AcknowledgeOperatorRequestRequest) -> Result<Self, Refusal> {
        let id = request_guid("request", &request.request)?;
        let what = Call::AcknowledgeOperatorRequest { request: id, state: request.state };
        Ok(Addressed { session: session(&request.session)?, number: request.call, what })
    }
}
