//! The planner: looks at one library as it is and says what to do next.
//!
//! ```text
//!   View (a snapshot) ─► upkeep::next ─► mounts, dismounts, inventories in queue order ─► Action ─► carry ─► Turn
//! ```
//!
//! Deciding is pure: the same view gives the same action. Nothing remembers how far a request has come; where the
//! medium is, what state its drive has and which steps are open says it all, so the planner can be asked at any
//! time, also after a restart, and goes on from what is true.
//!
//! A stand-alone drive has a planner of its own beside the same view and the same actions ([`standalone`]).
//!
//! Invariants: one step at a time per device; no element in two steps; no move while the library wants to be read
//! or a step's completion is unknown; a cleaner or a medium in conflict is never mounted.

mod action;
mod carry;
mod cleaning;
mod door;
mod doors;
mod enabling;
mod fitting;
mod gang;
mod hold;
mod inject;
mod labels;
mod outlook;
mod ports;
mod queue;
mod standalone;
mod upkeep;
mod view;

use crate::turn::{Handled, Turn};
use action::Action;
use rsm_model::UtcTime;
use rsm_model::ids::{DriveId, MediumId, RequestId, StepId};
use rsm_model::machine::drive::DriveState;
use rsm_model::record::{Door, Drive, Hold, Library, LibraryKind, Location, Medium, MountAccess, Port};
use rsm_model::time::Now;
use rsm_step::Step;
use rsm_store::{ReadTx, StoreError};
use view::View;

/// Acts once, in the first library that has something to do; gives the cause for the audit trail.
pub(crate) fn act(turn: &mut Turn<'_>) -> Handled<Option<String>> {
    for library in turn.tx.all::<Library>()? {
        if library.kind == LibraryKind::Offline && turn.tx.open_requests_of(library.id)?.is_empty() {
            continue;
        }
        let mut view = View::of(&turn.tx, library, turn.utc())?;
        labels::look_ahead(turn, &mut view)?;
        // What a stand-alone drive cannot use comes to light when it is put in.
        if view.library.kind != LibraryKind::StandAlone {
            fitting::look_ahead(turn, &mut view)?;
        }
        if let Some(action) = decide(&view) {
            let cause = format!("planner: {}", action.word());
            carry::carry(turn, &view, action)?;
            return Ok(Some(cause));
        }
    }
    Ok(None)
}

/// The next thing to do in a library, if there is any.
fn decide(view: &View) -> Option<Action> {
    match view.library.kind {
        LibraryKind::Offline => enabling::offline(view),
        LibraryKind::StandAlone => standalone::next(view),
        // To the devices of a library that is out of use nothing is sent (P-213).
        LibraryKind::Robotic if !view.library.common.enabled => {
            gang::settle(view).or_else(|| queue::next(view))
        }
        LibraryKind::Robotic if hold::is_paused(view) => {
            gang::settle(view).or_else(|| upkeep::probe(view)).or_else(|| queue::next(view))
        }
        // First, so that the requests of one call end in the transaction in which the first of them does.
        LibraryKind::Robotic => {
            gang::settle(view).or_else(|| upkeep::next(view)).or_else(|| queue::next(view))
        }
    }
}

/// How a mount of a medium would stand right now.
pub(crate) enum Standing {
    /// It waits in a drive that can be used as it is.
    InPlace,
    /// Medium and a drive are free; a robot has to move.
    Free,
    /// Something is in use.
    Blocked(String),
}

/// Says how a mount of a medium would stand, for callers that do not wait.
pub(crate) fn standing(tx: &ReadTx<'_>, now: UtcTime, wanted: &[Wanted<'_>]) -> Handled<Standing> {
    let [one, others @ ..] = wanted else {
        return Ok(Standing::Blocked("nothing is wanted".to_string()));
    };
    let Wanted { medium, side, given: drive, access, .. } = *one;
    let Some(library) = tx.get::<Library>(medium.library)? else {
        return Ok(Standing::Blocked("its library is gone".to_string()));
    };
    let mut view = View::of(tx, library, now)?;
    // Nothing begins in a library that is held.
    if let Some(why) = hold::told(&view.library) {
        return Ok(Standing::Blocked(why));
    }
    for one in wanted {
        view.admit(tx, one.medium)?;
    }
    if !others.is_empty() {
        return Ok(gang::standing(&view, wanted));
    }
    if let Some(why) = view.medium_taken(medium, None) {
        return Ok(Standing::Blocked(why));
    }
    if view.library.kind == LibraryKind::StandAlone {
        return Ok(standalone::standing(&view, medium));
    }
    if let Location::Drive(held) = medium.location {
        let there = view.drive(held).filter(|held| held.state == DriveState::Dismountable);
        let side_up = there.is_some_and(|held| held.saved_side.map_or(medium.sides < 2, |up| up == side));
        let suits = there.is_some_and(|held| view.suits(held, medium, access));
        let fits = side_up && suits && drive.is_none_or(|wanted| wanted == held);
        if there.is_some() && fits && view.settled() && !view.is_held_back(held, None) {
            return Ok(Standing::InPlace);
        }
    }
    let free = view.drives.iter().any(|candidate| {
        drive.is_none_or(|wanted| wanted == candidate.id)
            && view.suits(candidate, medium, access)
            && !view.is_held_back(candidate.id, None)
            && (view.is_free(candidate, None) || view.is_evictable(candidate))
    });
    Ok(if free {
        Standing::Free
    } else {
        Standing::Blocked("every drive that could take it is in use".to_string())
    })
}

