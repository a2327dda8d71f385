//! InjectNtmsMedia (processes 11).
//!
//! ```text
//!   START, STARTMANY ─► a request ─► the planner: ports, slots, labels
//!   STOP    ─► nothing is open: Stopped; else the ports are closed and what is in them is taken in first
//!   RETRACT ─► of a STARTMANY: the ports are closed, what is in them is taken in, and it goes on if there was anything
//! ```
//!
//! Invariant: nothing here moves a cartridge; the planner does (`planner::inject`).

use crate::gate::{self, Concerned};
use crate::handlers::cleaners::the_library;
use crate::handlers::{Asked, bad_parameter, ports};
use crate::planner;
use crate::requests;
use crate::turn::{Handled, Turn, refuse};
use rsm_model::Code;
use rsm_model::call::Reply;
use rsm_model::generated::constants::eject_and_inject::{
    NTMS_INJECT_RETRACT, NTMS_INJECT_START, NTMS_INJECT_STARTMANY, NTMS_INJECT_STOP,
};
use rsm_model::generated::functions::FunctionName;
use rsm_model::ids::*;
use rsm_model::machine::library::OperationalState;
use rsm_model::machine::request::RequestState;
use rsm_model::record::*;
use rsm_store::columns;

/// Starts, stops or interrupts the taking in of media.
pub(crate) fn inject(
    turn: &mut Turn<'_>,
    asked: &Asked<'_>,
    library: Option<Guid>,
    operation: Option<Guid>,
    action: u32,
) -> Handled<Reply> {
    let Some(library) = library.filter(|id| !id.is_null()) else {
        return bad_parameter("no library is named");
    };
    let named = match action {
        NTMS_INJECT_START | NTMS_INJECT_STARTMANY => None,
        NTMS_INJECT_STOP | NTMS_INJECT_RETRACT => match operation.filter(|id| !id.is_null()) {
            Some(id) => Some(RequestId(id)),
            None => return bad_parameter("no insertion is named"),
        },
        other => return bad_parameter(format!("{other} is not a way to inject; 0, 1, 2 or 3 is wanted")),
    };
    gate::admit(&turn.tx, asked.caller, FunctionName::InjectNtmsMedia, &Concerned::default())?;
    let library = the_library(turn, LibraryId(library))?;
    check_library(turn, &library)?;
    let Some(id) = named else { return start(turn, asked, &library, action) };
    let request = running(turn, &library, id, action)?;
    if action == NTMS_INJECT_STOP {
        ports::stop_one(turn, request, &format!("{} stopped it", asked.session.user))?;
    } else if request.state == RequestState::InProcess && request.goal == Goal::AsAsked {
        let mut request = request;
        request.goal = Goal::CloseThenLook;
        turn.put(request);
    }
    Ok(Reply::Done)
}

fn check_library(turn: &Turn<'_>, library: &Library) -> Handled {
    let name = &library.common.name;
    if !library.common.enabled {
        return refuse(Code::DeviceNotAvailable, format!("{name} is disabled"), "enable it");
    }
    if library.kind == LibraryKind::Offline {
        return refuse(
            Code::LibraryOffline,
            format!("{name} takes in nothing"),
            "name a library with a robot",
        );
    }
    if library.common.operational == OperationalState::NotPresent {
        return refuse(Code::LibraryOffline, format!("{name} does not answer"), "check its power and cables");
    }
    if turn.tx.find(columns::port::LIBRARY, library.id)?.is_empty() {
        return refuse(
            Code::ResourceNotPresent,
            format!("{name} has no port"),
            "put the media in by the door, or into the drive, then: rsm library inventory",
        );
    }
    Ok(())
}

fn start(turn: &mut Turn<'_>, asked: &Asked<'_>, library: &Library, action: u32) -> Handled<Reply> {
    if planner::vacant_slot(&turn.tx, library)?.is_none() {
        return refuse(
            Code::LibraryFull,
            format!("{} has no free slot", library.common.name),
            "take media out first: rsm media eject",
        );
    }
    let mut request = requests::of_session(turn, &asked.session, library.id, Operation::Inject)?;
    request.option = action;
    request.leader = Some(request.id);
    let id = request.id;
    turn.put(request);
    Ok(Reply::Queued(vec![id]))
}

/// The insertion that is named, if it runs; only one of STARTMANY can be interrupted (inject-id-use).
fn running(turn: &Turn<'_>, library: &Library, id: RequestId, action: u32) -> Handled<LibraryRequest> {
    let runs = |request: &LibraryRequest| {
        request.operation == Operation::Inject
            && request.library == library.id
            && !request.state.is_final()
            && (action == NTMS_INJECT_STOP || request.option == NTMS_INJECT_STARTMANY)
    };
    match turn.tx.get::<LibraryRequest>(id)?.filter(runs) {
        Some(request) => Ok(request),
        None => refuse(
            Code::InvalidOperation,
            format!("{id} names no insertion that runs in {} and can do that", library.common.name),
            "list them: rsm request list",
        ),
    }
}
