//! Doors that were locked or unlocked, and those that are found open.
//!
//! ```text
//!   02h/0418h ─► Open ─ MaxOpenSecs are over ─► a person is asked
//!                 └ an answer that needs a closed door (elements read, a move) ─► Closed, and read anew
//! ```
//!
//! A changer reports its door only when it is spoken to, so the reads go on while it is open; nothing else is asked of it.
//!
//! Invariant: a library whose door is open is there, and no fault of robot, medium or drive is counted for it.

use super::{count_attempt, current_library, doubt, request_of};
use crate::operators::{self, Ask};
use crate::planner;
use crate::requests;
use crate::turn::{Handled, Turn};
use rsm_model::UtcTime;
use rsm_model::generated::constants::library::NTMS_INVENTORY_DEFAULT;
use rsm_model::ids::{LibraryId, ObjectType, TypedId};
use rsm_model::machine::library::{self, LibraryEvent, OperationalState};
use rsm_model::record::*;
use rsm_step::{Attention, Failure, Outcome};
use rsm_store::columns;

/// How long a door may stay open before a person is asked, where nobody has said otherwise, in seconds: as for ports.
const MAX_OPEN_S: u32 = 300;

/// How often the locking of a door is tried before a person is asked.
const MOST_LOCKS: u32 = 3;

/// A door that is configured, or that shows itself by being open.
pub(crate) fn new_door(turn: &mut Turn<'_>, library: LibraryId) -> Door {
    Door {
        id: turn.new_id(),
        common: Common::new(turn.utc(), "Door 1"),
        number: 1,
        state: DoorState::Unknown,
        max_open_s: MAX_OPEN_S,
        library,
        lock: DoorLock::Unknown,
        opened_for: None,
        unlocked_at: None,
        open_since: None,
        closed_at: None,
    }
}

/// The door that commands and reports of a library mean: the first (door-several-doors-undefined).
fn the_door(turn: &Turn<'_>, library: LibraryId) -> Handled<Option<Door>> {
    let doors = turn.tx.find(columns::door::LIBRARY, library)?;
    Ok(doors.into_iter().min_by_key(|door| door.number))
}

/// Takes in what a report of the robot says of its door besides its own matter.
pub(super) fn hear(
    turn: &mut Turn<'_>,
    library: LibraryId,
    outcome: &Outcome,
    attentions: &[Attention],
) -> Handled {
    let Some(before) = the_door(turn, library)? else { return Ok(()) };
    let mut door = before.clone();
    if attentions.contains(&Attention::Reset) && door.lock == DoorLock::Locked {
        // A reset unlocks (29h).
        door.lock = DoorLock::Unknown;
    }
    let closed = matches!(outcome, Outcome::Elements { .. } | Outcome::Moved { .. });
    if closed && door.open_since.take().is_some() {
        door.closed_at = Some(turn.utc());
        turn.tell(library, door.opened_for, "closed", format!("{} is closed", door.common.name));
        operators::device_serves_again(turn, door.id.guid())?;
    }
    if closed {
        door.state = DoorState::Closed;
    }
    // Who is so quick that no look falls between his opening and his closing has been there all the same.
    if door.unlocked_at.is_some() && attentions.contains(&Attention::ElementsChanged) {
        door.closed_at = Some(turn.utc());
    }
    if door != before {
        turn.put(door);
    }
    Ok(())
}

/// A robot that is found, or has a new worker: nobody knows what its door was told.
pub(super) fn robot_is_new(turn: &mut Turn<'_>, library: LibraryId) -> Handled {
    if let Some(mut door) = the_door(turn, library)?.filter(|door| door.lock != DoorLock::Unknown) {
        door.lock = DoorLock::Unknown;
        turn.put(door);
    }
    Ok(())
}

/// The door is unlocked for hands.
pub(super) fn unlocked(turn: &mut Turn<'_>, step: &OpenStep) -> Handled {
    is_unlocked(turn, step, DoorLock::Unlocked)
}

fn is_unlocked(turn: &mut Turn<'_>, step: &OpenStep, lock: DoorLock) -> Handled {
    let Some(mut door) = the_door(turn, step.library)? else { return Ok(()) };
    door.lock = lock;
    door.unlocked_at = door.opened_for.map(|_| turn.utc());
    turn.tell(step.library, step.request, "unlocked", format!("hands may open {}", door.common.name));
    if let Some(mut request) = request_of(turn, step)? {
        request.note = format!("hands may open {}", door.common.name);
        turn.put(request);
    }
    turn.put(door);
    Ok(())
}

