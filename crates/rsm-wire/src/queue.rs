//! Library control on the wire: the queue by hand.
//!
//! Why: one conversion per message, for the server and for clients. Invariant: an id that is left out is NULL and stays
//! apart from the null id.

use crate::convert::{Addressed, BadAnswer, WrongReply, optional_guid, request_guids, session};
use crate::v1;
use rsm_model::call::{Call, Query, Refusal, Reply};

impl TryFrom<v1::CancelNtmsLibraryRequestRequest> for Addressed<Call> {
    type Error = Refusal;

    fn try_from(request: v1::CancelNtmsLibraryRequestRequest) -> Result<Self, Refusal> {
        let what = Call::CancelRequest { request: optional_guid("request", request.request.as_deref())? };
        Ok(Addressed { session: session(&request.session)?, number: request.call, what })
    }
}

impl TryFrom<v1::GetNtmsRequestOrderRequest> for Addressed<Query> {
    type Error = Refusal;

    fn try_from(request: v1::GetNtmsRequestOrderRequest) -> Result<Self, Refusal> {
        let what = Query::RequestOrder { request: optional_guid("request", request.request.as_deref())? };
        Ok(Addressed { session: session(&request.session)?, number: 0, what })
    }
}

impl TryFrom<Reply> for v1::GetNtmsRequestOrderResponse {
    type Error = WrongReply;

    fn try_from(reply: Reply) -> Result<Self, WrongReply> {
        match reply {
            Reply::Number(order) => Ok(Self { order, ..Default::default() }),
            other => Err(WrongReply(format!("{other:?}"))),
        }
    }
}

impl TryFrom<v1::GetNtmsRequestOrderResponse> for Reply {
    type Error = BadAnswer;

    fn try_from(answer: v1::GetNtmsRequestOrderResponse) -> Result<Self, BadAnswer> {
        Ok(Reply::Number(answer.order))
    }
}

impl TryFrom<v1::SetNtmsRequestOrderRequest> for Addressed<Call> {
    type Error = Refusal;

    fn try_from(request: v1::SetNtmsRequestOrderRequest) -> Result<Self, Refusal> {
        let what = Call::SetRequestOrder {
            request: optional_guid("request", request.request.as_deref())?,
            order: request.order,
        };
        Ok(Addressed { session: session(&request.session)?, number: request.call, what })
    }
}

impl TryFrom<v1::DeleteNtmsRequestsRequest> for Addressed<Call> {
    type Error = Refusal;

    fn try_from(request: v1::DeleteNtmsRequestsRequest) -> Result<Self, Refusal> {
        let what = Call::DeleteRequests {
            requests: request_guids("requests", &request.requests)?,
            object_type: request.object_type,
        };
        Ok(Addressed { session: session(&request.session)?, number: request.call, what })
    }
}

impl TryFrom<v1::DismountNtmsDriveRequest> for Addressed<Call> {
    type Error = Refusal;

    fn try_from(request: v1::DismountNtmsDriveRequest) -> Result<Self, Refusal> {
        let what = Call::DismountDrive { drive: optional_guid("drive", request.drive.as_deref())? };
        Ok(Addressed { session: session(&request.session)?, number: request.call, what })
    }
}
