//! Database notification on the wire.
//!
//! Why: one conversion per message, for the server and for clients. Invariant: a channel is a handle, so a text that is
//! none names no open channel (ERROR_INVALID_HANDLE), and only one that is left out, or the null id, is NULL.

use crate::convert::{Addressed, BadAnswer, WrongReply, answer_id, session};
use crate::v1;
use rsm_model::Code;
use rsm_model::call::{NoticeCall, Refusal, Reply};
use rsm_model::ids::Guid;

impl TryFrom<v1::OpenNtmsNotificationRequest> for Addressed<NoticeCall> {
    type Error = Refusal;

    fn try_from(request: v1::OpenNtmsNotificationRequest) -> Result<Self, Refusal> {
        let what = NoticeCall::Open { object_type: request.object_type };
        Ok(Addressed { session: session(&request.session)?, number: request.call, what })
    }
}

impl TryFrom<v1::WaitForNtmsNotificationRequest> for Addressed<NoticeCall> {
    type Error = Refusal;

    fn try_from(request: v1::WaitForNtmsNotificationRequest) -> Result<Self, Refusal> {
        let session = session(&request.session)?;
        let channel = channel(request.channel.as_deref())?;
        let what = NoticeCall::Wait { channel, timeout_ms: request.timeout_ms };
        Ok(Addressed { session, number: request.call, what })
    }
}

impl TryFrom<v1::CloseNtmsNotificationRequest> for Addressed<NoticeCall> {
    type Error = Refusal;

    fn try_from(request: v1::CloseNtmsNotificationRequest) -> Result<Self, Refusal> {
        let session = session(&request.session)?;
        let what = NoticeCall::Close { channel: channel(request.channel.as_deref())? };
        Ok(Addressed { session, number: request.call, what })
    }
}

/// Reads the channel of a request.
fn channel(text: Option<&str>) -> Result<Option<Guid>, Refusal> {
    text.map(str::parse).transpose().map_err(|error| {
        Refusal::new(Code::InvalidHandle, format!("field channel: {error}"))
            .next("call OpenNtmsNotification and use the channel it gives")
    })
}

impl TryFrom<Reply> for v1::OpenNtmsNotificationResponse {
    type Error = WrongReply;

    fn try_from(reply: Reply) -> Result<Self, WrongReply> {
        match reply {
            Reply::Channel(id) => Ok(Self { channel: id.to_string(), ..Default::default() }),
            other => Err(WrongReply(format!("{other:?}"))),
        }
    }
}

impl TryFrom<v1::OpenNtmsNotificationResponse> for Reply {
    type Error = BadAnswer;

    fn try_from(answer: v1::OpenNtmsNotificationResponse) -> Result<Self, BadAnswer> {
        Ok(Reply::Channel(answer_id("channel", &answer.channel)?))
    }
}

impl TryFrom<Reply> for v1::WaitForNtmsNotificationResponse {
    type Error = WrongReply;

    fn try_from(reply: Reply) -> Result<Self, WrongReply> {
        match reply {
            Reply::Notification { operation, object } => {
                Ok(Self { operation, object: object.to_string(), ..Default::default() })
            }
            other => Err(WrongReply(format!("{other:?}"))),
        }
    }
}

impl TryFrom<v1::WaitForNtmsNotificationResponse> for Reply {
    type Error = BadAnswer;

    fn try_from(answer: v1::WaitForNtmsNotificationResponse) -> Result<Self, BadAnswer> {
        let text = answer.object;
        match text.parse() {
            Ok(object) => Ok(Reply::Notification { operation: answer.operation, object }),
            Err(_) => Err(BadAnswer { field: "object", value: text, wanted: "an id" }),
        }
    }
}
