//! Cleaning: which cartridge is a library's cleaner, which drives are due, and the way of the cleaner through a drive.
//!
//! ```text
//!   CleanDrive:  cleaner and drive free ─► move in (the drive is BEING_CLEANED) ─► wait for the end ─► back to its slot
//!                                                                                    └─ what it came to is the request's end
//!   upkeep:      a cleaner was seen or is gone ─► noted of the library;  a drive is due ─► a request of the service's own
//! ```
//!
//! Invariants: one cleaner a library; it is used for nothing but cleaning, and never beyond its count; a routine
//! cleaning never stands before a mount that waits, unless it has waited ten minutes itself (decision 18).

use super::action::Action;
use super::carry::{self, missing, started, the_drive, the_request};
use super::queue::{MOST_ATTEMPTS, ending_of, finish, in_reach, robot_waits, unsettled, wait, without_slot};
use super::view::View;
use crate::operators::{self, Ask};
use crate::queue_order;
use crate::report;
use crate::requests::{self, Ending};
use crate::turn::{Handled, Turn};
use rsm_model::Code;
use rsm_model::ids::*;
use rsm_model::machine::drive::DriveState;
use rsm_model::machine::medium::{self, MediumEvent, MediumState};
use rsm_model::machine::operator_request::OperatorEvent;
use rsm_model::machine::request::{RequestEvent, RequestState};
use rsm_model::machine::slot::SlotState;
use rsm_model::record::*;
use rsm_step::Step;

/// dwCleanerUsesRemaining of a cleaner that is not counted.
pub(crate) const UNCOUNTED: u32 = u32::MAX;
const CLEANER_PRESENT: u32 = 0x02;
const IGNORE_CLEANER_USES: u32 = 0x08;

/// The cartridge that cleans the drives of a library: the one that was it before, else the one in the reserved slot, else
/// the first.
fn the_cleaner(view: &View) -> Option<&Medium> {
    let known = view.cleaners.iter().find(|one| Some(one.id) == view.library.cleaner);
    let slot = view.library.cleaner_slot;
    let at_home = || view.cleaners.iter().find(|one| slot.is_some() && one.home_slot == slot);
    known.or_else(at_home).or_else(|| view.cleaners.first())
}

/// What the library needs to know of its cleaner, and the cleaning of a drive that is due.
pub(super) fn upkeep(view: &View) -> Option<Action> {
    let found = the_cleaner(view).map(|one| one.id);
    if found != view.library.cleaner && view.settled() {
        return Some(Action::NoteCleaner { cleaner: found });
    }
    let queued = |drive: &Drive| {
        let about =
            |one: &LibraryRequest| one.operation == Operation::CleanDrive && one.drive == Some(drive.id);
        view.requests.iter().any(about)
    };
    let due = view
        .drives
        .iter()
        .find(|drive| drive.common.enabled && drive.cleaning_due != CleaningDue::No && !queued(drive))?;
    if !view.library.cleans_drives {
        return None;
    }
    match is_usable(view) {
        true => Some(Action::CleanDue { drive: due.id }),
        // Without a cleaner nothing stands in the queue for ever: a person is asked, and the drive stays due.
        // Who says that one was brought is not asked again before the library has been read (P-184).
        false if !view.asked_for_cleaner && view.settled() => Some(Action::AskForCleaner { request: None }),
        false => None,
    }
}

/// Whether there is a cleaner with uses left.
fn is_usable(view: &View) -> bool {
    the_cleaner(view).is_some_and(|one| !one.conflict && one.common.enabled)
        && view.library.cleaner_uses_remaining > 0
        && view.library.cleaner.is_some()
}

/// What a request to clean a drive needs next.
pub(super) fn next(view: &View, request: &LibraryRequest) -> Option<Action> {
    let Some(drive) = request.drive.and_then(|id| view.drive(id)) else {
        return finish(request, Ending::failed(Code::InvalidDrive, "the drive's record is gone"));
    };
    match view.medium_of(request).filter(|medium| medium.claimed_by == Some(request.id)) {
        Some(cleaner) => under_way(view, request, drive, cleaner),
        None if request.goal != Goal::AsAsked => finish(request, ending_of(request)),
        None => begin(view, request, drive),
    }
}

