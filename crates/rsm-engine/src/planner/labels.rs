//! Work on labels: read one, write a free one, look at every medium of a library; and reading what nobody has read yet
//! when there is nothing else to do.
//!
//! ```text
//!   Classify, WriteFreeLabel:  slot ─► drive ─► load (the label comes with it) ─► [write the free label] ─► back ─► Passed
//!   full inventory:            read the elements ─► what is in drives, then slot by slot: a Classify request for
//!                              every side ─► Passed; what is mounted is read after its dismount (P-17)
//! ```
//!
//! Invariants: a label read never takes a drive that a mount waits for (decision 18); one that nobody waits for, neither a
//! caller nor a full inventory, clears no drive of another released cartridge: its own is put away first, wherever it was
//! released (P-17); a free label is ordered only with the list of what it may replace (decision 20).

use super::action::Action;
use super::carry::{self, missing, started, the_drive, the_request};
use super::queue::{
    self, IN_DOUBT, MOST_ATTEMPTS, clearable, finish, in_slot, load, move_in, put_back, unsettled, wait,
};
use super::view::{Examined, View};
use crate::handlers::queue_label_read;
use crate::pools;
use crate::requests::{self, Ending};
use crate::turn::{Handled, Turn, new_guid};
use rsm_model::Code;
use rsm_model::UtcTime;
use rsm_model::generations::CLEANER;
use rsm_model::ids::*;
use rsm_model::label::{Label, MediumLabel};
use rsm_model::machine::Numbered;
use rsm_model::machine::drive::DriveState;
use rsm_model::machine::medium::MediumState;
use rsm_model::machine::request::{RequestEvent, RequestState};
use rsm_model::record::*;
use rsm_step::Step;
use rsm_store::columns;

const AN_HOUR_MS: i64 = 3_600_000;

/// Steps of a full inventory that has read the elements and examined nothing yet.
const ELEMENTS_READ: u32 = 1;

/// What a request for label work needs next. Hundreds may be queued at once: they wait in silence, and their reason is
/// that of the library.
pub(super) fn next(view: &View, request: &LibraryRequest) -> Option<Action> {
    // What waits for a person to look at a medium says so.
    let told = request.operation == Operation::Identify
        || view.medium_of(request).is_some_and(|medium| medium.conflict);
    needed(view, request).filter(|action| told || !matches!(action, Action::Wait { .. }))
}

fn needed(view: &View, request: &LibraryRequest) -> Option<Action> {
    let Some(medium) = view.medium_of(request) else {
        return finish(request, Ending::failed(Code::InvalidMedia, "the medium's record is gone"));
    };
    if request.goal != Goal::AsAsked {
        return stays(view, request, medium).or_else(|| put_back(view, request, medium));
    }
    let background = request.operation == Operation::Classify;
    let taken = view.medium_taken(medium, Some(request.id));
    if medium.location == Location::Offline || medium.library != view.library.id {
        // A side that needs its free label is queued anew when its medium comes back (movepool-free-offline).
        let note = "the medium has left the library";
        return finish(request, Ending::failed(Code::MediaOffline, note));
    }
    match (medium.location, taken) {
        _ if !view.settled() => wait(request, unsettled(view)),
        (_, Some(why)) => wait(request, why),
        (Location::Drive(drive), None) => in_drive(view, request, drive),
        (Location::Slot(_) | Location::Port(_), None) if background => {
            in_background_slot(view, request, medium)
        }
        (Location::Slot(_) | Location::Port(_), None)
            if medium.conflict && request.operation == Operation::WriteFreeLabel =>
        {
            wait(request, IN_DOUBT)
        }
        (Location::Slot(_) | Location::Port(_), None) => in_slot(view, request, medium),
        (Location::Changer(_), None) => wait(request, "the cartridge is stuck in the gripper"),
        (Location::Offline, None) => None,
    }
}

