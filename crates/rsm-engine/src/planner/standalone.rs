//! A library that is one drive without a robot (M-37): hands put media in and take them out, and only the drive tells.
//!
//! ```text
//!            put in              load, label read           nobody has it
//!   empty ───────────► Mounted ───────────────────► Loaded ───────────────► Dismountable
//!     ▲                 ▲  ▲                          │ ▲ │                       │ │
//!     │                 │  └───── taken in again ─────┼─┼─┼───────────────────────┘ │ another medium
//!     │                 │                    leased ◄─┘ │ │ unload                  │ is to come
//!     │ taken           └────────────────────────── Unloaded ◄──────────────────────┘
//!     └───────────────────────────────────────────────┘
//! ```
//!
//! The drive is asked again and again while nobody has its medium; what hands have put in is loaded and its label read,
//! which may show that it is a medium that was missed. A mount loads what lies in the drive anew: nobody can say what
//! hands did since it was looked at last, and the label is the one witness there is (lessons, rule 1).
//!
//! Invariants: nobody is given a medium whose label was not read for him; a drive is left alone while a caller has its
//! medium; nothing waits for a robot.

use super::Standing;
use super::action::Action;
use super::carry::{missing, started, the_drive, the_request};
use super::enabling;
use super::hold;
use super::labels;
use super::queue::{MOST_ATTEMPTS, ending_of, finish, load, owes_a_label, put_out, stand_back, wait};
use super::view::View;
use crate::handlers::queue_label_read;
use crate::requests::{self, Ending};
use crate::turn::{Handled, Turn};
use crate::{naming, pools};
use rsm_model::ids::*;
use rsm_model::machine::Numbered;
use rsm_model::machine::drive::{self, DriveEvent, DriveState};
use rsm_model::machine::library::OperationalState;
use rsm_model::machine::medium::{self, MediumEvent, MediumState};
use rsm_model::machine::request::{RequestEvent, RequestState};
use rsm_model::record::*;
use rsm_model::{Code, UtcTime};

/// The next thing to do in a stand-alone library.
pub(super) fn next(view: &View) -> Option<Action> {
    if !view.library.common.enabled {
        // To a drive that is out of use with its library nothing is sent (P-213).
        return queue(view);
    }
    let tend = || if hold::is_held(view) { None } else { tend(view) };
    ask(view).or_else(tend).or_else(|| queue(view))
}

/// How a mount of a medium would stand right now: its label is read first, which takes time.
pub(super) fn standing(view: &View, medium: &Medium) -> Standing {
    let there = match medium.location {
        Location::Drive(id) => view.drive(id),
        _ => None,
    };
    match there {
        Some(drive) if !view.is_usable(drive) => {
            Standing::Blocked(format!("{} needs service or does not answer", drive.common.name))
        }
        Some(drive) if lies_still(drive) => Standing::Free,
        _ => Standing::Blocked("its label is being read".to_string()),
    }
}

/// Whether what is in a drive waits there, for whoever wants it or for the hand that takes it.
fn lies_still(drive: &Drive) -> bool {
    matches!(drive.state, DriveState::Dismountable | DriveState::Unloaded)
}

fn is_leased(view: &View) -> bool {
    view.drives
        .iter()
        .filter_map(|drive| view.medium_in(drive.id))
        .any(|medium| view.mounts.contains_key(&medium.id))
}

/// The drive is asked whether it holds a medium: when it has not answered its present worker, when what is recorded may
/// be wrong, when it failed and has rested, and now and then while nobody has its medium.
fn ask(view: &View) -> Option<Action> {
    let device = view.devices.first().filter(|device| !view.is_busy(&device.key))?;
    let due = |at: Option<UtcTime>| at.is_none_or(|at| at <= view.utc);
    let failed = view.drives.iter().any(|drive| {
        drive.common.operational == OperationalState::NeedsService
            && drive.probe_at.is_some_and(|at| at <= view.utc)
    });
    let unsure = view.library.wants_read && (device.probes == 0 || due(device.probe_at));
    let polled = !is_leased(view) && due(device.probe_at);
    let wanted = if device.answered { failed || unsure || polled } else { due(device.probe_at) };
    wanted.then(|| Action::Probe { device: device.key.clone(), request: None })
}