/// Nothing has moved yet.
fn begin(view: &View, request: &LibraryRequest, drive: &Drive) -> Option<Action> {
    if !view.library.cleans_drives {
        let note = "the library cleans its drives by itself, or cannot";
        return finish(request, Ending::failed(Code::UnableToClean, note));
    }
    if request.attempts >= MOST_ATTEMPTS {
        return finish(request, Ending::failed(Code::UnableToClean, request.note.clone()));
    }
    if !view.settled() {
        return wait(request, unsettled(view));
    }
    let brought = |one: &LibraryRequest| {
        one.operation == Operation::InjectCleaner && one.state == RequestState::InProcess
    };
    if view.requests.iter().any(brought) {
        return wait(request, "a cleaner is being brought");
    }
    if !is_usable(view) {
        if request.session.is_none() {
            // The drive stays due, and a person is asked for the library: nothing of the service's own waits for that.
            let note = "there is no cleaner with uses left any more";
            return finish(request, Ending::new(RequestEvent::Cancelled, note));
        }
        return match view.asked.contains(&request.id) {
            true => wait(request, "a cleaner with uses left is wanted: an operator has been asked"),
            false => Some(Action::AskForCleaner { request: Some(request.id) }),
        };
    }
    let cleaner = the_cleaner(view)?;
    if let Some(other) = cleaner.claimed_by.filter(|claim| *claim != request.id) {
        return wait(request, format!("the cleaner is in use by request {other}"));
    }
    if !matches!(cleaner.location, Location::Slot(_) | Location::Port(_))
        || cleaner.state != MediumState::Idle
    {
        return wait(request, "the cleaner is on its way");
    }
    if stands_back(view, request, drive) {
        return wait(request, "a mount waits; the drive is cleaned when nobody does");
    }
    match drive.state {
        DriveState::Dismounted => {}
        DriveState::Dismountable => {
            return match view.parked(drive.id) {
                Some(parked) if view.drive_ready(drive) => {
                    let dismount = parked.id;
                    Some(Action::Evict { mount: request.id, dismount, drive: drive.id })
                }
                _ => wait(request, "what lies in the drive is on its way out"),
            };
        }
        _ => return wait(request, format!("{} is in use", drive.common.name)),
    }
    let empty = drive.seen.content == Content::Empty && drive.seen.is_trusted();
    if !empty
        || !drive.common.enabled
        || !view.drive_ready(drive)
        || view.is_promised(drive.id, Some(request.id))
    {
        return wait(request, format!("{} is at work or does not answer", drive.common.name));
    }
    if !in_reach(view, cleaner) || !view.robot_ready() {
        return wait(request, robot_waits(view));
    }
    Some(Action::BringCleaner { request: request.id, drive: drive.id, cleaner: cleaner.id })
}

/// Whether a routine cleaning of the service's own lets a mount go first.
fn stands_back(view: &View, request: &LibraryRequest, drive: &Drive) -> bool {
    let routine = request.session.is_none() && drive.cleaning_due != CleaningDue::Now;
    let offline = |other: &LibraryRequest| {
        view.medium_of(other).is_none_or(|medium| medium.location == Location::Offline)
    };
    // The mounts of one call wait together, for what a person has to bring too.
    let called_offline =
        |leader: RequestId| view.requests.iter().any(|other| other.leader == Some(leader) && offline(other));
    let waits = |other: &LibraryRequest| {
        other.operation == Operation::Mount
            && matches!(other.state, RequestState::Queued | RequestState::Waiting)
            && !offline(other)
            && !other.leader.is_some_and(called_offline)
    };
    routine && !queue_order::has_aged(request, view.utc) && view.requests.iter().any(waits)
}