/// A medium that was identified and shall stay in its drive: a deferred dismount takes it over (identify-deferred).
fn stays(view: &View, request: &LibraryRequest, medium: &Medium) -> Option<Action> {
    let deferred = request.operation == Operation::Identify && request.option == Dismounting::Deferred as u32;
    let Location::Drive(id) = medium.location else { return None };
    let loaded = view.drive(id).is_some_and(|drive| drive.state == DriveState::Loaded);
    let mine = medium.claimed_by == Some(request.id);
    (deferred && mine && loaded && request.goal == Goal::PutBackThenPass)
        .then_some(Action::Leave { request: request.id, drive: id })
}

/// Queues the deferred dismount of what was identified, and ends the request.
pub(super) fn leave(turn: &mut Turn<'_>, view: &View, id: RequestId, drive: DriveId) -> Handled {
    let request = the_request(view, id)?;
    let bay = the_drive(view, drive)?;
    let mut release = requests::of_service(turn, view.library.id, Operation::Dismount)?;
    release.application.clone_from(&request.application);
    release.user.clone_from(&request.user);
    release.computer.clone_from(&request.computer);
    release.medium = request.medium;
    release.side = bay.saved_side;
    release.drive = Some(drive);
    release.option = Dismounting::Deferred as u32;
    turn.put(release);
    if let Some(mut held) = view.medium_of(&request).cloned() {
        held.claimed_by = None;
        turn.put(held);
    }
    requests::end(turn, request, Ending::new(RequestEvent::Succeeded, ""))
}

fn in_drive(view: &View, request: &LibraryRequest, id: DriveId) -> Option<Action> {
    let drive = view.drive(id)?;
    let mine = view.medium_in(id).is_some_and(|medium| medium.claimed_by == Some(request.id));
    let doubtful = view.medium_in(id).is_some_and(|medium| medium.conflict);
    match drive.state {
        // Its bar code faded on the way: nothing is written before it is clear who it is.
        _ if mine && doubtful && request.operation == Operation::WriteFreeLabel => {
            Some(Action::StepBack { request: request.id, note: IN_DOUBT.to_string() })
        }
        DriveState::Mounted if mine && !view.is_promised(id, Some(request.id)) => load(view, request, drive),
        DriveState::Loaded if mine && request.operation == Operation::WriteFreeLabel => {
            write_label(view, request, drive)
        }
        // A released cartridge is put away first, and then read or labelled from its slot (P-17).
        DriveState::Dismountable if !mine => match view.parked(id) {
            Some(dismount) => Some(Action::Evict { mount: request.id, dismount: dismount.id, drive: id }),
            None => wait(request, format!("the medium is in {}", drive.common.name)),
        },
        _ if mine => Some(Action::StepBack {
            request: request.id,
            note: format!("the medium is in {} and has to be put away first", drive.common.name),
        }),
        _ => wait(request, format!("the medium is still in {}", drive.common.name)),
    }
}

pub(super) fn write_label(view: &View, request: &LibraryRequest, drive: &Drive) -> Option<Action> {
    if request.attempts >= MOST_ATTEMPTS {
        let ending = Ending::failed(Code::MediumNotAccessible, request.note.clone());
        return Some(Action::PutBack { request: request.id, ending });
    }
    if view.is_usable(drive) && view.drive_ready(drive) {
        return Some(Action::WriteLabel { request: request.id, drive: drive.id });
    }
    let replaced = view.device(&drive.device).is_some_and(|device| !device.answered && device.probes < 2);
    if view.is_usable(drive) || replaced {
        return None;
    }
    let note = format!("{} needs service or does not answer", drive.common.name);
    Some(Action::PutBack { request: request.id, ending: Ending::failed(Code::DeviceNotAvailable, note) })
}

