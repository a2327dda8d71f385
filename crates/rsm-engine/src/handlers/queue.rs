//! The queue by hand (processes 13): CancelNtmsLibraryRequest, SetNtmsRequestOrder, DeleteNtmsRequests and
//! DismountNtmsDrive.
//!
//! ```text
//!   cancel:  nothing in motion ─► Cancelled within the call
//!            a cartridge in motion ─► it goes back, then Cancelled; an NTMS_LM_REMOVE stands in the queue meanwhile
//!            a release, or a label being written ─► ERROR_ACCESS_DENIED: it cannot be taken back
//! ```
//!
//! Invariant: nothing here moves a cartridge; it changes what is asked, and the planner goes on from there.

use crate::gate::{self, Concerned};
use crate::handlers::{Asked, bad_parameter};
use crate::operators;
use crate::queue_order;
use crate::requests::{self, Ending};
use crate::turn::{Handled, Turn, refuse};
use rsm_model::Code;
use rsm_model::call::{Refusal, Reply};
use rsm_model::generated::functions::FunctionName;
use rsm_model::ids::*;
use rsm_model::machine::Numbered;
use rsm_model::machine::drive::{self, DriveEvent, DriveState};
use rsm_model::machine::library::OperationalState;
use rsm_model::machine::medium::{self, MediumEvent};
use rsm_model::machine::request::{RequestEvent, RequestState};
use rsm_model::record::*;
use rsm_store::columns;

/// Cancels a library request that has not ended.
pub(crate) fn cancel(turn: &mut Turn<'_>, asked: &Asked<'_>, request: Option<Guid>) -> Handled<Reply> {
    let id = named(request)?;
    gate::admit(&turn.tx, asked.caller, FunctionName::CancelNtmsLibraryRequest, &Concerned::default())?;
    let Some(request) = turn.tx.get::<LibraryRequest>(id)?.filter(|request| !request.state.is_final()) else {
        return refuse(
            Code::ObjectNotFound,
            format!("{id} is no outstanding library request: it has ended, or there never was one"),
            "list them: rsm request list",
        );
    };
    if let Some(why) = beyond_recall(turn, &request)? {
        let next = format!("wait for its end: rsm request show {id}");
        return refuse(Code::AccessDenied, why, next);
    }
    let told = Refusal::new(Code::Cancelled, format!("{} cancelled it", asked.session.user))
        .next("call again if it is still wanted");
    if let (Operation::WriteFreeLabel, Some(medium)) = (request.operation, request.medium) {
        let text = format!(
            "{} cancelled the writing of a free label: read its label (rsm media classify) to have it written, or \
             take it out",
            asked.session.user
        );
        operators::raise(turn, operators::Ask::about_medium(text, medium))?;
    }
    if request.operation == Operation::Inventory {
        super::inventory::cancel(turn, request, &told.sentence)?;
    } else if requests::is_in_motion(turn, &request)? {
        let removal = removal(turn, asked, &request)?;
        requests::give_up(turn, request, told)?;
        return Ok(Reply::Queued(vec![removal]));
    } else {
        requests::give_up(turn, request, told)?;
    }
    turn.changes.complete(ObjectType::LibraryRequest, id.guid());
    Ok(Reply::Done)
}

/// Why a request is so far that it cannot be removed (cancel-access-two-meanings).
fn beyond_recall(turn: &Turn<'_>, request: &LibraryRequest) -> Handled<Option<String>> {
    let under_way = request.state == RequestState::InProcess;
    let writes =
        turn.tx.find(columns::step::REQUEST, request.id)?.iter().any(|step| step.kind == "write label");
    Ok(match request.operation {
        Operation::Remove => Some("it is itself a cancellation, which is being carried out".to_string()),
        Operation::Dismount if under_way => {
            Some("the cartridge was released and is on its way to its slot".to_string())
        }
        Operation::WriteFreeLabel if writes => Some("its label is being written".to_string()),
        _ => match request.goal {
            Goal::AsAsked | Goal::CloseThenLook => None,
            Goal::PutBackThenCancel => Some("it is being cancelled already".to_string()),
            Goal::CloseThenStop => Some("it is being stopped already".to_string()),
            Goal::PutBackThenFail | Goal::PutBackThenPass => {
                Some("its work is over and the cartridge goes back to its slot".to_string())
            }
        },
    })
}