/// The cleaner is claimed: into the drive, its end awaited, and back.
fn under_way(view: &View, request: &LibraryRequest, drive: &Drive, cleaner: &Medium) -> Option<Action> {
    match cleaner.location {
        // What was cleaned is told by the goal; a move that failed leaves it as asked.
        Location::Slot(_) | Location::Port(_) if request.goal != Goal::AsAsked => {
            finish(request, ending_of(request))
        }
        Location::Slot(_) | Location::Port(_) if request.attempts >= MOST_ATTEMPTS => {
            finish(request, Ending::failed(Code::UnableToClean, request.note.clone()))
        }
        Location::Slot(_) | Location::Port(_) => {
            Some(Action::StepBack { request: request.id, note: "the cleaner did not get there".to_string() })
        }
        Location::Offline => {
            finish(request, Ending::failed(Code::UnableToClean, "the cleaner was taken out"))
        }
        Location::Changer(_) => None,
        Location::Drive(_) if !view.settled() => None,
        Location::Drive(at) if at != drive.id || drive.state != DriveState::BeingCleaned => {
            // Hands or an unfinished move have put it elsewhere: it is put away as any stray.
            finish(request, Ending::failed(Code::UnableToClean, "the cleaner turned up in another place"))
        }
        Location::Drive(_) if cleaner.state == MediumState::Mounted => clean(view, request, drive),
        Location::Drive(_) => put_back(view, request, drive, cleaner),
    }
}

/// A drive cleans as soon as the cartridge is in it, whatever has become of the request: the end is awaited.
fn clean(view: &View, request: &LibraryRequest, drive: &Drive) -> Option<Action> {
    if request.attempts >= MOST_ATTEMPTS {
        // It stays where it is; once the drive serves it is put away as a stray.
        let note = request.note.clone();
        return finish(request, Ending::failed(Code::UnableToClean, note));
    }
    view.drive_ready(drive).then_some(Action::Clean { request: request.id, drive: drive.id })
}

fn put_back(view: &View, request: &LibraryRequest, drive: &Drive, cleaner: &Medium) -> Option<Action> {
    if request.attempts >= 2 * MOST_ATTEMPTS {
        return finish(request, ending_of(request));
    }
    if !view.robot_ready() || !drive.seen.is_trusted() || !view.drive_ready(drive) {
        return None;
    }
    match view.refuge_of(cleaner) {
        Some(slot) => Some(Action::MoveOut { request: request.id, drive: drive.id, slot }),
        None => without_slot(view, request, drive),
    }
}

/// Claims the cleaner and has it moved into the drive.
pub(super) fn bring(
    turn: &mut Turn<'_>,
    view: &View,
    id: RequestId,
    drive: DriveId,
    cleaner: MediumId,
) -> Handled {
    let mut request = started(the_request(view, id)?)?;
    let Some(mut held) = view.media.get(&cleaner).cloned() else { return missing("a cleaner") };
    held.claimed_by = Some(id);
    held.state = medium::step(held.state, MediumEvent::Claimed)?;
    // It goes home to the slot that is set aside, wherever it stood.
    held.home_slot = view.library.cleaner_slot.or(held.home_slot);
    request.medium = Some(cleaner);
    request.slot = None;
    operators::settle_for(turn, &request, OperatorEvent::Done)?;
    carry::order_move_in(turn, view, id, &held, drive)?;
    if request.session.is_none() {
        report::count_unasked_cleaning(turn, the_drive(view, drive)?.clone());
    }
    turn.put(held);
    turn.put(request);
    Ok(())
}

/// Has the end of a cleaning awaited.
pub(super) fn order(turn: &mut Turn<'_>, view: &View, id: RequestId, drive: DriveId) -> Handled {
    let request = the_request(view, id)?;
    carry::order_on_drive(turn, the_drive(view, drive)?, request.medium, Some(id), Step::Clean).map(drop)
}

/// Queues the cleaning of a drive that is due.
pub(super) fn queue_due(turn: &mut Turn<'_>, view: &View, drive: DriveId) -> Handled {
    let mut request = requests::of_service(turn, view.library.id, Operation::CleanDrive)?;
    request.drive = Some(drive);
    request.drive_given = true;
    turn.put(request);
    Ok(())
}

