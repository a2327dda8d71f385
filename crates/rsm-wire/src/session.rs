//! Session management on the wire.
//!
//! Why: one conversion per message, for the server (request to call, reply to answer) and for clients (answer to
//! reply). Invariant: what a client reads back is the reply that the engine gave.

use crate::convert::{Addressed, BadAnswer, WrongReply, answer_id, session};
use crate::v1;
use rsm_model::call::{Call, Refusal, Reply};

impl TryFrom<v1::OpenNtmsSessionRequest> for Addressed<Call> {
    type Error = Refusal;

    fn try_from(request: v1::OpenNtmsSessionRequest) -> Result<Self, Refusal> {
        let what = Call::OpenSession { application: request.application, options: request.options };
        Ok(Addressed { session: None, number: 0, what })
    }
}

impl TryFrom<v1::CloseNtmsSessionRequest> for Addressed<Call> {
    type Error = Refusal;

    fn try_from(request: v1::CloseNtmsSessionRequest) -> Result<Self, Refusal> {
        Ok(Addressed { session: session(&request.session)?, number: request.call, what: Call::CloseSession })
    }
}

impl TryFrom<Reply> for v1::OpenNtmsSessionResponse {
    type Error = WrongReply;

    fn try_from(reply: Reply) -> Result<Self, WrongReply> {
        match reply {
            Reply::Session(id) => Ok(Self { session: id.to_string(), ..Default::default() }),
            other => Err(WrongReply(format!("{other:?}"))),
        }
    }
}

impl TryFrom<v1::OpenNtmsSessionResponse> for Reply {
    type Error = BadAnswer;

    fn try_from(answer: v1::OpenNtmsSessionResponse) -> Result<Self, BadAnswer> {
        Ok(Reply::Session(answer_id("session", &answer.session)?))
    }
}

/// Answers that hold nothing.
macro_rules! done {
    ($($response:ident),+) => {$(
        impl TryFrom<Reply> for v1::$response {
            type Error = WrongReply;

            fn try_from(reply: Reply) -> Result<Self, WrongReply> {
                match reply {
                    Reply::Done => Ok(Self::default()),
                    other => Err(WrongReply(format!("{other:?}"))),
                }
            }
        }

        impl TryFrom<v1::$response> for Reply {
            type Error = BadAnswer;

            fn try_from(_: v1::$response) -> Result<Self, BadAnswer> {
                Ok(Reply::Done)
            }
        }
    )+};
}
done!(
    CloseNtmsSessionResponse,
    KeepAliveResponse,
    WriteBlocksResponse,
    SetNtmsObjectInformationResponse,
    SetNtmsRequestOrderResponse,
    DeleteNtmsRequestsResponse,
    CloseNtmsNotificationResponse,
    WaitForNtmsOperatorRequestResponse,
    SatisfyNtmsOperatorRequestResponse,
    CancelNtmsOperatorRequestResponse,
    IdentifyNtmsSlotResponse,
    AcknowledgeOperatorRequestResponse,
    HoldLibraryResponse
);
