//! Why a request waits, for whom, and how long (decision 66).

use super::estimate;
use crate::gate;
use crate::handlers::unknown_request;
use crate::planner;
use crate::queue_order;
use crate::turn::Handled;
use rsm_model::UtcTime;
use rsm_model::access::{Caller, Right, ScopeKind};
use rsm_model::call::{Explanation, Resource};
use rsm_model::ids::{Guid, RequestId};
use rsm_model::machine::library::OperationalState;
use rsm_model::record::{DoorState, Library, LibraryRequest, OpenStep};
use rsm_store::{ReadTx, columns};

/// Lists what stands in a request's way, the decisive thing first.
pub(super) fn explain(tx: &ReadTx<'_>, caller: &Caller, id: Guid, now: UtcTime) -> Handled<Explanation> {
    let Some(request) = tx.get::<LibraryRequest>(RequestId(id))? else {
        return unknown_request(RequestId(id));
    };
    gate::check(caller, Right::Use, ScopeKind::Library, "a library request")?;
    if request.state.is_final() {
        return Ok(Explanation::default());
    }
    // What keeps the whole library from working is the reason before any other.
    let outlook = planner::outlook(tx, &request, now)?;
    let held = outlook.waits_for.contains(&Resource::Hold);
    let mut blockers = of_library(tx, &request, held)?;
    if !request.note.is_empty() && !blockers.contains(&request.note) {
        blockers.push(request.note.clone());
    }
    for step in tx.find(columns::step::REQUEST, request.id)? {
        blockers.push(under_way(&step));
    }
    let (estimate_ms, basis) = estimate::estimate(tx, &request, &outlook, now)?;
    Ok(Explanation {
        blockers,
        order: place(tx, &request, now)?,
        waits_for: outlook.waits_for,
        holders: outlook.holders,
        before: outlook.before,
        estimate_ms,
        basis,
    })
}

fn of_library(tx: &ReadTx<'_>, request: &LibraryRequest, held: bool) -> Handled<Vec<String>> {
    let Some(library) = tx.get::<Library>(request.library)? else { return Ok(Vec::new()) };
    let name = &library.common.name;
    let state = match library.common.operational {
        OperationalState::Ready => None,
        OperationalState::Initializing => Some(format!("{name} has not been read yet")),
        OperationalState::NeedsService => Some(format!("{name} needs service: see rsm operator list")),
        OperationalState::NotPresent => Some(format!("{name} does not answer")),
    };
    let door = tx.find(columns::door::LIBRARY, library.id)?.into_iter().find_map(|door| match door.state {
        DoorState::Open => {
            Some(format!("{} of {name} is open: nothing moves until it is closed", door.common.name))
        }
        _ => door.opened_for.filter(|id| *id != request.id).map(|id| {
            format!("hands may open {} of {name} for request {id}: nothing moves meanwhile", door.common.name)
        }),
    });
    Ok(state.into_iter().chain(planner::held(&library).filter(|_| held)).chain(door).collect())
}

fn under_way(step: &OpenStep) -> String {
    match step.lost {
        true => format!(
            "whether {} on {} was done is unknown until the elements are read",
            step.kind, step.device
        ),
        false => format!("{} on {} is under way since {}", step.kind, step.device, step.ordered),
    }
}

/// Its place among the unfinished requests of its library, as the planner would take them.
fn place(tx: &ReadTx<'_>, request: &LibraryRequest, now: UtcTime) -> Handled<u32> {
    let mut queue = tx.open_requests_of(request.library)?;
    queue_order::sort(&mut queue, now);
    let place = queue.iter().position(|other| other.id == request.id);
    Ok(place.map_or(0, |place| u32::try_from(place + 1).unwrap_or(u32::MAX)))
}
