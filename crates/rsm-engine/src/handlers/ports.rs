//! EjectNtmsMedia (processes 10).
//!
//! ```text
//!   QUEUE ─► a request without a leader: collected, nothing moves ─┐
//!   START ─► a request that leads itself, and all that its session has collected ─► the planner
//!   FORCE ─► a mount of the medium ends, then as START
//!   STOP  ─► nothing has moved: Stopped; else the port is closed first
//! ```
//!
//! Invariant: nothing here moves a cartridge; the planner does (`planner::ports`).

use crate::gate::{self, Concerned};
use crate::handlers::{Asked, bad_parameter};
use crate::naming;
use crate::requests::{self, Ending};
use crate::turn::{Handled, Turn, refuse};
use rsm_model::Code;
use rsm_model::call::{Refusal, Reply};
use rsm_model::generated::constants::eject_and_inject::{
    NTMS_EJECT_FORCE, NTMS_EJECT_QUEUE, NTMS_EJECT_START, NTMS_EJECT_STOP,
};
use rsm_model::generated::functions::FunctionName;
use rsm_model::ids::*;
use rsm_model::machine::Numbered;
use rsm_model::machine::library::OperationalState;
use rsm_model::machine::request::{RequestEvent, RequestState};
use rsm_model::record::*;
use rsm_store::columns;

/// What a caller wants with a medium.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// It leaves now, with all that was collected.
    Start,
    /// It leaves with the next START.
    Collect,
    /// As Start, though somebody has it.
    Force,
}

/// Starts, stops or collects an ejection.
pub(crate) fn eject(
    turn: &mut Turn<'_>,
    asked: &Asked<'_>,
    medium: Option<Guid>,
    operation: Option<Guid>,
    action: u32,
) -> Handled<Reply> {
    let medium = medium.filter(|id| !id.is_null());
    let wanted = match action {
        NTMS_EJECT_STOP => return stop(turn, asked, operation),
        NTMS_EJECT_START => Wanted::Start,
        NTMS_EJECT_QUEUE => Wanted::Collect,
        NTMS_EJECT_FORCE => Wanted::Force,
        other => return bad_parameter(format!("{other} is not a way to eject; 0, 1, 2 or 3 is wanted")),
    };
    let Some(id) = medium else {
        return match wanted {
            Wanted::Start => start_collected(turn, asked),
            Wanted::Collect | Wanted::Force => bad_parameter("no medium is named"),
        };
    };
    let Some(held) = turn.tx.get::<Medium>(MediumId(id))? else {
        return refuse(
            Code::InvalidMedia,
            format!("{id} names no physical medium"),
            "list them: rsm media list",
        );
    };
    admit(turn, asked)?;
    let library = check_place(turn, &held)?;
    check_use(turn, &held, wanted)?;
    let collected = collected(turn, asked.session.id)?;
    if wanted != Wanted::Force {
        check_room(turn, &library, &collected)?;
    }
    let mut request = requests::of_session(turn, &asked.session, library.id, Operation::Eject)?;
    request.medium = Some(held.id);
    request.option = action;
    let reply = Reply::Queued(vec![request.id]);
    match wanted {
        Wanted::Collect => request.note = "collected: it leaves when an ejection is started".to_string(),
        Wanted::Start => {
            request.leader = Some(request.id);
            lead(turn, request.id, collected);
        }
        Wanted::Force => {
            request.leader = Some(request.id);
            end_use(turn, asked, &held)?;
        }
    }
    turn.put(request);
    Ok(reply)
}

fn admit(turn: &Turn<'_>, asked: &Asked<'_>) -> Handled {
    gate::admit(&turn.tx, asked.caller, FunctionName::EjectNtmsMedia, &Concerned::default())
}

/// What the library, the drive and the medium's own state say to an ejection.
fn check_place(turn: &Turn<'_>, held: &Medium) -> Handled<Library> {
    let name = naming::medium(held);
    let Some(library) = turn.tx.get::<Library>(held.library)? else {
        return refuse(Code::InvalidLibrary, format!("the library of {name} is gone"), "");
    };
    let there = &library.common.name;
    if !library.common.enabled {
        return refuse(Code::DeviceNotAvailable, format!("{there} is disabled"), "enable it");
    }
    if library.kind == LibraryKind::Offline {
        return refuse(Code::LibraryOffline, format!("{name} is in no library that could eject it"), "");
    }
    if library.common.operational == OperationalState::NotPresent {
        let next = "check its power and cables";
        return refuse(Code::LibraryOffline, format!("{there} does not answer"), next);
    }
    if let Location::Drive(drive) = held.location
        && let Some(drive) = turn.tx.get::<Drive>(drive)?.filter(|drive| !drive.common.enabled)
    {
        return refuse(Code::ResourceDisabled, format!("{} is disabled", drive.common.name), "enable it");
    }
    if !held.common.enabled {
        return refuse(Code::MediaNotAvailable, format!("{name} is disabled"), "enable it");
    }
    if turn.tx.find(columns::port::LIBRARY, library.id)?.is_empty() {
        return refuse(
            Code::ResourceNotPresent,
            format!("{there} has no port"),
            "a person takes the medium out: by the door, or at the drive",
        );
    }
    Ok(library)
}

