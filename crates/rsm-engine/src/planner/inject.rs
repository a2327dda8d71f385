//! What hands bring: media through the ports into slots, and the cleaner through a port into its slot.
//!
//! ```text
//!   ports opened ─► pulled in or full, or their time is over, or STOP or RETRACT ─► closed, elements read
//!           ─► each cartridge in them to a free slot, its label to be read ─► STARTMANY: if one was found, opened again
//! ```
//!
//! What is remembered: a port says for which request it was opened last (`served`), so each is opened once a round; the
//! request says by its slot whether anything was stored since the ports were opened, and by its steps how much in all.
//!
//! Invariants: nothing is taken from a port that hands have; the cleaner's slot takes no data, and no slot is taken that
//! is the home of a cartridge which is under way (reserve-keeps-data-out).

use super::action::{Action, PortWork};
use super::carry;
use super::ports::{self, opened_for, time_is_over, user_of_ports};
use super::queue::{MOST_ATTEMPTS, ending_of, finish, in_reach, unsettled, wait};
use super::view::View;
use crate::naming;
use crate::operators::{self, Ask};
use crate::report;
use crate::requests::{self, Ending};
use crate::turn::{Handled, Turn};
use rsm_model::Code;
use rsm_model::generated::constants::eject_and_inject::NTMS_INJECT_STARTMANY;
use rsm_model::generations::CLEANER;
use rsm_model::ids::*;
use rsm_model::machine::medium::MediumState;
use rsm_model::machine::operator_request::OperatorEvent;
use rsm_model::machine::request::{RequestEvent, RequestState};
use rsm_model::record::*;
use rsm_step::{Step, Turn as TurnOver};

/// What taking media in needs next.
pub(super) fn media(view: &View, request: &LibraryRequest) -> Option<Action> {
    if let Some(action) = at_the_ports(view, request) {
        return Some(action);
    }
    if !view.settled() || is_held_up(view, request) {
        return wait(request, held_up_by(view, request));
    }
    if let Some(ended) = given_up(request) {
        return Some(ended);
    }
    if is_landed(view, request) {
        return Some(Action::AtPorts(PortWork::Landed { request: request.id }));
    }
    let mut there = waiting(view, request);
    if let Some((held, slot)) = there.find_map(|held| Some((held, slot_for(view, held)?))) {
        let can = held.state != MediumState::OpError && view.robot_ready();
        return match can {
            true => Some(Action::AtPorts(PortWork::Store { request: request.id, medium: held.id, slot })),
            false => wait(request, "the robot is at work or does not answer"),
        };
    }
    let crowded = waiting(view, request).next().is_some();
    let room = !crowded && view.vacant.is_some();
    if let Some(port) = to_open(view, request).filter(|_| room && request.goal == Goal::AsAsked) {
        return opened(view, request, port);
    }
    if opened_for(view, request.id).is_some() {
        return None;
    }
    let goes_on = matches!(request.goal, Goal::AsAsked | Goal::CloseThenLook);
    let many = request.option == NTMS_INJECT_STARTMANY && request.slot.is_some();
    if goes_on && many && room {
        return Some(Action::AtPorts(PortWork::Again { request: request.id }));
    }
    Some(Action::AtPorts(PortWork::TakenIn { request: request.id }))
}

/// What bringing the cleaner through a port needs next.
pub(super) fn cleaner(view: &View, request: &LibraryRequest) -> Option<Action> {
    if let Some(action) = at_the_ports(view, request) {
        return Some(action);
    }
    if !view.settled() || is_held_up(view, request) {
        return wait(request, held_up_by(view, request));
    }
    if let Some(ended) = given_up(request) {
        return Some(ended);
    }
    if is_landed(view, request) {
        return request
            .medium
            .map(|medium| Action::AtPorts(PortWork::Brought { request: request.id, medium }));
    }
    if let Some(ending) = no_place(view) {
        return finish(request, ending);
    }
    let mine = |held: &&Medium| {
        let served = matches!(held.location, Location::Port(id)
            if view.ports.get(&id).is_some_and(|port| port.served == Some(request.id)));
        served || held.media_type_code == CLEANER
    };
    if let Some(held) = waiting(view, request).find(mine) {
        let can = held.state != MediumState::OpError && view.robot_ready();
        let medium = held.id;
        return match can {
            true => Some(Action::AtPorts(PortWork::StoreCleaner { request: request.id, medium })),
            false => wait(request, "the robot is at work or does not answer"),
        };
    }
    if let Some(port) = opened_for(view, request.id) {
        let unknown = request.goal == Goal::AsAsked && port.opened_at.is_none();
        return if unknown { opened(view, request, port) } else { None };
    }
    if request.goal == Goal::AsAsked && !view.ports.values().any(|port| port.served == Some(request.id)) {
        return match to_open(view, request) {
            Some(port) => opened(view, request, port),
            None if view.asked.contains(&request.id) => wait(request, "every port is full or open"),
            None => Some(Action::AtPorts(PortWork::Ask { request: request.id })),
        };
    }
    finish(request, without_cartridge(request))
}

