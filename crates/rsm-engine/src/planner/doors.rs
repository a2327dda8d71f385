//! The door of a library: hands that are let in, and what follows when they are out again.
//!
//! ```text
//!   asked for:   the motion under way ends ─► unlocked ─► open ─► closed ─┐
//!                                                 └ nobody opens it ──────┴─► locked ─► elements read ─► the inventory
//!   by itself:   found open ─► a request of the service's own stands for it ─► closed ─► locked ─► ...
//! ```
//!
//! What is remembered is in the row of the door: for which request hands have it, from the order to unlock it on, and
//! since when. One that was unlocked for a request which has ended is locked by the upkeep, so a restart needs nothing more.
//!
//! PREVENT MEDIUM REMOVAL locks ports and door alike (SMC-3), and at the ports hands bring media; so a door is locked where
//! it is the only way in.
//!
//! Invariant: while hands have the door nothing moves but what was under way, and nothing is believed before the read that
//! follows (lessons, rule 1).

use super::action::{Action, DoorWork};
use super::carry::{self, Work};
use super::queue::{self, MOST_ATTEMPTS};
use super::view::View;
use crate::handlers::{label_read_is_queued, queue_label_read};
use crate::pools;
use crate::requests::{self, Ending};
use crate::turn::{Handled, Turn};
use rsm_model::generated::constants::library::{
    NTMS_INVENTORY_FAST, NTMS_INVENTORY_NONE, NTMS_INVENTORY_OMID,
};
use rsm_model::generations::CLEANER;
use rsm_model::ids::{DoorId, RequestId, SlotId};
use rsm_model::machine::Numbered;
use rsm_model::machine::library::OperationalState;
use rsm_model::machine::request::{RequestEvent, RequestState};
use rsm_model::machine::slot::{self, SlotEvent, SlotState};
use rsm_model::record::*;
use rsm_model::{Code, UtcTime};
use rsm_step::Step;
use rsm_store::columns;

/// The first look after a door was unlocked: sooner no hand is there.
const FIRST_LOOK_MS: i64 = 2_000;

/// The longest wait between two looks: a person who has closed the door will not stand there for longer.
const LONGEST_LOOK_MS: i64 = 30_000;

/// When a door is looked at next that hands have had since a moment: the waits double (lessons, rule 4).
pub(crate) fn look_after(since: UtcTime, now: UtcTime) -> UtcTime {
    UtcTime(now.0 + (now.0 - since.0).clamp(FIRST_LOOK_MS, LONGEST_LOOK_MS))
}

/// When the elements are looked at next while a door is unlocked for a request: that tells whether it is open.
pub(super) fn next_look(library: &Library, door: &Door) -> Option<UtcTime> {
    let unlocked = door.unlocked_at.filter(|_| door.state != DoorState::Open)?;
    Some(look_after(unlocked, library.read_at.unwrap_or(unlocked).max(unlocked)))
}

/// When a door that nobody opens is locked again (P-144). None for one without a limit: it waits until it is opened
/// (decision 62).
pub(super) fn time_is_over(door: &Door) -> Option<UtcTime> {
    let unlocked = door.unlocked_at.filter(|_| door.state != DoorState::Open)?;
    let limit_ms = i64::from(door.max_open_s) * 1000;
    (limit_ms > 0).then_some(UtcTime(unlocked.0 + limit_ms))
}

/// Whether the elements are to be read because hands have a door.
pub(super) fn is_look_due(view: &View) -> bool {
    view.doors.iter().any(|door| next_look(&view.library, door).is_some_and(|at| at <= view.utc))
}

/// Whether the robot stands still and can be told about its door; a library that needs service is opened, too.
fn robot_rests(view: &View) -> bool {
    let serves =
        matches!(view.library.common.operational, OperationalState::Ready | OperationalState::NeedsService);
    let idle = view.changer_device().is_some_and(|robot| robot.answered && !view.is_busy(&robot.key));
    serves && idle && view.settled()
}

/// Whether a door is to be locked: it is the only way in, it is closed, and a command may do it.
fn wants_lock(view: &View, door: &Door) -> bool {
    let by_command = matches!(door.lock, DoorLock::Unknown | DoorLock::Unlocked);
    view.ports.is_empty() && by_command && door.state == DoorState::Closed
}