/// Puts the cancellation of a request whose cartridge is in motion into the queue (cancel-busy-is-queued, P-170).
fn removal(turn: &mut Turn<'_>, asked: &Asked<'_>, request: &LibraryRequest) -> Handled<RequestId> {
    let mut removal = requests::of_session(turn, &asked.session, request.library, Operation::Remove)?;
    removal.work_item = Some(request.id);
    removal.medium = request.medium;
    removal.drive = request.drive;
    removal.note = "the cartridge goes back first".to_string();
    let id = removal.id;
    turn.put(removal);
    Ok(id)
}

/// Gives a mount that waits another place among the mounts of its library.
pub(crate) fn set_order(
    turn: &mut Turn<'_>,
    asked: &Asked<'_>,
    request: Option<Guid>,
    number: u32,
) -> Handled<Reply> {
    let id = named(request)?;
    if number == 0 {
        return bad_parameter("order numbers start at 1");
    }
    gate::admit(&turn.tx, asked.caller, FunctionName::SetNtmsRequestOrder, &Concerned::default())?;
    let Some(request) = turn.tx.get::<LibraryRequest>(id)? else { return unknown(id) };
    if !queue_order::move_to(turn, &request, number)? {
        return refuse(
            Code::InvalidState,
            format!("{id} has no order number: only mounts that wait to be served have one"),
            "rsm request list shows what waits",
        );
    }
    let text = format!("{} gave this mount place {number} among those that wait", asked.session.user);
    turn.tell(request.library, Some(id), "ordered anew", text);
    Ok(Reply::Done)
}

/// Removes finished requests of one kind; what lives or is not there is passed over.
pub(crate) fn delete(
    turn: &mut Turn<'_>,
    asked: &Asked<'_>,
    requests: &[Guid],
    object_type: u32,
) -> Handled<Reply> {
    if requests.is_empty() {
        return bad_parameter("no request is named");
    }
    let kind = ObjectType::from_number(object_type);
    let Some(kind @ (ObjectType::LibraryRequest | ObjectType::OperatorRequest)) = kind else {
        return bad_parameter(format!(
            "{object_type} is not a kind of request; 10 (library requests) or 17 (operator requests) is wanted"
        ));
    };
    gate::admit(&turn.tx, asked.caller, FunctionName::DeleteNtmsRequests, &Concerned::default())?;
    for id in requests {
        match kind {
            ObjectType::LibraryRequest => delete_library_request(turn, RequestId(*id))?,
            _ => delete_operator_request(turn, OperatorRequestId(*id))?,
        }
    }
    Ok(Reply::Done)
}

fn delete_library_request(turn: &mut Turn<'_>, id: RequestId) -> Handled {
    let ended = turn.tx.get::<LibraryRequest>(id)?.is_some_and(|request| request.state.is_final());
    // A step that was ordered for it and has not come back still tells its history whom it served.
    if ended && turn.tx.find(columns::step::REQUEST, id)?.is_empty() {
        turn.changes.delete::<LibraryRequest>(id);
    }
    Ok(())
}

fn delete_operator_request(turn: &mut Turn<'_>, id: OperatorRequestId) -> Handled {
    if turn.tx.get::<OperatorRequest>(id)?.is_some_and(|request| !request.state.is_open()) {
        turn.changes.delete::<OperatorRequest>(id);
    }
    Ok(())
}

/// Queues the return of what lies in a drive and is nobody's.
pub(crate) fn dismount_drive(turn: &mut Turn<'_>, asked: &Asked<'_>, drive: Option<Guid>) -> Handled<Reply> {
    let Some(id) = drive.filter(|id| !id.is_null()) else { return bad_parameter("no drive is named") };
    let Some(bay) = turn.tx.get::<Drive>(DriveId(id))? else {
        return refuse(Code::InvalidDrive, format!("{id} names no drive"), "list them: rsm drive list");
    };
    gate::admit(&turn.tx, asked.caller, FunctionName::DismountNtmsDrive, &Concerned::default())?;
    let Some(library) = turn.tx.get::<Library>(bay.library)? else {
        return refuse(Code::InvalidLibrary, format!("the library of {} is gone", bay.common.name), "");
    };
    for common in [&bay.common, &library.common] {
        if !common.enabled {
            return refuse(Code::DeviceNotAvailable, format!("{} is disabled", common.name), "enable it");
        }
    }
    if library.common.operational == OperationalState::NotPresent {
        return refuse(
            Code::LibraryOffline,
            format!("{} does not answer", library.common.name),
            "check its power and cables",
        );
    }
    let held = turn.tx.find(columns::medium::LOCATION_ID, bay.id.0)?.pop();
    let Some(held) = held else {
        return refuse(Code::InvalidState, format!("{} is empty", bay.common.name), "");
    };
    check_at_rest(turn, &bay, &held)?;
    match library.kind {
        LibraryKind::StandAlone => rest(turn, bay, held),
        _ => put_out(turn, asked, &bay, &held),
    }
}

