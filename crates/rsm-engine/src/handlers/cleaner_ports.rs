//! The cleaner's way out of a library and into it (processes 12): EjectNtmsCleaner and InjectNtmsCleaner.
//!
//! ```text
//!   START ─► a request for the cleaner of the reserved slot, or for one that is brought ─► the planner: through a port, else a person at the door
//!   STOP  ─► nothing has moved: Stopped; else the port is closed first
//! ```
//!
//! Invariant: nothing here moves a cartridge; the planner does (`planner::ports`, `planner::door`).

use crate::gate::{self, Concerned};
use crate::handlers::cleaners::{check_connected, check_enabled, check_present, the_library};
use crate::handlers::{Asked, bad_parameter, ports};
use crate::naming;
use crate::planner;
use crate::requests;
use crate::turn::{Handled, Turn, refuse};
use rsm_model::Code;
use rsm_model::call::Reply;
use rsm_model::generated::constants::eject_and_inject::{
    NTMS_EJECT_START, NTMS_EJECT_STOP, NTMS_INJECT_START, NTMS_INJECT_STOP,
};
use rsm_model::generated::functions::FunctionName;
use rsm_model::ids::*;
use rsm_model::machine::library::OperationalState;
use rsm_model::record::*;
use rsm_store::columns;

/// Starts or stops the ejection of a library's cleaner.
pub(crate) fn eject(
    turn: &mut Turn<'_>,
    asked: &Asked<'_>,
    library: Option<Guid>,
    operation: Option<Guid>,
    action: u32,
) -> Handled<Reply> {
    let Some(library) = library.filter(|id| !id.is_null()) else {
        return bad_parameter("no library is named");
    };
    let stopped = match action {
        NTMS_EJECT_START => None,
        NTMS_EJECT_STOP => match operation.filter(|id| !id.is_null()) {
            Some(id) => Some(RequestId(id)),
            None => return bad_parameter("no ejection is named"),
        },
        other => return bad_parameter(format!("{other} is not a way to eject a cleaner; 0 or 1 is wanted")),
    };
    gate::admit(&turn.tx, asked.caller, FunctionName::EjectNtmsCleaner, &Concerned::default())?;
    let library = the_library(turn, LibraryId(library))?;
    check_enabled([&library.common])?;
    check_online(&library)?;
    if let Some(id) = stopped {
        return stop(turn, asked, &library, Operation::EjectCleaner, id);
    }
    let slot = reserved(turn, &library)?;
    let cleaner = held_by(turn, &library, &slot)?;
    if let Location::Drive(drive) = cleaner.location
        && let Some(drive) = turn.tx.get::<Drive>(drive)?
    {
        check_enabled([&drive.common])?;
    }
    let about = turn.tx.open_requests_about(cleaner.id)?;
    if let Some(running) = about.iter().find(|request| request.operation == Operation::EjectCleaner) {
        // It leaves once: who asks again gets the ejection that runs.
        return Ok(Reply::Queued(vec![running.id]));
    }
    let mut request = requests::of_session(turn, &asked.session, library.id, Operation::EjectCleaner)?;
    request.medium = Some(cleaner.id);
    request.slot = Some(slot.id);
    request.option = action;
    request.leader = Some(request.id);
    let id = request.id;
    turn.put(request);
    Ok(Reply::Queued(vec![id]))
}

/// Starts or stops the bringing of a cleaner that can still be used so often.
pub(crate) fn inject(
    turn: &mut Turn<'_>,
    asked: &Asked<'_>,
    library: Option<Guid>,
    operation: Option<Guid>,
    cleanings: u32,
    action: u32,
) -> Handled<Reply> {
    let Some(library) = library.filter(|id| !id.is_null()) else {
        return bad_parameter("no library is named");
    };
    let stopped = match action {
        NTMS_INJECT_START => None,
        NTMS_INJECT_STOP => match operation.filter(|id| !id.is_null()) {
            Some(id) => Some(RequestId(id)),
            None => return bad_parameter("no insertion is named"),
        },
        other => return bad_parameter(format!("{other} is not a way to bring a cleaner; 0 or 1 is wanted")),
    };
    gate::admit(&turn.tx, asked.caller, FunctionName::InjectNtmsCleaner, &Concerned::default())?;
    let library = the_library(turn, LibraryId(library))?;
    check_enabled([&library.common])?;
    if library.kind == LibraryKind::Offline {
        return refuse(Code::LibraryOffline, format!("{} has no slots", library.common.name), "");
    }
    check_connected(&library)?;
    if let Some(id) = stopped {
        return stop(turn, asked, &library, Operation::InjectCleaner, id);
    }
    let slot = reserved(turn, &library)?;
    check_free(turn, &library, &slot)?;
    let mut request = requests::of_session(turn, &asked.session, library.id, Operation::InjectCleaner)?;
    request.slot = Some(slot.id);
    request.option = action;
    request.leader = Some(request.id);
    request.cleanings = cleanings;
    let id = request.id;
    turn.put(request);
    Ok(Reply::Queued(vec![id]))
}

