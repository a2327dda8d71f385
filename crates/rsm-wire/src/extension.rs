//! The extension service on the wire: keep-alive, label blocks, history, why a request waits, reading labels, and
//! holding libraries.
//!
//! Why: one conversion per message, for the server and for clients. Invariant: what a client reads back is the reply
//! that the engine gave.

use crate::convert::{
    Addressed, BadAnswer, WrongReply, answer_id, answer_ids, optional_guid, request_guid, request_guids,
    session, text, texts, time,
};
use crate::v1;
use rsm_model::call::{Call, Explanation, Holder, Query, Refusal, Reply, Resource};
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
            Reply::Explanation(why) => Ok(Self {
                blockers: why.blockers,
                order: why.order,
                waits_for: why.waits_for.iter().map(|what| what.word().to_string()).collect(),
                holders: why.holders.iter().map(Into::into).collect(),
                before: texts(&why.before),
                estimate_ms: why.estimate_ms,
                basis: why.basis,
                ..Default::default()
            }),
            other => Err(WrongReply(format!("{other:?}"))),
        }
    }
}

impl TryFrom<v1::ExplainRequestResponse> for Reply {
    type Error = BadAnswer;

    fn try_from(answer: v1::ExplainRequestResponse) -> Result<Self, BadAnswer> {
        Ok(Reply::Explanation(Explanation {
            blockers: answer.blockers,
            order: answer.order,
            waits_for: answer.waits_for.iter().map(|word| resource(word)).collect::<Result<_, _>>()?,
            holders: answer.holders.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
            before: answer_ids("before", &answer.before)?,
            estimate_ms: answer.estimate_ms,
            basis: answer.basis,
        }))
    }
}

fn resource(word: &str) -> Result<Resource, BadAnswer> {
    let found = Resource::ALL.into_iter().find(|what| what.word() == word);
    found.ok_or_else(|| BadAnswer { field: "resource", value: word.to_owned(), wanted: "a resource" })
}

impl From<&Holder> for v1::RequestHolder {
    fn from(holder: &Holder) -> Self {
        Self {
            resource: holder.resource.word().to_string(),
            object: holder.object.to_string(),
            application: holder.application.clone(),
            user: holder.user.clone(),
            session: text(holder.session),
            request: holder.request.to_string(),
            since: holder.since.to_string(),
            ..Default::default()
        }
    }
}

impl TryFrom<v1::RequestHolder> for Holder {
    type Error = BadAnswer;

    fn try_from(holder: v1::RequestHolder) -> Result<Self, BadAnswer> {
        Ok(Self {
            resource: resource(&holder.resource)?,
            object: holder.object.parse().map_err(|_| BadAnswer {
                field: "object",
                value: holder.object.clone(),
                wanted: "an id",
            })?,
            application: holder.application,
            user: holder.user,
            session: holder.session.map(|session| answer_id("session", &session)).transpose()?,
            request: answer_id("request", &holder.request)?,
            since: time("since", &holder.since)?,
        })
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

impl TryFrom<v1::HoldLibraryRequest> for Addressed<Call> {
    type Error = Refusal;

    fn try_from(request: v1::HoldLibraryRequest) -> Result<Self, Refusal> {
        let library = request_guid("library", &request.library)?;
        let what = Call::HoldLibrary { library, hold: request.hold, reason: request.reason };
        Ok(Addressed { session: session(&request.session)?, number: request.call, what })
    }
}
