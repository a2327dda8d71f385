//! Moves that ended: the medium is where it was sent, or nobody may rely on where it is.
//!
//! Invariant: a move is believed only when both ends say so: source empty, destination full, and no other bar code
//! than expected. Anything else makes its completion unknown.

use super::{count_attempt, current_library, doubt, lose, medium_failed, medium_of, ramp, request_of};
use crate::operators;
use crate::requests;
use crate::turn::{Handled, Turn};
use rsm_model::ids::{DriveId, LibraryId, ObjectType, PortId, SlotId, TypedId};
use rsm_model::machine::drive::{self, DriveEvent};
use rsm_model::machine::library::{self, LibraryEvent, OperationalState};
use rsm_model::machine::medium::{self, MediumEvent, MediumState};
use rsm_model::machine::slot::{self, SlotEvent};
use rsm_model::record::*;
use rsm_step::{ElementKind, ElementReport, Failure, Step, StepOrder, Turn as TurnOver};
use rsm_store::columns;

/// A move was carried out.
pub(super) fn moved(turn: &mut Turn<'_>, step: &OpenStep, ends: &[ElementReport]) -> Handled {
    let request = request_of(turn, step)?;
    let (Some(held), Some(mut request)) = (medium_of(turn, step)?, request) else {
        return lose(turn, step.clone(), "what was moved is not known any more");
    };
    let Some((source, target, turned)) = believable(step, ends) else {
        return lose(turn, step.clone(), "what was read after the move contradicts it");
    };
    let to = match (held.location, request.slot, request.drive) {
        _ if target.kind == ElementKind::Port => port_at(turn, step.library, target.address)?,
        (Location::Drive(_) | Location::Port(_), Some(slot), _) if target.kind == ElementKind::Slot => {
            Some(Location::Slot(slot))
        }
        (_, _, Some(drive)) => Some(Location::Drive(drive)),
        _ => None,
    };
    let Some(to) = to else {
        return lose(turn, step.clone(), "where it was moved to is not known any more");
    };
    request.steps_done += 1;
    let text = format!("{} is in {}", crate::naming::medium(&held), crate::naming::place(&turn.tx, to)?);
    turn.tell(step.library, step.request, "moved", text);
    leave(turn, &held, source)?;
    let mut held = held;
    held.upside_down ^= turned == TurnOver::Over;
    if request.operation.takes_in() {
        request.attempts = 0;
        super::inject::stored(turn, &request, &mut held)?;
    }
    arrive(turn, held, to, target, &request)?;
    if request.operation == Operation::InjectCleaner {
        let ending = super::inject::ending(&request);
        return requests::end(turn, request, ending);
    }
    let over = request.operation == Operation::Dismount;
    if over {
        let ending = requests::end_of_dismount(&request);
        return requests::end(turn, request, ending);
    }
    turn.put(request);
    Ok(())
}

/// The port at an element address.
fn port_at(turn: &Turn<'_>, library: LibraryId, element: u16) -> Handled<Option<Location>> {
    let ports = turn.tx.find(columns::port::LIBRARY, library)?;
    Ok(ports.into_iter().find(|port| port.element == element).map(|port| Location::Port(port.id)))
}

/// Gives source and destination when they bear the move out, and whether the medium was turned over.
fn believable<'r>(
    step: &OpenStep,
    ends: &'r [ElementReport],
) -> Option<(&'r ElementReport, &'r ElementReport, TurnOver)> {
    let order: StepOrder = serde_json::from_str(&step.order).ok()?;
    let Step::Move { from, to, expected_tag, turn, .. } = order.step else { return None };
    let end = |address: u16| ends.iter().find(|end| end.address == address);
    let (source, target) = (end(from)?, end(to)?);
    let same_tag = match (&expected_tag, &target.tag) {
        (Some(expected), Some(seen)) => expected == seen,
        _ => true,
    };
    (!source.full && target.full && same_tag).then_some((source, target, turn))
}

fn observed(turn: &Turn<'_>, library: &Library, report: &ElementReport) -> Observation {
    Observation {
        content: if report.full { Content::Full } else { Content::Empty },
        tag: report.tag.clone(),
        generation: library.generation,
        at: Some(turn.utc()),
        fenced: false,
    }
}

fn library_of(turn: &Turn<'_>, held: &Medium) -> Handled<Library> {
    match current_library(turn, held.library)? {
        Some(library) => Ok(library),
        None => crate::turn::refuse(rsm_model::Code::InvalidLibrary, "the medium's library is gone", ""),
    }
}

