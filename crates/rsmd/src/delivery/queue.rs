//! What a target is told next: read from the event rows, with nothing kept in memory.
//!
//! ```text
//!   no mark, or of another database ─► the open requests, oldest first ─┐
//!   event rows behind the mark are cut off ─► the later requests ───────┼─► event rows, one after the other
//!   the mark is whole ──────────────────────────────────────────────────┘
//! ```
//!
//! Why not a queue: the database is one. However long a target is dead, what waits for it takes no memory and is
//! bounded by the catalog and its purge. Each try reads the request anew, so it says how the request stands now.
//!
//! Invariant: a request that is in the catalog when its turn comes, and of a kind that the target wants, is given out
//! until its mark is passed; only what comes after a cut may be given out once more.

use super::mark::{Behind, Mark};
use super::words::Notice;
use rsm_model::generated::constants::notification::NTMS_OBJ_INSERT;
use rsm_model::ids::{Guid, ObjectType, OperatorRequestId};
use rsm_model::record::{Computer, OperatorRequest, OperatorTask};
use rsm_store::{ReadTx, StoreError};
use std::collections::BTreeSet;

/// What is next.
#[derive(Debug)]
pub enum Next {
    /// A request that is to be told, and the mark behind it.
    Tell(Box<Notice>, Mark),
    /// Nothing, up to this mark.
    Nothing(Mark),
}

/// The mark from which a target goes on: its own, unless the database is another one or event rows behind it are gone.
/// It must be kept before anything is told from it, for it says from which event row on nothing may be left out.
///
/// # Errors
/// The database does not answer.
pub fn standing(tx: &ReadTx<'_>, mark: Option<&Mark>) -> Result<Mark, StoreError> {
    let computer = tx.all::<Computer>()?.pop().map_or(Guid([0; 16]), |one| one.id.0);
    let kept = tx.events_kept()?;
    let newest = kept.map_or(0, |(_, newest)| newest);
    let mark = match mark {
        Some(mark) if mark.computer == computer.to_string() => mark.clone(),
        _ => return Ok(Mark::first(computer, newest)),
    };
    let whole = newest >= mark.event && kept.is_none_or(|(oldest, _)| oldest <= mark.event + 1);
    if whole {
        return Ok(mark);
    }
    // The last one is told again rather than one of the same moment forgotten.
    let request = mark.request.filter(|_| mark.behind != Behind::No);
    let behind = if mark.behind == Behind::Open { Behind::Open } else { Behind::All };
    Ok(Mark { behind, request, event: newest, ..mark })
}

/// Finds what a target is told next, from a mark that stands.
///
/// # Errors
/// The database does not answer.
pub fn next(tx: &ReadTx<'_>, mark: &Mark, wanted: &[OperatorTask]) -> Result<Next, StoreError> {
    let name = tx.all::<Computer>()?.pop().map_or(String::new(), |one| one.common.name);
    let mut mark = mark.clone();
    if mark.behind != Behind::No {
        if let Some(request) = behind(tx, &mark, wanted)? {
            mark.pass(request.submitted, request.id.0);
            return Ok(Next::Tell(Box::new(Notice::of(tx, request, &name)?), mark));
        }
        mark.behind = Behind::No;
    }
    while let Some(event) = tx.next_event(mark.event, ObjectType::OperatorRequest)? {
        mark.event = event.seq;
        if event.operation != NTMS_OBJ_INSERT {
            continue;
        }
        mark.pass(event.at, event.object);
        match tx.get::<OperatorRequest>(OperatorRequestId(event.object))? {
            Some(request) if wanted.contains(&request.task) => {
                return Ok(Next::Tell(Box::new(Notice::of(tx, request, &name)?), mark));
            }
            Some(_) => {}
            None => {
                tracing::info!(request = %event.object, "an operator request was deleted before it was told")
            }
        }
    }
    mark.event = tx.events_kept()?.map_or(0, |(_, newest)| newest);
    Ok(Next::Nothing(mark))
}

/// The first request that stands behind a mark and is not told by the event rows behind it.
fn behind(
    tx: &ReadTx<'_>,
    mark: &Mark,
    wanted: &[OperatorTask],
) -> Result<Option<OperatorRequest>, StoreError> {
    let mut by_event = BTreeSet::new();
    let mut seen = mark.event;
    while let Some(event) = tx.next_event(seen, ObjectType::OperatorRequest)? {
        seen = event.seq;
        if event.operation == NTMS_OBJ_INSERT {
            by_event.insert(event.object);
        }
    }
    let mut all = match mark.behind {
        Behind::Open => tx.open_operator_requests()?,
        Behind::All | Behind::No => tx.all::<OperatorRequest>()?,
    };
    let place = |request: &OperatorRequest| (request.submitted.0, Some(request.id.0.to_string()));
    let passed = (mark.at_ms, mark.request.clone());
    all.retain(|request| {
        wanted.contains(&request.task) && !by_event.contains(&request.id.0) && place(request) > passed
    });
    Ok(all.into_iter().min_by_key(place))
}