/// Why no drive that a mount could take can be used for its medium: the one that is named, or all of a library.
pub(crate) enum Unfit {
    /// It is disabled, or all of them are.
    Disabled(String),
    /// Its generation is another (decision 47).
    Generation(String),
}

/// Says why no drive that a mount could take can be used for its medium, if none can.
pub(crate) fn unfit(
    tx: &ReadTx<'_>,
    medium: &Medium,
    library: Library,
    drive: Option<DriveId>,
    access: MountAccess,
) -> Handled<Option<Unfit>> {
    let view = View::of(tx, library, UtcTime(0))?;
    if let Some(name) = enabling::no_drive(&view, medium, drive, access) {
        return Ok(Some(Unfit::Disabled(format!("{name} is disabled"))));
    }
    let meant = view.drives.iter().filter(|candidate| drive.is_none_or(|wanted| wanted == candidate.id));
    Ok(view.unfit(meant, medium, access).map(Unfit::Generation))
}

/// Whether a library has a drive of its own for each medium of a call, were all of them free (decision 65).
pub(crate) fn has_drives(tx: &ReadTx<'_>, library: Library, wanted: &[Wanted<'_>]) -> Handled<bool> {
    Ok(gang::has_drives(&View::of(tx, library, UtcTime(0))?, wanted))
}

/// What has still to end before a library that is held stands still.
pub(crate) fn stirs(tx: &ReadTx<'_>, library: &Library, now: UtcTime) -> Handled<Option<String>> {
    if library.hold == Hold::None {
        return Ok(None);
    }
    Ok(hold::stirs(&View::of(tx, library.clone(), now)?))
}

pub(crate) use cleaning::{UNCOUNTED, is_empty, set_uses as set_cleaner_uses};
pub(crate) use doors::look_after as look_at_door_after;
pub(crate) use gang::Wanted;
pub(crate) use hold::told as held;
pub(crate) use labels::{queue_full_inventory, recover};
pub(crate) use outlook::{Coming, Outlook, of as outlook};
pub(crate) use ports::not_taken;
pub(crate) use view::vacant_slot;

/// Orders a step of a drive outside the planner's own decisions (label blocks).
pub(crate) fn order_drive(
    turn: &mut Turn<'_>,
    drive: &Drive,
    medium: Option<MediumId>,
    request: Option<RequestId>,
    step: Step,
) -> Handled<StepId> {
    carry::order_on_drive(turn, drive, medium, request, step)
}

/// When the desk has to look again though nothing happens: probes that are due and steps that run out of time.
pub(crate) fn next_wake_ms(tx: &ReadTx<'_>, now: Now) -> Result<Option<u64>, StoreError> {
    let mut moments: Vec<u64> = Vec::new();
    for step in tx.all::<rsm_model::record::OpenStep>()? {
        if !step.lost {
            moments.push(step.give_up_at_ms);
        }
    }
    let from_utc = |at: UtcTime| now.monotonic_ms + u64::try_from(at.0 - now.utc.0).unwrap_or(0);
    for device in tx.all::<rsm_model::record::Device>()? {
        moments.extend(device.probe_at.filter(|at| *at > now.utc).map(from_utc));
    }
    for library in tx.all::<Library>()? {
        moments.extend(library.labels_next.filter(|at| *at > now.utc).map(from_utc));
    }
    for port in tx.all::<Port>()?.into_iter().filter(|port| port.opened_at.is_some()) {
        let Some(library) = tx.get::<Library>(port.library)? else { continue };
        let due = [ports::next_look(&library, &port), ports::time_is_over(&port)];
        moments.extend(due.into_iter().flatten().filter(|at| *at > now.utc).map(from_utc));
    }
    for request in tx.open_requests()?.into_iter().filter(|request| request.hands_since.is_some()) {
        let Some(library) = tx.get::<Library>(request.library)? else { continue };
        let due = [door::next_look(&library, &request), door::time_is_over(tx, &request)?];
        moments.extend(due.into_iter().flatten().filter(|at| *at > now.utc).map(from_utc));
    }
    for door in tx.all::<Door>()?.into_iter().filter(|door| door.unlocked_at.is_some()) {
        let Some(library) = tx.get::<Library>(door.library)? else { continue };
        let due = [doors::next_look(&library, &door), doors::time_is_over(&door)];
        moments.extend(due.into_iter().flatten().filter(|at| *at > now.utc).map(from_utc));
    }
    for drive in tx.all::<Drive>()? {
        moments.extend(drive.probe_at.filter(|at| *at > now.utc).map(from_utc));
    }
    Ok(moments.into_iter().min())
}