/// The element that the medium left.
fn leave(turn: &mut Turn<'_>, held: &Medium, source: &ElementReport) -> Handled {
    let library = library_of(turn, held)?;
    let seen = observed(turn, &library, source);
    match held.location {
        Location::Slot(id) => {
            if let Some(mut slot) = turn.tx.get::<Slot>(id)? {
                slot.state = slot::step(slot.state, SlotEvent::Taken)?;
                slot.seen = seen;
                turn.put(slot);
            }
        }
        Location::Drive(id) => {
            if let Some(mut bay) = turn.tx.get::<Drive>(id)? {
                bay.state = drive::step(bay.state, DriveEvent::Taken)?;
                bay.seen = seen;
                bay.saved_side = None;
                bay.dismountable_since = None;
                turn.put(bay);
            }
        }
        Location::Port(id) => {
            operators::left_port(turn, held)?;
            into_port(turn, id, seen)?;
        }
        Location::Changer(_) | Location::Offline => {}
    }
    Ok(())
}

/// The element that the medium came to.
fn arrive(
    turn: &mut Turn<'_>,
    mut held: Medium,
    to: Location,
    target: &ElementReport,
    request: &LibraryRequest,
) -> Handled {
    let library = library_of(turn, &held)?;
    let seen = observed(turn, &library, target);
    held.location = to;
    match to {
        Location::Drive(id) => into_drive(turn, &mut held, id, seen, request)?,
        Location::Slot(id) => into_slot(turn, &mut held, id, seen, request)?,
        Location::Port(id) => into_port(turn, id, seen)?,
        Location::Changer(_) | Location::Offline => {}
    }
    turn.put(held);
    Ok(())
}

/// In a port it stays claimed: the request that brought it there sees it out.
fn into_port(turn: &mut Turn<'_>, id: PortId, seen: Observation) -> Handled {
    if let Some(mut port) = turn.tx.get::<Port>(id)? {
        port.seen = seen;
        turn.put(port);
    }
    Ok(())
}

fn into_drive(
    turn: &mut Turn<'_>,
    held: &mut Medium,
    id: DriveId,
    seen: Observation,
    request: &LibraryRequest,
) -> Handled {
    held.state = medium::step(held.state, MediumEvent::PutInDrive)?;
    if let Some(mut bay) = turn.tx.get::<Drive>(id)? {
        let inserted = match request.operation {
            Operation::CleanDrive => DriveEvent::CleanerInserted,
            _ => DriveEvent::Inserted,
        };
        bay.state = drive::step(bay.state, inserted)?;
        bay.seen = seen;
        bay.saved_side = request.side;
        turn.put(bay);
    }
    Ok(())
}

fn into_slot(
    turn: &mut Turn<'_>,
    held: &mut Medium,
    id: SlotId,
    seen: Observation,
    request: &LibraryRequest,
) -> Handled {
    let event = match held.state {
        // It came from a port.
        MediumState::InUse => MediumEvent::Released,
        _ => MediumEvent::Stored,
    };
    held.state = medium::step(held.state, event)?;
    held.home_slot = Some(id);
    held.mounted_side = None;
    if request.operation == Operation::Dismount || request.operation.takes_in() {
        held.claimed_by = None;
    }
    if let Some(mut slot) = turn.tx.get::<Slot>(id)? {
        slot.state = slot::step(slot.state, SlotEvent::Put)?;
        slot.seen = seen;
        turn.put(slot);
    }
    Ok(())
}

/// A move failed in a way that is known: what is where is read again before anything else (lessons, rule 1).
pub(super) fn failed(
    turn: &mut Turn<'_>,
    robot: Device,
    step: &OpenStep,
    failure: Failure,
    text: &str,
) -> Handled {
    // Where nothing was sent, or nothing could be taken, the belief was wrong and not the robot.
    let robot_failed = matches!(failure, Failure::DeviceFault | Failure::MediumError | Failure::Prevented);
    if robot_failed {
        medium_failed(turn, step)?;
    }
    doubt(turn, step.library, "a move failed")?;
    count_attempt(turn, step, text)?;
    match failure {
        Failure::DeviceFault => robot_needs_service(turn, robot, text),
        _ => Ok(()),
    }
}

/// Takes a library out of service until its elements could be read again, and asks for a person; the wait before
/// that read grows with each fault.
fn robot_needs_service(turn: &mut Turn<'_>, mut robot: Device, text: &str) -> Handled {
    let Some(mut library) = current_library(turn, robot.library)? else { return Ok(()) };
    if library.common.operational != OperationalState::Ready {
        return Ok(());
    }
    library.common.operational = library::step(library.common.operational, LibraryEvent::Fault)?;
    let message = format!("the robot of {} failed: {text}", library.common.name);
    let device = (ObjectType::Library, library.id.guid());
    operators::raise_service(turn, library.id, device, message)?;
    robot.probe_at = Some(ramp(turn, robot.probes));
    robot.probes += 1;
    turn.put_hidden(robot);
    turn.put(library);
    Ok(())
}
