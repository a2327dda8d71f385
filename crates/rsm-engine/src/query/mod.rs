//! Questions: answered from a snapshot, never at the desk.
//!
//! Invariant: pure over a read transaction; a question waits for nobody and changes nothing.

mod enumerate;
mod estimate;
mod explain;
mod information;

use crate::desk::refusal_of;
use crate::gate::{self, Concerned};
use crate::queue_order;
use crate::turn::{Fault, Handled};
use rsm_model::UtcTime;
use rsm_model::access::Caller;
use rsm_model::call::{Query, Refusal, Reply};
use rsm_model::generated::functions::FunctionName;
use rsm_model::ids::{Guid, LibraryId, RequestId, SessionId};
use rsm_model::record::{Library, LibraryRequest, Service};
use rsm_store::ReadTx;

/// Answers a question from a snapshot; what ages, ages until `now`.
///
/// # Errors
/// The documented code with cause and next step; ERROR_DATABASE_FAILURE when the snapshot cannot be read.
pub fn query(
    tx: &ReadTx<'_>,
    caller: &Caller,
    session: Option<SessionId>,
    query: &Query,
    now: UtcTime,
) -> Result<Reply, Refusal> {
    answer(tx, caller, session, query, now).map_err(|fault| match fault {
        Fault::Refused(refusal) => refusal,
        Fault::Store(error) => refusal_of(&error),
    })
}

fn answer(
    tx: &ReadTx<'_>,
    caller: &Caller,
    session: Option<SessionId>,
    query: &Query,
    now: UtcTime,
) -> Handled<Reply> {
    let incarnation = tx.all::<Service>()?.pop().map_or(0, |service| service.incarnation);
    gate::session(tx, incarnation, caller, session)?;
    match query {
        Query::Enumerate { container, object_type, options } => {
            enumerate::enumerate(tx, caller, *container, *object_type, *options).map(Reply::Ids)
        }
        Query::Information { object, object_type } => {
            let information = information::information(tx, caller, *object, *object_type, now)?;
            Ok(Reply::Information(Box::new(information)))
        }
        Query::PoolName { pool } => crate::handlers::pool_name(tx, caller, *pool),
        Query::History { library, limit } => history(tx, caller, library.map(LibraryId), *limit),
        Query::Explain { request } => explain::explain(tx, caller, *request, now).map(Reply::Explanation),
        Query::RequestOrder { request } => request_order(tx, caller, *request, now),
    }
}

/// The place of a mount among those that wait (GetNtmsRequestOrder).
fn request_order(tx: &ReadTx<'_>, caller: &Caller, request: Option<Guid>, now: UtcTime) -> Handled<Reply> {
    let Some(id) = request.filter(|id| !id.is_null()).map(RequestId) else {
        return crate::handlers::bad_parameter("no library request is named");
    };
    gate::admit(tx, caller, FunctionName::GetNtmsRequestOrder, &Concerned::default())?;
    let Some(request) = tx.get::<LibraryRequest>(id)? else { return crate::handlers::unknown_request(id) };
    let queue = tx.open_requests_of(request.library)?;
    Ok(Reply::Number(queue_order::number_of(queue, id, now)))
}

/// What the robots did; for whoever may use the library.
fn history(tx: &ReadTx<'_>, caller: &Caller, library: Option<LibraryId>, limit: u32) -> Handled<Reply> {
    use rsm_model::access::{Right, ScopeKind};
    if let Some(id) = library
        && tx.get::<Library>(id)?.is_none()
    {
        return crate::turn::refuse(
            rsm_model::Code::ObjectNotFound,
            format!("{id} names no library"),
            "list them: rsm library list",
        );
    }
    gate::check(caller, Right::Use, ScopeKind::Library, "the history")?;
    Ok(Reply::History(tx.history(library, limit)?))
}