/// Whether the cartridge that was being stored lies in a slot, though nobody has told that the move was done.
fn is_landed(view: &View, request: &LibraryRequest) -> bool {
    view.medium_of(request)
        .is_some_and(|held| held.claimed_by == Some(request.id) && matches!(held.location, Location::Slot(_)))
}

/// Takes in a cartridge whose move was done without a word.
pub(super) fn landed(turn: &mut Turn<'_>, view: &View, id: RequestId) -> Handled {
    let mut request = carry::the_request(view, id)?;
    let Some(mut held) = view.medium_of(&request).cloned() else { return carry::missing("a cartridge") };
    report::stored(turn, &request, &mut held)?;
    requests::release(turn, held)?;
    request.steps_done += 1;
    request.attempts = 0;
    turn.put(request);
    Ok(())
}

/// How the bringing of a cleaner ends that nobody brought.
fn without_cartridge(request: &LibraryRequest) -> Ending {
    match (request.goal, request.error) {
        (Goal::AsAsked, Some(Code::Timeout)) => {
            Ending::failed(Code::Timeout, "nobody put a cleaner in in time")
        }
        (Goal::AsAsked, _) => Ending::failed(Code::ResourceNotPresent, "nothing was put in"),
        _ => ending_of(request),
    }
}

/// Why no cleaner can be brought any more: what was true at the call may have changed.
pub(super) fn no_place(view: &View) -> Option<Ending> {
    let slot = view.library.cleaner_slot.and_then(|id| view.slots.get(&id));
    let Some(slot) = slot else {
        return Some(Ending::failed(Code::NoSlotSet, "the cleaner's slot was given up meanwhile"));
    };
    let settled = view.library.cleaner.and_then(|id| view.media.get(&id));
    let another = settled.is_some_and(|held| !matches!(held.location, Location::Port(_)));
    let full = slot.seen.content != Content::Empty || another;
    full.then(|| Ending::failed(Code::SlotFull, "the library has got a cleaner meanwhile"))
}

/// What is done at the ports whatever else there is: closed are those that are full, whose time is over, or all of a request
/// that shall not wait for hands any more.
fn at_the_ports(view: &View, request: &LibraryRequest) -> Option<Action> {
    let over = |port: &Port| {
        let late = time_is_over(port).is_some_and(|at| at <= view.utc);
        let full = port.opened_at.is_some()
            && port.position != PortPosition::Extended
            && port.seen.content == Content::Full;
        request.goal != Goal::AsAsked || late || full
    };
    let port = view.ports.values().find(|port| port.opened_for == Some(request.id) && over(port))?;
    ports::close(view, request, port.id)
}

/// Another operation uses the ports.
fn is_held_up(view: &View, request: &LibraryRequest) -> bool {
    request.state != RequestState::InProcess && user_of_ports(view, request).is_some()
}

fn held_up_by(view: &View, request: &LibraryRequest) -> String {
    match user_of_ports(view, request) {
        Some(other) if view.settled() => {
            format!("the ports are in use by request {}", ports::leader_of(other))
        }
        _ => unsettled(view).to_string(),
    }
}

/// A request that was given up in the middle of a move, or whose moves fail.
fn given_up(request: &LibraryRequest) -> Option<Action> {
    match request.goal {
        Goal::PutBackThenCancel | Goal::PutBackThenFail => finish(request, ending_of(request)),
        _ if request.attempts >= MOST_ATTEMPTS => {
            finish(request, Ending::failed(Code::MediumNotAccessible, request.note.clone()))
        }
        _ => None,
    }
}

/// The cartridges in ports that are closed, in the order of their ports. What a mount takes from there is left to it.
fn waiting<'v>(view: &'v View, request: &'v LibraryRequest) -> impl Iterator<Item = &'v Medium> {
    let mut there: Vec<(u32, &Medium)> = view
        .media
        .values()
        .filter(|held| held.library == view.library.id && in_reach(view, held))
        .filter(|held| view.medium_taken(held, Some(request.id)).is_none())
        .filter_map(|held| match held.location {
            Location::Port(id) => Some((view.ports.get(&id)?.number, held)),
            _ => None,
        })
        .collect();
    there.sort_by_key(|(number, _)| *number);
    there.into_iter().map(|(_, held)| held)
}

/// The slot that a cartridge from a port goes to: its own, if it has one, or one that is nobody's.
fn slot_for(view: &View, held: &Medium) -> Option<SlotId> {
    view.home_of(held).or(view.vacant)
}