/// A label read takes only a drive that nobody wants (decision 18).
fn in_background_slot(view: &View, request: &LibraryRequest, medium: &Medium) -> Option<Action> {
    if request.attempts >= MOST_ATTEMPTS {
        return finish(request, Ending::failed(Code::UnableToLoadMedium, request.note.clone()));
    }
    if medium.state == MediumState::OpError {
        return wait(request, "the robot failed with the medium; the library is being read");
    }
    if let Some(why) = view.unfit(view.drives.iter(), medium, MountAccess::Read) {
        return finish(request, Ending::failed(Code::DriveMediaMismatch, why));
    }
    let suited: Vec<&Drive> =
        view.drives.iter().filter(|drive| view.suits(drive, medium, MountAccess::Read)).collect();
    let begun = request.state == RequestState::InProcess;
    if !begun && somebody_waits(view, request, &suited) {
        return wait(request, "reading labels waits until nobody wants a drive");
    }
    let suited: Vec<&Drive> =
        suited.into_iter().filter(|drive| !view.is_held_back(drive.id, Some(request.id))).collect();
    if let Some(drive) = suited.iter().find(|drive| view.is_free(drive, Some(request.id))) {
        return move_in(view, request, medium, drive.id);
    }
    // One is enough.
    if suited.iter().any(|drive| view.is_being_cleared(drive)) {
        return wait(request, "a drive is being cleared");
    }
    // Somebody waits for this read: a released cartridge makes room for it as for a mount.
    if (request.session.is_some() || is_examined(view))
        && let Some(drive) = clearable(view, &suited)
    {
        let dismount = view.parked(drive.id)?.id;
        return Some(Action::Evict { mount: request.id, dismount, drive: drive.id });
    }
    wait(request, queue::no_idle_drive())
}

/// Whether a request that is not background work waits for one of these drives. One whose medium is not at hand, or of which
/// nobody knows which it is, waits for something else: a label read may be what settles that.
fn somebody_waits(view: &View, but: &LibraryRequest, drives: &[&Drive]) -> bool {
    // One that insists on another drive, or on one that refuses to work, keeps nobody from these (decision 18).
    let serves = |drive: &Drive, request: &LibraryRequest, medium: &Medium| {
        let given = request.drive.filter(|_| request.drive_given);
        given.is_none_or(|id| id == drive.id && view.is_usable(drive))
            && view.suits(drive, medium, request.access)
    };
    view.requests.iter().any(|request| {
        // A call that waits for several drives at once lets others pass, until drives are kept for it (decision 65).
        let passable = request.operation == Operation::Mount && request.leader.is_some();
        request.id != but.id
            && !passable
            && matches!(request.operation, Operation::Mount | Operation::WriteFreeLabel)
            && matches!(request.state, RequestState::Queued | RequestState::Waiting)
            && view.medium_of(request).is_some_and(|medium| {
                can_be_had(view, request, medium) && drives.iter().any(|drive| serves(drive, request, medium))
            })
    })
}

/// Whether nothing but a drive is missing for a request: its medium rests at hand.
fn can_be_had(view: &View, request: &LibraryRequest, medium: &Medium) -> bool {
    !medium.conflict
        && matches!(medium.location, Location::Slot(_) | Location::Port(_))
        && view.medium_taken(medium, Some(request.id)).is_none()
}

/// A full inventory whose elements have been read: the next place, when a drive is idle.
pub(super) fn inventory(view: &View, request: &LibraryRequest) -> Option<Action> {
    let under_way =
        |other: &&LibraryRequest| other.operation == Operation::Classify && !is_held_up(view, other);
    let reading = view.requests.iter().filter(under_way).count();
    match view.examine {
        Some(place) if reading < view.drives.len().max(1) => {
            Some(Action::Examine { request: request.id, place })
        }
        None if reading == 0 => finish(request, Ending::new(RequestEvent::Succeeded, "")),
        _ => None,
    }
}

/// Whether a full inventory goes from slot to slot: it ends when all its label reads have.
fn is_examined(view: &View) -> bool {
    view.requests.iter().any(|request| {
        request.operation == Operation::Inventory
            && request.option == InventoryMethod::Full.number()
            && request.steps_done >= ELEMENTS_READ
    })
}

