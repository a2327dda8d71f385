//! What is in use and what is not (processes 17): libraries, drives and media that go out of use and come back, and what
//! becomes of the requests that name them.
//!
//! ```text
//!   Disable:  queued ─ nothing new begins with it ─ what is under way ends; a drive lets its cartridge go home
//!                    ─► Enabled FALSE ─► requests that name it, or what it contains, fail
//!   Enable:   queued ─► Enabled TRUE; a library is read before it is relied on
//! ```
//!
//! Why it waits: an owner whose medium went out of use in his hands could not even give it back (DismountNtmsMedia
//! refuses), and a cartridge would stay in a drive that is about to be taken away. What cannot come to rest is not
//! waited for: a library or a drive that needs service goes out of use as it stands.
//!
//! Invariants: to the devices of a disabled library nothing is sent (P-213); an object's own Enabled member is changed by
//! its own request alone, what it contains is asked for besides (disable-contained-enabled-flag).

use super::action::Action;
use super::carry::{missing, started, the_request};
use super::queue::{finish, unsettled, wait};
use super::view::View;
use crate::naming;
use crate::requests::{self, Ending};
use crate::turn::{Handled, Turn};
use rsm_model::Code;
use rsm_model::ids::{DriveId, RequestId};
use rsm_model::machine::library::OperationalState;
use rsm_model::machine::request::{RequestEvent, RequestState};
use rsm_model::record::*;

/// What stands in the way of taking a drive out of use.
enum Hindrance {
    /// Something that ends by itself, or by its owner.
    Until(String),
    /// A released cartridge that waits in the drive.
    Parked(Box<LibraryRequest>),
}

/// What a request to disable or enable something needs next.
pub(super) fn next(view: &View, request: &LibraryRequest) -> Option<Action> {
    let hindrance = match request.operation {
        Operation::DisableLibrary => library_in_use(view, Some(request.id)).map(Hindrance::Until),
        Operation::DisableDrive => {
            let Some(drive) = request.drive.and_then(|id| view.drive(id)) else {
                return gone(request, "drive");
            };
            drive_in_use(view, drive)
        }
        Operation::DisableMedium => {
            let Some(medium) = view.medium_of(request) else { return gone(request, "medium") };
            medium_in_use(view, medium).map(Hindrance::Until)
        }
        _ => None,
    };
    match hindrance {
        None => Some(Action::SetEnabled { request: request.id }),
        Some(Hindrance::Until(why)) => wait(request, why),
        Some(Hindrance::Parked(parked)) => {
            let drive = parked.drive?;
            Some(Action::Evict { mount: request.id, dismount: parked.id, drive })
        }
    }
}

fn gone(request: &LibraryRequest, what: &str) -> Option<Action> {
    finish(request, Ending::failed(Code::ObjectNotFound, format!("the {what}'s record is gone")))
}

/// Whether a device fails, so that nothing on it comes to rest by itself.
fn is_out_of_service(common: &Common) -> bool {
    matches!(common.operational, OperationalState::NeedsService | OperationalState::NotPresent)
}

fn has_begun(request: &LibraryRequest) -> bool {
    matches!(request.state, RequestState::InProcess | RequestState::Deferred)
}

fn mounted(view: &View, mount: &Mount) -> String {
    let what = view.media.get(&mount.medium).map_or_else(|| "a medium".to_string(), naming::medium);
    format!("{what} is mounted by {} for {}", mount.application, mount.user)
}

/// The order that a device of the library is carrying out.
pub(super) fn step_under_way(view: &View) -> Option<String> {
    let step = view.steps.iter().find(|step| !step.lost)?;
    Some(format!("{} on {} is under way", step.kind, step.device))
}

/// What still uses a library, besides the request that asks.
pub(super) fn library_in_use(view: &View, but: Option<RequestId>) -> Option<String> {
    if let Some(step) = step_under_way(view) {
        return Some(step);
    }
    if is_out_of_service(&view.library.common) {
        return None;
    }
    if let Some(mount) = view.mounts.values().find(|mount| view.drive(mount.drive).is_some()) {
        return Some(mounted(view, mount));
    }
    if let Some(port) = view.ports.values().find(|port| port.opened_for.is_some()) {
        return Some(format!("{} stands open", port.common.name));
    }
    let other = view.requests.iter().find(|other| Some(other.id) != but && is_under_way(view, other))?;
    Some(format!("request {} is under way", other.id))
}

/// Whether a request has a cartridge on its way, or a released one is on its way home. An inventory has none: it can begin
/// anew.
fn is_under_way(view: &View, request: &LibraryRequest) -> bool {
    match request.operation {
        Operation::Dismount if request.state == RequestState::Deferred => false,
        Operation::Dismount => match view.medium_of(request) {
            Some(Medium { location: Location::Drive(id), .. }) => {
                view.drive(*id).is_some_and(|drive| view.is_usable(drive)) && can_leave(view, *id)
            }
            _ => false,
        },
        Operation::Inventory => false,
        operation => request.state == RequestState::InProcess && !operation.changes_use(),
    }
}