/// A medium that nobody has: one that was put in is identified, one that is loaded is let rest.
fn tend(view: &View) -> Option<Action> {
    let drive = view.drives.first()?;
    let medium = view.medium_in(drive.id)?;
    let ready = view.settled() && view.is_usable(drive) && view.drive_ready(drive);
    if !ready || view.mounts.contains_key(&medium.id) || is_worked_on(view, medium) {
        return None;
    }
    match drive.state {
        // Its label is read once it may be used again: a read that names it would fail.
        DriveState::Mounted if !medium.common.enabled => None,
        DriveState::Mounted => Some(Action::Identify { medium: medium.id, inventory: None }),
        DriveState::Loaded => Some(Action::Rest { drive: drive.id, medium: medium.id }),
        _ => None,
    }
}

/// Whether a request has the medium in its hands, or is about to take it out.
fn is_worked_on(view: &View, medium: &Medium) -> bool {
    view.requests.iter().any(|request| {
        medium.claimed_by == Some(request.id)
            || (request.medium == Some(medium.id)
                && request.operation == Operation::Dismount
                && request.state != RequestState::Deferred)
    })
}

/// The queue: each request in its order is asked what it needs next.
fn queue(view: &View) -> Option<Action> {
    view.requests.iter().filter(|request| !view.works_for(request.id)).find_map(|request| {
        if let Some(action) = enabling::refused(view, request) {
            return Some(action);
        }
        if let Some(why) = enabling::held_back(view, request).or_else(|| hold::held_back(view, request)) {
            return stand_back(request, why);
        }
        match request.operation {
            Operation::Inventory => inventory(view, request),
            Operation::Dismount => dismount(view, request),
            Operation::Mount => mount(view, request),
            Operation::WriteFreeLabel | Operation::Classify => label_work(view, request),
            // It ends with the request that it removes.
            Operation::Remove => None,
            Operation::DisableLibrary
            | Operation::EnableLibrary
            | Operation::DisableDrive
            | Operation::EnableDrive
            | Operation::DisableMedium
            | Operation::EnableMedium => enabling::next(view, request),
            // A drive without a robot is cleaned by hand, and has no slots.
            Operation::CleanDrive | Operation::ReserveCleaner | Operation::ReleaseCleaner => finish(
                request,
                Ending::failed(Code::UnableToClean, "a drive without a robot is cleaned by hand"),
            ),
            // It was asked of a library with a robot, which it is no more.
            Operation::Identify => super::queue::finish(
                request,
                Ending::failed(Code::ResourceNotPresent, "a drive without a robot has no slots"),
            ),
            Operation::DoorAccess => super::queue::finish(
                request,
                Ending::failed(Code::ResourceNotPresent, "a drive without a robot has no door"),
            ),
            Operation::Eject | Operation::EjectCleaner | Operation::Inject | Operation::InjectCleaner => {
                super::queue::finish(
                    request,
                    Ending::failed(Code::ResourceNotPresent, "a drive without a robot has no port"),
                )
            }
        }
    })
}

/// An inventory asks the drive whether it holds a medium; a full one has its label read as well
/// (inventory-refreshes-standalone).
fn inventory(view: &View, request: &LibraryRequest) -> Option<Action> {
    if request.attempts >= MOST_ATTEMPTS {
        return finish(request, Ending::failed(Code::UnableToInventorySlot, request.note.clone()));
    }
    if is_leased(view) {
        return finish(
            request,
            Ending::new(RequestEvent::Succeeded, "the medium is in use and was left alone"),
        );
    }
    let device = view.devices.first()?;
    if request.steps_done == 0 {
        let rests = device.probes > 0 && device.probe_at.is_some_and(|at| at > view.utc);
        return match device {
            _ if !device.answered => wait(request, "the drive does not answer"),
            _ if rests => wait(request, "the drive cannot tell yet whether it holds a medium"),
            _ if view.is_busy(&device.key) => wait(request, "the drive is at work"),
            _ => Some(Action::Probe { device: device.key.clone(), request: Some(request.id) }),
        };
    }
    if view.requests.iter().any(|other| other.operation == Operation::Classify) {
        return None;
    }
    match view.drives.first().and_then(|drive| view.medium_in(drive.id)) {
        Some(medium) if request.option == InventoryMethod::Full.number() && request.steps_done == 1 => {
            Some(Action::Identify { medium: medium.id, inventory: Some(request.id) })
        }
        _ => finish(request, Ending::new(RequestEvent::Succeeded, "")),
    }
}