/// Whether a label read waits for what may last for days: a mount, or a drive that is out of service. A full inventory
/// ends before it, and the read stays in the queue.
fn is_held_up(view: &View, request: &LibraryRequest) -> bool {
    let Some(medium) = view.medium_of(request).filter(|_| request.operation == Operation::Classify) else {
        return false;
    };
    let out_of_service = |id: DriveId| view.drive(id).is_none_or(|drive| !view.is_usable(drive));
    view.mounts.contains_key(&medium.id)
        || matches!(medium.location, Location::Drive(id) if out_of_service(id))
}

/// Adds to a view what only the database can tell: the next place of a full inventory, and what could be read now.
pub(super) fn look_ahead(turn: &Turn<'_>, view: &mut View) -> Handled {
    let full = view.requests.iter().find(|request| {
        request.operation == Operation::Inventory
            && request.option == InventoryMethod::Full.number()
            && request.steps_done > 0
    });
    if let Some(request) = full {
        let after = request.slot.map(|id| turn.tx.get::<Slot>(id)).transpose()?.flatten();
        let after = after.map_or(0, |slot| slot.number);
        view.examine = match request.steps_done {
            ELEMENTS_READ => Some(Examined::Drives),
            _ => {
                let slot = turn.tx.next_occupied_slot(view.library.id, after)?;
                slot.map(|slot| Examined::Slot(slot.id))
            }
        };
    }
    if may_read_in_background(turn, view) {
        let side = turn.tx.unread_side(view.library.id)?;
        view.unread = side.map(|side| (side.id, side.medium));
    }
    Ok(())
}

/// Whether a library is idle and its budget allows a label read.
fn may_read_in_background(turn: &Turn<'_>, view: &View) -> bool {
    let due = view.library.labels_next.is_none_or(|at| at <= view.utc);
    let rests =
        |request: &LibraryRequest| request.state == RequestState::Deferred || is_held_up(view, request);
    let idle = view.requests.iter().all(rests);
    let free = || view.drives.iter().any(|drive| view.is_free(drive, None));
    reads_per_hour(turn, &view.library) > 0 && due && idle && view.robot_ready() && free()
}

fn reads_per_hour(turn: &Turn<'_>, library: &Library) -> u32 {
    let libraries = &turn.setting.configuration.libraries;
    libraries.iter().find(|wanted| wanted.name == library.key).map_or(0, |wanted| wanted.label_reads_per_hour)
}

/// Queues the reading of a label that nobody asked for; the next one waits for its turn in the hour.
pub(super) fn in_background(turn: &mut Turn<'_>, view: &View, side: SideId, medium: MediumId) -> Handled {
    let Some(medium) = turn.tx.get::<Medium>(medium)? else { return missing("a medium") };
    queue_label_read(turn, None, &medium, side)?;
    let mut library = view.library.clone();
    let pause_ms = AN_HOUR_MS / i64::from(reads_per_hour(turn, &library).max(1));
    library.labels_next = Some(UtcTime(turn.utc().0 + pause_ms));
    turn.put(library);
    Ok(())
}

/// Queues the label reads of one place of a full inventory.
pub(super) fn examine(turn: &mut Turn<'_>, view: &View, id: RequestId, place: Examined) -> Handled {
    let mut request = the_request(view, id)?;
    let places = match place {
        Examined::Drives => view.drives.iter().map(|drive| drive.id.0).collect(),
        Examined::Slot(slot) => {
            request.slot = Some(slot);
            vec![slot.0]
        }
    };
    for place in places {
        for medium in turn.tx.find(columns::medium::LOCATION_ID, place)? {
            if medium.media_type_code == CLEANER || !medium.common.enabled {
                continue;
            }
            for side in pools::sides_of(&turn.tx, medium.id)? {
                if !is_read_since(turn, &request, side.id)? {
                    queue_label_read(turn, None, &medium, side.id)?;
                }
            }
        }
    }
    request.steps_done += 1;
    turn.put(request);
    Ok(())
}

