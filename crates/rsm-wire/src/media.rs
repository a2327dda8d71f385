//! Media services and library control on the wire.
//!
//! Why: one conversion per message, for the server and for clients. Invariant: what a client reads back is the reply
//! that the engine gave; an answer that lists no requests means that there was nothing to queue, and a mount's answer
//! that lists no drives that the mount is queued and nobody waits for it (NTMS_MOUNT_NOWAIT).

use crate::convert::{
    Addressed, BadAnswer, WrongReply, answer_id, answer_ids, optional_guid, request_guids, session, texts,
};
use crate::v1;
use rsm_model::call::{Call, MountCall, Refusal, Reply};

impl TryFrom<v1::MountNtmsMediaRequest> for Addressed<Call> {
    type Error = Refusal;

    fn try_from(request: v1::MountNtmsMediaRequest) -> Result<Self, Refusal> {
        let what = Call::Mount(MountCall {
            media: request_guids("media", &request.media)?,
            drives: request_guids("drives", &request.drives)?,
            options: request.options,
            priority: request.priority,
            timeout_ms: request.timeout_ms,
        });
        Ok(Addressed { session: session(&request.session)?, number: request.call, what })
    }
}

impl TryFrom<Reply> for v1::MountNtmsMediaResponse {
    type Error = WrongReply;

    fn try_from(reply: Reply) -> Result<Self, WrongReply> {
        match reply {
            Reply::Mounted { request, drives } => {
                Ok(Self { request: request.to_string(), drives: texts(&drives), ..Default::default() })
            }
            Reply::Queued(requests) if requests.len() == 1 => {
                Ok(Self { request: requests[0].to_string(), ..Default::default() })
            }
            other => Err(WrongReply(format!("{other:?}"))),
        }
    }
}

impl TryFrom<v1::MountNtmsMediaResponse> for Reply {
    type Error = BadAnswer;

    fn try_from(answer: v1::MountNtmsMediaResponse) -> Result<Self, BadAnswer> {
        let request = answer_id("request", &answer.request)?;
        match answer_ids("drives", &answer.drives)? {
            drives if drives.is_empty() => Ok(Reply::Queued(vec![request])),
            drives => Ok(Reply::Mounted { request, drives }),
        }
    }
}

impl TryFrom<v1::DismountNtmsMediaRequest> for Addressed<Call> {
    type Error = Refusal;

    fn try_from(request: v1::DismountNtmsMediaRequest) -> Result<Self, Refusal> {
        let what =
            Call::Dismount { media: request_guids("media", &request.media)?, options: request.options };
        Ok(Addressed { session: session(&request.session)?, number: request.call, what })
    }
}

impl TryFrom<v1::InventoryNtmsLibraryRequest> for Addressed<Call> {
    type Error = Refusal;

    fn try_from(request: v1::InventoryNtmsLibraryRequest) -> Result<Self, Refusal> {
        let library = optional_guid("library", request.library.as_deref())?;
        let what = Call::Inventory { library, action: request.action };
        Ok(Addressed { session: session(&request.session)?, number: request.call, what })
    }
}

/// Answers that list the library requests which carry the call out.
macro_rules! queued {
    ($($response:ident),+) => {$(
        impl TryFrom<Reply> for v1::$response {
            type Error = WrongReply;

            fn try_from(reply: Reply) -> Result<Self, WrongReply> {
                match reply {
                    Reply::Queued(requests) => Ok(Self { requests: texts(&requests), ..Default::default() }),
                    Reply::Done => Ok(Self::default()),
                    other => Err(WrongReply(format!("{other:?}"))),
                }
            }
        }

        impl TryFrom<v1::$response> for Reply {
            type Error = BadAnswer;

            fn try_from(answer: v1::$response) -> Result<Self, BadAnswer> {
                if answer.requests.is_empty() {
                    return Ok(Reply::Done);
                }
                Ok(Reply::Queued(answer_ids("requests", &answer.requests)?))
            }
        }
    )+};
}
queued!(
    DismountNtmsMediaResponse,
    InventoryNtmsLibraryResponse,
    MoveToNtmsMediaPoolResponse,
    DeallocateNtmsMediaResponse,
    ClassifyResponse,
    CancelNtmsLibraryRequestResponse,
    CleanNtmsDriveResponse,
    ReserveNtmsCleanerSlotResponse,
    ReleaseNtmsCleanerSlotResponse,
    DismountNtmsDriveResponse,
    DisableNtmsObjectResponse,
    EnableNtmsObjectResponse,
    EjectNtmsMediaResponse,
    EjectNtmsCleanerResponse,
    InjectNtmsCleanerResponse,
    InjectNtmsMediaResponse,
    AccessNtmsLibraryDoorResponse
);