/// The door is locked against hands.
pub(super) fn locked(turn: &mut Turn<'_>, step: &OpenStep) -> Handled {
    let Some(mut door) = the_door(turn, step.library)? else { return Ok(()) };
    door.lock = DoorLock::Locked;
    turn.tell(step.library, step.request, "locked", format!("{} is locked", door.common.name));
    turn.put(door);
    Ok(())
}

/// A door was not unlocked, and that is known.
pub(super) fn unlock_failed(turn: &mut Turn<'_>, step: &OpenStep, failure: Failure, text: &str) -> Handled {
    match failure {
        // Nothing holds it (P-141).
        Failure::Refused => is_unlocked(turn, step, DoorLock::None),
        Failure::DeviceGone => doubt(turn, step.library, "the door could not be reached"),
        _ => count_attempt(turn, step, text),
    }
}

/// A door was not locked, and that is known.
pub(super) fn lock_failed(turn: &mut Turn<'_>, step: &OpenStep, failure: Failure, text: &str) -> Handled {
    let Some(mut door) = the_door(turn, step.library)? else { return Ok(()) };
    match failure {
        // It has no lock that a command moves (P-141).
        Failure::Refused => door.lock = DoorLock::None,
        Failure::DeviceGone => return doubt(turn, step.library, "the door could not be reached"),
        _ => {
            if let Some(mut request) = request_of(turn, step)? {
                request.steps_done += 1;
                let again = request.steps_done < MOST_LOCKS;
                turn.put(request);
                if again {
                    return Ok(());
                }
            }
            door.lock = DoorLock::Failing;
            let message = format!("{} could not be locked ({text}): lock it by hand", door.common.name);
            operators::raise_service(turn, step.library, (ObjectType::Door, door.id.guid()), message)?;
        }
    }
    turn.put(door);
    Ok(())
}

/// The robot says that its door is open: nothing moves, and it is looked at again until it is closed.
pub(super) fn stands_open(turn: &mut Turn<'_>, mut robot: Device, step: &OpenStep) -> Handled {
    let Some(mut library) = current_library(turn, step.library)? else { return Ok(()) };
    let mut door = match the_door(turn, step.library)? {
        Some(door) => door,
        None => new_door(turn, step.library),
    };
    let since = door.open_since.unwrap_or(turn.utc());
    if door.state != DoorState::Open {
        door.state = DoorState::Open;
        door.open_since = Some(since);
        if door.lock == DoorLock::Locked {
            // Whatever was believed of it.
            door.lock = DoorLock::Unknown;
        }
        let text = format!("{} is open: nothing moves until it is closed", door.common.name);
        turn.tell(step.library, door.opened_for, "opened", text);
        library.generation += 1;
        stand_for(turn, &door)?;
    }
    let due = ask_to_close(turn, &library, &door, since)?;
    robot.probe_at = Some(planner::look_at_door_after(since, turn.utc()).min(due));
    robot.probes = robot.probes.max(1);
    turn.put_hidden(robot);
    library.wants_read = true;
    if library.common.operational == OperationalState::NotPresent {
        library.common.operational = library::step(OperationalState::NotPresent, LibraryEvent::Appeared)?;
    }
    turn.put(library);
    turn.put(door);
    not_counted(turn, step)
}

/// A door that somebody has opened unasked gets a request of the service's own, which sees to what follows: as if the door
/// had been asked for with the library's own inventory (decision 62).
fn stand_for(turn: &mut Turn<'_>, door: &Door) -> Handled {
    let open = turn.tx.open_requests_of(door.library)?;
    if open.iter().any(|request| request.operation == Operation::DoorAccess) {
        return Ok(());
    }
    let mut request = requests::of_service(turn, door.library, Operation::DoorAccess)?;
    request.option = NTMS_INVENTORY_DEFAULT;
    request.note = format!("{} was opened by hand", door.common.name);
    turn.put(request);
    Ok(())
}

/// Asks a person to close a door that has been open for too long (P-142); gives the next moment at which that is due.
fn ask_to_close(turn: &mut Turn<'_>, library: &Library, door: &Door, since: UtcTime) -> Handled<UtcTime> {
    let limit = UtcTime(since.0 + i64::from(door.max_open_s) * 1000);
    if limit > turn.utc() {
        return Ok(limit);
    }
    let message =
        format!("{} of {} is open: close it, nothing moves before", door.common.name, library.common.name);
    operators::raise(turn, Ask::service_of((ObjectType::Door, door.id.guid()), message))?;
    Ok(UtcTime(i64::MAX))
}

/// An inventory counts its attempts when it begins to look; an open door is none.
fn not_counted(turn: &mut Turn<'_>, step: &OpenStep) -> Handled {
    if let Some(mut request) = request_of(turn, step)?
        && request.operation == Operation::Inventory
    {
        request.attempts = request.attempts.saturating_sub(1);
        turn.put(request);
    }
    Ok(())
}
