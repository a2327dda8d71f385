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
mod doors;
mod fitting;
mod labels;
mod ports;
mod queue;
mod standalone;
mod upkeep;
mod view;

use crate::turn::{Handled, Turn};
use action::Action;
use rsm_model::ids::{DriveId, MediumId, RequestId, SideId, StepId};
use rsm_model::machine::drive::DriveState;
use rsm_model::record::{Door, Drive, Library, LibraryKind, Location, Medium, MountAccess, Port};
use rsm_model::time::Now;
use rsm_step::Step;
use rsm_store::{ReadTx, StoreError};
use view::View;

/// Acts once, in the first library that has something to do; gives the cause for the audit trail.
pub(crate) fn act(turn: &mut Turn<'_>) -> Handled<Option<String>> {
    for library in turn.tx.all::<Library>()? {
        if library.kind == LibraryKind::Offline {
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
    if view.library.kind == LibraryKind::StandAlone {
        return standalone::next(view);
    }
    upkeep::next(view).or_else(|| queue::next(view))
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
pub(crate) fn standing(
    tx: &ReadTx<'_>,
    medium: &Medium,
    side: SideId,
    drive: Option<DriveId>,
    access: MountAccess,
) -> Handled<Standing> {
    let Some(library) = tx.get::<Library>(medium.library)? else {
        return Ok(Standing::Blocked("its library is gone".to_string()));
    };
    let mut view = View::of(tx, library, rsm_model::UtcTime(0))?;
    view.admit(tx, medium)?;
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
        if there.is_some() && fits && view.settled() {
            return Ok(Standing::InPlace);
        }
    }
    let free = view.drives.iter().any(|candidate| {
        drive.is_none_or(|wanted| wanted == candidate.id)
            && view.suits(candidate, medium, access)
            && (view.is_free(candidate, None) || view.is_evictable(candidate))
    });
    Ok(if free {
        Standing::Free
    } else {
        Standing::Blocked("every drive that could take it is in use".to_string())
    })
}

/// Says why no drive that a mount could take can be used for its medium: the one that is named, or all of a library.
pub(crate) fn unfit(
    tx: &ReadTx<'_>,
    medium: &Medium,
    library: Library,
    drive: Option<DriveId>,
    access: MountAccess,
) -> Handled<Option<String>> {
    let view = View::of(tx, library, rsm_model::UtcTime(0))?;
    let meant = view.drives.iter().filter(|candidate| drive.is_none_or(|wanted| wanted == candidate.id));
    Ok(view.unfit(meant, medium, access))
}

pub(crate) use cleaning::{UNCOUNTED, is_empty, set_uses as set_cleaner_uses};
pub(crate) use doors::look_after as look_at_door_after;
pub(crate) use labels::{queue_full_inventory, recover};
pub(crate) use ports::not_taken;

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
    let from_utc = |at: rsm_model::UtcTime| now.monotonic_ms + u64::try_from(at.0 - now.utc.0).unwrap_or(0);
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
