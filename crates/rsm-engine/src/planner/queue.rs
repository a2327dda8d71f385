//! The queue of a library: each request in its order is asked what it needs next, and the first answer is taken.
//!
//! Order: kind in ascending operation code, so dismounts stand before mounts, then order number, priority and age; a
//! request that has waited ten minutes goes first (decision 18, [`crate::queue_order`]).

use super::action::Action;
use super::cleaning;
use super::door;
use super::doors;
use super::enabling;
use super::gang;
use super::hold;
use super::inject;
use super::labels;
use super::ports;
use super::view::View;
pub(super) use crate::requests::ending_of;
use crate::requests::{self, Ending};
use rsm_model::Code;
use rsm_model::ids::DriveId;
use rsm_model::machine::Numbered;
use rsm_model::machine::drive::DriveState;
use rsm_model::machine::medium::MediumState;
use rsm_model::machine::request::RequestState;
use rsm_model::record::*;
use rsm_step::Look;

/// Why a medium in conflict is not used.
pub(super) const IN_DOUBT: &str = "two witnesses of the medium's identity disagree";

/// Why a cartridge stays in a drive that it should leave.
pub(super) const NO_SLOT: &str = "no slot is free";

/// Why a drive that is free is not used.
const KEPT_FOR_A_GANG: &str = "the drives are kept for a call of several media that has waited long";

/// Attempts after which a request fails: two may be hands or a hiccup, the third is a fact.
pub(super) const MOST_ATTEMPTS: u32 = 3;

/// What the queue needs next.
pub(super) fn next(view: &View) -> Option<Action> {
    view.requests.iter().find_map(|request| {
        if view.works_for(request.id) {
            return None;
        }
        if let Some(action) = enabling::refused(view, request) {
            return Some(action);
        }
        if let Some(why) = enabling::held_back(view, request).or_else(|| hold::held_back(view, request)) {
            return stand_back(request, why);
        }
        match request.operation {
            Operation::Inventory => inventory(view, request),
            Operation::DoorAccess => doors::access(view, request),
            Operation::Inject => inject::media(view, request),
            Operation::InjectCleaner if view.ports.is_empty() => door::inject(view, request),
            Operation::InjectCleaner => inject::cleaner(view, request),
            Operation::EjectCleaner if view.ports.is_empty() => door::eject(view, request),
            Operation::Eject | Operation::EjectCleaner => ports::eject(view, request),
            Operation::Dismount => dismount(view, request),
            Operation::Mount => mount(view, request),
            Operation::WriteFreeLabel | Operation::Classify | Operation::Identify => {
                labels::next(view, request)
            }
            Operation::CleanDrive => cleaning::next(view, request),
            Operation::ReserveCleaner | Operation::ReleaseCleaner => cleaning::slots(view, request),
            // It ends with the request that it removes.
            Operation::Remove => None,
            Operation::DisableLibrary
            | Operation::EnableLibrary
            | Operation::DisableDrive
            | Operation::EnableDrive
            | Operation::DisableMedium
            | Operation::EnableMedium => enabling::next(view, request),
        }
    })
}

/// Waits for an object that is out of use, or going to be. Hundreds of labels may be queued at once: they wait in silence.
pub(super) fn stand_back(request: &LibraryRequest, why: String) -> Option<Action> {
    let silent = matches!(request.operation, Operation::WriteFreeLabel | Operation::Classify);
    if silent || requests::is_collected(request) { None } else { wait(request, why) }
}

/// Says that a request waits, if that is news.
pub(super) fn wait(request: &LibraryRequest, note: impl Into<String>) -> Option<Action> {
    let note = note.into();
    let news = request.state == RequestState::Queued || request.note != note;
    let begun = matches!(request.state, RequestState::InProcess | RequestState::Deferred);
    (news && !begun).then_some(Action::Wait { request: request.id, note })
}

pub(super) fn finish(request: &LibraryRequest, ending: Ending) -> Option<Action> {
    Some(Action::Finish { request: request.id, ending })
}

fn inventory(view: &View, request: &LibraryRequest) -> Option<Action> {
    if request.attempts >= MOST_ATTEMPTS {
        return finish(request, Ending::failed(Code::UnableToInventorySlot, request.note.clone()));
    }
    if request.option == InventoryMethod::Full.number() && request.steps_done > 0 {
        return labels::inventory(view, request);
    }
    if let Some(door) = view.door_of_hands() {
        // Looking into the elements moves the robot.
        return wait(request, held(door));
    }
    match view.changer_device() {
        Some(robot)
            if robot.answered && robot.probes > 0 && robot.probe_at.is_some_and(|at| at > view.utc) =>
        {
            wait(request, "the robot failed and rests before it is asked again")
        }
        Some(robot) if robot.answered && !view.is_busy(&robot.key) => {
            Some(Action::Read { request: Some(request.id), look: Look::Initialize })
        }
        Some(robot) if robot.answered => wait(request, "the robot is at work"),
        _ => wait(request, "the library does not answer"),
    }
}

