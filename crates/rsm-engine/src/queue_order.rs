//! The order of a library's queue: what the planner asks first, what GetNtmsRequestOrder shows and SetNtmsRequestOrder
//! changes.
//!
//! ```text
//!   waited ten minutes ─► kind, in ascending operation code ─► rank, higher first ─► place, lower first
//! ```
//!
//! Why rank and place: a mount enters where its priority puts it (P-173); an operator's order gives it the standing of
//! its new neighbours, so that what comes later falls in behind or before it as it would for them.
//!
//! Invariant: numbers count the mounts that wait to be served, 1, 2, 3 and so on; whatever else is in the queue has none
//! (getorder-mount-only).

use crate::turn::{Handled, Turn};
use rsm_model::UtcTime;
use rsm_model::ids::RequestId;
use rsm_model::machine::Numbered;
use rsm_model::machine::request::RequestState;
use rsm_model::record::{Goal, LibraryRequest, Operation};

/// A request that has waited this long goes to the head of the queue, whatever its kind (decision 18).
const AGEING_MS: i64 = 10 * 60 * 1000;

/// The ranks of what was put first and last by hand: nothing that comes later passes the one or falls behind the other.
const FIRST: i32 = 15;
const LAST: i32 = -15;

/// Whether a request has waited so long that it goes before others.
pub(crate) fn has_aged(request: &LibraryRequest, now: UtcTime) -> bool {
    now.0.saturating_sub(request.ages_from.0) > AGEING_MS
}

/// Puts unfinished requests of one library into the order in which they are served.
pub(crate) fn sort(requests: &mut [LibraryRequest], now: UtcTime) {
    requests.sort_by_key(|request| {
        (!has_aged(request, now), request.operation.number(), -request.rank, request.place)
    });
}

/// Whether a request has a place that can be told and changed: a mount that waits to be served.
fn is_ordered(request: &LibraryRequest) -> bool {
    request.operation == Operation::Mount
        && request.goal == Goal::AsAsked
        && matches!(request.state, RequestState::Queued | RequestState::Waiting)
}

/// The mounts of a queue that wait to be served, in their order.
fn ordered(mut requests: Vec<LibraryRequest>, now: UtcTime) -> Vec<LibraryRequest> {
    requests.retain(is_ordered);
    sort(&mut requests, now);
    requests
}

/// The order number of a request among the unfinished ones of its library; 0 when it has none.
pub(crate) fn number_of(requests: Vec<LibraryRequest>, id: RequestId, now: UtcTime) -> u32 {
    let place = ordered(requests, now).iter().position(|request| request.id == id);
    place.map_or(0, |place| u32::try_from(place + 1).unwrap_or(u32::MAX))
}

/// Gives a mount another place among those that wait; the others keep their order. Says whether it has a place at all.
///
/// The mounts of one call keep together, and the number is that of the first of them. All of them are written: what had aged keeps its standing and ages anew, for otherwise it would stand before what an
/// operator has put first; and a drive that one of them had chosen is open to the first again (setorder-first).
pub(crate) fn move_to(turn: &mut Turn<'_>, request: &LibraryRequest, number: u32) -> Handled<bool> {
    let queue = ordered(turn.tx.open_requests_of(request.library)?, turn.utc());
    if !queue.iter().any(|other| other.id == request.id) {
        return Ok(false);
    }
    let mut places: Vec<u64> = queue.iter().map(|other| other.place).collect();
    places.sort_unstable();
    // The mounts of one call go together: none of them is served before all are.
    let goes = |other: &LibraryRequest| {
        other.id == request.id || (request.leader.is_some() && other.leader == request.leader)
    };
    let (mut moved, mut queue): (Vec<_>, Vec<_>) = queue.into_iter().partition(goes);
    let to = (number.saturating_sub(1) as usize).min(queue.len());
    let rank = match to {
        _ if number == 1 => FIRST,
        to if to == queue.len() => LAST,
        to => queue[to - 1].rank,
    };
    moved.iter_mut().for_each(|one| one.rank = rank);
    queue.splice(to..to, moved);
    // What stands before another stands at least as high: what had aged, and what now follows the one put first.
    let mut least = LAST;
    for other in queue.iter_mut().rev() {
        other.rank = other.rank.max(least);
        least = other.rank;
    }
    for (mut other, place) in queue.into_iter().zip(places) {
        other.place = place;
        other.ages_from = turn.utc();
        if !other.drive_given {
            other.drive = None;
        }
        turn.put(other);
    }
    Ok(true)
}