/// Nobody has the medium, and no request is about to (dismountdrive-open-medium-fails).
fn check_at_rest(turn: &Turn<'_>, bay: &Drive, held: &Medium) -> Handled {
    let name = crate::naming::medium(held);
    if let Some(mount) = turn.tx.get::<Mount>(held.id)? {
        return refuse(
            Code::InvalidState,
            format!("{name} in {} is mounted by {} for {}", bay.common.name, mount.application, mount.user),
            "have it dismounted: rsm media dismount",
        );
    }
    let claim = held.claimed_by.map(|id| turn.tx.get::<LibraryRequest>(id)).transpose()?.flatten();
    match claim.filter(|request| request.operation != Operation::Dismount) {
        Some(request) => refuse(
            Code::InvalidState,
            format!("{name} in {} is in use by request {}", bay.common.name, request.id),
            "cancel that request, or wait for its end",
        ),
        None => Ok(()),
    }
}

/// At a stand-alone drive nothing moves: what lies in it may stay (dismountdrive-standalone).
fn rest(turn: &mut Turn<'_>, mut bay: Drive, mut held: Medium) -> Handled<Reply> {
    match bay.state {
        DriveState::Dismountable => return Ok(Reply::Done),
        DriveState::Loaded => {}
        DriveState::Unloaded => {
            let sentence = format!("{} has let go of its medium already", bay.common.name);
            return refuse(Code::InvalidState, sentence, "take it out by hand");
        }
        _ => {
            let sentence = format!("what lies in {} is not ready", bay.common.name);
            return refuse(Code::InvalidState, sentence, "wait until its label has been read");
        }
    }
    bay.state = drive::step(bay.state, DriveEvent::DismountDeferred)?;
    bay.dismountable_since = Some(turn.utc());
    held.state = medium::step(held.state, MediumEvent::Deferred)?;
    held.mounted_side = None;
    turn.changes.complete(ObjectType::Drive, bay.id.guid());
    turn.put(bay);
    turn.put(held);
    Ok(Reply::Done)
}

/// Sends a cartridge to its slot: the dismount that waits there or is on its way does it, or a new one.
fn put_out(turn: &mut Turn<'_>, asked: &Asked<'_>, bay: &Drive, held: &Medium) -> Handled<Reply> {
    let leaving = turn.tx.open_requests_about(held.id)?;
    let leaving = leaving.into_iter().find(|request| request.operation == Operation::Dismount);
    match leaving {
        // Its release was parked: that one has done what its owner asked, and the cartridge goes by this order.
        Some(parked) if parked.state == RequestState::Deferred => {
            let note = format!("{} sends the cartridge to its slot", asked.session.user);
            requests::end(turn, parked, Ending::new(RequestEvent::Succeeded, note))?;
        }
        Some(under_way) => {
            let mut under_way = under_way;
            under_way.option = Dismounting::Immediate.number();
            let id = under_way.id;
            turn.put(under_way);
            return Ok(Reply::Queued(vec![id]));
        }
        None => {}
    }
    let mut request = requests::of_session(turn, &asked.session, bay.library, Operation::Dismount)?;
    request.medium = Some(held.id);
    request.drive = Some(bay.id);
    request.side = bay.saved_side;
    request.option = Dismounting::Immediate.number();
    request.access = requests::use_of(turn, bay)?;
    let id = request.id;
    turn.put(request);
    Ok(Reply::Queued(vec![id]))
}

fn named(request: Option<Guid>) -> Handled<RequestId> {
    match request.filter(|id| !id.is_null()) {
        Some(id) => Ok(RequestId(id)),
        None => bad_parameter("no library request is named"),
    }
}

pub(crate) fn unknown<T>(id: RequestId) -> Handled<T> {
    refuse(Code::ObjectNotFound, format!("{id} names no library request"), "list them: rsm request list")
}