/// A dismount is done when the drive has let go: nobody can say when hands take the medium.
fn dismount(view: &View, request: &LibraryRequest) -> Option<Action> {
    let place = view.medium_of(request).map(|medium| medium.location);
    let drive = match place {
        Some(Location::Drive(id)) => view.drive(id),
        _ => None,
    };
    let passed = || finish(request, Ending::new(RequestEvent::Succeeded, ""));
    let Some(drive) = drive else { return passed() };
    let deferred = request.option == Dismounting::Deferred as u32;
    let ready = view.drive_ready(drive) && view.is_usable(drive);
    let busy = || wait(request, format!("{} is at work or does not answer", drive.common.name));
    match (request.state, drive.state) {
        (_, DriveState::Unloaded) => passed(),
        (RequestState::Deferred, DriveState::Dismountable) => None,
        // What was parked is being looked at anew: the release is over.
        (RequestState::Deferred, _) => passed(),
        _ if !view.settled() => wait(request, unsettled(view)),
        _ if owes_a_label(request, drive) && ready => {
            Some(Action::ReadLabel { request: request.id, drive: drive.id })
        }
        _ if owes_a_label(request, drive) => busy(),
        (_, DriveState::Loaded | DriveState::Dismountable) if deferred && ready => {
            Some(Action::Park { request: request.id, drive: drive.id })
        }
        (_, DriveState::Loaded | DriveState::Dismountable) if deferred => busy(),
        _ => put_out(view, request, drive),
    }
}

fn unsettled(view: &View) -> &'static str {
    match view.devices.first() {
        Some(device) if device.answered => "the drive is being asked what it holds",
        _ => "the drive does not answer",
    }
}

fn mount(view: &View, request: &LibraryRequest) -> Option<Action> {
    let Some(medium) = view.medium_of(request) else {
        return finish(request, Ending::failed(Code::InvalidMedia, "the medium's record is gone"));
    };
    if request.goal != Goal::AsAsked {
        return give_back(view, request, medium);
    }
    let taken = view.medium_taken(medium, Some(request.id));
    match (medium.location, taken) {
        (Location::Offline, Some(_)) => wait(request, "another request waits for the same medium"),
        (Location::Offline, None) => absent(view, request),
        (_, None) if medium.library != view.library.id => absent(view, request),
        _ if medium.conflict => wait(request, "the label of the medium is not the one that is recorded"),
        _ if !view.settled() => wait(request, unsettled(view)),
        (_, Some(why)) => wait(request, why),
        (Location::Drive(id), None) => mount_in_drive(view, request, medium, id),
        _ => absent(view, request),
    }
}

/// A person has to bring the medium; the drive lets go of one that nobody uses, so that there is room (P-95).
fn absent(view: &View, request: &LibraryRequest) -> Option<Action> {
    if !view.asked.contains(&request.id) {
        if view.answered.contains(&request.id) && is_looked_at(view) {
            return wait(request, "what is in the drive is being looked at");
        }
        return Some(Action::AskForMedium { request: request.id });
    }
    make_room(view, request).or_else(|| wait(request, "an operator has to bring the medium"))
}

/// Whether it is not clear yet what the drive holds: it is being asked, or the label of what was put in is being read.
fn is_looked_at(view: &View) -> bool {
    let put_in = view.drives.first().is_some_and(|drive| drive.state == DriveState::Mounted);
    !view.settled() || put_in || view.requests.iter().any(|one| one.operation == Operation::Classify)
}

/// Lets the drive give out a medium that nobody uses or wants.
fn make_room(view: &View, request: &LibraryRequest) -> Option<Action> {
    let drive = view.drives.first().filter(|drive| drive.state == DriveState::Dismountable)?;
    let medium = view.medium_in(drive.id)?;
    let parked = view.parked(drive.id);
    let wanted = view.requests.iter().any(|other| {
        other.medium == Some(medium.id)
            && other.id != request.id
            && Some(other.id) != parked.map(|one| one.id)
    });
    let ready = view.settled() && view.is_usable(drive) && view.drive_ready(drive);
    if wanted || !ready || view.mounts.contains_key(&medium.id) {
        return None;
    }
    Some(match parked {
        Some(parked) => Action::Evict { mount: request.id, dismount: parked.id, drive: drive.id },
        None => Action::PutAway { drive: drive.id, medium: medium.id, way: Dismounting::Immediate },
    })
}