/// Whether there is a place for what lies in a drive.
pub(super) fn can_leave(view: &View, drive: DriveId) -> bool {
    view.library.kind == LibraryKind::StandAlone
        || view.medium_in(drive).is_some_and(|medium| view.refuge_of(medium).is_some())
}

/// What still uses a drive; what lies there goes home whenever that is possible (disable-drive-empties).
fn drive_in_use(view: &View, drive: &Drive) -> Option<Hindrance> {
    let until = |why: String| Some(Hindrance::Until(why));
    let name = &drive.common.name;
    if view.is_busy(&drive.device)
        || view.steps.iter().any(|s| !s.lost && s.elements.contains(&drive.element))
    {
        return until(format!("{name} is at work"));
    }
    if is_out_of_service(&drive.common) || is_out_of_service(&view.library.common) || !drive.common.enabled {
        return None;
    }
    let uses = |other: &&LibraryRequest| {
        other.operation.takes_a_drive()
            && other.state == RequestState::InProcess
            && other.drive == Some(drive.id)
    };
    if let Some(other) = view.requests.iter().find(uses) {
        return until(format!("request {} uses {name}", other.id));
    }
    if !view.settled() {
        return until(unsettled(view).to_string());
    }
    let held = view.medium_in(drive.id)?;
    if let Some(mount) = view.mounts.get(&held.id) {
        return until(mounted(view, mount));
    }
    if view.library.kind == LibraryKind::StandAlone {
        // It has no slot: what a release is about to let go is let go, what lies still may stay.
        let leaving = |other: &LibraryRequest| {
            other.operation == Operation::Dismount
                && other.state != RequestState::Deferred
                && other.medium == Some(held.id)
        };
        let going = view.requests.iter().any(leaving);
        return if going { until(format!("{name} lets {} go first", naming::medium(held))) } else { None };
    }
    if !can_leave(view, drive.id) {
        return None;
    }
    match view.parked(drive.id) {
        Some(parked) => Some(Hindrance::Parked(Box::new(parked.clone()))),
        None => until(format!("{} goes to its slot first", naming::medium(held))),
    }
}

/// What still uses a medium. One that was released may be disabled on its way home.
fn medium_in_use(view: &View, medium: &Medium) -> Option<String> {
    if let Some(mount) = view.mounts.get(&medium.id) {
        return Some(mounted(view, mount));
    }
    let name = naming::medium(medium);
    if let Some(step) = view.steps.iter().find(|step| !step.lost && step.medium == Some(medium.id)) {
        return Some(format!("{} of {name} is under way", step.kind));
    }
    let uses = |other: &&LibraryRequest| {
        other.medium == Some(medium.id)
            && other.state == RequestState::InProcess
            && other.operation != Operation::Dismount
    };
    view.requests.iter().find(uses).map(|other| format!("{name} is in use by request {}", other.id))
}

/// Whether an object of the library is going out of use.
fn is_closing(view: &View, is_it: impl Fn(&LibraryRequest) -> bool) -> bool {
    view.requests.iter().any(is_it)
}

/// Whether a drive is going out of use: nothing new comes to it.
pub(super) fn is_drive_closing(view: &View, drive: DriveId) -> bool {
    is_closing(view, |one| one.operation == Operation::DisableDrive && one.drive == Some(drive))
}

/// Ends a request that names what is disabled (disable-media-effect, mount-disabled). What an order of a free label wants
/// stays to be done; a release is over when it is over.
pub(super) fn refused(view: &View, request: &LibraryRequest) -> Option<Action> {
    use Operation::{Dismount, Eject, Inventory, Mount, Remove, WriteFreeLabel};
    let kept = matches!(request.operation, Dismount | Remove | WriteFreeLabel);
    if kept || request.operation.changes_use() || request.goal != Goal::AsAsked {
        return None;
    }
    let why = |name: &str| format!("{name} is disabled");
    let closed = !view.library.common.enabled;
    if closed && has_begun(request) && request.operation != Inventory {
        let ending = Ending::failed(Code::ResourceDisabled, why(&view.library.common.name));
        // What another kind of work has in its hands goes on when the library is enabled again.
        let gives_up = matches!(request.operation, Mount | Operation::Classify);
        return gives_up.then_some(Action::PutBack { request: request.id, ending });
    }
    if closed {
        let code = if request.operation == Eject { Code::DeviceNotAvailable } else { Code::ResourceDisabled };
        return finish(request, Ending::failed(code, why(&view.library.common.name)));
    }
    if has_begun(request) {
        return None;
    }
    let medium = view.medium_of(request);
    if let Some(medium) = medium.filter(|medium| !medium.common.enabled) {
        let code = if request.operation == Eject { Code::MediaNotAvailable } else { Code::ResourceDisabled };
        return finish(request, Ending::failed(code, why(&naming::medium(medium))));
    }
    let given = request.drive.filter(|_| request.drive_given).and_then(|id| view.drive(id));
    let disabled = given.filter(|drive| !drive.common.enabled).map(|drive| drive.common.name.clone());
    let disabled = disabled.or_else(|| {
        let medium = medium.filter(|_| request.operation == Mount)?;
        no_drive(view, medium, None, request.access)
    });
    finish(request, Ending::failed(Code::ResourceDisabled, why(&disabled?)))
}

