//! Media services on the wire: pools, and whom a side belongs to.
//!
//! Why: one conversion per message, for the server and for clients. Invariant: what a client reads back is the reply
//! that the engine gave; an id that is left out is NULL and stays apart from the null id.

use crate::convert::{Addressed, BadAnswer, WrongReply, answer_id, optional_guid, session};
use crate::v1;
use rsm_model::call::{AllocateCall, Call, CreatePoolCall, Query, Refusal, Reply};

impl TryFrom<v1::CreateNtmsMediaPoolRequest> for Addressed<Call> {
    type Error = Refusal;

    fn try_from(request: v1::CreateNtmsMediaPoolRequest) -> Result<Self, Refusal> {
        let what = Call::CreatePool(CreatePoolCall {
            media_type: optional_guid("mediaType", request.media_type.as_deref())?,
            name: request.name,
            action: request.action,
            security: request.security,
        });
        Ok(Addressed { session: session(&request.session)?, number: request.call, what })
    }
}

impl TryFrom<Reply> for v1::CreateNtmsMediaPoolResponse {
    type Error = WrongReply;

    fn try_from(reply: Reply) -> Result<Self, WrongReply> {
        match reply {
            Reply::Pool(pool) => Ok(Self { pool: pool.to_string(), ..Default::default() }),
            other => Err(WrongReply(format!("{other:?}"))),
        }
    }
}

impl TryFrom<v1::CreateNtmsMediaPoolResponse> for Reply {
    type Error = BadAnswer;

    fn try_from(answer: v1::CreateNtmsMediaPoolResponse) -> Result<Self, BadAnswer> {
        Ok(Reply::Pool(answer_id("pool", &answer.pool)?))
    }
}

impl TryFrom<v1::GetNtmsMediaPoolNameRequest> for Addressed<Query> {
    type Error = Refusal;

    fn try_from(request: v1::GetNtmsMediaPoolNameRequest) -> Result<Self, Refusal> {
        let what = Query::PoolName { pool: optional_guid("pool", request.pool.as_deref())? };
        Ok(Addressed { session: session(&request.session)?, number: 0, what })
    }
}

impl TryFrom<Reply> for v1::GetNtmsMediaPoolNameResponse {
    type Error = WrongReply;

    fn try_from(reply: Reply) -> Result<Self, WrongReply> {
        match reply {
            Reply::Text(name) => Ok(Self { name, ..Default::default() }),
            other => Err(WrongReply(format!("{other:?}"))),
        }
    }
}

impl TryFrom<v1::GetNtmsMediaPoolNameResponse> for Reply {
    type Error = BadAnswer;

    fn try_from(answer: v1::GetNtmsMediaPoolNameResponse) -> Result<Self, BadAnswer> {
        Ok(Reply::Text(answer.name))
    }
}

impl TryFrom<v1::MoveToNtmsMediaPoolRequest> for Addressed<Call> {
    type Error = Refusal;

    fn try_from(request: v1::MoveToNtmsMediaPoolRequest) -> Result<Self, Refusal> {
        let what = Call::MoveToPool {
            medium: optional_guid("medium", request.medium.as_deref())?,
            pool: optional_guid("pool", request.pool.as_deref())?,
        };
        Ok(Addressed { session: session(&request.session)?, number: request.call, what })
    }
}

impl TryFrom<v1::AllocateNtmsMediaRequest> for Addressed<Call> {
    type Error = Refusal;

    fn try_from(request: v1::AllocateNtmsMediaRequest) -> Result<Self, Refusal> {
        let what = Call::Allocate(AllocateCall {
            pool: optional_guid("pool", request.pool.as_deref())?,
            side: optional_guid("side", request.side.as_deref())?,
            logical: optional_guid("logicalMedium", request.logical_medium.as_deref())?,
            options: request.options,
            timeout_ms: request.timeout_ms,
        });
        Ok(Addressed { session: session(&request.session)?, number: request.call, what })
    }
}

impl TryFrom<Reply> for v1::AllocateNtmsMediaResponse {
    type Error = WrongReply;

    fn try_from(reply: Reply) -> Result<Self, WrongReply> {
        match reply {
            Reply::Allocated { logical, from } => Ok(Self {
                logical_medium: logical.to_string(),
                allocated_from: from.to_string(),
                ..Default::default()
            }),
            other => Err(WrongReply(format!("{other:?}"))),
        }
    }
}

impl TryFrom<v1::AllocateNtmsMediaResponse> for Reply {
    type Error = BadAnswer;

    fn try_from(answer: v1::AllocateNtmsMediaResponse) -> Result<Self, BadAnswer> {
        Ok(Reply::Allocated {
            logical: answer_id("logicalMedium", &answer.logical_medium)?,
            from: answer_id("allocatedFrom", &answer.allocated_from)?,
        })
    }
}

impl TryFrom<v1::DeallocateNtmsMediaRequest> for Addressed<Call> {
    type Error = Refusal;

    fn try_from(request: v1::DeallocateNtmsMediaRequest) -> Result<Self, Refusal> {
        let logical = optional_guid("logicalMedium", request.logical_medium.as_deref())?;
        let what = Call::Deallocate { logical, options: request.options };
        Ok(Addressed { session: session(&request.session)?, number: request.call, what })
    }
}