/// Locks what is not locked, and takes back a door from a request that has ended.
pub(super) fn settle(view: &View) -> Option<Action> {
    view.doors.iter().find_map(|door| {
        let used = |id| view.requests.iter().any(|request| request.id == id);
        if door.opened_for.is_some_and(used) {
            return None;
        }
        if wants_lock(view, door) {
            let lock = Action::AtDoor(DoorWork::Lock { request: None, door: door.id });
            return robot_rests(view).then_some(lock);
        }
        let left = door.opened_for.is_some() && door.state != DoorState::Open;
        left.then_some(Action::AtDoor(DoorWork::Release { door: door.id }))
    })
}

/// What a door access needs next.
pub(super) fn access(view: &View, request: &LibraryRequest) -> Option<Action> {
    let Some(door) = view.doors.iter().min_by_key(|door| door.number) else {
        let note = "the library has no door any more";
        return queue::finish(request, Ending::failed(Code::ResourceNotPresent, note));
    };
    if request.attempts >= MOST_ATTEMPTS {
        return queue::finish(request, Ending::failed(Code::DeviceNotAvailable, request.note.clone()));
    }
    if door.opened_for != Some(request.id) {
        return begin(view, request, door);
    }
    let Some(unlocked) = door.unlocked_at else {
        // Whether it was unlocked is not known.
        return unlock(view, request, door);
    };
    let used = door.closed_at.is_some_and(|at| at >= unlocked);
    let over = time_is_over(door).is_some_and(|at| at <= view.utc);
    if door.state == DoorState::Open || !(used || over) || !robot_rests(view) {
        return None;
    }
    if wants_lock(view, door) {
        return Some(Action::AtDoor(DoorWork::Lock { request: Some(request.id), door: door.id }));
    }
    Some(Action::AtDoor(DoorWork::Done { request: request.id, door: door.id }))
}

/// What is to be done before a person can be asked to the door for a request that is no door access: a door that is locked
/// is unlocked, and locked again when the request has ended ([`settle`]). None when nothing is in the way.
pub(super) fn let_in(view: &View, request: &LibraryRequest) -> Option<Option<Action>> {
    let door = view.doors.iter().min_by_key(|door| door.number)?;
    if request.attempts >= MOST_ATTEMPTS {
        let ending = Ending::failed(Code::DeviceNotAvailable, request.note.clone());
        return Some(queue::finish(request, ending));
    }
    match (door.opened_for == Some(request.id), door.unlocked_at) {
        (true, Some(_)) => None,
        (true, None) => Some(unlock(view, request, door)),
        (false, _) => Some(begin(view, request, door)),
    }
}

fn begin(view: &View, request: &LibraryRequest, door: &Door) -> Option<Action> {
    if let Some(other) = door.opened_for.filter(|id| view.requests.iter().any(|one| one.id == *id)) {
        return queue::wait(request, format!("hands have {} for request {other}", door.common.name));
    }
    let at_ports = view.requests.iter().find(|other| {
        other.operation.uses_ports() && other.state == RequestState::InProcess && other.id != request.id
    });
    if let Some(other) = at_ports.filter(|_| door.state != DoorState::Open) {
        return queue::wait(request, format!("the ports are in use by request {}", other.id));
    }
    unlock(view, request, door)
}

fn unlock(view: &View, request: &LibraryRequest, door: &Door) -> Option<Action> {
    if door.state == DoorState::Open {
        return Some(Action::AtDoor(DoorWork::Adopt { request: request.id, door: door.id }));
    }
    if !robot_rests(view) {
        let why = if view.settled() { "the robot is at work" } else { queue::unsettled(view) };
        return queue::wait(request, why);
    }
    Some(Action::AtDoor(DoorWork::Unlock { request: request.id, door: door.id }))
}