fn mount_in_drive(view: &View, request: &LibraryRequest, medium: &Medium, id: DriveId) -> Option<Action> {
    let drive = view.drive(id)?;
    let name = &drive.common.name;
    if drive.state == DriveState::Mounted && medium.claimed_by == Some(request.id) {
        return load(view, request, drive);
    }
    if !view.is_usable(drive) {
        return wait(request, format!("{name}, which holds it, needs service or does not answer"));
    }
    match drive.state {
        _ if !view.drive_ready(drive) || !lies_still(drive) => {
            wait(request, format!("the medium is being looked at in {name}"))
        }
        _ if !is_side_up(drive, medium, request) => turn_over(view, request, drive),
        DriveState::Unloaded if is_promised(view, request) => {
            wait(request, format!("{name} has let it go for another medium that an operator is to bring"))
        }
        _ => Some(Action::TakeIn { request: request.id, drive: id }),
    }
}

/// Whether the side that a request is for lies as the drive reads it.
fn is_side_up(drive: &Drive, medium: &Medium, request: &LibraryRequest) -> bool {
    medium.sides < 2 || drive.saved_side.is_none_or(|up| Some(up) == request.side)
}

/// The other side is up: the drive lets the medium go, and a person turns it over (P-105).
fn turn_over(view: &View, request: &LibraryRequest, drive: &Drive) -> Option<Action> {
    if let Some(action) = make_room(view, request) {
        return Some(action);
    }
    if drive.state == DriveState::Unloaded && !view.asked.contains(&request.id) {
        return Some(Action::AskForMedium { request: request.id });
    }
    wait(request, "an operator has to turn the medium over")
}

/// Whether an earlier mount waits for a person who is to change the medium in the drive.
fn is_promised(view: &View, request: &LibraryRequest) -> bool {
    let earlier = view.requests.iter().take_while(|other| other.id != request.id);
    earlier.into_iter().any(|other| other.operation == Operation::Mount && view.asked.contains(&other.id))
}

/// What a request for label work needs next.
fn label_work(view: &View, request: &LibraryRequest) -> Option<Action> {
    let Some(medium) = view.medium_of(request) else {
        return finish(request, Ending::failed(Code::InvalidMedia, "the medium's record is gone"));
    };
    if request.goal != Goal::AsAsked {
        return give_back(view, request, medium);
    }
    let here = match medium.location {
        Location::Drive(id) => view.drive(id),
        _ => None,
    };
    let Some(drive) = here else {
        // A side that needs its free label is queued anew when its medium comes back (movepool-free-offline).
        return finish(request, Ending::failed(Code::MediaOffline, "the medium has left the drive"));
    };
    let mine = medium.claimed_by == Some(request.id);
    let writes = request.operation == Operation::WriteFreeLabel;
    match drive.state {
        _ if !view.settled() => wait(request, unsettled(view)),
        DriveState::Mounted if mine => load(view, request, drive),
        DriveState::Loaded if mine && writes => labels::write_label(view, request, drive),
        _ if writes && medium.conflict => {
            wait(request, "the label of the medium is not the one that is recorded")
        }
        _ => begin_label_work(view, request, medium, drive),
    }
}

fn begin_label_work(view: &View, request: &LibraryRequest, medium: &Medium, drive: &Drive) -> Option<Action> {
    let name = &drive.common.name;
    if let Some(why) = view.medium_taken(medium, Some(request.id)) {
        return wait(request, why);
    }
    if !view.is_usable(drive) || !view.drive_ready(drive) || !lies_still(drive) {
        return wait(request, format!("{name} is at work, needs service or does not answer"));
    }
    if !is_side_up(drive, medium, request) {
        let note = format!("the other side is up in {name}: turn the medium over");
        return finish(request, Ending::failed(Code::UnableToLoadMedium, note));
    }
    Some(Action::TakeIn { request: request.id, drive: drive.id })
}