fn dismount(view: &View, request: &LibraryRequest) -> Option<Action> {
    let place = view.medium_of(request).map(|medium| medium.location);
    let drive = match place {
        Some(Location::Drive(drive)) => view.drive(drive),
        _ => None,
    };
    let Some(drive) = drive else {
        // Hands were faster, or an unknown completion turned out well: the drive is free, which is what was asked.
        let gone = view.medium_of(request).is_none_or(|medium| medium.state == MediumState::Idle);
        return if gone { finish(request, requests::end_of_dismount(request)) } else { None };
    };
    let deferred = request.option == Dismounting::Deferred as u32;
    match request.state {
        RequestState::Deferred
            if drive.state == DriveState::Dismountable && request.drive == Some(drive.id) =>
        {
            None
        }
        _ if !view.settled() => wait(request, "the library is being read"),
        _ if owes_a_label(request, drive) => {
            if view.drive_ready(drive) && view.is_usable(drive) {
                Some(Action::ReadLabel { request: request.id, drive: drive.id })
            } else {
                wait(request, format!("{} is at work or does not answer", drive.common.name))
            }
        }
        _ if deferred && drive.state == DriveState::Dismountable => {
            Some(Action::Park { request: request.id, drive: drive.id })
        }
        _ if deferred && drive.state == DriveState::Loaded => {
            if view.drive_ready(drive) {
                Some(Action::Park { request: request.id, drive: drive.id })
            } else {
                wait(request, format!("{} is at work or does not answer", drive.common.name))
            }
        }
        _ => put_out(view, request, drive),
    }
}

/// Whether the label of a medium that was mounted for writing is still to be read (decision 33).
pub(super) fn owes_a_label(request: &LibraryRequest, drive: &Drive) -> bool {
    request.access == MountAccess::Write
        && matches!(drive.state, DriveState::Loaded | DriveState::Dismountable)
}

/// The next step of a cartridge on its way from a drive to a slot.
pub(super) fn put_out(view: &View, request: &LibraryRequest, drive: &Drive) -> Option<Action> {
    let medium = view.medium_in(drive.id)?;
    if request.attempts >= MOST_ATTEMPTS && request.goal == Goal::AsAsked {
        return finish(request, Ending::failed(Code::MediumNotAccessible, request.note.clone()));
    }
    if !view.is_usable(drive) {
        return wait(request, format!("{} needs service or does not answer", drive.common.name));
    }
    if !view.drive_ready(drive) {
        return wait(request, format!("{} is at work", drive.common.name));
    }
    if drive.state != DriveState::Unloaded {
        return Some(Action::Unload { request: request.id, drive: drive.id });
    }
    if !view.robot_ready() || !drive.seen.is_trusted() {
        return wait(request, view.door_of_hands().map_or_else(|| "the robot is at work".to_string(), held));
    }
    match view.refuge_of(medium) {
        Some(slot) => Some(Action::MoveOut { request: request.id, drive: drive.id, slot }),
        None => without_slot(view, request, drive),
    }
}

/// A cartridge that has no slot to go to: a person is asked once to make room, and it waits in its drive.
pub(super) fn without_slot(view: &View, request: &LibraryRequest, drive: &Drive) -> Option<Action> {
    match view.asked.contains(&request.id) {
        true => wait(request, NO_SLOT),
        false => Some(Action::AskForSlot { request: request.id, drive: drive.id }),
    }
}

fn mount(view: &View, request: &LibraryRequest) -> Option<Action> {
    let Some(medium) = view.medium_of(request) else {
        return finish(request, Ending::failed(Code::InvalidMedia, "the medium's record is gone"));
    };
    if request.goal != Goal::AsAsked {
        return put_back(view, request, medium);
    }
    if let Some(leader) = request.leader {
        return gang::next(view, request, leader);
    }
    let mine_in_drive =
        medium.claimed_by == Some(request.id) && matches!(medium.location, Location::Drive(_));
    if medium.conflict && !mine_in_drive && medium.location != Location::Offline {
        return wait(request, IN_DOUBT);
    }
    let taken = view.medium_taken(medium, Some(request.id));
    match (medium.location, taken) {
        (Location::Offline, None) => offline(view, request),
        (_, None) if medium.library != view.library.id => offline(view, request),
        (Location::Offline, Some(_)) => wait(request, "another request waits for the same medium"),
        _ if !view.settled() => wait(request, unsettled(view)),
        (_, Some(why)) => wait(request, why),
        (Location::Drive(drive), None) => in_drive(view, request, drive),
        (Location::Slot(_) | Location::Port(_), None) => in_slot(view, request, medium),
        (Location::Changer(_), None) => wait(request, "the cartridge is stuck in the gripper"),
    }
}