/// Whether somebody has the medium (eject-in-use-refused).
fn check_use(turn: &Turn<'_>, held: &Medium, wanted: Wanted) -> Handled {
    let name = naming::medium(held);
    let about = turn.tx.open_requests_about(held.id)?;
    if let Some(other) = about.iter().find(|request| request.operation == Operation::Eject) {
        let next = format!("rsm request show {}", other.id);
        return refuse(Code::Busy, format!("{name} is being ejected by request {}", other.id), next);
    }
    if wanted == Wanted::Force {
        return Ok(());
    }
    if let Some(mount) = turn.tx.get::<Mount>(held.id)? {
        return refuse(
            Code::Busy,
            format!("{name} is mounted by {} for {}", mount.application, mount.user),
            "have it dismounted: rsm media dismount",
        );
    }
    match about.iter().find(|request| is_being_mounted(request, held)) {
        Some(mount) => refuse(
            Code::Busy,
            format!("{name} is being mounted by request {}", mount.id),
            "cancel that request, or wait for its end",
        ),
        None => Ok(()),
    }
}

fn is_being_mounted(request: &LibraryRequest, held: &Medium) -> bool {
    request.operation == Operation::Mount && held.claimed_by == Some(request.id)
}

/// Not more than the ports hold can be collected (eject-queue-overflow).
fn check_room(turn: &Turn<'_>, library: &Library, collected: &[LibraryRequest]) -> Handled {
    let ports = turn.tx.find(columns::port::LIBRARY, library.id)?.len();
    let before = collected.iter().filter(|request| request.library == library.id).count();
    if before < ports {
        return Ok(());
    }
    refuse(
        Code::Busy,
        format!("{} holds {ports} at its ports, and as many are collected", library.common.name),
        "start the ejection first",
    )
}

/// What a session has collected, in the order in which it did.
fn collected(turn: &Turn<'_>, session: SessionId) -> Handled<Vec<LibraryRequest>> {
    let mut open = turn.tx.open_requests()?;
    open.retain(|request| requests::is_collected(request) && request.session == Some(session));
    open.sort_by_key(|request| request.sequence);
    Ok(open)
}

/// Starts what was collected behind a leader.
fn lead(turn: &mut Turn<'_>, leader: RequestId, collected: Vec<LibraryRequest>) {
    for mut request in collected {
        request.leader = Some(leader);
        request.note.clear();
        turn.put(request);
    }
}

/// START without a medium: what was collected leaves, and the last of it stands for all (eject-start-without-medium).
fn start_collected(turn: &mut Turn<'_>, asked: &Asked<'_>) -> Handled<Reply> {
    admit(turn, asked)?;
    let collected = collected(turn, asked.session.id)?;
    let Some(leader) = collected.last().map(|request| request.id) else {
        return bad_parameter("no medium is named, and this session has collected none");
    };
    lead(turn, leader, collected);
    Ok(Reply::Queued(vec![leader]))
}

/// Ends whatever has a medium that is ejected by force (P-121, P-115).
fn end_use(turn: &mut Turn<'_>, asked: &Asked<'_>, held: &Medium) -> Handled {
    let told = Refusal::new(Code::Cancelled, format!("{} ejects the medium by force", asked.session.user));
    for request in turn.tx.open_requests_about(held.id)? {
        if is_being_mounted(&request, held) && request.goal == Goal::AsAsked {
            requests::give_up(turn, request, told.clone())?;
        }
    }
    let Some(mount) = turn.tx.get::<Mount>(held.id)? else { return Ok(()) };
    turn.changes.delete::<Mount>(held.id);
    let mut release = requests::of_session(turn, &asked.session, held.library, Operation::Dismount)?;
    release.side = Some(mount.side);
    release.medium = Some(held.id);
    release.drive = Some(mount.drive);
    release.option = Dismounting::ForceImmediate.number();
    release.access = mount.access;
    let text =
        format!("{} takes {} away from {}", asked.session.user, naming::medium(held), mount.application);
    turn.tell(held.library, Some(release.id), "forced", text);
    turn.put(release);
    Ok(())
}

/// Ends an ejection before its time is over: at once, or when its port is closed.
fn stop(turn: &mut Turn<'_>, asked: &Asked<'_>, operation: Option<Guid>) -> Handled<Reply> {
    let Some(id) = operation.filter(|id| !id.is_null()).map(RequestId) else {
        return bad_parameter("no ejection is named");
    };
    admit(turn, asked)?;
    let mut members = turn.tx.open_requests()?;
    members.retain(|request| request.operation == Operation::Eject && request.leader == Some(id));
    if members.is_empty() {
        return refuse(
            Code::InvalidOperation,
            format!("{id} names no ejection that runs"),
            "list them: rsm request list",
        );
    }
    for request in members {
        stop_one(turn, request, &format!("{} stopped it", asked.session.user))?;
    }
    Ok(Reply::Done)
}

pub(super) fn stop_one(turn: &mut Turn<'_>, mut request: LibraryRequest, why: &str) -> Handled {
    if request.state != RequestState::InProcess {
        return requests::end_at_rest(turn, request, Ending::new(RequestEvent::Stopped, why));
    }
    if matches!(request.goal, Goal::AsAsked | Goal::CloseThenLook) {
        request.goal = Goal::CloseThenStop;
        request.note = why.to_string();
        turn.put(request);
    }
    Ok(())
}

/// Ends what a session has collected and not started, as the session ends.
pub(crate) fn forget_collected(turn: &mut Turn<'_>, session: &Session, why: &str) -> Handled {
    for request in collected(turn, session.id)? {
        requests::end(turn, request, Ending::new(RequestEvent::Cancelled, why))?;
    }
    Ok(())
}
