//! Questions: answered from a snapshot, never at the desk.
//!
//! Invariant: pure over a read transaction; a question waits for nobody and changes nothing.

mod enumerate;
mod explain;
mod information;

use crate::desk::refusal_of;
use crate::gate;
use crate::turn::{Fault, Handled};
use rsm_model::access::Caller;
use rsm_model::call::{Query, Refusal, Reply};
use rsm_model::ids::{LibraryId, SessionId};
use rsm_model::record::{Library, Service};
use rsm_store::ReadTx;

/// Answers a question from a snapshot.
///
/// # Errors
/// The documented code with cause and next step; ERROR_DATABASE_FAILURE when the snapshot cannot be read.
pub fn query(
    tx: &ReadTx<'_>,
    caller: &Caller,
    session: Option<SessionId>,
    query: &Query,
) -> Result<Reply, Refusal> {
    answer(tx, caller, session, query).map_err(|fault| match fault {
        Fault::Refused(refusal) => refusal,
        Fault::Store(error) => refusal_of(&error),
    })
}

fn answer(tx: &ReadTx<'_>, caller: &Caller, session: Option<SessionId>, query: &Query) -> Handled<Reply> {
    let incarnation = tx.all::<Service>()?.pop().map_or(0, |service| service.incarnation);
    gate::session(tx, incarnation, caller, session)?;
    match query {
        Query::Enumerate { container, object_type, options } => {
            enumerate::enumerate(tx, caller, *container, *object_type, *options).map(Reply::Ids)
        }
        Query::Information { object, object_type } => {
            let information = information::information(tx, caller, *object, *object_type)?;
            Ok(Reply::Information(Box::new(information)))
        }
        Query::PoolName { pool } => crate::handlers::pool_name(tx, caller, *pool),
        Query::History { library, limit } => history(tx, caller, library.map(LibraryId), *limit),
        Query::Explain { request } => explain::explain(tx, caller, *request).map(Reply::Explanation),
    }
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