/// The reserved slot takes a cleaner: it is empty, the library has none, and none is being brought. One that waits in a
/// port can be brought back.
fn check_free(turn: &Turn<'_>, library: &Library, slot: &Slot) -> Handled {
    let known = library.cleaner.map(|id| turn.tx.get::<Medium>(id)).transpose()?.flatten();
    let settled = known.filter(|held| !matches!(held.location, Location::Port(_)));
    let open = turn.tx.open_requests_of(library.id)?;
    let sentence = match (planner::is_empty(slot), settled) {
        (false, _) => format!("{} holds a cartridge, or was not read yet", slot.common.name),
        (true, Some(held)) => {
            format!("{} has its cleaner already: {}", library.common.name, naming::medium(&held))
        }
        (true, None) => match open.iter().find(|one| one.operation == Operation::InjectCleaner) {
            Some(other) => format!("a cleaner is being brought by request {}", other.id),
            None => return Ok(()),
        },
    };
    refuse(Code::SlotFull, sentence, "take the other out first: rsm library eject-cleaner")
}

/// A library that cannot be worked with, in the order of ejectcleaner-check-order: it is none, or does not answer.
fn check_online(library: &Library) -> Handled {
    let name = &library.common.name;
    if library.kind == LibraryKind::Offline {
        return refuse(Code::LibraryOffline, format!("{name} has no slots"), "");
    }
    match library.common.operational {
        OperationalState::NotPresent => {
            refuse(Code::LibraryOffline, format!("{name} does not answer"), "check its power and cables")
        }
        _ => Ok(()),
    }
}

/// The slot that is set aside for the cleaner, installed now.
fn reserved(turn: &Turn<'_>, library: &Library) -> Handled<Slot> {
    let slot = library.cleaner_slot.map(|id| turn.tx.get::<Slot>(id)).transpose()?.flatten();
    let Some(slot) = slot else {
        let sentence = format!("{} has no cleaner slot", library.common.name);
        return refuse(Code::NoSlotSet, sentence, "reserve one: rsm library reserve-cleaner-slot");
    };
    check_present(&slot)?;
    Ok(slot)
}

/// The cleaner that lies in the reserved slot, or belongs there and comes back to it or waits in a port.
fn held_by(turn: &Turn<'_>, library: &Library, slot: &Slot) -> Handled<Medium> {
    let known = library.cleaner.map(|id| turn.tx.get::<Medium>(id)).transpose()?.flatten();
    let away = |held: &Medium| {
        matches!(held.location, Location::Drive(_) | Location::Port(_) | Location::Changer(_))
            && held.home_slot == Some(slot.id)
    };
    if let Some(held) = known.filter(|held| held.location == Location::Slot(slot.id) || away(held)) {
        return Ok(held);
    }
    let name = &slot.common.name;
    refuse(
        Code::SlotEmpty,
        format!("no cleaner is in {name}, which is set aside for it"),
        "a cleaner in another slot leaves by rsm media eject",
    )
}

/// Ends the work of a cleaner before its time is over; only a port can be closed (ejectcleaner-stop-needs-port).
fn stop(
    turn: &mut Turn<'_>,
    asked: &Asked<'_>,
    library: &Library,
    operation: Operation,
    id: RequestId,
) -> Handled<Reply> {
    if turn.tx.find(columns::port::LIBRARY, library.id)?.is_empty() {
        return refuse(
            Code::InvalidOperation,
            format!("{} has no port that could be closed", library.common.name),
            "cancel the request: rsm request cancel",
        );
    }
    let running = turn.tx.get::<LibraryRequest>(id)?.filter(|request| {
        request.operation == operation && request.library == library.id && !request.state.is_final()
    });
    let Some(request) = running else {
        return refuse(
            Code::InvalidOperation,
            format!("{id} names no such work that runs in {}", library.common.name),
            "list them: rsm request list",
        );
    };
    ports::stop_one(turn, request, &format!("{} stopped it", asked.session.user))?;
    Ok(Reply::Done)
}