/// Asks a person for a cleaner (NTMS_OPREQ_CLEANER): for a request, or for the library.
pub(super) fn ask(turn: &mut Turn<'_>, view: &View, request: Option<RequestId>) -> Handled {
    let waiting = request.map(|id| the_request(view, id)).transpose()?;
    let name = &view.library.common.name;
    let message = match view.library.cleaner {
        Some(_) => format!("the cleaner of {name} is used up: take it out and bring another"),
        None => format!("{name} has no cleaner, and a drive is to be cleaned: bring one"),
    };
    let first = Some((ObjectType::Library, view.library.id.0));
    let ask =
        Ask { task: OperatorTask::Cleaner, message, first, second: None, for_request: waiting.as_ref() };
    operators::raise(turn, ask)?;
    match waiting {
        Some(request) => carry::wait(turn, request, "a cleaner with uses left is wanted".to_string()),
        None => Ok(()),
    }
}

/// Notes that a cleaner has come, is another, or is gone (decision 10: one that is known by its bar code alone is not
/// counted), and sets its slot aside where none is (P-161).
pub(super) fn note(turn: &mut Turn<'_>, view: &View, cleaner: Option<MediumId>) -> Handled {
    let mut library = view.library.clone();
    library.cleaner = cleaner;
    set_uses(&mut library, if cleaner.is_some() { UNCOUNTED } else { 0 });
    let found = view.cleaners.iter().find(|one| Some(one.id) == cleaner);
    let text = match found {
        Some(one) => {
            if let (None, Location::Slot(slot)) = (library.cleaner_slot, one.location) {
                library.cleaner_slot = Some(slot);
            }
            format!("{} cleans the drives", crate::naming::medium(one))
        }
        None => "the cleaner is gone".to_string(),
    };
    turn.tell(library.id, None, "cleaner", text);
    if cleaner.is_some() {
        operators::cleaner_is_there(turn, library.id)?;
    }
    turn.put(library);
    Ok(())
}

/// Writes how often the cleaner can still be used, with the flags that follow from it (M-30, clean-uncounted-cleaner).
pub(crate) fn set_uses(library: &mut Library, uses: u32) {
    library.cleaner_uses_remaining = uses;
    library.flags &= !(CLEANER_PRESENT | IGNORE_CLEANER_USES);
    if library.cleaner.is_some() {
        library.flags |= CLEANER_PRESENT;
    }
    if uses == UNCOUNTED {
        library.flags |= IGNORE_CLEANER_USES;
    }
}

/// Carries out what needs no robot: a slot is set aside or given up. What was true at the call may have changed.
pub(super) fn slots(view: &View, request: &LibraryRequest) -> Option<Action> {
    let reserved = view.library.cleaner_slot;
    let slot = request.slot.and_then(|id| view.slots.get(&id));
    let gone = || Ending::failed(Code::SlotNotPresent, "its magazine was taken out meanwhile");
    let ending = match request.operation {
        Operation::ReserveCleaner => match slot {
            _ if reserved.is_some() => {
                Ending::failed(Code::AlreadyReserved, "another slot was set aside meanwhile")
            }
            Some(slot) if slot.state == SlotState::NotPresent => gone(),
            Some(slot) if !is_empty(slot) => Ending::failed(Code::SlotFull, "the slot was filled meanwhile"),
            Some(_) => Ending::new(RequestEvent::Succeeded, ""),
            None => Ending::failed(Code::InvalidSlot, "the slot's record is gone"),
        },
        _ => match slot {
            _ if reserved != request.slot => {
                Ending::failed(Code::NoSlotReserved, "the slot was given up meanwhile")
            }
            Some(slot) if slot.state == SlotState::NotPresent => gone(),
            Some(slot) if !is_empty(slot) => Ending::failed(Code::SlotFull, "the slot was filled meanwhile"),
            _ => Ending::new(RequestEvent::Succeeded, ""),
        },
    };
    Some(Action::CleanerSlot { request: request.id, ending })
}

/// Whether a slot holds nothing, as far as was seen.
pub(crate) fn is_empty(slot: &Slot) -> bool {
    slot.seen.content == Content::Empty
}

/// Sets a slot aside or gives it up, and ends the request.
pub(super) fn carry_slot(turn: &mut Turn<'_>, view: &View, id: RequestId, ending: Ending) -> Handled {
    let request = the_request(view, id)?;
    if ending.error.is_none() {
        let mut library = view.library.clone();
        library.cleaner_slot = match request.operation {
            Operation::ReserveCleaner => request.slot,
            _ => None,
        };
        turn.put(library);
    }
    requests::end(turn, request, ending)
}
