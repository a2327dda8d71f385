//! Ports that were opened or closed, and those that would not.
//!
//! Invariant: a port counts as closed only when the element itself says that the robot reaches it; what hands did while
//! it was open is known by the read that follows, and by nothing before (lessons, rule 5).

use super::{count_attempt, current_library, doubt, request_of};
use crate::operators::{self, Ask};
use crate::turn::{Handled, Turn};
use rsm_model::ids::{ObjectType, TypedId};
use rsm_model::record::*;
use rsm_step::{ElementReport, Failure, Step, StepOrder};
use rsm_store::columns;

/// Which way a port was to move.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Open,
    Close,
}

/// The port that a step was for, and which way it was to move.
fn ordered(turn: &Turn<'_>, step: &OpenStep) -> Handled<Option<(Port, Way)>> {
    let order = serde_json::from_str::<StepOrder>(&step.order).ok();
    let (element, way) = match order.map(|order| order.step) {
        Some(Step::OpenPort { element }) => (element, Way::Open),
        Some(Step::ClosePort { element }) => (element, Way::Close),
        _ => return Ok(None),
    };
    let ports = turn.tx.find(columns::port::LIBRARY, step.library)?;
    Ok(ports.into_iter().find(|port| port.element == element).map(|port| (port, way)))
}

/// A port was opened or closed.
pub(super) fn moved(turn: &mut Turn<'_>, step: &OpenStep, seen: &ElementReport) -> Handled {
    let Some((mut port, way)) = ordered(turn, step)? else {
        return doubt(turn, step.library, "a port has moved that is not known");
    };
    super::settle::settle_port(&mut port, seen);
    match way {
        Way::Open => hands_have_it(turn, step, port),
        Way::Close if seen.access => closed(turn, step, port),
        Way::Close => not_closed(turn, step, port, "it is still out of the robot's reach"),
    }
}

/// From now on the limit of its stay counts.
fn hands_have_it(turn: &mut Turn<'_>, step: &OpenStep, mut port: Port) -> Handled {
    port.opened_at = Some(turn.utc());
    turn.tell(step.library, step.request, "opened", format!("{} is open to hands", port.common.name));
    if let Some(mut request) = request_of(turn, step)? {
        request.note = format!("hands have {}", port.common.name);
        if request.operation.takes_in() {
            request.note = to_be_filled(turn, &request, &port)?;
        } else if let Some(held) = super::medium_of(turn, step)? {
            request.note =
                format!("a person has to take {} out of {}", crate::naming::medium(&held), port.common.name);
            without_limit(turn, &request, &held, &port)?;
        }
        turn.put(request);
    }
    turn.put(port);
    Ok(())
}

/// Says what a person has to bring, and asks him at once at a port without a limit (decision 58).
fn to_be_filled(turn: &mut Turn<'_>, request: &LibraryRequest, port: &Port) -> Handled<String> {
    let what = match request.operation {
        Operation::InjectCleaner => "the cleaner",
        _ => "what is to be taken in",
    };
    let name = &port.common.name;
    if let Some(library) = current_library(turn, port.library)?.filter(|_| port.max_extend_s == 0) {
        let message =
            format!("{name} of {} stands open: put {what} into it and close it", library.common.name);
        let ask = Ask::service_of((ObjectType::Port, port.id.guid()), message);
        operators::raise(turn, Ask { for_request: Some(request), ..ask })?;
    }
    Ok(format!("a person has to put {what} into {name}"))
}

/// A port without a limit has no time at which a person would be asked, so he is asked now (decision 51).
fn without_limit(turn: &mut Turn<'_>, request: &LibraryRequest, held: &Medium, port: &Port) -> Handled {
    let library = current_library(turn, port.library)?.filter(|_| port.max_extend_s == 0);
    let Some(library) = library else { return Ok(()) };
    let message = crate::planner::not_taken(held, port, &library);
    let ask = Ask { for_request: Some(request), ..Ask::about_medium(message, held.id) };
    operators::raise(turn, ask)
}

fn closed(turn: &mut Turn<'_>, step: &OpenStep, mut port: Port) -> Handled {
    port.opened_for = None;
    port.opened_at = None;
    turn.tell(step.library, step.request, "closed", format!("{} is closed", port.common.name));
    operators::device_serves_again(turn, port.id.guid())?;
    turn.put(port);
    doubt(turn, step.library, "hands had a port until now")
}

/// The robot gives it up: a person has to close the port, and whoever waited for it goes on.
fn not_closed(turn: &mut Turn<'_>, step: &OpenStep, mut port: Port, why: &str) -> Handled {
    port.opened_for = None;
    port.opened_at = None;
    let message = format!("{} could not be closed ({why}): close it by hand", port.common.name);
    operators::raise_service(turn, step.library, (ObjectType::Port, port.id.guid()), message)?;
    turn.put(port);
    doubt(turn, step.library, "hands had a port until now")
}

/// A port was not moved, and that is known.
pub(super) fn failed(turn: &mut Turn<'_>, step: &OpenStep, failure: Failure, text: &str) -> Handled {
    let Some((mut port, way)) = ordered(turn, step)? else {
        return doubt(turn, step.library, "a port could not be moved that is not known");
    };
    match (way, failure) {
        // It has no motor: a person opens and closes it, and the robot only waits.
        (Way::Open, Failure::Refused) => hands_have_it(turn, step, port),
        (Way::Close, Failure::Refused) => closed(turn, step, port),
        // The robot is not there to be asked; whoever answers for the port tries again.
        (_, Failure::DeviceGone) => doubt(turn, step.library, "a port could not be reached"),
        (Way::Open, _) => {
            port.opened_for = None;
            port.served = None;
            turn.put(port);
            count_attempt(turn, step, text)?;
            doubt(turn, step.library, "a port could not be opened")
        }
        (Way::Close, _) => not_closed(turn, step, port, text),
    }
}