/// What keeps the robot from moving while hands have a door.
fn held(door: &Door) -> String {
    match door.state {
        DoorState::Open => format!("{} is open", door.common.name),
        _ => format!("hands have {}", door.common.name),
    }
}

/// Why the robot takes no order now.
pub(super) fn robot_waits(view: &View) -> String {
    view.door_of_hands().map_or_else(|| "the robot is at work or does not answer".to_string(), held)
}

/// Why the library cannot be relied on now.
pub(super) fn unsettled(view: &View) -> &'static str {
    match view.changer_device() {
        _ if view.doors.iter().any(|door| door.state == DoorState::Open) => "the door of the library is open",
        Some(robot) if robot.answered => "the library is being read",
        _ => "the library does not answer",
    }
}

/// The medium has to be brought: an operator is asked once, and the request waits (P-95). Who says that it was brought is
/// not asked again before the library has been read (P-184).
fn offline(view: &View, request: &LibraryRequest) -> Option<Action> {
    if view.asked.contains(&request.id) {
        return wait(request, "an operator has to bring the medium");
    }
    if view.answered.contains(&request.id) && !view.settled() {
        return wait(request, unsettled(view));
    }
    Some(Action::AskForMedium { request: request.id })
}

fn in_drive(view: &View, request: &LibraryRequest, id: DriveId) -> Option<Action> {
    let drive = view.drive(id)?;
    // The drive has one side up; the other one is mounted by way of the slot (P-105). Nobody knows which it is of a disc that
    // only turned up there.
    let one_sided = view.medium_of(request).is_none_or(|medium| medium.sides < 2);
    let side_up = drive.saved_side.map_or(one_sided, |up| Some(up) == request.side);
    let suits = view.medium_of(request).is_none_or(|medium| view.suits(drive, medium, request.access));
    let meant = request.drive.is_none_or(|wanted| wanted == id) || !request.drive_given;
    let fits = side_up && suits && meant;
    let mine =
        view.media.values().any(|m| m.claimed_by == Some(request.id) && m.location == Location::Drive(id));
    match drive.state {
        DriveState::Dismountable if fits && view.is_held_back(id, Some(request.id)) => {
            wait(request, KEPT_FOR_A_GANG)
        }
        DriveState::Dismountable if fits && view.drive_ready(drive) && drive.seen.is_trusted() => {
            Some(Action::Remount { request: request.id, drive: id })
        }
        DriveState::Dismountable if !fits => match view.parked(id) {
            Some(dismount) => Some(Action::Evict { mount: request.id, dismount: dismount.id, drive: id }),
            None => wait(request, format!("the medium is in {}", drive.common.name)),
        },
        DriveState::Mounted if mine && fits && !view.is_promised(id, Some(request.id)) => {
            load(view, request, drive)
        }
        // Hands, or a failed move, have brought it there: it has to be put away before it can be mounted.
        _ if mine => Some(Action::StepBack {
            request: request.id,
            note: format!("the medium is in {} and has to be put away first", drive.common.name),
        }),
        _ if !view.is_usable(drive) => {
            wait(request, format!("{}, which holds it, needs service or does not answer", drive.common.name))
        }
        _ => wait(request, format!("the medium is still in {}", drive.common.name)),
    }
}

pub(super) fn load(view: &View, request: &LibraryRequest, drive: &Drive) -> Option<Action> {
    if request.attempts >= MOST_ATTEMPTS {
        let ending = Ending::failed(Code::UnableToLoadMedium, request.note.clone());
        return Some(Action::PutBack { request: request.id, ending });
    }
    if view.is_usable(drive) && view.drive_ready(drive) {
        return Some(Action::Load { request: request.id, drive: drive.id });
    }
    if view.is_usable(drive) || view.is_being_replaced(drive) {
        return None;
    }
    let note = format!("{} needs service or does not answer", drive.common.name);
    let ending = Ending::failed(Code::DeviceNotAvailable, note);
    Some(Action::PutBack { request: request.id, ending })
}

