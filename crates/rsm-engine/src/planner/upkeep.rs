//! What a library needs though nobody asked: devices probed, elements read, strays put away.
//!
//! This is the reconciler: it takes no input, may run at any time, and after a restart or a give-up brings what is
//! recorded and what is true together again. Intents that were never answered meet the read it asks for.

use super::action::Action;
use super::cleaning;
use super::doors;
use super::fitting;
use super::hold;
use super::ports;
use super::view::View;
use rsm_model::UtcTime;
use rsm_model::machine::drive::DriveState;
use rsm_model::machine::library::OperationalState;
use rsm_model::record::{DeviceRole, Dismounting, Drive};
use rsm_step::Look;

/// The next thing that a library needs.
pub(super) fn next(view: &View) -> Option<Action> {
    read(view)
        .or_else(|| ports::close_left_open(view))
        .or_else(|| doors::settle(view))
        .or_else(|| probe(view))
        .or_else(|| put_away(view))
        .or_else(|| hold::send_home(view))
        .or_else(|| if hold::is_held(view) { None } else { of_its_own(view) })
}

/// What the service begins of its own.
fn of_its_own(view: &View) -> Option<Action> {
    cleaning::upkeep(view).or_else(|| fitting::next(view)).or_else(|| read_in_background(view))
}

/// A device that has not answered its present worker, or that failed, is asked again; the wait doubles. A robot that
/// answers is polled for attentions, for it reports hands only when it is spoken to.
pub(super) fn probe(view: &View) -> Option<Action> {
    let due = |at: Option<UtcTime>| at.is_none_or(|at| at <= view.utc);
    let silent = view.devices.iter().find(|device| {
        let polled = device.role == DeviceRole::Changer && view.settled();
        (!device.answered || polled) && due(device.probe_at) && !view.is_busy(&device.key)
    });
    let failed = || {
        view.drives.iter().find(|drive| {
            drive.common.operational == OperationalState::NeedsService
                && drive.probe_at.is_some_and(|at| at <= view.utc)
                && view.device(&drive.device).is_some_and(|device| device.answered)
                && !view.is_busy(&drive.device)
        })
    };
    let key =
        silent.map(|device| device.key.clone()).or_else(|| failed().map(|drive| drive.device.clone()))?;
    Some(Action::Probe { device: key, request: None })
}

/// Elements are read when what is known may be wrong, and again and again while the library needs service or hands have
/// a port.
fn read(view: &View) -> Option<Action> {
    let robot = view.devices.iter().find(|device| device.role == DeviceRole::Changer)?;
    if !robot.answered || view.is_busy(&robot.key) {
        return None;
    }
    // A robot that has failed rests before it is asked again; one that has not only waits for its next poll.
    let rested = robot.probes == 0 || robot.probe_at.is_none_or(|at| at <= view.utc);
    let again = view.library.common.operational == OperationalState::NeedsService && robot.probes > 0;
    let hands = ports::is_look_due(view) || doors::is_look_due(view);
    let wanted = rested && (view.library.wants_read || again || hands);
    wanted.then_some(Action::Read { request: None, look: Look::Remember })
}

/// A library with nothing to do reads the label of a medium that nobody has read yet (decision 18).
fn read_in_background(view: &View) -> Option<Action> {
    view.unread.map(|(side, medium)| Action::ReadInBackground { side, medium })
}

/// A cartridge in a drive that nobody mounted, and no request works on, goes back to a slot (P-17).
fn put_away(view: &View) -> Option<Action> {
    if !view.settled() {
        return None;
    }
    view.drives.iter().find_map(|drive| stray(view, drive))
}

fn stray(view: &View, drive: &Drive) -> Option<Action> {
    let medium = view.medium_in(drive.id)?;
    let cared_for = view.requests.iter().any(|request| {
        request.medium == Some(medium.id)
            && (request.operation == rsm_model::record::Operation::Dismount
                || medium.claimed_by == Some(request.id))
    });
    let owned = view.mounts.contains_key(&medium.id) || cared_for;
    let ready = view.is_usable(drive) && view.drive_ready(drive);
    // One that lies in a dismountable drive may stay there as before.
    let parked = drive.state == DriveState::Dismountable;
    let way = if parked { Dismounting::Deferred } else { Dismounting::Immediate };
    (!owned && ready).then_some(Action::PutAway { drive: drive.id, medium: medium.id, way })
}