/// Carries out what was decided about doors.
pub(super) fn carry(turn: &mut Turn<'_>, view: &View, work: DoorWork) -> Handled {
    match work {
        DoorWork::Unlock { request, door } => {
            let request = carry::started(carry::the_request(view, request)?)?;
            let mut door = the_door(view, door)?;
            door.opened_for = Some(request.id);
            door.unlocked_at = None;
            order(turn, view, Some(request.id), &door, Step::UnlockDoor)?;
            turn.put(door);
            turn.put(request);
        }
        DoorWork::Adopt { request, door } => {
            let mut request = carry::started(carry::the_request(view, request)?)?;
            let mut door = the_door(view, door)?;
            request.note = format!("{} is open", door.common.name);
            door.opened_for = Some(request.id);
            door.unlocked_at = Some(turn.utc());
            turn.put(door);
            turn.put(request);
        }
        DoorWork::Lock { request, door } => {
            let door = the_door(view, door)?;
            order(turn, view, request, &door, Step::LockDoor)?;
        }
        DoorWork::Release { door } => {
            let mut door = the_door(view, door)?;
            door.opened_for = None;
            door.unlocked_at = None;
            turn.put(door);
        }
        DoorWork::Done { request, door } => done(turn, view, request, door)?,
    }
    Ok(())
}

fn the_door(view: &View, id: DoorId) -> Handled<Door> {
    view.doors.iter().find(|door| door.id == id).cloned().map_or_else(|| carry::missing("a door"), Ok)
}

fn order(turn: &mut Turn<'_>, view: &View, request: Option<RequestId>, door: &Door, step: Step) -> Handled {
    let Some(device) = view.changer_device() else { return carry::missing("a robot") };
    let text = format!("{}: {}", step.word(), door.common.name);
    let work = Work { device, request, medium: None, elements: Vec::new(), text };
    carry::ordered(turn, work, view.library.id, step).map(drop)
}

/// Hands are out and the elements have been read: the inventory that was asked for follows, and the library works on.
fn done(turn: &mut Turn<'_>, view: &View, id: RequestId, door: DoorId) -> Handled {
    let request = carry::the_request(view, id)?;
    let mut door = the_door(view, door)?;
    let since = door.unlocked_at.unwrap_or(request.queued);
    let opened = door.closed_at.is_some_and(|at| at >= since);
    door.opened_for = None;
    door.unlocked_at = None;
    let note = if opened { String::new() } else { format!("nobody opened {}", door.common.name) };
    turn.put(door);
    match request.option {
        NTMS_INVENTORY_NONE => {}
        NTMS_INVENTORY_FAST => look_into(turn, view, &request, InventoryMethod::Fast, since)?,
        NTMS_INVENTORY_OMID => look_into(turn, view, &request, InventoryMethod::Full, since)?,
        _ => look_into(turn, view, &request, view.library.inventory_method, since)?,
    }
    requests::end(turn, request, Ending::new(RequestEvent::Succeeded, note))
}

/// Queues an inventory on behalf of who asked for the door. A fast one reads the label of what lies in a slot that has been
/// filled since and shows no bar code (P-143): a library may say that it has a reader, and read none.
fn look_into(
    turn: &mut Turn<'_>,
    view: &View,
    asked: &LibraryRequest,
    method: InventoryMethod,
    since: UtcTime,
) -> Handled {
    if method == InventoryMethod::None {
        return Ok(());
    }
    let library = &view.library;
    let marked = slot::step(SlotState::Full, SlotEvent::Marked)?;
    turn.changes.move_slots(library.id, SlotState::Full, marked);
    let mut request = requests::of_service(turn, library.id, Operation::Inventory)?;
    request.option = method.number();
    request.application.clone_from(&asked.application);
    request.user.clone_from(&asked.user);
    request.computer.clone_from(&asked.computer);
    request.session = asked.session;
    request.uid = asked.uid;
    turn.put(request);
    if method == InventoryMethod::Fast {
        for slot in turn.tx.find(columns::slot::LIBRARY, library.id)? {
            let filled = slot.seen.content == Content::Full && slot.seen.at.is_some_and(|at| at > since);
            if filled && slot.seen.tag.is_none() {
                read_labels(turn, slot.id)?;
            }
        }
    }
    Ok(())
}

/// Queues the reading of what nobody has read of the medium in a slot.
fn read_labels(turn: &mut Turn<'_>, slot: SlotId) -> Handled {
    for medium in turn.tx.find(columns::medium::LOCATION_ID, slot.0)? {
        if medium.media_type_code == CLEANER || !medium.common.enabled {
            continue;
        }
        for side in pools::sides_of(&turn.tx, medium.id)? {
            if side.witness == LabelWitness::NotRead && !label_read_is_queued(turn, side.id)? {
                queue_label_read(turn, None, &medium, side.id)?;
            }
        }
    }
    Ok(())
}