/// Whether a label has been read, or will be, since an inventory was asked for: its cartridge stood in a drive and has
/// come back to its slot, or somebody asked for it.
fn is_read_since(turn: &Turn<'_>, inventory: &LibraryRequest, side: SideId) -> Handled<bool> {
    let requests = turn.tx.find(columns::request::SIDE, side)?;
    Ok(requests.iter().any(|request| {
        let read = !request.state.is_final() || request.state == RequestState::Passed;
        request.operation == Operation::Classify && request.sequence > inventory.sequence && read
    }))
}

/// Orders the free label of a request.
pub(super) fn write(turn: &mut Turn<'_>, view: &View, id: RequestId, drive: DriveId) -> Handled {
    let request = started(the_request(view, id)?)?;
    let side = request.side.map(|id| turn.tx.get::<Side>(id)).transpose()?.flatten();
    let Some(mut side) = side else { return missing("a side") };
    let label = side.ordered_label.unwrap_or_else(|| new_guid(turn.setting));
    if side.ordered_label.is_none() {
        side.ordered_label = Some(label);
        turn.put(side.clone());
    }
    let step = Step::WriteLabel { id: label, over: replaceable(&side, label) };
    carry::order_on_drive(turn, the_drive(view, drive)?, request.medium, Some(id), step)?;
    turn.put(request);
    Ok(())
}

/// What a free label may replace: itself, where an order before was carried out unseen, and what is recorded of it (decision 20).
fn replaceable(side: &Side, ordered: Guid) -> Vec<MediumLabel> {
    let recorded =
        || Label { kind: side.label_type.clone(), id: side.label_id.clone(), info: side.label_info.clone() };
    let mut over = match side.witness {
        LabelWitness::Blank => vec![MediumLabel::Blank],
        LabelWitness::Known => vec![MediumLabel::Known(recorded())],
        LabelWitness::Unclaimed => {
            vec![MediumLabel::Unknown { mark: side.label_id.clone() }, MediumLabel::Blank]
        }
        LabelWitness::NotRead | LabelWitness::Stale => Vec::new(),
    };
    for kind in [Label::FREE_TAPE_KIND, Label::FREE_DISC_KIND] {
        over.push(MediumLabel::Known(Label {
            kind: kind.to_string(),
            id: ordered.0.to_vec(),
            info: String::new(),
        }));
    }
    over
}

/// Orders the reading of a label before its medium leaves the drive.
pub(super) fn read(turn: &mut Turn<'_>, view: &View, id: RequestId, drive: DriveId) -> Handled {
    let request = started(the_request(view, id)?)?;
    carry::order_on_drive(turn, the_drive(view, drive)?, request.medium, Some(id), Step::ReadLabel)?;
    turn.put(request);
    Ok(())
}

/// Where a library recovers by itself, a mount that failed by hardware or label has everything in it looked at (P-33).
/// Only mounts lead here, and an inventory mounts nothing for anybody: what it meets by itself queues no other.
pub(crate) fn recover(turn: &mut Turn<'_>, library: LibraryId) -> Handled {
    if turn.tx.get::<Library>(library)?.is_some_and(|library| library.auto_recovery) {
        queue_full_inventory(turn, library)?;
    }
    Ok(())
}

/// Queues a full inventory of a library, unless one is open.
pub(crate) fn queue_full_inventory(turn: &mut Turn<'_>, library: LibraryId) -> Handled {
    let open = turn.tx.open_requests_of(library)?.into_iter().any(|request| {
        request.operation == Operation::Inventory && request.option == InventoryMethod::Full.number()
    });
    if open {
        return Ok(());
    }
    let mut request = requests::of_service(turn, library, Operation::Inventory)?;
    request.option = InventoryMethod::Full.number();
    turn.put(request);
    Ok(())
}