/// A port that is still to be opened, or of which nobody knows whether it was.
fn to_open<'v>(view: &'v View, request: &LibraryRequest) -> Option<&'v Port> {
    let unknown = |port: &Port| port.opened_for == Some(request.id) && port.opened_at.is_none();
    let fresh = |port: &Port| {
        let empty = port.seen.content == Content::Empty && port.seen.is_trusted();
        port.opened_for.is_none()
            && port.served != Some(request.id)
            && (empty || port.position == PortPosition::Extended)
    };
    let open = view.ports.values().filter(|port| !view.is_locked(port.element));
    open.filter(|port| unknown(port) || fresh(port)).min_by_key(|port| port.number)
}

fn opened(view: &View, request: &LibraryRequest, port: &Port) -> Option<Action> {
    match view.robot_ready() {
        true => Some(Action::AtPorts(PortWork::OpenToFill { request: request.id, port: port.id })),
        false => wait(request, "the robot is at work or does not answer"),
    }
}

/// Opens a port for what hands bring.
pub(super) fn open(turn: &mut Turn<'_>, view: &View, id: RequestId, port: PortId) -> Handled {
    let request = carry::started(carry::the_request(view, id)?)?;
    operators::settle_for(turn, &request, OperatorEvent::Done)?;
    let mut port = ports::the_port(view, port)?;
    port.opened_for = Some(id);
    port.opened_at = None;
    port.served = Some(id);
    ports::order(turn, view, Some(&request), &port, Step::OpenPort { element: port.element })?;
    turn.put(port);
    turn.put(request);
    Ok(())
}

/// Begins another round of STARTMANY: every port may be opened again.
pub(super) fn again(turn: &mut Turn<'_>, view: &View, id: RequestId) -> Handled {
    let mut request = carry::the_request(view, id)?;
    request.slot = None;
    request.goal = Goal::AsAsked;
    for port in view.ports.values().filter(|port| port.served == Some(id)) {
        let mut port = port.clone();
        port.served = None;
        turn.put(port);
    }
    turn.put(request);
    Ok(())
}

/// Takes a cartridge from its port to a slot.
pub(super) fn store(
    turn: &mut Turn<'_>,
    view: &View,
    id: RequestId,
    medium: MediumId,
    slot: SlotId,
) -> Handled {
    let mut request = carry::started(carry::the_request(view, id)?)?;
    // One that was lost on the way is nobody's any more.
    let before = view.medium_of(&request).filter(|held| held.id != medium && held.claimed_by == Some(id));
    if let Some(before) = before {
        requests::release(turn, before.clone())?;
    }
    request.medium = Some(medium);
    request.slot = Some(slot);
    request.error = None;
    let held = ports::claim(turn, view, &request)?;
    if let Location::Port(port) = held.location {
        let mut port = ports::the_port(view, port)?;
        port.served = Some(id);
        turn.put(port);
    }
    carry::order_move(turn, view, id, &held, Location::Slot(slot), TurnOver::Keep)?;
    turn.put(request);
    Ok(())
}

/// Takes the cartridge that was brought as a cleaner to its slot, unless it is none.
pub(super) fn store_cleaner(turn: &mut Turn<'_>, view: &View, id: RequestId, medium: MediumId) -> Handled {
    let Some(held) = view.media.get(&medium) else { return carry::missing("a cartridge") };
    if let Some(why) = report::no_cleaner(turn, &view.library, held)? {
        let request = carry::the_request(view, id)?;
        return requests::end(turn, request, Ending::failed(Code::InvalidCleaner, why));
    }
    let Some(slot) = view.library.cleaner_slot else { return carry::missing("the cleaner's slot") };
    store(turn, view, id, medium, slot)
}

/// Ends the taking in of media. What found no slot stays in its port, and a person is asked to make room (P-134).
pub(super) fn taken_in(turn: &mut Turn<'_>, view: &View, id: RequestId) -> Handled {
    let request = carry::the_request(view, id)?;
    let left: Vec<&Medium> = waiting(view, &request).collect();
    for held in &left {
        let message = format!(
            "no slot of {} is free for {}, which waits in {}: take media out of the library, then start the insertion \
             again, or take it out",
            view.library.common.name,
            naming::medium(held),
            naming::place(&turn.tx, held.location)?
        );
        operators::raise(turn, Ask::about_medium(message, held.id))?;
    }
    let count = request.steps_done;
    let mut note = match count {
        0 => "nothing was taken in".to_string(),
        1 => "1 cartridge was taken in".to_string(),
        more => format!("{more} cartridges were taken in"),
    };
    if !left.is_empty() {
        note = format!("{note}; {} found no slot", left.len());
    }
    let ending = match (request.goal, request.error) {
        (Goal::CloseThenStop, _) => ending_of(&request),
        _ if count == 0 && view.vacant.is_none() => Ending::failed(Code::LibraryFull, note),
        (_, Some(Code::Timeout)) if count == 0 => {
            Ending::failed(Code::Timeout, "nobody put anything in in time")
        }
        _ => Ending::new(RequestEvent::Succeeded, note),
    };
    requests::end_at_rest(turn, request, ending)
}