pub(super) fn in_slot(view: &View, request: &LibraryRequest, medium: &Medium) -> Option<Action> {
    if request.attempts >= MOST_ATTEMPTS {
        return finish(request, Ending::failed(Code::UnableToLoadMedium, request.note.clone()));
    }
    if medium.state == MediumState::OpError {
        return wait(request, "the robot failed with the medium; the library is being read");
    }
    // A choice of the planner's own binds it only while that drive can still be had.
    let bound = request.drive.filter(|id| {
        let had = |drive: &Drive| view.is_free(drive, Some(request.id)) || view.is_being_cleared(drive);
        let open = |drive: &Drive| had(drive) && view.suits(drive, medium, request.access);
        request.drive_given || view.drive(*id).is_some_and(open)
    });
    let open = || view.drives.iter().filter(|drive| bound.is_none_or(|wanted| wanted == drive.id));
    if let Some(why) = view.unfit(open(), medium, request.access) {
        return finish(request, Ending::failed(Code::DriveMediaMismatch, why));
    }
    let suited = || open().filter(|drive| view.suits(drive, medium, request.access));
    let candidates: Vec<&Drive> =
        suited().filter(|drive| !view.is_held_back(drive.id, Some(request.id))).collect();
    if candidates.is_empty() && suited().next().is_some() {
        return wait(request, KEPT_FOR_A_GANG);
    }
    if let Some(drive) = candidates.iter().find(|drive| view.is_free(drive, Some(request.id))) {
        return move_in(view, request, medium, drive.id);
    }
    if bound.is_some() && !request.drive_given {
        return wait(request, "its drive is being cleared");
    }
    if let Some(drive) = clearable(view, &candidates) {
        let dismount = view.parked(drive.id)?.id;
        return Some(Action::Evict { mount: request.id, dismount, drive: drive.id });
    }
    wait(request, why_no_drive(view, &candidates))
}

pub(super) fn move_in(
    view: &View,
    request: &LibraryRequest,
    medium: &Medium,
    drive: DriveId,
) -> Option<Action> {
    if in_reach(view, medium) && view.robot_ready() {
        return Some(Action::MoveIn { request: request.id, drive });
    }
    wait(request, robot_waits(view))
}

/// Whether the robot can take a medium from where it stands: its place was seen, and no step and no hand has it.
pub(super) fn in_reach(view: &View, medium: &Medium) -> bool {
    match medium.location {
        Location::Slot(id) => {
            view.slots.get(&id).is_some_and(|s| s.seen.is_trusted() && !view.is_locked(s.element))
        }
        Location::Port(id) => view.ports.get(&id).is_some_and(|port| {
            let reached = port.position != PortPosition::Extended && port.opened_for.is_none();
            reached && port.seen.is_trusted() && !view.is_locked(port.element)
        }),
        _ => false,
    }
}

/// Why background work waits.
pub(super) fn no_idle_drive() -> &'static str {
    "no drive is idle"
}

/// The drive to clear when none is free: one whose least stay is over before one whose is not, then the one that
/// waits longest (decision 5: a shortage of drives ends a stay).
pub(super) fn clearable<'v>(view: &View, candidates: &[&'v Drive]) -> Option<&'v Drive> {
    let evictable = candidates.iter().copied().filter(|drive| view.is_evictable(drive));
    evictable.min_by_key(|drive| (view.stays(drive), drive.dismountable_since, drive.number))
}

/// Who has the drives.
pub(super) fn why_no_drive(view: &View, candidates: &[&Drive]) -> String {
    let holders: Vec<String> = candidates
        .iter()
        .map(|drive| {
            let mount = view.mounts.values().find(|mount| mount.drive == drive.id);
            let holder = match mount {
                Some(mount) => format!("held by {} for {}", mount.application, mount.user),
                None if !view.is_usable(drive) => "out of service or not answering".to_string(),
                None => "at work for another request".to_string(),
            };
            format!("{} is {holder}", drive.common.name)
        })
        .collect();
    if holders.is_empty() { "the library has no such drive".to_string() } else { holders.join("; ") }
}

/// A mount that was given up or failed: the cartridge goes back, then the request ends (decision 35).
pub(super) fn put_back(view: &View, request: &LibraryRequest, medium: &Medium) -> Option<Action> {
    let ending = || ending_of(request);
    let mine = medium.claimed_by == Some(request.id);
    match medium.location {
        _ if !mine => finish(request, ending()),
        _ if !view.settled() => None,
        Location::Drive(id) => match view.drive(id) {
            // A drive that cannot be used keeps the cartridge: that is a stray now, put away once the drive serves.
            Some(drive) if !view.is_usable(drive) || request.attempts >= 2 * MOST_ATTEMPTS => {
                finish(request, ending())
            }
            Some(drive) => put_out(view, request, drive),
            None => finish(request, ending()),
        },
        Location::Changer(_) => None,
        Location::Slot(_) | Location::Port(_) | Location::Offline => finish(request, ending()),
    }
}
