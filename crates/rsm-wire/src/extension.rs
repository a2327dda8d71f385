//! The extension service on the wire: keep-alive, label blocks, history, why a request waits, and reading labels.
//!
//! Why: one conversion per message, for the server and for clients. Invariant: what a client reads back is the reply
//! that the engine gave.

use crate::convert::{
    Addressed, BadAnswer, WrongReply, answer_id, optional_guid, request_guid, request_guids, session, text,
    time,
};
use crate::v1;
use rsm_model::call::{Call, Explanation, Query, Refusal, Reply};
use rsm_model::record::HistoryEntry;

impl TryFrom<v1::KeepAliveRequest> for Addressed<Call> {
    type Error = Refusal;

    fn try_from(request: v1::KeepAliveRequest) -> Result<Self, Refusal> {
        Ok(Addressed { session: session(&request.session)?, number: 0, what: Call::KeepAlive })
    }
}

impl TryFrom<v1::WriteBlocksRequest> for Addressed<Call> {
    type Error = Refusal;

    fn try_from(request: v1::WriteBlocksRequest) -> Result<Self, Refusal> {
        let what =
            Call::WriteBlocks { drive: request_guid("drive", &request.drive)?, blocks: request.blocks };
        Ok(Addressed { session: session(&request.session)?, number: request.call, what })
    }
}

impl TryFrom<v1::ReadBlocksRequest> for Addressed<Call> {
    type Error = Refusal;

    fn try_from(request: v1::ReadBlocksRequest) -> Result<Self, Refusal> {
        let what = Call::ReadBlocks { drive: request_guid("drive", &request.drive)?, count: request.count };
        Ok(Addressed { session: session(&request.session)?, number: request.call, what })
    }
}

impl TryFrom<Reply> for v1::ReadBlocksResponse {
    type Error = WrongReply;

    fn try_from(reply: Reply) -> Result<Self, WrongReply> {
        match reply {
            Reply::Blocks(blocks) => Ok(Self { blocks, ..Default::default() }),
            other => Err(WrongReply(format!("{other:?}"))),
        }
    }
}

impl TryFrom<v1::ReadBlocksResponse> for Reply {
    type Error = BadAnswer;

    fn try_from(answer: v1::ReadBlocksResponse) -> Result<Self, BadAnswer> {
        Ok(Reply::Blocks(answer.blocks))
    }
}

impl TryFrom<v1::HistoryRequest> for Addressed<Query> {
    type Error = Refusal;

    fn try_from(request: v1::HistoryRequest) -> Result<Self, Refusal> {
        let library = optional_guid("library", request.library.as_deref())?;
        let what = Query::History { library, limit: request.limit };
        Ok(Addressed { session: session(&request.session)?, number: 0, what })
    }
}

impl From<&HistoryEntry> for v1::HistoryLine {
    fn from(entry: &HistoryEntry) -> Self {
        Self {
            at: entry.at.to_string(),
            library: entry.library.to_string(),
            request: text(entry.request),
            what: entry.what.clone(),
            text: entry.text.clone(),
            ..Default::default()
        }
    }
}

impl TryFrom<v1::HistoryLine> for HistoryEntry {
    type Error = BadAnswer;

    fn try_from(line: v1::HistoryLine) -> Result<Self, BadAnswer> {
        Ok(Self {
            at: time("at", &line.at)?,
            library: answer_id("library", &line.library)?,
            request: line.request.map(|request| answer_id("request", &request)).transpose()?,
            what: line.what,
            text: line.text,
        })
    }
}

impl TryFrom<Reply> for v1::HistoryResponse {
    type Error = WrongReply;

    fn try_from(reply: Reply) -> Result<Self, WrongReply> {
        match reply {
            Reply::History(entries) => {
                Ok(Self { lines: entries.iter().map(Into::into).collect(), ..Default::default() })
            }
            other => Err(WrongReply(format!("{other:?}"))),
        }
    }
}

impl TryFrom<v1::HistoryResponse> for Reply {
    type Error = BadAnswer;

    fn try_from(answer: v1::HistoryResponse) -> Result<Self, BadAnswer> {
        answer.lines.into_iter().map(TryInto::try_into).collect::<Result<_, _>>().map(Reply::History)
    }
}

impl TryFrom<v1::ExplainRequestRequest> for Addressed<Query> {
    type Error = Refusal;

    fn try_from(request: v1::ExplainRequestRequest) -> Result<Self, Refusal> {
        let what = Query::Explain { request: request_guid("request", &request.request)? };
        Ok(Addressed { session: session(&request.session)?, number: 0, what })
    }
}

impl TryFrom<Reply> for v1::ExplainRequestResponse {
    type Error = WrongReply;

    fn try_from(reply: Reply) -> Result<Self, WrongReply> {
        match reply {
            Reply::Explanation(why) => {
                Ok(Self { blockers: why.blockers, order: why.order, ..Default::default() })
            }
            other => Err(WrongReply(format!("{other:?}"))),
        }
    }
}

impl TryFrom<v1::ExplainRequestResponse> for Reply {
    type Error = BadAnswer;

    fn try_from(answer: v1::ExplainRequestResponse) -> Result<Self, BadAnswer> {
        Ok(Reply::Explanation(Explanation { blockers: answer.blockers, order: answer.order }))
    }
}

impl TryFrom<v1::ClassifyRequest> for Addressed<Call> {
    type Error = Refusal;

    fn try_from(request: v1::ClassifyRequest) -> Result<Self, Refusal> {
        let what = Call::Classify {
            library: optional_guid("library", request.library.as_deref())?,
            media: request_guids("media", &request.media)?,
            most: request.most,
        };
        Ok(Addressed { session: session(&request.session)?, number: request.call, what })
    }
}