/// The disabled drive without which a medium cannot be mounted: the one that holds it, or the only ones that are meant
/// and can take it.
pub(super) fn no_drive(
    view: &View,
    medium: &Medium,
    drive: Option<DriveId>,
    access: MountAccess,
) -> Option<String> {
    if let Location::Drive(id) = medium.location
        && let Some(holder) = view.drive(id).filter(|holder| !holder.common.enabled)
    {
        return Some(holder.common.name.clone());
    }
    let meant = |candidate: &&Drive| {
        drive.is_none_or(|wanted| wanted == candidate.id) && view.suits(candidate, medium, access)
    };
    let meant: Vec<&Drive> = view.drives.iter().filter(meant).collect();
    let all = !meant.is_empty() && meant.iter().all(|candidate| !candidate.common.enabled);
    let names = || meant.iter().map(|one| one.common.name.clone()).collect::<Vec<_>>().join(", ");
    all.then(names)
}

/// Why a request has to stand back: the library is disabled, or what it names is going out of use.
pub(super) fn held_back(view: &View, request: &LibraryRequest) -> Option<String> {
    if request.operation.changes_use() || request.operation == Operation::Remove {
        return None;
    }
    let library = &view.library.common;
    if !library.enabled {
        return Some(format!("{} is disabled", library.name));
    }
    if has_begun(request) || request.operation == Operation::Dismount {
        return None;
    }
    let medium = view.medium_of(request);
    if let Some(medium) = medium.filter(|medium| !medium.common.enabled) {
        return Some(format!("{} is disabled", naming::medium(medium)));
    }
    let going = |name: &str| Some(format!("{name} is going out of use"));
    if is_closing(view, |one| one.operation == Operation::DisableLibrary) {
        return going(&library.name);
    }
    if let Some(medium) = medium
        && is_closing(view, |one| one.operation == Operation::DisableMedium && one.medium == Some(medium.id))
    {
        return going(&naming::medium(medium));
    }
    let holder = match medium.map(|medium| medium.location) {
        Some(Location::Drive(id)) => Some(id),
        _ => request.drive.filter(|_| request.drive_given),
    };
    let closing = holder.filter(|id| is_drive_closing(view, *id)).and_then(|id| view.drive(id))?;
    going(&closing.common.name)
}

/// Puts an object out of use, or back, and ends the request.
pub(super) fn carry(turn: &mut Turn<'_>, view: &View, id: RequestId) -> Handled {
    let request = started(the_request(view, id)?)?;
    let text = match request.operation {
        Operation::DisableLibrary | Operation::EnableLibrary => {
            let mut library = view.library.clone();
            library.common.enabled = request.operation == Operation::EnableLibrary;
            // Nobody has watched it: hands and other programs may have moved anything.
            library.wants_read |= library.common.enabled && library.kind != LibraryKind::Offline;
            let name = library.common.name.clone();
            if library != view.library {
                turn.put(library);
            }
            name
        }
        Operation::DisableDrive | Operation::EnableDrive => {
            let Some(drive) = request.drive.and_then(|id| view.drive(id)) else { return missing("a drive") };
            let mut changed = drive.clone();
            changed.common.enabled = request.operation == Operation::EnableDrive;
            if changed != *drive {
                turn.put(changed);
            }
            drive.common.name.clone()
        }
        _ => {
            let Some(medium) = view.medium_of(&request) else { return missing("a medium") };
            let mut changed = medium.clone();
            changed.common.enabled = request.operation == Operation::EnableMedium;
            if changed != *medium {
                turn.put(changed);
            }
            naming::medium(medium)
        }
    };
    requests::end(turn, request, Ending::new(RequestEvent::Succeeded, text))
}

/// The offline library has no planner but this: media in it go out of use and come back.
pub(super) fn offline(view: &View) -> Option<Action> {
    view.requests.iter().filter(|one| one.operation.changes_use()).find_map(|one| next(view, one))
}