/// A request that is over leaves its medium in the drive; one that could not be loaded is let go, for a person to see.
fn give_back(view: &View, request: &LibraryRequest, medium: &Medium) -> Option<Action> {
    let here = match medium.location {
        Location::Drive(id) if medium.claimed_by == Some(request.id) => view.drive(id),
        _ => None,
    };
    let hopeless = here.filter(|drive| {
        request.goal == Goal::PutBackThenFail
            && drive.state == DriveState::Mounted
            && view.is_usable(drive)
            && request.attempts < 2 * MOST_ATTEMPTS
    });
    match hopeless {
        Some(_) if !view.settled() => None,
        Some(drive) => put_out(view, request, drive),
        None => finish(request, ending_of(request)),
    }
}

/// What a person has to do for an absent medium.
pub(super) fn what_to_do(view: &View, wanted: &Medium) -> String {
    let Some(drive) = view.drives.first() else { return "put it into the drive".to_string() };
    let name = &drive.common.name;
    match view.medium_in(drive.id) {
        None => format!("put it into {name}"),
        Some(other) if other.id == wanted.id => format!("turn it over in {name}"),
        Some(other) if view.mounts.contains_key(&other.id) => {
            format!("put it into {name} in place of {}, once that has been dismounted", naming::medium(other))
        }
        Some(other) => format!("take {} out of {name} and put it in", naming::medium(other)),
    }
}

/// Claims what lies in the drive: it is loaded next, and its label read.
pub(super) fn take_in(turn: &mut Turn<'_>, view: &View, id: RequestId, drive: DriveId) -> Handled {
    let mut request = started(the_request(view, id)?)?;
    let mut bay = the_drive(view, drive)?.clone();
    let Some(mut held) = view.medium_in(drive).cloned() else { return missing("a cartridge") };
    if let Some(parked) = view.parked(drive) {
        requests::end(
            turn,
            parked.clone(),
            Ending::new(RequestEvent::Succeeded, "wanted again where it was"),
        )?;
    }
    if held.state == MediumState::Unloaded {
        held.state = medium::step(held.state, MediumEvent::Found)?;
    }
    held.state = medium::step(held.state, MediumEvent::Claimed)?;
    held.state = medium::step(held.state, MediumEvent::PutInDrive)?;
    held.claimed_by = Some(id);
    bay.state = drive::step(bay.state, DriveEvent::TakenIn)?;
    bay.saved_side = request.side;
    bay.dismountable_since = None;
    request.drive = Some(drive);
    turn.put(bay);
    turn.put(held);
    turn.put(request);
    Ok(())
}

/// Queues the label read of what lies in the drive; what was just put in is that request's at once.
pub(super) fn identify(
    turn: &mut Turn<'_>,
    view: &View,
    id: MediumId,
    inventory: Option<RequestId>,
) -> Handled {
    let Some(mut held) = view.media.get(&id).cloned() else { return missing("a medium") };
    let bay = match held.location {
        Location::Drive(drive) => the_drive(view, drive)?,
        _ => return missing("a medium in a drive"),
    };
    let sides = pools::sides_of(&turn.tx, id)?;
    let up = sides.iter().find(|side| Some(side.id) == bay.saved_side).or(sides.first());
    let Some(side) = up.map(|side| side.id) else { return missing("a side") };
    let request = queue_label_read(turn, None, &held, side)?;
    if bay.state == DriveState::Mounted {
        held.claimed_by = Some(request);
        turn.put(held);
    }
    if let Some(inventory) = inventory {
        let mut inventory = the_request(view, inventory)?;
        inventory.steps_done += 1;
        turn.put(inventory);
    }
    Ok(())
}

/// Lets a loaded medium wait in its drive for whoever wants it.
pub(super) fn rest(turn: &mut Turn<'_>, view: &View, drive: DriveId, id: MediumId) -> Handled {
    let mut bay = the_drive(view, drive)?.clone();
    let Some(mut held) = view.media.get(&id).cloned() else { return missing("a medium") };
    bay.state = drive::step(bay.state, DriveEvent::DismountDeferred)?;
    bay.dismountable_since = Some(turn.utc());
    held.state = medium::step(held.state, MediumEvent::Deferred)?;
    held.mounted_side = None;
    turn.put(bay);
    turn.put(held);
    Ok(())
}
